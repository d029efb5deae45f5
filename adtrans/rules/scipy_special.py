"""Derivatives of scipy.special. NotImplemented stands for a parameter in which there is no closed form."""

import math

import numpy as np
from scipy import special

from adtrans.rules.registry import adjoint, facts, nondifferentiable, partials, tangent, undefined
from adtrans.rules.static import is_static, real_only
from adtrans.runtime import expand, unbroadcast

# ----- gamma functions -----

partials(special.gamma, lambda x, y: y * special.digamma(x))
partials(math.gamma, lambda x, y: y * special.digamma(x))
partials(special.gammaln, lambda x, y: special.digamma(x))
partials(special.loggamma, lambda x, y: special.digamma(x))
partials(math.lgamma, lambda x, y: special.digamma(x))
partials(special.rgamma, lambda x, y: -(y * special.digamma(x)))
partials(special.digamma, lambda x, y: special.zeta(2.0, real_only(x)))
partials(special.polygamma, lambda n, x, y: (None, special.polygamma(n + 1, x)))
nondifferentiable(special.gammasgn)


def beta_log_partial(a, b):
    return special.digamma(a) - special.digamma(a + b)


partials(special.beta, lambda a, b, y: (y * beta_log_partial(a, b), y * beta_log_partial(b, a)))
partials(special.betaln, lambda a, b, y: (beta_log_partial(a, b), beta_log_partial(b, a)))


def betainc_partial(a, b, x):
    return np.exp(special.xlogy(a - 1.0, x) + special.xlog1py(b - 1.0, -x) - special.betaln(a, b))


def gammainc_partial(a, x):
    return np.exp(special.xlogy(a - 1.0, x) - x - special.gammaln(a))


partials(special.betainc, lambda a, b, x, y: (NotImplemented, NotImplemented, betainc_partial(a, b, x)))
partials(special.gammainc, lambda a, x, y: (NotImplemented, gammainc_partial(a, x)))
partials(special.gammaincc, lambda a, x, y: (NotImplemented, -gammainc_partial(a, x)))
partials(
    special.poch,
    lambda z, m, y: (y * (special.digamma(z + m) - special.digamma(z)), y * special.digamma(z + m)),
)


def binom_partials(n, k, y):
    rest = special.digamma(n - k + 1.0)
    return y * (special.digamma(n + 1.0) - rest), y * (rest - special.digamma(k + 1.0))


partials(special.binom, binom_partials)


@tangent(special.comb)
def _(N, k, y, dN, dk):
    p, q = binom_partials(N, k, y)
    return p * dN + q * dk


@adjoint(special.comb)
def _(N, k, y, by):
    p, q = binom_partials(N, k, y)
    return by * p, by * q


@tangent(special.factorial)
def _(n, y, dn):
    return y * special.digamma(n + 1.0) * dn


@adjoint(special.factorial)
def _(n, y, by):
    return by * y * special.digamma(n + 1.0)


def multigammaln_partial(a, d):
    total = special.digamma(a)
    for j in range(1, d):
        total = total + special.digamma(a - 0.5 * j)
    return total


@tangent(special.multigammaln)
def _(a, d, y, da):
    return multigammaln_partial(a, d) * da


@adjoint(special.multigammaln)
def _(a, d, y, by):
    return by * multigammaln_partial(a, d), None


facts(special.comb, special.factorial, special.multigammaln, elementwise=True)
partials(special.zeta, lambda x, q, y: (NotImplemented, -x * special.zeta(x + 1.0, q)))

# ----- error functions and the normal distribution -----

partials(special.erf, lambda x, y: 2.0 / math.sqrt(math.pi) * np.exp(-(x * x)))
partials(special.erfc, lambda x, y: -2.0 / math.sqrt(math.pi) * np.exp(-(x * x)))
partials(special.erfcx, lambda x, y: 2.0 * x * y - 2.0 / math.sqrt(math.pi))
partials(special.erfi, lambda x, y: 2.0 / math.sqrt(math.pi) * np.exp(x * x))
partials(special.erfinv, lambda x, y: 0.5 * math.sqrt(math.pi) * np.exp(y * y))
partials(special.erfcinv, lambda x, y: -0.5 * math.sqrt(math.pi) * np.exp(y * y))
partials(special.wofz, lambda x, y: 2j / math.sqrt(math.pi) - 2.0 * x * y)
partials(special.dawsn, lambda x, y: 1.0 - 2.0 * x * y)
partials(special.ndtr, lambda x, y: np.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi))
partials(special.log_ndtr, lambda x, y: np.exp(-0.5 * x * x - y) / math.sqrt(2.0 * math.pi))
partials(special.ndtri, lambda x, y: math.sqrt(2.0 * math.pi) * np.exp(0.5 * y * y))


