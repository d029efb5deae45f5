"""Who reads a value: the uses of values are counted, and values are replaced."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Mapping
from functools import reduce

from adtrans.ir.program import Block, Op, Value, blocks_of


def use_counts(block: Block) -> Counter[Value]:
    """How often each value is read in a block, inner blocks included."""
    return Counter(
        v for b in blocks_of(block) for read in (b.yields, *(op.operands for op in b.ops)) for v in read
    )


def path_counts(block: Block) -> Counter[Value]:
    """How often each value is read on one way through a block at most: of the blocks of an `if` one runs."""
    counts = Counter(v for read in (block.yields, *(op.operands for op in block.ops)) for v in read)
    for op in block.ops:
        if op.blocks:
            inner = [path_counts(b) for b in op.blocks]
            counts.update(reduce(operator.or_, inner) if op.kind == "if" else sum(inner, Counter()))
    return counts


def readers(block: Block) -> dict[Value, list[Op | Block]]:
    """Where each value is read, inner blocks included: by ops, and by the yields of blocks."""
    found: dict[Value, list[Op | Block]] = {}
    for b in blocks_of(block):
        for op in b.ops:
            for v in op.operands:
                found.setdefault(v, []).append(op)
        for v in b.yields:
            found.setdefault(v, []).append(b)
    return found


def resolved(v: Value, mapping: Mapping[Value, Value]) -> Value:
    """What stands for a value in the end."""
    while v in mapping:
        v = mapping[v]
    return v


def substitute(block: Block, mapping: Mapping[Value, Value]) -> None:
    """Replace values in every op of a block, inner blocks included."""
    for b in blocks_of(block):
        b.yields = [resolved(v, mapping) for v in b.yields]
        for op in b.ops:
            op.operands = [resolved(v, mapping) for v in op.operands]
