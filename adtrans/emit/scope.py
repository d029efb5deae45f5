"""What printing one function needs to know: what prints where, and the names of variables."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from adtrans.emit import nodes
from adtrans.emit.coalesce import Variables
from adtrans.emit.liveness import Ranges
from adtrans.emit.names import Names
from adtrans.emit.nodes import Node
from adtrans.emit.placement import Placement
from adtrans.emit.tails import Edges
from adtrans.ir import prims
from adtrans.ir.program import Block, Function, Op, Value, is_const

if TYPE_CHECKING:
    from adtrans.emit.module import Module


@dataclass(eq=False)
class Scope:
    """What printing one function needs to know."""

    module: Module
    function: Function
    edges: Edges
    placed: Placement
    ranges: Ranges
    variables: Variables
    names: Names
    namespace: dict[str, Any] = field(default_factory=dict)
    vacant: set[Value] = field(default_factory=set)  # variables that are None where they are undefined
    absorbed: set[Op] = field(default_factory=set)  # unpackings that print inside another target

    def is_variable(self, value: Value) -> bool:
        return self.variables.root(value) in self.names.chosen

    def name(self, value: Value) -> str:
        return self.names.of(value) if self.is_variable(value) else "_"

    def target(self, op: Op, following: Sequence[Op]) -> Node:
        """The left side of an unpacking; one that directly follows nests."""
        star = is_const(op.operands[2], True)
        before = op.operands[1].value  # type: ignore[attr-defined]
        items: list[Node] = []
        rest = list(following)
        for k, r in enumerate(op.results):
            inner = rest[0] if rest else None
            if inner is not None and self.unpacks(inner, r):
                self.absorbed.add(inner)
                item = self.target(inner, rest[1:])
                while rest and rest[0] in self.absorbed:
                    rest.pop(0)
            else:
                item = nodes.store(self.name(r))
            items.append(ast.Starred(item, ast.Store()) if star and k == before else item)
        return nodes.tuple_of(items, ast.Store())

    def unpacks(self, op: Op, value: Value) -> bool:
        """Whether an op is the unpacking of a value that is read nowhere else."""
        return op.fn is prims.unpack and op.operands[0] is value and len(self.edges.uses.get(value, [])) == 1

    def target_of(self, body: Block) -> Node:
        """The target of a loop: its item, or the unpacking of it that comes first."""
        item = body.params[0]
        statements = self.placed.statements[body]
        if statements and self.unpacks(statements[0], item):
            self.absorbed.add(statements[0])
            return self.target(statements[0], statements[1:])
        return nodes.store(self.name(item))
