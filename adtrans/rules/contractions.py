"""Derivatives of products of any number of operands: einsum and multi_dot."""

from __future__ import annotations

import numpy as np

from adtrans.rules.arity import padded, present
from adtrans.rules.hermitian import dagger
from adtrans.rules.layout import (
    adjoint_subscripts,
    explicit_subscripts,
    interleaved_subscripts,
    is_identity,
    missing_axes,
    tied_axes,
)
from adtrans.rules.registry import adjoint, facts, tangent
from adtrans.runtime import unbroadcast

# ----- einsum -----

facts(np.einsum, linear=tuple(range(33)))


def contract(subscripts, operands, optimize):
    if optimize:
        return np.einsum(subscripts, *operands, optimize=optimize)
    return np.einsum(subscripts, *operands)


@tangent(np.einsum)
def _(subscripts, a, b, c, d, e, f, g, h, y, dsubscripts, da, db, dc, dd, de, df, dg, dh, optimize=False):
    operands, changes = present((a, b, c, d, e, f, g, h)), (da, db, dc, dd, de, df, dg, dh)
    if isinstance(subscripts, str):
        dy = contract(subscripts, (da, *operands[1:]), optimize)
        first, last, step = 1, len(operands), 1
    else:  # einsum(a, [0, 1], b, [1, 2], [0, 2])
        dy = contract(dsubscripts, operands, optimize)
        first, last, step = 1, len(operands) - 1, 2
    for i in range(first, last, step):
        dy = dy + contract(subscripts, (*operands[:i], changes[i], *operands[i + 1 :]), optimize)
    return dy


@adjoint(np.einsum)
def _(subscripts, a, b, c, d, e, f, g, h, y, by, optimize=False):
    operands = present((a, b, c, d, e, f, g, h))
    if isinstance(subscripts, str):
        text, arrays = explicit_subscripts(subscripts, ranks(operands)), operands
    else:
        count = (len(operands) + 1) // 2
        arrays = (subscripts, *operands[1 : 2 * count - 1 : 2])
        output = operands[-1] if len(operands) % 2 == 0 else None
        sublists = interleaved_subscripts(operands[0 : 2 * count - 1 : 2], output)
        text = explicit_subscripts(sublists, ranks(arrays))
    found = ()
    for i in range(len(arrays)):
        found = (*found, operand_adjoint(text, i, arrays, by, optimize))
    if isinstance(subscripts, str):
        return (None, *padded(found))
    spread = ()
    for i in range(1, len(arrays)):
        spread = (*spread, None, found[i])
    return (found[0], *padded(spread))


def ranks(arrays):
    """The number of axes of each array."""
    found = ()
    for x in arrays:
        found = (*found, np.ndim(x))
    return found


def operand_adjoint(text, i, arrays, by, optimize):
    """The adjoint of operand `i`: the same contraction with the output in the place of the operand."""
    x = arrays[i]
    factors = (by,)
    for other in (*arrays[:i], *arrays[i + 1 :]):
        factors = (*factors, np.conj(other))
    for axis in tied_axes(text, i):
        factors = (*factors, np.eye(x.shape[axis], dtype=x.dtype))
    backward = adjoint_subscripts(text, i)
    b = by if is_identity(backward) else contract(backward, factors, optimize)
    if len(missing_axes(text, i)) > 0:
        b = np.expand_dims(b, missing_axes(text, i))
    return unbroadcast(b, x)


# ----- multi_dot -----


@tangent(np.linalg.multi_dot)
def _(arrays, y, darrays):
    dy = np.linalg.multi_dot([darrays[0], *arrays[1:]])
    for i in range(1, len(arrays)):
        dy = dy + np.linalg.multi_dot([*arrays[:i], darrays[i], *arrays[i + 1 :]])
    return dy


@adjoint(np.linalg.multi_dot)
def _(arrays, y, by):
    first, last = np.atleast_2d(arrays[0]), arrays[-1]
    if np.ndim(last) == 1:
        last = last[:, None]
    matrices = (first, *arrays[1:-1], last)
    b = np.reshape(by, (first.shape[0], last.shape[1]))
    found = ()
    for i in range(len(arrays)):
        bx = b
        if i > 0:
            bx = dagger(chain(matrices[:i])) @ bx
        if i < len(arrays) - 1:
            bx = bx @ dagger(chain(matrices[i + 1 :]))
        found = (*found, np.reshape(bx, arrays[i].shape) if np.ndim(arrays[i]) == 1 else bx)
    return found


def chain(matrices):
    """The product of one or more matrices."""
    if len(matrices) == 1:
        return matrices[0]
    if len(matrices) == 2:
        return matrices[0] @ matrices[1]
    return np.linalg.multi_dot(matrices)
