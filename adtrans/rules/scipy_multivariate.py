"""Derivatives of the multivariate distributions of scipy.stats."""

import numpy as np
from scipy import special, stats

from adtrans.rules.registry import adjoint, tangent
from adtrans.rules.triangles import folded, from_triangle

# ----- dirichlet: the last part may be left out, the parts add up to 1 -----


def all_parts(x, alpha):
    if np.shape(x)[0] == np.shape(alpha)[0]:
        return x
    return np.concatenate((x, 1.0 - np.sum(x, axis=0, keepdims=True)))


def all_changes(dx, x, alpha):
    if np.shape(x)[0] == np.shape(alpha)[0]:
        return dx
    return np.concatenate((dx, -np.sum(dx, axis=0, keepdims=True)))


def given_parts(b, x, alpha):
    """The adjoint of `all_parts`."""
    if np.shape(x)[0] == np.shape(alpha)[0]:
        return b
    return b[:-1] - b[-1:]


def beside(alpha, x):
    """A vector as a column where there are many points."""
    if np.ndim(x) == 1:
        return alpha
    return alpha[:, None]


def dirichlet_tangent(x, alpha, dx, dalpha):
    parts = all_parts(x, alpha)
    moved = (beside(alpha, x) - 1.0) / parts * all_changes(dx, x, alpha)
    rest = np.sum(dalpha * (special.digamma(np.sum(alpha)) - special.digamma(alpha)))
    return np.sum(moved + beside(dalpha, x) * np.log(parts), axis=0) + rest


def dirichlet_adjoint(x, alpha, by):
    parts = all_parts(x, alpha)
    bx = given_parts(by * ((beside(alpha, x) - 1.0) / parts), x, alpha)
    logs = by * np.log(parts)
    total = logs if np.ndim(x) == 1 else np.sum(logs, axis=1)
    return bx, total + np.sum(by) * (special.digamma(np.sum(alpha)) - special.digamma(alpha))


@tangent(stats.dirichlet.logpdf)
def _(x, alpha, y, dx, dalpha):
    return dirichlet_tangent(x, alpha, dx, dalpha)


@adjoint(stats.dirichlet.logpdf)
def _(x, alpha, y, by):
    return dirichlet_adjoint(x, alpha, by)


@tangent(stats.dirichlet.pdf)
def _(x, alpha, y, dx, dalpha):
    return y * dirichlet_tangent(x, alpha, dx, dalpha)


@adjoint(stats.dirichlet.pdf)
def _(x, alpha, y, by):
    return dirichlet_adjoint(x, alpha, by * y)


# ----- multivariate_normal: it reads the lower triangle of a covariance -----


def count_of_parts(mean, cov):
    """How many numbers make one point."""
    if mean is not None:
        return np.size(mean)
    return np.shape(cov)[0] if np.ndim(cov) == 2 else 1


def full(cov, like, size):
    """The covariance that `like` stands for (a matrix, a diagonal, a number); `cov` may be a change of it."""
    if like is None:
        return np.eye(size)
    if np.ndim(like) == 0:
        return cov * np.eye(size)
    if np.ndim(like) == 1:
        return np.diag(cov)
    return from_triangle(cov, True)


def from_full(b, cov):
    """The adjoint of `full`."""
    if cov is None:
        return None
    if np.ndim(cov) == 0:
        return np.trace(b)
    if np.ndim(cov) == 1:
        return np.diagonal(b)
    return folded(b, True)


def whitened(x, mean, cov):
    """The inverse of the covariance, and the points less the mean, in rows, times it."""
    size = count_of_parts(mean, cov)
    points = np.reshape(x, (-1, size))
    precision = np.linalg.inv(full(cov, cov, size))
    return precision, (points if mean is None else points - mean) @ precision


def normal_tangent(x, mean, cov, y, dx, dmean, dcov):
    precision, v = whitened(x, mean, cov)
    move = np.reshape(dx, np.shape(v))
    if mean is not None:
        move = move - dmean
    if cov is None:
        return np.reshape(-np.sum(v * move, axis=-1), np.shape(y))
    change = full(dcov, cov, v.shape[-1])
    t = np.sum(v * (0.5 * v @ change - move), axis=-1) - 0.5 * np.sum(precision * change)
    return np.reshape(t, np.shape(y))


def normal_adjoint(x, mean, cov, by):
    precision, v = whitened(x, mean, cov)
    b = np.reshape(by, (-1, 1)) * v
    bmean = None if mean is None else np.reshape(np.sum(b, axis=0), np.shape(mean))
    bcov = None if cov is None else from_full(0.5 * (b.T @ v - np.sum(by) * precision), cov)
    return np.reshape(-b, np.shape(x)), bmean, bcov


@tangent(stats.multivariate_normal.logpdf)
def _(x, mean, cov, y, dx, dmean, dcov):
    return normal_tangent(x, mean, cov, y, dx, dmean, dcov)


@adjoint(stats.multivariate_normal.logpdf)
def _(x, mean, cov, y, by):
    return normal_adjoint(x, mean, cov, by)


@tangent(stats.multivariate_normal.pdf)
def _(x, mean, cov, y, dx, dmean, dcov):
    return y * normal_tangent(x, mean, cov, y, dx, dmean, dcov)


@adjoint(stats.multivariate_normal.pdf)
def _(x, mean, cov, y, by):
    return normal_adjoint(x, mean, cov, by * y)


def inverse_covariance(mean, cov):
    return np.linalg.inv(full(cov, cov, count_of_parts(mean, cov)))


@tangent(stats.multivariate_normal.entropy)
def _(mean, cov, y, dmean, dcov):
    precision = inverse_covariance(mean, cov)
    return 0.5 * np.sum(precision * full(dcov, cov, precision.shape[0]))


@adjoint(stats.multivariate_normal.entropy)
def _(mean, cov, y, by):
    return None, from_full(0.5 * by * inverse_covariance(mean, cov), cov)
