"""Names are the user's; a suffix stands only where two of a name are alive at once."""

import operator as o

import numpy as np
from building import Program

from adtrans.emit import emit_module
from adtrans.ir import prims
from adtrans.ir import types as ty


def text_of(p, *results):
    return emit_module([p.done(*results)]).text


def test_a_dead_name_is_used_again():
    p = Program("f", "x")
    y = p.apply(np.sin, p.params[0], name="x")
    z = p.apply(o.mul, y, y, name="x")
    assert (
        text_of(p, p.apply(o.add, z, z))
        == """\
import numpy as np


def f(x):
    x = np.sin(x)
    x = x * x
    return x + x
"""
    )


def test_a_living_name_is_not():
    p = Program("f", "x")
    (x,) = p.params
    y = p.apply(np.sin, x, name="x")
    assert (
        text_of(p, p.apply(o.add, p.apply(o.mul, y, y), x))
        == """\
import numpy as np


def f(x):
    x_2 = np.sin(x)
    return x_2 * x_2 + x
"""
    )


def test_branches_may_use_one_name():
    p = Program("f", "x")
    (x,) = p.params

    def branch(fn):
        def build():
            y = p.apply(fn, x, name="y")
            return p.apply(o.mul, y, y, name="z")

        return build

    (z,) = p.if_(p.apply(o.gt, x, 0.0), branch(np.sin), branch(np.cos), ["z"])
    assert (
        text_of(p, z)
        == """\
import numpy as np


def f(x):
    if x > 0.0:
        y = np.sin(x)
        z = y * y
    else:
        y = np.cos(x)
        z = y * y
    return z
"""
    )


def test_temporaries_are_counted():
    p = Program("f", "x y")
    x, y = p.params
    t, u = p.apply(np.sin, x), p.apply(np.sin, y)
    both = p.apply(o.add, p.apply(o.mul, t, u), p.apply(o.mul, u, t))
    assert "    t = np.sin(x)\n    t2 = np.sin(y)\n    return t * t2 + t2 * t\n" in text_of(p, both)


def test_values_that_meet_in_a_loop_are_copied_in_parallel():
    p = Program("f", "a b n")
    a, b, n = p.params
    a, b = p.for_(None, p.apply(range, n), {"a": a, "b": b}, lambda i, a, b: (b, a))
    assert (
        text_of(p, a, b)
        == """\
def f(a, b, n):
    for _ in range(n):
        a, b = b, a
    return a, b
"""
    )


def test_initial_value_of_another_name_is_copied():
    p = Program("f", "a n")
    a, n = p.params
    (x,) = p.for_(None, p.apply(range, n), {"x": a}, lambda i, x: p.apply(np.sin, x, name="x"))
    assert "    x = a\n    for _ in range(n):\n        x = np.sin(x)\n    return x\n" in text_of(p, x)


def test_a_copy_that_may_be_undefined_does_not_fail():
    p = Program("f", "x n")
    x, n = p.params

    def body(i, kept):
        (kept,) = p.if_(p.apply(o.gt, i, 2), lambda: p.apply(np.sin, x), lambda: kept, [None])
        return kept

    from adtrans.ir.program import undefined

    (kept,) = p.for_("i", p.apply(range, n), {"kept": undefined()}, body)
    fn = p.done(p.apply(prims.tuple_, n))
    namespace = {}
    exec(emit_module([fn]).text, namespace)
    assert namespace["f"](1.0, 2) == (2,)


def test_accumulation_of_numbers():
    p = Program("f", "x y", {"x": ty.FLOAT, "y": ty.FLOAT})
    x, y = p.params
    t = p.apply(o.mul, x, y, name="s", type=ty.FLOAT)
    u = p.apply(o.add, t, y, name="s", type=ty.FLOAT)
    assert "    s = x * y\n    s += y\n    return s\n" in text_of(p, u)


def test_in_place_on_a_value_that_lives_makes_another():
    p = Program("f", "x")
    (x,) = p.params
    y = p.apply(o.iadd, x, 1.0, name="x")
    assert "    x_2 = x\n    x_2 += 1.0\n    return x_2, x\n" in text_of(p, y, x)
