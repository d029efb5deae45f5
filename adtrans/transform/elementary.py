"""The adjoint of one application of a known function, from its rule."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from adtrans.analysis.inference.algebra import Zero, conformed, expanded, materialise, unbroadcasted
from adtrans.analysis.inference.arrays import known_shape
from adtrans.analysis.inference.outputs import parameters_of
from adtrans.errors import UnsupportedError
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Const, Op, Value
from adtrans.rules import load
from adtrans.rules.registry import Primitive, lookup
from adtrans.transform import poles, undefined
from adtrans.transform.adjoints import Entry, Parts, Scope, whole
from adtrans.transform.inlining import inline_rule

if TYPE_CHECKING:
    from adtrans.analysis.inference.engine import Engine
    from adtrans.transform.reverse import Reverse

# Reductions whose rules take a cotangent that is smaller than the output.
_TAKES_SMALL = frozenset([np.sum, np.mean])


def reverse_apply(reverse: Reverse, op: Op, scope: Scope, b: Entry | None) -> None:
    """Contribute to the adjoints of an application's operands."""
    engine = reverse.engine
    primitive = rule_of(op)
    inputs, options = bound_operands(engine, op, primitive)
    wanted = [reverse.activity.is_varied(v) or _holds_varied(reverse, v) for v in inputs]
    if not any(wanted):
        return
    result = op.result if len(op.results) == 1 else None
    assert result is not None and b is not None
    undefined.in_reverse(reverse, op, primitive, inputs, options, b, wanted)
    if primitive.partials is not None or (primitive.elementwise and primitive.adjoint is not None):
        value = whole(engine, result, b) if isinstance(b, Parts) else b
        assert isinstance(value, Value)
        if options and primitive.partials is not None:
            raise unsupported(op, reverse, f"{spelled(op)} with {', '.join(options)}=")
        contributions = partial_contributions(reverse, op.fn, inputs, result, value, wanted, options)
    elif primitive.adjoint is not None:
        if isinstance(b, Parts):
            value = _cotangent_parts(engine, result, b)
        elif primitive.fn in _TAKES_SMALL and known_shape(result.type) is not None:
            assert isinstance(b, Value)
            value = b
        else:
            assert isinstance(b, Value)
            value = whole(engine, result, b)
        contributions = call_rule(engine, primitive.adjoint, [*inputs, result, value], options, len(inputs))
        _check_implemented(op, contributions, wanted)
        contributions = [
            None if c is None or not w else _fit(engine, c, v)
            for c, v, w in zip(contributions, inputs, wanted)
        ]
    else:
        raise unsupported(op, reverse)
    for name, v in options.items():
        if reverse.activity.is_varied(v):
            raise unsupported(op, reverse, f"{spelled(op)} with an active {name}=")
    for v, c in _summed(engine, inputs, contributions, wanted):
        reverse.contribute(scope, v, c)


def _summed(
    engine: Engine, inputs: list[Value], contributions: list[Value | None], wanted: list[bool]
) -> list[tuple[Value, Value]]:
    """Contributions by input; those to one array by two operands are added first."""
    out: list[tuple[Value, Value]] = []
    for v, c, w in zip(inputs, contributions, wanted):
        if c is None or not w:
            continue
        at = next((k for k, (u, _) in enumerate(out) if u is v), None)
        if at is None or not isinstance(ty.widen(v.type), (ty.Scalar, ty.Array)):
            out.append((v, c))
        else:
            out[at] = (v, engine.apply(operator.add, [out[at][1], c]))
    return out


def _check_implemented(op: Op, contributions: list[Value | None], wanted: list[bool]) -> None:
    """Refuse where a rule says that it has no derivative for an input that is active."""
    for k, (c, w) in enumerate(zip(contributions, wanted)):
        if w and isinstance(c, Const) and c.value is NotImplemented:
            raise unsupported(op, None, f"{spelled(op)}, with respect to argument {k},")


