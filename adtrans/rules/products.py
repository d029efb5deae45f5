"""Adjoints of NumPy's products; they are multilinear, so that their tangents are derived."""

from __future__ import annotations

import operator

import numpy as np

from adtrans.rules import contractions  # noqa: F401  (products of any number of operands)
from adtrans.rules.hermitian import dagger, transposed
from adtrans.rules.layout import contracted, is_sorted, ones, other_axes, restoring
from adtrans.rules.registry import adjoint, alias, facts
from adtrans.runtime import unbroadcast

# ----- matrix products -----

alias(np.matmul, operator.matmul, np.linalg.matmul)
facts(np.matmul, np.dot, linear=(0, 1))


@adjoint(np.matmul)
def _(a, b, y, by):
    if np.ndim(a) == 1 and np.ndim(b) == 1:
        return by * np.conj(b), by * np.conj(a)
    if np.ndim(a) == 2 and np.ndim(b) == 2:
        return by @ dagger(b), dagger(a) @ by
    if np.ndim(a) == 2 and np.ndim(b) == 1:
        return np.outer(by, np.conj(b)), dagger(a) @ by
    if np.ndim(a) == 1 and np.ndim(b) == 2:
        return np.conj(b) @ by, np.outer(np.conj(a), by)
    if np.ndim(b) == 1:
        return by[..., None] * np.conj(b), np.tensordot(by, np.conj(a), np.ndim(by))
    if np.ndim(a) == 1:
        return np.tensordot(by, dagger(b), np.ndim(by)), np.conj(a)[:, None] * by[..., None, :]
    if np.ndim(b) == 2:
        rows = tuple(range(np.ndim(a) - 1))
        return by @ dagger(b), np.tensordot(np.conj(a), by, (rows, rows))
    return unbroadcast(by @ dagger(b), a), unbroadcast(dagger(a) @ by, b)


@adjoint(np.dot)
def _(a, b, y, by):
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return unbroadcast(by * np.conj(b), a), unbroadcast(by * np.conj(a), b)
    if np.ndim(a) == 1 and np.ndim(b) == 1:
        return by * np.conj(b), by * np.conj(a)
    if np.ndim(a) == 2 and np.ndim(b) == 2:
        return by @ dagger(b), dagger(a) @ by
    if np.ndim(a) == 2 and np.ndim(b) == 1:
        return np.outer(by, np.conj(b)), dagger(a) @ by
    if np.ndim(b) == 1:
        return by[..., None] * np.conj(b), np.tensordot(by, np.conj(a), np.ndim(by))
    rows = tuple(range(np.ndim(a) - 1))
    columns = tuple(range(np.ndim(a) - 1, np.ndim(by)))
    others = other_axes(np.ndim(b) - 2, np.ndim(b))
    return np.tensordot(by, np.conj(b), (columns, others)), transposed(
        np.tensordot(by, np.conj(a), (rows, rows))
    )


# ----- inner, outer and tensor products -----

alias(np.outer, np.linalg.outer)
alias(np.tensordot, np.linalg.tensordot)
facts(np.inner, np.outer, np.vdot, np.tensordot, np.kron, linear=(0, 1))


@adjoint(np.inner)
def _(a, b, y, by):
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return unbroadcast(by * np.conj(b), a), unbroadcast(by * np.conj(a), b)
    if np.ndim(a) == 1 and np.ndim(b) == 1:
        return by * np.conj(b), by * np.conj(a)
    if np.ndim(a) == 2 and np.ndim(b) == 2:
        return by @ np.conj(b), by.T @ np.conj(a)
    rows = tuple(range(np.ndim(a) - 1))
    return np.tensordot(by, np.conj(b), np.ndim(b) - 1), np.tensordot(by, np.conj(a), (rows, rows))


@adjoint(np.outer)
def _(a, b, y, by):
    if np.ndim(a) == 1 and np.ndim(b) == 1:
        return by @ np.conj(b), np.conj(a) @ by
    return np.reshape(by @ np.ravel(np.conj(b)), np.shape(a)), np.reshape(
        np.ravel(np.conj(a)) @ by, np.shape(b)
    )


@adjoint(np.vdot)
def _(a, b, y, by):
    if np.ndim(a) == np.ndim(b):
        return np.conj(by) * b, by * a
    return np.reshape(np.conj(by) * b, np.shape(a)), np.reshape(by * a, np.shape(b))


