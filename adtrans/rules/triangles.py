"""Matrices of which a function reads one triangle, as LAPACK does with Hermitian ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from adtrans.rules.hermitian import dagger, real


def half_tril(x: Any) -> Any:
    """The lower triangle with half of the diagonal."""
    return 0.5 * (np.tril(x) + np.tril(x, -1))


def half_triu(x: Any) -> Any:
    """The upper triangle with half of the diagonal."""
    return 0.5 * (np.triu(x) + np.triu(x, 1))


def from_triangle(x: Any, lower: bool) -> Any:
    """The Hermitian matrix of which `x` has one triangle."""
    side = np.tril(x, -1) if lower else np.triu(x, 1)
    return side + dagger(side) + real(np.tril(np.triu(x)))


def onto_triangle(b: Any, lower: bool) -> Any:
    """The adjoint of `from_triangle`."""
    if lower:
        return half_tril(b + dagger(b))
    return half_triu(b + dagger(b))
