"""The last passes over a derivative: copies that are not needed, sums in place, results of one's own."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any

import numpy as np

from adtrans.analysis.inference.engine import Engine
from adtrans.errors import UnsupportedError
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Block, Const, Function, Op, Value, blocks_of, walk
from adtrans.ir.regions import define
from adtrans.ir.uses import substitute, use_counts
from adtrans.markers import stop_gradient
from adtrans.optimize.accumulate import accumulate_in_place
from adtrans.optimize.copies import elide_copies
from adtrans.optimize.dce import eliminate_dead_code
from adtrans.optimize.linear import grow_in_place
from adtrans.optimize.ownership import own_results
from adtrans.optimize.stores import store_what_is_added_to_zero
from adtrans.runtime import add_item


def finish(function: Function, engine: Engine) -> bool:
    """Polish a program for printing; whether its array results are known to be its own."""
    programs = _resolve_programs(function, engine)
    fresh = True
    for f in [function, *programs]:
        _settle_attached(f)
        _drop_markers(f)
        _closures_as_tuples(f)
        eliminate_dead_code(f)
        _define_displayed(f)
        grow_in_place(f)
        elide_copies(f)
        store_what_is_added_to_zero(f)
        _first_contributions(f)
        if f is function:
            fresh = own_results(f)
        accumulate_in_place(f)
        _write_out_scatters(f)
    return fresh


def _write_out_scatters(function: Function) -> None:
    """A scatter-add into what is not owned is a copy, and an addition in place."""
    for block in blocks_of(function.body):
        ops: list[Op] = []
        for op in block.ops:
            if op.fn is not prims.add_at or op.attrs.get("inplace"):
                ops.append(op)
                continue
            base, index, value = op.operands
            t = base.type
            attrs = {
                k: v
                for k, v in op.attrs.items()
                if k not in ("fn", "keywords", "repeats", "style", "spelling")
            }
            if (
                not isinstance(t, (ty.Array, ty.List, ty.Tuple, ty.Record, ty.Mapping))
                or isinstance(t, (ty.Tuple, ty.List))
                and t.cls is not list
            ):
                ops.append(Op("apply", op.operands, op.results, [], {**attrs, "fn": add_item}, op.span))
                continue
            copy: Any = (
                np.copy
                if isinstance(t, ty.Array)
                else dict
                if isinstance(t, (ty.Record, ty.Mapping))
                else list
            )
            style = {"style": "method", "spelling": "copy"}
            ops.append(Op("apply", [base], op.results, [], {**attrs, "fn": copy, **style}, op.span))
            operands = [op.result, index, value]
            if op.attrs.get("repeats"):
                ops.append(Op("apply", operands, [], [], {**attrs, "fn": np.add.at, "impure": True}, op.span))
            else:
                operands = [op.result, index, Const(operator.iadd), value]
                ops.append(Op("apply", operands, [], [], {**attrs, "fn": prims.augment_at}, op.span))
        block.ops = ops


def _resolve_programs(function: Function, engine: Engine) -> list[Function]:
    """Calls of recursive programs name the functions that were written for them."""
    found: dict[Function, None] = {}
    work = [function]
    while work:
        f = work.pop()
        for op in walk(f.body):
            program = op.attrs.get("program")
            if program is not None:
                assert program.function is not None
                op.attrs["fn"] = program.function
                if program.function not in found:
                    found[program.function] = None
                    work.append(program.function)
    return list(found)


_MARKERS: tuple[Any, ...] = (stop_gradient, prims.narrow)


def _closures_as_tuples(function: Function) -> None:
    """A closure is what it captures; its code was inlined wherever it is called."""
    _make_functions(function)
    for op in walk(function.body):
        if op.fn is prims.tuple_ and op.attrs.get("cls", tuple) is not tuple:
            op.attrs["fn"] = op.attrs.pop("cls")
        if op.fn is prims.closure and not op.attrs.get("is called"):
            op.operands = op.operands[1:]
            op.attrs = {k: v for k, v in op.attrs.items() if k not in ("captures", "defaults")} | {
                "fn": prims.tuple_
            }


_KEEP_FUNCTIONS = frozenset([prims.closure, prims.tuple_, prims.list_, prims.dict_])


def _make_functions(function: Function) -> None:
    """A closure is a function to what calls it by itself, and to such functions that capture it."""
    called = {v for op in walk(function.body) if _calls_what_it_is_given(op) for v in op.operands}
    for op in reversed(list(walk(function.body))):
        if op.fn in _KEEP_FUNCTIONS and op.result in called:
            called.update(op.operands)
    made: dict[Value, Value] = {}
    for block in blocks_of(function.body):
        ops: list[Op] = []
        for op in block.ops:
            ops.append(op)
            if op.fn in _KEEP_FUNCTIONS and op.result in called and _holds_closure(op.result.type):
                made[op.result] = Value(op.result.type, op.result.name, op.result.span)
                operands = [made.get(v, v) for v in op.operands]
                attrs = {**op.attrs, "is called": True}
                ops.append(Op("apply", operands, [made[op.result]], [], attrs, op.span))
            elif _calls_what_it_is_given(op):
                _check_functions(op, made)
                op.operands = [made.get(v, v) for v in op.operands]
        block.ops = ops


def _check_functions(op: Op, made: Mapping[Value, Value]) -> None:
    """Refuse nested functions that get to a solver by a branch, in a list, or as arguments of a recursion."""
    if op.fn is not print and any(_holds_closure(v.type) for v in op.operands if v not in made):
        raise UnsupportedError(
            "a nested function that is given to a solver is not made where it is given",
            span=op.span,
            hint="define it in the same function, or as a function of the module",
        )


def _holds_closure(t: ty.Type) -> bool:
    if isinstance(t, ty.Tuple):
        return any(map(_holds_closure, t.items))
    if isinstance(t, (ty.List, ty.Mapping)):
        return _holds_closure(t.item)
    if isinstance(t, ty.Record):
        return any(_holds_closure(item) for _, item in t.fields)
    return isinstance(t, ty.Closure)


def _calls_what_it_is_given(op: Op) -> bool:
    if op.fn is prims.call or op.fn is print or op.attrs.get("outside call"):
        return True
    module = getattr(op.fn, "__module__", None) or ""
    return op.kind == "apply" and module.startswith(("numpy", "scipy"))


def _settle_attached(function: Function) -> None:
    """Derivatives are written: a value that another one's derivative was attached to is a copy of itself."""
    mapping: dict[Value, Value] = {}
    for block in blocks_of(function.body):
        for op in block.ops:
            if op.fn is not prims.attached:
                continue
            if isinstance(op.result.type, ty.Array):
                op.operands, op.attrs = (
                    op.operands[:1],
                    {**op.attrs, "fn": np.copy, "style": "method", "spelling": "copy"},
                )
            else:
                mapping[op.result] = op.operands[0]
        block.ops = [op for op in block.ops if op.fn is not prims.attached]
    substitute(function.body, mapping)


