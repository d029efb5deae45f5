import numpy as np
import pytest
from harness import array, check_rule, positive, run_adjoint

stats = pytest.importorskip("scipy.stats")

import adtrans.rules.scipy_multivariate  # noqa: F401, E402


def covariance(size):
    a = array(size, size)
    return a @ a.T + np.eye(size)


@pytest.mark.parametrize("method", ["logpdf", "pdf"])
@pytest.mark.parametrize("shape", [(3,), (5, 3), (1, 3), (2, 4, 3)])
def test_normal(method, shape):
    fn = getattr(stats.multivariate_normal, method)
    cov = covariance(3)
    check_rule(fn, array(*shape), array(3), cov, inputs=(0, 1), single=False)
    check_rule(fn, array(*shape), None, cov, inputs=(0,), single=False)
    check_rule(fn, array(*shape), array(3), positive(3), single=False)
    check_rule(fn, array(*shape), array(3), 0.7, single=False)


@pytest.mark.parametrize("method", ["logpdf", "pdf"])
def test_normal_of_one_number(method):
    fn = getattr(stats.multivariate_normal, method)
    check_rule(fn, array(4), 0.3, 1.2, single=False)
    check_rule(fn, array(4), None, 1.2, single=False)
    check_rule(fn, array(4), None, None, single=False)


def test_gradient_lives_in_the_lower_triangle():
    x, mean, cov = array(5, 3), array(3), covariance(3)
    fn = stats.multivariate_normal.logpdf
    bcov = run_adjoint(fn, (x, mean, cov), fn(x, mean, cov), np.ones(5), {})[2]
    assert np.all(np.triu(bcov, 1) == 0.0)
    for i, j in ((1, 0), (2, 1), (2, 2)):
        step = np.zeros((3, 3))
        step[i, j] = step[j, i] = 1e-5
        slope = np.sum(fn(x, mean, cov + step) - fn(x, mean, cov - step)) / 2e-5
        np.testing.assert_allclose(bcov[i, j], slope, rtol=1e-6)


def test_entropy():
    fn = stats.multivariate_normal.entropy
    check_rule(fn, array(3), 0.7, inputs=(1,), single=False)
    check_rule(fn, None, 0.7, inputs=(1,), single=False)
    check_rule(fn, array(3), positive(3), inputs=(1,), single=False)


@pytest.mark.parametrize("method", ["logpdf", "pdf"])
def test_dirichlet_with_the_last_part_left_out(method):
    fn = getattr(stats.dirichlet, method)
    check_rule(fn, 0.2 * positive(3), 1.0 + positive(4), single=False)
    check_rule(fn, 0.2 * positive(3, 5), 1.0 + positive(4), single=False)
