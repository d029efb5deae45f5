"""A function's program at each stage of the way, for the tests of analysis, transform and optimize."""

from __future__ import annotations

import textwrap
from typing import Any

import adtrans
from adtrans.frontend.lower import lower
from adtrans.ir.printer import print_program
from adtrans.ir.program import Cloner, Function, Op, Value, blocks_of, walk
from adtrans.loader.types_of import types_of
from adtrans.optimize.finish import finish
from adtrans.transform.gradient import Typed, primal_program, transformed

MEANING = ("fn", "keywords", "exits", "final", "handlers")


def typed(fun: Any, *args: Any, statics: set[tuple[Any, ...]] = frozenset()) -> Typed:
    """The typed program of a function at the types of its arguments; `statics` are known by value."""
    return primal_program(fun, types_of(args, frozenset(statics)))


def derived(
    fun: Any, *args: Any, transform: str = "grad", argnums: tuple[int, ...] = (0,), **options: Any
) -> Typed:
    """The program of a derivative, before the last passes."""
    return transformed(typed(fun, *args), transform, argnums, options, types_of(args))


def finished(fun: Any, *args: Any, **options: Any) -> Function:
    """The program of a derivative as it is handed to emit."""
    made = derived(fun, *args, **options)
    finish(made.function, made.engine)
    return made.function


def source(fun: Any, *args: Any, transform: str = "grad", **options: Any) -> str:
    """The text of a derivative at the types of `args`, vectors included."""
    return getattr(adtrans, transform)(fun, **options).specialize(*args).source


def untyped(fun: Any) -> str:
    return print_program(lower(fun))


def shown(program: Typed | Function, *notes: str) -> str:
    """A program's text, of the notes on its ops only those that change its meaning, and `notes`."""
    function = program if isinstance(program, Function) else program.function
    plain = Function(function.name, Cloner().block(function.body))
    for op in walk(plain.body):
        op.attrs = {k: v for k, v in op.attrs.items() if k in (*MEANING, *notes)}
    return print_program(plain)


def block(text: str) -> str:
    """A triple-quoted program without its margin."""
    return textwrap.dedent(text).lstrip("\n")


def named(function: Function, name: str) -> Value:
    """The last value that carries a user's name."""
    found = [p for p in function.params if p.name == name]
    for b in blocks_of(function.body):
        found += [p for p in b.params if p.name == name]
        found += [r for op in b.ops for r in op.results if r.name == name]
    return found[-1]


def applied(function: Function, fn: Any) -> list[Op]:
    """Every application of a callable, in program order."""
    return [op for op in walk(function.body) if op.fn is fn]


def sweeps(text: str) -> tuple[list[str], list[str]]:
    """The statements of the forward and of the reverse sweep of a gradient's text, without comments."""
    forward, _, reverse = text.partition("    # reverse sweep\n")
    return _statements(forward), _statements(reverse)


def _statements(text: str) -> list[str]:
    rows = [row.strip() for row in text.splitlines()]
    return [row for row in rows if row and not row.startswith(("#", "def ", "import "))]
