"""Loops: unrolled where the items differ in kind, else written once their slots' types are stable."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from adtrans.analysis.inference import promotion
from adtrans.analysis.inference.conditions import truth
from adtrans.analysis.inference.engine import UNROLL, UNROLL_AT_MOST, Engine, Env, _named, _same, field_name
from adtrans.analysis.inference.heap import Fields, Heap, Held, Object, Shape, as_value, slot_type
from adtrans.analysis.inference.sequences import Sequence, sequence
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Block, Cloner, Const, Op, Value, is_const, is_undefined, undefined


def _worth_unrolling(engine: Engine, found: Sequence) -> bool:
    """Whether the items are too different for one body (or cannot be indexed)."""
    items = found.items
    if items is None:
        return False
    if found.at is None and found.range is None:
        return True
    if not items:
        return True
    if len(items) > UNROLL_AT_MOST:
        return False
    if UNROLL in engine.flags or engine.algebra:
        return True
    types = [ty.widen(item.type) for item in items]
    if found.range is not None:
        return False
    if any(not isinstance(t, (ty.Scalar, ty.Array)) for t in types):
        return True
    return any(t != types[0] for t in types)


# ----- for -----


def write_for(engine: Engine, op: Op, env: Env) -> bool:
    """Write a for loop; env gets its results."""
    iterable = env.get(op.operands[0], op.operands[0])
    inits = [env.get(v, v) for v in op.operands[1:]]
    found = sequence(engine, iterable)
    if _worth_unrolling(engine, found):
        assert found.items is not None
        return _unroll(engine, op, env, found.items, inits)
    if found.range is not None:
        values, item_of = found.range, None
    else:
        if found.length is None and op.attrs.get("comprehension"):
            raise engine.refuse("this comprehension never ends", "zip it with something that does")
        values = engine.apply(range, [found.length or Const(sys.maxsize)])  # a loop without end has a break
        item_of = found.at
    if isinstance(values, Const) and len(values.value) == 0:
        for target, value in zip(op.results, inits):
            env[target] = value
        return True
    body = op.blocks[0]

    def written(params: list[Value], index: Value) -> tuple[Block, list[Value]]:
        block = Block()
        with engine.inside(block):
            scope = dict(env)
            item = index if item_of is None else item_of(index)
            scope[body.params[0]] = _named(item, body.params[0])
            scope.update(zip(body.params[1:], params))
            yields = engine.evaluate(body, scope)
        return block, yields

    index_name = body.params[0].name if item_of is None else None
    index_type = ty.Scalar("int64", True, ty.Dim(f"x{engine.site()}"))
    return _fixpoint(engine, op, env, inits, written, [values], index_name, index_type)


def _unroll(engine: Engine, op: Op, env: Env, items: list[Value], inits: list[Value]) -> bool:
    body, exits = op.blocks[0], bool(op.attrs.get("exits"))
    slots = inits
    for k, item in enumerate(items):
        scope = dict(env)
        scope[body.params[0]] = _named(item, body.params[0])
        scope.update(zip(body.params[1:], slots))
        with engine.turn(k):
            yields = engine.evaluate(body, scope)
        if _leaves_here(engine):
            return False
        slots = yields[1:] if exits else yields
        if exits:
            known = truth(engine, yields[0])
            if known:
                break
            if known is None:
                rest = Op("for", op.operands, op.results, op.blocks, op.attrs, op.span)
                return _unroll_rest(engine, rest, env, yields[0], items[k + 1 :], slots)
    for target, value in zip(op.results, slots):
        env[target] = value
    return True


def _unroll_rest(
    engine: Engine, op: Op, env: Env, flag: Value, items: list[Value], slots: list[Value]
) -> bool:
    """What remains of an unrolled loop after an iteration that may have ended it."""
    done, more = Block(), Block()
    scope = dict(env)
    before = engine.heap.copied()
    with engine.inside(more):
        _unroll(engine, op, scope, items, slots)
    continued = [scope.get(target, undefined()) for target in op.results]
    heaps = [before, engine.heap.fields]
    engine.merge_all(flag, [done, more], [list(slots), continued], env, op.results, before, heaps)
    return True


def _leaves_here(engine: Engine) -> bool:
    return bool(engine.block.ops) and engine.block.ops[-1].kind == "raise"


# ----- the fixpoint -----


def _fixpoint(engine: Engine, op: Op, env: Env, inits: list[Value], written: Any, leading: list[Value], item_name: str | None, item_type: ty.Type | None) -> bool:  # fmt: skip
    """Evaluate a loop until no slot's type changes, then append it.

    The fields of objects that the body changes are slots too.
    """
    heap = engine.heap
    exits = bool(op.attrs.get("exits"))
    site = engine.site()
    outside, outer_loops = heap.fields, heap.loops
    heap.loops = (*outer_loops, id(op))
    key = (id(op), engine.path, tuple(str(v.type) if not is_undefined(v) else "?" for v in inits))
    varying, types = engine.loop_memory.get(key, (frozenset(), {}))
    varying_set, types = set(varying), dict(types)
    span, body_params = engine.span, op.blocks[-1].params
    slots: list[Any] = list(range(len(inits)))
    slots += [(k, name) for k, (o, fields) in enumerate(outside.items()) for name in fields or ()]
    objects = list(outside)
    given = dict(zip(slots, inits))
    meets = Meets(heap)
    own = body_params[len(body_params) - len(inits) :]
    names = dict(zip(slots, [p.name for p in own]))
    lasting = _lengths_outside(env, inits, outside)
    starts: dict[Any, Value] = {}
    for _ in range(60):
        for k, name in slots[len(inits) :]:
            given[k, name] = (outside[objects[k]] or {}).get(name) or heap.missing(objects[k], name)
            names[k, name] = field_name(name)
        params: dict[Any, Value] = {}
        shapes: dict[Any, tuple[Any, list[Value]]] = {}
        opening = Block()
        heap.fields = outside
        heap.fields = heap.copied()
        with engine.inside(opening):
            for j in slots:
                if j not in varying_set:
                    params[j] = given[j]
                    continue
                shape, leaves = _leaves_of_type(types[j], names[j], engine.span)
                shape = meets.named(j, shape)
                shapes[j] = shape, leaves
                params[j] = _named(engine.assemble(shape, iter(leaves)), Value(name=names[j]))
        for k, name in slots[len(inits) :]:
            if not is_undefined(params[k, name]):
                heap.set((objects[k], name), params[k, name])
        for o in meets.gone:
            heap.fields[o] = None
        index = Value(item_type, item_name, span) if item_type is not None else None
        leading_params = [params[j] for j in slots[: len(inits)]]
        block, yields = written(leading_params, index) if index is not None else written(leading_params)
        engine.span = span
        flag, slot_yields = (yields[0], yields[1:]) if exits else (None, yields)
        after = heap.fields
        out, changed = dict(zip(slots, slot_yields)), False
        for k, o in enumerate(objects):
            for name, value in (after[o] or {}).items() if outside[o] is not None else ():
                if (k, name) not in names:
                    slots.append((k, name))
                    if o.cls is dict:
                        heap.run_time_dicts()
                    given[k, name], changed = heap.missing(o, name), True
                out[k, name] = value
        for j in slots:
            found = out.get(j) or undefined()
            where = f"{site}_{_label(j)}"
            first = slot_type(given[j], outside)
            last = ty.renamed(slot_type(found, after), lasting, where)
            if j in varying_set:
                joined = ty.join(ty.join(types[j], first, where), last, where)
                if joined != types[j]:
                    types[j], changed = joined, True
            elif not _same(given[j], found) and not is_undefined(found):
                scope = (v for v in (*env.values(), *inits) if not is_undefined(v))
                places = promotion.augmented(op.blocks[-1], own[j]) if isinstance(j, int) else frozenset()
                begun = promotion.start(engine, given[j], last, scope, names.get(j), where, places)
                if begun is not None:
                    starts[j] = given[j] = begun
                    if not isinstance(j, int):
                        heap.fields = outside
                        heap.fields = outside = heap.copied()
                        heap.set((objects[j[0]], j[1]), begun)
                    changed = True
                    continue
                varying_set.add(j)
                types[j], changed = ty.join(first, last, where), True
        if not meets.see(given, out, outside, after) and not changed:
            break
    else:
        raise engine.refuse("the types of this loop's variables do not settle")
    heap.loops = outer_loops
    for j, begun in starts.items():
        if j in varying_set and types[j] != begun.type:  # it becomes another array
            engine.restart(("number", f"{site}_{_label(j)}"))
    engine.loop_memory[key] = (frozenset(varying_set), dict(types))
    block.ops[:0] = opening.ops
    params_out = [] if index is None else [index]
    flat_inits: list[Value] = []
    flat_yields: list[Value] = []
    for j, (shape, leaves) in shapes.items():
        params_out += leaves
        heap.fields = outside
        flat_inits += _flatten(engine, given[j], shape)
        heap.fields = after
        with engine.inside(block):
            flat_yields += _flatten(engine, out.get(j) or undefined(), shape)
    heap.fields = outside
    for o in meets.gone:
        heap.fields[o] = None
    attrs = dict(engine.marks)
    if flag is not None and not is_const(flag, False):
        attrs["exits"] = True
        flat_yields = [flag, *flat_yields]
    block.params, block.yields = params_out, flat_yields
    results = {j: [Value(leaf.type, leaf.name, span) for leaf in leaves] for j, (_, leaves) in shapes.items()}
    blocks = [op.attrs.get("_condition", Block()), block] if op.kind == "while" else [block]
    flat_results = [r for each in results.values() for r in each]
    engine.append(Op(op.kind, [*leading, *flat_inits], flat_results, blocks, attrs, span))
    for j in slots:
        final = engine.assemble(shapes[j][0], iter(results[j])) if j in shapes else given[j]
        if isinstance(j, int):
            env[op.results[j]] = _named(final, op.results[j]) if j in shapes else final
        elif j in shapes:
            heap.set((objects[j[0]], j[1]), final)
    return True


def _lengths_outside(env: Env, inits: list[Value], outside: Fields) -> Callable[[ty.Dim], bool]:
    """Whether a length is the same in every iteration: those made in the body may be others each time."""
    held = [v for fields in outside.values() for v in (fields or {}).values()]
    symbols: set[str] = set()
    for v in (*env.values(), *inits, *held):
        if not is_undefined(v):
            symbols |= ty.symbols_of(v.type)
    return lambda dim: dim.is_of_argument or dim.symbol in symbols


def _label(slot: Any) -> str:
    """A slot's part in the names of dims that differ between iterations."""
    return str(slot) if isinstance(slot, int) else "_".join(map(str, slot))


