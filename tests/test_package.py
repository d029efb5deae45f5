"""The package as it is installed: its names, its marker for type checkers, and what it does not need."""

import subprocess
import sys
from pathlib import Path

import pytest

import adtrans

PUBLIC = """
    grad value_and_grad vjp jvp jacobian jacfwd jacrev hessian hvp elementwise_grad
    checkpoint stop_gradient partials tangent adjoint nondifferentiable check AdtransError
""".split()

WITHOUT_SCIPY = """
import sys
sys.modules["scipy"] = None
import numpy as np
import adtrans

def f(x):
    return np.sum(np.tanh(x) ** 2)

assert adtrans.check(f, np.array([0.3, -0.7]))
"""


@pytest.mark.fast
def test_public_names():
    assert [name for name in PUBLIC if not hasattr(adtrans, name)] == []
    assert set(PUBLIC) <= set(adtrans.__all__)
    assert adtrans.__version__


@pytest.mark.fast
def test_public_names_are_documented():
    assert [name for name in PUBLIC if not getattr(adtrans, name).__doc__] == []


@pytest.mark.fast
def test_typed():
    assert (Path(adtrans.__file__).parent / "py.typed").exists()


def run(program: str, tmp_path: Path, *options: str) -> str:
    path = tmp_path / "program.py"
    path.write_text(program)
    done = subprocess.run([sys.executable, *options, str(path)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.mark.fast
def test_works_without_scipy(tmp_path):
    run(WITHOUT_SCIPY, tmp_path)


def test_import_is_quiet_and_light(tmp_path):
    program = "import adtrans, sys\nprint([m for m in ('scipy', 'autograd', 'pytest') if m in sys.modules])\n"
    assert run(program, tmp_path, "-W", "error::DeprecationWarning:adtrans").strip() == "[]"


def test_works_under_optimisation(tmp_path):
    run(WITHOUT_SCIPY, tmp_path, "-O")
