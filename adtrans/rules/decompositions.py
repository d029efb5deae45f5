"""Derivatives of numpy.linalg's eigenvalue, singular value and QR decompositions.

Vectors are differentiated in the gauge that LAPACK fixes, or at rest where it fixes none. Values
are exact at degenerate matrices; vectors are not finite there.
"""

from __future__ import annotations

import numpy as np

from adtrans.ir import prims
from adtrans.rules.degenerate import deficient, repeated, split, vanishing
from adtrans.rules.hermitian import dagger
from adtrans.rules.registry import adjoint, facts, tangent, undefined
from adtrans.rules.triangles import folded, from_triangle, onto_triangle
from adtrans.runtime import zeros_like


def over_gaps(e, w):
    """`e[i, j] / (w[j] - w[i])`; 0 on the diagonal, and where e is 0 whatever the gap."""
    gaps = w[..., None, :] - w[..., :, None]
    return e / np.where((e == 0.0) | np.eye(w.shape[-1], dtype=bool), np.inf, gaps)


def over_columns(x, s):
    """`x / s` column by column; 0 where x is 0, also over 0."""
    return x / np.where(x == 0.0, np.inf, s[..., None, :])


def diagonal(x):
    return np.diagonal(x, axis1=-2, axis2=-1)


# ----- eigh, eigvalsh (they read one triangle, and the gradient lives there) -----


@tangent(np.linalg.eigh)
def _(a, y, da, UPLO="L"):
    w, v = y
    e = dagger(v) @ from_triangle(da, UPLO == "L") @ v
    return np.real(diagonal(e)), v @ over_gaps(e, w)


@adjoint(np.linalg.eigh)
def _(a, y, by, UPLO="L"):
    w, v = y
    bw, bv = by
    b = (v * bw[..., None, :] + v @ over_gaps(dagger(v) @ bv, w)) @ dagger(v)
    return onto_triangle(b, UPLO == "L")


@tangent(np.linalg.eigvalsh)
def _(a, y, da, UPLO="L"):
    v = np.linalg.eigh(a, UPLO)[1]
    return np.real(diagonal(dagger(v) @ from_triangle(da, UPLO == "L") @ v))


@adjoint(np.linalg.eigvalsh)
def _(a, y, by, UPLO="L"):
    v = np.linalg.eigh(a, UPLO)[1]
    return folded((v * by[..., None, :]) @ dagger(v), UPLO == "L")


VALUES = "where eigenvalues that count differently are equal"
VECTORS = "where eigenvalues are equal"
undefined(
    np.linalg.eigh,
    where=lambda a, y, by: split(y[0], by),
    what=VALUES,
    value="along the vectors that LAPACK gives",
    results=(0,),
)
undefined(
    np.linalg.eigh, where=lambda a, y: repeated(y[0])[..., None, :], what=VECTORS, value="nan", results=(1,)
)
undefined(
    np.linalg.eigvalsh,
    where=lambda a, y, by: split(y, by),
    what=VALUES,
    value="along the vectors that LAPACK gives",
)

# ----- eig, eigvals (columns of norm 1, their largest entry real) -----


@tangent(np.linalg.eig)
def _(a, y, da):
    return eig_tangent(y, da)


def eig_tangent(y, da):
    w, v = y
    e = np.linalg.solve(v, da @ v)
    dv = v @ over_gaps(e, w)
    dv = dv - v * np.sum(np.real(np.conj(v) * dv), axis=-2, keepdims=True)
    pivot = np.argmax(np.abs(v), axis=-2, keepdims=True)
    turn = np.imag(np.take_along_axis(dv, pivot, axis=-2) / np.take_along_axis(v, pivot, axis=-2))
    return diagonal(e), dv - 1j * turn * v


@adjoint(np.linalg.eig)
def _(a, y, by):
    return eig_adjoint(y, by)


def eig_adjoint(y, by):
    w, v = y
    bw, bv = by
    along = np.sum(np.conj(v) * bv, axis=-2, keepdims=True)
    is_pivot = np.arange(v.shape[-2])[:, None] == np.argmax(np.abs(v), axis=-2, keepdims=True)
    turn = 1j * np.imag(along) * is_pivot / np.where(is_pivot, np.conj(v), 1.0)
    b = bv - v * np.real(along) - turn
    e = over_gaps(dagger(v) @ b, np.conj(w)) + bw[..., None, :] * np.eye(w.shape[-1])
    return np.linalg.solve(dagger(v), e @ dagger(v))


