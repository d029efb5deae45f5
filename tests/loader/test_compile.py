"""Loaded text can be seen by tracebacks and debuggers."""

import inspect
import linecache
import traceback

import pytest

from adtrans.loader import compile as compiler

pytestmark = pytest.mark.fast

TEXT = "def g(x):\n    # why\n    return 1 / x\n"


def test_text_is_known_to_linecache():
    g = compiler.load(TEXT, "g", {}, "grad of f")
    assert inspect.getsource(g) == TEXT
    linecache.checkcache()
    assert inspect.getsource(g) == TEXT


def test_tracebacks_show_the_line():
    g = compiler.load(TEXT, "g", {}, "grad of f")
    with pytest.raises(ZeroDivisionError) as caught:
        g(0)
    assert "return 1 / x" in "".join(traceback.format_exception(caught.value))


def test_the_same_text_has_the_same_name():
    names = {compiler.load(TEXT, "g", {}, "grad of f").__code__.co_filename for _ in range(2)}
    assert len(names) == 1
    assert compiler.filename_of(TEXT + "#", "grad of f") not in names


def test_bindings_are_injected():
    assert compiler.load("def g():\n    return A\n", "g", {"A": 3}, "t")() == 3
