"""Loops: unrolled where the items differ in kind, else written once their slots' types are stable."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Any

import numpy as np

from adtrans.analysis.inference.engine import UNROLL_AT_MOST, Engine, Env, Lazy, _named, _same, truth
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Block, Cloner, Const, Op, Value, is_const, is_undefined, undefined

# ----- what is iterated over -----


@dataclass
class Sequence:
    """Something to iterate over: known items, or a length and the item at an index."""

    items: list[Value] | None = None
    length: Value | None = None
    at: Any = None  # index value -> item value, writing ops where it is called
    range: Value | None = None  # a range value to iterate over directly


def sequence(engine: Engine, value: Value) -> Sequence:
    """Describe an iterable. Raises UnsupportedError for one whose items cannot be indexed."""
    if isinstance(value, Lazy):
        return _lazy(engine, value)
    if isinstance(value, Const):
        return _constant(engine, value)
    t = value.type
    if isinstance(t, ty.Range):
        return Sequence(
            range=value,
            length=engine.apply(len, [value]),
            at=lambda i: engine.apply(operator.getitem, [value, i]),
        )
    if isinstance(t, ty.Tuple):
        return Sequence(
            items=engine.take_apart(value), length=Const(len(t.items)), at=_indexed(engine, value)
        )
    if isinstance(t, ty.Record) and t.cls is dict:
        return Sequence(items=[Const(key) for key, _ in t.fields])
    if isinstance(t, ty.Mapping):
        return sequence(engine, engine.emit(list, [value], [ty.List(t.key)])[0])
    if isinstance(t, (ty.List, ty.Array, ty.Numeric, ty.Any, ty.Text)):
        if isinstance(t, ty.Any):
            value = engine.emit(list, [value], [ty.List(ty.ANY)])[0]
        return Sequence(length=engine.apply(len, [value]), at=_indexed(engine, value))
    raise engine.refuse(f"iteration over {t} is not supported")


def _indexed(engine: Engine, value: Value) -> Any:
    return lambda i: engine.apply(operator.getitem, [value, i])


def _constant(engine: Engine, value: Const) -> Sequence:
    found = value.value
    if isinstance(found, range):
        return Sequence(range=value, items=[Const(i) for i in found] if len(found) <= UNROLL_AT_MOST else None,
                        length=Const(len(found)), at=_indexed(engine, value))  # fmt: skip
    if isinstance(found, np.ndarray):
        return Sequence(length=Const(len(found)), at=_indexed(engine, value))
    if isinstance(found, (tuple, list, str)):
        return Sequence(
            items=[Const(item) for item in found], length=Const(len(found)), at=_indexed(engine, value)
        )
    if isinstance(found, (dict, frozenset)):
        return Sequence(items=[Const(item) for item in found])
    raise engine.refuse(f"iteration over a {type(found).__name__} is not supported")


def _lazy(engine: Engine, value: Lazy) -> Sequence:
    kind = value.kind
    if value.is_exhausted:
        raise engine.refuse(
            f"a {kind} object may be iterated over a second time here, when nothing is left of it",
            f"call {kind} where it is used, or make it a list first",
        )
    value.is_exhausted = kind in ("reversed", "enumerate", "zip", "map")
    if kind == "reversed":
        inner = sequence(engine, value.parts[0])
        if inner.range is not None and not isinstance(inner.range, Const):
            turned = engine.emit(
                reversed, [inner.range], [ty.Range(getattr(inner.range.type, "length", None))]
            )[0]
            return Sequence(range=turned, length=inner.length, at=None)
        items = None if inner.items is None else inner.items[::-1]
        length, at = inner.length, inner.at

        def from_end(i: Value) -> Value:
            assert length is not None
            last = engine.apply(operator.sub, [length, Const(1)])
            return at(engine.apply(operator.sub, [last, i]))

        ranged = Const(inner.range.value[::-1]) if isinstance(inner.range, Const) else None
        return Sequence(items=items, length=length, at=None if at is None else from_end, range=ranged)
    if kind == "enumerate":
        inner = sequence(engine, value.parts[0])
        start = value.parts[1]
        items = None
        if inner.items is not None:
            items = [
                engine.make_tuple([engine.apply(operator.add, [start, Const(k)]), x])
                for k, x in enumerate(inner.items)
            ]

        def numbered(i: Value) -> Value:
            number = i if is_const(start, 0) else engine.apply(operator.add, [i, start])
            return engine.make_tuple([number, inner.at(i)])

        return Sequence(items=items, length=inner.length, at=None if inner.at is None else numbered)
    if kind == "zip":
        inners = [sequence(engine, part) for part in value.parts]
        items = None
        if all(s.items is not None for s in inners):
            items = [engine.make_tuple(list(row)) for row in zip(*(s.items or [] for s in inners))]
        if any(s.at is None for s in inners):
            if items is None:
                raise engine.refuse("zip over this iterable is not supported")
            return Sequence(items=items)

        def row_at(i: Value) -> Value:
            return engine.make_tuple([s.at(i) for s in inners])

        return Sequence(
            items=items,
            length=_shortest(engine, [s.length for s in inners if s.length is not None]),
            at=row_at,
        )
    if kind == "map":
        function, inners = value.parts[0], [sequence(engine, part) for part in value.parts[1:]]

        def mapped(i: Value) -> Value:
            return engine.apply(prims.call, [function, *(s.at(i) for s in inners)])

        items = None
        if all(s.items is not None for s in inners):
            items = [
                engine.apply(prims.call, [function, *row]) for row in zip(*(s.items or [] for s in inners))
            ]
            return Sequence(items=items)
        return Sequence(
            length=_shortest(engine, [s.length for s in inners if s.length is not None]), at=mapped
        )
    if kind in ("items", "values"):
        owner = value.parts[0]
        if isinstance(owner.type, ty.Record) or isinstance(owner, Const):
            keys = (
                [k for k, _ in owner.type.fields] if isinstance(owner.type, ty.Record) else list(owner.value)
            )
            found = [engine.apply(operator.getitem, [owner, Const(k)]) for k in keys]
            if kind == "values":
                return Sequence(items=found)
            return Sequence(items=[engine.make_tuple([Const(k), x]) for k, x in zip(keys, found)])
        keys_value = engine.emit(list, [owner], [ty.List(getattr(owner.type, "key", ty.ANY))])[0]

        def entry(i: Value) -> Value:
            key = engine.apply(operator.getitem, [keys_value, i])
            item = engine.apply(operator.getitem, [owner, key])
            return item if kind == "values" else engine.make_tuple([key, item])

        return Sequence(length=engine.apply(len, [keys_value]), at=entry)
    raise engine.refuse(f"iteration over {kind} is not supported")


def _shortest(engine: Engine, lengths: list[Value]) -> Value:
    distinct: list[Value] = []
    for n in lengths:
        dim = getattr(n.type, "dim", None)
        if not any(
            _same(n, m) or (dim is not None and getattr(m.type, "dim", None) == dim) for m in distinct
        ):
            distinct.append(n)
    if len(distinct) == 1:
        return distinct[0]
    if all(isinstance(n, Const) for n in distinct):
        return Const(min(n.value for n in distinct))  # type: ignore[attr-defined]
    return engine.emit(min, distinct, [ty.INT])[0]


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
    if ("unroll",) in engine.flags or engine.algebra:
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
        values = engine.apply(range, [found.length])  # type: ignore[list-item]
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
    return _fixpoint(engine, op, env, inits, written, [values], index_name, ty.INT)


def _unroll(engine: Engine, op: Op, env: Env, items: list[Value], inits: list[Value]) -> bool:
    body, exits = op.blocks[0], bool(op.attrs.get("exits"))
    slots = inits
    for k, item in enumerate(items):
        scope = dict(env)
        scope[body.params[0]] = _named(item, body.params[0])
        scope.update(zip(body.params[1:], slots))
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
    with engine.inside(more):
        _unroll(engine, op, scope, items, slots)
    continued = [scope.get(target, undefined()) for target in op.results]
    engine.merge(flag, [done, more], [list(slots), continued], env, op.results)
    return True


def _leaves_here(engine: Engine) -> bool:
    return bool(engine.block.ops) and engine.block.ops[-1].kind == "raise"


# ----- the fixpoint -----


def _fixpoint(engine: Engine, op: Op, env: Env, inits: list[Value], written: Any, leading: list[Value], item_name: str | None, item_type: ty.Type | None) -> bool:  # fmt: skip
    """Evaluate a loop until no slot's type changes, then append it."""
    exits = bool(op.attrs.get("exits"))
    site = engine.site()
    key = (id(op), engine.path, tuple(str(v.type) if not is_undefined(v) else "?" for v in inits))
    varying, types = engine.loop_memory.get(key, (frozenset(), {}))
    varying_set, types = set(varying), dict(types)
    span, body_params = engine.span, op.blocks[-1].params
    names = [p.name for p in body_params[len(body_params) - len(inits) :]]
    for _ in range(60):
        params: list[Value] = []
        shapes: dict[int, tuple[Any, list[Value]]] = {}
        opening = Block()
        with engine.inside(opening):
            for j, init in enumerate(inits):
                if j not in varying_set:
                    params.append(init)
                    continue
                shape, leaves = _leaves_of_type(types[j], names[j], engine.span)
                shapes[j] = (shape, leaves)
                params.append(_named(engine.assemble(shape, iter(leaves)), Value(name=names[j])))
        index = Value(item_type, item_name, span) if item_type is not None else None
        block, yields = written(params, index) if index is not None else written(params)
        engine.span = span
        flag, slot_yields = (yields[0], yields[1:]) if exits else (None, yields)
        changed = False
        for j, (init, out) in enumerate(zip(inits, slot_yields)):
            if j not in varying_set:
                if not _same(init, out) and not is_undefined(out):
                    varying_set.add(j)
                    types[j] = ty.join(_slot_type(init), _slot_type(out), f"{site}_{j}")
                    changed = True
                continue
            joined = ty.join(
                ty.join(types[j], _slot_type(init), f"{site}_{j}"), _slot_type(out), f"{site}_{j}"
            )
            if joined != types[j]:
                types[j] = joined
                changed = True
        if not changed:
            break
    else:
        raise engine.refuse("the types of this loop's variables do not settle")
    engine.loop_memory[key] = (frozenset(varying_set), dict(types))
    block.ops[:0] = opening.ops
    _append_loop(engine, op, env, inits, leading, block, index, flag, slot_yields, shapes, types)
    return True


