"""Adjoints of scipy.fft: NumPy's rules for the Fourier transforms, and those of cosines and sines."""

import numpy as np
from scipy import fft

from adtrans.rules.fft import resized_axis
from adtrans.rules.layout import normalized, ones
from adtrans.rules.registry import adjoint, alias, facts, nondifferentiable

alias(np.fft.fft, fft.fft)
alias(np.fft.ifft, fft.ifft)
alias(np.fft.rfft, fft.rfft)
alias(np.fft.irfft, fft.irfft)
alias(np.fft.hfft, fft.hfft)
alias(np.fft.ihfft, fft.ihfft)
alias(np.fft.fft2, fft.fft2)
alias(np.fft.ifft2, fft.ifft2)
alias(np.fft.rfft2, fft.rfft2)
alias(np.fft.irfft2, fft.irfft2)
alias(np.fft.fftn, fft.fftn)
alias(np.fft.ifftn, fft.ifftn)
alias(np.fft.rfftn, fft.rfftn)
alias(np.fft.irfftn, fft.irfftn)
alias(np.fft.fftshift, fft.fftshift)
alias(np.fft.ifftshift, fft.ifftshift)
nondifferentiable(fft.fftfreq, fft.rfftfreq, fft.next_fast_len)

# ----- cosines and sines: types 2 and 3 are each other's transpose, but for one weight -----

facts(fft.dct, fft.idct, fft.dst, fft.idst, fft.dctn, fft.idctn, fft.dstn, fft.idstn, linear=(0,))


def transposed_type(type):
    """The type of the transpose, which is also that of the inverse."""
    return 5 - type if type in (2, 3) else type


def inverse_norm(norm):
    """The norm with which a transform is the inverse of another one."""
    if norm == "ortho":
        return norm
    return "backward" if norm == "forward" else "forward"


def at_end(b, axis, first, factor):
    """`b` with its first or last entry along an axis times a factor."""
    there = np.arange(b.shape[axis]) == (0 if first else b.shape[axis] - 1)
    after = np.ndim(b) - 1 - axis % np.ndim(b)
    if after > 0:
        there = np.reshape(there, (-1, *ones(after)))
    return np.where(there, factor * b, b)


def dct_adjoint(b, type, axis, norm):
    """The transpose of a cosine transform along one axis."""
    if norm == "ortho":
        return fft.idct(b, type, axis=axis, norm=norm)
    if type == 1:
        b = at_end(at_end(b, axis, True, 2.0), axis, False, 2.0)
        return at_end(at_end(fft.dct(b, type, axis=axis, norm=norm), axis, True, 0.5), axis, False, 0.5)
    if type == 2:
        return fft.dct(at_end(b, axis, True, 2.0), 3, axis=axis, norm=norm)
    if type == 3:
        return at_end(fft.dct(b, 2, axis=axis, norm=norm), axis, True, 0.5)
    return fft.dct(b, type, axis=axis, norm=norm)


def dst_adjoint(b, type, axis, norm):
    """The transpose of a sine transform along one axis."""
    if norm == "ortho":
        return fft.idst(b, type, axis=axis, norm=norm)
    if type == 2:
        return fft.dst(at_end(b, axis, False, 2.0), 3, axis=axis, norm=norm)
    if type == 3:
        return at_end(fft.dst(b, 2, axis=axis, norm=norm), axis, False, 0.5)
    return fft.dst(b, type, axis=axis, norm=norm)


def along_axes(transpose, by, type, axes, norm):
    """The transpose of a transform along several axes, from that along one."""
    for axis in axes:
        by = transpose(by, type, axis, norm)
    return by


@adjoint(fft.dct)
def _(x, y, by, type=2, n=None, axis=-1, norm=None):
    return resized_axis(dct_adjoint(by, type, axis, norm), x, n, axis)


@adjoint(fft.idct)
def _(x, y, by, type=2, n=None, axis=-1, norm=None):
    return resized_axis(dct_adjoint(by, transposed_type(type), axis, inverse_norm(norm)), x, n, axis)


@adjoint(fft.dst)
def _(x, y, by, type=2, n=None, axis=-1, norm=None):
    return resized_axis(dst_adjoint(by, type, axis, norm), x, n, axis)


@adjoint(fft.idst)
def _(x, y, by, type=2, n=None, axis=-1, norm=None):
    return resized_axis(dst_adjoint(by, transposed_type(type), axis, inverse_norm(norm)), x, n, axis)


@adjoint(fft.dctn)
def _(x, y, by, type=2, axes=None, norm=None):
    return along_axes(dct_adjoint, by, type, normalized(axes, np.ndim(x)), norm)


@adjoint(fft.idctn)
def _(x, y, by, type=2, axes=None, norm=None):
    return along_axes(
        dct_adjoint, by, transposed_type(type), normalized(axes, np.ndim(x)), inverse_norm(norm)
    )


@adjoint(fft.dstn)
def _(x, y, by, type=2, axes=None, norm=None):
    return along_axes(dst_adjoint, by, type, normalized(axes, np.ndim(x)), norm)


@adjoint(fft.idstn)
def _(x, y, by, type=2, axes=None, norm=None):
    return along_axes(
        dst_adjoint, by, transposed_type(type), normalized(axes, np.ndim(x)), inverse_norm(norm)
    )
