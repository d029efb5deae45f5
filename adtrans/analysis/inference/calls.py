"""Calls: arguments bound to parameters, functions of the user inlined, names resolved."""

from __future__ import annotations

import builtins
import dataclasses
import functools
import inspect
import operator
import types as pytypes
from typing import Any

import numpy as np

from adtrans.analysis.inference import instances
from adtrans.analysis.inference.apply import HANDLERS, handles, is_library
from adtrans.analysis.inference.containers import entries, spread
from adtrans.analysis.inference.engine import Engine
from adtrans.analysis.inference.foreign_objects import drawn, is_draw
from adtrans.analysis.inference.heap import Object
from adtrans.analysis.inference.members import call_of, member
from adtrans.analysis.inference.objects import type_of_object
from adtrans.analysis.inference.recursion import call_program
from adtrans.analysis.inference.sparse_objects import made_of_entries
from adtrans.analysis.inference.virtual import Bound, Lazy
from adtrans.errors import AdtransError
from adtrans.frontend.lower import lower
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Const, Function, Op, Value, is_member
from adtrans.markers import checkpoint, checkpointed_function
from adtrans.rules import load, stand_ins
from adtrans.rules.registry import lookup
from adtrans.rules.stand_ins import CALLED, MAKES_ANOTHER, SOLVERS, STAND_INS

DEEPEST = 40

# ----- names -----


def read_global(engine: Engine, name: str) -> Value:
    """A global or builtin: by value where it is static, else read where the program runs."""
    if name in engine.namespace:
        return read_name(engine, engine.namespace, name)
    if hasattr(builtins, name):
        found = getattr(builtins, name)
        if name in (
            "eval",
            "exec",
            "globals",
            "locals",
            "vars",
            "compile",
            "__import__",
            "open",
            "input",
            "id",
            "iter",
            "next",
            "super",
        ):
            return Const(found)
        return Const(found)
    raise engine.refuse(f"name {name!r} is not defined")


def read_name(engine: Engine, namespace: dict[str, Any], name: str) -> Value:
    """A name of a namespace; its binding becomes a guard of the derivative."""
    found = namespace[name]
    engine.guards[id(namespace), name] = (namespace, name, found)
    type_ = type_of_object(found)
    if str(namespace.get("__name__")).startswith("adtrans.rules") and isinstance(found, (float, str, tuple)):
        return Const(found)
    if isinstance(type_, ty.Known) or (isinstance(found, int) and not isinstance(found, np.generic)):
        return Const(found)
    if isinstance(found, (pytypes.ModuleType, type)) or callable(found):
        return Const(found)
    return engine.emit(
        prims.global_, [Const(name)], [live_type(engine, found, type_)], attrs={"namespace": namespace}
    )[0]


def live_type(engine: Engine, found: Any, type_: ty.Type) -> ty.Type:
    """What is known of an object outside of the function for good: lists may grow, dicts get other items."""
    if type(found) is list:
        return (
            ty.as_list(type_) if isinstance(type_, (ty.Tuple, ty.List)) and not found else _open_list(type_)
        )
    if type(found) is dict and isinstance(type_, ty.Record):
        for key, item in type_.fields:
            if isinstance(item, ty.Known):
                engine.guards[id(found), key] = (found, key, found[key])
    return type_


def _open_list(type_: ty.Type) -> ty.Type:
    known = ty.as_list(type_) if isinstance(type_, (ty.Tuple, ty.List)) else None
    return ty.List(known.item, None) if known is not None else type_


@handles(prims.import_)
def _import(engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any) -> Value:
    return Const(prims.import_(*(v.value for v in operands)))  # type: ignore[attr-defined]


# ----- closures -----


def make_closure(engine: Engine, op: Op, operands: list[Value]) -> Value:
    """A nested function with what it captures."""
    function = operands[0].value  # type: ignore[attr-defined]
    made = engine.emit(
        prims.closure, operands, [ty.Closure(function, tuple(v.type for v in operands[1:]))],
        attrs={"captures": op.attrs.get("captures", ()), "defaults": op.attrs.get("defaults", ())},
    )[0]  # fmt: skip
    if op.attrs.get("changing"):
        engine.changing.add(made)
    return made


def captured(engine: Engine, closure: Value) -> list[Value]:
    """The values that a closure holds: captures, then defaults."""
    made = engine.definition(closure)
    if made is not None and made.fn is prims.closure:
        return list(made.operands[1:])
    assert isinstance(closure.type, ty.Closure)
    out: list[Value] = []
    for i, t in enumerate(closure.type.captures):
        if isinstance(t, ty.Known):
            out.append(Const(t.value))
        else:
            out.append(engine.emit(operator.getitem, [closure, Const(i)], [t])[0])
    return out


