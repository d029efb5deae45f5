"""Recursive callees: each has a forward function that also returns a record, and a reverse
function that takes the record back.

    def f_forward(x): ...; return y, record
    def f_reverse(record, by): ...; return (bx,)
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

from adtrans.analysis.activity import Activity
from adtrans.analysis.aliases import Aliases
from adtrans.analysis.inference.algebra import Zero
from adtrans.analysis.inference.engine import Engine
from adtrans.analysis.inference.recursion import Program
from adtrans.errors import UnsupportedError
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Block, Cloner, Const, Function, Op, Value, free_values, walk
from adtrans.ir.regions import define
from adtrans.ir.uses import substitute
from adtrans.optimize.dce import eliminate_dead_code
from adtrans.transform.adjoints import Entry, Scope, whole
from adtrans.transform.unknown_calls import check_calls

if TYPE_CHECKING:
    from adtrans.transform.forward import Forward
    from adtrans.transform.reverse import Reverse


def _copy_of(engine: Engine, program: Program, name: str) -> Function:
    """A copy of a program's body, to be transformed."""
    assert program.function is not None
    function = eliminate_dead_code(program.function)
    body = Cloner().block(function.body)
    for op in walk(body):
        for r in op.results:
            engine.definitions[r] = op
    return Function(name, body, function.source, namespace=function.namespace, span=function.span)


def _check_writes(function: Function, aliases: Aliases) -> None:
    for p in function.params:
        if aliases.is_touched(p):
            write = aliases.writes[aliases.find(p)][0]
            raise UnsupportedError(f"the recursive function {function.name} changes its argument {p.name!r}", span=write.span,
                                   hint="return a new value instead")  # fmt: skip


# ----- reverse -----


def reverse_call(reverse: Reverse, op: Op, scope: Scope, b: Entry | None) -> None:
    """Undo a call: the forward sweep keeps the record, the reverse sweep hands it back."""
    engine = reverse.engine
    program: Program = op.attrs["program"]
    if not program.params:
        raise UnsupportedError(f"a second reverse derivative of the recursive function {program.name} is not supported", span=op.span,
                               hint="use forward mode for one of the two: jvp of grad, or grad of jvp")  # fmt: skip
    flags = tuple(reverse.activity.is_varied(v) for v in op.operands)
    forward, backward = _pair(engine, program, flags)
    pair = Value(ty.Tuple((op.result.type, ty.ANY)), None, op.span)
    record = Value(ty.ANY, "record", op.span)
    made = [
        Op("apply", list(op.operands), [pair], [], {"fn": forward, "program": forward}, op.span),
        Op("apply", [pair, Const(0)], [op.result], [], {"fn": operator.getitem}, op.span),
        Op("apply", [pair, Const(1)], [record], [], {"fn": operator.getitem}, op.span),
    ]
    for o in made:
        engine.definitions[o.result] = o
    reverse.replacements[op] = made
    value = whole(engine, op.result, b)
    types = tuple(_adjoint_type(v.type) for v, flag in zip(program.params, flags) if flag)
    found = engine.emit(backward, [record, value], [ty.Tuple(types)], attrs={"program": backward})[0]
    k = 0
    for v, flag in zip(op.operands, flags):
        if flag:
            reverse.contribute(scope, v, engine.emit(operator.getitem, [found, Const(k)], [types[k]])[0])
            k += 1


def _adjoint_type(t: ty.Type) -> ty.Type:
    t = ty.widen(t)
    return (
        ty.Scalar(t.dtype if ty.is_inexact(t.dtype) else "float64", None) if isinstance(t, ty.Scalar) else t
    )


def _pair(engine: Engine, program: Program, flags: tuple[bool, ...]) -> tuple[Program, Program]:
    key = ("pair", program, flags)
    found = engine.programs.get(key)
    if found is None:
        forward, backward = Program(f"{program.name}_forward", []), Program(f"{program.name}_reverse", [])
        found = engine.programs[key] = (forward, backward)
        _write_pair(engine, program, flags, forward, backward)
    result: tuple[Program, Program] = found
    return result


