import operator

import numpy as np
import pytest
from harness import array, check_rule, complex_array, run_adjoint, run_tangent
from structured import check_structured, tupled

import adtrans.rules.contractions
import adtrans.rules.products  # noqa: F401

SHAPES = [
    ((4,), (4,)), ((3, 4), (4,)), ((4,), (4, 5)), ((3, 4), (4, 5)), ((2, 3, 4), (4,)), ((3,), (2, 3, 4)),
    ((2, 3, 4), (4, 5)), ((3, 4), (2, 4, 5)), ((2, 3, 4), (2, 4, 3)), ((2, 1, 3, 4), (5, 4, 2)),
    ((1, 3, 4), (2, 4, 3)), ((3, 0), (0, 2)), ((1, 1), (1, 1)),
]  # fmt: skip


@pytest.mark.parametrize("a, b", SHAPES, ids=str)
@pytest.mark.parametrize("fn", [np.matmul, operator.matmul], ids=["np", "operator"])
def test_matmul(fn, a, b):
    check_rule(fn, array(*a), array(*b))
    check_rule(fn, complex_array(*a), complex_array(*b, seed=5))
    check_rule(fn, array(*a), complex_array(*b, seed=5))


@pytest.mark.parametrize(
    "a, b", [((), (3, 4)), ((3,), ()), ((4,), (4,)), ((3, 4), (4,)), ((3, 4), (4, 5)), ((2, 3, 4), (4, 5)),
             ((2, 3, 4), (2, 4, 3)), ((4,), (4, 5)), ((4,), (2, 4, 5)), ((3, 4), (2, 4, 5)),
             ((2, 3, 4), (4,))], ids=str
)  # fmt: skip
def test_dot(a, b):
    check_rule(np.dot, array(*a), array(*b))
    check_rule(np.dot, complex_array(*a), complex_array(*b, seed=5))


@pytest.mark.parametrize(
    "a, b",
    [((), (4,)), ((4,), (4,)), ((3, 4), (5, 4)), ((2, 3, 4), (4,)), ((4,), (2, 3, 4)), ((2, 3, 4), (5, 4))],
    ids=str,
)
def test_inner(a, b):
    check_rule(np.inner, array(*a), array(*b))
    check_rule(np.inner, complex_array(*a), complex_array(*b, seed=5))


@pytest.mark.parametrize("a, b", [((4,), (3,)), ((2, 2), (3,)), ((3,), (2, 2)), ((), (3,))], ids=str)
def test_outer(a, b):
    check_rule(np.outer, array(*a), array(*b))
    check_rule(np.outer, complex_array(*a), complex_array(*b, seed=5))


def test_linalg_twins():
    check_rule(np.linalg.outer, array(3), array(4))
    check_rule(np.linalg.matmul, array(3, 4), array(4, 2))
    check_rule(np.linalg.tensordot, array(3, 4), array(4, 2), axes=1)
    check_rule(np.linalg.vecdot, array(3, 4), array(3, 4, seed=1))


@pytest.mark.parametrize("a, b", [((4,), (4,)), ((2, 3), (2, 3)), ((2, 3), (6,))], ids=str)
def test_vdot(a, b):
    check_rule(np.vdot, array(*a), array(*b))
    check_rule(np.vdot, complex_array(*a), complex_array(*b, seed=5))


@pytest.mark.parametrize(
    "a, b, axes",
    [((3, 4), (4, 5), 1), ((3, 4), (3, 4), 2), ((2, 3, 4), (2, 4, 3), ([1], [2])),
     ((2, 3, 4), (2, 4, 3), ([-1, 1], [-2, 2])),
     ((4,), (3,), 0), ((3, 4), (5, 3), (0, 1)), ((2, 3, 4), (4, 5, 2), ((2, 0), (0, 2)))], ids=str,
)  # fmt: skip
def test_tensordot(a, b, axes):
    check_rule(np.tensordot, array(*a), array(*b), axes=axes)
    check_rule(np.tensordot, complex_array(*a), complex_array(*b, seed=5), axes=axes)


@pytest.mark.parametrize(
    "a, b", [((3,), (2,)), ((3, 3), (2, 4)), ((2, 3, 4), (3, 2)), ((2,), (2, 3))], ids=str
)
def test_kron(a, b):
    check_rule(np.kron, array(*a), array(*b))
    check_rule(np.kron, complex_array(*a), complex_array(*b, seed=5))


def test_products_along_an_axis():
    check_rule(np.vecdot, array(3, 4), array(3, 4, seed=1))
    check_rule(np.vecdot, complex_array(2, 3, 4), complex_array(3, 4, seed=1))
    check_rule(np.vecdot, array(4, 3), array(4, 3, seed=1), axis=0)