class Meets:
    """Which objects each variable of a loop may stand for: the one it starts with, and those of iterations."""

    def __init__(self, heap: Heap):
        self.heap = heap
        self.gone: set[Object] = set()  # changed under another name in the body
        self._origins: dict[Any, frozenset[int]] = {}
        self._own: dict[Any, int] = {}

    def named(self, slot: Any, shape: Any) -> Any:
        """The shape of a slot with the origins that are known by now."""
        return replace(shape, origins=self._origins[slot]) if isinstance(shape, Shape) else shape

    def see(self, given: dict[Any, Value], out: dict[Any, Value], outside: Fields, after: Fields) -> bool:
        """Learn from one evaluation of the body; whether anything is new."""
        before = dict(self._origins), set(self.gone), set(self._kept())
        outer = frozenset().union(*(o.origins for o in outside))
        self.gone |= {o for o, fields in after.items() if fields is None and outside.get(o) is not None}
        for j, first in given.items():
            last = out.get(j)
            if not isinstance(last, Object) or last is first:
                continue
            own = self._own.setdefault(j, self.heap.origin())
            for other, value in out.items():  # two variables that end with one object
                if isinstance(value, Object) and value.origins & last.origins - outer:
                    own = min(own, self._own.get(other, own))
            self._own[j] = own
            start = first.origins if isinstance(first, Object) else frozenset()
            old = self._origins.get(j, frozenset())
            self._origins[j] = old | start | last.origins & outer | {own}
            if self.heap.is_written_out(last.origins):
                self.heap.keep(frozenset([own]))
        return before != (self._origins, self.gone, set(self._kept()))

    def _kept(self) -> list[int]:
        return [own for own in self._own.values() if self.heap.is_written_out(frozenset([own]))]


