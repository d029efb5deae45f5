"""Matrices of scipy.sparse: constant ones by their class, those of active values by their entries."""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from adtrans import runtime
from adtrans.analysis.inference.apply import handles
from adtrans.analysis.inference.engine import Engine
from adtrans.analysis.inference.probe import CannotProbe, of_any_length, probe
from adtrans.analysis.inference.virtual import Bound
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Const, Value
from adtrans.rules import load
from adtrans.rules.registry import lookup

_RAW = frozenset([prims.call, prims.tuple_, prims.list_, prims.dict_, prims.closure, prims.starred, prims.double_starred,
                  type, isinstance, callable, operator.is_, operator.is_not, operator.getitem, len, runtime.sparse_entries,
                  prims.unpack])  # fmt: skip
_WAY_OUT = "use a dense array: A.toarray()"
_SYMBOLIC = (ty.Array, ty.Scalar, ty.Numeric)


def _rules() -> Any:
    """The rules of scipy.sparse, read once a program holds one of its matrices."""
    load.for_function(sys.modules["scipy.sparse"].csr_matrix)
    return sys.modules["adtrans.rules.scipy_sparse"]


def sparse_of(v: Value) -> ty.Sparse | None:
    """The type of a constant sparse matrix; None of any other value."""
    if isinstance(v.type, ty.Sparse):
        return v.type
    if isinstance(v, Const) and not isinstance(v.value, (int, float, str)) and ty.is_sparse(v.value):
        return ty.sparse_type(v.value)
    return None


def is_entries(v: Value) -> bool:
    """Whether a value stands for a sparse matrix of active values."""
    cls = getattr(v.type, "cls", None)
    return isinstance(v.type, ty.Tuple) and getattr(cls, "__module__", "") == "adtrans.rules.scipy_sparse"


def is_sparse(v: Value) -> bool:
    return sparse_of(v) is not None or is_entries(v)


def apply_to_sparse(
    engine: Engine, fn: Any, operands: list[Value], keywords: tuple[str, ...], attrs: Any
) -> Value | None:
    """fn(*operands) where an operand is a sparse matrix; None where there is nothing special to it."""
    if any(map(is_entries, operands)):
        return _on_entries(engine, fn, operands, keywords)
    if fn is isinstance:
        return _is_instance(operands)
    if fn is sys.modules["scipy.sparse"].issparse:
        return Const(True)
    if fn is operator.getitem:
        return engine.emit(fn, operands, [_probed(engine, fn, operands)], keywords, attrs)[0]
    if fn in _RAW:
        return None
    if fn is getattr:
        return _attribute(engine, operands)
    plain = _PLAIN.get(fn, fn)
    if plain is operator.matmul:
        return product(engine, *operands)
    if plain is operator.mul:
        return _times(engine, *operands)
    if plain is operator.truediv and _is_number(operands[1]):
        return _times(engine, operands[0], engine.apply(operator.truediv, [Const(1.0), operands[1]]))
    primitive = lookup(fn)
    if plain in _OPERATORS or primitive is not None and not _is_of_sparse(fn):
        _check_constant(engine, operands)
        return engine.emit(fn, operands, [_probed(engine, fn, operands, keywords)], keywords, attrs)[0]
    return None


def _is_instance(operands: list[Value]) -> Value | None:
    """isinstance(A, cls) of a constant matrix, where its class says it."""
    held, asked = sparse_of(operands[0]), operands[1]
    if held is None or not isinstance(asked, Const):
        return None
    classes = asked.value if isinstance(asked.value, tuple) else (asked.value,)
    if issubclass(held.cls, classes):
        return Const(True)
    return None if any(issubclass(cls, held.cls) for cls in classes) else Const(False)


_PLAIN: dict[Any, Any] = {
    operator.imatmul: operator.matmul,
    operator.imul: operator.mul,
    operator.itruediv: operator.truediv,
}
_OPERATORS = frozenset(
    getattr(operator, name)
    for name in "add sub truediv pow neg pos abs lt le gt ge eq ne iadd isub ipow mod floordiv".split()
)


def _is_of_sparse(fn: Any) -> bool:
    module = str(getattr(fn, "__module__", None) or "")
    return module.startswith(("scipy.sparse", "adtrans")) or hasattr(fn, "__objclass__")


