"""Bodies of rules, written in the place of what they are the rules of."""

from __future__ import annotations

from typing import Any

from adtrans.analysis.inference.calls import bind, enter
from adtrans.analysis.inference.engine import Engine
from adtrans.frontend.lower import lower
from adtrans.ir.program import Value


def inline_rule(engine: Engine, rule: Any, values: list[Value], options: dict[str, Value]) -> Value:
    """Write a rule's body here; what it returns."""
    function = lower(rule)
    outer = engine.algebra, engine.stack
    engine.algebra, engine.stack = True, []
    try:
        with engine.at(engine.span, keep_span=True):
            bound = bind(engine, function, values, options, dict(function.defaults))
            return enter(engine, function, bound)
    finally:
        engine.algebra, engine.stack = outer
