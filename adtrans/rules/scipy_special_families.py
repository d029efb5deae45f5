"""Derivatives of scipy.special's families: orthogonal polynomials, Bessel kin, elliptic integrals, distributions."""

import numpy as np
from scipy import special

from adtrans.rules.registry import adjoint, facts, partials, tangent
from adtrans.rules.scipy_special import betainc_partial, gammainc_partial
from adtrans.rules.static import is_static
from adtrans.runtime import unbroadcast

# ----- orthogonal polynomials: a derivative is of the family one degree lower -----


def below(n):
    """The degree below; 0 has a derivative of weight 0."""
    if is_static(n):
        return n - 1 if n else n
    return np.where(n == 0, n, n - 1)


def jacobi_partial(n, a, b, x):
    return (n != 0) * 0.5 * (n + a + b + 1.0) * special.eval_jacobi(below(n), a + 1.0, b + 1.0, x)


partials(special.eval_legendre, lambda n, x, y: (NotImplemented, jacobi_partial(n, 0.0, 0.0, x)))
partials(
    special.eval_jacobi,
    lambda n, a, b, x, y: (NotImplemented, NotImplemented, NotImplemented, jacobi_partial(n, a, b, x)),
)
partials(special.eval_chebyt, lambda n, x, y: (NotImplemented, n * special.eval_chebyu(below(n), x)))
partials(
    special.eval_chebyu,
    lambda n, x, y: (NotImplemented, (n != 0) * 2.0 * special.eval_gegenbauer(below(n), 2.0, x)),
)
partials(
    special.eval_gegenbauer,
    lambda n, a, x, y: (
        NotImplemented,
        NotImplemented,
        (n != 0) * 2.0 * a * special.eval_gegenbauer(below(n), a + 1.0, x),
    ),
)
partials(special.eval_hermite, lambda n, x, y: (NotImplemented, 2.0 * n * special.eval_hermite(below(n), x)))
partials(
    special.eval_hermitenorm, lambda n, x, y: (NotImplemented, n * special.eval_hermitenorm(below(n), x))
)
partials(
    special.eval_laguerre,
    lambda n, x, y: (NotImplemented, -1.0 * (n != 0) * special.eval_genlaguerre(below(n), 1.0, x)),
)
partials(
    special.eval_genlaguerre,
    lambda n, a, x, y: (
        NotImplemented,
        NotImplemented,
        -1.0 * (n != 0) * special.eval_genlaguerre(below(n), a + 1.0, x),
    ),
)

# ----- Bessel functions and their kin -----

partials(
    special.hankel1,
    lambda v, z, y: (NotImplemented, 0.5 * (special.hankel1(v - 1.0, z) - special.hankel1(v + 1.0, z))),
)
partials(
    special.hankel2,
    lambda v, z, y: (NotImplemented, 0.5 * (special.hankel2(v - 1.0, z) - special.hankel2(v + 1.0, z))),
)
partials(special.struve, lambda v, x, y: (NotImplemented, special.struve(v - 1.0, x) - v / x * y))
partials(special.modstruve, lambda v, x, y: (NotImplemented, special.modstruve(v - 1.0, x) - v / x * y))


def spherical_slope(bessel, n, z, y, derivative):
    """The derivative of a spherical Bessel function, or of its first derivative (by its equation)."""
    if derivative:
        return (n * (n + 1.0) / (z * z) - 1.0) * bessel(n, z, False) - 2.0 / z * y
    return bessel(n, z, True)


@tangent(special.spherical_jn)
def _(n, z, y, dz, derivative=False):
    return dz * spherical_slope(special.spherical_jn, n, z, y, derivative)


@adjoint(special.spherical_jn)
def _(n, z, y, by, derivative=False):
    slope = spherical_slope(special.spherical_jn, n, z, y, derivative)
    return NotImplemented, by * slope


@tangent(special.spherical_yn)
def _(n, z, y, dz, derivative=False):
    return dz * spherical_slope(special.spherical_yn, n, z, y, derivative)


@adjoint(special.spherical_yn)
def _(n, z, y, by, derivative=False):
    slope = spherical_slope(special.spherical_yn, n, z, y, derivative)
    return NotImplemented, by * slope


facts(special.spherical_jn, special.spherical_yn, elementwise=True)


@tangent(special.airy)
def _(z, y, dz):
    return y[1] * dz, z * y[0] * dz, y[3] * dz, z * y[2] * dz


@adjoint(special.airy)
def _(z, y, by):
    return (
        by[0] * np.conj(y[1]) + by[1] * np.conj(z * y[0]) + by[2] * np.conj(y[3]) + by[3] * np.conj(z * y[2])
    )


