"""Every refusal names the file, the line and a way out; the marked line is the one that is named."""

import ctypes
import functools
import inspect

import numpy as np
import pytest

import adtrans
from adtrans.errors import AdtransError, OutputError, UnsupportedError

X = np.arange(1.0, 5.0)
HELD = np.zeros(4)
HERE = "# here"


def without_a_rule(x):
    return np.sum(np.frombuffer(x))  # here


def bits(x):
    y = x.astype(np.float32).view(np.int32)  # here
    return np.sum(x * y)


def truncated(x):
    y = np.zeros(4, dtype=int)
    y[0] = x[0]  # here
    return np.sum(y * x)


def largest_in_place(x):
    y = np.outer(x, x)
    np.maximum.at(y, [0, 0], x)  # here
    return np.sum(y)


def outside(x):
    HELD[0] = x[0]  # here
    return np.sum(HELD * x)


def from_text(x):
    y = x[0] * 2.0
    z = float(str(y))  # here
    return z * x[1]


def opaque(x):
    cell = ctypes.c_double(1.0)
    cell.value = x[0]  # here
    return cell.value * x[1]


def evaluated(x):
    return eval("a * a", {"a": x[0]})  # here


def of_an_iterator(x):
    pairs = zip(x, x)
    return pairs[0][0] * x[0]  # here


def kept_iterator(x):
    pairs = [zip(x, x), 1.0]  # here
    return x[0]


def flat(x):
    y = x * 2.0
    y.flat[0] = x[1]  # here
    return np.sum(y)


def set_attribute(x):
    functools.partial.spare = x[0]  # here
    return x[1]


def recursive_store(x):
    def fill(u, k):
        if k < 0:
            return u
        u[k] = u[k + 1] * u[k]  # here
        return fill(u, k - 1)

    return np.sum(fill(x * 1.0, 2))


def no_such_method(x):
    return np.sum(x.byteswap())  # here


def no_such_name(x):
    return np.sum(x) * undefined_name  # noqa: F821  # here


def called_number(x):
    return x[0](2.0)  # here


def too_many(x):
    a, b = (x[0], x[1], x[2])  # here
    return a * b


class Named(dict):
    pass


def of_a_class(x):
    return Named(k=x[0])["k"] * x[1]  # here


REFUSED = [
    without_a_rule,
    bits,
    truncated,
    largest_in_place,
    outside,
    from_text,
    opaque,
    evaluated,
    of_an_iterator,
    kept_iterator,
    flat,
    set_attribute,
    recursive_store,
    no_such_method,
    of_a_class,
]
MISTAKES = [no_such_name, called_number, too_many]  # of the program itself: Python would raise as well


def each(functions):
    return pytest.mark.parametrize("fun", functions, ids=lambda f: f.__name__)


def error_of(fun, transform="vjp"):
    with pytest.raises(AdtransError) as caught:
        if transform == "vjp":
            adtrans.vjp(fun)(X, 1.0)
        else:
            adtrans.jvp(fun)(X, X)
    return caught.value


def marked_line(fun):
    lines, first = inspect.getsourcelines(fun)
    return next(first + k for k, row in enumerate(lines) if HERE in row)


@pytest.mark.parametrize("transform", ["vjp", "jvp"])
@each(REFUSED + MISTAKES)
def test_the_line_is_named(fun, transform):
    first = str(error_of(fun, transform)).splitlines()[0]
    assert f"test_errors.py:{marked_line(fun)}:" in first


@each(REFUSED + MISTAKES)
def test_the_line_is_quoted_with_a_caret(fun):
    lines = str(error_of(fun)).splitlines()
    assert HERE in lines[1]
    assert "^" in lines[2]


@each(REFUSED)
def test_there_is_a_way_out(fun):
    assert error_of(fun).hint


@each(REFUSED + MISTAKES)
def test_it_is_one_of_pythons_own_errors(fun):
    assert isinstance(error_of(fun), (TypeError, ValueError))


def test_a_missing_rule_is_named_with_both_ways_out():
    error = error_of(without_a_rule)
    assert "np.frombuffer has no derivative rule" in error.what
    assert "@adtrans.adjoint(np.frombuffer)" in error.hint
    assert "adtrans.stop_gradient" in error.hint


def test_the_way_out_works():
    g = adtrans.grad(lambda x: np.sum(adtrans.stop_gradient(np.frombuffer(x)) * x))(X)
    np.testing.assert_array_equal(g, np.frombuffer(X))


def test_the_calls_that_led_there_are_named():
    def outer(x):
        return flat(x * 2.0) * x[0]

    lines = str(error_of(outer)).splitlines()
    assert f"test_errors.py:{marked_line(flat)}:" in lines[0]
    assert any(row.startswith("called from") and "flat(x * 2.0)" in row for row in lines)


def test_code_that_cannot_run_is_not_refused():
    def f(x, kind="smooth"):
        if kind == "smooth":
            return np.sum(x * x)
        return np.sum(np.frombuffer(x))

    np.testing.assert_array_equal(adtrans.grad(f)(X), 2.0 * X)
    with pytest.raises(UnsupportedError):
        adtrans.grad(f)(X, "bent")


def test_what_is_not_active_is_not_refused():
    def f(x, k):
        return np.sum(x * np.frombuffer(k))

    np.testing.assert_array_equal(adtrans.grad(f)(X, X), np.frombuffer(X))


@pytest.mark.parametrize(
    "fun, said",
    [
        (lambda x: x * x, "an array of shape"),
        (lambda x: (x[0], x[1]), "tuple"),
        (lambda x: np.sum(x) * 1j, "complex"),
        (lambda x: np.array(np.sum(x) * 1j), "complex"),
    ],
)
def test_grad_of_what_is_no_real_number(fun, said):
    with pytest.raises(OutputError, match=said):
        adtrans.grad(fun)(X)
    with pytest.raises(OutputError, match=said):
        adtrans.jvp(adtrans.grad(fun))(X, X)
