"""Which rule files there are, and when they are read: SciPy's only once that part of SciPy is met."""

from __future__ import annotations

import importlib
import math
import sys
from typing import Any

import numpy as np

_CORE = ("operators", "ufuncs", "selection", "reductions", "shaping", "creation", "joining", "indexing", "products",
         "linalg", "fft", "polynomial", "cumulative", "scalars", "statistics", "ufunc_methods", "sorting", "editing", "recurrence", "derived")  # fmt: skip
_SCIPY = {
    "scipy_special": "scipy", "scipy_special_families": "scipy",
    "scipy_linalg": "scipy.linalg", "scipy_stats": "scipy.stats", "scipy_stats_shapes": "scipy.stats",
    "scipy_multivariate": "scipy.stats", "scipy_frozen": "scipy.stats", "scipy_signal": "scipy.signal", "scipy_integrate": "scipy.integrate", "scipy_ode": "scipy.integrate",
    "scipy_fft": "scipy.fft", "scipy_ndimage": "scipy.ndimage", "scipy_optimize": "scipy.optimize",
    "scipy_interpolate": "scipy.interpolate", "scipy_sparse": "scipy.sparse", "scipy_sparse_solve": "scipy.sparse.linalg",
}  # fmt: skip
_loaded: set[str] = set()


def _read(name: str) -> None:
    if name in _loaded:
        return
    try:
        importlib.import_module(f"adtrans.rules.{name}")  # which makes other threads wait
    except ModuleNotFoundError as missing:
        if missing.name not in (f"adtrans.rules.{name}", "scipy"):
            raise
    _loaded.add(name)


def core() -> None:
    """Read the rules of Python's and NumPy's functions."""
    if not _loaded.issuperset(_CORE):
        for name in _CORE:
            _read(name)


def for_function(fn: Any) -> None:
    """Read the rules of the library that a function belongs to."""
    module = str(getattr(fn, "__module__", None) or type(fn).__module__ or "")
    name = getattr(fn, "__name__", "")
    if fn in (math.gamma, math.lgamma, np.i0):  # their derivatives are functions of SciPy
        _read("scipy_special")
    if module.startswith("scipy") or (module == "numpy" and hasattr(fn, "types") and not _is_numpy(name)) or module in ("", "builtins"):  # fmt: skip
        if any(m == "scipy" or m.startswith("scipy.") for m in sys.modules):
            for found, library in _SCIPY.items():
                if library in sys.modules or library == "scipy":
                    _read(found)


def all_of_scipy() -> None:
    """Read the rules of every part of SciPy, where it is installed."""
    for name in _SCIPY:
        _read(name)


def _is_numpy(name: str) -> bool:
    return hasattr(np, name)
