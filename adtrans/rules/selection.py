"""Derivatives of functions that choose among their inputs. A tie is shared in equal parts."""

from __future__ import annotations

import builtins
import math

import numpy as np

from adtrans.ir.prims import add_at
from adtrans.rules.registry import adjoint, facts, nondifferentiable, tangent, undefined
from adtrans.rules.static import is_python, is_static, may_be_infinite, real_only
from adtrans.runtime import unbroadcast, zeros_like

# ----- the larger or the smaller -----


def above(a, b):
    """The share of `a` in max(a, b): 1 above, 0.5 at a tie, 0 below; NaN stays NaN."""
    real_only(a)
    real_only(b)
    if is_python(a) and is_python(b):
        return 0.5 if a == b else float(a > b)
    if is_static(b) and b == 0:
        return np.heaviside(a, 0.5)
    if is_static(a) and a == 0:
        return np.heaviside(-b, 0.5)
    if is_static(b) and math.isfinite(b) or is_static(a) and math.isfinite(a):
        return np.heaviside(a - b, 0.5)
    return np.where(a == b, 0.5, 0.5 + 0.5 * np.sign(a - b))  # inf - inf is no tie


def kept(b, share):
    """`b * share`, and 0 where the share is, however large `b` is."""
    if not may_be_infinite(b):
        return b * share
    if is_python(share):
        return b * share if share else 0.0
    return np.where(share, b * share, 0.0)


def split(by, a, first, second):
    """`by` in the shares of `a` and of the other one."""
    if is_static(a) or may_be_infinite(by):
        return kept(by, first), kept(by, second)
    share = by * first
    return share, by - share


def mixed(da, db, a, first, second):
    """The tangents in the shares of `a` and of the other one."""
    if is_static(a) or may_be_infinite(da) or may_be_infinite(db):
        return kept(da, first) + kept(db, second)
    return db + (da - db) * first


@tangent(np.maximum, builtins.max)
def _(a, b, y, da, db):
    return mixed(da, db, a, above(a, b), above(b, a))


@adjoint(np.maximum, builtins.max)
def _(a, b, y, by):
    return split(by, a, above(a, b), above(b, a))


@tangent(np.minimum, builtins.min)
def _(a, b, y, da, db):
    return mixed(da, db, a, above(b, a), above(a, b))


@adjoint(np.minimum, builtins.min)
def _(a, b, y, by):
    return split(by, a, above(b, a), above(a, b))


facts(np.maximum, np.minimum, builtins.max, builtins.min, elementwise=True)


def share_of(a, b, y):
    """The share of `a` in y = fmax(a, b) or fmin(a, b), where a NaN loses."""
    return np.where(a == b, 0.5, np.where(a == y, 1.0, 0.0 * y))


@tangent(np.fmax, np.fmin)
def _(a, b, y, da, db):
    return kept(da, share_of(a, b, y)) + kept(db, share_of(b, a, y))


@adjoint(np.fmax, np.fmin)
def _(a, b, y, by):
    return kept(by, share_of(a, b, y)), kept(by, share_of(b, a, y))


facts(np.fmax, np.fmin, elementwise=True)
undefined(
    np.maximum,
    np.minimum,
    np.fmax,
    np.fmin,
    builtins.max,
    builtins.min,
    where=lambda a, b, y: a == b,
    what="where its arguments are equal",
    value="half for each",
)

# ----- clip is minimum(maximum(a, a_min), a_max), and shares at its bounds as these do -----


def clip_share(a, low, high):
    """The share of `a` in its clipped value."""
    if low is None and high is None:
        return 1.0
    if low is None:
        return above(high, a)
    if high is None:
        return above(a, low)
    return above(a, low) * above(high, a)


def low_share(a, low, high):
    if low is None:
        return None
    if high is None:
        return above(low, a)
    return above(low, a) * above(high, low)


def high_share(a, low, high):
    if high is None:
        return None
    if low is None:
        return above(a, high)
    return above(np.maximum(a, low), high)


@tangent(np.clip)
def _(a, a_min, a_max, y, da, da_min, da_max, out=None, min=None, max=None):
    low = a_min if min is None else min
    high = a_max if max is None else max
    moved = kept(da, clip_share(a, low, high))
    if a_min is not None:
        moved = moved + kept(da_min, low_share(a, low, high))
    if a_max is not None:
        moved = moved + kept(da_max, high_share(a, low, high))
    return moved