@tangent(np.linalg.eigvals)
def _(a, y, da):
    v = np.linalg.eig(a)[1]
    return diagonal(np.linalg.solve(v, da @ v))


@adjoint(np.linalg.eigvals)
def _(a, y, by):
    v = np.linalg.eig(a)[1]
    return np.linalg.solve(dagger(v), by[..., :, None] * dagger(v))


undefined(
    np.linalg.eig,
    where=lambda a, y, by: split(y[0], by),
    what=VALUES,
    value="along the vectors that LAPACK gives",
    results=(0,),
)
undefined(
    np.linalg.eig, where=lambda a, y: repeated(y[0])[..., None, :], what=VECTORS, value="nan", results=(1,)
)
undefined(
    np.linalg.eigvals,
    where=lambda a, y, by: split(y, by),
    what=VALUES,
    value="along the vectors that LAPACK gives",
)

# ----- svd, svdvals -----


@tangent(np.linalg.svd)
def _(a, y, da, full_matrices=True, compute_uv=True, hermitian=False):
    if hermitian:
        da = from_triangle(da, True)
    if compute_uv:
        return svd_tangent(y, da, full_matrices)
    u, s, vh = np.linalg.svd(a, full_matrices=False, hermitian=hermitian)
    return np.real(diagonal(dagger(u) @ da @ dagger(vh)))


def svd_tangent(y, da, full_matrices):
    u, s, vh = y
    rank = s.shape[-1]
    u1, v1 = u[..., :rank], dagger(vh)[..., :rank]
    p = dagger(u1) @ da @ v1
    ps, sp = p * s[..., None, :], s[..., :, None] * p
    du = over_columns(da @ v1 - u1 @ p, s) + u1 @ over_gaps(ps + dagger(ps), s * s)
    dv = over_columns(dagger(da) @ u1 - v1 @ dagger(p), s) + v1 @ over_gaps(sp + dagger(sp), s * s)
    if np.iscomplexobj(u):
        du = du + 1j * u1 * np.imag(diagonal(p) / s)[..., None, :]
    if full_matrices:  # the rest of the basis turns with the columns before it
        u2, v2 = u[..., rank:], dagger(vh)[..., rank:]
        du = np.concatenate((du, -u1 @ dagger(dagger(u2) @ du)), axis=-1)
        dv = np.concatenate((dv, -v1 @ dagger(dagger(v2) @ dv)), axis=-1)
    return du, np.real(diagonal(p)), dagger(dv)


@adjoint(np.linalg.svd)
def _(a, y, by, full_matrices=True, compute_uv=True, hermitian=False):
    if compute_uv:
        ba = svd_adjoint(y, by, full_matrices)
    else:
        u, s, vh = np.linalg.svd(a, full_matrices=False, hermitian=hermitian)
        ba = (u * by[..., None, :]) @ vh
    return onto_triangle(ba, True) if hermitian else ba


def svd_adjoint(y, by, full_matrices):
    u, s, vh = y
    bu, bs, bvh = by
    rank = s.shape[-1]
    v, bv = dagger(vh), dagger(bvh)
    u1, v1, bu1, bv1 = u, v, bu, bv
    if full_matrices:
        u1, u2, v1, v2 = u[..., :rank], u[..., rank:], v[..., :rank], v[..., rank:]
        bu1 = bu[..., :rank] - u2 @ dagger(bu[..., rank:]) @ u1
        bv1 = bv[..., :rank] - v2 @ dagger(bv[..., rank:]) @ v1
    cu, cv = dagger(u1) @ bu1, dagger(v1) @ bv1
    gu, gv = over_gaps(cu, s * s), over_gaps(cv, s * s)
    bp = bs[..., None, :] * np.eye(rank, dtype=s.dtype)
    bp = bp + (gu + dagger(gu)) * s[..., None, :] + s[..., :, None] * (gv + dagger(gv))
    if np.iscomplexobj(u):
        bp = bp + over_columns(1j * np.imag(np.tril(np.triu(cu))), s)
    left = over_columns(bu1 - u1 @ cu, s) + u1 @ bp
    return left @ dagger(v1) + u1 @ dagger(over_columns(bv1 - v1 @ cv, s))


