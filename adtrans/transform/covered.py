"""Restores that nobody sees: before anything reads what they put back, another restore covers it.

for i in reversed(range(m)):         before: nothing in the loop reads C
    C[i] = tape.pop()
    bB[i] += bC[i] * alpha
C[...] = old
----
for i in reversed(range(m)):         after
    bB[i] += bC[i] * alpha
C[...] = old
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from adtrans.analysis.views import views_from
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.indices import Definition, index_expression
from adtrans.ir.program import Block, Op, Value, walk


class Part(NamedTuple):
    """A part of an array: an index of it, as the expression that it is; None is all of it."""

    array: Value
    index: Any
    leaves: frozenset[Value]


_WHOLE = (repr(Ellipsis), repr(slice(None)))

# By class of storage that is read later on: the parts that are put back before that.
State = dict[Value, frozenset[Part]]


class Covered:
    """Looks backwards through a reverse sweep for restores that others cover."""

    def __init__(
        self,
        definition: Definition,
        loops_of: dict[Value, tuple[int, ...]],
        read_by: Callable[[Op], set[Value]],
        class_of: Callable[[Value], Value],
    ):
        self.definition = definition
        self.loops_of = loops_of  # of each value: the positions of the loops it is made in
        self.read_by = read_by
        self.class_of = class_of
        self.found: set[Op] = set()

    def block(self, block: Block, after: State) -> State:
        """What is read from the start of a block on."""
        state = after
        for op in reversed(block.ops):
            if op.fn is prims.restore:
                state = self._restore(op, state)
            elif op.kind == "apply":
                state = self._read(op, state)
            elif op.kind == "for":
                state = self._loop(op, state)
            elif op.kind in ("if", "with"):
                state = merged([self.block(b, state) for b in op.blocks])
            else:
                for inner in walk(Block([], [op])):
                    state = self._read(inner, state)
        return state

    def _read(self, op: Op, state: State) -> State:
        return {**state, **dict.fromkeys(self.read_by(op), frozenset())}

    def _restore(self, mark: Op, state: State) -> State:
        if not isinstance(mark.operands[0].type, ty.Array):
            return state
        root = self.class_of(mark.operands[0])
        parts = state.get(root)
        self.found.discard(mark)
        if parts is None or any(self._covers(part, mark) for part in parts):
            self.found.add(mark)
            return state
        return {**state, root: parts | {self._part(mark)}}

    def _loop(self, op: Op, after: State) -> State:
        """The body may run again, or not at all."""
        state = after
        while True:
            before = self._outside(self.block(op.blocks[0], state), op.attrs["mirror"])
            joined = merged([state, before])
            if joined == state:
                return joined
            state = joined

    def _outside(self, state: State, loop: int) -> State:
        """What a state says of places that do not change with a loop."""
        return {
            root: frozenset(
                p for p in parts if not any(loop in self.loops_of.get(v, ()) for v in (p.array, *p.leaves))
            )
            for root, parts in state.items()
        }

    def _part(self, mark: Op) -> Part:
        leaves: set[Value] = set()
        index = index_expression(mark.operands[1], self.definition, leaves)
        return Part(mark.operands[0], None if index in _WHOLE else index, frozenset(leaves))

    def _covers(self, part: Part, mark: Op) -> bool:
        target = mark.operands[0]
        if part.index is None:
            return part.array in views_from(target, self.definition)
        return part.array is target and part.index == self._part(mark).index


def merged(states: list[State]) -> State:
    """What is read on any of several ways, where no way puts it back."""
    out: State = {}
    for state in states:
        for root, parts in state.items():
            out[root] = out[root] & parts if root in out else parts
    return out
