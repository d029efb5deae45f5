"""`b[i] = 0.0; b[i] += t` becomes `b[i] = t` where t is made before, and nothing reads b in between."""

import pytest
from reading import example, passed

from adtrans.optimize import stores
from adtrans.optimize.stores import store_what_is_added_to_zero


def after(text):
    return passed(store_what_is_added_to_zero, text)


def test_docstring():
    before, expected = example(stores)
    assert after(before) == expected


PROGRAM = """
        def f(%b: float64[n0,n0], %x: float64[n0], %i: int, %k: int):
          %t: float64[n0] = mul(2.0, %x) {{reverse}}
          setitem(%b, %i, 0.0) {{reverse}}
          {between}
          {adding}
          return %b
        """


def text(adding, between="%v: float64[n0] = getitem(%b, %i) {access='view'}"):
    return after(PROGRAM.format(adding=adding, between=between))


def test_a_part_that_is_added_to_by_its_view():
    assert "setitem(%b, %i, %t)" in text("iadd(%v, %t) {reverse}")


@pytest.mark.parametrize(
    "adding, between",
    [
        ("augment_at(%b, %k, <iadd>, %t) {reverse}", "%j: int = add(%i, 1)"),
        ("augment_at(%b, %i, <isub>, %t) {reverse}", "%j: int = add(%i, 1)"),
        ("augment_at(%b, %i, <iadd>, %x) {reverse}", "%j: int = add(%i, 1)"),
        ("augment_at(%b, %i, <iadd>, %t) {reverse}", "setitem(%b, %k, %x)"),
        ("augment_at(%b, %i, <iadd>, %s) {reverse}", "%s: np.float64 = np.sum(%b)"),
        ("iadd(%b, %t) {reverse}", "%j: int = add(%i, 1)"),
    ],
)
def test_other_sums_stay(adding, between):
    assert "setitem(%b, %i, 0.0)" in text(adding, between)
