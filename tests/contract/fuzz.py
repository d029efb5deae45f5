"""Random and mutated sources, and random command lines: nothing may end in a traceback, hang, or exit wrongly.

    python tests/contract/fuzz.py COUNT [FIRST]     run COUNT inputs, print what fails
    python tests/contract/fuzz.py show SEED         print one input

An input is a module on standard input and a command line. A module is a function of the test programs,
or a random one, with tokens, lines or nodes of its tree deleted, doubled, swapped and replaced.
"""

from __future__ import annotations

import ast
import collections
import contextlib
import copy
import functools
import io
import os
import random
import signal
import sys
import time
import tokenize
import traceback
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).parents[1]
LIMIT = 5.0  # seconds for one input
HEAD = "import functools\nimport math\nimport numpy as np\n\n\n"
WORDS = """
    x y z k n u A p self True False None 0 1 -1 2 3 0.5 1e308 1j 'a' "" b'x' ... np math np.sum np.zeros(3) np.dot
    np.linalg.inv np.where np.sin x[0] x[::-1] x[:, None] [] {} () (x,) [x, x] {'a': x} lambda: lambda\\ v:v
    + - * / // % ** @ == != < <= is in not and or if else for while return break continue pass raise try except
    finally with as def class yield await async global nonlocal del assert import from := = += -= *= **= @= : , . ( )
    [ ] { } -> # \\n f'{x}' range(3) len(x) zip(x,x) enumerate(x) sorted(x) sum(x) max(x) isinstance(x,float)
    float(x) int(x) str(x) print(x) eval('x') x.T x.copy() x.shape x.append(1) *x **x match case _
""".split()


@dataclass(frozen=True)
class Input:
    text: str
    command: tuple[str, ...]


# ----- where sources come from -----


@functools.cache
def corpus() -> tuple[str, ...]:
    """Functions of the test programs, each with a name of its own."""
    found = []
    for path in [
        *sorted((TESTS / "data" / "acceptance" / "public").glob("*.py")),
        TESTS / "frontend" / "language.py",
    ]:
        text = path.read_text()
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef) and not node.decorator_list:
                found.append(ast.get_source_segment(text, node) or "")
    return tuple(text for text in found if 20 < len(text) < 3000)


def written(r: random.Random) -> str:
    """A function of the corpus, or a random one."""
    if r.random() < 0.8:
        return r.choice(corpus())
    from random_programs import random_program

    return random_program(r.randrange(10**9))


# ----- mutations -----


def tokens_changed(r: random.Random, text: str) -> str:
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        return characters_changed(r, text)
    strings = [t.string for t in tokens]
    places = [k for k, t in enumerate(tokens) if t.string.strip() and t.type != tokenize.COMMENT]
    rows = text.splitlines(True)
    for _ in range(r.randint(1, 3)):
        if not places:
            break
        token = tokens[r.choice(places)]
        row, column = token.start
        if token.end[0] != row or row > len(rows):
            continue
        line = rows[row - 1]
        kind = r.randrange(4)
        new = r.choice(WORDS).replace("\\ ", " ") if kind == 0 else r.choice(strings) if kind == 1 else ""
        new = token.string * 2 if kind == 3 else new
        rows[row - 1] = line[:column] + new + line[column + len(token.string) :]
        places = [k for k in places if tokens[k].start[0] != row]
    return "".join(rows)


def characters_changed(r: random.Random, text: str) -> str:
    for _ in range(r.randint(1, 4)):
        k = r.randrange(len(text) + 1)
        new = r.choice(
            ["", " ", "\n", "\t", "(", ")", ":", "'", "\\", "é", "\x00", "0", "x", "\u2028", "    "]
        )
        text = text[:k] + new + text[k + r.randrange(3) :]
    return text


def lines_changed(r: random.Random, text: str) -> str:
    rows = text.splitlines(True)
    for _ in range(r.randint(1, 3)):
        k, j = r.randrange(len(rows)), r.randrange(len(rows))
        kind = r.randrange(4)
        if kind == 0:
            rows.insert(k, rows[j])
        elif kind == 1 and len(rows) > 2:
            del rows[k]
        elif kind == 2:
            rows[k], rows[j] = rows[j], rows[k]
        else:
            rows[k] = ("    " + rows[k]) if r.random() < 0.5 else rows[k].removeprefix("    ")
    return "".join(rows)


