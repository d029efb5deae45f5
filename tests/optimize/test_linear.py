"""Lists, sets and dicts that grow as values grow in place where nobody sees the difference."""

import numpy as np
import pytest
from reading import example, passed
from stages import block, source

from adtrans.optimize import linear
from adtrans.optimize.linear import grow_in_place


def after(text):
    return passed(grow_in_place, text)


def test_docstring():
    before, expected = example(linear)
    assert after(before) == expected


def test_a_list_that_grows_in_a_loop_needs_no_slot():
    assert after(
        """
        def f(%x: float, %n: int):
          %0: list[float] = list()
          %1: range = range(%n)
          %items: list[float] = for %1, %0
          do(%i: int, %items_1: list[float]):
            %2: float = mul(%x, %i)
            %items_2: list[float] = append(%items_1, %2)
            yield %items_2
          return %items
        """
    ) == block(
        """
        def f(%x: float, %n: int):
          %0: list[float] = list()
          %1: range = range(%n)
          for %1
          do(%i: int):
            %2: float = mul(%x, %i)
            list.append(%0, %2) {spelling='append', style='method'}
          return %0
        """
    )


def test_a_list_that_grows_in_both_branches():
    assert after(
        """
        def f(%x: float):
          %0: list[float] = list()
          %1: bool = lt(%x, 0.0)
          %items: list[float] = if %1
          then:
            %2: list[float] = append(%0, %x)
            yield %2
          else:
            %3: list[float] = append(%0, 1.0)
            yield %3
          return %items
        """
    ) == block(
        """
        def f(%x: float):
          %0: list[float] = list()
          %1: bool = lt(%x, 0.0)
          if %1
          then:
            list.append(%0, %x) {spelling='append', style='method'}
          else:
            list.append(%0, 1.0) {spelling='append', style='method'}
          return %0
        """
    )


@pytest.mark.parametrize(
    "made, grown, effect",
    [
        ("set()", "include(%0, %x)", "set.add(%0, %x)"),
        ("dict()", "insert(%0, 'k', %x)", "setitem(%0, 'k', %x)"),
    ],
)
def test_sets_and_dicts(made, grown, effect):
    text = after(f"def f(%x: float):\n  %0 = {made}\n  %1 = {grown}\n  return %1")
    assert effect in text
    assert "return %0" in text


def test_a_list_of_the_caller_is_spread_into_a_new_one():
    assert after("def f(%items: list[float]):\n  %0 = append(%items, 1.0)\n  return %0") == block(
        """
        def f(%items: list[float]):
          %0: list[float] = starred(%items)
          %1 = list(%0, 1.0)
          return %1
        """
    )


def test_a_version_that_is_read_afterwards_is_spread():
    text = """
        def f(%x: float):
          %0: list[float] = list(%x)
          %1: list[float] = append(%0, 1.0)
          %2: ([float], [float]) = tuple(%0, %1)
          return %2
        """
    assert "list.append" not in after(text)


def test_two_versions_of_one_list_are_spread():
    text = """
        def f(%x: float):
          %0: list[float] = list(%x)
          %1: list[float] = append(%0, 1.0)
          %2: list[float] = append(%0, 2.0)
          %3: ([float], [float]) = tuple(%1, %2)
          return %3
        """
    assert "list.append(%0, 1.0)" not in after(text)


def test_a_list_that_is_made_anew_in_the_loop_keeps_its_slot():
    text = """
        def f(%x: float, %n: int):
          %0: list[float] = list()
          %1: range = range(%n)
          %items: list[float] = for %1, %0
          do(%i: int, %items_1: list[float]):
            %2: list[float] = list(%x)
            yield %2
          return %items
        """
    assert after(text) == block(text)


def test_a_comprehension_stays_one():
    def f(x, n):
        return np.sum(np.stack([np.sin(x) * i for i in range(n)]))

    assert "[np.sin(x) * i for i in range(n)]" in source(f, np.ones(3), 4)
