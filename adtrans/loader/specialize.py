"""One specialisation: generated text, its compiled entry, and the call around it.

The call is straight-line code made for the argument types: it checks that what the derivative
relies on still holds, fits the vectors in, runs the entry, and fits the gradients out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np

from adtrans.errors import VectorError
from adtrans.ir import types as ty
from adtrans.loader import compile as compiler
from adtrans.loader import guards, ownership, structures, vectors
from adtrans.loader.target import Slot
from adtrans.transform.request import Generated, Request


@dataclass(eq=False)
class Specialisation:
    """A compiled derivative for one pattern of argument types; it does not keep the function alive."""

    request: Request  # without the function, and with the types of arrays only
    generated: Generated
    entry: FunctionType
    call: Callable[..., Any] = field(init=False, repr=False)

    @property
    def source(self) -> str:
        return self.generated.text


class _Lines:
    """Lines of a function under construction, and the objects they name."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.names: dict[str, Any] = {"ndarray": np.ndarray}

    def bind(self, prefix: str, value: Any) -> str:
        name = f"{prefix}{len(self.names)}"
        self.names[name] = value
        return name

    def add(self, *lines: str) -> None:
        self.lines.extend("    " + line for line in lines)


class Surroundings(NamedTuple):
    """What a call needs beyond its request.

    names: the function's parameters, for messages. stale: called with the same arguments instead
    when something that the derivative relies on was rebound. last: a list whose item is the last
    specialisation used. check_value: the value's type is not
    known, so that each call must see that it is one real number. drop_value: it is wanted for that
    check alone.
    """

    name: str
    names: tuple[str, ...]
    stale: Callable[..., Any]
    last: list[Any]
    check_value: bool = False
    drop_value: bool = False


def specialise(request: Request, generated: Generated, around: Surroundings) -> Specialisation:
    """Compile generated text and write the call around its entry."""
    title = f"{request.transform} of {around.name}"
    places = {
        line: (function.__code__.co_filename, function.__code__.co_firstlineno + offset)
        for line, function, offset in generated.places
    }
    entry = compiler.load(generated.text, generated.entry, generated.bindings, title, places)
    arrays = tuple(t if isinstance(t, ty.Array) else ty.ANY for t in request.types)
    kept = dataclasses.replace(generated, depends=[], places=[], bindings=dict.fromkeys(generated.bindings))
    made = Specialisation(dataclasses.replace(request, function=None, types=arrays), kept, entry)
    made.call = _write_call(made, request, generated, around)
    return made


def _write_call(
    made: Specialisation, request: Request, generated: Generated, around: Surroundings
) -> Callable[..., Any]:
    out = _Lines()
    out.names.update(entry=made.entry, stale=around.stale, last=around.last, this=made)
    params = [f"p{i}" for i in range(len(request.types))]
    count = {"jvp": len(request.argnums), "vjp": 1}.get(request.transform, 0)
    every = ", ".join(params + [f"v{i}" for i in range(count)])
    conditions = list(guards.conditions(request.function, generated.depends, out.bind))
    if conditions:
        out.add(f"if not ({' and '.join(conditions)}):", f"    return stale({every})")
    out.add("last[0] = this")
    if generated.mutated:
        out.names["check_overlap"] = vectors.check_overlap
        known = f"{out.bind('mutated', tuple(generated.mutated))}, {out.bind('names', around.names)}"
        out.add(f"check_overlap({tuple_of(params)}, {known})")
    arguments = [
        (_expression(slot), _label(slot, around.names), _slot_type(slot, request.types))
        for slot in request.argnums
    ]
    if request.transform == "vjp":
        _write_vjp(out, request, generated, arguments, params, every, made.request.types)
    elif request.transform == "jvp":
        _write_jvp(out, request, generated, arguments, every)
    else:
        _write_grad(out, request, generated, arguments, every, around)
    text = "\n".join([f"def call({every}):", *out.lines, ""])
    exec(compile(text, "<adtrans call>", "exec"), out.names)
    return out.names["call"]


def tuple_of(expressions: list[str]) -> str:
    """The text of a tuple."""
    return f"({''.join(e + ', ' for e in expressions)})" if expressions else "()"


Arguments = list[tuple[str, str, ty.Type]]  # expression, label, type


def _expression(slot: Slot) -> str:
    return f"p{slot}" if isinstance(slot, int) else f"p{slot[0]}[{slot[1]!r}]"


