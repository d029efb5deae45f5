"""What is not there yet, by the tests that show it: programs refused that could be answered, and wrong ones.

The name of a statement without "straight:", "loop:", ... stands for all of these.
"""

REFUSED: dict[str, list[str]] = {
    ".ufunc.at changes an array that holds active values": [
        "test_function[np.multiply.at(u, [0, 2, 2], x[:3])]",
        "test_function[np.divide.at(u, [0, 2, 2], x[:3])]",
        "test_function[np.power.at(u, [0, 2, 2], 2)]",
        "test_function[np.maximum.at(u, [0, 2, 2], x[:3])]",
        "test_function[np.minimum.at(u, [1, 2, 2], x[:3])]",
        "test_function[np.negative.at(u, [0, 2])]",
        "test_function[np.exp.at(u, [0, 2])]",
    ],
    "TracedState is made without its field 'trace'": [
        "test_object[trace_of_an_object]",
    ],
    "a changing list or dict that is held in another container is not supported": [
        "test_program[object_with_state]",
        "test_container[stored_at_a_slice]",
        "test_container[nested_dict_in_a_loop]",
        "test_container[list_changed_while_nested]",
    ],
    "a changing list or dict that travels through a loop, a branch or a container is not supported": [
        "test_program[list_that_grows]",
        "test_program[list_items_stored]",
        "test_program[stack]",
        "test_program[dict_of_numbers]",
        "test_container[window]",
        "test_container[grid_of_lists]",
        "test_container[ragged]",
        "test_container[adam]",
        "test_container[list_of_dicts]",
        "test_container[list_through_a_branch]",
        "test_container[rebuilt_in_a_loop]",
    ],
    "a float is put into a container of np.float64, which was made elsewhere": [
        "test_container[list_chosen_by_a_branch]",
    ],
    "a list or a dict that holds active values is changed in place": [
        "test_container[multiplied]",
    ],
    "a list or dict is changed after its items were used in the derivative": [
        "test_container[momentum_by_index]",
    ],
    "a np.float64 is put into a container of float, which was made elsewhere": [
        "test_container[comprehended_and_stored]",
        "test_container[matrix_product_of_lists]",
    ],
    "a np.float64 is put into a container of never, which was made elsewhere": [
        "test_container[buckets]",
        "test_container[logged]",
    ],
    "a value of type never is called": [
        "test_container[setdefault_list]",
    ],
    "add of a list[np.float64] that holds active values is not supported": [
        "test_container[added]",
    ],
    "add of a list[np.float64]*n0 that holds active values is not supported": [
        "test_container[pairwise]",
    ],
    "an array of this memory layout is copied by reshape or ravel, and then written": [
        "test_view[a.T.ravel()[2] = s; a[0] *= x[0]]",
        "test_view[b = a.T.ravel(); b *= 2.0; a += b[0]]",
        "test_view[a[:, 1:].ravel()[0] = s; a[0, 1] *= x[0]]",
        "test_view[b = a.T.reshape(3, 4); b[0] = s; a[0] *= b[0]]",
        "test_view[b = a.T.reshape(12); b[0] = s; a *= b[0]]",
    ],
    "an array that is held in a list, tuple or dict is written in place": [
        "test_statements[loop: h = u; h += x * h; u = h * u]",
        "test_statements[loop: b = u[:4] if s > 5.0 else a[1]; b *= b * x[:4]]",
        "test_statements[loop: e = np.array(s); e *= e; u[1] = e * u[2]]",
        "test_program[swapped_buffers]",
        "test_program[dict_of_arrays]",
        "test_program[rows_in_a_list]",
        "test_derivative_inside[newton]",
        "test_derivative_inside[leapfrog]",
        "test_container[history_of_references]",
        "test_container[appended_then_changed]",
        "test_container[appended_then_changed_in_a_loop]",
        "test_container[rows_changed]",
        "test_container[rows_changed_in_a_loop]",
        "test_container[rows_changed_by_index]",
        "test_container[row_shared]",
        "test_container[row_of_a_list_renamed]",
        "test_container[popped_row_changed]",
        "test_container[dict_of_arrays]",
        "test_container[dict_of_arrays_in_a_loop]",
        "test_container[every_item_of_a_dict]",
        "test_container[adam_in_place]",
        "test_container[accumulated_gradients]",
        "test_container[nested_dict_of_arrays]",
        "test_procedure[starred_arguments]",
        "test_view[p, q = np.split(u, 2); p *= q]",
        "test_view[p, q, r = np.split(a, 3); q += p; r[0] *= q[0]]",
        "test_view[for v in np.array_split(u, 4):;     v *= v[0]]",
        "test_view[p, *rest = a; rest[1] += p]",
    ],
    "arrays and numbers have no method '__iadd__' that is supported": [
        "test_function[u.__iadd__(x)]",
    ],
    "arrays and numbers have no method '__setitem__' that is supported": [
        "test_function[u.__setitem__(1, s)]",
        "test_procedure[lambda_that_writes]",
    ],
    "arrays and numbers have no method 'put' that is supported": [
        "test_function[u.put([0, 2], x[2:4])]",
    ],
    "arrays and numbers have no method 'resize' that is supported": [
        "test_function[u.resize(6)]",
    ],
    "assignment through .flat is not supported": [
        "test_function[u.flat[2] = s]",
        "test_function[a.flat[[0, 5]] = x[:2]]",
    ],
    "assignment to an attribute is not supported": [
        "test_function[u.flat = x * s]",
        "test_dtype[z = u + 1j * x; z.real[1:] = x[1:] * s; z.imag *= s; u[:] = z.real * z.imag]",
        "test_dtype[z = np.zeros(3, complex); z.real = x[:3]; z.imag = u[:3]; u[:3] = np.abs(z * z)]",
        "test_object[dataclass_attribute]",
        "test_object[dataclass_methods]",
        "test_object[dataclass_methods_in_a_loop]",
        "test_object[dataclass_in_a_branch]",
        "test_object[dataclass_aliased]",
        "test_object[list_of_dataclasses]",
        "test_object[state_of_arrays]",
        "test_object[state_of_arrays_in_place]",
        "test_object[array_of_an_object_changed]",
        "test_object[array_kept_outside]",
        "test_object[two_objects]",
        "test_object[chosen_object]",
        "test_object[simple_namespace]",
        "test_object[built_in_a_function]",
        "test_object[changed_in_a_function]",
        "test_object_that_is_a_parameter[parameter_advanced]",
        "test_object_that_is_a_parameter[parameter_advanced_in_place]",
        "test_object_that_is_a_parameter[parameter_attribute]",
        "test_object_that_is_a_parameter[parameter_array]",
    ],
    "cannot differentiate `nonlocal total`": [
        "test_object[closure_with_state]",
    ],
    "collections.deque has no derivative rule, and an active value reaches it": [
        "test_container[deque_queue]",
    ],
    "copy=False gives the argument itself or a copy, by its dtype and layout": [
        "test_view[np.nan_to_num(u, copy=False)]",
    ],
    "dataclasses.replace has no derivative rule, and an active value reaches it": [
        "test_object[dataclass_replaced]",
    ],
    "deletion at a computed place of a list that holds active values is not supported": [
        "test_container[deleted]",
        "test_container[deleted_slice]",
    ],
    "heappop has no derivative rule, and an active value reaches it": [
        "test_container[heap_order]",
    ],
    "it is not known whether this changes its target in place": [
        "test_container[deque_of_bounded_length]",
        "test_container[deque_of_pairs]",
        "test_container[nested_dict]",
        "test_container[default_dict]",
        "test_container[counter]",
        "test_container[returned_dict]",
        "test_object[stack_object]",
        "test_object[simple_namespace_in_place]",
    ],
    "mul of a list[np.float64] that holds active values is not supported": [
        "test_container[stored_and_read]",
    ],
    "np.array without a sure copy gives the argument itself or a copy, by its dtype and layout": [
        "test_view[np.array(u, copy=False)[1] *= x[0]]",
    ],
    "np.place changes an array that holds active values": [
        "test_function[np.place(u, x > 0.5, x[:2])]",
    ],
    "np.put changes an array that holds active values": [
        "test_function[np.put(u, [0, 3], x[:2] * s)]",
        "test_function[np.put(u, [1, 1, 4], x[:3])]",
        "test_function[np.put(a, [0, 5, 11], s)]",
    ],
    "np.put_along_axis changes an array that holds active values": [
        "test_function[np.put_along_axis(a, np.argmax(m, axis=1)[:, None], s, axis=1)]",
        "test_function[np.put_along_axis(a, np.argsort(m, axis=0), a * s, axis=0)]",
    ],
    "np.putmask changes an array that holds active values": [
        "test_function[np.putmask(u, x > 0.5, x * s)]",
    ],
    "objects of class Account are not supported": [
        "test_object[slots_and_setter]",
    ],
    "objects of class Derived are not supported": [
        "test_object[inherited]",
        "test_object[inherited_in_a_loop]",
    ],
    "objects of class Layer are not supported": [
        "test_object[layers]",
    ],
    "objects of class Momentum are not supported": [
        "test_object[optimizer]",
    ],
    "objects of class Oscillator are not supported": [
        "test_object[plain_class]",
        "test_object[plain_class_in_a_loop]",
        "test_object[plain_class_in_place]",
        "test_object[chained_methods]",
        "test_object[attribute_of_a_plain_class]",
        "test_object[attribute_deleted]",
        "test_object[attribute_by_name]",
        "test_object[nested_objects]",
    ],
    "tests.storage.test_objects.Grid has no derivative rule, and an active value reaches it": [
        "test_object[grid_with_items]",
    ],
    "the argument 'd', a dict, is changed in place": [
        "test_container_that_is_a_parameter[given_dict-given1]",
        "test_container_that_is_a_parameter[given_nested-given2]",
    ],
    "the argument 'items', a list, is changed in place": [
        "test_container_that_is_a_parameter[given_list-given0]",
    ],
    "the nested function sweep changes 'u' and is differentiated inside a differentiated function": [
        "test_derivative_inside[pulled_back]",
    ],
    "the number of items of this iterable (any) is not known here": [
        "test_procedure[recursion]",
    ],
    "the recursive function in_place_recursion changes its argument 'u'": [
        "test_procedure[recursion_in_place]",
    ],
    "the recursive function value changes its argument 'known'": [
        "test_container[memo]",
    ],
    "this augmented assignment to an array is not supported": [
        "test_augmented[u //= s]",
        "test_augmented[u[:3] //= 0.1]",
        "test_augmented[a @= np.outer(x[:4], x[:4])]",
        "test_augmented[a[1] @= np.outer(x[:4], x[:4])]",
    ],
    "this call is of an object that is not known when the derivative is written, and it is given an active value": [
        "test_view[b = np.broadcast_to(u, (2, 6)).copy(); b[0] = s; u *= b[1]]",
    ],
    "this change of a list or dict that holds active values is not supported": [
        "test_container[extended]",
        "test_container[sorted_in_place]",
        "test_container[sorted_by_key]",
        "test_container[cleared]",
        "test_container[setdefault_number]",
        "test_container[popped_key]",
    ],
}

