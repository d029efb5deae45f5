"""One cache folder under fire: many processes derive from it while some are killed and files are damaged.

    python tests/contract/fire.py [PROCESSES DERIVATIONS]

Each process derives functions of one module in an order of its own, and holds every gradient against the
one that was made without a cache. Processes are killed with SIGKILL at random moments, and files are cut,
flipped and replaced by foreign ones. Afterwards a new process asks for every function once more. The
report counts survivors that failed, wrong gradients, and files that do not match their digest.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FUNCTION = """

def f{i}(x, y):
    s = x * {i}.5
    for k in range({turns}):
        s = s * np.cos(y * k) + x * {i}.25
    return np.sum(s * s)
"""


@dataclass(frozen=True)
class Outcome:
    """What came out of a run; all but `survivors`, `killed` and `damaged` should be 0."""

    survivors: int
    killed: int
    damaged: int
    failed: int
    wrong: int
    bad_files: int
    left_over: int
    seconds: float

    @property
    def ok(self) -> bool:
        return not (self.failed or self.wrong or self.bad_files or self.left_over)

    def __str__(self) -> str:
        return (
            f"{self.survivors} processes survived, {self.killed} were killed, {self.damaged} files were damaged: "
            f"{self.failed} failed, {self.wrong} gradients wrong, {self.bad_files} bad files stayed, "
            f"{self.left_over} half-written files stayed ({self.seconds:.0f} s)"
        )


def program(count: int) -> str:
    return "import numpy as np\n" + "".join(FUNCTION.format(i=i, turns=i % 5 + 1) for i in range(count))


def gradient(name: str) -> list[float]:
    import fire_program
    import numpy as np

    import adtrans

    found = adtrans.grad(getattr(fire_program, name), argnums=("x", "y"))(np.array([0.5, -1.0]), 0.3)
    return [*map(float, found[0]), float(found[1])]


def work(seed: int, count: int, on: bool = False) -> int:
    """Derive every function in a random order, over and over if `on`; the number of gradients that are wrong."""
    from adtrans.loader import store

    expected = json.loads(Path("expected.json").read_text())
    rng = random.Random(seed)
    while True:
        wrong = sum(gradient(name) != expected[name] for name in rng.sample(sorted(expected), count))
        if wrong or not on:
            return wrong
        store.clear()


def run(processes: int, derivations: int, kills: float = 0.33, limit: float = 3600.0) -> Outcome:
    """Set the folder on fire, and look what is left."""
    start = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="adtrans-fire-"))
    try:
        (folder / "fire_program.py").write_text(program(derivations))
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}
        for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
            environment[variable] = "1"
        without = {**environment, "ADTRANS_CACHE": "0"}
        _call(folder, without, "expect", derivations).wait()
        environment["ADTRANS_CACHE_DIR"] = str(folder / "cache")
        environment.pop("ADTRANS_CACHE", None)
        seeds = range(int(processes * kills), processes)
        started = [_call(folder, environment, seed, derivations) for seed in seeds]
        doomed = [_call(folder, environment, seed, derivations, "--on") for seed in range(seeds.start)]
        damaged = _fight(started, doomed, folder / "cache" / "texts", start + limit)
        survivors = [p.wait() for p in started]
        killed = sum(p.wait() == -signal.SIGKILL for p in doomed)
        last = _call(folder, environment, 0, derivations).wait()
        bad, left = _inspect(folder / "cache")
        wrong = sum(code for code in [*survivors, last] if 0 < code < 100)
        failed = sum(not 0 <= code < 100 for code in [*survivors, last])
        seconds = time.monotonic() - start
        return Outcome(len(survivors), killed, damaged, failed, wrong, bad, left, seconds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _call(
    folder: Path, environment: dict[str, str], seed: int | str, count: int, how: str = "--work"
) -> subprocess.Popen:
    command = [sys.executable, str(Path(__file__).resolve()), how, str(seed), str(count)]
    return subprocess.Popen(command, cwd=folder, env=environment)


def _fight(
    started: list[subprocess.Popen], doomed: list[subprocess.Popen], texts: Path, deadline: float
) -> int:
    """Kill the doomed one by one and damage files until all have ended; how many files were damaged."""
    rng = random.Random(1)
    damaged = 0
    alive = list(doomed)
    while alive or any(p.poll() is None for p in started):
        time.sleep(rng.uniform(0.0, 0.2))
        if time.monotonic() > deadline:
            for p in started:
                p.kill()
        files = list(texts.glob("*.txt"))
        if files and rng.random() < 0.5:
            damaged += _damage(rng, files)
        if len(files) > 2 and alive and rng.random() < 0.4:
            alive.pop().send_signal(signal.SIGKILL)
    return damaged


def _damage(rng: random.Random, files: list[Path]) -> int:
    """Cut a file, flip one of its bits, or put another one's text in its place."""
    path = rng.choice(files)
    try:
        data = bytearray(path.read_bytes())
        kind = rng.randrange(3)
        if kind == 0:
            data = data[: rng.randrange(len(data) + 1)]
        elif kind == 1 and data:
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        else:
            data = bytearray(rng.choice(files).read_bytes())
            if path.read_bytes() == data:
                return 0
        path.write_bytes(data)
    except OSError:
        return 0
    return 1


def _inspect(cache_folder: Path) -> tuple[int, int]:
    """Files that do not match their digest, and half-written ones that the next sweep leaves."""
    os.environ["ADTRANS_CACHE_DIR"] = str(cache_folder)
    from adtrans.loader import cache

    bad = len(cache.damaged())
    for path, _ in cache.entries():
        if path.name.startswith(".new-"):
            os.utime(path, (1, 1))  # an hour later
    cache.sweep()
    return bad, sum(path.name.startswith(".new-") for path, _ in cache.entries())


def main(arguments: list[str]) -> int:
    if arguments[:1] in (["--work"], ["--on"]):
        how, seed, count = arguments
        if seed == "expect":
            names = [f"f{i}" for i in range(int(count))]
            Path("expected.json").write_text(json.dumps({name: gradient(name) for name in names}))
            return 0
        try:
            return min(work(int(seed), int(count), how == "--on"), 99)
        except BaseException:
            import traceback

            traceback.print_exc()
            return 100
    sizes = [int(a) for a in arguments]
    outcome = run(*(sizes or [64, 200]))
    print(outcome)
    return 0 if outcome.ok else 1


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT)]
    sys.exit(main(sys.argv[1:]))
