"""Dicts the ways people use them: state, caches, tables of lists."""

from collections import deque

import numpy as np
import pytest
from agreement import agree
from writing import S, X

# ----- dicts -----


def keys_of_pairs(x, s):
    d = {}
    for i in range(3):
        for j in range(2):
            d[i, j] = x[2 * i + j] * s
            if i:
                d[i, j] += d[i - 1, j] ** 2
    return d[2, 1] * d[(1, 0)]


def keys_of_text(x, s):
    cache = {}
    h = x[:2]
    for k in range(2):
        cache[f"h{k}"] = h
        h = np.tanh(h * s + x[2 * k : 2 * k + 2])
        cache[f"o{k}"] = h
    return cache["h1"] * cache["o1"] * cache["o0"]


def parameters_by_text(d, s):
    h = d["x"]
    for k in range(2):
        h = np.tanh(d[f"w{k}"] * h + s)
    return h


def state_rebuilt(x, s):
    state = {"q": x[0], "p": x[1], "t": 0}
    for _ in range(3):
        state = {**state, "p": state["p"] - s * state["q"]}
        state = {**state, "q": state["q"] + s * state["p"], "t": state["t"] + 1}
    return state["q"] * state["p"] * state["t"]


def step(state, s):
    state["p"] = state["p"] - s * state["q"]
    state["q"] = state["q"] + s * state["p"]
    return state


def state_stepped(x, s):
    state = {"q": x.copy(), "p": np.zeros_like(x)}
    for _ in range(3):
        state = step(state, s)
    return state["q"] * state["p"]


def state_stepped_without_result(x, s):
    state = {"q": x[0], "p": x[1]}
    for _ in range(3):
        step(state, s)
    return state["q"] * state["p"]


def history_of_states(x, s):
    state, history = {"q": x[0], "p": x[1]}, []
    for _ in range(3):
        state = step(state, s)
        history.append(dict(state))
    return sum(h["q"] * h["p"] for h in history)


def history_of_tuples(x, s):
    q, p, history = x[0], x[1], []
    for k in range(3):
        p -= s * q
        q += s * p
        history.append((k, q, p))
    return sum(k * a * b for k, a, b in history)


def zipped_dict(x, s):
    d = dict(zip("abc", [x[0], x[1], s]))
    d["a"] *= d["c"]
    return d["a"] * d["b"]


def keyword_dict(x, s):
    d = dict(a=x[0], b=s)
    d["c"] = d["a"] * d["b"]
    e = {**d, "a": d["c"]}
    return e["a"] * e["b"] * e["c"]


def best_key(x, s):
    scores = {"a": x[0] * s, "b": x[1], "c": x[2]}
    best = max(scores, key=scores.get)
    scores[best] *= 2.0
    return sum(scores.values()) * scores[best]


def sorted_items(x, s):
    d = {"b": x[0] * s, "a": x[1]}
    total = 0.0
    for name, v in sorted(d.items()):
        total = total * s + v
    return total


def dict_of_lists(x, s):
    d = {"even": [], "odd": []}
    for k, v in enumerate(x):
        d["even" if k % 2 == 0 else "odd"].append(v * s)
    return sum(d["even"]) * sum(d["odd"])


def nested_counts(x, s):
    table = {}
    for k in range(6):
        row = table.setdefault(k % 2, {})
        row[k % 3] = row.get(k % 3, 0.0) + x[k] * s
    return table[0][0] * table[1][1] + table[0][2]


def membership(x, s):
    d = {1: x[1]}
    total = 0.0
    for k in range(4):
        if k in d:
            total += d[k] * s
        else:
            d[k] = x[k] * total + s
    return total * d[3]


def graph(x, s):
    edges = {0: [1, 2], 1: [3], 2: [3], 3: []}
    value = {0: s}
    for node in range(4):
        for k in edges[node]:
            value[k] = value.get(k, 0.0) + value[node] * x[k]
    return value[3] * value[1]


def graph_backwards(x, s):
    parents = {3: [1, 2], 1: [0], 2: [0], 0: []}
    value = {0: s, 1: 0.0, 2: 0.0, 3: 0.0}

    def compute(n):
        for p in parents[n]:
            compute(p)
        if parents[n]:
            value[n] = sum(value[p] for p in parents[n]) * x[n]

    compute(3)
    return value[3]


def cache_of_powers(x, s):
    powers = {0: 1.0}

    def power(n):
        if n not in powers:
            powers[n] = power(n - 1) * s
        return powers[n]

    return sum(v * power(k) for k, v in enumerate(x))


def wengert_list(x, s):
    """Reverse mode by hand, on lists."""
    values, parents = [x[0], s], [(), ()]

    def multiply(i, j):
        values.append(values[i] * values[j])
        parents.append(((i, values[j]), (j, values[i])))
        return len(values) - 1

    k = multiply(0, 1)
    k = multiply(k, 0)
    bars = [0.0] * len(values)
    bars[k] = 1.0
    for n in range(len(values) - 1, -1, -1):
        for parent, weight in parents[n]:
            bars[parent] += bars[n] * weight
    return bars[0] * x[1] + bars[1]


