"""Derivatives of order statistics, weighted means, covariances, interpolation and histograms."""

import numpy as np

from adtrans.ir.prims import add_at
from adtrans.rules.reductions import count, deviation, ties
from adtrans.rules.registry import adjoint, facts, tangent, undefined
from adtrans.runtime import expand, unbroadcast, zeros_like

TIED = "where elements that count differently are equal"

# ----- order statistics: weights of the sorted neighbours -----


def merged(a, axis):
    """`a` with all axes of a reduction as its one last axis."""
    if np.ndim(a) <= 1:
        return np.ravel(a)
    if axis is None:
        return np.ravel(a)
    if isinstance(axis, tuple):
        b = np.moveaxis(a, axis, tuple(range(-len(axis), 0)))
        return np.reshape(b, b.shape[: np.ndim(a) - len(axis)] + (-1,))
    return np.moveaxis(a, axis, -1)


def unmerged(b, a, axis):
    """The inverse of `merged`: `b` with the axes of `a`."""
    if np.ndim(a) == 1:
        return b
    if axis is None:
        return np.reshape(b, np.shape(a))
    if isinstance(axis, tuple):
        last = tuple(range(-len(axis), 0))
        return np.moveaxis(np.reshape(b, np.moveaxis(a, axis, last).shape), last, axis)
    return np.moveaxis(b, -1, axis)


def rank(b):
    """The place of each element when the last axis is sorted (NaN comes last)."""
    return np.argsort(np.argsort(b, axis=-1, kind="stable"), axis=-1)


def hat(b, place):
    """Weights 1 - distance of the ranks that are nearer than 1 to `place`."""
    return np.maximum(1.0 - np.abs(rank(b) - place), 0.0).astype(b.dtype)


def place_of(b, q, method):
    """Where between the sorted elements a quantile lies: the same quantile of 0, 1, …, n - 1."""
    place = np.quantile(np.arange(b.shape[-1]), q, method=method)
    return np.reshape(place, np.shape(q) + (1,) * b.ndim)


def place_among_numbers(b, q):
    """As place_of with its method "linear", every row counted without its NaN."""
    n = np.sum(~np.isnan(b), axis=-1, keepdims=True)
    return np.reshape(q, np.shape(q) + (1,) * b.ndim) * np.maximum(n - 1, 0)


def weighted_tangent(weights, da, y, axis):
    return np.reshape(np.sum(weights * merged(da, axis), axis=-1), np.shape(y))


def weighted_adjoint(weights, a, by, axis):
    b = np.reshape(by, weights.shape[:-1] + (1,)) * weights
    if weights.ndim > merged(a, axis).ndim:
        b = np.sum(b, axis=0)  # over the quantiles
    return unmerged(b, a, axis)


@tangent(np.median)
def _(a, y, da, axis=None, out=None, overwrite_input=False, keepdims=False):
    b = merged(a, axis)
    return weighted_tangent(hat(b, 0.5 * (b.shape[-1] - 1)), da, y, axis)


@adjoint(np.median)
def _(a, y, by, axis=None, out=None, overwrite_input=False, keepdims=False):
    b = merged(a, axis)
    return weighted_adjoint(hat(b, 0.5 * (b.shape[-1] - 1)), a, by, axis)


@tangent(np.quantile)
def _(a, y, da, q=None, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False):
    b = merged(a, axis)
    return weighted_tangent(hat(b, place_of(b, q, method)), da, y, axis)


@adjoint(np.quantile)
def _(a, y, by, q=None, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False):
    b = merged(a, axis)
    return weighted_adjoint(hat(b, place_of(b, q, method)), a, by, axis)


@tangent(np.percentile)
def _(a, y, da, q=None, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False):
    b = merged(a, axis)
    return weighted_tangent(hat(b, place_of(b, np.divide(q, 100.0), method)), da, y, axis)


@adjoint(np.percentile)
def _(a, y, by, q=None, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False):
    b = merged(a, axis)
    return weighted_adjoint(hat(b, place_of(b, np.divide(q, 100.0), method)), a, by, axis)


@tangent(np.nanmedian)
def _(a, y, da, axis=None, out=None, overwrite_input=False, keepdims=False):
    b = merged(a, axis)
    weights = hat(b, place_among_numbers(b, 0.5))
    return weighted_tangent(weights, np.where(np.isnan(a), 0.0, da), y, axis)


