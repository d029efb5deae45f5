"""The function that `.specialize` returns: the compiled entry, called as the primal is called."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from adtrans.loader.specialize import Specialisation


def function_of(derivative: Any, found: Specialisation) -> Callable[..., Any]:
    """The entry itself where it is called like the derivative, else a few lines around it."""
    entry = found.entry
    request, generated = found.request, found.generated
    bare = dict(request.options).get("single", False) and not generated.single
    value_dropped = request.transform == "value_and_grad" and derivative.transform == "grad"
    target = derivative.target
    if not bare and not value_dropped and target.is_simple and not target.args:
        if not derivative.vectors_count:
            entry.__defaults__ = _defaults(target.parameters)
        entry.source = generated.text  # type: ignore[attr-defined]
        return entry
    return _adapted(derivative, found, bare, value_dropped)


def _defaults(parameters: tuple[inspect.Parameter, ...]) -> tuple[Any, ...] | None:
    return tuple(p.default for p in parameters if p.default is not p.empty) or None


def _adapted(derivative: Any, found: Specialisation, bare: bool, value_dropped: bool) -> Callable[..., Any]:
    transform = derivative.transform
    aux = derivative.has_aux
    result = "entry({})"
    lines = []
    if transform == "value_and_grad" and bare:
        lines, result = ["value, gradients = " + result], "value, gradients[0]"
    elif value_dropped:
        gradient = "gradients[0]" if bare else "gradients"
        lines, result = ["value, gradients = " + result], f"({gradient}, value[1])" if aux else gradient
    elif aux and bare:
        lines, result = ["gradients, aux = " + result], "gradients[0], aux"
    elif bare:
        result += "[0]"
    names = [f"p{i}" for i in range(len(derivative.target.parameters) + derivative.vectors_count)]
    simple = derivative.target.is_simple and not derivative.target.args
    passed = ", ".join(names) if simple else "*bind(args, keywords)"
    given = ", ".join(names) if simple else "*args, **keywords"
    body = "".join(f"    {line}\n" for line in [*lines, f"return {result}"]).format(passed)
    namespace: dict[str, Any] = {"entry": found.entry, "bind": derivative.bind}
    exec(compile(f"def adapted({given}):\n{body}", "<adtrans specialize>", "exec"), namespace)
    adapted = namespace["adapted"]
    if simple and not derivative.vectors_count:
        adapted.__defaults__ = _defaults(derivative.target.parameters)
    adapted.__name__ = found.entry.__name__
    adapted.__doc__ = found.entry.__doc__
    adapted.__wrapped__ = found.entry
    adapted.source = found.source
    return adapted
