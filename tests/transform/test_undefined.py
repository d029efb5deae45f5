"""`undefined="raise"`: where a derivative is asked for that does not exist, there is an error that names the line."""

import importlib.util
import inspect
import math
import pickle

import numpy as np
import pytest

import adtrans
from adtrans.emit.spelling import locate
from adtrans.rules import load, registry
from adtrans.rules.registry import lookup
from adtrans.standalone import standalone

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

A = np.array
EYE, DISTINCT, SINGULAR = np.eye(2), A([[2.0, 0.3], [0.3, 1.0]]), A([[1.0, 2.0], [2.0, 4.0]])
TALL, DEPENDENT = A([[1.0, 2.0], [0.5, 1.5], [2.0, 0.1]]), A([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]])
WEIGHTS = A([[1.0, 2.0], [3.0, 5.0]])

# function, what is differentiated, arguments without a derivative, arguments with one
WITNESSES = [
    # ----- ufuncs -----
    (np.divide, lambda a, b: a / b, (A([1.0]), A([0.0])), (A([0.0]), A([1.0]))),
    (np.reciprocal, lambda x: np.reciprocal(x), (A([0.0]),), (A([2.0]),)),
    (np.remainder, lambda a, b: a % b, (6.0, 2.0), (5.0, 2.0)),
    (np.fmod, lambda a, b: np.fmod(a, b), (-6.0, 2.0), (0.0, 2.0)),
    (np.divmod, lambda a, b: divmod(a, b)[1], (6.0, 2.0), (5.0, 2.0)),
    (np.sqrt, lambda x: np.sqrt(x), (A([0.0, 1.0]),), (A([2.0]),)),
    (np.cbrt, lambda x: np.cbrt(x), (0.0,), (-1.0,)),
    (np.power, lambda x: x**0.5, (0.0,), (2.0,)),
    (np.power, lambda x, p: x**p, (-2.0, 3.0), (0.5, 0.0)),
    (np.float_power, lambda x, p: np.float_power(x, p), (0.0, 0.5), (1.0, 0.5)),
    (np.log, lambda x: np.log(x), (A([0.0]),), (A([2.0]),)),
    (np.log2, lambda x: np.log2(x), (A([0.0]),), (A([2.0]),)),
    (np.log10, lambda x: np.log10(x), (A([0.0]),), (A([2.0]),)),
    (np.log1p, lambda x: np.log1p(x), (A([-1.0]),), (A([0.0]),)),
    (np.arcsin, lambda x: np.arcsin(x), (A([1.0]),), (A([0.0]),)),
    (np.arccos, lambda x: np.arccos(x), (A([-1.0]),), (A([0.0]),)),
    (np.arccosh, lambda x: np.arccosh(x), (A([1.0]),), (A([2.0]),)),
    (np.arctanh, lambda x: np.arctanh(x), (A([1.0]),), (A([0.0]),)),
    (np.arctan2, lambda a, b: np.arctan2(a, b), (0.0, -1.0), (0.0, 1.0)),
    (np.arctan2, lambda a, b: np.arctan2(a, b), (A([0.0]), A([0.0])), (A([0.0]), A([1.0]))),
    (np.hypot, lambda a, b: np.hypot(a, b), (0.0, 0.0), (0.0, 1.0)),
    (np.absolute, lambda x: abs(x), (0.0,), (-1.0,)),
    (np.absolute, lambda z: np.abs(z), (0j,), (1j,)),
    (np.fabs, lambda x: np.fabs(x), (A([0.0]),), (A([1.0]),)),
    (np.sign, lambda x: np.sign(x), (A([0.0]),), (A([1.0]),)),
    (np.copysign, lambda a: np.copysign(a, 1.0), (0.0,), (1.0,)),
    (np.heaviside, lambda x, h: np.heaviside(x, h), (0.0, 0.5), (1.0, 0.5)),
    (np.angle, lambda z: np.angle(z), (-1.0 + 0j,), (1.0 + 0j,)),
    (np.modf, lambda x: np.modf(x)[0], (2.0,), (2.5,)),
    (np.frexp, lambda x: np.frexp(x)[0], (2.0,), (2.5,)),
    # ----- selection -----
    (np.maximum, lambda a, b: np.maximum(a, b), (1.0, 1.0), (1.0, 2.0)),
    (np.minimum, lambda x: np.minimum(x, 0.0), (A([0.0, 1.0]),), (A([2.0]),)),
    (np.fmax, lambda a, b: np.fmax(a, b), (1.0, 1.0), (1.0, 2.0)),
    (np.fmin, lambda a, b: np.fmin(a, b), (1.0, 1.0), (1.0, 2.0)),
    (max, lambda a, b: max(a, b), (1.0, 1.0), (1.0, 2.0)),
    (min, lambda a, b: min(a, b), (1.0, 1.0), (1.0, 2.0)),
    (np.clip, lambda x: np.clip(x, 0.0, 1.0), (A([0.0, 0.5]),), (A([0.5, 2.0]),)),
    # ----- math -----
    (math.fabs, lambda x: math.fabs(x), (0.0,), (1.0,)),
    (math.sqrt, lambda x: math.sqrt(x), (0.0,), (1.0,)),
    (math.fmod, lambda x, m: math.fmod(x, m), (6.0, 2.0), (5.0, 2.0)),
    (math.remainder, lambda x, m: math.remainder(x, m), (5.0, 2.0), (6.0, 2.0)),
    (math.copysign, lambda x: math.copysign(x, -1.0), (0.0,), (1.0,)),
    (math.modf, lambda x: math.modf(x)[0], (2.0,), (2.5,)),
    (math.frexp, lambda x: math.frexp(x)[0], (2.0,), (2.5,)),
    (math.pow, lambda x, p: math.pow(x, p), (0.0, 0.5), (1.0, 0.5)),
    (math.asin, lambda x: math.asin(x), (1.0,), (0.5,)),
    (math.acos, lambda x: math.acos(x), (1.0,), (0.5,)),
    (math.acosh, lambda x: math.acosh(x), (1.0,), (2.0,)),
    (math.atan2, lambda a, b: math.atan2(a, b), (0.0, 0.0), (0.0, 1.0)),
    (math.hypot, lambda a, b: math.hypot(a, b), (0.0, 0.0), (0.0, 1.0)),
    # ----- reductions -----
    (np.max, lambda x: np.max(x), (A([3.0, 1.0, 3.0]),), (A([3.0, 1.0]),)),
    (np.max, lambda x: np.max(x, axis=1, keepdims=True), (A([[1.0, 1.0]]),), (A([[1.0, 2.0]]),)),
    (np.max, lambda x: np.max(x, initial=2.0), (A([2.0, 1.0]),), (A([3.0, 1.0]),)),
    (np.min, lambda x: np.min(x, axis=0), (A([3.0, 1.0, 1.0]),), (A([3.0, 1.0]),)),
    (np.nanmax, lambda x: np.nanmax(x), (A([3.0, np.nan, 3.0]),), (A([3.0, np.nan]),)),
    (np.nanmin, lambda x: np.nanmin(x), (A([3.0, 3.0]),), (A([3.0, 1.0]),)),
    (np.maximum.reduce, lambda x: np.maximum.reduce(x), (A([3.0, 3.0]),), (A([3.0, 1.0]),)),
    (np.minimum.reduce, lambda x: np.minimum.reduce(x), (A([3.0, 3.0]),), (A([3.0, 1.0]),)),
    (np.ptp, lambda x: np.ptp(x), (A([3.0, 1.0, 3.0]),), (A([3.0, 1.0]),)),
    (np.std, lambda x: np.std(x), (A([2.0, 2.0]),), (A([2.0, 1.0]),)),
    (np.nanstd, lambda x: np.nanstd(x), (A([2.0, 2.0]),), (A([2.0, 1.0]),)),
    (np.maximum.accumulate, lambda x: np.maximum.accumulate(x), (A([1.0, 2.0, 2.0]),), (A([2.0, 1.0, 1.0]),)),
    (np.minimum.accumulate, lambda x: np.minimum.accumulate(x), (A([1.0, 1.0]),), (A([1.0, 2.0]),)),
    (np.divide.outer, lambda a, b: np.divide.outer(a, b), (A([1.0]), A([0.0])), (A([1.0]), A([1.0]))),
    # ----- order -----
    (np.sort, lambda x: np.sort(x) * A([1.0, 2.0]), (A([1.0, 1.0]),), (A([1.0, 2.0]),)),
    (np.sort, lambda x: np.sort(x)[0], (A([1.0, 1.0]),), (A([1.0, 2.0, 3.0]),)),
    (np.sort_complex, lambda z: np.abs(np.sort_complex(z)[0]), (A([1j, 1j]),), (A([1j, 2j]),)),
    (np.partition, lambda x: np.partition(x, 1)[1], (A([1.0, 2.0, 2.0]),), (A([1.0, 2.0, 3.0]),)),
    (sorted, lambda x, y: sorted([x, y])[0], (1.0, 1.0), (1.0, 2.0)),
    (np.median, lambda x: np.median(x), (A([1.0, 2.0, 2.0]),), (A([1.0, 2.0, 2.0, 3.0]),)),
    (np.nanmedian, lambda x: np.nanmedian(x), (A([1.0, 2.0, 2.0]),), (A([1.0, 2.0, np.nan]),)),
    (np.quantile, lambda x: np.quantile(x, 0.3), (A([1.0, 1.0, 3.0]),), (A([1.0, 2.0, 3.0]),)),
    (np.percentile, lambda x: np.percentile(x, 30.0), (A([1.0, 1.0, 3.0]),), (A([1.0, 2.0, 3.0]),)),
    (np.nanquantile, lambda x: np.nanquantile(x, 0.3), (A([1.0, 1.0, 3.0]),), (A([1.0, 2.0, 3.0]),)),
    (np.nanpercentile, lambda x: np.nanpercentile(x, 30.0), (A([1.0, 1.0, 3.0]),), (A([1.0, 2.0, 3.0]),)),
    (np.interp, lambda x: np.interp(x, A([0.0, 1.0, 2.0]), A([0.0, 1.0, 4.0])), (1.0,), (0.5,)),
    # ----- linear algebra -----
    (np.linalg.norm, lambda x: np.linalg.norm(x), (np.zeros(2),), (np.ones(2),)),
    (np.linalg.norm, lambda x: np.linalg.norm(x, axis=1), (A([[0.0, 0.0], [1.0, 2.0]]),), (DISTINCT,)),
    (np.linalg.norm, lambda x: np.linalg.norm(x, 1), (A([0.0, 1.0]),), (A([2.0, 1.0]),)),
    (np.linalg.norm, lambda x: np.linalg.norm(x, np.inf), (A([1.0, -1.0]),), (A([2.0, 1.0]),)),
    (np.linalg.norm, lambda x: np.linalg.norm(x, "nuc"), (SINGULAR,), (DISTINCT,)),
    (np.linalg.norm, lambda x: np.linalg.norm(x, 2), (EYE,), (SINGULAR,)),
    (np.linalg.norm, lambda x: np.linalg.norm(x, -2), (SINGULAR,), (DISTINCT,)),
    (np.linalg.norm, lambda x: np.linalg.norm(x, np.inf), (EYE,), (DISTINCT,)),
    (np.linalg.vector_norm, lambda x: np.linalg.vector_norm(x), (np.zeros(2),), (np.ones(2),)),
    (np.linalg.matrix_norm, lambda x: np.linalg.matrix_norm(x), (np.zeros((2, 2)),), (EYE,)),
    (np.linalg.slogdet, lambda x: np.linalg.slogdet(x)[1], (np.zeros((2, 2)),), (DISTINCT,)),
    (np.linalg.pinv, lambda x: np.linalg.pinv(x), (SINGULAR,), (DISTINCT,)),
    (np.linalg.lstsq, lambda x: np.linalg.lstsq(x, A([1.0, 2.0, 3.5]))[0], (DEPENDENT,), (TALL,)),
    (np.linalg.cond, lambda x: np.linalg.cond(x), (EYE,), (DISTINCT,)),
    (np.linalg.eigh, lambda x: np.linalg.eigh(x)[0][0], (EYE,), (DISTINCT,)),
    (np.linalg.eigh, lambda x: np.linalg.eigh(x)[1] * WEIGHTS, (EYE,), (DISTINCT,)),
    (np.linalg.eigh, lambda x: np.linalg.eigh(x).eigenvectors * WEIGHTS, (EYE,), (DISTINCT,)),
    (np.linalg.eigvalsh, lambda x: np.linalg.eigvalsh(x)[0], (EYE,), (DISTINCT,)),
    (np.linalg.eig, lambda x: np.real(np.linalg.eig(x)[0])[0], (EYE,), (DISTINCT,)),
    (np.linalg.eig, lambda x: np.real(np.linalg.eig(x)[1]) * WEIGHTS, (EYE,), (DISTINCT,)),
    (np.linalg.eigvals, lambda x: np.real(np.linalg.eigvals(x))[0], (EYE,), (DISTINCT,)),
    (np.linalg.svd, lambda x: np.linalg.svd(x)[1], (SINGULAR,), (DISTINCT,)),
    (np.linalg.svd, lambda x: np.linalg.svd(x)[0] * WEIGHTS, (EYE,), (DISTINCT,)),
    (np.linalg.svd, lambda x: np.linalg.svd(x, compute_uv=False)[0], (EYE,), (DISTINCT,)),
    (np.linalg.svdvals, lambda x: np.linalg.svdvals(x)[0], (EYE,), (DISTINCT,)),
    (np.linalg.qr, lambda x: np.linalg.qr(x)[1], (DEPENDENT,), (TALL,)),
]  # fmt: skip

