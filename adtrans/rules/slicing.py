"""Indices at one axis of an array, for the rules that take apart and put together."""

from __future__ import annotations

from typing import Any

import numpy as np

from adtrans.rules.layout import everything


def at_axis(x: Any, axis: Any, index: Any) -> Any:
    """The index of `x` that is `index` at `axis` and everything at the others."""
    if axis % np.ndim(x) == 0:
        return index
    if axis % np.ndim(x) == 1:
        return (slice(None), index)
    return (*everything(axis % np.ndim(x)), index)


def as_index(parts: Any) -> Any:
    """An index of one part an axis; of a vector, the part alone."""
    if len(parts) == 1:
        return parts[0]
    return parts
