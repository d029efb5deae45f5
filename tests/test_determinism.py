"""The same input gives the same bytes: under any hash seed, in any order, in one process or another."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import adtrans

DATA = Path(__file__).parent / "data"
GOLDEN = """\
import numpy as np, adtrans
from golden import problems
for fun, _, argnums, small, _ in problems(np.random.default_rng(0)):
    vectors = [small[k] for k in argnums]
    value = fun(*[np.copy(a) if isinstance(a, np.ndarray) else a for a in small])
    print(adtrans.grad(fun, argnums=argnums).specialize(*small).source)
    print(adtrans.vjp(fun, argnums=argnums).specialize(*small, value).source)
    print(adtrans.jvp(fun, argnums=argnums).specialize(*small, *vectors).source)
    print(adtrans.hvp(fun, argnums=argnums).specialize(*small, *vectors).source)
"""
PROGRAMS = """\
import sys, adtrans, run
for name in sys.argv[1:]:
    program = run.Program(f"{run.os.path.dirname(run.__file__)}/public/{name}.py")
    args = program.args(0)
    weights = run.random_like(program.call(args), program.rng(0))
    print(adtrans.vjp(program.function, argnums=program.argnums).specialize(*args, weights).source)
"""
PRINTED = """\
import numpy as np, adtrans
from adtrans.ir.printer import print_program
from adtrans.loader.types_of import types_of
from adtrans.transform.gradient import primal_program
from golden import problems
for fun, _, _, small, _ in problems(np.random.default_rng(0)):
    print(print_program(primal_program(fun, types_of(small)).function))
"""
NAMES = ("closure_lambda_list", "container_nested_params", "exit_return_nested", "program_kalman_filter")


def printed(program: str, seed: str, *args: str) -> str:
    """What a program prints in a new process under a hash seed, without a cache."""
    variables = {
        "PYTHONHASHSEED": seed,
        "PYTHONPATH": os.pathsep.join([str(DATA / "golden"), str(DATA / "acceptance"), *sys.path]),
        "ADTRANS_CACHE": "0",
    }
    done = subprocess.run(
        [sys.executable, "-c", program, *args],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "program, args",
    [(GOLDEN, ()), (PROGRAMS, NAMES), (PRINTED, ())],
    ids=["derivatives", "programs", "printed"],
)
def test_the_same_bytes_under_any_hash_seed(program, args):
    assert printed(program, "1", *args) == printed(program, "20", *args)


def test_the_same_text_whatever_was_derived_before():
    def f(x, n):
        for i in range(n):
            x = np.sin(x) * x
        return np.sum(x)

    def g(x):
        return np.sum(np.cos(x))

    x = np.ones(3)
    first = adtrans.grad(f).specialize(x, 3).source
    adtrans.grad(g)(x)
    adtrans.hvp(f)(x, 3, x)
    assert adtrans.grad(f).specialize(x, 3).source == first


def test_the_same_text_from_the_cache(tmp_path, monkeypatch):
    def f(x):
        return np.sum(np.tanh(x) * x)

    x = np.ones(3)
    monkeypatch.setenv("ADTRANS_CACHE", "1")
    monkeypatch.setenv("ADTRANS_CACHE_DIR", str(tmp_path))
    first = adtrans.grad(f).specialize(x).source
    assert adtrans.grad(f).specialize(x).source == first
    monkeypatch.setenv("ADTRANS_CACHE", "0")
    assert adtrans.grad(f).specialize(x).source == first
