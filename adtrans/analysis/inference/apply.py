"""One application of a known callable to typed values: handlers first, then the general case."""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

from adtrans.analysis.inference import arrays
from adtrans.analysis.inference.engine import Engine, NeedStatic
from adtrans.analysis.inference.heap import Object
from adtrans.analysis.inference.outputs import written_out
from adtrans.analysis.inference.probe import CannotProbe, probe
from adtrans.analysis.inference.virtual import Bound, Lazy
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Const, Value, is_member, is_undefined
from adtrans.rules.registry import lookup

Handler = Callable[..., Any]
HANDLERS: dict[Any, Handler] = {}

# Options that must be known when a derivative is written.
_STATIC_OPTIONS = frozenset(
    "axis axes keepdims ord mode norm order axis1 axis2 source destination indexing UPLO full_matrices "
    "compute_uv lower trans assume_a edge_order endpoint upper hermitian retstep increasing sparse optimize side transposed deg".split()
)

_FOLDABLE = frozenset(
    [len, abs, min, max, sum, range, tuple, list, int, float, bool, str, isinstance, slice, sorted, round, divmod, math.factorial,
     math.comb, math.gcd, math.isqrt, type, issubclass, hasattr, callable, np.dtype, np.shape, np.ndim, np.size, np.issubdtype, getattr]
)  # fmt: skip
_OPERATORS = frozenset(
    getattr(operator, name)
    for name in "add sub mul truediv floordiv mod pow and_ or_ xor lshift rshift neg pos invert not_ lt le gt ge eq ne is_ is_not "
    "contains getitem abs iadd isub imul itruediv ifloordiv imod ipow iand ior ixor ilshift irshift".split()
)
ARITHMETIC = frozenset(
    getattr(operator, name)
    for name in "add sub mul truediv floordiv mod pow and_ or_ xor lshift rshift neg pos invert lt le gt ge eq ne abs".split()
)
COMPARISONS = frozenset(getattr(operator, name) for name in "lt le gt ge eq ne".split())
IN_PLACE: dict[Any, Any] = {
    getattr(operator, "i" + name): getattr(operator, name if name not in ("and", "or") else name + "_")
    for name in "add sub mul truediv floordiv mod pow matmul and or xor lshift rshift".split()
}


def handles(*functions: Any) -> Callable[[Handler], Handler]:
    """Register how the engine applies a callable: (engine, operands, keywords dict) -> Value or None."""

    def register(handler: Handler) -> Handler:
        for fn in functions:
            HANDLERS[fn] = handler
        return handler

    return register


def apply(engine: Engine, fn: Any, operands: list[Value], keywords: tuple[str, ...] = (), attrs: dict[str, Any] | None = None, name: str | None = None) -> Value:  # fmt: skip
    """The value of fn(*operands), emitted unless it folds."""
    for v in operands:
        if is_undefined(v):
            raise engine.refuse(
                "a variable may be read here before it is assigned", "assign it on every path"
            )
    if (
        any(isinstance(v.type, ty.Never) for v in operands)
        and fn not in (prims.tuple_, prims.list_, prims.dict_, prims.call)
        or is_member(fn, _TAKE_LISTS)
        and any(isinstance(v.type, ty.Tuple) and ty.NEVER in v.type.items for v in operands)
    ):
        return engine.emit(fn, operands, [ty.NEVER], keywords, attrs, name)[
            0
        ]  # of a recursion that has not returned yet
    if not engine.algebra and any(_is_instance(v) for v in operands):
        from adtrans.analysis.inference.instances import apply_to_objects

        split = len(operands) - len(keywords)
        done = apply_to_objects(engine, fn, operands[:split], dict(zip(keywords, operands[split:])))
        if done is not None:
            return done
    if any(_may_be_sparse(v) for v in operands):
        from adtrans.analysis.inference.sparse_objects import apply_to_sparse

        done = apply_to_sparse(engine, fn, operands, keywords, attrs)
        if done is not None:
            return done
    if engine.algebra:
        from adtrans.analysis.inference.algebra import simplify

        simpler = simplify(engine, fn, operands, keywords)
        if simpler is not None:
            return simpler
    if fn in ARITHMETIC or fn is operator.matmul:
        operands = _lists_beside_arrays(engine, operands)
    handler = HANDLERS[fn] if is_member(fn, HANDLERS) else None
    if handler is not None:
        split = len(operands) - len(keywords)
        found = handler(engine, fn, operands[:split], dict(zip(keywords, operands[split:])), attrs)
        if found is not None:
            return found
    folded = fold(engine, fn, operands, keywords)
    if folded is not None:
        return folded
    written = written_out(engine, fn, operands, keywords, attrs)
    if written is not None:
        return written
    operands = _lists_as_arrays(engine, fn, operands, keywords)
    for v in operands:
        if isinstance(v, Lazy):
            raise engine.refuse(
                f"an iterator ({v.kind}) cannot be used here", "make it a list first: list(...)"
            )
        if isinstance(v, Bound):
            raise engine.refuse(
                "a bound method cannot be used as a value here", "call it, or wrap it in a lambda"
            )
    _check_no_output(engine, fn, operands, keywords)
    need_static(engine, fn, operands, keywords)
    type_ = result_type(engine, fn, operands, keywords)
    if isinstance(type_, ty.Known) and _is_pure(fn):
        return Const(type_.value)
    return engine.emit(fn, operands, [type_], keywords, attrs, name)[0]


