"""Derivatives of vector and matrix norms; at 0 they are 0, ties share."""

from __future__ import annotations

import numpy as np

from adtrans.rules.degenerate import repeated, vanishing
from adtrans.rules.registry import adjoint, tangent, undefined
from adtrans.runtime import expand


def or_one(y):
    """`y` as a divisor: 1 where it is 0."""
    return np.where(y == 0.0, 1.0, y)


# ----- the gradients, given `y` with the axes of `x` -----


def vector_slope(x, y, ord, axis):
    """The gradient of a vector norm along `axis` (None: of all elements)."""
    if ord is None or ord == 2:
        return x / or_one(y)
    if ord == 1:
        return np.sign(x)
    if ord == 0:
        return np.zeros_like(x)
    if ord == np.inf or ord == -np.inf:
        chosen = np.abs(x) == y
        return np.sign(x) * chosen / np.sum(chosen, axis=axis, keepdims=True, dtype=y.dtype)
    return np.sign(x) * (or_one(np.abs(x)) / or_one(y)) ** (ord - 1)


def matrix_slope(x, y, ord, axis):
    """The gradient of a matrix norm over the two axes of `axis`."""
    if ord is None or ord == "fro":
        return x / or_one(y)
    if ord in (1, -1):
        return chosen_line_slope(x, y, axis[0], axis[1])
    if ord in (np.inf, -np.inf):
        return chosen_line_slope(x, y, axis[1], axis[0])
    u, s, vh = np.linalg.svd(np.moveaxis(x, axis, (-2, -1)), full_matrices=False)
    if ord == "nuc":
        slope = u @ vh
    elif ord == 2:
        slope = u[..., :, :1] @ vh[..., :1, :]
    else:
        slope = u[..., :, -1:] @ vh[..., -1:, :]
    return np.moveaxis(slope, (-2, -1), axis)


def chosen_line_slope(x, y, summed, compared):
    """The gradient of the largest, or smallest, sum of absolute values along `summed`."""
    chosen = np.sum(np.abs(x), axis=summed, keepdims=True) == y
    return np.sign(x) * chosen / np.sum(chosen, axis=compared, keepdims=True, dtype=y.dtype)


def slope(x, y, ord, axis, keepdims):
    """The gradient of np.linalg.norm."""
    full = y if axis is None or keepdims else np.expand_dims(y, axis)
    if isinstance(axis, (tuple, list)) and len(axis) == 2:
        return matrix_slope(x, full, ord, axis)
    if axis is not None or ord is None or np.ndim(x) == 1:
        return vector_slope(x, full, ord, axis)
    return matrix_slope(x, full, ord, (0, 1))


# ----- norm -----


@tangent(np.linalg.norm)
def _(x, y, dx, ord=None, axis=None, keepdims=False):
    return np.sum(np.real(np.conj(slope(x, y, ord, axis, keepdims)) * dx), axis=axis, keepdims=keepdims)


@adjoint(np.linalg.norm)
def _(x, y, by, ord=None, axis=None, keepdims=False):
    return norm_adjoint(x, y, by, ord, axis, keepdims)


def norm_adjoint(x, y, by, ord, axis, keepdims):
    if ord is None or ord == "fro" or (ord == 2 and (isinstance(axis, int) or np.ndim(x) == 1)):
        return expand(by / or_one(y), x, axis, keepdims) * x
    return expand(by, x, axis, keepdims) * slope(x, y, ord, axis, keepdims)


@tangent(np.linalg.vector_norm)
def _(x, y, dx, axis=None, keepdims=False, ord=2):
    full = y if axis is None or keepdims else np.expand_dims(y, axis)
    return np.sum(np.real(np.conj(vector_slope(x, full, ord, axis)) * dx), axis=axis, keepdims=keepdims)


@adjoint(np.linalg.vector_norm)
def _(x, y, by, axis=None, keepdims=False, ord=2):
    full = y if axis is None or keepdims else np.expand_dims(y, axis)
    return expand(by, x, axis, keepdims) * vector_slope(x, full, ord, axis)


@tangent(np.linalg.matrix_norm)
def _(x, y, dx, keepdims=False, ord="fro"):
    full = y if keepdims else np.expand_dims(y, (-2, -1))
    return np.sum(
        np.real(np.conj(matrix_slope(x, full, ord, (-2, -1))) * dx), axis=(-2, -1), keepdims=keepdims
    )


@adjoint(np.linalg.matrix_norm)
def _(x, y, by, keepdims=False, ord="fro"):
    full = y if keepdims else np.expand_dims(y, (-2, -1))
    return expand(by, x, (-2, -1), keepdims) * matrix_slope(x, full, ord, (-2, -1))


# ----- where a norm has no derivative -----


def is_vector_kink(x, y, ord, axis, keepdims):
    """Whether a vector norm is at 0, at a tie, or at an element 0 that it feels."""
    if ord is None or ord in (2, "fro"):
        return y == 0.0
    if ord in (np.inf, -np.inf):
        hit = np.abs(x) == expand(y, x, axis, keepdims)
        return (np.sum(hit, axis=axis, keepdims=keepdims) > 1) | (y == 0.0)
    if ord > 1:
        return y == 0.0
    return np.any(x == 0.0, axis=axis, keepdims=keepdims)


def is_matrix_kink(x, y, ord, axis):
    """Whether one of the matrices is at 0, at a tie of what its norm is made of, or at an element 0 of it."""
    if ord is None or ord == "fro":
        return y == 0.0
    if ord in (1, -1):
        return np.any(is_line_kink(np.moveaxis(x, axis, (-2, -1)), ord))
    if ord in (np.inf, -np.inf):
        return np.any(is_line_kink(np.moveaxis(x, axis, (-1, -2)), ord))
    s = np.linalg.svd(np.moveaxis(x, axis, (-2, -1)), compute_uv=False)
    if ord == "nuc":
        return np.any(vanishing(s))
    if ord == 2:
        return np.any(repeated(s)[..., 0] | vanishing(s)[..., 0])
    return np.any(repeated(s)[..., -1] | vanishing(s)[..., -1])


def is_line_kink(x, ord):
    """Whether two columns have the extreme sum of absolute values, or the one that has it holds a 0."""
    sums = np.sum(np.abs(x), axis=-2)
    extreme = np.max(sums, axis=-1, keepdims=True) if ord > 0 else np.min(sums, axis=-1, keepdims=True)
    chosen = sums == extreme
    return (np.sum(chosen, axis=-1) > 1) | np.any(chosen[..., None, :] & (x == 0.0), axis=(-2, -1))


def is_kink(x, y, ord=None, axis=None, keepdims=False):
    if isinstance(axis, (tuple, list)) and len(axis) == 2:
        return is_matrix_kink(x, y, ord, axis)
    if axis is not None or ord is None or np.ndim(x) == 1:
        return is_vector_kink(x, y, ord, axis, keepdims)
    return is_matrix_kink(x, y, ord, (0, 1))


KINK = "at 0, at a tie, or where an element is 0"
undefined(np.linalg.norm, where=is_kink, what=KINK, value="0 at 0, equal shares at a tie, 0 for an element 0")
undefined(
    np.linalg.vector_norm,
    where=lambda x, y, axis=None, keepdims=False, ord=2: is_vector_kink(x, y, ord, axis, keepdims),
    what=KINK,
    value="0 at 0, equal shares at a tie, 0 for an element 0",
)
undefined(
    np.linalg.matrix_norm,
    where=lambda x, y, ord="fro": is_matrix_kink(x, y, ord, (-2, -1)),
    what=KINK,
    value="0 at 0, equal shares at a tie, 0 for an element 0",
)
