"""Derivatives of scipy.linalg: systems and triangular factors (nothing where an argument is overwritten)."""

from __future__ import annotations

import numpy as np
import scipy.linalg as sl

from adtrans.rules import scipy_decompositions, scipy_matrices  # noqa: F401  (the rest of scipy.linalg)
from adtrans.rules.cofactors import cofactors
from adtrans.rules.decompositions import diagonal
from adtrans.rules.degenerate import deficient
from adtrans.rules.hermitian import dagger, transposed
from adtrans.rules.least_squares import RANK, pinv_adjoint, pinv_tangent, times
from adtrans.rules.linalg import cholesky_adjoint, cholesky_tangent
from adtrans.rules.norms import KINK, is_kink, norm_adjoint, slope
from adtrans.rules.registry import adjoint, facts, nondifferentiable, tangent, undefined
from adtrans.rules.triangles import from_triangle, onto_triangle

# ----- inv, det, norm, pinv -----


@tangent(sl.inv)
def _(a, y, da, check_finite=True):
    return -(y @ da @ y)


@adjoint(sl.inv)
def _(a, y, by, check_finite=True):
    return -(dagger(y) @ by @ dagger(y))


@tangent(sl.det)
def _(a, y, da, check_finite=True):
    return np.sum(cofactors(a) * da, axis=(-2, -1))


@adjoint(sl.det)
def _(a, y, by, check_finite=True):
    if np.ndim(a) == 2:
        return by * np.conj(cofactors(a))
    return by[..., None, None] * np.conj(cofactors(a))


@tangent(sl.norm)
def _(a, y, da, ord=None, axis=None, keepdims=False, check_finite=True):
    return np.sum(np.real(np.conj(slope(a, y, ord, axis, keepdims)) * da), axis=axis, keepdims=keepdims)


@adjoint(sl.norm)
def _(a, y, by, ord=None, axis=None, keepdims=False, check_finite=True):
    return norm_adjoint(a, y, by, ord, axis, keepdims)


@tangent(sl.pinv)
def _(a, y, da, atol=None, rtol=None, return_rank=False, check_finite=True):
    if return_rank:
        return pinv_tangent(a, y[0], da), 0
    return pinv_tangent(a, y, da)


@adjoint(sl.pinv)
def _(a, y, by, atol=None, rtol=None, return_rank=False, check_finite=True):
    if return_rank:
        return pinv_adjoint(a, y[0], by[0])
    return pinv_adjoint(a, y, by)


undefined(
    sl.norm,
    where=lambda a, y, ord=None, axis=None, keepdims=False: is_kink(a, y, ord, axis, keepdims),
    what=KINK,
    value="0 at 0, equal shares at a tie, 0 for an element 0",
)
undefined(sl.pinv, where=lambda a, y: np.any(deficient(a)), what=RANK, results=(0,))

# ----- solve -----


def effective(a, assume_a, lower):
    """The matrix that scipy.linalg.solve reads, and its tangent, which is linear in it."""
    if assume_a in ("pos", "positive definite", "her", "hermitian", "sym", "symmetric"):
        return from_triangle(a, lower)
    if assume_a in (None, "gen", "general"):
        return a
    raise NotImplementedError("scipy.linalg.solve has a derivative for general and Hermitian matrices")


@tangent(sl.solve)
def _(a, b, y, da, db, lower=False, check_finite=True, assume_a=None, transposed=False):
    refuse_complex_symmetric(a, assume_a)
    change = effective(da, assume_a, lower)
    change = change.mT if transposed else change
    rest = db - (change @ y[..., None])[..., 0] if np.ndim(b) == 1 else db - change @ y
    return sl.solve(a, rest, lower=lower, assume_a=assume_a, transposed=transposed)


@adjoint(sl.solve)
def _(a, b, y, by, lower=False, check_finite=True, assume_a=None, transposed=False):
    refuse_complex_symmetric(a, assume_a)
    if assume_a in (None, "gen", "general"):
        bb = sl.solve(np.conj(a) if transposed else dagger(a), by)
    else:  # the matrix is Hermitian
        bb = sl.solve(np.conj(a) if transposed else a, by, lower=lower, assume_a=assume_a)
    ba = -times(np.conj(y), np.conj(bb)) if transposed else -times(bb, y)
    if assume_a in (None, "gen", "general"):
        return ba, bb
    return onto_triangle(ba, lower), bb