@handles(functools.partial)
def _partial(
    engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any
) -> Value | None:
    """A partial application of a function of the program: it is called by its parts."""
    return Lazy("partial", [operands, keywords])


@handles(checkpoint)
def _checkpoint(
    engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any
) -> Value | None:
    """A checkpointed function of the program is inlined as any other."""
    return operands[0] if len(operands) == 1 else None


# ----- calls -----


@handles(prims.call)
def _call(engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any) -> Value:
    callee = operands[0]
    room = _positional_room(callee, len(operands) - 2, keywords)
    args = spread(engine, operands[1:], room, _before_rest(callee))
    named: list[tuple[str, Value]] = []
    for name, value in keywords.items():
        named.append((name, value))
    named = _spread_keywords(engine, named)
    if isinstance(callee, Lazy) and callee.kind == "derivative":
        return engine.splice(engine, callee, args, dict(named))
    if isinstance(callee, Lazy) and callee.kind == "partial":
        (inner, *first), options = callee.parts
        options = {**options, **dict(named)}
        return engine.apply(prims.call, [inner, *first, *args, *options.values()], tuple(options))
    if isinstance(callee, Bound):
        from adtrans.analysis.inference.attributes import call_method

        return call_method(engine, callee, [*args, *(v for _, v in named)], tuple(n for n, _ in named))
    if isinstance(callee.type, ty.Closure):
        return call_closure(engine, callee, args, dict(named))
    if isinstance(callee, Object):
        return call_object(engine, callee, args, dict(named))
    if isinstance(callee, Const) and not isinstance(callee, Lazy):
        return call_known(engine, callee.value, args, dict(named))
    method = instances.own_method(engine, callee, "__call__")
    if method is not None:
        return call_known(engine, method, [callee, *args], dict(named))
    of_class = call_of(callee.type.cls) if isinstance(callee.type, ty.Instance) else None
    if lookup(of_class) is not None:
        style = {"style": "method", "spelling": "__call__"}
        return engine.apply(of_class, [callee, *args, *(v for _, v in named)], tuple(n for n, _ in named), style)  # fmt: skip
    if isinstance(callee.type, (ty.Any, ty.Known)):
        return engine.emit(
            prims.call, [callee, *args, *(v for _, v in named)], [ty.ANY], tuple(n for n, _ in named)
        )[0]
    raise engine.refuse(f"a value of type {callee.type} is called")


def call_object(engine: Engine, o: Object, args: list[Value], keywords: dict[str, Value]) -> Value:
    """Call an object that has a `__call__`."""
    found = member(engine, o.cls, "__call__")
    if not isinstance(found, pytypes.FunctionType):
        raise engine.refuse(f"a {o.cls.__name__} object is called")
    return call_known(engine, found, [o, *args], keywords)


def _positional_room(callee: Value, given: int, keywords: dict[str, Value]) -> int | None:
    """How many items one `*items` of unknown length must have: what a function of fixed arity leaves open."""
    if isinstance(callee.type, ty.Closure):
        signature = callee.type.function.signature
    elif (
        isinstance(callee, Const)
        and isinstance(callee.value, pytypes.FunctionType)
        and not is_library(callee.value)
    ):
        signature = lower(callee.value).signature
    else:
        return None
    kinds = inspect.Parameter
    if any(kind == kinds.VAR_POSITIONAL or has_default for _, kind, has_default in signature):
        return None
    positional = [
        name for name, kind, _ in signature if kind in (kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD)
    ]
    return len(positional) - given - len([k for k in keywords if k in positional])


def _before_rest(callee: Value) -> int | None:
    """How many arguments a callee takes before its `*args`; None where it has none, or is not known."""
    function: Any = callee.function if isinstance(callee, Bound) else getattr(callee, "value", None)
    own = 1 if isinstance(callee, Bound) or isinstance(function, type) else 0
    if isinstance(function, type):
        function = inspect.getattr_static(function, "__init__", None)
    if isinstance(callee.type, ty.Closure):
        signature = callee.type.function.signature
    elif (
        isinstance(function, pytypes.FunctionType)
        and not is_library(function)
        and not instances.is_generated(function)
    ):
        signature = lower(function).signature
    else:
        return None
    kinds = [kind for _, kind, _ in signature]
    rest = inspect.Parameter.VAR_POSITIONAL
    return kinds.index(rest) - own if rest in kinds else None


