"""A program that is printed and run again computes what the function computes."""

import contextlib
import io
import sys
from pathlib import Path

import pytest

from adtrans.emit import emit_module
from adtrans.errors import UnsupportedError
from adtrans.frontend.lower import lower

sys.path.insert(0, str(Path(__file__).parent.parent / "frontend"))

from language import CASES
from random_programs import function_from, random_program


def printed(function):
    """The function that the text of a function's program defines."""
    program = lower(function)
    emitted = emit_module([program])
    assert max(map(len, emitted.text.split("\n"))) <= 88 or "        " * 6 in emitted.text
    assert emit_module([program]).text == emitted.text
    namespace = dict(emitted.bindings)
    exec(compile(emitted.text, "<emitted>", "exec"), namespace)
    return namespace[program.name]


def outcome(function, *args):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        try:
            result = repr(function(*args))
        except NameError:
            return "NameError"
        except Exception as error:
            result = repr(error)
    return result + out.getvalue()


@pytest.mark.parametrize("function, args", CASES, ids=lambda item: getattr(item, "__name__", None))
def test_language(function, args):
    assert outcome(printed(function), *args) == outcome(function, *args)


@pytest.mark.parametrize("first", range(0, 200, 40))
def test_random_programs(first):
    for seed in range(first, first + 40):
        function = function_from(random_program(seed))
        try:
            again = printed(function)
        except UnsupportedError:
            continue
        for args in [(0, 0), (1, 5), (3, 2), (6, 0), (6, 5)]:
            expected = outcome(function, *args)
            if expected != "NameError":  # a variable that is read before it is assigned may be None
                assert outcome(again, *args) == expected, (seed, args)