@pytest.mark.skipif(not hasattr(np, "matvec"), reason="NumPy 2.2")
def test_matrix_vector_ufuncs():
    check_rule(np.matvec, array(3, 4), array(4))
    check_rule(np.matvec, complex_array(2, 3, 4), complex_array(4, seed=2))
    check_rule(np.vecmat, array(3), array(3, 4))
    check_rule(np.vecmat, complex_array(3), complex_array(2, 3, 4, seed=2))


@pytest.mark.parametrize("options", [{}, {"axisa": 0, "axisb": 0, "axisc": 0}, {"axis": 0}], ids=str)
def test_cross(options):
    check_rule(np.cross, array(3, 3), array(3, 3, seed=1), **options)


def test_cross_broadcasts():
    check_rule(np.cross, array(3), array(3, seed=1))
    check_rule(np.cross, array(2, 3), array(3))
    check_rule(np.cross, array(3), array(4, 1, 3))
    check_rule(np.cross, complex_array(3), complex_array(2, 3))
    check_rule(np.linalg.cross, array(2, 3), array(3), axis=-1)


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("fn", [np.convolve, np.correlate])
def test_convolutions(fn, mode):
    for n, m in [(4, 3), (3, 4), (5, 2), (2, 5), (6, 4), (4, 6), (4, 4), (1, 3), (3, 1)]:
        check_rule(fn, array(n), array(m, seed=1), mode=mode)
        check_rule(fn, complex_array(n), complex_array(m, seed=1), mode=mode)


EINSUMS = [
    ("ij,jk->ik", (3, 4), (4, 5)), ("ij,jk", (3, 4), (4, 5)), ("ii->i", (3, 3)), ("ii", (3, 3)),
    ("ii,ij->j", (3, 3), (3, 3)), ("...j,j->...", (2, 3, 4), (4,)), ("ij->", (3, 4)),
    ("i,i,i->", (4,), (4,), (4,)), ("ij,ij->ij", (1, 4), (3, 4)), ("ij->ji", (3, 4)),
    ("...ij,...jk->...ik", (2, 3, 4), (4, 5)), ("...,...", (3, 4), (4,)), ("iij->j", (3, 3, 4)),
    ("iii->i", (3, 3, 3)), ("ij,kl->il", (2, 3), (4, 5)), ("bij, bjk -> bik", (2, 3, 4), (2, 4, 3)),
    ("i->i", (4,)), ("ba", (3, 4)), (",i->i", (), (3,)), ("ij,jk,kl->il", (2, 3), (3, 4), (4, 2)),
]  # fmt: skip


@pytest.mark.parametrize("subscripts, shapes", [(e[0], e[1:]) for e in EINSUMS], ids=str)
def test_einsum(subscripts, shapes):
    fn = tupled(np.einsum, 1)
    check_structured(fn, subscripts, tuple(array(*shape, seed=k) for k, shape in enumerate(shapes)), active=1)
    check_structured(
        fn, subscripts, tuple(complex_array(*shape, seed=k) for k, shape in enumerate(shapes)), active=1
    )


def test_einsum_optimize():
    check_structured(
        tupled(np.einsum, 1), "ij,jk,kl->il", (array(2, 3), array(3, 4), array(4, 2)), active=1, optimize=True
    )


def test_einsum_same_operand_twice():
    x = array(4)
    check_structured(tupled(np.einsum, 1), "i,i->", (x, x), active=1)


@pytest.mark.parametrize("output", [([0, 2],), ()], ids=str)
def test_einsum_by_sublists(output):
    a, b = array(3, 4), array(4, 5)
    operands = ([0, 1], b, [1, 2], *output)
    missing = (None,) * (8 - len(operands))
    y, by, da, db = a @ b, array(3, 5), array(3, 4, seed=1), array(4, 5, seed=1)
    found = run_adjoint(np.einsum, (a, *operands, *missing), y, by, {})
    np.testing.assert_allclose(found[0], by @ b.T)
    np.testing.assert_allclose(found[2], a.T @ by)
    assert len(found) == 9 and all(b is None for b in [found[1], *found[3:]])
    dy = run_tangent(np.einsum, (a, *operands, *missing), y, {0: da, 2: db}, {})
    np.testing.assert_allclose(dy, da @ b + a @ db)


@pytest.mark.parametrize("shapes", [((2, 3), (3, 4)), ((2, 3), (3, 4), (4, 2)), ((3,), (3, 4), (4, 2)),
                                    ((2, 3), (3, 4), (4,)), ((3,), (3, 4), (4,)),
                                    ((2, 3), (3, 4), (4, 5), (5, 2))], ids=str)  # fmt: skip
def test_multi_dot(shapes):
    check_structured(np.linalg.multi_dot, [array(*shape, seed=k) for k, shape in enumerate(shapes)])
    check_structured(np.linalg.multi_dot, [complex_array(*shape, seed=k) for k, shape in enumerate(shapes)])
