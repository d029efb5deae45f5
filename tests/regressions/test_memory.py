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
    ["np.modf(x, u, u * 1.0)", "np.divmod(x, 0.2, None, u)"],
    "out= is not supported",
)
test_overwritten_arguments = refused(
    ["np.median(u, 0, None, True)", "np.quantile(u, 0.3, overwrite_input=True)"],
    "this function changes its argument",
)


# ----- views or copies -----

test_views_and_copies = right(
    [
        "np.ascontiguousarray(a)[0] = s",
        "np.asfortranarray(u)[0] = s",
        "np.asarray(u, float)[0] = s",
        "np.asarray(u, np.float32)[0] = s",
        "np.asarray(u, copy=True)[0] = s",
        "np.reshape(u, (2, 3), copy=True)[0] = s",
        "b = np.empty((3, 4)); b[...] = m; b.ravel()[1] = s; a *= b[0, 1]",
        "b = a.copy(order='C'); b.ravel()[1] = s; a *= b[0, 1]",
        "e = np.asarray(u[2]); e *= s; u[0] = e",
        "e = np.atleast_1d(u[2]); e *= s; u[0] = e[0]",
        "e = [u, x]; w = np.asarray(e); u *= s; u += w[0]",
        "u.conj()[0] = s",
        "np.conj(u)[0] = s",
        "z = u + 1j * x; z.conj()[0] = s; u *= np.abs(z)",
        "w = np.imag(u); u[0] *= s; u += w",
        "b = np.einsum('ij->ji', a); b[0] *= s",
        "b = np.einsum('ij->ji', a, optimize=True); b[0] *= s",
        "np.einsum('ii->i', a[:, :3])[...] = s",
        "np.einsum('...', u)[0] = s",
        "b = np.einsum('ij->i', a); b *= s; u[:3] *= b",
        "d = np.diag(a, -1); a[0] *= s; u[:2] *= d",
        "d = np.diag(a, k=1); a[0] *= s; u[:3] *= d * d",
        "d = np.diag(u); u *= s; a[:, :3] *= d[:3, :3]",
        "p, q = np.meshgrid(u[:3], x[:4]); u *= s; a *= p[:3, :3].sum()",
        "p, q = np.modf(u); u *= s; u += p",
        "p, q = np.divmod(u, 0.3); u *= s; u += q",
        "v = u[::2] if s > 0.1 else u[1::2]; v.reshape(3, 1)[0] = s",
    ]
)
test_parts_of_several_results = right(
    [
        "p, q = np.split(u, 2); p *= q",
        "p, q = np.split(u, 2); u *= s; u[:3] += q",
        "p, *q = np.split(u, 3); u *= s; u[:2] += q[0]",
        "for v in np.array_split(u, 3): v *= s * v",
        "p = np.meshgrid(u[:3], x[:4], indexing='ij'); p[0][0] *= s; a *= p[0]",
        "p, q = np.gradient(a); p *= q; a *= p",
    ]
)
test_views_of_several_arrays = refused(
    [
        "p, q = np.broadcast_arrays(u[:4], a[0]); a[0] *= s; u[:4] *= q",
        "p, q = np.atleast_1d(x, u); u *= s; u += q",
        "p, q = np.meshgrid(u[:3], x[:4], copy=False); u *= s; a *= p.T",
    ],
    "of several arrays",
)


@pytest.mark.parametrize("statements", ["w = a[tuple(i)]; a *= s; u[:4] *= w", "w = a[tuple(i)]; w *= s"])
def test_a_part_of_unknown_kind(statements):
    f = written("i = [slice(None)] * 2; i[0] = 1; " + statements)
    with pytest.raises(adtrans.UnsupportedError, match="it is not known"):
        adtrans.grad(f, (0, 1, 2))(X, M, S)


