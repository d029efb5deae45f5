"""Random sources and command lines, by `fuzz` and by Hypothesis: no traceback, no hang, no wrong exit status.

ADTRANS_FUZZ=100000 makes the long run.
"""

import os
import warnings

import fuzz
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

NAMES = st.sampled_from("x y z n np math f g".split())
NUMBERS = st.one_of(
    st.integers(-3, 9).map(str), st.sampled_from(["0.5", "1e300", "2j", "None", "True", "'a'"])
)
BINARY = st.sampled_from("+ - * / // % ** @ < <= == != is in and or".split())
CALLS = st.sampled_from(
    "np.sin np.sum np.zeros np.where np.stack len range zip sum max list tuple float g f print".split()
)


def larger(inner):
    pairs = st.tuples(inner, BINARY, inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})")
    calls = st.tuples(CALLS, st.lists(inner, max_size=3)).map(lambda t: f"{t[0]}({', '.join(t[1])})")
    return st.one_of(
        pairs,
        calls,
        st.tuples(inner, inner).map(lambda t: f"{t[0]}[{t[1]}]"),
        st.tuples(inner, inner).map(lambda t: f"({t[0]} if {t[1]} else {t[0]})"),
        st.tuples(inner, st.sampled_from("T shape copy() sum() append(x) x".split())).map(".".join),
        st.lists(inner, max_size=3).map(lambda t: f"[{', '.join(t)}]"),
        st.lists(inner, max_size=3).map(lambda t: f"({' '.join(i + ',' for i in t)})"),
        inner.map(lambda t: f"[{t} for y in {t}]"),
        inner.map(lambda t: f"(lambda v: {t})"),
        inner.map(lambda t: f"(-{t})"),
    )


EXPRESSIONS = st.recursive(st.one_of(NAMES, NUMBERS), larger, max_leaves=6)
TARGETS = st.sampled_from(["x", "y", "z", "x, y", "x[0]", "z[n]", "y.a", "(x, *y)", "x[:, None]"])
SIMPLE = st.one_of(
    st.tuples(TARGETS, st.sampled_from(["=", "+=", "*=", "-="]), EXPRESSIONS).map(" ".join),
    EXPRESSIONS,
    EXPRESSIONS.map(lambda e: f"return {e}"),
    st.sampled_from(
        ["pass", "break", "continue", "return", "del x", "raise ValueError(x)", "global z", "import os"]
    ),
    EXPRESSIONS.map(lambda e: f"assert {e}"),
)


def indented(block):
    return ["    " + row for row in block]


def nested(block):
    heads = st.one_of(
        EXPRESSIONS.map(lambda e: f"if {e}:"),
        EXPRESSIONS.map(lambda e: f"while {e}:"),
        st.tuples(TARGETS, EXPRESSIONS).map(lambda t: f"for {t[0]} in {t[1]}:"),
        st.sampled_from(
            [
                "try:",
                "def g(v=x):",
                "with np.errstate(all='ignore'):",
                "class C:",
                "else:",
                "except ValueError:",
                "finally:",
            ]
        ),
    )
    return st.one_of(
        st.tuples(heads, block).map(lambda t: [t[0], *indented(t[1])]),
        st.lists(block, min_size=1, max_size=3).map(lambda t: [row for part in t for row in part]),
    )


BLOCKS = st.recursive(SIMPLE.map(lambda s: [s]), nested, max_leaves=6)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(BLOCKS, st.sampled_from(["ssa", "grad", "vjp", "jvp", "hvp", "args"]))
def test_generated_functions(block, command):
    text = fuzz.HEAD + "def f(x, y=2.0, n=2):\n" + "\n".join(indented([*block, "return x"])) + "\n"
    given_ = (command, "-:f") if command != "args" else ("grad", "-:f", "--args", "np.ones(3), 0.5")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert fuzz.problem_of(fuzz.Input(text, given_)) is None, text


@pytest.mark.parametrize("part", range(4))
def test_mutated_functions(part, monkeypatch):
    monkeypatch.setenv("ADTRANS_CACHE", "0")
    monkeypatch.setenv("ADTRANS_CACHE_DIR", os.devnull)
    count = int(os.environ.get("ADTRANS_FUZZ", "400")) // 4
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert fuzz.run(count, 10_000_000 + part * count) == {}
