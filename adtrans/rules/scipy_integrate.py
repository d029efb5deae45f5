"""Derivatives of the quadrature rules of scipy.integrate for samples."""

import numpy as np
from scipy import integrate

from adtrans.ir.prims import add_at
from adtrans.rules.cumulative import (
    both_ends,
    conjugate_widths,
    from_last,
    panel_widths,
    sum_of_later,
    to_last,
)
from adtrans.rules.registry import adjoint, alias, tangent
from adtrans.runtime import expand, unbroadcast

alias(np.trapezoid, integrate.trapezoid)

# ----- running integrals -----


def means(f, axis):
    """The mean of each panel, with the axis of integration last."""
    values = to_last(f, axis)
    return 0.5 * (values[..., 1:] + values[..., :-1])


@tangent(integrate.cumulative_trapezoid)
def _(f, t, y, df, dt, dx=1.0, axis=-1, initial=None):
    if t is None:
        return integrate.cumulative_trapezoid(df, dx=dx, axis=axis, initial=initial)
    d = np.cumsum(means(df, axis) * panel_widths(f, t, dx, axis), axis=-1)
    d = d + np.cumsum(means(f, axis) * panel_widths(f, dt, dx, axis), axis=-1)
    if initial is not None:
        d = np.pad(d, ((0, 0),) * (np.ndim(f) - 1) + ((1, 0),))
    return from_last(d, axis)


@adjoint(integrate.cumulative_trapezoid)
def _(f, t, y, by, dx=1.0, axis=-1, initial=None):
    b = to_last(by, axis)
    if initial is not None:
        b = b[..., 1:]
    b = sum_of_later(b, -1)
    bf = from_last(both_ends(0.5 * conjugate_widths(f, t, dx, axis) * b), axis)
    if t is None:
        return bf, None
    bt = -np.diff(np.pad(np.conj(means(f, axis)) * b, ((0, 0),) * (np.ndim(f) - 1) + ((1, 1),)))
    if np.ndim(t) == 1:
        return bf, unbroadcast(bt, t)
    return bf, unbroadcast(from_last(bt, axis), t)


# ----- Simpson's rule: linear in the samples -----


def widths(f, t, dx, axis):
    """Widths of the panels along the last axis, one for each."""
    if t is None:
        return dx * np.ones_like(to_last(f, axis)[..., 1:])
    return panel_widths(f, t, dx, axis)


def simpson_weights(h):
    """The weights of the samples: a parabola over every two panels, and a last one over the last two."""
    count = h.shape[-1] // 2
    odd = h.shape[-1] % 2
    p, q = h[..., 0 : 2 * count : 2], h[..., 1 : 2 * count : 2]
    both = (p + q) / 6.0
    w = np.pad(0.0 * h, ((0, 0),) * (np.ndim(h) - 1) + ((0, 1),))
    w = add_at(w, (..., slice(0, 2 * count, 2)), both * (2.0 - q / p))
    w = add_at(w, (..., slice(1, 2 * count, 2)), both * (p + q) ** 2 / (p * q))
    w = add_at(w, (..., slice(2, 2 * count + 1, 2)), both * (2.0 - p / q))
    if odd == 1 and count == 0:
        w = w + 0.5 * h
    if odd == 1 and count > 0:
        p, q = h[..., -2:-1], h[..., -1:]
        w = add_at(w, (..., slice(-1, None)), q * (2.0 * q + 3.0 * p) / (6.0 * (p + q)))
        w = add_at(w, (..., slice(-2, -1)), q * (q + 3.0 * p) / (6.0 * p))
        w = add_at(w, (..., slice(-3, -2)), -(q**3) / (6.0 * p * (p + q)))
    return w


@tangent(integrate.simpson)
def _(f, t, y, df, dx=1.0, axis=-1):
    if t is None:
        return integrate.simpson(df, dx=dx, axis=axis)
    return integrate.simpson(df, x=t, axis=axis)


@adjoint(integrate.simpson)
def _(f, t, y, by, dx=1.0, axis=-1):
    values = to_last(f, axis)
    b = expand(by, values, -1) * simpson_weights(widths(f, t, dx, axis))
    return from_last(b, axis), NotImplemented
