"""Programs as text."""

import operator
import textwrap

import numpy as np

from adtrans.frontend.lower import lower
from adtrans.ir import types as ty
from adtrans.ir.printer import print_program
from adtrans.ir.program import Block, Const, Function, Op, Value, undefined


def loop(x, n=3):
    s = 0.0
    for i in range(n):
        s = s + x[i, 1:]
    return s


def test_a_loop():
    assert print_program(lower(loop)) == textwrap.dedent(
        """\
        def loop(%x, %n=):
          %0 = global('range')
          %1 = call(%0, %n)
          %s = for %1, 0.0
          do(%i, %s_1):
            %2 = tuple(%i, 1:)
            %3 = getitem(%x, %2)
            %s_2 = add(%s_1, %3)
            yield %s_2
          return %s
        """
    )


def test_nested_functions_follow():
    def outer(x):
        k = x + 1

        def inner(y, z=2, *, w):
            return y * k + z * w

        return inner(x, w=3)

    assert print_program(lower(outer)) == textwrap.dedent(
        """\
        def outer(%x):
          %k = add(%x, 1)
          %inner = closure(<inner>, %k, 2)
          %0 = call(%inner, %x, w=3)
          return %0

        def inner(%y, %z=, %w, %k) captures k:
          %0 = mul(%y, %k)
          %1 = mul(%z, %w)
          %2 = add(%0, %1)
          return %2
        """
    )


def test_types_attributes_and_library_functions():
    x = Value(ty.FLOAT, "x")
    y = Value(ty.Array("float64", (ty.known_dim(3),)), "y")
    z = Value(ty.ANY, "y")
    ops = [
        Op("apply", [x, Const(None)], [y], attrs={"fn": np.tanh, "keywords": ("out",)}),
        Op("apply", [y, x], [z], attrs={"fn": operator.add, "inplace": True}),
    ]
    program = Function("f", Block([x], ops, [z, undefined()]))
    assert print_program(program) == textwrap.dedent(
        """\
        def f(%x: float):
          %y: float64[3] = np.tanh(%x, out=None)
          %y_1 = add(%y, %x) {inplace}
          return %y_1, undefined
        """
    )


def test_the_same_program_has_the_same_text():
    assert print_program(lower(loop)) == print_program(lower(loop))
