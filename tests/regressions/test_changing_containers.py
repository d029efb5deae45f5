"""Lists and dicts that change: comprehensions, repeated and sliced lists, displays, structured items, state in try."""

import numpy as np
import pytest
from agreement import agree

import adtrans

X = np.array([0.3, 1.1, 0.7, 0.55, 0.9, 0.4])
S = 0.8


# ----- comprehensions that change later -----


def filtered(x, s):
    y = [v * s for v in x if v > 0.5]
    y[0] *= s
    return y[0] * y[1]


def nested_and_filtered(x, s):
    y = [v * w for v in x if v > 0.5 for w in x if w > v]
    y[0] *= s
    y.append(s)
    return y[0] * y[1] * y[-1]


def keyed(x, s):
    d = {i * 2 + j: x[i] * x[j] for i in range(2) for j in range(2)}
    d[0] *= s
    return d[0] * d[1] + d[2]


def remade_in_a_loop(x, s):
    t = 0.0
    for k in range(3):
        y = [v * s for v in x if v > 0.5 * k]
        if k > 0:
            y.append(t)
        y[0] *= s
        t = t + sum(y)
    return t


# ----- one item in several places -----


def array_repeated(x, s):
    r = x * s
    rows = [r, r] + [r] * 2
    rows[0][0] = s
    rows[1] *= 2.0
    return rows[3] + r * rows[2]


def zeros_repeated(x, s):
    r = [0.0, 0.0]
    rows = [r, r] + [r] * 2
    rows[0][0] = s
    rows[1][1] += x[0]
    rows.append([x[1]])
    return rows[0][0] * rows[2][1] + rows[4][0]


def held_by_copies(x, s):
    rows = [[0.0] * 2 for _ in range(3)]
    same, turned = tuple(rows), list(reversed(rows))
    by_key = {k: r for k, r in enumerate(rows)}
    rows[0][0] = s
    same[0][1] += x[0]
    turned[2][1] += rows[0][1] * s
    by_key[0][1] *= s
    return rows[0][1]


def arrays_of_dicts(x, s):
    layers = {k: {"w": x[3 * k : 3 * k + 3] * 1.0, "v": np.zeros(3)} for k in range(2)}
    layers[0]["v"] += s
    layers[0]["v"] *= x[0]
    for k in range(2):
        layers[k]["v"] -= layers[0]["v"] * s
    return layers[0]["v"] * layers[1]["v"]


# ----- slices -----


def window(x, s):
    recent, out = [], []
    for v in x:
        recent.append(v)
        if len(recent) > 3:
            recent = recent[1:]
        out.append(sum(recent) / len(recent) * s)
    return np.array(out)


def turned_in_a_loop(x, s):
    y = [x[0], x[1], s]
    for k in range(3):
        y[0] = y[1] * x[k]
        y = y[::-1]
        y[1] *= s
    return y[0] * y[1] * y[2]


def maybe_a_slice(x, s):
    y = [v * s for v in x]
    z = y
    if s > 0.1:
        z = y[1:3]
    z[0] *= s
    y[1] *= z[0]
    return sum(y) * z[0] * z[1]


# ----- items that are tuples -----


def pairs_stored(x, s):
    pairs = [(v * s, k) for k, v in enumerate(x)]
    pairs[0] = (s, 1)
    del pairs[1]
    pairs.insert(1, (x[0] * x[1], 2))
    first = pairs.pop(0)
    return pairs[0][0] * pairs[1][0] + first[0]


def pairs_sorted(x, s):
    pairs = [(v * s, k) for k, v in enumerate(x)]
    pairs.sort(key=lambda p: -p[0])
    return pairs[0][0] * pairs[1][0] + pairs[0][1]


# ----- dict displays -----


def spread_after_stores(x, s):
    d = {"a": x[0], "b": x[1]}
    for k in range(2):
        d["ab"[k]] = d["a"] * s
    e = {**d, "a": s}
    return e["a"] * e["b"]


def two_spread(x, s):
    d = {"a": x[0], "b": x[1]}
    e = {**d, "a": s, "c": x[2]}
    d["a"] = x[2] * x[2]
    e["b"] *= s
    f = {**d, **e}
    return f["a"] * f["b"] * d["a"] * f["c"]


def keys_that_repeat(x, s):
    d = {k % 2: x[k] * x[k] for k in range(4)}
    n = int(x[0] > 0.1)
    e = {n: x[0] * s, 1: x[1] * s}
    return d[0] * d[1] * e[1]


def keys_of_an_outer_loop(x, s):
    d = {i: x[i] * x[j] for i in range(3) for j in range(2)}
    return d[0] * d[1] * s


def key_of_the_largest(x, s):
    scores = {"a": x[0], "b": x[1] * s, "c": x[2]}
    scores["a"] *= s
    return scores[max(scores, key=scores.get)] * scores[min(scores, key=lambda k: scores[k])]


# ----- lists that meet arrays -----


def joined(x, s):
    y = [x[0], x[1]]
    y[0] *= s
    z = (x[0], s)
    return np.concatenate([y, y, z]) * s + np.hstack([y, x[:4]])


def layers(x, s):
    w = np.outer(x[:4], x[1:5])
    y = [np.ones(4)]
    for _ in range(3):
        y.append(np.tanh(w @ y[-1]))
    return y[-1] * s


# ----- objects -----


class Held:
    rate = 0.5

    def __init__(self, v):
        self.v = v


def class_attribute_in_a_loop(x, s):
    o = Held(s)
    for v in x:
        o.rate += v * o.v
    return o.rate


def changed_in_a_with(x, s):
    o = Held(x[0])
    with np.errstate(all="ignore"):
        o.v = o.v * s
        o.new = x * o.v
    return o.new * o.v


def changed_before_finally(x, s):
    o = Held(x[0])
    try:
        o.v = x[1] * s
    finally:
        o.v = o.v * x[2]
    return o.v * s


def changed_where_it_fails(x, s):
    o = Held(x[0])
    try:
        if s > 10.0:
            raise ValueError("large")
    except ValueError:
        o.v = x[1]
    return o.v * s


def changed_in_a_try(x, s):
    o = Held(x[0])
    try:
        o.v = x[1]
        if s < 10.0:
            raise ValueError("small")
    except ValueError:
        pass
    return o.v * s


PROGRAMS = [
    filtered, nested_and_filtered, keyed, remade_in_a_loop, array_repeated, zeros_repeated, held_by_copies,
    arrays_of_dicts, window, turned_in_a_loop, maybe_a_slice, pairs_stored, pairs_sorted, spread_after_stores,
    two_spread, keys_that_repeat, keys_of_an_outer_loop, key_of_the_largest, joined, layers,
    class_attribute_in_a_loop, changed_in_a_with, changed_before_finally, changed_where_it_fails,
]  # fmt: skip


@pytest.mark.parametrize("fun", PROGRAMS)
def test_program(fun):
    agree(fun, X, S)


def test_a_try_that_may_be_left_halfway_is_refused():
    with pytest.raises(adtrans.AdtransError, match="left half-way"):
        adtrans.grad(changed_in_a_try)(X, S)
