"""Shadows of storage whose identity is decided at run time: made beside it, they go where it goes.

    rows.append(a)                          rows.append(a); brows.append(ba)
    row = rows[i]               ->          row = rows[i]; brow = brows[i]
    a, b = b, a  (in a loop)                a, b = b, a; ba, bb = bb, ba

All of this happens in the forward sweep; the reverse sweep then finds the shadow of every array and
list that it met, whichever it was. An item of a list that is a number has its adjoint in the list's
shadow; an item that is storage has there its own shadow.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from adtrans.analysis.aliases import is_slice
from adtrans.analysis.views import is_view, shared_operands, viewed
from adtrans.errors import UnsupportedError
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Block, Const, Function, Op, Value, blocks_of, is_undefined, walk
from adtrans.ir.regions import edges_of, leaving_blocks, slots_of
from adtrans.ir.uses import use_counts
from adtrans.rules.registry import lookup
from adtrans.runtime import zeros_like
from adtrans.transform.containers import MAKES, changes_container, is_container
from adtrans.transform.shadows import is_read_only_view, only_returned

if TYPE_CHECKING:
    from adtrans.transform.reverse import Reverse

_HOLDERS = (ty.Tuple, ty.List, ty.Record, ty.Mapping, ty.Closure)
_FIXED = (ty.Tuple, ty.Record, ty.Closure)
_DISPLAYS = frozenset([prims.tuple_, prims.list_, prims.dict_, prims.append, prims.insert, prims.closure])
_COPIES = frozenset([list, tuple, dict, list.copy, dict.copy, operator.add, operator.mul, reversed])
_REFERS = frozenset([operator.getitem, getattr, prims.narrow, dict.get])


def _containers_in(t: ty.Type) -> list[ty.Type]:
    """The types of the lists and dicts that a value of a type is, or holds."""
    if isinstance(t, (ty.List, ty.Mapping)):
        return [t, *_containers_in(t.item)]
    return [found for part in _parts(t) for found in _containers_in(part)]


def _may_be_one(a: ty.Type, b: ty.Type) -> bool:
    """Whether values of two types may be one list or dict."""
    return type(a) is type(b) and getattr(a, "item", None) == getattr(b, "item", None)


def refers(op: Op) -> bool:
    """Whether an op gives what a container holds, or what a value that may be None is."""
    if op.fn not in _REFERS or isinstance(op.operands[0].type, (ty.Array, ty.Numeric, ty.Any)):
        return False
    return not _is_part(op)  # a slice of a list is a list of its own


def _is_part(op: Op) -> bool:
    return op.fn is operator.getitem and isinstance(op.result.type, ty.List) and is_slice(op.operands[1])


class Travelling:
    """The travelling shadows of one program."""

    def __init__(self, reverse: Reverse):
        self.reverse = reverse
        self.aliases = reverse.aliases
        self.known: dict[Value, Value] = {}
        self.passing = only_returned(reverse)
        self._snapshots: dict[tuple[Op, Value], Value] = {}
        self._ops: list[Op] = []
        self.grown = _grown(reverse.function)
        self._roots = self._find()
        self._tapes = {
            op.operands[0]
            for op in walk(reverse.function.body)
            if op.fn in (prims.push, prims.pull)
            and any(map(self.is_reference, [*op.operands[1:], *op.results]))
        }
        if self._roots:
            self._install(reverse.function.body)
            self._register()

    def _register(self) -> None:
        """Tell the alias analysis of the shadows; they share memory among themselves only."""
        before = [(v, self.aliases.find(v)) for v in self.known]
        self.aliases.extend(self.reverse.function)
        for v, root in before:
            if self.aliases.find(v) is not root or self.aliases.same(v, self.known[v]):
                raise UnsupportedError(
                    "it is not known which arrays these containers hold, and they are written",
                    span=v.span,
                    hint="make copies of them before they are changed",
                )

    # ----- which travel -----

    def is_reference(self, v: Value) -> bool:
        """Whether a value is, or holds, storage that has a travelling shadow."""
        if isinstance(v, Const) or v.type is ty.NEVER or not self.aliases.is_touched(v):
            return False
        if self.aliases.find(v) not in self._roots:
            return False
        return self._holds_storage(v)

    def _holds_storage(self, v: Value) -> bool:
        kinds = self.aliases.kinds[self.aliases.find(v)]
        if v in self.grown and isinstance(v.type, (ty.List, ty.Mapping)):
            return self._holds(v.type.item, kinds)
        return self._holds(v.type, kinds)

    def _holds(self, t: ty.Type, kinds: set[str]) -> bool:
        if isinstance(t, ty.Array):
            return "array" in kinds and ty.is_inexact(t.dtype)
        if isinstance(t, (ty.List, ty.Mapping)) and is_container(t):
            if t.item is ty.NEVER:
                return True  # it is empty
            return ty.can_carry(t) and ("container" in kinds or self._holds(t.item, kinds))
        return any(self._holds(part, kinds) for part in _parts(t))

    def holds(self, v: Value, part: ty.Type) -> bool:
        """Whether a part of `v` of this type is, or holds, storage."""
        return self._holds(part, self.aliases.kinds[self.aliases.find(v)])

    def holds_numbers(self, v: Value, part: ty.Type) -> bool:
        """Whether a part of `v` of this type is, or holds, numbers or arrays that are no storage."""
        if not ty.can_carry(part):
            return False
        if not self.holds(v, part):
            return True
        return any(self.holds_numbers(v, inner) for inner in _parts(part)) and not isinstance(part, ty.List)

    def holds_references(self, v: Value) -> bool:
        """Whether the items of a list or dict are storage themselves."""
        t = v.type
        if not isinstance(t, (ty.List, ty.Mapping)) or not self.is_reference(v):
            return False
        return self.holds(v, t.item)

    def _find(self) -> set[Value]:
        """Classes of active storage whose members pass through slots, branches or containers."""
        reverse = self.reverse
        found: set[Value] = set()

        def travels(v: Value) -> None:
            if isinstance(v, Const) or not self.aliases.is_touched(v) or not reverse.activity.is_active(v):
                return
            if self._holds_storage(v):
                found.add(self.aliases.find(v))

        for op in walk(reverse.function.body):
            if op.kind != "apply":
                for r in op.results:
                    travels(r)
                if op.kind in ("for", "while"):
                    for p in slots_of(op)[1]:
                        travels(p)
                continue
            for r in op.results:
                if op.fn is prims.pull:
                    travels(r)
                    continue
                if r in self.passing:
                    continue
                if r.type in (ty.ANY, ty.NUMERIC) and op.fn is not prims.narrow:
                    self._check_kind(op, r)
                    continue
                kinds = self.aliases.kinds.get(self.aliases.find(r), set())
                local = isinstance(r.type, (ty.List, ty.Mapping)) and is_container(r.type) and op.fn in MAKES
                if local and not ("array" in kinds and self._holds(r.type.item, {"array"})):  # type: ignore[union-attr]
                    continue
                if isinstance(r.type, (*_HOLDERS, ty.Optional)):
                    travels(r)
            held = op.operands if op.fn in _DISPLAYS else op.operands[1:] if changes_container(op) else []
            for v in held:
                if is_container(v.type) and not (op.results and op.result in self.passing):
                    if op.fn not in (list.extend, operator.iadd):
                        travels(v)
        return found

    def _check_kind(self, op: Op, r: Value) -> None:
        """Refuse parts of written arrays where it is not known what they are."""
        base = op.operands[0] if op.fn is operator.getitem else None
        if not (shared_operands(op) if base is None else isinstance(base.type, ty.Array)):
            return
        written = self.aliases.is_touched(r) and self.reverse.activity.is_active(r)
        if written and not self._is_read_at_once(op, r):
            raise UnsupportedError(
                "it is not known what kind of value this is, and it may share memory that is written",
                span=op.span,
                hint="take a part that is known to be an array or a number, or a copy",
            )

    def _is_read_at_once(self, op: Op, r: Value) -> bool:
        """Whether all that reads a value makes something new of it, before anything is written."""
        body = self.reverse.function.body
        block = next(b for b in blocks_of(body) if op in b.ops)
        left = use_counts(body)[r]
        writes = self.aliases.writes.get(self.aliases.find(r), [])
        for reader in block.ops[block.ops.index(op) + 1 :]:
            reads = reader.operands.count(r)
            if reads and (lookup(reader.fn) is None or shared_operands(reader)):
                return False
            left -= reads
            if not left:
                return True
            if reader.blocks or reader in writes:
                return False
        return False

    # ----- making them -----

    def _install(self, block: Block) -> None:
        """Make travelling shadows beside what they shadow, and carry them through every region."""
        ops: list[Op] = []
        for op in block.ops:
            self._ops = []
            if op.kind == "apply":
                before = self._before(op)
                ops += [*before, op]
                self._ops = []
                self._double(op)
                ops += self._ops
            else:
                ops += [*self._carry(op), op]
        block.ops = ops

    def _before(self, op: Op) -> list[Op]:
        """Shadows of lists that an op consumes, as they are then."""
        self._ops = []
        if lookup(op.fn) is not None and not is_view(op):
            for v in op.operands:
                if is_container(v.type) and self.is_reference(v) and self.holds_references(v):
                    copy: Any = list if isinstance(v.type, ty.List) else dict
                    self._snapshots[op, v] = self._emit(op, copy, [self._get(v)], v.type)
        return self._ops

    def _emit(self, op: Op, fn: Any, operands: list[Value], type_: ty.Type, attrs: Any = None) -> Value:
        shadow = Value(type_, None, op.span)
        made = Op("apply", operands, [shadow], [], {**(attrs or {}), "fn": fn, "shadow": True}, op.span)
        self.reverse.engine.definitions[shadow] = made
        self._ops.append(made)
        return shadow

    def _check_kinds(self, op: Op) -> None:
        """Refuse what puts storage into a list of many kinds: its shadow has no place there."""
        into = op.operands[0] if changes_container(op) else op.result if op.fn in _DISPLAYS else None
        if into is None or not isinstance(into.type, (ty.List, ty.Mapping)):
            return
        if into.type.item is ty.ANY and any(self._is_written(v) for v in op.operands if v is not into):
            raise UnsupportedError(
                "what is changed in place is put into a list or dict together with things of other kinds",
                span=op.span,
                hint="put a copy of it there, or keep one kind of things in a list",
            )

    def _is_written(self, v: Value) -> bool:
        """Whether a value is, or holds, an array with an adjoint, a list or a dict that is written."""
        if isinstance(v, Const) or not self.aliases.is_touched(v) or not self.reverse.activity.is_active(v):
            return False
        root = self.aliases.find(v)
        if "array" in self.aliases.kinds[root] and self._holds(v.type, {"array"}):
            return True
        changed = [op.operands[0].type for op in self.aliases.writes.get(root, ()) if op.operands]
        return any(_may_be_one(t, inner) for inner in _containers_in(v.type) for t in changed)

    def _double(self, op: Op) -> None:
        self._check_kinds(op)
        if changes_container(op) and self.is_reference(op.operands[0]):
            self._change(op)
            return
        if op.fn in (prims.push, prims.pull):
            self._tape(op)
            return
        if op.fn is prims.tape and op.result in self._tapes:
            self.known[op.result] = self._emit(op, prims.tape, [], op.result.type)
            self.known[op.result].name = "btape"
            return
        for r in op.results:
            if self.is_reference(r) and r not in self.passing:
                shadow = self._beside(op, r)
                shadow.name = shadow.name or _name(r)
                self.known[r] = shadow

    def _tape(self, op: Op) -> None:
        """The shadows of the arrays on a tape of an inner derivative go to a tape of their own."""
        tape = op.operands[0]
        if tape not in self._tapes:
            return
        if op.fn is prims.push:
            parts = [self.known[v] if self.is_reference(v) else Const(None) for v in op.operands[1:]]
            made = Op("apply", [self._get(tape), *parts], [], [], {"fn": prims.push, "shadow": True}, op.span)
        else:
            results = [Value(r.type, _name(r), op.span) for r in op.results]
            made = Op("apply", [self._get(tape)], results, [], {"fn": prims.pull, "shadow": True}, op.span)
            for r, shadow in zip(op.results, results):
                self.reverse.engine.definitions[shadow] = made
                if self.is_reference(r):
                    self.known[r] = shadow
        self._ops.append(made)

    def _beside(self, op: Op, r: Value) -> Value:
        attrs = {k: v for k, v in op.attrs.items() if k not in ("fn", "mirror", "loops")}
        if is_read_only_view(op):
            raise UnsupportedError(
                "it is not known which array this is, or whether it can be written",
                span=op.span,
                hint="take it of a copy",
            )
        if is_view(op):
            base = viewed(op)
            if op.operands[base] in self.known:
                operands = list(op.operands)
                operands[base] = self.known[op.operands[base]]
                return self._emit(op, op.fn, operands, r.type, attrs)
            return self._emit(op, np.zeros_like, [r], r.type)
        made = op.fn in (list.pop, dict.pop) or refers(op)
        if isinstance(r.type, ty.Array) and not made:
            return self._emit(op, np.zeros_like, [r], r.type)
        if refers(op):
            return self._emit(op, op.fn, [self._get(op.operands[0]), *op.operands[1:]], r.type, attrs)
        if is_container(r.type) and not self.holds_references(r):
            return self._emit(op, zeros_like, [r], r.type)
        if op.fn in _DISPLAYS or op.attrs.get("record"):
            keys = {0} if op.fn is prims.closure else set()
            if op.fn is prims.dict_:
                keys = set(range(0, len(op.operands), 2))
            elif op.fn is prims.insert:
                keys = {1}
            elif op.attrs.get("record"):
                keys = set(range(len(op.operands) - len(op.attrs["record"])))
            parts = [v if k in keys else self._part(op, v) for k, v in enumerate(op.operands)]
            return self._emit(op, op.fn, parts, r.type, attrs)
        if op.fn in _COPIES or _is_part(op):
            held = (*_HOLDERS, ty.Array)
            parts = [self._part(op, v) if isinstance(v.type, held) else v for v in op.operands]
            return self._emit(op, op.fn, parts, r.type, attrs)
        if not shared_operands(op):
            return self._emit(op, zeros_like, [r], r.type)
        raise UnsupportedError(
            "it is not known which arrays this holds, and they are written",
            span=op.span,
            hint="make copies of them before they are changed",
        )

    def _part(self, op: Op, v: Value) -> Value:
        """What stands for a value in the shadow of what holds it."""
        if is_undefined(v) or isinstance(v, Const) and not isinstance(v.value, (int, float, complex)):
            return v
        if v in self.known:
            return self.known[v]
        t = ty.widen(v.type)
        if isinstance(t, ty.Scalar) or isinstance(v, Const):
            return Const(0.0)
        if isinstance(t, ty.Array):
            return self._emit(op, np.zeros_like, [v], t)
        if isinstance(t, ty.Tuple) and t == ty.Tuple((), list):
            return self._emit(op, prims.list_, [], t)
        if isinstance(t, (ty.Text, ty.Known, ty.Range, ty.Method)):
            return v
        return self._emit(op, zeros_like, [v], t)

    def _get(self, v: Value) -> Value:
        if is_undefined(v) or isinstance(v, Const):
            return v
        found = self.known.get(v)
        if found is None:
            raise UnsupportedError(
                "it is not known which array or list this is, and it is changed",
                span=v.span,
                hint="make a copy of it before it is changed",
            )
        return found

    def _change(self, op: Op) -> None:
        """The same change of the shadow of a list or dict."""
        fn: Any = op.fn
        target, *rest = op.operands
        removes = fn in (operator.delitem, list.pop, dict.pop, list.reverse, list.clear, dict.clear)
        if not removes and fn not in (list.append, list.insert, list.extend, operator.iadd, operator.setitem):
            raise UnsupportedError(
                "this change of a list or dict that holds active values is not supported",
                span=op.span,
                hint="build a new list or dict (a comprehension), or use an array",
            )
        if not removes:
            rest[-1] = self._part(op, rest[-1])
        attrs = {k: v for k, v in op.attrs.items() if k in ("style", "spelling")}
        made = Op("apply", [self._get(target), *rest], [], [], {**attrs, "fn": fn, "shadow": True}, op.span)
        for r in op.results:
            shadow = Value(r.type, _name(r), op.span)
            self.reverse.engine.definitions[shadow] = made
            made.results = [shadow]
            if self.is_reference(r):
                self.known[r] = shadow
        self._ops.append(made)

    # ----- through regions -----

    def _carry(self, op: Op) -> list[Op]:
        """Carry shadows through a region; what has to stand before it."""
        for r in op.results:
            if self.is_reference(r) and isinstance(r.type, _FIXED):
                raise UnsupportedError(
                    "a tuple or object that holds arrays or lists which change is chosen at run time",
                    span=op.span,
                    hint="choose its parts by names of their own",
                )
        if op.kind in ("for", "while"):
            return self._loop(op)
        for block in op.blocks:
            if op.attrs.get("final") and block is op.blocks[1]:
                self._hand_over(op, op.blocks[0], block)
            self._install(block)
        for k, r in enumerate(list(op.results)):
            if self.is_reference(r):
                for block in leaving_blocks(op):
                    self._yield(op, block, block.yields[k])
                self._result(op, r)
        return []

    def _yield(self, op: Op, block: Block, v: Value) -> None:
        self._ops = []
        block.yields.append(self._part(op, v))
        block.ops += self._ops

    def _result(self, op: Op, r: Value) -> None:
        result = self.known[r] = Value(r.type, _name(r), op.span)
        op.results.append(result)

    def _loop(self, op: Op) -> list[Op]:
        inits, params, _ = slots_of(op)
        picked = [j for j, p in enumerate(params) if self.is_reference(p)]
        body = op.blocks[-1]
        self._ops = []
        op.operands += [self._part(op, inits[j]) for j in picked]
        opening = self._ops
        for j in picked:
            param = self.known[params[j]] = Value(params[j].type, _name(params[j]), op.span)
            body.params.append(param)
            if op.kind == "while":
                op.blocks[0].params.append(Value(params[j].type, _name(params[j]), op.span))
        self._install(body)
        yields = slots_of(op)[2]
        for j in picked:
            self._yield(op, body, yields[j])
            self._result(op, op.results[j])
        return opening

    def _hand_over(self, op: Op, body: Block, final: Block) -> None:
        """Give the shadows of what a try body yields to its finally block."""
        for p, v in list(zip(final.params, body.yields)):
            if self.is_reference(p):
                param = self.known[p] = Value(p.type, _name(p), p.span)
                final.params.append(param)
                self._yield(op, body, v)

    # ----- for the reverse sweep -----

    def is_made(self, op: Op | None) -> bool:
        """Whether an op gives a tuple or list of arrays that it has made: its adjoint is its shadow."""
        if op is None or op.kind != "apply" or len(op.results) != 1 or op.attrs.get("record"):
            return False
        known = (*_DISPLAYS, *_COPIES, list.pop, dict.pop, prims.pull)
        if op.fn in known or refers(op) or is_view(op):
            return False
        return self.is_reference(op.result)

    def consumed(self, op: Op | None, v: Value) -> Value:
        """The shadow of a list of arrays, as it was when an op took the list."""
        found = self._snapshots.get((op, v)) if op is not None else None
        return found if found is not None else self._get(v)


def _grown(function: Function) -> set[Value]:
    """The lists and dicts of comprehensions: they grow as values, and what changes them later copies them."""
    found = {op.result for op in walk(function.body) if op.fn in (prims.append, prims.insert)}
    found |= {op.operands[0] for op in walk(function.body) if op.fn in (prims.append, prims.insert)}
    edges = [edge for op in walk(function.body) if op.kind != "apply" for edge in edges_of(op)]
    changed = True
    while changed:
        before = len(found)
        for targets, sources in edges:
            for target, source in zip(targets, sources):
                if target in found or source in found:
                    found |= {target, source}
        changed = len(found) > before
    return found


def _parts(t: ty.Type) -> list[ty.Type]:
    if isinstance(t, ty.Tuple):
        return list(t.items)
    if isinstance(t, ty.Record):
        return [item for _, item in t.fields]
    if isinstance(t, ty.Closure):
        return list(t.captures)
    return [t.item] if isinstance(t, (ty.Optional, ty.List)) else []  # a list that is a tuple


def _name(v: Value) -> str | None:
    return f"b{v.name}" if v.name else None
