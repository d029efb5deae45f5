"""Derivatives of scipy.linalg's matrix functions, matrix equations and special matrices."""

from __future__ import annotations

import numpy as np
import scipy.linalg as sl

from adtrans.ir import prims
from adtrans.rules.arity import padded, present
from adtrans.rules.degenerate import deficient
from adtrans.rules.hermitian import dagger, transposed
from adtrans.rules.registry import adjoint, facts, tangent, undefined
from adtrans.runtime import zeros_like

# ----- functions of a matrix: f([[a, e], [0, a]]) has the derivative at a along e in its corner -----


def beside(a, e):
    """The matrix `[[a, e], [0, a]]`."""
    below = np.concatenate((np.zeros_like(a), a), axis=-1)
    return np.concatenate((np.concatenate((a, e), axis=-1), below), axis=-2)


def corner(full, a):
    return full[..., : a.shape[-1], a.shape[-1] :]


@tangent(sl.expm)
def _(A, y, dA):
    return corner(sl.expm(beside(A, dA)), A)


@adjoint(sl.expm)
def _(A, y, by):
    return corner(sl.expm(beside(dagger(A), by)), A)


@tangent(sl.logm)
def _(A, y, dA):
    return corner(sl.logm(beside(A, dA)), A)


@adjoint(sl.logm)
def _(A, y, by):
    return np.conj(corner(sl.logm(beside(transposed(A), np.conj(by))), A))  # on the branch cut, too


@tangent(sl.cosm)
def _(A, y, dA):
    return corner(sl.cosm(beside(A, dA)), A)


@adjoint(sl.cosm)
def _(A, y, by):
    return corner(sl.cosm(beside(dagger(A), by)), A)


@tangent(sl.sinm)
def _(A, y, dA):
    return corner(sl.sinm(beside(A, dA)), A)


@adjoint(sl.sinm)
def _(A, y, by):
    return corner(sl.sinm(beside(dagger(A), by)), A)


@tangent(sl.coshm)
def _(A, y, dA):
    return corner(sl.coshm(beside(A, dA)), A)


@adjoint(sl.coshm)
def _(A, y, by):
    return corner(sl.coshm(beside(dagger(A), by)), A)


@tangent(sl.sinhm)
def _(A, y, dA):
    return corner(sl.sinhm(beside(A, dA)), A)


@adjoint(sl.sinhm)
def _(A, y, by):
    return corner(sl.sinhm(beside(dagger(A), by)), A)


@tangent(sl.tanm)
def _(A, y, dA):
    return corner(sl.tanm(beside(A, dA)), A)


@adjoint(sl.tanm)
def _(A, y, by):
    return corner(sl.tanm(beside(dagger(A), by)), A)


@tangent(sl.tanhm)
def _(A, y, dA):
    return corner(sl.tanhm(beside(A, dA)), A)


@adjoint(sl.tanhm)
def _(A, y, by):
    return corner(sl.tanhm(beside(dagger(A), by)), A)


@tangent(sl.fractional_matrix_power)
def _(A, y, dA, t=None):
    return corner(sl.fractional_matrix_power(beside(A, dA), t), A)


@adjoint(sl.fractional_matrix_power)
def _(A, y, by, t=None):
    return corner(sl.fractional_matrix_power(beside(dagger(A), by), t), A)


@tangent(sl.sqrtm)
def _(A, y, dA):
    return sl.solve_sylvester(y, y, dA)


@adjoint(sl.sqrtm)
def _(A, y, by):
    return sl.solve_sylvester(dagger(y), dagger(y), by)


undefined(sl.sqrtm, sl.logm, where=lambda A, y: np.any(deficient(A)), what="at a singular matrix")
undefined(
    sl.fractional_matrix_power,
    where=lambda A, y, t=None: t < 1 and np.any(deficient(A)),
    what="at a singular matrix",
)

# ----- matrix equations -----