# where no vector is split from its equals
DEFINED = [
    (lambda x: np.linalg.eigh(x)[0] ** 2, (EYE,)),
    (lambda x: np.linalg.eigvalsh(x), (EYE,)),
    (lambda x: np.linalg.svd(x, compute_uv=False), (EYE,)),
    (lambda x: np.sort(x), (A([1.0, 1.0]),)),
    (lambda x: x**2 + x**1, (0.0,)),
    (lambda x, p: x**p, (0.0, 2.0)),
    (lambda x: np.hypot(x, 1.0) * np.sum(np.arange(3.0) / 2.0), (0.0,)),
]


def of_one(fn, bad, good):
    return fn, lambda x: fn(x), (A([bad]),), (A([good]),)


def scipy_witnesses():
    try:
        from scipy import linalg, special, stats
    except ImportError:
        return []
    return [
        *(of_one(*given) for given in [
            (special.gamma, 0.0, 1.5), (special.gammaln, -1.0, 1.5), (special.digamma, 0.0, 1.5), (special.entr, 0.0, 1.0),
            (special.logit, 1.0, 0.5), (special.ndtri, 0.0, 0.5), (special.erfinv, 1.0, 0.5), (special.erfcinv, 2.0, 0.5),
            (special.cbrt, 0.0, 1.0), (special.log1p, -1.0, 0.0), (special.exp1, 0.0, 1.0), (special.expi, 0.0, 1.0),
            (special.y0, 0.0, 1.0), (special.y1, 0.0, 1.0), (special.k0, 0.0, 1.0), (special.k1, 0.0, 1.0),
            (special.ellipk, 1.0, 0.5), (special.ellipe, 1.0, 0.5),
        ]),
        (math.lgamma, lambda x: math.lgamma(x), None, (1.5,)),  # raises itself at its poles
        (special.rel_entr, lambda x, z: special.rel_entr(x, z), (A([0.0]), A([1.0])), (A([1.0]), A([1.0]))),
        (special.kl_div, lambda x, z: special.kl_div(x, z), (A([0.0]), A([1.0])), (A([1.0]), A([1.0]))),
        (special.xlogy, lambda x, z: special.xlogy(x, z), (A([0.0]), A([0.0])), (A([0.0]), A([1.0]))),
        (special.xlog1py, lambda x, z: special.xlog1py(x, z), (A([0.0]), A([-1.0])), (A([0.0]), A([0.0]))),
        (linalg.norm, lambda x: linalg.norm(x), (np.zeros(2),), (np.ones(2),)),
        (linalg.pinv, lambda x: linalg.pinv(x), (SINGULAR,), (DISTINCT,)),
        (linalg.lu_factor, lambda x: linalg.lu_factor(x)[0], (np.zeros((2, 2)),), (DISTINCT,)),
        (linalg.lu, lambda x: linalg.lu(x)[2], (np.zeros((2, 2)),), (DISTINCT,)),
        (linalg.eigh, lambda x: linalg.eigh(x)[0][0], (EYE,), (DISTINCT,)),
        (linalg.eigh, lambda x: linalg.eigh(x)[1] * WEIGHTS, (EYE,), (DISTINCT,)),
        (linalg.eigvalsh, lambda x: linalg.eigvalsh(x)[0], (EYE,), (DISTINCT,)),
        (linalg.eig, lambda x: np.real(linalg.eig(x)[0])[0], (EYE,), (DISTINCT,)),
        (linalg.eig, lambda x: np.real(linalg.eig(x)[1]) * WEIGHTS, (EYE,), (DISTINCT,)),
        (linalg.eigvals, lambda x: np.real(linalg.eigvals(x))[0], (EYE,), (DISTINCT,)),
        (linalg.svd, lambda x: linalg.svd(x)[1], (SINGULAR,), (DISTINCT,)),
        (linalg.svd, lambda x: linalg.svd(x)[2] * WEIGHTS, (EYE,), (DISTINCT,)),
        (linalg.svdvals, lambda x: linalg.svdvals(x)[0], (EYE,), (DISTINCT,)),
        (linalg.qr, lambda x: linalg.qr(x, mode="economic")[1], (DEPENDENT,), (TALL,)),
        (linalg.polar, lambda x: linalg.polar(x)[0] * WEIGHTS, (SINGULAR,), (DISTINCT,)),
        (linalg.lstsq, lambda x: linalg.lstsq(x, A([1.0, 2.0, 3.5]))[0], (DEPENDENT,), (TALL,)),
        (linalg.sqrtm, lambda x: np.real(linalg.sqrtm(x)), (np.diag([1.0, 0.0]),), (DISTINCT,)),
        (linalg.logm, lambda x: np.real(linalg.logm(x)), (np.diag([1.0, 0.0]),), (DISTINCT,)),
        (linalg.fractional_matrix_power, lambda x: linalg.fractional_matrix_power(x, 0.5), (np.diag([1.0, 0.0]),), (DISTINCT,)),
        (stats.laplace.logpdf, lambda x: stats.laplace.logpdf(x), (A([0.0]),), (A([1.0]),)),
        (stats.laplace.pdf, lambda x: stats.laplace.pdf(x, 1.0), (A([1.0]),), (A([0.0]),)),
        (stats.expon.logpdf, lambda x: stats.expon.logpdf(x), (A([0.0]),), (A([1.0]),)),
        (stats.expon.pdf, lambda x: stats.expon.pdf(x), (A([0.0]),), (A([1.0]),)),
        (stats.expon.cdf, lambda x: stats.expon.cdf(x), (A([0.0]),), (A([1.0]),)),
        (stats.expon.sf, lambda x: stats.expon.sf(x), (A([0.0]),), (A([1.0]),)),
        (stats.expon.logcdf, lambda x: stats.expon.logcdf(x), (A([0.0]),), (A([1.0]),)),
        (stats.expon.logsf, lambda x: stats.expon.logsf(x), (A([0.0]),), (A([1.0]),)),
        (stats.uniform.logpdf, lambda x, s: stats.uniform.logpdf(x, 0.0, s), (A([2.0]), A([2.0])), (A([1.0]), A([2.0]))),
        (stats.uniform.pdf, lambda x, s: stats.uniform.pdf(x, 0.0, s), (A([2.0]), A([2.0])), (A([1.0]), A([2.0]))),
        (stats.uniform.cdf, lambda x: stats.uniform.cdf(x), (A([1.0]),), (A([0.5]),)),
        (stats.uniform.sf, lambda x: stats.uniform.sf(x), (A([0.0]),), (A([0.5]),)),
    ]  # fmt: skip


