"""`b = b + t` becomes `b += t` where b is new, of the type of the sum, and read nowhere else."""

import pytest
from reading import example, passed

from adtrans.optimize import accumulate
from adtrans.optimize.accumulate import accumulate_in_place


def after(text):
    return passed(accumulate_in_place, text)


def in_place(body, params="%x: float64[n0], %t: float64[n0]"):
    """Whether one sum of a program is marked."""
    return "{inplace" in after(f"def f({params}):\n" + "".join(f"  {row}\n" for row in body.split("; ")))


def test_docstring():
    before, expected = example(accumulate)
    assert after(before) == expected


@pytest.mark.parametrize("fn", ["add", "sub"])
def test_a_new_array(fn):
    assert in_place(f"%b: float64[n0] = mul(2.0, %x); %c: float64[n0] = {fn}(%b, %t) {{reverse}}; return %c")


def test_the_other_operand_may_be_the_new_one():
    text = """
        def f(%x: float64[n0], %t: float64[n0]):
          %b: float64[n0] = mul(2.0, %x)
          %c: float64[n0] = add(%t, %b) {reverse}
          return %c
        """
    assert "add(%b, %t) {inplace, reverse}" in after(text)


def test_the_second_operand_of_a_difference_is_not_overwritten():
    assert not in_place("%b: float64[n0] = mul(2.0, %x); %c: float64[n0] = sub(%t, %b) {reverse}; return %c")


def test_an_argument_belongs_to_the_caller():
    assert not in_place("%c: float64[n0] = add(%x, %t) {reverse}; return %c")


def test_a_view_belongs_to_its_array():
    assert not in_place("%v: float64[n0] = np.ravel(%x); %c: float64[n0] = add(%v, %t) {reverse}; return %c")


def test_an_array_that_is_read_again_is_left_alone():
    assert not in_place(
        "%b: float64[n0] = mul(2.0, %x); %c: float64[n0] = add(%b, %t) {reverse}; "
        "%d: float64[n0] = mul(%c, %b); return %d"
    )


def test_a_sum_of_a_value_with_itself_is_left_alone():
    assert not in_place("%b: float64[n0] = mul(2.0, %x); %c: float64[n0] = add(%b, %b) {reverse}; return %c")


@pytest.mark.parametrize("made", ["float64[1]", "float32[n0]", "float64[...]"], ids=["dims", "dtype", "rank"])
def test_an_array_of_another_or_an_unknown_type_is_left_alone(made):
    assert not in_place(f"%b: {made} = mul(2.0, %x); %c: float64[n0] = add(%b, %t) {{reverse}}; return %c")


def test_sums_of_the_user_are_left_alone():
    assert not in_place("%b: float64[n0] = mul(2.0, %x); %c: float64[n0] = add(%b, %t); return %c")


def test_sums_of_numbers_are_left_to_emit():
    assert not in_place(
        "%b: float = mul(2.0, %k); %c: float = add(%b, %k) {reverse}; return %c", params="%k: float"
    )


LOOP = """
    def f(%x: float64[n0], %n: int):
      {first}
      %0: range = range(%n)
      %b: float64[n0] = for %0, {init}
      do(%i: int, %b_1: float64[n0]):
        %1: float64[n0] = mul(%x, %i)
        %b_2: float64[n0] = add(%b_1, %1) {{reverse}}
        yield %b_2
      return %b
    """


def test_a_slot_that_starts_from_a_new_array():
    assert "inplace" in after(LOOP.format(first="%z: float64[n0] = np.zeros_like(%x)", init="%z"))


def test_a_slot_that_starts_from_an_argument_is_left_alone():
    text = after(LOOP.format(first="", init="%x"))
    assert "add(%b_1, %1) {inplace" not in text


def test_what_is_added_to_such_a_slot_may_take_the_sum():
    text = after(LOOP.format(first="", init="%x"))
    assert "add(%1, %b_1) {inplace, reverse}" in text


def test_a_scatter_into_a_new_array():
    text = """
        def f(%x: float64[n0], %i: int):
          %b: float64[n0] = np.zeros_like(%x)
          %c: float64[n0] = add_at(%b, %i, 1.0) {reverse}
          return %c
        """
    assert "add_at(%b, %i, 1.0) {inplace, reverse}" in after(text)


def test_an_array_that_dies_in_either_branch():
    text = """
        def f(%x: float64[n0], %k: float):
          %b: float64[n0] = mul(2.0, %x)
          %0: bool = lt(%k, 0.0)
          %c: float64[n0] = if %0
          then:
            %1: float64[n0] = add(%b, %x) {reverse}
            yield %1
          else:
            yield %b
          return %c
        """
    assert "add(%b, %x) {inplace, reverse}" in after(text)


def test_an_outer_array_in_a_loop_is_left_alone():
    text = """
        def f(%x: float64[n0], %n: int):
          %b: float64[n0] = mul(2.0, %x)
          %0: range = range(%n)
          %s: float64[n0] = for %0, %x
          do(%i: int, %s_1: float64[n0]):
            %1: float64[n0] = add(%b, %x) {reverse}
            yield %1
          return %s
        """
    assert "inplace" not in after(text)


TWO_BRANCHES = """
        def f(%x: float64[n0], %k: bool, %m: bool, %n: int):
          %b: float64[n0] = np.zeros_like(%x)
          %0: range = range(%n)
          %out: float64[n0] = for %0, %b
          do(%i: int, %b_1: float64[n0]):
            %b_2: float64[n0] = if %k
            then:
              %c: float64[n0] = add_at(%b_1, 0, 1.0) {{reverse}}
              yield %c
            else:
              yield %b_1
            %b_3: float64[n0] = if %m
            then:
              %d: float64[n0] = add_at(%b_2, %i, 1.0) {{reverse}}
              yield %d
            else:
              yield {other}
            yield %b_3
          return %out
        """


def test_branches_in_a_row():
    text = after(TWO_BRANCHES.format(other="%b_2"))
    assert "add_at(%b_1, 0, 1.0) {inplace, reverse}" in text
    assert "add_at(%b_2, %i, 1.0) {inplace, reverse}" in text


def test_an_array_that_another_branch_goes_back_to():
    text = after(TWO_BRANCHES.format(other="%b_1"))
    assert "inplace" not in text


def test_a_branch_in_a_branch():
    text = after(
        """
        def f(%x: float64[n0], %k: bool, %m: bool):
          %b: float64[n0] = np.zeros_like(%x)
          %r: float64[n0] = if %k
          then:
            %s: float64[n0] = if %m
            then:
              %c: float64[n0] = add_at(%b, 0, 1.0) {reverse}
              yield %c
            else:
              yield %b
            yield %s
          else:
            %d: float64[n0] = add(%b, %x) {reverse}
            yield %d
          return %r
        """
    )
    assert text.count("{inplace, reverse}") == 2
