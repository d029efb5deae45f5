import numpy as np
import pytest
from harness import array, check_rule, complex_array, direction, inner, positive, run_adjoint, run_tangent
from structured import check_structured, tupled
from test_decompositions import check_through, hermitian
from test_linalg import complex_matrix, matrix, positive_definite

sl = pytest.importorskip("scipy.linalg")
import adtrans.rules.scipy_linalg  # noqa: E402, F401


@pytest.mark.parametrize("a", [matrix(3, 3), complex_matrix(3, 3)], ids=["real", "complex"])
def test_functions_of_a_matrix(a):
    for fn in (
        sl.inv,
        sl.det,
        sl.expm,
        sl.cosm,
        sl.sinm,
        sl.coshm,
        sl.sinhm,
        sl.tanm,
        sl.tanhm,
        sl.pinv,
        sl.norm,
    ):
        check_rule(fn, a, single=False, rtol=1e-5)
    for fn in (sl.sqrtm, sl.logm):
        check_rule(fn, a @ np.conj(a.T) + np.eye(3), single=False, rtol=1e-5)
    check_rule(sl.fractional_matrix_power, a @ np.conj(a.T) + np.eye(3), t=0.3, single=False, rtol=1e-4)


@pytest.mark.parametrize("b", [(3,), (3, 2)], ids=str)
@pytest.mark.parametrize("transposed", [False, True])
def test_solve(transposed, b):
    check_rule(sl.solve, matrix(3, 3), array(*b), transposed=transposed)
    if not transposed:
        check_rule(sl.solve, complex_matrix(3, 3), complex_array(*b))


@pytest.mark.parametrize("b", [(3,), (3, 2)], ids=str)
@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("assume_a", ["pos", "her", "sym"])
def test_solve_of_one_triangle(assume_a, lower, b):
    a = np.real(positive_definite(3, 3))
    check_rule(sl.solve, a, array(*b), assume_a=assume_a, lower=lower)
    if assume_a != "sym":
        check_rule(sl.solve, positive_definite(3, 3), complex_array(*b), assume_a=assume_a, lower=lower)


@pytest.mark.parametrize("b", [(3,), (3, 2)], ids=str)
@pytest.mark.parametrize("trans", [0, 1, 2, "N", "T", "C"])
def test_solve_triangular(trans, b):
    for lower in (False, True):
        for unit in (False, True):
            check_rule(
                sl.solve_triangular, matrix(3, 3), array(*b), trans=trans, lower=lower, unit_diagonal=unit
            )
            check_rule(
                sl.solve_triangular,
                complex_matrix(3, 3),
                complex_array(*b),
                trans=trans,
                lower=lower,
                unit_diagonal=unit,
            )


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize(
    "a", [positive_definite(3, 3), np.real(positive_definite(3, 3))], ids=["complex", "real"]
)
def test_cholesky(a, lower):
    check_rule(sl.cholesky, a, lower=lower)
    by, da = direction(a, 3), direction(a, 4)
    y = sl.cho_factor(a, lower=lower)
    (ba,) = run_adjoint(sl.cho_factor, (a,), y, (by, None), {"lower": lower})
    clean = sl.cholesky(a, lower=lower)
    (expected,) = run_adjoint(
        sl.cholesky, (a,), clean, np.tril(by) if lower else np.triu(by), {"lower": lower}
    )
    np.testing.assert_allclose(ba, expected)
    dy = run_tangent(sl.cho_factor, (a,), y, {0: da}, {"lower": lower})[0]
    np.testing.assert_allclose(dy, run_tangent(sl.cholesky, (a,), clean, {0: da}, {"lower": lower}))


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("b", [(3,), (3, 2)], ids=str)
def test_cho_solve(b, lower):
    for a, right in (
        (np.real(positive_definite(3, 3)), array(*b)),
        (positive_definite(3, 3), complex_array(*b)),
    ):
        c, _ = factor = sl.cho_factor(a, lower=lower)
        y, by, dc, db = sl.cho_solve(factor, right), direction(right, 1), direction(c, 2), direction(right, 3)
        h = 1e-5
        numeric = (
            sl.cho_solve((c + h * dc, lower), right + h * db)
            - sl.cho_solve((c - h * dc, lower), right - h * db)
        ) / (2 * h)
        dy = run_tangent(sl.cho_solve, (factor, right), y, {0: (dc, 0.0), 1: db}, {})
        np.testing.assert_allclose(dy, numeric, rtol=1e-6, atol=1e-7)
        (bc, _), bb = run_adjoint(sl.cho_solve, (factor, right), y, by, {})
        np.testing.assert_allclose(inner(bc, dc) + inner(bb, db), inner(by, dy), rtol=1e-10)


