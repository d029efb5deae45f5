"""Results share memory with nothing: an array that anybody else may hold is copied.

CPython counts references, so an array that only its tuple holds is known to be fresh.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

ndarray = np.ndarray


def _holders(results: Any, i: int) -> int:
    r = results[i]
    return sys.getrefcount(r)


def _base_holders(results: Any, i: int) -> int:
    r = results[i]
    return sys.getrefcount(r.base)


# what the two count where nobody else holds the array, or the base of the view
_ALONE = _holders((np.zeros(2),), 0)
_BASE_ALONE = _base_holders((np.zeros(2).reshape(2, 1),), 0)


def own_item(results: Any, i: int) -> Any:
    """Item `i` of a tuple of results, or a copy of it when it is not this tuple's alone."""
    r = results[i]
    if type(r) is not ndarray:
        return r
    if r.flags.writeable and _holders(results, i) <= _ALONE + 1:  # `r` here holds it too
        base = r.base
        if base is None:
            return r
        del base
        if type(r.base) is ndarray and r.size == r.base.size and _base_holders(results, i) <= _BASE_ALONE:
            return r
    return r.copy(order="K")


def own(results: Any) -> list[Any]:
    """The items of a tuple of results, each in memory of its own."""
    return [own_item(results, i) for i in range(len(results))]
