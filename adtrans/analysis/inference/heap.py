"""Objects and dicts that change, while the program is written: their attributes are values.

    state = State(x)                      x_1 = x
    for _ in range(n):          ->        for _ in range(n):
        state.x = f(state.x)                  x_1 = f(x_1)

An Object is known by identity; the heap says what each of its fields holds now. Branches and loops
merge fields as they merge variables. Where an object must stand as a value (it is returned, put into
a list, chosen at run time) it is written out as one, and may not change from then on.
"""

from __future__ import annotations

import inspect
import operator
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from adtrans import runtime
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Const, Value, is_undefined, undefined

if TYPE_CHECKING:
    from adtrans.analysis.inference.engine import Engine

Fields = dict["Object", "dict[Any, Value] | None"]
Cell = tuple["Object", Any]


class Object(Const):
    """An instance of a class, or a dict, that the program changes.

    `origins` names the objects of the running program that it may be: one, or several where branches
    or iterations meet.
    """

    __slots__ = ("cls", "origins")

    def __init__(self, cls: type, origins: frozenset[int]):
        super().__init__(self)
        self.cls = cls
        self.origins = origins

    def __repr__(self) -> str:
        return "this dict" if self.cls is dict else f"this {self.cls.__name__}"


@dataclass(frozen=True)
class Held(ty.Record):
    """The type of an object of the heap, where values of a loop's variable meet."""


def as_value(t: ty.Type) -> ty.Type:
    """A type with the objects in it as values."""
    if isinstance(t, Held):
        return ty.Record(tuple((key, as_value(item)) for key, item in t.fields), t.cls)
    return ty.Optional(as_value(t.item)) if isinstance(t, ty.Optional) else t


def slot_type(value: Value, fields: Fields) -> ty.Type:
    """The type of a loop's variable that holds a value, in a heap."""
    if is_undefined(value):
        return ty.NEVER
    if isinstance(value, Object):
        own = fields.get(value)
        if own is None:
            return ty.ANY
        return Held(tuple((key, slot_type(v, fields)) for key, v in own.items()), value.cls)
    return value.type if isinstance(value, Const) and value.value is None else ty.widen(value.type)


@dataclass(frozen=True)
class Shape:
    """How an object comes apart: the class, the shape of every field, and which objects it may be."""

    cls: type
    keys: tuple[Any, ...]
    shapes: tuple[Any, ...]
    origins: frozenset[int] = frozenset()


