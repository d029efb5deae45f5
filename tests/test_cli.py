"""The command line: what it writes, and that it answers bad input with 2 and a sentence."""

import io
import os
import subprocess
import sys

import numpy as np
import pytest

import adtrans
from adtrans import cli, cli_input, cli_output
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


def other(x, axis):
    return np.sum(np.cumsum(x, axis=axis))


def unbroadcasting(x, y):
    return np.sum(x * y)


def power(x, n):
    return x if n == 0 else x * power(x, n - 1)
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
        ["grad", "{program}:loss", "--types", "x"],
        ["grad", "{program}:loss", "--types", "x=nothing"],
        ["grad", "{program}:loss", "--types", "x=float64[-1]"],
        ["grad", "{program}:loss", "--types", "z=float"],
        ["grad", "{program}:loss", "--types", "x=int"],
        ["grad", "{program}:loss", "--types", "x=object[3]"],
        ["grad", "{program}:loss", "--types", "**x"],
        ["grad", "{program}:loss", "--types", "x=float", "--args", "1.0, 2.0"],
        ["grad", "{program}:other", "--types", "x=float64[n,n], axis=int"],
        ["grad", "{program}:loss", "{program}:other", "--name", "g"],
        ["grad", "{program}:loss", "{program}:other", "{program}:power", "--args", "1.0", "--args", "2.0"],
        ["grad", "{program}:loss", "--diff", "/nowhere/at/all.py"],
        ["grad", "{program}:loss", "--args", "1.0, 2.0, z=3"],
        ["rules", "("],
        ["cache"],
        ["cache", "burn"],
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


# ----- types -----


def text_of(capsys, *arguments):
    assert main([*arguments]) == 0
    return capsys.readouterr().out


def test_types_write_what_arguments_of_these_types_write(program, capsys):
    spec = f"{program}:loss"
    for types, arguments in [
        ("x=float64[n], w=float", "START, 2.0"),
        ("x=float64[n,d], w=float32[d]", "np.ones((2, 3)), np.ones(3, 'f4')"),
        ("x=float64[3,1], w=np.float32", "np.ones((3, 1)), np.float32(1)"),
        ("x=float64[], w=float64[0]", "np.array(1.0), np.zeros(0)"),
        ("x=complex64[n], w=float", "np.ones(3, 'c8'), 1.0"),
        ("x=float, w=float, k=int", "1.0, 2.0"),
    ]:
        command = "vjp" if "complex" in types else "grad"
        assert text_of(capsys, command, spec, "--types", types) == text_of(
            capsys, command, spec, "--args", arguments
        )


def test_types_of_structures_and_values():
    from adtrans.ir import types as ty

    found = cli_input.parameter_types(
        "p={'a': float, 'b': (int, float64[n])}, q=[float, complex], r=3, s='x', t=-1, u=None"
    )
    assert found["p"].get("a") == ty.FLOAT and str(found["p"].get("b")) == "(int, float64[n0])"
    assert found["q"].cls is list and [found[k].value for k in "rstu"] == [3, "x", -1, None]


def test_values_among_types(program, capsys):
    spec = f"{program}:other"
    by_types = text_of(capsys, "grad", spec, "--types", "x=float64[n,m], axis=1")
    assert run(by_types)["grad_other"](np.ones((2, 3)), 1).tolist() == [[3.0, 2.0, 1.0]] * 2
    assert main(["grad", spec, "--types", "x=float64[n,m], axis=int"]) == 2
    assert "`axis`" in capsys.readouterr().err


# ----- several functions, files, differences -----


def test_several_functions_in_one_module(program, tmp_path, capsys):
    specs = [f"{program}:loss", f"{program}:unbroadcasting", f"{program}:power"]
    out = tmp_path / "out.py"
    given = ["--args", "START, 2.0", "--args", "START, START", "--args", "2.0, 3"]
    assert main(["grad", *specs, *given, "-o", str(out)]) == 0
    text = out.read_text()
    assert text.count("import numpy as np") == 1
    names = run(text)
    assert names["grad_unbroadcasting"](np.ones(3), np.ones(3)).tolist() == [1.0] * 3
    assert names["grad_power"](2.0, 3) == 32.0
    assert main(["ssa", *specs]) == 0 and capsys.readouterr().out.count("def ") >= 3
    assert main(["check", *specs[:2], "--args", "START, 2.0"]) == 0
    assert capsys.readouterr().out.count("ok") == 2


def test_two_functions_of_one_name(program, tmp_path, capsys):
    other = tmp_path / "another.py"
    other.write_text("def loss(x):\n    return x * x\n")
    assert main(["grad", f"{program}:loss", f"{other}:loss"]) == 2
    assert "grad_loss" in capsys.readouterr().err
    assert main(["grad", f"{program}:loss", f"{program}:loss"]) == 0
    assert capsys.readouterr().out.count("def ") == 1


def test_a_file_written_twice_is_the_same(program, tmp_path):
    texts = []
    for k in range(2):
        out = tmp_path / f"out{k}.py"
        arguments = [
            "-m",
            "adtrans",
            "grad",
            f"{program}:loss",
            f"{program}:power",
            "--wrt",
            "x",
            "-o",
            str(out),
        ]
        subprocess.run(
            [sys.executable, *arguments],
            check=True,
            env={
                **os.environ,
                "PYTHONHASHSEED": str(k),
                "ADTRANS_CACHE": str(k),
                "PYTHONPATH": os.pathsep.join(sys.path),
            },
        )
        texts.append(out.read_bytes())
    assert texts[0] == texts[1] and b"\r" not in texts[0]


