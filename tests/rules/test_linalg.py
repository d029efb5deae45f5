import numpy as np
import pytest
from harness import array, check_rule, complex_array, run_adjoint

import adtrans.rules.linalg  # noqa: F401


def matrix(*shape, seed=0):
    """Well-conditioned square matrices."""
    return array(*shape, seed=seed) + 2.0 * np.eye(shape[-1])


def complex_matrix(*shape, seed=0):
    return matrix(*shape, seed=seed) + 1j * array(*shape, seed=seed + 1)


def positive_definite(*shape):
    a = complex_matrix(*shape)
    return a @ np.conj(a.mT)


def adjoint_of(fn, x, by, **options):
    return run_adjoint(fn, (x,), fn(x, **options), by, options)[0]


SQUARES = [matrix(3, 3), complex_matrix(3, 3), matrix(2, 3, 3), complex_matrix(2, 3, 3), matrix(1, 1)]


@pytest.mark.parametrize("a", SQUARES, ids=lambda a: f"{a.dtype}{a.shape}")
@pytest.mark.parametrize("fn", [np.linalg.inv, np.linalg.det, np.linalg.pinv])
def test_functions_of_a_matrix(fn, a):
    check_rule(fn, a)


@pytest.mark.parametrize("power", [0, 1, 2, 3, 5, -1, -3])
@pytest.mark.parametrize("a", SQUARES[:3], ids=lambda a: f"{a.dtype}{a.shape}")
def test_matrix_power(power, a):
    check_rule(np.linalg.matrix_power, a, n=power)


@pytest.mark.parametrize("b", [(3,), (3, 2), (2, 3, 4), (1, 3, 1)], ids=str)
@pytest.mark.parametrize("a", [(3, 3), (2, 3, 3), (4, 2, 3, 3)], ids=str)
def test_solve(a, b):
    check_rule(np.linalg.solve, matrix(*a), array(*b))
    check_rule(np.linalg.solve, complex_matrix(*a), complex_array(*b))
    check_rule(np.linalg.solve, complex_matrix(*a), array(*b))


def test_tensor_systems():
    check_rule(np.linalg.tensorinv, matrix(6, 6).reshape(6, 2, 3), ind=1)
    check_rule(np.linalg.tensorinv, complex_matrix(6, 6).reshape(2, 3, 3, 2), ind=2)
    check_rule(np.linalg.tensorsolve, matrix(6, 6).reshape(2, 3, 6), array(2, 3))
    check_rule(np.linalg.tensorsolve, complex_matrix(6, 6).reshape(2, 3, 3, 2), complex_array(2, 3))
    check_rule(
        np.linalg.tensorsolve, np.moveaxis(matrix(6, 6).reshape(2, 3, 6), 0, 2), array(3, 2), axes=(1,)
    )


# ----- determinants -----


@pytest.mark.parametrize("a", SQUARES, ids=lambda a: f"{a.dtype}{a.shape}")
def test_slogdet(a):
    check_rule(np.linalg.slogdet, a, single=False)


@pytest.mark.parametrize("rank", [0, 1, 2])
def test_det_of_a_singular_matrix(rank):
    a = (array(3, rank) @ array(rank, 3, seed=1)) if rank else np.zeros((3, 3))
    minors = np.array(
        [
            [(-1) ** (i + j) * np.linalg.det(np.delete(np.delete(a, i, 0), j, 1)) for j in range(3)]
            for i in range(3)
        ]
    )
    np.testing.assert_allclose(adjoint_of(np.linalg.det, a, 1.0), minors, atol=1e-14)
    check_rule(np.linalg.det, a)
    check_rule(np.linalg.det, np.stack([a, np.eye(3)]))


def test_second_derivatives_of_det():
    from adtrans.rules.cofactors import cofactors

    for a in (
        matrix(3, 3),
        complex_matrix(2, 4, 4),
        array(3, 1) @ array(1, 3),
        np.zeros((2, 2)),
        matrix(1, 1),
    ):
        check_rule(cofactors, a, single=False)


# ----- triangles -----


def on_a_triangle(fn, lower):
    """A function that is free to read all of its argument, but reads one triangle."""
    return lambda a, **options: fn(np.tril(a) if lower else np.triu(a), **options)


@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize(
    "a",
    [positive_definite(3, 3), positive_definite(2, 3, 3), np.real(positive_definite(3, 3))],
    ids=lambda a: f"{a.dtype}{a.shape}",
)
def test_cholesky(a, upper):
    check_rule(np.linalg.cholesky, a, upper=upper, numeric=False)
    h, da = 1e-5, array(*a.shape, seed=3) + (1j * array(*a.shape, seed=4) if np.iscomplexobj(a) else 0.0)
    numeric = (np.linalg.cholesky(a + h * da, upper=upper) - np.linalg.cholesky(a - h * da, upper=upper)) / (
        2 * h
    )
    by = array(*a.shape, seed=5) * (np.abs(numeric) > 0)
    ba = adjoint_of(np.linalg.cholesky, a, by, upper=upper)
    np.testing.assert_allclose(
        np.sum(np.real(np.conj(ba) * da)), np.sum(np.real(np.conj(by) * numeric)), rtol=1e-7
    )
    assert np.all((np.triu(ba, 1) if not upper else np.tril(ba, -1)) == 0.0)


# ----- norms -----


