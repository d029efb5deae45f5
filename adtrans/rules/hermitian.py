"""Transposes and conjugate transposes of matrices and of stacks of them, for the rules of linear algebra."""

from __future__ import annotations

from typing import Any

import numpy as np


def transposed(a: Any) -> Any:
    """The last two axes swapped: `.T` of a matrix, `.mT` of a stack (a number stays)."""
    if np.ndim(a) == 2:
        return a.T
    if np.ndim(a) > 2:
        return a.mT
    return a


def dagger(a: Any) -> Any:
    """The conjugate transpose of a matrix, or of each of a stack."""
    return np.conj(transposed(a))