def _spread_keywords(engine: Engine, named: list[tuple[str, Value]]) -> list[tuple[str, Value]]:
    out: list[tuple[str, Value]] = []
    for name, value in named:
        if name != "**":
            out.append((name, value))
            continue
        inner = value.parts[0] if isinstance(value, Lazy) else value
        for key, item in entries(engine, inner):
            out.append((key.value, item))  # type: ignore[attr-defined]
    return out


def call_known(engine: Engine, fn: Any, args: list[Value], keywords: dict[str, Value]) -> Value:
    """Call a Python object that is known when the program is written."""
    names, values = tuple(keywords), list(keywords.values())
    if isinstance(fn, pytypes.FunctionType) and fn.__module__ == "adtrans.rules.layout":
        known = [constant_of(engine, v) for v in [*args, *values]]
        if all(k is not None for k in known):
            objects = [k[0] for k in known if k is not None]
            return Const(fn(*objects[: len(args)], **dict(zip(names, objects[len(args) :]))))
    if isinstance(fn, functools.partial):
        merged = {**{k: Const(v) for k, v in fn.keywords.items()}, **keywords}
        return call_known(engine, fn.func, [*(Const(a) for a in fn.args), *args], merged)
    if isinstance(fn, pytypes.MethodType) and is_library(fn):
        load.for_function(fn)
        if lookup(fn) is not None:
            return engine.apply(fn, [*args, *values], names)
    if isinstance(fn, pytypes.MethodType) and is_draw(fn):
        type_ = drawn(fn, [*args, *values], names, engine.site())
        return engine.emit(fn, [*args, *values], [type_], names, {"impure": True})[0]
    if (
        isinstance(fn, pytypes.MethodType)
        and fn.__func__ in MAKES_ANOTHER
        and all(type(v) is Const for v in [*args, *values])
    ):
        return Const(fn(*(v.value for v in args), **{k: v.value for k, v in keywords.items()}))  # type: ignore[attr-defined]
    if isinstance(fn, pytypes.MethodType):
        return call_known(engine, fn.__func__, [Const(fn.__self__), *args], keywords)
    if getattr(fn, "__module__", "") == "adtrans.api" and args and isinstance(args[0].type, ty.Closure):
        return Lazy("derivative", [fn, args, keywords])
    if (
        getattr(fn, "__module__", "") == "adtrans.api"
        and args
        and all(type(v) is Const for v in [*args, *values])
    ):
        return Const(fn(*(a.value for a in args), **{k: v.value for k, v in keywords.items()}))  # type: ignore[attr-defined]
    special = _SPECIAL.get(getattr(fn, "__name__", ""))
    if special is not None and special[0] is fn:
        raise engine.refuse(special[1])
    if is_member(fn, HANDLERS) or lookup(fn) is not None:
        return engine.apply(fn, [*args, *values], names)
    if isinstance(fn, (pytypes.MethodDescriptorType, pytypes.WrapperDescriptorType)) and args:
        return _unbound(engine, fn, args, keywords)
    if is_library(fn):
        load.for_function(fn)
        made = made_of_entries(engine, fn, args, keywords)
        if made is not None:
            return made
        method = call_of(type(fn))
        if type(fn) in CALLED:
            return call_user(engine, CALLED[type(fn)], [Const(fn), *args], keywords)
        if lookup(method) is not None:
            style = {"style": "method", "spelling": "__call__"}
            return engine.apply(method, [Const(fn), *args, *values], names, style)
    if fn in STAND_INS:
        return _read_as_python(engine, fn, args, keywords)
    if isinstance(fn, type):
        return construct(engine, fn, args, keywords)
    if isinstance(fn, pytypes.FunctionType) and not is_library(fn):
        return call_user(engine, fn, args, keywords)
    if getattr(fn, "chain", None) is not None and getattr(fn, "target", None) is not None:
        return engine.splice(engine, fn, args, keywords)
    inner = checkpointed_function(fn)
    if inner is not None:
        return call_known(engine, inner, args, keywords)
    if not callable(fn):
        raise engine.refuse(f"a {type(fn).__name__} is called")
    load.for_function(fn)
    return engine.apply(fn, [*args, *values], names)


