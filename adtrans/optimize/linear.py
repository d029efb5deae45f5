"""Containers that grow as values are grown in place where each version is read once.

def f(%x: float):                    before: the empty list is read nowhere else
  %items: list[float] = list()
  %items_1: list[float] = append(%items, %x)
  return %items_1
----
def f(%x: float):                    after
  %items: list[float] = list()
  list.append(%items, %x) {spelling='append', style='method'}
  return %items
"""

from __future__ import annotations

import operator
from typing import Any

from adtrans.ir import prims
from adtrans.ir.program import Block, Const, Function, Op, Value, blocks_of
from adtrans.ir.regions import keep_results, slots_of
from adtrans.ir.uses import resolved
from adtrans.runtime import zeros_like

_IN_PLACE: dict[Any, Any] = {
    prims.append: list.append,
    prims.include: set.add,
    prims.insert: operator.setitem,
}
_DISPLAYS: dict[Any, Any] = {
    prims.append: prims.list_,
    prims.include: prims.set_,
    prims.insert: prims.dict_,
}
_NEW = frozenset([prims.list_, prims.set_, prims.dict_, list, dict, zeros_like])


def grow_in_place(function: Function) -> Function:
    """Turn append, include and insert into effects, and drop the slots that carried them."""
    _Pass(function).block(function.body)
    return function


class _Pass:
    def __init__(self, function: Function):
        self.function = function
        self.mapping: dict[Value, Value] = {}
        self.owned: set[Value] = set()

    def value(self, v: Value) -> Value:
        return resolved(v, self.mapping)

    def block(self, block: Block) -> None:
        ops: list[Op] = []
        for op in block.ops:
            op.operands = [self.value(v) for v in op.operands]
            if op.kind == "apply":
                ops += self._apply(op, block)
                continue
            self._enter_loop(op, block)
            for b in op.blocks:
                self.block(b)
            self._leave(op)
            ops.append(op)
        block.ops = ops
        block.yields = [self.value(v) for v in block.yields]

    def _apply(self, op: Op, block: Block) -> list[Op]:
        fn: Any = op.fn
        if fn in _NEW and op.results:
            self.owned.add(op.result)
        if fn not in _IN_PLACE:
            return [op]
        items = op.operands[0]
        if items in self.owned and not isinstance(items, Const) and _read_once(items, block, op):
            self.mapping[op.result] = items
            attrs = {
                **op.attrs,
                "fn": _IN_PLACE[fn],
                "style": "method",
                "spelling": "append" if fn is prims.append else "add",
            }
            if fn is prims.insert:
                attrs = {**op.attrs, "fn": operator.setitem}
            return [Op("apply", op.operands, [], [], attrs, op.span)]
        return _display(op)

    def _enter_loop(self, op: Op, block: Block) -> None:
        """Slots whose container is new and given to the loop alone are owned inside."""
        if op.kind not in ("for", "while"):
            return
        body = op.blocks[-1]
        for k, (init, param, y) in enumerate(zip(*slots_of(op))):
            if init in self.owned and _read_once(init, block, op) and _threads(y, param, body):
                self.mapping[param] = init
                if op.kind == "while":
                    self.mapping[op.blocks[0].params[k]] = init

    def _leave(self, op: Op) -> None:
        """Drop results and slots that are one outer container all along."""
        if op.kind in ("for", "while"):
            same = {r: p for r, p in zip(op.results, slots_of(op)[1]) if p in self.mapping}
        elif op.kind == "if":
            ways = [[b.yields[k] for b in op.blocks] for k in range(len(op.results))]
            same = {
                r: w[0] for r, w in zip(op.results, ways) if w[0] in self.owned and all(v is w[0] for v in w)
            }
        else:
            return
        self.mapping.update((r, self.value(v)) for r, v in same.items())
        keep_results(op, [k for k, r in enumerate(op.results) if r not in same])


def _display(op: Op) -> list[Op]:
    """The longer container as a display of the shorter one and the item."""
    items, rest = op.operands[0], op.operands[1:]
    spread = Value(items.type)
    fn: Any = prims.double_starred if op.fn is prims.insert else prims.starred
    made = _DISPLAYS[op.fn]
    leading: list[Value] = [Const(None), spread] if op.fn is prims.insert else [spread]
    return [
        Op("apply", [items], [spread], [], {**op.attrs, "fn": fn}, op.span),
        Op("apply", [*leading, *rest], op.results, [], {**op.attrs, "fn": made}, op.span),
    ]


def _readers(v: Value, block: Block) -> list[Any]:
    found: list[Any] = [op for op in block.ops if v in op.operands or any(_readers(v, b) for b in op.blocks)]
    return found + [block] * block.yields.count(v)


def _read_once(v: Value, block: Block, reader: Op) -> bool:
    """Whether a value is read by one op of its block, or once in each branch of one `if`, before it is out of sight."""
    readers = _readers(v, block)
    if len(readers) == 1:
        return True
    # later readers see the grown container under its last name: only earlier versions must be unread
    after = readers[readers.index(reader) + 1 :] if reader in readers else readers
    return not after


def _threads(y: Value, param: Value, body: Block) -> bool:
    """Whether a yield is the slot's container, grown zero or more times, each version read once."""
    definitions = {r: op for b in blocks_of(body) for op in b.ops for r in op.results}
    work, seen = [y], set()
    while work:
        v = work.pop()
        if v is param or v in seen:
            continue
        seen.add(v)
        op = definitions.get(v)
        if op is None:
            return False
        if op.fn in _IN_PLACE:
            work.append(op.operands[0])
        elif op.kind == "if":
            work += [b.yields[op.results.index(v)] for b in op.blocks]
        elif op.kind in ("for", "while"):
            init, slot, last = (part[op.results.index(v)] for part in slots_of(op))
            if not _threads(last, slot, op.blocks[-1]):
                return False
            work.append(init)
        else:
            return False
    return True
