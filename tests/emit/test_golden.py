"""Derivatives as they should read, from programs built by hand."""

import operator as o

import numpy as np
from building import Program

from adtrans.emit import emit_module
from adtrans.ir import prims
from adtrans.ir import types as ty

ROW = ty.Array("float64", (ty.Dim("n0"),))
PART = ty.Array("float64", (ty.Dim("n0", -2),))


def text_of(p, *results, **options):
    return emit_module([p.done(*results)], **options).text


def test_scalar_gradient():
    p = Program("grad_power_ratio", "u v", dict.fromkeys("uv", ty.FLOAT))
    u, v = p.params
    w = p.apply(o.mul, u, v, name="w")
    t = p.apply(o.add, u, v)
    z = p.apply(o.truediv, w, t, name="z")
    p.attrs = {"reverse": True}
    p.at("return z * z")
    bz = p.apply(o.mul, 2.0, z, name="bz")
    p.at("z = w / (u + v)")
    bw = p.apply(o.truediv, bz, t, name="bw")
    bt = p.apply(o.truediv, p.apply(o.mul, p.apply(o.neg, bz), z), t)
    p.at("w = u * v")
    bu = p.apply(o.add, bt, p.apply(o.mul, bw, v), name="bu")
    bv = p.apply(o.add, bt, p.apply(o.mul, bw, u), name="bv")
    assert (
        text_of(p, bu, bv)
        == """\
def grad_power_ratio(u, v):
    # forward sweep
    w = u * v
    t = u + v
    z = w / t
    # reverse sweep
    # return z * z
    bz = 2.0 * z
    # z = w / (u + v)
    bw = bz / t
    bt = -bz * z / t
    return bt + bw * v, bt + bw * u
"""
    )


def test_loop_with_a_tape():
    p = Program("grad_logistic_map", "x r n")
    x, r, n = p.params
    p.at("x = r * x * (1.0 - x)")
    tape = p.apply(prims.tape)

    def forward(i, x):
        after = p.apply(o.mul, p.apply(o.mul, r, x), p.apply(o.sub, 1.0, x), name="x")
        p.effect(prims.push, tape, x)
        return after

    p.for_("i", p.apply(range, n), {"x": x}, forward)
    p.attrs = {"reverse": True}

    def reverse(i, bx, br):
        x = p.apply(prims.pull, tape, name="x")
        part = p.apply(o.mul, p.apply(o.mul, bx, x), p.apply(o.sub, 1.0, x))
        br = p.apply(o.add, br, part, name="br", inplace=True)
        bx = p.apply(o.mul, p.apply(o.mul, bx, r), p.apply(o.sub, 1.0, p.apply(o.mul, 2.0, x)), name="bx")
        return bx, br

    bx, br = p.for_("i", p.apply(reversed, p.apply(range, n)), {"bx": 1.0, "br": 0.0}, reverse)
    assert (
        text_of(p, bx, br, title="Gradient of logistic_map.")
        == '''\
"""Gradient of logistic_map."""


def grad_logistic_map(x, r, n):
    # forward sweep
    tape = []
    for _ in range(n):
        tape.append(x)
        x = r * x * (1.0 - x)
    # reverse sweep
    bx = 1.0
    br = 0.0
    for _ in reversed(range(n)):
        x = tape.pop()
        # x = r * x * (1.0 - x)
        br += bx * x * (1.0 - x)
        bx = bx * r * (1.0 - 2.0 * x)
    return bx, br
'''
    )


def test_tangent():
    p = Program("jvp_logistic_map", "x r n dx dr")
    x, r, n, dx, dr = p.params
    p.at("x = r * x * (1.0 - x)")

    def body(i, x, dx):
        p.attrs = {"tangent": True}
        first = p.apply(o.mul, p.apply(o.mul, dr, x), p.apply(o.sub, 1.0, x))
        second = p.apply(o.mul, p.apply(o.mul, r, dx), p.apply(o.sub, 1.0, p.apply(o.mul, 2.0, x)))
        dx = p.apply(o.add, first, second, name="dx")
        p.attrs = {}
        x = p.apply(o.mul, p.apply(o.mul, r, x), p.apply(o.sub, 1.0, x), name="x")
        return x, dx

    x, dx = p.for_("i", p.apply(range, n), {"x": x, "dx": dx}, body)
    assert (
        text_of(p, x, dx)
        == """\
def jvp_logistic_map(x, r, n, dx, dr):
    for _ in range(n):
        # x = r * x * (1.0 - x)
        dx = dr * x * (1.0 - x) + r * dx * (1.0 - 2.0 * x)
        x = r * x * (1.0 - x)
    return x, dx
"""
    )


