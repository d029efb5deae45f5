import numpy as np
import pytest
from harness import array, check_rule, complex_array, positive, run_adjoint

import adtrans.rules.cumulative
import adtrans.rules.reductions  # noqa: F401

AXES = [None, 0, -1, (0, 2), (-1, 0)]
REDUCTIONS = "sum mean prod max min var std ptp nansum nanmean nanprod nanmax nanmin nanvar nanstd".split()
MASK = np.array([[True, False, True, True], [False, True, True, False], [True, True, False, True]])


def gradient(fn, x, by=1.0, **options):
    with np.errstate(all="ignore"):
        return np.broadcast_to(run_adjoint(fn, (x,), fn(x, **options), by, options)[0], np.shape(x))


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", AXES, ids=str)
@pytest.mark.parametrize("name", REDUCTIONS)
def test_reductions(name, axis, keepdims):
    check_rule(getattr(np, name), array(2, 3, 4), axis=axis, keepdims=keepdims)


@pytest.mark.parametrize("name", REDUCTIONS)
def test_one_element(name):
    check_rule(getattr(np, name), array(1, 1), numeric="std" not in name)
    if name != "ptp":
        check_rule(getattr(np, name), 0.7, numeric="std" not in name)
        check_rule(getattr(np, name), np.float64(0.7), numeric="std" not in name)


@pytest.mark.parametrize("name", "sum prod nansum nanprod".split())
def test_no_element(name):
    assert (
        run_adjoint(getattr(np, name), (array(0, 3),), np.zeros(3), np.ones(3), {"axis": 0})[0].shape[-1] == 3
    )


@pytest.mark.parametrize("name", "sum mean prod max min var std nansum nanmean nanvar nanstd".split())
def test_where(name):
    initial = (
        {"initial": -0.1}
        if name in ("sum", "prod", "max", "nansum")
        else {"initial": 0.1}
        if name == "min"
        else {}
    )
    check_rule(getattr(np, name), array(3, 4), where=MASK, **initial)
    check_rule(getattr(np, name), array(3, 4), where=MASK, axis=1, **initial)
    assert np.all(gradient(getattr(np, name), positive(3, 4), where=MASK, **initial)[~MASK] == 0.0)


@pytest.mark.parametrize("name", "sum prod max min".split())
def test_initial(name):
    check_rule(getattr(np, name), positive(3, 4), initial=2.0)


@pytest.mark.parametrize("name", "var std nanvar nanstd".split())
def test_degrees_of_freedom(name):
    check_rule(getattr(np, name), array(3, 4), axis=0, ddof=1)
    check_rule(getattr(np, name), array(3, 4), axis=0, correction=1)


@pytest.mark.parametrize("name", "sum mean prod var std".split())
def test_complex(name):
    check_rule(getattr(np, name), complex_array(3, 4), axis=1)


@pytest.mark.parametrize("ufunc", [np.add, np.multiply, np.maximum, np.minimum])
def test_reduce_methods(ufunc):
    check_rule(ufunc.reduce, array(3, 4))
    check_rule(ufunc.reduce, array(3, 4), axis=1, keepdims=True)


@pytest.mark.parametrize("name", "nansum nanmean nanprod nanmax nanmin nanvar nanstd".split())
def test_nan_is_ignored(name):
    x = array(3, 4)
    x[0, 1] = x[2, 2] = np.nan
    found = gradient(getattr(np, name), x, axis=None)
    assert np.all(found[np.isnan(x)] == 0.0) and np.all(np.isfinite(found))
    seen = ~np.isnan(x)
    np.testing.assert_allclose(found[seen], gradient(getattr(np, name[3:]), x[seen]))


def test_a_tie_is_shared():
    np.testing.assert_array_equal(
        gradient(np.max, np.array([1.0, 3.0, 3.0, 3.0])), [0.0, 1 / 3, 1 / 3, 1 / 3]
    )
    np.testing.assert_array_equal(
        gradient(np.min, np.array([[1.0, 1.0], [2.0, 3.0]]), np.ones(2), axis=1), [[0.5, 0.5], [1.0, 0.0]]
    )


def test_initial_joins_the_tie():
    np.testing.assert_array_equal(
        gradient(np.max, np.array([1.0, 2.0, 2.0]), initial=2.0), [0.0, 1 / 3, 1 / 3]
    )
    np.testing.assert_array_equal(gradient(np.max, np.array([1.0, 2.0]), initial=5.0), [0.0, 0.0])


def test_maximum_of_nan_is_nan():
    assert np.all(np.isnan(gradient(np.max, np.array([1.0, np.nan, 3.0]))))


@pytest.mark.parametrize("zeros, expected", [([1], [0.0, 15.0, 0.0]), ([0, 1], [0.0, 0.0, 0.0])])
def test_products_with_zeros(zeros, expected):
    x = np.array([3.0, 4.0, 5.0])
    x[zeros] = 0.0
    np.testing.assert_array_equal(gradient(np.prod, x), expected)
    check_rule(np.prod, x)
    check_rule(np.cumprod, x)


def test_standard_deviation_of_a_constant():
    np.testing.assert_array_equal(gradient(np.std, np.full(4, 0.5)), np.zeros(4))
    columns = np.stack([np.full(3, 0.5), np.array([1.0, 2.0, 4.0])], axis=1)
    found = gradient(np.std, columns, np.ones(2), axis=0)
    np.testing.assert_array_equal(found[:, 0], np.zeros(3))
    np.testing.assert_allclose(found[:, 1], gradient(np.std, columns[:, 1]))


def test_standard_deviation_of_one_element():
    assert gradient(np.std, np.array([2.0]))[0] == 0.0
    assert np.isnan(gradient(np.var, np.array([2.0]), ddof=1)[0])