ALL = [*WITNESSES, *scipy_witnesses()]
if hasattr(math, "cbrt"):  # Python 3.11
    ALL.append((math.cbrt, lambda x: math.cbrt(x), (0.0,), (1.0,)))


def names(witnesses):
    return [f"{'.'.join(filter(None, locate(fn) or ('?',)))}-{i}" for i, (fn, *_) in enumerate(witnesses)]


def summed(f, count):
    """The sum of what a function returns: at once, and from a callee in a loop."""
    if count == 1:
        return lambda x: np.sum(f(x)), lambda x: looped(f, x)
    return lambda x, z: np.sum(f(x, z)), lambda x, z: looped_pair(f, x, z)


def looped(f, x):
    def inner(x):
        y = f(x)
        return np.sum(y)

    total = 0.0
    for k in range(3):
        total = total + inner(x) * k
    return total


def looped_pair(f, x, z):
    def inner(x, z):
        y = f(x, z)
        return np.sum(y)

    total = 0.0
    for k in range(3):
        total = total + inner(x, z) * k
    return total


def tangents(args):
    """A direction in which no two elements move alike."""
    found = []
    for k, x in enumerate(args):
        steps = np.cos(np.arange(np.size(x)) + 0.3 + k).reshape(np.shape(x))
        found.append(steps if np.ndim(x) else steps.item())
    return found