test_copied_by_layout = refused(
    [
        "np.asfortranarray(a)[0] = s",
        "np.ascontiguousarray(a.T)[0] = s",
        "np.asarray(a, order='F')[0] = s",
        "b = np.empty((3, 4), order='F'); b[...] = m; b.ravel()[1] = s; a *= b[0, 1]",
        "b = a.copy(order='F'); b.ravel()[1] = s; a *= b[0, 1]",
        "b = a.copy(); b.ravel('F')[1] = s; a *= b[0, 1]",
        "b = a.copy(); b.reshape(12, order='F')[1] = s; a *= b[0, 1]",
        "v = u[::2] if s > 0.1 else u[1::2]; v.ravel()[0] = s",
    ],
    "memory layout",
)
test_arguments_given_back = refused(
    [
        "d = np.diff(u, 0); u *= s; u += d",
        "np.linalg.matrix_power(a[:, :3], 1)[0] *= s",
        "np.polyder(u, 0)[0] = s",
        "np.einsum(a, [0, 1], [1, 0])[0] *= s",
    ],
    "gives its argument itself",
)
test_without_a_sure_copy = refused(
    ["np.nan_to_num(u, False)[0] = s", "u.astype(float, 'K', 'unsafe', True, False)[0] = s"], "copy=False"
)


def flattened(x, s):
    u = x.ravel()
    u[0] = s
    return np.sum(x * x)


@pytest.mark.parametrize(
    "x", [X, M, np.asfortranarray(M), X[::2], X[::-1], M[:, ::2]], ids=lambda x: str(x.strides)
)
def test_a_flattened_argument(x):
    """Where ravel copies, the argument stays as it is: not by a derivative that takes it for a view."""
    copied = not np.shares_memory(x, x.ravel())
    if copied:
        with pytest.raises(adtrans.UnsupportedError, match="layout"):
            adtrans.grad(flattened)(x, S)
    else:
        agree(flattened, x, S)


# ----- what the reverse sweep reads again -----

test_conditions_that_change = right(
    [
        "k = x > 0.5; w = np.where(k, u, s); k[0] = True; u *= np.where(k, w, u)",
        "k = x > 0.5; w = np.where(k, u, s); k ^= True; u *= np.where(k, w, u)",
        "k = x > 0.5; w = np.where(k, u, s); np.logical_not(k, k); u *= np.where(k, w, u)",
        "k = x > 0.5; j = k[:]; w = np.where(j, u, s); k[0] = True; u *= np.where(j, w, u)",
        "k = x > 0.5\nfor j in range(3):\n    w = np.where(k, u, s)\n    k[j] = not k[j]\n    u = np.where(k, w * u, u)",
        "k = x > 0.5\nfor j in range(3):\n    w = np.where(k, u, s)\n    k[j] = not k[j]\n    u *= np.where(k, w, u)",
        "k = np.array([0, 1, 0, 1, 0, 1]); w = np.take(u, k); k[0] = 3; u *= np.take(w, k)",
        "k = x > 0.5; w = np.select([k], [u], s); k[0] = True; u *= np.select([k], [w], u)",
        "c = [s > 0.1]; y = u[0] if c[0] else s; c[0] = False; u[1] = y if c[0] else y * y",
    ],
    second=True,
)
test_indices_that_are_made_by_hand = right(
    [
        "k = np.arange(6)\nfor j in range(3):\n    w = u[k]\n    k[j] = 5 - j\n    u = u[k] * w",
        "i = [slice(None)] * 2; i[0] = 1; a[tuple(i)] *= s",
        "i = [slice(None)] * 2; i[0] = 1; a[tuple(i)] = u[:4] * s",
        "k = [0, 1]; t = tuple(k); w = a[t]; k[0] = 2; a[tuple(k)] *= w",
    ]
)


