"""Conjugates for the adjoints of complex arrays; nothing is left of them where the dtype is real."""

from __future__ import annotations

from typing import Any

import numpy as np


def conj(x: Any) -> Any:
    """The conjugate of a complex `x`, a real `x` as it is."""
    if np.iscomplexobj(x):
        return np.conj(x)
    return x


def real(x: Any) -> Any:
    """The real part of a complex `x`, a real `x` as it is."""
    if np.iscomplexobj(x):
        return np.real(x)
    return x


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
