"""Restore on write: where the reverse sweep reads storage again, what was overwritten is put back.

    x[i] = v                 old = x[i].copy(); x[i] = v        (forward sweep)
                             x[i] = old                         (its mirror)

Only a write that may run after a read which the reverse sweep repeats is undone, and only if no
other one is undone there before that read.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from adtrans.analysis.aliases import Aliases
from adtrans.analysis.inference.engine import Engine
from adtrans.analysis.views import is_view, viewed
from adtrans.errors import UnsupportedError
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Block, Const, Op, Value, blocks_of, walk
from adtrans.transform.containers import is_container, undo, undo_by_copy
from adtrans.transform.covered import Covered

_SHAPE_ONLY = frozenset(
    [len, np.shape, np.ndim, np.size, np.zeros_like, np.empty_like, np.full_like, np.ones_like, isinstance]
)


def restore_writes(
    engine: Engine,
    forward: Block,
    reverse: Block,
    aliases: Aliases,
    position: dict[Op, int],
    loops: dict[Op, tuple[int, ...]],
) -> bool:
    """Fill in, or drop, every `prims.restore` of the reverse sweep; whether there were any."""
    placed = [(block, op) for block in blocks_of(reverse) for op in block.ops if op.fn is prims.restore]
    if not placed:
        return False
    reader = _Reads(reverse, aliases)
    reads = reader.by_class()
    where = {op: block for block in blocks_of(forward) for op in block.ops}
    needed: dict[Op, Block] = {}
    made_in = _loops_of_values(forward, position, loops)
    own = _loops_with_own(made_in, aliases)
    for block, mark in placed:
        write = mark.attrs["write"]
        root = aliases.find(mark.operands[0])
        shared = set(loops[write]) - own.get(root, set())
        if any(_repeats(read, position[write], shared) for read in reads.get(root, ())):
            needed[mark] = block
        else:
            block.ops.remove(mark)
    covered = Covered(engine.definition, made_in, reader.of, aliases.find)
    covered.block(reverse, {})
    for mark, block in needed.items():
        if mark in covered.found:
            block.ops.remove(mark)
        else:
            write = mark.attrs["write"]
            _keep_old(engine, where[write], write, block, mark, aliases)
    return True


def _loops_of_values(
    forward: Block, position: dict[Op, int], loops: dict[Op, tuple[int, ...]]
) -> dict[Value, tuple[int, ...]]:
    """The loops, by position, that each value is made in."""
    found: dict[Value, tuple[int, ...]] = {}
    for op in walk(forward):
        around = loops.get(op, ())
        inside = (*around, position[op]) if op.kind in ("for", "while") else around
        found.update(dict.fromkeys(op.results, around))
        for block in op.blocks:
            found.update(dict.fromkeys(block.params, inside))
    return found


def _loops_with_own(made_in: dict[Value, tuple[int, ...]], aliases: Aliases) -> dict[Value, set[int]]:
    """By class of storage: the loops of which each turn makes its own, and leaves none for the next."""
    found: dict[Value, set[int]] = {}
    for v in list(aliases._parent):
        root, around = aliases.find(v), set(made_in.get(v, ()))
        found[root] = found.get(root, around) & around
    return found


def _repeats(read: tuple[int, tuple[int, ...]], position: int, loops: set[int]) -> bool:
    """Whether a write in these loops may run at or after a read's place in the forward sweep."""
    at, around = read
    return position >= at or not loops.isdisjoint(around)