def _read_as_python(engine: Engine, fn: Any, args: list[Value], keywords: dict[str, Value]) -> Value:
    """A library function as the Python that it stands for; a solver that cannot be followed may be given constants."""
    from adtrans.analysis.inference.implicit import call_outside

    count = len(engine.block.ops)
    try:
        return call_user(engine, STAND_INS[fn], args, keywords)
    except AdtransError as refusal:
        if fn not in SOLVERS:
            raise
        del engine.block.ops[count:]
        return call_outside(engine, fn, args, keywords, refusal)


def _unbound(engine: Engine, fn: Any, args: list[Value], keywords: dict[str, Value]) -> Value:
    """`list.append(items, v)` is `items.append(v)`, and `list.__getitem__(items, i)` is `items[i]`."""
    names, values = tuple(keywords), list(keywords.values())
    operation = getattr(operator, fn.__name__, None)
    if operation is not None and fn.__name__.startswith("__"):
        return engine.apply(operation, [*args, *values], names)
    method = engine.apply(getattr, [args[0], Const(fn.__name__)])
    return engine.apply(prims.call, [method, *args[1:], *values], names)


def constant_of(engine: Engine, v: Value) -> tuple[Any] | None:
    """The object that a value is, displays of constants included; None where it is not known."""
    if type(v) is Const:
        return (v.value,)
    op = engine.definition(v)
    if op is None or op.fn not in (prims.tuple_, prims.list_):
        return None
    items = [constant_of(engine, item) for item in op.operands]
    if any(item is None for item in items):
        return None
    found = [item[0] for item in items if item is not None]
    return (found if op.fn is prims.list_ else tuple(found),)


_SPECIAL = {
    "eval": (eval, "the text that eval runs is not visible to the derivative"),
    "exec": (exec, "the text that exec runs is not visible to the derivative"),
    "globals": (globals, "globals() cannot be followed"),
    "locals": (locals, "locals() cannot be followed"),
    "vars": (vars, "vars() cannot be followed"),
}


def call_user(
    engine: Engine, fn: pytypes.FunctionType, args: list[Value], keywords: dict[str, Value]
) -> Value:
    """Inline a Python function of the user (or make it a program of its own where it recurs)."""
    engine.sources[fn] = None
    try:
        function = lower(fn)
        bound = bind(engine, function, args, keywords, dict(function.defaults))
        return enter(engine, function, [*bound, *_cells(engine, fn, function)])
    except AdtransError:
        rule = fn.__module__.startswith("adtrans.rules")
        if not rule and not any(ty.can_carry(ty.widen(v.type)) for v in [*args, *keywords.values()]):
            return engine.emit(fn, [*args, *keywords.values()], [ty.ANY], tuple(keywords))[0]
        raise


def _cells(engine: Engine, fn: pytypes.FunctionType, function: Function) -> list[Value]:
    cells = dict(zip(fn.__code__.co_freevars, fn.__closure__ or ()))
    out: list[Value] = []
    for name in function.captures:
        try:
            found = cells[name].cell_contents
        except ValueError:
            raise engine.refuse(f"{name!r} is not assigned when {fn.__name__} is differentiated") from None
        engine.guards[id(cells[name]), name] = (cells[name], name, found)  # type: ignore[assignment]
        type_ = type_of_object(found)
        if isinstance(found, (np.ndarray, list, dict)) or ty.is_sparse(found):
            cell = engine.emit(getattr, [Const(fn), Const("__closure__")], [ty.ANY])[0]
            place = fn.__code__.co_freevars.index(name)
            held = engine.emit(operator.getitem, [cell, Const(place)], [ty.ANY])[0]
            out.append(
                engine.emit(
                    getattr,
                    [held, Const("cell_contents")],
                    [live_type(engine, found, type_)],
                    attrs={"outside": name},
                    name=name,
                )[0]
            )
        else:
            out.append(Const(found))
    return out


def enter(engine: Engine, function: Function, values: list[Value]) -> Value:
    """Inline a program, its parameters bound."""
    home = str(function.namespace.get("__name__"))
    stands_in = home == stand_ins.__name__ or home.startswith("adtrans.rules") and not engine.algebra
    if any(function is inner for inner, *_ in engine.stack) and not stands_in:
        return call_program(engine, function, values)
    if ("recursive", id(function)) in engine.flags:
        return call_program(engine, function, values)
    if len(engine.stack) > DEEPEST:
        raise engine.refuse("calls nest too deeply here")
    engine.stack.append((function,))
    try:
        single = (
            len(engine.stack) > 1
            and len(function.body.ops) <= 12
            and not any(op.kind != "apply" for op in function.body.ops)
            and not _assigns(function)
        )
        return engine.inline(function, values, keep_span=single or stands_in)[0]
    except AdtransError as error:
        if engine.span is not None and hasattr(error, "called_from"):
            error.called_from(engine.span)
        raise
    finally:
        engine.stack.pop()


