"""Adjoints of numpy.fft: all is linear, and a transform has for adjoint an inverse with the opposite norm."""

from __future__ import annotations

import numpy as np

from adtrans.ir import prims
from adtrans.rules.layout import effective_norm, normalized, ones, opposite_norm, position, transformed_axes
from adtrans.rules.registry import adjoint, facts, nondifferentiable
from adtrans.rules.slicing import as_index
from adtrans.rules.static import is_static
from adtrans.runtime import conform, zeros_like

facts(np.fft.fft, np.fft.ifft, np.fft.rfft, np.fft.irfft, np.fft.hfft, np.fft.ihfft, linear=(0,))
facts(np.fft.fft2, np.fft.ifft2, np.fft.fftn, np.fft.ifftn, linear=(0,))
facts(np.fft.rfft2, np.fft.irfft2, np.fft.rfftn, np.fft.irfftn, linear=(0,))
facts(np.fft.fftshift, np.fft.ifftshift, linear=(0,))
nondifferentiable(np.fft.fftfreq, np.fft.rfftfreq)


def resized(b, a, lengths, axes):
    """What transforms of these lengths read of `a`: the rest of `b` goes, what was cut from `a` is 0."""
    read, kept = (), ()
    for i in range(np.ndim(a)):
        if position(axes, i) >= 0:
            read = (*read, slice(None, lengths[position(axes, i)]))
            kept = (*kept, slice(None, a.shape[i]))
        else:
            read = (*read, slice(None))
            kept = (*kept, slice(None))
    return prims.add_at(zeros_like(a), as_index(read), conform(b, a)[as_index(kept)])


def resized_axis(b, a, n, axis):
    if n is None:
        return b
    return resized(b, a, (n,), normalized(axis, np.ndim(a)))


# ----- one axis -----


@adjoint(np.fft.fft)
def _(a, y, by, n=None, axis=-1, norm=None):
    return resized_axis(np.fft.ifft(by, axis=axis, norm=opposite_norm(norm)), a, n, axis)


@adjoint(np.fft.ifft)
def _(a, y, by, n=None, axis=-1, norm=None):
    return resized_axis(np.fft.fft(by, axis=axis, norm=opposite_norm(norm)), a, n, axis)


@adjoint(np.fft.rfft)
def _(a, y, by, n=None, axis=-1, norm=None):
    return rfft_adjoint(a, by, n, axis, opposite_norm(norm))


@adjoint(np.fft.ihfft)
def _(a, y, by, n=None, axis=-1, norm=None):
    return rfft_adjoint(a, np.conj(by), n, axis, effective_norm(norm))


def rfft_adjoint(a, by, n, axis, norm):
    length = a.shape[axis] if n is None else n
    return resized_axis(np.real(np.fft.ifft(by, length, axis, norm)), a, n, axis)


@adjoint(np.fft.irfft)
def _(a, y, by, n=None, axis=-1, norm=None):
    return irfft_adjoint(a, y, by, n, axis, opposite_norm(norm))


@adjoint(np.fft.hfft)
def _(a, y, by, n=None, axis=-1, norm=None):
    return np.conj(irfft_adjoint(a, y, by, n, axis, effective_norm(norm)))


def irfft_adjoint(a, y, by, n, axis, norm):
    b = twice_inside(np.fft.rfft(by, axis=axis, norm=norm), y, axis)
    return resized_axis(b, a, None if n is None else n // 2 + 1, axis)


def twice_inside(b, y, axis):
    """`b` with all frequencies doubled that have a mirror image (not 0, nor the last of an even length)."""
    k = np.arange(b.shape[axis])
    alone = (k == 0) | (2 * k == y.shape[axis])
    after = np.ndim(b) - 1 - axis % np.ndim(b)
    if after > 0:
        alone = np.reshape(alone, (-1, *ones(after)))
    return np.where(alone, b, 2.0 * b)


# ----- several axes -----


def lengths_of(a, s, axes):
    """The lengths of the transforms along each of the axes."""
    found = ()
    for i in range(len(axes)):
        if s is None or (is_static(s[i]) and s[i] == -1):
            found = (*found, a.shape[axes[i]])
        else:
            found = (*found, s[i])
    return found


def resized_axes(b, a, s, axes):
    if s is None:
        return b
    return resized(b, a, lengths_of(a, s, axes), axes)


@adjoint(np.fft.fftn)
def _(a, y, by, s=None, axes=None, norm=None):
    axes = transformed_axes(axes, None if s is None else len(s), np.ndim(a))
    return resized_axes(np.fft.ifftn(by, axes=axes, norm=opposite_norm(norm)), a, s, axes)


@adjoint(np.fft.fft2)
def _(a, y, by, s=None, axes=(-2, -1), norm=None):
    axes = normalized(axes, np.ndim(a))
    return resized_axes(np.fft.ifftn(by, axes=axes, norm=opposite_norm(norm)), a, s, axes)


@adjoint(np.fft.ifftn)
def _(a, y, by, s=None, axes=None, norm=None):
    axes = transformed_axes(axes, None if s is None else len(s), np.ndim(a))
    return resized_axes(np.fft.fftn(by, axes=axes, norm=opposite_norm(norm)), a, s, axes)


@adjoint(np.fft.ifft2)
def _(a, y, by, s=None, axes=(-2, -1), norm=None):
    axes = normalized(axes, np.ndim(a))
    return resized_axes(np.fft.fftn(by, axes=axes, norm=opposite_norm(norm)), a, s, axes)


@adjoint(np.fft.rfftn)
def _(a, y, by, s=None, axes=None, norm=None):
    axes = transformed_axes(axes, None if s is None else len(s), np.ndim(a))
    return rfftn_adjoint(a, by, s, axes, opposite_norm(norm))


@adjoint(np.fft.rfft2)
def _(a, y, by, s=None, axes=(-2, -1), norm=None):
    return rfftn_adjoint(a, by, s, normalized(axes, np.ndim(a)), opposite_norm(norm))


def rfftn_adjoint(a, by, s, axes, norm):
    b = np.real(np.fft.ifftn(by, s=lengths_of(a, s, axes), axes=axes, norm=norm))
    return resized_axes(b, a, s, axes)


@adjoint(np.fft.irfftn)
def _(a, y, by, s=None, axes=None, norm=None):
    axes = transformed_axes(axes, None if s is None else len(s), np.ndim(a))
    return irfftn_adjoint(a, y, by, s, axes, opposite_norm(norm))


@adjoint(np.fft.irfft2)
def _(a, y, by, s=None, axes=(-2, -1), norm=None):
    return irfftn_adjoint(a, y, by, s, normalized(axes, np.ndim(a)), opposite_norm(norm))


def irfftn_adjoint(a, y, by, s, axes, norm):
    b = twice_inside(np.fft.rfftn(by, axes=axes, norm=norm), y, axes[-1])
    if s is None:
        return b
    return resized(b, a, (*lengths_of(a, s, axes)[:-1], y.shape[axes[-1]] // 2 + 1), axes)


# ----- shifts -----


@adjoint(np.fft.fftshift)
def _(x, y, by, axes=None):
    return np.fft.ifftshift(by, axes)


@adjoint(np.fft.ifftshift)
def _(x, y, by, axes=None):
    return np.fft.fftshift(by, axes)