def _label(slot: Slot, names: tuple[str, ...]) -> str:
    return names[slot] if isinstance(slot, int) else f"{names[slot[0]]}[{slot[1]!r}]"


def _slot_type(slot: Slot, types_: tuple[ty.Type, ...]) -> ty.Type:
    if isinstance(slot, int):
        return types_[slot]
    inside = types_[slot[0]]
    if isinstance(inside, ty.Tuple):
        return inside.items[slot[1]]
    if isinstance(inside, ty.Record):
        return inside.get(slot[1]) or ty.ANY
    return inside.item if isinstance(inside, ty.List) else ty.ANY


# ----- reverse mode -----


def _write_grad(
    out: _Lines,
    request: Request,
    generated: Generated,
    arguments: Arguments,
    every: str,
    around: Surroundings,
) -> None:
    aux = dict(request.options).get("has_aux", False)
    call = f"entry({every})"
    if request.transform == "value_and_grad":
        out.add(f"y, r = {call}")
        if around.check_value:
            out.names["check_value"] = vectors.check_real_scalar
            out.add(f"check_value({'y[0]' if aux else 'y'}, {around.name!r})")
        result = "g, y[1]" if aux and around.drop_value else "g" if around.drop_value else "y, g"
    elif aux:
        out.add(f"r, y = {call}")
        result = "g, y"
    else:
        out.add(f"r = {call}")
        result = "g"
    if generated.single:
        out.add("r = (r,)")
    gradients = _write_gradients(out, request, generated, arguments)
    if result == "g":
        out.add(f"return {gradients}")
    else:
        out.add(f"g = {gradients}", f"return {result}")


def _write_vjp(
    out: _Lines,
    request: Request,
    generated: Generated,
    arguments: Arguments,
    params: list[str],
    every: str,
    types: tuple[ty.Type, ...],
) -> None:
    out.names.update(
        as_floating=vectors.as_floating, check=vectors.check_cotangent, explain=explain_cotangent
    )
    output = generated.output
    if output == ty.FLOAT:
        out.names["as_number"] = as_number
        out.add("if type(v0) is not float:", "    v0 = as_number(v0)")
    else:
        out.add("if type(v0) is not ndarray or v0.dtype.kind not in 'fc':", "    v0 = as_floating(v0)")
    known = f"{out.bind('output', output)}, {out.bind('types', types)}"
    out.add("try:", f"    y, r = entry({every})", "except Exception:")
    out.add(f"    explain(v0, {known}, {tuple_of(params)})", "    raise")
    if output == ty.FLOAT:
        out.add("if type(v0) is not float:", "    check(v0, y, 'cotangent')")
    else:
        out.add("if type(v0) is not ndarray or type(y) is not ndarray or v0.shape != y.shape:")
        out.add("    check(v0, y, 'cotangent')")
    if generated.single:
        out.add("r = (r,)")
    out.add(f"return y, {_write_gradients(out, request, generated, arguments)}")


def _write_gradients(out: _Lines, request: Request, generated: Generated, arguments: Arguments) -> str:
    """Lines that fit the raw gradients, a tuple `r`, out; the expression of the result."""
    out.names.update(own=ownership.own, gradient=vectors.gradient)
    local = [f"g{i}" for i in range(len(arguments))]
    types_ = [type_ for *_, type_ in arguments]
    shared = not generated.fresh and any(isinstance(t, ty.Array) for t in types_)
    out.add(f"{', '.join(local)}, = {'own(r)' if shared else 'r'}")
    for g, (x, _, type_) in zip(local, arguments):
        if isinstance(type_, ty.Array):
            out.add(
                f"if type({g}) is not ndarray or {g}.dtype is not {x}.dtype:", f"    {g} = gradient({g}, {x})"
            )
        elif type_ == ty.FLOAT:
            out.add(f"if type({g}) is not float:", f"    {g} = gradient({g}, {x})")
        else:
            out.add(f"{g} = gradient({g}, {x}, {generated.fresh})")
    return local[0] if dict(request.options).get("single") else f"({', '.join(local)},)"


# ----- forward mode -----