WRONG: dict[str, list[str]] = {
    "a partial of a procedure is called as something unknown, and its writes are lost": [
        "test_procedure[partial_of_a_procedure]",
    ],
    "active numbers are truncated silently when single items or sums are read": [
        "test_an_integer_parameter_takes_no_active_number[vjp]",
        "test_an_integer_parameter_takes_no_active_number[jvp]",
        "test_a_float_in_integers[k = np.zeros(6, int)\\nk[1] = s-vjp]",
        "test_a_float_in_integers[k = np.zeros(6, int)\\nk[1] = s-jvp]",
        "test_a_float_in_integers[k = np.zeros(6, int)\\nk[:] = x-vjp]",
        "test_a_float_in_integers[k = np.zeros(6, int)\\nk[:] = x-jvp]",
        "test_a_float_in_integers[k = np.zeros((2, 6), int)\\nk[0] = x-vjp]",
        "test_a_float_in_integers[k = np.zeros((2, 6), int)\\nk[0] = x-jvp]",
        "test_a_float_in_integers[k = np.arange(6)\\nk[k > 2] = s-vjp]",
        "test_a_float_in_integers[k = np.arange(6)\\nk[k > 2] = s-jvp]",
        "test_a_float_in_integers[k = np.arange(6)\\nk[[0, 1]] = x[:2]-vjp]",
        "test_a_float_in_integers[k = np.arange(6)\\nk[[0, 1]] = x[:2]-jvp]",
        "test_a_float_in_integers[k = np.arange(6)\\nk.fill(s)-vjp]",
        "test_a_float_in_integers[k = np.arange(6)\\nk.fill(s)-jvp]",
        "test_a_float_in_integers[k = np.arange(6)\\nnp.copyto(k, x, casting='unsafe')-vjp]",
        "test_a_float_in_integers[k = np.arange(6)\\nnp.copyto(k, x, casting='unsafe')-jvp]",
        "test_a_float_in_integers[k = np.zeros(6, bool)\\nk[:] = x-vjp]",
        "test_a_float_in_integers[k = np.zeros(6, bool)\\nk[:] = x-jvp]",
        "test_a_float_in_integers[k = np.arange(6)\\nk[2:][0] = s-vjp]",
        "test_a_float_in_integers[k = np.arange(6)\\nk[2:][0] = s-jvp]",
        "test_a_float_in_integers[k = np.arange(4)\\nnp.fill_diagonal(k.reshape(2, 2), s)-vjp]",
        "test_a_float_in_integers[k = np.arange(4)\\nnp.fill_diagonal(k.reshape(2, 2), s)-jvp]",
        "test_a_float_in_integers[z = np.zeros(6, complex)\\nk = z.real.astype(int)\\nk[0] = s-vjp]",
        "test_a_float_in_integers[z = np.zeros(6, complex)\\nk = z.real.astype(int)\\nk[0] = s-jvp]",
    ],
    "an object made without arguments is unknown, and what its methods are given is lost": [
        "test_object[running_mean]",
        "test_object[running_mean_of_some]",
        "test_right_or_refused[object_given_numbers-vjp]",
        "test_right_or_refused[object_given_numbers-jvp]",
    ],
    "an unknown call returns memory that it shares with its argument, and a write there is lost": [
        "test_right_or_refused[strided_write-vjp]",
        "test_right_or_refused[strided_write-jvp]",
        "test_right_or_refused[memory_view-vjp]",
        "test_right_or_refused[memory_view-jvp]",
        "test_right_or_refused[memory_of_a_view-vjp]",
        "test_right_or_refused[memory_of_a_view-jvp]",
        "test_right_or_refused[from_buffer-vjp]",
        "test_right_or_refused[from_buffer-jvp]",
        "test_right_or_refused[array_over_a_buffer-vjp]",
        "test_right_or_refused[array_over_a_buffer-jvp]",
        "test_refused[strided_write-vjp]",
        "test_refused[strided_write-jvp]",
        "test_refused[memory_view-vjp]",
        "test_refused[memory_view-jvp]",
        "test_refused[memory_of_a_view-vjp]",
        "test_refused[memory_of_a_view-jvp]",
    ],
    "d | e and d |= e of dicts count as without a derivative": [
        "test_container[updated]",
    ],
    "text that stands in a container is read as a number": [
        "test_right_or_refused[text_and_back-vjp]",
        "test_right_or_refused[text_and_back-jvp]",
        "test_refused[text_and_back-vjp]",
        "test_refused[text_and_back-jvp]",
    ],
    "the adjoint of a store at a mask of rows masks items": [
        "test_index[straight: a[np.array([True, False, True])] = x[:4]]",
        "test_index[called: a[np.array([True, False, True])] = x[:4]]",
    ],
    "the adjoint of subtract.at has the sign of add.at": [
        "test_function[np.subtract.at(u, [0, 2, 2], x[:3])]",
    ],
    "the shadow of a sliding window is read-only": [
        "test_right_or_refused[window_read_after_a_write-vjp]",
    ],
    "the shuffle of a random generator is not differentiated": [
        "test_right_or_refused[shuffled_by_a_generator-vjp]",
        "test_right_or_refused[shuffled_by_a_generator-jvp]",
    ],
    "u[2, ...] is an array of no dimensions that shares memory, and is taken for a number": [
        "test_view[e = u[2, ...]; e *= s]",
    ],
    "what the methods of an unknown object are given is lost": [
        "test_container[deque_both_ends]",
        "test_container[default_dict_of_lists]",
        "test_right_or_refused[deque_given_numbers-vjp]",
        "test_right_or_refused[deque_given_numbers-jvp]",
        "test_right_or_refused[queue_given_numbers-vjp]",
        "test_right_or_refused[queue_given_numbers-jvp]",
        "test_right_or_refused[default_dict_given_numbers-vjp]",
        "test_right_or_refused[default_dict_given_numbers-jvp]",
        "test_right_or_refused[user_list_given_numbers-vjp]",
        "test_right_or_refused[user_list_given_numbers-jvp]",
        "test_right_or_refused[typed_array_appended-vjp]",
        "test_right_or_refused[typed_array_appended-jvp]",
        "test_refused[queue_given_numbers-vjp]",
        "test_refused[queue_given_numbers-jvp]",
    ],
}
