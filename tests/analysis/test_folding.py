"""What types and static arguments decide is decided when the program is written."""

import math

import numpy as np
import pytest
from stages import block, shown, typed

from adtrans.analysis.inference.engine import NeedStatic

X = np.arange(1.0, 5.0)


def text(fun, *args, **options):
    return shown(typed(fun, *args, **options))


# ----- branches -----


def test_a_branch_on_the_rank():
    def f(x):
        if x.ndim == 2:
            return np.sum(x)
        return x[0]

    assert text(f, np.ones((2, 3))) == block(
        """
        def f(%x: float64[n0,n1]):
          %0: np.float64 = np.sum(%x)
          return %0
        """
    )
    assert text(f, X) == block(
        """
        def f(%x: float64[n0]):
          %0: np.float64 = getitem(%x, 0)
          return %0
        """
    )


@pytest.mark.parametrize("mode, used", [("sum", "np.sum"), ("mean", "np.mean")])
def test_a_branch_on_a_string(mode, used):
    def f(x, mode="mean"):
        return np.mean(x) if mode == "mean" else np.sum(x)

    assert f"{used}(%x)" in text(f, X, mode)
    assert " if " not in text(f, X, mode)


def test_a_branch_on_the_type():
    def f(x, y):
        return x * y if isinstance(x, float) else x

    assert "if" not in text(f, 2.0, 3.0).split()
    assert "mul" not in text(f, X, 3.0)


def test_a_test_for_none_of_a_known_argument():
    def f(x, scale=None):
        if scale is not None:
            x = x * scale
        return x

    assert text(f, X, None) == "def f(%x: float64[n0], %scale: <None>):\n  return %x\n"
    assert "mul(%x, %scale)" in text(f, X, 2.0)


def test_a_branch_at_run_time_stays():
    def f(x, k):
        if k > 0:
            y = x
        else:
            y = -x
        return y

    assert text(f, 2.0, 0.5) == block(
        """
        def f(%x: float, %k: float):
          %0: bool = gt(%k, 0)
          %y: float = if %0
          then:
            yield %x
          else:
            %y_1: float = neg(%x)
            yield %y_1
          return %y
        """
    )


# ----- None at run time -----


def test_a_variable_is_no_longer_none_where_a_test_says_so():
    def f(x, k):
        w = None if k > 0 else x
        if w is None:
            return 0.0
        return w * x

    assert text(f, 2.0, 1) == block(
        """
        def f(%x: float, %k: int):
          %0: bool = gt(%k, 0)
          %w: float? = if %0
          then:
            yield None
          else:
            yield %x
          %1: bool = is_(%w, None)
          %2: float = if %1
          then:
            yield 0.0
          else:
            %w_1: float = narrow(%w)
            %3: float = mul(%w_1, %x)
            yield %3
          return %2
        """
    )


def test_the_best_so_far_starts_as_none():
    def f(x, n):
        best = None
        for i in range(n):
            if best is None or x[i] > best:
                best = x[i]
        return best

    assert str(typed(f, X, 3).function.results[0].type) == "np.float64?"


# ----- unrolling -----


def test_a_loop_over_items_of_different_types_is_unrolled():
    def f(items):
        total = 0.0
        for v in items:
            total = total + v
        return total

    assert text(f, (1.0, X)) == block(
        """
        def f(%items: (float, float64[n0])):
          %v: float = getitem(%items, 0)
          %v_1: float64[n0] = getitem(%items, 1)
          %total: float = add(0.0, %v)
          %total_1: float64[n0] = add(%total, %v_1)
          return %total_1
        """
    )


def test_a_loop_over_many_items_of_one_type_is_not():
    def f(items):
        total = 0.0
        for v in items:
            total = total + v
        return total

    assert "for %" in text(f, [1.0] * 30)


def test_zip_and_enumerate_of_displays_are_unrolled():
    def f(x):
        total = 0.0
        for k, (a, b) in enumerate(zip((x, 2.0 * x), (3.0, 4.0))):
            total += k * a * b
        return total

    assert "for" not in text(f, 2.0).split()


def test_zip_at_run_time_is_one_range():
    def f(x, y):
        total = 0.0
        for a, b in zip(x, y):
            total = total + a * b
        return total

    assert text(f, X, X) == block(
        """
        def f(%x: float64[n0], %y: float64[n0]):
          %0: int(n0) = len(%x)
          %1: range = range(%0)
          %total: float = for %1, 0.0
          do(%2: int, %total_1: float):
            %a: np.float64 = getitem(%x, %2)
            %b: np.float64 = getitem(%y, %2)
            %3: np.float64 = mul(%a, %b)
            %total_2: np.float64 = add(%total_1, %3)
            yield %total_2
          return %total
        """
    )


# ----- static arguments -----


def test_an_axis_is_asked_for_by_value():
    def f(x, axis):
        return np.sum(x, axis=axis)

    with pytest.raises(NeedStatic) as asked:
        typed(f, np.ones((2, 3)), 1)
    assert asked.value.positions == [1]


def test_an_axis_that_is_known_is_part_of_the_program():
    def f(x, axis):
        return np.sum(x, axis=axis)

    assert text(f, np.ones((2, 3)), 1, statics={(1,)}) == block(
        """
        def f(%x: float64[n0,n1], %axis: <1>):
          %0: float64[n0] = np.sum(%x, axis=1)
          return %0
        """
    )


def test_a_loop_count_stays_a_value():
    def f(x, n):
        for i in range(n):
            x = x * x
        return x

    assert "range(%n)" in text(f, 2.0, 3)


def test_a_function_argument_is_part_of_the_program():
    def f(x, k):
        return k(x)

    assert "math.sin(%x)" in text(f, 2.0, math.sin)


# ----- what is not folded -----


def test_arithmetic_is_the_users():
    def f(x):
        return 0.0 + 1.0 * x / 3.0

    rows = text(f, 2.0).splitlines()[1:-1]
    assert [row.split(" = ")[1] for row in rows] == ["mul(1.0, %x)", "truediv(%0, 3.0)", "add(0.0, %1)"]


def test_equal_expressions_are_not_merged():
    def f(x):
        return np.sin(x) * np.sin(x)

    assert text(f, X).count("np.sin") == 2