def arrays_in_a_dict_of_dicts(x, s):
    layers = {k: {"w": x[3 * k : 3 * k + 3] * 1.0, "v": np.zeros(3)} for k in range(2)}
    for _ in range(2):
        for layer in layers.values():
            layer["v"] = 0.9 * layer["v"] - s * layer["w"]
            layer["w"] = layer["w"] + layer["v"]
    return layers[0]["w"] * layers[1]["w"]


def arrays_in_a_dict_of_dicts_in_place(x, s):
    layers = {k: {"w": x[3 * k : 3 * k + 3] * 1.0, "v": np.zeros(3)} for k in range(2)}
    for _ in range(2):
        for layer in layers.values():
            layer["v"] *= 0.9
            layer["v"] -= s * layer["w"]
            layer["w"] += layer["v"]
    return layers[0]["w"] * layers[1]["w"]


def one_array_in_two_places(x, s):
    u = x * s
    d, rows = {"u": u}, [u]
    d["u"] += 1.0
    rows[0][1] = s
    u *= d["u"]
    return rows[0]


def array_taken_out_and_put_back(x, s):
    d = {"u": x * s}
    u = d.pop("u")
    u *= x
    d["u"] = u
    u[0] = s
    return d["u"]


def array_replaced_in_a_list(x, s):
    rows = [x * s]
    old = rows[0]
    rows[0] = rows[0] + 1.0
    rows[0] *= old
    old *= 2.0
    return rows[0] * old


def deque_of_arrays(x, s):
    past = deque([x, x * s], maxlen=2)
    for _ in range(3):
        past.append(2.0 * past[-1] - past[-2] * s)
    return past[-1] * past[0]


def list_of_arrays_as_history(x, s):
    past = [x, x * s]
    for _ in range(3):
        past.append(2.0 * past[-1] - past[-2] * s)
        del past[0]
    return past[-1] * past[0]


def product(a, b):
    return a * b


def spread_after_a_store(x, s):
    d = {"a": x[0], "b": x[1]}
    d["a"] = x[2] * s
    e = {**d, "c": x[3]}
    return e["a"] * e["b"] * e["c"]


def passed_by_keyword_after_a_store(x, s):
    d = {"a": x[0], "b": x[1]}
    d["a"] = x[2] * s
    return product(**d)


def passed_by_position_after_a_store(x, s):
    y = [x[0], x[1]]
    y[0] = x[2] * s
    a, b = y
    return product(*y) * a + product(*tuple(y)) * b


def spread_list_after_a_store(x, s):
    y = [x[0], x[1]]
    y[0] = x[2] * s
    z = [*y, s]
    return z[0] * z[1] * z[2]


def key_given_twice(x, s):
    d = {"a": x[0], "b": s}
    e = {**d, "a": x[1] * d["a"]}
    return e["a"] * e["b"]


def keys_that_repeat(x, s):
    d = {k % 2: x[k] * x[k] for k in range(4)}
    return d[0] * d[1] * s


def joined_lists(x, s):
    y = [x[0], x[1]]
    y[0] *= s
    return np.concatenate([y, y]) * np.array(y + y)


def reduced_lists(x, s):
    y = [x[0], x[1]]
    y[0] = x[2] * s
    return max(y) * sum(y) * np.prod(y) * np.dot(y, y) + np.stack(y)[1]


PROGRAMS = [
    spread_after_a_store, passed_by_keyword_after_a_store, passed_by_position_after_a_store,
    spread_list_after_a_store, key_given_twice, keys_that_repeat, joined_lists, reduced_lists,
    keys_of_pairs, keys_of_text, state_rebuilt, state_stepped, state_stepped_without_result,
    history_of_states, history_of_tuples, zipped_dict, keyword_dict, best_key, sorted_items,
    dict_of_lists, nested_counts, membership, graph, graph_backwards, cache_of_powers, wengert_list,
    arrays_in_a_dict_of_dicts, arrays_in_a_dict_of_dicts_in_place, one_array_in_two_places,
    array_taken_out_and_put_back, array_replaced_in_a_list, deque_of_arrays, list_of_arrays_as_history,
]  # fmt: skip


@pytest.mark.parametrize("fun", PROGRAMS)
def test_style(fun):
    agree(fun, X, S)


def test_parameters_are_found_by_text():
    agree(parameters_by_text, {"x": X, "w0": X * X, "w1": np.cos(X)}, S)


SECOND = [
    state_rebuilt, state_stepped, history_of_tuples, keys_of_pairs,
]  # fmt: skip


@pytest.mark.parametrize("fun", SECOND)
def test_second_order(fun):
    agree(fun, X, S, second=True)
