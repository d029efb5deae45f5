"""Derivatives of scipy.linalg's decompositions and least-squares solutions."""

from __future__ import annotations

import numpy as np
import scipy.linalg as sl

from adtrans.rules.decompositions import (
    SINGULAR_VALUES,
    SINGULAR_VECTORS,
    VALUES,
    VECTORS,
    diagonal,
    eig_adjoint,
    eig_tangent,
    has_zero_pivot,
    is_basis_free,
    is_value_kink,
    over_gaps,
    qr_adjoint,
    qr_tangent,
    svd_adjoint,
    svd_tangent,
)
from adtrans.rules.degenerate import deficient, repeated, split
from adtrans.rules.hermitian import dagger
from adtrans.rules.least_squares import RANK, lstsq_adjoint, lstsq_tangent
from adtrans.rules.registry import adjoint, facts, tangent, undefined
from adtrans.rules.triangles import folded, from_triangle, onto_triangle

# ----- eigh, eigvalsh, also of pencils (columns of v with v.T @ b @ v = 1) -----


def refuse_others(type, subset_by_index, subset_by_value):
    if type != 1 or subset_by_index is not None or subset_by_value is not None:
        raise NotImplementedError("scipy.linalg.eigh has a derivative for type 1 and all eigenvalues")


def pencil_tangent(w, v, da, db, lower):
    e = dagger(v) @ from_triangle(da, lower) @ v
    if db is None:
        return np.real(diagonal(e)), v @ over_gaps(e, w)
    m = dagger(v) @ from_triangle(db, lower) @ v
    e = e - m * w[..., None, :]
    return np.real(diagonal(e)), v @ over_gaps(e, w) - 0.5 * v * np.real(diagonal(m))[..., None, :]


def values_adjoint(w, v, bw, b, lower):
    """The adjoints of both matrices from that of the eigenvalues."""
    ba = folded((v * bw[..., None, :]) @ dagger(v), lower)
    if b is None:
        return ba, None
    return ba, folded((v * (-bw * w)[..., None, :]) @ dagger(v), lower)


def pencil_adjoint(w, v, bw, bv, b, lower):
    inner = dagger(v) @ bv
    e = over_gaps(inner, w) + bw[..., None, :] * np.eye(w.shape[-1], dtype=w.dtype)
    ba = onto_triangle(v @ e @ dagger(v), lower)
    if b is None:
        return ba, None
    half = 0.5 * np.real(diagonal(inner))[..., None, :] * np.eye(w.shape[-1], dtype=w.dtype)
    return ba, onto_triangle(-(v @ (e * w[..., None, :] + half) @ dagger(v)), lower)


@tangent(sl.eigh)
def _(a, b, y, da, db, lower=True, eigvals_only=False, type=1, check_finite=True, subset_by_index=None,
      subset_by_value=None, driver=None):  # fmt: skip
    refuse_others(type, subset_by_index, subset_by_value)
    db = None if b is None else db
    if eigvals_only:
        w, v = sl.eigh(a, b, lower=lower)
        return pencil_tangent(w, v, da, db, lower)[0]
    return pencil_tangent(y[0], y[1], da, db, lower)


@adjoint(sl.eigh)
def _(a, b, y, by, lower=True, eigvals_only=False, type=1, check_finite=True, subset_by_index=None,
      subset_by_value=None, driver=None):  # fmt: skip
    refuse_others(type, subset_by_index, subset_by_value)
    if eigvals_only:
        w, v = sl.eigh(a, b, lower=lower)
        return values_adjoint(w, v, by, b, lower)
    return pencil_adjoint(y[0], y[1], by[0], by[1], b, lower)


@tangent(sl.eigvalsh)
def _(a, b, y, da, db, lower=True, type=1, check_finite=True, subset_by_index=None, subset_by_value=None,
      driver=None):  # fmt: skip
    refuse_others(type, subset_by_index, subset_by_value)
    w, v = sl.eigh(a, b, lower=lower)
    return pencil_tangent(w, v, da, None if b is None else db, lower)[0]


@adjoint(sl.eigvalsh)
def _(a, b, y, by, lower=True, type=1, check_finite=True, subset_by_index=None, subset_by_value=None,
      driver=None):  # fmt: skip
    refuse_others(type, subset_by_index, subset_by_value)
    w, v = sl.eigh(a, b, lower=lower)
    return values_adjoint(w, v, by, b, lower)


# ----- eig, eigvals -----


@tangent(sl.eig)
def _(a, y, da, b=None, left=False, right=True, check_finite=True):
    if b is not None or left or not right:
        raise NotImplementedError("scipy.linalg.eig has a derivative for right eigenvectors of one matrix")
    return eig_tangent(y, da)


@adjoint(sl.eig)
def _(a, y, by, b=None, left=False, right=True, check_finite=True):
    if b is not None or left or not right:
        raise NotImplementedError("scipy.linalg.eig has an adjoint for right eigenvectors of one matrix")
    return eig_adjoint(y, by)


@tangent(sl.eigvals)
def _(a, y, da, b=None, check_finite=True):
    if b is not None:
        raise NotImplementedError("scipy.linalg.eigvals has a derivative for one matrix")
    v = sl.eig(a)[1]
    return diagonal(np.linalg.solve(v, da @ v))


@adjoint(sl.eigvals)
def _(a, y, by, b=None, check_finite=True):
    if b is not None:
        raise NotImplementedError("scipy.linalg.eigvals has an adjoint for one matrix")
    v = sl.eig(a)[1]
    return np.linalg.solve(dagger(v), by[..., :, None] * dagger(v))


# ----- svd, svdvals -----