def owens_t_partials(h, a, y):
    turned = -np.exp(-0.5 * h * h) * special.erf(a * h / math.sqrt(2.0)) / (2.0 * math.sqrt(2.0 * math.pi))
    return turned, np.exp(-0.5 * h * h * (1.0 + a * a)) / (2.0 * math.pi * (1.0 + a * a))


partials(special.owens_t, owens_t_partials)

# ----- logistic functions and entropies -----

partials(special.expit, lambda x, y: y * (1.0 - y))
partials(special.logit, lambda x, y: 1.0 / (x * (1.0 - x)))
partials(special.log_expit, lambda x, y: special.expit(-x))
if hasattr(special, "softplus"):  # SciPy 1.15
    partials(special.softplus, lambda x, y: special.expit(x))
partials(special.entr, lambda x, y: -np.log(x) - 1.0)
partials(special.rel_entr, lambda x, z, y: (np.log(x / z) + 1.0, -x / z))
partials(special.kl_div, lambda x, z, y: (np.log(x / z), 1.0 - x / z))


def xlogy_partials(x, z, y):
    nothing = (x == 0.0) & (z == 0.0)  # 0 there, as xlogy itself
    safe = np.where(nothing, 1.0, z)
    return np.log(safe), x / safe


def xlog1py_partials(x, z, y):
    nothing = (x == 0.0) & (z == -1.0)
    safe = np.where(nothing, 0.0, z)
    return np.log1p(safe), x / (1.0 + safe)


partials(special.xlogy, xlogy_partials)
partials(special.xlog1py, xlog1py_partials)


def boxcox_exponent_partial(log, power, lmbda, y):
    """The derivative of y = (power - 1) / lmbda, where power = exp(lmbda * log)."""
    plain = lmbda == 0.0
    return np.where(plain, 0.5 * log * log, (power * log - y) / np.where(plain, 1.0, lmbda))


def boxcox_partials(x, lmbda, y):
    return x ** (lmbda - 1.0), boxcox_exponent_partial(np.log(x), x**lmbda, lmbda, y)


def boxcox1p_partials(x, lmbda, y):
    z = 1.0 + x
    return z ** (lmbda - 1.0), boxcox_exponent_partial(np.log1p(x), z**lmbda, lmbda, y)


partials(special.boxcox, boxcox_partials)
partials(special.boxcox1p, boxcox1p_partials)


def huber_partials(delta, r, y):
    inside = np.abs(r) <= delta
    return np.where(inside, 0.0, np.abs(r) - delta), np.where(inside, r, delta * np.sign(r))


def pseudo_huber_partials(delta, r, y):
    root = np.sqrt(1.0 + (r / delta) * (r / delta))
    return 2.0 * y / delta - r * r / (delta * root), r / root


partials(special.huber, huber_partials)
partials(special.pseudo_huber, pseudo_huber_partials)

# ----- exponentials in other clothes -----

EXPREL_TERMS = tuple(k / math.factorial(k + 1) for k in range(18, 0, -1))


def exprel_partial(x, y):
    """(exp(x) - y) / x, near 0 by its series."""
    near = np.abs(x) < 0.7
    small = np.where(near, x, 0.0)
    series = 0.0
    for term in EXPREL_TERMS:
        series = series * small + term
    return np.where(near, series, (np.exp(x) - y) / np.where(near, 1.0, x))


def expn_partial(n, x, y):
    """The derivative of the exponential integral; SciPy has none of negative order."""
    if is_static(n):
        return -special.expn(n - 1, x) if n > 0 else -y * (1.0 + 1.0 / x)
    return -np.where(n == 0, y * (1.0 + 1.0 / x), special.expn(np.maximum(n - 1, 0), x))


