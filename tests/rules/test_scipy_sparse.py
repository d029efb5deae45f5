import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parent.parent / "property"))
from agreement import problems

import adtrans

ss = pytest.importorskip("scipy.sparse")
sl = pytest.importorskip("scipy.sparse.linalg")

rng = np.random.default_rng(0)
dense = rng.normal(size=(4, 4)) * (rng.random((4, 4)) < 0.6) + 3.0 * np.eye(4)
wide = rng.normal(size=(3, 4)) * (rng.random((3, 4)) < 0.7)
A, AA = ss.csr_matrix(dense), ss.csr_array(dense)
B, BB = ss.csc_matrix(wide), ss.coo_array(wide)
band = ss.dia_matrix(([[1.0] * 4, [2.0] * 4, [-1.0] * 4], [-1, 0, 1]), shape=(4, 4))

x, x3 = rng.normal(size=4), rng.normal(size=3)
X, X3 = rng.normal(size=(4, 2)), rng.normal(size=(2, 3))

# values at places, one of which is there twice; and in compressed rows
i, j = np.array([0, 1, 2, 3, 0, 2]), np.array([1, 0, 2, 3, 0, 2])
v = rng.normal(size=6) + np.array([0.0, 0.0, 1.0, 4.0, 3.0, 2.0])
indices, indptr = np.array([0, 2, 1, 0, 3, 2, 3]), np.array([0, 2, 3, 5, 7])
w = rng.normal(size=7) + 2.0


def agrees(fun, *args, second=True):
    argnums = tuple(k for k, a in enumerate(args) if not ss.issparse(a))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sl.MatrixRankWarning)
        warnings.simplefilter("ignore", ss.SparseEfficiencyWarning)
        assert problems(fun, args, argnums, second=second) == []


def places(values):
    return ss.csr_matrix((values, (i, j)), shape=(4, 4))


def places_array(values):
    return ss.csc_array((values, (i, j)), shape=(4, 4))


CONSTANT = {
    "matmul": (lambda x: A @ x, x),
    "matmul of a matrix": (lambda x: A @ x, X),
    "dot": (lambda x: np.sin(A.dot(x)) * x, x),
    "star of a matrix is a product": (lambda x: (A * x) ** 2, x),
    "star from the left": (lambda x: x * A, x),
    "rmatmul": (lambda y: y @ B, x3),
    "rmatmul of a matrix": (lambda y: (y @ B) ** 2, X3),
    "transposed": (lambda y: B.T @ (y**2), x3),
    "coo_array": (lambda y: BB.T @ (y**2), x3),
    "csr_array": (lambda x: AA @ x + (AA.T @ x) ** 2, x),
    "dia_matrix": (lambda x: band @ x * x, x),
    "scaled": (lambda x: (A * 2.0) @ x * x, x),
    "scaled by an active number": (lambda s, x: (s * A) @ x, 2.0, x),
    "combined with active numbers": (lambda s, x: (A / s + A * s - AA.T * s) @ x, 2.0, x),
    "argument": (lambda x, M: M @ x * x, x, A),
    "argument, transposed": (lambda x, M: M.T @ x * x, x, band),
    "sum": (lambda x: (A + ss.eye(4)) @ x**2, x),
    "product": (lambda x: (A @ A) @ x**2, x),
    "rows": (lambda x: A[1:3] @ x**2, x),
    "toarray": (lambda x: A.toarray() @ x**2, x),
    "kron": (lambda x: ss.kron(ss.eye(2), ss.csr_matrix(np.eye(2))) @ x**2, x),
    "made here": (lambda x: ss.diags([1.0, -2.0, 1.0], [-1, 0, 1], shape=(4, 4)) @ x**2, x),
    "made here of arrays": (lambda x: places(np.ones(6)).tolil().tocsr() @ x**2, x),
    "spsolve": (lambda b: sl.spsolve(A.tocsc(), b) ** 2, x),
    "spsolve of a matrix": (lambda b: sl.spsolve(A, b) ** 2, X),
    "spsolve of an argument": (lambda b, M: sl.spsolve(M, b) ** 2, x, A),
    "splu": (lambda b: sl.splu(A.tocsc()).solve(b) ** 2, x),
    "factorized": (lambda b: sl.factorized(A.tocsc())(b) ** 2, x),
}


@pytest.mark.parametrize("name", CONSTANT)
def test_constant_matrices(name):
    agrees(*CONSTANT[name])


def test_captured():
    H = ss.csr_matrix(dense)

    def product(x):
        return H @ x**2

    agrees(product, x)


def test_held_by_objects():
    class Model:
        def __init__(self, matrix):
            self.matrix = matrix

        def apply(self, x):
            return self.matrix @ x**2

    model = Model(A)
    agrees(lambda x: model.apply(x), x)


