"""Derivatives of what derivatives themselves call: scatter-adds and the helpers of adtrans.runtime."""

from __future__ import annotations

import numpy as np

from adtrans.ir import prims
from adtrans.markers import stop_gradient
from adtrans.rules.registry import adjoint, alias, facts, tangent
from adtrans.runtime import (
    add_slice,
    add_trees,
    conform,
    expand,
    expand_to,
    quotient,
    surviving,
    unbroadcast,
    zeros_like,
)


@adjoint(prims.add_at)
def _(b, index, v, y, by):
    return by, None, unbroadcast(by[index], v)


@adjoint(unbroadcast)
def _(b, x, y, by):
    return conform(np.broadcast_to(by, np.shape(b)), b), None


facts(unbroadcast, linear=(0,), view_of=0)


@adjoint(conform)
def _(b, x, y, by):
    return conform(by, b), None


facts(conform, linear=(0,), view_of=0)


@adjoint(expand)
def _(b, x, y, by, axis=None, keepdims=False):
    return np.reshape(by, np.shape(b)), None


facts(expand, linear=(0,), view_of=0)


@adjoint(expand_to)
def _(b, x, y, by):
    return unbroadcast(by, b), None


facts(expand_to, linear=(0,), view_of=0)


@adjoint(add_slice)
def _(b, index, v, y, by):
    return by, None, by[index]


@adjoint(add_trees)
def _(a, b, y, by):
    return by, by


@tangent(quotient)
def _(b, x, y, db, dx):
    return quotient(db - y * dx, x)


@adjoint(quotient)
def _(b, x, y, by):
    return quotient(by, np.conj(x)), -quotient(by * np.conj(y), np.conj(x))


facts(quotient, elementwise=True, linear=(0,))
facts(zeros_like, nondifferentiable=True, shape_only=(0,))
facts(stop_gradient, nondifferentiable=True, view_of=0)

alias(np.max, np.amax)
alias(np.min, np.amin)
facts(surviving, nondifferentiable=True)

# Results that may be, or share memory with, the argument.
facts(
    *(
        getattr(np, name)
        for name in "reshape ravel transpose swapaxes moveaxis rollaxis permute_dims matrix_transpose "
        "expand_dims squeeze broadcast_to broadcast_arrays atleast_1d atleast_2d atleast_3d flip fliplr "
        "flipud rot90 diagonal split array_split hsplit vsplit dsplit unstack real imag asarray asanyarray "
        "ascontiguousarray asfortranarray require trim_zeros real_if_close nan_to_num astype".split()
        if hasattr(np, name)
    ),
    np.linalg.diagonal,
    np.linalg.matrix_transpose,
    view_of=0,
)
facts(np.nan_to_num, np.astype, view_of=None)  # new arrays, unless copy=False, which is refused
