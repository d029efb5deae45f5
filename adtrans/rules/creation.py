"""Derivatives of functions that make arrays from numbers."""

from __future__ import annotations

import math

import numpy as np

from adtrans.rules.arity import padded, present
from adtrans.rules.layout import ones, other_axes
from adtrans.rules.registry import adjoint, facts, nondifferentiable, tangent
from adtrans.runtime import unbroadcast

# ----- constants -----

nondifferentiable(np.zeros, np.ones, np.empty, np.eye, np.identity, np.tri, np.indices)
nondifferentiable(np.zeros_like, np.ones_like, np.empty_like, np.tril_indices, np.triu_indices)
nondifferentiable(np.diag_indices, np.diag_indices_from, np.tril_indices_from, np.triu_indices_from)
nondifferentiable(np.unravel_index, np.ravel_multi_index, np.ix_, np.ndindex)
facts(np.zeros_like, np.ones_like, np.empty_like, shape_only=(0,))
facts(np.diag_indices_from, np.tril_indices_from, np.triu_indices_from, shape_only=(0,))

# ----- full -----

facts(np.full, np.full_like, linear=(1,))
facts(np.full_like, shape_only=(0,))


@adjoint(np.full)
def _(shape, fill_value, y, by, dtype=None, order="C"):
    return None, unbroadcast(by, fill_value)


@adjoint(np.full_like)
def _(a, fill_value, y, by, dtype=None, order="K", subok=True, shape=None):
    return None, unbroadcast(by, fill_value)


# ----- ranges (affine in both ends together) -----


@tangent(np.linspace)
def _(start, stop, y, dstart, dstop, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
    return np.linspace(dstart, dstop, num, endpoint=endpoint, retstep=retstep, axis=axis)


@adjoint(np.linspace)
def _(start, stop, y, by, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
    if retstep:
        step = by[1] / (num - 1 if endpoint else num)
        bstart, bstop = ends(by[0], num, endpoint, axis)
        return unbroadcast(bstart - step, start), unbroadcast(bstop + step, stop)
    bstart, bstop = ends(by, num, endpoint, axis)
    return unbroadcast(bstart, start), unbroadcast(bstop, stop)


def ends(by, num, endpoint, axis):
    """What the adjoint of evenly spaced values gives to the first and to the last."""
    t = np.linspace(0.0, 1.0, num, endpoint=endpoint, dtype=by.dtype)
    if axis != 0:
        by = np.moveaxis(by, axis, 0)
    return np.tensordot(1.0 - t, by, 1), np.tensordot(t, by, 1)


@tangent(np.logspace)
def _(start, stop, y, dstart, dstop, num=50, endpoint=True, base=10.0, dtype=None, axis=0):
    return y * math.log(base) * np.linspace(dstart, dstop, num, endpoint=endpoint, axis=axis)


@adjoint(np.logspace)
def _(start, stop, y, by, num=50, endpoint=True, base=10.0, dtype=None, axis=0):
    bstart, bstop = ends(by * np.conj(y) * math.log(base), num, endpoint, axis)
    return unbroadcast(bstart, start), unbroadcast(bstop, stop)


@tangent(np.geomspace)
def _(start, stop, y, dstart, dstop, num=50, endpoint=True, dtype=None, axis=0):
    return y * np.linspace(dstart / start, dstop / stop, num, endpoint=endpoint, axis=axis)


@adjoint(np.geomspace)
def _(start, stop, y, by, num=50, endpoint=True, dtype=None, axis=0):
    bstart, bstop = ends(by * np.conj(y), num, endpoint, axis)
    return unbroadcast(bstart / np.conj(start), start), unbroadcast(bstop / np.conj(stop), stop)


@tangent(np.arange)
def _(start, stop, step, y, dstart, dstop, dstep, dtype=None):
    if stop is None:
        return np.zeros_like(y)  # start is where it stops
    if step is None:
        return np.full_like(y, dstart)
    return dstart + dstep * np.arange(y.shape[0])


@adjoint(np.arange)
def _(start, stop, step, y, by, dtype=None):
    if stop is None:
        return None, None, None
    if step is None:
        return np.sum(by), None, None
    return np.sum(by), None, np.sum(by * np.arange(by.shape[0]))


# ----- grids -----


def grid_axis(i, indexing):
    """The axis of the grid along which argument `i` varies."""
    if indexing == "xy" and i < 2:
        return 1 - i
    return i


@tangent(np.meshgrid)
def _(a, b, c, d, e, f, g, h, y, da, db, dc, dd, de, df, dg, dh, copy=True, sparse=False, indexing="xy"):
    changes = (da, db, dc, dd, de, df, dg, dh)
    found = ()
    for i in range(len(y)):
        found = (*found, onto_grid(changes[i], y, i, indexing))
    return found


def onto_grid(x, y, i, indexing):
    """What argument `i` of np.meshgrid becomes, in the shape of its output."""
    axis = grid_axis(i, indexing) if len(y) > 1 else 0
    shape = (*ones(axis), -1, *ones(len(y) - 1 - axis))
    return np.broadcast_to(np.reshape(x, shape), y[i].shape)


@adjoint(np.meshgrid)
def _(a, b, c, d, e, f, g, h, y, by, copy=True, sparse=False, indexing="xy"):
    vectors = present((a, b, c, d, e, f, g, h))
    found = ()
    for i in range(len(vectors)):
        part = by[i]
        if len(vectors) > 1:
            part = np.sum(part, axis=other_axes(grid_axis(i, indexing), len(vectors)))
        found = (*found, part if np.ndim(vectors[i]) == 1 else np.reshape(part, np.shape(vectors[i])))
    return padded(found)


# ----- powers of a vector -----


def vander_slope(x, y, increasing):
    """The derivative of each entry of np.vander by the element of `x` in its row."""
    powers = np.arange(y.shape[1])
    if not increasing:
        powers = np.flip(powers)
    return powers * x[:, None] ** np.maximum(powers - 1, 0)


@tangent(np.vander)
def _(x, y, dx, N=None, increasing=False):
    return dx[:, None] * vander_slope(x, y, increasing)


@adjoint(np.vander)
def _(x, y, by, N=None, increasing=False):
    return np.sum(by * np.conj(vander_slope(x, y, increasing)), axis=1)
