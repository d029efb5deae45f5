"""Writes through views of any depth and through aliases: whoever shares the memory sees them."""

import numpy as np
import pytest
from agreement import agree
from writing import M, S, X, everywhere, written

VIEWS = [
    "v = u[::2]\nv *= s",
    "v = u[1:]\nw = v[::2]\nw[0] = s * u[0]",
    "v = u[1:]\nw = v[1:]\nw += v[:-1]",
    "v = u\nv += x",
    "v = u\nv = v + x\nv[0] = s\nu[1] = v[0]",
    "v = u[:]\nv[2] *= x[0]\nu[2] += v[2]",
    "v = u[...]\nv[...] = v * u",
    "v = u[::-1]\nv[1:3] = x[:2]\nu[1:3] *= v[1:3]",
    "a.T[1] = x[:3]",
    "a.T[...] = m.T * s",
    "a.T[1:, 0] += u[:3]",
    "a.T[::-1][0] *= s",
    "b = a.T\nb += b[0]",
    "b = a.T[1:]\nc = b.T[1:]\nc *= x[0]",
    "a.ravel()[2] = s",
    "a.ravel()[::5] *= u[0]",
    "b = a.ravel()\nb[1:] = b[:-1] * s",
    "a.T.ravel()[2] = s\na[0] *= x[0]",
    "b = a.T.ravel()\nb *= 2.0\na += b[0]",
    "a[:, 1:].ravel()[0] = s\na[0, 1] *= x[0]",
    "b = a[1:].ravel()\nb[0] = s\na[1, 0] *= x[0]",
    "a.reshape(-1)[3] = s * x[3]",
    "b = a.reshape(4, 3)\nb[1] *= x[:3]",
    "b = a.reshape(2, 6)\nb[0] = x",
    "b = a.T.reshape(3, 4)\nb[0] = s\na[0] *= b[0]",
    "b = a.T.reshape(12)\nb[0] = s\na *= b[0]",
    "b = a[:, ::2].reshape(-1)\nb[0] = s\na[0] *= b[0]",
    "b = a[:, :2].reshape(3, 2, 1)\nb[1] = s",
    "b = a.reshape(3, 2, 2)[:, 1]\nb[...] *= x[0]",
    "b = a.flatten()\nb[0] = s\na[0] += b[0]",
    "u[None][0, 2] = s",
    "u[:, None][1:3] *= x[0]",
    "np.expand_dims(u, 0)[0, 1] = s",
    "np.swapaxes(a, 0, 1)[2] = x[:3]",
    "np.moveaxis(a, 0, 1)[2] *= x[:3]",
    "np.transpose(a)[0, 1] = s",
    "a[0:1].squeeze()[1] = s",
    "np.squeeze(a[:1])[1] *= x[1]",
    "np.atleast_2d(u)[0, 3] = s",
    "np.asarray(u)[1] = s",
    "np.asarray(u, dtype=float)[1] *= x[0]",
    "np.array(u, copy=False)[1] *= x[0]",
    "np.ascontiguousarray(u)[1] *= x[0]",
    "np.array(u)[1] = s\nu[1] *= x[0]",
    "np.flip(u)[0] = s",
    "np.flipud(a)[0] *= x[:4]",
    "np.rot90(a)[0, 0] = s",
    "np.diagonal(a).copy()[0] = s\na[0] *= x[0]",
    "p, q = np.split(u, 2)\np *= q",
    "p, q, r = np.split(a, 3)\nq += p\nr[0] *= q[0]",
    "for v in np.array_split(u, 4):\n    v *= v[0]",
    "u.view()[1] = s",
    "v = u.view()\nv += x",
    "u.reshape(2, 3).T[0] = x[:2]",
    "u.reshape(2, 3)[1, 1:] += s",
    "u.reshape((3, 2), order='F')[0] *= s",
    "for row in a:\n    row *= s",
    "for row in a:\n    row -= row.mean()",
    "for row, v in zip(a, x):\n    row[0] = v",
    "for i, row in enumerate(a):\n    row[i] *= x[i]",
    "for col in a.T:\n    col /= col.sum()",
    "for row in a[::-1]:\n    row[1:] = row[:-1]",
    "p, q, r = a\nq *= p",
    "p, *rest = a\nrest[1] += p",
    "first, last = u[:1], u[-1:]\nfirst += last\nlast *= first",
    "v = w = u[1:3]\nv += w\nw *= x[:2]",
    "v = u[2:3]\nu[2] = s\nu[0] = v[0] * x[0]",
    "c = u[2]\nu[2] = s\nu[0] = c * x[0]",
    "c = u[2:3].copy()\nu[2] = s\nu[0] = c[0] * x[0]",
    "e = u[2, ...]\ne *= s",
    "e = np.array(s)\ne *= s\ne[...] = e * u[0]\nu[1] = e",
    "for v in u:\n    v *= 2.0\n    u[0] += v",
    "np.nan_to_num(u, copy=False)",
    "u.T[1] = s",
    "b = np.broadcast_to(u, (2, 6)).copy()\nb[0] = s\nu *= b[1]",
    "b = (u if s > 0.5 else a[0])\nb *= s",
    "b = a[0] if s > 0.5 else a[1]\nb *= s",
    "b = u[1:4]\nif s > 5.0:\n    b = a[0, :3]\nb[0] = s * b[1]",
    "b = u\nif s > 5.0:\n    b = u.copy()\nb *= x",
    "b = u[:4] if s > 5.0 else a[1]\nb += x[:4]\nu[0] = b[1]",
    "b = a\nfor i in range(3):\n    b = b[:, :3] if i == 1 else b\n    b[i] *= s",
    "k = 1 if s > 0.5 else 0\na[k] *= s",
    "v, w = u[:3], u[3:]\nv, w = w, v\nv *= x[:3]",
    "v, w = u[:3], u[3:]\nfor i in range(3):\n    v[...] = w * s\n    v, w = w, v",
    "with np.errstate(all='ignore'):\n    v = u[1:]\n    v /= x[1:]",
]


