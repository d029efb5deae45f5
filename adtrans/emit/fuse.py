"""What the user wrote as one thing, made one op again before it is printed.

`t = x[i]; t += v; x[i] = t` is `x[i] += v`, and a list that a loop fills is a comprehension.
Works in place, on the emitter's own copy of a program.
"""

from __future__ import annotations

import builtins
import dataclasses
import operator
from collections import Counter
from typing import Any

from adtrans.emit.effects import HEAP, IN_PLACE, effect_of, is_index
from adtrans.emit.iteration import iterate_items
from adtrans.emit.order import order_tapes
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Block, Cloner, Const, Function, Op, Value, blocks_of, is_member
from adtrans.ir.uses import use_counts
from adtrans.optimize.linear import grow_in_place

_LOADS = {operator.setitem: operator.getitem, builtins.setattr: builtins.getattr}
_AS_IN_PLACE: dict[Any, Any] = {
    operator.add: operator.iadd, operator.sub: operator.isub, operator.mul: operator.imul,
    operator.truediv: operator.itruediv,
}  # fmt: skip
_COLLECTORS: dict[Any, Any] = {prims.list_: list.append, prims.set_: set.add, prims.dict_: operator.setitem}
_EMPTY = ("[]", "{}", "list()", "dict()", "set()")


def prepare(function: Function) -> Function:
    """A copy of a program for the emitter to work on, fused, where every global knows its namespace."""
    copy = dataclasses.replace(function, body=Cloner().block(function.body))
    grows = False
    for block in blocks_of(copy.body):
        for op in block.ops:
            if op.fn is prims.global_:
                op.attrs.setdefault("namespace", function.namespace)
            grows = grows or op.fn in (prims.append, prims.include, prims.insert)
        block.ops = [op for op in block.ops if op.fn is not prims.restore]
    if grows:
        grow_in_place(copy)
    iterate_items(copy.body)
    order_tapes(copy.body)
    fuse(copy.body)
    _repeat_indices(copy.body)
    return copy


def fuse(body: Block) -> None:
    """Fuse augmented stores and comprehensions, everywhere."""
    uses = use_counts(body)
    definitions = {v: op for block in blocks_of(body) for op in block.ops for v in op.results}
    for block in list(blocks_of(body)):
        if any(op.fn in _LOADS for op in block.ops):
            _fuse_stores(block, uses, definitions)
        if any(op.fn in _COLLECTORS and not op.operands for op in block.ops):
            _fuse_comprehensions(block, uses)


# ----- x[i] += v -----


def _fuse_stores(block: Block, uses: Counter[Value], definitions: dict[Value, Op]) -> None:
    position = {op: k for k, op in enumerate(block.ops)}
    gone: set[Op] = set()
    for k, store in enumerate(block.ops):
        if store.fn not in _LOADS or len(store.operands) != 3:
            continue
        target, index, new = store.operands
        change = definitions.get(new)
        operation = (
            _operation(change) if change is not None and change in position and uses[new] == 1 else None
        )
        if change is None or operation is None:
            continue
        load = definitions.get(change.operands[0])
        if (
            load is None
            or load not in position
            or load.fn is not _LOADS[store.fn]
            or uses[change.operands[0]] != 1
        ):
            continue
        if load.operands[0] is not target or not _same_index(load.operands[1], index):
            continue
        between = [op for op in block.ops[position[load] + 1 : k] if op is not change and op not in gone]
        if not all(_may_follow(op, uses, between, change) for op in between):
            continue
        gone.update((load, change))
        for v in load.operands[:2]:
            uses[v] -= 1
        attrs: dict[str, Any] = {**store.attrs, "fn": prims.augment_at, "read first": True}
        if store.fn is builtins.setattr:
            attrs["of attribute"] = True
        block.ops[k] = Op(
            "apply", [target, index, Const(operation), change.operands[1]], [], [], attrs, store.span
        )
    if gone:
        block.ops = [op for op in block.ops if op not in gone]


def _operation(change: Op) -> Any:
    """operator.iadd and its like, for `new = old + v` in place or on numbers."""
    if change.kind != "apply" or len(change.operands) != 2 or change.result.name is not None:
        return None
    if is_member(change.fn, IN_PLACE):
        return change.fn
    numbers = all(isinstance(v.type, ty.Scalar) for v in (change.operands[0], change.result))
    return _AS_IN_PLACE.get(change.fn) if numbers else None


def _same_index(a: Value, b: Value) -> bool:
    if a is b:
        return True
    if not (isinstance(a, Const) and isinstance(b, Const)) or type(a.value) is not type(b.value):
        return False
    return isinstance(a.value, (int, str, slice, tuple, type(Ellipsis))) and repr(a.value) == repr(b.value)


