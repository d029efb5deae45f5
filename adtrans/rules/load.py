"""Which rule files there are, and when they are read: SciPy's only once a SciPy function is met."""

from __future__ import annotations

import importlib
import math
from typing import Any

import numpy as np

_CORE = ("operators", "ufuncs", "selection", "reductions", "shaping", "creation", "joining", "indexing", "products",
         "linalg", "fft", "polynomial", "cumulative", "scalars", "statistics", "ufunc_methods", "sorting", "editing", "recurrence", "derived")  # fmt: skip
_loaded: set[str] = set()


def _read(name: str) -> None:
    if name in _loaded:
        return
    _loaded.add(name)
    try:
        importlib.import_module(f"adtrans.rules.{name}")
    except ModuleNotFoundError as missing:
        if missing.name not in (f"adtrans.rules.{name}", "scipy"):
            raise


def core() -> None:
    """Read the rules of Python's and NumPy's functions."""
    for name in _CORE:
        _read(name)


def for_function(fn: Any) -> None:
    """Read the rules of the library that a function belongs to."""
    module = str(getattr(fn, "__module__", None) or type(fn).__module__ or "")
    name = getattr(fn, "__name__", "")
    if fn in (math.gamma, math.lgamma, np.i0) or module.startswith("scipy") or (module == "numpy" and hasattr(fn, "types") and not _is_numpy(name)) or module in ("", "builtins"):
        import sys

        if any(m == "scipy" or m.startswith("scipy.") for m in sys.modules):
            for found in ("scipy_special", "scipy_linalg", "scipy_stats", "scipy_signal"):
                _read(found)


def _is_numpy(name: str) -> bool:
    return hasattr(np, name)