@pytest.mark.parametrize(("statements", "context"), everywhere(VIEWS))
def test_view(statements, context):
    agree(written(statements, context), X, M, S)


def swapped_buffers(x, s):
    old, new = x.copy(), np.zeros_like(x)
    for _ in range(4):
        new[1:-1] = old[1:-1] + s * (old[2:] - 2.0 * old[1:-1] + old[:-2])
        new[0], new[-1] = old[0], old[-1] * s
        old, new = new, old
    return old


def swapped_buffers_of_three(x, s):
    past, now, future = x * 0.9, x.copy(), np.empty_like(x)
    for _ in range(5):
        future[1:-1] = 2.0 * now[1:-1] - past[1:-1] + s * (now[2:] - 2 * now[1:-1] + now[:-2])
        future[0] = future[-1] = 0.0
        past, now, future = now, future, past
    return now, past


def swapped_with_out(x, s):
    a, b = x.copy(), np.empty_like(x)
    for _ in range(3):
        np.multiply(a, s, out=b)
        np.sin(b, out=b)
        a, b = b, a
    return a * b


def swapped_sometimes(x, s):
    best, trial = x.copy(), np.empty_like(x)
    for k in range(4):
        trial[...] = np.cos(best * (k + s))
        if trial.sum() > best.sum():
            best, trial = trial, best
    return best


def kept_reference(x, s):
    u = x.copy()
    start = u
    u = u * s
    u += start
    start *= u
    return u, start


def rebound_in_a_loop(x, s):
    u = x.copy()
    v = u
    for k in range(3):
        v *= s
        if k == 1:
            v = v.copy()
        v[k] = u[k + 1]
    return u, v


def rebound_by_plus(x, s):
    u = x.copy()
    v = u
    for _ in range(3):
        u = u + v * s
        v[1:] *= u[:-1]
    return u, v


def augmented_number_rebinds(x, s):
    total = x[0]
    kept = total
    total += s
    total *= kept
    return total + kept


def augmented_array_does_not(x, s):
    total = x * 1.0
    kept = total
    total += s
    total *= kept
    return total + kept


def augmented_row_sum(x, s):
    # np.sum gives a number: += rebinds it
    a = np.sum(x)
    b = a
    a += s
    return a * b


def scalar_of_a_row(m, s):
    c = m.sum(axis=0)
    d = c[1]
    c[1] = s
    return c * d


def red_black(m, s):
    g = m.copy()
    for sweep in range(2):
        for colour in (0, 1):
            for i in range(1, g.shape[0] - 1):
                for j in range(1 + (i + colour) % 2, g.shape[1] - 1, 2):
                    g[i, j] = 0.25 * (g[i - 1, j] + g[i + 1, j] + g[i, j - 1] + g[i, j + 1]) * s
    return g


def gaussian_elimination(m, s):
    a = np.eye(3) * 2.0 + m[:, :3] * s
    for k in range(3):
        pivot = a[k]
        pivot /= pivot[k]
        for i in range(k + 1, 3):
            row = a[i]
            row -= row[k] * pivot
    return a


