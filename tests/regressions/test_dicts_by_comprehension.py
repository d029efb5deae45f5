"""Dicts that a comprehension or fromkeys makes and the program changes, and programs of many containers."""

from collections import defaultdict

import numpy as np
import pytest
from agreement import agree

X = np.array([0.4, -0.9, 1.3])
P = {"w": np.array([[0.3, 0.1, -0.4], [1.2, -0.5, 0.7]]), "b": np.array([0.2, -0.6])}
NAMES = ["a", "b", "c"]


def momentum(p, x):
    p = {k: v.copy() for k, v in p.items()}
    state = {k: {"m": np.zeros_like(v), "n": 0.0} for k, v in p.items()}
    for _ in range(3):
        grads = {"w": np.outer(p["b"], x)}
        grads["b"] = p["w"] @ x + p["b"]
        for key, g in grads.items():
            s = state[key]
            s["m"] = 0.9 * s["m"] + g
            s["n"] += np.sum(g * g)
            p[key] = p[key] - 0.1 * s["m"] / (1.0 + s["n"])
    return np.sum(p["w"] @ x) + np.sum(p["b"])


def copied_argument(p, x):
    p = dict(p)
    for key in p:
        p[key] = p[key] * x[0]
    return p["w"] @ x, p["b"]


def named_totals(p, x):
    d = dict.fromkeys(NAMES, 0.0)
    e = dict.fromkeys("abc", p["b"][0])
    for i, s in enumerate(NAMES):
        d[s] -= 2.0 * x[i]
        e[s] += d[s] * x[i]
    f = {s: 0.0 for s in NAMES}
    for i, s in enumerate(NAMES):
        f[s] -= e[s] * x[i]
    return f["a"] * d["b"] * f["c"]


def keys_known_at_run_time_elsewhere(p, x):
    edges = [("a", "b"), ("b", "c"), ("a", "c")]
    out = defaultdict(list)
    for (u, v), w in zip(edges, x):
        out[u].append((v, w))
    rank = {n: 1.0 for n in "abc"}
    for u in ("a", "b"):
        for v, w in out[u]:
            rank[v] += rank[u] * w
    return rank["c"] * p["b"]


@pytest.mark.parametrize("f", [momentum, copied_argument, named_totals, keys_known_at_run_time_elsewhere])
def test_agrees(f):
    agree(f, P, X)


def many_lists(p, x):
    ts, xs, vs, es, ks, ps = [], [], [], [], [], []
    ms, ls, qs, rs, us, ws, zs = [], [], [], [], [], [], []
    v = 2.0 * x
    for i in range(3):
        x, v = x + 0.1 * v, v - 0.1 * x
        ts.append(0.1 * i)
        xs.append(x)
        vs.append(v)
        es.append(x @ x)
        ks.append(v @ v)
        ps.append(x[0])
        ms.append(np.outer(x, v))
        ls.append(x[0] * v[1])
        qs.append(x * 2)
        rs.append([x[0], v[0]])
        us.append(x[1])
        ws.append(v[1])
        zs.append(x.max())
    sums = sum(es) + sum(ks) + sum(ps) + sum(ls) + sum(us) * sum(ws) + max(zs) + sum(ts)
    return sums + np.sum(ms) + np.sum(qs) + np.sum(rs) + np.sum(xs[-1]) * vs[0][1] + p["b"][0]


def test_more_than_a_dozen_lists_that_grow():
    agree(many_lists, P, X)


def ranks(p, x):
    edges = [("a", "b"), ("b", "c"), ("a", "c"), ("c", "a")]
    out = defaultdict(list)
    strength = defaultdict(float)
    for (u, v), w in zip(edges, [*x, p["b"][0]]):
        out[u].append((v, w))
        strength[u] += w
    nodes = sorted({u for e in edges for u in e})
    rank = {n: 1.0 for n in nodes}
    for _ in range(3):
        new = {n: x[0] for n in nodes}
        for u in nodes:
            for v, w in out[u]:
                new[v] += p["b"][1] * rank[u] * w / strength[u]
        rank = new
    return sum(rank.values())


def test_keys_of_unknown_kind():
    agree(ranks, P, X)


def gates(p, x):
    state, seen = np.zeros(2), []
    for t in range(3):
        held = {}
        for name, function in [("w", np.tanh), ("b", np.sin)]:
            held[name] = function(p["w"] @ x + p["b"] * state + t)
        for k, (sign, key) in enumerate([(1.0, "w"), (-1.0, "b")]):
            state = state + sign * held[key] * (k + 1)
        seen.append(state)
    return np.stack(seen)


def test_a_list_that_a_loop_goes_through_is_known_item_by_item_beside_lists_that_grow():
    agree(gates, P, X)
