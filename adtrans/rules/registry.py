"""The rule registry: what is known of every function that a program may call.

A rule is a small Python function. Its parameters are, in this order: the function's inputs, the
output `y`, the tangents (`d` + input name) or the cotangent `by`, then the function's options,
with the names and defaults that the function itself gives them. Rules are read by the frontend
and inlined when a derivative is written; nothing here runs them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

Function = Callable[..., Any]
F = TypeVar("F", bound=Function)


class Undefined(NamedTuple):
    """Where a function has no derivative: what `undefined="raise"` looks for.

    condition: takes the inputs, the output `y`, then if it likes the cotangent `by` (in forward mode
    the tangent of the output), then those options of the function that it names. It gives one truth
    value for each element of the output, or a tuple with one for each input (None: defined).
    what: completes "… has no derivative".
    value: what stands for it by default, in words.
    results: of a function of several results, those that have no derivative.
    """

    condition: Function
    what: str
    value: str = ""
    results: tuple[int, ...] | None = None


@dataclass(eq=False)
class Primitive:
    """One known function, with its spellings and the facts that passes ask for.

    inputs: how many leading parameters are inputs (None: not said by any rule).
    at_poles: the adjoint where partials may be infinite and the cotangent 0.
    elementwise: broadcasts; adjoints are summed back by the caller, not by the rule.
    linear: positions in which the function is linear (multilinear when there are several).
    view_of: position of the operand that the result may be a view of.
    stores: positions of operands whose contents it overwrites.
    shape_only: positions of which it reads only shape and dtype.
    pure: has no effect and depends on nothing but its operands.
    note: what users should know of its derivative, in words.
    """

    fn: Function
    inputs: int | None = None
    partials: Function | None = None
    tangent: Function | None = None
    adjoint: Function | None = None
    at_poles: Function | None = None
    elementwise: bool = False
    nondifferentiable: bool = False
    linear: tuple[int, ...] = ()
    view_of: int | None = None
    stores: tuple[int, ...] = ()
    shape_only: tuple[int, ...] = ()
    pure: bool = True
    note: str = ""
    spellings: list[Function] = field(default_factory=list)
    undefined: list[Undefined] = field(default_factory=list)


_registry: dict[Function, Primitive] = {}


def lookup(fn: Any) -> Primitive | None:
    """The primitive a callable is a spelling of, or None."""
    try:
        return _registry.get(fn)
    except TypeError:
        return None


def registered() -> list[Primitive]:
    """Every primitive once, in order of registration."""
    return list({id(p): p for p in _registry.values()}.values())


def primitive(fn: Function) -> Primitive:
    """The primitive of `fn`, made if it is new."""
    found = lookup(fn)
    if found is None:
        found = _registry[fn] = Primitive(fn, spellings=[fn])
    return found


def alias(fn: Function, *spellings: Function) -> None:
    """Register other spellings of the same function: operator.mul is np.multiply."""
    known = primitive(fn)
    for spelling in spellings:
        _registry[spelling] = known
        known.spellings.append(spelling)


def facts(*functions: Function, **known: Any) -> None:
    """State facts of functions (the fields of Primitive)."""
    for fn in functions:
        record = primitive(fn)
        for name, value in known.items():
            setattr(record, name, value)


def partials(fn: Function, rule: Function) -> None:
    """Register the partial derivatives of an elementwise function: `lambda a, b, y: (pa, pb)`.

    One partial an input (a bare expression for one input); None for an input without one.
    Both modes derive from them, and broadcasting is summed back.
    """
    record = primitive(fn)
    record.partials, record.elementwise = rule, True
    record.inputs = _count_inputs(rule)


def poles(fn: Function, rule: Function) -> None:
    """Register `lambda x, y, by: …`: the adjoint of an elementwise function with a pole, 0 there where `by` is."""
    primitive(fn).at_poles = rule


def tangent(*functions: Function) -> Callable[[F], F]:
    """Register `def _(a, b, y, da, db, option=default)`: the tangent of the output."""

    def register(rule: F) -> F:
        for fn in functions:
            record = primitive(fn)
            record.tangent, record.inputs = rule, _count_inputs(rule)
        return rule

    return register


def adjoint(*functions: Function) -> Callable[[F], F]:
    """Register `def _(a, b, y, by, option=default)`: the adjoints of the inputs, as a tuple.

    A bare value for one input; None for an input that has none. For a function registered as
    elementwise, adjoints have the broadcast shape and are summed back by the caller.
    """

    def register(rule: F) -> F:
        for fn in functions:
            record = primitive(fn)
            record.adjoint, record.inputs = rule, _count_inputs(rule)
        return rule

    return register


def nondifferentiable(*functions: Function) -> None:
    """Register functions whose derivative is zero wherever it exists."""
    for fn in functions:
        primitive(fn).nondifferentiable = True


def undefined(
    *functions: Function,
    where: Function,
    what: str,
    value: str = "",
    results: tuple[int, ...] | None = None,
) -> None:
    """Register where functions have no derivative: `undefined(np.sqrt, where=lambda x, y: x == 0.0, what="at 0")`."""
    for fn in functions:
        primitive(fn).undefined.append(Undefined(where, what, value, results))


def _count_inputs(rule: Function) -> int:
    names = rule.__code__.co_varnames[: rule.__code__.co_argcount]
    return names.index("y")