@pytest.mark.parametrize("ord", [None, 1, 2, 3, 0.5, -1, np.inf, -np.inf, 0])
@pytest.mark.parametrize(
    "options", [{}, {"keepdims": True}, {"axis": 0}, {"axis": -1, "keepdims": True}, {"axis": (1,)}], ids=str
)
def test_vector_norms(ord, options):
    x = array(3, 4)
    if options.get("axis") is None and ord is not None:
        x = array(4)
    if options.get("axis") == (1,):
        if ord is not None:
            options = {"axis": 1}
    if ord == 0 and np.ndim(np.linalg.norm(x, 0, **options)) > 0 and options.get("axis") is None:
        return
    check_rule(np.linalg.norm, x, ord=ord, **options)
    check_rule(np.linalg.norm, x + 1j * np.flip(x), ord=ord, rtol=1e-4, **options)


@pytest.mark.parametrize("ord", [None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf])
@pytest.mark.parametrize("options", [{}, {"keepdims": True}, {"axis": (0, 1)}, {"axis": (-1, 0)}], ids=str)
def test_matrix_norms(ord, options):
    check_rule(np.linalg.norm, array(3, 4), ord=ord, **options)
    check_rule(np.linalg.norm, complex_array(3, 4), ord=ord, **options)
    if "axis" in options:
        check_rule(np.linalg.norm, array(2, 3, 4), ord=ord, **options)


def test_norm_of_any_rank():
    check_rule(np.linalg.norm, array(2, 3, 4))
    check_rule(np.linalg.norm, array(2, 3, 4), axis=(1, 2))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"axis": 1},
        {"axis": (0, 2), "keepdims": True},
        {"ord": 1},
        {"ord": np.inf, "axis": (0, 1)},
        {"ord": 3},
    ],
    ids=str,
)
def test_vector_norm(options):
    check_rule(np.linalg.vector_norm, array(2, 3, 4), **options)


@pytest.mark.parametrize("options", [{}, {"ord": "nuc"}, {"ord": 2, "keepdims": True}, {"ord": 1}], ids=str)
def test_matrix_norm(options):
    check_rule(np.linalg.matrix_norm, array(2, 3, 4), **options)


def test_norm_at_zero_is_flat():
    for options in ({}, {"ord": 2}, {"ord": 1}, {"ord": 3}, {"ord": "fro"}, {"axis": 0}):
        if options.get("ord") == "fro":
            x = np.zeros((2, 3))
        else:
            x = np.zeros(3)
        with np.errstate(all="raise"):
            np.testing.assert_array_equal(adjoint_of(np.linalg.norm, x, 1.0, **options), np.zeros_like(x))


def test_norm_with_a_zero_row():
    x = np.array([[3.0, 4.0], [0.0, 0.0]])
    np.testing.assert_allclose(adjoint_of(np.linalg.norm, x, np.ones(2), axis=1), [[0.6, 0.8], [0.0, 0.0]])


def test_norm_orders_at_kinks():
    x = np.array([1.0, 0.0, -2.0, 2.0])
    np.testing.assert_array_equal(adjoint_of(np.linalg.norm, x, 1.0, ord=1), [1.0, 0.0, -1.0, 1.0])
    np.testing.assert_array_equal(adjoint_of(np.linalg.norm, x, 1.0, ord=np.inf), [0.0, 0.0, -0.5, 0.5])


def test_nuclear_norm_of_a_singular_matrix():
    x = np.ones((2, 2))
    u, _, vh = np.linalg.svd(x)
    np.testing.assert_allclose(adjoint_of(np.linalg.norm, x, 1.0, ord="nuc"), u @ vh)


@pytest.mark.parametrize("p", [None, 2, -2, 1, -1, np.inf, "fro"])
def test_cond(p):
    check_rule(np.linalg.cond, matrix(3, 3), p=p)
    check_rule(np.linalg.cond, complex_matrix(2, 3, 3), p=p)
    if p in (None, 2, -2):
        check_rule(np.linalg.cond, array(3, 4), p=p)


# ----- least squares -----


@pytest.mark.parametrize("shape", [(4, 3), (3, 4), (2, 4, 3)], ids=str)
def test_pinv(shape):
    check_rule(np.linalg.pinv, array(*shape))
    check_rule(np.linalg.pinv, complex_array(*shape))


@pytest.mark.parametrize("b", [(), (2,)], ids=str)
@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (3, 3)], ids=str)
def test_lstsq(shape, b):
    from structured import check_structured

    def solved(a, b, rcond=None):  # without the rank, an integer
        x, residuals, _, s = np.linalg.lstsq(a, b, rcond)
        return x, residuals, s

    from adtrans.rules.registry import lookup, primitive

    known, twin = lookup(np.linalg.lstsq), primitive(solved)
    twin.inputs = 2
    full = lambda y: (y[0], y[1], 3, y[2])
    pick = lambda y: (y[0], y[1], y[3])

    def tangent(a, b, y, da, db, rcond=None):
        return pick(known.tangent(a, b, full(y), da, db, rcond))

    def adjoint(a, b, y, by, rcond=None):
        return known.adjoint(a, b, full(y), full(by), rcond)

    twin.tangent, twin.adjoint = tangent, adjoint
    for active in (0, 1):
        check_structured(solved, array(*shape), array(shape[0], *b), active=active, rtol=1e-5, rcond=None)
