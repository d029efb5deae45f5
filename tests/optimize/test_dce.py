"""What nobody reads is dropped; effects, and what decides whether they happen, stay."""

import operator

import numpy as np
import pytest
from reading import example, passed, read_program
from stages import applied, block, typed

from adtrans.ir.program import walk
from adtrans.optimize import dce
from adtrans.optimize.dce import eliminate_dead_code, is_pure


def after(text):
    return passed(eliminate_dead_code, text)


def unchanged(text):
    assert after(text) == block(text)


def test_docstring():
    before, expected = example(dce)
    assert after(before) == expected


def test_chains_go_from_the_last_op_to_the_first():
    assert (
        after(
            """
            def f(%x: float):
              %0: float = math.sin(%x)
              %1: float = math.exp(%0)
              %2: float = mul(%1, %1)
              return %x
            """
        )
        == "def f(%x: float):\n  return %x\n"
    )


def test_stores_stay_with_what_they_read():
    unchanged(
        """
        def f(%u: float64[n0], %x: float):
          %0: float = math.sin(%x)
          setitem(%u, 0, %0)
          return %u
        """
    )


def test_printing_stays():
    unchanged(
        """
        def f(%x: float):
          %0: float = mul(%x, %x)
          print(%0)
          return %x
        """
    )


def test_a_loop_slot_that_nobody_reads_goes_with_its_init_and_yield():
    assert after(
        """
        def f(%x: float, %n: int):
          %0: range = range(%n)
          %1: float = math.cos(%x)
          %s: float, %t: float = for %0, 0.0, %1
          do(%i: int, %s_1: float, %t_1: float):
            %s_2: float = add(%s_1, %x)
            %t_2: float = mul(%t_1, %x)
            yield %s_2, %t_2
          return %s
        """
    ) == block(
        """
        def f(%x: float, %n: int):
          %0: range = range(%n)
          %s: float = for %0, 0.0
          do(%i: int, %s_1: float):
            %s_2: float = add(%s_1, %x)
            yield %s_2
          return %s
        """
    )


def test_a_slot_that_feeds_another_one_stays():
    unchanged(
        """
        def f(%x: float, %n: int):
          %0: range = range(%n)
          %s: float, %t: float = for %0, 0.0, 1.0
          do(%i: int, %s_1: float, %t_1: float):
            %s_2: float = add(%s_1, %t_1)
            %t_2: float = mul(%t_1, %x)
            yield %s_2, %t_2
          return %s
        """
    )


def test_slots_that_feed_only_each_other_go_with_their_loop():
    assert (
        after(
            """
            def f(%x: float, %n: int):
              %0: range = range(%n)
              %s: float, %t: float = for %0, 0.0, 1.0
              do(%i: int, %s_1: float, %t_1: float):
                %s_2: float = add(%s_1, %t_1)
                %t_2: float = mul(%s_1, %x)
                yield %s_2, %t_2
              return %x
            """
        )
        == "def f(%x: float, %n: int):\n  return %x\n"
    )


def test_the_condition_of_a_branch_with_an_effect_stays():
    unchanged(
        """
        def f(%u: float64[n0], %x: float):
          %0: bool = lt(%x, 0.0)
          if %0
          then:
            setitem(%u, 0, 1.0)
          else:
          return %u
        """
    )


def test_results_of_a_branch_that_nobody_reads_go():
    assert after(
        """
        def f(%x: float):
          %0: bool = lt(%x, 0.0)
          %a: float, %b: float = if %0
          then:
            %1: float = neg(%x)
            %2: float = math.sin(%x)
            yield %1, %2
          else:
            yield %x, 0.0
          return %a
        """
    ) == block(
        """
        def f(%x: float):
          %0: bool = lt(%x, 0.0)
          %a: float = if %0
          then:
            %1: float = neg(%x)
            yield %1
          else:
            yield %x
          return %a
        """
    )


def test_the_slots_that_decide_when_a_while_ends_stay():
    text = """
        def f(%x: float, %u: float64[n0]):
          %y: float = while %x
          test(%y_1: float):
            %0: bool = gt(%y_1, 1.0)
            yield %0
          do(%y_2: float):
            setitem(%u, 0, 1.0)
            %y_3: float = mul(%y_2, 0.5)
            yield %y_3
          return %u
        """
    function = eliminate_dead_code(read_program(text))
    loop = next(op for op in walk(function.body) if op.kind == "while")
    assert len(loop.operands) == 1


@pytest.mark.parametrize(
    "text, pure",
    [
        ("%r = np.sin(%x)", True),
        ("%r = np.zeros_like(%x)", True),
        ("%r = tuple(%x, %x)", True),
        ("%r = append(%x, 1.0)", True),
        ("%r = np.random.normal(%x)", False),
        ("%r = print(%x)", False),
        ("%r = call(%x)", False),
        ("%r = pull(%x)", False),
        ("push(%x, 1.0)", False),
        ("setitem(%x, 0, 1.0)", False),
        ("np.copyto(%x, 1.0)", False),
        ("%r = list.pop(%x)", False),
    ],
)
def test_purity(text, pure):
    op = read_program(f"def f(%x: float64[n0]):\n  {text}\n  return %x").body.ops[0]
    assert is_pure(op) == pure


def test_dead_arithmetic_of_a_function_is_not_in_its_program():
    def f(x):
        unused = np.exp(x)
        y = x * x
        return np.sum(y)

    function = typed(f, np.ones(3)).function
    assert applied(function, np.exp) == []
    assert len(applied(function, operator.mul)) == 1


def test_what_may_raise_in_a_try_stays():
    unchanged(
        """
        def f(%x: float64[n0], %n: int):
          %path: int = try <IndexError>
          do:
            %0: float = getitem(%x, %n)
            yield 0
          except(%1):
            yield 1
          return %path
        """
    )


def test_what_a_finally_no_longer_reads_is_dropped():
    assert after(
        """
        def f(%x: float):
          try {final}
          do:
            print(%x)
            %0: float = math.sin(%x)
            yield %0
          finally(%1: float):
            %2: float = mul(%1, 2.0)
          return %x
        """
    ) == block(
        """
        def f(%x: float):
          try {final}
          do:
            print(%x)
          finally:
          return %x
        """
    )
