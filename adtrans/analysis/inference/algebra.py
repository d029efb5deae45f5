"""Simplification of what derivatives add: zeros, ones, signs. The user's arithmetic is left as it is."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from adtrans.analysis.inference.apply import apply, handles
from adtrans.analysis.inference.arrays import known_shape
from adtrans.analysis.inference.engine import Engine
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Block, Const, Value, is_const
from adtrans.rules import static
from adtrans.rules.registry import lookup
from adtrans.runtime import conform, expand, expand_to, quotient, unbroadcast, zeros_like

Keywords = dict[str, Value]


class Zero(Const):
    """A derivative known to be zero; it takes a form only where a function needs one."""

    __slots__ = ("like",)

    def __init__(self, like: Value | None = None):
        super().__init__(0.0)
        self.like = like


def is_zero(value: Value) -> bool:
    return isinstance(value, Zero)


def materialise(engine: Engine, value: Value) -> Value:
    """A zero in the form of what it is the derivative of."""
    if not isinstance(value, Zero):
        return value
    return Const(0.0) if value.like is None else zero_of(engine, value.like)


def zero_of(engine: Engine, like: Value) -> Value:
    """Zero in the structure of a value."""
    t = ty.widen(like.type)
    if like in engine.maybe_undefined and not isinstance(t, ty.Scalar):
        return engine.emit(zeros_like, [like], [t])[0]
    if isinstance(t, ty.Scalar):
        if t.dtype in ("float32", "complex64", "float16", "longdouble") and t.python is False:
            return engine.emit(getattr(np, t.dtype), [Const(0.0)], [t])[0]
        return Const(0j) if t.dtype is not None and np.dtype(t.dtype).kind == "c" else Const(0.0)
    if isinstance(t, ty.Array) and ty.is_inexact(t.dtype):
        return engine.emit(np.zeros_like, [like], [t])[0]
    if isinstance(t, ty.Array) and t.dims is not None:
        shape = engine.apply(np.shape, [like])
        return engine.emit(np.zeros, [shape], [ty.Array("float64", t.dims)])[0]
    if isinstance(t, (ty.Closure, ty.Tuple)):
        inner = t.captures if isinstance(t, ty.Closure) else t.items
        items = [zero_of(engine, _part_like(engine, like, k, part)) for k, part in enumerate(inner)]
        if isinstance(t, ty.Tuple) and t.cls is list:
            return engine.emit(prims.list_, items, [ty.Tuple(tuple(i.type for i in items), list)])[0]
        return engine.make_tuple(items, t.cls if isinstance(t, ty.Tuple) else tuple)
    if isinstance(t, (ty.Known,)) and not isinstance(t.value, (int, float, complex)):
        return Const(0.0)
    return engine.emit(zeros_like, [like], [t if not isinstance(t, (ty.Any, ty.Numeric)) else t])[0]


def _part_like(engine: Engine, like: Value, k: int, part: ty.Type) -> Value:
    """An item of a container, read only where its zero has a shape."""
    if isinstance(part, ty.Known):
        return Const(part.value)
    if isinstance(ty.widen(part), ty.Scalar):
        return Value(part)
    return engine.emit(operator.getitem, [like, Const(k)], [part])[0]


def simplify(engine: Engine, fn: Any, operands: list[Value], keywords: tuple[str, ...]) -> Value | None:
    """What an application of a derivative's arithmetic comes to, or None."""
    if fn in (operator.add, operator.iadd, np.add):
        return _add(engine, *operands)
    if fn in (operator.sub, operator.isub, np.subtract):
        return _sub(engine, *operands)
    if fn in (operator.mul, operator.imul, np.multiply):
        return _mul(engine, *operands)
    if fn in (operator.truediv, np.divide, np.true_divide):
        return _div(engine, *operands)
    if fn in (operator.neg, np.negative):
        return _neg(engine, operands[0])
    if fn is np.sum and len(operands) == 1:
        return _sum(engine, operands[0])
    if fn in _REAL_IDENTITIES and _is_real(operands[0]):
        return operands[0]
    if fn is operator.pow and is_const(operands[1], 1, 1.0):
        return operands[0]
    if fn is operator.pos:
        return operands[0]
    if fn is np.transpose and len(operands) == 1:
        return _transpose(engine, operands[0])
    if fn is prims.add_at and isinstance(operands[2], Zero):
        return operands[0]
    if fn in _PASS_ZEROS:
        return None
    if any(isinstance(v, Zero) for v in operands):
        return _zero_in(engine, fn, operands, keywords)
    if lookup(fn) is not None and any(_holds_zero(engine, v) for v in operands):
        return apply(engine, fn, [_with_forms(engine, v) for v in operands], keywords)
    return None


