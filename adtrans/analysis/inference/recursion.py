"""Functions that call themselves become programs of their own, called by name."""

from __future__ import annotations

from typing import Any, TypeGuard

from adtrans.analysis.aliases import Aliases
from adtrans.analysis.inference.engine import HOLDS_OBJECTS, Engine, Restart
from adtrans.analysis.inference.heap import Object
from adtrans.analysis.inference.virtual import Bound
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Block, Const, Function, Value


class Program:
    """A callee at given argument types: its typed function, once written."""

    def __init__(self, name: str, params: list[Value]):
        self.name = name.replace("<lambda>", "function")
        self.params = params
        self.function: Function | None = None
        self.result: ty.Type = ty.NEVER

    @property
    def __name__(self) -> str:
        return self.name


def call_program(engine: Engine, function: Function, values: list[Value]) -> Value:
    """Call a recursive function; it is written once for every combination of argument types."""
    flag = ("recursive", id(function))
    if flag not in engine.flags:
        engine.flags.add(flag)
        raise Restart(engine.flags)
    values = [as_value(engine, v) for v in values]
    runtime = [v for v in values if not _static(v)]
    key = (
        id(function),
        tuple(("static", str(v.type), id(v.value)) if _static(v) else _stable(v.type) for v in values),
    )
    program = engine.programs.get(key)
    if program is None:
        program = engine.programs[key] = Program(function.name, [])
        _write(engine, program, function, values)
    attrs = {"program": program}
    return engine.emit(program, runtime, [program.result], attrs=attrs)[0]


def as_value(engine: Engine, v: Value) -> Value:
    """An argument with the objects in it as values, which may not change from now on."""
    if isinstance(v, Object):
        return engine.heap.written_out(v)
    if isinstance(v, Bound):
        return Bound(as_value(engine, v.owner), v.function)
    made = engine.definition(v)
    if made is None or made.fn not in HOLDS_OBJECTS:
        return v
    parts = [as_value(engine, part) for part in made.operands]
    if all(p is q for p, q in zip(parts, made.operands)):
        return v
    if made.fn is prims.closure:
        assert isinstance(v.type, ty.Closure)
        type_ = ty.Closure(v.type.function, tuple(part.type for part in parts[1:]))
        return engine.emit(prims.closure, parts, [type_], (), dict(made.attrs), v.name)[0]
    return engine.make_tuple(parts, v.type.cls) if made.fn is prims.tuple_ else engine.apply(made.fn, parts)  # type: ignore[union-attr]


def _static(v: Value) -> TypeGuard[Const]:
    """Whether an argument of a recursive call is part of the program: functions, strings, None."""
    return (
        isinstance(v, Const)
        and not isinstance(v.value, (int, float, complex, list, dict))
        or (isinstance(v, Const) and isinstance(v.value, bool))
    )


def _stable(t: ty.Type) -> ty.Type:
    """The type of an argument as every call of the recursion can have it."""
    t = ty.widen(t)
    if isinstance(t, ty.Scalar):
        return ty.Scalar(
            t.dtype if t.dtype not in ("int64",) else "int64", None if t.dtype == "float64" else t.python
        )
    if isinstance(t, ty.Array):
        return ty.Array(
            t.dtype, None if t.dims is None else tuple(ty.Dim(f"r{i}") for i, _ in enumerate(t.dims))
        )
    if isinstance(t, (ty.Tuple,)) and t.cls is list:
        inner = ty.as_list(t)
        return ty.List(_stable(inner.item), None)
    if isinstance(t, ty.List):
        return ty.List(_stable(t.item), None, t.cls)
    if isinstance(t, ty.Closure):
        return ty.Closure(
            t.function,
            tuple(
                _stable(c) if not isinstance(c, ty.Known) or isinstance(c.value, (int, float)) else c
                for c in t.captures
            ),
        )
    if isinstance(t, ty.Tuple):
        return ty.Tuple(tuple(_stable(i) for i in t.items), t.cls)
    return t


def _write(engine: Engine, program: Program, function: Function, values: list[Value]) -> None:
    """Bring the result's type to a fixpoint, from `never` upwards."""
    params: list[Value] = []
    given: list[Value] = []
    for v, p in zip(values, function.params):
        if _static(v):
            given.append(v)
            continue
        fresh = Value(_stable(v.type), p.name, p.span)
        params.append(fresh)
        given.append(fresh)
    outer = engine.stack, engine.block, engine.promotes
    for _ in range(6):
        body = Block(list(params))
        engine.stack = [(function,)]
        engine.block, engine.promotes = body, False
        try:
            result = engine.inline(function, given)
        finally:
            engine.stack, engine.block, engine.promotes = outer
        body.yields = result
        type_ = ty.join(program.result, _stable(result[0].type))
        program.function = Function(function.name, body, function.source, span=function.span)
        program.params = params
        if type_ == program.result:
            _check_writes(engine, program.function)
            return
        program.result = type_
    raise engine.refuse(f"the result type of the recursive function {function.name} does not settle")


def _check_writes(engine: Engine, function: Function) -> None:
    aliases = Aliases(function)
    for p in function.params:
        if aliases.is_touched(p):
            write = aliases.writes[aliases.find(p)][0]
            raise engine.refuse(
                f"the recursive function {function.name} changes its argument {p.name!r}",
                "return a new value instead",
                write.span,
            )


def closure_of(value: Any) -> bool:
    return isinstance(value.type, ty.Closure)