def _holds_varied(reverse: Reverse, v: Value) -> bool:
    made = reverse.engine.definition(v)
    return (
        made is not None
        and isinstance(v.type, (ty.Tuple, ty.List))
        and any(reverse.activity.is_varied(o) for o in made.operands)
    )


def _cotangent_parts(engine: Engine, result: Value, b: Parts) -> Value:
    """The cotangent of a tuple, its missing parts being zeros that take no form, the others whole."""
    t = result.type
    if not isinstance(t, ty.Tuple):
        return whole(engine, result, b)
    items: list[Value] = []
    for k, inner in enumerate(t.items):
        part = b.get(k)
        if isinstance(part, Value) and not _is_smaller(part.type, inner):
            items.append(part)
            continue
        like = engine.emit(operator.getitem, [result, Const(k)], [inner])[0]
        items.append(Zero(like) if part is None else whole(engine, like, part))
    return engine.make_tuple(items)


def _is_smaller(b: ty.Type, t: ty.Type) -> bool:
    """Whether a cotangent is known to be smaller than what it broadcasts to, as those of sums are."""
    have, want = known_shape(b), known_shape(t)
    if have is None or want is None or len(have) != len(want):
        return isinstance(ty.widen(t), ty.Array) and have != want
    return any(h == 1 != w for h, w in zip(have, want))


def _fit(engine: Engine, b: Value, v: Value) -> Value:
    if isinstance(b, Zero):
        return b
    if isinstance(ty.widen(v.type), (ty.Scalar, ty.Array)):
        return conformed(engine, b, v)
    return b


def rule_of(op: Op) -> Primitive:
    """The primitive of an application; refused where there is none."""
    load.core()
    primitive = lookup(op.fn)
    if primitive is None:
        load.for_function(op.fn)
        primitive = lookup(op.fn)
    if primitive is None or (
        primitive.partials is None
        and primitive.adjoint is None
        and primitive.tangent is None
        and not primitive.linear
    ):
        raise unsupported(op)
    return primitive


def spelled(op: Op) -> str:
    """The public name of an op's function, as far as its module tells."""
    fn = op.fn
    name = getattr(fn, "__qualname__", None) or getattr(fn, "__name__", None) or str(fn)
    module = str(getattr(fn, "__module__", "") or "")
    parts = [part for part in module.split(".") if not part.startswith("_") and part != "builtins"]
    if parts[:1] == ["numpy"]:
        parts[0] = "np"
    return ".".join([*parts, name])


def unsupported(op: Op, reverse: Reverse | None = None, what: str | None = None) -> UnsupportedError:
    """The refusal of an application that has no rule."""
    said = op.attrs.get("refusal")
    if said is not None:
        assert isinstance(said, UnsupportedError)
        return said
    if op.fn is prims.call:
        what = what or "this call"
        return UnsupportedError(f"{what} is of an object that is not known when the derivative is written, and it is given an active value",
                                span=op.span, hint="cut the dependence with adtrans.stop_gradient")  # fmt: skip
    name = what or spelled(op)
    error = UnsupportedError(f"{name} has no derivative rule, and an active value reaches it", span=op.span, code="no-rule",
                             hint=f"register one with @adtrans.adjoint({spelled(op)}), or cut the dependence with adtrans.stop_gradient")  # fmt: skip
    error.subject = op.fn
    return error