def refuse_complex_symmetric(a, assume_a):
    if assume_a in ("sym", "symmetric") and np.iscomplexobj(a):
        raise NotImplementedError("scipy.linalg.solve has no derivative for complex symmetric matrices")


# ----- solve_triangular -----


def triangle(a, lower, unit_diagonal):
    """The part of `a` that is read."""
    if lower:
        return np.tril(a, -1 if unit_diagonal else 0)
    return np.triu(a, 1 if unit_diagonal else 0)


@tangent(sl.solve_triangular)
def _(a, b, y, da, db, trans=0, lower=False, unit_diagonal=False, check_finite=True):
    change = triangle(da, lower, unit_diagonal)
    if trans in (1, "T"):
        change = transposed(change)
    elif trans in (2, "C"):
        change = dagger(change)
    return sl.solve_triangular(a, db - change @ y, trans, lower, unit_diagonal)


@adjoint(sl.solve_triangular)
def _(a, b, y, by, trans=0, lower=False, unit_diagonal=False, check_finite=True):
    if trans in (0, "N"):
        bb = sl.solve_triangular(a, by, "C" if np.iscomplexobj(a) else "T", lower, unit_diagonal)
        ba = times(bb, y)
    elif trans in (1, "T"):
        bb = sl.solve_triangular(np.conj(a), by, 0, lower, unit_diagonal)
        ba = times(np.conj(y), np.conj(bb))
    else:
        bb = sl.solve_triangular(a, by, 0, lower, unit_diagonal)
        ba = times(y, bb)
    return -triangle(ba, lower, unit_diagonal), bb


# ----- Cholesky -----


@tangent(sl.cholesky)
def _(a, y, da, lower=False, check_finite=True):
    return cholesky_tangent(y, da, not lower)


@adjoint(sl.cholesky)
def _(a, y, by, lower=False, check_finite=True):
    return cholesky_adjoint(y, by, not lower)


@tangent(sl.cho_factor)
def _(a, y, da, lower=False, check_finite=True):
    return cholesky_tangent(triangle(y[0], lower, False), da, not lower), 0


@adjoint(sl.cho_factor)
def _(a, y, by, lower=False, check_finite=True):
    return cholesky_adjoint(triangle(y[0], lower, False), triangle(by[0], lower, False), not lower)


@tangent(sl.cho_solve)
def _(c_and_lower, b, y, dc_and_lower, db, check_finite=True):
    lower = c_and_lower[1]
    factor, change = triangle(c_and_lower[0], lower, False), triangle(dc_and_lower[0], lower, False)
    da = change @ dagger(factor) if lower else dagger(change) @ factor
    return sl.cho_solve(c_and_lower, db - (da + dagger(da)) @ y)


@adjoint(sl.cho_solve)
def _(c_and_lower, b, y, by, check_finite=True):
    lower = c_and_lower[1]
    factor = triangle(c_and_lower[0], lower, False)
    bb = sl.cho_solve(c_and_lower, by)
    ba = times(bb, y) + times(y, bb)
    bc = -triangle(ba @ factor if lower else factor @ ba, lower, False)
    return (bc, None), bb


# ----- LU (of square matrices) -----


def order_of(piv):
    """The rows that LAPACK's interchanges `piv` put in order."""
    order = np.arange(piv.shape[0])
    for i in range(piv.shape[0]):
        order[[i, piv[i]]] = order[[piv[i], i]]
    return order


nondifferentiable(order_of)


def lu_change(low, up, da):
    """`inv(low) @ da @ inv(up)`, whose triangles are the changes of both factors."""
    left = np.linalg.solve(low, da)
    return transposed(np.linalg.solve(transposed(up), transposed(left)))


def lu_back(low, up, blow, bup):
    """The adjoint of `low @ up`, given those of its factors."""
    inner = np.tril(dagger(low) @ blow, -1) + np.triu(bup @ dagger(up))
    return np.linalg.solve(dagger(low), dagger(np.linalg.solve(up, dagger(inner))))


def unit_lower(lu):
    return np.tril(lu, -1) + np.eye(lu.shape[-1], dtype=lu.dtype)


@tangent(sl.lu_factor)
def _(a, y, da, check_finite=True):
    low, up = unit_lower(y[0]), np.triu(y[0])
    change = lu_change(low, up, da[order_of(y[1])])
    return low @ np.tril(change, -1) + np.triu(change) @ up, 0


