"""Errors about a function as a whole, or about one of its parameters, with their place in the user's text."""

from __future__ import annotations

import ast
from typing import Any

from adtrans.errors import AdtransError
from adtrans.frontend import source
from adtrans.ir.program import Span
from adtrans.loader import tracing
from adtrans.transform.request import root_of


def place_at(error: AdtransError, function: Any, parameter: str = "") -> None:
    """Give an error the place of a parameter, of the line that it comes from while a derivative runs, or else
    of the function's name, if it has no place yet.
    """
    root = root_of(function)
    if error.span is None and not error.says_its_place and root is not None:
        try:
            found = source.find(root)
        except AdtransError:  # it has no text
            return
        error.span = _line(found, error) or _span(found, parameter)


def _line(found: source.Found, error: AdtransError) -> Span | None:
    """The line that an error of generated text belongs to, if it is one of the function's own file."""
    place = tracing.place_of(error)
    if place is None or place[0] != found.source.filename:
        return None
    line, text = place[1], found.source.lines[place[1] - 1]
    return Span(found.source, line, len(text) - len(text.lstrip()), line, len(text.rstrip()))


def _span(found: source.Found, parameter: str) -> Span:
    from adtrans.frontend.builder import Builder  # late: only errors need it

    node = found.node
    arguments = [
        inner for inner in ast.walk(node.args) if isinstance(inner, ast.arg) and inner.arg == parameter
    ]
    span = Builder(found.source).span(arguments[0] if arguments else node)
    line, column = span.line, span.column
    if arguments:
        end = column + len(parameter)  # without its annotation
    else:
        name = getattr(node, "name", "lambda")
        text = found.source.lines[line - 1]
        column = max(column, text.find(name, column + 4 * text[column:].startswith("def ")))
        end = column + len(name)
    return Span(found.source, line, column, line, end)
