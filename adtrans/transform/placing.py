"""Places of changes of lists, made explicit, as the reverse sweep needs them.

q.pop(i)            place = range(len(q))[i]; q.pop(place)
q.insert(i, v)      place = len(q[:i]); q.insert(place, v)
q[a:b] = v          span = range(len(q))[a:b]; q[span.start:span.start + len(span)] = v
"""

from __future__ import annotations

import operator

from adtrans.analysis.inference import arrays
from adtrans.analysis.inference.engine import Engine
from adtrans.ir import types as ty
from adtrans.ir.program import Block, Const, Function, Op, blocks_of, is_const
from adtrans.transform.containers import changes_container


def place_changes(engine: Engine, function: Function) -> None:
    """Put the place of every change of a list of active numbers into a value of its own."""
    for block in blocks_of(function.body):
        for op in list(block.ops):
            if (
                not changes_container(op)
                or not isinstance(op.operands[0].type, ty.List)
                or len(op.operands) < 2
            ):
                continue
            if op.fn in (list.pop, list.insert, operator.delitem) or op.fn is operator.setitem:
                opening = Block()
                with engine.inside(opening), engine.at(op.span):
                    _place(engine, op)
                at = block.ops.index(op)
                block.ops[at:at] = opening.ops


def _place(engine: Engine, op: Op) -> None:
    target, index = op.operands[:2]
    if not ty.can_carry(target.type) or is_const(index) and isinstance(index.value, int) and index.value >= 0:
        return
    if arrays.is_slice(index, engine.definition):
        step = engine.definition(index)
        given = index.value.step if is_const(index) else step.operands[2] if step is not None else Const(1)
        if not (given is None or given == 1 or is_const(given, None, 1)):
            return
        places = engine.emit(range, [engine.emit(len, [target], [ty.INT])[0]], [ty.Range()])[0]
        span = engine.emit(operator.getitem, [places, index], [ty.Range()], name="span")[0]
        start = engine.emit(getattr, [span, Const("start")], [ty.INT])[0]
        stop = engine.emit(operator.add, [start, engine.emit(len, [span], [ty.INT])[0]], [ty.INT])[0]
        op.operands[1] = engine.emit(slice, [start, stop, Const(None)], [ty.SLICE])[0]
    elif op.fn is list.insert:
        upto = engine.emit(slice, [Const(None), index, Const(None)], [ty.SLICE])[0]
        head = engine.emit(operator.getitem, [target, upto], [target.type])[0]
        op.operands[1] = engine.emit(len, [head], [ty.INT], name="place")[0]
    elif op.fn in (list.pop, operator.delitem) and not (op.fn is list.pop and is_const(index, -1)):
        places = engine.emit(range, [engine.emit(len, [target], [ty.INT])[0]], [ty.Range()])[0]
        op.operands[1] = engine.emit(operator.getitem, [places, index], [ty.INT], name="place")[0]
