"""Where spectra and ranks have no derivative: equal to rounding counts as equal."""

from __future__ import annotations

import numpy as np


def rounding(w):
    """What numbers along the last axis may differ by and still be equal."""
    size = np.max(np.abs(w), axis=-1, keepdims=True, initial=0.0)
    return 4.0 * w.shape[-1] * np.spacing(size)


def equal_pairs(w):
    """Which of the numbers along the last axis are equal, each with itself too."""
    return np.abs(w[..., None, :] - w[..., :, None]) <= rounding(w)[..., None]


def repeated(w):
    """Which of the numbers along the last axis are there more than once."""
    return np.sum(equal_pairs(w), axis=-1) > 1


def split(w, b):
    """Whether equal numbers along the last axis have cotangents that differ."""
    return equal_pairs(w) & (b[..., None, :] != b[..., :, None])


def vanishing(s):
    """Which singular values are zero."""
    return s <= rounding(s)


def deficient(a):
    """Whether matrices have less than full rank."""
    return np.any(vanishing(np.linalg.svd(a, compute_uv=False)), axis=-1, keepdims=True)[..., None]
