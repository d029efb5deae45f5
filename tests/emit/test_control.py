"""Control flow comes back the way it was written."""

import inspect
import textwrap

import pytest

from adtrans.emit import emit_module
from adtrans.frontend.lower import lower


def early_return(x, y):
    if x < 0.0:
        return y
    z = x * y
    if z > 3.0:
        z = z - 1.0
    elif z > 2.0:
        z = z * 0.5
    else:
        z = 0.0
    return z + x


def break_in_a_loop(xs, limit):
    total = 0.0
    for x in xs:
        if total > limit:
            break
        total += x
    return total


def skipped_items(xs):
    total = 0.0
    for x in xs:
        if x < 0.0:
            continue
        y = x * x
        total += y
        if total > 10.0:
            break
        total *= 0.5
    return total


def swapped(n):
    a = 0
    b = 1
    for _ in range(n):
        a, b = b, a + b
    return a


def while_loop(a, tol):
    x = a
    while abs(x * x - a) > tol and x > 0.0:
        x = 0.5 * (x + a / x)
    return x


def while_with_statements(x):
    while True:
        y = x * 0.5
        if not y > 1.0:
            break
        x = y - 0.25
    return x


def logic(a, b, c):
    small = 0.0 < a <= b < 1.0
    either = a > b or not c
    return (a if small else b) + (c and either)


def guarded(x):
    try:
        y = 1.0 / x
    except (ZeroDivisionError, ValueError) as error:
        y = len(error.args)
    finally:
        print("done")
    return y


def raises(x):
    if x < 0:
        raise ValueError(f"{x} is negative")
    return x


def comprehension(xs, n):
    if n > 3:
        return {i: [j for j in range(i)] for i in range(n)}
    return sum([x * x for x in xs if x > 0.0])


def unpacked(pairs):
    total = 0.0
    for i, (a, (b, *rest)) in enumerate(pairs):
        total += a * b * i + len(rest)
    return total


def nested(x, k):
    def scaled(y, shift=1.0):
        z = y * k
        return z + shift

    double = lambda y: y + y
    return scaled(x) + double(x)


def stores(x, i, table):
    x[i] += 1.0
    x[i, :, 2:-1] *= table["a"].shape[0]
    table["a"].count -= 2
    del table["b"]
    return x


def resource(path):
    with open(path) as file:
        text = file.read()
    return text


def returned_inside(xs):
    for x in xs:
        if x > 2.0:
            found = x
            break
    else:
        found = 0.0
    return found


SAME = [
    early_return,
    break_in_a_loop,
    skipped_items,
    swapped,
    while_loop,
    while_with_statements,
    logic,
    guarded,
    raises,
    comprehension,
    unpacked,
    nested,
    stores,
]


@pytest.mark.parametrize("function", SAME, ids=lambda f: f.__name__)
def test_prints_as_written(function):
    source = textwrap.dedent(inspect.getsource(function)).replace('"', "'")
    assert emit_module([lower(function)]).text == source


def test_loop_else():
    assert (
        emit_module([lower(returned_inside)]).text
        == """\
def returned_inside(xs):
    done = False
    for x in xs:
        if x > 2.0:
            found = x
            done = True
            break
    if not done:
        found = 0.0
    return found
"""
    )


def starred_index(x, i):
    return x[(*i, 0)]


def test_starred_index_is_python_310():
    namespace = {}
    exec(emit_module([lower(starred_index)]).text, namespace)
    assert namespace["starred_index"]({(1, 2, 0): "found"}, (1, 2)) == "found"