def _leaves_of_type(type_: ty.Type, name: str | None, span: Any) -> tuple[Any, list[Value]]:
    """Parameters for a slot: one, or one a leaf of its tuple or object."""
    if isinstance(type_, ty.Tuple):
        shapes, leaves = [], []
        for item in type_.items:
            shape, inner = _leaves_of_type(item, name, span)
            shapes.append(shape)
            leaves += inner
        return (type_.cls, shapes), leaves
    if isinstance(type_, Held):
        found = [_leaves_of_type(item, field_name(key), span) for key, item in type_.fields]
        keys = tuple(key for key, _ in type_.fields)
        shape = Shape(type_.cls, keys, tuple(shape for shape, _ in found))
        return shape, [leaf for _, leaves in found for leaf in leaves]
    return None, [Value(as_value(type_), name, span)]


def _flatten(engine: Engine, value: Value, shape: Any) -> list[Value]:
    if shape is None:
        return [engine.heap.written_out(value) if isinstance(value, Object) else value]
    if is_undefined(value) or isinstance(value.type, ty.Never):
        inner_shapes = shape.shapes if isinstance(shape, Shape) else shape[1]
        return [leaf for inner in inner_shapes for leaf in _flatten(engine, undefined(), inner)]
    if isinstance(shape, Shape):
        parts = engine.heap.parts(value, shape)
    else:
        parts = engine.take_apart(value)
    inner_shapes = shape.shapes if isinstance(shape, Shape) else shape[1]
    return [leaf for part, inner in zip(parts, inner_shapes) for leaf in _flatten(engine, part, inner)]


