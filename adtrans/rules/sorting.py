"""Derivatives of sorting. Sorting moves numbers: both modes move tangents and cotangents along with them."""

import numpy as np

from adtrans.ir.prims import add_at
from adtrans.rules.registry import adjoint, facts, tangent, undefined
from adtrans.runtime import zeros_like

# ----- what they share -----


def moved(b, order, axis):
    """`b` in another order along an axis (of all its elements where the axis is None)."""
    if axis is None:
        return np.ravel(b)[order]
    if np.ndim(b) == 1:
        return b[order]
    return np.take_along_axis(b, order, axis=axis)


def moved_back(b, a, order, axis):
    """The adjoint of `moved`: the inverse permutation, in the shape of `a`."""
    if axis is None:
        return np.reshape(b[np.argsort(order)], np.shape(a))
    return moved(b, inverse(order, axis), axis)


def inverse(order, axis):
    if np.ndim(order) == 1:
        return np.argsort(order)
    return np.argsort(order, axis=axis)


def stable_order(a, axis):
    """Where the elements of the sorted array come from; equal ones stay in order."""
    if np.ndim(a) == 1:
        return np.argsort(a, kind="stable")
    return np.argsort(a, axis=axis, kind="stable")


# ----- sort and partition -----


@tangent(np.sort)
def _(a, y, da, axis=-1, kind=None, stable=None):
    return moved(da, stable_order(a, axis), axis)


@adjoint(np.sort)
def _(a, y, by, axis=-1, kind=None, stable=None):
    return moved_back(by, a, stable_order(a, axis), axis)


@tangent(np.sort_complex)
def _(a, y, da):
    return moved(da, stable_order(a, -1), -1)


@adjoint(np.sort_complex)
def _(a, y, by):
    return moved_back(by, a, stable_order(a, -1), -1)


@tangent(np.partition)
def _(a, y, da, kth=0, axis=-1, kind="introselect"):
    d = moved(da, stable_order(a, axis), axis)
    last = -1 if axis is None else axis
    return moved(d, inverse(stable_order(y, last), last), last)


@adjoint(np.partition)
def _(a, y, by, kth=0, axis=-1, kind="introselect"):
    last = -1 if axis is None else axis
    return moved_back(moved(by, stable_order(y, last), last), a, stable_order(a, axis), axis)


def is_split(a, y, by, axis=-1):
    """Where equal neighbours have cotangents that differ."""
    if axis is None:
        return (y[1:] == y[:-1]) & (by[1:] != by[:-1])
    sorted_first, b = np.moveaxis(y, axis, 0), np.moveaxis(by, axis, 0)
    return (sorted_first[1:] == sorted_first[:-1]) & (b[1:] != b[:-1])


def is_split_in_order(a, y, by, axis=-1):
    """As `is_split`, of what is sorted in part."""
    last = -1 if axis is None else axis
    order = stable_order(y, last)
    return is_split(a, moved(y, order, last), moved(by, order, last), last)


undefined(np.sort, where=is_split, what="where elements are equal", value="in stable order")
undefined(
    np.sort_complex,
    where=lambda a, y, by: is_split(a, y, by),
    what="where elements are equal",
    value="in stable order",
)
undefined(np.partition, where=is_split_in_order, what="where elements are equal", value="in stable order")

# ----- unique: of equal elements the first one counts -----


def first_places(ar, axis, equal_nan):
    """Where each of the unique elements (or slices) is met first."""
    return np.unique(ar, return_index=True, axis=axis, equal_nan=equal_nan)[1]


def chosen(b, places, axis):
    if axis is None:
        return np.ravel(b)[places]
    return np.take(b, places, axis=axis)


def put_back(b, ar, places, axis):
    """The adjoint of `chosen`."""
    if axis is None:
        return np.reshape(add_at(zeros_like(np.ravel(ar)), places, b), np.shape(ar))
    if axis == 0:
        return add_at(zeros_like(ar), places, b)
    return np.moveaxis(add_at(zeros_like(np.moveaxis(ar, axis, 0)), places, np.moveaxis(b, axis, 0)), 0, axis)


@tangent(np.unique)
def _(ar, y, dar, return_index=False, return_inverse=False, return_counts=False, axis=None, equal_nan=True):
    d = chosen(dar, first_places(ar, axis, equal_nan), axis)
    if return_index or return_inverse or return_counts:
        return (d, *(None,) * (return_index + return_inverse + return_counts))
    return d


@adjoint(np.unique)
def _(ar, y, by, return_index=False, return_inverse=False, return_counts=False, axis=None, equal_nan=True):
    b = by[0] if return_index or return_inverse or return_counts else by
    return put_back(b, ar, first_places(ar, axis, equal_nan), axis)


@tangent(np.unique_values)
def _(x, y, dx):
    return chosen(dx, first_places(x, None, False)[inverse(stable_order(y, 0), 0)], None)


@adjoint(np.unique_values)
def _(x, y, by):
    return put_back(by[stable_order(y, 0)], x, first_places(x, None, False), None)


# ----- lists -----


def permutation(items, reverse):
    """The order in which `sorted` takes numbers; equal ones stay in order."""
    a = np.array(items)
    return np.argsort(-a if reverse else a, kind="stable")


@tangent(sorted)
def _(iterable, y, diterable, reverse=False):
    return np.array(diterable)[permutation(iterable, reverse)].tolist()


@adjoint(sorted)
def _(iterable, y, by, reverse=False):
    b = np.array(by)[np.argsort(permutation(iterable, reverse))]
    return b if isinstance(iterable, np.ndarray) else b.tolist()


undefined(
    sorted,
    where=lambda iterable, y, by: is_split(y, np.array(y), np.array(by)),
    what="where elements are equal",
    value="in stable order",
)
facts(np.ndarray.tolist, linear=(0,))


@adjoint(np.ndarray.tolist)
def _(a, y, by):
    return np.array(by)


facts(np.unique, note="of equal elements the first one has the gradient")
