import operator

import numpy as np
import pytest
from harness import array, check_rule, complex_array, run_adjoint

import adtrans.rules.indexing  # noqa: F401

MASK = np.array([[True, False, True, True], [False, True, True, False], [True, True, False, True]])
INDICES = [
    (1, 2), 1, -1, slice(None, None, -1), (slice(None, None, -1), slice(1, 3)), (..., 0), (slice(None), None),
    None, ([0, 0, 2], [1, 1, 3]), (slice(None), np.array([2, 0, 2, 1])), np.array([2, 0, 2, 2]), MASK,
    (1, [0, 0]), (slice(0, 0),), (np.array([[0, 1], [1, 0]]), slice(1, None)), np.array([True, False, True]),
]  # fmt: skip


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_getitem(index):
    check_getitem(array(3, 4), index)
    check_getitem(complex_array(3, 4), index)


def check_getitem(x, index):
    y = x[index]
    (bx,) = run_adjoint(operator.getitem, (x,), y, np.ones_like(y), {"index": index})
    expected = np.zeros_like(x)
    np.add.at(expected, index, 1.0)
    np.testing.assert_array_equal(bx, expected)


@pytest.mark.parametrize("mode", ["raise", "wrap", "clip"])
@pytest.mark.parametrize("axis", [None, 0, 1, -1])
def test_take(axis, mode):
    indices = np.array([2, 0, 2, 1]) if mode == "raise" else np.array([5, -7, 0, 2])
    check_rule(np.take, array(3, 4), indices=indices, axis=axis, mode=mode)
    check_rule(np.take, array(4), indices=np.array([[0, 2], [1, 1]]))
    check_rule(np.take, array(3, 4), indices=1, axis=axis)


@pytest.mark.parametrize(
    "shape, axis", [((3, 2), 1), ((1, 4), 0), ((3, 1), -1), ((5, 4), 0), ((6,), None)], ids=str
)
def test_take_along_axis(shape, axis):
    indices = np.arange(np.prod(shape)).reshape(shape) % 3
    check_rule(np.take_along_axis, array(3, 4), indices=indices, axis=axis)


@pytest.mark.parametrize("offset", [0, 1, -1, 2, 9])
def test_diagonals(offset):
    for shape in [(3, 3), (3, 4), (4, 3)]:
        check_rule(np.diag, array(*shape), k=offset)
        check_rule(np.diagonal, array(*shape), offset=offset)
        check_rule(np.trace, array(*shape), offset=offset)
        check_rule(np.linalg.diagonal, array(*shape), offset=offset)
        check_rule(np.linalg.trace, array(*shape), offset=offset)
    if offset < 9:
        check_rule(np.diag, array(4), k=offset)
        check_rule(np.diagflat, array(4), k=offset)
        check_rule(np.diagflat, array(2, 2), k=offset)


@pytest.mark.parametrize("axes", [(0, 1), (1, 2), (2, 0), (-1, 0), (1, 0)])
def test_diagonals_of_stacks(axes):
    for offset in (0, 1, -2):
        for fn in (np.diagonal, np.trace):
            check_rule(fn, array(2, 3, 4), offset=offset, axis1=axes[0], axis2=axes[1])
            check_rule(fn, array(3, 4), offset=offset, axis1=1, axis2=0)
    check_rule(np.linalg.trace, array(2, 3, 4))
    check_rule(np.linalg.diagonal, array(2, 3, 4))


@pytest.mark.parametrize("k", [0, -1, 2])
@pytest.mark.parametrize("shape", [(3, 3), (3, 4), (2, 3, 3), (3,)], ids=str)
def test_triangles(shape, k):
    check_rule(np.tril, array(*shape), k=k)
    check_rule(np.triu, array(*shape), k=k)


def test_a_repeated_read_accumulates():
    x = array(3)
    (bx,) = run_adjoint(operator.getitem, (x,), x[[0, 0, 1]], np.ones(3), {"index": [0, 0, 1]})
    np.testing.assert_array_equal(bx, [2.0, 1.0, 0.0])


def test_sliding_windows():
    windows = np.lib.stride_tricks.sliding_window_view
    check_rule(windows, array(7), window_shape=3)
    check_rule(windows, array(4, 5), window_shape=(2, 3))
    check_rule(windows, array(4, 5), window_shape=2, axis=1)
