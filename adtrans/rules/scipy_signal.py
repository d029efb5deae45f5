"""Derivatives of convolutions and of detrending in scipy.signal."""

import numpy as np
from scipy import signal

from adtrans.rules.registry import adjoint, facts, tangent

# ----- what they share -----


def pads(a, v, mode):
    """What a mode cuts off the full convolution, before and after along each axis."""
    cut = ()
    for i in range(np.ndim(a)):
        n, m = np.shape(a)[i], np.shape(v)[i]
        if mode == "same":
            cut = (*cut, ((m - 1) // 2, m // 2))
        elif mode == "late":
            cut = (*cut, (m // 2, (m - 1) // 2))
        else:
            cut = (*cut, (min(n, m) - 1, min(n, m) - 1))
    return cut


def in_full(b, a, v, mode):
    """The cotangent of a part of the convolution as that of the full one."""
    if mode == "full":
        return b
    return np.pad(b, pads(a, v, mode))


def reversed_conj(v):
    """The kernel with which convolving is correlating with `v`."""
    return np.conj(np.flip(v))


def convolve_adjoint(convolve, in1, in2, by, mode):
    b = in_full(by, in1, in2, mode)
    return convolve(b, reversed_conj(in2), mode="valid"), convolve(b, reversed_conj(in1), mode="valid")


# ----- convolve, fftconvolve, oaconvolve -----

facts(signal.convolve, signal.fftconvolve, signal.oaconvolve, linear=(0, 1))


@adjoint(signal.convolve)
def _(in1, in2, y, by, mode="full", method="auto"):
    b = in_full(by, in1, in2, mode)
    return (
        signal.convolve(b, reversed_conj(in2), mode="valid", method=method),
        signal.convolve(b, reversed_conj(in1), mode="valid", method=method),
    )


@adjoint(signal.fftconvolve, signal.oaconvolve)
def _(in1, in2, y, by, mode="full"):
    return convolve_adjoint(signal.fftconvolve, in1, in2, by, mode)


# ----- correlate: a convolution with the second one reversed -----


@tangent(signal.correlate)
def _(in1, in2, y, din1, din2, mode="full", method="auto"):
    return signal.correlate(din1, in2, mode, method) + signal.correlate(in1, din2, mode, method)


@adjoint(signal.correlate)
def _(in1, in2, y, by, mode="full", method="auto"):
    b = in_full(by, in1, in2, mode)
    kernel = signal.convolve(b, reversed_conj(in1), mode="valid", method=method)
    return signal.convolve(b, in2, mode="valid", method=method), reversed_conj(kernel)


# ----- two dimensions, zeros around -----


@tangent(signal.convolve2d)
def _(in1, in2, y, din1, din2, mode="full"):
    return signal.convolve2d(din1, in2, mode) + signal.convolve2d(in1, din2, mode)


@adjoint(signal.convolve2d)
def _(in1, in2, y, by, mode="full"):
    return convolve_adjoint(signal.convolve2d, in1, in2, by, mode)


@tangent(signal.correlate2d)
def _(in1, in2, y, din1, din2, mode="full"):
    return signal.correlate2d(din1, in2, mode) + signal.correlate2d(in1, din2, mode)


@adjoint(signal.correlate2d)
def _(in1, in2, y, by, mode="full"):
    b = in_full(
        by, in1, in2, "late" if mode == "same" else mode
    )  # its middle is one later for an even kernel
    kernel = signal.convolve2d(b, reversed_conj(in1), mode="valid")
    return signal.convolve2d(b, in2, mode="valid"), reversed_conj(kernel)


# ----- detrend: a projection, which is its own adjoint -----

facts(signal.detrend, linear=(0,))


@adjoint(signal.detrend)
def _(data, y, by, axis=-1, type="linear", bp=0):
    return signal.detrend(by, axis, type, bp)
