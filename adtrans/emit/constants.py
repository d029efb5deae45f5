"""Known Python objects as expressions."""

from __future__ import annotations

import ast
import math
from typing import Any

import numpy as np

from adtrans.emit import nodes
from adtrans.emit.nodes import Node
from adtrans.emit.spelling import Spelling, is_special_float
from adtrans.ir.program import UNDEFINED, Function


def constant_node(value: Any, spelling: Spelling) -> Node:
    """The expression that stands for a known object."""
    if value is UNDEFINED:  # reading it is a NameError
        return nodes.name("undefined")
    if value is None or value is Ellipsis or isinstance(value, (bool, str, bytes)) and type(value) in _PLAIN:
        return nodes.constant(value)
    if type(value) in (int, float, complex):
        return _number(value, spelling)
    if type(value) is tuple:
        return nodes.tuple_of([constant_node(item, spelling) for item in value])
    if type(value) is list:
        return ast.List([constant_node(item, spelling) for item in value], ast.Load())
    if type(value) is set and value:
        return ast.Set([constant_node(item, spelling) for item in sorted(value, key=repr)])
    if type(value) is dict:
        return ast.Dict(
            [constant_node(k, spelling) for k in value], [constant_node(v, spelling) for v in value.values()]
        )
    if type(value) is slice:
        parts = [constant_node(p, spelling) for p in (value.start, value.stop, value.step)]
        return nodes.call(nodes.dotted(spelling.path("builtins", "slice")), parts)
    if type(value) is range:
        limits = [value.start, value.stop, value.step]
        limits = limits[: 2 if value.step == 1 else 3][value.step == 1 and value.start == 0 :]
        return nodes.call(
            nodes.dotted(spelling.path("builtins", "range")), [_number(n, spelling) for n in limits]
        )
    if isinstance(value, np.dtype) and value.names is None and value.isnative:
        return nodes.dotted(spelling.path("numpy", value.type.__name__))
    if isinstance(value, np.generic) and value.dtype.kind in "biufc":
        path = spelling.path("numpy", type(value).__name__)
        return nodes.call(nodes.dotted(path), [constant_node(value.item(), spelling)])
    if isinstance(value, type(NotImplemented)):
        return nodes.dotted(spelling.path("builtins", "NotImplemented"))
    return nodes.dotted(spelling.spell(value))


def _number(value: Any, spelling: Spelling) -> Node:
    if isinstance(value, float):
        if is_special_float(value):
            sign = value < 0
            word = nodes.dotted(spelling.path("numpy", "nan" if value != value else "inf"))
            return ast.UnaryOp(ast.USub(), word) if sign else word
        negative = math.copysign(1.0, value) < 0
    elif isinstance(value, complex):
        real, imaginary = math.copysign(1.0, value.real), math.copysign(1.0, value.imag)
        if (
            value.real == 0.0 and real == imaginary and not is_special_float(value.imag)
        ):  # -2j is complex(-0.0, -2.0)
            node = nodes.constant(complex(0.0, abs(value.imag)))
            return ast.UnaryOp(ast.USub(), node) if imaginary < 0 else node
        parts = [_number(value.real, spelling), _number(value.imag, spelling)]
        return nodes.call(nodes.dotted(spelling.path("builtins", "complex")), parts)
    else:
        negative = value < 0
    return ast.UnaryOp(ast.USub(), nodes.constant(-value)) if negative else nodes.constant(value)


def touch(value: Any, spelling: Spelling) -> None:
    """Let the module know which imports an object will ask for."""
    if not isinstance(value, Function):
        constant_node(value, spelling)


_PLAIN = (bool, str, bytes)
