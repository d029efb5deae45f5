"""Questions that a rule may ask about its operands while the derivative is written.

The specializer answers them from types and folds the branch; run as plain Python they
answer for the values at hand.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def is_static(x: Any) -> bool:
    """Whether `x` is a number known when the derivative is written (a literal exponent, say)."""
    return type(x) in (bool, int, float, complex)


def is_python(x: Any) -> bool:
    """Whether `x` is one of Python's own numbers, whose arithmetic raises where NumPy's gives inf."""
    return isinstance(x, (int, float, complex)) and not isinstance(x, np.generic)


def is_real(x: Any) -> bool:
    """Whether `x` is known to be real while the derivative is written; else complex rules hold, too."""
    return not np.iscomplexobj(x)


def is_complex(x: Any) -> bool:
    """Whether `x` is known to be complex while the derivative is written."""
    return bool(np.iscomplexobj(x))


def may_be_infinite(b: Any) -> bool:
    """Whether a cotangent or tangent comes out of a division by something that may be 0."""
    return not np.all(np.isfinite(b))


def real_only(x: Any) -> Any:
    """`x`, in a rule that holds for real numbers only."""
    if is_complex(x):
        raise NotImplementedError("this function has a derivative for real numbers only")
    return x