def test_diff(program, tmp_path, capsys):
    out = tmp_path / "out.py"
    command = ["grad", f"{program}:loss", "--args", "START, 2.0"]
    assert main([*command, "-o", str(out)]) == 0
    assert main([*command, "--diff", str(out)]) == 0 and capsys.readouterr().out == ""
    out.write_text(out.read_text() + "x = 1")
    before = out.read_bytes()
    assert main([*command, "--diff", str(out)]) == 1
    said = capsys.readouterr().out
    assert "-x = 1" in said and said.startswith("--- ") and out.read_bytes() == before


def test_standard_input_and_output(monkeypatch, capsys):
    for text, status in (
        ("def f(x):\n    return x * x\n", 0),
        ("def f(x):\n    yield x\n", 2),
        ("def f(", 2),
    ):
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))
        assert main(["grad", "-:f", "--args", "2.0", "-o", "-"]) == status
        captured = capsys.readouterr()
        assert ("def grad_f" in captured.out) == (status == 0)
        if "yield" in text:
            assert captured.err.startswith("<stdin>:2:5:")


def test_arguments_by_name(program, capsys):
    assert main(["grad", f"{program}:loss", "--args", "w=2.0, x=START, k=3"]) == 0
    assert "def grad_loss(x, w, k" in capsys.readouterr().out


# ----- exit status -----


def test_exit_status_is_documented(capsys):
    assert main(["--help"]) == 0
    said = capsys.readouterr().out
    for status in (cli.OK, cli.DIFFERENT, cli.REFUSED, cli.FAILED, cli.INTERRUPTED):
        assert f"\n  {status} " in said


def test_a_failing_check_is_1(tmp_path, capsys):
    path = tmp_path / "wrong.py"
    path.write_text(
        "import numpy as np\nimport adtrans\n\n\ndef cube(x):\n    return np.power(x, 3)\n\n\n"
        "adtrans.partials(cube, lambda x, y: 2.0 * x)\n\n\n"
        "def f(x):\n    a = np.sin(x)\n    for _ in range(2):\n        a = a + x\n        b = cube(a)\n    return np.sum(b)\n"
    )
    assert main(["check", f"{path}:f", "--args", "np.full(2, 0.3)"]) == 1
    assert "WRONG" in capsys.readouterr().out
    assert main(["check", f"{path}:f", "--args", "np.full(2, 0.3)", "--locate"]) == 1
    assert "first wrong statement: " in (said := capsys.readouterr().out)
    assert "wrong.py:16:9" in said and "b = cube(a)" in said


def test_our_own_mistakes_are_3(program, monkeypatch, capsys):
    def fail(*_):
        raise KeyError("inside")

    monkeypatch.setattr(cli_output, "joined", fail)
    assert main(["grad", f"{program}:loss"]) == 3
    assert "\nadtrans failed: KeyError" in capsys.readouterr().err

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli_output, "joined", stop)
    assert main(["grad", f"{program}:loss"]) == 130


def test_a_reader_that_goes_away(program):
    done = subprocess.run(
        f"{sys.executable} -m adtrans rules | head -1",
        shell=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 0 and "Traceback" not in done.stderr


# ----- terminals -----


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_colours_on_a_terminal_only(program, monkeypatch):
    pytest.importorskip("pygments")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    seen = {}
    for name, stream, setting in (
        ("plain", io.StringIO(), ""),
        ("coloured", Terminal(), ""),
        ("no", Terminal(), "1"),
    ):
        monkeypatch.setenv("NO_COLOR", setting)
        monkeypatch.setattr(sys, "stdout", stream)
        assert main(["grad", f"{program}:loss"]) == 0
        seen[name] = stream.getvalue()
    assert "\x1b[" in seen["coloured"] and "\x1b[" not in seen["plain"] + seen["no"]
    assert seen["plain"] == seen["no"]


def test_completion_of_files_and_functions(program, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli_input.complete("pro") == ["program.py:"]
    found = cli_input.complete("program.py:")
    assert "program.py:loss" in found and "program.py:Model.cost" in found
    assert cli_input.complete("program.py:lo") == ["program.py:loss"]
    assert cli_input.complete("nothing.py:") == []


def test_completion_in_a_shell(program, tmp_path):
    pytest.importorskip("argcomplete")
    out = tmp_path / "completions"
    line = "adtrans value-and-"
    environment = {
        **os.environ,
        "_ARGCOMPLETE": "1",
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
        "_ARGCOMPLETE_STDOUT_FILENAME": str(out),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    subprocess.run([sys.executable, "-m", "adtrans"], env=environment, check=True)
    assert out.read_text().strip() == "value-and-grad"


def test_check_reports_its_method_and_second_order():
    report = adtrans.check(lambda x: np.sum(np.sin(x) ** 3), np.array([0.3, 0.7]))
    assert report.ok and report.by == "complex step" and report.second < 1e-6 and report.tangent < 1e-12
    report = adtrans.check(lambda x: np.sum(np.abs(x) * x), np.array([0.3, -0.7]))
    assert report.ok and report.by == "central differences"
    assert "second order" in str(report)


def test_module_and_version():
    done = subprocess.run([sys.executable, "-m", "adtrans", "--version"], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.startswith("adtrans ")
