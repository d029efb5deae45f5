"""Typed programs and what the transforms make of them: each takes a program and gives a program."""

from __future__ import annotations

import copy
import operator
from dataclasses import dataclass
from typing import Any

import numpy as np

from adtrans.analysis.activity import Activity
from adtrans.analysis.aliases import Aliases
from adtrans.analysis.inference.algebra import Zero
from adtrans.analysis.inference.engine import Engine
from adtrans.analysis.inference.specialize import specialize
from adtrans.analysis.iterations import check_iterations
from adtrans.analysis.rebinding import check_rebinding
from adtrans.errors import OutputError, UnsupportedError
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Block, Const, Function, Op, Value, blocks_of, walk
from adtrans.ir.regions import define
from adtrans.ir.uses import substitute
from adtrans.optimize.dce import eliminate_dead_code
from adtrans.optimize.hoist import hoist_reads
from adtrans.runtime import zeros_like
from adtrans.transform.adjoints import Parts
from adtrans.transform.containers import copy_comprehensions
from adtrans.transform.forward import Forward
from adtrans.transform.layouts import check_layouts, compactness
from adtrans.transform.placing import place_changes
from adtrans.transform.regions import Mirror
from adtrans.transform.restoring import restore_writes
from adtrans.transform.reverse import Reverse
from adtrans.transform.saving import Saving
from adtrans.transform.splicing import splice
from adtrans.transform.unknown_calls import check_calls

Slot = Any  # a position, or (position, item) for one of *args or **kwargs


@dataclass
class Typed:
    """A typed program with one parameter an argument, constants included.

    params: what each argument is inside: a parameter, or a constant.
    output: the type of what the primal at the bottom returns; mutated: arguments that it writes.
    """

    function: Function
    engine: Engine
    params: list[Value]
    output: ty.Type
    mutated: tuple[int, ...] = ()


def primal_program(fn: Any, types: tuple[ty.Type, ...], flags: frozenset[Any] = frozenset()) -> Typed:
    """The typed program of a Python function, its written parameters copied on entry."""
    made = specialize(fn, types, flags, splice)
    function, engine = made.function, made.engine
    eliminate_dead_code(function)
    formal: list[Value] = []
    for p, given in zip(_signature_values(made), made.params):
        formal.append(given if not isinstance(given, Const) else p)
    function.body.params = formal
    aliases = _settled(function)
    _check_globals(function, aliases)
    _check_classes(function)
    compact = check_layouts(function, aliases)
    _drop_copies(function, aliases)
    opening: list[Op] = []
    mutated: list[int] = [flag[1] for flag in engine.flags if flag[0] == "adopt"]
    for k, p in enumerate(made.params):
        if isinstance(p, Const) or not _changes(aliases, p):
            continue
        mutated.append(k)
        if not isinstance(p.type, ty.Array):
            if ("adopt", k) not in engine.flags:
                return primal_program(fn, types, frozenset({*engine.flags, ("adopt", k)}))
            if ty.can_carry(p.type):
                writes = aliases.writes[aliases.find(p)]
                raise UnsupportedError(f"the argument {p.name!r}, a {_kind(p.type)}, is changed in place", span=writes[0].span,
                                       hint="change a copy of it, or return the new value")  # fmt: skip
            continue
        copy = Value(p.type, p.name, p.span)
        op = Op("apply", [p], [copy], [], {"fn": np.copy}, function.span)
        engine.definitions[copy] = op
        substitute(function.body, {p: copy})
        opening += [compactness(p), op] if p in compact else [op]
    function.body.ops[:0] = opening
    return Typed(function, engine, made.params, function.results[0].type, tuple(mutated))


def _settled(function: Function) -> Aliases:
    """The aliases of a program that was just written, in which what changes in place is clear."""
    hoist_reads(function)
    aliases = Aliases(function)
    if copy_comprehensions(function, aliases):
        aliases = Aliases(function)
    check_rebinding(function, aliases)
    check_iterations(function, aliases)
    return aliases


def _changes(aliases: Aliases, p: Value) -> bool:
    """Whether a parameter's own memory is written: an array may also stand in a list that changes."""
    return aliases.is_written(p) if isinstance(p.type, ty.Array) else aliases.is_touched(p)


def _drop_copies(function: Function, aliases: Aliases) -> None:
    """Copies of parts of arguments that nothing writes after all."""
    idle = {}
    for block in blocks_of(function.body):
        for op in block.ops:
            if op.attrs.pop("entry", False) and not aliases.is_touched(op.result):
                idle[op.result] = op.operands[0]
        block.ops = [op for op in block.ops if not (op.results and op.results[0] in idle)]
    substitute(function.body, idle)


