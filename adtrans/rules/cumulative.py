"""Derivatives of running sums and products, of differences, and of the trapezoidal rule."""

import numpy as np

from adtrans.rules.recurrence import backward, recurrence
from adtrans.rules.registry import adjoint, facts, tangent
from adtrans.runtime import expand, unbroadcast

# ----- running sums -----


def sum_of_later(b, axis):
    """For each element the sum of it and all later ones."""
    if np.ndim(b) == 1:
        return np.cumsum(b[::-1])[::-1]
    return np.flip(np.cumsum(np.flip(b, axis), axis=axis), axis)


@adjoint(np.cumsum)
def _(a, y, by, axis=None, dtype=None, out=None):
    if axis is None:
        return np.reshape(sum_of_later(by, 0), np.shape(a))
    return sum_of_later(by, axis)


@adjoint(np.add.accumulate)
def _(array, y, by, axis=0, dtype=None, out=None):
    return sum_of_later(by, axis)


@tangent(np.nancumsum)
def _(a, y, da, axis=None, dtype=None, out=None):
    return np.cumsum(np.where(np.isnan(a), 0.0, da), axis=axis, dtype=dtype)


@adjoint(np.nancumsum)
def _(a, y, by, axis=None, dtype=None, out=None):
    if axis is None:
        return np.where(np.isnan(a), 0.0, np.reshape(sum_of_later(by, 0), np.shape(a)))
    return np.where(np.isnan(a), 0.0, sum_of_later(by, axis))


facts(np.cumsum, np.add.accumulate, linear=(0,))

# ----- running products: y[i] = a[i] * y[i - 1], never divided -----


def before(b):
    """Products of all earlier elements along the first axis."""
    return np.cumprod(np.concatenate((np.ones_like(b[:1]), b[:-1])), axis=0)


def cumprod_tangent(a, da):
    return recurrence(a, da * before(a))


def cumprod_adjoint(a, by):
    return np.conj(before(a)) * backward(np.conj(a), by)


@tangent(np.cumprod)
def _(a, y, da, axis=None, dtype=None, out=None):
    if axis is None:
        return cumprod_tangent(np.ravel(a), np.ravel(da))
    return np.moveaxis(cumprod_tangent(np.moveaxis(a, axis, 0), np.moveaxis(da, axis, 0)), 0, axis)


@adjoint(np.cumprod)
def _(a, y, by, axis=None, dtype=None, out=None):
    if axis is None:
        return np.reshape(cumprod_adjoint(np.ravel(a), by), np.shape(a))
    return np.moveaxis(cumprod_adjoint(np.moveaxis(a, axis, 0), np.moveaxis(by, axis, 0)), 0, axis)


@tangent(np.multiply.accumulate)
def _(array, y, darray, axis=0, dtype=None, out=None):
    return np.moveaxis(cumprod_tangent(np.moveaxis(array, axis, 0), np.moveaxis(darray, axis, 0)), 0, axis)


@adjoint(np.multiply.accumulate)
def _(array, y, by, axis=0, dtype=None, out=None):
    return np.moveaxis(cumprod_adjoint(np.moveaxis(array, axis, 0), np.moveaxis(by, axis, 0)), 0, axis)


@tangent(np.nancumprod)
def _(a, y, da, axis=None, dtype=None, out=None):
    factors, tangents = np.where(np.isnan(a), 1.0, a), np.where(np.isnan(a), 0.0, da)
    if axis is None:
        return cumprod_tangent(np.ravel(factors), np.ravel(tangents))
    return np.moveaxis(
        cumprod_tangent(np.moveaxis(factors, axis, 0), np.moveaxis(tangents, axis, 0)), 0, axis
    )


@adjoint(np.nancumprod)
def _(a, y, by, axis=None, dtype=None, out=None):
    factors = np.where(np.isnan(a), 1.0, a)
    if axis is None:
        return np.where(np.isnan(a), 0.0, np.reshape(cumprod_adjoint(np.ravel(factors), by), np.shape(a)))
    b = cumprod_adjoint(np.moveaxis(factors, axis, 0), np.moveaxis(by, axis, 0))
    return np.where(np.isnan(a), 0.0, np.moveaxis(b, 0, axis))


# ----- the array API's names, NumPy 2.1 -----


def without_initial(by, axis, include_initial):
    """A cotangent with the running axis first, and without the initial 0 or 1 that the result begins with."""
    b = by if axis is None else np.moveaxis(by, axis, 0)
    if include_initial:
        return b[1:]
    return b


def axis_back(b, axis):
    if axis is None:
        return b
    return np.moveaxis(b, 0, axis)