def bound_operands(engine: Engine, op: Op, primitive: Primitive) -> tuple[list[Value], dict[str, Value]]:
    """The inputs of an application, and its options by name."""
    positional, keywords = list(op.positional()), op.by_keyword()
    rule = primitive.partials or primitive.adjoint or primitive.tangent
    if rule is None:
        return positional, keywords
    count = primitive.inputs
    assert count is not None
    code = rule.__code__
    names = list(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
    inputs = positional[:count]
    options: dict[str, Value] = {}
    input_names = _own_names(op.fn, names[:count]) if len(inputs) < count else []
    for k in range(len(inputs), count):
        for name in (names[k], input_names[k]):
            if name in keywords:
                inputs.append(keywords.pop(name))
                break
        else:
            inputs.append(Const(None))
    option_names = names[_first_option(rule) :]
    further = positional[count:]
    own = _own_order(op.fn, count) if further else []
    for k, value in enumerate(further):
        if k < len(own):
            options[own[k]] = value
        elif k < len(option_names):
            options[option_names[k]] = value
        else:
            raise unsupported(op, None, f"{spelled(op)} with this many arguments")
    options.update(keywords)
    for name in options:
        if name not in option_names and primitive.partials is None:
            raise unsupported(op, None, f"{spelled(op)} with {name}=")
    return inputs, options


def _first_option(rule: Any) -> int:
    code = rule.__code__
    return int(code.co_argcount - len(rule.__defaults__ or ()))


def _own_names(fn: Any, default: list[str]) -> list[str]:
    parameters = parameters_of(fn)
    if parameters is None:
        return default
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return default
    names = [p.name for p in parameters if p.kind is not p.KEYWORD_ONLY]
    return [*names[: len(default)], *default[len(names) :]]


def _own_order(fn: Any, count: int) -> list[str]:
    """The function's own names of the positional parameters behind its inputs."""
    parameters = parameters_of(fn)
    if parameters is None:
        return []
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return []
    return [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)][count:]


def call_rule(
    engine: Engine, rule: Any, values: list[Value], options: dict[str, Value], count: int
) -> list[Value | None]:
    """Inline a rule's body; one contribution an input, None where it has none."""
    found = inline_rule(engine, rule, values, options)
    if (
        count == 1
        and not isinstance(found.type, ty.Tuple)
        and not (isinstance(found, Const) and isinstance(found.value, tuple))
    ):
        return [found if not (isinstance(found, Const) and found.value is None) else None]
    if count == 1 and isinstance(values[0].type, (ty.Tuple, ty.List)):
        alone = isinstance(found.type, ty.Tuple) and len(found.type.items) == 1
        if not alone or _depth(found.type) <= _depth(values[0].type):
            return [found]
    parts = engine.take_apart(found)
    return [None if isinstance(p, Const) and p.value is None else p for p in parts]


def _depth(t: ty.Type) -> int:
    """How deep lists and tuples are nested, along their first items."""
    depth = 0
    while isinstance(t, (ty.Tuple, ty.List)):
        depth += 1
        t = t.item if isinstance(t, ty.List) else t.items[0] if t.items else ty.NEVER
    return depth


def partial_contributions(reverse: Reverse, fn: Any, inputs: list[Value], y: Value, b: Value, wanted: list[bool],
                          options: dict[str, Value] | None = None) -> list[Value | None]:  # fmt: skip
    """Contributions of an elementwise function, summed back to the shapes of its inputs."""
    engine = reverse.engine
    primitive = lookup(fn)
    assert primitive is not None
    for v, w in zip(inputs, wanted):
        if w and not isinstance(ty.widen(v.type), (ty.Scalar, ty.Array, ty.Numeric, ty.Any, ty.Optional)):
            raise UnsupportedError(f"{getattr(fn, '__name__', fn)} of a {ty.widen(v.type)} that holds active values is not supported", span=engine.span,
                                   hint="use arrays, or build the list by a comprehension")  # fmt: skip
    mask = mask_of(reverse, b)
    shape = known_shape(y.type)
    differs = [w and (shape is None or known_shape(v.type) != shape) for v, w in zip(inputs, wanted)]
    at_pole = primitive.at_poles is not None and poles.meets_zero(reverse, fn, inputs, b)
    raw: list[Value | None] | None = None
    if any(differs) and not isinstance(b, Zero):
        if mask is None:
            raw = _raw_contributions(reverse, fn, inputs, y, b, wanted, options, at_pole)
            sums = [(c, v) for c, v, differ in zip(raw, inputs, differs) if differ and c is not None]
            raw = raw if all(_spreads(c, v, y) for c, v in sums) else None
        if raw is None:
            wide = expanded(engine, b, y)
            if mask is not None and wide is not b:
                reverse.note_mask(wide, mask)
            b = wide
    if raw is None:
        raw = _raw_contributions(reverse, fn, inputs, y, b, wanted, options, at_pole)
    for k, c in enumerate(raw):
        check_partial(engine, fn, c, k, True)
    out: list[Value | None] = []
    for c, v in zip(raw, inputs):
        if c is None or isinstance(c, Zero):
            out.append(None)
            continue
        if mask is not None and c is not b:
            c = engine.apply(np.where, [mask, c, Const(0.0)])
        fitted = unbroadcasted(engine, c, v) if _may_differ(engine, c, v, shape) else conformed(engine, c, v)
        if mask is not None and fitted is c:
            reverse.note_mask(c, mask)
        out.append(fitted)
    return out


