"""Structures that are returned, or put into lists: tuples in them, arrays held twice, and what is written later."""

import numpy as np
import pytest
from agreement import agree

import adtrans

X = np.array([0.3, 0.5])


def a_tuple_in_a_list_that_grows(x):
    out = {"a": [x * 2.0, (x**2, 0.4)], "n": 3, "text": "t", "none": None}
    out["a"].append({"z": x.sum()})
    return out


def an_array_held_twice_and_written(x):
    a = x * 2.0
    out = [(a, x[0]), {"q": (a, 3.0)}]
    a *= x
    return out


def an_argument_in_a_list_of_tuples(x):
    out = [(x, x**2)]
    out.append((x * 2.0, x[:1]))
    return out


def one_array_many_times(x):
    a = x * 2.0
    history = []
    for k in range(3):
        history.append((a, k))
        a *= x
    return history


def copies_beside_numbers(x):
    a = x * 2.0
    history = []
    for k in range(3):
        history.append((a.copy(), x[0] * k))
        a *= x
    return history


def lists_of_many_kinds(x):
    out = [x * 2.0, [x**2]]
    out.append({"a": x[0] * 3.0})
    return {"k": out}


def records_in_a_loop(x):
    log = []
    for k in range(3):
        log.append({"k": k, "v": x * k, "pair": (x[0], x[1] * k)})
    return log, log[-1], len(log)


def numbers_beside_an_array(x):
    a = x * 2.0
    history = []
    for k in range(3):
        history.append((a, x[0] * k))
        a *= x
    return sum(p.sum() * q for p, q in history)


def a_dict_of_both(x):
    a = x * 2.0
    history = []
    for k in range(3):
        history.append({"a": a, "k": x[0] * k})
        a *= x
    return history


_PROGRAMS = [a_tuple_in_a_list_that_grows, an_array_held_twice_and_written, an_argument_in_a_list_of_tuples,
             one_array_many_times, copies_beside_numbers, lists_of_many_kinds, records_in_a_loop,
             numbers_beside_an_array, a_dict_of_both]  # fmt: skip


@pytest.mark.parametrize("fun", _PROGRAMS, ids=lambda f: f.__name__)
def test_a_structure_that_is_returned(fun):
    agree(fun, X)


# ----- storage in lists of many kinds -----


def _things_of_many_kinds(x):
    a = x * 2.0
    out = [(a, x[0]), x]
    out.append(x * 3.0)
    a *= x
    return out


def _a_list_among_them(x):
    inner = [x[0]]
    out = [x * 2.0, inner]
    out.append(x * 3.0)
    inner.append(x[1] ** 2)
    return out


@pytest.mark.parametrize("fun, said", [
    (_things_of_many_kinds, "things of other kinds"), (_a_list_among_them, "things of other kinds"),
])  # fmt: skip
def test_refused_in_reverse_mode(fun, said):
    agree(fun, X, modes="jvp")
    with pytest.raises(adtrans.UnsupportedError, match=said) as error:
        adtrans.vjp(fun)(X, fun(X))
    assert error.value.span is not None


def spread_into_a_tuple(t):
    a, b, c = t[0], *np.sin(t[1:])
    return a * b * c


def test_second_derivatives_of_a_tuple_of_unknown_length():
    agree(spread_into_a_tuple, np.array([-1.0, 4.0, 0.5]), modes="vjp jvp")
    h = adtrans.jvp(adtrans.grad(spread_into_a_tuple))(np.array([-1.0, 4.0, 0.5]), np.ones(3))[1]
    np.testing.assert_allclose(
        h, adtrans.hessian(spread_into_a_tuple)(np.array([-1.0, 4.0, 0.5])) @ np.ones(3)
    )
