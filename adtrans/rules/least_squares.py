"""Derivatives of pseudo-inverses, least-squares solutions and condition numbers."""

from __future__ import annotations

import numpy as np

from adtrans.rules.degenerate import deficient, repeated, vanishing
from adtrans.rules.hermitian import dagger
from adtrans.rules.norms import matrix_slope
from adtrans.rules.registry import adjoint, facts, tangent, undefined
from adtrans.rules.triangles import from_triangle, onto_triangle

# ----- pinv -----


@tangent(np.linalg.pinv)
def _(a, y, da, rcond=None, hermitian=False):
    if hermitian:
        return pinv_tangent(from_triangle(a, True), y, from_triangle(da, True))
    return pinv_tangent(a, y, da)


def pinv_tangent(a, y, da):
    yh, dah = dagger(y), dagger(da)
    left = y @ yh @ (dah - dah @ a @ y)
    right = (dah - y @ a @ dah) @ yh @ y
    return left + right - y @ da @ y


@adjoint(np.linalg.pinv)
def _(a, y, by, rcond=None, hermitian=False):
    if hermitian:
        return onto_triangle(pinv_adjoint(from_triangle(a, True), y, by), True)
    return pinv_adjoint(a, y, by)


def pinv_adjoint(a, y, by):
    yh, byh = dagger(y), dagger(by)
    left = (byh - a @ y @ byh) @ y @ yh
    right = yh @ y @ (byh - byh @ y @ a)
    return left + right - yh @ by @ yh


RANK = "where the matrix has not full rank"
undefined(np.linalg.pinv, where=lambda a, y: deficient(a), what=RANK)

# ----- lstsq (of full rank, or of the rank that rcond cuts to) -----


def pseudo_inverse(a, rcond):
    if rcond is None:
        return np.linalg.pinv(a)
    return np.linalg.pinv(a, rcond)


@tangent(np.linalg.lstsq)
def _(a, b, y, da, db, rcond=None):
    return lstsq_tangent(a, b, y, da, db, pseudo_inverse(a, rcond))


def lstsq_tangent(a, b, y, da, db, p):
    x, residuals, rank, s = y
    change, rest = db - da @ x, b - a @ x
    dresiduals = np.atleast_1d(2.0 * np.sum(np.real(np.conj(rest) * change), axis=0))[: np.size(residuals)]
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    ds = np.real(np.diagonal(dagger(u) @ da @ dagger(vh)))
    return solution_tangent(a, x, da, change, rest, p), np.reshape(dresiduals, np.shape(residuals)), 0, ds


def solution_tangent(a, x, da, change, rest, p):
    """The tangent of `x = p @ b`, given how much less the system is solved (`change`)."""
    dah = dagger(da)
    q = dah @ (dagger(p) @ x)
    return p @ change + p @ (dagger(p) @ (dah @ rest)) + q - p @ (a @ q)


@adjoint(np.linalg.lstsq)
def _(a, b, y, by, rcond=None):
    return lstsq_adjoint(a, b, y, by, pseudo_inverse(a, rcond))


def lstsq_adjoint(a, b, y, by, p):
    x, rest = y[0], b - a @ y[0]
    ba, bb = solution_adjoint(a, x, by[0], rest, p)
    weighted = rest * residual_weights(by[1], b)
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    return ba - times(weighted, x) + (u * by[3]) @ vh, bb + weighted


def solution_adjoint(a, x, bx, rest, p):
    """The adjoints of the system and of its right side, through `x = p @ b`."""
    z = dagger(p) @ bx
    ba = times(rest, p @ z) - times(z, x) + times(dagger(p) @ x, bx - dagger(a) @ z)
    return ba, z


def times(u, v):
    """`u @ v.T` of matrices, the outer product of vectors, v conjugated."""
    if np.ndim(u) == 1:
        return np.outer(u, np.conj(v))
    return u @ dagger(v)


def residual_weights(b, rhs):
    """Twice the adjoint of the residuals; 0 where NumPy gives none."""
    if np.ndim(rhs) == 1:
        return 2.0 * np.sum(b)
    return 2.0 * np.resize(b, rhs.shape[1])


undefined(np.linalg.lstsq, where=lambda a, b, y: np.any(deficient(a)), what=RANK, results=(0, 1, 3))

# ----- cond -----


def cond_slope(x, y, p):
    """The gradient of the condition number."""
    y = np.asarray(y)[..., None, None]
    if p is None or p == 2 or p == -2:
        u, s, vh = np.linalg.svd(x, full_matrices=False)
        first, last = s[..., :1, None], s[..., -1:, None]
        balance = u[..., :, :1] @ vh[..., :1, :] / first - u[..., :, -1:] @ vh[..., -1:, :] / last
        return -y * balance if p == -2 else y * balance
    inverse = np.linalg.inv(x)
    norm = np.linalg.norm(x, p, axis=(-2, -1), keepdims=True)
    inverse_norm = np.linalg.norm(inverse, p, axis=(-2, -1), keepdims=True)
    back = dagger(inverse) @ matrix_slope(inverse, inverse_norm, p, (-2, -1)) @ dagger(inverse)
    return inverse_norm * matrix_slope(x, norm, p, (-2, -1)) - norm * back


@tangent(np.linalg.cond)
def _(x, y, dx, p=None):
    return np.sum(np.real(np.conj(cond_slope(x, y, p)) * dx), axis=(-2, -1))


@adjoint(np.linalg.cond)
def _(x, y, by, p=None):
    by = np.real(by)  # NumPy before 2.3 gives the real number as a complex one
    if np.ndim(x) == 2:
        return by * cond_slope(x, y, p)
    return by[..., None, None] * cond_slope(x, y, p)


def is_cond_kink(x, y, p=None):
    s = np.linalg.svd(x, compute_uv=False)
    if p is None or p == 2 or p == -2:
        return np.any(vanishing(s)) | np.any(repeated(s)[..., 0] | repeated(s)[..., -1])
    return np.any(vanishing(s))


undefined(
    np.linalg.cond,
    where=is_cond_kink,
    what="at a singular matrix, or where the extreme singular values repeat",
)

facts(np.linalg.pinv, np.linalg.lstsq, note="of constant rank")
