"""Attributes and methods, resolved from the type of their owner."""

from __future__ import annotations

import functools
import operator
from typing import Any

import numpy as np

from adtrans.analysis.inference import changing
from adtrans.analysis.inference.apply import handles
from adtrans.analysis.inference.containers import check_special
from adtrans.analysis.inference.engine import Engine
from adtrans.analysis.inference.foreign_objects import call_of_instance
from adtrans.analysis.inference.heap import Object
from adtrans.analysis.inference.instances import cached, dict_method
from adtrans.analysis.inference.instances import class_of as instance_class
from adtrans.analysis.inference.logic import dim_value
from adtrans.analysis.inference.members import member, note_attribute
from adtrans.analysis.inference.objects import type_of_object
from adtrans.analysis.inference.sparse_objects import method_of_sparse, sparse_of
from adtrans.analysis.inference.special_containers import QUEUE_METHODS, get, queue_method
from adtrans.analysis.inference.virtual import Bound, Lazy
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Const, Value

# ndarray methods that are NumPy functions of the array.
ARRAY_METHODS: dict[str, Any] = {
    name: getattr(np, name)
    for name in "sum mean prod max min var std cumsum cumprod clip dot trace diagonal reshape ravel transpose swapaxes squeeze "
    "repeat take compress choose round argmax argmin argsort nonzero all any ptp searchsorted argpartition conj conjugate copy "
    "astype".split()
    if hasattr(np, name)
}


@handles(getattr)
def _getattr(
    engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any
) -> Value | None:
    owner, name_value = operands[:2]
    if not isinstance(name_value, Const):
        raise engine.refuse("getattr with a computed name is not supported")
    name = name_value.value
    if isinstance(owner, Lazy) and owner.kind == "super":
        return _of_parent(engine, owner, name)
    if isinstance(owner, (Lazy, Bound)):
        raise engine.refuse(f"attribute {name!r} of this value is not supported")
    t = owner.type
    if isinstance(t, ty.Optional):
        return engine.apply(getattr, [engine.present(owner), name_value])
    if type(owner) is Const and not isinstance(
        owner.value, (int, float, complex, np.generic, np.ndarray, tuple, list, dict, str)
    ):
        return _of_object(engine, owner, name)
    if isinstance(t, (ty.Array, ty.Numeric)) or isinstance(ty.widen(t), ty.Scalar):
        return _of_number(engine, owner, name)
    if isinstance(t, ty.Record) and t.cls is not dict:
        return _of_record(engine, owner, t, name)
    if isinstance(t, ty.Tuple) and name in getattr(t.cls, "_fields", ()):
        return engine.apply(operator.getitem, [owner, Const(t.cls._fields.index(name))])  # type: ignore[attr-defined]
    if isinstance(t, ty.Tuple) and t.cls not in (tuple, list) and name not in ("_replace", "_asdict"):
        return of_class(engine, owner, t.cls, name)
    if isinstance(t, ty.Any) and not (isinstance(t, ty.Instance) and callable(getattr(t.cls, name, None))):
        return engine.emit(getattr, [owner, name_value], [ty.ANY])[0]
    return Bound(owner, name)


def _of_object(engine: Engine, owner: Const, name: str) -> Value:
    try:
        found = getattr(owner.value, name)
    except AttributeError:
        raise engine.refuse(
            f"{getattr(owner.value, '__name__', owner.value)!r} has no attribute {name!r}"
        ) from None
    if type(owner.value).__name__ == "module" and isinstance(found, (np.ndarray, list, dict, float)):
        if not isinstance(found, float) or not getattr(owner.value, "__name__", "").startswith(
            ("numpy", "math", "scipy")
        ):
            from adtrans.analysis.inference.calls import read_name

            return read_name(engine, vars(owner.value), name)
    note_attribute(engine, owner.value, name, found)
    return _constant(engine, owner, name, found)


def _constant(engine: Engine, owner: Value, name: str, found: Any) -> Value:
    """An attribute that stays what it is; what can change in place is read where the program runs."""
    if isinstance(owner, Const) and isinstance(found, (np.ndarray, list, dict)):
        from adtrans.analysis.inference.calls import live_type

        return engine.emit(
            getattr, [owner, Const(name)], [live_type(engine, found, type_of_object(found))], name=name
        )[0]
    return Const(found)


