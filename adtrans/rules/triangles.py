"""Matrices of which a function reads one triangle, as LAPACK does with Hermitian ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from adtrans.rules.hermitian import dagger


def half_tril(x: Any) -> Any:
    """The lower triangle with half of the diagonal."""
    return 0.5 * (np.tril(x) + np.tril(x, -1))


def from_triangle(x: Any, lower: bool) -> Any:
    """The Hermitian matrix of which `x` has one triangle."""
    side = np.tril(x, -1) if lower else np.triu(x, 1)
    return side + dagger(side) + np.real(np.tril(np.triu(x)))


def folded(b: Any, lower: bool) -> Any:
    """A Hermitian adjoint as that of the one triangle that is read: what is off the diagonal counts twice."""
    if lower:
        return np.tril(b) + np.tril(b, -1)
    return np.triu(b) + np.triu(b, 1)


def onto_triangle(b: Any, lower: bool) -> Any:
    """The adjoint of `from_triangle`."""
    return 0.5 * folded(b + dagger(b), lower)
