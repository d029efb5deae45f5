"""Out of SSA: which values share one variable.

Parameters, initial values, yields and results of slots become one variable where their live
ranges do not meet and the user's names agree; what remains are copies.
"""

from __future__ import annotations

from collections.abc import Collection

from adtrans.emit.effects import IN_PLACE
from adtrans.emit.liveness import Ranges
from adtrans.emit.tails import initial_values, same_slot
from adtrans.ir.program import Const, Op, Value

Pair = tuple[Value, Value]


class Variables:
    """Classes of values; each class is one variable."""

    def __init__(self, ranges: Ranges) -> None:
        self.ranges = ranges
        self.parent: dict[Value, Value] = {}
        self.members: dict[Value, list[Value]] = {}
        self.hint: dict[Value, str | None] = {}
        self.passing: set[Value] = set()  # values that take the name of where they go

    def root(self, value: Value) -> Value:
        parent = self.parent
        root = value
        while (up := parent.get(root)) is not None:
            root = up
        while (up := parent.get(value)) is not None:
            parent[value] = root
            value = up
        return root

    def same(self, a: Value, b: Value) -> bool:
        return self.root(a) is self.root(b)

    def members_of(self, value: Value) -> list[Value]:
        root = self.root(value)
        return self.members.get(root, [root])

    def hint_of(self, value: Value) -> str | None:
        root = self.root(value)
        return self.hint.get(root, None if root in self.passing else root.name)

    def agrees(self, a: Value, b: Value, unsure: Collection[Value]) -> bool:
        """Whether the user's names allow one variable; a value that may be undefined cannot be copied."""
        if a in unsure:
            return True
        x, y = self.hint_of(a), self.hint_of(b)
        return x is None or y is None or x == y

    def union(self, a: Value, b: Value) -> None:
        a, b = self.root(a), self.root(b)
        if a is b:
            return
        if len(self.members_of(a)) < len(self.members_of(b)):
            a, b = b, a
        hint = self.hint_of(a) or self.hint_of(b)
        self.members[a] = self.members_of(a) + self.members_of(b)
        self.members.pop(b, None)
        self.parent[b] = a
        self.hint[a] = hint

    def split(self, root: Value) -> list[Value]:
        """Dissolve a class; returns what it held."""
        held = self.members.pop(root, [root])
        for v in held:
            self.parent.pop(v, None)
            self.hint.pop(v, None)
        return held

    def conflict(self, values: list[Value]) -> bool:
        """Whether two of the values interfere: a walk over the dominance forest."""
        ranges = self.ranges
        stack: list[Value] = []
        for v in sorted(values, key=ranges.order.__getitem__):
            while stack and not ranges.dominates(stack[-1], v):
                stack.pop()
            if stack and ranges.interferes(stack[-1], v):
                return True
            stack.append(v)
        return False


def coalesce(ranges: Ranges, parameters: list[Value]) -> Variables:
    """Group the values of a function into variables; what closures capture is kept apart."""
    variables = Variables(ranges)
    pairs, forced = _pairs(ranges)
    captured = captured_values(ranges)
    pairs = [(a, b) for a, b in pairs if a not in captured and b not in captured]
    fixed = set(parameters)
    unsure = ranges.edges.unsure
    pairs.sort(key=lambda pair: pair[0] in unsure)  # these take any name, but last
    for a, _ in pairs:
        if _passes_through(ranges, a):
            variables.passing.add(a)
    for a, b in forced:
        variables.union(a, b)
    for a, b in pairs:
        if variables.agrees(a, b, unsure) and not _two_parameters(variables, fixed, a, b):
            variables.union(a, b)
    roots = list({id(r): r for v in ranges.order for r in [variables.root(v)]}.values())
    broken = [
        r for r in roots if len(variables.members_of(r)) > 1 and variables.conflict(variables.members_of(r))
    ]
    for root in broken:
        held = set(variables.split(root))
        for a, b in forced:
            if a in held and b in held:
                variables.union(a, b)
        for a, b in pairs:
            if a not in held or b not in held or variables.same(a, b):
                continue
            if not variables.agrees(a, b, unsure) or _two_parameters(variables, fixed, a, b):
                continue
            if not variables.conflict(variables.members_of(a) + variables.members_of(b)):
                variables.union(a, b)
    return variables


def _passes_through(ranges: Ranges, value: Value) -> bool:
    """Whether an adjoint is only ever handed on, so that it may take the name of where it goes."""
    op = ranges.edges.definitions.get(value)
    return op is not None and bool(op.attrs.get("reverse")) and len(ranges.edges.uses.get(value, ())) == 1


def _two_parameters(variables: Variables, fixed: set[Value], a: Value, b: Value) -> bool:
    if variables.same(a, b):
        return False
    return any(v in fixed for v in variables.members_of(a)) and any(
        v in fixed for v in variables.members_of(b)
    )


def _pairs(ranges: Ranges) -> tuple[list[Pair], list[Pair]]:
    """Pairs that would like one name, the most pressing first, and pairs that must have one."""
    forced: list[Pair] = []
    in_place: list[Pair] = []
    leaving: list[Pair] = []
    entering: list[Pair] = []
    for statements in ranges.placed.statements.values():
        for op in statements:
            if op.kind in ("for", "while"):
                _loop_pairs(ranges, op, forced, entering)
            elif op.results and (op.attrs.get("inplace") or op.fn in IN_PLACE):
                in_place.append((op.operands[0], op.result))
    for edge in ranges.edges.edge.values():
        leaving.extend(zip(edge.values, edge.targets))
    known = ranges.order
    wanted = [(a, b) for a, b in in_place + leaving + entering if a in known and b in known and not _const(a)]
    return wanted, forced


def _loop_pairs(ranges: Ranges, op: Op, forced: list[Pair], entering: list[Pair]) -> None:
    for slot, init in initial_values(op):
        if not ranges.slot_is_live(op, slot):
            continue
        forced.extend((slot, other) for other in same_slot(op, slot)[1:])
        entering.append((init, slot))


def captured_values(ranges: Ranges) -> dict[Value, Op]:
    """Values that nested functions capture, and the functions' own names."""
    found: dict[Value, Op] = {}
    for op, closure in ranges.placed.closures.items():
        for v in op.operands[1 : 1 + len(op.attrs.get("captures", ()))]:
            if not isinstance(v, Const) and v not in ranges.edges.unsure:
                found[v] = op
        if closure.function.self_name:
            found[op.result] = op
    return found


def _const(value: Value) -> bool:
    return isinstance(value, Const)