def test_lu():
    for a in (matrix(4, 4)[::-1].copy(), complex_matrix(4, 4)[[2, 0, 3, 1]]):
        h, da = 1e-6, direction(a, 3)
        for fn, pick in ((sl.lu, (1, 2)), (sl.lu_factor, (0,))):
            y, high, low = fn(a), fn(a + h * da), fn(a - h * da)
            by = tuple(direction(part, 9 + k) for k, part in enumerate(y))
            dy = run_tangent(fn, (a,), y, {0: da}, {})
            (ba,) = run_adjoint(fn, (a,), y, by, {})
            for k in pick:
                np.testing.assert_allclose(dy[k], (high[k] - low[k]) / (2 * h), rtol=1e-6, atol=1e-7)
            np.testing.assert_allclose(inner(ba, da), sum(inner(by[k], dy[k]) for k in pick), rtol=1e-10)


@pytest.mark.parametrize("trans", [0, 1, 2])
def test_lu_solve(trans):
    for a, b in (
        (matrix(4, 4)[::-1].copy(), array(4)),
        (complex_matrix(4, 4)[[2, 0, 3, 1]], complex_array(4, 2)),
    ):
        lu, piv = factor = sl.lu_factor(a)
        y, by, dlu, db = sl.lu_solve(factor, b, trans), direction(b, 1), direction(lu, 2), direction(b, 3)
        h = 1e-6
        high, low = (sl.lu_solve((lu + s * dlu, piv), b + s * db, trans) for s in (h, -h))
        dy = run_tangent(sl.lu_solve, (factor, b), y, {0: (dlu, 0.0), 1: db}, {"trans": trans})
        np.testing.assert_allclose(dy, (high - low) / (2 * h), rtol=1e-6, atol=1e-7)
        (blu, _), bb = run_adjoint(sl.lu_solve, (factor, b), y, by, {"trans": trans})
        np.testing.assert_allclose(inner(blu, dlu) + inner(bb, db), inner(by, dy), rtol=1e-10)


@pytest.mark.parametrize("bands", [(1, 1), (2, 1), (0, 2), (1, 0), (0, 0)], ids=str)
@pytest.mark.parametrize("b", [(5,), (5, 2)], ids=str)
def test_solve_banded(bands, b):
    ab = 0.3 * array(sum(bands) + 1, 5)
    ab[bands[1]] += 2.0
    check_rule(sl.solve_banded, bands, ab, array(*b), inputs=(1, 2))
    check_rule(sl.solve_banded, bands, ab + 0.2j * array(*ab.shape), complex_array(*b), inputs=(1, 2))


# ----- decompositions -----


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("dtype", [float, complex])
def test_eigh(dtype, lower):
    a = hermitian(3, 3, dtype=dtype)

    def alone(a):
        return sl.eigh(a, lower=lower)

    twin(alone, sl.eigh, lower=lower)
    check_through(alone, lambda w, v: np.abs(v) ** 2 + w, a)
    b = positive_definite(3, 3) if dtype is complex else np.real(positive_definite(3, 3))
    check_rule(sl.eigvalsh, a, b, lower=lower, rtol=1e-5, single=False)
    check_rule(sl.eigh, a, b, lower=lower, eigvals_only=True, rtol=1e-5, single=False)
    for active in (0, 1):
        pencil = one_sided(a, b, active, lower)
        check_through(pencil, lambda w, v: np.abs(v) ** 2 + w, (a, b)[active])


def twin(function, known, **options):
    """Gives a function of the first argument the rules of `known` with None for the second."""
    from adtrans.rules.registry import lookup, primitive

    record, made = lookup(known), primitive(function)
    made.inputs = 1
    made.tangent = lambda a, y, da: record.tangent(a, None, y, da, 0.0, **options)
    made.tangent = rename(made.tangent)
    made.adjoint = lambda a, y, by: record.adjoint(a, None, y, by, **options)[0]


def rename(rule):
    return lambda a, y, da: rule(a, y, da)


