"""Lists and dicts that are parameters or results, or that pass through branches and loops."""

import pytest
from agreement import agree
from writing import S, X

# ----- containers that are parameters, results, or travel -----


def given_list(items, s):
    total = 0.0
    for k in range(len(items)):
        items[k] = items[k] * s
        total += items[k]
    items.append(total)
    return items[-1] * items[0]


def given_dict(d, s):
    d["w"] = d["w"] * s
    d["w"][0] = d["b"]
    d["b"] *= s
    return d["w"] * d["b"]


def given_nested(d, s):
    d["layers"][0] += s
    d["layers"].append(d["layers"][0] * d["scale"])
    return d["layers"][-1]


def returned_dict(x, s):
    out = {"u": x.copy(), "trace": []}
    for k in range(2):
        out["u"] *= s
        out["trace"].append(out["u"][k])
    return out


def list_through_a_branch(x, s):
    y = [x[0]]
    if s > 0.5:
        y.append(x[1] * s)
        y[0] *= s
    else:
        y = [x[2], x[3]]
    return y[0] * y[1]


def dict_through_a_branch(x, s):
    d = {"a": x[0]}
    if s > 0.5:
        d["a"] *= s
    else:
        d["b"] = x[1]
    return d["a"] * s


def list_chosen_by_a_branch(x, s):
    a, b = [x[0]], [x[1]]
    chosen = a if s > 0.5 else b
    chosen.append(s)
    chosen[0] *= s
    return a[0] * b[0] * len(a)


def list_in_a_while(x, s):
    y = [s]
    while y[-1] < 2.0:
        y.append(y[-1] + x[len(y) % 6])
    return sum(v * v for v in y)


def list_with_break(x, s):
    y = []
    for v in x:
        y.append(v * s)
        if sum(y) > 1.2:
            break
    return y[-1] * len(y)


def list_changed_while_nested(x, s):
    outer = [[x[0]], [x[1], s]]
    inner = outer[0]
    inner.append(x[2])
    inner[0] *= s
    outer[1] = inner
    inner.append(s)
    return sum(outer[1]) * outer[0][0]


def rebuilt_in_a_loop(x, s):
    y = [x[0], x[1]]
    for k in range(3):
        y = [a * s + b for a, b in zip(y, y[::-1])]
        y[k % 2] = y[k % 2] * x[k]
    return y[0] * y[1]


def pairwise(x, s):
    level = list(x) + [s, s]
    while len(level) > 1:
        level = [level[i] * level[i + 1] + s for i in range(0, len(level), 2)]
    return level[0]


def heap_order(x, s):
    import heapq

    heap = [v * s for v in x]
    heapq.heapify(heap)
    return heapq.heappop(heap) * 2.0 + heapq.heappop(heap)


def set_of_indices(x, s):
    seen = set()
    total = 0.0
    for k in [1, 2, 1, 3]:
        if k in seen:
            total += x[k] * s
        seen.add(k)
    return total + len(seen) * x[0]


def bdf(x, s):
    ys = [x[0], x[1]]
    for k in range(4):
        ys.append((4.0 * ys[-1] - ys[-2]) / 3.0 - s * ys[-1] ** 2)
        if len(ys) > 2:
            ys.pop(0)
    return ys[-1]


PROGRAMS = [
    returned_dict, list_through_a_branch, dict_through_a_branch, list_chosen_by_a_branch, list_in_a_while,
    list_with_break, list_changed_while_nested, rebuilt_in_a_loop, pairwise, heap_order, set_of_indices,
    bdf,
]  # fmt: skip


@pytest.mark.parametrize("fun", PROGRAMS)
def test_container(fun):
    agree(fun, X, S)


@pytest.mark.parametrize(
    ("fun", "given"),
    [
        (given_list, [0.4, 0.9, 0.3]),
        (given_dict, {"w": X, "b": 0.6}),
        (given_nested, {"layers": [X, X * X], "scale": 1.5}),
    ],
)
def test_container_that_is_a_parameter(fun, given):
    agree(fun, given, S)