partials(special.exp2, lambda x, y: y * math.log(2.0))
partials(special.exp10, lambda x, y: y * math.log(10.0))
partials(special.expm1, lambda x, y: y + 1.0)
partials(special.log1p, lambda x, y: 1.0 / (1.0 + x))
partials(special.cbrt, lambda x, y: 1.0 / (3.0 * y * y))
partials(special.cosm1, lambda x, y: -np.sin(x))
partials(special.exprel, exprel_partial)
partials(special.exp1, lambda x, y: -np.exp(-x) / x)
partials(special.expi, lambda x, y: np.exp(x) / x)
partials(special.expn, lambda n, x, y: (None, expn_partial(n, x, y)))
partials(special.spence, lambda x, y: np.where(x == 1.0, -1.0, np.log(x) / np.where(x == 1.0, 1.0, 1.0 - x)))


@tangent(special.lambertw)
def _(z, y, dz, k=0, tol=1e-8):
    return np.exp(-y) / (1.0 + y) * dz


@adjoint(special.lambertw)
def _(z, y, by, k=0, tol=1e-8):
    return by * np.conj(np.exp(-y) / (1.0 + y))


@tangent(special.sici)
def _(x, y, dx):
    return np.sinc(x / math.pi) * dx, np.cos(x) / x * dx


@adjoint(special.sici)
def _(x, y, by):
    return by[0] * np.conj(np.sinc(x / math.pi)) + by[1] * np.conj(np.cos(x) / x)


@tangent(special.fresnel)
def _(z, y, dz):
    return np.sin(0.5 * math.pi * z * z) * dz, np.cos(0.5 * math.pi * z * z) * dz


@adjoint(special.fresnel)
def _(z, y, by):
    phase = np.conj(0.5 * math.pi * z * z)
    return by[0] * np.sin(phase) + by[1] * np.cos(phase)


facts(special.lambertw, special.sici, special.fresnel, elementwise=True)

# ----- Bessel and Kelvin functions -----

partials(special.i0, lambda x, y: special.i1(x))
partials(np.i0, lambda x, y: special.i1(x))
partials(special.i1, lambda x, y: 0.5 * (special.i0(x) + special.iv(2.0, x)))
partials(special.i0e, lambda x, y: special.i1e(x) - np.sign(x) * y)
partials(special.i1e, lambda x, y: 0.5 * (special.i0e(x) + special.ive(2.0, x)) - np.sign(x) * y)
partials(special.j0, lambda x, y: -special.j1(x))
partials(special.j1, lambda x, y: 0.5 * (special.j0(x) - special.jv(2.0, x)))
partials(special.y0, lambda x, y: -special.y1(x))
partials(special.y1, lambda x, y: special.y0(x) - y / x)
partials(special.k0, lambda x, y: -special.k1(x))
partials(special.k1, lambda x, y: -special.k0(x) - y / x)
partials(special.k0e, lambda x, y: y - special.k1e(x))
partials(special.k1e, lambda x, y: y - special.k0e(x) - y / x)


def between(f, v, x):
    return 0.5 * (f(v - 1.0, x) - f(v + 1.0, x))


def around(f, v, x):
    return 0.5 * (f(v - 1.0, x) + f(v + 1.0, x))


partials(special.jv, lambda v, x, y: (NotImplemented, between(special.jv, v, x)))
partials(special.yn, lambda v, x, y: (None, between(special.yv, v, x)))
partials(special.yv, lambda v, x, y: (NotImplemented, between(special.yv, v, x)))
partials(special.iv, lambda v, x, y: (NotImplemented, around(special.iv, v, x)))
partials(special.kn, lambda v, x, y: (None, -around(special.kv, v, x)))
partials(special.kv, lambda v, x, y: (NotImplemented, -around(special.kv, v, x)))
partials(special.ive, lambda v, x, y: (NotImplemented, around(special.ive, v, x) - np.sign(real_only(x)) * y))
partials(special.kve, lambda v, x, y: (NotImplemented, y - around(special.kve, v, x)))
partials(special.ber, lambda x, y: special.berp(x))
partials(special.bei, lambda x, y: special.beip(x))
partials(special.ker, lambda x, y: special.kerp(x))
partials(special.kei, lambda x, y: special.keip(x))
partials(special.berp, lambda x, y: -special.bei(x) - y / x)
partials(special.beip, lambda x, y: special.ber(x) - y / x)
partials(special.kerp, lambda x, y: -special.kei(x) - y / x)
partials(special.keip, lambda x, y: special.ker(x) - y / x)

# ----- elliptic integrals and hypergeometric functions -----


def ellipk_partial(m, y):
    safe = np.where(m == 0.0, 0.5, m)
    return np.where(m == 0.0, math.pi / 8.0, (special.ellipe(m) / (1.0 - m) - y) / (2.0 * safe))