def _transpose(engine: Engine, v: Value) -> Value | None:
    """`a.T.T` is a, and `np.outer(a, b).T` is np.outer(b, a)."""
    op = engine.definition(v)
    if op is None or op.keywords or op.fn not in (np.transpose, np.outer):
        return None
    if op.fn is np.transpose:
        return op.operands[0] if len(op.operands) == 1 else None
    if len(op.operands) > 2 or not op.attrs.get("reverse"):  # the primal's may have changed
        return None
    return engine.apply(np.outer, [op.operands[1], op.operands[0]])


def _holds_zero(engine: Engine, v: Value) -> bool:
    op = engine.definition(v) if isinstance(v.type, ty.Tuple) else None
    return (
        op is not None
        and op.fn in (prims.tuple_, prims.list_)
        and any(isinstance(x, Zero) for x in op.operands)
    )


def _with_forms(engine: Engine, v: Value) -> Value:
    """A tuple or list whose zeros have the form of what they are the derivatives of."""
    if not _holds_zero(engine, v):
        return v
    items = [materialise(engine, x) for x in engine.take_apart(v)]
    if v.type.cls is list:  # type: ignore[union-attr]
        return engine.emit(prims.list_, items, [ty.Tuple(tuple(i.type for i in items), list)])[0]
    return engine.make_tuple(items)


# Operations of the language that hand a zero on as it is.
_PASS_ZEROS = frozenset(
    [
        prims.call,
        prims.tuple_,
        prims.list_,
        prims.dict_,
        prims.unpack,
        operator.is_,
        operator.is_not,
        prims.starred,
        prims.closure,
    ]
)


_REAL_IDENTITIES = frozenset([np.conjugate, np.real])


def _is_real(v: Value) -> bool:
    if isinstance(v, Const):
        return isinstance(v.value, (int, float))
    t = v.type
    return isinstance(t, (ty.Scalar, ty.Array)) and t.dtype is not None and np.dtype(t.dtype).kind != "c"


def _zero_in(engine: Engine, fn: Any, operands: list[Value], keywords: tuple[str, ...]) -> Value:
    if fn in (operator.getitem, getattr) and isinstance(operands[0], Zero):
        if (
            fn is getattr
            and isinstance(operands[1], Const)
            and operands[1].value in ("shape", "ndim", "size", "dtype")
        ):
            like = operands[0].like
            return apply(engine, fn, [like if like is not None else Const(0.0), operands[1]], keywords)
        return Zero()
    primitive = lookup(fn)
    if primitive is not None and any(
        isinstance(v, Zero) and i in primitive.linear for i, v in enumerate(operands)
    ):
        return Zero()
    return apply(engine, fn, [materialise(engine, v) for v in operands], keywords)


def _sum(engine: Engine, a: Value) -> Value | None:
    """A sum of products is an inner product, if both are arrays of one shape and were multiplied just now."""
    op = _seen_through(engine, a)
    if op is None or not op.attrs.get("derived") or op.attrs.get("mirror", -1) != engine.marks.get("mirror"):
        return None
    if op.fn is operator.neg:
        return engine.apply(operator.neg, [engine.apply(np.sum, op.operands)])
    if op.fn is not operator.mul:
        return None
    p, q = (v.type for v in op.operands)
    if not isinstance(p, ty.Array) or p != q or p.dtype != "float64" or not p.dims:
        return None
    return engine.apply(operator.matmul if len(p.dims) == 1 else np.vdot, op.operands)