@pytest.mark.parametrize("fn, f, bad, good", ALL, ids=names(ALL))
def test_every_function_that_says_where(fn, f, bad, good):
    argnums = tuple(range(len(good)))
    line = inspect.getsourcelines(f)[1]
    for total in summed(f, len(good)):
        gradient = adtrans.grad(total, argnums, undefined="raise")
        tangent = adtrans.jvp(total, argnums, undefined="raise")
        gradient(*good)
        tangent(*good, *tangents(good))
        if bad is None:
            continue
        for wrong in (lambda: gradient(*bad), lambda: tangent(*bad, *tangents(bad))):
            with pytest.raises(adtrans.UndefinedGradientError, match="has no derivative") as caught:
                wrong()
            assert f"{__file__.rpartition('/')[2]}:{line}:" in str(caught.value)


NUMBERS = {"0": 0.0, "inf": math.inf, "-inf": -math.inf, "half": 0.5, "half for each": 0.5}


@pytest.mark.parametrize("fn, f, bad, good", ALL, ids=names(ALL))
def test_the_value_by_default_is_what_is_said(fn, f, bad, good):
    load.for_function(fn)
    said = [u.value for u in lookup(fn).undefined]
    if bad is None or len(said) != 1 or said[0] not in NUMBERS:
        return
    found = np.ravel(adtrans.grad(summed(f, len(bad))[0])(*bad))
    assert NUMBERS[said[0]] in found