def _write_jvp(out: _Lines, request: Request, generated: Generated, arguments: Arguments, every: str) -> None:
    out.names.update(conform=vectors.conform, own_item=ownership.own_item, gradient=vectors.gradient)
    for i, (x, label, type_) in enumerate(arguments):
        if isinstance(type_, ty.Array):
            unfit = f"type(v{i}) is not ndarray or v{i}.dtype is not {x}.dtype or v{i}.shape != {x}.shape"
        else:
            unfit = f"type(v{i}) is not float" if type_ == ty.FLOAT else ""
        text = f"v{i} = conform(v{i}, {x}, {f'tangent of `{label}`'!r})"
        out.add(*([f"if {unfit}:", "    " + text] if unfit else [text]))
    output = generated.output
    if dict(request.options).get("tangent_only"):
        # the tangent of a gradient has the structure of the arguments
        bare = getattr(request.function, "single", False)
        out.add(f"r = (entry({every}),)" if bare else f"r = entry({every})")
        out.add(f"return {_write_gradients(out, request, generated, arguments)}")
        return
    out.add(f"r = entry({every})", "y = r[0]")
    if isinstance(output, ty.Array):
        out.add("t = r[1]" if generated.fresh else "t = own_item(r, 1)")
        out.add("if type(t) is not ndarray or t.dtype is not y.dtype:", "    t = gradient(t, y)")
    elif output == ty.FLOAT:
        out.add("t = r[1]", "if type(t) is not float:", "    t = gradient(t, y)")
    else:
        out.add(f"t = gradient(r[1], y, {generated.fresh})")
    out.add("return y, t")


# ----- cotangents -----


def as_number(v: Any) -> Any:
    """A cotangent of a number: ints become floats, arrays of shape () numbers."""
    v = vectors.as_floating(v)
    return v[()] if isinstance(v, np.ndarray) and v.shape == () else v


def explain_cotangent(v: Any, output: ty.Type, types_: tuple[ty.Type, ...], values: tuple[Any, ...]) -> None:
    """VectorError when a failed call had a cotangent that cannot fit the output's type."""
    _explain(v, output, lambda part: output_shape(part, types_, values), "cotangent")


def _explain(v: Any, output: ty.Type, shape_of: Callable[[ty.Type], Any], label: str) -> None:
    if isinstance(output, (ty.Tuple, ty.Record)):
        entries = structures.children(v) if type(v) is output.cls else None
        parts = output.fields if isinstance(output, ty.Record) else tuple(enumerate(output.items))
        if entries is None or {key for key, _ in entries} != {key for key, _ in parts}:
            expected = f"a {output.cls.__name__} of {len(parts)}"
            raise VectorError(
                f"{label}: expected {expected}, got {vectors.shown(v)}", hint=vectors.VECTOR_HINT
            ) from None
        found = dict(entries)
        for key, part in parts:
            _explain(found[key], part, shape_of, f"{label}[{key!r}]")
        return
    shape = shape_of(output)
    if shape is None or not ty.can_carry(output):
        return
    came = np.shape(v) if isinstance(v, (np.ndarray, int, float, complex, np.generic)) else None
    if came != shape:
        expected = f"a vector of shape {shape}" if shape else "a number"
        raise VectorError(
            f"{label}: expected {expected}, got {vectors.shown(v)}", hint=vectors.VECTOR_HINT
        ) from None


def output_shape(
    output: ty.Type, types_: tuple[ty.Type, ...], values: tuple[Any, ...]
) -> tuple[int, ...] | None:
    """The shape of an output of known type at these arguments; None where it is not known."""
    if isinstance(output, ty.Scalar):
        return ()
    if not isinstance(output, ty.Array) or output.dims is None:
        return None
    lengths: dict[str, int] = {}
    for type_, value in zip(types_, values):
        if isinstance(type_, ty.Array) and type_.dims is not None and isinstance(value, np.ndarray):
            for dim, length in zip(type_.dims, value.shape):
                if dim.symbol is not None and not dim.offset:
                    lengths[dim.symbol] = length
    shape = []
    for dim in output.dims:
        if dim.symbol is not None and dim.symbol not in lengths:
            return None
        shape.append(dim.offset + (lengths[dim.symbol] if dim.symbol is not None else 0))
    return tuple(shape)


def must_check_output(output: ty.Type, aux: bool) -> bool:
    """Whether a call must look at the value itself, as its type does not tell that it is one real number."""
    if aux:
        output = output.items[0] if isinstance(output, ty.Tuple) and output.items else ty.ANY
    return ty.is_real_scalar(output) is not True