test_lists_given_as_options = right(
    [
        "n = [2, 3]; t = u.reshape(n) * u[:3]; n[0] = 6; u *= t.ravel()",
        "k = [6]\nfor j in range(3):\n    b = u.reshape(k)\n    b *= s * u",
    ]
)
test_parts_of_arrays_of_unknown_rank = right(
    [
        "b = np.squeeze(a[:1]); c = b[1]; u *= c",
    ]
)
test_numbers_or_rows = refused(
    ["b = np.squeeze(a[:1]); c = b[1]; c *= 2.0; a[0] *= c"], "it is not known whether"
)
test_calls_that_change_their_argument = refused(
    ["np.random.default_rng(0).shuffle(u)"],
    "change",
)
test_methods_of_the_class = right(
    ["np.ndarray.sum(a, 0, None, u[:4])", "np.ndarray.__setitem__(u, 0, s)", "np.ndarray.__imul__(u, s)"]
)


def test_a_shuffled_copy():
    def f(x, s):
        u = x.copy()
        np.random.default_rng(0).shuffle(u)
        return u * s

    with pytest.raises(adtrans.UnsupportedError, match="may keep or change it"):
        adtrans.vjp(f)(X, S, X)


def test_a_mask_that_was_filled_before_still_keeps_dead_branches_out():
    def f(x):
        k = np.zeros(3, bool)
        k[1:] = True
        return np.sum(np.where(k, np.sqrt(x) * 2.0, 0.0))

    assert np.array_equal(adtrans.grad(f)(np.array([0.0, 1.0, 4.0])), [0.0, 1.0, 0.5])


# ----- lists whose length changes -----

LIST = "y = [u[0], u[1], u[2]]; t = 1.0\n"
USE = "\nu = u * t"

test_lists_that_change_while_iterated_over = refused(
    [
        LIST + loop + USE
        for loop in (
            "for v in y:\n    if len(y) < 6:\n        y.append(v * s)\n    t = t + v",
            "for v in y:\n    if len(y) < 6:\n        y += [v * s]\n    t = t + v",
            "for k, v in enumerate(y):\n    if len(y) < 6:\n        y.insert(0, v * s)\n    t = t + v * k",
            "for v, w in zip(y, x):\n    if len(y) < 6:\n        y.extend([v * s])\n    t = t + v * w",
            "for v in map(np.sin, y):\n    if len(y) < 6:\n        y.append(v * s)\n    t = t + v",
            "z = y\nfor v in y:\n    z.pop()\n    t = t + v",
            "for v in y:\n    del y[0]\n    t = t + v",
            "for v in y:\n    y[1:2] = []\n    t = t + v",
            "y = [0]\nfor k in y:\n    y.append(k + 1)\n    t = t * x[k]\n    if k == 3:\n        break",
        )
    ],
    "while it is iterated over",
)
test_lists_that_change_otherwise = right(
    [
        LIST + loop + USE
        for loop in (
            "for v in list(y):\n    y.append(v * s)\n    t = t + v",
            "for v in y[:]:\n    y.append(v * s)\n    t = t + v",
            "z = [u[:3], u[3:]]\nfor v in list(z):\n    z.append(v * s)\n    t = t + np.sum(v) * len(z)",
            "d = {'a': s, 'b': s * s}\nfor k in d:\n    d[k] = d[k] * t\n    t = t + d[k]",
            "for i in range(len(y)):\n    y.append(y[i] * s)\n    t = t + y[i]",
            "for k, v in enumerate(y):\n    y[(k + 1) % 3] = v * s\n    t = t + v",
            "i = 0\nwhile i < len(y):\n    if len(y) < 6:\n        y.append(y[i] * s)\n    t = t + y[i]\n    i += 1",
            "z = reversed(y)\ny.append(s)\nfor v in z:\n    t = t * v + v",
            "z = enumerate(y)\ny.append(s)\nfor k, v in z:\n    t = t * v + k",
            "y = [v * s for v in x]; z = [v for v in x]; y.pop()\nfor v, w in zip(z, y):\n    t += v * w",
            "y = [v * s for v in x]\nwhile len(y) > 1:\n    y.pop()\nu = u * np.array(y)",
        )
    ]
)
