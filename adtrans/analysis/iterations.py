"""Loops over lists count the items once, before they run: a list must not grow or shrink meanwhile."""

from __future__ import annotations

import builtins
import operator

from adtrans.analysis.aliases import Aliases
from adtrans.errors import UnsupportedError
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Const, Function, Op, Value, walk

_NEW = frozenset([list, list.copy, sorted, prims.list_, operator.add, operator.mul])
_COUNTS = frozenset([builtins.range, builtins.reversed, builtins.min])


def check_iterations(function: Function, aliases: Aliases) -> None:
    """Refuse programs that change the length of a list while they loop over it."""
    definitions = {r: op for op in walk(function.body) for r in op.results}
    for loop in walk(function.body):
        if loop.kind != "for":
            continue
        inside = set(walk(loop.blocks[0]))
        for items in _iterated(loop.operands[0], definitions):
            for write in aliases.writes.get(aliases.find(items), ()):
                if write in inside and _may_be(write.operands[0], items, definitions) and _may_resize(write):
                    raise UnsupportedError("a list changes its length while it is iterated over", span=write.span or loop.span,
                                           hint="iterate over a copy of it: list(items)")  # fmt: skip


def _iterated(counted: Value, definitions: dict[Value, Op]) -> list[Value]:
    """The lists whose lengths a range was made of to loop over them."""
    found, work = [], [counted]
    while work:
        made = definitions.get(work.pop())
        if made is None:
            continue
        if made.fn is builtins.len and made.attrs.get("iterates"):
            found.append(made.operands[0])
        elif made.fn in _COUNTS:
            work += made.operands
    return found


def _may_be(target: Value, items: Value, definitions: dict[Value, Op]) -> bool:
    """Whether what is written may be the list that is iterated over; a dict's keys are listed before."""
    a, b = target.type, items.type
    if isinstance(a, ty.Mapping):
        return False
    if isinstance(a, ty.List) and isinstance(b, ty.List):
        if type(ty.widen(a.item)) is not type(ty.widen(b.item)) and ty.ANY not in (a.item, b.item):
            return False
    makers = [definitions.get(v) for v in (target, items)]
    if all(made is not None and made.fn in _NEW for made in makers):
        return makers[0] is makers[1]  # what different ops have made are different lists
    return True


def _may_resize(write: Op) -> bool:
    if write.fn is list.reverse or not isinstance(write.operands[0].type, (ty.List, ty.Any)):
        return False
    if write.fn is not operator.setitem:
        return True
    index = write.operands[1]
    return not isinstance(index.type, ty.Scalar) and not (
        isinstance(index, Const) and isinstance(index.value, int)
    )
