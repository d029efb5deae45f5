"""Numbers that become arrays in a loop start as arrays, but only where nobody can tell."""

import numpy as np
import pytest
from agreement import problems

import adtrans

W = np.array([0.3, -1.2, 0.7])
A = np.array([[0.5, 1.0, -0.3], [0.2, -0.8, 1.1]])


def momentum(w, a, n):
    velocity = 0.0
    for _ in range(n):
        velocity = 0.9 * velocity - 0.1 * (a.T @ (a @ w))
        w = w + velocity
    return np.sum(w**2)


def moments(w, a, n):
    m = v = 0
    for k in range(n):
        g = a.T @ (a @ w)
        m = 0.9 * m + 0.1 * g
        v = 0.99 * v + 0.01 * g**2
        w = w - 0.1 * (m / (1 - 0.9 ** (k + 1))) / (np.sqrt(v / (1 - 0.99 ** (k + 1))) + 1e-3)
    return w


def totals(w, a, n):
    total = 0.0
    for row in a:
        total += row * w
    return total


def totals_of_another_length(w, a, n):
    total = 0
    for j in range(len(w)):
        total = total + a[:, j] * w[j]
    return total


def products(w, a, n):
    p = 1.0
    for row in a:
        p = p * (row + w)
    return p


def largest(w, a, n):
    top = -np.inf
    for row in a:
        top = np.maximum(top, row * w)
    return top


def from_an_active_number(w, a, n):
    total = w[0] * 2.0
    for row in a:
        total = total * row + w
    return total


def nested(w, a, n):
    total = 0.0
    for _ in range(len(a)):
        for row in a:
            total += row * w
    return total * total


class Momentum:
    def __init__(self):
        self.velocity = 0.0

    def step(self, w, g):
        self.velocity = 0.9 * self.velocity - 0.1 * g
        return w + self.velocity


def of_an_object(w, a, n):
    optimizer = Momentum()
    for _ in range(n):
        w = optimizer.step(w, a.T @ (a @ w))
    return w


@pytest.mark.parametrize(
    "fun",
    [
        momentum,
        moments,
        totals,
        totals_of_another_length,
        products,
        largest,
        from_an_active_number,
        nested,
        of_an_object,
    ],
)
@pytest.mark.parametrize("n", [0, 3])
def test_starts_as_an_array(fun, n):
    assert not problems(fun, (W, A, n), argnums=(0, 1), second=fun is not moments and fun is not largest)
    source = adtrans.vjp(fun, (0, 1)).specialize(W, A, n, fun(W, A, n)).source
    assert "expand_to" not in source and ("np.zeros" in source or "np.full" in source)


# ----- where it would be seen -----


def may_have_no_turn(w, a, n):
    total = 0.0
    for _ in range(n):
        total = total + w
    return total


def may_not_be_reached(w, a, n):
    total = 0.0
    for row in a:
        if row[0] > n:
            total = total + row * w
    return total


def changed_on_a_condition(w, a, n):
    total = 0.0
    for row in a:
        if row[0] > n:
            total += row * w
    return total


def asked(w, a, n):
    total = 0.5
    for row in a:
        if isinstance(total, float):
            total = w * 3.0
        total = total + row * w
    return total


def asked_for_its_rank(w, a, n):
    total, ranks = 0.5, 0
    for row in a:
        ranks += np.ndim(total * 2.0)
        total = total + row * w
    return total * ranks


def summed(w, a, n):
    total, sums = 0.5, 0.0
    for row in a:
        sums = sums + np.sum(total)
        total = total + row * w
    return sums


def kept(w, a, n):
    total, seen = 0.5, []
    for row in a:
        seen.append(total)
        total = total + row * w
    return [np.size(s) for s in seen][0] * seen[1]


def stored(w, a, n):
    total = 0.5
    out = np.zeros((2, 2, 3))
    for k, row in enumerate(a):
        out[k] = total
        total = total + row * w
    return out


def broken_off(w, a, n):
    total = 0.0
    for row in a:
        if row[0] > n:
            break
        total = total + row * w
    return total


def grows(w, a, n):
    total = 0.0
    for k in range(n):
        total = total + (w if k < 2 else w * a)
    return total


def divides(w, a, n):
    try:
        rate = 0.0
        for row in a:
            w = w + 1.0 / rate
            rate = rate + row
    except ZeroDivisionError:
        return w * 5.0
    return w


def met_by_another_one(w, a, n):
    m, v, ranks = 0.5, 1.0, 0.0
    for row in a:
        ranks = ranks + np.sum(np.exp(m + v))
        m = m * row + w
        v = v * w + row
    return ranks


def kept_before_it_changes(w, a, n):
    total, steps = 0.0, 0.0
    for row in a:
        before = total
        total += row * w
        steps = steps + (total - before) * w
    return steps * total


def kept_for_the_next_turn(w, a, n):
    total = last = 0.0
    for k in range(n + 1):
        last = total
        total += w
    return last * w


def added_to(total, row):
    total += row
    return total


def changed_by_a_callee(w, a, n):
    total, peak = 0.0, 0.0
    for row in a:
        peak = peak + added_to(total, row * w)
        total = total + w
    return peak + total


def in_branches(w, a, n):
    total = 0.0
    for row in a:
        if row[0] > 0.3:
            total += row * w
        else:
            total -= 2.0 * row
    return total + np.sum(w)


def returned_in_a_tuple(w, a, n):
    total = 0.0
    for _ in range(n):
        total = total * 0.5
        total = total + w
    return total, w * 2.0


@pytest.mark.parametrize("n", [0, 3])
@pytest.mark.parametrize(
    "fun",
    [may_have_no_turn, may_not_be_reached, changed_on_a_condition, asked, asked_for_its_rank, summed, kept, stored]
    + [broken_off, grows, divides, returned_in_a_tuple, kept_before_it_changes, kept_for_the_next_turn]
    + [changed_by_a_callee, in_branches, met_by_another_one],
)  # fmt: skip
def test_nobody_can_tell(fun, n):
    try:
        assert not problems(fun, (W, A, n), argnums=(0, 1))
    except adtrans.AdtransError as error:
        assert fun in (changed_on_a_condition, divides, kept, grows, changed_by_a_callee, in_branches) or (
            fun in (kept_before_it_changes, kept_for_the_next_turn)
        )
