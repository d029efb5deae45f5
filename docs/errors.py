"""Writes docs/errors.md: a table of codes, and for each an example with what it prints.

python docs/errors.py
"""

from __future__ import annotations

import contextlib
import io
import linecache
import re
import sys
import textwrap
from pathlib import Path

import numpy as np

import adtrans
from adtrans import errors

PAGE = Path(__file__).with_name("errors.md")

HEAD = """\
# Errors

Every refusal is an `adtrans.AdtransError`, and also the TypeError or ValueError that Python would have
raised. It says where (file, line, column, and the line with a caret), what, why it matters for this
derivative, and at least two ways out; below that come the calls that lead there. `error.code` is one of the codes below
and stays what it is; `what`, `why`, `hint`, `span` and `calls` are the parts of the message.

Errors that a derivative meets while it runs are those of the function itself. From Python 3.11 on, a note
says which of the function's lines the failing line belongs to.

This page is written by `docs/errors.py`.
"""

HEAT = """\
def heat(u, k, steps):
    u = u.copy()
    for _ in range(steps):
        u[1:-1] += k * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return np.sum(u * u)
"""

# the five most likely mistakes with the first example of the README: title, text, what went wrong
MISTAKES = [
    ("A list where an array is meant", "adtrans.grad(heat)([0.0, 1.0, 3.0, 2.0, 0.0], 0.2, 3)", HEAT),
    (
        "A function without a rule",
        "adtrans.grad(heat)(np.array([0.0, 1.0, 3.0, 2.0, 0.0]), 0.2, 3)",
        HEAT.replace("np.sum(u * u)", "np.frombuffer(u).sum()"),
    ),
    ("A typo in argnums", 'adtrans.grad(heat, argnums="steps_")', HEAT),
    ("No text to read", 'adtrans.grad(eval("lambda u: u * u"))(2.0)', ""),
    ("An array of integers", "adtrans.grad(heat)(np.array([0, 1, 3, 2, 0]), 0.2, 3)", HEAT),
]

EXAMPLES = {
    "construct": ("def f(x):\n    yield x * x\n", "adtrans.grad(f)(2.0)"),
    "no-rule": (
        "def energy(x):\n    return np.sum(np.frombuffer(x))\n\n\ndef f(x, k):\n    y = k * x\n    return energy(y)\n",
        "adtrans.grad(f)(np.ones(3), 2.0)",
    ),
    "unsupported": (
        "def f(x):\n    counts = np.zeros(3, dtype=int)\n    counts[0] = x[0]\n    return np.sum(counts * x)\n",
        "adtrans.grad(f)(np.ones(3))",
    ),
    "argnum": ("def f(weight, bias):\n    return weight * bias\n", 'adtrans.grad(f, "wieght")'),
    "argument": ("def f(x, n):\n    return x**n\n", 'adtrans.grad(f, "n")(2.0, 3)'),
    "vector": ("def f(x):\n    return x * x\n", "adtrans.jvp(f)(np.ones(3), np.ones(4))"),
    "output": ("def f(x):\n    return x * x\n", "adtrans.grad(f)(np.ones(3))"),
    "internal": ("def f(x):\n    np.sum()\n    return x * x\n", "adtrans.grad(f)(2.0)"),
    "source": None,
    "missing-source": ("", 'adtrans.grad(eval("lambda x: x * x"))(2.0)'),
    "stale-source": ("def f(x):\n    return x * x\n", "edit(f)\nadtrans.grad(f)(2.0)"),
    "overlap": (
        "def f(x, y):\n    x[0] = y[1]\n    return np.sum(x * y)\n",
        "x = np.ones(4)\nadtrans.grad(f)(x[:3], x[1:])",
    ),
    "undefined-gradient": (
        "def f(x):\n    return np.sum(np.abs(x))\n",
        'adtrans.grad(f, undefined="raise")(np.array([1.0, 0.0]))',
    ),
    "solution": (
        "from scipy import optimize\n\n\ndef f(a):\n    return optimize.fsolve(lambda x: x**2 + a, 0.5)[0]\n",
        "adtrans.grad(f)(1.0)",
    ),
    "option": ("def f(x):\n    return x * x\n", 'adtrans.grad(f, undefined="error")'),
    "verify": None,
}


def codes() -> dict[str, str]:
    """Every code, with what it stands for."""
    found = {
        "construct": "Syntax, or a use of it, that has no place in a derivative.",
        "no-rule": "A function of which adtrans knows no derivative is given a value that depends on an argument.",
    }
    work = list(errors.AdtransError.__subclasses__())
    for cls in work:
        work += cls.__subclasses__()
        if cls.__module__ == errors.__name__:
            found[cls.code] = " ".join((cls.__doc__ or "").split())
    return found


def class_of(code: str) -> str:
    if code in ("construct", "no-rule"):
        return "UnsupportedError"
    classes = [vars(errors)[name] for name in vars(errors) if name.endswith("Error")]
    return next(cls.__name__ for cls in classes if cls.code == code)


def printed(definition: str, call: str, name: str) -> tuple[str, str]:
    """The code and the text of the error that a call raises; the functions are those of a file `name`."""
    text = f"import numpy as np\n\n\n{definition}" if definition else "import numpy as np\n"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    namespace = {"__name__": name.removesuffix(".py"), "adtrans": adtrans, "edit": _edit}
    exec(compile(text, name, "exec"), namespace)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(call, namespace)
    except errors.AdtransError as error:
        return error.code, str(error).replace(str(Path.cwd()) + "/", "")
    raise AssertionError(f"nothing is wrong with {call}")


def _edit(function: object) -> None:
    """Change the text of a function after it was compiled."""
    name = function.__code__.co_filename
    text = "".join(linecache.getlines(name)).replace("x * x", "x * x * x")
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)


def shown(definition: str, call: str, name: str) -> list[str]:
    """An example, and what it prints, as blocks of Markdown."""
    code, text = printed(definition, call, name)
    given = f"# {name}\nimport numpy as np\n\n\n{definition}\n\n" if definition else ""
    lines = textwrap.dedent(call).replace("edit(f)\n", "# the file is edited, then:\n")
    return [f"```py\n{given}{lines}\n```", f"```\n{text}\n```"]


def page() -> str:
    table = ["| code | class | meaning |", "|---|---|---|"]
    rows = codes()
    assert set(rows) == set(EXAMPLES), set(rows) ^ set(EXAMPLES)
    table += [f"| [`{code}`](#{code}) | `{class_of(code)}` | {text} |" for code, text in sorted(rows.items())]
    parts = [HEAD.rstrip(), "\n".join(table), "## The five most likely mistakes"]
    for title, call, definition in MISTAKES:
        parts += [f"### {title}", *shown(definition, call, "heat.py")]
    parts.append("## The codes")
    for code in sorted(rows):
        parts += [f"### {code}", f"`{class_of(code)}`. {rows[code]}"]
        example = EXAMPLES[code]
        if example is not None:
            parts += shown(*example, "example.py")
    return re.sub(r"[ \t]+$", "", "\n\n".join(parts), flags=re.MULTILINE) + "\n"


if __name__ == "__main__":
    np.seterr(all="ignore")
    PAGE.write_text(page())
    sys.exit(0)