def closure_program(outer: Engine, nested: Function, values: list[Value], active: tuple[int, ...]) -> Typed:
    """The typed program of a nested function, its captures being parameters of it."""
    engine = Engine()
    engine.flags, engine.splice, engine.special = outer.flags, outer.splice, outer.special
    body = Block()
    params: list[Value] = []
    for k, (p, v) in enumerate(zip(nested.params, values)):
        if isinstance(v, Const) and (k not in active or ty.widen(v.type) == v.type):
            params.append(v)
        else:
            params.append(Value(ty.widen(v.type), p.name, p.span))
    body.params = [p if not isinstance(p, Const) else Value(p.type, None, None) for p in params]
    promotes, engine.promotes = engine.promotes, False
    with engine.inside(body), engine.at(nested.span):
        result = engine.inline(nested, params)[0]
    engine.promotes = promotes
    body.yields = [result]
    function = Function(nested.name, body, nested.source, namespace=nested.namespace, span=nested.span)
    eliminate_dead_code(function)
    aliases = _settled(function)
    check_layouts(function, aliases)
    for p in params:
        if not isinstance(p, Const) and aliases.is_touched(p):
            raise UnsupportedError(f"the nested function {nested.name} changes {p.name!r} and is differentiated inside a differentiated function", span=nested.span,
                                   hint="work on a copy there")  # fmt: skip
    return Typed(function, engine, params, result.type, ())


def _kind(t: ty.Type) -> str:
    return (
        t.cls.__name__
        if isinstance(t, (ty.Tuple, ty.List, ty.Record))
        else "dict"
        if isinstance(t, ty.Mapping)
        else "value"
    )


def _check_globals(function: Function, aliases: Aliases) -> None:
    """Refuse writes to what lives outside of the function."""
    for op in walk(function.body):
        if (op.fn is prims.global_ or op.attrs.get("outside")) and aliases.is_touched(op.result):
            write = aliases.writes[aliases.find(op.result)][0]
            name = op.attrs.get("outside") or op.operands[0].value  # type: ignore[attr-defined]
            raise UnsupportedError(f"{name!r}, which lives outside of this function, is changed", span=write.span,
                                   hint="change a copy of it, and return what is needed")  # fmt: skip


def _check_classes(function: Function) -> None:
    """Refuse what is computed with masked arrays and matrices: rules know the arithmetic of plain ones."""
    for op in walk(function.body):
        for v in op.operands:
            cls = (
                v.type.cls
                if isinstance(v.type, ty.Foreign)
                else type(v.value)
                if isinstance(v, Const)
                else None
            )
            foreign = cls is not None and issubclass(cls, np.ndarray) and cls not in (np.ndarray, np.memmap)
            if foreign and op.fn not in (np.array, np.asarray, np.ma.getdata, np.ma.filled, getattr):
                assert cls is not None
                raise UnsupportedError(f"an array of class {cls.__name__} is used, whose arithmetic has no rules", span=op.span,
                                       hint="pass a plain array: np.asarray(a), or np.ma.filled(a, value)")  # fmt: skip


def _signature_values(made: Any) -> list[Value]:
    """A formal parameter for every argument; those known by value are not read."""
    from adtrans.frontend.lower import lower

    names = [name for name, *_ in lower(next(iter(made.engine.sources))).signature]
    return [Value(v.type, name, None) for name, v in zip(names, made.params)]


def transformed(
    typed: Typed,
    transform: str,
    argnums: tuple[Slot, ...],
    options: dict[str, Any],
    types: tuple[ty.Type, ...],
) -> Typed:
    """The program of one transform of a program."""
    typed.engine.raises_undefined = options.get("undefined") == "raise"
    if transform == "jvp":
        return _jvp(typed, argnums, options)
    if transform in ("grad", "value_and_grad", "vjp"):
        return _vjp(typed, argnums, options, transform)
    raise ValueError(transform)


# ----- reverse -----