@adjoint(np.clip)
def _(a, a_min, a_max, y, by, out=None, min=None, max=None):
    low = a_min if min is None else min
    high = a_max if max is None else max
    ba_min = None if a_min is None else kept(by, low_share(a, low, high))
    ba_max = None if a_max is None else kept(by, high_share(a, low, high))
    return kept(by, clip_share(a, low, high)), ba_min, ba_max


facts(np.clip, elementwise=True)


def at_bounds(a, a_min, a_max, y, min=None, max=None):
    low = a_min if min is None else min
    high = a_max if max is None else max
    if low is None:
        return False if high is None else a == high
    if high is None:
        return a == low
    return (a == low) | (a == high) | (low == high)


undefined(np.clip, where=at_bounds, what="where it meets a bound", value="half")

# ----- masks -----


@tangent(np.where)
def _(condition, x, z, y, dx, dz):
    if x is None:
        return None
    return np.where(condition, dx, dz)


@adjoint(np.where)
def _(condition, x, z, y, by):
    if x is None:
        return None, None, None
    return None, np.where(condition, by, 0.0), np.where(condition, 0.0, by)


@tangent(np.nan_to_num)
def _(x, y, dx, copy=True, nan=0.0, posinf=None, neginf=None):
    return np.where(np.isfinite(x), dx, 0.0)


@adjoint(np.nan_to_num)
def _(x, y, by, copy=True, nan=0.0, posinf=None, neginf=None):
    return np.where(np.isfinite(x), by, 0.0)


facts(np.where, np.nan_to_num, elementwise=True)


@tangent(np.select)
def _(condlist, choicelist, default, y, dchoicelist, ddefault):
    if default is None:
        return np.select(condlist, dchoicelist)
    return np.select(condlist, dchoicelist, ddefault)


@adjoint(np.select)
def _(condlist, choicelist, default, y, by):
    found = []
    rest = by
    for i in range(len(choicelist)):
        found = found + [unbroadcast(np.where(condlist[i], rest, 0.0), choicelist[i])]
        rest = np.where(condlist[i], 0.0, rest)
    if default is None:
        return None, found, None
    return None, found, unbroadcast(rest, default)


# ----- choices by number -----


def chosen(a, n, mode):
    """The numbers of the choices, as np.choose takes those out of range."""
    if mode == "wrap":
        return a % n
    if mode == "clip":
        return np.clip(a, 0, n - 1)
    return a


@tangent(np.choose)
def _(a, choices, y, dchoices, out=None, mode="raise"):
    return np.choose(a, dchoices, mode=mode)


@adjoint(np.choose)
def _(a, choices, y, by, out=None, mode="raise"):
    if isinstance(choices, np.ndarray):
        numbers = np.reshape(np.arange(len(choices)), (-1,) + (1,) * np.ndim(by))
        hit = chosen(np.asarray(a), len(choices), mode) == numbers
        return None, unbroadcast(np.where(hit, by, 0.0), choices)
    found = []
    for i in range(len(choices)):
        hit = chosen(np.asarray(a), len(choices), mode) == i
        found = found + [unbroadcast(np.where(hit, by, 0.0), choices[i])]
    return None, found


# ----- the elements that a mask keeps -----


@adjoint(np.compress)
def _(condition, a, y, by, axis=None, out=None):
    kept = np.flatnonzero(condition)
    if axis is None:
        return None, np.reshape(add_at(np.ravel(zeros_like(a)), kept, by), np.shape(a))
    b = add_at(np.moveaxis(zeros_like(a), axis, 0), kept, np.moveaxis(by, axis, 0))
    return None, np.moveaxis(b, 0, axis)


@adjoint(np.extract)
def _(condition, arr, y, by):
    kept = np.flatnonzero(condition)
    return None, np.reshape(add_at(np.ravel(zeros_like(arr)), kept, by), np.shape(arr))


facts(np.compress, np.extract, linear=(1,))

# ----- positions -----

nondifferentiable(np.argmax, np.argmin, np.nanargmax, np.nanargmin, np.argsort, np.argpartition, np.lexsort)
nondifferentiable(np.nonzero, np.flatnonzero, np.argwhere, np.count_nonzero, np.searchsorted, np.digitize)

facts(np.where, np.select, np.choose, note="exactly 0 from what is not chosen, also where that is inf or nan")
facts(np.nan_to_num, note="0 where a number is replaced")
facts(np.clip, note="of real numbers; is minimum(maximum(a, a_min), a_max); bounds get their gradients")
