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
