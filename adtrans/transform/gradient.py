"""The gradient program of a typed program: forward sweep, reverse sweep, results."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from adtrans.analysis.activity import Activity
from adtrans.analysis.aliases import Aliases
from adtrans.analysis.inference.engine import Engine
from adtrans.analysis.inference.specialize import Specialized
from adtrans.ir import types as ty
from adtrans.ir.program import Block, Const, Function, Op, Value
from adtrans.optimize.dce import eliminate_dead_code
from adtrans.transform.restoring import restore_writes
from adtrans.transform.reverse import Reverse
from adtrans.transform.saving import Saving


def prepare(specialized: Specialized) -> Function:
    """Dead code out, parameters that the program writes copied on entry."""
    function = eliminate_dead_code(specialized.function)
    aliases = Aliases(function)
    opening: list[Op] = []
    for p in function.params:
        if isinstance(p.type, ty.Array) and aliases.is_written(p):
            fresh = Value(p.type, p.name, p.span)
            op = Op("apply", [p], [fresh], [], {"fn": np.copy, "style": "method", "spelling": "copy", "entry": True}, function.span)
            specialized.engine.definitions[fresh] = op
            from adtrans.transform.saving import substitute

            substitute(function.body, {p: fresh})
            opening.append(op)
    function.body.ops[:0] = opening
    return function


def gradient_program(specialized: Specialized, argnums: tuple[int, ...], *, value: bool = False, cotangent: bool = False, name: str | None = None) -> Function:
    """A program with the parameters of the primal (and the cotangent last) that returns its gradients."""
    engine = specialized.engine
    function = prepare(specialized)
    active = [specialized.params[k] for k in argnums]
    aliases = Aliases(function)
    activity = Activity(function, aliases, [p for p in active if not isinstance(p, Const)])
    reverse = Reverse(engine, function, [p for p in active if not isinstance(p, Const)], aliases, activity)
    result = function.results[0]
    extra: list[Value] = []
    seed: Value = Const(1.0)
    if cotangent:
        seed = Value(result.type, f"b{function.name}", function.span)
        extra = [seed]
    block, adjoints = reverse.write([seed])
    gradients = [adjoints[p] if not isinstance(p, Const) else Const(0.0) for p in active]
    yields = [*([result] if value else []), *gradients]
    forward = function.body
    program = Function(name or f"grad_{function.name}", Block([*function.params, *extra], [*forward.ops, *block.ops], yields),
                       function.source, namespace=function.namespace, span=function.span, doc=None)  # fmt: skip
    eliminate_dead_code(program)
    kept = Block([], [op for op in program.body.ops if not op.attrs.get("reverse")])
    swept = Block([], [op for op in program.body.ops if op.attrs.get("reverse")])
    restore_writes(engine, kept, swept, aliases, reverse.position, reverse.loops)
    program.body.ops = [*kept.ops, *swept.ops]
    eliminate_dead_code(program)
    swept_ops = [op for op in program.body.ops if op.attrs.get("reverse")]
    saving = Saving(engine, aliases, program.body)
    saving.save(_alive(reverse.mirrors, set(_every(swept_ops))))
    saving.place_tapes(program.body)
    eliminate_dead_code(program)
    if len(yields) != 1 or value:
        from adtrans.ir import prims

        out = Value(ty.Tuple(tuple(v.type for v in program.body.yields)), None, function.span)
        program.body.ops.append(Op("apply", list(program.body.yields), [out], [], {"fn": prims.tuple_, "reverse": True}, None))
        program.body.yields = [out]
    return program


def _every(ops: list[Op]) -> list[Op]:
    from adtrans.ir.program import walk

    return list(walk(Block([], ops)))


def _alive(mirrors: list[Any], ops: set[Op]) -> list[Any]:
    """Mirrors whose reverse region survived."""
    out = []
    for m in mirrors:
        if m.reverse in ops:
            m.inner = _alive(m.inner, ops)
            out.append(m)
    return out


__all__ = ["Engine", "gradient_program", "operator", "prepare"]