def _of_number(engine: Engine, owner: Value, name: str) -> Value | None:
    t = ty.widen(owner.type)
    simple: dict[str, Any] = {"ndim": np.ndim, "shape": np.shape, "size": np.size}
    if name in simple:
        return engine.apply(simple[name], [owner])
    if name == "dtype":
        if (
            isinstance(t, (ty.Array, ty.Scalar))
            and t.dtype is not None
            and (isinstance(t, ty.Array) or t.python is False)
        ):
            return Const(np.dtype(t.dtype))
        return engine.emit(getattr, [owner, Const(name)], [ty.ANY])[0]
    if name == "T":
        if isinstance(t, ty.Array) and t.dims is not None and len(t.dims) < 2:
            return owner
        return engine.apply(np.transpose, [owner], attrs={"style": "attribute", "spelling": "T"})
    if name == "mT":
        return engine.apply(np.matrix_transpose, [owner], attrs={"style": "attribute", "spelling": "mT"})
    if name in ("real", "imag"):
        if (
            name == "real"
            and isinstance(t, (ty.Array, ty.Scalar))
            and t.dtype is not None
            and np.dtype(t.dtype).kind != "c"
        ):
            return owner
        return engine.apply(getattr(np, name), [owner], attrs={"style": "attribute", "spelling": name})
    if name == "flat":
        return engine.apply(np.ravel, [owner], attrs={"flat": True})
    if name in ("nbytes", "itemsize", "strides", "flags"):
        return engine.emit(getattr, [owner, Const(name)], [ty.ANY])[0]
    return Bound(owner, name)


def _of_record(engine: Engine, owner: Value, t: ty.Record, name: str) -> Value:
    found = t.get(name)
    if found is not None:
        made = engine.definition(owner)
        names = made.attrs.get("record", ()) if made is not None else ()
        if made is not None and name in names:
            return made.operands[-len(names) :][names.index(name)]
        if isinstance(found, ty.Known):
            return Const(found.value)
        return engine.emit(getattr, [owner, Const(name)], [found])[0]
    if member(engine, t.cls, name) is None:
        raise engine.refuse(f"nothing is known of the attribute {name!r} of this {t.cls.__name__}")
    return of_class(engine, owner, t.cls, name)


@handles(super)
def _super(engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any) -> Value:
    return Lazy("super", operands)


def _of_parent(engine: Engine, parent: Lazy, name: str) -> Value:
    """An attribute of `super()`: the next one after the class in the order of its owner's classes."""
    start, owner = parent.parts
    cls = instance_class(owner)
    if cls is None and isinstance(owner, Const):
        cls = owner.value if isinstance(owner.value, type) else type(owner.value)
    if cls is None or not isinstance(start, Const):
        raise engine.refuse("super() is not supported here", "name the parent class")
    order = list(cls.__mro__)
    for base in order[order.index(start.value) + 1 :]:
        if name in vars(base):
            found = member(engine, base, name)
            if isinstance(found, property):
                return engine.apply(prims.call, [Const(found.fget), owner])
            if isinstance(found, (staticmethod, classmethod)):
                return Const(getattr(base, name))
            return Bound(owner, found) if callable(found) else Const(found)
    raise engine.refuse(f"no parent of {cls.__name__} has {name!r}")


def of_class(engine: Engine, owner: Value, cls: type, name: str) -> Value:
    found = member(engine, cls, name)
    if isinstance(found, property) and found.fget is not None:
        return engine.apply(prims.call, [Const(found.fget), owner])
    if isinstance(found, functools.cached_property):
        return cached(engine, owner, cls, name, found.func)
    if isinstance(found, staticmethod):
        return Const(found.__func__)
    if isinstance(found, classmethod):
        return Bound(Const(cls), found.__func__)
    if type(found).__name__ == "function":
        return Bound(owner, found)
    if found is not None and not hasattr(found, "__get__"):
        return _constant(engine, Const(cls), name, found)
    if found is None and cls.__module__.startswith("adtrans.rules"):
        raise engine.refuse(
            f"{name!r} of an object of SciPy that is made here is not supported",
            "make the object outside of the function",
        )
    return Bound(owner, name)