def row_swaps(m, s):
    a = m * s
    for k in range(2):
        p = k + np.argmax(np.abs(a[k:, k]))
        a[[k, p]] = a[[p, k]]
        a[k + 1 :] -= np.outer(a[k + 1 :, k] / a[k, k], a[k])
    return a


def haar(x, s):
    u = np.concatenate([x, x[:2] * s])
    n = 8
    while n > 1:
        n //= 2
        even, odd = u[: 2 * n : 2].copy(), u[1 : 2 * n : 2].copy()
        u[:n], u[n : 2 * n] = even + odd, even - odd
    return u


def interior(m, s):
    grid = np.zeros((5, 6))
    inner = grid[1:-1, 1:-1]
    inner[...] = m
    for _ in range(2):
        inner += s * (grid[:-2, 1:-1] + grid[2:, 1:-1] + grid[1:-1, :-2] + grid[1:-1, 2:] - 4 * inner)
    return grid


def blocks(m, s):
    big = np.zeros((2, 3, 4))
    first, second = big
    first[:] = m
    second[:] = first * s
    flat = big.reshape(2, 12)
    flat[1] += flat[0] ** 2
    return big


def scan(x, s):
    u = x.copy()
    for i in range(1, len(u)):
        u[i] = u[i - 1] * u[i]
    return u


def backwards_scan(x, s):
    u = x * s
    for i in range(len(u) - 2, -1, -1):
        u[i] -= u[i + 1] * x[i]
    return u


def window_views(x, s):
    u = x.copy()
    for i in range(len(u) - 2):
        window = u[i : i + 3]
        window -= window.mean() * s
    return u


def deeper_views(m, s):
    a = m.copy()
    lower = a[1:]
    right = lower[:, 2:]
    for k in range(2):
        right[k] *= s
        lower[:, 0] += right.sum(axis=1)
        a[0] += lower[k] * a[0]
    return a, right


def views_of_two(x, s):
    u, w = x.copy(), x * s
    for k in range(3):
        v = u if k % 2 else w
        v[k] += u[k] * w[k + 1]
    return u, w


def chosen_row(m, s):
    a = m.copy()
    for k in range(3):
        row = a[0] if k == 1 else a[k]
        row *= s + k
    return a


def view_made_before_the_loop(x, s):
    u = x.copy()
    ends = u[::5]
    for k in range(1, 4):
        ends *= u[k]
        u[k] = ends[0] + ends[1] * s
    return u


def while_view(x, s):
    u = x.copy()
    while u[0] < 2.0:
        v = u[:3]
        v += s * v[::-1]
    return u


def squeezed_row(m, s):
    a = m * s
    row = np.squeeze(a[:1])
    for k in range(2):
        for i in range(1, 4):
            row[i] = row[i - 1] * row[i]
        a *= a
    return a


def item_of_a_squeezed_row(m, s):
    a = m * s
    row = np.squeeze(a[:1])
    c = row[1]
    c *= 2.0
    a[0] *= c
    return a * c


def reshaped_to_a_shape(m, s):
    shape = m.shape[::-1]
    a = (m * s).reshape(shape)
    for i in range(1, shape[0]):
        a[i, 0] = a[i - 1, 0] * a[i, 1]
        a[i] *= a[i, 0]
    return a


def squeezed_result(m, s):
    a = (m[:, :1] * s).squeeze()
    for i in range(1, 3):
        a[i] *= a[i - 1]
        c = a[i]
        c *= s
        a[0] += c
    return a


ARRAYS = [swapped_buffers, swapped_buffers_of_three, swapped_with_out, swapped_sometimes, kept_reference,
          rebound_in_a_loop, rebound_by_plus, augmented_number_rebinds, augmented_array_does_not,
          augmented_row_sum, haar, scan, backwards_scan, window_views, views_of_two, view_made_before_the_loop,
          while_view]  # fmt: skip
MATRICES = [
    scalar_of_a_row,
    red_black,
    gaussian_elimination,
    row_swaps,
    interior,
    blocks,
    deeper_views,
    chosen_row,
    squeezed_row,
    item_of_a_squeezed_row,
    reshaped_to_a_shape,
    squeezed_result,
]


@pytest.mark.parametrize("fun", ARRAYS)
def test_array(fun):
    agree(fun, X, S)


@pytest.mark.parametrize("fun", MATRICES)
def test_matrix(fun):
    agree(fun, M, S)
