import numpy as np
import pytest
from harness import array, check_rule, complex_array, positive, run_adjoint

import adtrans.rules.ufunc_methods  # noqa: F401


@pytest.mark.parametrize("indices", [[0, 2], [0, 4, 1, 3], [3, 3, 1], [1]])
def test_sums_of_segments(indices):
    check_rule(np.add.reduceat, array(5), indices, inputs=(0,))
    check_rule(np.add.reduceat, array(3, 5), indices, inputs=(0,), axis=1)


@pytest.mark.parametrize("ufunc", [np.add, np.subtract, np.multiply, np.divide])
def test_all_pairs(ufunc):
    check_rule(ufunc.outer, array(3), positive(4))
    check_rule(ufunc.outer, array(2, 3), positive(4))
    check_rule(ufunc.outer, array(3), positive(2, 2))
    check_rule(ufunc.outer, complex_array(3), positive(4))


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_running_extrema(axis):
    for fn in (np.maximum.accumulate, np.minimum.accumulate):
        check_rule(fn, array(4, 5), axis=axis)
        check_rule(fn, array(7))


@pytest.mark.parametrize("axis", [0, 1, (0, 2), None])
@pytest.mark.parametrize("keepdims", [False, True])
def test_logaddexp_reduce(axis, keepdims):
    check_rule(np.logaddexp.reduce, array(2, 3, 4), axis=axis, keepdims=keepdims)


def test_logaddexp_reduce_of_nothing():
    x = np.array([-np.inf, -np.inf])
    (bx,) = run_adjoint(np.logaddexp.reduce, (x,), -np.inf, 1.0, {})
    np.testing.assert_array_equal(bx, [0.0, 0.0])