def _may_follow(op: Op, uses: Counter[Value], between: list[Op], change: Op) -> bool:
    """Whether an op between load and store may run before the load, or prints inside the statement."""
    if op.blocks:
        return all(_may_follow(inner, uses, between, change) for b in op.blocks for inner in b.ops)
    if not effect_of(op).writes & HEAP:
        return True
    if len(op.results) != 1 or op.result.name is not None or uses[op.result] != 1:
        return False
    return any(op.result in other.operands for other in (*between, change))


# ----- x[i, :] -----

_INDEXED = (
    operator.getitem,
    operator.setitem,
    operator.delitem,
    prims.augment_at,
    prims.add_at,
    prims.set_at,
)


def _repeat_indices(body: Block) -> None:
    """An index tuple that several ops read is written out in each of them."""
    shared: dict[Value, Op] = {}
    other: set[Value] = set()
    for block in blocks_of(body):
        for op in block.ops:
            if op.results and op.result.name is None and _is_cheap_index(op):
                shared[op.result] = op
            whole = op.fn in (prims.tuple_, builtins.slice) and op.result in shared
            for k, v in enumerate(op.operands):
                if v in shared and not whole and not (k == 1 and is_member(op.fn, _INDEXED)):
                    other.add(v)
        other.update(v for v in block.yields if v in shared)
    for value in reversed(list(shared)):
        if value in other:
            other.update(v for v in shared[value].operands if v in shared)
    shared = {v: op for v, op in shared.items() if v not in other}
    if not shared:
        return
    for block in list(blocks_of(body)):
        ops: list[Op] = []
        for op in block.ops:
            if op.results and op.results[0] in shared:
                continue
            if len(op.operands) > 1 and op.operands[1] in shared:
                op.operands = list(op.operands)
                op.operands[1] = _copied(op.operands[1], shared, ops)
            ops.append(op)
        block.ops = ops


def _is_cheap_index(op: Op) -> bool:
    """A slice, a tuple of indices, a range, or an index and a constant."""
    if op.fn in (prims.tuple_, builtins.slice, builtins.range):
        return bool(op.operands) and not any(isinstance(v.type, ty.Array) for v in op.operands)
    if op.fn in (operator.add, operator.sub):
        whole = all(isinstance(v.type, ty.Known) or is_index(v) for v in op.operands)
        return whole and is_index(op.result) and any(isinstance(v, Const) for v in op.operands)
    return False


def _copied(value: Value, shared: dict[Value, Op], ops: list[Op]) -> Value:
    made = shared[value]
    operands = [_copied(v, shared, ops) if v in shared else v for v in made.operands]
    result = Value(value.type, None, value.span)
    ops.append(Op("apply", operands, [result], [], dict(made.attrs), made.span))
    return result


# ----- comprehensions -----


def _fuse_comprehensions(block: Block, uses: Counter[Value]) -> None:
    made: dict[Value, Op] = {}
    gone: set[Op] = set()
    for k, op in enumerate(block.ops):
        for v in op.operands:
            if v in made:  # read before its loop, or after it: either way no longer open
                made.pop(v)
        if op.kind == "for" and len(op.operands) == 1 and not op.attrs.get("exits"):
            filled = _collector(op.blocks[0], made)
            if filled is not None:
                start = made.pop(filled)
                gone.add(start)
                attrs = {**start.attrs, "collects": start.fn}
                block.ops[k] = Op("for", op.operands, [filled], op.blocks, attrs, start.span or op.span)
        if op.blocks:
            for inner in op.blocks:
                for v in use_counts(inner):
                    made.pop(v, None)
        elif (
            op.fn in _COLLECTORS and not op.operands and not (op.span is not None and op.span.text in _EMPTY)
        ):
            made[op.result] = op
    if gone:
        block.ops = [op for op in block.ops if op not in gone]


def _collector(body: Block, made: dict[Value, Op]) -> Value | None:
    """The list, set or dict that is all that a loop's body fills, at its end."""
    inside = body
    while True:
        last = inside.ops[-1] if inside.ops else None
        if last is None:
            return None
        filters = last.kind == "if" and not last.results and not last.blocks[1].ops
        repeats = last.kind == "for" and len(last.operands) == 1 and not last.attrs.get("exits")
        if not filters and not repeats:
            break
        inside = last.blocks[0]
    filled = last.operands[0] if last.operands else None
    if filled not in made or last.fn is not _COLLECTORS[made[filled].fn]:
        return None
    if use_counts(body)[filled] != 1:
        return None
    last.attrs["collected"] = True
    return filled
