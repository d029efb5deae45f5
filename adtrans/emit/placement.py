"""Which ops print where their result is read, and which are statements of their own.

A value that is read once moves into its reader when nothing that then runs in between
writes what it reads. Named values of the forward sweep stay assignments.
"""

from __future__ import annotations

import builtins
import operator
from dataclasses import dataclass, field

from adtrans.emit.effects import IN_PLACE, PURE, Effect, effect_of
from adtrans.emit.fuse import prepare
from adtrans.emit.operators import AUGMENTED
from adtrans.emit.tails import Edges, Use, find_edges, reads_as_statement
from adtrans.emit.width import width_of, width_of_value
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Block, Const, Function, Op, Value, is_member, is_undefined

MAX_LINE = 88


@dataclass
class Placement:
    """`inlined` ops by their result; the statements of every block; what whole trees do."""

    inlined: dict[Value, Op] = field(default_factory=dict)
    statements: dict[Block, list[Op]] = field(default_factory=dict)
    effects: dict[Op, Effect] = field(default_factory=dict)
    expressions: set[Op] = field(default_factory=set)  # `if` ops that are conditional expressions
    widths: dict[Op, int] = field(default_factory=dict)
    closures: dict[Op, Closure] = field(default_factory=dict)


@dataclass(eq=False)
class Closure:
    """A nested function: its program, and whether it is one expression."""

    function: Function
    edges: Edges
    placed: Placement
    is_expression: bool


@dataclass(eq=False)
class _Tree:
    """An op that waits for its reader."""

    op: Op
    effect: Effect


def place(body: Block, edges: Edges) -> Placement:
    """Decide for every op of a function body, innermost blocks first."""
    return _Placer(edges).run(body)


def place_closure(op: Op) -> Closure:
    """The same for the function that a closure op makes."""
    function = prepare(op.operands[0].value)  # type: ignore[attr-defined]
    edges = find_edges(function)
    placed = place(function.body, edges)
    edge = edges.edge.get(function.body)
    simple = (
        edge is not None
        and not placed.statements[function.body]
        and len(edge.values) == 1
        and not function.self_name
    )
    return Closure(function, edges, placed, simple)


