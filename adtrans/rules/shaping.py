"""Adjoints of functions that only move elements about; all are linear, many give views."""

from __future__ import annotations

import numpy as np

from adtrans.ir import prims
from adtrans.rules import editing  # noqa: F401  (the rules of padding, inserting and deleting)
from adtrans.rules.arity import padded, present
from adtrans.rules.layout import inverse_permutation, negated, ones
from adtrans.rules.registry import adjoint, alias, facts, tangent
from adtrans.rules.slicing import at_axis
from adtrans.rules.static import is_static
from adtrans.runtime import unbroadcast, zeros_like

# ----- shape -----

facts(np.reshape, np.ravel, np.expand_dims, np.squeeze, linear=(0,), view_of=0)


@adjoint(np.reshape)
def _(a, y, by, shape=None, order="C", copy=None, newshape=None):
    if order == "C":
        return np.reshape(by, np.shape(a))
    if order == "F":
        return np.reshape(by, np.shape(a), order="F")
    raise NotImplementedError("np.reshape(order='A') depends on the memory layout")


@adjoint(np.ravel)
def _(a, y, by, order="C"):
    if order == "C":
        return np.reshape(by, np.shape(a))
    if order == "F":
        return np.reshape(by, np.shape(a), order="F")
    raise NotImplementedError("np.ravel(order='A' or 'K') depends on the memory layout")


@adjoint(np.expand_dims)
def _(a, y, by, axis=None):
    return np.squeeze(by, axis)


@adjoint(np.squeeze)
def _(a, y, by, axis=None):
    return np.reshape(by, np.shape(a))


# ----- order of axes -----

facts(np.transpose, np.swapaxes, np.moveaxis, np.rollaxis, np.matrix_transpose, linear=(0,), view_of=0)
alias(np.matrix_transpose, np.linalg.matrix_transpose)


@adjoint(np.transpose)
def _(a, y, by, axes=None):
    if axes is None:
        return np.transpose(by)
    return np.transpose(by, inverse_permutation(axes))


@adjoint(np.swapaxes)
def _(a, y, by, axis1=None, axis2=None):
    return np.swapaxes(by, axis1, axis2)


@adjoint(np.moveaxis)
def _(a, y, by, source=None, destination=None):
    return np.moveaxis(by, destination, source)


@adjoint(np.rollaxis)
def _(a, y, by, axis=None, start=0):
    axis, start = axis % np.ndim(a), start + np.ndim(a) if start < 0 else start
    return np.moveaxis(by, start - 1 if axis < start else start, axis)


@adjoint(np.matrix_transpose)
def _(x, y, by):
    return np.matrix_transpose(by)


# ----- broadcasting -----

facts(np.broadcast_to, linear=(0,), view_of=0)
facts(np.broadcast_arrays, np.atleast_1d, np.atleast_2d, np.atleast_3d, view_of=0)


@adjoint(np.broadcast_to)
def _(array, y, by, shape=None):
    return unbroadcast(by, array)


@tangent(np.broadcast_arrays)
def _(a, b, c, d, e, f, g, h, y, da, db, dc, dd, de, df, dg, dh):
    changes = (da, db, dc, dd, de, df, dg, dh)
    found = ()
    for i in range(len(y)):
        found = (*found, np.broadcast_to(changes[i], y[i].shape))
    return found


@adjoint(np.broadcast_arrays)
def _(a, b, c, d, e, f, g, h, y, by):
    arrays = present((a, b, c, d, e, f, g, h))
    found = ()
    for i in range(len(arrays)):
        found = (*found, unbroadcast(by[i], arrays[i]))
    return padded(found)


@tangent(np.atleast_1d, np.atleast_2d, np.atleast_3d)
def _(a, b, c, d, e, f, g, h, y, da, db, dc, dd, de, df, dg, dh):
    if b is None:
        return np.reshape(da, y.shape)
    changes = (da, db, dc, dd, de, df, dg, dh)
    found = ()
    for i in range(len(y)):
        found = (*found, np.reshape(changes[i], y[i].shape))
    return found


@adjoint(np.atleast_1d, np.atleast_2d, np.atleast_3d)
def _(a, b, c, d, e, f, g, h, y, by):
    if b is None:
        return padded((np.reshape(by, np.shape(a)),))
    arrays = present((a, b, c, d, e, f, g, h))
    found = ()
    for i in range(len(arrays)):
        found = (*found, np.reshape(by[i], np.shape(arrays[i])))
    return padded(found)


