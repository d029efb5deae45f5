"""Lists and dicts whose items hold numbers beside arrays or lists that change.

The shadow of what changes is known by itself; the adjoint of a number stands in the shadow of its item.

path.append((w, z))        bpath.append((0.0, bz))      forward, where z changes
                           bw += bpath.pop()[0]         reverse
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from adtrans.analysis.inference import arrays
from adtrans.errors import UnsupportedError
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Const, Op, Value, walk
from adtrans.runtime import zeros_like
from adtrans.transform.adjoints import Entry, Parts, Scope, reader_of, whole
from adtrans.transform.travelling import refers

if TYPE_CHECKING:
    from adtrans.transform.reverse import Reverse


def is_mixed(reverse: Reverse, v: Value) -> bool:
    """Whether a container's items hold storage that has a shadow, and active numbers beside it."""
    travelling = reverse.travelling
    if not isinstance(v.type, (ty.List, ty.Mapping)) or not travelling.holds_references(v):
        return False
    if not travelling.holds_numbers(v, v.type.item) or not reverse.activity.is_active(v):
        return False
    root = reverse.aliases.find(v)
    if root not in reverse.mixed:
        reverse.mixed[root] = _holds_active_numbers(reverse, v)
    return reverse.mixed[root]


def _holds_active_numbers(reverse: Reverse, v: Value) -> bool:
    """Whether one of the tuples and objects that may be held here is made of active numbers, as far as is known."""
    made = [
        op
        for op in walk(reverse.function.body)
        if (op.fn is prims.tuple_ or op.attrs.get("record") or op.fn is prims.dict_)
        and reverse.aliases.same(op.result, v)
    ]
    return not made or any(
        reverse.activity.is_varied(part) and not reverse.travelling.is_reference(part)
        for op in made
        for part in op.operands
        if not isinstance(part, Const)
    )


class MixedItems:
    """The adjoints of the numbers in the items of one container."""

    def __init__(self, reverse: Reverse, target: Value):
        self.reverse = reverse
        self.engine = reverse.engine
        self.target = target
        self.item: ty.Type = target.type.item  # type: ignore[union-attr]

    def change(self, op: Op, scope: Scope) -> None:
        """The mirror of a change of the container."""
        fn, rest = op.fn, op.operands[1:]
        shadow = self.reverse.containers.of(self.target)
        if fn is list.append:
            self._give(scope, rest[0], self._method(list.pop, [shadow], [self.item]))
        elif fn is list.insert:
            self._give(scope, rest[1], self._method(list.pop, [shadow, rest[0]], [self.item]))
        elif fn in (list.extend, operator.iadd) and _made_of(self.engine.definition(rest[0])):
            for v in reversed(self.engine.definition(rest[0]).operands):  # type: ignore[union-attr]
                self._give(scope, v, self._method(list.pop, [shadow], [self.item]))
        elif fn is operator.setitem and not arrays.is_slice(rest[0], self.engine.definition):
            b = self.engine.emit(operator.getitem, [shadow, rest[0]], [self.item])[0]
            cleared = self._with_numbers(op, self.item, b, Parts())
            self.engine.emit(operator.setitem, [shadow, rest[0], cleared], [])
            self._give(scope, rest[1], b)
        elif fn is list.pop:
            popped = self.reverse.travelling.known[op.result]
            b = self._with_numbers(op, self.item, popped, scope.pop(op.result) or Parts())
            if not rest or isinstance(rest[0], Const) and rest[0].value == -1:
                self._method(list.append, [shadow, b], [])
            else:
                self._method(list.insert, [shadow, rest[0], b], [])
        else:
            raise self._refusal(op)

    def made(self, op: Op, scope: Scope) -> None:
        """The mirror of what makes the container."""
        shadow = self.reverse.containers.of(self.target)
        if op.fn is prims.list_:
            keys: list[Value] = [Const(k) for k in range(len(op.operands))]
            items = op.operands
        elif op.fn is prims.dict_:
            keys, items = op.operands[::2], op.operands[1::2]
        elif refers(op) or op.fn in (list.pop, dict.pop, prims.pull, prims.narrow):
            return
        else:
            raise self._refusal(op)
        for key, v in zip(keys, items):
            self._give(scope, v, self.engine.emit(operator.getitem, [shadow, key], [self.item])[0])

    def _refusal(self, op: Op) -> UnsupportedError:
        return UnsupportedError(
            "items that hold numbers beside arrays or lists that change are not supported in a list or dict that is made or changed like this",
            span=op.span,
            hint="keep the numbers in a list of their own, or append the items one by one",
        )

    def _method(self, method: Any, operands: list[Value], types: list[ty.Type]) -> Value:
        style = {"style": "method", "spelling": method.__name__}
        made = self.engine.emit(method, operands, types, (), style)
        return made[0] if made else Const(None)

    def _give(self, scope: Scope, v: Value, b: Value) -> None:
        """Give an item the adjoints of its numbers, which stand in its shadow."""
        numbers = self._numbers(b, self.item)
        if numbers and not isinstance(v, Const):
            self.reverse.contribute(scope, v, numbers)

    def _numbers(self, b: Value, t: ty.Type) -> Parts:
        found = Parts()
        for key, inner in _fields(t):
            if self.reverse.travelling.holds_numbers(self.target, inner):
                part = self.engine.emit(reader_of(t), [b, Const(key)], [ty.widen(inner)])[0]
                held = self.reverse.travelling.holds(self.target, inner)
                found[key] = self._numbers(part, inner) if held else part
        return found

    def _with_numbers(self, op: Op, t: ty.Type, shadow: Value, entry: Entry) -> Value:
        """The shadow of an item with the adjoints of its numbers: zeros where there are none."""
        if not isinstance(t, ty.Tuple):
            raise self._refusal(op)
        items = []
        for key, inner in _fields(t):
            part = self.engine.emit(operator.getitem, [shadow, Const(key)], [ty.widen(inner)])[0]
            if self.reverse.travelling.holds_numbers(self.target, inner):
                part = self._with_number(op, inner, part, _entry(entry, key))
            items.append(part)
        return self.engine.make_tuple(items, t.cls)

    def _with_number(self, op: Op, t: ty.Type, part: Value, given: Entry | None) -> Value:
        if self.reverse.travelling.holds(self.target, t):
            return self._with_numbers(op, t, part, given or Parts())
        if given is None:
            return self.engine.emit(zeros_like, [part], [ty.widen(t)])[0]
        return whole(self.engine, part, given)


def _made_of(op: Op | None) -> bool:
    """Whether a list is a display, whose items are known one by one."""
    return op is not None and op.fn is prims.list_


def _entry(entry: Entry, key: Any) -> Entry | None:
    """The adjoint of one part of an item."""
    if not isinstance(entry, Parts):
        raise TypeError(f"{entry} is not known by its parts")
    return entry.get(key)


def _fields(t: ty.Type) -> list[tuple[Any, ty.Type]]:
    if isinstance(t, ty.Tuple):
        return list(enumerate(t.items))
    return list(t.fields) if isinstance(t, ty.Record) else []
