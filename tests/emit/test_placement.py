"""Values move into their readers, but never across an effect that they depend on."""

import operator as o

import numpy as np
from building import Program

from adtrans.emit import emit_module
from adtrans.ir import prims
from adtrans.ir import types as ty

ROW = ty.Array("float64", (ty.Dim("n0"),))


def body_of(p, *results):
    text = emit_module([p.done(*results)]).text
    return [row.strip() for row in text.split("\n") if row.startswith("    ")]


def test_named_values_stay():
    p = Program("f", "x")
    y = p.apply(np.sin, p.params[0], name="y")
    assert body_of(p, p.apply(o.mul, y, 2.0)) == ["y = np.sin(x)", "return y * 2.0"]


def test_a_read_stays_before_the_write():
    p = Program("f", "x", {"x": ROW})
    (x,) = p.params
    first = p.apply(o.getitem, x, 0, type=ty.FLOAT)
    p.effect(o.setitem, x, 0, 1.0)
    assert body_of(p, p.apply(o.mul, first, 2.0)) == ["t = x[0]", "x[0] = 1.0", "return t * 2.0"]


def test_a_number_may_cross_a_write():
    p = Program("f", "x a", {"x": ROW, "a": ty.FLOAT})
    x, a = p.params
    twice = p.apply(o.mul, a, 2.0, type=ty.FLOAT)
    p.effect(o.setitem, x, 0, 1.0)
    assert body_of(p, p.apply(o.add, twice, 1.0)) == ["x[0] = 1.0", "return a * 2.0 + 1.0"]


def test_making_a_view_may_cross_a_write():
    p = Program("f", "x", {"x": ROW})
    (x,) = p.params
    view = p.apply(o.getitem, x, slice(1, None), type=ROW)
    p.effect(o.setitem, x, 0, 1.0)
    assert body_of(p, p.apply(np.sum, view)) == ["x[0] = 1.0", "return np.sum(x[1:])"]


def test_calls_keep_their_order():
    p = Program("f", "g h")
    g, h = p.params
    first, second = p.apply(prims.call, g), p.apply(prims.call, h)
    assert body_of(p, p.apply(o.sub, second, first)) == ["t = g()", "return h() - t"]


def test_calls_in_order_are_nested():
    p = Program("f", "g h")
    g, h = p.params
    first, second = p.apply(prims.call, g), p.apply(prims.call, h)
    assert body_of(p, p.apply(o.sub, first, second)) == ["return g() - h()"]


def test_stored_value_is_evaluated_first():
    p = Program("f", "x g")
    x, g = p.params
    target = p.apply(prims.call, g)
    value = p.apply(prims.call, x)
    p.effect(o.setitem, target, 0, value)
    assert body_of(p, None) == ["t = g()", "t[0] = x()"]


def test_adjoints_are_inlined():
    p = Program("f", "x", {"x": ty.FLOAT})
    p.attrs = {"reverse": True}
    p.at("y = np.sin(x)")
    by = p.apply(o.mul, p.params[0], 2.0, name="by", type=ty.FLOAT)
    bx = p.apply(o.mul, by, p.apply(np.cos, p.params[0], type=ty.FLOAT), name="bx", type=ty.FLOAT)
    assert body_of(p, bx) == ["return x * 2.0 * np.cos(x)"]


def test_long_adjoints_are_named():
    p = Program("f", "a_long_name another_long_name")
    a, b = p.params
    p.attrs = {"reverse": True}
    value = a
    for _ in range(6):
        value = p.apply(o.add, p.apply(o.mul, value, b), a)
    lines = body_of(p, value)
    assert len(lines) > 2
    assert max(map(len, lines)) <= 84


def test_an_operand_is_read_once():
    p = Program("f", "x")
    t = p.apply(np.sin, p.params[0])
    assert body_of(p, p.apply(o.mul, t, t)) == ["t = np.sin(x)", "return t * t"]


def test_augmented_store():
    p = Program("f", "x i v")
    x, i, v = p.params
    old = p.apply(o.getitem, x, i)
    p.effect(o.setitem, x, i, p.apply(o.isub, old, p.apply(o.neg, v)))
    assert body_of(p, None) == ["x[i] -= -v"]


def test_scatter():
    p = Program("f", "b i v", {"b": ROW})
    b, i, v = p.params
    owned = p.apply(np.zeros_like, b, name="s", type=ROW)
    added = p.apply(prims.add_at, owned, i, v, name="s", type=ROW, inplace=True)
    again = p.apply(prims.add_at, added, i, v, name="s", type=ROW, inplace=True, repeats=True)
    other = p.apply(prims.add_at, b, 0, v, name="b", type=ROW)
    assert body_of(p, again, other) == [
        "s = np.zeros_like(b)",
        "s[i] += v",
        "np.add.at(s, i, v)",
        "b = b.copy()",
        "b[0] += v",
        "return s, b",
    ]
