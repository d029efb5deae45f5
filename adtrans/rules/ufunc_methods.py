"""Derivatives of the methods of ufuncs that have no function of their own."""

import numpy as np

from adtrans.ir.prims import add_at
from adtrans.rules.registry import adjoint, facts, tangent
from adtrans.rules.slicing import at_axis
from adtrans.runtime import zeros_like

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
