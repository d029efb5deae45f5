"""Statements that write to, or share, the memory of arrays in ways that the text does not show at once."""

import linecache
import textwrap
import zlib

import numpy as np
import pytest
from agreement import agree

import adtrans

X = np.array([0.3, 1.1, 0.7, 0.5, 0.9, 0.4])
M = np.array([[0.4, 0.8, 0.3, 0.6], [0.9, 0.5, 0.7, 0.2], [0.35, 0.65, 0.55, 0.45]])
S = 0.8


def written(statements):
    """A function f(x, m, s) that changes the arrays u (6 items) and a (3 by 4) by these statements."""
    text = (
        "def f(x, m, s):\n    u, a = np.sin(x), m * s\n"
        + textwrap.indent("\n".join(statements.split("; ")), "    ")
        + "\n    return np.sum(u * u * x) + np.sum(a * a * m)\n"
    )
    name = f"<memory {zlib.crc32(statements.encode()):x}>"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    namespace = {"np": np, "__name__": __name__}
    exec(compile(text, name, "exec"), namespace)
    return namespace["f"]


def right(table, second=False):
    """A test that the derivatives of the statements of a table are right."""

    @pytest.mark.parametrize("statements", table)
    def test(statements):
        agree(written(statements), X, M, S, second=second)

    return test


def refused(table, match):
    """A test that the statements of a table are refused, in either mode."""

    @pytest.mark.parametrize("statements", table)
    def test(statements):
        f = written(statements)
        f(X, M, S)
        with pytest.raises(adtrans.UnsupportedError, match=match):
            adtrans.grad(f, (0, 1, 2))(X, M, S)
        with pytest.raises(adtrans.UnsupportedError, match=match):
            adtrans.jvp(f, (0, 1, 2))(X, M, S, X, M, S)

    return test


# ----- results written where a positional argument says -----

test_out_by_position = right(
    [
        "np.clip(u, None, 0.8, u)",
        "x.clip(0.1, 0.5, u)",
        "np.amin(a, 0, u[:4])",
        "a.max(0, u[:4])",
        "np.sum(a, 0, None, u[:4])",
        "a.mean(0, None, u[:4])",
        "np.std(a, 0, None, u[:4], 1)",
        "u[:4] *= np.std(a, 0, None, None, 1)",
        "np.median(a, 0, u[:4])",
        "np.cumsum(x, 0, None, u)",
        "x.cumprod(0, None, u)",
        "np.dot(a, u[:4], u[:3])",
        "a.dot(u[:4], u[:3])",
        "np.outer(x[:3], x[:4], a)",
        "np.take(x, [0, 1, 2], None, u[:3], 'clip')",
        "np.compress([True, False, True], x[:3], None, u[:2])",
        "np.concatenate([x[:2], x[2:]], 0, u)",
        "np.stack([x[:4], x[1:5], x[2:]], 0, a)",
        "np.round(x * 1.3, 2, u)",
        "np.trace(a, 0, 0, 1, None, u[0, ...])",
        "np.add.reduce(a, 0, None, u[:4])",
        "np.add.accumulate(x, 0, None, u)",
        "np.add.reduceat(x, [0, 2, 4], 0, None, u[:3])",
        "np.greater(x, 0.5, u)",
        "k = np.zeros(3, int); np.argmax(a, 1, k); u *= x[k[0]]",
    ]
)
test_out_of_other_functions = refused(
    ["np.modf(x, u, u * 1.0)", "np.divmod(x, 0.2, None, u)", "np.ndarray.sum(a, 0, None, u[:4])"],
    "out= is not supported",
)
test_overwritten_arguments = refused(
    ["np.median(u, 0, None, True)", "np.quantile(u, 0.3, overwrite_input=True)"],
    "this function changes its argument",
)
