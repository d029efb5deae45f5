"""Results share no memory with arguments, constants or each other: what may, is copied."""

import numpy as np
import pytest
from reading import example, passed, read_program
from stages import shown

import adtrans
from adtrans.ir.verify import verify
from adtrans.optimize import ownership
from adtrans.optimize.ownership import is_fresh, own_results


def after(text):
    return passed(own_results, text)


def copies(text):
    return after(text).count("np.copy")


def test_docstring():
    before, expected = example(ownership)
    assert after(before) == expected


def test_a_new_array_is_returned_as_it_is():
    assert copies("def f(%x: float64[n0]):\n  %y: float64[n0] = mul(2.0, %x)\n  return %y") == 0


def test_a_view_is_copied():
    text = "def f(%x: float64[n0]):\n  %y: float64[n0-1] = getitem(%x, 1:) {access='view'}\n  return %y"
    assert copies(text) == 1


def test_an_array_returned_twice_is_copied_once():
    text = """
        def f(%x: float64[n0]):
          %y: float64[n0] = mul(2.0, %x)
          %0: (float64[n0], float64[n0]) = tuple(%y, %y)
          return %0
        """
    assert copies(text) == 1


def test_copies_stand_before_the_display_that_holds_them():
    text = """
        def f(%x: float64[n0]):
          %0: (float64[n0], float64[n0]) = tuple(%x, %x)
          %1: ((float64[n0], float64[n0]), float) = tuple(%0, 1.0)
          return %1
        """
    rows = [row.strip().split(" = ")[-1].split("(")[0] for row in after(text).splitlines()[1:-1]]
    assert rows == ["np.copy", "np.copy", "tuple", "tuple"]


def test_an_array_that_one_branch_takes_from_the_caller_is_copied():
    text = """
        def f(%x: float64[n0], %k: float):
          %0: bool = lt(%k, 0.0)
          %y: float64[n0] = if %0
          then:
            %1: float64[n0] = neg(%x)
            yield %1
          else:
            yield %x
          return %y
        """
    assert copies(text) == 1
    assert copies(text.replace("yield %x", "%2: float64[n0] = mul(%x, %k)\n            yield %2")) == 0


def test_a_loop_that_may_not_run_gives_its_init():
    text = """
        def f(%x: float64[n0], %n: int):
          %0: range = range(%n)
          %y: float64[n0] = for %0, %x
          do(%i: int, %y_1: float64[n0]):
            %y_2: float64[n0] = mul(%y_1, 2.0)
            yield %y_2
          return %y
        """
    assert copies(text) == 1


@pytest.mark.parametrize("result, known", [("mul(%x, 2.0)", True), ("np.sin(%x)", True), ("call(%x)", False)])
def test_whether_all_results_are_known(result, known):
    type_ = "float64[n0]" if known else "any"
    function = read_program(f"def f(%x: float64[n0]):\n  %y: {type_} = {result}\n  return %y")
    assert own_results(function) is known
    verify(function)
    assert "np.copy" not in shown(function)


@pytest.mark.parametrize(
    "text, fresh",
    [
        ("np.copy(%x)", True),
        ("np.exp(%x)", True),
        ("add(%x, %x)", True),
        ("add_at(%x, 0, 1.0)", True),
        ("getitem(%x, 1:)", False),
        ("np.transpose(%x)", False),
        ("np.reshape(%x, -1)", False),
        ("np.broadcast_to(%x, (2, 3))", False),
        ("adtrans.runtime.unbroadcast(%x, %x)", False),
    ],
)
def test_freshness(text, fresh):
    op = read_program(f"def f(%x: float64[n0]):\n  %y: float64[n0] = {text}\n  return %y").body.ops[0]
    assert is_fresh(op) == fresh


@pytest.mark.parametrize(
    "fun",
    [
        lambda x: np.sum(x * 1.0),
        lambda x: np.sum(x),
        lambda x: np.sum(x.reshape(-1)[::-1]),
        lambda x: x @ x,
    ],
)
def test_gradients_are_writable_and_share_nothing(fun):
    x = np.arange(1.0, 5.0)
    g = adtrans.grad(fun)(x)
    assert g.flags.writeable
    assert not np.shares_memory(g, x)


def test_a_cotangent_that_is_the_gradient_is_copied():
    ct = np.ones(3)
    _, (g,) = adtrans.vjp(lambda x: x + 1.0)(np.zeros(3), ct)
    assert not np.shares_memory(g, ct)
