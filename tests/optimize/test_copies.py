"""A snapshot becomes a view where nothing is written before its last use."""

import numpy as np
import pytest
from reading import example, passed
from stages import block, source

from adtrans.optimize import copies
from adtrans.optimize.copies import elide_copies

HEAD = """\
def f(%bu: float64[n0], %x: float64[n0-2]):
  %part: float64[n0-2] = getitem(%bu, 1:-1) {access='view'}
  %b: float64[n0-2] = np.copy(%part) {snapshot}
"""


def after(text):
    return passed(elide_copies, text)


def kept(body):
    """Whether the copy at the head of a program survives."""
    return "np.copy" in after(HEAD + "".join(f"  {row}\n" for row in body.split("; ")))


def test_docstring():
    before, expected = example(copies)
    assert after(before) == expected


def test_a_snapshot_that_is_only_read():
    assert not kept("%t: float64[n0-2] = mul(%b, %x); return %t")


@pytest.mark.parametrize(
    "body",
    [
        "%t: float64[n0-2] = mul(%b, %x); setitem(%bu, 1:-1, 0.0); return %t",
        "setitem(%bu, 1:-1, 0.0); %t: float64[n0-2] = mul(%b, %x); return %t",
    ],
    ids=["before", "after"],
)
def test_the_clearing_of_the_part_may_stand_before_or_after_the_last_use(body):
    assert not kept(body)


@pytest.mark.parametrize(
    "body",
    [
        "setitem(%bu, 1:-1, %x); %t: float64[n0-2] = mul(%b, %x); return %t",
        "iadd(%part, %x); %t: float64[n0-2] = mul(%b, %x); return %t",
        "setitem(%bu, 0, 0.0); setitem(%bu, 1, 0.0); %t: float64[n0-2] = mul(%b, %x); return %t",
        "setitem(%bu, 0, 0.0); %s: float = np.sum(%bu); %t: float64[n0-2] = mul(%b, %s); return %t",
    ],
    ids=["store", "sum into a view", "two clearings", "array read after the clearing"],
)
def test_a_write_before_the_last_use_keeps_the_copy(body):
    assert kept(body)


def test_a_snapshot_that_leaves_is_kept():
    assert kept("return %b")


def test_a_snapshot_that_is_viewed_is_kept():
    assert kept("%v: float64[n0-2] = getitem(%b, ::-1) {access='view'}; return %v")


def test_a_snapshot_is_kept_where_it_is_added_into_its_own_array():
    other = "%v: float64[n0-2] = getitem(%bu, 2:) {access='view'}"
    assert kept(f"{other}; iadd(%v, %b); return %bu")


def test_a_snapshot_that_is_read_in_a_loop_is_kept():
    text = """
        def f(%bu: float64[n0], %x: float, %n: int):
          %b: float64[n0] = np.copy(%bu) {snapshot}
          setitem(%bu, ::, 0.0)
          %0: range = range(%n)
          %s: float64[n0] = for %0, 0.0
          do(%i: int, %s_1: float64[n0]):
            %s_2: float64[n0] = add(%s_1, %b)
            yield %s_2
          return %s
        """
    assert "np.copy" in after(text)


def test_copies_that_are_no_snapshots_are_the_users():
    text = """
        def f(%x: float64[n0]):
          %y: float64[n0] = np.copy(%x)
          %t: float64[n0] = mul(%y, 2.0)
          return %t
        """
    assert after(text) == block(text)


def test_jacobi_copies_no_adjoint():
    def jacobi(a, b, steps):
        a, b = a.copy(), b.copy()
        for _ in range(steps):
            b[1:-1] = (a[:-2] + a[1:-1] + a[2:]) / 3.0
            a[1:-1] = (b[:-2] + b[1:-1] + b[2:]) / 3.0
        return np.sum(a**2)

    reverse = source(jacobi, np.ones(9), np.ones(9), 4).split("# reverse sweep")[1]
    assert "copy" not in reverse