def _write_pair(
    engine: Engine, program: Program, flags: tuple[bool, ...], forward: Program, backward: Program
) -> None:
    from adtrans.transform.gradient import sweep
    from adtrans.transform.reverse import Reverse

    function = _copy_of(engine, program, program.name)
    active = [p for p, flag in zip(function.params, flags) if flag]
    aliases = Aliases(function)
    _check_writes(function, aliases)
    activity = Activity(function, aliases, active)
    check_calls(function, activity)
    outer = engine.algebra, engine.span, engine.marks
    engine.marks = {}
    reverse = Reverse(engine, function, active, aliases, activity)
    result = function.results[0]
    seed = Value(_adjoint_type(result.type), f"b{program.name}", function.span)
    block, adjoints = reverse.write([seed])
    reverse.replace()
    whole_program = Function(program.name, Block([*function.params, seed], [*function.body.ops, *block.ops],
                                                 [result, *(adjoints[p] for p in active)]), function.source,
                             namespace=function.namespace, span=function.span)  # fmt: skip
    sweep(whole_program, reverse, aliases)
    engine.algebra, engine.span, engine.marks = outer
    first = [op for op in whole_program.body.ops if not op.attrs.get("reverse")]
    second = [op for op in whole_program.body.ops if op.attrs.get("reverse")]
    value, *gradients = whole_program.body.yields
    rest = Block([seed], second, gradients)
    fields = [v for v in free_values(rest) if v is not seed]
    define(fields, whole_program.body)
    forward.function = _function(forward.name, function, list(function.params), first, [value], fields)
    backward.function = _reverse_function(engine, backward.name, function, rest, seed, fields)


def _tuple(values: list[Value]) -> tuple[Op, Value]:
    out = Value(ty.Tuple(tuple(v.type for v in values)))
    return Op("apply", values, [out], [], {"fn": prims.tuple_}), out


def _function(
    name: str, like: Function, params: list[Value], ops: list[Op], values: list[Value], fields: list[Value]
) -> Function:
    make_record, record = _tuple(fields)
    make_pair, pair = _tuple([*values, record])
    return Function(
        name,
        Block(params, [*ops, make_record, make_pair], [pair]),
        like.source,
        namespace=like.namespace,
        span=like.span,
    )


def _reverse_function(
    engine: Engine, name: str, like: Function, rest: Block, seed: Value, fields: list[Value]
) -> Function:
    record = Value(ty.Tuple(tuple(v.type for v in fields)), "record")
    opening, mapping = [], {}
    for k, v in enumerate(fields):
        fresh = Value(v.type, v.name, v.span)
        opening.append(Op("apply", [record, Const(k)], [fresh], [], {"fn": operator.getitem}, None))
        mapping[v] = fresh
    substitute(rest, mapping)
    make, out = _tuple(rest.yields)
    return Function(
        name,
        Block([record, seed], [*opening, *rest.ops, make], [out]),
        like.source,
        namespace=like.namespace,
        span=like.span,
    )


# ----- forward -----


def forward_call(forward: Forward, op: Op) -> None:
    """Call the tangent program of a recursive function: it returns the value and its tangent."""
    engine = forward.engine
    program: Program = op.attrs["program"]
    flags = tuple(not isinstance(forward.of(v), Zero) and not isinstance(v, Const) for v in op.operands)
    made = _tangent_program(engine, program, flags)
    tangents = [forward.whole(v) for v, flag in zip(op.operands, flags) if flag]
    pair = engine.emit(
        made, [*op.operands, *tangents], [ty.Tuple((op.result.type, op.result.type))], attrs={"program": made}
    )[0]
    read = Op("apply", [pair, Const(0)], [op.result], [], {"fn": operator.getitem}, op.span)
    engine.append(read)
    name = f"d{op.result.name}" if op.result.name else None
    forward.tangents[op.result] = engine.emit(
        operator.getitem, [pair, Const(1)], [_adjoint_type(op.result.type)], name=name
    )[0]


def _tangent_program(engine: Engine, program: Program, flags: tuple[bool, ...]) -> Program:
    from adtrans.transform.forward import Forward

    key = ("tangent", program, flags)
    found = engine.programs.get(key)
    if found is not None:
        result: Program = found
        return result
    made = engine.programs[key] = Program(f"{program.name}_tangent", [])
    if program.function is None:
        raise UnsupportedError(
            f"a tangent of the derivative of the recursive function {program.name} is not supported"
        )
    function = _copy_of(engine, program, made.name)
    active = [p for p, flag in zip(function.params, flags) if flag]
    aliases = Aliases(function)
    _check_writes(function, aliases)
    activity = Activity(function, aliases, active)
    check_calls(function, activity)
    taken = {p.name for p in function.params}
    vectors = {}
    for p in active:
        name = f"d{p.name}" if p.name else None
        while name in taken:
            name = f"{name}_"
        taken.add(name)
        vectors[p] = Value(_adjoint_type(p.type), name, p.span)
    outer = engine.algebra, engine.span, engine.marks
    engine.marks = {}
    forward = Forward(engine, function, aliases, activity)
    body = forward.write(vectors)
    with engine.inside(body), engine.at(function.span, tangent=True, derived=True):
        tangent = forward.whole(function.results[0])
    engine.algebra, engine.span, engine.marks = outer
    make, out = _tuple([function.results[0], tangent])
    made.function = Function(made.name, Block([*function.params, *vectors.values()], [*body.ops, make], [out]), function.source,
                             namespace=function.namespace, span=function.span)  # fmt: skip
    eliminate_dead_code(made.function)
    return made