class _Placer:
    def __init__(self, edges: Edges) -> None:
        self.edges = edges
        self.placed = Placement()

    def run(self, body: Block) -> Placement:
        self.block(body, 4)
        return self.placed

    # ----- blocks -----

    def block(self, block: Block, indent: int) -> Effect:
        """Place the ops of a block; returns all that the block does."""
        row = _Row(self.placed)
        whole = PURE
        inline_yields = self.edges.inline_yields(block)
        for op in block.ops:
            effect = self.compound(op, indent) if op.blocks else effect_of(op)
            whole |= effect
            self.step(row, block, op, effect, inline_yields, indent)
        ending = [v for i, v in enumerate(self.edges.yields(block)) if i in inline_yields]
        row.consume([v for v in ending if v in row.waiting], PURE, ())
        row.flush_all()
        self.placed.statements[block] = row.statements
        return whole

    def compound(self, op: Op, indent: int) -> Effect:
        effect = PURE
        for inner in op.blocks:
            effect |= self.block(inner, indent + 4)
        if op.attrs.get("collects") and self.is_comprehension(op.blocks[0], op.blocks[0].params[0]):
            self.placed.expressions.add(op)
        if op.kind in ("with", "try"):
            effect |= effect_of(op)
        return effect

    def step(
        self, row: _Row, block: Block, op: Op, effect: Effect, inline_yields: set[int], indent: int
    ) -> None:
        if op.kind == "if" and self.is_expression(op, indent):
            self.placed.expressions.add(op)
        if op.fn is prims.closure:
            self.placed.closures[op] = place_closure(op)
        trees = [v for v in evaluation_order(op) if v in row.waiting]
        for k, v in enumerate(op.operands):
            if v in row.waiting and not self.may_hold_tree(op, k):
                row.flush(v)
        trees = [v for v in trees if v in row.waiting]
        reads_first = (HEAP_READ,) if op.fn is prims.augment_at and not op.attrs.get("read first") else ()
        total = row.consume(trees, effect, reads_first)
        if op.attrs.get("inplace") and op.operands and op.operands[0] in self.placed.inlined:
            del op.attrs["inplace"]  # its storage is that of an expression
        candidate = self.is_candidate(op, block, inline_yields)
        self.fit(row, op, indent, candidate)
        self.placed.effects[op] = total
        if candidate:
            row.wait(op, total)
        else:
            row.emit(op, total)

    def fit(self, row: _Row, op: Op, indent: int, candidate: bool) -> None:
        """Name the widest part of a line that grows too long."""
        room = MAX_LINE - indent - (12 if candidate else 0)
        while (width := width_of(op, self.placed, candidate)) > room:
            parts = [
                (self.placed.widths[inner], -k, v)
                for k, v in enumerate(op.operands)
                if (inner := self.placed.inlined.get(v)) is not None and self.may_split(inner, op, v)
            ]
            if not parts or max(parts)[0] < 14:
                break
            row.unplace(max(parts)[2])
        self.placed.widths[op] = width

    def may_split(self, inner: Op, outer: Op, value: Value) -> bool:
        if inner.kind != "apply" or is_member(inner.fn, _NEVER_ALONE):
            return False
        effect = self.placed.effects[inner]
        for v in evaluation_order(outer):
            if v is value:
                break
            earlier = self.placed.inlined.get(v)
            if earlier is not None and self.placed.effects[earlier].conflicts(effect):
                return False
        if outer.attrs.get("reverse") or outer.attrs.get("tangent"):
            return True
        a, b = inner.span, outer.span
        return a is None or b is None or a.statement != b.statement or a.source is not b.source

    # ----- which ops -----

    def is_candidate(self, op: Op, block: Block, inline_yields: set[int]) -> bool:
        if len(op.results) != 1 or op.kind != "apply" and op not in self.placed.expressions:
            return False
        if op.fn is prims.closure and not self.placed.closures[op].is_expression:
            return False
        if op.attrs.get("inplace") or is_member(op.fn, _NAMED):
            return False
        if op.fn is prims.starred or op.fn is prims.double_starred:
            return True
        value = op.result
        uses = self.edges.uses.get(value, [])
        if value.name is not None and not op.attrs.get("reverse") and not _is_saved_part(value, uses):
            return False
        if len(uses) != 1 and not self.edges.is_shared_test(value, uses):
            return False
        where, index, _ = uses[0]
        if where is not block:
            return False
        return index >= 0 or all(
            i in inline_yields for i, v in enumerate(self.edges.yields(block)) if v is value
        )

    def may_hold_tree(self, op: Op, k: int) -> bool:
        """Whether operand k may print as an expression rather than as a name."""
        if op.kind in ("for", "while"):
            return op.kind == "for" and k == 0
        if op.kind == "if" and k == 0 and op not in self.placed.expressions:
            return len(self.edges.uses.get(op.operands[0], [])) == 1
        if op.kind != "apply":
            return True
        if op.fn is prims.closure:
            return k > len(op.attrs.get("captures", ()))
        if k == 0 and op.attrs.get("inplace"):
            return is_member(op.fn, AUGMENTED)
        if k == 0 and op.fn in (prims.push, prims.pull):
            return False
        if k == 0 and is_member(op.fn, IN_PLACE):
            inner = self.edges.definitions.get(op.operands[0])
            if op.results or inner is None or inner.fn is not operator.getitem:
                return False
            return not _is_tuple(inner.operands[0].type)  # `t[0] += v` fails when it has changed t[0]
        if k in (0, 1) and op.fn in (prims.add_at, prims.set_at) and not op.attrs.get("inplace"):
            return k == 1
        return op.fn is not prims.is_sequence

    def is_expression(self, op: Op, indent: int) -> bool:
        """Whether an `if` reads as `a if c else b` (or `c and b`)."""
        if len(op.results) != 1 or op in self.edges.virtual:
            return False
        if any(self.placed.statements[b] for b in op.blocks):
            return False
        result = op.result
        for block in op.blocks:
            value = block.yields[0]
            if value in self.edges.unsure:
                return False
            if isinstance(value, Const):
                if is_undefined(value):
                    return False
                continue
            if result.name is not None and value.name == result.name:
                return False
        if reads_as_statement(op):
            if result.name is not None and not op.attrs.get("reverse"):
                return False
        elif not op.attrs.get("reverse"):
            return True
        branches = sum(width_of_value(b.yields[0], self.placed) for b in op.blocks)
        return branches + width_of_value(op.operands[0], self.placed) < MAX_LINE - indent - 24

    def is_comprehension(self, body: Block, item: Value) -> bool:
        """Whether all that a loop's body does is to add one expression, under conditions, in loops."""
        while True:
            if not self.placed.statements[body]:
                return False
            *unpacked, last = self.placed.statements[body]
            if not all(op.fn is prims.unpack for op in unpacked):
                return False
            targets = {item}
            for op in unpacked:
                if op.operands[0] not in targets or len(self.edges.uses[op.operands[0]]) != 1:
                    return False
                targets.update(op.results)
            if last.attrs.get("collected"):
                return True
            if last.kind == "if" and not last.results and last not in self.edges.virtual:
                body, item = last.blocks[0], last.operands[0]
            elif last.kind == "for" and len(last.operands) == 1 and not last.attrs.get("collects"):
                body = last.blocks[0]
                item = body.params[0]
            else:
                return False


