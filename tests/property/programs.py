"""Random Python programs: real source text with loops, branches, views, stores, helpers and closures.

python tests/property/programs.py N [FIRST]     run N programs, print and shrink what fails
python tests/property/programs.py show SEED     print one program
"""

from __future__ import annotations

import random

import compound_statements  # noqa: F401  (each of these rooms registers its statements)
import library_statements  # noqa: F401
import simple_statements  # noqa: F401
import storage_statements  # noqa: F401
import trap_statements  # noqa: F401
from helpers import HELPERS
from writer import COLUMNS, COMPOUND, RESULT, ROWS, SIMPLE, Program, Writer

__all__ = ["COMPOUND", "HELPERS", "SIMPLE", "Program", "random_program", "result"]


def result(w: Writer, plain: bool = False) -> str:
    """What the function returns; every return of one program returns the same kind."""
    kind = w.r.randrange(5 if plain else 8)
    arrays = [n for n in w.vars if w.vars[n]]
    a, b = w.r.choice(arrays), w.r.choice(arrays)
    total = " + ".join(f"np.sum({n})" for n in w.r.sample(arrays, min(3, len(arrays)))) + " + s"
    if kind <= 2:
        return total
    if kind == 3:
        return f"({total}) * {w.element(a)}"
    if kind == 4:
        return a
    if kind == 5:
        return f"{a}, {b}"
    if kind == 6:
        return f"{{'a': {a}, 'b': ({b}, {total})}}"
    return f"[{a} * 2.0, {w.element(b)}]"


def random_program(seed: int, size: int = 6, plain: bool = False) -> Program:
    """The program of a seed."""
    r = random.Random(f"kind {seed}")
    single = r.random() < 0.1
    w = Writer(seed, single)
    w.vars = {"x": (COLUMNS,), "y": (COLUMNS,), "m": (ROWS, COLUMNS), "s": ()}
    parameters = dict(w.vars)
    w.ints = ["n"]
    for _ in range(w.r.randint(2, size)):
        w.statement(2)
    final = result(w, plain)
    names = list(parameters)
    outer = {n: s for n, s in w.vars.items()}
    # an early return gives the same structure, of parameters only
    w.vars = {n: s for n, s in outer.items() if n in names}
    early = final
    for name in sorted(outer.keys() - parameters.keys(), key=lambda n: (-len(n), n)):
        if (
            name in final.replace("(", " ").replace(")", " ").replace("[", " ").replace(",", " ").split()
            or name in final
        ):
            same = [n for n in names if outer[n] == outer[name]]
            make = same[0] if same else f"np.zeros({outer[name]})"
            early = early.replace(name, make)
    body = "\n".join(w.lines).replace(RESULT, early)
    text = f"{HELPERS}\n\ndef f(x, y, m, s, n, p, q):\n{body}\n    return {final}\n"
    dtype = "np.float32" if single else "float"
    array = "rng.uniform({}, 1.4, {}).astype(" + dtype + ")"
    arguments = (
        array.format(-1.0, 4),
        array.format(0.2, 4),
        array.format(-1.0, (3, 4)),
        "float(rng.uniform(0.2, 1.2))",
        str(r.choice([0, 1, 2, 2, 3])),
        "{'w': " + array.format(-1.0, 4) + ", 'k': 0.7}",
        "(1.3, " + array.format(-1.0, 4) + ")",
    )
    return Program(text, arguments, seed, w.used)


def main() -> None:
    import sys

    from shrinking import run

    if sys.argv[1:2] == ["show"]:
        print(random_program(int(sys.argv[2])).text)
        return
    count, first = int(sys.argv[1]), int((*sys.argv[2:], "0")[0])
    found = run(range(first, first + count), second="second" in sys.argv)
    print({kind: len(seeds) for kind, seeds in sorted(found.items())})


if __name__ == "__main__":
    main()
