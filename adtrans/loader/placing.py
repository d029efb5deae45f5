"""Errors about a function as a whole, or about one of its parameters, with their place in the user's text."""

from __future__ import annotations

import ast
from typing import Any

from adtrans.errors import AdtransError
from adtrans.frontend import source
from adtrans.ir.program import Span
from adtrans.transform.request import root_of


def place_at(error: AdtransError, function: Any, parameter: str = "") -> None:
    """Give an error the place of a parameter, or of the function's name, if it has no place yet."""
    root = root_of(function)
    if error.span is None and not error.says_its_place and root is not None:
        try:
            found = source.find(root)
        except AdtransError:  # it has no text
            return
        error.span = _span(found, parameter)


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
