"""The specialiser: runs an untyped program on types, and writes down the typed program it saw.

Calls of Python functions are inlined, branches on known conditions folded, loops brought to a
fixpoint of their slots' types. The same engine inlines rule bodies for the transforms.
"""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from adtrans.analysis.inference.conditions import narrow, truth
from adtrans.analysis.inference.heap import Heap, Object, Shape
from adtrans.analysis.inference.virtual import Bound, Lazy
from adtrans.errors import UnsupportedError
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Block, Const, Function, Op, Span, Value, is_const, is_undefined, undefined

Env = dict[Value, Value]

UNROLL: tuple[str] = ("unroll",)  # the flag of a program whose short loops are written out
UNROLL_AT_MOST = 16
HOLDS_OBJECTS = frozenset([prims.tuple_, prims.list_, prims.dict_, prims.closure])


class Restart(Exception):
    """Something was learnt that changes what was already written: the program is written again."""

    def __init__(self, flags: set[Any]):
        super().__init__("restart")
        self.flags = set(flags)


class NeedStatic(Exception):
    """Arguments of the program must be known by value; `positions` says which, `depends` what says so."""

    def __init__(self, positions: list[int], depends: list[Any]):
        super().__init__("static argument")
        self.positions = positions
        self.depends = depends


class Engine:
    """Emits typed ops into the current block, folding what types decide."""

    def __init__(self) -> None:
        self.block = Block()
        self.definitions: dict[Value, Op] = {}
        self.span: Span | None = None
        self.stack: list[tuple[Any, ...]] = []
        self.flags: set[Any] = set()
        self.guards: dict[tuple[int, str], tuple[dict[str, Any], str, Any]] = {}
        self.sources: dict[Any, None] = {}
        self.algebra = False
        self.marks: dict[str, Any] = {}
        self.loop_memory: dict[Any, tuple[frozenset[int], dict[int, ty.Type]]] = {}
        self.programs: dict[Any, Any] = {}
        self.path: tuple[int, ...] = ()  # of the calls, and turns of loops, that are written here
        self.promotes = True  # numbers to arrays, see analysis/inference/promotion
        self.asked: set[Value] = set()  # values whose kind has decided something
        self._inner: Span | None = None  # of the untyped op that is evaluated
        self._inlined = 0  # calls that it has led to
        self.namespace: dict[str, Any] = {}
        self.arguments: dict[Value, int] = {}
        self.storage: set[Value] = set()  # tangents that are written in place
        self.changing: set[Value] = set()  # closures whose captures are assigned later
        self.spread: set[str] = set()  # where dicts are made whose keys are taken for those of their displays
        self.special: dict[
            str, Any
        ] = {}  # lists and dicts that stand for a deque, ..., by where they are made
        self.maybe_undefined: set[Value] = set()  # values that some path does not assign
        self.splice: Callable[..., Value] = _no_splice  # how a call of a derivative is written here
        self.raises_undefined = False  # derivatives that do not exist raise when they are asked for
        self.heap = Heap(self)

    @property
    def depends(self) -> list[Any]:
        """The functions and names that the program was written from."""
        return [*self.guards.values(), *self.sources]

    @property
    def run_time_lists(self) -> bool:
        """Whether a list of the program changes: the lengths of lists are known at run time only."""
        return ("lists",) in self.flags

    @property
    def run_time_dicts(self) -> bool:
        """Whether a dict of the program changes under keys that are known at run time only."""
        return ("dicts",) in self.flags

    def fresh(self, t: ty.Type) -> ty.Type:
        """The type of a list or dict that is made here, with room for what is put into it later."""
        if isinstance(t, ty.List) and t.cls is list:
            site = self.site()
            return dataclasses.replace(t, site=site, item=ty.join(self.known_items(site), t.item, site))
        if isinstance(t, ty.Mapping):
            site = self.site()
            key = ty.join(self.known_items(site + "k"), t.key)
            return ty.Mapping(key, ty.join(self.known_items(site), t.item, site), site)
        return t

    def known_items(self, site: str) -> ty.Type:
        """What earlier evaluations have seen put into the container that is made at a site."""
        for flag in self.flags:
            if flag[0] == "items" and flag[1] == site:
                found: ty.Type = flag[2]
                return found
        return ty.NEVER

    # ----- emitting -----

    def site(self) -> str:
        """A name for a call's own dims, the same in every evaluation of the same op."""
        span = self._place()
        where = (span.line, span.column) if span else ("r",)
        return "_".join(map(str, (*where, *self.path)))

    def definition(self, value: Value) -> Op | None:
        return self.definitions.get(value)

    def emit(
        self,
        fn: Any,
        operands: list[Value],
        types: list[ty.Type],
        keywords: tuple[str, ...] = (),
        attrs: dict[str, Any] | None = None,
        name: str | None = None,
    ) -> list[Value]:
        """Append an apply op as it is."""
        if fn not in HOLDS_OBJECTS:
            operands = [self.heap.written_out(v) if isinstance(v, Object) else v for v in operands]
        if ("lengths",) in self.flags:
            types = [ty.unsized(t) for t in types]
        results = [Value(t, name, self.span) for t in types]
        all_attrs: dict[str, Any] = {"fn": fn, **self.marks, **(attrs or {})}
        if keywords:
            all_attrs["keywords"] = keywords
        op = Op("apply", operands, results, [], all_attrs, self.span)
        self.append(op)
        return results

    def append(self, op: Op) -> None:
        self.block.ops.append(op)
        for result in op.results:
            self.definitions[result] = op

    def apply(
        self,
        fn: Any,
        operands: list[Value],
        keywords: tuple[str, ...] = (),
        attrs: dict[str, Any] | None = None,
        name: str | None = None,
    ) -> Value:
        """The value of fn(*operands), folded where that is decided by types."""
        from adtrans.analysis.inference.apply import apply

        value = apply(self, fn, operands, keywords, attrs, name)
        if isinstance(value, Const) and fn not in (operator.is_, operator.is_not):
            self.asked.update(operands)
        return value

    def present(self, value: Value) -> Value:
        """A value that may be None, where it must be there: it raises where the program does."""
        if not isinstance(value.type, ty.Optional):
            return value
        return self.emit(prims.narrow, [value], [value.type.item], name=value.name)[0]

    def copied(self, value: Value, **attrs: Any) -> Value:
        """`value.copy()` of an array."""
        attrs = {"style": "method", "spelling": "copy", **attrs}
        return self.emit(np.copy, [value], [value.type], attrs=attrs)[0]

    def restart(self, flag: tuple[Any, ...]) -> None:
        """Something was learnt: the program is written again."""
        if flag in (("lists",), ("dicts",)):  # what is known of items speaks of other types
            self.flags = {known for known in self.flags if known[0] != "items"}
        self.flags.add(flag)
        raise Restart(self.flags)

    def refuse(self, message: str, hint: str | None = None, span: Span | None = None) -> UnsupportedError:
        return UnsupportedError(
            message,
            span=span or self.span,
            hint=hint or "write it another way, or cut the dependence with adtrans.stop_gradient",
        )

    @contextmanager
    def inside(self, block: Block) -> Iterator[Block]:
        """Emit into another block."""
        outer, self.block = self.block, block
        try:
            yield block
        finally:
            self.block = outer

    @contextmanager
    def at(self, span: Span | None, **marks: Any) -> Iterator[None]:
        """Emit for a place in the user's text."""
        outer = self.span, self.marks
        self.span, self.marks = span or self.span, {**self.marks, **marks}
        try:
            yield
        finally:
            self.span, self.marks = outer

    # ----- evaluating untyped blocks -----

    def evaluate(self, block: Block, env: Env) -> list[Value]:
        """Write the ops of an untyped block; the typed values that it yields."""
        for op in block.ops:
            self._inlined = 0
            if op.span is not None:
                self._inner = op.span
                if not self.marks.get("keep_span"):
                    self.span = op.span
                elif not self.algebra:
                    self.marks["origin"] = op.span  # in the callee, whose ops stand for the call
            if op.kind == "apply":
                self._apply(op, env)
            elif op.kind == "raise":
                ours = self.algebra or str(self.namespace.get("__name__")).startswith("adtrans.rules")
                refusal = _refusal(self, [env.get(v, v) for v in op.operands]) if ours else None
                if refusal is not None:
                    raise self.refuse(
                        refusal,
                        "use another form of it, or cut the dependence with adtrans.stop_gradient",
                    )
                self.append(
                    Op("raise", [env.get(v, v) for v in op.operands], [], [], dict(self.marks), self.span)
                )
                return [undefined() for _ in block.yields]
            else:
                alive = _REGIONS[op.kind](self, op, env)
                if alive is False:
                    return [undefined() for _ in block.yields]
        return [env.get(v, v) for v in block.yields]

    def _apply(self, op: Op, env: Env) -> None:
        operands = [env.get(v, v) for v in op.operands]
        fn = op.fn
        assert fn is not None
        if fn is prims.unpack:
            from adtrans.analysis.inference.containers import unpack

            for target, value in zip(op.results, unpack(self, operands)):
                env[target] = _named(value, target)
            return
        if fn is prims.closure:
            from adtrans.analysis.inference.calls import make_closure

            value = make_closure(self, op, operands)
        elif fn is prims.global_:
            from adtrans.analysis.inference.calls import read_global

            value = read_global(self, operands[0].value)  # type: ignore[attr-defined]
        else:
            if fn in (operator.getitem, len) and not self.algebra:
                from adtrans.analysis.inference.sparse_objects import indexed

                operands[0] = indexed(self, operands[0])
            value = self.apply(fn, operands, op.keywords, {"item": True} if op.attrs.get("item") else None)
        if op.results:
            env[op.results[0]] = _named(value, op.results[0])

    def inline(self, function: Function, values: list[Value], keep_span: bool = False) -> list[Value]:
        """Write a function's body here, its parameters being `values`; its results."""
        env: Env = dict(zip(function.params, values))
        outer = self.span, self.namespace, self.path
        self.namespace = function.namespace
        span, turn = self._place(), self._inlined
        self.path = (*self.path, span.line * 200 + span.column if span else 0, *([turn] if turn else []))
        try:
            if keep_span:
                with self.at(self.span, keep_span=True):
                    return self.evaluate(function.body, env)
            return self.evaluate(function.body, env)
        finally:
            self.span, self.namespace, self.path = outer
            self._inlined = turn + 1

    @contextmanager
    def turn(self, k: int) -> Iterator[None]:
        """The k-th time that the same code is written here: its lengths are others than the first time's."""
        outer = self.path
        self.path = (*outer, -k) if k else outer
        try:
            yield
        finally:
            self.path = outer

    def _place(self) -> Span | None:
        """Of what is written now, in the text of the function that stands there."""
        return self._inner if self.marks.get("keep_span") else self.span

    # ----- regions -----

    def branch(self, condition: Value, blocks: list[Block], env: Env, targets: list[Value]) -> bool:
        """Write an if; env gets its results. False when nothing runs after it."""
        known = truth(self, condition)
        if known is not None:
            yields = self.evaluate(blocks[0 if known else 1], env)
            for target, value in zip(targets, yields):
                env[target] = _named(value, target)
            return not _leaves(self.block)
        typed, yielded, heaps = [], [], []
        span, before = self.span, self.heap.fields
        tested = self.emit(bool, [condition], [ty.BOOL])[0] if _may_change(condition.type) else condition
        for k, block in enumerate(blocks):
            inner = Block()
            self.heap.fields = before
            self.heap.fields = self.heap.copied()
            with self.inside(inner):
                scope = narrow(self, condition, k == 0, env)
                yielded.append(self.evaluate(block, scope))
            self.span = span
            typed.append(inner)
            heaps.append(self.heap.fields)
        leaves = [_leaves(b) for b in typed]
        self.merge_all(tested, typed, yielded, env, targets, before, heaps)
        return not all(leaves)

    def same(self, a: Value, b: Value) -> bool:
        """Whether two values are one."""
        return _same(a, b)

    def merge_all(
        self,
        condition: Value,
        blocks: list[Block],
        yielded: list[list[Value]],
        env: Env,
        targets: list[Value],
        before: Any,
        heaps: list[Any],
    ) -> None:
        """As `merge`, with what the blocks have changed of objects."""
        changed = self.heap.join(before, heaps, [_leaves(b) for b in blocks])
        extra = [Value(name=field_name(key)) for (_, key), _ in changed]
        columns = [[*own, *(values[k] for _, values in changed)] for k, own in enumerate(yielded)]
        self.merge(condition, blocks, columns, env, [*targets, *extra])
        for (cell, _), target in zip(changed, extra):
            self.heap.set(cell, env[target])

    def merge(
        self,
        condition: Value,
        blocks: list[Block],
        yielded: list[list[Value]],
        env: Env,
        targets: list[Value],
    ) -> None:
        """Append the `if` of two written blocks, with a result for every target that differs."""
        results: list[Value] = []
        rebuild: list[tuple[Value, Any]] = []
        for target, a, b in zip(targets, *yielded):
            if _same(a, b):
                env[target] = a
                continue
            pairs = self.explode(a, b, blocks)
            shape, leaves = pairs
            made = []
            for x, y in leaves:
                if _same(x, y):
                    made.append(x)
                    continue
                result = Value(
                    ty.join(x.type, y.type, f"{self.site()}_{len(results)}"), target.name, self.span
                )
                blocks[0].yields.append(x)
                blocks[1].yields.append(y)
                results.append(result)
                made.append(result)
            rebuild.append((target, (shape, made)))
        op = Op("if", [condition], results, blocks, dict(self.marks), self.span)
        self.append(op)
        for target, (shape, made) in rebuild:
            env[target] = _named(self.assemble(shape, iter(made)), target)

    def explode(self, a: Value, b: Value, blocks: list[Block]) -> tuple[Any, list[tuple[Value, Value]]]:
        """Two values of one tuple shape as pairs of their leaves: (shape, pairs)."""
        if isinstance(a, Object) or isinstance(b, Object):
            return self.heap.explode(a, b, blocks)
        if is_undefined(a) or is_undefined(b):
            other = b if is_undefined(a) else a
            if isinstance(other.type, ty.Tuple) and self.parts(other) is not None:
                parts = self.parts(other)
                assert parts is not None
                shapes, pairs = [], []
                for part in parts:
                    first, second = (undefined(), part) if is_undefined(a) else (part, undefined())
                    shape, inner = self.explode(first, second, blocks)
                    shapes.append(shape)
                    pairs += inner
                return (other.type.cls, shapes), pairs
            return None, [(a, b)]
        if isinstance(a.type, ty.Tuple) and isinstance(b.type, ty.Tuple) and a.type.cls is b.type.cls:
            if len(a.type.items) == len(b.type.items):
                with self.inside(blocks[0]):
                    left = self.take_apart(a)
                with self.inside(blocks[1]):
                    right = self.take_apart(b)
                shapes, pairs = [], []
                for p, q in zip(left, right):
                    shape, inner = self.explode(p, q, blocks)
                    shapes.append(shape)
                    pairs += inner
                return (a.type.cls, shapes), pairs
        return None, [(a, b)]

    def parts(self, value: Value) -> list[Value] | None:
        """The items of a tuple that was made here, without writing anything."""
        if isinstance(value, Const) and isinstance(value.value, tuple):
            return [Const(item) for item in value.value]
        op = self.definition(value)
        known = (prims.tuple_, prims.list_) if isinstance(value.type, ty.Tuple) else (prims.tuple_,)
        return list(op.operands) if op is not None and op.fn in known else None

    def take_apart(self, value: Value) -> list[Value]:
        """The items of a value of Tuple type."""
        parts = self.parts(value)
        if parts is not None:
            return parts
        known = ty.widen(value.type)
        assert isinstance(known, ty.Tuple)
        return [self.apply(operator.getitem, [value, Const(i)]) for i in range(len(known.items))]

    def assemble(self, shape: Any, leaves: Iterator[Value]) -> Value:
        """The inverse of explode."""
        if shape is None:
            return next(leaves)
        if isinstance(shape, Shape):
            return self.heap.assemble(shape, leaves)
        cls, shapes = shape
        items = [self.assemble(inner, leaves) for inner in shapes]
        if cls is list:
            return self.emit(prims.list_, items, [ty.Tuple(tuple(v.type for v in items), list)])[0]
        return self.make_tuple(items, cls)

    def make_tuple(self, items: list[Value], cls: type = tuple) -> Value:
        attrs = {"cls": cls} if cls is not tuple else None
        return self.emit(prims.tuple_, items, [ty.Tuple(tuple(v.type for v in items), cls)], attrs=attrs)[0]


