"""The one table of what is accepted: every gast node that is not here is refused, with its line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gast

from adtrans.errors import UnsupportedError
from adtrans.ir.program import Span

# ----- accepted -----

STATEMENTS = ["Assign", "AugAssign", "AnnAssign", "If", "Match", "For", "While", "Break", "Continue", "Return", "Assert", "Raise", "Pass", "Delete", "Expr", "With", "Try", "Import", "ImportFrom", "FunctionDef"]

EXPRESSIONS = ["Constant", "Name", "Attribute", "Subscript", "Slice", "Starred", "Tuple", "List", "Set", "Dict", "UnaryOp", "BinOp", "BoolOp", "Compare", "IfExp", "NamedExpr", "Call", "Lambda", "ListComp", "SetComp", "DictComp", "GeneratorExp", "JoinedStr", "FormattedValue"]

PARTS = ["arguments", "keyword", "alias", "withitem", "ExceptHandler", "comprehension", "match_case", "MatchValue", "MatchSingleton", "MatchSequence", "MatchMapping", "MatchClass", "MatchStar", "MatchAs", "MatchOr", "Load", "Store", "Del", "Param", "And", "Or", "Add", "Sub", "Mult", "Div", "FloorDiv", "Mod", "Pow", "MatMult", "BitAnd", "BitOr", "BitXor", "LShift", "RShift", "UAdd", "USub", "Invert", "Not", "Eq", "NotEq", "Lt", "LtE", "Gt", "GtE", "Is", "IsNot", "In", "NotIn"]

ACCEPTED = frozenset(STATEMENTS + EXPRESSIONS + PARTS)

# ----- refused, and the way out -----

REFUSED: dict[str, tuple[str, str]] = {
    "Global": (
        "a `global` statement lets a function change a module's variable, of which a derivative cannot keep track",
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


def check(function: Any, span_of: Callable[[Any], Span]) -> None:
    """Refuse the first construct of a function (a gast node) that is not accepted."""
    stack: list[tuple[Any, Any]] = [(function, function)]
    while stack:
        node, shown = stack.pop()
        name = type(node).__name__
        if hasattr(node, "lineno") and node.lineno is not None:
            shown = node
        if name not in ACCEPTED:
            why, hint = REFUSED.get(
                name, (f"`{name}` is not known to adtrans", "Rewrite it with other statements.")
            )
            raise refusal(span_of(shown), why, hint)
        if node is not function:
            _check_use(node, shown, span_of)
        children = [child for field in node._fields for child in _nodes(getattr(node, field, None))]
        if name in ("FunctionDef", "Lambda"):
            skip = set(map(id, _annotations(node)))
            if node is function:  # these ran long ago, in the scope around
                skip.update(
                    map(
                        id,
                        [*getattr(node, "decorator_list", ()), *node.args.defaults, *node.args.kw_defaults],
                    )
                )
            stack.extend(
                (child, shown)
                for child in _nodes(node.args.kw_defaults + node.args.defaults)
                if id(child) not in skip
            )
            body = node.body if isinstance(node.body, list) else [node.body]
            children = body
        elif name == "AnnAssign":
            children = [child for child in children if child is not node.annotation]
        stack.extend((child, shown) for child in reversed(children))


def refusal(span: Span, why: str, hint: str) -> UnsupportedError:
    """The error for a construct at `span`."""
    text, _, more = span.text.partition("\n")
    return UnsupportedError(
        f"cannot differentiate `{text.strip()}{' ...' if more else ''}`",
        why=why[:1].upper() + why[1:] + ".",
        hint=hint,
        span=span,
    )


def _check_use(node: Any, shown: Any, span_of: Callable[[Any], Span]) -> None:
    """Accepted constructs in places where they are not."""
    if isinstance(node, gast.FunctionDef) and node.decorator_list:
        raise refusal(
            span_of(node.decorator_list[0]),
            "a decorated nested function is not followed",
            "Move the function to the module, or call the decorator's work by hand.",
        )
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


def _nodes(value: Any) -> list[Any]:
    if isinstance(value, list):
        return [item for item in value if isinstance(item, gast.AST)]
    return [value] if isinstance(value, gast.AST) else []


def _annotations(node: Any) -> list[Any]:
    arguments = node.args
    named = [
        *arguments.args,
        *arguments.posonlyargs,
        *arguments.kwonlyargs,
        arguments.vararg,
        arguments.kwarg,
    ]
    return [name.annotation for name in named if name is not None and name.annotation is not None]
