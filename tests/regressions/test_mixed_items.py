"""Containers of tuples and objects that hold numbers beside arrays or lists which change."""

import dataclasses

import numpy as np
import pytest
from agreement import agree

import adtrans

X = np.array([0.9, 0.6, 1.3])
S = 0.7


def appended(x, s):
    out = [(x[0], [x[0]])]
    for v in x:
        out.append((v * s, [v]))
    return sum(v * z[0] for v, z in out)


def inserted_and_stored(x, s):
    out = []
    for v in x:
        out.insert(0, (v * s, [v]))
    out[1] = (s, [s])
    t = s
    for v, z in out:
        t += t * v * z[0]
    return t


def popped(x, s):
    out = []
    for v in x:
        out.append((v * s, [v]))
    v, z = out.pop()
    w, y = out.pop(0)
    t = s * v * z[0] + w * y[0]
    for v, z in out:
        t += t * v * z[0]
    return t


def stored_in_a_dict(x, s):
    out = {}
    for i, v in enumerate(x):
        out[i] = (v * s, np.zeros(2))
        out[i][1][0] += v
        out[i][1][1] = s
    return sum(v * z[0] + z[1] for v, z in out.values())


def arrays_that_change_later(x, s):
    out = []
    for v in x:
        z = np.zeros(2)
        z[0] = v
        out.append((v * s, z))
    t = s
    for v, z in out:
        z *= v
        t += t * v * z[0] + z[1]
    return t


def displayed(x, s):
    out = [(x[0] * s, [x[0]]), (s, [x[1]])]
    out[0][1][0] *= 2.0
    t = s
    for v, z in out:
        t += t * v * z[0]
    return t


def a_stack(x, s):
    stack = [(s, np.ones(2))]
    t = 0.0
    while stack:
        v, z = stack.pop()
        z += v
        t += v * z[0]
        if v > 0.1:
            stack.append((0.5 * v * x[0], z * v))
            stack.append((0.2 * v, np.zeros(2)))
    return t


def nested(x, s):
    history = []
    u = np.ones(2) * s
    t = 0.0
    for v in x:
        u += v
        t += 0.1 * v
        history.append((t, u, u.copy(), {"a": t * v, "u": u}))
    return sum(t * p[0] + q.sum() * r["a"] + r["u"][1] for t, p, q, r in history)


@dataclasses.dataclass
class Particle:
    weight: float
    place: np.ndarray


def objects(x, s):
    out = []
    for v in x:
        out.append(Particle(v * s, np.ones(2) * v))
    for p in out:
        p.place[0] *= p.weight
    return sum(p.weight * p.place[0] for p in out)


def lists_under_keys_that_are_not_known(x, s):
    out = {}
    for u, v in zip("aab", x):
        out.setdefault(u, []).append((x * v, u, v, [v]))
    t = s
    for u in sorted({u for u in "ab"}):
        for _, _, v, z in out[u]:
            t += t * v * z[0]
    return t


PROGRAMS = [appended, inserted_and_stored, popped, stored_in_a_dict, arrays_that_change_later, displayed, a_stack,
            nested, objects, lists_under_keys_that_are_not_known]  # fmt: skip


@pytest.mark.parametrize("f", PROGRAMS)
def test_agrees(f):
    agree(f, X, S)


def comprehension(x, s):
    out = [(v * s, np.ones(2) * v) for v in x]
    for v, z in out:
        z *= v
    return sum(v * z[0] for v, z in out)


def repeated(x, s):
    out = [(s, np.zeros(2))] * len(x)
    for v, z in out:
        z += v
    return out[0][0] * out[0][1][1] + x[0]


@pytest.mark.parametrize("f", [comprehension, repeated])
def test_what_cannot_be_followed_is_refused(f):
    with pytest.raises(adtrans.AdtransError, match="numbers beside arrays"):
        adtrans.grad(f, argnums=(0, 1))(X, S)


def numbers_without_a_derivative(x, s):
    out = [(0.5 * k, np.ones(2) * v) for k, v in enumerate(x)]
    for t, z in out:
        z *= t + s
    return sum(t * z[0] for t, z in out)


def test_numbers_that_do_not_vary_may_stand_anywhere():
    agree(numbers_without_a_derivative, X, S)