def _check_no_output(engine: Engine, fn: Any, operands: list[Value], keywords: tuple[str, ...]) -> None:
    """Refuse options by which a library function writes into what it is given."""
    for name, v in zip(keywords, operands[len(operands) - len(keywords) :]):
        if (
            (name == "output" or name.startswith("overwrite_"))
            and not (isinstance(v, Const) and not v.value)
            and is_library(fn)
        ):
            raise engine.refuse(f"{name}= is not supported here", "assign the result instead")


def _is_instance(v: Value) -> bool:
    """Whether a value is an object of the user, which decides itself what an operation means."""
    t = v.type
    return (
        isinstance(v, Object)
        or isinstance(t, ty.Record)
        and t.cls is not dict
        or isinstance(t, ty.Tuple)
        and t.cls not in (tuple, list)
    )


def _may_be_sparse(v: Value) -> bool:
    """Whether a value is a sparse matrix, or stands for one."""
    t = v.type
    if isinstance(t, ty.Known):
        return type(t.value).__module__.startswith("scipy.sparse")
    return isinstance(t, ty.Sparse) or (
        isinstance(t, ty.Tuple) and t.cls.__module__ == "adtrans.rules.scipy_sparse"
    )


_TAKE_LISTS = frozenset(
    getattr(np, name)
    for name in "array asarray asanyarray ascontiguousarray concatenate concat stack vstack hstack dstack column_stack row_stack block "
    "select choose meshgrid broadcast_arrays atleast_1d atleast_2d atleast_3d einsum lexsort ix_ unravel_index ravel_multi_index".split()
    if hasattr(np, name)
) | {np.linalg.multi_dot}


_JOIN = frozenset(
    getattr(np, name)
    for name in "concatenate concat stack vstack hstack dstack column_stack row_stack".split()
    if hasattr(np, name)
)


def _parts_as_arrays(engine: Engine, parts: Value) -> Value:
    """The lists among the parts that np.concatenate or np.stack joins, as arrays."""
    t, made = parts.type, engine.definition(parts)
    if isinstance(parts, Const) or not isinstance(t, (ty.Tuple, ty.List)):
        return parts
    if made is not None and made.fn in (prims.list_, prims.tuple_) and made is engine.block.ops[-1]:
        items = list(made.operands)
    elif isinstance(t, ty.Tuple):
        items = engine.take_apart(parts)
    elif isinstance(t.item, (ty.Tuple, ty.List)):
        raise engine.refuse("lists of lists are joined", "make arrays of the lists first")
    else:
        return parts
    lists = [isinstance(ty.widen(v.type), (ty.Tuple, ty.List)) for v in items]
    if not any(lists):
        return parts
    arrays_of = [engine.apply(np.array, [v]) if is_list else v for v, is_list in zip(items, lists)]
    return engine.make_tuple(arrays_of)


def _lists_as_arrays(
    engine: Engine, fn: Any, operands: list[Value], keywords: tuple[str, ...]
) -> list[Value]:
    """Inputs of a NumPy function that are lists, as the arrays that NumPy makes of them."""
    primitive = lookup(fn)
    if (
        primitive is None
        or primitive.inputs is None
        or not (getattr(fn, "__module__", "") or "").startswith(("numpy", "scipy"))
        and not isinstance(fn, np.ufunc)
        and not isinstance(getattr(fn, "__self__", None), np.ufunc)
    ):
        return operands
    if fn in _JOIN and operands:
        return [_parts_as_arrays(engine, operands[0]), *operands[1:]]
    if fn in _TAKE_LISTS:
        return operands
    count = min(primitive.inputs, len(operands) - len(keywords))
    return [
        engine.apply(np.array, [v])
        if k < count
        and isinstance(v.type, (ty.Tuple, ty.List))
        and not isinstance(v, Const)
        and _is_array_like(v.type)
        else v
        for k, v in enumerate(operands)
    ]


