"""What cannot be bounded is refused with a clear error, in both modes: never guessed."""

import array
import bisect
import contextlib
import ctypes
import linecache
import queue
import zlib
from collections import OrderedDict, UserList, defaultdict, deque

import numpy as np
import pytest
from agreement import problems
from numpy.lib.stride_tricks import as_strided, sliding_window_view
from writing import M, S, X, written

import adtrans

MODES = ["vjp", "jvp"]


def strided_write(x, s):
    u = x.copy()
    w = as_strided(u, shape=(4, 3), strides=(8, 8))
    w[1] *= s
    return u


def strided_read_after_a_write(x, s):
    u = x * s
    w = as_strided(u, shape=(4, 3), strides=(8, 8))
    u[2] = s
    return np.sum(w * w)


def window_read_after_a_write(x, s):
    u = x * s
    w = sliding_window_view(u, 3)
    u[2] = s
    return np.sum(w * w)


def window_write(x, s):
    u = x * s
    w = sliding_window_view(u, 3, writeable=True)
    w[1] *= s
    return u


def broadcast_read_after_a_write(x, s):
    u = x * s
    w = np.broadcast_to(u, (2, 6))
    u[2] = s
    return np.sum(w * w)


def memory_view(x, s):
    u = x.copy()
    view = memoryview(u)
    view[1] = s
    return u


def memory_of_a_view(x, s):
    u = x.copy()
    np.asarray(memoryview(u))[1] = s
    return u


def from_buffer(x, s):
    u = x.copy()
    v = np.frombuffer(u)
    v[1] = s
    return u


def array_over_a_buffer(x, s):
    u = x.copy()
    v = np.ndarray((3,), buffer=u)
    v[1] = s
    return u


def raw_pointer(x, s):
    u = x.copy()
    ctypes.memset(u.ctypes.data, 0, 8)
    return u * s


def array_of_objects(x, s):
    u = np.empty(3, dtype=object)
    u[0] = x[0] * s
    u[1] = x[1:]
    return u[0] * np.sum(u[1])


def array_as_objects(x, s):
    u = x.astype(object)
    u[1] = s
    return np.sum(u * u)


def structured(x, s):
    u = np.zeros(3, dtype=[("q", float), ("p", float)])
    u["q"] = x[:3] * s
    u["p"][1] = s
    return u["q"] * u["p"]


def record(x, s):
    u = np.zeros(3, dtype=[("q", float)])
    u[0] = (s,)
    return u["q"] * x[:3]


def masked(x, s):
    u = np.ma.masked_array(x * s, mask=x > 0.5)
    u[0] = s
    return u.sum()


def bytes_of_an_array(x, s):
    u = x.copy()
    u.view(np.int64)[0] = 0
    return u * s


def float_halves(x, s):
    u = x * s
    u.view(np.uint8)[7] ^= 128
    return u


def stored_in_integers(x, s):
    k = np.zeros(3, dtype=int)
    k[0] = s * x[0] * 10
    return k * s


def slice_stored_in_integers(x, s):
    k = np.arange(6)
    k[:] = x * 10
    return k * x


def added_to_integers(x, s):
    k = np.arange(6)
    np.add(k, x, out=k, casting="unsafe")
    return k * x


def stored_in_an_integer_parameter(x, k):
    k[0] = x[0] * 10
    return x * k[0]


def integers_from_a_literal(x, s):
    k = np.array([1, 2, 3])
    k[1] = x[0] * 5.0
    return k * s


def flat_iterator(x, s):
    u = x.copy()
    it = np.nditer(u, op_flags=["readwrite"])
    for v in it:
        v[...] = v * s
    return u


def shuffled_by_a_generator(x, s):
    u = x.copy()
    np.random.default_rng(0).shuffle(u)
    return u * s


def set_state(x, s):
    u = x.copy()
    u.setflags(write=False)
    return u * s