def test_every_declaration_has_a_witness():
    load.core()
    for record in registry.registered():
        count = sum(lookup(fn) is record for fn, *_ in ALL)
        assert count >= len(record.undefined), record.fn


@pytest.mark.parametrize("f, args", DEFINED)
def test_defined(f, args):
    argnums = tuple(range(len(args)))
    total = summed(f, len(args))[0]
    adtrans.grad(total, argnums, undefined="raise")(*args)
    adtrans.jvp(total, argnums, undefined="raise")(*args, *(np.ones_like(x) for x in args))


# ----- what is asked for -----


def chosen(x):
    return np.sum(np.where(x > 0.0, np.sqrt(x), 0.0))


def test_only_elements_with_a_cotangent_count():
    gradient = adtrans.grad(chosen, undefined="raise")(A([0.0, 4.0]))
    np.testing.assert_allclose(gradient, [0.0, 0.25])
    value, back = adtrans.vjp(lambda x: np.sqrt(x), undefined="raise")(A([0.0, 4.0]), A([0.0, 1.0]))
    assert back[0][1] == 0.25
    with pytest.raises(adtrans.UndefinedGradientError):
        adtrans.vjp(lambda x: np.sqrt(x), undefined="raise")(A([0.0, 4.0]), A([1.0, 1.0]))