# ----- order of elements -----

facts(np.flip, np.fliplr, np.flipud, np.rot90, linear=(0,), view_of=0)
facts(np.roll, linear=(0,))


@adjoint(np.flip)
def _(m, y, by, axis=None):
    return np.flip(by, axis)


@adjoint(np.fliplr)
def _(m, y, by):
    return np.fliplr(by)


@adjoint(np.flipud)
def _(m, y, by):
    return np.flipud(by)


@adjoint(np.rot90)
def _(m, y, by, k=1, axes=(0, 1)):
    return np.rot90(by, -k, axes)


@adjoint(np.roll)
def _(a, y, by, shift=None, axis=None):
    return np.roll(by, negated(shift), axis)


# ----- repetition -----

facts(np.repeat, np.tile, np.resize, linear=(0,))


@adjoint(np.repeat)
def _(a, y, by, repeats=None, axis=None):
    if axis is None and np.ndim(a) != 1:
        return np.reshape(summed_repeats(by, np.ravel(a), repeats, 0), np.shape(a))
    return summed_repeats(by, a, repeats, 0 if axis is None else axis % np.ndim(a))


def summed_repeats(by, a, repeats, axis):
    """The sum of each element's copies along `axis`; `repeats` is one count, or one an element."""
    if isinstance(repeats, int):
        shape = (*a.shape[: axis + 1], repeats, *a.shape[axis + 1 :])
        return np.sum(np.reshape(by, shape), axis=axis + 1)
    source = np.repeat(np.arange(a.shape[axis]), repeats)
    return prims.add_at(zeros_like(a), at_axis(a, axis, source), by)


@adjoint(np.tile)
def _(A, y, by, reps=None):
    reps = reps if isinstance(reps, (tuple, list)) else (reps,)
    rank = np.ndim(y)
    reps, shape = (*ones(rank - len(reps)), *reps), (*ones(rank - np.ndim(A)), *np.shape(A))
    split = ()
    for i in range(rank):
        split = (*split, reps[i], shape[i])
    summed = np.sum(np.reshape(by, split), axis=tuple(range(0, 2 * rank, 2)))
    return summed if rank == np.ndim(A) else np.reshape(summed, np.shape(A))


@adjoint(np.resize)
def _(a, y, by, new_shape=None):
    source = np.resize(np.arange(np.size(a)), new_shape)
    b = prims.add_at(np.pad(zeros_like(np.ravel(a)), (0, 1)), source, by)  # of nothing, zeros are made
    return np.reshape(b[:-1], np.shape(a))


# ----- copies -----

facts(np.copy, np.array, linear=(0,))
facts(np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray, linear=(0,), view_of=0)


def items_of(b, x):
    """The adjoint of an array made of `x`: numbers and arrays in nested lists."""
    if not isinstance(x, (list, tuple)):
        return b
    if not is_static(len(x)):
        return [row_of(b[i], x[i]) for i in range(len(x))]
    found = ()
    for i in range(len(x)):
        found = (*found, row_of(b[i], x[i]))
    return found


def row_of(b, x):
    if not isinstance(x, (list, tuple)):
        return b
    if not is_static(len(x)):
        return [entry_of(b[i], x[i]) for i in range(len(x))]
    found = ()
    for i in range(len(x)):
        found = (*found, entry_of(b[i], x[i]))
    return found


def entry_of(b, x):
    if not isinstance(x, (list, tuple)):
        return b
    found = ()
    for i in range(len(x)):
        found = (*found, b[i])
    return found


@adjoint(np.copy)
def _(a, y, by, order="K", subok=False):
    return items_of(by, a)


@adjoint(np.array)
def _(object, y, by, dtype=None, copy=True, order="K", subok=False, ndmin=0):
    if ndmin > 0:
        by = np.reshape(by, np.shape(object))
    return items_of(by, object)


@adjoint(np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray)
def _(a, y, by, dtype=None, order=None, copy=None):
    return items_of(by, a)


if hasattr(np, "astype"):

    @tangent(np.astype)
    def _(x, y, dx, dtype=None, copy=True):
        return np.astype(dx, dtype)

    @adjoint(np.astype)
    def _(x, y, by, dtype=None, copy=True):
        return by