def tree_changed(r: random.Random, text: str) -> str:
    """Expressions and statements of the tree in other places of it: what comes out is mostly Python."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return text
    for _ in range(r.randint(1, 3)):
        nodes = list(ast.walk(tree))
        slots = [
            (node, name, k)
            for node in nodes
            for name, value in ast.iter_fields(node)
            for k, item in enumerate(value if isinstance(value, list) else [value])
            if isinstance(item, (ast.expr, ast.stmt, ast.operator))
        ]
        node, name, k = r.choice(slots)
        held = getattr(node, name)
        old = held[k] if isinstance(held, list) else held
        family = (
            ast.expr if isinstance(old, ast.expr) else ast.stmt if isinstance(old, ast.stmt) else ast.operator
        )
        others = [n for n in nodes if isinstance(n, family)]
        new = copy.deepcopy(r.choice(others))
        if isinstance(held, list):
            held[k : k + 1] = r.choice(
                [[new], [old, new], [new, old]] if family is not ast.operator else [[new]]
            )
        else:
            setattr(node, name, new)
    try:
        return ast.unparse(ast.fix_missing_locations(tree))
    except (ValueError, AttributeError, TypeError, RecursionError):
        return text


MUTATIONS = [
    tokens_changed,
    tokens_changed,
    characters_changed,
    lines_changed,
    tree_changed,
    tree_changed,
    tree_changed,
]


def is_harmless(text: str) -> bool:
    """Whether running the module defines functions, and does nothing else."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True  # it does not run
    for node in tree.body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = {alias.name for alias in node.names}
            if isinstance(node, ast.ImportFrom) or not names <= {"numpy", "math", "functools"}:
                return False
            continue
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or node.decorator_list:
            return False
        around = [*node.args.defaults, *node.args.kw_defaults, node.returns]
        around += [a.annotation for a in ast.walk(node.args) if isinstance(a, ast.arg)]
        if any(isinstance(inner, ast.Call) for d in around if d is not None for inner in ast.walk(d)):
            return False
    return True


# ----- command lines -----

ARGUMENTS = """
    np.ones(3) 2.0 1 np.ones((2,3)) [1.0,2.0] {'a':1.0} (1.0,2) None 'text' True np.float32(1) 1j np.arange(3) x 1/0 (
    np.zeros(0) lambda:0 k=2 *[1.0]
""".split()
TYPES = "x=float y=float64[n] k=int x=float64[n,m] p={'a':float} n=3 x=(float,int) z=nothing x=float64[] =3 x".split()
OPTIONS = [
    "--wrt",
    "--args",
    "--types",
    "--name",
    "--standalone",
    "-o",
    "--diff",
    "--locate",
    "-x",
    "--",
    "--help",
]
COMMANDS = ["grad", "value-and-grad", "vjp", "jvp", "hvp", "ssa", "check", "rules", "cache", "burn", ""]


def command(r: random.Random, name: str) -> tuple[str, ...]:
    kind = r.random()
    if kind < 0.72:
        return ("ssa", f"-:{name}")
    if kind < 0.82:
        return (r.choice(["grad", "vjp", "jvp"]), f"-:{name}")
    values = [r.choice(ARGUMENTS) for _ in range(r.randint(1, 3))]
    if kind < 0.92:
        return (r.choice(["grad", "vjp", "jvp"]), f"-:{name}", "--args", ",".join(values))
    if kind < 0.95:
        return (r.choice(["grad", "vjp", "jvp"]), f"-:{name}", "--types", ",".join(r.sample(TYPES, 2)))
    words = [
        r.choice([*OPTIONS, name, f"-:{name}", "x", "0", "1,2", "-1", "", *WORDS])
        for _ in range(r.randint(0, 6))
    ]
    unsafe = {"-o", "--diff"}
    return (r.choice(COMMANDS), *(word for word in words if word not in unsafe))


