"""`with` and `try`: their blocks written, their results merged."""

from __future__ import annotations

from typing import Any

from adtrans.analysis.inference.conditions import truth
from adtrans.analysis.inference.engine import Engine, Env, _leaves, _named, _same, field_name
from adtrans.analysis.inference.heap import Cell, Object
from adtrans.analysis.inference.instances import own_method
from adtrans.analysis.inference.virtual import Bound, Lazy
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Block, Const, Op, Value, is_undefined


def write_with(engine: Engine, op: Op, env: Env) -> bool:
    """Write a with statement; env gets its results."""
    manager = env.get(op.operands[0], op.operands[0])
    enter, leave = (own_method(engine, manager, name) for name in ("__enter__", "__exit__"))
    if enter is not None and leave is not None:
        return _inside_object(engine, op, env, manager, enter, leave)
    if isinstance(manager, (Object, Lazy, Bound)):
        raise engine.refuse(
            "a context manager of the program is not supported",
            "write what it does before and after the block",
        )
    inner = op.blocks[0]
    target = Value(ty.ANY, inner.params[0].name if inner.params else None, engine.span)
    block, before = Block([target]), engine.heap.copied()
    with engine.inside(block):
        scope = dict(env)
        if inner.params:
            scope[inner.params[0]] = target
        yields = engine.evaluate(inner, scope)
    changed = [(cell, [engine.heap.get(cell)]) for cell in engine.heap.changed_since(before)]
    _finish(engine, op, "with", [manager], [block], [yields], env, changed)
    return not _leaves(block)


def _inside_object(engine: Engine, op: Op, env: Env, manager: Value, enter: Any, leave: Any) -> bool:
    """A with statement over an object of the user: its two methods around the block.

    An exception in the block skips the second one, so it may not be what ends it.
    """
    entered = engine.apply(prims.call, [Const(enter), manager])
    inner = op.blocks[0]
    scope = dict(env)
    scope.update((param, _named(entered, param)) for param in inner.params)
    yields = engine.evaluate(inner, scope)
    if _leaves(engine.block):
        return False
    nothing = Const(None)
    ends = engine.apply(prims.call, [Const(leave), manager, nothing, nothing, nothing])
    if truth(engine, ends) is not False:
        raise engine.refuse(
            "the __exit__ of this context manager may keep back an exception",
            "return False from it, or write try and except",
        )
    for target, value in zip(op.results, yields):
        env[target] = _named(value, target)
    return True


def write_try(engine: Engine, op: Op, env: Env) -> bool:
    """Write a try statement; env gets its results."""
    if op.attrs.get("final"):
        return _write_final(engine, op, env)
    heap = engine.heap
    before, blocks, yielded, heaps = heap.fields, [], [], []
    for inner in op.blocks:
        block = Block([Value(ty.ANY, p.name, engine.span) for p in inner.params])
        heap.fields = before
        heap.fields = heap.copied()
        with engine.inside(block):
            scope = dict(env)
            scope.update(zip(inner.params, block.params))
            yielded.append([heap.value(v) for v in engine.evaluate(inner, scope)])
        blocks.append(block)
        heaps.append(heap.fields)
    leaves = [_leaves(b) for b in blocks]
    heap.fields = heaps[0]
    if not all(leaves[1:]) and any(cell[0] in before for cell in heap.changed_since(before)):
        raise engine.refuse(
            "an object or a dict that lives outside is changed in a try statement, which may be left half-way",
            "compute in the try statement, and store when it is done",
        )
    handlers = [env.get(v, v) for v in op.operands]
    _finish(engine, op, "try", handlers, blocks, yielded, env, heap.join(before, heaps, leaves))
    return not all(leaves)


def _write_final(engine: Engine, op: Op, env: Env) -> bool:
    body, final = op.blocks
    heap, before = engine.heap, engine.heap.copied()
    scope = dict(env)
    inner = Block()
    with engine.inside(inner):
        yields = engine.evaluate(body, scope)
    params = [_handed_over(engine, y, p.name) for p, y in zip(final.params, yields)]
    for cell in heap.changed_since(before):
        yields.append(heap.get(cell))
        params.append(_handed_over(engine, yields[-1], field_name(cell[1])))
        heap.set(cell, params[-1])
    last = Block([p for p in params if not isinstance(p, Const)])
    inner.yields = [y for y in yields if not isinstance(y, Const)]
    with engine.inside(last):
        scope = dict(env)
        scope.update(zip(final.params, params))
        results = engine.evaluate(final, scope)
    alive = not _leaves(inner)
    made: list[Value] = []
    for target, value in zip(op.results, results):
        env[target] = _result(engine, last, value, target.name, made)
    for cell in heap.changed_since(before):
        heap.set(cell, _result(engine, last, heap.get(cell), field_name(cell[1]), made))
    engine.append(
        Op("try", [], made, [inner, last], {**engine.marks, "final": True, "handlers": 0}, engine.span)
    )
    return alive


def _handed_over(engine: Engine, y: Value, name: str | None) -> Value:
    return y if isinstance(y, Const) else Value(y.type, name, engine.span)


def _result(engine: Engine, block: Block, value: Value, name: str | None, made: list[Value]) -> Value:
    """A value of a block as a result of its region."""
    if isinstance(value, Const):
        return value
    block.yields.append(value)
    made.append(Value(value.type, name, engine.span))
    return made[-1]


def _finish(
    engine: Engine,
    op: Op,
    kind: str,
    operands: list[Value],
    blocks: list[Block],
    yielded: list[list[Value]],
    env: Env,
    changed: list[tuple[Cell, list[Value]]],
) -> None:
    """Append a region op with a result for every target, and field of an object, on which its blocks differ."""
    results: list[Value] = []
    fields = [Value(name=field_name(cell[1])) for cell, _ in changed]
    columns = [[y[j] for y in yielded] for j in range(len(op.results))] + [values for _, values in changed]
    for j, (target, values) in enumerate(zip([*op.results, *fields], columns)):
        if all(_same(values[0], v) for v in values) and isinstance(values[0], Const):
            env[target] = values[0]
            continue
        if any(isinstance(v, (Object, Lazy, Bound)) for v in values):
            raise engine.refuse(
                "an object is one of several after this try", "make it before the try statement"
            )
        type_: ty.Type = ty.NEVER
        for v in values:
            type_ = ty.join(type_, ty.NEVER if is_undefined(v) else ty.widen(v.type), f"{engine.site()}_{j}")
        result = Value(type_, target.name, engine.span)
        for block, v in zip(blocks, values):
            block.yields.append(v)
        results.append(result)
        env[target] = _named(result, target)
    attrs = {**engine.marks, **({"handlers": len(operands)} if kind == "try" else {})}
    engine.append(Op(kind, operands, results, blocks, attrs, engine.span))
    for (cell, _), target in zip(changed, fields):
        engine.heap.set(cell, env[target])
