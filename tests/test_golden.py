"""The generated gradients of data/golden beside the ones written there by hand.

They are right, need nothing of adtrans, fit on a line, and are about as long.
"""

import inspect
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import adtrans

FOLDER = Path(__file__).parent / "data" / "golden"
sys.path.insert(0, str(FOLDER))
try:
    from check import copies, directional_error
    from compare import code_lines
    from golden import problems
finally:
    sys.path.pop(0)

PROBLEMS = problems(np.random.default_rng(0))
fast = pytest.mark.fast


def source(fun, argnums, args) -> str:
    return adtrans.grad(fun, argnums=argnums).specialize(*copies(args)).source


def each_problem(test):
    names = [fun.__name__ for fun, *_ in PROBLEMS]
    return fast(pytest.mark.parametrize("problem", PROBLEMS, ids=names)(test))


@each_problem
def test_right(problem):
    fun, _, argnums, small, _ = problem
    gradient = adtrans.grad(fun, argnums=argnums)
    assert directional_error(fun, gradient, argnums, small, np.random.default_rng(1)) < 1e-6


@each_problem
def test_agrees_with_the_one_by_hand(problem):
    fun, by_hand, argnums, small, large = problem
    gradient = adtrans.grad(fun, argnums=argnums)
    for args in (small, large):
        ours, theirs = gradient(*copies(args)), by_hand(*copies(args))
        for got, wanted in zip(ours, theirs if len(argnums) > 1 else (theirs,)):
            np.testing.assert_allclose(got, wanted, rtol=1e-7, atol=1e-9)


@each_problem
def test_stands_alone_on_short_lines(problem):
    fun, _, argnums, small, _ = problem
    rows = source(fun, argnums, small).splitlines()
    assert [row for row in rows if "adtrans" in row.split("#")[0]] == []
    assert [row for row in rows if len(row) > 88] == []


def test_the_same_bytes_under_any_hash_seed(tmp_path):
    program = (
        "import numpy as np, adtrans\n"
        "from golden import problems\n"
        "for fun, _, argnums, small, _ in problems(np.random.default_rng(0)):\n"
        "    print(adtrans.grad(fun, argnums=argnums).specialize(*small).source)\n"
    )
    texts = set()
    for seed in ("1", "2"):
        variables = {
            "PYTHONHASHSEED": seed,
            "PYTHONPATH": str(FOLDER),
            "ADTRANS_CACHE_DIR": str(tmp_path / seed),
        }
        done = subprocess.run(
            [sys.executable, "-c", program], env={**os.environ, **variables}, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        texts.add(done.stdout)
    assert len(texts) == 1


@fast
def test_about_as_long_as_by_hand():
    ours = sum(code_lines(source(fun, argnums, large)) for fun, _, argnums, _, large in PROBLEMS)
    theirs = sum(code_lines(inspect.getsource(by_hand)) for _, by_hand, *_ in PROBLEMS)
    assert ours <= 1.3 * theirs