def test_only_elements_with_a_tangent_count():
    tangent = adtrans.jvp(lambda x: np.abs(x), undefined="raise")
    np.testing.assert_allclose(tangent(A([0.0, -4.0]), A([0.0, 1.0]))[1], [0.0, -1.0])
    with pytest.raises(adtrans.UndefinedGradientError):
        tangent(A([0.0, -4.0]), A([1.0, 1.0]))


def test_only_active_arguments_count():
    assert adtrans.grad(lambda x, p: x**p, undefined="raise")(-2.0, 3.0) == 12.0
    assert adtrans.grad(lambda x, c: np.sqrt(c) * x, undefined="raise")(2.0, 0.0) == 0.0


def test_results_that_nobody_reads_do_not_count():
    for f in (lambda a: np.linalg.eigh(a)[0], lambda a: np.linalg.eigh(a).eigenvalues):
        np.testing.assert_allclose(adtrans.jvp(f, undefined="raise")(np.eye(2), np.eye(2))[1], [1.0, 1.0])


# ----- programs -----


def in_place(x):
    y = x * 1.0
    y **= 0.5
    np.abs(y, out=y)
    return np.sum(y)


def test_stores():
    adtrans.grad(in_place, undefined="raise")(np.ones(2))
    for wrong in (
        lambda x: adtrans.grad(in_place, undefined="raise")(x),
        lambda x: adtrans.jvp(in_place, undefined="raise")(x, np.ones(2)),
    ):
        with pytest.raises(adtrans.UndefinedGradientError):
            wrong(np.zeros(2))