def call_method(engine: Engine, bound: Bound, args: list[Value], keywords: tuple[str, ...]) -> Value:
    """The value of owner.name(*args)."""
    owner, name = bound.owner, bound.function
    if not isinstance(name, str):
        return engine.apply(prims.call, [Const(name), owner, *args], keywords)
    operation = getattr(operator, name, None) if name.startswith("__") else None
    if operation is not None and not isinstance(owner.type, ty.Any):
        return engine.apply(operation, [owner, *args], keywords)
    if sparse_of(owner) is not None:
        return method_of_sparse(engine, owner, name, args, keywords)
    t = ty.widen(owner.type)
    options = dict(zip(keywords, args[len(args) - len(keywords) :]))
    positional = args[: len(args) - len(keywords)]
    if isinstance(owner, Object):
        if name in ("items", "values", "keys"):
            return Lazy(name, [owner])
        done = dict_method(engine, owner, name, positional, options)
        if done is None:
            raise engine.refuse(f"method {name!r} of {owner.cls.__name__} is not supported")
        return done
    if isinstance(t, (ty.Array, ty.Scalar, ty.Numeric)):
        return _number_method(engine, owner, t, name, positional, options)
    if isinstance(owner, Const) and isinstance(owner.value, (list, dict, set)):
        if name in changing.LIST_METHODS | changing.DICT_METHODS | {"add", "discard"}:
            raise engine.refuse(
                "an object that lives outside of this function is changed",
                "change a copy of it, and return what is needed",
            )
        if isinstance(owner.value, list):
            return call_method(engine, Bound(engine.apply(list, [owner]), name), args, keywords)
    if isinstance(owner.type, (ty.Tuple, ty.List)):
        return _sequence_method(engine, owner, name, positional, options)
    if (
        isinstance(owner.type, (ty.Record, ty.Mapping))
        or isinstance(owner, Const)
        and isinstance(owner.value, dict)
    ):
        return _dict_method(engine, owner, name, positional, options)
    if isinstance(t, ty.Text) or isinstance(owner, Const) and isinstance(owner.value, str):
        if all(type(v) is Const for v in [owner, *args]):
            return Const(
                getattr(owner.value, name)(  # type: ignore[attr-defined]
                    *(v.value for v in positional),  # type: ignore[attr-defined]
                    **{k: v.value for k, v in options.items()},  # type: ignore[attr-defined]
                )
            )
        return engine.emit(
            getattr(str, name),
            [owner, *args],
            [_text_method_type(name)],
            keywords,
            {"style": "method", "spelling": name},
        )[0]
    if isinstance(t, ty.Instance):
        found = call_of_instance(engine, owner, name, args, keywords)
        if found is not None:
            return found
    if isinstance(t, ty.Any):
        function = engine.emit(getattr, [owner, Const(name)], [ty.ANY])[0]
        return engine.emit(prims.call, [function, *args], [ty.ANY], keywords)[0]
    raise engine.refuse(f"method {name!r} of {t} is not supported")


def _text_method_type(name: str) -> ty.Type:
    if name.startswith(("is", "starts", "ends")):
        return ty.BOOL
    return (
        ty.INT
        if name in ("find", "index", "count", "rfind", "rindex")
        else ty.ANY
        if name in ("split", "partition", "splitlines")
        else ty.TEXT
    )


def _number_method(
    engine: Engine, owner: Value, t: Any, name: str, args: list[Value], options: dict[str, Value]
) -> Value:
    names = tuple(options)
    values = [*args, *options.values()]
    style = {"style": "method", "spelling": name}
    if (
        name in ("reshape", "transpose")
        and args
        and not isinstance(ty.widen(args[0].type), (ty.Tuple, ty.List))
        and (name == "reshape" or len(args) > 1)
    ):
        if len(args) > 1 or name == "transpose":
            values = [engine.apply(prims.tuple_, args), *options.values()]
        return engine.apply(getattr(np, name), [owner, *values], names, style)
    if name == "transpose" and len(args) == 1 and isinstance(args[0], Const) and args[0].value is None:
        return engine.apply(np.transpose, [owner], (), style)
    if name == "flatten":
        flat = engine.apply(np.ravel, [owner, *values], names)
        return engine.apply(np.copy, [flat])
    if name == "astype" and len(args) > 1:
        options = {**dict(zip(("order", "casting", "subok", "copy"), args[1:])), **options}
        return _number_method(engine, owner, t, name, args[:1], options)
    if name == "copy" and values:
        return engine.apply(np.copy, [owner, *values], names, style)
    if name == "copy":
        return engine.emit(
            np.copy, [owner], [owner.type if isinstance(owner.type, (ty.Array, ty.Numeric)) else t], (), style
        )[0]
    if name == "tolist":
        return _tolist(engine, owner, t)
    if name == "item":
        if not args:
            return _only_item(engine, owner, t)
        flat = (
            engine.apply(np.ravel, [owner])
            if len(args) == 1 and isinstance(args[0].type, (ty.Scalar, ty.Known))
            else owner
        )
        index = args[0] if len(args) == 1 else engine.apply(prims.tuple_, args)
        return engine.apply(operator.getitem, [flat, index])
    if name == "fill":
        engine.emit(operator.setitem, [owner, Const(Ellipsis), args[0]], [])
        return Const(None)
    if name == "view" and not values:
        return engine.apply(np.asarray, [owner])
    if name == "conj" or name == "conjugate":
        if isinstance(t, ty.Array) and t.dtype is not None and np.dtype(t.dtype).kind != "c":
            return owner
        return engine.apply(np.conj, [owner], (), style)
    if name == "is_integer":
        return engine.emit(float.is_integer, [owner], [ty.BOOL], (), style)[0]
    if name == "compress":
        return engine.apply(ARRAY_METHODS[name], [args[0], owner, *args[1:], *options.values()], names)
    if name in ("sort", "partition") and isinstance(t, ty.Array):
        ordered = engine.apply(getattr(np, name), [owner, *values], names)
        return engine.apply(operator.setitem, [owner, Const(Ellipsis), ordered])
    if name in ARRAY_METHODS:
        return engine.apply(ARRAY_METHODS[name], [owner, *values], names, style)
    if name == "view":
        raise engine.refuse(
            "the bits of an array are reinterpreted, which has no derivative", "use astype to convert numbers"
        )
    method = getattr(np.ndarray, name, None)
    if method is None or name not in ("tobytes", "to_device", "searchsorted", "nonzero", "dump", "dumps"):
        raise engine.refuse(f"arrays and numbers have no method {name!r} that is supported")
    return engine.emit(method, [owner, *values], [ty.ANY], names, style)[0]


