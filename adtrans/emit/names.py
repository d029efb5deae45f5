"""Names for variables: the user's where there is one, a suffix only where two of a name meet."""

from __future__ import annotations

import keyword
from collections.abc import Collection

from adtrans.emit.coalesce import Variables, captured_values
from adtrans.emit.liveness import Ranges
from adtrans.ir import prims
from adtrans.ir.program import Value

_COUNTED = ("t", "bt", "tape", "done")


class Names:
    """Gives every variable its name; dead names are used again."""

    def __init__(self, ranges: Ranges, variables: Variables, reserved: Collection[str]) -> None:
        self.ranges = ranges
        self.variables = variables
        self.reserved = reserved
        self.closed: set[str] = set()  # names that nested functions read: nothing else may have them
        self.holders: dict[str, list[Value]] = {}
        self.chosen: dict[Value, str] = {}
        self.used: set[str] = set()

    def of(self, value: Value) -> str:
        """The name of a value's variable."""
        return self.chosen[self.variables.root(value)]

    def fresh(self, hint: str) -> str:
        """A name that nothing else in the function has."""
        name, count = hint, 1
        while name in self.used or name in self.reserved or name in self.closed or keyword.iskeyword(name):
            count += 1
            name = _suffixed(hint, count)
        self.used.add(name)
        return name

    def give(self, root: Value, name: str) -> None:
        self.chosen[root] = name
        self.used.add(name)
        self.holders.setdefault(name, []).extend(
            v for v in self.variables.members_of(root) if v in self.ranges.order
        )


def assign(
    ranges: Ranges,
    variables: Variables,
    parameters: dict[Value, str],
    reserved: Collection[str],
    closed: Collection[str] = (),
) -> Names:
    """Name all variables, those of parameters first; the same program always gets the same names."""
    names = Names(ranges, variables, reserved)
    names.closed.update(closed)
    for value, name in parameters.items():
        names.give(variables.root(value), name)
    for value in captured_values(ranges):
        root = variables.root(value)
        if root not in names.chosen:
            names.give(root, names.fresh(_hint(ranges, variables, root)))
        names.closed.add(names.chosen[root])
    groups: dict[str, list[Value]] = {}
    seen = set(names.chosen)
    for v in ranges.order:
        root = variables.root(v)
        if root not in seen and _is_variable(ranges, variables, root):
            seen.add(root)
            groups.setdefault(_hint(ranges, variables, root), []).append(root)
    later: list[tuple[str, list[Value]]] = []
    for hint, roots in groups.items():
        rest = _settle(names, hint, roots)
        if rest:
            later.append((hint, rest))
    later = _as_temporaries(names, later)
    for hint, roots in later:
        waiting = _Waiting(names, roots)
        count = 2
        while waiting.roots:
            waiting.take(_suffixed(hint, count))
            count += 1
    return names


def _as_temporaries(names: Names, later: list[tuple[str, list[Value]]]) -> list[tuple[str, list[Value]]]:
    """Adjoints that could not have their name, because an accumulator has it, are temporaries."""
    kept: list[tuple[str, list[Value]]] = []
    temporary: list[Value] = []
    for hint, roots in later:
        taken = [r for r in roots if hint not in _COUNTED and _is_temporary(names, r)]
        temporary.extend(taken)
        rest = [r for r in roots if r not in taken]
        if rest:
            kept.append((hint, rest))
    if temporary:
        rest = _settle(names, "bt", temporary)
        same = next((roots for hint, roots in kept if hint == "bt"), None)
        if same is not None:
            same.extend(rest)
        elif rest:
            kept.append(("bt", rest))
    return kept


def _is_temporary(names: Names, root: Value) -> bool:
    members = names.variables.members_of(root)
    op = names.ranges.edges.definitions.get(root)
    return len(members) == 1 and op is not None and op.kind == "apply" and bool(op.attrs.get("reverse"))


def _is_variable(ranges: Ranges, variables: Variables, root: Value) -> bool:
    return any(ranges.is_used(v) for v in variables.members_of(root))


def _hint(ranges: Ranges, variables: Variables, root: Value) -> str:
    hint = variables.hint_of(root) or next((v.name for v in variables.members_of(root) if v.name), None)
    if hint is not None:
        return hint
    ops = [op for v in variables.members_of(root) if (op := ranges.edges.definitions.get(v)) is not None]
    if any(op.fn is prims.tape for op in ops):
        return "tape"
    if any(op.fn is prims.pull for op in ops):
        return "t"
    if any(v in ranges.counters for v in variables.members_of(root)):
        return "i"
    for op in ops:
        if op.fn is prims.closure:
            name = op.operands[0].value.name  # type: ignore[attr-defined]
            return "f" if name == "<lambda>" else str(name)
    return "bt" if any(op.attrs.get("reverse") for op in ops) else "t"


def _suffixed(hint: str, count: int) -> str:
    if hint == "i":
        return "ijk"[count - 1] if count <= 3 else f"i{count - 2}"
    return f"{hint}{count}" if hint in _COUNTED else f"{hint}_{count}"


def _settle(names: Names, name: str, roots: list[Value]) -> list[Value]:
    """Give a name to as many variables as can share it; returns those that cannot."""
    waiting = _Waiting(names, roots)
    waiting.take(name)
    return waiting.roots


class _Waiting:
    """Variables that have no name yet: `values` are theirs, in order, `owner` says whose."""

    def __init__(self, names: Names, roots: list[Value]) -> None:
        self.names = names
        self.roots = roots
        order = names.ranges.order
        self.owner = {v: r for r in roots for v in names.variables.members_of(r) if v in order}
        self.values = sorted(self.owner, key=order.__getitem__)

    def take(self, name: str) -> None:
        """Give a name to as many of the variables as can share it."""
        names = self.names
        if name in names.reserved or name in names.closed or keyword.iskeyword(name):
            return
        rejected = self._rejected(name)
        for root in self.roots:
            if root not in rejected:
                names.give(root, name)
        self.roots = [r for r in self.roots if r in rejected]
        self.values = [v for v in self.values if self.owner[v] in rejected]

    def _rejected(self, name: str) -> set[Value]:
        """The variables that cannot have a name, because another one is needed where they are defined."""
        ranges, owner, order = self.names.ranges, self.owner, self.names.ranges.order
        held = self.names.holders.get(name)
        values = sorted([*held, *self.values], key=order.__getitem__) if held else self.values
        rejected: set[Value] = set()
        again = True
        while again:
            again = False  # needed where a variable was in the way of others before it was rejected
            stack: list[Value] = []
            entered: set[Value | None] = set()
            until = -1  # up to here the last of the stack is needed
            for v in values:
                mine = owner.get(v)
                if mine in rejected:
                    continue
                is_near = order[v] <= until
                while stack and not is_near:
                    if owner.get(stack[-1]) not in rejected and ranges.dominates(stack[-1], v):
                        break
                    stack.pop()
                if stack and owner.get(stack[-1]) is not mine and (is_near or ranges.reaches(stack[-1], v)):
                    loser = mine or owner[stack.pop()]
                    rejected.add(loser)
                    if loser in entered:
                        again, until = True, -1
                    if loser is mine:
                        continue
                stack.append(v)
                entered.add(mine)
                until = ranges.needed_until(v)
        return rejected
