"""One request for a derivative, and the module text that answers it."""

from __future__ import annotations

from collections.abc import Iterable
from types import FunctionType
from typing import Any

from adtrans.analysis.inference.engine import NeedStatic, Restart
from adtrans.analysis.inference.implicit import one_order_more
from adtrans.errors import AdtransError, UnsupportedError
from adtrans.frontend.deep import deeply
from adtrans.frontend.source import last_line
from adtrans.ir import types as ty
from adtrans.ir.program import Span
from adtrans.optimize.finish import finish
from adtrans.transform.explaining import explain, internal
from adtrans.transform.gradient import Typed, primal_program, transformed
from adtrans.transform.request import Generated, Request


def generate(request: Request) -> Generated:
    """Write the derivative that a request asks for.

    Raises AdtransError for a program that cannot be differentiated.
    """
    try:
        return deeply(lambda: _generate(request))
    except AdtransError as error:
        explain(error, request)
        raise
    except Exception as failure:
        refusal = internal(failure)
        explain(refusal, request)
        raise refusal from failure


def _generate(request: Request) -> Generated:
    from adtrans.emit.module import emit_module

    flags: frozenset[Any] = frozenset()
    while True:
        try:
            with one_order_more():
                primal = typed_program(request.function, request.types, flags)
            written = transformed(
                primal, request.transform, request.argnums, dict(request.options), request.types
            )
            break
        except NeedStatic as asked:
            paths = tuple(path for k in asked.positions for path in _static_paths(request.types[k], (k,)))
            if not paths:
                name = getattr(request.function, "__name__", "function")
                raise UnsupportedError(
                    f"the derivative of {name} needs to know an argument that is no number",
                    hint="write the option out where it is used",
                ) from None
            return Generated("", "", depends=asked.depends, statics=paths)
        except Restart as again:
            flags = frozenset(again.flags)
    engine = primal.engine
    fresh = finish(written.function, engine)
    emitted = emit_module([written.function])
    return Generated(emitted.text, written.function.name, emitted.bindings, engine.depends, (), primal.output, primal.mutated, fresh,
                     bool(dict(request.options).get("single")), _places(emitted.places, engine.sources))  # fmt: skip


def _places(spans: dict[int, Span], functions: Iterable[FunctionType]) -> list[tuple[int, FunctionType, int]]:
    """Lines of the text as lines of the functions that they come from."""
    ranges = [
        (
            function,
            function.__code__.co_filename,
            function.__code__.co_firstlineno,
            last_line(function.__code__),
        )
        for function in functions
        if not (function.__module__ or "").startswith("adtrans.")
    ]
    return [
        (number, function, span.line - first)
        for number, span in spans.items()
        for function, filename, first, last in ranges
        if span.source.filename == filename and first <= span.line <= last
    ]


def _static_paths(t: ty.Type, path: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """Paths of the integers and booleans in an argument."""
    if isinstance(t, ty.Scalar) and t.dtype in ("int64", "bool"):
        return [path]
    if isinstance(t, ty.Tuple):
        return [p for k, item in enumerate(t.items) for p in _static_paths(item, (*path, k))]
    if isinstance(t, ty.Record):
        return [p for k, item in t.fields for p in _static_paths(item, (*path, k))]
    return []


def typed_program(function: Any, types: tuple[ty.Type, ...], flags: frozenset[Any]) -> Typed:
    """The typed program of a function or of a derivative."""
    target = getattr(function, "target", None)
    if target is None:
        return primal_program(function, types, flags)
    with one_order_more():
        return _of_derivative(function, types, flags)


def _of_derivative(function: Any, types: tuple[ty.Type, ...], flags: frozenset[Any]) -> Typed:
    target = function.target
    count = len(types) - {"jvp": len(function.argnums), "vjp": 1}.get(function.transform, 0)
    inner = typed_program(target.function, types[:count], flags)
    _, argnums, options = function.chain[-1]
    slots = tuple(target.slots(argnums)) if hasattr(target, "slots") else argnums
    return transformed(inner, function.transform, slots, dict(options), types)
