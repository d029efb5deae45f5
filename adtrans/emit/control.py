"""Blocks as statements: control flow, assignments, and the copies that SSA leaves."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Sequence

from adtrans.emit import nodes
from adtrans.emit.comments import Comments
from adtrans.emit.copies import arrange, copies_of
from adtrans.emit.effects import PURE
from adtrans.emit.expressions import Expressions
from adtrans.emit.nodes import Node
from adtrans.emit.scope import Scope
from adtrans.emit.stores import Stores
from adtrans.emit.tails import initial_values
from adtrans.emit.text import Placed, lines_of, statement_text
from adtrans.ir import prims
from adtrans.ir.program import Block, Const, Op, Value, is_const, is_member, is_undefined


class Control:
    """Writes the statements of a function."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.placed = scope.placed
        self.edges = scope.edges
        self.expressions = Expressions(scope)
        self.stores = Stores(scope, self.expressions)
        self.comments = Comments(scope.function)
        self.lines: list[str] = []
        self.base = 0
        self._leaves: dict[Block, bool] = {}

    def run(self, indent: int) -> list[str]:
        """The lines of the function's body."""
        self.base = indent
        self.block(self.scope.function.body, indent)
        while self.lines and not self.lines[-1]:
            self.lines.pop()
        return self.lines or [" " * indent + "pass"]

    # ----- lines -----

    def put(self, node: Node, indent: int) -> None:
        self.lines.extend(lines_of(statement_text(node), indent))

    def header(self, node: Node, indent: int, word: str = "") -> None:
        """The first line of a compound statement; `word` replaces `if` by `elif`."""
        text = statement_text(node)
        text = text[: text.rindex(":\n") + 1] if ":\n" in text else text
        self.lines.extend(lines_of(word + text[2:] if word else text, indent))

    def remark(self, text: str | None, indent: int) -> None:
        if text is not None:
            self.lines.append(" " * indent + text)

    def apart(self, lines: list[str]) -> None:
        """A nested function, between blank lines."""
        if self.lines and self.lines[-1]:
            self.lines.append("")
        self.lines.extend([*lines, ""])

    def captured(self, block: Block, indent: int) -> list[str]:
        """The lines of a block, apart."""
        outer, self.lines = self.lines, []
        self.comments.reset()
        self.block(block, indent)
        self.comments.reset()
        inner, self.lines = self.lines, outer
        return inner

    def mark(self, first: int, op: Op | None) -> None:
        """Note for the lines from `first` on which op they come from."""
        if op is not None and op.span is not None:
            rows = self.lines[first:]
            self.lines[first:] = [row if isinstance(row, Placed) else Placed(row, op.span) for row in rows]

    # ----- blocks and edges -----

    def block(self, block: Block, indent: int, at_end: bool = False) -> None:
        """The statements of a block, then its edge; `at_end`: nothing follows in the iteration."""
        statements = self.placed.statements[block]
        for position, op in enumerate(statements):
            if op not in self.scope.absorbed:
                last = position + 1 == len(statements)
                ahead = op.fn is prims.unpack or self.comments.has_tangent
                following = statements[position + 1 :] if ahead else ()
                self.statement(
                    op,
                    indent,
                    following,
                    last and (self.goes_round(block) or at_end and self.ends_quietly(block)),
                )
        first = len(self.lines)
        self.edge(block, indent)
        self.mark(first, next((op for op in reversed(block.ops) if op.span is not None), None))

    def ends_quietly(self, block: Block) -> bool:
        """Whether nothing is printed at the end of a branch."""
        edge = self.edges.edge.get(block)
        return edge is not None and edge.kind == "join" and not copies_of(self.scope, edge)

    def size(self, block: Block) -> int:
        """How many statements a block has, those inside others included."""
        count, stack = 0, [block]
        while stack:
            statements = self.placed.statements[stack.pop()]
            count += len(statements)
            stack.extend(b for op in statements if op not in self.placed.expressions for b in op.blocks)
        return count

    def goes_round(self, block: Block) -> bool:
        """Whether the end of a block is the end of an iteration, with nothing left to do."""
        edge = self.edges.edge.get(block)
        if edge is None or edge.kind != "loop" or edge.flag is not None and not is_const(edge.flag, False):
            return False
        return not copies_of(self.scope, edge)

    def leaves(self, block: Block) -> bool:
        """Whether control never reaches the end of a block."""
        known = self._leaves.get(block)
        if known is None:
            edge = self.edges.edge.get(block)
            last = block.ops[-1] if block.ops else None
            if edge is not None:
                known = edge.kind == "return" or edge.flag is not None and is_const(edge.flag, True)
            elif last is not None and last in self.edges.virtual:
                known = all(self.leaves(inner) for inner in last.blocks)
            else:
                known = True
            self._leaves[block] = known
        return known

    def edge(self, block: Block, indent: int) -> None:
        """What happens at the end of a block."""
        edge = self.edges.edge.get(block)
        if edge is None or edge.kind == "test":
            return
        if edge.kind == "return":
            self.return_(edge.values, indent, nested=block is not self.scope.function.body)
            return
        self.copy(copies_of(self.scope, edge), indent)
        if edge.flag is None or is_const(edge.flag, False):
            return
        if is_const(edge.flag, True):
            self.lines.append(" " * indent + "break")
            return
        self.header(ast.If(self.expressions.value(edge.flag), [ast.Pass()], []), indent)
        self.lines.append(" " * (indent + 4) + "break")

    def return_(self, values: list[Value], indent: int, nested: bool) -> None:
        if not values or len(values) == 1 and is_const(values[0], None):
            if nested:
                self.lines.append(" " * indent + "return")
            return
        if all(is_undefined(v) for v in values):
            return
        results = [nodes.constant(None) if is_undefined(v) else self.expressions.value(v) for v in values]
        self.put(ast.Return(results[0] if len(results) == 1 else nodes.tuple_of(results)), indent)

    def copy(self, copies: list[tuple[Value, Value]], indent: int) -> None:
        """Assign targets their values: in parallel where one reads what another writes."""
        for group in arrange(self.scope, copies):
            targets = [nodes.store(self.scope.names.of(t)) for t, _ in group]
            values = [self.expressions.value(v) for _, v in group]
            if len(group) == 1:
                self.put(nodes.assign(targets[0], values[0]), indent)
            else:
                self.put(nodes.assign(nodes.tuple_of(targets, ast.Store()), nodes.tuple_of(values)), indent)

    # ----- statements -----

    def statement(self, op: Op, indent: int, following: Sequence[Op], at_end: bool) -> None:
        first = len(self.lines)
        self.write(op, indent, following, at_end)
        self.mark(first, op)

    def write(self, op: Op, indent: int, following: Sequence[Op], at_end: bool) -> None:
        self.remark(self.comments.sweep(op, indent - self.base), indent)
        self.remark(self.comments.statement(op, indent, following), indent)
        if op.kind == "apply" or op in self.placed.expressions:
            self.apply(op, indent, following)
            return
        self.comments.reset()
        if op.kind == "if":
            self.if_(op, indent, at_end)
        else:
            _KINDS[op.kind](self, op, indent)
        self.comments.reset()

    def apply(self, op: Op, indent: int, following: Sequence[Op]) -> None:
        if op.fn is prims.unpack:
            target = self.scope.target(op, following)
            self.put(nodes.assign(target, self.expressions.value(op.operands[0])), indent)
            return
        if op.fn is prims.closure and self.scope.is_variable(op.result):
            if not self.scope.module.is_lambda(self.scope, op):
                self.apart(self.scope.module.nested(self.scope, op, indent))
                return
        written = self.stores.statement(op)
        if written is not None:
            for node in written:
                self.put(node, indent)
            return
        if op.fn is prims.closure and not self.scope.is_variable(op.result):
            return
        value = self.expressions.op(op)
        used = [r for r in op.results if self.scope.is_variable(r)]
        if not used:
            if not (op.results and is_member(op.fn, _IDLE)):
                self.put(ast.Expr(value), indent)
            return
        targets = [nodes.store(self.scope.name(r)) for r in op.results]
        self.put(
            nodes.assign(targets[0] if len(targets) == 1 else nodes.tuple_of(targets, ast.Store()), value),
            indent,
        )

    # ----- compound statements -----

    def if_(self, op: Op, indent: int, at_end: bool) -> None:
        """An `if`; `at_end` says that an iteration ends with it."""
        word = ""
        while True:
            test = self.expressions.test(op.operands[0])
            then, other = op.blocks
            if self.leaves(other) and not self.leaves(then) and op in self.edges.virtual:
                then, other, test = other, then, nodes.negate(test)
            body = self.captured(then, indent + 4)
            chained = self.chained(other)
            if (
                not (body or word)
                and (at_end or self.goes_round(then))
                and (chained is not None or self.size(other) > 3)
            ):
                self.branch(test, [" " * (indent + 4) + "continue"], indent, word)
                self.block(other, indent, at_end)
                return
            if not body and (chained is None or not word):
                rest = self.captured(other, indent + 4)
                if rest:
                    self.branch(nodes.negate(test), rest, indent, word)
                elif self.placed.effects.get(op, PURE) != PURE and not isinstance(test, ast.Name):
                    self.put(ast.Expr(test), indent)
                return
            self.branch(test, body or [" " * (indent + 4) + "pass"], indent, word)
            if self.leaves(then) and not word:
                self.comments.reset()
                self.block(other, indent, at_end)
                return
            if chained is None:
                rest = self.captured(other, indent + 4)
                if rest:
                    self.lines.append(" " * indent + "else:")
                    self.lines.extend(rest)
                return
            op, word = chained, "elif"

    def branch(self, test: Node, body: list[str], indent: int, word: str) -> None:
        self.header(ast.If(test, [ast.Pass()], []), indent, word)
        self.lines.extend(body)

    def chained(self, block: Block) -> Op | None:
        """The `if` that is all of an else branch, so that it prints as elif."""
        statements = self.placed.statements[block]
        if len(statements) != 1 or statements[0].kind != "if" or statements[0] in self.placed.expressions:
            return None
        edge = self.edges.edge.get(block)
        if edge is not None and (edge.kind != "join" or copies_of(self.scope, edge)):
            return None
        return statements[0]

    def enter(self, op: Op, indent: int) -> None:
        """The initial values of a loop's slots."""
        live = [(s, i) for s, i in initial_values(op) if self.scope.is_variable(s)]
        vacant = self.scope.vacant
        filled = [
            (s, Const(None) if is_undefined(i) and self.scope.variables.root(s) in vacant else i)
            for s, i in live
        ]
        self.copy([(s, i) for s, i in filled if differs(self.scope, s, i)], indent)

    def for_(self, op: Op, indent: int) -> None:
        self.enter(op, indent)
        body = op.blocks[0]
        if op.attrs.get("collects"):
            empty = self.expressions.display(Op("apply", [], [], attrs={"fn": op.attrs["collects"]}))
            self.put(nodes.assign(nodes.store(self.scope.name(op.result)), empty), indent)
        target = self.scope.target_of(body)
        loop = ast.For(target, self.expressions.value(op.operands[0]), [ast.Pass()], [], None)
        self.header(loop, indent)
        self.lines.extend(self.captured(body, indent + 4) or [" " * (indent + 4) + "pass"])

    def while_(self, op: Op, indent: int) -> None:
        self.enter(op, indent)
        condition, body = op.blocks
        test = condition.yields[0]
        if self.placed.statements[condition]:
            self.header(ast.While(nodes.constant(True), [ast.Pass()], []), indent)
            self.lines.extend(self.captured(condition, indent + 4))
            self.branch(
                nodes.negate(self.expressions.value(test)), [" " * (indent + 8) + "break"], indent + 4, ""
            )
            self.lines.extend(self.captured(body, indent + 4))
            return
        self.header(ast.While(self.expressions.value(test), [ast.Pass()], []), indent)
        self.lines.extend(self.captured(body, indent + 4) or [" " * (indent + 4) + "pass"])

    def try_(self, op: Op, indent: int) -> None:
        margin = " " * indent
        inner = self.guarded(op)
        if inner is not None:
            self.try_(inner, indent)
        else:
            self.lines.append(f"{margin}try:")
            self.lines.extend(self.captured(op.blocks[0], indent + 4) or [f"{margin}    pass"])
        if op.attrs.get("final"):
            self.lines.append(f"{margin}finally:")
            self.lines.extend(self.captured(op.blocks[1], indent + 4) or [f"{margin}    pass"])
            return
        for kind, handler in zip(op.operands, op.blocks[1:]):
            caught = (
                f" as {self.scope.name(handler.params[0])}"
                if self.scope.is_variable(handler.params[0])
                else ""
            )
            text = statement_text(ast.Expr(self.expressions.value(kind)))
            text = (
                f"({text})"
                if text[0] != "(" and "," in text and isinstance(self.expressions.value(kind), ast.Tuple)
                else text
            )
            self.lines.extend(lines_of(f"except {text}{caught}:", indent))
            self.lines.extend(self.captured(handler, indent + 4) or [f"{margin}    pass"])

    def guarded(self, op: Op) -> Op | None:
        """The try with handlers that is all that a try with `finally` holds: they print as one."""
        statements = self.placed.statements[op.blocks[0]]
        if not op.attrs.get("final") or len(statements) != 1 or statements[0].kind != "try":
            return None
        edge = self.edges.edge.get(op.blocks[0])
        joined = edge is None or edge.kind == "join" and not copies_of(self.scope, edge)
        return statements[0] if joined and not statements[0].attrs.get("final") else None

    def with_(self, op: Op, indent: int) -> None:
        body = op.blocks[0]
        held = (
            nodes.store(self.scope.name(body.params[0]))
            if body.params and self.scope.is_variable(body.params[0])
            else None
        )
        item = ast.withitem(self.expressions.value(op.operands[0]), held)
        self.header(ast.With([item], [ast.Pass()], None), indent)
        self.lines.extend(self.captured(body, indent + 4) or [" " * (indent + 4) + "pass"])

    def raise_(self, op: Op, indent: int) -> None:
        values = [self.expressions.value(v) for v in op.operands]
        self.put(ast.Raise(values[0] if values else None, values[1] if len(values) > 1 else None), indent)


def differs(scope: Scope, target: Value, source: Value) -> bool:
    """Whether a target has to be assigned a source at all."""
    if is_undefined(source):
        return False
    if isinstance(source, Const) or source in scope.placed.inlined:
        return True
    return not scope.variables.same(target, source)


_IDLE = {
    prims.tuple_,
    prims.list_,
    prims.set_,
    prims.dict_,
    prims.global_,
    prims.closure,
    prims.tape,
    builtins.slice,
}

_KINDS = {
    "for": Control.for_,
    "while": Control.while_,
    "try": Control.try_,
    "with": Control.with_,
    "raise": Control.raise_,
}
