"""Rules that users register: the registry's own functions, noted for the cache and for live derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from adtrans.loader import digests
from adtrans.rules import load, registry

F = TypeVar("F", bound=Callable[..., Any])

_noted: list[tuple[str, Callable[..., Any], Callable[..., Any] | None]] = []


def partials(fn: Callable[..., Any], rule: Callable[..., Any]) -> None:
    """Register the partial derivatives of an elementwise function.

    `rule` takes the function's inputs, then its output, and returns one partial for each input (a
    bare expression for one input; None for an input without one).

        adtrans.partials(special.expit, lambda x, y: y * (1.0 - y))
    """
    _prepare("partials", (fn,), rule)
    registry.partials(fn, rule)


def tangent(*functions: Callable[..., Any]) -> Callable[[F], F]:
    """Register a rule for the tangent of a function's output.

    The rule takes the inputs, the output `y`, the inputs' tangents (`d` and the input's name),
    then the function's options by the names and with the defaults that it gives them.

        @adtrans.tangent(cube)
        def _(x, y, dx):
            return 3.0 * x * x * dx
    """

    def register(rule: F) -> F:
        _prepare("tangent", functions, rule)
        return registry.tangent(*functions)(rule)

    return register


def adjoint(*functions: Callable[..., Any]) -> Callable[[F], F]:
    """Register a rule for the adjoints of a function's inputs.

    The rule takes the inputs, the output `y`, its adjoint `by`, then the function's options, and
    returns one adjoint for each input (a bare value for one input; None for one that has none).

        @adtrans.adjoint(cube)
        def _(x, y, by):
            return 3.0 * x * x * by
    """

    def register(rule: F) -> F:
        _prepare("adjoint", functions, rule)
        return registry.adjoint(*functions)(rule)

    return register


def nondifferentiable(*functions: Callable[..., Any]) -> Any:
    """Register functions whose derivative is zero wherever it exists; as a decorator, the one that follows.

    adtrans.nondifferentiable(np.searchsorted)
    """
    _prepare("nondifferentiable", functions, None)
    registry.nondifferentiable(*functions)
    return functions[0] if len(functions) == 1 else None


def _prepare(kind: str, functions: tuple[Callable[..., Any], ...], rule: Callable[..., Any] | None) -> None:
    """The built-in rules come first, so that they do not override the user's."""
    from adtrans.loader import dispatch

    load.core()
    for fn in functions:
        load.for_function(fn)
        _noted.append((kind, fn, rule))
    dispatch.forget_all()


def digest() -> str:
    """A text for everything that users registered; NoDigest where there is none."""
    return digests.hashed(f"{kind} {digests.of(fn)} {digests.of(rule)}" for kind, fn, rule in _noted)