def _slot_type(value: Value) -> ty.Type:
    if is_undefined(value):
        return ty.NEVER
    return value.type if is_const(value, None) else ty.widen(value.type)


def _leaves_of_type(type_: ty.Type, name: str | None, span: Any) -> tuple[Any, list[Value]]:
    """Parameters for a slot: one, or one a leaf of its tuple."""
    if isinstance(type_, ty.Tuple):
        shapes, leaves = [], []
        for item in type_.items:
            shape, inner = _leaves_of_type(item, name, span)
            shapes.append(shape)
            leaves += inner
        return (type_.cls, shapes), leaves
    return None, [Value(type_, name, span)]


def _flatten(engine: Engine, value: Value, shape: Any) -> list[Value]:
    if shape is None:
        return [value]
    if is_undefined(value):
        return [leaf for inner in shape[1] for leaf in _flatten(engine, undefined(), inner)]
    parts = engine.take_apart(value)
    return [leaf for part, inner in zip(parts, shape[1]) for leaf in _flatten(engine, part, inner)]


def _append_loop(engine: Engine, op: Op, env: Env, inits: list[Value], leading: list[Value], block: Block, index: Value | None,
                 flag: Value | None, yields: list[Value], shapes: dict[int, tuple[Any, list[Value]]], types: dict[int, ty.Type]) -> None:  # fmt: skip
    params = [] if index is None else [index]
    flat_inits: list[Value] = []
    flat_yields: list[Value] = []
    results: dict[int, list[Value]] = {}
    for j, (shape, leaves) in shapes.items():
        params += leaves
        flat_inits += _flatten(engine, inits[j], shape)
        with engine.inside(block):
            flat_yields += _flatten(engine, yields[j], shape)
        results[j] = [Value(leaf.type, leaf.name, engine.span) for leaf in leaves]
    attrs = dict(engine.marks)
    if flag is not None and not is_const(flag, False):
        attrs["exits"] = True
        flat_yields = [flag, *flat_yields]
    block.params, block.yields = params, flat_yields
    flat_results = [r for j in shapes for r in results[j]]
    blocks = [block]
    if op.kind == "while":
        blocks = [op.attrs.get("_condition", Block()), block]
    engine.append(Op(op.kind, [*leading, *flat_inits], flat_results, blocks, attrs, engine.span))
    for j, target in enumerate(op.results):
        if j in shapes:
            env[target] = _named(engine.assemble(shapes[j][0], iter(results[j])), target)
        else:
            env[target] = inits[j]


# ----- while -----


def write_while(engine: Engine, op: Op, env: Env) -> bool:
    """Write a while loop; env gets its results."""
    inits = [env.get(v, v) for v in op.operands]
    condition_block, body = op.blocks
    state: dict[str, Any] = {}

    def written(params: list[Value]) -> tuple[Block, list[Value]]:
        test = Block()
        with engine.inside(test):
            scope = dict(env)
            scope.update(zip(condition_block.params, params))
            test.yields = engine.evaluate(condition_block, scope)
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