def _covers(a: Value, b: Value) -> bool:
    """Whether an elementwise result of a and b has a's type: b can be dropped without changing it."""
    p, q = ty.widen(a.type), ty.widen(b.type)
    return isinstance(q, ty.Scalar) or p == q


def _seen_through(engine: Engine, v: Value) -> Any:
    """The definition of a value that stays as it was made; storage is never looked through."""
    return None if v in engine.storage else engine.definition(v)


def _add(engine: Engine, a: Value, b: Value) -> Value | None:
    if isinstance(a, Zero) or is_const(a, 0.0):
        return b
    if isinstance(b, Zero) or is_const(b, 0.0):
        return a
    if (a is b or _alike(engine, a, b)) and not isinstance(a, Const):
        return engine.apply(operator.mul, [Const(2.0), a])
    op = _seen_through(engine, b)
    if op is not None and op.fn is operator.neg and op.attrs.get("derived"):
        return engine.apply(operator.sub, [a, op.operands[0]])
    op = _seen_through(engine, a)
    if op is not None and op.fn is operator.neg and op.attrs.get("derived"):
        return engine.apply(operator.sub, [b, op.operands[0]])
    return None


def _alike(engine: Engine, a: Value, b: Value) -> bool:
    """Whether two values are the same derived arithmetic of the same operands, at one mirror: nothing is written between."""
    p, q = _seen_through(engine, a), _seen_through(engine, b)
    if p is None or q is None or p.kind != "apply" or q.kind != "apply" or p.fn is not q.fn:
        return False
    if not (p.attrs.get("derived") and q.attrs.get("derived")) or p.fn not in (
        operator.mul,
        operator.truediv,
        operator.neg,
    ):
        return False
    if p.attrs.get("mirror") is None or p.attrs.get("mirror") != q.attrs.get("mirror"):
        return False
    return len(p.operands) == len(q.operands) and all(
        x is y or type(x) is Const and type(y) is Const and x.type == y.type
        for x, y in zip(p.operands, q.operands)
    )


def _sub(engine: Engine, a: Value, b: Value) -> Value | None:
    if isinstance(b, Zero) or is_const(b, 0.0):
        return a
    if isinstance(a, Zero) or is_const(a, 0.0):
        return engine.apply(operator.neg, [b])
    op = _seen_through(engine, b)
    if op is not None and op.fn is operator.neg and op.attrs.get("derived"):
        return engine.apply(operator.add, [a, op.operands[0]])
    return None


def _mul(engine: Engine, a: Value, b: Value) -> Value | None:
    if isinstance(a, Zero) or isinstance(b, Zero):
        return Zero()
    for one, other in ((a, b), (b, a)):
        if is_const(one, 1.0, 1) and _covers(other, one):
            return other
        if is_const(one, -1.0, -1):
            return engine.apply(operator.neg, [other])
        if is_const(one, 0.0) and isinstance(ty.widen(other.type), ty.Scalar):
            return Zero()
    if isinstance(a, Const) and isinstance(b, Const):
        return None
    for first, second in ((a, b), (b, a)):
        op = _seen_through(engine, second)
        if op is None or not op.attrs.get("derived"):
            continue
        if op.fn is operator.neg:
            return engine.apply(operator.neg, [engine.apply(operator.mul, [first, op.operands[0]])])
        if op.fn is operator.truediv and is_const(op.operands[0], 1.0):
            return engine.apply(operator.truediv, [first, op.operands[1]])
    return None


def _div(engine: Engine, a: Value, b: Value) -> Value | None:
    if isinstance(a, Zero):
        return Zero()
    if is_const(b, 1.0):
        return a
    op = _seen_through(engine, a)
    if op is not None and op.fn is operator.neg and op.attrs.get("derived"):
        return engine.apply(operator.neg, [engine.apply(operator.truediv, [op.operands[0], b])])
    return None


def _neg(engine: Engine, a: Value) -> Value | None:
    if isinstance(a, Zero):
        return Zero()
    if type(a) is Const and isinstance(a.value, float):
        return Const(-a.value)
    op = _seen_through(engine, a)
    if op is not None and op.fn is operator.neg and op.attrs.get("derived"):
        return op.operands[0]
    return None


