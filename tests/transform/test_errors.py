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
    return float(np.sum(np.bartlett(4) * np.unwrap(x)))


def bits(x):
    y = x.astype(np.float32).view(np.int32)  # here
    return np.sum(x * y)


def truncated(x):
    y = np.zeros(4, dtype=int)
    y[0] = x[0]  # here
    return np.sum(y * x)


def matrix_in_place(x):
    y = np.outer(x, x)
    y @= y  # here
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


def vectorised(x):
    table = np.vectorize(lambda t: t * t)
    return np.sum(table(x))  # here


def unknown_items(x):
    a, *b = [v for v in x if v > 1.0]  # here
    return a * x[0]


def of_an_iterator(x):
    pairs = zip(x, x)
    return pairs[0][0] * x[0]  # here


def kept_iterator(x):
    pairs = [zip(x, x), 1.0]  # here
    return x[0]


def unassigned(x):
    if x[0] > 2.0:
        y = x[1]
    return y * x[0]  # here


def flat(x):
    y = x * 2.0
    y.flat[0] = x[1]  # here
    return np.sum(y)


def set_attribute(x):
    functools.partial.spare = x[0]  # here
    return x[1]


def changed_structure(x):
    y = (x[0], x[1]) if x[0] > 2.0 else x[0]
    return np.sum(y)  # here


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


class Plain:
    def __init__(self, k):
        self.k = k


def of_a_class(x):
    return Plain(x[0]).k * x[1]  # here


REFUSED = [
    bits,
    truncated,
    matrix_in_place,
    outside,
    from_text,
    opaque,
    evaluated,
    vectorised,
    unknown_items,
    of_an_iterator,
    kept_iterator,
    unassigned,
    flat,
    set_attribute,
    recursive_store,
    no_such_method,
    no_such_name,
    called_number,
    too_many,
    of_a_class,
]


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
@pytest.mark.parametrize("fun", REFUSED, ids=lambda f: f.__name__)
def test_the_line_is_named(fun, transform):
    first = str(error_of(fun, transform)).splitlines()[0]
    assert f"test_errors.py:{marked_line(fun)}:" in first


@pytest.mark.parametrize("fun", REFUSED, ids=lambda f: f.__name__)
def test_the_line_is_quoted_with_a_caret(fun):
    lines = str(error_of(fun)).splitlines()
    assert HERE in lines[1]
    assert "^" in lines[2]


@pytest.mark.parametrize("fun", REFUSED, ids=lambda f: f.__name__)
def test_there_is_a_way_out(fun):
    assert error_of(fun).hint


@pytest.mark.parametrize("fun", REFUSED, ids=lambda f: f.__name__)
def test_it_is_one_of_pythons_own_errors(fun):
    assert isinstance(error_of(fun), (TypeError, ValueError))
