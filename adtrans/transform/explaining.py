"""Why a refusal matters: which argument reaches the refused expression, and what can be done about it."""

from __future__ import annotations

import inspect
import operator
import os
import re
from collections.abc import Iterator
from types import FunctionType
from typing import Any

from adtrans.errors import AdtransError, InternalError
from adtrans.frontend.lower import function_at, program_of
from adtrans.ir import prims
from adtrans.ir.program import Block, Const, Function, Op, Span, Value, blocks_of
from adtrans.transform.request import Request, root_of

_STORES = (operator.setitem, operator.delitem, setattr, list.append, set.add)
_PACKAGE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "")
_CUT = re.compile(r"adtrans\.stop_gradient(?!\()")


def explain(error: AdtransError, request: Request) -> None:
    """Complete what an error says: why the expression matters for this derivative, how it is reached, two ways out."""
    try:
        _explain(error, request)
    except Exception:  # the refusal stands, whatever its explanation meets
        import logging  # late: there is seldom anything to report

        logging.getLogger("adtrans").debug("no explanation", exc_info=True)


def _explain(error: AdtransError, request: Request) -> None:
    error.calls = tuple(span for span in error.calls if not _is_whole(span))
    if error.span is None or _is_whole(error.span):
        return
    root = root_of(request.function)
    program = program_of(root) if root is not None else None
    if root is None or program is None:  # refused before it was a program
        error.hint = _two_ways(error.hint, [], False)
        return
    if not error.calls:
        error.calls = calls_to(error.span, root)
    _look_inside(error)
    arguments, names = _reaching(error, program, request)
    if arguments:
        subject = " and ".join(f"`{name}`" for name in names) or "it"
        verb = "depend" if len(names) > 1 else "depends"
        plural = "arguments" if len(arguments) > 1 else "argument"
        listed = " and ".join(f"`{name}`" for name in arguments)
        reason = f"{subject} {verb} on the {plural} {listed} of {program.name}"
        error.why = f"{_sentence(error.why)} {_sentence(reason)}".strip()
    if not isinstance(error, InternalError):
        error.hint = _two_ways(error.hint, names, bool(arguments))


def internal(failure: Exception) -> InternalError:
    """The refusal of what made adtrans itself fail, with the expression that it was at."""
    traceback, span = failure.__traceback__, None
    while traceback is not None:
        for name in ("engine", "op", "self"):
            found = getattr(traceback.tb_frame.f_locals.get(name), "span", None)
            span = found if isinstance(found, Span) and not _is_ours(found) else span
        traceback = traceback.tb_next
    return InternalError(
        f"adtrans failed here: {type(failure).__name__}: {failure}",
        why="Either this fails when the function runs, too, or it is a mistake of adtrans.",
        hint="Call the function itself to see; if it works, write this another way, or put it into a function "
        "of its own and give its derivative with @adtrans.adjoint.",
        span=span,
    )


def _is_ours(span: Span) -> bool:
    return span.source.filename.startswith(_PACKAGE)


def _look_inside(error: AdtransError) -> None:
    """Where a function of one expression was written in the place of its call: the expression itself."""
    for _ in range(8):
        assert error.span is not None
        caller = function_at(error.span)
        program = program_of(error.span)
        if error.subject is None or caller is None or program is None:
            return
        callees = [callee for span, callee in _callees(caller, program) if span == error.span]
        inner = program_of(callees[0]) if callees and isinstance(callees[0], FunctionType) else None
        if inner is None:
            return
        ways = [
            (s, f)
            for s, f in _callees(callees[0], inner)
            if f is error.subject or isinstance(f, FunctionType)
        ]
        if len(ways) != 1 and not any(f is error.subject for _, f in ways):
            return
        error.calls = (error.span, *error.calls)
        error.span = next((s for s, f in ways if f is error.subject), ways[0][0])


def _is_whole(span: Span) -> bool:
    """Whether a place is a whole function."""
    return span.text.startswith(("def ", "lambda ", "@"))


def _two_ways(hint: str, names: list[str], depends: bool) -> str:
    cut = f"adtrans.stop_gradient({names[0]})" if names else "adtrans.stop_gradient"
    if "stop_gradient" in hint:
        return _sentence(_CUT.sub(cut, hint))
    if depends:
        return f"{_sentence(hint)} Or cut the dependence with {cut}.".strip()
    other = "Or put this into a function of its own, and give its derivative with @adtrans.adjoint."
    return f"{_sentence(hint)} {other}".strip()