def test_in_place_stencil():
    p = Program("grad_heat", "u k steps", {"u": ROW, "k": ty.FLOAT, "steps": ty.INT})
    u, k, steps = p.params
    p.at("u[1:-1] += k * (u[2:] - 2.0 * u[1:-1] + u[:-2])")
    u = p.apply(np.copy, u, name="u", type=ROW, style="method", spelling="copy")
    tape = p.apply(prims.tape)

    def view(array, start, stop):
        return p.apply(o.getitem, array, slice(start, stop), type=PART)

    def forward(i):
        twice = p.apply(o.mul, 2.0, view(u, 1, -1), type=PART)
        t = p.apply(o.add, p.apply(o.sub, view(u, 2, None), twice, type=PART), view(u, None, -2), type=PART)
        p.effect(prims.augment_at, u, slice(1, -1), o.iadd, p.apply(o.mul, k, t, type=PART))
        p.effect(prims.push, tape, t)

    p.for_(None, p.apply(range, steps), {}, forward)
    p.attrs = {"reverse": True}
    p.at("return np.sum(u * u)")
    bu = p.apply(o.mul, 2.0, u, name="bu", type=ROW)
    p.at("u[1:-1] += k * (u[2:] - 2.0 * u[1:-1] + u[:-2])")

    def reverse(i, bk):
        bt = p.apply(np.copy, view(bu, 1, -1), type=PART, style="method", spelling="copy")
        part = p.apply(
            np.sum, p.apply(o.mul, bt, p.apply(prims.pull, tape, type=PART), type=PART), type=ty.FLOAT
        )
        bk = p.apply(o.add, bk, part, name="bk", inplace=True)
        bt = p.apply(o.mul, bt, k, type=PART, inplace=True)
        p.effect(prims.augment_at, bu, slice(2, None), o.iadd, bt)
        p.effect(
            prims.augment_at,
            bu,
            slice(1, -1),
            o.iadd,
            p.apply(o.neg, p.apply(o.mul, 2.0, bt, type=PART), type=PART),
        )
        p.effect(prims.augment_at, bu, slice(None, -2), o.iadd, bt)
        return bk

    (bk,) = p.for_(None, p.apply(reversed, p.apply(range, steps)), {"bk": 0.0}, reverse)
    assert (
        text_of(p, bu, bk)
        == """\
import numpy as np


def grad_heat(u, k, steps):
    # forward sweep
    u = u.copy()
    tape = []
    for _ in range(steps):
        t = u[2:] - 2.0 * u[1:-1] + u[:-2]
        tape.append(t)
        u[1:-1] += k * t
    # reverse sweep
    # return np.sum(u * u)
    bu = 2.0 * u
    bk = 0.0
    for _ in reversed(range(steps)):
        # u[1:-1] += k * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        bt = bu[1:-1].copy()
        bk += np.sum(bt * tape.pop())
        bt *= k
        bu[2:] += bt
        bu[1:-1] -= 2.0 * bt
        bu[:-2] += bt
    return bu, bk
"""
    )


def test_items_of_an_array():
    rows = ty.Array("float64", (ty.Dim("n0"), ty.Dim("n1")))
    p = Program("total", "xs", {"xs": rows})
    (xs,) = p.params
    count = p.apply(len, xs, type=ty.Scalar("int64", True, ty.Dim("n0")))

    def body(i, total):
        row = p.apply(o.getitem, xs, i, name="x", type=ROW)
        return p.apply(o.add, total, p.apply(np.sum, row), name="total")

    (total,) = p.for_(None, p.apply(range, count), {"total": 0.0}, body)
    assert (
        text_of(p, total)
        == """\
import numpy as np


def total(xs):
    total = 0.0
    for x in xs:
        total = total + np.sum(x)
    return total
"""
    )


def test_deterministic():
    texts = set()
    for _ in range(3):
        p = Program("f", "x")
        (x,) = p.params
        y = p.apply(np.sin, x, name="x")
        texts.add(text_of(p, p.apply(o.add, p.apply(o.mul, x, y), x)))
    assert len(texts) == 1