def _only_item(engine: Engine, owner: Value, t: Any) -> Value:
    """`x.item()`: the number in an array of one, as Python's own."""
    if getattr(t, "dtype", None) is None:
        return engine.apply(np.ndarray.item, [owner], (), {"style": "method", "spelling": "item"})
    if isinstance(t, ty.Array) and t.dims != ():
        owner = engine.apply(np.reshape, [owner, Const(())])
    python = {"f": float, "c": complex, "b": bool}.get(np.dtype(t.dtype).kind, int)
    return engine.apply(python, [owner])


def _tolist(engine: Engine, owner: Value, t: Any) -> Value:
    style = {"style": "method", "spelling": "tolist"}
    if isinstance(t, ty.Array) and t.dims is not None and t.dtype is not None:
        inner: ty.Type = ty.Scalar(t.dtype, True)
        for dim in reversed(t.dims):
            inner = ty.List(inner, dim)
        return engine.emit(np.ndarray.tolist, [owner], [inner], (), style)[0]
    return engine.emit(np.ndarray.tolist, [owner], [ty.ANY], (), style)[0]


def _sequence_method(
    engine: Engine, owner: Value, name: str, args: list[Value], options: dict[str, Value]
) -> Value:
    t = owner.type
    assert isinstance(t, (ty.Tuple, ty.List))
    style = {"style": "method", "spelling": name}
    if name == "_replace":
        assert isinstance(t, ty.Tuple)
        fields = list(t.cls._fields)  # type: ignore[attr-defined]
        items = engine.take_apart(owner)
        return engine.make_tuple([options.get(field, item) for field, item in zip(fields, items)], t.cls)
    if name == "_asdict" and isinstance(t, ty.Tuple):
        pairs = [x for f, v in zip(t.cls._fields, engine.take_apart(owner)) for x in (Const(f), v)]  # type: ignore[attr-defined]
        return engine.apply(prims.dict_, pairs)
    if name in ("index", "count"):
        return engine.emit(getattr(t.cls, name), [owner, *args], [ty.INT], (), style)[0]
    if name == "copy":
        check_special(engine, t, "copy")
        return engine.apply(list, [owner])
    if t.cls is list and name in QUEUE_METHODS:
        done = queue_method(engine, owner, name, args)
        if done is not None:
            return done
    if t.cls is list and name in changing.LIST_METHODS:
        return changing.list_method(engine, owner, name, args, options)
    if t.cls not in (tuple, list):
        return _method_of_class(engine, owner, t.cls, name, args, options)
    raise engine.refuse(f"method {name!r} of {t.cls.__name__} is not supported")


def _method_of_class(
    engine: Engine, owner: Value, cls: type, name: str, args: list[Value], options: dict[str, Value]
) -> Value:
    member(engine, cls, name)
    function = getattr(cls, name, None)
    if function is None:
        raise engine.refuse(f"{cls.__name__} has no method {name!r}")
    return engine.apply(prims.call, [Const(function), owner, *args, *options.values()], tuple(options))


def _dict_method(
    engine: Engine, owner: Value, name: str, args: list[Value], options: dict[str, Value]
) -> Value:
    t = owner.type
    if isinstance(t, ty.Record) and t.cls is not dict:
        return _method_of_class(engine, owner, t.cls, name, args, options)
    if name in ("items", "values", "keys"):
        return Lazy(name, [owner]) if name != "keys" else owner
    if name == "get":
        if isinstance(t, ty.Record) and type(args[0]) is Const:
            if t.get(args[0].value) is not None:
                return engine.apply(operator.getitem, [owner, args[0]])
            return args[1] if len(args) > 1 else Const(None)
        return get(engine, owner, args[0], args[1] if len(args) > 1 else Const(None))
    if name == "copy":
        check_special(engine, t, "copy")
        return engine.apply(dict, [owner])
    if name in changing.DICT_METHODS:
        return changing.dict_method(engine, owner, name, args, options)
    raise engine.refuse(f"method {name!r} of dict is not supported")


__all__ = ["call_method", "dim_value"]
