"""Adjoints of joining, which take apart, and of splitting, which join."""

from __future__ import annotations

import numpy as np

from adtrans.rules.registry import adjoint, alias, facts, tangent
from adtrans.rules.slicing import at_axis
from adtrans.rules.static import is_static

# ----- joining along an axis -----

facts(np.concatenate, np.stack, np.vstack, np.hstack, np.dstack, np.column_stack, np.block, linear=(0,))
if hasattr(np, "row_stack"):
    alias(np.vstack, np.row_stack)


def taken_apart(by, arrays, axis):
    """The parts of `by` along `axis` that belong to each of the arrays."""
    if not is_static(len(arrays)):
        return np.split(by, np.cumsum([x.shape[axis] for x in arrays])[:-1], axis=axis)
    found = ()
    stop = 0
    for x in arrays:
        start, stop = stop, stop + x.shape[axis]
        found = (*found, by[at_axis(by, axis, slice(start, stop))])
    return found


@adjoint(np.concatenate)
def _(arrays, y, by, axis=0, dtype=None, casting="same_kind"):
    if axis is not None:
        return taken_apart(by, arrays, axis)
    return flat_parts(by, arrays)


def flat_parts(by, arrays):
    """The parts of the vector `by` that belong to each of the ravelled arrays."""
    if not is_static(len(arrays)):
        parts = np.split(by, np.cumsum([np.size(x) for x in arrays])[:-1])
        return [np.reshape(parts[i], np.shape(arrays[i])) for i in range(len(arrays))]
    found = ()
    stop = 0
    for x in arrays:
        start, stop = stop, stop + np.size(x)
        found = (*found, np.reshape(by[start:stop], np.shape(x)))
    return found


@adjoint(np.stack)
def _(arrays, y, by, axis=0, dtype=None, casting="same_kind"):
    if not is_static(len(arrays)):
        return [by[at_axis(by, axis, i)] for i in range(len(arrays))]
    found = ()
    for i in range(len(arrays)):
        found = (*found, by[at_axis(by, axis, i)])
    return found


@adjoint(np.vstack)
def _(tup, y, by, dtype=None, casting="same_kind"):
    return promoted_parts(by, tup, 0, 2)


@adjoint(np.hstack)
def _(tup, y, by, dtype=None, casting="same_kind"):
    if np.ndim(y) == 1:
        return promoted_parts(by, tup, 0, 1)
    return taken_apart(by, tup, 1)


@adjoint(np.dstack)
def _(tup, y, by):
    return promoted_parts(by, tup, 2, 3)


@adjoint(np.column_stack)
def _(tup, y, by):
    return promoted_parts(by, tup, 1, 2)


def promoted_parts(by, arrays, axis, rank):
    """The parts of `by` along `axis`, of arrays that are given `rank` axes before they are joined."""
    if not is_static(len(arrays)):
        lengths = [x.shape[axis] if np.ndim(x) >= rank else 1 for x in arrays]
        parts = np.split(by, np.cumsum(lengths)[:-1], axis=axis)
        return [np.reshape(parts[i], np.shape(arrays[i])) for i in range(len(arrays))]
    found = ()
    stop = 0
    for x in arrays:
        if np.ndim(x) >= rank:
            start, stop = stop, stop + x.shape[axis]
            found = (*found, by[at_axis(by, axis, slice(start, stop))])
        else:
            start, stop = stop, stop + 1
            part = by[at_axis(by, axis, start)]
            found = (*found, part if np.ndim(x) == np.ndim(part) else np.reshape(part, np.shape(x)))
    return found


# ----- block -----


@adjoint(np.block)
def _(arrays, y, by):
    if not isinstance(arrays, list):
        return by
    if not isinstance(arrays[0], list):
        return block_row(by, arrays)
    if isinstance(arrays[0][0], list):
        raise NotImplementedError("np.block of lists nested three deep has no adjoint")
    found = ()
    stop = 0
    for row in arrays:
        start, stop = stop, stop + height(row[0])
        found = (*found, block_row(by[..., start:stop, :], row))
    return found


def height(x):
    """The length of the last axis but one, once a scalar or vector is made a matrix."""
    if np.ndim(x) < 2:
        return 1
    return x.shape[-2]


def width(x):
    """The length of the last axis, 1 for a scalar."""
    if np.ndim(x) == 0:
        return 1
    return x.shape[-1]


def block_row(by, row):
    found = ()
    stop = 0
    for x in row:
        start, stop = stop, stop + width(x)
        part = by[..., start:stop]
        found = (*found, part if np.ndim(x) == np.ndim(by) else np.reshape(part, np.shape(x)))
    return found


# ----- append -----


@tangent(np.append)
def _(arr, values, y, darr, dvalues, axis=None):
    return np.append(darr, dvalues, axis)


@adjoint(np.append)
def _(arr, values, y, by, axis=None):
    if axis is None:
        count = np.size(arr)
        return np.reshape(by[:count], np.shape(arr)), np.reshape(by[count:], np.shape(values))
    count = arr.shape[axis]
    head = by[at_axis(by, axis, slice(None, count))]
    return head, by[at_axis(by, axis, slice(count, None))]


# ----- splitting -----

facts(np.split, np.array_split, np.hsplit, np.vsplit, np.dsplit, linear=(0,), view_of=0)


@adjoint(np.split, np.array_split)
def _(ary, y, by, indices_or_sections=None, axis=0):
    return np.concatenate(by, axis=axis)


@adjoint(np.hsplit)
def _(ary, y, by, indices_or_sections=None):
    if np.ndim(ary) == 1:
        return np.concatenate(by)
    return np.concatenate(by, axis=1)


@adjoint(np.vsplit)
def _(ary, y, by, indices_or_sections=None):
    return np.concatenate(by)


@adjoint(np.dsplit)
def _(ary, y, by, indices_or_sections=None):
    return np.concatenate(by, axis=2)


if hasattr(np, "unstack"):
    facts(np.unstack, linear=(0,), view_of=0)

    @adjoint(np.unstack)
    def _(x, y, by, axis=0):
        return np.stack(by, axis=axis)