class Heap:
    """What the fields of every object hold at the place that is being written."""

    def __init__(self, engine: Engine):
        self.engine = engine
        self.fields: Fields = {}
        self.loops: tuple[int, ...] = ()  # the loops that are being written, outermost first
        self.sides: list[Fields] = []  # at a merge: the heaps at the ends of its branches
        self._made: list[tuple[int, ...]] = []  # where each origin was made: in which loops
        self._changed: dict[int, list[tuple[int, ...]]] = {}
        self._written_out: set[int] = set()

    def origin(self) -> int:
        """A name for one more object of the running program."""
        self._made.append(self.loops)
        return len(self._made) - 1

    def make(
        self, cls: type, fields: dict[Any, Value] | None = None, origins: frozenset[int] | None = None
    ) -> Object:
        made = Object(cls, origins if origins is not None else frozenset([self.origin()]))
        self.fields[made] = dict(fields or {})
        return made

    def of(self, o: Object) -> dict[Any, Value]:
        """The fields of an object. Raises UnsupportedError where another one may have changed them."""
        found = self.fields.get(o)
        if found is None:
            raise self.engine.refuse(
                f"this {_kind(o)} was changed under another name, which may stand for another object too",
                "use one name for it, or make a copy",
            )
        return found

    def change(self, o: Object) -> dict[Any, Value]:
        """The fields of an object that is about to change: what else may be this object is not known any more."""
        for origin in o.origins:
            self._changed.setdefault(origin, []).append(self.loops)
        if o.origins & self._written_out:
            self._refuse_change(o)
        fields = self.of(o)
        for other in self.fields:
            if other is not o and other.origins & o.origins:
                self.fields[other] = None
        return fields

    def _refuse_change(self, o: Object) -> None:
        raise self.engine.refuse(
            f"this {_kind(o)} is changed, and is also held in a list or is one of several that are chosen from at run time",
            "keep its numbers in arrays, or make a new one instead of changing it",
        )

    def is_written_out(self, origins: frozenset[int]) -> bool:
        return bool(origins & self._written_out)

    def keep(self, origins: frozenset[int]) -> None:
        """These objects are held as values: they may not change any more."""
        self._written_out |= origins

    # ----- branches -----

    def copied(self) -> Fields:
        return {o: None if f is None else dict(f) for o, f in self.fields.items()}

    def join(self, before: Fields, sides: list[Fields], leaves: list[bool]) -> list[tuple[Cell, list[Value]]]:
        """The heap after a branch, but for what its sides do not agree on: those fields and their values."""
        alive = [side for side, left in zip(sides, leaves) if not left] or sides
        if len(alive) == 1:
            alive = [*alive, before]
        self.sides = sides
        self.fields = {o: f for side in sides for o, f in side.items()}
        differ: list[tuple[Cell, list[Value]]] = []
        for o in before:
            found = [side.get(o) for side in alive]
            if any(f is None for f in found):
                self.fields[o] = None
                continue
            merged: dict[Any, Value] = {}
            for key in dict.fromkeys(k for f in found for k in f or ()):
                values = [(f or {}).get(key) or self.missing(o, key) for f in found]
                merged[key] = values[0]
                if any(not self.engine.same(values[0], v) for v in values[1:]):
                    ends = [None if left else side[o] for side, left in zip(sides, leaves)]
                    differ.append(((o, key), [(end or {}).get(key) or self.missing(o, key) for end in ends]))
            self.fields[o] = merged
        for (o, _), column in differ:
            if o.cls is dict and any(map(is_undefined, column)):
                self.run_time_dicts()
        return differ

    def run_time_dicts(self) -> None:
        """The keys of a dict are known at run time only."""
        if not self.engine.run_time_dicts:
            self.engine.restart(("dicts",))
        raise self.engine.refuse(
            "this dict has keys that are known when the program runs only, and is an argument or holds objects",
            "copy it first: d = dict(d)",
        )

    def set(self, cell: Cell, value: Value) -> None:
        o, key = cell
        fields = self.fields[o]
        if fields is not None:
            fields[key] = value

    def get(self, cell: Cell) -> Value:
        return self.of(cell[0])[cell[1]]

    def changed_since(self, before: Fields) -> list[Cell]:
        """The cells that hold something else than in an earlier heap, objects made since included."""
        return [
            (o, key)
            for o, fields in self.fields.items()
            for key, value in (fields or {}).items()
            if (before.get(o) or {}).get(key) is not value
        ]

    def missing(self, o: Object, key: Any) -> Value:
        """What stands for a field that is not set: what its class has under this name, or nothing."""
        found = inspect.getattr_static(o.cls, key, None) if o.cls is not dict else None
        return Const(found) if isinstance(found, (bool, int, float, complex, str)) else undefined()

    def cells(self) -> list[Cell]:
        return [(o, key) for o, f in self.fields.items() for key in f or ()]

    # ----- objects as variables of loops and branches -----

    def parts(self, v: Value, shape: Shape) -> list[Value]:
        """The fields of an object, or of a value that stands for one, as a shape has them."""
        if isinstance(v, Object):
            fields = self.of(v)
            return [fields.get(key) or undefined() for key in shape.keys]
        reader: Any = operator.getitem if shape.cls is dict else getattr
        return [self.engine.apply(reader, [v, Const(key)]) for key in shape.keys]

    def assemble(self, shape: Shape, leaves: Iterator[Value]) -> Object:
        values = [self.engine.assemble(inner, leaves) for inner in shape.shapes]
        return self.make(shape.cls, dict(zip(shape.keys, values)), shape.origins)

    def explode(self, a: Value, b: Value, blocks: list[Any]) -> tuple[Any, list[tuple[Value, Value]]]:
        """The two values of a branch, of which one is an object, as (shape, pairs of leaves)."""
        engine = self.engine
        objects = [v for v in (a, b) if isinstance(v, Object)]
        parts = [self.sides[k].get(v) if isinstance(v, Object) else None for k, v in enumerate((a, b))]
        known = [p for p in parts if p is not None]
        fits = len(known) == 2 and known[0].keys() == known[1].keys() and objects[0].cls is objects[-1].cls
        if not fits and not (known and (is_undefined(a) or is_undefined(b))):
            first, second = (self._value(v, k, blocks) for k, v in enumerate((a, b)))
            return engine.explode(first, second, blocks)
        shapes, pairs = [], []
        for key in known[0]:
            first, second = (undefined() if p is None else p[key] for p in parts)
            shape, inner = engine.explode(first, second, blocks)
            shapes.append(shape)
            pairs += inner
        origins = frozenset().union(*(o.origins for o in objects))
        return Shape(objects[0].cls, tuple(known[0]), tuple(shapes), origins), pairs

    def _value(self, v: Value, k: int, blocks: list[Any]) -> Value:
        if not isinstance(v, Object):
            return v
        after, self.fields = self.fields, self.sides[k]
        try:
            with self.engine.inside(blocks[k]):
                return self.written_out(v)
        finally:
            self.fields = after

    # ----- objects as values -----

    def written_out(self, o: Object) -> Value:
        """The object as a value that others may hold: it may not change any more."""
        self.keep(o.origins)
        for origin in o.origins:
            for loops in self._changed.get(origin, ()):
                shared = sum(1 for p, q in zip(loops, self.loops) if p == q)
                if shared > len(self._made[origin]):  # the next iteration may change it
                    self._refuse_change(o)
        return self.value(o)

    def value(self, v: Value) -> Value:
        """A value with the objects in it written out, as the result of a program is."""
        engine = self.engine
        if not isinstance(v, Object):
            made = engine.definition(v)
            if made is None or made.fn not in (prims.tuple_, prims.list_, prims.dict_):
                return v
            parts = [self.value(part) for part in made.operands]
            if all(p is q for p, q in zip(parts, made.operands)):
                return v
            if made.fn is prims.tuple_:
                return engine.make_tuple(parts, v.type.cls)  # type: ignore[union-attr]
            return engine.apply(made.fn, parts)
        fields = {key: self.value(item) for key, item in self.of(v).items()}
        type_ = ty.Record(tuple((key, item.type) for key, item in fields.items()), v.cls)
        if v.cls is dict:
            return engine.emit(prims.dict_, [x for k, i in fields.items() for x in (Const(k), i)], [type_])[0]
        attrs = {"record": tuple(fields), "instance": True}
        return engine.emit(runtime.instance, [Const(v.cls), *fields.values()], [type_], tuple(fields), attrs)[
            0
        ]

    # ----- arguments -----

    def adopt(self, v: Value) -> Value:
        """A parameter taken apart: what it is made of may change here, and is copied."""
        engine, t = self.engine, v.type
        if isinstance(t, ty.Array):
            return engine.emit(np.copy, [v], [t], (), {"entry": True}, v.name)[0]
        if (
            isinstance(t, (ty.List, ty.Mapping))
            or isinstance(t, ty.Record)
            and t.cls is dict
            and engine.run_time_dicts
        ):
            return self._adopted_container(v)
        if isinstance(t, ty.Tuple):
            items = [self.adopt(engine.apply(operator.getitem, [v, Const(k)])) for k in range(len(t.items))]
            return engine.apply(prims.list_, items) if t.cls is list else engine.make_tuple(items, t.cls)
        if isinstance(t, ty.Record):
            reader: Any = operator.getitem if t.cls is dict else getattr
            return self.make(t.cls, {key: self._adopted(reader, v, key, item) for key, item in t.fields})
        return v

    def _adopted_container(self, v: Value) -> Value:
        """A list or dict of numbers, whose length or keys are known at run time only, as a copy."""
        t = v.type
        t = t if isinstance(t, ty.List) else ty.as_mapping(t)  # type: ignore[arg-type]
        if not isinstance(ty.widen(t.item), ty.Scalar):
            return v
        own = replace(t, site=f"{self.engine.site()}_{v.name}")
        return self.engine.emit(t.cls if isinstance(t, ty.List) else dict, [v], [own], name=v.name)[0]

    def _adopted(self, reader: Any, v: Value, key: Any, t: ty.Type) -> Value:
        if isinstance(t, ty.Known):
            return Const(t.value)
        read = self.engine.emit(
            reader, [v, Const(key)], [t], name=str(key) if str(key).isidentifier() else None
        )
        return self.adopt(read[0])


def _kind(o: Object) -> str:
    return "dict" if o.cls is dict else f"{o.cls.__name__}"