@tangent(np.linalg.svdvals)
def _(x, y, dx):
    u, s, vh = np.linalg.svd(x, full_matrices=False)
    return np.real(diagonal(dagger(u) @ dx @ dagger(vh)))


@adjoint(np.linalg.svdvals)
def _(x, y, by):
    u, s, vh = np.linalg.svd(x, full_matrices=False)
    return (u * by[..., None, :]) @ vh


def is_value_kink(s, by):
    """Whether singular values that count differently are equal, or one that counts is 0."""
    return np.any(split(s, by)) | np.any(vanishing(s) & (by != 0.0))


def is_basis_free(s):
    """Whether singular vectors may turn."""
    return np.any(repeated(s) | vanishing(s), axis=-1, keepdims=True)[..., None]


SINGULAR_VALUES = "where singular values are 0, or equal and count differently"
SINGULAR_VECTORS = "where singular values are 0 or equal"
undefined(
    np.linalg.svd,
    where=lambda a, y, by, compute_uv=True: is_value_kink(y[1] if compute_uv else y, by),
    what=SINGULAR_VALUES,
    value="along the vectors that LAPACK gives",
    results=(1,),
)
undefined(
    np.linalg.svd,
    where=lambda a, y, compute_uv=True: is_basis_free(y[1]) if compute_uv else False,
    what=SINGULAR_VECTORS,
    value="nan",
    results=(0, 2),
)
undefined(
    np.linalg.svdvals,
    where=lambda x, y, by: is_value_kink(y, by),
    what=SINGULAR_VALUES,
    value="along the vectors that LAPACK gives",
)

# ----- qr (of a wide matrix, only the square left part decides on q) -----


@tangent(np.linalg.qr)
def _(a, y, da, mode="reduced"):
    if mode == "r":
        return qr_tangent(np.linalg.qr(a), a, da)[1]
    if mode == "reduced":
        return qr_tangent(y, a, da)
    raise NotImplementedError("np.linalg.qr has a derivative for the modes 'reduced' and 'r'")


def qr_tangent(y, a, da):
    q, r = y
    rank = q.shape[-1]
    x = dagger(np.linalg.solve(dagger(r[..., :rank]), dagger(da[..., :rank])))
    m = dagger(q) @ x
    t = np.triu(m) + dagger(np.tril(m, -1))
    if np.iscomplexobj(a):
        t = t - 1j * np.imag(np.tril(np.triu(m)))
    dq = x - q @ t
    right = dagger(dq) @ a[..., rank:] + dagger(q) @ da[..., rank:]
    return dq, np.concatenate((t @ r[..., :rank], right), axis=-1)


@adjoint(np.linalg.qr)
def _(a, y, by, mode="reduced"):
    if mode == "r":
        q, r = np.linalg.qr(a)
        return qr_adjoint((q, r), a, np.zeros_like(q), by)
    if mode == "reduced":
        return qr_adjoint(y, a, by[0], by[1])
    raise NotImplementedError("np.linalg.qr has an adjoint for the modes 'reduced' and 'r'")


def qr_adjoint(y, a, bq, br):
    q, r = y
    rank = q.shape[-1]
    bq = bq + a[..., rank:] @ dagger(br[..., rank:])
    bt = br[..., :rank] @ dagger(r[..., :rank]) - dagger(q) @ bq
    bx = bq + q @ from_triangle(bt, False)
    left = dagger(np.linalg.solve(r[..., :rank], dagger(bx)))
    ba = prims.add_at(zeros_like(a), (..., slice(None, rank)), left)
    return prims.add_at(ba, (..., slice(rank, None)), q @ br[..., rank:])


def has_zero_pivot(a):
    """Whether the columns that decide on q are dependent."""
    return np.any(deficient(a[..., : min(np.shape(a)[-2:])]))


undefined(np.linalg.qr, where=lambda a, y: has_zero_pivot(a), what="where a pivot is 0", results=(0, 1))

facts(np.linalg.eigh, np.linalg.eigvalsh, note="the gradient lives in the triangle that UPLO names")
facts(np.linalg.eig, note="vectors of norm 1 whose largest entry is real, as LAPACK fixes them")
facts(np.linalg.svd, note="vectors in the gauge of LAPACK")
