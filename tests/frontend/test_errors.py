"""What an error says, and what can be done with it."""

import pickle

import pytest

from adtrans import errors
from adtrans.errors import AdtransError, StaleSourceError, UnsupportedError
from adtrans.ir.program import Source, Span

LINES = ("import numpy", "    area = quad(lambda t: t * a, 0, 1)[0]", "\ty = f(x,", "       2)")


def span(filename, line, column, end_line, end_column):
    return Span(Source(filename, LINES), line, column, end_line, end_column)


def test_layout(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    error = UnsupportedError(
        "cannot differentiate `quad(lambda t: t * a, 0, 1)`",
        why="scipy.integrate.quad has no derivative rule.",
        hint="Register one with @adtrans.adjoint(scipy.integrate.quad),\nor cut the dependence.",
        span=span(str(tmp_path / "samples" / "fit.py"), 2, 11, 2, 38),
    )
    assert str(error).splitlines() == [
        "samples/fit.py:2:12: cannot differentiate `quad(lambda t: t * a, 0, 1)`",
        "    2 |     area = quad(lambda t: t * a, 0, 1)[0]",
        "      |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^",
        "    scipy.integrate.quad has no derivative rule.",
        "    Register one with @adtrans.adjoint(scipy.integrate.quad),",
        "    or cut the dependence.",
    ]


def test_several_lines_and_tabs(tmp_path):
    error = AdtransError("no", span=span("/elsewhere/m.py", 3, 5, 4, 9))
    assert str(error).splitlines() == ["/elsewhere/m.py:3:6: no", "    3 | \ty = f(x,", "      | \t    ^^^^"]


def test_called_from():
    error = AdtransError("no", span=span("<cell 1>", 1, 7, 1, 12))
    error.called_from(span("<cell 1>", 3, 5, 4, 9)).called_from(None)
    assert str(error).splitlines()[-1] == "called from <cell 1>:3:6: `f(x, ...`"


def test_without_a_place():
    assert str(AdtransError("argnum 5 is out of range")) == "argnum 5 is out of range"


def every_class():
    found = [AdtransError]
    for cls in found:
        found.extend(cls.__subclasses__())
    return [cls for cls in found if cls.__module__ == errors.__name__]


@pytest.mark.parametrize("cls", every_class())
def test_every_error_is_pickled_and_is_one_of_pythons_own(cls):
    assert cls is AdtransError or issubclass(cls, (TypeError, ValueError))
    error = cls(
        "no", why="because", hint="rather", span=span("/m.py", 1, 0, 1, 6), calls=(span("/m.py", 2, 4, 2, 8),)
    )
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is cls and str(copy) == str(error) and copy.code == error.code and copy.hint == "rather"


def test_codes():
    assert StaleSourceError("old").code == "stale-source"
    assert AdtransError("no", code="special").code == "special"
    assert len({cls.code for cls in every_class()}) == len(every_class())
