"""Statements of a table, written out as functions: straight, in a loop, in a branch, in a called function."""

from __future__ import annotations

import linecache
import os
import textwrap
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

X = np.array([0.3, 1.1, 0.7, 0.55, 0.9, 0.4])
M = np.array([[0.4, 0.8, 0.3, 0.6], [0.9, 0.52, 0.7, 0.2], [0.35, 0.65, 0.55, 0.45]])
S = 0.8
EVERYTHING = os.environ.get("ADTRANS_STORAGE") == "all"

TEXTS = {
    "straight": """
def f(x, m, s):
    u, a = np.sin(x), m * s
    {statements}
    u *= u
    return u, a * a
""",
    "loop": """
def f(x, m, s):
    u, a = np.sin(x), m * s
    for k in range(2):
        {statements}
        u *= u
    return u, a * a
""",
    "branch": """
def f(x, m, s):
    u, a = np.sin(x), m * s
    if s > 0.1:
        {statements}
    else:
        u[0] = s
    u *= u
    return u, a * a
""",
    "called": """
def change(u, a, x, m, s):
    {statements}

def f(x, m, s):
    u, a = np.sin(x), m * s
    change(u, a, x, m, s)
    u *= u
    return u, a * a
""",
}


def written(statements: str, context: str) -> Callable[..., Any]:
    """A function f(x, m, s) that changes the arrays u (6 items) and a (3 by 4) by these statements."""
    template = TEXTS[context].lstrip("\n")
    indent = next(line for line in template.splitlines() if "{statements}" in line).split("{")[0]
    text = template.replace(indent + "{statements}", textwrap.indent(statements, indent))
    name = f"<{context} {zlib.crc32(statements.encode()):x}>"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    namespace: dict[str, Any] = {"np": np, "__name__": __name__}
    exec(compile(text, name, "exec"), namespace)
    return namespace["f"]


def everywhere(table: list[str], others: str = "straight branch called") -> list[Any]:
    """A parameter for every statement of a table: in a loop, or in one of the other contexts, in turn.

    With ADTRANS_STORAGE=all it is every statement in every context.
    """
    turns = [context for other in others.split() for context in ("loop", other)] or ["loop"]
    everywhere = ["loop", *others.split()]
    return [
        pytest.param(statements, context, id=f"{context}: {'; '.join(statements.splitlines())}")
        for k, statements in enumerate(table)
        for context in (everywhere if EVERYTHING else [turns[k % len(turns)]])
    ]