@adjoint(np.nanmedian)
def _(a, y, by, axis=None, out=None, overwrite_input=False, keepdims=False):
    b = merged(a, axis)
    return weighted_adjoint(hat(b, place_among_numbers(b, 0.5)), a, by, axis)


@tangent(np.nanquantile)
def _(a, y, da, q=None, axis=None, out=None, overwrite_input=False, keepdims=False):
    b = merged(a, axis)
    weights = hat(b, place_among_numbers(b, q))
    return weighted_tangent(weights, np.where(np.isnan(a), 0.0, da), y, axis)


@adjoint(np.nanquantile)
def _(a, y, by, q=None, axis=None, out=None, overwrite_input=False, keepdims=False):
    b = merged(a, axis)
    return weighted_adjoint(hat(b, place_among_numbers(b, q)), a, by, axis)


@tangent(np.nanpercentile)
def _(a, y, da, q=None, axis=None, out=None, overwrite_input=False, keepdims=False):
    b = merged(a, axis)
    weights = hat(b, place_among_numbers(b, np.divide(q, 100.0)))
    return weighted_tangent(weights, np.where(np.isnan(a), 0.0, da), y, axis)


@adjoint(np.nanpercentile)
def _(a, y, by, q=None, axis=None, out=None, overwrite_input=False, keepdims=False):
    b = merged(a, axis)
    return weighted_adjoint(hat(b, place_among_numbers(b, np.divide(q, 100.0))), a, by, axis)


# ----- where order statistics have no derivative: at equal elements that count differently -----


def tied(a, axis, weights, keepdims):
    """Whether equal elements have different weights in a quantile (of several, in any)."""
    b = merged(a, axis)
    order = np.argsort(b, axis=-1, kind="stable")
    s = np.take_along_axis(b, order, axis=-1)
    w = np.take_along_axis(weights, np.broadcast_to(order, np.shape(weights)), axis=-1)
    found = np.any((s[..., 1:] == s[..., :-1]) & (w[..., 1:] != w[..., :-1]), axis=-1)
    if keepdims:
        return np.any(found)
    return found


def is_median_tied(a, y, axis=None, keepdims=False):
    b = merged(a, axis)
    return tied(a, axis, hat(b, 0.5 * (b.shape[-1] - 1)), keepdims)


def is_nanmedian_tied(a, y, axis=None, keepdims=False):
    return tied(a, axis, hat(merged(a, axis), place_among_numbers(merged(a, axis), 0.5)), keepdims)


def is_quantile_tied(a, y, q=None, axis=None, method="linear", keepdims=False):
    b = merged(a, axis)
    return tied(a, axis, hat(b, place_of(b, q, method)), keepdims)


def is_percentile_tied(a, y, q=None, axis=None, method="linear", keepdims=False):
    b = merged(a, axis)
    return tied(a, axis, hat(b, place_of(b, np.divide(q, 100.0), method)), keepdims)


def is_nanquantile_tied(a, y, q=None, axis=None, keepdims=False):
    return tied(a, axis, hat(merged(a, axis), place_among_numbers(merged(a, axis), q)), keepdims)


def is_nanpercentile_tied(a, y, q=None, axis=None, keepdims=False):
    b = merged(a, axis)
    return tied(a, axis, hat(b, place_among_numbers(b, np.divide(q, 100.0))), keepdims)


undefined(np.median, where=is_median_tied, what=TIED, value="in stable order")
undefined(np.nanmedian, where=is_nanmedian_tied, what=TIED, value="in stable order")
undefined(np.quantile, where=is_quantile_tied, what=TIED, value="in stable order")
undefined(np.percentile, where=is_percentile_tied, what=TIED, value="in stable order")
undefined(np.nanquantile, where=is_nanquantile_tied, what=TIED, value="in stable order")
undefined(np.nanpercentile, where=is_nanpercentile_tied, what=TIED, value="in stable order")

# ----- weighted means -----


def aligned(weights, a, axis):
    """Weights that broadcast against `a`: a vector lies along the axis."""
    if np.ndim(weights) == np.ndim(a):
        return weights
    return np.reshape(weights, (-1,) + (1,) * (np.ndim(a) - 1 - axis % np.ndim(a)))