def shape_assigned(x, s):
    u = x.copy()
    u.shape = (2, 3)
    u[0] *= s
    return u


def dtype_assigned(x, s):
    u = x.copy()
    u.dtype = np.int64
    return u * s


def deque_given_numbers(x, s):
    d = deque()
    for v in x:
        d.append(v * s)
    return d[0] * d[1]


def queue_given_numbers(x, s):
    q = queue.Queue()
    q.put(x[0] * s)
    return q.get() * s


def default_dict_given_numbers(x, s):
    d = defaultdict(list)
    d["a"].append(x[0] * s)
    return d["a"][0]


def ordered_dict_given_numbers(x, s):
    d = OrderedDict()
    d["a"] = x[0] * s
    d.move_to_end("a")
    return d["a"]


def user_list_given_numbers(x, s):
    d = UserList()
    d.append(x[0] * s)
    return d[0]


def typed_array_given_numbers(x, s):
    d = array.array("d", [0.0, 0.0])
    d[0] = x[0] * s
    return d[0] * s


def typed_array_appended(x, s):
    d = array.array("d")
    d.append(x[0] * s)
    return d[0] * s


class Total:
    value = 0.0

    def add(self, v):
        self.value += v


def object_given_numbers(x, s):
    t = Total()
    for v in x:
        t.add(v * s)
    return t.value


def class_attribute(x, s):
    Total.value = s * x[0]
    return Total.value


def function_attribute(x, s):
    class_attribute.last = x[0] * s
    return class_attribute.last


def attributes_by_dict(x, s):
    t = Total()
    t.__dict__["value"] = x[0] * s
    return t.value


def attributes_by_vars(x, s):
    t = Total()
    vars(t).update(value=x[0] * s)
    return t.value


def sort_with_an_impure_key(x, s):
    seen = []
    order = sorted(range(6), key=lambda k: seen.append(x[k] * s) or k)
    return seen[0] * len(order)


def generator_that_writes(x, s):
    u = x.copy()

    def values():
        for k in range(6):
            u[k] *= s
            yield u[k]

    return sum(values())


def globals_written(x, s):
    globals()["kept"] = x[0] * s
    return globals()["kept"]


def text_and_back(x, s):
    d = {}
    d["a"] = str(x[0] * s)
    return float(d["a"])


def set_given_numbers(x, s):
    d = set()
    d.add(x[0] * s)
    return max(d)


def inserted_in_order(x, s):
    y = [0.1, 2.0]
    bisect.insort(y, x[1] * s)
    return y[1]


def unbound_store(x, s):
    u = x * s
    np.ndarray.__setitem__(u, 0, s)
    return u


def unbound_sort(x, s):
    u = x * s
    np.ndarray.sort(u)
    return u * x


PROGRAMS = [
    set_given_numbers, inserted_in_order, unbound_store, unbound_sort, strided_write, strided_read_after_a_write, window_read_after_a_write, window_write,
    broadcast_read_after_a_write, memory_view, memory_of_a_view, from_buffer, array_over_a_buffer, raw_pointer,
    array_of_objects, array_as_objects, structured, record, masked, bytes_of_an_array, float_halves,
    stored_in_integers, slice_stored_in_integers, added_to_integers, integers_from_a_literal, flat_iterator,
    shuffled_by_a_generator, set_state, shape_assigned, dtype_assigned, deque_given_numbers, queue_given_numbers,
    default_dict_given_numbers, ordered_dict_given_numbers, user_list_given_numbers,
    typed_array_given_numbers, typed_array_appended, object_given_numbers, class_attribute,
    function_attribute, attributes_by_dict, attributes_by_vars, sort_with_an_impure_key,
    generator_that_writes, globals_written, text_and_back,
]  # fmt: skip


def clear(error: adtrans.AdtransError) -> bool:
    """Whether a refusal says where, what and a way out."""
    return error.span is not None and bool(error.what) and bool(error.why or error.hint)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("fun", PROGRAMS)