ACTIVE = {
    "csr": (lambda v, x: places(v) @ x, v, x),
    "csc_array, a matrix": (lambda v, x: places_array(v) @ x, v, X),
    "star": (lambda v, x: places(v) * x, v, x),
    "from the left": (lambda v, x: x @ ss.coo_array((v, (i, j)), shape=(4, 4)), v, x),
    "from the left, a matrix": (lambda v, x: x.T @ ss.coo_array((v, (i, j)), shape=(4, 4)), v, X),
    "shape of the places": (lambda v, x: ss.coo_matrix((v, (i, j))) @ x, v, x),
    "compressed rows": (lambda w, x: ss.csr_matrix((w, indices, indptr)) @ x, w, x),
    "compressed columns": (lambda w, x: ss.csc_matrix((w, indices, indptr), shape=(4, 4)) @ x, w, x),
    "dia": (lambda v, x: ss.dia_matrix((np.stack([v[:4], v[1:5]]), [0, 1]), shape=(4, 4)) @ x, v, x),
    "dia_array": (lambda v, x: ss.dia_array((v[None, :4], [0]), shape=(4, 4)) @ x, v, x),
    "diags": (lambda v, x: ss.diags([v[:3], v[:4], v[3:]], [-1, 0, 1]) @ x, v, x),
    "diags of numbers": (lambda a, x: ss.diags([a, -2 * a, 1.0], [-1, 0, 1], shape=(4, 4)) @ x, 2.0, x),
    "diags of one diagonal": (lambda x: ss.diags(x) @ x, x),
    "diags_array": (
        lambda v, x: ss.diags_array([v[:3], v[:4]], offsets=[1, 0], shape=(4, 4)).tocsr() @ x,
        v,
        x,
    ),
    "spsolve": (lambda v, b: sl.spsolve(places(v), b), v, x),
    "spsolve of a matrix": (lambda v, b: sl.spsolve(places_array(v), b), v, X),
    "splu": (lambda v, b: sl.splu(ss.csc_matrix((v, (i, j)), shape=(4, 4))).solve(b), v, x),
    "factorized": (lambda v, b: sl.factorized(places(v).tocsc())(b), v, x),
    "sum with a constant": (lambda v, x: (places(v) + A).T @ x, v, x),
    "difference with a constant": (lambda v, x: (A - places(v) * 2.0) @ x, v, x),
    "sum of two": (lambda v, x: (places(v) + places(v**2)) @ x, v, x),
    "negative": (lambda v, x: -places(v) @ x, v, x),
    "toarray": (lambda v: places(v).toarray() ** 2, v),
    "sum": (lambda v: places(v).sum() ** 2, v),
    "sum along an axis": (lambda v: places_array(v).sum(axis=1) ** 2, v),
    "diagonal": (lambda v: places_array(v).diagonal() ** 2, v),
    "multiply by a number": (lambda v, x: places(v).multiply(2.0) @ x, v, x),
}


@pytest.mark.parametrize("name", ACTIVE)
def test_matrices_of_active_values(name):
    agrees(*ACTIVE[name])


def test_in_a_loop():
    def steps(v, x):
        M = places(v)
        for _ in range(3):
            x = np.tanh(M @ x)
        return x

    agrees(steps, v, x)


def test_complex():
    z = x + 1j * x[::-1]
    agrees(lambda x: A @ x, z, second=False)
    agrees(lambda x: (A * (1 + 2j)) @ x, z, second=False)
    agrees(lambda x: (A * (1 + 2j)) @ x, x, second=False)
    agrees(lambda v, x: places(v) @ x, v + 0.5j, z, second=False)
    agrees(lambda v, b: sl.spsolve(places(v), b), v + 0.5j, z, second=False)


def in_place(x):
    M = ss.csr_matrix(dense)
    M.data[:4] = x
    return M @ x


def item_by_item(x):
    M = ss.lil_matrix((4, 4))
    M[0, 1] = x[0]
    return M.tocsr() @ x


REFUSED = {
    "elementwise": (lambda x: (AA * x).sum(), x),
    "multiply": (lambda x: A.multiply(x).sum(), x),
    "sum with a dense one": (lambda x: np.sum(A + x), x),
    "of a dense one": (lambda x: ss.csr_matrix(np.outer(x, x)) @ x, x),
    "kron": (lambda v, x: ss.kron(places(v), A) @ np.tile(x, 4), v, x),
    "norm": (lambda v: sl.norm(places(v)), v),
    "its values": (lambda v: np.sum(places(v).data), v),
    "product of two": (lambda v, x: places(v) @ places(v) @ x, v, x),
    "an element": (lambda v: places(v)[0, 1], v),
    "a row": (lambda v, x: places(v)[0] @ x, v, x),
    "iterative solver": (lambda v, x: sl.cg(places(v), x)[0], v, x),
    "its eigenvalues": (lambda v: sl.eigs(places(v), k=1)[0], v),
    "item by item": (item_by_item, x),
    "in place": (in_place, x),
    "returned": (places, v),
    "np.multiply": (lambda x: np.multiply(A, x), x),
    "np.dot": (lambda x: np.dot(A, x), x),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("transform", [adtrans.vjp, adtrans.jvp])
def test_what_is_refused(name, transform):
    fun, *args = REFUSED[name]
    argnums = tuple(range(len(args)))
    vectors = args if transform is adtrans.jvp else (1.0,)
    with pytest.raises(adtrans.AdtransError) as caught:
        transform(fun, argnums)(*args, *vectors)
    assert caught.value.code != "internal"
    assert caught.value.hint


def test_constant_matrices_serve_what_has_no_rule():
    def filled(x):
        M = ss.lil_matrix((4, 4))
        for k in range(4):
            M[k, k] = 2.0
        return np.sum((M.tocsr() @ x) ** 2)

    np.testing.assert_allclose(adtrans.grad(filled)(x), 8.0 * x)
    np.testing.assert_allclose(adtrans.grad(lambda x: np.sum(x**2) * A.nnz * AA.shape[0])(x), 8.0 * A.nnz * x)
    np.testing.assert_allclose(adtrans.grad(lambda x: np.sum(x) * A.sum())(x), np.full(4, A.sum()))