@tangent(np.average)
def _(a, axis, weights, y, da, dweights, keepdims=False):
    if weights is None:
        return np.mean(da, axis=axis, keepdims=keepdims)
    w = aligned(weights, a, axis)
    total = np.sum(w * np.ones_like(a), axis=axis, keepdims=keepdims)
    moved = da * w + (a - expand(y, a, axis, keepdims)) * aligned(dweights, a, axis)
    return np.sum(moved, axis=axis, keepdims=keepdims) / total


@adjoint(np.average)
def _(a, axis, weights, y, by, keepdims=False):
    if weights is None:
        return expand(by, a, axis, keepdims) / count(a, axis, True), None, None
    w = aligned(weights, a, axis)
    b = expand(by, a, axis, keepdims) / np.sum(w * np.ones_like(a), axis=axis, keepdims=True)
    bw = unbroadcast(b * np.conj(a - expand(y, a, axis, keepdims)), w)
    return b * np.conj(w), None, np.reshape(bw, np.shape(weights))


# ----- covariances -----


def variables(m, z, rowvar):
    """The observations as columns: one row a variable, those of `z` below those of `m`."""
    rows = np.atleast_2d(m)
    if not rowvar and np.ndim(m) == 2:
        rows = rows.T
    if z is None:
        return rows
    more = np.atleast_2d(z)
    if not rowvar and np.ndim(z) == 2:
        more = more.T
    return np.concatenate((rows, more))


def given_back(b, m, z, rowvar):
    """The adjoints of `m` and `z` from that of all variables."""
    if rowvar or np.ndim(m) == 1:
        bm = np.reshape(b[: np.atleast_2d(m).shape[0]], np.shape(m))
    else:
        bm = b[: m.shape[1]].T
    if z is None:
        return bm, None
    if rowvar or np.ndim(z) == 1:
        return bm, np.reshape(b[b.shape[0] - np.atleast_2d(z).shape[0] :], np.shape(z))
    return bm, b[b.shape[0] - z.shape[1] :].T


def freedom(x, bias, ddof):
    if ddof is not None:
        return x.shape[1] - ddof
    return x.shape[1] - (0 if bias else 1)


def cov_tangent(m, z, dm, dz, rowvar, bias, ddof):
    x = variables(m, z, rowvar)
    half = (
        variables(dm, None if z is None else dz, rowvar)
        @ np.conj(deviation(x, 1, True)).T
        / freedom(x, bias, ddof)
    )
    return half + np.conj(half).T


def cov_adjoint(m, z, by, rowvar, bias, ddof):
    x = variables(m, z, rowvar)
    b = np.atleast_2d(by)
    bx = (b + np.conj(b).T) @ deviation(x, 1, True) / freedom(x, bias, ddof)
    return given_back(bx, m, z, rowvar)


@tangent(np.cov)
def _(m, z, y, dm, dz, rowvar=True, bias=False, ddof=None):
    return np.reshape(cov_tangent(m, z, dm, dz, rowvar, bias, ddof), np.shape(y))


@adjoint(np.cov)
def _(m, z, y, by, rowvar=True, bias=False, ddof=None):
    return cov_adjoint(m, z, by, rowvar, bias, ddof)


def standard(m, z, rowvar):
    """Standard deviations of the variables, up to the factor that correlations do not see."""
    d = deviation(variables(m, z, rowvar), 1, True)
    return np.sqrt(np.sum(np.real(np.conj(d) * d), axis=1) / d.shape[1])


@tangent(np.corrcoef)
def _(m, z, y, dm, dz, rowvar=True):
    r, s = np.atleast_2d(y), standard(m, z, rowvar)
    dr = cov_tangent(m, z, dm, dz, rowvar, True, None) / (s[:, None] * s)
    half = 0.5 * np.real(np.diagonal(dr))
    return np.reshape(dr - r * (half[:, None] + half), np.shape(y))


@adjoint(np.corrcoef)
def _(m, z, y, by, rowvar=True):
    r, s, b = np.atleast_2d(y), standard(m, z, rowvar), np.atleast_2d(by)
    share = np.real(np.conj(b) * r)
    diagonal = 0.5 * np.sum(share + share.T, axis=1)
    bcov = (b - np.diag(diagonal)) / (s[:, None] * s)
    return cov_adjoint(m, z, bcov, rowvar, True, None)


# ----- interpolation -----