HEAP_READ = Effect(1)
_NEVER_ALONE = {prims.starred, prims.double_starred, builtins.slice, prims.global_, builtins.getattr}


def _is_tuple(t: ty.Type) -> bool:
    return isinstance(t, (ty.Tuple, ty.List)) and t.cls is not list


_NAMED = {prims.import_, prims.tape, prims.unpack, prims.add_at, prims.set_at, *IN_PLACE}


class _Row:
    """The statements of one block so far, and the trees that wait for their readers."""

    def __init__(self, placed: Placement) -> None:
        self.placed = placed
        self.statements: list[Op] = []
        self.waiting: dict[Value, _Tree] = {}
        self.ordered: list[Value] = []  # those that wait and have effects, in program order

    def wait(self, op: Op, effect: Effect) -> None:
        value = op.result
        self.waiting[value] = _Tree(op, effect)
        self.placed.inlined[value] = op
        if effect != PURE:
            self.ordered.append(value)

    def consume(self, values: list[Value], own: Effect, first: tuple[Effect, ...]) -> Effect:
        """Take trees out into their reader; those that would come too late become statements."""
        while True:
            late = self._late(values, first)
            if late is None:
                break
            self.flush(late)
            values = [v for v in values if v in self.waiting]
        total = own
        for v in values:
            total |= self.waiting.pop(v).effect
            if v in self.ordered:
                self.ordered.remove(v)
        return total

    def _late(self, values: list[Value], first: tuple[Effect, ...]) -> Value | None:
        position = {v: k for k, v in enumerate(values)}
        for v in values:
            effect = self.waiting[v].effect
            if effect == PURE:
                continue
            if first and v is values[-1] and any(effect.conflicts(f) for f in first):
                return v
            for other in self.ordered[self.ordered.index(v) + 1 :]:
                before = other not in position or position[other] < position[v]
                if before and effect.conflicts(self.waiting[other].effect):
                    return v
        return None

    def flush(self, value: Value) -> None:
        """Make a waiting tree a statement, after the trees that must stay before it."""
        if value in self.ordered:
            chosen = [value]
            for other in reversed(self.ordered[: self.ordered.index(value)]):
                if any(self.waiting[other].effect.conflicts(self.waiting[c].effect) for c in chosen):
                    chosen.append(other)
            for v in reversed(chosen):
                self.ordered.remove(v)
                self._state(v)
        else:
            self._state(value)

    def _state(self, value: Value) -> None:
        op = self.waiting.pop(value).op
        self.placed.inlined.pop(value, None)
        self.statements.append(op)

    def unplace(self, value: Value) -> None:
        """Turn an operand that was just consumed into a statement before its reader."""
        op = self.placed.inlined.pop(value)
        effect = self.placed.effects[op]
        for other in list(self.ordered):
            if self.waiting[other].effect.conflicts(effect):
                self.flush(other)
        self.statements.append(op)

    def emit(self, op: Op, effect: Effect) -> None:
        for other in list(self.ordered):
            if other in self.waiting and self.waiting[other].effect.conflicts(effect):
                self.flush(other)
        self.statements.append(op)

    def flush_all(self) -> None:
        for value in list(self.waiting):
            if value in self.waiting:
                self.flush(value)


def _is_saved_part(value: Value, uses: list[Use]) -> bool:
    """Whether a value is the part of storage that is put on a tape before it is overwritten."""
    return value.name == "old" and len(uses) == 1 and uses[0][2] is not None and uses[0][2].fn is prims.push


def evaluation_order(op: Op) -> list[Value]:
    """Operands in the order in which Python evaluates them where the op is printed."""
    v = op.operands
    if op.fn is operator.setitem and len(v) == 3:
        return [v[2], v[0], v[1]]
    if op.fn is builtins.setattr:
        return [v[2], v[0], v[1]]
    if op.fn is operator.contains:
        return [v[1], v[0]]
    if op.kind == "for":
        return v[:1]
    return list(v)
