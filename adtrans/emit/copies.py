"""The copies at the end of a block: which are left, and in what order they may run."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from adtrans.emit.coalesce import Variables
from adtrans.emit.effects import PURE
from adtrans.emit.liveness import Ranges
from adtrans.emit.placement import Placement
from adtrans.emit.tails import Edge, Edges, initial_values
from adtrans.ir import prims
from adtrans.ir.program import Block, Const, Op, Value, is_undefined

if TYPE_CHECKING:
    from adtrans.emit.scope import Scope

Copy = tuple[Value, Value]  # target, source


def copies_of(scope: Scope, edge: Edge) -> list[Copy]:
    """What an edge has to assign."""
    copies = _left(scope.placed, scope.variables, edge, scope.vacant)
    return [c for c in copies if scope.is_variable(c[0])]


def find_vacant(edges: Edges, placed: Placement, variables: Variables) -> set[Value]:
    """Variables that are copied or held although they may be undefined: they are None where they are."""
    vacant: set[Value] = set()
    for edge in edges.edge.values():
        for _, source in _left(placed, variables, edge):
            if source in edges.unsure:
                vacant.add(variables.root(source))
    for statements in placed.statements.values():
        for op in statements:
            if op.kind in ("for", "while"):
                for slot, init in initial_values(op):
                    if init in edges.unsure and not variables.same(slot, init):
                        vacant.add(variables.root(init))
    for op in edges.definitions.values():
        if isinstance(op.fn, type):  # an object that is there on one path is put together after both
            vacant.update(variables.root(v) for v in op.operands if v in edges.unsure)
    return vacant


def _left(placed: Placement, variables: Variables, edge: Edge, vacant: Collection[Value] = ()) -> list[Copy]:
    found: list[Copy] = []
    for target, source in zip(edge.targets, edge.values):
        if is_undefined(source):
            if variables.root(target) in vacant:
                found.append((target, Const(None)))
            continue
        if isinstance(source, Const) or source in placed.inlined or not variables.same(target, source):
            found.append((target, source))
    return found


def arrange(scope: Scope, copies: list[Copy]) -> list[list[Copy]]:
    """Groups of copies; those that read what others of them write are one group."""
    if len(copies) < 2:
        return [copies] if copies else []
    reads = [
        {scope.name(v) for v in scope.ranges.leaves([source]) if scope.is_variable(v)} for _, source in copies
    ]
    written = {scope.name(target): k for k, (target, _) in enumerate(copies)}
    group = list(range(len(copies)))
    for k, leaves in enumerate(reads):
        for leaf in leaves:
            other = written.get(leaf)
            if other is not None and other != k:
                old, new = sorted((group[k], group[other]))[::-1]
                group = [new if g == old else g for g in group]
    return [[c for c, g in zip(copies, group) if g == chosen] for chosen in dict.fromkeys(group)]


def settle_copies(edges: Edges, placed: Placement, ranges: Ranges, variables: Variables) -> bool:
    """Move single-use values into the copies that read them (`a, b = b, a + b`).

    An exit flag that is an expression is named where copies stand before it. Returns whether
    anything changed, so that names must be found anew.
    """
    changed = False
    for block, edge in edges.edge.items():
        if edge.kind not in ("loop", "join"):
            continue
        copies = _left(placed, variables, edge)
        if edge.flag is not None and edge.flag in placed.inlined and copies:
            placed.statements[block].append(placed.inlined.pop(edge.flag))
            changed = True
            continue
        if len(copies) < 2:
            continue
        for _, source in copies:
            if not isinstance(source, Const) and _may_move(block, source, edges, placed, ranges, variables):
                op = edges.definitions[source]
                placed.statements[block].remove(op)
                placed.inlined[source] = op
                changed = True
    return changed


def _may_move(
    block: Block, source: Value, edges: Edges, placed: Placement, ranges: Ranges, variables: Variables
) -> bool:
    op = edges.definitions.get(source)
    if op is None or op.kind != "apply" or len(op.results) != 1 or source in placed.inlined:
        return False
    if (
        len(edges.uses.get(source, [])) != 1
        or op.attrs.get("inplace")
        or op.fn in (prims.unpack, prims.closure)
    ):
        return False
    statements = placed.statements[block]
    if op not in statements or placed.widths.get(op, 0) > 30 or placed.effects.get(op, PURE).writes:
        return False
    after = statements[statements.index(op) + 1 :]
    if any(placed.effects.get(o, PURE).conflicts(placed.effects.get(op, PURE)) for o in after):
        return False
    leaves = {variables.root(v) for v in ranges.leaves(op.operands)}
    return not any(variables.root(v) in leaves for o in after for v in _defined(o))


def _defined(op: Op) -> list[Value]:
    found = list(op.results)
    stack = list(op.blocks)
    while stack:
        block = stack.pop()
        found.extend(block.params)
        for inner in block.ops:
            found.extend(inner.results)
            stack.extend(inner.blocks)
    return found
