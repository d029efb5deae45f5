"""Checks that a program keeps the rules of the representation; run after every pass in tests."""

from __future__ import annotations

from typing import Any, NoReturn

from adtrans.errors import VerifyError
from adtrans.ir import prims
from adtrans.ir.program import KINDS, Block, Const, Function, Op, Value, is_undefined


def verify(function: Function) -> None:
    """Raise VerifyError at the first broken rule: one definition, dominance, region arity."""
    seen: set[int] = set()
    todo = [function]
    while todo:
        each = todo.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        _Verifier(each).run()
        for op in _all_ops(each.body):
            todo += [v.value for v in op.operands if isinstance(v, Const) and isinstance(v.value, Function)]


def _all_ops(block: Block) -> list[Op]:
    found, stack = [], [block]
    while stack:
        current = stack.pop()
        for op in current.ops:
            found.append(op)
            stack.extend(op.blocks)
    return found


class _Verifier:
    def __init__(self, function: Function):
        self.function = function
        self.defined: set[int] = set()  # ever
        self.visible: set[int] = set()  # here

    def run(self) -> None:
        function = self.function
        expected = len(function.signature) + len(function.captures) + (function.self_name is not None)
        if function.signature and len(function.params) != expected:
            self.fail(f"{len(function.params)} params, {expected} by the signature", None)
        # (action, item): blocks nest by the hundred, so no recursion
        work: list[tuple[str, Any, Any]] = [("block", function.body, None)]
        while work:
            action, item, op = work.pop()
            if action == "block":
                for param in item.params:
                    self.define(param, op)
                work.append(("leave", item, op))
                work.extend(("op", inner, None) for inner in reversed(item.ops))
            elif action == "op":
                self.shape(item)
                for value in item.operands:
                    self.use(value, item)
                work.append(("results", item, None))
                work.extend(("block", block, item) for block in reversed(item.blocks))
            elif action == "results":
                for value in item.results:
                    self.define(value, item)
            else:
                for value in item.yields:
                    self.use(value, op)
                if item.ops and item.ops[-1].kind == "raise" and not all(map(is_undefined, item.yields)):
                    self.fail("a block that ends in a raise yields a value", op)
                if any(inner.kind == "raise" for inner in item.ops[:-1]):
                    self.fail("a raise is not the last op of its block", op)
                for inner in (*item.params, *(v for each in item.ops for v in each.results)):
                    self.visible.discard(id(inner))

    def define(self, value: Value, op: Op | None) -> None:
        if isinstance(value, Const):
            self.fail("a const is defined", op)
        if id(value) in self.defined:
            self.fail(f"{value!r} is defined twice", op)
        self.defined.add(id(value))
        self.visible.add(id(value))

    def use(self, value: Value, op: Op | None) -> None:
        if type(value) not in (Value, Const):
            self.fail(f"{value!r} is no value of a program", op)
        if not isinstance(value, Const) and id(value) not in self.visible:
            known = "out of sight" if id(value) in self.defined else "not defined"
            self.fail(f"{value!r} is {known} where it is read", op)

    def fail(self, why: str, op: Op | None) -> NoReturn:
        where = f" at {op!r}" if op is not None else ""
        raise VerifyError(f"{self.function.name}{where}: {why}", span=op.span if op is not None else None)

    def count(self, what: str, found: int, expected: int, op: Op) -> None:
        if found != expected:
            self.fail(f"{found} {what}, expected {expected}", op)

    def shape(self, op: Op) -> None:
        """The number of operands, blocks, params and yields that each kind of op has."""
        if op.kind not in KINDS:
            self.fail(f"no such kind: {op.kind}", op)
        getattr(self, "_" + op.kind)(op)

    def _apply(self, op: Op) -> None:
        if not callable(op.fn) and "program" not in op.attrs:
            self.fail("an apply without a callable fn", op)
        if op.blocks:
            self.fail("an apply with blocks", op)
        if len(op.keywords) > len(op.operands):
            self.fail("more keywords than operands", op)
        if op.fn is prims.unpack:
            _, before, star, after = op.operands
            if isinstance(before, Const) and isinstance(star, Const) and isinstance(after, Const):
                self.count("results", len(op.results), before.value + bool(star.value) + after.value, op)
        elif op.fn not in (prims.pull,) and len(op.results) > 1:
            self.fail("an apply with several results", op)

    def _if(self, op: Op) -> None:
        self.count("operands", len(op.operands), 1, op)
        self.count("blocks", len(op.blocks), 2, op)
        for block in op.blocks:
            self.count("params", len(block.params), 0, op)
            self.count("yields", len(block.yields), len(op.results), op)

    def _for(self, op: Op) -> None:
        self.count("blocks", len(op.blocks), 1, op)
        slots = len(op.operands) - 1
        self._turn(op, op.blocks[0], slots, 1)

    def _while(self, op: Op) -> None:
        self.count("blocks", len(op.blocks), 2, op)
        slots = len(op.operands)
        self.count("params of the test", len(op.blocks[0].params), slots, op)
        self.count("yields of the test", len(op.blocks[0].yields), 1, op)
        self._turn(op, op.blocks[1], slots, 0)

    def _turn(self, op: Op, body: Block, slots: int, items: int) -> None:
        self.count("results", len(op.results), slots, op)
        self.count("params", len(body.params), slots + items, op)
        self.count("yields", len(body.yields), slots + bool(op.attrs.get("exits")), op)

    def _try(self, op: Op) -> None:
        if op.attrs.get("final"):
            self.count("operands", len(op.operands), 0, op)
            self.count("blocks", len(op.blocks), 2, op)
            body, final = op.blocks
            self.count("params of the final block", len(final.params), len(body.yields), op)
            self.count("yields", len(final.yields), len(op.results), op)
            return
        handlers = op.attrs["handlers"]
        self.count("operands", len(op.operands), handlers, op)
        self.count("blocks", len(op.blocks), handlers + 1, op)
        for i, block in enumerate(op.blocks):
            self.count("params", len(block.params), int(i > 0), op)
            self.count("yields", len(block.yields), len(op.results), op)

    def _with(self, op: Op) -> None:
        self.count("operands", len(op.operands), 1, op)
        self.count("blocks", len(op.blocks), 1, op)
        self.count("params", len(op.blocks[0].params), 1, op)
        self.count("yields", len(op.blocks[0].yields), len(op.results), op)

    def _raise(self, op: Op) -> None:
        if len(op.operands) > 2 or op.results or op.blocks:
            self.fail("a raise takes an exception and a cause, and gives nothing", op)
