"""Sparse matrices: constant ones in products, and those of active values, which are read as their entries."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as ss

from adtrans.ir.prims import add_at
from adtrans.rules.registry import adjoint, nondifferentiable, tangent
from adtrans.rules.stand_ins import SAID
from adtrans.runtime import sparse_entries, sparse_solve, sparse_times

# ----- products with a constant matrix -----


@tangent(ss.csr_array.dot, ss.coo_array.dot)
def _(self, other, y, dother):
    return self.dot(dother)


@adjoint(ss.csr_array.dot, ss.coo_array.dot)
def _(self, other, y, by):
    return NotImplemented, self.conj().T.dot(by)


# ----- products and systems of the values at constant places -----

nondifferentiable(sparse_entries)


def at_places(left, right, rows, cols):
    """The elements at these places of `left @ right.T`, or of an outer product of vectors."""
    products = left[rows] * np.conj(right[cols])
    return products if np.ndim(products) == 1 else np.sum(products, axis=1)


@tangent(sparse_times)
def _(values, rows, cols, shape, x, y, dvalues, dx):
    return sparse_times(dvalues, rows, cols, shape, x) + sparse_times(values, rows, cols, shape, dx)


@adjoint(sparse_times)
def _(values, rows, cols, shape, x, y, by):
    bx = sparse_times(np.conj(values), cols, rows, (shape[1], shape[0]), by)
    return at_places(by, x, rows, cols), None, None, None, bx


@tangent(sparse_solve)
def _(values, rows, cols, shape, b, y, dvalues, db):
    return sparse_solve(values, rows, cols, shape, db - sparse_times(dvalues, rows, cols, shape, y))


@adjoint(sparse_solve)
def _(values, rows, cols, shape, b, y, by):
    bb = sparse_solve(np.conj(values), cols, rows, shape, by)
    return -at_places(bb, y, rows, cols), None, None, None, bb


# ----- matrices of active values -----


class Entries(NamedTuple):
    """What stands for a sparse matrix of active values: `values[k]` at `rows[k], cols[k]`; equal places add up."""

    values: Any
    rows: Any
    cols: Any
    shape: Any
    format: Any

    @property
    def T(self):
        return self.transpose()

    @property
    def ndim(self):
        return 2

    def transpose(self):
        return self.same(self.values, self.cols, self.rows, (self.shape[1], self.shape[0]), self.format)

    def dot(self, other):
        if np.ndim(other) == 0:
            return self.scaled(other)
        return sparse_times(self.values, self.rows, self.cols, self.shape, other)

    def rdot(self, other):
        if np.ndim(other) == 1:
            return self.transpose().dot(other)
        return self.transpose().dot(other.T).T

    def __matmul__(self, other):
        return sparse_times(self.values, self.rows, self.cols, self.shape, other)

    def __rmatmul__(self, other):
        return self.rdot(other)

    def scaled(self, factor):
        return self.with_values(self.values * factor)

    def with_values(self, values):
        return self.same(values, self.rows, self.cols, self.shape, self.format)

    def joined(self, values, other):
        """These values at the own places and then at those of another matrix."""
        rows, cols = np.concatenate((self.rows, other.rows)), np.concatenate((self.cols, other.cols))
        return self.same(values, rows, cols, self.shape, self.format)

    def __add__(self, other):
        other = self.entries_of(other)
        return self.joined(np.concatenate((self.values, other.values)), other)

    def __radd__(self, other):
        return self.entries_of(other) + self

    def __sub__(self, other):
        other = self.entries_of(other)
        return self.joined(np.concatenate((self.values, -other.values)), other)

    def __rsub__(self, other):
        return self.entries_of(other) - self

    def entries_of(self, other):
        if isinstance(other, Entries):
            return other
        if isinstance(other, (np.ndarray, np.number, int, float, complex)):
            raise NotImplementedError("the sum of a sparse matrix and a dense one: use A.toarray()")
        values, rows, cols = sparse_entries(other)
        return self.same(values, rows, cols, self.shape, self.format)

    def multiply(self, other):
        if np.ndim(other) != 0:
            raise NotImplementedError("elementwise products of sparse and dense arrays: use A.toarray()")
        return self.scaled(other)

    def __neg__(self):
        return self.with_values(-self.values)

    def __truediv__(self, factor):
        return self.scaled(1.0 / factor)

    def conj(self):
        return self.with_values(np.conj(self.values))

    def conjugate(self):
        return self.conj()

    def copy(self):
        return self

    def asformat(self, format, copy=False):
        return self.same(self.values, self.rows, self.cols, self.shape, format)

    def tocsr(self, copy=False):
        return self.asformat("csr")

    def tocsc(self, copy=False):
        return self.asformat("csc")

    def tocoo(self, copy=False):
        return self.asformat("coo")

    def todia(self, copy=False):
        return self.asformat("dia")

    def toarray(self):
        return add_at(np.zeros(self.shape, self.values.dtype), (self.rows, self.cols), self.values)

    def diagonal(self, k=0):
        length = min(self.shape[0] + min(k, 0), self.shape[1] - max(k, 0))
        there = self.cols - self.rows == k
        places = np.minimum(self.rows, self.cols)[there]
        return add_at(np.zeros(length, self.values.dtype), places, self.values[there])

    def trace(self):
        return np.sum(self.values * (self.rows == self.cols))

    def solve(self, b):
        return sparse_solve(self.values, self.rows, self.cols, self.shape, b)


class SparseArray(Entries):
    """The entries of a csr_array or its kind, whose product by `*` is element by element."""

    def same(self, values, rows, cols, shape, format):
        return SparseArray(values, rows, cols, shape, format)

    def __mul__(self, factor):
        return self.multiply(factor)

    def __rmul__(self, factor):
        return self * factor

    def sum(self, axis=None):
        if axis is None:
            return np.sum(self.values)
        if axis not in (0, 1, -1, -2):
            raise NotImplementedError("sums of a sparse array along several axes")
        by_rows = axis in (1, -1)
        ones = np.ones(self.shape[1] if by_rows else self.shape[0])
        return self.dot(ones) if by_rows else self.rdot(ones)


class SparseMatrix(Entries):
    """The entries of a csr_matrix or its kind, whose product by `*` is that of matrices."""

    def same(self, values, rows, cols, shape, format):
        return SparseMatrix(values, rows, cols, shape, format)

    def __mul__(self, other):
        return self.dot(other)

    def __rmul__(self, other):
        return self.scaled(other) if np.ndim(other) == 0 else self.rdot(other)

    def sum(self, axis=None):
        if axis is not None:
            raise NotImplementedError("sums of a sparse matrix along an axis, which are of class np.matrix")
        return np.sum(self.values)


# ----- making them -----


def numbers(values, dtype):
    return np.asarray(values) if dtype is None else np.asarray(values, dtype)


def from_places(kind, format, entries, shape=None, dtype=None, copy=False):
    """csr_matrix((values, (rows, cols)), shape) and its kind."""
    values, (rows, cols) = entries
    rows, cols = np.asarray(rows), np.asarray(cols)
    if shape is None:
        shape = (int(np.max(rows)) + 1, int(np.max(cols)) + 1)
    return kind(numbers(values, dtype), rows, cols, shape, format)


def from_compressed(kind, format, parts, shape=None, dtype=None, copy=False):
    """csr_matrix((values, indices, indptr), shape), and csc_matrix."""
    values, indices, indptr = parts
    count = len(indptr) - 1
    outer, inner = np.repeat(np.arange(count), np.diff(indptr)), np.asarray(indices)
    values = numbers(values, dtype)
    if format == "csr":
        return kind(values, outer, inner, (count, int(np.max(inner)) + 1) if shape is None else shape, format)
    return kind(values, inner, outer, (int(np.max(inner)) + 1, count) if shape is None else shape, format)


def from_diagonals(kind, format, parts, shape, dtype=None, copy=False):
    """dia_matrix((values, offsets), shape): row k of the values stands on diagonal offsets[k], by columns."""
    values, offsets = parts
    values = np.atleast_2d(numbers(values, dtype))
    cols = np.arange(values.shape[1])[None, :]
    rows = cols - np.ravel(np.asarray(offsets))[:, None]
    inside = (rows >= 0) & (rows < shape[0]) & (cols < shape[1])
    return kind(values[inside], rows[inside], np.broadcast_to(cols, rows.shape)[inside], shape, format)


def diags(kind, diagonals, offsets=0, shape=None, format=None, dtype=None):
    """scipy.sparse.diags and diags_array."""
    if not isinstance(offsets, (list, tuple, np.ndarray)):
        diagonals, offsets = [diagonals], [offsets]
    if shape is None:
        length = len(np.atleast_1d(diagonals[0])) + abs(int(offsets[0]))
        shape = (length, length)
    values = np.concatenate([spread(d, length_of(k, shape)) for d, k in zip(diagonals, offsets)])
    rows = np.concatenate([np.arange(length_of(k, shape)) - min(k, 0) for k in offsets])
    cols = np.concatenate([np.arange(length_of(k, shape)) + max(k, 0) for k in offsets])
    return kind(values if dtype is None else values.astype(dtype), rows, cols, shape, format or "dia")


def length_of(k, shape):
    """The length of a diagonal."""
    return min(shape[0] + min(k, 0), shape[1] - max(k, 0))


def spread(diagonal, length):
    """As many elements of a diagonal as there is room for; a single one is all of them."""
    one = np.atleast_1d(diagonal)
    return one * np.ones(length) if len(one) == 1 else one[:length]


def entries_of(kind, a, format):
    """The entries of a constant matrix."""
    values, rows, cols = sparse_entries(a)
    return kind(values, rows, cols, a.shape, format)


# ----- what readers are told -----

PLACES = "active values at constant places only"
USES = "for products with arrays, sums, multiples, `sum`, `diagonal`, `toarray`, `spsolve`, `splu` and `factorized`"

for _name in ("csr", "csc", "coo", "dia"):
    for _cls in (getattr(ss, f"{_name}_matrix"), getattr(ss, f"{_name}_array")):
        SAID[_cls] = (PLACES, USES)
for _fn in (ss.diags, ss.diags_array):
    SAID[_fn] = ("constant offsets", USES)
