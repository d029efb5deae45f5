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
        blocks = []
        for block in op.blocks:
            written = self._block(block)
            with self.engine.inside(written), self.engine.at(op.span, tangent=True, derived=True):
                written.yields += [self._yielded(block.yields[k]) for k in picked]
            blocks.append(written)
        self._finish(op, blocks, picked)

    def _yielded(self, v: Value) -> Value:
        return undefined() if is_undefined(v) else self.whole(v)

    def _finish(self, op: Op, blocks: list[Block], picked: list[int]) -> None:
        results = list(op.results)
        for k in picked:
            r = op.results[k]
            d = Value(tangent_type(r), f"d{r.name}" if r.name else None, op.span)
            self.tangents[r] = d
            if self.is_storage(r):
                self.shadows.add(d)
            results.append(d)
        self.engine.append(Op(op.kind, op.operands, results, blocks, op.attrs, op.span))

    def _final(self, op: Op) -> None:
        body, final = op.blocks
        picked = [k for k, p in enumerate(final.params) if self.is_active(p)]
        first = self._block(body)
        with self.engine.inside(first), self.engine.at(op.span, tangent=True, derived=True):
            first.yields += [self._yielded(body.yields[k]) for k in picked]
        extra = []
        for k in picked:
            p = final.params[k]
            d = Value(tangent_type(p), f"d{p.name}" if p.name else None, op.span)
            self.tangents[p] = d
            extra.append(d)
        last = self._block(final)
        last.params += extra
        out = [k for k, r in enumerate(op.results) if self.is_active(r)]
        with self.engine.inside(last), self.engine.at(op.span, tangent=True, derived=True):
            last.yields += [self._yielded(final.yields[k]) for k in out]
        self._finish(op, [first, last], out)

    def _loop(self, op: Op) -> None:
        engine = self.engine
        inits, params, yields = slots_of(op)
        picked = [j for j, p in enumerate(params) if self.is_active(p) or self.is_active(op.results[j])]
        starts = [self._yielded(inits[j]) for j in picked]
        extra = []
        for j in picked:
            d = Value(tangent_type(params[j]), f"d{params[j].name}" if params[j].name else None, op.span)
            self.tangents[params[j]] = d
            if self.is_storage(params[j]):
                self.shadows.add(d)
            extra.append(d)
        blocks = []
        if op.kind == "while":
            test = op.blocks[0]
            test.params = [*test.params, *(Value(d.type, d.name, op.span) for d in extra)]
            blocks.append(test)
        body = op.blocks[-1]
        written = self._block(body)
        with engine.inside(written), engine.at(op.span, tangent=True, derived=True):
            outs = [self._yielded(yields[j]) for j in picked]
        written.params += extra
        written.yields += outs
        blocks.append(written)
        results = list(op.results)
        for j in picked:
            r = op.results[j]
            d = Value(tangent_type(r), f"d{r.name}" if r.name else None, op.span)
            self.tangents[r] = d
            if self.is_storage(r):
                self.shadows.add(d)
            results.append(d)
        engine.append(Op(op.kind, [*op.operands, *starts], results, blocks, op.attrs, op.span))


def tangent_type(v: Value) -> ty.Type:
    t = ty.widen(v.type)
    if isinstance(t, ty.Scalar):
        return ty.Scalar(
            t.dtype if ty.is_inexact(t.dtype) else "float64", None if t.python is not False else False
        )
    if isinstance(t, ty.Array) and not ty.is_inexact(t.dtype):
        return ty.Array("float64", t.dims)
    return t