def _vjp(typed: Typed, argnums: tuple[Slot, ...], options: dict[str, Any], transform: str) -> Typed:
    engine, function = typed.engine, typed.function
    _strip(function)
    result = function.results[0]
    aux: Value | None = None
    main = result
    if options.get("has_aux"):
        if not isinstance(result.type, ty.Tuple) or len(result.type.items) != 2:
            raise OutputError(
                "with has_aux=True the function must return a pair (value, aux)", span=function.span
            )
        with engine.inside(function.body):
            main, aux = engine.take_apart(result)
    if transform != "vjp":
        _check_scalar(main, function)
    active = _active(typed, argnums)
    place_changes(engine, function)
    eliminate_dead_code_keeping(function, [v for v in (main, aux) if v is not None])
    shown = main
    aliases = Aliases(function)
    if transform != "grad" or aux is not None:
        # the reverse sweep may put back what the forward sweep has overwritten
        shown = main if transform == "grad" else _kept(engine, function, aliases, main)
        aux = None if aux is None else _kept(engine, function, aliases, aux)
        aliases = Aliases(function)
    function.body.yields = [main]
    activity = Activity(function, aliases, active)
    check_calls(function, activity)
    reverse = Reverse(engine, function, active, aliases, activity)
    extra: list[Value] = []
    seed: Value = Const(1.0)
    if transform == "vjp":
        seed = Value(
            _cotangent_type(main.type), _free_name(function, f"b{_identifier(function.name)}"), function.span
        )
        extra = [seed]
    block, adjoints = reverse.write([seed])
    reverse.replace()
    with engine.inside(block), engine.at(function.span, reverse=True, derived=True):
        gradients = [_picked(engine, adjoints, typed.params, slot) for slot in argnums]
        body_yields = list(gradients)
        if transform != "grad":
            body_yields.insert(0, shown)
        if aux is not None:
            body_yields.append(aux)
    kept = function.body.ops
    program = Function(f"{transform}_{_identifier(function.name)}", Block([*function.params, *extra], [*kept, *block.ops], body_yields), function.source,
                       namespace=function.namespace, span=function.span)  # fmt: skip
    sweep(program, reverse, aliases)
    out = list(program.body.yields)
    tail = Block()
    with engine.inside(tail), engine.at(None, reverse=True):
        aux_value = out.pop() if aux is not None else None
        value = out.pop(0) if transform != "grad" else None
        bundle = out[0] if options.get("single") else engine.make_tuple(out)
        if transform != "grad":
            assert value is not None
            first = engine.make_tuple([value, aux_value]) if aux_value is not None else value
            bundle = engine.make_tuple([first, bundle])
        elif aux_value is not None:
            bundle = engine.make_tuple([bundle, aux_value])
    program.body.ops += tail.ops
    program.body.yields = [bundle]
    return Typed(program, engine, [*typed.params, *extra], typed.output, typed.mutated)


def _kept(engine: Engine, function: Function, aliases: Aliases, v: Value) -> Value:
    """A result as it is when the forward sweep ends."""
    if isinstance(v, Const) or not aliases.is_touched(v):
        return v
    with engine.inside(function.body), engine.at(function.span):
        if isinstance(v.type, ty.Array):
            return engine.copied(v)
        if isinstance(v.type, ty.Tuple):
            items = [_kept(engine, function, aliases, item) for item in engine.take_apart(v)]
            if v.type.cls is list:
                return engine.emit(prims.list_, items, [v.type])[0]
            return engine.make_tuple(items, v.type.cls)
        return engine.emit(copy.deepcopy, [v], [v.type])[0]


def _identifier(name: str) -> str:
    """A function's name where a Python name is needed: a lambda has none."""
    return name if name.isidentifier() else "function"


def _strip(function: Function) -> None:
    """What an earlier transform noted about its sweeps means nothing to the next one."""
    for op in walk(function.body):
        for mark in ("reverse", "tangent", "mirror", "loops", "snapshot", "recomputed", "restores", "shadow"):
            op.attrs.pop(mark, None)


def sweep(program: Function, reverse: Reverse, aliases: Aliases) -> None:
    """Drop what is dead, undo writes where reads need it, and save what the reverse sweep asks for."""
    eliminate_dead_code(program)
    body = program.body
    kept = Block([], [op for op in body.ops if not op.attrs.get("reverse")])
    swept = Block([], [op for op in body.ops if op.attrs.get("reverse")])
    restored = restore_writes(reverse.engine, kept, swept, aliases, reverse.position, reverse.loops)
    body.ops = [*kept.ops, *swept.ops]
    if restored:
        eliminate_dead_code(program)
    saving = Saving(reverse.engine, aliases, body)
    saving.save(
        _alive(reverse.mirrors, set(walk(Block([], [op for op in body.ops if op.attrs.get("reverse")]))))
    )
    saving.place_tapes(body)
    eliminate_dead_code(program)
    define([op.operands[0] for op in walk(body) if op.fn is zeros_like], body)


def eliminate_dead_code_keeping(function: Function, values: list[Value]) -> None:
    """Dead code out, for results that are about to be chosen."""
    results = function.body.yields
    function.body.yields = [*results, *values]
    eliminate_dead_code(function)
    function.body.yields = results


def _check_scalar(main: Value, function: Function) -> None:
    """OutputError where the type of a result tells that it is not one real number."""
    t = ty.widen(main.type)
    if isinstance(t, ty.Optional):
        t = ty.widen(t.item)
    if ty.is_real_scalar(t) is not False:
        return
    if isinstance(t, ty.Scalar) or isinstance(t, ty.Array) and not t.dims:
        raise OutputError(
            f"{function.name} returns a complex number, and grad needs a real one",
            span=function.span,
            hint="Take adtrans.vjp, or return its real part.",
        )
    shape = (
        f"an array of shape ({', '.join(map(_shown, t.dims or ()))})"
        if isinstance(t, ty.Array)
        else f"a {_kind(t)}"
        if not isinstance(t, ty.Known)
        else repr(t.value)
    )
    raise OutputError(
        f"{function.name} returns {shape}, and grad needs a number",
        span=function.span,
        hint="Use adtrans.vjp or adtrans.jacobian, or return a sum.",
    )