def _lists_beside_arrays(engine: Engine, operands: list[Value]) -> list[Value]:
    """The operands of an operator: a list of active numbers beside an array is the array that NumPy makes of it."""
    if not any(isinstance(v.type, ty.Array) for v in operands):
        return operands
    return [
        engine.apply(np.array, [v])
        if isinstance(v.type, (ty.Tuple, ty.List)) and ty.can_carry(v.type) and not isinstance(v, Const)
        else v
        for v in operands
    ]


def _is_array_like(t: ty.Type) -> bool:
    """Whether NumPy would take a list or tuple for an array of numbers."""
    if isinstance(t, (ty.Tuple, ty.List)):
        item = ty.as_list(t).item
        if t.cls is list:
            return isinstance(ty.widen(item), (ty.Scalar, ty.Array, ty.Never)) or _is_array_like(item)
        return (
            isinstance(t, ty.Tuple)
            and bool(t.items)
            and all(isinstance(ty.widen(i), (ty.Scalar, ty.Array)) for i in t.items)
            and len({len(arrays.known_shape(i) or ()) for i in t.items}) == 1
            and ty.can_carry(t)
        )
    return False


def _is_pure(fn: Any) -> bool:
    found = lookup(fn)
    return fn in _FOLDABLE or fn in _OPERATORS or (found is not None and found.pure)


def fold(engine: Engine, fn: Any, operands: list[Value], keywords: tuple[str, ...]) -> Const | None:
    """The constant that an application of constants comes to; floats of the user stay as written."""
    if not (fn in _FOLDABLE or fn in _OPERATORS) or not all(type(v) is Const for v in operands):
        return None
    split = len(operands) - len(keywords)
    values = [v.value for v in operands]  # type: ignore[attr-defined]
    floats = any(isinstance(v, (float, complex, np.inexact, np.ndarray)) for v in values)
    if fn in (operator.pow, pow, operator.lshift, operator.mul) and any(
        isinstance(v, int) and abs(v) > 10_000 for v in values
    ):
        return None
    try:
        result = fn(*values[:split], **dict(zip(keywords, values[split:])))
    except Exception:
        return None  # the primal raises when it runs; so does what is written
    if isinstance(result, (float, complex, np.generic, np.ndarray)) and not (
        engine.algebra and not isinstance(result, (np.generic, np.ndarray))
    ):
        return None
    if floats and not isinstance(result, (bool, str, int, np.bool_)) and not engine.algebra:
        return None
    return Const(bool(result) if isinstance(result, np.bool_) else result)


def need_static(engine: Engine, fn: Any, operands: list[Value], keywords: tuple[str, ...]) -> None:
    """Ask for arguments by value where they reach a static option of a known function."""
    primitive = lookup(fn)
    if primitive is None or primitive.inputs is None:
        return
    split = len(operands) - len(keywords)
    options = dict(zip(keywords, operands[split:]))
    named = option_names(primitive)
    for k, value in enumerate(operands[:split]):
        if k >= primitive.inputs and k - primitive.inputs < len(named):
            options[named[k - primitive.inputs]] = value
    for option, value in options.items():
        if option in _STATIC_OPTIONS and not isinstance(value, Const):
            params = parameters_behind(engine, value)
            positions = [engine.arguments[p] for p in params if p in engine.arguments]
            if params and len(positions) == len(params):
                raise NeedStatic(positions, engine.depends)


def option_names(primitive: Any) -> list[str]:
    """Names of a primitive's options, in order, as its rules declare them."""
    rule = primitive.adjoint or primitive.tangent
    if rule is None:
        return []
    code = rule.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    defaults = set(names[code.co_argcount - len(rule.__defaults__ or ()) : code.co_argcount])
    return [n for n in names if n in defaults or n in names[code.co_argcount :]]


def parameters_behind(engine: Engine, value: Value) -> list[Value]:
    """The parameters of the program that a static value is computed from; [] when not from these alone."""
    found: dict[Value, None] = {}
    work = [value]
    while work:
        v = work.pop()
        if isinstance(v, Const):
            continue
        op = engine.definition(v)
        if op is None:
            found[v] = None
            continue
        if op.kind != "apply" or len(found) > 8:
            return []
        work.extend(op.operands)
    return list(found)


# ----- the type of a result -----


