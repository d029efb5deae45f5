"""Where each block's values go: to the results of its op, to the next iteration, or out by return.

An `if` that ends a function or the body of a loop with exits hands its branches straight on, so
that they print as `return` and `break`; its own results are then never variables.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from adtrans.ir.program import Block, Const, Function, Op, Value, is_const, is_undefined
from adtrans.ir.regions import entry_slots, slots_of

Use = tuple[Block, int, "Op | None"]


@dataclass(eq=False)
class Edge:
    """What happens at the end of a block: values, where they go, and how control goes on."""

    kind: str  # return, loop, join, test
    values: list[Value]
    targets: list[Value]
    op: Op | None = None
    flag: Value | None = None  # of loops with exits

    def with_values(self, mapping: dict[Value, Value]) -> Edge:
        flag = mapping.get(self.flag, self.flag) if self.flag is not None else None
        return Edge(self.kind, [mapping.get(v, v) for v in self.values], self.targets, self.op, flag)


@dataclass(eq=False)
class Edges:
    """The edge of every block that has one, the uses and the definitions of values."""

    edge: dict[Block, Edge] = field(default_factory=dict)
    virtual: set[Op] = field(default_factory=set)
    uses: dict[Value, list[Use]] = field(default_factory=dict)
    definitions: dict[Value, Op] = field(default_factory=dict)
    parents: dict[Block, tuple[Block, Op]] = field(default_factory=dict)
    unsure: set[Value] = field(default_factory=set)  # values that may be undefined

    def yields(self, block: Block) -> list[Value]:
        """The values that leave at the end of a block, the exit flag last."""
        edge = self.edge.get(block)
        if edge is None:
            return []
        return [*edge.values, edge.flag] if edge.flag is not None else list(edge.values)

    def inline_yields(self, block: Block) -> set[int]:
        """Which of them may be expressions rather than names."""
        edge = self.edge.get(block)
        if edge is None:
            return set()
        if edge.kind in ("return", "test"):
            return set(range(len(edge.values)))
        if edge.kind == "join" and edge.op is not None and edge.op.kind == "if" and len(edge.values) == 1:
            return {0}
        return {len(edge.values)} if edge.flag is not None else set()

    def is_shared_test(self, value: Value, uses: list[Use]) -> bool:
        """Whether a value is the left side of `and` / `or`: the test of an `if` that also yields it."""
        if len(uses) != 2 or uses[0][2] is None or uses[0][2].kind != "if":
            return False
        op = uses[0][2]
        return (
            op.operands[0] is value
            and len(op.results) == 1
            and any(uses[1][0] is b and not b.ops and uses[1][1] < 0 for b in op.blocks)
        )


def reads_as_statement(op: Op) -> bool:
    """Whether the user wrote an `if` statement (or a match), not a conditional expression."""
    if op.span is None:
        return False
    first, _, rest = op.span.statement_text.replace("(", " ").partition(" ")
    if first in ("match", "case"):
        return True
    test = op.span.text.replace("(", " ").replace(")", " ").split()
    return first in ("if", "elif") and rest.replace(")", " ").rstrip(": ").split() == test


def find_edges(function: Function) -> Edges:
    """Resolve the ends of all blocks, then count the uses."""
    edges = Edges()
    work: list[tuple[Block, Edge]] = [(function.body, Edge("return", list(function.results), []))]
    order: list[Block] = []
    while work:
        block, edge = work.pop()
        order.append(block)
        last = block.ops[-1] if block.ops else None
        passed = last is not None and _passes_on(last, block, edge)
        if passed and last is not None:
            edges.virtual.add(last)
            for inner in last.blocks:
                work.append((inner, edge.with_values(dict(zip(last.results, inner.yields)))))
        elif last is None or last.kind != "raise":
            edges.edge[block] = edge
        for op in block.ops:
            for v in op.results:
                edges.definitions[v] = op
            for inner in op.blocks:
                edges.parents[inner] = (block, op)
                if not (passed and op is last):
                    work.append((inner, _edge_of(op, inner)))
    _keep_constants(edges)
    for block in order:
        _count(edges, block)
    _drop_dead_slots(edges, order)
    _find_unsure(edges, order)
    return edges


def _edge_of(op: Op, block: Block) -> Edge:
    if op.kind == "while" and block is op.blocks[0]:
        return Edge("test", list(block.yields), [], op)
    if op.kind in ("for", "while"):
        flag = block.yields[0] if op.attrs.get("exits") else None
        return Edge("loop", slots_of(op)[2], entry_slots(op), op, flag)
    if op.kind == "try" and op.attrs.get("final") and block is op.blocks[0]:
        return Edge("join", list(block.yields), op.blocks[1].params, op)
    return Edge("join", list(block.yields), op.results, op)


def _passes_on(op: Op, block: Block, edge: Edge) -> bool:
    """Whether the last op of a block is an `if` whose branches go straight to the block's end."""
    if op.kind != "if" or not op.results:
        return False
    ending = {*edge.values, edge.flag}
    if not any(r in ending for r in op.results):
        return False
    if edge.kind == "return":
        if any(r.name is not None for r in op.results):
            return False
        if reads_as_statement(op):
            return True
        return any(inner.ops and inner.ops[-1].kind != "apply" for inner in op.blocks)
    return edge.kind == "loop" and edge.flag in op.results and _decides(op, op.results.index(edge.flag))


