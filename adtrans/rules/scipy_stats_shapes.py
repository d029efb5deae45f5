"""Derivatives of scipy.stats' distributions that have shapes, and of the discrete ones."""

import math

import numpy as np
from scipy import special, stats

from adtrans.rules.registry import partials
from adtrans.rules.scipy_stats import (
    inside,
    inside_of_log,
    of_log,
    per_scale,
    rising,
    standard,
    times,
)
from adtrans.rules.static import real_only

# ----- t -----


def t_log(z, df):
    rest = special.gammaln(0.5 * (df + 1.0)) - special.gammaln(0.5 * df) - 0.5 * np.log(math.pi * df)
    return rest - 0.5 * (df + 1.0) * np.log1p(z * z / df)


def t_parts(x, df, loc, scale):
    z = standard(x, loc, scale)
    p, q, r = of_log(-(df + 1.0) * z / (df + z * z), z, scale)
    inner = special.digamma(0.5 * (df + 1.0)) - special.digamma(0.5 * df) - np.log1p(z * z / df)
    return p, 0.5 * (inner + (z * z - 1.0) / (df + z * z)), q, r


def rising_of_shape(density, z, scale):
    p, q, r = rising(density, z, scale)
    return p, NotImplemented, q, r


def t_cdf(x, df, loc, scale, sign, y):
    """Partials of cdf and sf, and of their logarithms, whose value is y."""
    z = standard(x, loc, scale)
    return rising_of_shape(sign * np.exp(t_log(z, df) - y), z, scale)


partials(stats.t.logpdf, lambda x, df, loc, scale, y: t_parts(x, df, loc, scale))
partials(stats.t.pdf, lambda x, df, loc, scale, y: times(y, t_parts(x, df, loc, scale)))
partials(stats.t.cdf, lambda x, df, loc, scale, y: t_cdf(x, df, loc, scale, 1.0, 0.0))
partials(stats.t.sf, lambda x, df, loc, scale, y: t_cdf(x, df, loc, scale, -1.0, 0.0))
partials(stats.t.logcdf, lambda x, df, loc, scale, y: t_cdf(x, df, loc, scale, 1.0, y))
partials(stats.t.logsf, lambda x, df, loc, scale, y: t_cdf(x, df, loc, scale, -1.0, y))

# ----- gamma and chi2 -----


def above_zero_cdf(log_density, x, shape, loc, scale, sign, y):
    """Partials of cdf and sf, and of their logarithms, whose value is y; nothing is below 0."""
    z = standard(x, loc, scale)
    return rising_of_shape(np.where(z > 0.0, sign * np.exp(log_density(z, shape) - y), 0.0), z, scale)


def gamma_log(z, a):
    return special.xlogy(a - 1.0, z) - z - special.gammaln(a)


def gamma_parts(x, a, loc, scale, outside):
    z = standard(x, loc, scale)
    p, q, r = inside_of_log(outside, (a - 1.0) / z - 1.0, z, scale)
    return p, inside(outside, np.log(z) - special.digamma(a)), q, r


partials(stats.gamma.logpdf, lambda x, a, loc, scale, y: gamma_parts(x, a, loc, scale, y == -math.inf))
partials(stats.gamma.pdf, lambda x, a, loc, scale, y: times(y, gamma_parts(x, a, loc, scale, y == 0.0)))
partials(stats.gamma.cdf, lambda x, a, loc, scale, y: above_zero_cdf(gamma_log, x, a, loc, scale, 1.0, 0.0))
partials(stats.gamma.sf, lambda x, a, loc, scale, y: above_zero_cdf(gamma_log, x, a, loc, scale, -1.0, 0.0))
partials(stats.gamma.logcdf, lambda x, a, loc, scale, y: above_zero_cdf(gamma_log, x, a, loc, scale, 1.0, y))
partials(stats.gamma.logsf, lambda x, a, loc, scale, y: above_zero_cdf(gamma_log, x, a, loc, scale, -1.0, y))


def chi2_log(z, df):
    return special.xlogy(0.5 * df - 1.0, z) - 0.5 * z - special.gammaln(0.5 * df) - 0.5 * math.log(2.0) * df


