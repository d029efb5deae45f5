"""Reverse mode: a typed program becomes one that runs it forwards, then its adjoint backwards.

The reverse sweep is written first, against the primal's own values; transform/saving.py then
sees which of them have to be kept. Values have adjoints that are values, summed; storage has a
shadow that is added to in place (transform/shadows.py).
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from adtrans.analysis.activity import Activity, no_derivative
from adtrans.analysis.aliases import Aliases, changed_by_call, changes_first
from adtrans.analysis.inference import arrays
from adtrans.analysis.inference.algebra import Zero, conformed, expanded
from adtrans.analysis.inference.apply import IN_PLACE
from adtrans.analysis.inference.engine import Engine
from adtrans.analysis.views import is_view, views_from
from adtrans.errors import UnsupportedError
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Block, Const, Function, Op, Value, blocks_of, walk
from adtrans.runtime import CHECKS, add_each, sum_parts, zeros_like
from adtrans.transform import elementary, poles
from adtrans.transform.adjoints import (
    Entry,
    Parts,
    Scope,
    accumulate,
    accumulate_item,
    adjoint_name,
    reader_of,
    whole,
)
from adtrans.transform.containers import ContainerShadows, changes_container
from adtrans.transform.mixed_items import MixedItems, is_mixed
from adtrans.transform.regions import Mirror, Regions, maybe_undefined
from adtrans.transform.shadows import Shadows, is_mask
from adtrans.transform.travelling import Travelling, refers


class Reverse(Regions):
    """Writes the reverse sweep of one program."""

    def __init__(
        self, engine: Engine, function: Function, active: list[Value], aliases: Aliases, activity: Activity
    ):
        self.engine = engine
        self.function = function
        self.active = active
        self.aliases = aliases
        self.activity = activity
        self._reader: Op | None = None  # the op that is being reversed
        self.mixed: dict[Value, bool] = {}  # of classes of containers, see mixed_items
        self._masks: dict[Value, tuple[Value, Block]] = {}
        self.replacements: dict[Op, list[Op]] = {}
        self.tapes: dict[Value, Value] = {}
        self.seeds: set[Value] = set()
        self.mirrors: list[Mirror] = []
        self._inner = self.mirrors
        self.position: dict[Op, int] = {}
        self.loops: dict[Op, tuple[int, ...]] = {}
        self._number(function.body, ())
        self.travelling = Travelling(self)
        self.shadows = Shadows(self)
        self.containers = ContainerShadows(self)
        self._pulled = {
            (aliases.find(op.operands[0]), k)
            for op in walk(function.body)
            if op.fn is prims.pull
            for k, r in enumerate(op.results)
            if activity.is_active(r) and not self.has_shadow(r)
        }
        self.position.clear()
        self._number(function.body, ())  # with the shadows that travel
        engine.maybe_undefined = maybe_undefined(function.body)

    def _number(self, body: Block, loops: tuple[int, ...]) -> None:
        for op in body.ops:
            self.position[op] = len(self.position)
            self.loops[op] = loops
            inside = (*loops, self.position[op]) if op.kind in ("for", "while") else loops
            for block in op.blocks:
                self._number(block, inside)

    # ----- the program -----

    def write(self, cotangents: list[Value]) -> tuple[Block, dict[Value, Value]]:
        """The reverse sweep as a block, and the adjoint of every active parameter."""
        block = Block()
        scope = Scope()
        self.seeds = {*cotangents, *self.function.params}
        self.engine.algebra = True
        with (
            self.engine.inside(block),
            self.engine.at(
                self.function.span, reverse=True, derived=True, mirror=len(self.position), loops=()
            ),
        ):
            self.open(self.function.body)
            for result, b in zip(self.function.results, cotangents):
                self.contribute(scope, result, b)
            self.ops(self.function.body, scope)
            adjoints = {}
            for p in self.active:
                adjoints[p] = whole(self.engine, p, scope.get(p))
        return block, adjoints

    def open(self, block: Block) -> None:
        """What a mirrored block starts with: shadows and adjoint tapes of what its forward block makes."""
        self.shadows.open(block)
        self.containers.open(block)
        self._open_tapes(block)

    def replace(self) -> None:
        """Put the calls that keep a record in place of the plain ones."""
        if not self.replacements:
            return
        for block in blocks_of(self.function.body):
            block.ops = [made for op in block.ops for made in self.replacements.get(op, [op])]

    def contribute(self, scope: Scope, v: Value, b: Entry) -> None:
        """Add to the adjoint of a value, or into the shadow of storage."""
        if isinstance(v, Const) or isinstance(b, Zero) or not self.activity.is_varied(v):
            return
        if self.is_storage(v):
            assert isinstance(b, Value)
            if self.shadows.add_through(v, b, scope):
                return
            shadow = self.shadows.of(v)
            self.touch(shadow)
            self.engine.emit(operator.iadd, [shadow, b], [])
            return
        if self.has_shadow(v):
            self.containers.contribute(v, whole(self.engine, v, b), self._reader)
            return
        if v in self.travelling.known:
            self._contribute_held(scope, v, b)
            return
        accumulate(self.engine, scope, v, self._settled(b) if isinstance(b, Value) else b)

    def _contribute_held(self, scope: Scope, v: Value, b: Entry) -> None:
        """Add to the adjoint of a tuple or object that holds storage: into the shadows there, now."""
        rest = self._into_held(v, v.type, self.travelling.known[v], b)
        if rest:
            accumulate(self.engine, scope, v, rest)

    def _into_held(self, v: Value, t: ty.Type, shadow: Value, b: Entry) -> Parts:
        """Add to the shadows in a part of `v`; what is added to its numbers."""
        engine, travelling = self.engine, self.travelling
        if isinstance(t, ty.Tuple):
            fields: list[tuple[Any, ty.Type]] = list(enumerate(t.items))
        elif isinstance(t, ty.Record):
            fields = list(t.fields)
        else:
            raise UnsupportedError(
                f"a {t} that holds arrays which are written is used as a whole",
                span=engine.span,
                hint="use its parts by themselves",
            )
        reader, rest = reader_of(t), Parts()
        for key, item in fields:
            found = b.get(key) if isinstance(b, Parts) else engine.emit(reader, [b, Const(key)], [item])[0]
            if found is None:
                continue
            if not travelling.holds(v, item):
                rest[key] = found
                continue
            part = engine.emit(reader, [shadow, Const(key)], [item])[0]
            if isinstance(item, (ty.Tuple, ty.Record)):
                numbers = self._into_held(v, item, part, found)
                if numbers:
                    rest[key] = numbers
                continue
            value = whole(engine, part, found)
            if isinstance(item, ty.Array):
                engine.emit(operator.iadd, [part, value], [])
            else:
                engine.emit(add_each, [part, value], [])
        return rest

    def _settled(self, b: Value) -> Value:
        """An adjoint that is an array of the primal which is written: it is taken as it is now."""
        bases = views_from(b, self.engine.definition)
        if not any(self.is_storage(base) for base in bases if not isinstance(base, Const)):
            return b
        return self.engine.copied(b, snapshot=True)

    def mask(self, cotangent: Value) -> Value | None:
        """Where a cotangent is alive, if that was noted in the block that is being written."""
        mask, block = self._masks.get(cotangent, (None, None))
        if mask is None or block is not self.engine.block or not self.is_unchanged(mask, cotangent):
            return None
        return mask

    def is_unchanged(self, v: Value, since: Value) -> bool:
        """Whether an array holds what it held where another value of this block was made."""
        written = [
            base
            for base in views_from(v, self.engine.definition)
            if not isinstance(base, Const) and self.aliases.is_written(base)
        ]
        if not written:
            return True
        ops, made = self.engine.block.ops, self.engine.definition(since)
        if made not in ops:
            return False
        later = ops[ops.index(made) + 1 :]
        return not any(
            op.blocks or op.fn is prims.restore and self.aliases.same(op.operands[0], written[0])
            for op in later
        )

    def may_vanish(self, b: Value) -> bool:
        """Whether a cotangent may be 0 by the structure of the program."""
        return poles.may_vanish(self.engine, self.seeds, b)

    def note_mask(self, cotangent: Value, mask: Value) -> None:
        self._masks[cotangent] = mask, self.engine.block

    def touch(self, shadow: Value) -> None:
        """Something is added to a shadow: it is no longer dead where a mask had cleared it."""
        self._masks.pop(shadow, None)
        made = self.engine.definition(shadow)
        while made is not None and made.kind == "apply" and made.operands:
            self._masks.pop(made.operands[0], None)
            made = self.engine.definition(made.operands[0])

    def is_storage(self, v: Value) -> bool:
        return self.aliases.is_written(v) and isinstance(v.type, ty.Array)

    def has_shadow(self, v: Value) -> bool:
        """Whether adjoints of a value are added into a shadow, not summed."""
        return (
            self.is_storage(v)
            or self.containers.is_storage(v)
            or isinstance(v.type, (ty.List, ty.Mapping, ty.Optional))
            and self.travelling.is_reference(v)
        )

    def adjoint_of(self, scope: Scope, r: Value) -> Entry | None:
        """The adjoint of a result, which is complete when its op is reached."""
        if self.is_storage(r):
            return self.shadows.of(r) if self.activity.is_active(r) else None
        if self.containers.is_storage(r) and not self.travelling.holds_references(r):
            return self.containers.of(r) if self.activity.is_active(r) else None
        if self.travelling.is_made(self._reader) and r in self.travelling.known:
            return self.travelling.known[r]
        return None if self.has_shadow(r) else scope.pop(r)

    def ops(self, block: Block, scope: Scope) -> None:
        """Reverse the ops of a forward block."""
        for op in reversed(block.ops):
            marks = {"mirror": self.position[op], "loops": self.loops[op]}
            with self.engine.at(op.span, **marks):
                if op.kind == "apply":
                    self.apply(op, scope)
                elif op.kind == "raise":
                    continue
                else:
                    getattr(self, f"_{op.kind}")(op, scope)

    # ----- applications -----

    def apply(self, op: Op, scope: Scope) -> None:
        fn: Any = op.fn
        if op.attrs.get("shadow"):
            return
        self._reader = op
        self._undo_call(op)
        if changes_container(op):
            self.containers.change(op, scope)
            return
        if fn in (np.add.at, np.subtract.at):
            self.shadows.add_at(op, scope)
            return
        if not op.results:
            self._effect(op, scope)
            return
        if changes_first(fn):
            return
        if fn is prims.pull:
            self._pull(op, scope)
            return
        if len(op.results) == 1 and is_view(op) and self.is_storage(op.result):
            return  # its shadow is a view of the shadow of what it views
        if refers(op) and self.has_shadow(op.result) and self.travelling.is_reference(op.result):
            return  # its shadow stands in the shadow of what it is read from
        if len(op.results) == 1 and is_mixed(self, op.result):
            MixedItems(self, op.result).made(op, scope)
        entries = [self.adjoint_of(scope, r) for r in op.results]
        if (
            all(e is None for e in entries)
            or not any(self.activity.is_varied(v) for v in op.operands)
            or no_derivative(op)
        ):
            return
        b = entries[0]
        if fn in (list, tuple, dict):
            self._listed(op, scope, b)
        elif fn in (operator.add, operator.mul) and isinstance(op.result.type, (ty.List, ty.Tuple)):
            self._concatenated(op, scope, b)
        elif fn is prims.narrow:
            assert b is not None
            self.contribute(scope, op.operands[0], b)
        elif fn in (operator.getitem, getattr, dict.get):
            self._read(op, scope, b)
        elif fn in (prims.tuple_, prims.list_, prims.closure) or op.attrs.get("record"):
            self._display(op, scope, b)
        elif fn is prims.dict_:
            for key, v in zip(op.operands[::2], op.operands[1::2]):
                self._contribute_part(scope, v, b, key)
        elif fn is prims.append:
            self._append(op, scope, b)
        elif fn is prims.insert:
            self._insert(op, scope, b)
        elif "program" in op.attrs:
            from adtrans.transform.programs import reverse_call

            reverse_call(self, op, scope, b)
        else:
            elementary.reverse_apply(self, op, scope, b)

    def _undo_call(self, op: Op) -> None:
        """The mirror of a call that changes arrays in a way that has no rule: what it was given is put back."""
        if op.fn in (np.add.at, np.subtract.at):
            return  # they have one
        for v in changed_by_call(op):
            self.engine.emit(prims.restore, [v, Const(Ellipsis)], [], attrs={"write": op})

    def _read(self, op: Op, scope: Scope, b: Entry | None) -> None:
        base, key = op.operands[:2]
        engine = self.engine
        if self.containers.is_storage(base):
            self.containers.read(op, whole(engine, op.result, b))
            return
        if (
            isinstance(base.type, ty.Array)
            or isinstance(base.type, (ty.Numeric, ty.Any))
            and not isinstance(b, Parts)
        ):
            assert isinstance(b, Value)
            if self.is_storage(base):
                b = expanded(engine, b, op.result) if op.attrs.get("access") == "copy" else b
                if self.shadows.is_read_only(base):
                    zeros = engine.emit(np.zeros_like, [base], [base.type])[0]
                    repeats = op.attrs.get("access") in ("copy", "unknown") and not is_mask(key)
                    attrs = {"repeats": True} if repeats else None
                    made = engine.emit(prims.add_at, [zeros, key, b], [base.type], attrs=attrs)[0]
                    self.contribute(scope, base, made)
                    return
                self.touch(self.shadows.of(base))
                if op.attrs.get("access") in ("copy", "unknown") and not is_mask(key):
                    engine.emit(np.add.at, [self.shadows.of(base), key, b], [], attrs={"impure": True})
                else:
                    engine.emit(prims.augment_at, [self.shadows.of(base), key, Const(operator.iadd), b], [])
                return
            if isinstance(base.type, ty.Any):
                from adtrans.runtime import add_item

                made = engine.emit(
                    add_item,
                    [whole(engine, base, scope.get(base)), key, b],
                    [ty.ANY],
                    name=adjoint_name(base),
                )[0]
                scope.set(base, made)
                return
            before = scope.get(base)
            current = whole(engine, base, before)
            base_like = base
            b = conformed(engine, b, base_like) if isinstance(base.type, ty.Array) else b
            repeats = op.attrs.get("access") == "copy" and not is_mask(key)
            attrs = {"repeats": True} if repeats or op.attrs.get("access") == "unknown" else None
            made = engine.emit(
                prims.add_at, [current, key, b], [base.type], attrs=attrs, name=adjoint_name(base)
            )[0]
            scope.set(base, made)
            return
        if self._is_slice(key):
            from adtrans.runtime import add_slice

            current = whole(engine, base, scope.get(base))
            total = whole(engine, op.result, b)
            made = engine.emit(
                add_slice,
                [current, key, total],
                [ty.ANY if not isinstance(base.type, ty.List) else base.type],
                name=adjoint_name(base),
            )[0]
            scope.set(base, made)
            return
        if op.fn is dict.get:
            raise UnsupportedError(
                "dict.get of active values is not supported here",
                span=op.span,
                hint="index the dict after asking `key in dict`",
            )
        assert b is not None
        accumulate_item(engine, scope, base, key, b)

    def _is_slice(self, key: Value) -> bool:
        return arrays.is_slice(key, self.engine.definition)

    def _display(self, op: Op, scope: Scope, b: Entry | None) -> None:
        names = op.attrs.get("record")
        operands = (
            op.operands[1:]
            if op.fn is prims.closure
            else op.operands[-len(names) :]
            if names
            else op.operands
        )
        for k, v in enumerate(operands):
            self._contribute_part(scope, v, b, Const(names[k] if names else k))

    def _contribute_part(self, scope: Scope, v: Value, b: Entry | None, key: Value) -> None:
        if isinstance(v, Const) or not self.activity.is_varied(v):
            return
        if isinstance(b, Parts):
            part = b.get(key.value) if isinstance(key, Const) else None
            if part is not None:
                self.contribute(scope, v, part if not self.is_storage(v) else whole(self.engine, v, part))
            return
        assert b is not None
        made = self.engine.definition(b)
        if made is not None and made.fn in (prims.tuple_, prims.list_) and isinstance(key, Const):
            part_value = made.operands[key.value]
        else:
            part_value = self.engine.emit(reader_of(b.type), [b, key], [ty.widen(v.type)])[0]
        self.contribute(scope, v, part_value)

    def _listed(self, op: Op, scope: Scope, b: Entry | None) -> None:
        """`list(x)`: the same items in a new container."""
        source = op.operands[0]
        if isinstance(source.type, (ty.Mapping, ty.Record)) and op.fn is not dict:
            return  # its keys
        value = whole(self.engine, op.result, b)
        if isinstance(source.type, ty.Array):
            self.contribute(scope, source, self.engine.emit(np.array, [value], [source.type])[0])
        elif isinstance(source.type, (ty.List, ty.Tuple)):
            self.contribute(scope, source, self.engine.emit(source.type.cls, [value], [source.type])[0])
        elif isinstance(source.type, ty.Mapping):
            self.contribute(scope, source, self.engine.emit(dict, [value], [source.type])[0])
        else:
            raise elementary.unsupported(op, self)

    def _concatenated(self, op: Op, scope: Scope, b: Entry | None) -> None:
        """`p + q` and `p * n` of lists: each gets its part."""
        engine = self.engine
        value = whole(engine, op.result, b)
        first, second = op.operands
        if op.fn is operator.mul:
            items, count = (first, second) if isinstance(first.type, (ty.List, ty.Tuple)) else (second, first)
            self.contribute(scope, items, engine.emit(sum_parts, [value, items, count], [items.type])[0])
            return
        cut = engine.emit(len, [first], [ty.INT])[0]
        for v, bounds in ((first, [Const(None), cut]), (second, [cut, Const(None)])):
            if not isinstance(v, Const) and self.activity.is_varied(v):
                key = engine.emit(slice, [*bounds, Const(None)], [ty.SLICE])[0]
                self.contribute(scope, v, engine.emit(operator.getitem, [value, key], [v.type])[0])

    def _append(self, op: Op, scope: Scope, b: Entry | None) -> None:
        items, item = op.operands
        b = whole(self.engine, op.result, b)
        last = self.engine.emit(operator.getitem, [b, Const(-1)], [ty.widen(item.type)])[0]
        self.contribute(scope, item, last)
        rest = self.engine.emit(operator.getitem, [b, Const(slice(None, -1))], [b.type])[0]
        self._hand_back(scope, items, rest)

    def _insert(self, op: Op, scope: Scope, b: Entry | None) -> None:
        engine = self.engine
        items, key, item = op.operands
        b = whole(engine, op.result, b)
        taken = engine.emit(operator.getitem, [b, key], [ty.widen(item.type)])[0]
        self.contribute(scope, item, taken)
        if not self._counts(op, key):  # what stood under this key before gets nothing
            zero = engine.emit(zeros_like, [taken], [taken.type])[0]
            b = engine.emit(prims.insert, [b, key, zero], [b.type])[0]
        self._hand_back(scope, items, b)

    def _counts(self, op: Op, key: Value) -> bool:
        """Whether a key is the counter of the loop that an op stands in, which is never the same twice."""
        loop = next(
            (o for o in walk(self.function.body) if o.kind == "for" and o.blocks[0].params[0] is key), None
        )
        return (
            loop is not None
            and isinstance(loop.operands[0].type, ty.Range)
            and self.loops[op][-1:] == (self.position[loop],)
        )

    def _hand_back(self, scope: Scope, items: Value, b: Value) -> None:
        """The adjoint of a list or dict that an item was added to."""
        if self.has_shadow(items):
            self.containers.contribute(items, b, None)
        else:
            scope.set(items, b)

    # ----- effects -----

    def _effect(self, op: Op, scope: Scope) -> None:
        fn: Any = op.fn
        if fn in CHECKS:
            return
        if fn is prims.push:
            self._push(op, scope)
        elif fn is operator.setitem or fn is prims.augment_at or fn in IN_PLACE:
            target = op.operands[0]
            if not isinstance(target.type, ty.Array):
                if self.activity.is_active(target):
                    raise self._unsupported_store(op)
                return
            self.shadows.write(op, scope)
        elif op.operands and self.activity.is_active(op.operands[0]):
            raise self._unsupported_store(op)

    # ----- tapes of an inner derivative: push reverses to pull, pull to push -----

    def _pull(self, op: Op, scope: Scope) -> None:
        if not self.activity.is_active(op.operands[0]):
            return
        values: list[Value] = []
        for r, kept in zip(op.results, self._kept_fields(op)):
            entry = self.adjoint_of(scope, r) if kept else None
            values.append(whole(self.engine, r, entry) if kept else Const(0.0))
        self.engine.emit(prims.push, [self._adjoint_tape(op.operands[0]), *values], [])

    def _push(self, op: Op, scope: Scope) -> None:
        if not self.activity.is_active(op.operands[0]):
            return
        values = op.operands[1:]
        pulled = self.engine.emit(
            prims.pull, [self._adjoint_tape(op.operands[0])], [ty.dual(v.type) for v in values]
        )
        for v, b, kept in zip(values, pulled, self._kept_fields(op)):
            if kept:
                self.contribute(scope, v, b)

    def _kept_fields(self, op: Op) -> list[bool]:
        """Which fields of a tape have adjoints on its adjoint tape: those that are pulled, and are not storage."""
        tape = self.aliases.find(op.operands[0])
        count = len(op.results) or len(op.operands) - 1
        return [(tape, k) in self._pulled for k in range(count)]

    def _adjoint_tape(self, tape: Value) -> Value:
        found = self.tapes.get(tape)
        if found is None:
            raise UnsupportedError(
                "a tape of an inner derivative travels through a branch or a call", span=self.engine.span
            )
        return found

    def _open_tapes(self, block: Block) -> None:
        """At the top of a mirrored block: adjoint tapes of the tapes its forward block makes."""
        for op in block.ops:
            if op.fn is prims.tape and self.activity.is_active(op.result):
                self.tapes[op.result] = self.engine.emit(prims.tape, [], [op.result.type], name="btape")[0]

    def _unsupported_store(self, op: Op) -> Exception:
        return UnsupportedError("a list or a dict that holds active values is changed in place", span=op.span,
                                hint="build a new list or dict (a comprehension), or use an array")  # fmt: skip