def _decides(op: Op, k: int) -> bool:
    """Whether some branch says for itself that the loop ends."""
    for block in op.blocks:
        flag = block.yields[k]
        if is_const(flag, True, False):
            return True
        last = block.ops[-1] if block.ops else None
        if (
            last is not None
            and last.kind == "if"
            and flag in last.results
            and _decides(last, last.results.index(flag))
        ):
            return True
    return False


def _keep_constants(edges: Edges) -> None:
    """A flag that every iteration but the last leaves as it began needs no assignment there.

    The constant is replaced by the slot itself, on all edges to the next iteration.
    """
    loops: dict[Op, list[Edge]] = {}
    for edge in edges.edge.values():
        if edge.kind == "loop" and edge.op is not None:
            loops.setdefault(edge.op, []).append(edge)
    for op, leaving in loops.items():
        inits, slots, _ = slots_of(op)
        staying = [e for e in leaving if not (e.flag is not None and is_const(e.flag, True))]
        for k, (slot, init) in enumerate(zip(slots, inits)):
            if isinstance(init, Const) and all(_same_constant(e.values[k], init) for e in staying):
                if all(e.flag is None or isinstance(e.flag, Const) for e in staying):
                    for e in staying:
                        e.values[k] = slot


def _same_constant(a: Value, b: Const) -> bool:
    return isinstance(b.value, (bool, int, float, str, type(None))) and is_const(a, b.value)


def _count(edges: Edges, block: Block) -> None:
    for index, op in enumerate(block.ops):
        for v in op.operands[1:] if op.attrs.get("collected") else op.operands:
            if not isinstance(v, Const):
                edges.uses.setdefault(v, []).append((block, index, op))
    for v in edges.yields(block):
        if not isinstance(v, Const):
            edges.uses.setdefault(v, []).append((block, -1, None))


def _drop_dead_slots(edges: Edges, order: list[Block]) -> None:
    """Targets that nobody reads take no values."""
    changed = True
    loops = [op for block in order for op in block.ops if op.kind in ("for", "while")]
    dropped: set[Value] = set()
    while changed:
        changed = False
        for op in loops:
            for slot, init in initial_values(op):
                if slot not in dropped and not any(edges.uses.get(v) for v in same_slot(op, slot)):
                    dropped.add(slot)
                    uses = edges.uses.get(init, [])
                    position = next((i for i, u in enumerate(uses) if u[2] is op), None)
                    if position is not None:
                        del uses[position]
                        changed = True
        for block in order:
            edge = edges.edge.get(block)
            if edge is None or not edge.targets:
                continue
            keep = [k for k, t in enumerate(edge.targets) if _is_read(edges, edge, t, k)]
            if len(keep) < len(edge.targets):
                for k in set(range(len(edge.targets))) - set(keep):
                    v = edge.values[k]
                    if v in edges.uses:
                        position = next(i for i, u in enumerate(edges.uses[v]) if u[0] is block and u[1] < 0)
                        del edges.uses[v][position]
                        changed = True
                edge.values = [edge.values[k] for k in keep]
                edge.targets = [edge.targets[k] for k in keep]


def _is_read(edges: Edges, edge: Edge, target: Value, k: int) -> bool:
    return any(edges.uses.get(v) for v in same_slot(edge.op, target))


def same_slot(op: Op | None, target: Value) -> list[Value]:
    """The values that share the place of a target: parameters and result of one loop slot."""
    if op is None:
        return [target]
    if op.kind == "for" and target in op.blocks[0].params:
        return [target, op.results[op.blocks[0].params.index(target) - 1]]
    if op.kind == "while" and target in op.blocks[0].params:
        k = op.blocks[0].params.index(target)
        return [target, op.blocks[1].params[k], op.results[k]]
    return [target]


def initial_values(op: Op) -> list[tuple[Value, Value]]:
    """The slots of a loop with their initial values."""
    return list(zip(entry_slots(op), slots_of(op)[0]))


def _find_unsure(edges: Edges, order: list[Block]) -> None:
    """Values that are undefined on some path: to copy them to another name could fail."""
    goes_to: dict[Value, list[Value]] = {}
    work: list[Value] = []

    def flows(source: Value, op: Op | None, target: Value) -> None:
        if is_undefined(source):
            work.extend(same_slot(op, target))
        elif not isinstance(source, Const):
            goes_to.setdefault(source, []).extend(same_slot(op, target))

    for block in order:
        edge = edges.edge.get(block)
        if edge is not None:
            for source, target in zip(edge.values, edge.targets):
                flows(source, edge.op, target)
        for op in block.ops:
            if op.kind in ("for", "while"):
                for slot, init in initial_values(op):
                    flows(init, op, slot)
    while work:
        value = work.pop()
        if value not in edges.unsure:
            edges.unsure.add(value)
            work.extend(goes_to.get(value, ()))
