import numpy as np
import pytest
from harness import array, check_rule, complex_array, positive, run_adjoint

import adtrans.rules.statistics  # noqa: F401

AXES = [None, 0, -1, (0, 2)]
METHODS = "linear lower higher midpoint nearest inverted_cdf averaged_inverted_cdf hazen weibull".split()


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", AXES, ids=str)
def test_order_statistics(axis, keepdims):
    x = array(2, 3, 4)
    for fn in (np.median, np.nanmedian):
        check_rule(fn, x, axis=axis, keepdims=keepdims)
    for fn, q in ((np.quantile, 0.3), (np.percentile, 30.0), (np.nanquantile, 0.3), (np.nanpercentile, 30.0)):
        check_rule(fn, x, q=q, axis=axis, keepdims=keepdims)
        check_rule(fn, x, q=np.array([q, 0.9, 1.0]), axis=axis, keepdims=keepdims)


@pytest.mark.parametrize("method", METHODS)
def test_methods_of_interpolation(method):
    check_rule(np.quantile, array(7), q=0.37, method=method)


@pytest.mark.parametrize("n", [1, 4, 5])
def test_median_of_a_vector(n):
    check_rule(np.median, array(n))


def test_median_splits_between_the_middle_two():
    x = np.array([4.0, 1.0, 3.0, 2.0])
    np.testing.assert_array_equal(run_adjoint(np.median, (x,), 2.5, 1.0, {})[0], [0.0, 0.0, 0.5, 0.5])


def test_nan_is_ignored():
    x = array(3, 5)
    x[0, 1] = x[2, 3] = x[2, 4] = np.nan
    for fn, options in ((np.nanmedian, {}), (np.nanquantile, {"q": 0.3}), (np.nanpercentile, {"q": 80.0})):
        check_rule(fn, x, axis=1, **options)
        check_rule(fn, x, axis=None, **options)


def test_average():
    for axis in (None, 0, 1, -1):
        check_rule(np.average, array(3, 4), axis, None)
        check_rule(np.average, array(3, 4), axis, positive(3, 4))
    check_rule(np.average, array(4), None, positive(4))
    check_rule(np.average, array(2, 3, 4), 1, positive(3))
    check_rule(np.average, array(2, 3, 4), -1, positive(4), keepdims=True)
    check_rule(np.average, complex_array(4), None, positive(4))


@pytest.mark.parametrize("options", [{}, {"bias": True}, {"ddof": 0}, {"rowvar": False}], ids=str)
def test_covariance(options):
    check_rule(np.cov, array(3, 4), None, **options)
    check_rule(np.cov, array(3, 4), array(3, 4, seed=1), **options)
    check_rule(np.cov, array(5), None, **options)
    check_rule(np.cov, array(5), array(5, seed=1), **options)
    check_rule(np.cov, complex_array(3, 4), None, **options)


@pytest.mark.parametrize("rowvar", [False, True])
def test_correlation(rowvar):
    check_rule(np.corrcoef, array(3, 4), None, rowvar=rowvar)
    check_rule(np.corrcoef, array(4), array(4, seed=1), rowvar=rowvar)


KNOTS = np.array([0.0, 0.4, 0.6, 1.0])


def test_interpolation():
    check_rule(np.interp, np.array([-0.3, 0.1, 0.5, 0.7, 1.2]), KNOTS, array(4), single=False)
    check_rule(
        np.interp, np.array([[-0.3, 0.1], [0.5, 1.2]]), KNOTS, array(4), left=0.5, right=2.0, single=False
    )
    check_rule(np.interp, 0.45, KNOTS, array(4), single=False)
    check_rule(np.interp, positive(3), KNOTS, complex_array(4), single=False)


def test_interpolation_at_and_outside_the_knots():
    f = np.array([0.0, 1.0, 0.0, 2.0])
    x = np.array([-1.0, 0.0, 0.4, 1.0, 2.0])
    bx, _, bf = run_adjoint(np.interp, (x, KNOTS, f), np.interp(x, KNOTS, f), np.ones(5), {})
    np.testing.assert_allclose(bx, [0.0, 2.5, -5.0, 5.0, 0.0])
    np.testing.assert_allclose(bf, [2.0, 1.0, 0.0, 2.0])


def test_histograms():
    x, w = positive(9), array(9)
    check_rule(np.histogram, x, 3, None, None, w, single=False)
    check_rule(np.histogram, x, 4, (0.3, 0.8), None, w, inputs=(4,), single=False)
    check_rule(np.histogram, x, np.array([0.2, 0.5, 0.6, 0.9]), None, None, w, inputs=(4,), single=False)
    check_rule(np.histogram, x, 3, None, None, None, inputs=(0,), single=False)


def test_bincount():
    check_rule(np.bincount, np.array([0, 1, 1, 3]), array(4), inputs=(1,), single=False, minlength=6)
