"""Questions that types answer: identity, membership, isinstance, lengths, shapes."""

from __future__ import annotations

import collections.abc
import math
import operator
from typing import Any

import numpy as np

from adtrans.analysis.inference.apply import handles
from adtrans.analysis.inference.conditions import truth
from adtrans.analysis.inference.engine import Engine
from adtrans.analysis.inference.virtual import Bound, Lazy
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Const, Value, is_const
from adtrans.rules import static
from adtrans.rules.registry import lookup

Keywords = dict[str, Value]


@handles(operator.is_, operator.is_not)
def _identity(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value | None:
    a, b = operands
    answer: bool | None = None
    if a is b:
        answer = True
    elif type(a) is Const and type(b) is Const:
        answer = a.value is b.value or (
            type(a.value) is type(b.value) and isinstance(a.value, (int, str)) and a.value == b.value
        )
    elif is_const(b, None) or is_const(a, None):
        other = a if is_const(b, None) else b
        if not isinstance(other.type, (ty.Any, ty.Never, ty.Optional)):
            answer = False
    elif is_const(b, True, False) or is_const(a, True, False):
        other = a if is_const(b, True, False) else b
        if isinstance(other.type, ty.Numeric) or class_of(other.type) not in (None, bool):
            answer = False
    if answer is None:
        return engine.emit(fn, operands, [ty.BOOL])[0]
    return Const(answer if fn is operator.is_ else not answer)


@handles(operator.not_)
def _not(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value:
    known = truth(engine, operands[0])
    return Const(not known) if known is not None else engine.emit(fn, operands, [ty.BOOL])[0]


@handles(bool)
def _bool(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value:
    known = truth(engine, operands[0]) if operands else False
    return Const(known) if known is not None else engine.emit(fn, operands, [ty.BOOL])[0]


@handles(operator.contains)
def _contains(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value | None:
    container, item = operands
    t = container.type
    if isinstance(t, ty.Record) and t.cls is dict and type(item) is Const:
        return Const(t.get(item.value) is not None)
    if isinstance(t, ty.Tuple) and type(item) is Const and all(isinstance(i, ty.Known) for i in t.items):
        return Const(any(i.value == item.value for i in t.items))  # type: ignore[union-attr]
    if type(container) is Const and type(item) is Const:
        return Const(item.value in container.value)
    if isinstance(container, Lazy) and container.kind in ("keys", "values"):
        container = container.parts[0]
    return engine.emit(fn, [container, item], [ty.BOOL])[0]


@handles(operator.eq, operator.ne)
def _equal(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value | None:
    a, b = (ty.widen(v.type) for v in operands)
    if (
        isinstance(a, ty.Text) != isinstance(b, ty.Text)
        and not isinstance(a, ty.Any)
        and not isinstance(b, ty.Any)
    ):
        if not isinstance(a, ty.Array) and not isinstance(b, ty.Array):
            return Const(fn is operator.ne)
    number = (ty.Scalar, ty.Array, ty.Numeric)
    if isinstance(a, number) and isinstance(b, number):
        return None
    return None if all(type(v) is Const for v in operands) else engine.emit(fn, operands, [ty.BOOL])[0]


# ----- classes of values -----

_CLASSES: dict[str, tuple[Any, ...]] = {
    "bool": (bool, int),
    "int64": (int,),
    "float64": (float,),
    "complex128": (complex,),
}


def class_of(t: ty.Type) -> type | None:
    """The exact class of values of a type, where it is known."""
    if isinstance(t, ty.Known):
        return type(t.value)
    if isinstance(t, ty.Array):
        return np.ndarray
    if isinstance(t, ty.Scalar):
        if t.python is True:
            return {"bool": bool, "int64": int, "float64": float, "complex128": complex}.get(t.dtype or "")
        return np.dtype(t.dtype).type if t.python is False and t.dtype else None
    if isinstance(t, (ty.Tuple, ty.List, ty.Record)):
        return t.cls
    if isinstance(t, ty.Mapping):
        return dict
    if isinstance(t, ty.Text):
        return str
    if isinstance(t, ty.Range):
        return range
    return None


@handles(isinstance)
def _isinstance(
    engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any
) -> Value | None:
    value, classes = operands
    if not isinstance(classes, Const):
        return None
    if isinstance(value, Bound):
        return Const(callable in (classes.value,))
    cls = type(value.value) if type(value) is Const else class_of(value.type)
    wanted = classes.value if isinstance(classes.value, tuple) else (classes.value,)
    if cls is not None:
        return Const(issubclass(cls, wanted))
    t = value.type
    if isinstance(t, ty.Scalar) and t.dtype is not None:
        # a Python number or a NumPy scalar: decided where both give the same answer
        python = {"b": bool, "i": int, "f": float, "c": complex}[np.dtype(t.dtype).kind]
        answers = {issubclass(python, wanted), issubclass(np.dtype(t.dtype).type, wanted)}
        if len(answers) == 1:
            return Const(answers.pop())
    if isinstance(t, ty.Closure):
        return Const(any(w is collections.abc.Callable for w in wanted))
    return engine.emit(fn, operands, [ty.BOOL])[0]


@handles(prims.is_sequence)
def _is_sequence(
    engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any
) -> Value | None:
    value = operands[0]
    cls = type(value.value) if type(value) is Const else class_of(value.type)
    return (
        Const(issubclass(cls, (list, tuple, range)))
        if cls is not None
        else engine.emit(fn, operands, [ty.BOOL])[0]
    )


@handles(callable)
def _callable(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value | None:
    value = operands[0]
    if isinstance(value, Bound) or isinstance(value.type, (ty.Closure, ty.Method)):
        return Const(True)
    if type(value) is Const:
        return Const(callable(value.value))
    return Const(False) if class_of(value.type) is not None else None


@handles(type)
def _type(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value | None:
    cls = class_of(operands[0].type) if type(operands[0]) is not Const else type(operands[0].value)
    return Const(cls) if cls is not None else engine.emit(fn, operands, [ty.ANY])[0]


# ----- lengths and shapes -----


def dim_value(engine: Engine, array: Value, axis: int) -> Value:
    """`array.shape[axis]`"""
    assert isinstance(array.type, ty.Array) and array.type.dims is not None
    dim = array.type.dims[axis]
    if dim.literal is not None:
        return Const(dim.literal)
    shape = engine.emit(getattr, [array, Const("shape")], [_shape_type(array.type)])[0]
    return engine.emit(
        operator.getitem, [shape, Const(axis % len(array.type.dims))], [ty.Scalar("int64", True, dim)]
    )[0]


def _shape_type(t: ty.Array) -> ty.Type:
    if t.dims is None:
        return ty.List(ty.INT, None, tuple)
    return ty.Tuple(tuple(ty.Scalar("int64", True, d) for d in t.dims))


@handles(len)
def _len(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value | None:
    value = operands[0]
    if isinstance(value, Lazy) and value.kind in ("keys", "values", "items"):
        value = value.parts[0]
    t = value.type
    if isinstance(t, ty.Array) and t.dims:
        literal = t.dims[0].literal
        return (
            Const(literal)
            if literal is not None
            else engine.emit(len, [value], [ty.Scalar("int64", True, t.dims[0])])[0]
        )
    if isinstance(t, ty.Tuple):
        return Const(len(t.items))
    if isinstance(t, ty.Record) and t.cls is dict:
        return Const(len(t.fields))
    if type(value) is Const:
        return Const(len(value.value))
    length = getattr(t, "length", None)
    return engine.emit(len, [value], [ty.Scalar("int64", True, length)])[0]


@handles(np.ndim)
def _ndim(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value | None:
    t = ty.widen(operands[0].type)
    if isinstance(t, ty.Scalar):
        return Const(0)
    if isinstance(t, ty.Array) and t.dims is not None:
        return Const(len(t.dims))
    return engine.emit(fn, operands, [ty.INT])[0]


def same_shape(engine: Engine, v: Value) -> Value:
    """An operand of an elementwise result that has the result's own shape: asking it keeps nothing alive."""
    while engine.algebra and v.name is None and isinstance(v.type, ty.Array) and v.type.dims is not None:
        made = engine.definition(v)
        known = lookup(made.fn) if made is not None and made.kind == "apply" else None
        if made is None or known is None or not known.elementwise or v in engine.storage:
            return v
        alike = [x for x in made.operands if isinstance(x.type, ty.Array) and x.type.dims == v.type.dims]
        if not alike or isinstance(alike[0], Const):
            return v
        v = alike[0]
    return v


@handles(np.shape)
def _shape(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value | None:
    operands = [same_shape(engine, operands[0]), *operands[1:]]
    t = ty.widen(operands[0].type)
    if isinstance(t, ty.Scalar):
        return Const(())
    if isinstance(t, ty.Array):
        if t.dims is not None and all(d.literal is not None for d in t.dims):
            return Const(tuple(d.literal for d in t.dims))
        return engine.emit(getattr, [operands[0], Const("shape")], [_shape_type(t)])[0]
    return engine.emit(fn, operands, [ty.List(ty.INT, None, tuple)])[0]


@handles(np.size)
def _size(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value | None:
    operands = [same_shape(engine, operands[0]), *operands[1:]]
    t = ty.widen(operands[0].type)
    if len(operands) > 1 or keywords:
        return None
    if isinstance(t, ty.Scalar):
        return Const(1)
    if isinstance(t, ty.Array):
        if t.dims is not None and all(d.literal is not None for d in t.dims):
            return Const(math.prod(d.literal for d in t.dims if d.literal is not None))
        dim = t.dims[0] if t.dims is not None and len(t.dims) == 1 else None
        return engine.emit(getattr, [operands[0], Const("size")], [ty.Scalar("int64", True, dim)])[0]
    return engine.emit(fn, operands, [ty.INT])[0]


@handles(np.iscomplexobj, np.isrealobj)
def _iscomplexobj(
    engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any
) -> Value | None:
    t = ty.widen(operands[0].type)
    if isinstance(t, (ty.Tuple, ty.List)):
        t = ty.as_list(t).item
    if isinstance(t, (ty.Scalar, ty.Array)) and t.dtype is not None:
        return Const((np.dtype(t.dtype).kind == "c") == (fn is np.iscomplexobj))
    return engine.emit(fn, operands, [ty.BOOL])[0]


@handles(static.is_complex)
def _is_complex(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value:
    t = ty.widen(operands[0].type)
    return Const(
        isinstance(t, (ty.Scalar, ty.Array)) and t.dtype is not None and np.dtype(t.dtype).kind == "c"
    )


@handles(static.is_real)
def _is_real(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value:
    t = ty.widen(operands[0].type)
    return Const(
        isinstance(t, (ty.Scalar, ty.Array)) and t.dtype is not None and np.dtype(t.dtype).kind != "c"
    )
