import numpy as np
import pytest
from harness import array, check_rule, positive

stats = pytest.importorskip("scipy.stats")

import adtrans.rules.scipy_stats  # noqa: E402
import adtrans.rules.scipy_stats_shapes  # noqa: F401, E402
from adtrans.rules.registry import lookup  # noqa: E402

CUMULATIVE = ["cdf", "sf", "logcdf", "logsf"]


def test_a_method_is_found_however_often_it_is_read():
    assert lookup(stats.norm.logpdf) is lookup(stats.norm.logpdf) is not None
    assert lookup(stats.norm.logpdf) is not lookup(stats.cauchy.logpdf)


@pytest.mark.parametrize("name", ["norm", "logistic", "laplace", "cauchy"])
@pytest.mark.parametrize("method", ["logpdf", "pdf", *CUMULATIVE])
def test_on_the_line(name, method):
    fn = getattr(getattr(stats, name), method)
    check_rule(fn, array(6), array(6, seed=1), positive(6), single=False, rtol=1e-5)
    check_rule(fn, array(6), None, None, single=False, broadcast=False, rtol=1e-5)
    check_rule(fn, 0.3, 0.1, 0.7, rtol=1e-5)


@pytest.mark.parametrize("name", ["norm", "logistic", "laplace", "cauchy", "expon", "uniform"])
def test_ppf(name):
    check_rule(getattr(stats, name).ppf, positive(5), array(5), positive(5, seed=1), single=False, rtol=1e-5)


def test_isf():
    check_rule(stats.norm.isf, positive(5), array(5), positive(5, seed=1), single=False, rtol=1e-5)


@pytest.mark.parametrize("method", ["logpdf", "pdf", *CUMULATIVE])
def test_expon(method):
    check_rule(
        getattr(stats.expon, method), 1.0 + positive(5), array(5), positive(5), single=False, rtol=1e-5
    )


@pytest.mark.parametrize("method", ["logpdf", "pdf", "cdf", "sf"])
def test_uniform(method):
    low, wide = array(5) * 0.1, 1.0 + positive(5)
    check_rule(
        getattr(stats.uniform, method), positive(5), low, wide, single=False, broadcast=False, rtol=1e-5
    )


@pytest.mark.parametrize("method", ["logpdf", "pdf"])
@pytest.mark.parametrize(
    "name, shapes",
    [("t", (3.5,)), ("gamma", (1.7,)), ("chi2", (2.6,)), ("beta", (1.6, 2.3)), ("pareto", (2.2,)),
     ("lognorm", (0.8,)), ("vonmises", (1.4,)), ("truncnorm", (-1.2, 2.1)), ("gennorm", (1.5,))],
)  # fmt: skip
def test_with_shapes(name, shapes, method):
    fn = getattr(getattr(stats, name), method)
    x, loc, scale = positive(5), array(5) * 0.01, np.full(5, 1.1)
    if name == "pareto":
        x = x + 1.5
    shapes = tuple(np.full(5, shape) for shape in shapes)
    check_rule(fn, x, *shapes, loc, scale, single=False, broadcast=False, rtol=1e-5)
    check_rule(fn, x, *shapes, None, None, single=False, broadcast=False, rtol=1e-5)


@pytest.mark.parametrize("method", CUMULATIVE)
@pytest.mark.parametrize(
    "name, shapes", [("t", (3.5,)), ("gamma", (1.7,)), ("chi2", (2.6,)), ("beta", (1.6, 2.3))]
)
def test_cumulative_with_shapes(name, shapes, method):
    fn = getattr(getattr(stats, name), method)
    last = len(shapes) + 1
    check_rule(fn, positive(5), *shapes, array(5) * 0.01, np.full(5, 1.1), inputs=(0, last, last + 1),
               single=False, broadcast=False, rtol=1e-5)  # fmt: skip


@pytest.mark.parametrize("method", ["logpmf", "pmf", *CUMULATIVE])
def test_poisson(method):
    k = np.array([0, 1, 1, 3, 4])
    check_rule(
        getattr(stats.poisson, method), k, positive(5) + 1.0, None, single=False, broadcast=False, rtol=1e-5
    )


@pytest.mark.parametrize("method", ["logpmf", "pmf"])
def test_trials(method):
    k = np.array([0, 1, 1, 3, 4])
    check_rule(
        getattr(stats.binom, method), k, 4, positive(5), None, single=False, broadcast=False, rtol=1e-5
    )
    k = np.array([0, 1, 1, 0])
    check_rule(
        getattr(stats.bernoulli, method), k, positive(4), None, single=False, broadcast=False, rtol=1e-5
    )


@pytest.mark.parametrize(
    "name, shapes", [("expon", ()), ("uniform", ()), ("gamma", (1.7,)), ("beta", (1.6, 2.3))]
)
def test_zero_outside_of_the_support(name, shapes):
    x = np.array([-0.5, -2.0])
    for method in ("pdf", "logpdf"):
        fn = getattr(getattr(stats, name), method)
        p = lookup(fn).partials(x, *shapes, None, None, fn(x, *shapes))[0]
        assert p is None or np.all(p == 0.0)