def _no_splice(engine: Engine, *_: Any) -> Value:
    raise engine.refuse("a derivative is called here")


def _refusal(engine: Engine, operands: list[Value]) -> str | None:
    """What a rule says that raises NotImplementedError: it has no derivative for these options."""
    for v in operands:
        op = engine.definition(v)
        if isinstance(v, Const) and v.value is NotImplementedError:
            return "this call, with these options, has no derivative rule"
        if op is not None and op.fn is NotImplementedError:
            said = op.operands[0] if op.operands else None
            return str(said.value) if isinstance(said, Const) else "this call has no derivative rule"
    return None


def _may_change(t: ty.Type) -> bool:
    """Whether a value may be true now and false later: the length of a container is tested."""
    return isinstance(t, (ty.List, ty.Mapping, ty.Tuple, ty.Record))


def field_name(key: Any) -> str | None:
    """The name of a variable that stands for a field."""
    return str(key) if str(key).isidentifier() else None


def _named(value: Value, target: Value) -> Value:
    """Give a value that has no name the name of the variable it is assigned to."""
    if value.name is None and target.name is not None and not isinstance(value, Const):
        value.name = target.name
    return value


def _same(a: Value, b: Value) -> bool:
    if a is b:
        return True
    if isinstance(a, (Lazy, Bound, Object)) or isinstance(b, (Lazy, Bound, Object)):
        return (
            isinstance(a, Bound) and isinstance(b, Bound) and a.owner is b.owner and a.function is b.function
        )
    if isinstance(a, Const) and isinstance(b, Const):
        if is_undefined(a) or is_undefined(b):
            return is_undefined(a) and is_undefined(b)
        return a.type == b.type and (
            a.value is b.value or type(a.value) is type(b.value) and repr(a.value) == repr(b.value)
        )
    return False


