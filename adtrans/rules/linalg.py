"""Derivatives of numpy.linalg: inverses, systems, determinants, powers and the Cholesky factor."""

from __future__ import annotations

import numpy as np

from adtrans.rules import decompositions, least_squares, norms  # noqa: F401  (the rest of numpy.linalg)
from adtrans.rules.cofactors import cofactors
from adtrans.rules.hermitian import dagger
from adtrans.rules.registry import adjoint, facts, tangent, undefined
from adtrans.rules.triangles import from_triangle, half_tril, onto_triangle
from adtrans.runtime import unbroadcast

# ----- inv, solve -----


@tangent(np.linalg.inv)
def _(a, y, da):
    return -(y @ da @ y)


@adjoint(np.linalg.inv)
def _(a, y, by):
    return -(dagger(y) @ by @ dagger(y))


@tangent(np.linalg.solve)
def _(a, b, y, da, db):
    if np.ndim(b) == 1 and np.ndim(a) > 2:
        return np.linalg.solve(a, db[:, None] - da @ y[..., None])[..., 0]
    return np.linalg.solve(a, db - da @ y)


@adjoint(np.linalg.solve)
def _(a, b, y, by):
    if np.ndim(b) == 1 and np.ndim(a) == 2:
        bb = np.linalg.solve(dagger(a), by)
        return -np.outer(bb, np.conj(y)), bb
    if np.ndim(b) == 1:
        bb = np.linalg.solve(dagger(a), by[..., None])
        return -(bb * np.conj(y)[..., None, :]), unbroadcast(bb[..., 0], b)
    bb = np.linalg.solve(dagger(a), by)
    return unbroadcast(-(bb @ dagger(y)), a), unbroadcast(bb, b)


@tangent(np.linalg.tensorinv)
def _(a, y, da, ind=2):
    shape = (np.prod(np.shape(a)[:ind]), -1)
    inverse = np.linalg.inv(np.reshape(a, shape))
    return np.reshape(-(inverse @ np.reshape(da, shape) @ inverse), np.shape(y))


@adjoint(np.linalg.tensorinv)
def _(a, y, by, ind=2):
    inverse = dagger(np.linalg.inv(np.reshape(a, (np.prod(np.shape(a)[:ind]), -1))))
    return np.reshape(-(inverse @ np.reshape(by, inverse.shape) @ inverse), np.shape(a))


@tangent(np.linalg.tensorsolve)
def _(a, b, y, da, db, axes=None):
    shape = (np.size(b), np.size(b))
    square, change = np.reshape(last_axes(a, axes), shape), np.reshape(last_axes(da, axes), shape)
    return np.reshape(np.linalg.solve(square, np.ravel(db) - change @ np.ravel(y)), np.shape(y))


@adjoint(np.linalg.tensorsolve)
def _(a, b, y, by, axes=None):
    square = np.reshape(last_axes(a, axes), (np.size(b), np.size(b)))
    bb = np.reshape(np.linalg.solve(dagger(square), np.ravel(by)), np.shape(b))
    ba = -np.tensordot(bb, np.conj(y), 0)
    if axes is None:
        return ba, bb
    return np.moveaxis(ba, last_positions(axes, np.ndim(a)), axes), bb


def last_positions(axes, ndim):
    return tuple(range(ndim - len(axes), ndim))


def last_axes(a, axes):
    """`a` as tensorsolve reorders it: `axes` moved to the end."""
    if axes is None:
        return a
    return np.moveaxis(a, axes, last_positions(axes, np.ndim(a)))


# ----- determinants -----


@tangent(np.linalg.det)
def _(a, y, da):
    return np.sum(cofactors(a) * da, axis=(-2, -1))


@adjoint(np.linalg.det)
def _(a, y, by):
    if np.ndim(a) == 2:
        return by * np.conj(cofactors(a))
    return by[..., None, None] * np.conj(cofactors(a))


@tangent(np.linalg.slogdet)
def _(a, y, da):
    slope = np.trace(np.linalg.solve(a, da), axis1=-2, axis2=-1)
    if np.iscomplexobj(a):
        return 1j * np.imag(slope) * y[0], np.real(slope)
    return np.zeros_like(y[0]), slope


@adjoint(np.linalg.slogdet)
def _(a, y, by):
    if np.iscomplexobj(a):  # the sign is a phase, and turns
        slope = by[1] - 1j * np.imag(np.conj(by[0]) * y[0])
    else:
        slope = by[1]
    if np.ndim(a) == 2:
        return slope * dagger(np.linalg.inv(a))
    return slope[..., None, None] * dagger(np.linalg.inv(a))


undefined(np.linalg.slogdet, where=lambda a, y: y[1] == -np.inf, what="at a singular matrix", results=(0, 1))

# ----- Cholesky (NumPy reads one triangle, and the gradient lives there) -----


@tangent(np.linalg.cholesky)
def _(a, y, da, upper=False):
    return cholesky_tangent(y, da, upper)


def cholesky_tangent(y, da, upper):
    factor = dagger(y) if upper else y
    inverse = np.linalg.inv(factor)
    dfactor = factor @ half_tril(inverse @ from_triangle(da, not upper) @ dagger(inverse))
    return dagger(dfactor) if upper else dfactor


@adjoint(np.linalg.cholesky)
def _(a, y, by, upper=False):
    return cholesky_adjoint(y, by, upper)


def cholesky_adjoint(y, by, upper):
    factor, bfactor = (dagger(y), dagger(by)) if upper else (y, by)
    inverse = np.linalg.inv(factor)
    s = dagger(inverse) @ half_tril(dagger(factor) @ bfactor) @ inverse
    return onto_triangle(s, not upper)


# ----- powers -----


@tangent(np.linalg.matrix_power)
def _(a, y, da, n=None):
    if n == 0:
        return np.zeros_like(da)
    if n < 0:
        inverse = np.linalg.inv(a)
        return power_tangent(inverse, -(inverse @ da @ inverse), -n)
    return power_tangent(a, da, n)


def power_tangent(a, da, n):
    power, dpower = a, da
    for _ in range(n - 1):
        power, dpower = power @ a, dpower @ a + power @ da
    return dpower


@adjoint(np.linalg.matrix_power)
def _(a, y, by, n=None):
    if n == 0:
        return np.zeros_like(by)
    if n < 0:
        inverse = dagger(np.linalg.inv(a))
        return -(inverse @ power_adjoint(inverse, by, -n) @ inverse)
    return power_adjoint(dagger(a), by, n)


def power_adjoint(at, by, n):
    """The sum of `at**i @ by @ at**(n - 1 - i)`."""
    found, left = by, by
    for _ in range(n - 1):
        left = at @ left
        found = found @ at + left
    return found


facts(np.linalg.cholesky, note="the gradient lives in the triangle that NumPy reads")
facts(np.linalg.det, note="exact at singular matrices (cofactors)")
