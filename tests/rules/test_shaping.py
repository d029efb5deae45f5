import numpy as np
import pytest
from harness import array, check_rule, run_adjoint
from structured import check_structured, tupled

import adtrans.rules.shaping  # noqa: F401


@pytest.mark.parametrize("order", ["C", "F"])
def test_reshape(order):
    check_rule(np.reshape, array(3, 4), shape=(4, 3), order=order)
    check_rule(np.reshape, array(3, 4), shape=-1, order=order)
    check_rule(np.ravel, array(3, 4), order=order)


@pytest.mark.parametrize("axis", [1, 0, -1, (0, 2)])
def test_expand_dims_and_squeeze(axis):
    check_rule(np.expand_dims, array(3, 4), axis=axis)
    check_rule(np.squeeze, np.expand_dims(array(3, 4), axis), axis=axis)
    check_rule(np.squeeze, np.expand_dims(array(3, 4), axis))


@pytest.mark.parametrize(
    "fn, options",
    [(np.transpose, {}), (np.transpose, {"axes": (2, 0, 1)}), (np.transpose, {"axes": (-1, 0, 1)}),
     (np.swapaxes, {"axis1": 0, "axis2": 2}), (np.moveaxis, {"source": 0, "destination": -1}),
     (np.moveaxis, {"source": (0, 1), "destination": (2, 0)}), (np.rollaxis, {"axis": 2}),
     (np.rollaxis, {"axis": -1, "start": 0}), (np.rollaxis, {"axis": 0, "start": 3}),
     (np.rollaxis, {"axis": 0, "start": -1}), (np.matrix_transpose, {}),
     (np.permute_dims, {"axes": (2, 0, 1)}), (np.linalg.matrix_transpose, {})],
    ids=lambda v: getattr(v, "__name__", str(v)),
)  # fmt: skip
def test_order_of_axes(fn, options):
    check_rule(fn, array(2, 3, 4), **options)


@pytest.mark.parametrize("shape", [(1, 4), (4,), (3, 1), (1, 1), ()], ids=str)
def test_broadcast_to(shape):
    check_rule(np.broadcast_to, array(*shape), shape=(3, 4))
    check_rule(np.broadcast_to, array(*shape), shape=(2, 3, 4))


def test_broadcast_arrays():
    check_structured(tupled(np.broadcast_arrays), (array(1, 4), array(3, 1)))


@pytest.mark.parametrize("fn", [np.atleast_1d, np.atleast_2d, np.atleast_3d])
def test_atleast(fn):
    for shape in [(), (4,), (3, 4), (2, 3, 4)]:
        check_structured(tupled(fn), (array(*shape),))
        check_structured(tupled(fn), (array(*shape), array(2)))


@pytest.mark.parametrize(
    "fn, options",
    [(np.flip, {}), (np.flip, {"axis": 0}), (np.flip, {"axis": (0, 1)}), (np.fliplr, {}), (np.flipud, {}),
     (np.rot90, {}), (np.rot90, {"k": 2}), (np.rot90, {"k": -3, "axes": (1, 0)}), (np.roll, {"shift": 1}),
     (np.roll, {"shift": 2, "axis": 1}), (np.roll, {"shift": (1, 2), "axis": (0, 1)}),
     (np.roll, {"shift": -5, "axis": -1}), (np.roll, {"shift": 1, "axis": (0, 1)})],
    ids=lambda v: getattr(v, "__name__", str(v)),
)  # fmt: skip
def test_order_of_elements(fn, options):
    check_rule(fn, array(3, 4), **options)


@pytest.mark.parametrize("options", [{"repeats": 3}, {"repeats": 2, "axis": 1},
                                     {"repeats": (1, 2, 0), "axis": 0}, {"repeats": 2, "axis": -1},
                                     {"repeats": np.array([1, 0, 2, 1]), "axis": -1},
                                     {"repeats": 0, "axis": 0}, {"repeats": [2], "axis": 0}], ids=str)  # fmt: skip
def test_repeat(options):
    check_rule(np.repeat, array(3, 4), **options)


def test_repeat_of_a_vector():
    check_rule(np.repeat, array(4), repeats=3)
    check_rule(np.repeat, array(3), repeats=[1, 2, 3])