class _Reads:
    """Which classes of written storage each op of a reverse sweep reads the contents of."""

    def __init__(self, reverse: Block, aliases: Aliases):
        self.reverse = reverse
        self.aliases = aliases
        self._root_of: dict[Value, Value] = {}
        for op in walk(reverse):
            if self._looks(op) and is_view(op) and op.results and not op.attrs.get("shadow"):
                base = self._root(op.operands[viewed(op)])
                if base is not None:
                    self._root_of[op.result] = base

    def _root(self, v: Value) -> Value | None:
        if isinstance(v, Const):
            return None
        if v in self._root_of:
            return self._root_of[v]
        return self.aliases.find(v) if v in self.aliases._parent and self.aliases.is_written(v) else None

    @staticmethod
    def _looks(op: Op) -> bool:
        if op.kind != "apply" or op.fn in (prims.restore, getattr):
            return False
        if op.attrs.get("shadow") and not is_view(op):
            return False
        return op.fn not in _SHAPE_ONLY or bool(op.operands) and is_container(op.operands[0].type)

    def of(self, op: Op) -> set[Value]:
        """The classes that an op reads; making a view reads nothing of what it is a view of."""
        if not self._looks(op):
            return set()
        seen = viewed(op) if is_view(op) else None
        return {root for k, v in enumerate(op.operands) if k != seen and (root := self._root(v)) is not None}

    def by_class(self) -> dict[Value, list[tuple[int, tuple[int, ...]]]]:
        """By class of storage: (position, loops) of the forward ops whose mirrors read its contents."""
        found: dict[Value, list[tuple[int, tuple[int, ...]]]] = {}
        for op in walk(self.reverse):
            for root in self.of(op):
                place = op.attrs.get("mirror", 0), tuple(op.attrs.get("loops", ()))
                found.setdefault(root, []).append(place)
        return found


def _keep_old(engine: Engine, home: Block, write: Op, block: Block, mark: Op, aliases: Aliases) -> None:
    undone = undo(write, mark) if is_container(mark.operands[0].type) else None
    if undone is not None:
        k = block.ops.index(mark)
        block.ops[k : k + 1] = undone
        return
    target = mark.operands[0]
    index = mark.operands[1] if len(mark.operands) > 1 else Const(Ellipsis)
    if isinstance(target.type, ty.Array) and _indexes_itself(engine, target, index, aliases):
        index = Const(Ellipsis)
    if is_container(target.type):
        before, after = undo_by_copy(write, mark)
        for op in before:
            engine.definitions[op.result] = op
        at, k = home.ops.index(write), block.ops.index(mark)
        home.ops[at:at] = before
        block.ops[k : k + 1] = after
        return
    if not isinstance(target.type, ty.Array):
        raise UnsupportedError("a list or dict is changed after its items were used in the derivative", span=write.span,
                               hint="build a new list or dict instead")  # fmt: skip
    ops: list[Op] = []
    whole = isinstance(index, Const) and index.value is Ellipsis
    part: Value = target
    if not whole:
        from adtrans.analysis.inference import arrays

        type_, access = arrays.getitem(
            target.type, arrays.index_parts(index, engine.definition), engine.definition, "old"
        )
        part = Value(type_, None, write.span)
        if access == "view":
            aliases.union(target, part)
        ops.append(_apply(engine, operator.getitem, [target, index], part, {"access": access}, write))
    if not isinstance(part.type, ty.Scalar) and (whole or ops[-1].attrs["access"] in ("view", "unknown")):
        old = Value(part.type, "old", write.span)
        ops.append(_apply(engine, np.copy, [part], old, {"style": "method", "spelling": "copy"}, write))
    else:
        old = part
        old.name = "old"
    at = home.ops.index(write)
    home.ops[at:at] = ops
    k = block.ops.index(mark)
    attrs: dict[str, Any] = {**mark.attrs, "fn": operator.setitem, "restores": True}
    block.ops[k] = Op("apply", [target, index, old], [], [], attrs, mark.span)


def _indexes_itself(engine: Engine, target: Value, index: Value, aliases: Aliases) -> bool:
    """Whether a write says by the array that it changes where it writes: `mask[mask] = v`."""
    from adtrans.analysis.inference import arrays

    parts = arrays.index_parts(index, engine.definition)
    return any(not isinstance(v, Const) and aliases.same(v, target) for v in (index, *parts))


def _apply(
    engine: Engine, fn: Any, operands: list[Value], result: Value, attrs: dict[str, Any], write: Op
) -> Op:
    op = Op("apply", operands, [result], [], {"fn": fn, **attrs}, write.span)
    engine.definitions[result] = op
    return op
