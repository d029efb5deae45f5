"""An error says where, what, why it matters here, and two ways out; docs/errors.md shows what each code says."""

import importlib.util
import os
import subprocess
import sys
import traceback
from pathlib import Path

import numpy as np
import pytest

import adtrans
from adtrans import errors, grad, jvp, vjp

ROOT = Path(__file__).parents[2]
X = np.arange(1.0, 4.0)

CODES = """
    argnum argument construct internal missing-source no-rule option output overlap solution source stale-source
    undefined-gradient unsupported vector verify
""".split()


def page_module():
    spec = importlib.util.spec_from_file_location("docs_errors", ROOT / "docs" / "errors.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_the_page_shows_what_is_printed(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert page_module().page() == (ROOT / "docs" / "errors.md").read_text(), "run python docs/errors.py"


def test_codes_are_stable():
    assert sorted(page_module().codes()) == CODES


def test_each_example_has_its_code(monkeypatch):
    monkeypatch.chdir(ROOT)
    made = page_module()
    for code, example in made.EXAMPLES.items():
        if example is not None:
            assert made.printed(*example, "example.py")[0] == code


# ----- why it matters, and what to do -----


def energy(y, factor):
    z = y * factor
    return np.sum(np.frombuffer(z))


def through_a_call(x, k, unrelated):
    s = np.zeros(3)
    for i in range(3):
        s[i] = x[i] * k
    return energy(s, 2.0) + unrelated


def one_expression(x):
    return np.sum(np.frombuffer(x))


def through_one_expression(x, k):
    return one_expression(k * x)


class Model:
    def __init__(self, k):
        self.k = k

    def cost(self, x):
        return self.k * energy(x, 2.0)


def truncating(x):
    counts = np.zeros(3, dtype=int)
    counts[1] = x[0]
    return np.sum(counts * x)


def in_a_branch(x, k):
    if k > 1.0:
        y = np.sin(x)
    else:
        y = x
    return np.sum(np.frombuffer(y))


def in_a_closure(x, k):
    def inner(v):
        w = v * k
        return np.sum(np.frombuffer(w))

    return inner(x)


def error_of(fun, *args, argnums=0):
    for call in (
        lambda: vjp(fun, argnums)(*args, 1.0),
        lambda: jvp(fun, argnums)(*args, *[args[k] for k in (argnums if argnums else (0,))]),
    ):
        with pytest.raises(errors.AdtransError) as caught:
            call()
        yield caught.value


@pytest.mark.parametrize(
    "fun, args, argnums, under, names, arguments, called",
    [
        (
            through_a_call,
            (X, 2.0, 1.0),
            (0, 1, 2),
            "np.frombuffer(z)",
            "`z`",
            "`x` and `k`",
            ["energy(s, 2.0)"],
        ),
        (through_a_call, (X, 2.0, 1.0), (1,), "np.frombuffer(z)", "`z`", "`k`", ["energy(s, 2.0)"]),
        (through_one_expression, (X, 2.0), 0, "np.frombuffer(x)", "`x`", "`x`", ["one_expression(k * x)"]),
        (truncating, (X,), 0, "counts[1]", "`x[0]`", "`x`", []),
        (in_a_branch, (X, 2.0), 0, "np.frombuffer(y)", "`y`", "`x`", []),
        (in_a_closure, (X, 2.0), (0, 1), "np.frombuffer(w)", "`w`", "`x` and `k`", []),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_the_argument_that_reaches_it_is_named(fun, args, argnums, under, names, arguments, called):
    for error in error_of(fun, *args, argnums=argnums):
        assert error.span.text == under
        lines = str(error).splitlines()
        caret = lines[2].index("^")
        assert lines[1][caret : caret + len(under)] == under and lines[2].strip(" |") == "^" * len(under)
        assert f"{names} depend" in error.why and f"{arguments} of {fun.__name__}" in error.why
        assert [span.text for span in error.calls] == called
        assert [line.split("`")[1] for line in lines if line.startswith("called from")] == called
        assert f"adtrans.stop_gradient({names.strip('`')})" in error.hint


def generator(x):
    yield x


def global_statement(x):
    global STATE
    STATE = x
    return x


def evaluated(x):
    return eval("x * x")


def text_and_back(x):
    return float(str(x)) * x


CALLS = {
    "generator": lambda: grad(generator)(1.0),
    "global": lambda: grad(global_statement)(1.0),
    "eval": lambda: grad(evaluated)(1.0),
    "text": lambda: grad(text_and_back)(1.0),
    "truncating": lambda: grad(truncating)(X),
    "no rule": lambda: grad(one_expression)(X),
    "typo": lambda: grad(one_expression, "y"),
    "far": lambda: grad(one_expression, 3),
    "twice": lambda: grad(one_expression, (0, 0)),
    "kind of argnums": lambda: grad(one_expression, 1.5),
    "empty": lambda: grad(one_expression, ()),
    "int": lambda: grad(one_expression)(1),
    "text argument": lambda: grad(one_expression)("x"),
    "int array": lambda: grad(one_expression)(np.arange(3)),
    "masked": lambda: grad(one_expression)(np.ma.ones(3)),
    "array output": lambda: grad(lambda x: x * x)(X),
    "complex output": lambda: grad(lambda x: x * 1j)(1.0),
    "list output": lambda: grad(lambda x: [x])(1.0),
    "no output": lambda: grad(lambda x: None)(1.0),
    "tangent": lambda: jvp(energy)(X, 2.0, np.ones(4)),
    "tangents": lambda: jvp(energy)(X, 2.0),
    "cotangent": lambda: vjp(lambda x: x * x)(X, np.ones(4)),
    "structure": lambda: jvp(lambda p: p["a"])({"a": 1.0}, {"b": 1.0}),
    "number": lambda: grad(3),
    "class": lambda: grad(Model),
    "built-in": lambda: grad("".join),
    "no text": lambda: grad(eval("lambda x: x"))(1.0),
}


@pytest.mark.parametrize("name", CALLS)
def test_two_ways_out(name):
    with pytest.raises(errors.AdtransError) as caught:
        CALLS[name]()
    error = caught.value
    assert isinstance(error, (TypeError, ValueError))
    ways = error.hint.replace(";", ",")
    assert any(word in ways for word in (" or ", ". Or ", ", or ", ", a ", " by position or ")), error.hint
    assert error.hint[0].isupper() or not error.hint[0].isalpha(), error.hint
    assert error.hint.endswith(".")
    if name not in ("number", "class", "built-in", "no text"):
        assert error.span is not None and "^" in str(error), str(error)
        assert Path(error.span.source.filename).name == "test_errors.py"


def test_refusals_of_methods_name_the_calls():
    with pytest.raises(adtrans.UnsupportedError) as caught:
        grad(Model(2.0).cost)(X)
    error = caught.value
    assert error.span.text == "np.frombuffer(z)" and "`x` of cost" in error.why
    assert [span.text for span in error.calls] == ["energy(x, 2.0)"]


def test_wrong_arguments_are_marked_in_the_signature():
    with pytest.raises(adtrans.ArgumentError) as caught:
        grad(energy, "factor")(X, 2)
    assert caught.value.span.text == "factor"
    with pytest.raises(adtrans.ArgnumError, match="perhaps 'factor'") as caught:
        grad(energy, "facter")
    assert caught.value.span.text == "energy"


# ----- while a derivative runs -----


def element(y, k):
    a = y[k]
    return a * a


def out_of_bounds(x, n):
    s = x * 2.0
    for i in range(n):
        s[i] = element(s, i + 1)
    return np.sum(s)


def singular(x):
    y = np.outer(x, x)
    z = np.sum(y)
    return np.sum(np.linalg.inv(y)) * z


def line_of(function, text):
    lines, first = __import__("inspect").getsourcelines(function)
    return first + next(k for k, line in enumerate(lines) if text in line)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="notes came with Python 3.11")
@pytest.mark.parametrize("transform", [grad, vjp, jvp])
def test_errors_at_run_time_name_the_user_s_line(transform):
    vectors = {grad: (), vjp: (1.0,), jvp: (X,)}[transform]
    with pytest.raises(IndexError) as caught:
        transform(out_of_bounds)(X, 4, *vectors)
    text = "".join(traceback.format_exception(caught.value))
    assert f"test_errors.py:{line_of(element, 'a = y[k]')}" in text and "    a = y[k]" in text
    with pytest.raises(np.linalg.LinAlgError) as caught:
        transform(singular)(np.zeros(3), *[np.zeros(3) if v is X else v for v in vectors])
    note = caught.value.__notes__[-1]
    assert f"test_errors.py:{line_of(singular, 'inv(y)')}" in note and "np.linalg.inv(y)" in note


@pytest.mark.skipif(sys.version_info < (3, 11), reason="notes came with Python 3.11")
def test_an_adjoint_names_the_statement_that_it_belongs_to(monkeypatch):
    def given(x):
        y = np.tanh(x)
        return np.sum(y * y)

    made = adtrans.grad(given)
    made(X)

    class Strange(np.ndarray):
        pass

    from adtrans.loader import tracing

    places = {line: at for line, at in made.specialize(X).__globals__["__places__"].items()}
    lines = made.source.splitlines()
    adjoint = next(k for k, row in enumerate(lines, 1) if "(1.0 - " in row or "1.0 - y * y" in row)
    assert places[adjoint] == (__file__, line_of(given, "np.tanh(x)"))
    assert tracing.place_of(ValueError()) is None


SCRIPT = """
import numpy as np
import adtrans

def f(x, n):
    return x[n] * x[0]

adtrans.grad(f)(np.ones(3), 5)
"""


@pytest.mark.skipif(sys.version_info < (3, 11), reason="notes came with Python 3.11")
def test_the_note_survives_the_cache(tmp_path):
    program = tmp_path / "script.py"
    program.write_text(SCRIPT)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "ADTRANS_CACHE_DIR": str(tmp_path / "cache")}
    for shift in ("", "\n\n"):
        program.write_text(shift + SCRIPT)
        done = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, env=environment)
        assert f"script.py:{6 + len(shift)}\n" in done.stderr, done.stderr
    assert len(list((tmp_path / "cache" / "texts").iterdir())) == 1
