"""The one representation of a program: structured SSA. It knows nothing of where it came from.

A Function has params and one Block; a Block is a list of Ops and the values it yields.
Nothing here mutates behind a pass's back: passes build new blocks with `Cloner` or edit
blocks that they own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from adtrans.ir import types as ty


@dataclass(frozen=True)
class Source:
    """The text that a function was read from."""

    filename: str
    lines: tuple[str, ...] = field(repr=False)  # of the whole file, or of the cell
    name: str = ""  # of the function, for messages

    def segment(self, line: int, column: int, end_line: int, end_column: int) -> str:
        """Text between two positions (1-based lines, 0-based columns of characters)."""
        rows = list(self.lines[line - 1 : end_line])
        if not rows:
            return ""
        rows[-1] = rows[-1][:end_column]
        rows[0] = rows[0][column:]
        return "\n".join(rows)


@dataclass(frozen=True)
class Span:
    """Where in the user's text an op comes from: its expression and its statement."""

    source: Source
    line: int
    column: int
    end_line: int
    end_column: int
    statement: tuple[int, int, int, int] | None = None  # as (line, column, end_line, end_column)

    @property
    def text(self) -> str:
        return self.source.segment(self.line, self.column, self.end_line, self.end_column)

    @property
    def statement_text(self) -> str:
        return self.source.segment(*self.statement) if self.statement else self.text


class Value:
    """One definition: a parameter or a result. `name` is the user's name for it, if any."""

    __slots__ = ("type", "name", "span")

    def __init__(self, type: ty.Type = ty.ANY, name: str | None = None, span: Span | None = None):
        self.type = type
        self.name = name
        self.span = span

    def __repr__(self) -> str:
        return f"%{self.name or hex(id(self))[-5:]}: {self.type}"


class Const(Value):
    """An operand that is a known Python object; it has no definition."""

    __slots__ = ("value",)

    def __init__(self, value: Any, span: Span | None = None):
        super().__init__(ty.Known(value), None, span)
        self.value = value

    def __repr__(self) -> str:
        return f"const {self.value!r}"


class Undefined:
    """What a variable holds on a path that does not assign it."""

    def __repr__(self) -> str:
        return "undefined"


UNDEFINED = Undefined()


def undefined() -> Const:
    value = Const(UNDEFINED)
    value.type = ty.NEVER
    return value


def is_undefined(value: Value) -> bool:
    return isinstance(value, Const) and value.value is UNDEFINED


def is_const(value: Value, *expected: Any) -> TypeGuard[Const]:
    """Whether a value is known; with arguments, whether it is one of them (by type and value)."""
    if not isinstance(value, Const) or value.value is UNDEFINED:
        return False
    return not expected or any(type(value.value) is type(e) and value.value == e for e in expected)


def is_member(fn: Any, functions: Any) -> bool:
    """`fn in functions`, for callables that may have no hash."""
    try:
        return fn in functions
    except TypeError:
        return False


class Op:
    """One operation; `kind` is one of KINDS, see docs/architecture.md for each one's shape."""

    __slots__ = ("kind", "operands", "results", "blocks", "attrs", "span")

    def __init__(
        self,
        kind: str,
        operands: list[Value],
        results: list[Value],
        blocks: list[Block] | None = None,
        attrs: dict[str, Any] | None = None,
        span: Span | None = None,
    ):
        self.kind = kind
        self.operands = operands
        self.results = results
        self.blocks = blocks or []
        self.attrs = attrs or {}
        self.span = span

    @property
    def fn(self) -> Callable[..., Any] | None:
        """The Python callable that an `apply` op applies."""
        return self.attrs.get("fn")

    @property
    def keywords(self) -> tuple[str, ...]:
        """Names of the last operands, those passed by keyword."""
        return self.attrs.get("keywords", ())

    @property
    def result(self) -> Value:
        return self.results[0]

    def positional(self) -> list[Value]:
        return self.operands[: len(self.operands) - len(self.keywords)]

    def by_keyword(self) -> dict[str, Value]:
        names = self.keywords
        return dict(zip(names, self.operands[len(self.operands) - len(names) :])) if names else {}

    def __repr__(self) -> str:
        name = getattr(self.fn, "__name__", "") if self.kind == "apply" else ""
        return f"<{self.kind} {name}>"


