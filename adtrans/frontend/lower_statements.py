"""Statements without blocks of their own: assignments, deletions, imports, assertions."""

from __future__ import annotations

import importlib.util
import operator
from collections.abc import Callable
from typing import Any

import gast

from adtrans.frontend.builder import Branch
from adtrans.frontend.lower_closures import Closures
from adtrans.frontend.scopes import imported_name
from adtrans.ir import prims
from adtrans.ir.program import Block, Const, Op, Value, undefined

AUGMENTED: dict[type, Callable[..., Any]] = {
    gast.Add: operator.iadd,
    gast.Sub: operator.isub,
    gast.Mult: operator.imul,
    gast.Div: operator.itruediv,
    gast.FloorDiv: operator.ifloordiv,
    gast.Mod: operator.imod,
    gast.Pow: operator.ipow,
    gast.MatMult: operator.imatmul,
    gast.BitAnd: operator.iand,
    gast.BitOr: operator.ior,
    gast.BitXor: operator.ixor,
    gast.LShift: operator.ilshift,
    gast.RShift: operator.irshift,
}


class Statements(Closures):
    """Lowers simple statements."""

    namespace: dict[str, Any]

    def simple(self, node: Any) -> None:
        """Any statement without a block."""
        getattr(self, "do_" + type(node).__name__)(node)

    # ----- assignment -----

    def do_Assign(self, node: Any) -> None:
        target = node.targets[0]
        if len(node.targets) == 1:
            if isinstance(target, gast.Name) and isinstance(node.value, gast.Lambda):
                self.define(target.id, node.value)
                return
            if _is_parallel(target, node.value):
                values = [self.expr(item) for item in node.value.elts]
                for each, value in zip(target.elts, values):
                    self.assign(each, value)
                return
        unpacked = len(node.targets) == 1 and isinstance(target, (gast.Tuple, gast.List))
        value = self.consumed(node.value) if unpacked else self.expr(node.value)
        for target in node.targets:
            self.assign(target, value)

    def do_AnnAssign(self, node: Any) -> None:
        if node.value is not None:
            self.assign(node.target, self.expr(node.value))

    def assign(self, target: Any, value: Value) -> None:
        """Store a value into a name, an attribute, an item, or the parts of a pattern."""
        if isinstance(target, gast.Name):
            self.bind(target.id, value)
        elif isinstance(target, (gast.Tuple, gast.List)):
            self._unpack(target, value)
        elif isinstance(target, gast.Attribute):
            self.effect(setattr, self.expr(target.value), Const(target.attr), value, node=target)
        else:
            owner = self.expr(target.value)
            self.effect(operator.setitem, owner, self.index(target.slice), value, node=target)

    def _unpack(self, target: Any, value: Value) -> None:
        parts = target.elts
        star = next((i for i, part in enumerate(parts) if isinstance(part, gast.Starred)), None)
        before = len(parts) if star is None else star
        after = 0 if star is None else len(parts) - star - 1
        span = self.span(target)
        results = [Value(span=span) for _ in parts]
        operands = [value, Const(before), Const(star is not None), Const(after)]
        self.block.ops.append(Op("apply", operands, results, None, {"fn": prims.unpack}, span))
        for part, result in zip(parts, results):
            self.assign(part.value if isinstance(part, gast.Starred) else part, result)

    def do_AugAssign(self, node: Any) -> None:
        fn, target = AUGMENTED[type(node.op)], node.target
        if isinstance(target, gast.Name):
            old = self.expr(gast.copy_location(gast.Name(target.id, gast.Load(), None, None), target))
            self.bind(target.id, self.apply(fn, old, self.expr(node.value), node=node))
            return
        owner = self.expr(target.value)
        if isinstance(target, gast.Attribute):
            key, read, write = Const(target.attr), getattr, setattr
        else:
            key, read, write = self.index(target.slice), operator.getitem, operator.setitem  # type: ignore[assignment]
        old = self.apply(read, owner, key, node=target)
        new = self.apply(fn, old, self.expr(node.value), node=node)
        self.block.ops[-1].attrs["item"] = True
        self.effect(write, owner, key, new, node=node)

    def do_Delete(self, node: Any) -> None:
        targets = list(node.targets)
        while targets:
            target = targets.pop(0)
            if isinstance(target, gast.Name):
                self.set(target.id, undefined())
            elif isinstance(target, (gast.Tuple, gast.List)):
                targets[:0] = target.elts
            elif isinstance(target, gast.Attribute):
                self.effect(delattr, self.expr(target.value), Const(target.attr), node=target)
            else:
                owner = self.expr(target.value)
                self.effect(operator.delitem, owner, self.index(target.slice), node=target)

    # ----- definitions -----

    def do_FunctionDef(self, node: Any) -> None:
        self.define(node.name, node)

    def do_Import(self, node: Any) -> None:
        for alias in node.names:
            value = self.apply(prims.import_, Const(alias.name), Const(None), node=node)
            if alias.asname is None and "." in alias.name:
                value = self.apply(prims.import_, Const(imported_name(alias)), Const(None), node=node)
            self.bind(imported_name(alias), value)

    def do_ImportFrom(self, node: Any) -> None:
        module = node.module or ""
        if node.level:
            package = (
                self.namespace.get("__package__") or self.namespace.get("__name__", "").rpartition(".")[0]
            )
            module = importlib.util.resolve_name("." * node.level + module, package)
        for alias in node.names:
            value = self.apply(prims.import_, Const(module), Const(alias.name), node=node)
            self.bind(imported_name(alias), value)

    # ----- the rest -----

    def do_Pass(self, node: Any) -> None:
        pass

    def do_Expr(self, node: Any) -> None:
        if not isinstance(node.value, gast.Constant):
            self.expr(node.value)

    def do_Raise(self, node: Any) -> None:
        operands = [self.expr(part) for part in (node.exc, node.cause) if part is not None]
        self.raise_(operands, node)

    def do_Assert(self, node: Any) -> None:
        if not __debug__:
            return
        failed = self.apply(operator.not_, self.expr(node.test), node=node.test)
        self.begin()
        error = self.apply(prims.global_, Const("AssertionError"), node=node)
        if node.msg is not None:
            error = self.apply(prims.call, error, self.expr(node.msg), node=node)
        self.raise_([error], node)
        self.join("if", [failed], [self.end(), Branch(Block(), {}, True)], 0, self.span(node))


def _is_parallel(target: Any, value: Any) -> bool:
    """`a, b = b, a`: every value is evaluated before any name is assigned."""
    return (
        isinstance(target, (gast.Tuple, gast.List))
        and isinstance(value, (gast.Tuple, gast.List))
        and len(target.elts) == len(value.elts)
        and not any(isinstance(part, gast.Starred) for part in (*target.elts, *value.elts))
    )