@tangent(special.shichi)
def _(x, y, dx):
    return np.sinh(x) / x * dx, np.cosh(x) / x * dx


@adjoint(special.shichi)
def _(x, y, by):
    return (by[0] * np.sinh(x) + by[1] * np.cosh(x)) / x


# ----- elliptic integrals and functions -----


def small_m(phi):
    """Half the integral of sin**2, to which both formulas in m come at m = 0."""
    return 0.25 * (phi - np.sin(phi) * np.cos(phi))


def first_kind_partials(phi, m, y):
    s = np.sin(phi)
    root = np.sqrt(1.0 - m * s * s)
    safe = np.where(m == 0.0, 0.5, m)
    inner = (special.ellipeinc(phi, m) / (1.0 - m) - y) / (2.0 * safe) - s * np.cos(phi) / (
        2.0 * (1.0 - m) * root
    )
    return 1.0 / root, np.where(m == 0.0, small_m(phi), inner)


def second_kind_partials(phi, m, y):
    s = np.sin(phi)
    inner = (y - special.ellipkinc(phi, m)) / (2.0 * np.where(m == 0.0, 0.5, m))
    return np.sqrt(1.0 - m * s * s), np.where(m == 0.0, -small_m(phi), inner)


partials(special.ellipkinc, first_kind_partials)
partials(special.ellipeinc, second_kind_partials)


@tangent(special.ellipj)
def _(u, m, y, du):
    return y[1] * y[2] * du, -y[0] * y[2] * du, -m * y[0] * y[1] * du, y[2] * du


@adjoint(special.ellipj)
def _(u, m, y, by):
    b = by[0] * y[1] * y[2] - by[1] * y[0] * y[2] - by[2] * m * y[0] * y[1] + by[3] * y[2]
    return unbroadcast(b, u), NotImplemented


# ----- inverses -----

partials(
    special.betaincinv,
    lambda a, b, p, y: (NotImplemented, NotImplemented, 1.0 / betainc_partial(a, b, y)),
)
partials(special.gammaincinv, lambda a, p, y: (NotImplemented, 1.0 / gammainc_partial(a, y)))
partials(special.gammainccinv, lambda a, p, y: (NotImplemented, -1.0 / gammainc_partial(a, y)))


def inverse_power(x, lam, one):
    """The partials of x = (lam * y + 1) ** (1 / lam) in y and lam, by x and by y (given in `one`)."""
    safe = np.where(lam == 0.0, 1.0, lam)
    inner = x * (one / (safe * (safe * one + 1.0)) - np.log1p(safe * one) / (safe * safe))
    return x / (1.0 + lam * one), np.where(lam == 0.0, -0.5 * x * one * one, inner)


partials(special.inv_boxcox, lambda z, lam, y: inverse_power(y, lam, z))
partials(special.inv_boxcox1p, lambda z, lam, y: inverse_power(y + 1.0, lam, z))

# ----- distribution functions, in their last argument -----


def t_density(df, t):
    inner = special.gammaln(0.5 * (df + 1.0)) - special.gammaln(0.5 * df) - 0.5 * np.log(np.pi * df)
    return np.exp(inner - 0.5 * (df + 1.0) * np.log1p(t * t / df))


partials(special.stdtr, lambda df, t, y: (NotImplemented, t_density(df, t)))
partials(special.stdtrit, lambda df, p, y: (NotImplemented, 1.0 / t_density(df, y)))
partials(special.chdtr, lambda v, x, y: (NotImplemented, 0.5 * gammainc_partial(0.5 * v, 0.5 * x)))
partials(special.chdtrc, lambda v, x, y: (NotImplemented, -0.5 * gammainc_partial(0.5 * v, 0.5 * x)))
partials(
    special.gdtr,
    lambda a, b, x, y: (x * gammainc_partial(b, a * x), NotImplemented, a * gammainc_partial(b, a * x)),
)
partials(
    special.gdtrc,
    lambda a, b, x, y: (-x * gammainc_partial(b, a * x), NotImplemented, -a * gammainc_partial(b, a * x)),
)
partials(special.pdtr, lambda k, m, y: (None, -gammainc_partial(np.floor(k) + 1.0, m)))
partials(special.pdtrc, lambda k, m, y: (None, gammainc_partial(np.floor(k) + 1.0, m)))
partials(
    special.bdtr,
    lambda k, n, p, y: (None, None, -betainc_partial(n - np.floor(k), np.floor(k) + 1.0, 1.0 - p)),
)
partials(
    special.bdtrc,
    lambda k, n, p, y: (None, None, betainc_partial(n - np.floor(k), np.floor(k) + 1.0, 1.0 - p)),
)