def _check_constant(engine: Engine, operands: list[Value]) -> None:
    """Refuse sparse matrices together with arrays that may be active where nothing is known of it."""
    if any(sparse_of(v) is None and not isinstance(v, Const) and ty.can_carry(v.type) for v in operands):
        raise engine.refuse("this operation of a sparse matrix and a dense array is not supported", _WAY_OUT)


def _is_number(v: Value) -> bool:
    t = ty.widen(v.type)
    return isinstance(t, ty.Scalar) or isinstance(t, ty.Array) and t.dims == ()


# ----- constant matrices -----


def product(engine: Engine, a: Value, b: Value) -> Value:
    """`a @ b`, where one at least is a constant sparse matrix."""
    s, t = sparse_of(a), sparse_of(b)
    if s is not None and t is not None:
        return engine.emit(operator.matmul, [a, b], [_probed(engine, operator.matmul, [a, b])])[0]
    if t is not None:
        turned = _attribute(engine, [b, Const("T")])
        assert turned is not None
        if isinstance(a.type, ty.Array) and a.type.dims is not None and len(a.type.dims) == 1:
            return product(engine, turned, a)
        return engine.apply(np.transpose, [product(engine, turned, engine.apply(np.transpose, [a]))])
    assert s is not None
    _rules()
    if isinstance(ty.widen(b.type), (ty.Tuple, ty.List)):
        b = engine.apply(np.array, [b])
    dot = s.cls.dot  # type: ignore[attr-defined]
    made = _of_product(s.dtype, s.dims, b.type, engine)
    return engine.emit(dot, [a, b], [made], attrs={"style": "method", "spelling": "dot"})[0]


def _of_product(
    dtype: str | None, dims: tuple[ty.Dim | None, ...] | None, t: ty.Type, engine: Engine
) -> ty.Type:
    """The type of the product of a sparse matrix with an array."""
    if not isinstance(t, ty.Array):
        return ty.ANY
    both = np.result_type(dtype, t.dtype).name if dtype is not None and t.dtype is not None else None
    if both is not None and np.dtype(both).kind not in "fc":
        return ty.Array(both, None) if t.dims is None else ty.Array(both, (_dim(dims, engine), *t.dims[1:]))
    return ty.Array(both, None if t.dims is None else (_dim(dims, engine), *t.dims[1:]))


def _dim(dims: tuple[ty.Dim | None, ...] | None, engine: Engine) -> ty.Dim:
    found = dims[0] if dims else None
    return found if found is not None else ty.Dim(f"p{engine.site()}_0")


def _times(engine: Engine, a: Value, b: Value) -> Value:
    """`a * b`: of matrices the product, of arrays element by element; a number scales both."""
    s, t = sparse_of(a), sparse_of(b)
    other = b if t is None else a
    if (s is None or t is None) and _is_number(other):
        if isinstance(other, Const) or not ty.can_carry(other.type):
            return engine.emit(operator.mul, [a, b], [_probed(engine, operator.mul, [a, b])])[0]
        entries = _entries(engine, a if t is None else b)
        return engine.apply(prims.call, [Const(type_of_entries(entries).scaled), entries, other])
    held = s or t
    assert held is not None
    matrices = issubclass(held.cls, sys.modules["scipy.sparse"].spmatrix)
    if s is not None and t is not None:
        return engine.emit(operator.mul, [a, b], [_probed(engine, operator.mul, [a, b])])[0]
    shaped = isinstance(other.type, ty.Array) and other.type.dims is not None
    if matrices and shaped:
        return product(engine, a, b)
    _check_constant(engine, [a, b])
    return engine.emit(operator.mul, [a, b], [_probed(engine, operator.mul, [a, b])])[0]


def type_of_entries(v: Value) -> Any:
    assert isinstance(v.type, ty.Tuple)
    return v.type.cls


def _entries(engine: Engine, a: Value) -> Value:
    """The entries of a constant matrix."""
    rules, held = _rules(), sparse_of(a)
    assert held is not None
    kind = _kind(held.cls)
    if not (held.dims is None or len(held.dims) == 2):
        raise engine.refuse("a sparse array that is no matrix is used with active values", _WAY_OUT)
    return engine.apply(prims.call, [Const(rules.entries_of), Const(kind), a, Const(held.cls.__name__[:3])])


