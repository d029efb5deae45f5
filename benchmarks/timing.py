"""Measuring: medians of interleaved runs, and a table of them."""

from __future__ import annotations

import gc
import os
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np


def copies(args: Sequence[Any]) -> list[Any]:
    """Arguments that a call may change without changing the next one's."""
    return [a.copy() if isinstance(a, np.ndarray) else a for a in args]


def interleaved(
    functions: Sequence[Callable[..., Any]], args: Sequence[Any], seconds: float = 0.5
) -> list[float]:
    """Median seconds of one call of each function, taking turns, so that all meet the same weather.

    A call too short for the clock is measured in batches.
    """
    batches = []
    for function in functions:
        function(*copies(args))
        start = time.perf_counter()
        function(*copies(args))
        batches.append(max(1, min(1000, round(2e-5 / (time.perf_counter() - start)))))
    times: list[list[float]] = [[] for _ in functions]
    enabled = gc.isenabled()
    gc.disable()
    try:
        begin = time.perf_counter()
        while time.perf_counter() - begin < seconds or len(times[0]) < 5:
            for slot, function, batch in zip(times, functions, batches):
                fresh = [copies(args) for _ in range(batch)]
                start = time.perf_counter()
                for each in fresh:
                    function(*each)
                slot.append((time.perf_counter() - start) / batch)
    finally:
        if enabled:
            gc.enable()
    return [statistics.median(slot) for slot in times]


def once(function: Callable[[], Any]) -> float:
    """Seconds of a single call."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def duration(seconds: float) -> str:
    """A time with the unit that suits it."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.0f} ns"


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under a head: the first column to the left, the others to the right."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    print(f"\n{title}")
    for row in [head, ["-" * width for width in widths], *rows]:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]
        print("  " + "  ".join(cells).rstrip())


def geometric_mean(values: Sequence[float]) -> float:
    return float(np.exp(np.mean(np.log(values)))) if values else float("nan")


def compiling(folder: str) -> dict[str, str]:
    """An environment whose interpreters keep compiled modules, in `folder`, as an installation does."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(Path(folder) / "compiled")}
