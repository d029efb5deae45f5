"""The command line: what it writes, and that it answers bad input with 2 and a sentence."""

import subprocess
import sys

import pytest

from adtrans.cli import main

pytestmark = pytest.mark.fast

PROGRAM = """
import numpy as np

print("noise")
START = np.ones(3)


def loss(x, w, k=2):
    return np.sum(x * w) ** k


class Model:
    def cost(self, x):
        return x * x


def refused(x):
    y = x * x
    return eval("y * x")
"""


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return str(path)


def run(text):
    namespace = {"__name__": "derivative"}
    exec(compile(text, "derivative", "exec"), namespace)
    return namespace


@pytest.mark.parametrize("command", ["grad", "value-and-grad", "vjp", "jvp", "hvp"])
def test_derivatives(program, tmp_path, command):
    out = tmp_path / "out.py"
    spec = f"{program}:loss"
    assert main([command, spec, "--wrt", "x,w", "--args", "START, 2.0", "-o", str(out)]) == 0
    assert "def " in out.read_text()
    run(out.read_text())


def test_without_arguments(program, capsys):
    assert main(["grad", f"{program}:loss"]) == 0
    captured = capsys.readouterr()
    assert "def " in captured.out and "noise" not in captured.out
    run(captured.out)


def test_name(program, tmp_path):
    out = tmp_path / "out.py"
    assert main(["grad", f"{program}:loss", "--args", "1.0, 2.0", "--name", "slope", "-o", str(out)]) == 0
    assert run(out.read_text())["slope"](1.0, 2.0, 2) == 8.0


def test_standalone(program, tmp_path):
    out = tmp_path / "out.py"
    assert main(["grad", f"{program}:loss", "--standalone", "-o", str(out)]) == 0
    assert "adtrans" not in "".join(
        line.split("#")[0] for line in out.read_text().splitlines(True) if "import" in line
    )
    run(out.read_text())


def test_methods(program, capsys):
    assert main(["grad", f"{program}:Model.cost", "--wrt", "x"]) == 0


def test_ssa(program, capsys):
    assert main(["ssa", f"{program}:loss"]) == 0
    assert "def loss(" in capsys.readouterr().out


def test_check(program, capsys):
    assert main(["check", f"{program}:loss", "--args", "START, 2.0"]) == 0
    assert "ok" in capsys.readouterr().out


def test_rules(capsys):
    assert main(["rules", "numpy.linalg.solve$"]) == 0
    assert capsys.readouterr().out.split() == ["numpy.linalg.solve", "both"]
    assert main(["rules", "numpy.sqrt$"]) == 0
    assert capsys.readouterr().out.split(maxsplit=2)[2] == "at 0: inf\n"


def test_cache(capsys):
    assert main(["cache", "info"]) == 0
    assert main(["cache", "clear"]) == 0


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["unknown"],
        ["grad"],
        ["grad", "nothing.py:f"],
        ["grad", "{program}"],
        ["grad", "{program}:missing"],
        ["grad", "{program}:loss", "--wrt", "z"],
        ["grad", "{program}:loss", "--wrt", ","],
        ["grad", "{program}:loss", "--args", "1.0"],
        ["grad", "{program}:loss", "--args", "1.0, 1 / 0"],
        ["grad", "{program}:loss", "--args", "(((("],
        ["grad", "{program}:loss", "--args", "1, 2.0"],
        ["grad", "{program}:loss", "--name", "not a name"],
        ["grad", "{program}:loss", "-o", "/nowhere/at/all.py"],
        ["grad", "{program}:START"],
        ["grad", "{program}:refused"],
        ["check", "{program}:loss"],
        ["rules", "("],
    ],
)
def test_bad_input(program, arguments, capsys):
    assert main([a.format(program=program) for a in arguments]) == 2
    assert capsys.readouterr().err.strip()


def test_a_file_that_fails_to_run(tmp_path, capsys):
    path = tmp_path / "broken.py"
    path.write_text("raise RuntimeError('no')\n")
    assert main(["grad", f"{path}:f"]) == 2
    assert "RuntimeError: no" in capsys.readouterr().err


def test_refusals_name_the_line(program, capsys):
    assert main(["grad", f"{program}:refused"]) == 2
    assert "program.py:19" in capsys.readouterr().err


def test_module_and_version():
    done = subprocess.run([sys.executable, "-m", "adtrans", "--version"], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.startswith("adtrans ")