def _kind(cls: type) -> type:
    rules = _rules()
    found = rules.SparseMatrix if issubclass(cls, sys.modules["scipy.sparse"].spmatrix) else rules.SparseArray
    assert isinstance(found, type)
    return found


def _attribute(engine: Engine, operands: list[Value]) -> Value | None:
    """`A.name`: what is known of a constant matrix, or its method."""
    owner, name = operands[0], operands[1].value  # type: ignore[attr-defined]
    held = sparse_of(owner)
    assert held is not None
    if callable(getattr(held.cls, name, None)):
        return Bound(owner, name)
    if name == "shape" and held.dims is not None:
        lengths = tuple(ty.Scalar("int64", True, d) for d in held.dims)
        if all(d.literal is not None for d in held.dims):
            return Const(tuple(d.literal for d in held.dims))
        return engine.emit(getattr, operands, [ty.Tuple(lengths)])[0]
    if name == "ndim" and held.dims is not None:
        return Const(len(held.dims))
    return engine.emit(getattr, operands, [_probed(engine, getattr, operands)])[0]


def _probed(engine: Engine, fn: Any, operands: list[Value], keywords: tuple[str, ...] = ()) -> ty.Type:
    """The type of fn(*operands), less the lengths that hang on where the examples are not zero."""
    try:
        type_ = probe(fn, operands, keywords, engine.site())
    except CannotProbe:
        return ty.ANY
    known = fn in _OPERATORS or fn in (operator.matmul, operator.mul)
    turned = fn is getattr and operands[1].value in ("T", "mT", "H")  # type: ignore[attr-defined]
    return type_ if known or turned else of_any_length(type_, engine.site())


def method_of_sparse(
    engine: Engine, owner: Value, name: str, args: list[Value], keywords: tuple[str, ...]
) -> Value:
    """The value of A.name(*args)."""
    held = sparse_of(owner)
    assert held is not None
    if name in ("dot", "__matmul__", "_matmul_vector") and len(args) == 1:
        scales = name == "dot" and _is_number(args[0])
        return _times(engine, owner, args[0]) if scales else product(engine, owner, args[0])
    if name == "multiply" and len(args) == 1 and _is_number(args[0]):
        return _times(engine, owner, args[0])
    if name in ("conj", "conjugate") and held.dtype is not None and np.dtype(held.dtype).kind != "c":
        return owner
    function = getattr(held.cls, name)
    style = {"style": "method", "spelling": name}
    return engine.emit(function, [owner, *args], [_probed(engine, function, [owner, *args], keywords)], keywords, style)[0]  # fmt: skip


# ----- matrices that are made of numbers -----


def made_of_entries(engine: Engine, fn: Any, args: list[Value], keywords: dict[str, Value]) -> Value | None:
    """What a constructor of scipy.sparse gives for values that may be active; None where they cannot be."""
    if not str(getattr(fn, "__module__", None) or "").startswith("scipy.sparse"):
        return None
    builder = _builder(fn, args)
    if builder is None:
        return None
    return engine.apply(prims.call, [*builder, *args, *keywords.values()], tuple(keywords))


def _builder(fn: Any, args: list[Value]) -> list[Value] | None:
    """The function that reads the entries, with the class of what it makes."""
    library, rules = sys.modules["scipy.sparse"], _rules()
    if not args:
        return None
    t = args[0].type
    if fn in (library.diags, getattr(library, "diags_array", None)):
        kind = rules.SparseMatrix if fn is library.diags else rules.SparseArray
        return [Const(rules.diags), Const(kind)] if _may_carry(args[0]) else None
    if not isinstance(fn, type) or not isinstance(t, ty.Tuple) or t.cls is not tuple:
        return None
    made: Callable[..., Any] | None = None
    form = fn.__name__[:3]
    if len(t.items) == 3 and form in ("csr", "csc"):
        made = rules.from_compressed
    elif len(t.items) == 2 and form == "dia":
        made = rules.from_diagonals
    elif len(t.items) == 2 and isinstance(t.items[1], (ty.Tuple, ty.List)) and form in ("csr", "csc", "coo"):
        made = rules.from_places
    if made is None or not ty.can_carry(ty.widen(t.items[0])):
        return None
    return [Const(made), Const(_kind(fn)), Const(form)]


