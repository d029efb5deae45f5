"""Derivatives of NumPy's functions of polynomial coefficients, highest power first."""

from __future__ import annotations

import numpy as np

from adtrans.rules.creation import vander_slope
from adtrans.rules.least_squares import solution_adjoint, solution_tangent
from adtrans.rules.products import as_vector, like
from adtrans.rules.registry import adjoint, facts, tangent

# ----- arithmetic -----


@tangent(np.polyadd)
def _(a1, a2, y, da1, da2):
    return np.polyadd(da1, da2)


@adjoint(np.polyadd)
def _(a1, a2, y, by):
    return like(by[y.shape[0] - np.size(a1) :], a1), like(by[y.shape[0] - np.size(a2) :], a2)


@tangent(np.polysub)
def _(a1, a2, y, da1, da2):
    return np.polysub(da1, da2)


@adjoint(np.polysub)
def _(a1, a2, y, by):
    return like(by[y.shape[0] - np.size(a1) :], a1), like(-by[y.shape[0] - np.size(a2) :], a2)


@tangent(np.polymul)
def _(a1, a2, y, da1, da2):
    p, q, dp, dq = led(a1), led(a2), led(da1), led(da2)
    return trimmed(np.convolve(dp, q) + np.convolve(p, dq), y)


def led(a):
    """The coefficients after a zero, so that there are some."""
    return np.pad(as_vector(a), (1, 0))


def trimmed(full, y):
    """The last coefficients; NumPy leaves out leading zeros."""
    return full[full.shape[0] - y.shape[0] :]


@adjoint(np.polymul)
def _(a1, a2, y, by):
    p, q = led(a1), led(a2)
    by = np.pad(by, (len(p) + len(q) - 1 - y.shape[0], 0))
    return like(np.correlate(by, q, "valid")[1:], a1), like(np.correlate(by, p, "valid")[1:], a2)


def quotient_system(u, v):
    """The triangular matrix that takes the quotient to the leading coefficients of `u`."""
    count = len(u) - len(v) + 1
    lag = np.arange(count)[:, None] - np.arange(count)
    return np.where((lag >= 0) & (lag < len(v)), np.take(v, np.clip(lag, 0, len(v) - 1)), 0.0)


@tangent(np.polydiv)
def _(u, v, y, du, dv):
    q, r = y
    change = du - np.convolve(q, dv)
    dq = np.linalg.solve(quotient_system(u, v), change[: q.shape[0]])
    return dq, trimmed(change - np.convolve(dq, v), r)


@adjoint(np.polydiv)
def _(u, v, y, by):
    q, r = y
    rest = np.pad(by[1], (len(u) - r.shape[0], 0))
    bq = by[0] - np.correlate(rest, v, "valid")
    head = np.linalg.solve(np.conj(quotient_system(u, v)).T, bq)
    bu = rest + np.pad(head, (0, len(u) - q.shape[0]))
    return bu, -np.correlate(bu, q, "valid")


# ----- values and derivatives -----


@tangent(np.polyval)
def _(p, x, y, dp, dx):
    return np.polyval(dp, x) + np.polyval(np.polyder(p), x) * dx


@adjoint(np.polyval)
def _(p, x, y, by):
    powers = np.vander(np.ravel(x), len(p))
    return np.ravel(by) @ np.conj(powers), by * np.conj(np.polyval(np.polyder(p), x))


facts(np.polyder, linear=(0,))


@adjoint(np.polyder)
def _(p, y, by, m=1):
    factors = np.polyder(np.ones_like(p), m)
    return np.pad(by * factors, (0, len(p) - y.shape[0]))


@tangent(np.polyint)
def _(p, y, dp, m=1, k=None):
    return np.polyint(dp, m)


@adjoint(np.polyint)
def _(p, y, by, m=1, k=None):
    return by[: len(p)] * np.polyint(np.ones_like(p), m)[: len(p)]


# ----- roots -----


@tangent(np.roots)
def _(p, y, dp):
    return -np.polyval(dp, y) / np.polyval(np.polyder(p), y)


@adjoint(np.roots)
def _(p, y, by):
    return -(by / np.conj(np.polyval(np.polyder(p), y))) @ np.conj(np.vander(y, len(p)))


def without_each(roots):
    """The polynomials of all roots but one, a row for each."""
    count = len(roots)
    return np.reshape(np.stack([np.poly(np.delete(roots, i)) for i in range(count)]), (count, count))


@tangent(np.poly)
def _(seq_of_zeros, y, dseq_of_zeros):
    if np.ndim(seq_of_zeros) != 1:
        raise NotImplementedError("np.poly has a derivative for roots, not for a matrix")
    return np.pad(-(dseq_of_zeros @ without_each(seq_of_zeros)), (1, 0))


@adjoint(np.poly)
def _(seq_of_zeros, y, by):
    if np.ndim(seq_of_zeros) != 1:
        raise NotImplementedError("np.poly has an adjoint for roots, not for a matrix")
    return -(np.conj(without_each(seq_of_zeros)) @ by[1:])


# ----- fits -----


def weighted(x, w):
    """`x`, its rows weighted."""
    if w is None:
        return x
    return x * w if np.ndim(x) == 1 else x * w[:, None]


def refuse_full(full, cov):
    if full or cov:
        raise NotImplementedError("np.polyfit has a derivative without full and cov")


@tangent(np.polyfit)
def _(x, values, y, dx, dvalues, deg=None, rcond=None, full=False, w=None, cov=False):
    refuse_full(full, cov)
    powers = np.vander(x, deg + 1)
    a, da = weighted(powers, w), weighted(dx[:, None] * vander_slope(x, powers, False), w)
    rest = weighted(values, w) - a @ y
    return solution_tangent(a, y, da, weighted(dvalues, w) - da @ y, rest, np.linalg.pinv(a))


@adjoint(np.polyfit)
def _(x, values, y, by, deg=None, rcond=None, full=False, w=None, cov=False):
    refuse_full(full, cov)
    powers = np.vander(x, deg + 1)
    a = weighted(powers, w)
    ba, b = solution_adjoint(a, y, by, weighted(values, w) - a @ y, np.linalg.pinv(a))
    return np.sum(weighted(ba, w) * vander_slope(x, powers, False), axis=1), weighted(b, w)
