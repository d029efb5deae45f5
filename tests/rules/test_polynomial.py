import numpy as np
import pytest
from harness import array, check_rule, complex_array, positive, run_adjoint
from structured import check_structured

import adtrans.rules.polynomial  # noqa: F401


@pytest.mark.parametrize("fn", [np.polyadd, np.polysub, np.polymul])
def test_arithmetic(fn):
    for n, m in [(4, 3), (3, 4), (3, 3), (1, 2)]:
        check_rule(fn, array(n), array(m, seed=1))
        check_rule(fn, complex_array(n), complex_array(m, seed=1))


def test_polymul_of_a_leading_zero():
    a, b = np.array([0.0, 1.0, 2.0]), np.array([3.0, 4.0])
    y = np.polymul(a, b)
    assert [np.shape(x) for x in run_adjoint(np.polymul, (a, b), y, np.ones_like(y), {})] == [(3,), (2,)]


@pytest.mark.parametrize("n, m", [(4, 3), (4, 2), (5, 1), (3, 3)])
def test_polydiv(n, m):
    for active in (0, 1):
        check_structured(np.polydiv, array(n), 1.0 + positive(m), active=active, rtol=1e-5)


@pytest.mark.parametrize("x", [0.7, np.array(0.7), array(3), array(2, 3)], ids=np.shape)
def test_polyval(x):
    for n in (4, 1, 2):
        check_rule(np.polyval, array(n), x, single=False)
    check_rule(np.polyval, complex_array(3), x, single=False)


@pytest.mark.parametrize("m", [1, 2, 5, 0])
def test_polyder_and_polyint(m):
    check_rule(np.polyder, array(4), m=m)
    check_rule(np.polyint, array(4), m=m)


def test_polyint_constants():
    check_rule(np.polyint, array(4), m=2, k=[1.0, 2.0])


def test_roots():
    check_rule(np.roots, np.array([1.0, -6.0, 11.0, -6.0]), rtol=1e-5, single=False)
    check_rule(np.roots, np.array([2.0, -6.0, 3.0, 0.0]), rtol=1e-5, single=False, numeric=False)


def test_poly():
    check_rule(np.poly, array(4))
    check_rule(np.poly, array(1), single=False)
    check_rule(np.poly, complex_array(3))


@pytest.mark.parametrize("w", [None, positive(6)], ids=["", "weights"])
def test_polyfit(w):
    check_rule(np.polyfit, array(6), array(6, seed=1), deg=2, w=w, rtol=1e-5, single=False)
    check_rule(np.polyfit, array(6), array(6, 2), deg=1, w=w, rtol=1e-5, single=False)