KINDS = ("apply", "if", "for", "while", "try", "with", "raise")


class Block:
    """Parameters, ops in program order, and the values that leave."""

    __slots__ = ("params", "ops", "yields")

    def __init__(
        self,
        params: list[Value] | None = None,
        ops: list[Op] | None = None,
        yields: list[Value] | None = None,
    ):
        self.params = params if params is not None else []
        self.ops = ops if ops is not None else []
        self.yields = yields if yields is not None else []


@dataclass(eq=False)
class Function:
    """A program: params, one block (its yields are the results), and what it was read from.

    `captures` are the params that stand for closure cells (the last ones), by name.
    `signature` describes how arguments bind to params: (name, kind, has_default) triples with
    inspect.Parameter kinds; defaults are Python objects in `defaults` by name, or, for nested
    functions, the values of the enclosing program that `closure` was given.
    """

    name: str
    body: Block
    source: Source | None = None
    captures: tuple[str, ...] = ()
    signature: tuple[tuple[str, int, bool], ...] = ()
    defaults: dict[str, Any] = field(default_factory=dict)
    namespace: dict[str, Any] = field(default_factory=dict, repr=False)  # the globals it runs in
    span: Span | None = None
    doc: str | None = None
    self_name: str | None = None  # a nested function that calls itself: its last param is itself

    @property
    def params(self) -> list[Value]:
        return self.body.params

    @property
    def results(self) -> list[Value]:
        return self.body.yields


def walk(block: Block) -> Iterator[Op]:
    """Every op of a block and of the blocks inside, in program order."""
    stack = [iter(block.ops)]
    while stack:
        for op in stack[-1]:
            yield op
            if op.blocks:
                stack.append(iter([inner for b in op.blocks for inner in b.ops]))
                break
        else:
            stack.pop()


def blocks_of(block: Block) -> Iterator[Block]:
    """A block and all blocks inside it."""
    stack = [block]
    while stack:
        b = stack.pop()
        yield b
        for op in reversed(b.ops):
            stack.extend(reversed(op.blocks))


def free_values(op_or_block: Op | Block) -> list[Value]:
    """Values read inside, defined outside, in order of first use; consts are not values."""
    defined: set[int] = set()
    seen: dict[int, Value] = {}

    def use(v: Value) -> None:
        if not isinstance(v, Const) and id(v) not in defined:
            seen.setdefault(id(v), v)

    work: list[tuple[str, Any]] = [("block" if isinstance(op_or_block, Block) else "op", op_or_block)]
    while work:
        what, item = work.pop()
        if what == "op":
            for v in item.operands:
                use(v)
            work.append(("define", item.results))
            work.extend(("block", b) for b in reversed(item.blocks))
        elif what == "block":
            defined.update(map(id, item.params))
            work.append(("use", item.yields))
            work.extend(("op", op) for op in reversed(item.ops))
        elif what == "use":
            for v in item:
                use(v)
        else:
            defined.update(map(id, item))
    return list(seen.values())


class Cloner:
    """Copies blocks, renaming values; values without an entry stand for themselves."""

    def __init__(self, mapping: dict[Value, Value] | None = None):
        self.mapping: dict[Value, Value] = dict(mapping or {})

    def value(self, v: Value) -> Value:
        return self.mapping.get(v, v)

    def define(self, v: Value) -> Value:
        fresh = Value(v.type, v.name, v.span)
        self.mapping[v] = fresh
        return fresh

    def op(self, op: Op) -> Op:
        operands = [self.value(v) for v in op.operands]
        blocks = [self.block(b) for b in op.blocks]
        return Op(op.kind, operands, [self.define(v) for v in op.results], blocks, dict(op.attrs), op.span)

    def block(self, block: Block) -> Block:
        params = [self.define(v) for v in block.params]
        ops = [self.op(op) for op in block.ops]
        return Block(params, ops, [self.value(v) for v in block.yields])
