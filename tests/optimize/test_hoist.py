"""Items of arguments at constant keys are read once, on entry."""

import pytest
from reading import example, passed
from stages import block, shown, typed

from adtrans.optimize import hoist
from adtrans.optimize.hoist import hoist_reads


def after(text):
    return passed(hoist_reads, text)


def test_docstring():
    before, expected = example(hoist)
    assert after(before) == expected


def test_two_reads_become_one():
    assert after(
        """
        def f(%p: (float, float)):
          %0: float = getitem(%p, 0)
          %1: float = getitem(%p, 0)
          %2: float = mul(%0, %1)
          return %2
        """
    ) == block(
        """
        def f(%p: (float, float)):
          %0: float = getitem(%p, 0)
          %1: float = mul(%0, %0)
          return %1
        """
    )


def test_items_of_items():
    assert after(
        """
        def f(%p: ((float, float), float), %k: float):
          %0: bool = lt(%k, 0.0)
          %1: float = if %0
          then:
            %2: (float, float) = getitem(%p, 0)
            %3: float = getitem(%2, 1)
            yield %3
          else:
            yield %k
          return %1
        """
    ).splitlines()[1:3] == ["  %0: (float, float) = getitem(%p, 0)", "  %1: float = getitem(%0, 1)"]


@pytest.mark.parametrize(
    "param, read",
    [
        ("%p: float64[n0]", "%0: float = getitem(%p, 0)"),
        ("%p: (float, int)", "%0: int = getitem(%p, 1)"),
        ("%p: (float, float)", "%0: float = getitem(%p, %i)"),
        ("%p: (float, float)", "%0: (float,) = getitem(%p, :1)"),
    ],
    ids=["of an array", "that carries nothing", "at an index", "of a slice"],
)
def test_other_reads_stay_where_they_are(param, read):
    text = f"""
        def f({param}, %i: int):
          %1: range = range(%i)
          for %1
          do(%j: int):
            {read}
            print(%0)
          return %i
        """
    assert after(text).splitlines()[1].endswith("range(%i)")


def test_attributes_give_their_name():
    import dataclasses

    @dataclasses.dataclass
    class Spring:
        stiffness: float
        length: float

    def energy(spring, x, n):
        total = 0.0
        for i in range(n):
            total = total + spring.stiffness * (x - spring.length) ** 2
        return total

    rows = shown(typed(energy, Spring(2.0, 1.0), 0.5, 3)).splitlines()
    assert rows[1] == "  %stiffness: float = getattr(%spring, 'stiffness')"
    assert rows[2] == "  %length: float = getattr(%spring, 'length')"
