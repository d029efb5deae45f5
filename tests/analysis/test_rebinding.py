"""A number that becomes an array by `+=`: read as a new array where nobody can tell, else refused."""

import numpy as np
import pytest
from agreement import agree

import adtrans
from adtrans import AdtransError

X = np.linspace(0.3, 1.4, 6)


def summed(x, s, n):
    t = 0.0
    for _ in range(n):
        t += x * s
    return np.sum(t * t)


def summed_in_branches(x, s, n):
    t = 0
    for k in range(n):
        if k % 2:
            t += x * k
        else:
            t -= s
        t *= 0.5
    return np.sum(t)


def seen_through_a_view(x, s, n):
    t = v = 0.0
    for _ in range(3):
        t += x * s
        v = t[1:]
    return np.sum(v) + np.sum(t)


@pytest.mark.parametrize("n", [0, 1, 3])
@pytest.mark.parametrize("fun", [summed, summed_in_branches, seen_through_a_view], ids=lambda f: f.__name__)
def test_a_sum_that_starts_as_a_number(fun, n):
    agree(fun, X, 0.7, n)


def kept_in_a_list(x, s):
    t, rows = 0.0, []
    for _ in range(3):
        t += x * s
        rows.append(t)
    return np.sum(rows[0])


def kept_under_another_name(x, s):
    t = u = 0.0
    for _ in range(3):
        u = t
        t += x * s
    return np.sum(u)


def of_an_argument(x, s):
    t = s if s > 0.5 else x
    t += s
    return np.sum(t) * np.sum(x)


@pytest.mark.parametrize(
    "fun",
    [kept_in_a_list, kept_under_another_name, of_an_argument],
    ids=lambda f: f.__name__,
)
def test_refused_where_the_old_array_can_be_seen(fun):
    with pytest.raises(AdtransError, match="changes an array in place or makes a new number"):
        adtrans.grad(fun)(X, 0.7)