def segment(x, xp):
    """The index of the knot right of `x`, the part of the way there, and whether x is between the knots."""
    i = np.clip(np.searchsorted(xp, x, side="right"), 1, len(xp) - 1)
    part = np.clip((x - xp[i - 1]) / (xp[i] - xp[i - 1]), 0.0, 1.0)
    return i, part, (x >= xp[0]) & (x <= xp[-1])


def weight_outside(x, xp, left, right):
    """1 where the result comes from fp, 0 where it is `left` or `right`."""
    keep = np.ones_like(x)
    if left is not None:
        keep = np.where(x < xp[0], 0.0, keep)
    if right is not None:
        keep = np.where(x > xp[-1], 0.0, keep)
    return keep


@tangent(np.interp)
def _(x, xp, fp, y, dx, dxp, dfp, left=None, right=None):
    i, part, inside = segment(x, xp)
    slope = np.where(inside, (fp[i] - fp[i - 1]) / (xp[i] - xp[i - 1]), 0.0)
    keep = weight_outside(x, xp, left, right)
    moved = slope * (dx - (1.0 - part) * dxp[i - 1] - part * dxp[i])
    return moved + keep * ((1.0 - part) * dfp[i - 1] + part * dfp[i])


@adjoint(np.interp)
def _(x, xp, fp, y, by, left=None, right=None):
    i, part, inside = segment(x, xp)
    slope = np.where(inside, (fp[i] - fp[i - 1]) / (xp[i] - xp[i - 1]), 0.0)
    bx = np.real(by * np.conj(slope))
    bxp = add_at(add_at(zeros_like(xp), i - 1, -bx * (1.0 - part)), i, -bx * part)
    kept = by * weight_outside(x, xp, left, right)
    bfp = add_at(add_at(zeros_like(fp), i - 1, kept * (1.0 - part)), i, kept * part)
    return bx, bxp, bfp


undefined(
    np.interp,
    where=lambda x, xp, fp, y: (np.isin(x, xp), np.isin(x, xp), None),
    what="at the knots, where the slope changes",
    value="the slope to the right",
)

# ----- histograms -----


@tangent(np.bincount)
def _(x, weights, y, dweights, minlength=0):
    if weights is None:
        return None
    return np.bincount(x, weights=dweights, minlength=minlength)


@adjoint(np.bincount)
def _(x, weights, y, by, minlength=0):
    if weights is None:
        return None, None
    return None, by[x]


def bins_of(a, edges):
    """The bin of each element, and whether it has one (the last bin holds its right edge)."""
    n = len(edges) - 1
    bins = np.where(a == edges[-1], n - 1, np.searchsorted(edges, a, side="right") - 1)
    return np.clip(bins, 0, n - 1), (a >= edges[0]) & (a <= edges[-1])


def edge_shares(a):
    """The share of each element in the first and in the last edge."""
    return ties(a, np.min(a, initial=np.inf), None, None, True), ties(
        a, np.max(a, initial=-np.inf), None, None, True
    )


@tangent(np.histogram)
def _(a, bins, range, density, weights, y, da, dweights):
    hist, edges = y
    moved = None
    if not isinstance(bins, np.ndarray) and range is None:
        low, high = edge_shares(a)
        moved = np.linspace(np.sum(low * da), np.sum(high * da), len(edges))
    if weights is None:
        return None, moved
    place, inside = bins_of(a, edges)
    counts = add_at(np.zeros_like(hist), np.ravel(place), np.ravel(np.where(inside, dweights, 0.0)))
    return counts, moved


@adjoint(np.histogram)
def _(a, bins, range, density, weights, y, by):
    edges = y[1]
    ba = None
    if not isinstance(bins, np.ndarray) and range is None and by[1] is not None:
        low, high = edge_shares(a)
        part = np.linspace(0.0, 1.0, len(edges))
        ba = np.sum(by[1] * (1.0 - part)) * low + np.sum(by[1] * part) * high
    if weights is None:
        return ba, NotImplemented, NotImplemented, None, None
    place, inside = bins_of(a, edges)
    return ba, NotImplemented, NotImplemented, None, np.where(inside, by[0][place], 0.0)


facts(np.interp, note="the slope of the segment, 0 outside of the knots")
facts(np.histogram, note="for the weights, and for the edges where they follow from the data")
