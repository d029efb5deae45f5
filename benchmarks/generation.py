"""How long it takes to write a derivative: cold, from the disk cache, and as functions grow."""

from __future__ import annotations

import importlib.util
import os
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from types import ModuleType

from timing import compiling, duration, once, table

import adtrans

FIRST_CALL = """
import sys, time
sys.path.insert(0, {folder!r})
import adtrans, straight
gradient = adtrans.grad(straight.f)
start = time.perf_counter()
gradient(1.5, 2.5)
print(time.perf_counter() - start)
"""


def straight_line(statements: int) -> str:
    """A function of that many statements, each of which uses the last two variables."""
    choose = random.Random(0)
    lines = ["import math", "", "", "def f(a, b):", "    v0 = a * b", "    v1 = a + b"]
    for i in range(2, statements - 1):
        form = choose.choice(
            ["{p} * 0.5 + {q}", "math.sin({p}) * {q}", "{p} / (2.0 + {q} * {q})", "{p} - 0.1 * {q}"]
        )
        lines.append(f"    v{i} = " + form.format(p=f"v{i - 1}", q=f"v{i - 2}"))
    lines.append(f"    return v{statements - 2}")
    return "\n".join(lines) + "\n"


def module_of(text: str, folder: Path, name: str) -> ModuleType:
    """The text as a module on disk, so that its source can be read."""
    path = folder / f"{name}.py"
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def first_calls(runs: int = 5) -> tuple[float, float]:
    """Median seconds of a first call of a 50-line function: with an empty disk cache, and a filled one.

    Modules are compiled beforehand, by a run that does not count.
    """
    cold, warm = [], []
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "straight.py").write_text(straight_line(50))
        command = [sys.executable, "-c", FIRST_CALL.format(folder=folder)]
        for i in range(runs + 1):
            environment = compiling(folder) | {"ADTRANS_CACHE_DIR": str(Path(folder) / f"cache{i}")}
            for slot in (cold, warm):
                done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
                slot.append(float(done.stdout))
    return statistics.median(cold[1:]), statistics.median(warm[1:])


def growth(sizes: tuple[int, ...] = (250, 500, 1000, 2000)) -> list[list[str]]:
    """Rows of size, seconds, and microseconds a statement, which stay the same if growth is linear."""
    rows = []
    kept = os.environ.get("ADTRANS_CACHE_DIR")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ADTRANS_CACHE_DIR"] = folder
        try:
            for size in sizes:
                function = module_of(straight_line(size), Path(folder), f"straight{size}").f
                seconds = once(lambda function=function: adtrans.grad(function)(1.5, 2.5))
                rows.append([f"{size} statements", duration(seconds), f"{1e6 * seconds / size:.0f} us"])
        finally:
            if kept is None:
                del os.environ["ADTRANS_CACHE_DIR"]
            else:
                os.environ["ADTRANS_CACHE_DIR"] = kept
    return rows


def run() -> None:
    cold, warm = first_calls()
    rows = [["cold", duration(cold), "1.00"], ["from the disk cache", duration(warm), f"{warm / cold:.2f}"]]
    table("First call of a 50-line function", ["", "time", "times cold"], rows)
    table("Writing a gradient", ["function", "time", "a statement"], growth())
