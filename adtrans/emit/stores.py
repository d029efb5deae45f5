"""Ops that print as statements of their own form: stores, augmented assignments, imports."""

from __future__ import annotations

import ast
import builtins
import operator
from typing import TYPE_CHECKING, Any

from adtrans.emit import nodes
from adtrans.emit.effects import IN_PLACE
from adtrans.emit.expressions import Expressions
from adtrans.emit.nodes import Node
from adtrans.emit.operators import AUGMENTED, BINARY
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Const, Op, Value, is_const, is_member

if TYPE_CHECKING:
    from adtrans.emit.scope import Scope


class Stores:
    """Writes the statements that are no plain assignment."""

    def __init__(self, scope: Scope, expressions: Expressions) -> None:
        self.scope = scope
        self.expressions = expressions

    def statement(self, op: Op) -> list[Node] | None:
        """The statements of an op, or None where it is an ordinary expression."""
        fn: Any = op.fn
        if op.kind != "apply":
            return None
        if fn is operator.setitem:
            return [nodes.assign(self.place(op), self.expressions.value(op.operands[2]))]
        if fn is operator.delitem:
            return [
                ast.Delete(
                    [nodes.subscript(self.value(op, 0), self.expressions.index(op.operands[1]), ast.Del())]
                )
            ]
        if fn in (builtins.setattr, builtins.delattr) and _is_identifier(op.operands[1]):
            return [self.attribute(op)]
        if fn is prims.augment_at:
            return [self.augmented_at(op)]
        if fn in IN_PLACE:
            return self.in_place(op, IN_PLACE[fn])
        if fn in (prims.add_at, prims.set_at):
            return self.scattered(op)
        if fn is prims.import_:
            return [self.imported(op)]
        if is_member(fn, AUGMENTED) and op.results and self.accumulates(op):
            return [self.augment(op, BINARY[fn].__name__)]
        return None

    def value(self, op: Op, k: int) -> Node:
        return self.expressions.value(op.operands[k])

    def place(self, op: Op) -> Node:
        return nodes.subscript(self.value(op, 0), self.expressions.index(op.operands[1]), ast.Store())

    def attribute(self, op: Op) -> Node:
        name = op.operands[1].value  # type: ignore[attr-defined]
        if op.fn is builtins.delattr:
            return ast.Delete([nodes.attribute(self.value(op, 0), name, ast.Del())])
        return nodes.assign(nodes.attribute(self.value(op, 0), name, ast.Store()), self.value(op, 2))

    def augmented_at(self, op: Op) -> Node:
        operation = op.operands[2].value  # type: ignore[attr-defined]
        make, value = self.expressions.signed(getattr(ast, IN_PLACE[operation]), op, op.operands[3])
        kind = make()
        if op.attrs.get("of attribute"):
            name = op.operands[1].value  # type: ignore[attr-defined]
            return ast.AugAssign(nodes.attribute(self.value(op, 0), name, ast.Store()), kind, value)
        return ast.AugAssign(self.place(op), kind, value)

    # ----- x += v -----

    def accumulates(self, op: Op) -> bool:
        """Whether `x = x + v` may be said `x += v`: the same name, and numbers or owned storage."""
        first = op.operands[0]
        if isinstance(first, Const) or first in self.scope.placed.inlined or not self.named(op.result):
            return False
        if self.scope.names.of(first) != self.scope.names.of(op.result):
            return False
        return (
            bool(op.attrs.get("inplace"))
            or isinstance(op.result.type, ty.Scalar)
            and isinstance(first.type, ty.Scalar)
        )

    def named(self, value: Value) -> bool:
        return self.scope.variables.root(value) in self.scope.names.chosen

    def augment(self, op: Op, kind: str) -> Node:
        name = self.scope.names.of(op.operands[0])
        make, value = self.expressions.signed(getattr(ast, kind), op, op.operands[1])
        return ast.AugAssign(nodes.store(name), make(), value)

    def in_place(self, op: Op, kind: str) -> list[Node]:
        """`x += v` on a name; on another name than x, after `y = x`."""
        make = getattr(ast, kind)
        first = op.operands[0]
        if not op.results:
            target = self.expressions.value(first)
            target.ctx = ast.Store()
            make, value = self.expressions.signed(make, op, op.operands[1])
            return [ast.AugAssign(target, make(), value)]
        if self.named(op.result):
            name = self.scope.names.of(op.result)
        else:
            name = self.scope.names.fresh("t")
        if (
            isinstance(first, Const)
            or first in self.scope.placed.inlined
            or name != self.scope.names.of(first)
        ):
            return [
                nodes.assign(nodes.store(name), self.expressions.value(first)),
                ast.AugAssign(nodes.store(name), make(), self.value(op, 1)),
            ]
        return [ast.AugAssign(nodes.store(name), make(), self.value(op, 1))]

    # ----- scatter -----

    def scattered(self, op: Op) -> list[Node] | None:
        """`b[i] += v` on a copy of b, or on b itself where it is owned."""
        first = op.operands[0]
        if not op.results:
            name = self.scope.names.of(first)
        elif not self.named(op.result):
            return []
        else:
            name = self.scope.names.of(op.result)
        if (
            isinstance(first.type, ty.Tuple)
            and first.type.cls is not list
            or isinstance(first.type, ty.List)
            and first.type.cls is tuple
        ):
            return self.scattered_tuple(op, name)
        written: list[Node] = []
        source = self.expressions.value(first)
        if not (isinstance(source, ast.Name) and source.id == name and op.attrs.get("inplace")):
            if not op.attrs.get("inplace"):
                source = nodes.call(nodes.attribute(source, "copy"), [])
            written.append(nodes.assign(nodes.store(name), source))
        index = self.expressions.index(op.operands[1])
        if op.fn is prims.add_at and op.attrs.get("repeats"):
            at = nodes.dotted(self.scope.module.spelling.path("numpy", "add.at"))
            args = [nodes.name(name), self.value(op, 1), self.value(op, 2)]
            written.append(ast.Expr(nodes.call(at, args)))
            return written
        target = nodes.subscript(nodes.name(name), index, ast.Store())
        if op.fn is prims.add_at:
            make, value = self.expressions.signed(ast.Add, op, op.operands[2])
            written.append(ast.AugAssign(target, make(), value))
        else:
            written.append(nodes.assign(target, self.value(op, 2)))
        return written

    def scattered_tuple(self, op: Op, name: str) -> list[Node]:
        """`(*b[:3], b[3] + v, *b[4:])`; behind an index that may be -1 stands `b[i:][1:]`."""
        source, index = self.value(op, 0), self.value(op, 1)
        at = op.operands[1]
        if isinstance(at, Const) and at.value != -1:
            behind = nodes.subscript(source, ast.Slice(nodes.constant(at.value + 1), None, None))
        else:
            rest = nodes.subscript(source, ast.Slice(index, None, None))
            behind = nodes.subscript(rest, ast.Slice(nodes.constant(1), None, None))
        item = self.value(op, 2)
        if op.fn is prims.add_at:
            item = ast.BinOp(nodes.subscript(source, index), ast.Add(), item)
        before = nodes.subscript(source, ast.Slice(None, index, None))
        parts = [ast.Starred(before, ast.Load()), item]
        if not is_const(at, -1):
            parts.append(ast.Starred(behind, ast.Load()))
        return [nodes.assign(nodes.store(name), nodes.tuple_of(parts))]

    # ----- import -----

    def imported(self, op: Op) -> Node:
        module, name = (v.value for v in op.operands)  # type: ignore[attr-defined]
        bound = self.scope.names.of(op.result) if self.named(op.result) else "_"
        if name is not None:
            return ast.ImportFrom(module, [ast.alias(name, None if bound == name else bound)], 0)
        return ast.Import([ast.alias(module, None if bound == module else bound)])


def _is_identifier(value: Value) -> bool:
    return isinstance(value, Const) and isinstance(value.value, str) and value.value.isidentifier()
