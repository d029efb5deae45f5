"""Varied (depends on an active argument), useful (reaches the result), and active: both."""

import numpy as np
import pytest
from stages import named, typed

import adtrans
from adtrans.analysis.activity import Activity
from adtrans.analysis.aliases import Aliases
from adtrans.errors import UnsupportedError

X = np.arange(1.0, 5.0)


def activity(fun, *args, active=(0,)):
    """The activity of a program, and its values by the user's names."""
    made = typed(fun, *args)
    function = made.function
    values = [made.params[k] for k in active]
    return Activity(function, Aliases(function), values), lambda name: named(function, name)


def is_active(fun, *args, name="y", active=(0,)):
    found, value = activity(fun, *args, active=active)
    return found.is_active(value(name))


# ----- varied -----


def test_what_depends_on_an_active_argument():
    def f(x, k):
        y = np.sin(x)
        z = np.cos(k)
        return np.sum(y * z)

    found, value = activity(f, X, 0.5)
    assert found.is_varied(value("y"))
    assert not found.is_varied(value("z"))


def test_which_argument_is_active_decides():
    def f(x, k):
        y = np.sin(x)
        return np.sum(y * k)

    assert is_active(f, X, 0.5, active=(0,))
    assert not is_active(f, X, 0.5, active=(1,))


@pytest.mark.parametrize(
    "made",
    [
        lambda x: np.zeros_like(x),
        lambda x: x.shape[0] * np.ones(4),
        lambda x: np.floor(x),
        lambda x: np.argsort(x) * 1.0,
        lambda x: x > 0.0,
        lambda x: x.astype(int),
        lambda x: np.full(4, len(x)),
    ],
)
def test_what_is_flat_is_not_varied(made):
    def f(x):
        y = made(x)
        return np.sum(x * y)

    assert not is_active(f, X)


def test_varied_by_a_slot_of_a_loop():
    def f(x, n):
        y = 1.0
        for i in range(n):
            y = y * 0.5
            y, x = x, y
        return y

    assert is_active(f, 2.0, 3)


def test_varied_by_a_store():
    def f(x):
        y = np.zeros(4)
        y[0] = x[1]
        return np.sum(y)

    assert is_active(f, X)


def test_varied_by_a_store_into_a_view():
    def f(x):
        y = np.zeros(4)
        v = y[1:]
        v[0] = x[1]
        return np.sum(y)

    assert is_active(f, X)


def test_not_varied_by_a_store_of_a_constant():
    def f(x):
        y = np.zeros(4)
        y[0] = 3.0
        return np.sum(y * x)

    assert not is_active(f, X)


def test_varied_only_by_a_branch():
    def f(x, k):
        y = 1.0
        if k > 0:
            y = x
        return y

    assert is_active(f, 2.0, 0.5)


# ----- useful -----


def test_what_does_not_reach_the_result_is_not_active():
    def f(x):
        y = np.sin(x)
        print(y)
        return np.sum(x * x)

    found, value = activity(f, X)
    assert found.is_varied(value("y"))
    assert not found.is_useful(value("y"))


def test_what_only_decides_a_branch_is_not_active():
    def f(x):
        y = np.sum(x)
        if y > 0:
            return x[0]
        return x[1]

    assert not is_active(f, X)


def test_what_only_indexes_is_not_active():
    def f(x):
        y = int(x[0])
        return x[y]

    assert not is_active(f, X)


def test_useful_by_a_store_that_is_read_later():
    def f(x, n):
        y = x[0] * 2.0
        u = np.zeros(4)
        for i in range(n):
            u[1] = u[0]
            u[0] = y
        return u[1]

    assert is_active(f, X, 3)


def test_stop_gradient_ends_it():
    def f(x):
        y = adtrans.stop_gradient(np.sin(x))
        z = y * 2.0
        return np.sum(z * x)

    found, value = activity(f, X)
    assert not found.is_varied(value("z"))


# ----- text -----


def test_text_of_active_values_may_be_printed():
    def f(x):
        y = x * 2.0
        print(f"y is {y}")
        return y

    assert is_active(f, 2.0)


def test_a_number_that_comes_back_from_text_is_refused():
    def f(x):
        y = float(str(x))
        return y * x

    with pytest.raises(UnsupportedError, match="read from text"):
        activity(f, 2.0)
