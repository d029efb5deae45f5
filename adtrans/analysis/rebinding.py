"""`x += v` where x is a number first and an array later: it may be read as `x = x + v` if nobody can tell.

    total = 0.0
    for k in range(n):          total = total + w[k]
        total += w[k]

The first turn makes an array, the later ones change it in place. That is the same as making a new one
each time, unless the array of an earlier turn has another name, a view, or a place in a container.
"""

from __future__ import annotations

from adtrans.analysis.aliases import Aliases
from adtrans.errors import UnsupportedError
from adtrans.ir.program import Block, Const, Function, Op, Value, blocks_of, walk
from adtrans.ir.uses import readers

REBINDS = "rebinds"


def check_rebinding(function: Function, aliases: Aliases) -> None:
    """Refuse `x += v` read as `x = x + v` where the old x can be seen otherwise.

    Raises UnsupportedError at the statement.
    """
    marked = [op for op in walk(function.body) if op.attrs.pop(REBINDS, False)]
    if not marked:
        return
    uses = readers(function.body)
    params = set(function.params)
    for op in marked:
        for member in _members(function, aliases, op.operands[0]):
            found = uses.get(member, [])
            seen = [use for use in found if isinstance(use, Op) and use.kind == "apply" and use not in marked]
            if member in params or any(_holds(use, aliases, member) for use in seen) or _flows(found) > 1:
                raise _refusal(op)
        if _is_read_later(function, op):
            raise _refusal(op)


def _refusal(op: Op) -> UnsupportedError:
    return UnsupportedError(
        "it is not known whether this changes an array in place or makes a new number",
        span=op.span,
        hint="start from an array, np.zeros_like(…), or write x = x + v",
    )


def _members(function: Function, aliases: Aliases, v: Value) -> list[Value]:
    """The values that may be the same array."""
    if isinstance(v, Const):
        return []
    found = [p for p in function.params if aliases.same(p, v)]
    for block in blocks_of(function.body):
        found += [p for p in block.params if aliases.same(p, v)]
        found += [r for op in block.ops for r in op.results if aliases.same(r, v)]
    return found


def _holds(use: Op, aliases: Aliases, v: Value) -> bool:
    """Whether an op keeps a reference to what it reads, or changes it."""
    if not use.results:
        return True
    return any(aliases.same(r, v) for r in use.results)


def _flows(uses: list[Op | Block]) -> int:
    """To how many variables a value goes on."""
    loops = sum(1 for use in uses if isinstance(use, Op) and use.kind != "apply")
    yields = [use for use in uses if isinstance(use, Block)]
    return loops + max((yields.count(block) for block in yields), default=0)


def _is_read_later(function: Function, op: Op) -> bool:
    """Whether the old value is read after the statement."""
    old = op.operands[0]
    for block in blocks_of(function.body):
        if op not in block.ops:
            continue
        rest = Block([], block.ops[block.ops.index(op) + 1 :], block.yields)
        if any(v is old for b in blocks_of(rest) for v in b.yields):
            return True
        return any(v is old for b in blocks_of(rest) for o in b.ops for v in o.operands)
    return False