@adjoint(sl.lu_factor)
def _(a, y, by, check_finite=True):
    low, up = unit_lower(y[0]), np.triu(y[0])
    return lu_back(low, up, np.tril(by[0], -1), np.triu(by[0]))[np.argsort(order_of(y[1]))]


@tangent(sl.lu)
def _(a, y, da, check_finite=True):
    p, low, up = y
    change = lu_change(low, up, transposed(p) @ da)
    return np.zeros_like(p), low @ np.tril(change, -1), np.triu(change) @ up


@adjoint(sl.lu)
def _(a, y, by, check_finite=True):
    p, low, up = y
    return p @ lu_back(low, up, by[1], by[2])


@tangent(sl.lu_solve)
def _(lu_and_piv, b, y, dlu_and_piv, db, trans=0, check_finite=True):
    lu, dlu = lu_and_piv[0], dlu_and_piv[0]
    da = np.tril(dlu, -1) @ np.triu(lu) + unit_lower(lu) @ np.triu(dlu)
    da = da[np.argsort(order_of(lu_and_piv[1]))]
    if trans == 1:
        da = transposed(da)
    elif trans == 2:
        da = dagger(da)
    return sl.lu_solve(lu_and_piv, db - da @ y, trans)


@adjoint(sl.lu_solve)
def _(lu_and_piv, b, y, by, trans=0, check_finite=True):
    lu = lu_and_piv[0]
    if trans == 0:
        bb = sl.lu_solve(lu_and_piv, by, 2)
        ba = times(bb, y)
    elif trans == 1:
        bb = np.conj(sl.lu_solve(lu_and_piv, np.conj(by), 0))
        ba = times(np.conj(y), np.conj(bb))
    else:
        bb = sl.lu_solve(lu_and_piv, by, 0)
        ba = times(y, bb)
    ba = ba[order_of(lu_and_piv[1])]
    blu = np.tril(ba @ dagger(np.triu(lu)), -1) + np.triu(dagger(unit_lower(lu)) @ ba)
    return (-blu, None), bb


undefined(sl.lu_factor, where=lambda a, y: diagonal(y[0]) == 0.0, what="where a pivot is 0", results=(0,))
undefined(sl.lu, where=lambda a, y: np.any(diagonal(y[2]) == 0.0), what="where a pivot is 0", results=(1, 2))

# ----- bands -----


def turned(ab, below, above):
    """The bands of the conjugate transpose."""
    rows = ()
    for d in range(-below, above + 1):
        rows = (*rows, np.roll(np.conj(ab[above - d]), -d))
    return np.stack(rows)


def bands_of(z, y, below, above):
    """The bands of `z @ y.T`, the rest of it never made."""
    rows = ()
    for d in range(-above, below + 1):
        if d >= 0:
            product, ends = z[d:] * np.conj(y[: y.shape[0] - d]), (0, d)
        else:
            product, ends = z[:d] * np.conj(y[-d:]), (-d, 0)
        rows = (*rows, np.pad(product if np.ndim(y) == 1 else np.sum(product, axis=1), ends))
    return np.stack(rows)


def banded_product(ab, y, below, above):
    """The product of a banded matrix with `y`."""
    total = np.zeros_like(y)
    for d in range(-above, below + 1):
        row = ab[above + d] if np.ndim(y) == 1 else ab[above + d][:, None]
        product = row * y
        product, ends = (product[: y.shape[0] - d], (d, 0)) if d >= 0 else (product[-d:], (0, -d))
        total = total + np.pad(product, ends if np.ndim(y) == 1 else (ends, (0, 0)))
    return total


@tangent(sl.solve_banded)
def _(l_and_u, ab, b, y, dab, db, check_finite=True):
    return sl.solve_banded(l_and_u, ab, db - banded_product(dab, y, l_and_u[0], l_and_u[1]))


@adjoint(sl.solve_banded)
def _(l_and_u, ab, b, y, by, check_finite=True):
    below, above = l_and_u
    bb = sl.solve_banded((above, below), turned(ab, below, above), by)
    return None, -bands_of(bb, y, below, above), bb


facts(sl.cholesky, sl.cho_factor, note="the gradient lives in the triangle that LAPACK reads")
facts(sl.det, note="exact at singular matrices (cofactors)")
facts(sl.lu, sl.lu_factor, note="of square matrices, the order of the pivots constant")