def _drop_markers(function: Function) -> None:
    mapping: dict[Value, Value] = {}
    for block in blocks_of(function.body):
        for op in block.ops:
            if op.fn in _MARKERS:
                mapping[op.result] = op.operands[0]
                if op.operands[0].name is None and not isinstance(op.operands[0], Const):
                    op.operands[0].name = op.result.name
        block.ops = [op for op in block.ops if op.fn not in _MARKERS]
    substitute(function.body, mapping)


def _define_displayed(function: Function) -> None:
    """What a display holds is None on the paths that do not assign it, where nobody reads it."""
    define(
        [
            v
            for op in walk(function.body)
            if op.fn in (prims.tuple_, prims.list_, prims.dict_)
            for v in op.operands
        ],
        function.body,
    )


def _first_contributions(function: Function) -> None:
    """`bu = zeros_like(u); bu += t` becomes `bu = t` where t is new and of the same type."""
    reshaped = {op.operands[0] for op in walk(function.body) if op.fn in (np.reshape, np.ravel)}
    counts = use_counts(function.body)
    for block in blocks_of(function.body):
        fresh = {
            op.result: op
            for op in block.ops
            if op.fn is np.zeros_like and op.attrs.get("shadow") and op.result not in reshaped
        }
        _fold_first(block, fresh, counts)


_NEW: frozenset[Any] = frozenset([operator.add, operator.sub, operator.mul, operator.truediv, operator.neg, operator.pow, operator.matmul,
                                  np.multiply, np.add, np.outer, np.copy, np.full_like])  # fmt: skip


def _fold_first(block: Block, fresh: dict[Value, Op], counts: Mapping[Value, int]) -> None:
    """Where the first thing that happens to a new shadow is a sum into it, it starts as that."""
    definitions = {r: op for op in block.ops for r in op.results}
    pending = dict(fresh)
    for op in list(block.ops):
        if not pending:
            return
        touched = [v for v in _reads(op) if v in pending]
        if op.fn is operator.iadd and not op.results and op.operands[0] in pending:
            shadow, value = op.operands
            made = definitions.get(value)
            if (
                made is not None
                and made.fn in _NEW
                and counts[value] == 1
                and _same_type(value.type, shadow.type)
                and shadow not in made.operands
            ):
                block.ops.remove(pending[shadow])
                block.ops.remove(op)
                made.results = [shadow]
                if not made.attrs.get("reverse"):
                    made.attrs["reverse"] = True
            pending.pop(shadow)
            continue
        for v in touched:
            pending.pop(v, None)


def _reads(op: Op) -> list[Value]:
    inside = [v for b in op.blocks for inner in walk(b) for v in inner.operands] + [
        v for b in op.blocks for c in blocks_of(b) for v in c.yields
    ]
    return [*op.operands, *inside]


def _same_type(a: ty.Type, b: ty.Type) -> bool:
    return (
        isinstance(a, ty.Array)
        and isinstance(b, ty.Array)
        and a.dtype == b.dtype
        and a.dims == b.dims
        and a.dims is not None
    )