def _assigns(function: Function) -> bool:
    """Whether a body has more than one statement."""
    statements = {op.span.statement for op in function.body.ops if op.span is not None}
    return len(statements) > 1


def call_closure(engine: Engine, closure: Value, args: list[Value], keywords: dict[str, Value]) -> Value:
    """Inline a nested function."""
    assert isinstance(closure.type, ty.Closure)
    function = closure.type.function
    held = captured(engine, closure)
    names = function.captures
    captures, defaults = held[: len(names)], held[len(names) :]
    default_names = [name for name, _, has in function.signature if has]
    bound = bind(engine, function, args, keywords, dict(zip(default_names, defaults)))
    values = [*bound, *captures]
    if getattr(function, "self_name", None) is not None and len(values) < len(function.params):
        values.append(closure)
    return enter(engine, function, values)


def bind(
    engine: Engine,
    function: Function,
    args: list[Value],
    keywords: dict[str, Value],
    defaults: dict[str, Any],
) -> list[Value]:
    """One value a parameter, as Python binds a call."""
    values: list[Value] = []
    rest = list(args)
    named = dict(keywords)
    kinds = inspect.Parameter
    for name, kind, _ in function.signature:
        if kind == kinds.VAR_POSITIONAL:
            values.append(engine.apply(prims.tuple_, rest) if rest else Const(()))
            rest = []
            continue
        if kind == kinds.VAR_KEYWORD:
            values.append(engine.apply(prims.dict_, [x for k, v in named.items() for x in (Const(k), v)]))
            named = {}
            continue
        if rest and kind in (kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD):
            values.append(rest.pop(0))
        elif name in named and kind != kinds.POSITIONAL_ONLY:
            values.append(named.pop(name))
        elif name in defaults:
            found = defaults[name]
            values.append(found if isinstance(found, Value) else Const(found))
        else:
            raise engine.refuse(f"{function.name}() is called without its argument {name!r}")
    if rest or named:
        extra = (
            f"{len(rest)} positional arguments too many"
            if rest
            else f"an unknown argument {next(iter(named))!r}"
        )
        raise engine.refuse(f"{function.name}() is called with {extra}")
    return values


# ----- classes -----


def construct(engine: Engine, cls: type, args: list[Value], keywords: dict[str, Value]) -> Value:
    """An instance of a class."""
    names, values = tuple(keywords), list(keywords.values())
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        fields: tuple[str, ...] = cls._fields
        given = dict(zip(fields, args))
        given.update(keywords)
        for field, default in cls._field_defaults.items():  # type: ignore[attr-defined]
            given.setdefault(field, Const(default))
        if set(given) != set(fields):
            raise engine.refuse(f"{cls.__name__} is called with other fields than {', '.join(fields)}")
        return engine.make_tuple([given[f] for f in fields], cls)
    if issubclass(cls, BaseException) or is_library(cls):
        if cls.__module__.startswith("scipy.sparse"):
            return engine.apply(cls, [*args, *values], names)
        return engine.emit(cls, [*args, *values], [ty.ANY], names)[0]
    if _is_value_class(engine, cls):
        return _dataclass(engine, cls, args, keywords)
    return instances.construct(engine, cls, args, keywords)


def _is_value_class(engine: Engine, cls: type) -> bool:
    """Whether instances of a class are values: a dataclass that does nothing special and does not change."""
    own = cls.__dict__.get("__init__")
    return (
        dataclasses.is_dataclass(cls)
        and ("objects", cls) not in engine.flags
        and not hasattr(cls, "__post_init__")
        and own is not None
        and bool(cls.__dataclass_params__.init)  # type: ignore[attr-defined]
        and not any(f.default_factory is not dataclasses.MISSING for f in dataclasses.fields(cls))
    )


def _dataclass(engine: Engine, cls: type, args: list[Value], keywords: dict[str, Value]) -> Value:
    given = instances.field_values(engine, cls, args, keywords)
    given = {f.name: given[f.name] for f in dataclasses.fields(cls) if f.init}
    names = tuple(given)
    type_ = ty.Record(tuple((n, v.type) for n, v in given.items()), cls)
    return engine.emit(cls, list(given.values()), [type_], attrs={"record": names})[0]
