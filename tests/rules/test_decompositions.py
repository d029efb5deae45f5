import numpy as np
import pytest
from harness import array, check_rule, complex_array, direction, inner, run_adjoint, run_tangent
from structured import check_structured

import adtrans.rules.decompositions  # noqa: F401


def hermitian(*shape, dtype=float):
    a = complex_array(*shape) if dtype is complex else array(*shape)
    return a + np.conj(a.mT)


def check_through(fn, outcome, a, **options):
    """The rules of `fn`, seen through a function of its results that does not depend on the gauge."""
    y, da = fn(a, **options), direction(a, 5)
    h = 1e-5
    values = [outcome(*as_tuple(fn(a + s * h * da, **options))) for s in (1.0, -1.0)]
    numeric = (values[0] - values[1]) / (2 * h)
    dy = run_tangent(fn, (a,), y, {0: da}, options)
    moved = [outcome(*[part + s * h * d for part, d in zip(as_tuple(y), as_tuple(dy))]) for s in (1.0, -1.0)]
    np.testing.assert_allclose((moved[0] - moved[1]) / (2 * h), numeric, rtol=1e-6, atol=1e-7)
    by = (
        direction(y, 7)
        if isinstance(y, np.ndarray)
        else tuple(direction(part, 7 + i) for i, part in enumerate(y))
    )
    (ba,) = run_adjoint(fn, (a,), y, by, options)
    assert np.shape(ba) == np.shape(a)
    np.testing.assert_allclose(inner(ba, da), inner(by, dy), rtol=1e-9, atol=1e-9)


def as_tuple(y):
    return y if isinstance(y, tuple) else (y,)


MATRICES = [hermitian(3, 3), hermitian(2, 4, 4), hermitian(3, 3, dtype=complex), hermitian(1, 1)]


@pytest.mark.parametrize("UPLO", ["L", "U"])
@pytest.mark.parametrize("a", MATRICES, ids=lambda a: f"{a.dtype}{a.shape}")
def test_eigh(a, UPLO):
    check_through(np.linalg.eigh, lambda w, v: np.abs(v) ** 2 + w[..., None, :], a, UPLO=UPLO)
    check_rule(np.linalg.eigvalsh, a, UPLO=UPLO, rtol=1e-5)
    (ba,) = run_adjoint(
        np.linalg.eigvalsh, (a,), np.linalg.eigvalsh(a, UPLO), np.ones(a.shape[:-1]), {"UPLO": UPLO}
    )
    assert np.all((np.triu(ba, 1) if UPLO == "L" else np.tril(ba, -1)) == 0.0)


def test_degenerate_eigenvalues_are_exact():
    a = np.diag([1.0, 1.0, 2.0])
    y = np.linalg.eigh(a)
    for fn, out, by in (
        (np.linalg.eigh, y, (np.ones(3), np.zeros((3, 3)))),
        (np.linalg.eigvalsh, y[0], np.ones(3)),
    ):
        (ba,) = run_adjoint(fn, (a,), out, by, {})
        np.testing.assert_allclose(ba, np.eye(3), atol=1e-15)
    (ba,) = run_adjoint(
        np.linalg.svd, (a,), np.linalg.svd(a), (np.zeros((3, 3)), np.ones(3), np.zeros((3, 3))), {}
    )
    np.testing.assert_allclose(ba, np.eye(3), atol=1e-15)


GENERAL = [
    np.diag([1.0, 2.0, 3.0]) + 0.3 * array(3, 3), complex_array(3, 3), complex_array(2, 4, 4),
    np.array([[0.0, 1.0, 0.2], [-1.0, 0.1, 0.0], [0.3, 0.0, 2.0]]),
]  # fmt: skip


@pytest.mark.parametrize("a", GENERAL, ids=lambda a: f"{a.dtype}{a.shape}{a.flat[0]:.2}")
def test_eig(a):
    check_through(np.linalg.eig, lambda w, v: np.concatenate((v, w[..., None, :]), axis=-2), a)
    check_through(np.linalg.eigvals, lambda w: w, a)


SHAPES = [(3, 3), (4, 3), (3, 4), (2, 5, 3), (1, 3), (3, 1)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("make", [array, complex_array])
def test_svd(make, shape):
    def outcome(u, s, vh):
        rank = s.shape[-1]
        return (
            (u[..., :rank] * s[..., None, :]) @ vh[..., :rank, :] + 0.0,
            s,
            np.abs(u[..., :rank]) ** 2,
            np.abs(vh[..., :rank, :]) ** 2,
        )

    for k in range(4):
        check_through(np.linalg.svd, lambda u, s, vh: outcome(u, s, vh)[k], make(*shape), full_matrices=False)
        check_through(np.linalg.svd, lambda u, s, vh: outcome(u, s, vh)[k], make(*shape))
    check_through(np.linalg.svd, lambda s: s, make(*shape), compute_uv=False)
    check_through(np.linalg.svdvals, lambda s: s, make(*shape))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("make", [array, complex_array])
def test_the_projector_on_the_rest_of_the_basis(make, shape):
    def outcome(u, s, vh):
        rest = u[..., s.shape[-1] :]
        return rest @ np.conj(rest.mT)

    check_through(np.linalg.svd, outcome, make(*shape))


def test_svd_hermitian():
    check_through(np.linalg.svd, lambda u, s, vh: np.abs(u) ** 2 + s, hermitian(3, 3), hermitian=True)
    check_through(np.linalg.svd, lambda s: s, hermitian(3, 3), hermitian=True, compute_uv=False)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("make", [array, complex_array])
def test_qr(make, shape):
    for k in range(2):
        check_through(np.linalg.qr, lambda q, r: (q, r)[k], make(*shape))
    check_through(np.linalg.qr, lambda r: r, make(*shape), mode="r")


def test_qr_complete_is_refused():
    with pytest.raises(NotImplementedError):
        run_adjoint(np.linalg.qr, (array(4, 3),), None, None, {"mode": "complete"})


def test_singular_matrix_values():
    check_structured(np.linalg.svdvals, np.diag([3.0, 2.0, 1.0]))
