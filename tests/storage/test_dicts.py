"""Dicts and deques that grow and change, and arrays that are written while they stand in one."""

import collections
from collections import Counter, defaultdict, deque

import numpy as np
import pytest
from agreement import agree
from writing import S, X

# ----- deques -----


def deque_queue(x, s):
    waiting = deque([x[0], x[1]])
    for k in range(4):
        waiting.append(waiting.popleft() * s + x[k])
    return waiting[0] * waiting[1]


def deque_both_ends(x, s):
    d = deque()
    for v in x:
        d.appendleft(v * s)
    d.append(s)
    d.rotate(1)
    d.pop()
    return d[0] * d[1]


def deque_of_bounded_length(x, s):
    recent, total = deque(maxlen=3), 0.0
    for v in x:
        recent.append(v)
        total += sum(recent) * s
    return total


def deque_of_pairs(x, s):
    d = collections.deque([(0, s)])
    total = 0.0
    while d:
        k, w = d.popleft()
        total += w * x[k]
        for child in (2 * k + 1, 2 * k + 2):
            if child < 6:
                d.append((child, w * x[k]))
    return total


# ----- dicts -----


def dict_stores(x, s):
    d = {}
    d["a"] = x[0] * s
    d["b"] = d["a"] * x[1]
    d["a"] += d["b"]
    return d["a"] * d["b"]


def dict_in_a_loop(x, s):
    d = {"total": 0.0, "weight": 1.0}
    for v in x:
        d["total"] += v * d["weight"]
        d["weight"] *= s
    return d["total"] * d["weight"]


def dict_by_number(x, s):
    d = {}
    for k in range(6):
        d[k] = x[k] * s + (d[k - 1] if k else 0.0)
    return d[5] * d[2]


def memo(x, s):
    known = {0: x[0], 1: x[1]}

    def value(n):
        if n not in known:
            known[n] = value(n - 1) * s + value(n - 2)
        return known[n]

    return value(5)


def memo_in_a_loop(x, s):
    known = {}
    total = 0.0
    for k in [0, 1, 0, 2, 1]:
        if k not in known:
            known[k] = x[k] ** 2 * s
        total += known[k] * x[k + 1]
    return total


def setdefault_number(x, s):
    d = {"a": x[0]}
    d.setdefault("a", s)
    d.setdefault("b", s * x[1])
    return d["a"] * d["b"]


def setdefault_list(x, s):
    groups = {}
    for k, v in enumerate(x):
        groups.setdefault(k % 2, []).append(v * s)
    return sum(groups[0]) * sum(groups[1])


def popped_key(x, s):
    d = {"a": x[0], "b": s}
    a = d.pop("a")
    c = d.pop("c", x[1])
    return a * c + d["b"] * len(d)


def got(x, s):
    d = {"a": x[0] * s}
    return d.get("a", 1.0) * d.get("b", x[1]) + (s if d.get("c") is None else x[2])


def counted(x, s):
    totals = {}
    for k in range(6):
        totals[k % 3] = totals.get(k % 3, 0.0) + x[k] * s
    return totals[0] * totals[1] + totals[2]


def updated(x, s):
    d = {"a": x[0], "b": x[1]}
    d.update({"b": s, "c": x[2] * s})
    d.update(a=d["a"] * s)
    d |= {"c": d["c"] * x[3]}
    e = d | {"a": x[4]}
    return d["a"] * d["b"] + d["c"] * e["a"]


def deleted_key(x, s):
    d = {"a": x[0], "b": s * x[1]}
    del d["a"]
    d["a"] = x[2]
    return sum(d.values()) * d["b"]


def dict_of_arrays(x, s):
    d = {"q": x * s, "p": x + s}
    d["q"] += d["p"]
    d["p"][1:] *= d["q"][:-1]
    d["q"][0] = s
    return d["q"] * d["p"]


def dict_of_arrays_in_a_loop(x, s):
    d = {"q": x.copy(), "p": np.zeros_like(x)}
    for _ in range(3):
        d["p"] -= s * d["q"]
        d["q"] += s * d["p"]
    return d["q"] * d["p"]


def dict_of_arrays_rebound(x, s):
    d = {"q": x, "p": np.zeros_like(x)}
    for _ in range(3):
        d["p"] = d["p"] - s * d["q"]
        d["q"] = d["q"] + s * d["p"]
    return d["q"] * d["p"]


def every_item_of_a_dict(x, s):
    d = {"a": x[:3] * s, "b": x[3:] + s}
    for name in d:
        d[name] = d[name] * 2.0
    for name, value in d.items():
        value *= s
    for value in d.values():
        value[0] = x[1]
    return d["a"] * d["b"]