if hasattr(np, "cumulative_sum"):
    facts(np.cumulative_sum, linear=(0,))

    @adjoint(np.cumulative_sum)
    def _(x, y, by, axis=None, dtype=None, out=None, include_initial=False):
        b = without_initial(by, axis, include_initial)
        return axis_back(sum_of_later(b, 0), axis)

    @tangent(np.cumulative_prod)
    def _(x, y, dx, axis=None, dtype=None, out=None, include_initial=False):
        a = x if axis is None else np.moveaxis(x, axis, 0)
        da = dx if axis is None else np.moveaxis(dx, axis, 0)
        t = cumprod_tangent(a, da)
        if include_initial:
            t = np.concatenate((np.zeros_like(t[:1]), t))
        return axis_back(t, axis)

    @adjoint(np.cumulative_prod)
    def _(x, y, by, axis=None, dtype=None, out=None, include_initial=False):
        a = x if axis is None else np.moveaxis(x, axis, 0)
        return axis_back(cumprod_adjoint(a, without_initial(by, axis, include_initial)), axis)


# ----- differences -----


def length_along(x, axis):
    """How many entries np.diff puts before or after: none, one for a number, or the length along the axis."""
    if x is None:
        return 0
    return 1 if np.ndim(x) == 0 else np.shape(x)[axis]


def diff_adjoint(by, n):
    """The transpose of n differences along the first axis."""
    b = np.pad(by, ((n, n),) + ((0, 0),) * (np.ndim(by) - 1))
    return (-1.0) ** n * np.diff(b, n=n, axis=0)


@tangent(np.diff)
def _(a, n, axis, prepend, append, y, da, dprepend, dappend):
    order, along = 1 if n is None else n, -1 if axis is None else axis
    if prepend is None and append is None:
        return np.diff(da, n=order, axis=along)
    if append is None:
        return np.diff(da, n=order, axis=along, prepend=dprepend)
    if prepend is None:
        return np.diff(da, n=order, axis=along, append=dappend)
    return np.diff(da, n=order, axis=along, prepend=dprepend, append=dappend)


@adjoint(np.diff)
def _(a, n, axis, prepend, append, y, by):
    order, along = 1 if n is None else n, -1 if axis is None else axis
    b = diff_adjoint(np.moveaxis(by, along, 0), order)
    if prepend is None and append is None:
        return np.moveaxis(b, 0, along), None, None, None, None
    first = length_along(prepend, along)
    last = first + np.shape(a)[along]
    ba = np.moveaxis(b[first:last], 0, along)
    bprepend = None if prepend is None else unbroadcast(np.moveaxis(b[:first], 0, along), prepend)
    bappend = None if append is None else unbroadcast(np.moveaxis(b[last:], 0, along), append)
    return ba, None, None, bprepend, bappend


@tangent(np.ediff1d)
def _(ary, to_end, to_begin, y, dary, dto_end, dto_begin):
    parts = (np.diff(np.ravel(dary)),)
    if to_begin is not None:
        parts = (np.ravel(dto_begin),) + parts
    if to_end is not None:
        parts = parts + (np.ravel(dto_end),)
    return np.concatenate(parts)


@adjoint(np.ediff1d)
def _(ary, to_end, to_begin, y, by):
    first = 0 if to_begin is None else np.size(to_begin)
    last = np.size(by) if to_end is None else np.size(by) - np.size(to_end)
    bary = np.reshape(diff_adjoint(by[first:last], 1)[: np.size(ary)], np.shape(ary))  # of nothing, nothing
    bto_begin = None if to_begin is None else np.reshape(by[:first], np.shape(to_begin))
    bto_end = None if to_end is None else np.reshape(by[last:], np.shape(to_end))
    return bary, bto_end, bto_begin


# ----- the trapezoidal rule -----


def to_last(f, axis):
    """The axis of integration last."""
    return f if np.ndim(f) == 1 else np.moveaxis(f, axis, -1)


def from_last(b, axis):
    return b if np.ndim(b) == 1 else np.moveaxis(b, -1, axis)


def panel_widths(f, t, dx, axis):
    """Widths of the panels, with the axis of integration last; a number where they are equal."""
    if t is None:
        return dx
    if np.ndim(t) == 1:
        return np.diff(t)
    return np.diff(to_last(t, axis))


def conjugate_widths(f, t, dx, axis):
    """The same, conjugated; a Python number stays one, which keeps single precision."""
    return dx if t is None else np.conj(panel_widths(f, t, dx, axis))


def both_ends(g):
    """Each panel's share to both of its ends."""
    none = ((0, 0),) * (np.ndim(g) - 1)
    return np.pad(g, none + ((0, 1),)) + np.pad(g, none + ((1, 0),))


