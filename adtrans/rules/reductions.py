"""Derivatives of reductions. An adjoint may be smaller than its input, if only it broadcasts to it."""

import numpy as np

from adtrans.rules.registry import adjoint, facts, tangent, undefined
from adtrans.runtime import expand

# ----- what they share -----


def masked(b, where):
    """`b`, but exactly 0 where a reduction does not look."""
    if where is True:
        return b
    return np.where(where, b, 0.0)


def count(a, axis, where):
    """How many elements each result is made of, to be divided by (one axis is kept as size 1)."""
    if where is not True:
        return np.sum(np.ones_like(a), axis=axis, keepdims=True, where=where)
    if np.ndim(a) == 0:
        return 1
    if axis is None:
        return a.size
    if isinstance(axis, tuple):
        n = 1
        for i in axis:
            n = n * a.shape[i]
        return n
    return a.shape[axis]


def numbers(a, where):
    """The mask of what a nan-ignoring reduction looks at."""
    if where is True:
        return ~np.isnan(a)
    return ~np.isnan(a) & where


# ----- sums and means -----


@tangent(np.sum)
def _(a, y, da, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=True):
    if where is True:
        return np.sum(da, axis=axis, dtype=dtype, keepdims=keepdims)
    return np.sum(da, axis=axis, dtype=dtype, keepdims=keepdims, where=where)


@adjoint(np.sum)
def _(a, y, by, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=True):
    return masked(expand(by, a, axis, keepdims), where)


@tangent(np.add.reduce)
def _(array, y, darray, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=True):
    if where is True:
        return np.sum(darray, axis=axis, dtype=dtype, keepdims=keepdims)
    return np.sum(darray, axis=axis, dtype=dtype, keepdims=keepdims, where=where)


@adjoint(np.add.reduce)
def _(array, y, by, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=True):
    return masked(expand(by, array, axis, keepdims), where)


@tangent(np.mean)
def _(a, y, da, axis=None, dtype=None, out=None, keepdims=False, where=True):
    if where is True:
        return np.mean(da, axis=axis, dtype=dtype, keepdims=keepdims)
    return np.mean(da, axis=axis, dtype=dtype, keepdims=keepdims, where=where)


@adjoint(np.mean)
def _(a, y, by, axis=None, dtype=None, out=None, keepdims=False, where=True):
    return masked(expand(by, a, axis, keepdims) / count(a, axis, where), where)


facts(np.sum, np.add.reduce, np.mean, linear=(0,))


@tangent(np.nansum)
def _(a, y, da, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=True):
    return np.sum(da, axis=axis, dtype=dtype, keepdims=keepdims, where=numbers(a, where))


@adjoint(np.nansum)
def _(a, y, by, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=True):
    return np.where(numbers(a, where), expand(by, a, axis, keepdims), 0.0)


@tangent(np.nanmean)
def _(a, y, da, axis=None, dtype=None, out=None, keepdims=False, where=True):
    return np.mean(da, axis=axis, dtype=dtype, keepdims=keepdims, where=numbers(a, where))


@adjoint(np.nanmean)
def _(a, y, by, axis=None, dtype=None, out=None, keepdims=False, where=True):
    seen = numbers(a, where)
    return np.where(seen, expand(by, a, axis, keepdims) / count(a, axis, seen), 0.0)


# ----- extrema -----


def ties(a, top, axis, initial, where):
    """The share of each element in the extremum `top`: 1/k where k are equal; NaN if it is NaN."""
    hit = a == top
    if where is not True:
        hit = hit & where
    k = np.sum(hit, axis=axis, keepdims=True, dtype=a.dtype)
    if initial is not None:
        k = k + (top == initial)
    return hit / k


@tangent(np.max, np.min, np.nanmax, np.nanmin)
def _(a, y, da, axis=None, out=None, keepdims=False, initial=None, where=True):
    if np.ndim(a) == 0:
        return da
    share = ties(a, expand(y, a, axis, keepdims), axis, initial, where)
    return np.sum(da * share, axis=axis, keepdims=keepdims)