@tangent(sl.svd)
def _(a, y, da, full_matrices=True, compute_uv=True, check_finite=True, lapack_driver="gesdd"):
    if compute_uv:
        return svd_tangent(y, da, full_matrices)
    u, s, vh = sl.svd(a, full_matrices=False)
    return np.real(diagonal(dagger(u) @ da @ dagger(vh)))


@adjoint(sl.svd)
def _(a, y, by, full_matrices=True, compute_uv=True, check_finite=True, lapack_driver="gesdd"):
    if compute_uv:
        return svd_adjoint(y, by, full_matrices)
    u, s, vh = sl.svd(a, full_matrices=False)
    return (u * by[..., None, :]) @ vh


@tangent(sl.svdvals)
def _(a, y, da, check_finite=True):
    u, s, vh = sl.svd(a, full_matrices=False)
    return np.real(diagonal(dagger(u) @ da @ dagger(vh)))


@adjoint(sl.svdvals)
def _(a, y, by, check_finite=True):
    u, s, vh = sl.svd(a, full_matrices=False)
    return (u * by[..., None, :]) @ vh


# ----- qr, polar -----


def refuse_modes(mode, pivoting):
    if pivoting or mode not in ("full", "economic"):
        raise NotImplementedError("scipy.linalg.qr has a derivative in modes full and economic, unpivoted")


@tangent(sl.qr)
def _(a, y, da, mode="full", pivoting=False, check_finite=True):
    refuse_modes(mode, pivoting)
    return qr_tangent(y, a, da)


@adjoint(sl.qr)
def _(a, y, by, mode="full", pivoting=False, check_finite=True):
    refuse_modes(mode, pivoting)
    return qr_adjoint(y, a, by[0], by[1])


@tangent(sl.polar)
def _(a, y, da, side="right"):
    if side == "right":
        return polar_tangent(y[0], y[1], da)
    du, dp = polar_tangent(dagger(y[0]), y[1], dagger(da))
    return dagger(du), dp


def polar_tangent(u, p, da):
    w = dagger(u) @ da
    turn = sl.solve_sylvester(p, p, w - dagger(w))
    du = u @ turn + dagger(np.linalg.solve(p, dagger(da - u @ w)))
    return du, w - turn @ p


@adjoint(sl.polar)
def _(a, y, by, side="right"):
    if side == "right":
        return polar_adjoint(y[0], y[1], by[0], by[1])
    return dagger(polar_adjoint(dagger(y[0]), y[1], dagger(by[0]), by[1]))


def polar_adjoint(u, p, bu, bp):
    t = sl.solve_sylvester(p, p, dagger(u) @ bu - bp @ p)
    return u @ (bp + t - dagger(t)) + dagger(np.linalg.solve(p, dagger(bu - u @ (dagger(u) @ bu))))


# ----- lstsq -----


@tangent(sl.lstsq)
def _(a, b, y, da, db, cond=None, check_finite=True, lapack_driver=None):
    return lstsq_tangent(a, b, y, da, db, cut_inverse(a, cond))


@adjoint(sl.lstsq)
def _(a, b, y, by, cond=None, check_finite=True, lapack_driver=None):
    return lstsq_adjoint(a, b, y, by, cut_inverse(a, cond))


def cut_inverse(a, cond):
    if cond is None:
        return np.linalg.pinv(a)
    return np.linalg.pinv(a, cond)


# ----- where there is no derivative -----


def equal_values(y, by, eigvals_only):
    return split(y if eigvals_only else y[0], by)


undefined(sl.eigh, where=lambda a, b, y, by, eigvals_only=False: equal_values(y, by, eigvals_only), what=VALUES, value="along the vectors that LAPACK gives", results=(0,))  # fmt: skip
undefined(sl.eigh, where=lambda a, b, y, eigvals_only=False: False if eigvals_only else repeated(y[0])[..., None, :], what=VECTORS, value="nan", results=(1,))  # fmt: skip
undefined(
    sl.eigvalsh,
    where=lambda a, b, y, by: split(y, by),
    what=VALUES,
    value="along the vectors that LAPACK gives",
)
undefined(
    sl.eig,
    where=lambda a, y, by: split(y[0], by),
    what=VALUES,
    value="along the vectors that LAPACK gives",
    results=(0,),
)
undefined(sl.eig, where=lambda a, y: repeated(y[0])[..., None, :], what=VECTORS, value="nan", results=(1,))
undefined(
    sl.eigvals, where=lambda a, y, by: split(y, by), what=VALUES, value="along the vectors that LAPACK gives"
)
undefined(sl.svd, where=lambda a, y, by, compute_uv=True: is_value_kink(y[1] if compute_uv else y, by), what=SINGULAR_VALUES, value="along the vectors that LAPACK gives", results=(1,))  # fmt: skip
undefined(sl.svd, where=lambda a, y, compute_uv=True: is_basis_free(y[1]) if compute_uv else False, what=SINGULAR_VECTORS, value="nan", results=(0, 2))  # fmt: skip
undefined(
    sl.svdvals,
    where=lambda a, y, by: is_value_kink(y, by),
    what=SINGULAR_VALUES,
    value="along the vectors that LAPACK gives",
)
undefined(sl.qr, where=lambda a, y: has_zero_pivot(a), what="where a pivot is 0", results=(0, 1))
undefined(sl.polar, where=lambda a, y: np.any(deficient(a)), what=RANK, results=(0, 1))
undefined(sl.lstsq, where=lambda a, b, y: np.any(deficient(a)), what=RANK, results=(0, 1, 3))

facts(sl.eigh, sl.eigvalsh, note="the gradient lives in the triangle that `lower` names")
facts(sl.pinv, sl.lstsq, note="of constant rank")
