"""Arrays and lists whose identity is decided at run time: held in containers, rebound in loops, chosen by branches."""

import numpy as np
import pytest
from agreement import agree

X = np.linspace(0.3, 1.4, 6)


def list_rebound_in_a_loop(x, s):
    q = list(x)
    for k in range(3):
        q = [a * 0.9 + s for a in q]
        q[0] = q[1] * q[0]
    return sum(q)


def list_of_a_branch(x, s):
    if s > 0.5:
        y = [x[0] * s]
    else:
        y = [x[1], s]
    y.append(y[0] * 2.0)
    y[0] *= s
    return y[0] * y[-1]


def list_of_lists(x, s):
    g = [[0.0] * 3 for _ in range(2)]
    for k in range(6):
        g[k // 3][k % 3] = x[k] * s
        g[0][0] += x[k]
    return sum(sum(r) for r in g) * g[0][0]


def arrays_changed_after_they_were_appended(x, s):
    rows = []
    h = np.zeros(3) + s
    for k in range(3):
        h = h + x[:3] * k
        rows.append(h)
        h += 1.0
        h *= s
    rows[0] *= 2.0
    return np.sum(np.stack(rows) ** 2)


def parameters_in_a_list(x, s):
    params = [x[:3] * 1.0, x[3:] * 1.0]
    for _ in range(3):
        grads = [np.sin(p) for p in params]
        for p, g in zip(params, grads):
            p -= 0.1 * g * s
    return np.sum(params[0] * params[1])


def parameters_in_a_dict(x, s):
    params = {"a": x[:3] * 1.0, "b": x[3:] * s}
    for _ in range(3):
        for k in params:
            params[k] -= 0.1 * np.cos(params[k])
    return np.sum(params["a"] * params["b"])


def arrays_under_run_time_keys(x, s, keys):
    d = {}
    for k in keys:
        d[k] = x * len(k)
    for k in keys:
        d[k] *= s
    for k in keys:
        d[k][0] = d[k][1] * s
    return sum(np.sum(v * v) for v in d.values())


def chosen_from_a_list(x, s, c):
    u = np.sin(x)
    w = u * s
    v = [u, w][c]
    v *= s
    v[0] = s
    return np.sum(u * w)


def swapped_in_a_list(x, s):
    A = [x * 1.0, x * s]
    for k in range(3):
        A[0][1:] += A[1][:-1] * s
        A[0], A[1] = A[1], A[0]
    return np.sum(A[0] * A[1] ** 2)


def none_or_a_view(x, s):
    u = np.sin(x)
    v = None
    if s > 0.5:
        v = u[1:]
    if v is not None:
        v *= s
    return np.sum(u * u)


def buckets(x, s):
    b = [[], []]
    for k in range(6):
        b[k % 2].append(x[k] * s)
    b[0][1] = b[1][0] * b[0][1]
    return sum(b[0]) * sum(b[1])


def queue(x, s):
    q = [x[0], x[1]]
    tot = 0.0
    for k in range(4):
        f = q.pop(0)
        tot += f * f
        q.append(f * s + x[k])
    return tot * sum(q)


def slices_and_places(x, s):
    q = [v * s for v in x]
    q[1:3] = [q[2] * 2.0, q[1], s]
    del q[0]
    q.insert(len(q) // 2, s * s)
    p = q.pop(-2)
    del q[-1]
    return sum(q) * p * q[0]


def sorted_and_emptied(x, s):
    q = [v * s for v in x]
    q.sort()
    q[0] = q[1] * q[2]
    q.reverse()
    q2 = []
    q2.extend(q)
    q2.extend(x)
    q2 += [s]
    q2.remove(s)
    q.clear()
    q.append(s)
    return q2[0] * q2[1] * q[0] * q2[-1]


def added_and_multiplied(x, s):
    y = [x[0]] * 3
    y[1] = s
    y = y + [s * s]
    z = [0.0] + y
    z[0] = z[2] * y[0]
    return sum(z) * sum(y)


def dict_methods(x, s, ks):
    d = {}
    for k in ks:
        d.setdefault(k, 0.0)
        d[k] += x[len(k)] * s
    v = d.pop("a", s) * d.pop("zz", s)
    d.update({"q": x[0]})
    e = dict(d)
    e["q"] *= 2.0
    return v + sum(d.values()) * e["q"]


def list_in_a_dict(x, s):
    log = {"loss": [], "n": 0}
    for k in range(3):
        log["loss"].append(x[k] * s)
        log["n"] += 1
    return sum(log["loss"]) / log["n"]


def matrix_of_lists(x, s):
    y = [0.0 for _ in range(6)]
    for i in range(6):
        y[i] = x[i] * s
    b = [[0.0, 0.0], [0.0, 0.0]]
    for i in range(2):
        for j in range(2):
            b[i][j] += x[i + j] * s
    return sum(y) * b[0][1] * b[1][1]


def dict_of_arrays(x, s):
    state = {"pos": x * 1.0, "vel": x * s}
    for k in range(3):
        state["pos"][0] += state["vel"][1] * s
        state["vel"] = state["vel"] * 0.9
    return np.sum(state["pos"] * state["vel"])


def halves_of_an_array(x, s):
    p, q = np.split(x * 1.0, 2)
    p *= q
    q[0] = s
    return np.sum(p * q)


def dicts_by_comprehension(x, s, n):
    m = {k: np.zeros_like(v) for k, v in {"a": x, "b": x * s}.items()}
    for i in range(n):
        for k in m:
            m[k] = 0.9 * m[k] + x * s
    return np.sum(m["a"] * m["b"])


def a_window(x, s):
    recent = [s, s * s]
    for k in range(4):
        recent = recent[1:] + [x[k] * recent[0]]
        recent[0] = recent[0] * s
    return recent[0] * recent[1]


CASES = [
    (list_rebound_in_a_loop, ()),
    (list_of_a_branch, ()),
    (list_of_lists, ()),
    (arrays_changed_after_they_were_appended, ()),
    (parameters_in_a_list, ()),
    (parameters_in_a_dict, ()),
    (arrays_under_run_time_keys, (["a", "bb"],)),
    (chosen_from_a_list, (0,)),
    (chosen_from_a_list, (1,)),
    (swapped_in_a_list, ()),
    (none_or_a_view, ()),
    (buckets, ()),
    (queue, ()),
    (slices_and_places, ()),
    (sorted_and_emptied, ()),
    (added_and_multiplied, ()),
    (dict_methods, (["a", "bb", "a"],)),
    (list_in_a_dict, ()),
    (matrix_of_lists, ()),
    (dict_of_arrays, ()),
    (halves_of_an_array, ()),
    (dicts_by_comprehension, (2,)),
    (a_window, ()),
]


@pytest.mark.parametrize("fun, rest", CASES, ids=lambda c: getattr(c, "__name__", ""))
def test_storage_that_travels(fun, rest):
    agree(fun, X, 0.7, *rest)