@adjoint(np.max, np.min, np.nanmax, np.nanmin)
def _(a, y, by, axis=None, out=None, keepdims=False, initial=None, where=True):
    if np.ndim(a) == 0:
        return by
    share = ties(a, expand(y, a, axis, keepdims), axis, initial, where)
    return expand(by, a, axis, keepdims) * share


@tangent(np.maximum.reduce, np.minimum.reduce)
def _(array, y, darray, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=True):
    share = ties(array, expand(y, array, axis, keepdims), axis, initial, where)
    return np.sum(darray * share, axis=axis, keepdims=keepdims)


@adjoint(np.maximum.reduce, np.minimum.reduce)
def _(array, y, by, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=True):
    share = ties(array, expand(y, array, axis, keepdims), axis, initial, where)
    return expand(by, array, axis, keepdims) * share


def spread_share(a, axis):
    high = np.max(a, axis=axis, keepdims=True)
    low = np.min(a, axis=axis, keepdims=True)
    return ties(a, high, axis, None, True) - ties(a, low, axis, None, True)


@tangent(np.ptp)
def _(a, y, da, axis=None, out=None, keepdims=False):
    return np.sum(da * spread_share(a, axis), axis=axis, keepdims=keepdims)


@adjoint(np.ptp)
def _(a, y, by, axis=None, out=None, keepdims=False):
    return expand(by, a, axis, keepdims) * spread_share(a, axis)


def is_tied(a, y, axis=None, keepdims=False, initial=None, where=True):
    """Whether several elements are the extremum; `initial` counts as one."""
    if np.ndim(a) == 0:
        return False
    hit = a == expand(y, a, axis, keepdims)
    if where is not True:
        hit = hit & where
    k = np.sum(hit, axis=axis, keepdims=keepdims)
    if initial is not None:
        k = k + (y == initial)
    return k > 1


def is_spread_tied(a, y, axis=None, keepdims=False):
    high, low = np.max(a, axis=axis, keepdims=keepdims), np.min(a, axis=axis, keepdims=keepdims)
    return is_tied(a, high, axis, keepdims) | is_tied(a, low, axis, keepdims)


undefined(
    np.max,
    np.min,
    np.nanmax,
    np.nanmin,
    where=is_tied,
    what="where several elements are the extremum",
    value="equal shares",
)
undefined(
    np.maximum.reduce,
    np.minimum.reduce,
    where=lambda array, y, axis=0, keepdims=False, initial=None, where=True: is_tied(
        array, y, axis, keepdims, initial, where
    ),
    what="where several elements are the extremum",
    value="equal shares",
)
undefined(np.ptp, where=is_spread_tied, what="where several elements are an extremum", value="equal shares")


# ----- products -----


def others_along(a, axis):
    """For each element the product of the other ones along an axis, without a division."""
    b = np.moveaxis(a, axis, 0)
    one = np.ones_like(b[:1])
    before = np.cumprod(np.concatenate((one, b[:-1])), axis=0)
    after = np.cumprod(np.concatenate((one, b[:0:-1])), axis=0)[::-1]
    return np.moveaxis(before * after, 0, axis)


def others(a, axis, initial, where):
    """For each element the product of all other factors of its result."""
    if np.ndim(a) == 0:
        product = np.ones_like(a)
    else:
        factors = a if where is True else np.where(where, a, 1.0)
        if axis is None:
            product = np.reshape(others_along(np.ravel(factors), 0), np.shape(a))
        elif isinstance(axis, tuple):
            product = 1.0
            for i in axis:
                product = product * others_along(factors, i)
                factors = np.prod(factors, axis=i, keepdims=True)
        else:
            product = others_along(factors, axis)
    if initial is not None:
        product = product * initial
    return masked(product, where)


@tangent(np.prod)
def _(a, y, da, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=True):
    return np.sum(da * others(a, axis, initial, where), axis=axis, keepdims=keepdims)


@adjoint(np.prod)
def _(a, y, by, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=True):
    return expand(by, a, axis, keepdims) * np.conj(others(a, axis, initial, where))


@tangent(np.multiply.reduce)
def _(array, y, darray, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=True):
    return np.sum(darray * others(array, axis, initial, where), axis=axis, keepdims=keepdims)


@adjoint(np.multiply.reduce)
def _(array, y, by, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=True):
    return expand(by, array, axis, keepdims) * np.conj(others(array, axis, initial, where))


