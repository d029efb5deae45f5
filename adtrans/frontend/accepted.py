"""The one table of what is accepted: every gast node that is not here is refused, with its line.

Operators are not listed: all of them are accepted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gast

from adtrans.errors import UnsupportedError
from adtrans.frontend.scopes import children, default_nodes
from adtrans.ir.program import Span

# ----- accepted -----

_TABLE = """
statements   Assign AugAssign AnnAssign Delete Expr Pass If Match For While Break Continue Return
             With Try Raise Assert Import ImportFrom FunctionDef
expressions  Constant Name Attribute Subscript Slice Starred Tuple List Set Dict UnaryOp BinOp
             BoolOp Compare IfExp NamedExpr Call Lambda JoinedStr FormattedValue
             ListComp SetComp DictComp GeneratorExp
patterns     match_case MatchValue MatchSingleton MatchSequence MatchMapping MatchClass MatchStar
             MatchAs MatchOr
parts        arguments keyword alias withitem ExceptHandler comprehension
"""

ACCEPTED = frozenset(_TABLE.split()) - {"statements", "expressions", "patterns", "parts"}

# ----- refused, and the way out -----

REFUSED: dict[str, tuple[str, str]] = {
    "Global": (
        "a derivative cannot keep track of a module's variable that a function changes",
        "Pass the value in as an argument and return the new one.",
    ),
    "Nonlocal": (
        "a `nonlocal` statement lets a nested function change a variable of the function around it",
        "Return the new value from the nested function, or keep it in a list or an object.",
    ),
    "Yield": ("generators are not differentiated", "Append to a list and return it."),
    "YieldFrom": ("generators are not differentiated", "Append to a list and return it."),
    "Await": ("coroutines are not differentiated", "Await outside of the function, and pass the value in."),
    "AsyncFor": (
        "coroutines are not differentiated",
        "Iterate outside of the function, and pass the values in.",
    ),
    "AsyncWith": ("coroutines are not differentiated", "Enter the context outside of the function."),
    "AsyncFunctionDef": ("coroutines are not differentiated", "Write it as a plain function."),
    "ClassDef": ("a class made inside a function is not followed", "Move the class to the module."),
    "TryStar": ("exception groups are not followed", "Use `except`."),
    "TypeAlias": ("a type alias has no place inside a derivative", "Move it to the module."),
}


def check(function: Any, span_of: Callable[[Any], Span]) -> set[str]:
    """Refuse the first construct of a function (a gast node) that is not accepted.

    The names of all nodes inside are returned, so that passes for constructs that are not there are skipped.
    """
    seen: set[str] = set()
    stack = [(node, node) for node in reversed(_body(function))]
    while stack:
        node, shown = stack.pop()
        name = type(node).__name__
        if getattr(node, "lineno", None) is not None:
            shown = node
        if name not in seen or name in _WITH_CONDITIONS:
            if name not in ACCEPTED:
                unknown = f"`{name}` is not known to adtrans", "Rewrite it with other statements."
                raise refusal(span_of(shown), *REFUSED.get(name, unknown))
            _check_use(node, shown, span_of)
            seen.add(name)
        inner = [*_body(node), *default_nodes(node.args)[::-1]] if name in _FUNCTIONS else children(node)
        stack.extend((child, shown) for child in inner)
    return seen


_FUNCTIONS = ("FunctionDef", "Lambda")
_WITH_CONDITIONS = ("FunctionDef", "ImportFrom", "comprehension")


def _body(function: Any) -> list[Any]:
    """The statements of a function, or a lambda's expression, last first."""
    return function.body[::-1] if isinstance(function.body, list) else [function.body]


def refusal(span: Span, why: str, hint: str) -> UnsupportedError:
    """The error for a construct at `span`."""
    text, _, more = span.text.partition("\n")
    return UnsupportedError(
        f"cannot differentiate `{text.strip()}{' ...' if more else ''}`",
        why=why[:1].upper() + why[1:] + ".",
        hint=hint,
        span=span,
        code="construct",
    )


def _check_use(node: Any, shown: Any, span_of: Callable[[Any], Span]) -> None:
    """Accepted constructs in places where they are not."""
    if isinstance(node, gast.FunctionDef) and getattr(node, "type_params", None):
        raise refusal(
            span_of(shown), "a generic nested function is not followed", "Drop its type parameters."
        )
    if isinstance(node, gast.ImportFrom) and any(alias.name == "*" for alias in node.names):
        raise refusal(
            span_of(shown), "`import *` hides which names it defines", "Import the names one by one."
        )
    if isinstance(node, gast.comprehension) and node.is_async:
        raise refusal(span_of(shown), *REFUSED["AsyncFor"])