def chi2_parts(x, df, loc, scale, outside):
    z = standard(x, loc, scale)
    p, q, r = inside_of_log(outside, (0.5 * df - 1.0) / z - 0.5, z, scale)
    return p, inside(outside, 0.5 * (np.log(0.5 * z) - special.digamma(0.5 * df))), q, r


partials(stats.chi2.logpdf, lambda x, df, loc, scale, y: chi2_parts(x, df, loc, scale, y == -math.inf))
partials(stats.chi2.pdf, lambda x, df, loc, scale, y: times(y, chi2_parts(x, df, loc, scale, y == 0.0)))
partials(stats.chi2.cdf, lambda x, df, loc, scale, y: above_zero_cdf(chi2_log, x, df, loc, scale, 1.0, 0.0))
partials(stats.chi2.sf, lambda x, df, loc, scale, y: above_zero_cdf(chi2_log, x, df, loc, scale, -1.0, 0.0))
partials(stats.chi2.logcdf, lambda x, df, loc, scale, y: above_zero_cdf(chi2_log, x, df, loc, scale, 1.0, y))
partials(stats.chi2.logsf, lambda x, df, loc, scale, y: above_zero_cdf(chi2_log, x, df, loc, scale, -1.0, y))

# ----- beta -----


def beta_log(z, a, b):
    return special.xlogy(a - 1.0, z) + special.xlog1py(b - 1.0, -z) - special.betaln(a, b)


def beta_parts(x, a, b, loc, scale, outside):
    z = standard(x, loc, scale)
    p, q, r = inside_of_log(outside, (a - 1.0) / z - (b - 1.0) / (1.0 - z), z, scale)
    both = special.digamma(a + b)
    s = inside(outside, np.log(z) - special.digamma(a) + both)
    t = inside(outside, np.log1p(-z) - special.digamma(b) + both)
    return p, s, t, q, r


def beta_cdf(x, a, b, loc, scale, sign, y):
    z = standard(x, loc, scale)
    within = (z > 0.0) & (z < 1.0)
    p, q, r = rising(np.where(within, sign * np.exp(beta_log(z, a, b) - y), 0.0), z, scale)
    return p, NotImplemented, NotImplemented, q, r


partials(stats.beta.logpdf, lambda x, a, b, loc, scale, y: beta_parts(x, a, b, loc, scale, y == -math.inf))
partials(stats.beta.pdf, lambda x, a, b, loc, scale, y: times(y, beta_parts(x, a, b, loc, scale, y == 0.0)))
partials(stats.beta.cdf, lambda x, a, b, loc, scale, y: beta_cdf(x, a, b, loc, scale, 1.0, 0.0))
partials(stats.beta.sf, lambda x, a, b, loc, scale, y: beta_cdf(x, a, b, loc, scale, -1.0, 0.0))
partials(stats.beta.logcdf, lambda x, a, b, loc, scale, y: beta_cdf(x, a, b, loc, scale, 1.0, y))
partials(stats.beta.logsf, lambda x, a, b, loc, scale, y: beta_cdf(x, a, b, loc, scale, -1.0, y))

# ----- pareto, lognorm, vonmises, truncnorm, gennorm -----


def pareto_parts(x, b, loc, scale, outside):
    z = standard(x, loc, scale)
    p, q, r = inside_of_log(outside, -(b + 1.0) / z, z, scale)
    return p, inside(outside, 1.0 / b - np.log(z)), q, r


def lognorm_parts(x, s, loc, scale, outside):
    z = standard(x, loc, scale)
    turns = np.log(z) / s
    p, q, r = inside_of_log(outside, -(1.0 + turns / s) / z, z, scale)
    return p, inside(outside, (turns * turns - 1.0) / s), q, r


def vonmises_parts(x, kappa, loc, scale):
    z = standard(x, loc, scale)
    p, q, r = of_log(-kappa * np.sin(z), z, scale)
    return p, np.cos(z) - special.i1e(kappa) / special.i0e(kappa), q, r