def test_right_or_refused(fun, mode):
    """An answer must be right; where there is none, the error is clear."""
    try:
        found = problems(fun, (X, S), modes=mode)
    except adtrans.AdtransError as error:
        assert clear(error), str(error)
    else:
        assert not found, "\n".join(found)


REFUSED = [
    strided_write, memory_view, memory_of_a_view, raw_pointer, array_of_objects, array_as_objects, masked,
    bytes_of_an_array, float_halves, stored_in_integers, slice_stored_in_integers, added_to_integers,
    integers_from_a_literal, flat_iterator, dtype_assigned, queue_given_numbers, class_attribute,
    function_attribute, globals_written, text_and_back, generator_that_writes,
]  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("fun", REFUSED)
def test_refused(fun, mode):
    with pytest.raises(adtrans.AdtransError):
        problems(fun, (X, S), modes=mode)


@pytest.mark.parametrize("mode", MODES)
def test_an_integer_parameter_takes_no_active_number(mode):
    with pytest.raises(adtrans.AdtransError):
        problems(stored_in_an_integer_parameter, (X, np.arange(3)), modes=mode)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "statements",
    ["k = np.zeros(6, int)\nk[1] = s", "k = np.zeros(6, int)\nk[:] = x", "k = np.zeros((2, 6), int)\nk[0] = x",
     "k = np.arange(6)\nk[k > 2] = s", "k = np.arange(6)\nk[[0, 1]] = x[:2]", "k = np.arange(6)\nk.fill(s)",
     "k = np.arange(6)\nnp.copyto(k, x, casting='unsafe')", "k = np.zeros(6, bool)\nk[:] = x",
     "k = np.arange(6)\nnp.put(k, [1], s)", "k = np.arange(6)\nk.flat[0] = s", "k = np.arange(6)\nk[2:][0] = s",
     "k = np.arange(4)\nnp.fill_diagonal(k.reshape(2, 2), s)", "z = np.zeros(6, complex)\nk = z.real.astype(int)\nk[0] = s"],
)  # fmt: skip
def test_a_float_in_integers(statements, mode):
    with pytest.raises(adtrans.AdtransError):
        problems(written(statements + "\nu[0] *= np.sum(k)", "straight"), (X, M, S), modes=mode)


def test_a_float_that_is_not_active_is_truncated():
    def f(x, s):
        k = np.zeros(3, dtype=int)
        k[0] = 2.7
        k[1:] = np.array([1.2, 3.9])
        return x[k] * s

    assert problems(f, (X, S)) == []


@pytest.mark.parametrize("mode", MODES)
def test_a_library_that_writes_into_its_output(mode):
    ndimage = pytest.importorskip("scipy.ndimage")

    def f(x, s):
        u = x * s
        ndimage.gaussian_filter(u, 1.0, output=u)
        return u

    try:
        assert problems(f, (X, S), modes=mode) == []
    except adtrans.AdtransError as error:
        assert clear(error)


def with_helper(text):
    """A function that calls a helper; its own text is always the same."""
    source = f"{text}\n\ndef outer(x):\n    u = x * 2.0\n    helper(u, x)\n    return np.sum(u * u)\n"
    name = f"<helper {zlib.crc32(text.encode()):x}>"
    linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    namespace = {"np": np, "__name__": __name__}
    exec(compile(source, name, "exec"), namespace)
    return namespace["outer"]


def test_a_refusal_does_not_outlive_its_helper():
    refused = with_helper("def helper(u, x):\n    np.take(x, [0, 1], 0, u[:2])")
    with contextlib.suppress(adtrans.AdtransError):
        adtrans.grad(refused)(X)
    mended = with_helper("def helper(u, x):\n    u[:2] = np.take(x, [0, 1])")
    np.testing.assert_allclose(adtrans.grad(mended)(X), [*2.0 * X[:2], *8.0 * X[2:]])