def _sentence(text: str) -> str:
    """The text with a capital and a full stop, where it is no code."""
    if not text:
        return ""
    first = text[0].upper() if text[:1].isalpha() and not re.match(r"\w+[.(=]", text) else text[0]
    return first + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def _reaching(error: AdtransError, root: Function, request: Request) -> tuple[list[str], list[str]]:
    """The differentiated arguments that reach an expression, and the names under which they do."""
    assert error.span is not None
    positions = [slot if isinstance(slot, int) else slot[0] for slot in request.argnums]
    active = [root.body.params[k] for k in positions if k < len(root.body.params)]
    places = [error.span, *error.calls]
    programs = [program_of(span) for span in places]
    inner = programs[0]
    outer = next((span for span, program in zip(places[::-1], programs[::-1]) if program is root), None)
    if outer is None or inner is None:
        return [], []
    arguments = [p.name or "" for p in active if _inputs({p}, root, outer)]
    seeds = {p for p in inner.body.params if inner is not root or p in active}
    return arguments, _inputs(seeds, inner, error.span) if arguments else []


def _inputs(seeds: set[Value], program: Function, span: Span) -> list[str]:
    """What depends on `seeds` and goes into an expression, as the user's text has it."""
    blocks = [program.body, *_nested(program)]
    own = {p for block in blocks[1:] for p in block.params}
    tainted = {*seeds, *own}
    before = 0
    while len(tainted) != before:
        before = len(tainted)
        for block in blocks:
            _spread(block, tainted)
    ops = [op for block in blocks for op in _ops(block)]
    inside = [op for op in ops if _is_within(op.span, span)]
    made = {r for op in inside for r in op.results}
    texts = {r: op.span.text for op in ops for r in op.results if op.span is not None}
    found = [
        v
        for op in inside
        for v in (op.operands[1:] if op.fn in _STORES else op.operands)
        if v in tainted and v not in made
    ]
    outside = [v for v in found if v not in own] or found
    names = dict.fromkeys(v.name or texts.get(v, "") for v in outside)
    return [name for name in names if name and "\n" not in name and len(name) < 40] or [""] * bool(found)


def _spread(block: Block, tainted: set[Value]) -> None:
    """Add what depends on tainted values, once through a block."""
    for op in block.ops:
        for inner in op.blocks:
            _enter(op, inner, tainted)
            _spread(inner, tainted)
            for k, y in enumerate(inner.yields[len(inner.yields) - len(op.results) :]):
                if y in tainted:
                    tainted.add(op.results[k])
                    for p in inner.params[len(inner.params) - len(op.results) :][k : k + 1]:
                        tainted.add(p)
        if any(v in tainted for v in op.operands):
            tainted.update(op.results)
            if op.fn in _STORES and not isinstance(op.operands[0], Const):
                tainted.add(op.operands[0])


def _enter(op: Op, inner: Block, tainted: set[Value]) -> None:
    if op.kind in ("for", "while"):
        for p, v in zip(inner.params, op.operands):
            if v in tainted:
                tainted.add(p)


def _nested(program: Function) -> list[Block]:
    """The bodies of the functions that a function defines."""
    found = []
    work: list[Any] = [program]
    while work:
        function = work.pop()
        for op in _ops(function.body):
            if op.fn is prims.closure:
                nested = op.operands[0].value  # type: ignore[attr-defined]
                found.append(nested.body)
                work.append(nested)
    return found


def _ops(block: Block) -> list[Op]:
    return [op for inner in blocks_of(block) for op in inner.ops]


def _is_within(inner: Span | None, outer: Span) -> bool:
    if inner is None or inner.source.filename != outer.source.filename:
        return False
    start, end = (inner.line, inner.column), (inner.end_line, inner.end_column)
    return (outer.line, outer.column) <= start and end <= (outer.end_line, outer.end_column)


# ----- calls -----


def calls_to(place: Span, function: FunctionType) -> tuple[Span, ...]:
    """The calls that lead from a function to the one around a place, innermost first; () where none is found."""
    wanted = function_at(place)
    work: list[tuple[FunctionType, tuple[Span, ...]]] = [(function, ())]
    seen = {function}
    for caller, spans in work:
        program = program_of(caller)
        if program is None:
            continue
        if caller is wanted:
            return spans
        for span, callee in _callees(caller, program):
            if isinstance(callee, FunctionType) and callee not in seen:
                seen.add(callee)
                work.append((callee, (span, *spans)))
    return ()


def _callees(caller: FunctionType, program: Function) -> Iterator[tuple[Span, Any]]:
    """What a function calls by a name, and where."""
    cells = dict(zip(caller.__code__.co_freevars, caller.__closure__ or ()))
    blocks = [program.body, *_nested(program)]
    definitions = {r: op for block in blocks for op in _ops(block) for r in op.results}

    def meaning(v: Value) -> Any:
        op = definitions.get(v)
        if op is None:
            try:
                return cells[v.name].cell_contents if v.name in cells else None
            except ValueError:
                return None
        if op.fn is prims.global_:
            return caller.__globals__.get(op.operands[0].value)  # type: ignore[attr-defined]
        if op.fn is getattr and isinstance(op.operands[1], Const):
            return inspect.getattr_static(meaning(op.operands[0]), op.operands[1].value, None)
        return None

    for block in blocks:
        for op in _ops(block):
            callee = meaning(op.operands[0]) if op.fn is prims.call else None
            if callee is not None and op.span is not None:
                yield op.span, callee