@pytest.mark.parametrize(
    "shape, reps",
    [((4,), 3), ((3, 4), (2, 1)), ((4,), (2, 2)), ((2, 3), 2), ((), 3), ((2, 3, 4), (2,)), ((3,), (0,))],
    ids=str,
)
def test_tile(shape, reps):
    check_rule(np.tile, array(*shape), reps=reps)


@pytest.mark.parametrize("new_shape", [(3, 3), (2,), (2, 5), 7], ids=str)
def test_resize(new_shape):
    check_rule(np.resize, array(4), new_shape=new_shape)
    check_rule(np.resize, array(2, 3), new_shape=new_shape)


COPIES = [np.copy, np.array, np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray]


@pytest.mark.parametrize("fn", COPIES)
def test_copies(fn):
    check_rule(fn, array(3, 4))


@pytest.mark.parametrize("fn", [np.array, np.asarray])
def test_arrays_of_lists(fn):
    check_structured(fn, [0.3, 0.5])
    check_structured(fn, [[0.3, 0.5], [0.1, 0.2]])
    check_structured(fn, [array(4), array(4, seed=1)])
    check_structured(fn, ([0.3, 0.5], array(2)))
    check_structured(fn, [[[0.3, 0.5]], [[0.1, 0.2]]])


def test_array_ndmin():
    check_rule(np.array, array(3), ndmin=2)
    check_rule(np.array, [0.3, 0.5], ndmin=3)


@pytest.mark.skipif(not hasattr(np, "astype"), reason="NumPy 2.1")
def test_astype():
    x = array(3)
    np.testing.assert_array_equal(run_adjoint(np.astype, (x,), x, 2.0 * x, {"dtype": np.float64})[0], 2.0 * x)


def test_the_memory_layout_is_no_order():
    with pytest.raises(NotImplementedError):
        run_adjoint(np.ravel, (array(2, 2),), array(4), array(4), {"order": "K"})


# ----- editing -----


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "wrap", "symmetric"])
@pytest.mark.parametrize(
    "pad_width", [2, (1, 2), ((0, 1), (2, 0)), ((1, 2),), (1,), np.array([[1, 0], [2, 1]])], ids=str
)
def test_pad(pad_width, mode):
    check_rule(np.pad, array(3, 4), pad_width=pad_width, mode=mode)


def test_pad_constants():
    check_rule(np.pad, array(3, 4), pad_width=((0, 1), (2, 0)), constant_values=1.0)
    with pytest.raises(NotImplementedError):
        run_adjoint(np.pad, (array(3),), array(7), array(7), {"pad_width": 2, "mode": "mean"})


@pytest.mark.parametrize(
    "options",
    [{"obj": 1}, {"obj": [0, 2], "axis": 1}, {"obj": slice(0, 2), "axis": 0}, {"obj": -1, "axis": -1}],
    ids=str,
)
def test_delete(options):
    check_rule(np.delete, array(3, 4), **options)
    check_rule(np.delete, array(4), obj=1)


@pytest.mark.parametrize(
    "shape, obj, values, axis",
    [((4,), 1, (), None), ((4,), [1, 1, 3], (3,), None), ((3, 4), [2, 0], (3, 2), 1), ((3, 4), 1, (3,), 1),
     ((3, 4), 1, (4,), 0), ((3, 4), 5, (), None), ((4,), [3, 1], (2,), 0), ((3, 4), slice(0, 2), (), 0),
     ((3, 4), -1, (2, 3), 1), ((4,), 2, (3,), None), ((3, 4), [0, 2], (), 1)], ids=str,
)  # fmt: skip
def test_insert(shape, obj, values, axis):
    inputs = (0, 2)
    check_rule(np.insert, array(*shape), obj, array(*values) if values else 0.4, inputs=inputs, axis=axis)


@pytest.mark.parametrize("trim", ["fb", "f", "b"])
def test_trim_zeros(trim):
    for values in ([0.0, 0.0, 0.3, 0.0, 0.5, 0.0], [0.1, 0.2], [0.3, 0.0]):
        x = np.array(values)
        y = np.trim_zeros(x, trim)
        (bx,) = run_adjoint(np.trim_zeros, (x,), y, np.ones_like(y), {"trim": trim})
        assert bx.sum() == len(y) and np.all(bx[x != 0.0] == 1.0)
    check_rule(np.trim_zeros, array(4), trim=trim)
