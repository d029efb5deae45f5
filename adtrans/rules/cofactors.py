"""The cofactor matrix, which is the gradient of a determinant; finite where the matrix is singular."""

from __future__ import annotations

from typing import Any

import numpy as np

from adtrans.rules.registry import adjoint, facts, tangent


def cofactors(a: Any) -> Any:
    """The cofactors of a square matrix, or of each of a stack: `det(a) * inv(a).T`, also where det is 0."""
    det = np.linalg.det(a)
    if np.all(det != 0.0):
        return np.asarray(det)[..., None, None] * np.linalg.inv(a).mT
    u, s, vh = np.linalg.svd(a)
    others = np.where(np.eye(s.shape[-1], dtype=bool), s.dtype.type(1), s[..., None, :])
    return _unrotated(u, np.prod(others, axis=-1)[..., None, :] * np.eye(s.shape[-1], dtype=s.dtype), vh)


def cofactor_change(a: Any, da: Any) -> Any:
    """The change of the cofactors of `a` in the direction `da`."""
    u, s, vh = np.linalg.svd(a)
    e = np.conj(u.mT) @ da @ np.conj(vh.mT)
    pairs = _products_without_pairs(s)
    diagonal = np.sum(pairs * np.diagonal(e, axis1=-2, axis2=-1)[..., None, :], axis=-1)
    change = diagonal[..., None, :] * np.eye(s.shape[-1], dtype=s.dtype) - e.mT * pairs
    return _unrotated(u, change, vh)


def _unrotated(u: Any, x: Any, vh: Any) -> Any:
    """The cofactors of `u @ b @ vh`, given `x`, those of `b`."""
    signs = np.asarray(np.linalg.det(u) * np.linalg.det(vh))
    return signs[..., None, None] * (np.conj(u) @ x @ np.conj(vh))


def _products_without_pairs(s: Any) -> Any:
    """The product of all `s[k]` but `k = i` and `k = j`, at [i, j]; 0 on the diagonal."""
    n = s.shape[-1]
    one = np.ones((*s.shape[:-1], 1), s.dtype)
    before = np.concatenate((one, np.cumprod(s, axis=-1)[..., :-1]), axis=-1)
    after = np.flip(np.concatenate((one, np.cumprod(np.flip(s, -1), axis=-1)[..., :-1]), axis=-1), -1)
    later = np.cumprod(np.where(np.tri(n, dtype=bool), s.dtype.type(1), s[..., None, :]), axis=-1)
    between = np.concatenate((np.ones((*s.shape, 1), s.dtype), later[..., :-1]), axis=-1)
    upper = np.triu(before[..., :, None] * between * after[..., None, :], 1)
    return upper + upper.mT


@tangent(cofactors)
def _(a, y, da):
    return cofactor_change(a, da)


@adjoint(cofactors)
def _(a, y, by):
    if np.iscomplexobj(a):
        return np.conj(cofactor_change(a, np.conj(by)))
    return cofactor_change(a, by)  # a Hessian is symmetric


facts(cofactor_change, linear=(1,))  # for second derivatives of det; there is no rule for the third
