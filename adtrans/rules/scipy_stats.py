"""Derivatives of the distributions of scipy.stats, by the logarithmic slopes of their standard forms.

A rule's inputs are the point, the shapes, loc and scale; what a call leaves out is None.
NotImplemented stands for a shape in which there is no closed form.
"""

import math

import numpy as np
from scipy import stats

from adtrans.rules.registry import partials, undefined
from adtrans.rules.static import real_only

# ----- location and scale -----


def standard(x, loc, scale):
    """The point of the standard form."""
    z = x if loc is None else x - loc
    return z if scale is None else z / scale


def per_scale(p, scale):
    return p if scale is None else p / scale


def of_log(slope, z, scale):
    """Partials in x, loc and scale of a log density that has this slope at z."""
    p = per_scale(slope, scale)
    return p, -p, -per_scale(1.0 + z * slope, scale)


def rising(density, z, scale):
    """Partials in x, loc and scale of what grows with this density at z."""
    p = per_scale(density, scale)
    return p, -p, -z * p


def inside(outside, p):
    """A partial of a log density; 0 outside of the support."""
    return np.where(outside, 0.0, p)


def inside_of_log(outside, slope, z, scale):
    p, q, r = of_log(slope, z, scale)
    return inside(outside, p), inside(outside, q), inside(outside, r)


def times(y, parts):
    """Partials of a density from those of its logarithm; 0 outside of the support."""
    return tuple(None if p is None else y * p for p in parts)


# ----- what follows from a log density and its slope, both at the standard point -----


def cdf_parts(log_density, x, loc, scale):
    z = standard(x, loc, scale)
    return rising(np.exp(log_density(z)), z, scale)


def sf_parts(log_density, x, loc, scale):
    z = standard(x, loc, scale)
    return rising(-np.exp(log_density(z)), z, scale)


def logcdf_parts(log_density, x, loc, scale, y):
    z = standard(x, loc, scale)
    return rising(np.exp(log_density(z) - y), z, scale)


def logsf_parts(log_density, x, loc, scale, y):
    z = standard(x, loc, scale)
    return rising(-np.exp(log_density(z) - y), z, scale)


def ppf_parts(log_density, loc, scale, y):
    z = standard(y, loc, scale)
    p = np.exp(-log_density(z))
    return p if scale is None else scale * p, 1.0, z


def isf_parts(log_density, loc, scale, y):
    p, q, r = ppf_parts(log_density, loc, scale, y)
    return -p, q, r


# ----- norm -----


def norm_log(z):
    return -0.5 * (z * z + math.log(2.0 * math.pi))


def norm_parts(x, loc, scale):
    z = standard(x, loc, scale)
    return of_log(-z, z, scale)


partials(stats.norm.logpdf, lambda x, loc, scale, y: norm_parts(x, loc, scale))
partials(stats.norm.pdf, lambda x, loc, scale, y: times(y, norm_parts(x, loc, scale)))
partials(stats.norm.cdf, lambda x, loc, scale, y: cdf_parts(norm_log, x, loc, scale))
partials(stats.norm.sf, lambda x, loc, scale, y: sf_parts(norm_log, x, loc, scale))
partials(stats.norm.logcdf, lambda x, loc, scale, y: logcdf_parts(norm_log, x, loc, scale, y))
partials(stats.norm.logsf, lambda x, loc, scale, y: logsf_parts(norm_log, x, loc, scale, y))
partials(stats.norm.ppf, lambda q, loc, scale, y: ppf_parts(norm_log, loc, scale, y))
partials(stats.norm.isf, lambda q, loc, scale, y: isf_parts(norm_log, loc, scale, y))

# ----- logistic -----


def logistic_log(z):
    return -real_only(z) - 2.0 * np.logaddexp(0.0, -z)


def logistic_parts(x, loc, scale):
    z = real_only(standard(x, loc, scale))
    return of_log(-np.tanh(0.5 * z), z, scale)


partials(stats.logistic.logpdf, lambda x, loc, scale, y: logistic_parts(x, loc, scale))
partials(stats.logistic.pdf, lambda x, loc, scale, y: times(y, logistic_parts(x, loc, scale)))
partials(stats.logistic.cdf, lambda x, loc, scale, y: cdf_parts(logistic_log, x, loc, scale))
partials(stats.logistic.sf, lambda x, loc, scale, y: sf_parts(logistic_log, x, loc, scale))
partials(stats.logistic.logcdf, lambda x, loc, scale, y: logcdf_parts(logistic_log, x, loc, scale, y))
partials(stats.logistic.logsf, lambda x, loc, scale, y: logsf_parts(logistic_log, x, loc, scale, y))
partials(stats.logistic.ppf, lambda q, loc, scale, y: ppf_parts(logistic_log, loc, scale, y))

# ----- laplace -----


def laplace_log(z):
    return -np.abs(real_only(z)) - math.log(2.0)


def laplace_parts(x, loc, scale):
    z = real_only(standard(x, loc, scale))
    return of_log(-np.sign(z), z, scale)