def newton(x):
    y = 1.0
    for _ in range(4):
        y = y + np.abs(y - x)
    return y


def test_the_iteration_that_meets_it():
    assert adtrans.grad(newton, undefined="raise")(0.3) == adtrans.grad(newton)(0.3)
    with pytest.raises(adtrans.UndefinedGradientError, match=r"`np.abs\(y - x\)` has no derivative at 0"):
        adtrans.grad(newton, undefined="raise")(3.0)


def folded(x, n):
    return abs(x) if n == 0 else folded(abs(x) - 1.0, n - 1)


def test_recursion():
    gradient = adtrans.grad(folded, undefined="raise")
    assert gradient(3.5, 2) == 1.0
    with pytest.raises(adtrans.UndefinedGradientError, match="folded|abs"):
        gradient(1.0, 2)


def test_second_derivatives():
    assert adtrans.grad(adtrans.grad(lambda x: x * abs(x)), undefined="raise")(2.0) == 2.0
    with pytest.raises(adtrans.UndefinedGradientError):
        adtrans.grad(adtrans.grad(lambda x: x * abs(x)), undefined="raise")(0.0)
    with pytest.raises(adtrans.UndefinedGradientError):
        adtrans.grad(adtrans.grad(lambda x: abs(x), undefined="raise"))(0.0)
    with pytest.raises(adtrans.UndefinedGradientError):
        adtrans.hvp(lambda x: abs(x) * x, undefined="raise")(0.0, 1.0)
    assert adtrans.hvp(lambda x: abs(x) * x, undefined="raise")(3.0, 1.0) == 2.0