def _shown(dim: ty.Dim) -> str:
    """A length as messages give it: by the name that an argument gave it, else unknown."""
    return str(dim) if dim.symbol is None or dim.symbol[1:].isdigit() else "?"


def _active(typed: Typed, argnums: tuple[Slot, ...]) -> list[Value]:
    positions = dict.fromkeys(slot if isinstance(slot, int) else slot[0] for slot in argnums)
    return [typed.params[k] for k in positions if not isinstance(typed.params[k], Const)]


def _cotangent_type(t: ty.Type) -> ty.Type:
    t = ty.widen(t)
    if isinstance(t, ty.Scalar):
        return ty.dual(t)
    if isinstance(t, ty.Tuple):
        return ty.Tuple(tuple(_cotangent_type(i) for i in t.items), t.cls)
    if isinstance(t, ty.Record):
        return ty.Record(tuple((k, _cotangent_type(i)) for k, i in t.fields), t.cls)
    return t


def _free_name(function: Function, name: str) -> str:
    taken = {p.name for p in function.params}
    while name in taken:
        name += "_"
    return name


def _picked(engine: Engine, adjoints: dict[Value, Value], params: list[Value], slot: Slot) -> Value:
    position = slot if isinstance(slot, int) else slot[0]
    p = params[position]
    found: Value = adjoints[p] if p in adjoints else Const(0.0)
    if isinstance(slot, int):
        return found
    made = engine.definition(found)
    if made is not None and made.fn is prims.tuple_:
        return made.operands[slot[1]]
    if made is not None and made.fn is prims.dict_:
        return dict(zip([k.value for k in made.operands[::2]], made.operands[1::2]))[slot[1]]  # type: ignore[attr-defined]
    return engine.apply(operator.getitem, [found, Const(slot[1])])


def _alive(mirrors: list[Mirror], ops: set[Op]) -> list[Mirror]:
    """Mirrors whose reverse region survived."""
    out = []
    for m in mirrors:
        if m.reverse in ops:
            m.inner = _alive(m.inner, ops)
            out.append(m)
    return out


# ----- forward -----


def _jvp(typed: Typed, argnums: tuple[Slot, ...], options: dict[str, Any]) -> Typed:
    engine, function = typed.engine, typed.function
    _strip(function)
    eliminate_dead_code(function)
    active = _active(typed, argnums)
    aliases = Aliases(function)
    activity = Activity(function, aliases, active)
    check_calls(function, activity)
    forward = Forward(engine, function, aliases, activity)
    extra: list[Value] = []
    given: dict[Value, Value] = {}
    opening = Block()
    parts: dict[Value, dict[Any, Value]] = {}
    with engine.inside(opening), engine.at(function.span, derived=True):
        for slot in argnums:
            position = slot if isinstance(slot, int) else slot[0]
            p = typed.params[position]
            if isinstance(slot, int):
                vector = Value(
                    _cotangent_type(p.type), _free_name(function, f"d{p.name or 'arg'}"), function.span
                )
                if not isinstance(p, Const):
                    given[p] = vector
            else:
                inner = _slot_type(p.type, slot[1])
                vector = Value(
                    _cotangent_type(inner), _free_name(function, f"d{p.name}_{slot[1]}"), function.span
                )
                parts.setdefault(p, {})[slot[1]] = vector
            extra.append(vector)
        from adtrans.transform.adjoints import whole

        for p, found in parts.items():
            given[p] = whole(engine, p, Parts(found))
        forward.parts = parts
    body = forward.write(given)
    result = function.results[0]
    with engine.inside(body), engine.at(function.span, tangent=True, derived=True):
        tangent = forward.whole(result)
        if isinstance(tangent, Const) and not isinstance(result, Const) and isinstance(tangent, Zero):
            tangent = Const(0.0)
        bundle = tangent if options.get("tangent_only") else engine.make_tuple([result, tangent])
    program = Function(f"jvp_{_identifier(function.name)}", Block([*function.params, *extra], [*opening.ops, *body.ops], [bundle]), function.source,
                       namespace=function.namespace, span=function.span)  # fmt: skip
    eliminate_dead_code(program)
    return Typed(program, engine, [*typed.params, *extra], typed.output, typed.mutated)


def _slot_type(t: ty.Type, key: Any) -> ty.Type:
    if isinstance(t, ty.Tuple):
        return t.items[key]
    return (t.get(key) if isinstance(t, ty.Record) else None) or ty.ANY