def one_sided(a, b, active, lower):
    from adtrans.rules.registry import lookup, primitive

    def pencil(x):
        return tuple(sl.eigh(x, b, lower=lower) if active == 0 else sl.eigh(a, x, lower=lower))

    record, made = lookup(sl.eigh), primitive(pencil)
    made.inputs = 1
    pair = lambda x: (x, b) if active == 0 else (a, x)
    made.tangent = lambda x, y, dx: record.tangent(
        *pair(x), y, *((dx, np.zeros_like(dx)) if active == 0 else (np.zeros_like(dx), dx)), lower=lower
    )
    made.adjoint = lambda x, y, by: record.adjoint(*pair(x), y, by, lower=lower)[active]
    return pencil


def test_eig():
    a = np.array([[0.0, 1.0, 0.2], [-1.0, 0.1, 0.0], [0.3, 0.0, 2.0]])
    check_through(sl.eig, lambda w, v: np.concatenate((v, w[None])), a)
    check_through(sl.eigvals, lambda w: w, a)
    check_through(sl.eig, lambda w, v: np.concatenate((v, w[None])), complex_array(3, 3))


@pytest.mark.parametrize("shape", [(3, 3), (4, 3), (3, 4)], ids=str)
@pytest.mark.parametrize("make", [array, complex_array])
def test_svd_and_qr(make, shape):
    check_through(sl.svd, lambda u, s, vh: np.abs(u[:, :3]) ** 2, make(*shape))
    check_through(sl.svd, lambda u, s, vh: (u * s) @ vh, make(*shape), full_matrices=False)
    check_through(sl.svd, lambda s: s, make(*shape), compute_uv=False)
    check_through(sl.svdvals, lambda s: s, make(*shape))
    for k in range(2):
        check_through(sl.qr, lambda q, r: (q, r)[k], make(*shape), mode="economic")
        if shape[0] <= shape[1]:
            check_through(sl.qr, lambda q, r: (q, r)[k], make(*shape))
    if shape[0] >= shape[1]:
        check_structured(sl.polar, make(*shape), rtol=1e-6)
    if shape[0] <= shape[1]:
        check_structured(sl.polar, make(*shape), side="left", rtol=1e-6)


# ----- equations -----


@pytest.mark.parametrize("make", [matrix, complex_matrix])
def test_matrix_equations(make):
    check_rule(sl.solve_sylvester, make(3, 3), make(2, 2), make(3, 3)[:, :2], single=False)
    check_rule(sl.solve_continuous_lyapunov, make(3, 3), make(3, 3, seed=3), single=False)
    check_rule(sl.solve_discrete_lyapunov, 0.2 * make(3, 3), make(3, 3, seed=3), single=False)


# ----- special matrices -----


def test_special_matrices():
    for make in (array, complex_array):
        check_rule(sl.circulant, make(4))
        check_rule(sl.toeplitz, make(4), make(3, seed=1))
        check_rule(sl.hankel, make(4), make(3, seed=1))
        check_rule(sl.khatri_rao, make(2, 4), make(3, 4))
        for fn in (sl.toeplitz, sl.hankel):
            x, d = make(4), make(4, seed=5)
            y, dy = fn(x), run_tangent(fn, (x, None), fn(x), {0: d}, {})
            by = direction(y, 1)
            np.testing.assert_allclose(dy, fn(d))
            np.testing.assert_allclose(inner(run_adjoint(fn, (x, None), y, by, {})[0], d), inner(by, dy))
    check_structured(tupled(sl.block_diag), (array(2, 3), array(1, 2), array(3), 0.5))


def test_lstsq():
    for b in [(5,), (5, 2)]:
        a, right = array(5, 3), array(*b)
        y = sl.lstsq(a, right)
        by = (direction(y[0], 1), direction(np.asarray(y[1]), 2), None, direction(y[3], 3))
        da, db = direction(a, 4), direction(right, 5)
        h = 1e-6
        high, low = (sl.lstsq(a + s * da, right + s * db) for s in (h, -h))
        dy = run_tangent(sl.lstsq, (a, right), y, {0: da, 1: db}, {})
        for k in (0, 1, 3):
            np.testing.assert_allclose(dy[k], (high[k] - low[k]) / (2 * h), rtol=1e-5, atol=1e-6)
        ba, bb = run_adjoint(sl.lstsq, (a, right), y, by, {})
        np.testing.assert_allclose(
            inner(ba, da) + inner(bb, db), sum(inner(by[k], dy[k]) for k in (0, 1, 3)), rtol=1e-9
        )
    assert positive(1) > 0