def result_type(engine: Engine, fn: Any, operands: list[Value], keywords: tuple[str, ...]) -> ty.Type:
    """What an application gives, by rank of knowledge: elementwise, reduction, example, nothing."""
    site = engine.site()
    primitive = lookup(fn)
    if (
        fn in ARITHMETIC
        or (primitive is not None and primitive.elementwise and not keywords)
        or isinstance(fn, np.ufunc)
        and not keywords
    ):
        if isinstance(fn, np.ufunc) and (fn.signature is not None or fn.nout != 1 or len(operands) != fn.nin):
            return _probed(engine, fn, operands, keywords, site)
        inputs = [listed(v) for v in operands]
        return arrays.elementwise(fn, inputs, site)
    if fn in arrays.REDUCTIONS:
        found = arrays.reduction(fn, operands, keywords, site)
        if found is not None:
            return found
    if (
        fn in (operator.matmul, np.matmul)
        and len(operands) == 2
        or fn is np.dot
        and _at_most_matrices(operands)
    ):
        found = arrays.product(operands[0], operands[1], site)
        if found is not None:
            return found
    return _probed(engine, fn, operands, keywords, site)


def _at_most_matrices(operands: list[Value]) -> bool:
    return all(
        isinstance(v.type, ty.Array) and v.type.dims is not None and 1 <= len(v.type.dims) <= 2
        for v in operands
    )


def listed(v: Value) -> Value:
    """A list of numbers among the operands of a ufunc counts as an array."""
    t = ty.widen(v.type)
    if isinstance(t, (ty.Tuple, ty.List)):
        item = ty.as_list(t).item
        if isinstance(item, ty.Scalar):
            length = ty.as_list(t).length
            return Value(ty.Array(item.dtype, (length,) if length else None))
    return v


def _probed(engine: Engine, fn: Any, operands: list[Value], keywords: tuple[str, ...], site: str) -> ty.Type:
    if any(isinstance(v.type, ty.Numeric) for v in operands):
        return ty.NUMERIC if lookup(fn) is not None and not lookup(fn).nondifferentiable else ty.ANY  # type: ignore[union-attr]
    if not _safe_to_run(fn):
        return ty.ANY
    try:
        return probe(fn, operands, keywords, site)
    except CannotProbe:
        return ty.ANY


_LIBRARIES = ("numpy", "scipy", "math", "operator", "cmath")


_HEAP_TYPE = 1 << 9


def is_library(fn: Any) -> bool:
    """Whether a callable belongs to Python or to a numeric library, not to the user."""
    if getattr(fn, "__module__", None) in (
        "builtins",
        None,
    ):  # what a namespace without a name defines says so too
        if isinstance(fn, FunctionType) or isinstance(fn, type) and fn.__flags__ & _HEAP_TYPE:
            return False
    module = str(getattr(fn, "__module__", None) or getattr(type(fn), "__module__", None) or "")
    top = module.partition(".")[0]
    if module.startswith("adtrans.rules"):
        return False  # what rules call is inlined like the user's own functions
    return top in ("numpy", "scipy", "adtrans") or top in sys.stdlib_module_names


def _safe_to_run(fn: Any) -> bool:
    """Whether running a callable on examples can have no effect."""
    if lookup(fn) is not None or fn in _FOLDABLE or fn in _OPERATORS:
        return True
    module = (
        getattr(fn, "__module__", None)
        or getattr(getattr(fn, "__objclass__", None), "__module__", None)
        or ""
    )
    if isinstance(fn, np.ufunc):
        return True
    top = module.partition(".")[0]
    return top in _LIBRARIES and not module.startswith(("numpy.random", "scipy.io")) and getattr(fn, "__name__", "") not in (
        "save", "savez", "savetxt", "tofile", "load", "loadtxt", "seterr", "setdiff", "copyto", "put", "place", "fill_diagonal",
        "put_along_axis", "putmask", "shuffle", "set_printoptions",
    )  # fmt: skip


@handles(np.copyto)
def _copyto(engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any) -> Value:
    """`np.copyto(x, v)` is `x[...] = v`."""
    given = {**dict(zip(("dst", "src", "casting", "where"), operands)), **keywords}
    target, value, where = given["dst"], given["src"], given.get("where")
    if where is not None:
        value = engine.apply(np.where, [where, value, target])
    return engine.apply(operator.setitem, [target, Const(Ellipsis), value])


@handles(np.fill_diagonal)
def _fill_diagonal(
    engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any
) -> Value | None:
    """`np.fill_diagonal(a, v)` of a matrix is `a[i, i] = v`."""
    t = operands[0].type
    if keywords or len(operands) != 2 or not isinstance(t, ty.Array) or t.dims is None or len(t.dims) != 2:
        return None
    shape = engine.apply(np.shape, [operands[0]])
    rows, columns = (engine.apply(operator.getitem, [shape, Const(k)]) for k in (0, 1))
    count = rows if t.dims[0] == t.dims[1] else engine.apply(min, [rows, columns])
    i = engine.apply(np.arange, [count])
    return engine.apply(operator.setitem, [operands[0], engine.apply(prims.tuple_, [i, i]), operands[1]])
