"""What a program does with objects and dicts that it changes: attributes, items, methods, operators."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import operator
import types as pytypes
from typing import Any

import numpy as np

from adtrans.analysis.inference.apply import IN_PLACE, handles, is_library
from adtrans.analysis.inference.containers import entries, pairs_of, storable, unpack
from adtrans.analysis.inference.engine import Engine, Restart, field_name
from adtrans.analysis.inference.heap import Object
from adtrans.analysis.inference.members import member
from adtrans.analysis.inference.virtual import Bound, Lazy
from adtrans.errors import AdtransError
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Const, Value, is_undefined

_RAW = frozenset(
    [
        super,
        prims.call,
        prims.tuple_,
        prims.list_,
        prims.dict_,
        prims.closure,
        prims.starred,
        prims.double_starred,
    ]
)
_BINARY = {
    getattr(operator, name if name not in ("and", "or") else name + "_"): name
    for name in "add sub mul truediv floordiv mod pow matmul and or xor lshift rshift".split()
}
_COMPARE = {getattr(operator, name): name for name in "lt le gt ge eq ne".split()}
_MIRRORED = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le", "eq": "eq", "ne": "ne"}
_UNARY = {
    operator.neg: "neg",
    operator.pos: "pos",
    operator.invert: "invert",
    abs: "abs",
    operator.abs: "abs",
}
_PROTOCOL = {operator.getitem: "getitem", operator.setitem: "setitem", operator.delitem: "delitem",
             operator.contains: "contains", len: "len", float: "float", int: "int", bool: "bool"}  # fmt: skip


def apply_to_objects(
    engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value]
) -> Value | None:
    """fn(*operands) where an operand is an object of the user; None where there is nothing special to it."""
    if fn in _RAW:
        return None
    special = _special_method(engine, fn, operands)
    if special is not None or not isinstance(operands[0] if operands else None, Object):
        return special
    o = operands[0]
    assert isinstance(o, Object)
    rest = operands[1:]
    if fn is getattr:
        return _attribute(engine, o, rest)
    if fn is hasattr:
        return Const(_has(engine, o, rest[0].value))  # type: ignore[attr-defined]
    if fn in (setattr, delattr):
        return _set_attribute(engine, o, rest)
    if fn in (operator.is_, operator.is_not):
        engine.heap.of(o)
        return Const((o is rest[0]) == (fn is operator.is_))
    if fn is type:
        return Const(o.cls)
    if fn is isinstance:
        return Const(issubclass(o.cls, rest[0].value))  # type: ignore[attr-defined]
    if fn is callable:
        return Const(callable(_static(o.cls, "__call__")))
    if fn in (copy.copy, copy.deepcopy) and not keywords:
        return copied(engine, o, fn)
    if o.cls is dict:
        return _dict_operation(engine, fn, o, rest, keywords)
    return None


def _static(cls: type, name: str) -> Any:
    return inspect.getattr_static(cls, name, None)


# ----- operators -----


def _special_method(engine: Engine, fn: Any, operands: list[Value]) -> Value | None:
    """An operator that a class of the user defines."""
    names: list[tuple[str, Value, Value | None]]
    if fn in _BINARY or fn in IN_PLACE:
        plain = IN_PLACE.get(fn, fn)
        a, b = operands
        names = [(f"__{_BINARY[plain]}__", a, b), (f"__r{_BINARY[plain]}__", b, a)]
        if fn in IN_PLACE:
            names.insert(0, (f"__i{_BINARY[plain]}__", a, b))
    elif fn in _COMPARE:
        a, b = operands
        names = [(f"__{_COMPARE[fn]}__", a, b), (f"__{_MIRRORED[_COMPARE[fn]]}__", b, a)]
    elif fn in _UNARY or fn in _PROTOCOL:
        name = _UNARY.get(fn) or _PROTOCOL[fn]
        names = [(f"__{name}__", operands[0], None)] if operands else []
    else:
        return None
    for name, owner, other in names:
        method = own_method(engine, owner, name)
        if method is None:
            continue
        rest = [other] if other is not None else operands[1:]
        found = engine.apply(prims.call, [Const(method), owner, *rest])
        if not (type(found) is Const and found.value is NotImplemented):
            return found
    return None


def class_of(v: Value) -> type | None:
    """The class of the user that a value is an instance of."""
    if isinstance(v, Object):
        return v.cls if v.cls is not dict else None
    t = v.type
    if (
        isinstance(t, ty.Record)
        and t.cls is not dict
        or isinstance(t, ty.Tuple)
        and t.cls not in (tuple, list)
    ):
        return t.cls
    return None


def own_method(engine: Engine, v: Value, name: str) -> Any:
    """The method that the class of the user gives an object under a name; None where it gives none."""
    cls = class_of(v)
    found = member(engine, cls, name) if cls is not None else None
    return found if isinstance(found, pytypes.FunctionType) and not is_generated(found) else None


def is_generated(fn: pytypes.FunctionType) -> bool:
    """Whether dataclasses or namedtuple wrote a method: it has no text of its own."""
    return fn.__code__.co_filename.startswith("<")


# ----- attributes -----


def _attribute(engine: Engine, o: Object, rest: list[Value]) -> Value:
    from adtrans.analysis.inference.attributes import of_class

    if not isinstance(rest[0], Const):
        raise engine.refuse("getattr with a computed name is not supported")
    name = rest[0].value
    if o.cls is dict:
        return Bound(o, name)
    found = engine.heap.of(o).get(name)
    if found is not None:
        if is_undefined(found):
            raise engine.refuse(f"attribute {name!r} may not be set yet here", "set it in __init__")
        return found
    if name == "__class__":
        return Const(o.cls)
    if name in ("__dict__", "__slots__"):
        raise engine.refuse(f"{name} of an object cannot be followed", "name the attributes")
    if not _has(engine, o, name):
        if len(rest) > 1:
            return rest[1]
        raise engine.refuse(f"{o.cls.__name__} object has no attribute {name!r}", "set it in __init__")
    return of_class(engine, o, o.cls, name)


def cached(engine: Engine, owner: Value, cls: type, name: str, function: Any) -> Value:
    """What a cached property of an object gives the first time: the object keeps it."""
    if not isinstance(owner, Object):
        becomes_object(engine, cls)
    value = engine.apply(prims.call, [Const(function), owner])
    assert isinstance(owner, Object)
    kept = engine.heap.change(owner)[name] = _kept(engine, value, name)
    return kept


def _has(engine: Engine, o: Object, name: str) -> bool:
    return name in engine.heap.of(o) or _static(o.cls, name) is not None


def _set_attribute(engine: Engine, o: Object, rest: list[Value], own: bool = False) -> Value:
    """`o.name = value` and `del o.name`; `own`: by object.__setattr__."""
    if not isinstance(rest[0], Const):
        raise engine.refuse("setattr with a computed name is not supported")
    name = rest[0].value
    if not own and not _is_plain_setattr(o.cls):
        raise engine.refuse(f"{o.cls.__name__} has a __setattr__ of its own, which is not followed")
    found = member(engine, o.cls, name)
    if isinstance(found, property):
        if found.fset is None or len(rest) < 2:
            raise engine.refuse(f"the property {name!r} of {o.cls.__name__} cannot be set")
        return engine.apply(prims.call, [Const(found.fset), o, rest[1]])
    if hasattr(type(found), "__set__") and not isinstance(found, pytypes.MemberDescriptorType):
        raise engine.refuse(f"{name!r} of {o.cls.__name__} is a descriptor, which is not followed")
    fields = engine.heap.change(o)
    if len(rest) < 2:
        fields.pop(name, None)
    else:
        fields[name] = _kept(engine, rest[1], name)
    return Const(None)


def _kept(engine: Engine, value: Value, key: Any) -> Value:
    if not isinstance(value, Object):
        value = storable(engine, value)
    if value.name is None and not isinstance(value, Const):
        value.name = field_name(key)
    return value


def _is_plain_setattr(cls: type) -> bool:
    found = _static(cls, "__setattr__")
    return not isinstance(found, pytypes.FunctionType) or is_generated(found)


@handles(setattr, delattr)
def _setattr(engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any) -> Value:
    base = operands[0]
    if isinstance(base.type, ty.Record) and base.type.cls is not dict:
        becomes_object(engine, base.type.cls)
    if isinstance(base.type, ty.Array) and len(operands) == 3:
        part = _complex_part(engine, base, operands[1])
        if part is not None:
            return (
                part
                if part is operands[2]
                else engine.apply(operator.setitem, [part, Const(Ellipsis), operands[2]])
            )
    if isinstance(base, Const):
        raise engine.refuse(
            "an object that lives outside of this function is changed",
            "pass it as an argument, or return what is needed",
        )
    raise engine.refuse(
        f"an attribute of a value of type {base.type} is assigned",
        "return the new value instead of storing it",
    )


def _complex_part(engine: Engine, base: Value, name: Value) -> Value | None:
    """The view that `z.real = v` and `z.imag = v` write."""
    dtype = base.type.dtype  # type: ignore[union-attr]
    if not isinstance(name, Const) or name.value not in ("real", "imag") or dtype is None:
        return None
    if name.value == "imag" and np.dtype(dtype).kind != "c":
        return None
    return engine.apply(getattr, [base, name])


def becomes_object(engine: Engine, cls: type) -> None:
    """Instances of a class change in this program: it is written again with them in the heap."""
    if ("objects", cls) not in engine.flags:
        engine.flags.add(("objects", cls))
        raise Restart(engine.flags)
    if cls is not dict:
        raise engine.refuse(
            f"an object of class {cls.__name__} is changed that is held in a list, or chosen from several at run time",
            "keep its numbers in arrays, or make a new one instead of changing it",
        )


@handles(object.__setattr__)
def _own_setattr(
    engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any
) -> Value | None:
    if isinstance(operands[0], Object):
        return _set_attribute(engine, operands[0], operands[1:], own=True)
    return _setattr(engine, fn, operands, keywords, attrs)


# ----- making -----


@handles(prims.Cells)
def _cells(engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any) -> Value:
    return engine.heap.make(prims.Cells)


def construct(engine: Engine, cls: type, args: list[Value], keywords: dict[str, Value]) -> Value:
    """An instance of a class of the user, its initialiser inlined."""
    block, heap = list(engine.block.ops), engine.heap.copied()
    try:
        return _instance(engine, cls, args, keywords)
    except AdtransError:
        if any(ty.can_carry(ty.widen(v.type)) or isinstance(v, Object) for v in [*args, *keywords.values()]):
            raise
        engine.block.ops[:], engine.heap.fields = block, heap
        return engine.emit(cls, [*args, *keywords.values()], [ty.ANY], tuple(keywords))[0]


def _instance(engine: Engine, cls: type, args: list[Value], keywords: dict[str, Value]) -> Value:
    own = _static(cls, "__new__")
    if type(cls).__call__ is not type.__call__ or own is not object.__new__ and not _is_generic(own):
        raise engine.refuse(
            f"objects of class {cls.__name__}, which makes its instances in its own way, are not supported",
            "use a plain class or a dataclass",
        )
    if (
        any(is_library(base) for base in cls.__mro__[:-1] if not _is_generic(base.__new__))
        or _static(cls, "__getattribute__") is not object.__getattribute__
    ):
        raise engine.refuse(
            f"objects of class {cls.__name__} are not supported", "use a plain class or a dataclass"
        )
    o = engine.heap.make(cls)
    init = member(engine, cls, "__init__")
    if isinstance(init, pytypes.FunctionType) and not is_generated(init):
        engine.apply(prims.call, [Const(init), o, *args, *keywords.values()], tuple(keywords))
    elif dataclasses.is_dataclass(cls):
        _fill(engine, o, args, keywords)
    elif args or keywords:
        raise engine.refuse(f"{cls.__name__} takes no arguments")
    return o


def _is_generic(own: Any) -> bool:
    return getattr(own, "__module__", "") == "typing" or getattr(own, "__func__", own) is object.__new__


def _fill(engine: Engine, o: Object, args: list[Value], keywords: dict[str, Value]) -> None:
    """What the initialiser of a dataclass does."""
    given = field_values(engine, o.cls, args, keywords)
    passed_on = [given[f.name] for f in _init_only(o.cls)]
    fields = engine.heap.of(o)
    for f in dataclasses.fields(o.cls):
        if f.name in given:
            fields[f.name] = _kept(engine, given[f.name], f.name)
    after = member(engine, o.cls, "__post_init__")
    if after is not None:
        engine.apply(prims.call, [Const(after), o, *passed_on])


def _init_only(cls: type) -> list[Any]:
    """The fields that a dataclass hands to `__post_init__` and does not keep."""
    return [f for f in cls.__dataclass_fields__.values() if f._field_type is dataclasses._FIELD_INITVAR]  # type: ignore[attr-defined]


def field_values(
    engine: Engine, cls: type, args: list[Value], keywords: dict[str, Value]
) -> dict[str, Value]:
    """The fields of a new dataclass instance, defaults included."""
    known = {*dataclasses.fields(cls), *_init_only(cls)}
    fields = [f for f in cls.__dataclass_fields__.values() if f in known]  # type: ignore[attr-defined]
    taken = [f for f in fields if f.init]
    if len(args) > len(taken) or any(name not in {f.name for f in taken} for name in keywords):
        raise engine.refuse(
            f"{cls.__name__} is made with other fields than {', '.join(f.name for f in taken)}"
        )
    given = dict(zip((f.name for f in taken if not f.kw_only), args))
    given.update(keywords)
    for f in fields:
        if f.name in given:
            continue
        if f.default is not dataclasses.MISSING:
            given[f.name] = Const(f.default)
        elif f.default_factory is not dataclasses.MISSING:
            given[f.name] = engine.apply(prims.call, [Const(f.default_factory)])
        elif f.init:
            raise engine.refuse(
                f"{cls.__name__} is made without its field {f.name!r}", "give every field explicitly"
            )
    return given


@handles(dataclasses.asdict, dataclasses.astuple)
def _parts_of_dataclass(
    engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any
) -> Value | None:
    cls = class_of(operands[0])
    if cls is None or not dataclasses.is_dataclass(cls) or keywords:
        return None
    names = [f.name for f in dataclasses.fields(cls)]
    parts = [engine.apply(getattr, [operands[0], Const(name)]) for name in names]
    inner = [engine.apply(fn, [v]) if _is_dataclass(v) else _deep(engine, v) for v in parts]
    if fn is dataclasses.astuple:
        return engine.make_tuple(inner)
    return engine.apply(prims.dict_, [x for name, v in zip(names, inner) for x in (Const(name), v)])


def _is_dataclass(v: Value) -> bool:
    cls = class_of(v)
    return cls is not None and dataclasses.is_dataclass(cls)


@handles(dataclasses.replace)
def _replace(
    engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any
) -> Value | None:
    cls = class_of(operands[0])
    if cls is None or not dataclasses.is_dataclass(cls):
        return None
    given = {
        f.name: engine.apply(getattr, [operands[0], Const(f.name)])
        for f in dataclasses.fields(cls)
        if f.init and f.name not in keywords
    }
    return engine.apply(prims.call, [Const(cls), *given.values(), *keywords.values()], (*given, *keywords))


def copied(engine: Engine, o: Object, fn: Any) -> Object:
    """copy.copy or copy.deepcopy of an object."""
    fields = engine.heap.of(o)
    if fn is copy.deepcopy:
        fields = {key: _deep(engine, v) for key, v in fields.items()}
    return engine.heap.make(o.cls, fields)


def _deep(engine: Engine, v: Value) -> Value:
    if isinstance(v, Object):
        return copied(engine, v, copy.deepcopy)
    if isinstance(v.type, ty.Array):
        return engine.emit(np.copy, [v], [v.type])[0]
    if isinstance(v, Const) or isinstance(v.type, (ty.Scalar, ty.Known, ty.Text)):
        return v
    return engine.apply(copy.deepcopy, [v])


# ----- dicts -----


def _dict_operation(
    engine: Engine, fn: Any, o: Object, rest: list[Value], keywords: dict[str, Value]
) -> Value | None:
    if fn in (operator.getitem, operator.setitem, operator.delitem, operator.contains):
        if type(rest[0]) is not Const:
            engine.heap.run_time_dicts()
        key = rest[0].value  # type: ignore[attr-defined]
        fields = engine.heap.of(o)
        if fn is operator.contains:
            return Const(key in fields)
        if fn is operator.setitem:
            engine.heap.change(o)[key] = _kept(engine, rest[1], key)
            return Const(None)
        if key not in fields:
            raise engine.refuse(f"this dict has no key {key!r}", "see that it is there")
        if fn is operator.getitem:
            return fields[key]
        del engine.heap.change(o)[key]
        return Const(None)
    fields = engine.heap.of(o)
    if fn is len:
        return Const(len(fields))
    if fn in (list, tuple, sorted, set, reversed, enumerate) and not keywords:
        return engine.apply(fn, [engine.apply(prims.tuple_, [Const(key) for key in fields])])
    if fn is dict:
        return engine.heap.make(dict, {**fields, **keywords})
    if fn is operator.or_ and len(rest) == 1:
        return engine.heap.make(dict, {**fields, **{k.value: v for k, v in entries(engine, rest[0])}})  # type: ignore[attr-defined]
    if fn is operator.ior:
        engine.heap.change(o).update({k.value: v for k, v in entries(engine, rest[0])})  # type: ignore[attr-defined]
        return o
    return None


def _known_entries(engine: Engine, source: Value) -> list[tuple[Any, Value]]:
    """The keys and values of a dict, or of pairs, whose keys are known."""
    found = entries(engine, source) if not _holds_pairs(source) else []
    if _holds_pairs(source):
        items = pairs_of(engine, source)
        if items is None:
            engine.heap.run_time_dicts()
        for item in items or ():
            key, value = unpack(engine, [item, Const(2), Const(False), Const(0)])
            found.append((key, value))
    if any(type(key) is not Const for key, _ in found):
        engine.heap.run_time_dicts()
    return [(key.value, value) for key, value in found]  # type: ignore[attr-defined]


def _holds_pairs(source: Value) -> bool:
    return isinstance(source, Lazy) or isinstance(source.type, (ty.List, ty.Tuple))


def dict_method(
    engine: Engine, o: Object, name: str, args: list[Value], options: dict[str, Value]
) -> Value | None:
    """The value of d.name(*args) for the methods that ask for or change items; None for others."""
    if name in ("get", "pop", "setdefault"):
        if type(args[0]) is not Const:
            engine.heap.run_time_dicts()
        key = args[0].value  # type: ignore[attr-defined]
        fields = engine.heap.of(o)
        default = args[1] if len(args) > 1 else Const(None)
        if name == "get":
            return fields.get(key, default)
        if name == "setdefault":
            return (
                fields[key]
                if key in fields
                else engine.heap.change(o).setdefault(key, _kept(engine, default, key))
            )
        if key not in fields and len(args) < 2:
            raise engine.refuse(f"this dict has no key {key!r}", "see that it is there")
        return engine.heap.change(o).pop(key, default)
    if name == "update":
        pairs = {k: v for source in args for k, v in _known_entries(engine, source)}
        fields = engine.heap.change(o)
        for key, v in {**pairs, **options}.items():
            fields[key] = _kept(engine, v, key)
        return Const(None)
    if name == "clear":
        engine.heap.change(o).clear()
        return Const(None)
    if name == "popitem":
        fields = engine.heap.change(o)
        if not fields:
            raise engine.refuse("popitem of an empty dict")
        key, item = fields.popitem()
        return engine.make_tuple([Const(key), item])
    if name == "copy":
        return engine.heap.make(dict, dict(engine.heap.of(o)))
    return None
