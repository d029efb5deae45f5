"""A program that calls a derivative: the derivative's program is written in the place of the call."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from adtrans.analysis.inference.calls import bind
from adtrans.analysis.inference.engine import Engine
from adtrans.analysis.inference.virtual import Lazy
from adtrans.ir import types as ty
from adtrans.ir.program import Block, Cloner, Const, Value, walk

_OPTIONS = ("has_aux", "undefined")
_inside: ContextVar[tuple[Any, ...]] = ContextVar(
    "inside", default=()
)  # functions whose derivative is spliced


def splice(engine: Engine, callee: Any, args: list[Value], keywords: dict[str, Value]) -> Value:
    """The value of a call of a derivative: of a function of the module, or of a nested function."""
    if isinstance(callee, Lazy):
        return _of_closure(engine, callee, args, keywords)
    from adtrans.frontend.lower import lower
    from adtrans.transform.gradient import Typed
    from adtrans.transform.pipeline import typed_program

    vectors = {"jvp": len(callee.chain[-1][1]), "vjp": 1}.get(callee.transform, 0)
    function = _bottom(callee)
    if function in _inside.get():
        raise engine.refuse(
            f"{function.__name__} calls its own derivative, which calls itself again without an end",
            f"if {function.__name__} was decorated, recur by another name: g = adtrans.{callee.transform}(f) leaves f as it is",
        )
    lowered = lower(function)
    if callee.target.args or callee.target.keywords:
        raise engine.refuse(
            "a derivative of a bound function is called here", "take the derivative of a plain function"
        )
    split = len(args) - vectors
    bound = [*bind(engine, lowered, args[:split], keywords, dict(lowered.defaults)), *args[split:]]
    active = {slot if isinstance(slot, int) else slot[0] for slot in callee.target.slots(callee.chain[-1][1])}
    types = tuple(ty.widen(v.type) if k in active else v.type for k, v in enumerate(bound))
    before = _inside.set((*_inside.get(), function))
    try:
        made: Typed = typed_program(callee, types, frozenset(engine.flags))
    finally:
        _inside.reset(before)
    return _written(engine, made, bound)


def _bottom(callee: Any) -> Any:
    while getattr(callee, "chain", None) is not None:
        callee = callee.target.function
    return callee


def _of_closure(engine: Engine, callee: Lazy, args: list[Value], keywords: dict[str, Value]) -> Value:
    from adtrans.analysis.inference.calls import captured
    from adtrans.transform.gradient import closure_program, transformed

    api, given, options = callee.parts
    closure = given[0]
    transform = api.__name__
    argnums_value = given[1] if len(given) > 1 else options.get("argnums", Const(0))
    if not isinstance(argnums_value, Const) or transform not in ("grad", "value_and_grad", "vjp", "jvp"):
        raise engine.refuse(
            f"adtrans.{transform} of a nested function is not supported here",
            "differentiate a function of the module",
        )
    argnums = argnums_value.value
    single = isinstance(argnums, (int, str))
    function = closure.type.function
    names = [name for name, *_ in function.signature]
    listed = (argnums,) if single else tuple(argnums)
    positions = tuple(names.index(a) if isinstance(a, str) else a % len(names) for a in listed)
    vectors = {"jvp": len(positions), "vjp": 1}.get(transform, 0)
    split = len(args) - vectors
    held = captured(engine, closure)
    captures, defaults = held[: len(function.captures)], held[len(function.captures) :]
    default_names = [name for name, _, has in function.signature if has]
    bound = bind(engine, function, args[:split], keywords, dict(zip(default_names, defaults)))
    values = [*bound, *captures]
    chosen: dict[str, Any] = {
        k: v.value for k, v in options.items() if k in _OPTIONS and isinstance(v, Const)
    }
    if single and transform in ("grad", "value_and_grad"):
        chosen["single"] = True
    inner = closure_program(engine, function, values, positions)
    made = transformed(inner, transform, positions, chosen, tuple(v.type for v in values))
    return _written(engine, made, [*values, *args[split:]])


def _written(engine: Engine, made: Any, values: list[Value]) -> Value:
    """Copy a typed program into the current block, its parameters being `values`."""
    mapping = {p: v for p, v in zip(made.params, values) if not isinstance(p, Const)}
    formal = dict(zip(made.function.params, values))
    cloner = Cloner({**formal, **mapping})
    block = cloner.block(Block([], made.function.body.ops, made.function.body.yields))
    for op in walk(block):
        op.attrs = {
            k: v
            for k, v in op.attrs.items()
            if k not in ("reverse", "tangent", "mirror", "loops", "snapshot")
        }
        for r in op.results:
            engine.definitions[r] = op
    engine.block.ops += block.ops
    engine.guards.update(made.engine.guards)
    engine.sources.update(made.engine.sources)
    engine.programs.update(made.engine.programs)
    return block.yields[0]
