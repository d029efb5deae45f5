"""Conjugates for the adjoints of complex arrays; nothing is left of them where the dtype is real."""

from __future__ import annotations

from typing import Any

import numpy as np


def conj(x: Any) -> Any:
    """The conjugate of `x`; nothing is written where its dtype is known to be real."""
    return np.conj(x)


def real(x: Any) -> Any:
    """The real part of `x`; nothing is written where its dtype is known to be real."""
    return np.real(x)


def transposed(a: Any) -> Any:
    """The last two axes swapped: `.T` of a matrix, `.mT` of a stack (a number stays)."""
    if np.ndim(a) == 2:
        return a.T
    if np.ndim(a) > 2:
        return a.mT
    return a


def dagger(a: Any) -> Any:
    """The conjugate transpose of a matrix, or of each of a stack."""
    return conj(transposed(a))
