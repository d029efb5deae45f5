"""Long, deep and wide functions: differentiated, or refused with an AdtransError; never a RecursionError."""

import importlib.util
import math

import pytest

import adtrans


@pytest.fixture
def function_of(tmp_path):
    """A function from its text, in a module on disk, so that its source can be read."""

    def load(text: str):
        path = tmp_path / f"scaling_{len(list(tmp_path.iterdir()))}.py"
        path.write_text(text)
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.f

    return load


def slope(f, x: float, h: float = 1e-6) -> float:
    return (f(x + h) - f(x - h)) / (2.0 * h)


def right_or_refused(f, *points: float) -> None:
    try:
        gradient, tangent = adtrans.grad(f), adtrans.jvp(f)
        found = [(x, gradient(x), tangent(x, 1.0)[1]) for x in points]
    except adtrans.AdtransError:
        return
    for x, reverse, forward in found:
        assert reverse == pytest.approx(slope(f, x), rel=1e-6, abs=1e-8)
        assert forward == pytest.approx(reverse, rel=1e-12, abs=1e-14)


def test_four_hundred_elifs(function_of):
    arms = "".join(f"    elif x < {i}.5:\n        y = {i}.0 * x * x\n" for i in range(1, 400))
    f = function_of(
        f"def f(x):\n    if x < 0.5:\n        y = x\n{arms}    else:\n        y = x\n    return y\n"
    )
    right_or_refused(f, 0.2, 3.0, 399.0, 1000.0)


def test_two_hundred_early_returns(function_of):
    arms = "".join(
        f"    if x < {i}.5:\n        return {i}.0 * x * x\n    x = x * 1.001\n" for i in range(200)
    )
    right_or_refused(function_of(f"def f(x):\n{arms}    return x\n"), 0.2, 3.0, 150.0, 1000.0)


def test_ninety_nine_nested_ifs(function_of):
    rows = ["def f(x):", "    y = x"]
    for i in range(98):
        rows += ["    " * (i + 1) + f"if x > {i}.0:", "    " * (i + 2) + f"y = y + {i}.0 * x"]
    rows.append("    " * 99 + "if x > 98.0: y = y * x")  # in a line: Python allows 99 indentations
    right_or_refused(function_of("\n".join([*rows, "    return y", ""])), -1.0, 40.5, 1000.5)


@pytest.mark.fast
def test_a_sum_of_a_thousand_terms(function_of):
    terms = " + ".join(f"x * {i}.0" for i in range(1000))
    right_or_refused(function_of(f"def f(x):\n    return {terms}\n"), 0.3)


def test_deep_parentheses(function_of):
    right_or_refused(function_of("def f(x):\n    return " + "(1.0 + x * " * 90 + "x" + ")" * 90 + "\n"), 0.5)


def test_forty_nested_calls(function_of):
    calls = "import math\n\n\ndef f0(x):\n    y = math.sin(x)\n    return y * x\n"
    for i in range(1, 40):
        calls += f"\n\ndef f{i}(x):\n    y = f{i - 1}(x)\n    return y * 0.5 + x\n"
    right_or_refused(function_of(calls + "\n\nf = f39\n"), 0.7)


def test_ten_nested_loops(function_of):
    rows = ["def f(x):", "    y = x"]
    for i in range(10):
        rows.append("    " * (i + 1) + f"for i{i} in range(2):")
    rows += ["    " * 11 + "y = y * (1.0 - 0.001 * x)", "    return y", ""]
    right_or_refused(function_of("\n".join(rows)), 0.3)


def test_two_thousand_statements(function_of):
    rows = ["import math", "", "", "def f(a):", "    v0 = a * 0.5", "    v1 = a + 1.0"]
    for i in range(2, 1999):
        rows.append(f"    v{i} = math.sin(v{i - 1}) * 0.5 + v{i - 2} * 0.5")
    f = function_of("\n".join([*rows, "    return v1998", ""]))
    assert adtrans.grad(f)(0.7) == pytest.approx(slope(f, 0.7), rel=1e-6)
    assert math.isfinite(f(0.7))