def _may_carry(v: Value) -> bool:
    return not isinstance(v, Const) and ty.can_carry(v.type) and not _is_literal(v.type)


def _is_literal(t: ty.Type) -> bool:
    """Whether a display holds constants only."""
    if isinstance(t, ty.Tuple):
        return all(map(_is_literal, t.items))
    return isinstance(t, ty.Known)


def _on_entries(engine: Engine, fn: Any, operands: list[Value], keywords: tuple[str, ...]) -> Value | None:
    """Functions of matrices that are held by their entries: those that read them, others get the matrix."""
    solving = sys.modules.get("adtrans.rules.scipy_sparse_solve")
    of_entries = getattr(solving, "OF_ENTRIES", {})
    if fn is sys.modules["scipy.sparse"].issparse:
        return Const(True)
    if callable(fn) and fn in of_entries:
        return engine.apply(prims.call, [Const(of_entries[fn]), *operands], keywords)
    if fn is getattr:
        owner, name = operands[0], operands[1].value  # type: ignore[attr-defined]
        cls = type_of_entries(owner)
        if name in cls._fields or hasattr(cls, name):
            return None
        return engine.apply(getattr, [_matrix(engine, owner), operands[1]])
    if fn in _RAW:
        return None
    return engine.apply(fn, [_matrix(engine, v) if is_entries(v) else v for v in operands], keywords)


def indexed(engine: Engine, v: Value) -> Value:
    """What an index of the user's is applied to: a matrix, where entries stand for one."""
    return _matrix(engine, v) if is_entries(v) else v


def _matrix(engine: Engine, v: Value) -> Value:
    """The matrix itself, which carries no derivative."""
    library = sys.modules["scipy.sparse"]
    values, rows, cols, shape, form = engine.take_apart(v)
    of_matrices = type_of_entries(v).__name__ == "SparseMatrix"
    cls = library.coo_matrix if of_matrices else library.coo_array
    parts = engine.make_tuple([values, engine.make_tuple([rows, cols])])
    dims = tuple(getattr(d.type, "dim", None) or ty.Dim(f"p{engine.site()}_{k}") for k, d in enumerate(engine.take_apart(shape)))  # fmt: skip
    made = engine.emit(cls, [parts, shape], [ty.Sparse(cls, getattr(values.type, "dtype", None), dims)], ("shape",))[0]  # fmt: skip
    return method_of_sparse(engine, made, "asformat", [form], ())


# ----- entries, and products and systems of them -----


@handles(runtime.sparse_entries)
def _entries_of_constant(
    engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any
) -> Value:
    held = sparse_of(operands[0])
    dims = (ty.Dim(f"p{engine.site()}"),)
    dtype = held.dtype if held is not None else None
    if dtype is None:
        raise engine.refuse("the numbers of a sparse matrix of unknown dtype are asked for", _WAY_OUT)
    items = ty.Tuple((ty.Array(dtype, dims), ty.Array("int64", dims), ty.Array("int64", dims)))
    return engine.emit(fn, operands, [items])[0]


@handles(runtime.sparse_times, runtime.sparse_solve)
def _of_entries(
    engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any
) -> Value:
    values, _, _, shape, x = operands
    dims: list[ty.Dim | None] = [None]
    if isinstance(shape, Const):
        dims = [ty.known_dim(shape.value[0])]
    elif isinstance(shape.type, ty.Tuple):
        first = engine.take_apart(shape)[0]
        dims = [ty.known_dim(first.value) if isinstance(first, Const) else getattr(first.type, "dim", None)]
    made = _of_product(getattr(values.type, "dtype", None), tuple(dims), x.type, engine)
    if fn is runtime.sparse_solve and isinstance(x.type, ty.Array) and isinstance(made, ty.Array):
        made = ty.Array(made.dtype, x.type.dims)
    return engine.emit(fn, operands, [made])[0]