def test_inner_derivatives():
    def outer(x):
        return x * adtrans.grad(lambda y: abs(y), undefined="raise")(x)

    assert adtrans.grad(outer)(2.0) == 1.0
    with pytest.raises(adtrans.UndefinedGradientError):
        adtrans.grad(outer)(0.0)


@pytest.mark.parametrize(
    "name", "grad value_and_grad jacobian jacrev jacfwd hessian elementwise_grad".split()
)
def test_every_transform_takes_it(name):
    made = getattr(adtrans, name)(lambda x: np.sqrt(x), undefined="raise")
    made(2.0)
    with pytest.raises(adtrans.UndefinedGradientError):
        made(0.0)


def test_as_decorator():
    @adtrans.grad(undefined="raise")
    def slope(x):
        return abs(x)

    assert slope(-2.0) == -1.0
    with pytest.raises(adtrans.UndefinedGradientError):
        slope(0.0)


# ----- the option -----


def root(x):
    return np.sqrt(x)


def test_other_values_are_refused():
    with pytest.raises(ValueError, match="undefined must be") as caught:
        adtrans.grad(root, undefined="error")
    assert isinstance(caught.value, adtrans.OptionError)


def test_default_text_is_the_same():
    plain, asked = adtrans.grad(root), adtrans.grad(root, undefined="value")
    plain(2.0), asked(2.0)
    assert plain.source == asked.source
    assert "check_defined" not in plain.source
    strict = adtrans.grad(root, undefined="raise")
    strict(2.0)
    assert "check_defined(x == 0.0" in strict.source
    assert plain(0.0) == math.inf


def test_the_error():
    with pytest.raises(adtrans.UndefinedGradientError) as caught:
        adtrans.grad(root, undefined="raise")(0.0)
    error = caught.value
    assert isinstance(error, (adtrans.AdtransError, ValueError))
    assert error.code == "undefined-gradient"
    assert str(error).endswith("`np.sqrt(x)` has no derivative at 0")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_standalone():
    made = adtrans.grad(root, undefined="raise")
    made(2.0)
    text = standalone(made.source)
    assert "adtrans" not in text
    namespace = {}
    exec(text, namespace)
    assert namespace["grad_root"](4.0) == 0.25
    with pytest.raises(ValueError, match="no derivative at 0") as caught:
        namespace["grad_root"](0.0)
    assert not isinstance(caught.value, adtrans.AdtransError)


def test_lines_are_never_stale(tmp_path, monkeypatch):
    """What names lines is not kept on disk, where a function that moved would find it again."""
    monkeypatch.setenv("ADTRANS_CACHE_DIR", str(tmp_path / "cache"))
    found = []
    for k, before in enumerate(("", "\n\n")):
        path = tmp_path / f"moved{k}.py"
        path.write_text(f"{before}def root(x):\n    return abs(x)\n")
        spec = importlib.util.spec_from_file_location("moved", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        with pytest.raises(adtrans.UndefinedGradientError) as caught:
            adtrans.grad(module.root, undefined="raise")(0.0)
        found.append(str(caught.value).partition(": ")[0].rpartition("moved")[2])
    assert found == ["0.py:2:12", "1.py:4:12"]
