"""How long importing adtrans takes beside NumPy's own import, each in fresh interpreters."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile

from timing import compiling, duration, table

TIMER = "import time; t = time.perf_counter(); {}; print(time.perf_counter() - t)"

STATEMENTS = ["import numpy", "import adtrans", "from adtrans import grad"]


def seconds(statements: list[str], runs: int = 9) -> list[float]:
    """Median seconds of each statement, in interpreters of their own that take turns; the first round compiles."""
    times: list[list[float]] = [[] for _ in statements]
    with tempfile.TemporaryDirectory() as folder:
        environment = compiling(folder)
        for _ in range(runs + 1):
            for slot, statement in zip(times, statements):
                command = [sys.executable, "-c", TIMER.format(statement)]
                done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
                slot.append(float(done.stdout))
    return [statistics.median(slot[1:]) for slot in times]


def run() -> None:
    times = seconds(STATEMENTS)
    rows = [[s, duration(t), f"{t / times[0]:.2f}"] for s, t in zip(STATEMENTS, times)]
    table("Import, each in a fresh interpreter", ["statement", "time", "times numpy's"], rows)
