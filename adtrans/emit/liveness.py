"""Where values that are variables are still needed, by statement: backward liveness of regions."""

from __future__ import annotations

from collections.abc import Iterable

from adtrans.emit.effects import is_index
from adtrans.emit.placement import Placement
from adtrans.emit.tails import Edges, same_slot
from adtrans.ir import types as ty
from adtrans.ir.program import Block, Const, Op, Value

Place = tuple[Block, int]


class Ranges:
    """Live ranges. A position is (block, index of a statement); -1 is the block's start."""

    def __init__(self, body: Block, edges: Edges, placed: Placement) -> None:
        self.edges = edges
        self.placed = placed
        self.home: dict[Value, Place] = {}
        self.order: dict[Value, int] = {}
        self.interval: dict[Block, tuple[int, int]] = {}
        self.outer: dict[Block, tuple[Block, int, Op]] = {}
        self.last: dict[Value, dict[Block, int]] = {}
        self.held: dict[Value, set[Value]] = {}  # by slot parameter: what its loop's iterable reads
        self.counters: set[Value] = set()  # items of loops over ranges
        self.begins: dict[Block, list[int]] = {}  # where in the order each statement, and the end, come
        self._count = 0
        self._visit(body)

    # ----- questions -----

    def is_used(self, value: Value) -> bool:
        return value in self.last

    def interferes(self, a: Value, b: Value) -> bool:
        """Whether two variables need two names."""
        if self.order[a] > self.order[b]:
            a, b = b, a
        return self.dominates(a, b) and self.reaches(a, b)

    def reaches(self, a: Value, b: Value) -> bool:
        """Whether a value that dominates another is still needed where that one is defined."""
        home = self.home[b]
        return self.home[a] == home or self.live_after(a, *home) or a in self.held.get(b, ())

    def needed_until(self, value: Value) -> int:
        """A place in the order up to which a value is surely needed wherever another one is defined."""
        home = self.home[value][0]
        last = self.last.get(value, {}).get(home)
        return -1 if last is None or last < 0 else self.begins[home][last]

    def dominates(self, a: Value, b: Value) -> bool:
        """Whether a, which comes first, is defined wherever b is."""
        start, end = self.interval[self.home[a][0]]
        return start <= self.order[b] <= end

    def live_after(self, value: Value, block: Block, index: int) -> bool:
        """Whether a value that is defined here is read after a statement."""
        last = self.last.get(value)
        if last is None:
            return False
        home = self.home[value][0]
        at_end = True  # nothing more can raise before the blocks so far are left
        while True:
            if last.get(block, -2) > index:
                return True
            if block is home or block not in self.outer:
                return False
            at_end = at_end and index + 1 >= len(self.placed.statements[block])
            outer, index, op = self.outer[block]
            if op.kind in ("for", "while"):
                if any(inner in last for inner in op.blocks):
                    return True
                at_end = False
            elif op.kind == "with":
                at_end = False
            elif op.kind == "try" and block is op.blocks[0] and (not at_end or op.attrs.get("final")):
                if any(inner in last for inner in op.blocks[1:]):
                    return True
            block = outer

    def leaves(self, values: Iterable[Value]) -> list[Value]:
        """The variables that expressions read."""
        found: list[Value] = []
        stack = list(values)
        while stack:
            v = stack.pop()
            if isinstance(v, Const):
                continue
            op = self.placed.inlined.get(v)
            if op is None:
                found.append(v)
                continue
            stack.extend(self.reads(op))
        return found

    def reads(self, op: Op) -> list[Value]:
        """Operands of a statement, without the initial values of slots that nobody reads."""
        if op.kind == "for":
            slots = op.blocks[0].params[1:]
        elif op.kind == "while":
            slots = op.blocks[0].params
        elif op in self.placed.expressions:
            return [*op.operands, *(b.yields[0] for b in op.blocks)]
        elif op.attrs.get("collected"):
            collector = self.edges.definitions[op.operands[0]]
            return op.operands[1:] if collector in self.placed.expressions else op.operands
        else:
            return op.operands
        start = len(op.operands) - len(slots)
        kept = [v for v, s in zip(op.operands[start:], slots) if self.slot_is_live(op, s)]
        return [*op.operands[:start], *kept]

    def slot_is_live(self, op: Op, slot: Value) -> bool:
        return any(self.edges.uses.get(v) for v in same_slot(op, slot))

    # ----- one walk in program order -----

    def _visit(self, block: Block) -> None:
        start = self._count
        self.interval[block] = (start, 1 << 60)
        for p in block.params:
            self._define(p, block, -1)
        statements = self.placed.statements[block]
        begins = self.begins[block] = []
        for index, op in enumerate(statements):
            begins.append(self._count)
            for v in self.leaves(self.reads(op)):
                self._use(v, block, index)
            self._visit_comprehensions(op, block, index)
            if op not in self.placed.expressions:
                if op.attrs.get("collects"):
                    self._define(op.result, block, index - 1)
                if op.kind == "for":
                    if isinstance(op.operands[0].type, ty.Range) or is_index(op.blocks[0].params[0]):
                        self.counters.add(op.blocks[0].params[0])
                    held = set(self.leaves(op.operands[:1]))
                    self.held.update((p, held) for p in op.blocks[0].params[1:])
                for inner in op.blocks:
                    self.outer[inner] = (block, index, op)
                    self._visit(inner)
            if op not in self.edges.virtual:
                for r in op.results:
                    if r not in self.home:
                        self._define(r, block, index)
        begins.append(self._count)
        for v in self.edges.yields(block):
            tree = self.placed.inlined.get(v)
            if tree is not None:
                self._visit_comprehensions(tree, block, len(statements))
        for v in self.leaves(self.edges.yields(block)):
            self._use(v, block, len(statements))
        edge = self.edges.edge.get(block)
        if edge is not None and edge.kind == "test" and edge.op is not None:
            for p in block.params:  # they go on to the body, and out as results
                if self.slot_is_live(edge.op, p):
                    self._use(p, block, len(statements))
        self.interval[block] = (start, self._count)
        self._count += 1

    def _visit_comprehensions(self, root: Op, block: Block, index: int) -> None:
        """The loops of comprehensions in a statement; their variables are local to them."""
        stack = [root]
        while stack:
            op = stack.pop()
            if op.attrs.get("collects") and op in self.placed.expressions:
                self.outer[op.blocks[0]] = (block, index, op)
                self._visit(op.blocks[0])
            stack.extend(inner for v in self.reads(op) if (inner := self.placed.inlined.get(v)) is not None)

    def _define(self, value: Value, block: Block, index: int) -> None:
        self.home[value] = (block, index)
        self._count += 1
        self.order[value] = self._count

    def _use(self, value: Value, block: Block, index: int) -> None:
        if value not in self.home:
            raise ValueError(f"{value!r} is read where it is not defined")
        home = self.home[value][0]
        last = self.last.setdefault(value, {})
        while True:
            if last.get(block, -2) >= index:
                if block is home:
                    return
            else:
                last[block] = index
            if block is home:
                return
            block, index, _ = self.outer[block]
