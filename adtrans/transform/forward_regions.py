"""Forward mode of regions: slots and results are doubled, so that tangents travel beside values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np  # noqa: F401

from adtrans.ir import types as ty
from adtrans.ir.program import Block, Op, Value, is_undefined, undefined
from adtrans.ir.regions import slots_of

if TYPE_CHECKING:
    from adtrans.analysis.inference.engine import Engine


class ForwardRegions:
    """The part of Forward that writes regions."""

    engine: Engine
    tangents: dict[Value, Value]
    shadows: set[Value]

    if TYPE_CHECKING:

        def whole(self, v: Value) -> Value: ...
        def is_active(self, v: Value) -> bool: ...
        def is_storage(self, v: Value) -> bool: ...
        def _block(self, block: Block) -> Block: ...

    def _region(self, op: Op) -> None:
        if op.kind in ("for", "while"):
            self._loop(op)
            return
        if op.attrs.get("final"):
            self._final(op)
            return
        picked = [k for k, r in enumerate(op.results) if self.is_active(r)]
        blocks = [self._doubled(op, block, block.yields, picked) for block in op.blocks]
        self._finish(op, op.operands, blocks, picked)

    def _final(self, op: Op) -> None:
        body, final = op.blocks
        passed = [k for k, p in enumerate(final.params) if self.is_active(p)]
        first = self._doubled(op, body, body.yields, passed)
        extra = [self._beside(op, final.params[k]) for k in passed]
        picked = [k for k, r in enumerate(op.results) if self.is_active(r)]
        last = self._doubled(op, final, final.yields, picked)
        last.params += extra
        self._finish(op, op.operands, [first, last], picked)

    def _loop(self, op: Op) -> None:
        inits, params, yields = slots_of(op)
        picked = [j for j, p in enumerate(params) if self.is_active(p) or self.is_active(op.results[j])]
        starts = [self._yielded(inits[j]) for j in picked]
        extra = [self._beside(op, params[j]) for j in picked]
        blocks = op.blocks[:-1]
        for test in blocks:
            test.params = [*test.params, *(Value(d.type, d.name, op.span) for d in extra)]
        body = self._doubled(op, op.blocks[-1], yields, picked)
        body.params += extra
        self._finish(op, [*op.operands, *starts], [*blocks, body], picked)

    def _doubled(self, op: Op, block: Block, slots: list[Value], picked: list[int]) -> Block:
        """A block that also yields the tangents of the picked ones of its slots."""
        written = self._block(block)
        with self.engine.inside(written), self.engine.at(op.span, tangent=True, derived=True):
            written.yields += [self._yielded(slots[k]) for k in picked]
        return written

    def _yielded(self, v: Value) -> Value:
        return undefined() if is_undefined(v) else self.whole(v)

    def _beside(self, op: Op, v: Value) -> Value:
        """The value that holds the tangent of a result or a parameter of a region."""
        d = Value(ty.dual(v.type), f"d{v.name}" if v.name else None, op.span)
        self.tangents[v] = d
        if self.is_storage(v):
            self.shadows.add(d)
        return d

    def _finish(self, op: Op, operands: list[Value], blocks: list[Block], picked: list[int]) -> None:
        results = [*op.results, *(self._beside(op, op.results[k]) for k in picked)]
        self.engine.append(Op(op.kind, operands, results, blocks, op.attrs, op.span))