@tangent(np.trapezoid)
def _(f, t, y, df, dt, dx=1.0, axis=-1):
    if t is None:
        return np.trapezoid(df, dx=dx, axis=axis)
    slopes = to_last(f, axis)
    means = 0.5 * (slopes[..., 1:] + slopes[..., :-1])
    return np.trapezoid(df, t, axis=axis) + np.sum(means * panel_widths(f, dt, dx, axis), axis=-1)


@adjoint(np.trapezoid)
def _(f, t, y, by, dx=1.0, axis=-1):
    values = to_last(f, axis)
    b = expand(by, values, -1) * np.ones_like(values[..., 1:])
    bf = from_last(both_ends(0.5 * conjugate_widths(f, t, dx, axis) * b), axis)
    if t is None:
        return bf, None
    ends = 0.5 * np.conj(values[..., 1:] + values[..., :-1]) * b
    bt = -np.diff(np.pad(ends, ((0, 0),) * (np.ndim(f) - 1) + ((1, 1),)))
    if np.ndim(t) == 1:
        return bf, unbroadcast(bt, t)
    return bf, unbroadcast(from_last(bt, axis), t)


# ----- np.gradient: three-point weights, other ones at both ends -----


def end_rows(b, step, next_step, edge_order):
    """The transpose of the formula at the first end (at the last one with both steps negated)."""
    if edge_order == 1:
        return np.concatenate((-b / step, b / step))
    both = step + next_step
    rows = (-b * (step + both) / (step * both), b * both / (step * next_step), -b * step / (next_step * both))
    return np.concatenate(rows)


def gradient_adjoint(by, axis, spacing, edge_order):
    """The transpose of np.gradient along one axis, whose spacing is a distance or coordinates."""
    b = np.moveaxis(by, axis, 0)
    others = ((0, 0),) * (np.ndim(by) - 1)
    if np.ndim(spacing) == 0:
        first, second, last, second_last = spacing, spacing, -spacing, -spacing
        inner = b[1:-1] / (2.0 * spacing)
        left, right = -inner, inner
        middle = 0.0 * inner
    else:
        steps = np.diff(spacing)
        first, second, last, second_last = steps[0], steps[1], -steps[-1], -steps[-2]
        steps = np.reshape(steps, (-1,) + (1,) * (np.ndim(by) - 1))
        low, high = steps[:-1], steps[1:]
        left = -b[1:-1] * high / (low * (low + high))
        middle = b[1:-1] * (high - low) / (low * high)
        right = b[1:-1] * low / (high * (low + high))
    head = end_rows(b[:1], first, second, edge_order)
    tail = end_rows(b[-1:], last, second_last, edge_order)[::-1]
    rest = b.shape[0] - head.shape[0]
    total = (
        np.pad(left, ((0, 2),) + others)
        + np.pad(middle, ((1, 1),) + others)
        + np.pad(right, ((2, 0),) + others)
    )
    total = total + np.pad(head, ((0, rest),) + others) + np.pad(tail, ((rest, 0),) + others)
    return np.moveaxis(total, 0, axis)


def spacing_of(distances, k):
    """What a call of np.gradient says of the k-th of its axes."""
    if distances[0] is None:
        return 1.0
    return distances[0] if distances[1] is None else distances[k]


@tangent(np.gradient)
def _(f, h0, h1, h2, y, df, axis=None, edge_order=1):
    if h0 is None:
        return np.gradient(df, axis=axis, edge_order=edge_order)
    if h1 is None:
        return np.gradient(df, h0, axis=axis, edge_order=edge_order)
    if h2 is None:
        return np.gradient(df, h0, h1, axis=axis, edge_order=edge_order)
    return np.gradient(df, h0, h1, h2, axis=axis, edge_order=edge_order)


@adjoint(np.gradient)
def _(f, h0, h1, h2, y, by, axis=None, edge_order=1):
    distances = (h0, h1, h2)
    if isinstance(axis, int):
        bf = gradient_adjoint(by, axis, spacing_of(distances, 0), edge_order)
    elif np.ndim(f) == 1:
        bf = gradient_adjoint(by, 0, spacing_of(distances, 0), edge_order)
    else:
        axes = tuple(range(np.ndim(f))) if axis is None else axis
        bf = gradient_adjoint(by[0], axes[0], spacing_of(distances, 0), edge_order)
        for k in range(1, len(axes)):
            bf = bf + gradient_adjoint(by[k], axes[k], spacing_of(distances, k), edge_order)
    return bf, NotImplemented, NotImplemented, NotImplemented


facts(np.cumprod, np.nancumprod, np.multiply.accumulate, note="exact with zeros")