def _raw_contributions(reverse: Reverse, fn: Any, inputs: list[Value], y: Value, b: Value, wanted: list[bool],
                       options: dict[str, Value] | None, at_pole: bool) -> list[Value | None]:  # fmt: skip
    """Contributions of an elementwise function in the shape of its output, or smaller where `b` is."""
    engine = reverse.engine
    primitive = lookup(fn)
    assert primitive is not None
    if primitive.partials is None or at_pole:
        rule = primitive.at_poles if at_pole else primitive.adjoint
        found = call_rule(engine, rule, [*inputs, y, b], options or {}, len(inputs))
        return [c if w else None for c, w in zip(found, wanted)]
    found = call_rule(engine, primitive.partials, [*inputs, y], {}, len(inputs))
    raw: list[Value | None] = []
    for k, (p, w) in enumerate(zip(found, wanted)):
        check_partial(engine, fn, p, k, w)
        raw.append(None if p is None or not w else _times(engine, b, p))
    return raw


def _spreads(c: Value, v: Value, y: Value) -> bool:
    """Whether a contribution is as large as y where lengths are known, and where it is summed for v."""
    own, dims, whole_shape = (known_shape(x.type) for x in (v, c, y))
    if own is None or dims is None or not whole_shape or len(dims) != len(whole_shape):
        return False
    for axis in range(-len(dims), 0):
        length = whole_shape[axis]
        kept = -axis <= len(own) and (own[axis] == length or not own[axis].may_be_one)
        if dims[axis] != length and (dims[axis].literal == 1 or not kept):
            return False
    return True


def check_partial(engine: Engine, fn: Any, p: Value | None, k: int, wanted: bool) -> None:
    """Refuse where a rule says that it has no derivative for an input that is active."""
    if wanted and isinstance(p, Const) and p.value is NotImplemented:
        raise UnsupportedError(f"{getattr(fn, '__name__', fn)} has no derivative with respect to argument {k}, which is active", span=engine.span,
                               hint="cut the dependence with adtrans.stop_gradient")  # fmt: skip


def mask_of(reverse: Reverse, b: Value) -> Value | None:
    """Where a cotangent is alive: outside it is zero whatever it is multiplied by."""
    found = reverse.mask(b)
    if found is not None:
        return found
    made = reverse.engine.definition(b)
    if made is None or made.fn is not np.where or len(made.operands) != 3:
        return None
    condition, a, c = made.operands
    if not reverse.is_unchanged(condition, b):
        return None
    if isinstance(c, Const) and c.value == 0:
        return condition
    if isinstance(a, Const) and a.value == 0:
        return reverse.engine.apply(np.logical_not, [condition])
    return None


def _times(engine: Engine, b: Value, p: Value) -> Value:
    if isinstance(p, Const) and p.value in (0, 0.0) and not isinstance(p.value, bool):
        return Zero()
    factor = engine.apply(np.conjugate, [p])
    if (
        type(b) is Const
        and b.value == 1.0
        and isinstance(ty.widen(factor.type), (ty.Scalar, ty.Array))
        and not isinstance(factor, Const)
    ):
        return factor
    return engine.apply(operator.mul, [b, factor])


def _may_differ(engine: Engine, c: Value, v: Value, shape: Any) -> bool:
    """Whether a contribution may have another shape than its input."""
    return shape is None or known_shape(v.type) != shape


__all__ = ["bound_operands", "call_rule", "materialise", "reverse_apply", "rule_of"]