# ----- while -----


def write_while(engine: Engine, op: Op, env: Env) -> bool:
    """Write a while loop; env gets its results."""
    inits = [env.get(v, v) for v in op.operands]
    if UNROLL in engine.flags and _turns_written_out(engine, op, env, inits):
        return True
    condition_block, body = op.blocks
    state: dict[str, Any] = {}

    def written(params: list[Value]) -> tuple[Block, list[Value]]:
        test = Block()
        with engine.inside(test):
            scope = dict(env)
            scope.update(zip(condition_block.params, params))
            before = engine.heap.copied()
            test.yields = engine.evaluate(condition_block, scope)
            if engine.heap.fields != before:
                raise engine.refuse("the condition of this loop changes an object", "change it in the body")
        state["test"], state["params"] = test, params
        block = Block()
        if truth(engine, test.yields[0]) is False:
            # never entered: the slots stay as they are
            return block, ([Const(False)] if op.attrs.get("exits") else []) + params
        with engine.inside(block):
            scope = dict(env)
            scope.update(zip(body.params, params))
            yields = engine.evaluate(body, scope)
        return block, yields

    shell = Op("while", op.operands, op.results, op.blocks, dict(op.attrs), op.span)
    _fixpoint(engine, shell, env, inits, written, [], None, None)
    written_op = engine.block.ops[-1] if engine.block.ops and engine.block.ops[-1].kind == "while" else None
    for candidate in reversed(engine.block.ops):
        if candidate.kind == "while":
            written_op = candidate
            break
    assert written_op is not None
    _give_condition(engine, written_op, state["test"])
    return True


def _turns_written_out(engine: Engine, op: Op, env: Env, slots: list[Value]) -> bool:
    """Write the turns of a loop one by one if it is known when it ends, as where it goes along a chain."""
    condition, body = op.blocks
    exits = bool(op.attrs.get("exits"))
    ops, heap = list(engine.block.ops), engine.heap.copied()
    for k in range(UNROLL_AT_MOST + 1):
        with engine.turn(k):
            scope = {**env, **dict(zip(condition.params, slots))}
            goes_on = truth(engine, engine.evaluate(condition, scope)[0])
            if goes_on:
                yields = engine.evaluate(body, {**env, **dict(zip(body.params, slots))})
                slots = yields[1:] if exits else yields
                left = truth(engine, yields[0]) if exits else False
        if goes_on is None or goes_on and (left is None or _leaves_here(engine)):
            break
        if not goes_on or left:
            env.update(zip(op.results, slots))
            return True
    engine.block.ops[:], engine.heap.fields = ops, heap
    return False


def _give_condition(engine: Engine, loop: Op, test: Block) -> None:
    """Put the condition in a block with parameters of its own."""
    body = loop.blocks[1]
    # slots that are tuples are put together at the top of the body; the condition needs the same
    defined = {result for op in test.ops for result in op.results}
    opening: list[Op] = []
    for op in body.ops:
        if op.fn is prims.tuple_ and all(
            v in body.params or v in {r for o in opening for r in o.results} for v in op.operands
        ):
            opening.append(op)
        else:
            break
    params = [Value(p.type, p.name, p.span) for p in body.params]
    cloner = Cloner(dict(zip(body.params, params)))
    ops = [cloner.op(op) for op in opening]
    cloned = [cloner.op(op) for op in test.ops]
    loop.blocks[0] = Block(params, [*ops, *cloned], [cloner.value(v) for v in test.yields])
    for op in loop.blocks[0].ops:
        for result in op.results:
            engine.definitions[result] = op
    del defined
