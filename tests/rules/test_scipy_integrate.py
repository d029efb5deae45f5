import numpy as np
import pytest
from harness import array, check_rule

integrate = pytest.importorskip("scipy.integrate")

import adtrans.rules.scipy_integrate  # noqa: F401, E402


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("fn", [integrate.trapezoid, integrate.cumulative_trapezoid])
def test_trapezoids(fn, axis):
    n = (3, 4)[axis]
    check_rule(fn, array(3, 4), None, axis=axis)
    check_rule(fn, array(3, 4), None, axis=axis, dx=0.3)
    check_rule(fn, array(3, 4), np.sort(array(n)), axis=axis)
    check_rule(fn, array(3, 4), np.sort(array(3, 4), axis=axis), axis=axis)
    check_rule(fn, array(5), np.sort(array(5)))


def test_from_zero():
    check_rule(integrate.cumulative_trapezoid, array(5), np.sort(array(5)), initial=0)
    check_rule(integrate.cumulative_trapezoid, array(3, 4), None, initial=0, axis=0)


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6, 9])
def test_simpson(n):
    x = np.sort(array(n))
    check_rule(integrate.simpson, array(n), None, dx=0.7)
    check_rule(integrate.simpson, array(n, 3), None, axis=0)
    check_rule(integrate.simpson, array(2, n), x, inputs=(0,))
    check_rule(integrate.simpson, array(2, n, 3), x, inputs=(0,), axis=1)