def adam(x, s):
    params = {"w": x[:3].copy(), "b": x[3:].copy()}
    m = {k: np.zeros_like(v) for k, v in params.items()}
    v = {k: np.zeros_like(p) for k, p in params.items()}
    for t in range(1, 4):
        grads = {k: 2.0 * p for k, p in params.items()}
        for k in params:
            m[k] = 0.9 * m[k] + 0.1 * grads[k]
            v[k] = 0.99 * v[k] + 0.01 * grads[k] ** 2
            params[k] = params[k] - s * m[k] / (np.sqrt(v[k]) + 1e-3)
    return params["w"] * params["b"]


def adam_in_place(x, s):
    params = {"w": x[:3].copy(), "b": x[3:].copy()}
    speed = {k: np.zeros_like(v) for k, v in params.items()}
    for _ in range(3):
        for k in params:
            speed[k] *= 0.9
            speed[k] += params[k]
            params[k] -= s * speed[k]
    return params["w"] * params["b"]


def accumulated_gradients(x, s):
    grads = {}
    for k in range(4):
        name = "even" if k % 2 == 0 else "odd"
        if name in grads:
            grads[name] += x * s
        else:
            grads[name] = x * k
    return grads["even"] * grads["odd"]


def nested_dict(x, s):
    state = {"pos": [x[0], x[1]], "vel": {"x": s}}
    state["pos"][0] += state["vel"]["x"] * s
    state["vel"]["x"] *= state["pos"][1]
    return state["pos"][0] * state["vel"]["x"]


def nested_dict_in_a_loop(x, s):
    state = {"pos": [x[0], x[1]], "vel": [x[2], x[3]]}
    for _ in range(3):
        state["vel"][0] -= s * state["pos"][0]
        state["vel"][1] -= s * state["pos"][1]
        state["pos"][0] += s * state["vel"][0]
        state["pos"][1] += s * state["vel"][1]
    return state["pos"][0] * state["pos"][1]


def nested_dict_of_arrays(x, s):
    net = {"layer": {"w": x[:3] * 1.0, "b": x[3:] * s}}
    for _ in range(2):
        layer = net["layer"]
        layer["w"] *= s
        net["layer"]["b"][1] += layer["w"][0]
    return net["layer"]["w"] * net["layer"]["b"]


def list_of_dicts(x, s):
    bodies = [{"x": x[k], "v": x[k + 3]} for k in range(3)]
    for _ in range(2):
        for body in bodies:
            body["v"] -= s * body["x"]
            body["x"] += s * body["v"]
    return sum(b["x"] * b["v"] for b in bodies)


def default_dict(x, s):
    d = defaultdict(float)
    for k, v in enumerate(x):
        d[k % 2] += v * s
    return d[0] * d[1]


def default_dict_of_lists(x, s):
    groups = defaultdict(list)
    for k, v in enumerate(x):
        groups[k % 2].append(v)
    return sum(groups[0]) * sum(groups[1]) * s


def counter(x, s):
    c = Counter()
    for k, v in enumerate(x):
        c[k % 2] += v * s
    return c[0] * c[1]


def counted_integers(x, s):
    counts = {}
    for v in x:
        k = int(v * 3)
        counts[k] = counts.get(k, 0) + 1
    return sum(n * x[k] for k, n in counts.items()) * s


def logged(x, s):
    log = {"loss": [], "norm": []}
    u = x.copy()
    for _ in range(3):
        u = u - s * 0.1 * u
        log["loss"].append(np.sum(u * u))
        log["norm"].append(np.sqrt(np.sum(u * u)))
    return log["loss"][-1] * log["norm"][0]


PROGRAMS = [
    deque_queue, deque_both_ends, deque_of_bounded_length, deque_of_pairs, dict_stores, dict_in_a_loop,
    dict_by_number, memo, memo_in_a_loop, setdefault_number, setdefault_list, popped_key, got, counted,
    updated, deleted_key, dict_of_arrays, dict_of_arrays_in_a_loop, dict_of_arrays_rebound,
    every_item_of_a_dict, adam, adam_in_place, accumulated_gradients, nested_dict, nested_dict_in_a_loop,
    nested_dict_of_arrays, list_of_dicts, default_dict, default_dict_of_lists, counter, counted_integers,
    logged,
]  # fmt: skip


@pytest.mark.parametrize("fun", PROGRAMS)
def test_container(fun):
    agree(fun, X, S)