partials(stats.laplace.logpdf, lambda x, loc, scale, y: laplace_parts(x, loc, scale))
partials(stats.laplace.pdf, lambda x, loc, scale, y: times(y, laplace_parts(x, loc, scale)))
partials(stats.laplace.cdf, lambda x, loc, scale, y: cdf_parts(laplace_log, x, loc, scale))
partials(stats.laplace.sf, lambda x, loc, scale, y: sf_parts(laplace_log, x, loc, scale))
partials(stats.laplace.logcdf, lambda x, loc, scale, y: logcdf_parts(laplace_log, x, loc, scale, y))
partials(stats.laplace.logsf, lambda x, loc, scale, y: logsf_parts(laplace_log, x, loc, scale, y))
partials(stats.laplace.ppf, lambda q, loc, scale, y: ppf_parts(laplace_log, loc, scale, y))

# ----- cauchy -----


def cauchy_log(z):
    return -np.log1p(real_only(z) * z) - math.log(math.pi)


def cauchy_parts(x, loc, scale):
    z = real_only(standard(x, loc, scale))
    return of_log(-2.0 * z / (1.0 + z * z), z, scale)


partials(stats.cauchy.logpdf, lambda x, loc, scale, y: cauchy_parts(x, loc, scale))
partials(stats.cauchy.pdf, lambda x, loc, scale, y: times(y, cauchy_parts(x, loc, scale)))
partials(stats.cauchy.cdf, lambda x, loc, scale, y: cdf_parts(cauchy_log, x, loc, scale))
partials(stats.cauchy.sf, lambda x, loc, scale, y: sf_parts(cauchy_log, x, loc, scale))
partials(stats.cauchy.logcdf, lambda x, loc, scale, y: logcdf_parts(cauchy_log, x, loc, scale, y))
partials(stats.cauchy.logsf, lambda x, loc, scale, y: logsf_parts(cauchy_log, x, loc, scale, y))
partials(stats.cauchy.ppf, lambda q, loc, scale, y: ppf_parts(cauchy_log, loc, scale, y))

# ----- expon: nothing below loc -----


def expon_log(z):
    return np.where(z < 0.0, -math.inf, -z)


def expon_parts(x, loc, scale, y):
    z = standard(x, loc, scale)
    return inside_of_log(y == -math.inf, -1.0, z, scale)


def expon_logcdf_parts(x, loc, scale, y):
    z = standard(x, loc, scale)
    return rising(inside(y == -math.inf, np.exp(-z - y)), z, scale)


partials(stats.expon.logpdf, lambda x, loc, scale, y: expon_parts(x, loc, scale, y))
partials(stats.expon.pdf, lambda x, loc, scale, y: times(y, of_log(-1.0, standard(x, loc, scale), scale)))
partials(stats.expon.cdf, lambda x, loc, scale, y: cdf_parts(expon_log, x, loc, scale))
partials(stats.expon.sf, lambda x, loc, scale, y: sf_parts(expon_log, x, loc, scale))
partials(stats.expon.logcdf, lambda x, loc, scale, y: expon_logcdf_parts(x, loc, scale, y))
partials(stats.expon.logsf, lambda x, loc, scale, y: logsf_parts(expon_log, x, loc, scale, y))
partials(stats.expon.ppf, lambda q, loc, scale, y: ppf_parts(expon_log, loc, scale, y))

# ----- uniform: from loc to loc + scale -----


def uniform_log(z):
    return np.where((z < 0.0) | (z > 1.0), -math.inf, 0.0)


def uniform_parts(x, loc, scale, y):
    return None, None, -per_scale(inside(y == -math.inf, 1.0), scale)


partials(stats.uniform.logpdf, lambda x, loc, scale, y: uniform_parts(x, loc, scale, y))
partials(stats.uniform.pdf, lambda x, loc, scale, y: (None, None, -per_scale(y, scale)))
partials(stats.uniform.cdf, lambda x, loc, scale, y: cdf_parts(uniform_log, x, loc, scale))
partials(stats.uniform.sf, lambda x, loc, scale, y: sf_parts(uniform_log, x, loc, scale))
partials(stats.uniform.ppf, lambda q, loc, scale, y: ppf_parts(uniform_log, loc, scale, y))

# ----- where there is no derivative -----

undefined(
    stats.laplace.logpdf,
    stats.laplace.pdf,
    where=lambda x, loc, scale, y: standard(x, loc, scale) == 0.0,
    what="at its peak",
    value="0",
)
undefined(
    stats.expon.logpdf,
    stats.expon.pdf,
    stats.expon.cdf,
    stats.expon.sf,
    stats.expon.logcdf,
    stats.expon.logsf,
    where=lambda x, loc, scale, y: standard(x, loc, scale) == 0.0,
    what="where its support begins",
    value="that inside of the support",
)
undefined(
    stats.uniform.logpdf,
    stats.uniform.pdf,
    stats.uniform.cdf,
    stats.uniform.sf,
    where=lambda x, loc, scale, y: (standard(x, loc, scale) == 0.0) | (standard(x, loc, scale) == 1.0),
    what="at the ends of its support",
    value="that inside of the support",
)
