"""Every exception of adtrans. A message says where, what, why it matters here, and the ways out."""

from __future__ import annotations

import os
from typing import Any

from adtrans.ir.program import Span


class AdtransError(Exception):
    """Base of all refusals.

    `what` is the first line, `why` the explanation, `hint` the ways out, `span` the place, and
    `calls` the places that the refused code was reached from, innermost first. `subject` is the
    function that has no rule, if that is what is wrong.
    """

    code = "error"
    says_its_place = False  # in its first line, because there was no span when it was written
    subject: Any = None

    def __init__(
        self,
        what: str,
        *,
        why: str = "",
        hint: str = "",
        span: Span | None = None,
        calls: tuple[Span, ...] = (),
        code: str | None = None,
    ):
        super().__init__(what)
        self.what = what
        self.why = why
        self.hint = hint
        self.span = span
        self.calls = tuple(calls)
        if code is not None:
            self.code = code

    def called_from(self, span: Span | None) -> AdtransError:
        """The same error with one more place in its chain of calls."""
        if span is not None:
            self.calls = (*self.calls, span)
        return self

    def __str__(self) -> str:
        lines = [f"{place(self.span)}: {self.what}" if self.span else self.what]
        if self.span:
            lines += _quote(self.span)
        for text in (self.why, self.hint):
            lines += ["    " + line for line in text.splitlines()]
        for span in self.calls:
            lines.append(f"called from {place(span)}: `{_first_line(span.text)}`")
        return "\n".join(lines)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, dict(self.__dict__))


def _rebuild(cls: type[AdtransError], args: tuple[Any, ...], state: dict[str, Any]) -> AdtransError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


def place(span: Span) -> str:
    """`file:line:column`, the path relative to the working directory when it lies inside it."""
    return f"{shown_path(span.source.filename)}:{span.line}:{span.column + 1}"


def shown_path(filename: str) -> str:
    """A path relative to the working directory when it lies inside it, else absolute."""
    if filename.startswith("<"):
        return filename
    try:
        path = os.path.abspath(filename)
        inside = os.path.join(os.getcwd(), "")
    except OSError:
        return filename
    return path[len(inside) :] if path.startswith(inside) else path


def _quote(span: Span) -> list[str]:
    """The source line with its number, and carets under the expression."""
    if not 1 <= span.line <= len(span.source.lines):
        return []
    text = span.source.lines[span.line - 1].rstrip()
    end = span.end_column if span.end_line == span.line else len(text)
    number = str(span.line)
    # tabs stay tabs, so that the carets stand where the eye sees the expression
    margin = "".join("\t" if c == "\t" else " " for c in text[: span.column])
    carets = "^" * max(1, min(end, len(text)) - span.column)
    return [f"    {number} | {text}", f"    {' ' * len(number)} | {margin}{carets}"]


def _first_line(text: str) -> str:
    first, _, more = text.partition("\n")
    return first + (" ..." if more else "")


class UnsupportedError(AdtransError, TypeError):
    """A construct, or a function, of which adtrans cannot write the derivative."""

    code = "unsupported"


class ArgnumError(AdtransError, ValueError):
    """`argnums` names no argument of the function."""

    code = "argnum"


class OptionError(AdtransError, ValueError):
    """An option of a transform that has no such value."""

    code = "option"


class ArgumentError(AdtransError, TypeError):
    """An argument of a type that has no derivative: an integer, a string, an object array."""

    code = "argument"


class VectorError(AdtransError, ValueError):
    """Tangents or cotangents in a wrong number, or of a wrong shape."""

    code = "vector"


class OutputError(AdtransError, TypeError):
    """The function's output does not suit the transform: grad wants a number."""

    code = "output"


class SourceError(AdtransError, TypeError):
    """The text of a function cannot be used."""

    code = "source"


class MissingSourceError(SourceError):
    """A function has no text: it is built in, compiled, or typed into a plain prompt."""

    code = "missing-source"


class StaleSourceError(AdtransError, ValueError):
    """The text on disk is no longer the text of the running function."""

    code = "stale-source"


class OverlapError(AdtransError, ValueError):
    """Two arguments share memory while the function writes into one of them."""

    code = "overlap"


class UndefinedGradientError(AdtransError, ValueError):
    """With `undefined="raise"`: a derivative is asked for where none exists, at the line that it names."""

    code = "undefined-gradient"
    says_its_place = True


class SolutionError(AdtransError, ValueError):
    """A solver's result is no solution, or not what the derivative's own scheme of fixed steps finds."""

    code = "solution"


class VerifyError(AdtransError, ValueError):
    """A program breaks a rule of the representation: a mistake of adtrans itself."""

    code = "verify"


class InternalError(AdtransError, TypeError):
    """adtrans failed on an expression: one that fails by itself when it runs, or a mistake of adtrans."""

    code = "internal"
