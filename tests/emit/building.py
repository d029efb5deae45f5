"""A small builder of SSA programs for the tests of emit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from adtrans.ir import types as ty
from adtrans.ir.program import Block, Const, Function, Op, Source, Span, Value


def value_of(item: Any) -> Value:
    return item if isinstance(item, Value) else Const(item)


class Program:
    """Builds one function, op by op; blocks are opened by the builders of compound ops."""

    def __init__(self, name: str, params: str = "", types: dict[str, ty.Type] | None = None) -> None:
        self.name = name
        self.body = Block()
        self.block = self.body
        self.attrs: dict[str, Any] = {}
        self.span: Span | None = None
        for p in params.split():
            self.body.params.append(Value((types or {}).get(p, ty.ANY), p))

    @property
    def params(self) -> list[Value]:
        return self.body.params

    def at(self, statement: str | None) -> None:
        """The statement that the next ops come from."""
        if statement is None:
            self.span = None
            return
        rows = tuple(statement.split("\n"))
        where = (1, 0, len(rows), len(rows[-1]))
        self.span = Span(Source("f.py", rows, statement), *where, where)

    def apply(
        self, fn: Any, *operands: Any, name: str | None = None, type: ty.Type = ty.ANY, **attrs: Any
    ) -> Value:
        result = Value(type, name)
        self.block.ops.append(
            Op(
                "apply",
                [value_of(v) for v in operands],
                [result],
                attrs={"fn": fn, **self.attrs, **attrs},
                span=self.span,
            )
        )
        return result

    def several(self, fn: Any, *operands: Any, names: Sequence[str | None], **attrs: Any) -> list[Value]:
        results = [Value(ty.ANY, n) for n in names]
        self.block.ops.append(
            Op(
                "apply",
                [value_of(v) for v in operands],
                results,
                attrs={"fn": fn, **self.attrs, **attrs},
                span=self.span,
            )
        )
        return results

    def effect(self, fn: Any, *operands: Any, **attrs: Any) -> None:
        self.block.ops.append(
            Op(
                "apply",
                [value_of(v) for v in operands],
                [],
                attrs={"fn": fn, **self.attrs, **attrs},
                span=self.span,
            )
        )

    def inside(self, build: Callable[..., Any], params: Sequence[Value]) -> Block:
        outer, self.block = self.block, Block(list(params))
        yields = build(*params)
        if not isinstance(yields, (list, tuple)):
            yields = [] if yields is None else [yields]
        inner, self.block = self.block, outer
        inner.yields = [value_of(v) for v in yields]
        return inner

    def if_(
        self, test: Any, then: Callable[[], Any], other: Callable[[], Any], names: Sequence[str | None]
    ) -> list[Value]:
        blocks = [self.inside(then, []), self.inside(other, [])]
        results = [Value(ty.ANY, n) for n in names]
        self.block.ops.append(Op("if", [value_of(test)], results, blocks, dict(self.attrs), self.span))
        return results

    def for_(
        self, item: str | None, iterable: Any, slots: dict[str, Any], body: Callable[..., Any], **attrs: Any
    ) -> list[Value]:
        block = self.inside(body, [Value(ty.ANY, item), *(Value(ty.ANY, n.split("'")[0]) for n in slots)])
        results = [Value(ty.ANY, n.split("'")[0]) for n in slots]
        operands = [value_of(v) for v in (iterable, *slots.values())]
        self.block.ops.append(Op("for", operands, results, [block], {**self.attrs, **attrs}, self.span))
        return results

    def while_(
        self, slots: dict[str, Any], test: Callable[..., Any], body: Callable[..., Any], **attrs: Any
    ) -> list[Value]:
        blocks = [self.inside(b, [Value(ty.ANY, n) for n in slots]) for b in (test, body)]
        results = [Value(ty.ANY, n) for n in slots]
        self.block.ops.append(
            Op(
                "while",
                [value_of(v) for v in slots.values()],
                results,
                blocks,
                {**self.attrs, **attrs},
                self.span,
            )
        )
        return results

    def done(self, *results: Any, **fields: Any) -> Function:
        self.body.yields = [value_of(v) for v in results]
        return Function(self.name, self.body, **fields)