@tangent(np.nanprod)
def _(a, y, da, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=True):
    seen = numbers(a, where)
    return np.sum(da * others(a, axis, initial, seen), axis=axis, keepdims=keepdims, where=seen)


@adjoint(np.nanprod)
def _(a, y, by, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=True):
    return expand(by, a, axis, keepdims) * np.conj(others(a, axis, initial, numbers(a, where)))


# ----- variances -----


def deviation(a, axis, where):
    """What each element differs from its mean, divided by nothing yet; 0 where nobody looks."""
    if where is True:
        return a - np.mean(a, axis=axis, keepdims=True)
    return np.where(where, a - np.mean(a, axis=axis, keepdims=True, where=where), 0.0)


def var_gradient(a, axis, ddof, correction, where):
    if correction is not None:
        ddof = correction
    return 2.0 * deviation(a, axis, where) / (count(a, axis, where) - ddof)


def std_gradient(a, y, axis, ddof, correction, where):
    if correction is not None:
        ddof = correction
    deviations = deviation(a, axis, where)  # all 0 where y is, and so is the gradient
    return deviations / ((count(a, axis, where) - ddof) * np.where(y == 0.0, 1.0, y))


def real_product(a, b):
    """Re(conj(a) * b)."""
    return np.real(np.conj(a) * b)


@tangent(np.var)
def _(a, y, da, axis=None, dtype=None, out=None, ddof=0, keepdims=False, where=True, correction=None):
    gradient = var_gradient(a, axis, ddof, correction, where)
    return np.sum(real_product(gradient, da), axis=axis, keepdims=keepdims)


@adjoint(np.var)
def _(a, y, by, axis=None, dtype=None, out=None, ddof=0, keepdims=False, where=True, correction=None):
    return expand(by, a, axis, keepdims) * var_gradient(a, axis, ddof, correction, where)


@tangent(np.std)
def _(a, y, da, axis=None, dtype=None, out=None, ddof=0, keepdims=False, where=True, correction=None):
    gradient = std_gradient(a, expand(y, a, axis, keepdims), axis, ddof, correction, where)
    return np.sum(real_product(gradient, da), axis=axis, keepdims=keepdims)


@adjoint(np.std)
def _(a, y, by, axis=None, dtype=None, out=None, ddof=0, keepdims=False, where=True, correction=None):
    gradient = std_gradient(a, expand(y, a, axis, keepdims), axis, ddof, correction, where)
    return expand(by, a, axis, keepdims) * gradient


@tangent(np.nanvar)
def _(a, y, da, axis=None, dtype=None, out=None, ddof=0, keepdims=False, where=True, correction=None):
    seen = numbers(a, where)
    gradient = var_gradient(a, axis, ddof, correction, seen)
    return np.sum(real_product(gradient, da), axis=axis, keepdims=keepdims, where=seen)


@adjoint(np.nanvar)
def _(a, y, by, axis=None, dtype=None, out=None, ddof=0, keepdims=False, where=True, correction=None):
    gradient = var_gradient(a, axis, ddof, correction, numbers(a, where))
    return expand(by, a, axis, keepdims) * gradient


@tangent(np.nanstd)
def _(a, y, da, axis=None, dtype=None, out=None, ddof=0, keepdims=False, where=True, correction=None):
    seen = numbers(a, where)
    gradient = std_gradient(a, expand(y, a, axis, keepdims), axis, ddof, correction, seen)
    return np.sum(real_product(gradient, da), axis=axis, keepdims=keepdims, where=seen)


@adjoint(np.nanstd)
def _(a, y, by, axis=None, dtype=None, out=None, ddof=0, keepdims=False, where=True, correction=None):
    gradient = std_gradient(a, expand(y, a, axis, keepdims), axis, ddof, correction, numbers(a, where))
    return expand(by, a, axis, keepdims) * gradient


undefined(np.std, np.nanstd, where=lambda a, y: y == 0.0, what="where all elements are equal", value="0")

facts(np.prod, np.nanprod, np.multiply.reduce, note="exact with zeros: products of the other elements")
facts(np.max, np.min, note="nan where the extremum is nan; `initial` joins the tie")