def random_input(seed: int) -> Input:
    r = random.Random(seed)
    text = written(r)
    for _ in range(r.choice([0, 1, 1, 1, 2, 3])):
        text = r.choice(MUTATIONS)(r, text) or "\n"
    name = next((line[4:].partition("(")[0] for line in text.splitlines() if line.startswith("def ")), "f")
    whole = HEAD + text + "\n"
    if not is_harmless(whole):
        whole = HEAD + r.choice(corpus()) + "\n"
        name = whole[len(HEAD) + 4 :].partition("(")[0]
    given = command(r, name)
    return Input(whole, given if given[:1] != ("cache",) else ("cache", "info"))


# ----- running -----

INTERNAL: collections.Counter[str] = collections.Counter()  # refusals for what adtrans itself failed on


class Hang(BaseException):
    """An input took too long."""


def _alarm(*_: object) -> None:
    raise Hang


def _set_timers(working: float, waiting: float) -> None:
    """An alarm after so many seconds of our own work, or of waiting: other work on the machine does not count."""
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGPROF, _alarm)
        signal.signal(signal.SIGALRM, _alarm)
        signal.setitimer(signal.ITIMER_PROF, working)
        signal.setitimer(signal.ITIMER_REAL, waiting)


def problem_of(given: Input) -> str | None:
    """What is wrong with the answer to an input; None for nothing."""
    from adtrans.cli import main

    output, errors = io.StringIO(), io.StringIO()
    before = sys.stdin
    sys.stdin = io.StringIO(given.text)
    _set_timers(LIMIT, 24.0 * LIMIT)
    try:
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            status = main([*given.command])
    except Hang:
        return "hang"
    except BaseException:
        return "traceback: " + traceback.format_exc()
    finally:
        sys.stdin = before
        _set_timers(0.0, 0.0)
    said = errors.getvalue()
    if "adtrans failed here" in said:
        INTERNAL.update([said.split("adtrans failed here: ")[1].split("\n")[0][:90]])
    if status not in (0, 1, 2):
        return f"exit status {status}: {said}"
    if "Traceback (most recent call last)" in said:
        return f"traceback: {said}"
    if status == 2 and not said.strip():
        return "refused without a word"
    if status == 0 and given.command[0] in ("grad", "vjp", "jvp") and "--help" not in given.command:
        try:
            compile(output.getvalue(), "out", "exec")
        except SyntaxError as error:
            return f"the module does not compile: {error}\n{output.getvalue()}"
    return None


def run(count: int, first: int = 0, report: bool = False) -> dict[str, list[int]]:
    """Run inputs; the seeds of those that fail, by what is wrong."""
    from adtrans import cli

    os.environ["ADTRANS_CACHE"], os.environ["ADTRANS_CACHE_DIR"] = "0", os.devnull
    if not hasattr(cli._parser, "cache_info"):
        cli._parser = functools.cache(cli._parser)  # to make it takes as long as all the rest
    found: dict[str, list[int]] = {}
    start = time.monotonic()
    for seed in range(first, first + count):
        given = random_input(seed)
        problem = problem_of(given)
        if problem is not None:
            key = (
                problem.strip().splitlines()[-1][:150]
                if problem.startswith("traceback")
                else problem.split("\n")[0][:150]
            )
            found.setdefault(key, []).append(seed)
            if report:
                print(f"seed {seed}: {key}", flush=True)
        if report and (seed + 1 - first) % 2000 == 0:
            print(f"{seed + 1 - first} inputs, {time.monotonic() - start:.0f} s", flush=True)
    return found


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["show"]:
        given = random_input(int(arguments[1]))
        print(given.text)
        print(given.command)
        print(problem_of(given))
        return 0
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    except (ImportError, ValueError):
        pass
    import numpy as np

    np.seterr(all="ignore")
    count, first = int(arguments[0]), int((*arguments[1:], "0")[0])
    found = run(count, first, report=True)
    print(f"{count} inputs, {sum(map(len, found.values()))} failed")
    for key, seeds in sorted(found.items(), key=lambda row: -len(row[1])):
        print(f"{len(seeds):6d}  {key}  {seeds[:5]}")
    print(f"{sum(INTERNAL.values())} refused as internal:")
    for key, number in INTERNAL.most_common(25):
        print(f"{number:6d}  {key}")
    return 1 if found else 0


if __name__ == "__main__":
    import warnings

    warnings.simplefilter("ignore")
    sys.path[:0] = [str(TESTS.parent), str(TESTS / "frontend")]
    sys.exit(main(sys.argv[1:]))