def truncnorm_parts(x, a, b, loc, scale, y):
    z = standard(x, loc, scale)
    p, q, r = inside_of_log(y == -math.inf, -z, z, scale)
    density = per_scale(1.0, scale)
    low = np.exp(y + 0.5 * (z - a) * (z + a)) / density
    high = -np.exp(y + 0.5 * (z - b) * (z + b)) / density
    return p, low, high, q, r


def gennorm_parts(x, beta, loc, scale):
    z = real_only(standard(x, loc, scale))
    size = np.abs(z)
    p, q, r = of_log(-beta * np.sign(z) * size ** (beta - 1.0), z, scale)
    return p, (1.0 + special.digamma(1.0 / beta) / beta) / beta - special.xlogy(size**beta, size), q, r


partials(stats.pareto.logpdf, lambda x, b, loc, scale, y: pareto_parts(x, b, loc, scale, y == -math.inf))
partials(stats.pareto.pdf, lambda x, b, loc, scale, y: times(y, pareto_parts(x, b, loc, scale, y == 0.0)))
partials(stats.lognorm.logpdf, lambda x, s, loc, scale, y: lognorm_parts(x, s, loc, scale, y == -math.inf))
partials(stats.lognorm.pdf, lambda x, s, loc, scale, y: times(y, lognorm_parts(x, s, loc, scale, y == 0.0)))
partials(stats.vonmises.logpdf, lambda x, kappa, loc, scale, y: vonmises_parts(x, kappa, loc, scale))
partials(stats.vonmises.pdf, lambda x, kappa, loc, scale, y: times(y, vonmises_parts(x, kappa, loc, scale)))
partials(stats.truncnorm.logpdf, lambda x, a, b, loc, scale, y: truncnorm_parts(x, a, b, loc, scale, y))
partials(
    stats.truncnorm.pdf,
    lambda x, a, b, loc, scale, y: times(y, truncnorm_parts(x, a, b, loc, scale, np.log(y))),
)
partials(stats.gennorm.logpdf, lambda x, beta, loc, scale, y: gennorm_parts(x, beta, loc, scale))
partials(stats.gennorm.pdf, lambda x, beta, loc, scale, y: times(y, gennorm_parts(x, beta, loc, scale)))

# ----- discrete: no derivative in k -----


def poisson_parts(k, mu, loc, y):
    return None, inside(y == -math.inf, standard(k, loc, None) / mu - 1.0), None


def poisson_at(k, mu, loc):
    """The probability of the last integer up to k."""
    n = np.floor(standard(k, loc, None))
    return np.exp(special.xlogy(n, mu) - mu - special.gammaln(n + 1.0))


partials(stats.poisson.logpmf, lambda k, mu, loc, y: poisson_parts(k, mu, loc, y))
partials(stats.poisson.pmf, lambda k, mu, loc, y: (None, y * (standard(k, loc, None) / mu - 1.0), None))
partials(stats.poisson.cdf, lambda k, mu, loc, y: (None, -poisson_at(k, mu, loc), None))
partials(stats.poisson.sf, lambda k, mu, loc, y: (None, poisson_at(k, mu, loc), None))
partials(stats.poisson.logcdf, lambda k, mu, loc, y: (None, -poisson_at(k, mu, loc) * np.exp(-y), None))
partials(stats.poisson.logsf, lambda k, mu, loc, y: (None, poisson_at(k, mu, loc) * np.exp(-y), None))


def binom_slope(k, n, p, loc):
    j = standard(k, loc, None)
    return j / p - (n - j) / (1.0 - p)


partials(
    stats.binom.logpmf,
    lambda k, n, p, loc, y: (None, None, inside(y == -math.inf, binom_slope(k, n, p, loc)), None),
)
partials(stats.binom.pmf, lambda k, n, p, loc, y: (None, None, y * binom_slope(k, n, p, loc), None))
partials(
    stats.bernoulli.logpmf,
    lambda k, p, loc, y: (None, inside(y == -math.inf, binom_slope(k, 1.0, p, loc)), None),
)
partials(stats.bernoulli.pmf, lambda k, p, loc, y: (None, y * binom_slope(k, 1.0, p, loc), None))