def _leaves(block: Block) -> bool:
    """Whether control never reaches the end of a block."""
    if not block.ops:
        return False
    last = block.ops[-1]
    if last.kind == "raise":
        return True
    return last.kind == "if" and all(_leaves(b) for b in last.blocks)


def _branch(engine: Engine, op: Op, env: Env) -> bool:
    condition = env.get(op.operands[0], op.operands[0])
    return engine.branch(condition, op.blocks, env, op.results)


def _for(engine: Engine, op: Op, env: Env) -> bool:
    from adtrans.analysis.inference.loops import write_for

    return write_for(engine, op, env)


def _while(engine: Engine, op: Op, env: Env) -> bool:
    from adtrans.analysis.inference.loops import write_while

    return write_while(engine, op, env)


def _with(engine: Engine, op: Op, env: Env) -> bool:
    from adtrans.analysis.inference.guarded import write_with

    return write_with(engine, op, env)


def _try(engine: Engine, op: Op, env: Env) -> bool:
    from adtrans.analysis.inference.guarded import write_try

    return write_try(engine, op, env)


_REGIONS = {"if": _branch, "for": _for, "while": _while, "with": _with, "try": _try}

__all__ = ["Bound", "Engine", "Lazy", "NeedStatic", "Restart", "is_const", "truth"]
