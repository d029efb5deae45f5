"""The checks of rules of lists and tuples, and of functions of any number of arguments."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
from harness import direction, inner, leaves, run_adjoint, run_tangent

from adtrans.rules.registry import lookup, primitive


def signature_of(names: list[str]) -> inspect.Signature:
    return inspect.Signature([inspect.Parameter(n, inspect.Parameter.POSITIONAL_OR_KEYWORD) for n in names])


def tupled(fn: Any, before: int = 0) -> Any:
    """A function of any number of arguments as one of a tuple; its rules see None after the last."""
    record = lookup(fn)
    names = list(inspect.signature(record.tangent).parameters)

    def call(*args: Any, **options: Any) -> Any:
        return fn(*args[:before], *args[before], **options)

    def tangent(*args: Any, **options: Any) -> Any:
        y, changes = args[before + 1], args[before + 2 :]
        return record.tangent(
            *args[:before], *filled(args[before]), y, *[0.0] * before, *filled(changes[-1]), **options
        )

    def adjoint(*args: Any, **options: Any) -> Any:
        found = record.adjoint(*args[:before], *filled(args[before]), *args[before + 1 :], **options)
        assert len(found) == before + 8
        given = found[before : before + len(args[before])]
        return (*found[:before], given) if before else given

    head = ["subscripts"][:before]
    options = [name for name in names[names.index("y") :] if name not in ("y",) and not name.startswith("d")]
    tangent.__signature__ = signature_of([*head, "operands", "y", "doperands", *options])
    adjoint.__signature__ = signature_of([*head, "operands", "y", "by", *options])
    twin = primitive(call)
    twin.tangent, twin.adjoint, twin.inputs = tangent, adjoint, before + 1
    return call


def filled(operands: Any) -> Any:
    return (*operands, *[None] * (8 - len(operands)))


def moved(x: Any, d: Any, h: float) -> Any:
    if isinstance(x, (list, tuple)):
        return type(x)(moved(*pair, h) for pair in zip(x, d))
    return x + h * d


def check_structured(
    fn: Any, *args: Any, active: int = 0, rtol: float = 1e-7, h: float = 1e-4, **options: Any
) -> None:
    """Tangent against differences, adjoint against tangent, in the direction of one input."""
    x, y = args[active], fn(*args, **options)
    dx, by = direction(x, 3), direction(y, 77)

    def at(step: float) -> list[Any]:
        return [
            np.asarray(leaf)
            for leaf in leaves(fn(*args[:active], moved(x, dx, step), *args[active + 1 :], **options))
        ]

    record = lookup(fn)
    if record.tangent is None:
        assert active in record.linear, f"{fn} has no tangent"
        dy = fn(*args[:active], dx, *args[active + 1 :], **options)
    else:
        dy = run_tangent(fn, args, y, {active: dx}, options)
    for found, high, low in zip(leaves(dy), at(h), at(-h)):
        np.testing.assert_allclose(found, (high - low) / (2 * h), rtol=rtol, atol=rtol)
    bx = run_adjoint(fn, args, y, by, options)[active]
    same_structure(bx, x)
    left = inner(by, dy)
    np.testing.assert_allclose(inner(bx, dx), left, rtol=1e-10, atol=1e-10 * (1 + abs(left)))


def same_structure(b: Any, x: Any) -> None:
    if isinstance(x, (list, tuple)):
        assert isinstance(b, (list, tuple)) and len(b) == len(x)
        for c, z in zip(b, x):
            same_structure(c, z)
    else:
        assert np.shape(b) == np.shape(x)
