"""Refuses calls that may keep, or change, active values in a way that is not known.

register(x)      # nothing is known of `register`, and `x` is active: refused at this line
"""

from __future__ import annotations

import numpy as np

from adtrans.analysis.activity import Activity
from adtrans.analysis.aliases import changed_by_call, changes_first, is_unknown
from adtrans.analysis.views import shared_operands
from adtrans.errors import UnsupportedError
from adtrans.ir import prims
from adtrans.ir.program import Const, Function, Op, walk
from adtrans.ir.uses import use_counts
from adtrans.transform import elementary


def check_calls(function: Function, activity: Activity) -> None:
    """Refuse calls that may keep, or change, active values in a way that is not known."""
    uses = use_counts(function.body)
    for op in walk(function.body):
        _check_several(op, activity)
        if op.kind != "apply" or op.fn in (np.add.at, np.subtract.at):
            continue
        if any(map(activity.is_active, op.results)) and _makes_objects(op):
            raise UnsupportedError("active values are put into an array of objects", span=op.span,
                                   hint="use a list, or an array of dtype float")  # fmt: skip
        changed = changed_by_call(op)
        if (
            any(activity.is_active(v) for v in changed)
            or changed
            and any(map(activity.is_varied, op.operands))
        ):
            if not changes_first(op.fn) and any(uses[r] and activity.is_useful(r) for r in op.results):
                raise elementary.unsupported(op, None)
            raise UnsupportedError(f"{elementary.spelled(op)} changes an array that holds active values", span=op.span,
                                   hint="assign by an index or a slice, or build a new array") if changes_first(op.fn) else _unknown(op)  # fmt: skip
        if is_unknown(op.fn) and any(map(activity.is_varied, op.operands)):
            if not any(activity.is_useful(r) for r in op.results):
                raise _unknown(op)


def _check_several(op: Op, activity: Activity) -> None:
    """Refuse views of several arrays, where one is written: they are known as views of one."""
    if op.kind != "apply" or len(shared_operands(op)) < 2:
        return
    if activity.aliases.is_touched(op.result) and activity.is_active(op.result):
        raise UnsupportedError(f"{elementary.spelled(op)} of several arrays gives views of them, and one of them is written",
                               span=op.span, hint="call it for one array at a time, or copy the results")  # fmt: skip


def _makes_objects(op: Op) -> bool:
    """Whether an array of dtype object is made."""
    return op.fn in (np.array, np.asarray, np.astype) and any(
        isinstance(v, Const)
        and (v.value is object or v.value in ("O", "object") or v.value == np.dtype(object))
        for v in op.operands[1:]
        if isinstance(getattr(v, "value", None), (str, type, np.dtype))
    )


def _unknown(op: Op) -> UnsupportedError:
    what = "this call" if op.fn is prims.call else elementary.spelled(op)
    return UnsupportedError(
        f"{what} is given an active value, and may keep or change it: nothing is known of it",
        span=op.span,
        hint="give it adtrans.stop_gradient(x), or mark the function with @adtrans.nondifferentiable",
    )
