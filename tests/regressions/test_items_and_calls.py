"""Items that calls change, procedures on parts of arrays, views that cannot be written, library calls."""

import copy
import dataclasses
import itertools
import operator

import numpy as np
import pytest
from agreement import agree
from numpy.lib.stride_tricks import sliding_window_view

import adtrans

X = np.array([0.3, 1.1, 0.7, 0.55, 0.9, 0.4])
S = 0.8


# ----- x[i] += f(x) reads x[i] first -----


def halve(u):
    u *= 0.5
    return u[0]


def item_then_call(x, s):
    u = x.copy()
    u[0] += halve(u)
    u[[0, 1]] += halve(u)
    u[u > 0.1] *= halve(u)
    for k in range(3):
        u[k] *= halve(u)
        u[k] += s if u[k] > 0.01 else x[k]
    return u


def push(y):
    y[0] *= 0.5
    y.append(y[0])
    return y[0]


def item_of_a_list_then_call(x, s):
    y = [x[0], x[1]]
    y[0] += push(y)
    y[-1] *= push(y)
    return sum(y) * s


# ----- procedures on parts -----


def scale(v, s):
    v *= s
    return v


def twice(v, s):
    v += 1.0
    v *= s
    return v * v


def slope(u, out, s):
    np.multiply(u, u, out=out)
    out *= s


def parts_given(x, s):
    u = x * 1.0
    w = scale(u[1:], s)
    a = twice(u[[0, 1]], s)  # of a copy: u does not see it
    u[0] = twice(u[0], s)
    u[[0, 2]] = scale(u[[0, 2]], s)
    return np.sum(u * u) * w[0] * np.sum(a)


def row_given_as_out(x, s):
    k = np.empty((2, 6))
    slope(x, k[0], s)
    slope(k[0], k[1], s)
    return k[0] * k[1]


# ----- views that cannot be written -----


def broadcast_and_written(x, s):
    u = x * s
    w = np.broadcast_to(u, (2, 6))
    u[2] = s
    return np.sum(w * w) * w[0, 2]


def windows_and_written(x, s):
    u = x * 1.0
    w = sliding_window_view(u, 3)
    u[2] = x[0] * s
    return np.sum(w * w, axis=1)


def broadcast_and_copied(x, s):
    a = np.broadcast_to(x, (2, 6)).copy()
    a[0] = s
    return a


# ----- arrays of unknown rank -----


def read_where_the_rank_is_unknown(a):
    t = np.squeeze(a[:1])
    return t[0] * t[1] + np.sum(t[1:])


def written_where_the_rank_is_unknown(a):
    t = np.squeeze(a[:1]) * 1.0
    t[0] = t[1] * 2.0
    return t


# ----- iterators -----


def counted(x, s):
    t = 0.0
    for v, k in zip(x, itertools.count()):
        t += v * k
    for k, v in zip(itertools.count(2, 3), x):
        t += v * k * s
    for k in itertools.count():
        if k > 3:
            break
        t += x[k] * s
    for v, w in zip(x, itertools.cycle([s, x[0]])):
        t += v * w
    return t


def accumulated(x, s):
    total = sum(itertools.starmap(operator.mul, zip(x, x)))
    sums = list(itertools.accumulate(x))
    powers = np.array(list(itertools.accumulate(x, lambda a, b: a * s + b)))
    steps = [b - a for a, b in itertools.pairwise(x)]
    both = list(itertools.chain(x[:2], x[3:]))
    return total * sums[-1] * powers * steps[0] * both[2] * list(itertools.islice(x, 1, 3))[0]


# ----- unusual spellings -----


def unbound(x, s):
    u = x * s
    np.ndarray.__setitem__(u, 0, s * s)
    np.ndarray.sort(u)
    y = [s]
    list.append(y, u[0])
    return u * list.__getitem__(y, 1)


def copied_by_keywords(x, s):
    u = x * s
    np.copyto(dst=u, src=x * x, where=x > 0.5)
    return u


def checkpointed_here(x, s):
    u = x * 1.0

    def sweep(v):
        v *= s

    adtrans.checkpoint(sweep)(u)
    return u


# ----- copies, parts of objects, decorators -----


@dataclasses.dataclass(frozen=True)
class Pair:
    a: float
    b: float


@dataclasses.dataclass
class State:
    u: np.ndarray
    pair: Pair


def copied(x, s):
    u = x * s
    v, w = copy.copy(u), copy.deepcopy(u)
    u *= 2.0
    v[0] = s
    y = [x[0], s]
    z = copy.copy(y)
    z[0] *= s
    d = {"a": x * s, "b": [x[1], s]}
    e, f = copy.deepcopy(d), copy.copy(d)
    e["a"] *= s
    e["b"][0] = s
    f["a"][0] = x[2]
    return u * v * w * z[0] * y[0] * e["a"] * d["a"] * e["b"][0] * d["b"][0] * f["a"]


def dataclass_as_dict(x, s):
    g = State(x * s, Pair(x[0], s))
    d, t = dataclasses.asdict(g), dataclasses.astuple(g)
    d["u"] *= s
    d["pair"]["a"] *= s
    return d["u"] * g.u * d["pair"]["a"] * t[1][1] * t[0]


def decorated(x, s):
    def twice(f):
        return lambda v: f(f(v))

    @adtrans.checkpoint
    def g(v):
        return v * v * s

    @twice
    def h(v):
        return v * s + x

    return g(x) * h(x)


def displays_of_lists(x, s):
    y = [x[0], x[1]]
    y[0] = x[2] * s
    z, w = [*y, s, *y], (*y, s)
    z[1] *= s
    return z[0] * z[1] * z[2] * z[3] * w[0] * len(z)


# ----- writes -----


def parts_of_complex_numbers(x, s):
    z = x + 1j * s
    z.real[1:] = x[1:] * s
    z.imag *= s
    z.real = z.imag * x
    u = x * 1.0
    u.real += s
    return z.real * z.imag * u


def rare_augmented_assignments(x, s):
    u, a = x * s, np.outer(x, x)
    u //= 0.1
    u %= s
    a @= np.outer(x, x)
    a[1:, 1:] @= np.eye(5) * s
    u[[0, 1]] %= s
    rows = [x * 3.0]
    rows[0] %= s
    v = rows[0]
    rows[0] //= 0.2
    return u + a[1] + v


PROGRAMS = [
    copied, dataclass_as_dict, decorated, displays_of_lists, parts_of_complex_numbers,
    rare_augmented_assignments, item_then_call, item_of_a_list_then_call, parts_given, row_given_as_out, broadcast_and_written,
    windows_and_written, broadcast_and_copied, counted, accumulated, unbound, copied_by_keywords,
    checkpointed_here,
]  # fmt: skip


@pytest.mark.parametrize("fun", PROGRAMS)
def test_program(fun):
    agree(fun, X, S)


@pytest.mark.parametrize("fun", [read_where_the_rank_is_unknown, written_where_the_rank_is_unknown])
def test_an_array_of_unknown_rank(fun):
    agree(fun, X.reshape(2, 3))


def shuffled(x):
    u = x * 1.0
    np.random.default_rng(0).shuffle(u)
    return np.sum(u * x)


def solved_in_place(x):
    import scipy.linalg

    u = x * 1.0
    scipy.linalg.solve(np.eye(6), u, overwrite_b=True)
    return np.sum(u)


@pytest.mark.parametrize("fun", [shuffled, solved_in_place])
def test_what_writes_unseen_is_refused(fun):
    with pytest.raises(adtrans.AdtransError):
        adtrans.grad(fun)(X)
