"""Tape records are pushed as soon as they are complete, and taken back no sooner than their names are free.

So the values of a record are not kept alive longer than they have to be, and can share their
names with what comes after: `tape.append(x); x = f(x)`.
"""

from __future__ import annotations

from adtrans.ir import prims
from adtrans.ir.program import Block, Const, Op, Value

Key = tuple[int, int, int]


def order_tapes(body: Block) -> None:
    """Move the pushes of every block up, and the pulls down; not where an exception may come between."""
    touched: dict[Op, set[Value]] = {}
    work: list[tuple[Block, bool]] = [(body, True)]
    blocks: list[tuple[Block, bool]] = []
    while work:
        block, free = work.pop()
        blocks.append((block, free))
        for op in block.ops:
            work.extend((inner, free and op.kind not in ("try", "with")) for inner in op.blocks)
    for block, _ in reversed(blocks):  # inner blocks first
        for op in block.ops:
            own = set(op.operands) if op.fn in (prims.push, prims.pull) else set()
            for inner in op.blocks:
                for each in inner.ops:
                    own |= touched.get(each, set())
            if own:
                touched[op] = own
    for block, free in blocks:
        if free and any(op.fn is prims.push or op.fn is prims.pull for op in block.ops):
            _order(block, touched)


def _order(block: Block, touched: dict[Op, set[Value]]) -> None:
    keys: dict[Op, Key] = {op: (k, 0, 0) for k, op in enumerate(block.ops)}
    _lift_pushes(block, touched, keys)
    _sink_pulls(block, touched, keys)
    block.ops = sorted(block.ops, key=keys.__getitem__)


def _lift_pushes(block: Block, touched: dict[Op, set[Value]], keys: dict[Op, Key]) -> None:
    made: dict[Value, Op] = {}
    last: dict[Value, Op] = {}  # the last op that touches a tape
    for k, op in enumerate(block.ops):
        if op.fn is prims.push:
            before = [made[v] for v in op.operands if v in made] + [last[v] for v in op.operands if v in last]
            barrier = max((keys[b] for b in before), default=(-1, 0, 0))
            keys[op] = (barrier[0], 1, k)
        for v in touched.get(op, ()):
            last[v] = op
        for r in op.results:
            made[r] = op


def _sink_pulls(block: Block, touched: dict[Op, set[Value]], keys: dict[Op, Key]) -> None:
    first: dict[Value, Key] = {}  # where a value is first read
    following: dict[Value, Key] = {}  # the next op that touches a tape
    for k in range(len(block.ops) - 1, -1, -1):
        op = block.ops[k]
        if op.fn is prims.pull:
            after = [first[r] for r in op.results if r in first] + [
                following[v] for v in op.operands if v in following
            ]
            barrier = min(after, default=(len(block.ops), 0, 0))
            if _meets_its_name(op, block.ops[k + 1 : barrier[0]]):
                keys[op] = (barrier[0], barrier[1] - 1, k)
        for v in _reads(op):
            first[v] = min(first.get(v, keys[op]), keys[op])
        for v in touched.get(op, ()):
            following[v] = keys[op]


def _meets_its_name(pull: Op, between: list[Op]) -> bool:
    """Whether a variable of the same name as one of the record is still read by the ops after the pull."""
    names = {r.name for r in pull.results if r.name is not None}
    return any(v.name in names and v not in pull.results for op in between for v in _reads(op))


def _reads(op: Op) -> set[Value]:
    found = {v for v in op.operands if not isinstance(v, Const)}
    stack = list(op.blocks)
    while stack:
        block = stack.pop()
        found.update(block.yields)
        for inner in block.ops:
            found.update(inner.operands)
            stack.extend(inner.blocks)
    return found
