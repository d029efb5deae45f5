"""Derivatives of what derivatives themselves call: scatter-adds and the helpers of adtrans.runtime."""

from __future__ import annotations

import numpy as np

from adtrans.ir import prims
from adtrans.markers import stop_gradient
from adtrans.rules.registry import adjoint, alias, facts
from adtrans.runtime import conform, expand, surviving, unbroadcast, zeros_like


@adjoint(prims.add_at)
def _(b, index, v, y, by):
    return by, None, conform(by[index], v)


facts(prims.add_at, linear=(0, 2))


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
facts(zeros_like, nondifferentiable=True, shape_only=(0,))
facts(stop_gradient, nondifferentiable=True, view_of=0)

alias(np.max, np.amax)
alias(np.min, np.amin)
facts(surviving, nondifferentiable=True)
