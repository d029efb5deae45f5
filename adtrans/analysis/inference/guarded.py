"""`with` and `try`: their blocks written, their results merged."""

from __future__ import annotations

from adtrans.analysis.inference.engine import Engine, Env, _leaves, _named, _same, field_name
from adtrans.ir import types as ty
from adtrans.ir.program import Block, Const, Op, Value, is_undefined


def write_with(engine: Engine, op: Op, env: Env) -> bool:
    """Write a with statement; env gets its results."""
    manager = env.get(op.operands[0], op.operands[0])
    inner = op.blocks[0]
    target = Value(ty.ANY, inner.params[0].name if inner.params else None, engine.span)
    block = Block([target])
    heap = engine.heap
    before = heap.fields
    heap.fields = heap.copied()
    with engine.inside(block):
        scope = dict(env)
        if inner.params:
            scope[inner.params[0]] = target
        yields = [heap.value(v) for v in engine.evaluate(inner, scope)]
    changed = heap.join(before, [heap.fields], [_leaves(block)])
    extra = [Value(name=field_name(key)) for (_, key), _ in changed]
    with engine.inside(block):
        yields += [heap.value(column[0]) for _, column in changed]
    _finish(engine, [*op.results, *extra], "with", [manager], [block], [yields], env)
    for (cell, _), made in zip(changed, extra):
        heap.set(cell, env[made])
    return not _leaves(block)


def write_try(engine: Engine, op: Op, env: Env) -> bool:
    """Write a try statement; env gets its results."""
    if op.attrs.get("final"):
        return _write_final(engine, op, env)
    blocks, yielded = [], []
    for inner in op.blocks:
        block = Block([Value(ty.ANY, p.name, engine.span) for p in inner.params])
        with engine.inside(block):
            scope = dict(env)
            scope.update(zip(inner.params, block.params))
            yielded.append(_unchanged(engine, inner, scope))
        blocks.append(block)
    handlers = [env.get(v, v) for v in op.operands]
    _finish(engine, op.results, "try", handlers, blocks, yielded, env)
    return not all(_leaves(b) for b in blocks)


def _unchanged(engine: Engine, block: Block, scope: Env) -> list[Value]:
    """What a block of a try statement yields; it may not change objects that live outside of it."""
    before = engine.heap.copied()
    yields = [engine.heap.value(v) for v in engine.evaluate(block, scope)]
    for o, fields in before.items():
        if engine.heap.fields[o] != fields:
            raise engine.refuse(
                f"{o!r} is changed in a try statement, which may be left half-way",
                "compute in the try statement, and store when it is done",
            )
    return yields


def _write_final(engine: Engine, op: Op, env: Env) -> bool:
    body, final = op.blocks
    scope = dict(env)
    inner = Block()
    with engine.inside(inner):
        yields = _unchanged(engine, body, scope)
    params = []
    for p, y in zip(final.params, yields):
        params.append(y if isinstance(y, Const) else Value(y.type, p.name, engine.span))
    last = Block([p for p in params if not isinstance(p, Const)])
    inner.yields = [y for y in yields if not isinstance(y, Const)]
    with engine.inside(last):
        scope = dict(env)
        scope.update(zip(final.params, params))
        results = _unchanged(engine, final, scope)
    alive = not _leaves(inner)
    made = []
    for target, value in zip(op.results, results):
        if isinstance(value, Const):
            env[target] = value
            continue
        result = Value(value.type, target.name, engine.span)
        last.yields.append(value)
        made.append(result)
        env[target] = result
    engine.append(
        Op("try", [], made, [inner, last], {**engine.marks, "final": True, "handlers": 0}, engine.span)
    )
    return alive


def _finish(
    engine: Engine,
    targets: list[Value],
    kind: str,
    operands: list[Value],
    blocks: list[Block],
    yielded: list[list[Value]],
    env: Env,
) -> None:
    """Append a region op with a result for every target on which its blocks differ."""
    results = []
    for j, target in enumerate(targets):
        values = [y[j] for y in yielded]
        if all(_same(values[0], v) for v in values) and isinstance(values[0], Const):
            env[target] = values[0]
            continue
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