# ----- the helpers of rules -----


@handles(static.is_static, static.is_finite)
def _is_static(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value:
    return Const(type(operands[0]) is Const and fn(operands[0].value))


@handles(static.is_python)
def _is_python(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value:
    t = ty.widen(operands[0].type)
    return Const(isinstance(t, ty.Scalar) and t.python is not False)


@handles(quotient)
def _quotient(
    engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any
) -> Value | None:
    """Of NumPy's numbers it is written out: `b / x if b else 0.0`."""
    b, x = operands
    divisor = ty.widen(x.type)
    if (
        not isinstance(ty.widen(b.type), ty.Scalar)
        or not isinstance(divisor, ty.Scalar)
        or divisor.python is not False
    ):
        return None
    divided, kept = Block(), Block()
    with engine.inside(divided):
        share = engine.apply(operator.truediv, [b, x])
    env: dict[Value, Value] = {}
    target = Value()
    engine.merge(b, [divided, kept], [[share], [Const(0.0)]], env, [target])
    return env[target]


@handles(zeros_like)
def _zeros_like(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value:
    return zero_of(engine, operands[0])


@handles(conform)
def _conform(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value:
    return conformed(engine, operands[0], operands[1])


def conformed(engine: Engine, b: Value, x: Value) -> Value:
    """`b` with the dtype of `x`: real for a real one, single for a single one."""
    if isinstance(b, Zero):
        return b
    have, want = ty.widen(b.type), ty.widen(x.type)
    if isinstance(have, ty.Array) and have.dims == () and isinstance(want, ty.Scalar):
        number_of = engine.emit(operator.getitem, [b, Const(())], [ty.Scalar(have.dtype, False)])
        return conformed(engine, number_of[0], x)
    number = (ty.Scalar, ty.Array)
    if (
        isinstance(have, number)
        and isinstance(want, number)
        and have.dtype is not None
        and want.dtype is not None
    ):
        if not ty.is_inexact(want.dtype) or have.dtype == want.dtype:
            return b
        if np.dtype(have.dtype).kind == "c" and np.dtype(want.dtype).kind == "f":
            real = engine.apply(np.real, [b])
            return conformed(engine, real, x)
        if isinstance(want, ty.Scalar) and want.python:
            return b
        if (
            np.dtype(have.dtype).itemsize == 8
            and want.dtype == "float64"
            or {have.dtype, want.dtype} == {"float64", "complex128"}
        ):
            return b
        if isinstance(have, ty.Scalar):
            return engine.emit(getattr(np, want.dtype), [b], [ty.Scalar(want.dtype, False)])[0]
        style = {"style": "method", "spelling": "astype"}
        return engine.emit(
            np.astype, [b, Const(np.dtype(want.dtype))], [ty.Array(want.dtype, have.dims)], (), style
        )[0]
    return engine.emit(conform, [b, x], [_conformed_type(have, want)])[0]


def _conformed_type(have: ty.Type, want: ty.Type) -> ty.Type:
    if isinstance(have, ty.Scalar) and isinstance(want, (ty.Scalar, ty.Array)):
        return ty.Scalar(want.dtype, None)
    if isinstance(have, ty.Array) and isinstance(want, (ty.Scalar, ty.Array)):
        return ty.Array(want.dtype, have.dims)
    return have


@handles(expand)
def _expand(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value | None:
    b, x = operands[:2]
    axis = operands[2] if len(operands) > 2 else keywords.get("axis", Const(None))
    keepdims = operands[3] if len(operands) > 3 else keywords.get("keepdims", Const(False))
    if isinstance(b, Zero) or is_const(axis, None) or is_const(keepdims, True):
        return b
    t = ty.widen(x.type)
    if isinstance(t, ty.Scalar) or isinstance(ty.widen(b.type), ty.Scalar):
        return b
    if isinstance(axis, Const) and isinstance(t, ty.Array) and t.dims is not None:
        axes = axis.value if isinstance(axis.value, tuple) else (axis.value,)
        axes = tuple(a % len(t.dims) for a in axes)
        if axes == tuple(range(len(axes))):
            return b  # leading axes broadcast by themselves
        return engine.apply(np.expand_dims, [b, Const(axes if len(axes) > 1 else axes[0])])
    return None


@handles(unbroadcast)
def _unbroadcast(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value:
    return unbroadcasted(engine, operands[0], operands[1])


def unbroadcasted(engine: Engine, b: Value, x: Value) -> Value:
    """`b`, of the shape of an elementwise result, summed back to the shape and dtype of `x`."""
    if isinstance(b, Zero):
        return b
    have, want = ty.widen(b.type), ty.widen(x.type)
    if isinstance(want, ty.Scalar) and isinstance(have, ty.Scalar):
        return conformed(engine, b, x)
    shape, dims = known_shape(want), known_shape(have)
    if shape is None or dims is None:
        if isinstance(want, ty.Scalar) and isinstance(have, ty.Array):
            return conformed(engine, engine.apply(np.sum, [b]), x)
        return engine.emit(unbroadcast, [b, x], [want if not isinstance(want, ty.Any) else ty.ANY])[0]
    if shape == () and dims != ():
        total = engine.apply(np.sum, [b])
        return conformed(engine, total, x)
    extra = len(dims) - len(shape)
    if extra < 0 or any(
        p != q and p.literal != 1 and p.may_be_one and q.literal != 1
        for p, q in zip(shape, dims[max(extra, 0) :])
    ):
        return engine.emit(unbroadcast, [b, x], [want])[0]
    if extra:
        axes: Any = tuple(range(extra)) if extra > 1 else 0
        b = (
            engine.apply(np.sum, [b], (), None)
            if not shape
            else engine.apply(np.sum, [b, Const(axes)], ("axis",))
        )
    ones = tuple(i for i, (p, q) in enumerate(zip(shape, dims[extra:])) if p.literal == 1 and q.literal != 1)
    if ones:
        axis = ones if len(ones) > 1 else ones[0]
        b = engine.apply(np.sum, [b, Const(axis), Const(True)], ("axis", "keepdims"))
    return conformed(engine, b, x)


def expanded(engine: Engine, b: Value, x: Value) -> Value:
    """`b`, which broadcasts against `x`, as an array of x's own shape."""
    if isinstance(b, Zero):
        return materialise(engine, Zero(x))
    have, want = ty.widen(b.type), ty.widen(x.type)
    if isinstance(want, ty.Scalar) or have == want and not isinstance(want, (ty.Any, ty.Numeric)):
        return b
    if (
        isinstance(have, ty.Array)
        and isinstance(want, ty.Array)
        and have.dims is not None
        and have.dims == want.dims
    ):
        return b
    if isinstance(want, ty.Array) and want.dims is not None and isinstance(have, (ty.Scalar, ty.Array)):
        if isinstance(have, ty.Scalar):
            dtype = want.dtype if ty.is_inexact(want.dtype) else None
            if dtype is not None and dtype == have.dtype or have.python and want.dtype == "float64":
                return engine.emit(np.full_like, [x, b], [want])[0]
        if x in engine.maybe_undefined and isinstance(have, ty.Array):
            return engine.emit(expand_to, [b, x], [want])[0]
        shape = engine.apply(np.shape, [x])
        dtype = have.dtype if isinstance(have, (ty.Scalar, ty.Array)) else None
        wide = engine.emit(np.broadcast_to, [b, shape], [ty.Array(dtype, want.dims)])[0]
        return engine.copied(wide)
    if isinstance(have, (ty.Scalar,)) and isinstance(want, ty.Array):
        return engine.emit(np.full_like, [x, b], [want])[0]
    if isinstance(want, ty.Array) and isinstance(have, (ty.Any, ty.Numeric, ty.Array)):
        return engine.emit(unbroadcast, [b, x], [want])[0]
    if isinstance(want, (ty.Numeric, ty.Any)):
        return engine.emit(expand_to, [b, x], [want])[0]
    return b
