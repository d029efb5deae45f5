import numpy as np
import pytest
from harness import array, check_rule, complex_array, positive

from adtrans.rules import cumulative  # noqa: F401
from adtrans.rules.recurrence import recurrence


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
@pytest.mark.parametrize("name", "cumsum cumprod nancumsum nancumprod".split())
def test_running_sums_and_products(name, axis):
    check_rule(getattr(np, name), array(3, 4), axis=axis)
    check_rule(getattr(np, name), complex_array(3, 4), axis=axis)


@pytest.mark.parametrize("name", "cumsum cumprod nancumsum nancumprod".split())
def test_running_over_nothing_and_over_one(name):
    check_rule(getattr(np, name), array(1))
    check_rule(getattr(np, name), array(0), numeric=False)
    check_rule(getattr(np, name), array(0, 3), numeric=False, axis=0)


@pytest.mark.skipif(not hasattr(np, "cumulative_sum"), reason="NumPy 2.1")
@pytest.mark.parametrize("include_initial", [False, True])
@pytest.mark.parametrize("name", ["cumulative_sum", "cumulative_prod"])
def test_names_of_the_array_api(name, include_initial):
    check_rule(getattr(np, name), array(5), include_initial=include_initial)
    check_rule(getattr(np, name), array(3, 4), axis=1, include_initial=include_initial)


@pytest.mark.parametrize("zeros", [[0], [2], [1, 3]])
def test_running_products_with_zeros(zeros):
    x = positive(5)
    x[zeros] = 0.0
    check_rule(np.cumprod, x)


@pytest.mark.parametrize("name", ["nancumsum", "nancumprod"])
def test_nan_is_skipped(name):
    x = array(5)
    x[2] = np.nan
    check_rule(getattr(np, name), x)


@pytest.mark.parametrize("ufunc", [np.add, np.multiply])
def test_accumulate_methods(ufunc):
    check_rule(ufunc.accumulate, array(3, 4))
    check_rule(ufunc.accumulate, array(3, 4), axis=1)


def test_recurrence():
    check_rule(recurrence, array(6), array(6, seed=1))
    check_rule(recurrence, array(4, 2), array(4, 2, seed=1))


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("axis", [0, -1])
def test_differences(n, axis):
    check_rule(np.diff, array(4, 5), n, axis, None, None)


def test_differences_with_ends():
    check_rule(np.diff, array(5), 1, -1, 0.3, None, single=False)
    check_rule(np.diff, array(5), 2, -1, None, array(2))
    check_rule(np.diff, array(3, 5), 1, 1, array(3, 1), array(3, 2))
    check_rule(np.diff, array(3, 5), 1, 0, 0.3, 0.4, single=False)


def test_ediff1d():
    check_rule(np.ediff1d, array(5), None, None)
    check_rule(np.ediff1d, array(2, 3), array(2), 0.5, single=False)


def test_trapezoid():
    check_rule(np.trapezoid, array(5), None)
    check_rule(np.trapezoid, array(3, 4), None, dx=0.3, axis=0)
    check_rule(np.trapezoid, array(5), np.sort(positive(5)))
    check_rule(np.trapezoid, array(3, 4), np.sort(positive(3)), axis=0)
    check_rule(np.trapezoid, array(3, 4), np.sort(positive(3, 4), axis=0), axis=0)


@pytest.mark.parametrize("edge_order", [1, 2])
def test_gradient(edge_order):
    none, knots = (None, None, None), np.sort(positive(7))
    for f, *h in (
        (array(7), *none),
        (array(3), *none),
        (array(7), 0.5, None, None),
        (array(7), knots, None, None),
        (array(4, 5), *none),
        (array(4, 5), 0.5, None, None),
        (array(4, 5), 0.5, knots[:5], None),
        (array(3, 4, 5), 0.5, knots[:4], 0.3),
    ):
        check_rule(np.gradient, f, *h, inputs=(0,), single=False, edge_order=edge_order)
    check_rule(np.gradient, array(7), *none, edge_order=edge_order)
    check_rule(np.gradient, array(4, 5), *none, axis=0, edge_order=edge_order)
    check_rule(np.gradient, array(4, 5), *none, axis=(1, 0), edge_order=edge_order)
