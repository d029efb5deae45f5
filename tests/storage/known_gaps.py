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
    "a list changes its length while it is iterated over": [
        "test_style[grown_while_read]",
        "test_trap[y = [u[0]]; for v in y:;     if len(y) < 4:;         y.append(v * s); u[0] = y[-1]]",
    ],
    "a list or a dict that holds active values is changed in place": [
        "test_second_order[bubble_sort]",
        "test_settings_are_read",
        "test_container[multiplied]",
    ],
    "adtrans.runtime.rebuild has no derivative rule, and an active value reaches it": [
        "test_second_order[frozen]",
    ],
    "an array of this memory layout is copied by reshape or ravel, and then written": [
        "test_layout[ravelled-F]",
        "test_layout[ravelled-transposed]",
        "test_layout[ravelled-one column]",
        "test_layout[ravelled-empty]",
        "test_layout[like_ravelled-F]",
        "test_layout[like_ravelled-transposed]",
        "test_layout[like_ravelled-one column]",
        "test_layout[like_ravelled-empty]",
        "test_layout[product_ravelled-F]",
        "test_layout[product_ravelled-transposed]",
        "test_layout[product_ravelled-one column]",
        "test_layout[product_ravelled-empty]",
        "test_one_derivative_for_two_layouts[ravelled]",
        "test_one_derivative_for_two_layouts[like_ravelled]",
        "test_one_derivative_for_two_layouts[product_ravelled]",
        "test_operand[w = u * s; t = w.reshape(2, 3).T.ravel() * w; w[...] = 0.25; u *= t; w *= u]",
        "test_trap[u[::2].ravel()[0] = s]",
        "test_trap[u[::-1].ravel()[0] = s]",
        "test_trap[a.ravel('F')[0] = s]",
        "test_trap[a.reshape(-1, order='F')[1] = s]",
        "test_trap[a[::2].ravel()[1] = s]",
        "test_trap[b = np.copy(a.T); b.ravel()[1] = s; a *= b[0, 0] + b[0, 1]]",
        "test_trap[b = np.array(a.T); b.ravel()[1] = s; a *= b[0, 0] + b[0, 1]]",
        "test_trap[b = a.T * 2.0; b.ravel()[1] = s; a *= b[0, 0] + b[0, 1]]",
        "test_trap[b = np.sin(a.T); b.reshape(-1)[1] = s; a *= b[0, 0] + b[0, 1]]",
        "test_trap[b = np.zeros_like(a.T); b.ravel()[1] = s; a += b[0, 1]]",
        "test_trap[b = a.T.astype(float); b.ravel()[1] = s; a *= b[0, 1]]",
        "test_trap[b = np.concatenate([a.T, a.T]); b.ravel()[1] = s; a *= b[0, 1]]",
        "test_trap[b = np.where(m.T > 0.5, a.T, 0.0); b.ravel()[1] = s; a *= b[0, 1]]",
        "test_view[a.T.ravel()[2] = s; a[0] *= x[0]]",
        "test_view[b = a.T.ravel(); b *= 2.0; a += b[0]]",
        "test_view[a[:, 1:].ravel()[0] = s; a[0, 1] *= x[0]]",
        "test_view[b = a.T.reshape(3, 4); b[0] = s; a[0] *= b[0]]",
        "test_view[b = a.T.reshape(12); b[0] = s; a *= b[0]]",
        "test_trap[np.asfortranarray(a)[0] = s]",
        "test_trap[np.ascontiguousarray(a.T)[0] = s]",
        "test_trap[b = np.empty((3, 4), order='F'); b[...] = a; b.ravel()[1] = s; a *= b[0, 1]]",
    ],
    "an attribute of a value of type Node{value: np.float64, next: <None>}? is assigned": [
        "test_style[object_or_none]",
    ],
    "an attribute of a value of type any is assigned": [
        "test_style[copied_object]",
        "test_object[simple_namespace]",
    ],
    "an attribute of a value of type float64[n0] is assigned": [
        "test_function[u.flat = x * s]",
    ],
    "an object of class Node is changed that is held in a list, or chosen from several at run time": [
        "test_style[objects_exchanged]",
        "test_style[replaced_part]",
        "test_second_order[objects_exchanged]",
    ],
    "an object of class Tree is changed that is held in a list, or chosen from several at run time": [
        "test_style[tree]",
        "test_style[tree_in_a_loop]",
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
    "cannot differentiate `u[2] = s`": [
        "test_trap[try:;     if s > 0.5:;         u *= x;         raise ValueError;     u[0] = 1.0; except ValueError:;     u[2] = s]",
    ],
    "copy=False gives the argument itself or a copy, by its dtype and layout": [
        "test_trap[u.astype(float, copy=False)[0] = s]",
        "test_view[np.nan_to_num(u, copy=False)]",
    ],
    "deepcopy of this list or dict is not supported": [
        "test_call[deep_copy_of_a_list]",
    ],
    "heapify is given an active value, and may keep or change it: nothing is known of it": [
        "test_container[heap_order]",
    ],
    "it is not known what kind of value this is, and it may share memory that is written": [
        "test_statements[np.squeeze(a[:1])[1] *= x[1]]",
        "test_statements[for i in np.ndindex(a.shape):;     a[i] *= s + i[0]]",
    ],
    "it is not known whether this changes an array in place or makes a new number": [
        "test_trap[t = 0.0; kept = t; for k in range(3):;     kept = t;     t += x * s; u *= kept]",
        "test_matrix[item_of_a_squeezed_row]",
        "test_matrix[squeezed_result]",
    ],
    "it is not known whether this changes its target in place": [
        "test_style[mixed_items]",
        "test_style[deep_copied_object]",
        "test_object[simple_namespace_in_place]",
    ],
    "it is not known which array this is": [
        "test_trap[try:;     v = u[1:];     v *= s; finally:;     u[0] *= v[0]]",
    ],
    "iter has no derivative rule, and an active value reaches it": [
        "test_trap[it = iter(u); v = next(it); u[1] = s * v; u[2] = next(it)]",
    ],
    "iteration over a Countdown is not supported": [
        "test_style[own_iterator]",
    ],
    "np.array without a sure copy gives the argument itself or a copy, by its dtype and layout": [
        "test_view[np.array(u, copy=False)[1] *= x[0]]",
    ],
    "np.broadcast_arrays of several arrays gives views of them, and one of them is written": [
        "test_trap[np.broadcast_arrays(u, x)[0].copy()[0] = s; u[0] *= s]",
    ],
    "np.multiply with dtype= has no derivative rule, and an active value reaches it": [
        "test_trap[h = np.empty(6, np.float64); np.multiply(u, x, out=h, dtype=np.float64); u += h]",
    ],
    "np.ndenumerate has no derivative rule, and an active value reaches it": [
        "test_trap[for i, v in np.ndenumerate(a):;     a[i] = v * v]",
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
    "out= is not supported here": [
        "test_trap[np.modf(u * 3.0, out=(u, np.empty(6)))]",
    ],
    "the argument 'd', a dict, is changed in place": [
        "test_container_that_is_a_parameter[given_nested-given2]",
    ],
    "the body of this try changes an array or a list that lives outside of it, and may be left half-way": [
        "test_trap[try:;     u[0] = s;     u[9] = 1.0; except IndexError:;     u[1] *= u[0]]",
    ],
    "the nested function sweep changes 'u' and is differentiated inside a differentiated function": [
        "test_derivative_inside[pulled_back]",
    ],
    "the number of items of this iterable (list[list[float]]) is not known here": [
        "test_style[transposed_by_zip]",
    ],
    "the recursive function compute changes its argument 'value'": [
        "test_style[graph_backwards]",
    ],
    "the recursive function in_place_recursion changes its argument 'u'": [
        "test_procedure[recursion_in_place]",
    ],
    "the recursive function power changes its argument 'powers'": [
        "test_style[cache_of_powers]",
    ],
    "the recursive function value changes its argument 'known'": [
        "test_container[memo]",
    ],
    "the recursive function walk changes its argument 'best'": [
        "test_style[backtracked]",
    ],
    "the types of this loop's variables do not settle": [
        "test_style[linked_list]",
    ],
    "this Particle was changed under another name, which may stand for another object too": [
        "test_object[chosen_object]",
    ],
    "this operation on a list or tuple has no derivative rule, and an active value reaches it": [
        "test_style[tuple_extended_in_a_loop]",
    ],
}

WRONG: dict[str, list[str]] = {}