@adjoint(np.tensordot)
def _(a, b, y, by, axes=2):
    a_summed, b_summed = contracted(axes, np.ndim(a), np.ndim(b))
    a_kept, b_kept = other_axes(a_summed, np.ndim(a)), other_axes(b_summed, np.ndim(b))
    rows, columns = tuple(range(len(a_kept))), tuple(range(len(a_kept), np.ndim(by)))
    ba = np.tensordot(by, np.conj(b), (columns, b_kept))
    bb = np.tensordot(by, np.conj(a), (rows, a_kept))
    a_order, b_order = restoring(a_kept, a_summed, b_summed), restoring(b_kept, b_summed, a_summed)
    if not is_sorted(a_order):
        ba = np.transpose(ba, a_order)
    if not is_sorted(b_order):
        bb = np.transpose(bb, b_order)
    return ba, bb


@adjoint(np.kron)
def _(a, b, y, by):
    rank = np.ndim(by)
    a_full = np.reshape(a, (*ones(rank - np.ndim(a)), *np.shape(a)))
    b_full = np.reshape(b, (*ones(rank - np.ndim(b)), *np.shape(b)))
    shape = ()
    for i in range(rank):
        shape = (*shape, a_full.shape[i], b_full.shape[i])
    blocks = np.reshape(by, shape)
    ba = np.tensordot(blocks, np.conj(b_full), (tuple(range(1, 2 * rank, 2)), tuple(range(rank))))
    bb = np.tensordot(blocks, np.conj(a_full), (tuple(range(0, 2 * rank, 2)), tuple(range(rank))))
    return np.reshape(ba, np.shape(a)), np.reshape(bb, np.shape(b))


# ----- products along an axis -----

facts(np.vecdot, linear=(0, 1))
alias(np.vecdot, np.linalg.vecdot)


@adjoint(np.vecdot)
def _(x1, x2, y, by, axis=-1):
    b = np.expand_dims(by, axis)
    return unbroadcast(np.conj(b) * x2, x1), unbroadcast(b * x1, x2)


if hasattr(np, "matvec"):
    facts(np.matvec, np.vecmat, linear=(0, 1))

    @adjoint(np.matvec)
    def _(x1, x2, y, by):
        bx1 = by[..., None] * np.conj(x2)[..., None, :]
        return unbroadcast(bx1, x1), unbroadcast(np.matvec(dagger(x1), by), x2)

    @adjoint(np.vecmat)
    def _(x1, x2, y, by):
        bx1 = np.matvec(x2, np.conj(by))
        return unbroadcast(bx1, x1), unbroadcast(x1[..., None] * by[..., None, :], x2)


facts(np.cross, np.linalg.cross, linear=(0, 1))


def moved(x, source, destination):
    """`np.moveaxis`, where there is anything to move."""
    if source == destination:
        return x
    return np.moveaxis(x, source, destination)


@adjoint(np.cross)
def _(a, b, y, by, axisa=-1, axisb=-1, axisc=-1, axis=None):
    if axis is not None:
        axisa, axisb, axisc = axis, axis, axis
    by, a, b = moved(by, axisc, -1), moved(a, axisa, -1), moved(b, axisb, -1)
    ba, bb = np.cross(np.conj(b), by), np.cross(by, np.conj(a))
    if np.ndim(by) > 1:
        ba, bb = unbroadcast(ba, a), unbroadcast(bb, b)
    return moved(ba, -1, axisa), moved(bb, -1, axisb)


@adjoint(np.linalg.cross)
def _(x1, x2, y, by, axis=-1):
    bx1 = np.linalg.cross(np.conj(x2), by, axis=axis)
    bx2 = np.linalg.cross(by, np.conj(x1), axis=axis)
    return unbroadcast(bx1, x1), unbroadcast(bx2, x2)


# ----- convolutions -----

facts(np.convolve, np.correlate, linear=(0, 1))


def as_vector(a):
    """A number as a vector of one, a vector as it is."""
    return a if np.ndim(a) == 1 else np.reshape(a, (1,))


def like(b, a):
    return b if np.ndim(a) == 1 else np.reshape(b, np.shape(a))


@adjoint(np.convolve)
def _(a, v, y, by, mode="full"):
    p, q = as_vector(a), as_vector(v)
    if mode != "full":
        shorter = min(p.shape[0], q.shape[0])
        start = shorter - 1 if mode == "valid" else (shorter - 1) // 2
        by = np.pad(by, (start, p.shape[0] + q.shape[0] - 1 - y.shape[0] - start))
    return like(np.correlate(by, q, "valid"), a), like(np.correlate(by, p, "valid"), v)


@adjoint(np.correlate)
def _(a, v, y, by, mode="valid"):
    if mode != "full":
        shorter = min(a.shape[0], v.shape[0])
        start = shorter - 1
        if mode == "same":
            start = (shorter - 1) // 2 if a.shape[0] >= v.shape[0] else shorter // 2  # the longer one slides
        by = np.pad(by, (start, a.shape[0] + v.shape[0] - 1 - y.shape[0] - start))
    return np.convolve(by, v, "valid"), np.flip(np.conj(np.correlate(by, a, "valid")))
