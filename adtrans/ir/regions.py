"""How values travel through regions: the slots of loops, and what blocks yield to results."""

from __future__ import annotations

from adtrans.ir.program import Block, Const, Op, Value, is_undefined, walk


def slot_offsets(loop: Op) -> tuple[int, int]:
    """What stands before a loop's slots: in operands and params the item, in yields the exit flag."""
    return int(loop.kind == "for"), int(bool(loop.attrs.get("exits")))


def slots_of(loop: Op) -> tuple[list[Value], list[Value], list[Value]]:
    """(inits, params, yields) of a loop's slots."""
    offset, skip = slot_offsets(loop)
    body = loop.blocks[-1]
    return loop.operands[offset:], body.params[offset:], body.yields[skip:]


def entry_slots(loop: Op) -> list[Value]:
    """The slots as a turn begins: of the body of a `for`, of the condition of a `while`."""
    return loop.blocks[0].params[slot_offsets(loop)[0] :]


def leaving_blocks(op: Op) -> list[Block]:
    """The blocks of a region other than a loop that yield its results."""
    return op.blocks[1:] if op.attrs.get("final") else op.blocks


def edges_of(op: Op) -> list[tuple[list[Value], list[Value]]]:
    """(targets, sources) of every way a value flows through a region op."""
    if op.kind == "with":
        return [(op.results, op.blocks[0].yields), (op.blocks[0].params, op.operands)]
    if op.kind in ("if", "try"):
        if op.attrs.get("final"):
            return [(op.blocks[1].params, op.blocks[0].yields), (op.results, op.blocks[1].yields)]
        return [(op.results, b.yields) for b in op.blocks]
    if op.kind not in ("for", "while"):
        return []
    inits, params, yields = slots_of(op)
    edges = [(params, inits), (params, yields), (op.results, yields), (op.results, inits)]
    if op.kind == "while":
        edges += [(entry_slots(op), inits), (entry_slots(op), yields)]
    return edges


def keep_results(op: Op, keep: list[int]) -> None:
    """Drop the results of a region that are not in `keep`, and all that is yielded or carried for them."""
    op.results = [op.results[k] for k in keep]
    if op.kind not in ("for", "while"):
        for block in leaving_blocks(op):
            block.yields = [block.yields[k] for k in keep]
        return
    offset, skip = slot_offsets(op)
    body = op.blocks[-1]
    op.operands = [*op.operands[:offset], *(op.operands[offset + k] for k in keep)]
    body.params = [*body.params[:offset], *(body.params[offset + k] for k in keep)]
    body.yields = [*body.yields[:skip], *(body.yields[skip + k] for k in keep)]
    if op.kind == "while":
        op.blocks[0].params = [op.blocks[0].params[k] for k in keep]


def define(values: list[Value], body: Block) -> None:
    """Values that go into a record hold None on the paths that do not assign them."""
    regions = {r: op for op in walk(body) for r in op.results if op.kind != "apply"}
    for op in walk(body):
        if op.kind in ("for", "while"):
            regions.update(dict.fromkeys(slots_of(op)[1], op))
        elif op.attrs.get("final"):
            regions.update(dict.fromkeys(op.blocks[1].params, op))
    seen: set[Value] = set()
    work = list(values)
    while work:
        v = work.pop()
        region = regions.get(v)
        if region is None or v in seen:
            continue
        op = region
        seen.add(v)
        if op.kind in ("for", "while"):
            offset, skip = slot_offsets(op)
            slots = op.blocks[-1].params[offset:]
            k = slots.index(v) if v in slots else op.results.index(v)
            lists = [(op.operands, offset + k), (op.blocks[-1].yields, skip + k)]
        elif v in op.results:
            k = op.results.index(v)
            lists = [(b.yields, k) for b in leaving_blocks(op)]
        else:
            lists = [(op.blocks[0].yields, op.blocks[1].params.index(v))]
        for values_, i in lists:
            if is_undefined(values_[i]):
                values_[i] = Const(None)
            else:
                work.append(values_[i])