@tangent(sl.solve_sylvester)
def _(a, b, q, y, da, db, dq):
    return sl.solve_sylvester(a, b, dq - da @ y - y @ db)


@adjoint(sl.solve_sylvester)
def _(a, b, q, y, by):
    bq = sl.solve_sylvester(dagger(a), dagger(b), by)
    return -(bq @ dagger(y)), -(dagger(y) @ bq), bq


@tangent(sl.solve_continuous_lyapunov)
def _(a, q, y, da, dq):
    return sl.solve_continuous_lyapunov(a, dq - da @ y - y @ dagger(da))


@adjoint(sl.solve_continuous_lyapunov)
def _(a, q, y, by):
    bq = sl.solve_continuous_lyapunov(dagger(a), by)
    return -(bq @ dagger(y) + dagger(bq) @ y), bq


@tangent(sl.solve_discrete_lyapunov)
def _(a, q, y, da, dq, method=None):
    return sl.solve_discrete_lyapunov(a, dq + da @ y @ dagger(a) + a @ y @ dagger(da), method)


@adjoint(sl.solve_discrete_lyapunov)
def _(a, q, y, by, method=None):
    bq = sl.solve_discrete_lyapunov(dagger(a), by, method)
    return bq @ a @ dagger(y) + dagger(bq) @ a @ y, bq


# ----- special matrices -----

facts(sl.circulant, linear=(0,))
facts(sl.khatri_rao, linear=(0, 1))


@adjoint(sl.circulant)
def _(c, y, by):
    return prims.add_at(zeros_like(c), sl.circulant(np.arange(c.shape[0])), by)


@tangent(sl.toeplitz)
def _(c, r, y, dc, dr):
    if r is None:
        return sl.toeplitz(dc)
    return sl.toeplitz(dc, dr)


@adjoint(sl.toeplitz)
def _(c, r, y, by):
    count = c.shape[0]
    if r is None:
        source = sl.toeplitz(np.arange(count))
        return prims.add_at(zeros_like(c), source, np.tril(by) + np.conj(np.triu(by, 1))), None
    source = sl.toeplitz(np.arange(count), np.arange(count, count + r.shape[0]))
    both = prims.add_at(zeros_like(np.concatenate((c, r))), source, by)
    return both[:count], both[count:]


@tangent(sl.hankel)
def _(c, r, y, dc, dr):
    if r is None:
        return sl.hankel(dc)
    return sl.hankel(dc, dr)


@adjoint(sl.hankel)
def _(c, r, y, by):
    count = c.shape[0]
    source = np.arange(count)[:, None] + np.arange(by.shape[1])
    if r is None:
        return prims.add_at(zeros_like(np.concatenate((c, c))), source, by)[:count], None
    both = prims.add_at(zeros_like(np.concatenate((c, r))), source, by)
    return both[:count], np.concatenate((np.zeros_like(r[:1]), both[count:-1]))


@adjoint(sl.khatri_rao)
def _(a, b, y, by):
    blocks = np.reshape(by, (a.shape[0], b.shape[0], a.shape[1]))
    return np.sum(blocks * np.conj(b), axis=1), np.sum(blocks * np.conj(a)[:, None], axis=0)


@tangent(sl.block_diag)
def _(a, b, c, d, e, f, g, h, y, da, db, dc, dd, de, df, dg, dh):
    changes = (da, db, dc, dd, de, df, dg, dh)
    return sl.block_diag(*changes[: len(present((a, b, c, d, e, f, g, h)))])


@adjoint(sl.block_diag)
def _(a, b, c, d, e, f, g, h, y, by):
    found = ()
    row, column = 0, 0
    for x in present((a, b, c, d, e, f, g, h)):
        rows = x.shape[0] if np.ndim(x) == 2 else 1
        columns = x.shape[-1] if np.ndim(x) > 0 else 1
        block = by[row : row + rows, column : column + columns]
        found = (*found, block if np.ndim(x) == 2 else np.reshape(block, np.shape(x)))
        row, column = row + rows, column + columns
    return padded(found)
