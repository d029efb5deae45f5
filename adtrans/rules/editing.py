"""Derivatives of padding, inserting, deleting and trimming."""

from __future__ import annotations

import numpy as np

from adtrans.ir import prims
from adtrans.rules.registry import adjoint, facts, tangent
from adtrans.rules.slicing import as_index, at_axis
from adtrans.runtime import unbroadcast, zeros_like

# ----- pad -----


@tangent(np.pad)
def _(array, y, darray, pad_width=None, mode="constant", constant_values=0, reflect_type="even"):
    if mode == "constant":
        return np.pad(darray, pad_width)
    if mode in ("reflect", "symmetric"):
        return np.pad(darray, pad_width, mode, reflect_type=reflect_type)
    if mode in ("edge", "wrap"):
        return np.pad(darray, pad_width, mode)
    raise NotImplementedError("np.pad has a derivative for constant, edge, reflect, symmetric and wrap")


@adjoint(np.pad)
def _(array, y, by, pad_width=None, mode="constant", constant_values=0, reflect_type="even"):
    if mode == "constant":
        index = ()
        for i in range(np.ndim(array)):
            before = padded_before(pad_width, i, np.ndim(array))
            index = (*index, slice(before, before + array.shape[i]))
        return by[as_index(index)]
    if mode not in ("edge", "reflect", "symmetric", "wrap") or reflect_type != "even":
        raise NotImplementedError("np.pad has an adjoint for constant, edge, wrap, reflect and symmetric")
    source = np.pad(np.reshape(np.arange(np.size(array)), array.shape), pad_width, mode)
    return np.reshape(prims.add_at(zeros_like(np.ravel(array)), source, by), array.shape)


def padded_before(pad_width, i, rank):
    """How much pad_width, in any of its forms, puts before axis `i`."""
    if isinstance(pad_width, np.ndarray):
        return np.broadcast_to(pad_width, (rank, 2))[i, 0]
    if not isinstance(pad_width, (tuple, list)):
        return pad_width
    if not isinstance(pad_width[0], (tuple, list)):
        return pad_width[0]
    return pad_width[0][0] if len(pad_width) == 1 else pad_width[i][0]


# ----- delete, insert, trim_zeros -----

facts(np.delete, linear=(0,))


@adjoint(np.delete)
def _(arr, y, by, obj=None, axis=None):
    if axis is None:
        kept = np.delete(np.arange(np.size(arr)), obj)
        return np.reshape(prims.add_at(zeros_like(np.ravel(arr)), kept, by), np.shape(arr))
    kept = np.delete(np.arange(arr.shape[axis]), obj)
    return prims.add_at(zeros_like(arr), at_axis(arr, axis, kept), by)


@tangent(np.insert)
def _(arr, obj, values, y, darr, dvalues, axis=None):
    return np.insert(darr, obj, dvalues, axis)


@adjoint(np.insert)
def _(arr, obj, values, y, by, axis=None):
    if axis is None:
        count = np.size(arr)
        order = inserted_order(count, obj, y.shape[0])
        return np.reshape(by[order[:count]], np.shape(arr)), None, unbroadcast(by[order[count:]], values)
    count = arr.shape[axis]
    order = inserted_order(count, obj, y.shape[axis])
    barr, bvalues = np.take(by, order[:count], axis), np.take(by, order[count:], axis)
    if isinstance(obj, int):
        bvalues = np.moveaxis(bvalues, axis, 0)  # np.insert reads the values of a single index so
    return barr, None, unbroadcast(bvalues, values)


def inserted_order(count, obj, total):
    """Where in the result of np.insert each old element is, then each new one."""
    return np.argsort(np.insert(np.arange(count), obj, np.arange(count, total)))


def trimmed_start(filt, trim):
    """The number of zeros that np.trim_zeros cuts from the front of a vector."""
    return np.argmax(np.append(filt != 0, True)) if "f" in trim.lower() else 0


@tangent(np.trim_zeros)
def _(filt, y, dfilt, trim="fb", axis=None):
    if np.ndim(filt) != 1:
        raise NotImplementedError("np.trim_zeros has a derivative for vectors")
    start = trimmed_start(filt, trim)
    return dfilt[start : start + y.shape[0]]


@adjoint(np.trim_zeros)
def _(filt, y, by, trim="fb", axis=None):
    if np.ndim(filt) != 1:
        raise NotImplementedError("np.trim_zeros has an adjoint for vectors")
    start = trimmed_start(filt, trim)
    return prims.add_at(zeros_like(filt), slice(start, start + y.shape[0]), by)