def ellipe_partial(m, y):
    safe = np.where(m == 0.0, 0.5, m)
    return np.where(m == 0.0, -math.pi / 8.0, (y - special.ellipk(m)) / (2.0 * safe))


def hyp1f1_partials(a, b, x, y):
    return NotImplemented, NotImplemented, a / b * special.hyp1f1(a + 1.0, b + 1.0, x)


def hyp2f1_partials(a, b, c, x, y):
    moved = a * b / c * special.hyp2f1(a + 1.0, b + 1.0, c + 1.0, x)
    return NotImplemented, NotImplemented, NotImplemented, moved


partials(special.ellipk, ellipk_partial)
partials(special.ellipe, ellipe_partial)
partials(special.hyp1f1, hyp1f1_partials)
partials(special.hyp2f1, hyp2f1_partials)

# ----- sums of exponentials -----


def softmax_of(a, y, axis, keepdims):
    """exp(a - y) for y = logsumexp(a); 0 where all of `a` is -inf."""
    total = expand(y, a, axis, keepdims)
    return np.exp(a - np.where(total == -math.inf, 0.0, total))


@tangent(special.logsumexp)
def _(a, axis, b, y, da, db, keepdims=False):
    weights = softmax_of(a, y, axis, keepdims)
    if b is None:
        return np.sum(weights * da, axis=axis, keepdims=keepdims)
    return np.sum(weights * (b * da + db), axis=axis, keepdims=keepdims)


@adjoint(special.logsumexp)
def _(a, axis, b, y, by, keepdims=False):
    weights = expand(by, a, axis, keepdims) * np.conj(softmax_of(a, y, axis, keepdims))
    if b is None:
        return weights, None, None
    return unbroadcast(weights * np.conj(b), a), None, unbroadcast(weights, b)


@tangent(special.softmax)
def _(x, y, dx, axis=None):
    return y * (dx - np.sum(y * dx, axis=axis, keepdims=True))


@adjoint(special.softmax)
def _(x, y, by, axis=None):
    weights = np.conj(y)
    return weights * (by - np.sum(weights * by, axis=axis, keepdims=True))


@tangent(special.log_softmax)
def _(x, y, dx, axis=None):
    return dx - np.sum(np.exp(y) * dx, axis=axis, keepdims=True)


@adjoint(special.log_softmax)
def _(x, y, by, axis=None):
    return by - np.conj(np.exp(y)) * np.sum(by, axis=axis, keepdims=True)


# ----- where there is no derivative -----

undefined(
    special.gamma,
    special.gammaln,
    special.digamma,
    math.lgamma,
    where=lambda x, y: (x <= 0.0) & (x == np.floor(x)),
    what="at its poles",
    value="nan",
)
undefined(special.entr, where=lambda x, y: x == 0.0, what="at 0", value="inf")
undefined(special.rel_entr, where=lambda x, z, y: ((x == 0.0) | (z == 0.0), z == 0.0), what="at 0")
undefined(special.kl_div, where=lambda x, z, y: ((x == 0.0) | (z == 0.0), z == 0.0), what="at 0")
undefined(
    special.xlogy,
    where=lambda x, z, y: (z == 0.0, (z == 0.0) & (x != 0.0)),
    what="at 0",
    value="0 where both are 0, else as the logarithm",
)
undefined(special.xlog1py, where=lambda x, z, y: (z == -1.0, (z == -1.0) & (x != 0.0)), what="at -1")
undefined(
    special.logit, special.ndtri, where=lambda x, y: (x == 0.0) | (x == 1.0), what="at 0 and 1", value="inf"
)
undefined(special.erfinv, where=lambda x, y: (x == 1.0) | (x == -1.0), what="at -1 and 1", value="inf")
undefined(special.erfcinv, where=lambda x, y: (x == 0.0) | (x == 2.0), what="at 0 and 2", value="-inf")
undefined(special.cbrt, where=lambda x, y: x == 0.0, what="at 0", value="inf")
undefined(special.log1p, where=lambda x, y: x == -1.0, what="at -1", value="inf")
undefined(special.exp1, special.expi, special.y0, special.y1, special.k0, special.k1, where=lambda x, y: x == 0.0, what="at 0")  # fmt: skip
undefined(special.ellipk, special.ellipe, where=lambda m, y: m == 1.0, what="at 1")

facts(special.logsumexp, note="0 where all is -inf")
