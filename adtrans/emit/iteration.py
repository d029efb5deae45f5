"""Loops over indices that only fetch items become loops over the items.

`for i in range(len(xs)): x = xs[i]` is `for x in xs`; several sequences are zipped, and where the
index is read otherwise they are enumerated. A user's own loops over a range stay as they are.
"""

from __future__ import annotations

import builtins
import operator
from typing import Any

from adtrans.analysis.views import may_be_view, shared_operands
from adtrans.emit.effects import HEAP, effect_of
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Block, Const, Op, Value, blocks_of, is_const
from adtrans.ir.uses import use_counts
from adtrans.rules.registry import lookup


class _Program:
    """Definitions and uses of a body."""

    def __init__(self, body: Block) -> None:
        self.definitions: dict[Value, Op] = {}
        self.uses = use_counts(body)
        self.owner: dict[Op, Block] = {}
        for block in blocks_of(body):
            for op in block.ops:
                self.owner[op] = block
                for r in op.results:
                    self.definitions[r] = op

    def drop(self, value: Value) -> None:
        """Take one use away; an op that nobody reads any more goes, and so on."""
        work = [value]
        while work:
            v = work.pop()
            self.uses[v] -= 1
            op = self.definitions.get(v)
            if (
                op is not None
                and self.uses[v] == 0
                and op.fn in (builtins.range, builtins.reversed, builtins.len)
            ):
                self.owner[op].ops.remove(op)
                work.extend(op.operands)


def iterate_items(body: Block) -> None:
    """Rewrite the loops of a body, in place."""
    program: _Program | None = None
    for block in list(blocks_of(body)):
        for op in list(block.ops):
            if op.kind == "for" and not op.attrs.get("collects") and not _wrote_range(op):
                program = program or _Program(body)
                _rewrite(op, block, program)


def _wrote_range(op: Op) -> bool:
    return op.span is not None and "range(" in op.span.statement_text.split("\n")[0]


def _rewrite(loop: Op, block: Block, program: _Program) -> None:
    item = loop.blocks[0].params[0]
    made = program.definitions.get(loop.operands[0])
    backwards = made is not None and made.fn is builtins.reversed
    if backwards and made is not None:
        made = program.definitions.get(made.operands[0])
    if made is None or made.fn is not builtins.range or len(made.operands) != 1:
        return
    body = loop.blocks[0]
    fetches: dict[Value, list[Op]] = {}
    for op in body.ops:
        if _fetches(op, item) and _has_length(op.operands[0], made.operands[0], program):
            fetches.setdefault(op.operands[0], []).append(op)
    fetches = {
        x: ops
        for x, ops in fetches.items()
        if _is_outside(x, loop, program) and _stays(x, ops[0], body, program)
    }
    if not fetches:
        return
    others = program.uses[item] - sum(map(len, fetches.values()))
    if others and (backwards or len(fetches) > 1):
        return
    _replace(loop, block, program, fetches, bool(others), backwards)


def _fetches(op: Op, item: Value) -> bool:
    return (
        op.fn is operator.getitem
        and len(op.operands) == 2
        and op.operands[1] is item
        and not isinstance(op.operands[0], Const)
    )


def _has_length(sequence: Value, count: Value, program: _Program) -> bool:
    t = sequence.type
    if isinstance(t, ty.Array) and t.dims:
        dim = t.dims[0]
    elif isinstance(t, ty.Tuple):
        dim = ty.known_dim(len(t.items))
    else:
        return False
    made = program.definitions.get(count)
    if made is not None and made.fn is builtins.len and made.operands[0] is sequence:
        return True
    if isinstance(count, Const):
        return dim.literal is not None and is_const(count, dim.literal)
    return isinstance(count.type, ty.Scalar) and count.type.dim == dim


def _is_outside(value: Value, loop: Op, program: _Program) -> bool:
    made = program.definitions.get(value)
    inside = set(blocks_of(loop.blocks[0]))
    if made is None:
        return not any(value in b.params for b in inside)
    return program.owner[made] not in inside


def _stays(sequence: Value, fetch: Op, body: Block, program: _Program) -> bool:
    """Whether an item fetched at the start of an iteration is the one fetched later in it."""
    if (
        isinstance(fetch.result.type, ty.Array)
        or isinstance(sequence.type, ty.Tuple)
        and sequence.type.cls is not list
    ):
        return True
    root = _root(sequence, program)
    for block in blocks_of(body):
        for op in block.ops:
            if op.kind == "apply" and effect_of(op).writes & HEAP:
                written = _root(op.operands[0], program) if op.operands else root
                if written is root or not (_is_fresh(written, program) or _is_fresh(root, program)):
                    return False
                if not isinstance(op.operands[0].type, ty.Array):
                    return False
    return True


def _root(value: Value, program: _Program) -> Value:
    while True:
        made = program.definitions.get(value)
        if made is None or made.kind != "apply":
            return value
        shared = (0,) if made.fn is operator.getitem else shared_operands(made)
        if len(shared) != 1:
            return value
        value = made.operands[shared[0]]


def _is_fresh(value: Value, program: _Program) -> bool:
    made = program.definitions.get(value)
    if made is None or made.kind != "apply":
        return False
    known = lookup(made.fn)
    return (
        known is not None
        and known.pure
        and not shared_operands(made)
        and not may_be_view(made)
        and made.fn is not operator.getitem
        and isinstance(value.type, ty.Array)
    )


def _replace(
    loop: Op, block: Block, program: _Program, fetches: dict[Value, list[Op]], counted: bool, backwards: bool
) -> None:
    body = loop.blocks[0]
    index = body.params[0]
    new: dict[Value, Value] = {}
    items: list[Value] = []
    for ops in fetches.values():
        kept = ops[0].result
        items.append(kept)
        new.update((op.result, kept) for op in ops[1:])
        for op in ops:
            body.ops.remove(op)
    if new:
        for inner in blocks_of(body):
            for op in inner.ops:
                op.operands = [new.get(v, v) for v in op.operands]
            inner.yields = [new.get(v, v) for v in inner.yields]
    position = block.ops.index(loop)
    sources: list[Value] = list(fetches)
    if backwards:
        sources = [_apply(block, position, builtins.reversed, [x], loop) for x in sources]
        position += len(sources)
    old = loop.operands[0]
    if counted:
        pair = Value(ty.ANY)
        loop.operands = [_apply(block, position, builtins.enumerate, sources, loop), *loop.operands[1:]]
        body.params[0] = pair
        body.ops.insert(0, _unpack(pair, [index, *items], loop))
    elif len(sources) > 1:
        pair = Value(ty.ANY)
        loop.operands = [_apply(block, position, builtins.zip, sources, loop), *loop.operands[1:]]
        body.params[0] = pair
        body.ops.insert(0, _unpack(pair, items, loop))
    else:
        loop.operands = [sources[0], *loop.operands[1:]]
        body.params[0] = items[0]
    program.drop(old)


def _apply(block: Block, position: int, fn: Any, operands: list[Value], loop: Op) -> Value:
    result = Value(ty.ANY)
    attrs = {"fn": fn, **({"reverse": True} if loop.attrs.get("reverse") else {})}
    block.ops.insert(position, Op("apply", operands, [result], [], attrs, loop.span))
    return result


def _unpack(pair: Value, targets: list[Value], loop: Op) -> Op:
    operands = [pair, Const(len(targets)), Const(False), Const(0)]
    return Op("apply", operands, targets, [], {"fn": prims.unpack}, loop.span)
