"""Runs random programs, and makes failing ones small: lines, blocks and subexpressions are taken away."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from agreement import problems
from programs import HELPERS, Program

import adtrans

_COUNT = [0]


class TooLongError(Exception):
    pass


def arguments_of(program: Program) -> tuple[Any, ...]:
    rng = np.random.default_rng(program.seed)
    return tuple(eval(text, {"np": np, "rng": rng, "float": float}) for text in program.arguments)


def module_of(text: str, folder: str) -> Any:
    """The text as a module of its own file, so that its source can be read."""
    _COUNT[0] += 1
    path = os.path.join(folder, f"random_{os.getpid()}_{_COUNT[0]}.py")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    spec = importlib.util.spec_from_file_location(os.path.basename(path)[:-3], path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@contextmanager
def _limited(seconds: int) -> Iterator[None]:
    """Seconds of our own work: other work on the machine does not count."""
    if not hasattr(signal, "SIGPROF"):
        yield
        return

    def late(*_: Any) -> None:
        raise TooLongError

    before = signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def outcome(program: Program, folder: str, second: bool = False, modes: str = "vjp jvp") -> tuple[str, str]:
    """`(kind, details)`; the kind is ok, useless (the program itself fails), refused, or what is wrong."""
    arguments = arguments_of(program)
    try:
        with _limited(4), np.errstate(all="ignore"):
            fun = module_of(program.text, folder).f
            value = fun(*arguments_of(program))
            flat = [np.asarray(v) for v in _flat(value)]
            if any(v.dtype == object for v in flat):
                return "useless", "object array"
            if not all(np.all(np.isfinite(v)) and np.all(np.abs(v) < 1e6) for v in flat):
                return "useless", "not finite"
    except Exception as error:
        return "useless", repr(error)
    try:
        with _limited(30):
            active = (0, 1, 2, 3) if second else (0, 1, 2, 3, 5, 6)
            found = problems(fun, arguments, active, second=second, modes=modes)
    except adtrans.AdtransError as error:
        return "internal" if error.code == "internal" else "refused", str(error)
    except TooLongError:
        return "too long", ""
    except Exception as error:
        last = error.__traceback__
        while last.tb_next is not None:
            last = last.tb_next
        place = os.path.basename(last.tb_frame.f_code.co_filename)
        if place.startswith("random_") and type(error).__name__ in ("UnboundLocalError", "ValueError"):
            return "useless", "primal raises near here"
        where = f"{place}:{last.tb_frame.f_code.co_name}" if not place.startswith("<") else "generated"
        return f"{type(error).__name__} in {where}", re.sub(r"\s+", " ", str(error))[:300]
    if not found:
        return "ok", ""
    if "nan" in found[0] and not _finite_inside(fun, arguments_of(program)):
        return "useless", "a variable is not finite"
    return re.sub(r"[^a-z: -].*", "", found[0]).strip() or "wrong", "; ".join(found)


def _flat(x: Any) -> list[Any]:
    if isinstance(x, (tuple, list)):
        return [v for item in x for v in _flat(item)]
    if isinstance(x, dict):
        return [v for item in x.values() for v in _flat(item)]
    return [x]


def _finite_inside(fun: Any, arguments: tuple[Any, ...]) -> bool:
    """Whether every variable stays finite: nothing says what 0 times the derivative of an overflow is."""
    finite = [True]

    def look(frame: Any, event: str, arg: Any) -> Any:
        if frame.f_code.co_filename == fun.__code__.co_filename:
            for v in _flat(list(frame.f_locals.values())):
                if (
                    isinstance(v, (float, complex, np.inexact, np.ndarray))
                    and np.asarray(v).dtype.kind in "fc"
                ):
                    finite[0] &= bool(np.all(np.isfinite(v)))
            return look
        return None

    before = sys.gettrace()
    sys.settrace(look)
    try:
        with np.errstate(all="ignore"):
            fun(*arguments)
    finally:
        sys.settrace(before)
    return finite[0]


def shrunk(program: Program, kind: str, test: Callable[[Program], tuple[str, str]]) -> Program:
    """A smaller program that fails in the same way."""
    body = program.text[len(HELPERS) :]
    tries = [0]

    def fails(candidate: str) -> bool:
        tries[0] += 1
        if tries[0] > 600:
            return False
        full = HELPERS + candidate
        return test(Program(full, program.arguments, program.seed))[0] == kind

    changed = True
    while changed and tries[0] < 600:
        changed = False
        for candidate in _smaller(body):
            if len(candidate) < len(body) and fails(candidate):
                body, changed = candidate, True
                break
    return Program(HELPERS + body, program.arguments, program.seed)


def _smaller(body: str) -> Iterator[str]:
    try:
        tree = ast.parse(body)
    except SyntaxError:
        return
    count = sum(1 for _ in ast.walk(tree))
    for block_first in (True, False):
        for k in range(count):
            copy = ast.parse(body)
            node = next(n for i, n in enumerate(ast.walk(copy)) if i == k)
            for made in _without(copy, node) if block_first else _simpler(copy, node):
                try:
                    yield ast.unparse(ast.fix_missing_locations(made)) + "\n"
                except Exception:
                    continue


def _without(tree: ast.AST, node: ast.AST) -> Iterator[ast.AST]:
    """One statement less, or a block in place of its compound statement."""
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if not isinstance(block, list):
            continue
        for i, statement in enumerate(list(block)):
            if isinstance(statement, ast.FunctionDef) and statement.name == "f":
                continue
            setattr(node, name, block[:i] + block[i + 1 :] or ([ast.Pass()] if name == "body" else []))
            yield tree
            inner = getattr(statement, "body", None)
            if isinstance(inner, list):
                setattr(node, name, block[:i] + inner + block[i + 1 :])
                yield tree
                other = getattr(statement, "orelse", None)
                if other:
                    setattr(node, name, block[:i] + other + block[i + 1 :])
                    yield tree
                    saved = statement.orelse
                    statement.orelse = []
                    setattr(node, name, block)
                    yield tree
                    statement.orelse = saved
            setattr(node, name, block)


def _simpler(tree: ast.AST, node: ast.AST) -> Iterator[ast.AST]:
    """An expression replaced by a part of itself."""
    for name, child in ast.iter_fields(node):
        for i, item in enumerate(child if isinstance(child, list) else [child]):
            if not isinstance(item, ast.expr):
                continue
            for part in [n for n in ast.iter_child_nodes(item) if isinstance(n, ast.expr)]:
                if isinstance(part, ast.Name) and part.id in ("np", "math"):
                    continue
                if isinstance(child, list):
                    child[i] = part
                else:
                    setattr(node, name, part)
                yield tree
            if isinstance(child, list):
                child[i] = item
            else:
                setattr(node, name, item)


def run(seeds: range, shrink: bool = True, second: bool = False) -> dict[str, list[int]]:
    """Run the programs of these seeds, print what fails; outcomes by kind."""
    from programs import random_program

    found: dict[str, list[int]] = {}
    skipped = set(os.environ.get("SKIP_STATEMENTS", "").split())
    with tempfile.TemporaryDirectory() as folder:
        for seed in seeds:
            program = random_program(seed, int(os.environ.get("STATEMENTS", "6")), second)
            if skipped & set(program.shapes):
                continue

            def test(p: Program) -> tuple[str, str]:
                return outcome(p, folder, second)

            kind, details = test(program)
            found.setdefault(kind, []).append(seed)
            if (
                kind in ("ok", "useless")
                or kind == "too long"
                and print(f"===== seed {seed}: too long") is None
            ):
                continue
            if kind == "refused":
                lines = details.splitlines()
                first = re.sub(r"^\S*random_\S+ ", "", lines[0])
                if os.environ.get("SHOW_REFUSED"):
                    print("refused", seed, first, "|", lines[1] if len(lines) > 1 else "", flush=True)
                continue
            if shrink and len(found[kind]) <= 2:
                program = shrunk(program, kind, test)
                details = test(program)[1]
                print(f"===== seed {seed}: {kind}: {details}")
                print(program.text[len(HELPERS) :].strip(), flush=True)
            else:
                print(f"===== seed {seed}: {kind}: {details}"[:300], flush=True)
    return found
