"""Derivatives of reads from arrays; their adjoints add into zeros where the primal read."""

from __future__ import annotations

import operator

import numpy as np

from adtrans.ir import prims
from adtrans.rules.layout import ones
from adtrans.rules.registry import adjoint, facts
from adtrans.rules.slicing import as_index, at_axis
from adtrans.runtime import zeros_like

# ----- x[i], take -----

facts(operator.getitem, linear=(0,), view_of=0)
facts(np.take, np.take_along_axis, linear=(0,))


@adjoint(operator.getitem)
def _(x, y, by, index=None):
    return prims.add_at(zeros_like(x), index, by)


@adjoint(np.take)
def _(a, y, by, indices=None, axis=None, mode="raise"):
    size = np.size(a) if axis is None else a.shape[axis]
    if mode == "wrap":
        indices = np.remainder(indices, size)
    if mode == "clip":
        indices = np.clip(indices, 0, size - 1)
    if axis is None and np.ndim(a) != 1:
        return np.reshape(prims.add_at(zeros_like(np.ravel(a)), indices, by), np.shape(a))
    if axis is None or np.ndim(a) == 1:
        return prims.add_at(zeros_like(a), indices, by)
    return prims.add_at(zeros_like(a), at_axis(a, axis, indices), by)


def index_along(arr, indices, axis):
    """The index of `arr` at which np.take_along_axis reads."""
    index = ()
    for i in range(np.ndim(arr)):
        if i == axis % np.ndim(arr):
            index = (*index, indices)
        else:
            shape = (*ones(i), -1, *ones(np.ndim(arr) - i - 1))
            index = (*index, np.reshape(np.arange(arr.shape[i]), shape))
    return as_index(index)


@adjoint(np.take_along_axis)
def _(arr, y, by, indices=None, axis=-1):
    if axis is None:
        return np.reshape(prims.add_at(zeros_like(np.ravel(arr)), indices, by), np.shape(arr))
    return prims.add_at(zeros_like(arr), index_along(arr, indices, axis), by)


# ----- windows -----

facts(np.lib.stride_tricks.sliding_window_view, linear=(0,), view_of=0)


@adjoint(np.lib.stride_tricks.sliding_window_view)
def _(x, y, by, window_shape=1, axis=None):
    places = np.reshape(np.arange(np.size(x)), np.shape(x))
    windows = np.lib.stride_tricks.sliding_window_view(places, window_shape, axis)
    return np.reshape(prims.add_at(zeros_like(np.ravel(x)), windows, by), np.shape(x))


# ----- diagonals -----

facts(np.diag, np.diagflat, linear=(0,))
facts(np.diagonal, np.linalg.diagonal, linear=(0,), view_of=0)
facts(np.trace, np.linalg.trace, linear=(0,))


def onto_diagonal(b, x, offset):
    """`b` on a diagonal of the last two axes, in the shape of `x`."""
    i = np.arange(b.shape[-1])
    if offset == 0:
        return prims.add_at(zeros_like(x), (..., i, i), b)
    if offset > 0:
        return prims.add_at(zeros_like(x), (..., i, i + offset), b)
    return prims.add_at(zeros_like(x), (..., i - offset, i), b)


@adjoint(np.diagonal)
def _(a, y, by, offset=0, axis1=0, axis2=1):
    if np.ndim(a) == 2 and axis1 % 2 == 0:
        return onto_diagonal(by, a, offset)
    if np.ndim(a) == 2:
        return onto_diagonal(by, a, -offset)
    b = onto_diagonal(by, np.moveaxis(a, (axis1, axis2), (-2, -1)), offset)
    return np.moveaxis(b, (-2, -1), (axis1, axis2))


@adjoint(np.linalg.diagonal)
def _(x, y, by, offset=0):
    return onto_diagonal(by, x, offset)


@adjoint(np.diag)
def _(v, y, by, k=0):
    if np.ndim(v) == 1:
        return np.diagonal(by, k)
    return onto_diagonal(by, v, k)


@adjoint(np.diagflat)
def _(v, y, by, k=0):
    return np.reshape(np.diagonal(by, k), np.shape(v))


@adjoint(np.trace)
def _(a, y, by, offset=0, axis1=0, axis2=1, dtype=None):
    if np.ndim(a) == 2 and axis1 % 2 == 0:
        return by * np.eye(a.shape[0], a.shape[1], offset, dtype=a.dtype)
    if np.ndim(a) == 2:
        return by * np.eye(a.shape[0], a.shape[1], -offset, dtype=a.dtype)
    diagonal = np.eye(a.shape[axis1], a.shape[axis2], offset, dtype=a.dtype)
    return np.moveaxis(by[..., None, None] * diagonal, (-2, -1), (axis1, axis2))


@adjoint(np.linalg.trace)
def _(x, y, by, offset=0, dtype=None):
    diagonal = np.eye(x.shape[-2], x.shape[-1], offset, dtype=x.dtype)
    if np.ndim(x) == 2:
        return by * diagonal
    return by[..., None, None] * diagonal


# ----- triangles -----

facts(np.tril, np.triu, linear=(0,))


@adjoint(np.tril)
def _(m, y, by, k=0):
    if np.ndim(m) == 1:
        return np.sum(np.tril(by, k), axis=0)
    return np.tril(by, k)


@adjoint(np.triu)
def _(m, y, by, k=0):
    if np.ndim(m) == 1:
        return np.sum(np.triu(by, k), axis=0)
    return np.triu(by, k)
