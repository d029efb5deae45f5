"""Checks of `undefined="raise"`: written beside each rule, they look where its function has no derivative.

    y = np.sqrt(x)    ->    check_defined((x == 0.0) & (by != 0.0), "f.py:3:9: `np.sqrt(x)` has no derivative at 0")

Reverse mode looks at the elements whose cotangent is not zero, forward mode at those whose tangents
are not. Without the option nothing is written.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from adtrans.analysis.inference.algebra import Zero
from adtrans.analysis.inference.engine import Engine
from adtrans.errors import place
from adtrans.ir import types as ty
from adtrans.ir.program import Const, Op, Value, walk
from adtrans.rules.registry import Primitive, Undefined
from adtrans.runtime import check_defined
from adtrans.transform.adjoints import Entry, Parts, whole
from adtrans.transform.inlining import inline_rule

if TYPE_CHECKING:
    from adtrans.transform.forward import Forward
    from adtrans.transform.reverse import Reverse


@dataclass
class Check:
    """What a function says of where it has no derivative, and the operands that it says it of.

    asked: for each input where its derivative is asked for; None where it is not at all, True for everywhere.
    """

    undefined: Undefined
    inputs: list[Value]
    options: dict[str, Value]
    asked: list[Value | bool | None]


def in_reverse(
    reverse: Reverse,
    op: Op,
    primitive: Primitive,
    inputs: list[Value],
    options: dict[str, Value],
    b: Entry,
    wanted: list[bool],
) -> None:
    """Check an application whose result has the cotangent `b`."""
    engine = reverse.engine
    if not engine.raises_undefined:
        return
    for undefined in primitive.undefined:
        for part in _cotangents(engine, op.result, b, undefined):
            everywhere = _is_everywhere(part)
            asked = True if everywhere else engine.apply(operator.ne, [part, Const(0.0)])
            check = Check(undefined, inputs, options, [asked if w else None for w in wanted])
            _write(engine, op, check, part if reads_cotangent(undefined) else None)


def of_forward(
    forward: Forward,
    op: Op,
    primitive: Primitive,
    inputs: list[Value],
    options: dict[str, Value],
    tangents: list[Value],
) -> list[Check]:
    """The checks of an application whose inputs have these tangents."""
    engine = forward.engine
    if not engine.raises_undefined:
        return []
    read = _parts_read(forward, op.result)
    asked = [_moves(engine, d, primitive.elementwise) for d in tangents]
    return [
        Check(u, inputs, options, asked)
        for u in primitive.undefined
        if u.results is None or read is None or any(k in read for k in u.results)
    ]


def in_forward(engine: Engine, op: Op, checks: list[Check], tangent: Value | None) -> None:
    """Write the checks that need the tangent of the output, or those that need it not."""
    for check in checks:
        if reads_cotangent(check.undefined) != (tangent is not None):
            continue
        if tangent is None:
            _write(engine, op, check, None)
        elif not isinstance(tangent, Zero):
            for part in _cotangents(engine, op.result, tangent, check.undefined):
                _write(engine, op, check, part)


def _write(engine: Engine, op: Op, check: Check, cotangent: Value | None) -> None:
    """Inline a condition, and raise where it holds and the derivative is asked for."""
    rule = check.undefined.condition
    code = rule.__code__
    names = code.co_varnames[: code.co_argcount]
    options = {k: v for k, v in check.options.items() if k in names}
    values = [*check.inputs, op.result, *([] if cotangent is None else [cotangent])]
    found = inline_rule(engine, rule, values, options)
    for condition, asked in _pairs(engine, found, check.asked):
        if cotangent is None and isinstance(asked, Value):
            condition = engine.apply(operator.and_, [condition, asked])
        if isinstance(condition, Const) and not condition.value:
            continue
        engine.emit(check_defined, [condition, Const(message(op, check.undefined.what))], [])


def message(op: Op, what: str) -> str:
    """Where, what, and why there is no derivative."""
    span = op.attrs.get("origin") or op.span
    assert span is not None
    text = " ".join(span.text.split())
    return f"{place(span)}: `{text}` has no derivative {what}"


def _pairs(
    engine: Engine, found: Value, asked: Sequence[Value | bool | None]
) -> list[tuple[Value, Value | bool]]:
    """Conditions, and where they matter: one for each input, or one for all."""
    if _is_nothing(found):
        return []
    if isinstance(found.type, ty.Tuple) or isinstance(found, Const) and isinstance(found.value, tuple):
        parts = engine.take_apart(found)
        return [(c, a) for c, a in zip(parts, asked) if a is not None and not _is_nothing(c)]
    wanted = [a for a in asked if a is not None]
    if not wanted:
        return []
    places = [a for a in wanted if isinstance(a, Value)]
    if len(places) < len(wanted):
        return [(found, True)]
    total = places[0]
    for a in places[1:]:
        if a is not total:
            total = engine.apply(operator.or_, [total, a])
    return [(found, total)]


def _is_nothing(condition: Value) -> bool:
    return isinstance(condition, Const) and (condition.value is None or condition.value is False)


def _cotangents(engine: Engine, y: Value, b: Entry, check: Undefined) -> list[Value]:
    """The cotangents of the results that have no derivative; those that a condition reads are whole."""
    if check.results is None or not isinstance(y.type, ty.Tuple):
        given = [(y, b)]
    else:
        items, parts = engine.take_apart(y), b if isinstance(b, Parts) else engine.take_apart(b)
        found = [(items[k], parts.get(k) if isinstance(parts, Parts) else parts[k]) for k in check.results]
        given = [(item, part) for item, part in found if part is not None]
    return [
        part if isinstance(part, Value) and not reads_cotangent(check) else whole(engine, item, part)
        for item, part in given
        if not isinstance(part, Zero)
    ]


def reads_cotangent(check: Undefined) -> bool:
    code = check.condition.__code__
    return "by" in code.co_varnames[: code.co_argcount]


def _is_everywhere(b: Value) -> bool:
    """Whether a cotangent is nowhere zero, or no array of numbers."""
    if isinstance(b, Const):
        return True
    return not isinstance(ty.widen(b.type), (ty.Scalar, ty.Array, ty.Numeric, ty.Any))


def _moves(engine: Engine, d: Value, elementwise: bool) -> Value | bool | None:
    """Where an input moves."""
    if isinstance(d, Zero):
        return None
    if _is_everywhere(d):
        return True
    moved = engine.apply(operator.ne, [d, Const(0.0)])
    return moved if elementwise or isinstance(ty.widen(d.type), ty.Scalar) else engine.apply(np.any, [moved])


def _parts_read(forward: Forward, result: Value) -> set[Any] | None:
    """Which items of a tuple the derivative reads; None where it may read all."""
    if not isinstance(result.type, ty.Tuple):
        return None
    found: set[Any] = set()
    for op in walk(forward.function.body):
        if any(v is result for b in op.blocks for v in b.yields):
            return None
        for v in op.operands:
            if v is not result:
                continue
            if op.fn is not operator.getitem or not isinstance(op.operands[1], Const):
                return None
            if forward.is_active(op.result):
                found.add(op.operands[1].value)
    return None if any(v is result for v in forward.function.results) else found
