"""Derivatives of the methods of ufuncs that have no function of their own."""

import numpy as np

from adtrans.ir.prims import add_at
from adtrans.rules.indexing import index_along
from adtrans.rules.layout import ones
from adtrans.rules.registry import adjoint, facts, tangent, undefined
from adtrans.rules.slicing import at_axis
from adtrans.runtime import expand, zeros_like

# ----- segments -----


def members(indices, n):
    """For np.add.reduceat on `n` elements: each summand's position, and how many summands each result has."""
    starts = np.asarray(indices)
    ends = np.maximum(np.append(starts[1:], n), starts + 1)
    lengths = ends - starts
    before = np.cumsum(lengths) - lengths
    return np.arange(np.sum(lengths)) + np.repeat(starts - before, lengths), lengths


@adjoint(np.add.reduceat)
def _(array, indices, y, by, axis=0, dtype=None, out=None):
    positions, lengths = members(indices, np.shape(array)[axis])
    return add_at(zeros_like(array), at_axis(array, axis, positions), np.repeat(by, lengths, axis=axis)), None


facts(np.add.reduceat, linear=(0,))

# ----- running extrema: each result is one of the elements, of equal ones the last -----


def place_of_extremum(array, y, axis):
    """Where along an axis each running extremum stands."""
    shape = (-1, *ones(np.ndim(array) - 1 - axis % np.ndim(array)))
    here = np.where(array == y, np.reshape(np.arange(array.shape[axis]), shape), 0)
    return np.maximum.accumulate(here, axis=axis)


@tangent(np.maximum.accumulate, np.minimum.accumulate)
def _(array, y, darray, axis=0, dtype=None, out=None):
    return np.take_along_axis(darray, place_of_extremum(array, y, axis), axis=axis)


@adjoint(np.maximum.accumulate, np.minimum.accumulate)
def _(array, y, by, axis=0, dtype=None, out=None):
    return add_at(zeros_like(array), index_along(array, place_of_extremum(array, y, axis), axis), by)


def running_ties(array, y, axis=0):
    """Where the element that ends a running extremum equals the extremum of those before it."""
    a, top = np.moveaxis(array, axis, 0), np.moveaxis(y, axis, 0)
    met = np.concatenate((np.zeros_like(a[:1]) != 0.0, a[1:] == top[:-1]))
    fresh = np.concatenate((np.ones_like(a[:1]) != 0.0, top[1:] != top[:-1]))
    runs = np.cumsum(fresh, axis=0)
    tied = np.maximum.accumulate(np.where(met, runs, 0), axis=0)
    return np.moveaxis(tied == runs, 0, axis)


undefined(
    np.maximum.accumulate,
    np.minimum.accumulate,
    where=running_ties,
    what="where several elements are the extremum",
    value="that of the last of them",
)

# ----- np.logaddexp.reduce -----


def shares(array, y, axis, keepdims):
    """What each element adds to the logarithm of the sum; 0 where all is -inf."""
    top = expand(y, array, axis, keepdims)
    return np.exp(array - np.where(np.isfinite(top), top, 0.0))


@tangent(np.logaddexp.reduce)
def _(array, y, darray, axis=0, dtype=None, out=None, keepdims=False):
    return np.sum(darray * shares(array, y, axis, keepdims), axis=axis, keepdims=keepdims)


@adjoint(np.logaddexp.reduce)
def _(array, y, by, axis=0, dtype=None, out=None, keepdims=False):
    return expand(by, array, axis, keepdims) * shares(array, y, axis, keepdims)


# ----- all pairs -----


def first_axes(a):
    return tuple(range(np.ndim(a)))


def last_axes(a, y):
    return tuple(range(np.ndim(a), np.ndim(y)))


def against(a, b):
    """`a` with axes so that it broadcasts as the first operand of an outer function of `a` and `b`."""
    return np.reshape(a, np.shape(a) + (1,) * np.ndim(b))


@tangent(np.add.outer)
def _(A, B, y, dA, dB):
    return np.add.outer(dA, dB)


@adjoint(np.add.outer)
def _(A, B, y, by):
    return np.sum(by, axis=last_axes(A, y)), np.sum(by, axis=first_axes(A))


@tangent(np.subtract.outer)
def _(A, B, y, dA, dB):
    return np.subtract.outer(dA, dB)


@adjoint(np.subtract.outer)
def _(A, B, y, by):
    return np.sum(by, axis=last_axes(A, y)), -np.sum(by, axis=first_axes(A))


@adjoint(np.multiply.outer)
def _(A, B, y, by):
    return np.sum(by * np.conj(B), axis=last_axes(A, y)), np.sum(
        by * np.conj(against(A, B)), axis=first_axes(A)
    )


facts(np.multiply.outer, linear=(0, 1))


@tangent(np.divide.outer)
def _(A, B, y, dA, dB):
    return (against(dA, B) - y * dB) / B


@adjoint(np.divide.outer)
def _(A, B, y, by):
    b = by / np.conj(B)
    return np.sum(b, axis=last_axes(A, y)), -np.sum(b * np.conj(y), axis=first_axes(A))


undefined(np.divide.outer, where=lambda A, B, y: B == 0.0, what="where the divisor is 0", value="inf or nan")
