"""Every row of data/coverage/edge_cases.csv, as a test of the value or the behaviour that it recommends."""

import csv
import itertools
import math
import warnings
from pathlib import Path

import numpy as np
import pytest

import adtrans

FILE = Path(__file__).parents[1] / "data" / "coverage" / "edge_cases.csv"
INF, NAN = math.inf, math.nan
TESTS = {}
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def row(case):
    """The function is the test of a row."""

    def register(test):
        assert case not in TESTS
        TESTS[case] = test
        return test

    return register


def rows():
    with FILE.open(newline="") as file:
        return [line["case"] for line in csv.DictReader(file)]


@pytest.mark.parametrize("case", rows())
def test_row(case):
    TESTS[case]()


def test_no_row_is_made_up():
    assert set(TESTS) == set(rows())


# ----- comparing -----


def same(found, expected, rtol=1e-12, atol=1e-14):
    """Values, shapes and structures are one; NaN is NaN."""
    if isinstance(expected, tuple):
        assert isinstance(found, tuple) and len(found) == len(expected)
        for f, e in zip(found, expected):
            same(f, e, rtol, atol)
        return
    assert np.shape(found) == np.shape(expected)
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=atol)


def gives(f, args, expected, argnums=0, **tolerances):
    """The gradient of the sum of a function is this, and its tangents agree wherever it is finite."""
    summed, plain = of_sum(f, len(args)), of_itself(f, len(args))
    expected = tuple(map(np.asarray, expected)) if isinstance(expected, tuple) else np.asarray(expected)
    args = tuple(map(np.asarray, args))
    args = tuple(x.astype(float) if x.dtype.kind == "i" else x for x in args)
    for total in (summed, plain) if np.ndim(f(*args)) == 0 else (summed,):
        same(adtrans.grad(total, argnums)(*args), expected, **tolerances)
        if not any(x.ndim for x in args):
            same(adtrans.grad(total, argnums)(*(x.item() for x in args)), expected, **tolerances)
    along(summed, args, expected, argnums)


def of_sum(f, count):
    return (lambda x: np.sum(f(x)), lambda x, y: np.sum(f(x, y)), lambda x, y, z: np.sum(f(x, y, z)))[
        count - 1
    ]


def of_itself(f, count):
    return (lambda x: f(x), lambda x, y: f(x, y), lambda x, y, z: f(x, y, z))[count - 1]


def along(total, args, gradients, argnums):
    """The tangent along each unit vector is the entry of the gradient."""
    listed = argnums if isinstance(argnums, tuple) else (argnums,)
    parts = gradients if isinstance(gradients, tuple) else (gradients,)
    for argnum, gradient in zip(listed, parts):
        if gradient.size > 1 and not np.all(np.isfinite(gradient)):
            continue  # the sum adds 0 * inf
        for index in np.ndindex(args[argnum].shape):
            unit = np.zeros(args[argnum].shape)
            unit[index] = 1.0
            found = adtrans.jvp(total, argnum)(*args, unit)[1]
            if np.isfinite(gradient[index]):
                np.testing.assert_allclose(found, gradient[index], rtol=1e-6, atol=1e-8)
            else:
                assert not np.isfinite(found)


def numeric(f, x, h=1e-5):
    """The gradient of a function of one array by differences."""
    out = np.zeros(np.shape(x))
    for index in np.ndindex(np.shape(x)):
        high, low = np.array(x, float), np.array(x, float)
        high[index] += h
        low[index] -= h
        out[index] = (np.sum(f(high)) - np.sum(f(low))) / (2 * h)
    return out


def smooth(f, x, **tolerances):
    """At a point where the function is smooth, gradient and tangents are those of differences."""
    x = np.asarray(x, float)
    weights = np.cos(np.arange(np.size(f(x)))).reshape(np.shape(f(x)))
    gives(lambda x: weights * f(x), (x,), numeric(lambda x: weights * f(x), x), rtol=1e-6, atol=1e-7)


# ----- norms -----


@row("norm(x) at 0")
def _():
    gives(np.linalg.norm, ([0.0, 0.0, 0.0],), [0.0, 0.0, 0.0])
    gives(lambda x: np.linalg.norm(x), (np.zeros((2, 2)),), np.zeros((2, 2)))


@row("norm(x)**2 at 0")
def _():
    gives(lambda x: np.linalg.norm(x) ** 2, ([0.0, 0.0],), [0.0, 0.0])


@row("norm(x,axis) with one zero row")
def _():
    gives(lambda x: np.linalg.norm(x, axis=1), ([[0.0, 0.0], [3.0, 4.0]],), [[0.0, 0.0], [0.6, 0.8]])


@row("norm ord=1 at a 0 entry; ord=inf")
def _():
    gives(lambda x: np.linalg.norm(x, ord=1), ([0.0, 2.0, -3.0],), [0.0, 1.0, -1.0])
    gives(lambda x: np.linalg.norm(x, ord=np.inf), ([1.0, -3.0, 2.0],), [0.0, -1.0, 0.0])
    gives(lambda x: np.linalg.norm(x, ord=np.inf), ([1.0, -3.0, 3.0],), [0.0, -0.5, 0.5])


# ----- roots, signs, steps -----


@row("sqrt at 0")
def _():
    gives(np.sqrt, (0.0,), INF)
    gives(np.sqrt, ([0.0, 4.0],), [INF, 0.25])
    assert adtrans.grad(lambda x: math.sqrt(x))(0.0) == INF
    assert adtrans.grad(lambda x: x**0.5)(0.0) == INF


@row("sqrt(x**2) at 0")
def _():
    gives(lambda x: np.sqrt(x**2), (0.0,), NAN)
    gives(np.abs, (0.0,), 0.0)
    gives(lambda x: np.hypot(x, 0.0), (0.0,), 0.0)


@row("where(x>0,sqrt(x),0) dead branch")
def _():
    gives(lambda x: np.where(x > 0, np.sqrt(x), 0), (0.0,), 0.0)
    gives(lambda x: np.where(x > 0, np.sqrt(x), 0), ([-1.0, 0.0, 4.0],), [0.0, 0.0, 0.25])
    gives(lambda x: np.where(x <= 0, 0.0, np.log(x) * x), ([0.0, 1.0],), [0.0, 1.0])
    gives(lambda x: np.select([x > 0], [1.0 / x], 0.0), ([0.0, 2.0],), [0.0, -0.25])


@row("abs / fabs at 0 and -0.0")
def _():
    for zero in (0.0, -0.0):
        for f in (np.abs, np.fabs, lambda x: abs(x)):
            gives(f, (zero,), 0.0)
            gives(f, ([zero, -2.0],), [0.0, -1.0])
        assert adtrans.grad(lambda x: math.fabs(x))(zero) == 0.0


@row("complex abs at 0j")
def _():
    assert adtrans.grad(lambda z: np.abs(z))(0j) == 0j
    assert adtrans.grad(lambda z: abs(z))(0j) == 0j
    same(adtrans.grad(lambda z: np.sum(np.abs(z)))(np.array([0j, 3 + 4j])), np.array([0j, 0.6 + 0.8j]))
    assert adtrans.jvp(lambda z: np.abs(z))(0j, 1 + 1j)[1] == 0.0


@row("sign/floor/ceil/round/rint/trunc")
def _():
    for f in (np.sign, np.floor, np.ceil, np.round, np.rint, np.trunc):
        for x in (0.0, 1.0, -1.3, 2.5):
            gives(f, (x,), 0.0)
    for f in (math.floor, math.ceil, math.trunc, round):
        assert adtrans.grad(lambda x: f(x) * 1.0)(2.5) == 0.0


@row("x//y")
def _():
    gives(lambda x, y: x // y, (7.0, 2.0), (0.0, 0.0), (0, 1))
    gives(lambda x: x // 2.0, ([7.0, 4.0],), [0.0, 0.0])


# ----- ties -----


@row("maximum(x,y) tie")
def _():
    for f in (np.maximum, np.minimum, np.fmax, np.fmin):
        gives(f, (1.0, 1.0), (0.5, 0.5), (0, 1))
    gives(np.maximum, ([1.0, 2.0], [1.0, 1.0]), ([0.5, 1.0], [0.5, 0.0]), (0, 1))
    assert adtrans.grad(lambda x, y: max(x, y), (0, 1))(1.0, 1.0) == (0.5, 0.5)


@row("maximum(x,0.) at 0")
def _():
    gives(lambda x: np.maximum(x, 0.0), (0.0,), 0.5)
    gives(lambda x: np.maximum(x, 0.0), ([0.0, 1.0, -1.0],), [0.5, 1.0, 0.0])


@row("max(x) reduction tie")
def _():
    gives(np.max, ([3.0, 1.0, 3.0],), [0.5, 0.0, 0.5])
    gives(np.min, ([2.0, 2.0, 2.0, 5.0],), [1 / 3, 1 / 3, 1 / 3, 0.0])
    gives(lambda x: np.max(x, axis=1), ([[1.0, 1.0], [0.0, 2.0]],), [[0.5, 0.5], [0.0, 1.0]])
    gives(lambda x: x[np.argmax(x)], ([3.0, 1.0, 3.0],), [1.0, 0.0, 0.0])


@row("max with NaN element")
def _():
    gives(np.max, ([1.0, NAN, 3.0],), [NAN, NAN, NAN])


@row("max(x,initial=2.), sum/mean/prod/var/std(where=mask)")
def _():
    gives(lambda x: np.max(x, initial=2.0), ([2.0, 1.0],), [0.5, 0.0])
    gives(lambda x: np.max(x, initial=2.0), ([2.0, 2.0, 1.0],), [1 / 3, 1 / 3, 0.0])
    gives(lambda x: np.max(x, initial=2.0), ([1.0, 1.5],), [0.0, 0.0])
    mask = np.array([True, False, True])
    gives(lambda x: np.sum(x, where=mask), ([1.0, NAN, 3.0],), [1.0, 0.0, 1.0])
    gives(lambda x: np.mean(x, where=mask), ([1.0, INF, 3.0],), [0.5, 0.0, 0.5])
    gives(lambda x: np.prod(x, where=mask), ([2.0, 5.0, 3.0],), [3.0, 0.0, 2.0])
    gives(lambda x: np.var(x, where=mask), ([1.0, 5.0, 3.0],), [-1.0, 0.0, 1.0])
    gives(lambda x: np.std(x, where=mask), ([1.0, 5.0, 3.0],), [-0.5, 0.0, 0.5])


@row("sort ties, n-D sort, partition")
def _():
    weights = np.array([1.0, 2.0, 3.0, 4.0])
    gives(lambda x: weights * np.sort(x), ([2.0, 1.0, 2.0, 0.0],), [3.0, 2.0, 4.0, 1.0])
    x = np.array([[2.0, 0.5, 1.0], [0.1, 3.0, 2.5]])
    for axis in (0, 1, -1, None):
        smooth(lambda x: np.sort(x, axis=axis), x)
        smooth(lambda x: np.partition(x, 1, axis=axis), x)


@row("median/quantile/percentile")
def _():
    x = np.array([1.0, 4.0, 2.0, 9.0])
    gives(np.median, (x,), [0.0, 0.5, 0.5, 0.0])
    gives(lambda x: np.quantile(x, 0.3), (x,), [0.1, 0.0, 0.9, 0.0])
    gives(lambda x: np.percentile(x, 30.0), (x,), [0.1, 0.0, 0.9, 0.0])


@row("clip at the bound")
def _():
    gives(np.clip, (1.0, 1.0, 2.0), (0.5, 0.5, 0.0), (0, 1, 2))
    gives(np.clip, ([0.0, 1.5, 3.0], 0.0, 2.0), ([0.5, 1.0, 0.0], 0.5, 1.0), (0, 1, 2))
    gives(lambda x: np.clip(x, None, 1.0), ([1.0, 3.0, 0.0],), [0.5, 0.0, 1.0])
    gives(lambda x: np.clip(x, a_min=0.0, a_max=1.0), ([0.0, 0.5],), [0.5, 1.0])
    gives(lambda x, low: np.clip(x, low, 2.0), ([0.0, 0.5], [1.0, 0.0]), ([0.0, 1.0], [1.0, 0.0]), (0, 1))
    gives(lambda x: x.clip(0.0, 1.0), ([0.0, 0.5],), [0.5, 1.0])


# ----- products, deviations -----


@row("prod with one zero / two zeros")
def _():
    gives(np.prod, ([3.0, 0.0, 5.0],), [0.0, 15.0, 0.0])
    gives(np.prod, ([0.0, 0.0, 5.0],), [0.0, 0.0, 0.0])


@row("cumprod with zeros")
def _():
    for x in ([2.0, 0.0, 3.0, 4.0], [0.0, 2.0, 0.0, 4.0]):
        smooth(np.cumprod, x)


@row("std of constant vector (and axis with one constant column)")
def _():
    gives(np.std, ([2.0, 2.0, 2.0],), [0.0, 0.0, 0.0])
    gives(lambda x: np.std(x, axis=0), ([[1.0, 2.0], [1.0, 4.0]],), [[0.0, -0.5], [0.0, 0.5]])


@row("std of one element")
def _():
    gives(np.std, ([2.0],), [0.0])
    gives(np.std, (2.0,), 0.0)
    gives(lambda x: np.var(x, ddof=1), ([2.0],), [NAN])


# ----- powers -----


@row("x**p wrt x at x=0: p=0,.5,1,2")
def _():
    for p, expected in ((0.0, 0.0), (0.5, INF), (1.0, 1.0), (2.0, 0.0)):
        gives(lambda x: x**p, (0.0,), expected)
        gives(lambda x: x**p, ([0.0],), [expected])
        gives(lambda x, p: x**p, (0.0, p), expected)
        gives(lambda x, p: x**p, ([0.0], p), [expected])


@row("x**p wrt p at x=0 (p>0 / p=0)")
def _():
    for p in (2.0, 0.5, 0.0):
        gives(lambda x, p: x**p, (0.0, p), 0.0, 1)
        gives(lambda x, p: x**p, ([0.0], p), 0.0, 1)
    made = adtrans.grad(lambda x: np.sum(x**3.0))
    made(np.ones(2))
    assert "log" not in made.source


@row("(-2.)**3. wrt p")
def _():
    gives(lambda x, p: x**p, (-2.0, 3.0), (12.0, NAN), (0, 1))
    gives(lambda x, p: x**p, ([-2.0], 3.0), ([12.0], NAN), (0, 1))


@row("2nd derivative of x**2, x**3. at 0")
def _():
    for f, expected in ((lambda x: x**2, 2.0), (lambda x: x**3.0, 0.0), (lambda x: x**2.0, 2.0)):
        assert adtrans.grad(adtrans.grad(f))(0.0) == expected
        assert adtrans.jvp(adtrans.grad(f))(0.0, 1.0)[1] == expected
        same(adtrans.hvp(lambda x: np.sum(f(x)))(np.zeros(2), np.ones(2)), np.full(2, expected))
    for p, expected in ((2.0, 2.0), (3.0, 0.0)):
        assert adtrans.grad(adtrans.grad(lambda x, p: x**p))(0.0, p) == expected


# ----- logarithms, angles -----


@row("x*log(x) at 0")
def _():
    special = pytest.importorskip("scipy.special")
    gives(lambda x: x * np.log(x), (0.0,), NAN)
    gives(special.xlogy, (0.0, 3.0), 0.0, 1)
    gives(lambda y: special.xlogy(0.0, y), (0.0,), 0.0)


@row("arccos(1), arccosh(1), log(0)")
def _():
    gives(np.arccos, (1.0,), -INF)
    gives(np.arccosh, (1.0,), INF)
    gives(np.log, (0.0,), INF)
    assert adtrans.grad(lambda x: math.acos(x))(1.0) == -INF
    assert adtrans.grad(lambda x: math.acosh(x))(1.0) == INF


@row("sinc at 0, near 0, 2nd derivative")
def _():
    gives(np.sinc, (0.0,), 0.0)
    gives(np.sinc, ([0.0, 1e-9],), [0.0, -(math.pi**2) / 3 * 1e-9], atol=0.0)
    assert adtrans.grad(adtrans.grad(lambda x: np.sinc(x)))(0.0) == pytest.approx(-(math.pi**2) / 3)


@row("arctan2(0,0)")
def _():
    gives(np.arctan2, (0.0, 0.0), (0.0, 0.0), (0, 1))
    assert adtrans.grad(lambda y, x: math.atan2(y, x), (0, 1))(0.0, 0.0) == (0.0, 0.0)


@row("arctan2(1e-200,1e-200) wrt y (5e199)")
def _():
    gives(np.arctan2, (1e-200, 1e-200), (5e199, -5e199), (0, 1))


@row("hypot(0,0) ; hypot(1e200,1e200)")
def _():
    half = math.sqrt(0.5)
    gives(np.hypot, (0.0, 0.0), (0.0, 0.0), (0, 1))
    gives(np.hypot, (1e200, 1e200), (half, half), (0, 1))
    assert adtrans.grad(lambda a, b: math.hypot(a, b), (0, 1))(0.0, 0.0) == (0.0, 0.0)


@row("x/y wrt y, tiny y")
def _():
    gives(lambda x, y: x / y, (1e-200, 1e-200), -1e200, 1)
    gives(lambda x, y: x / y, ([1e-200], [1e-200]), [-1e200], 1)


@row("logaddexp(-inf,-inf), (inf,inf)")
def _():
    for f in (np.logaddexp, np.logaddexp2):
        gives(f, (-INF, -INF), (0.0, 0.0), (0, 1))
        gives(f, (INF, INF), (0.5, 0.5), (0, 1))


@row("logsumexp: one -inf ; all -inf")
def _():
    special = pytest.importorskip("scipy.special")
    gives(special.logsumexp, ([-INF, 1.0],), [0.0, 1.0])
    gives(special.logsumexp, ([-INF, -INF],), [0.0, 0.0])


@row("log1p(exp(1000))")
def _():
    gives(lambda x: np.log1p(np.exp(x)), (1000.0,), NAN)
    gives(lambda x: np.logaddexp(0.0, x), (1000.0,), 1.0)


@row("tanh/expit/logistic saturation")
def _():
    special = pytest.importorskip("scipy.special")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gives(np.tanh, (1000.0,), 0.0)
        gives(special.expit, ([1000.0, -1000.0],), [0.0, 0.0])


@row("mod(x,y) wrt y; at a jump; fmod")
def _():
    for x, y in ((7.5, 2.0), (-7.5, 2.0), (6.0, 2.0)):
        gives(np.mod, (x, y), (1.0, -math.floor(x / y)), (0, 1))
        gives(lambda x, y: x % y, (x, y), (1.0, -math.floor(x / y)), (0, 1))
        gives(np.fmod, (x, y), (1.0, -math.trunc(x / y)), (0, 1))
        assert adtrans.grad(lambda x, y: math.fmod(x, y), 1)(x, y) == -math.trunc(x / y)


# ----- shapes -----


@row("where(c,s,vec) wrt scalar s")
def _():
    chosen = np.array([True, False, True])
    vector = np.array([1.0, 2.0, 3.0])
    gives(lambda s, v: np.where(chosen, s, v), (5.0, vector), (2.0, [0.0, 1.0, 0.0]), (0, 1))


@row("size-1, leading-dim, 0-size broadcasting")
def _():
    wide = np.arange(6.0).reshape(2, 3)
    shapes = [(), (1,), (3,), (1, 3), (2, 1), (1, 1, 1), (0,)]
    for shape, f in itertools.product(shapes, (np.add, np.multiply, np.maximum)):
        other = wide if shape != (0,) else np.ones((2, 1))
        x = np.full(shape, 2.5)
        gradient = adtrans.grad(lambda x, w: np.sum(f(x, w)))(x, other)
        assert np.shape(gradient) == shape
        np.testing.assert_allclose(gradient, numeric(lambda x: f(x, other), x), atol=1e-8)


@row("broadcast_to with new leading dims")
def _():
    gives(lambda x: np.broadcast_to(x, (4, 2, 3)), ([1.0, 2.0, 3.0],), [8.0, 8.0, 8.0])
    gives(lambda x: np.broadcast_to(x, (4, 2)), ([[1.0], [2.0], [3.0], [4.0]],), np.full((4, 1), 2.0))


@row("diag of a non-square matrix")
def _():
    gives(np.diag, (np.ones((2, 3)),), [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    gives(lambda x: np.diag(x, 1), (np.ones((3, 2)),), [[0.0, 1.0], [0.0, 0.0], [0.0, 0.0]])


@row("cross/solve with broadcast operands")
def _():
    a, b = np.array([1.0, 2.0, 3.0]), np.arange(6.0).reshape(2, 3) + 0.5
    smooth(lambda a: np.cross(a, b), a)
    smooth(lambda b: np.cross(a, b), b)
    stack = np.eye(3) * 2.0 + np.arange(18.0).reshape(2, 3, 3) / 20.0
    right = np.arange(6.0).reshape(3, 2)
    smooth(lambda m: np.linalg.solve(m, right), stack)
    smooth(lambda r: np.linalg.solve(stack, r), right)


@row("repeat(x,2,axis=-1) ; repeat array")
def _():
    x = np.arange(6.0).reshape(2, 3)
    smooth(lambda x: np.repeat(x, 2, axis=-1), x)
    smooth(lambda x: np.repeat(x, [1, 0, 3], axis=1), x)


@row("roll tuple shift, tile, pad non-constant")
def _():
    x = np.arange(6.0).reshape(2, 3)
    smooth(lambda x: np.roll(x, (1, 2), axis=(0, 1)), x)
    smooth(lambda x: np.tile(x, (2, 2)), x)
    for mode in ("edge", "reflect", "wrap", "symmetric"):
        smooth(lambda x: np.pad(x, 1, mode=mode), x)


@row("einsum 'ii->i','ii' ; same operand twice ; size-1")
def _():
    x = np.arange(9.0).reshape(3, 3) / 5.0
    for subscripts in ("ii->i", "ii"):
        smooth(lambda x: np.einsum(subscripts, x), x)
    smooth(lambda x: np.einsum("ij,jk->ik", x, x), x)
    smooth(lambda r: np.einsum("ij,ij->i", r, x[:1]), np.ones((1, 3)))


@row("matmul 1-D/batched, dot n-D")
def _():
    vector, matrix, stack = np.arange(3.0), np.arange(9.0).reshape(3, 3), np.arange(18.0).reshape(2, 3, 3)
    for a, b in itertools.product((vector, matrix, stack), repeat=2):
        for f in (np.matmul, np.dot):
            smooth(lambda a: f(a, b), a)
            smooth(lambda b: f(a, b), b)


@row("np.gradient on length 3")
def _():
    for order in (1, 2):
        smooth(lambda x: np.gradient(x, 0.5, edge_order=order), [1.0, 4.0, 2.0])


@row("split/array_split unequal, concatenate axis=None")
def _():
    x = np.arange(7.0)
    smooth(lambda x: np.split(x, [2, 3])[2], x)
    smooth(lambda x: np.array_split(x, 3)[0] * 2.0 + np.array_split(x, 3)[0], x)
    smooth(lambda x: np.concatenate((x, x * x), axis=None), x.reshape(7, 1))


@row("norm(...,keepdims=True)")
def _():
    x = np.arange(6.0).reshape(2, 3) + 1.0
    for axis in (None, 0, 1, (0, 1)):
        smooth(lambda x: np.linalg.norm(x, axis=axis, keepdims=True), x)


@row("interp at/outside knots, wrt fp")
def _():
    knots, values = np.array([0.0, 1.0, 3.0]), np.array([0.0, 2.0, 3.0])
    gives(lambda x, fp: np.interp(x, knots, fp), (0.25, values), (2.0, [0.75, 0.25, 0.0]), (0, 1))
    gives(lambda x: np.interp(x, knots, values), ([-1.0, 4.0],), [0.0, 0.0])
    assert adtrans.grad(lambda x: np.interp(x, knots, values))(1.0) in (2.0, 0.5)
    gives(lambda fp: np.interp(1.0, knots, fp), (values,), [0.0, 1.0, 0.0])


@row("full_like(x,s) wrt s")
def _():
    gives(lambda s: np.full_like(np.ones((2, 3)), s), (5.0,), 6.0)
    gives(lambda s: np.full((2, 3), s), (5.0,), 6.0)


# ----- indices and stores -----


@row("read with repeated indices x[[0,0,1]]")
def _():
    gives(lambda x: x[[0, 0, 1]], ([1.0, 2.0, 3.0],), [2.0, 1.0, 0.0])


def written_twice(y, v):
    y = y.copy()
    y[[0, 0]] = v
    return y


def added_twice(y, v):
    y = y.copy()
    y[[0, 0]] += v
    return y


def accumulated(y, v):
    y = y.copy()
    np.add.at(y, [0, 0], v)
    return y


@row("y[[0,0]]=v (last wins)")
def _():
    gives(written_twice, ([1.0, 2.0], [3.0, 4.0]), ([0.0, 1.0], [0.0, 1.0]), (0, 1))


@row("y[[0,0]]+=v (NumPy counts once)")
def _():
    gives(added_twice, ([1.0, 2.0], [3.0, 4.0]), ([1.0, 1.0], [0.0, 1.0]), (0, 1))
    gives(accumulated, ([1.0, 2.0], [3.0, 4.0]), ([1.0, 1.0], [1.0, 1.0]), (0, 1))


def overwritten(x):
    y = x * 1.0
    y[0] = np.sin(x[1])
    for i in range(1, 3):
        y[i] = y[i - 1] * x[i]
    return y


@row("y[0]=f(x); z[i]=.. in a loop")
def _():
    smooth(overwritten, [1.0, 2.0, 3.0])


def through_a_view(x):
    y = x * 1.0
    v = y[1:]
    v *= 2.0
    z = y
    z += 1.0
    return y * y


@row("view write v=y[1:]; v*=2 and alias z=y; z+=1")
def _():
    gives(through_a_view, ([1.0, 2.0],), [4.0, 20.0])


def squared_in_place(x):
    y = np.exp(x)
    y *= y
    return y


@row("y=exp(x); y*=y (saved value overwritten)")
def _():
    gives(squared_in_place, ([0.0, 1.0],), [2.0, 2.0 * math.exp(2.0)])


def into(x):
    y = np.empty(2)
    np.multiply(x, x, out=y)
    return y


@row("out= keyword")
def _():
    gives(into, ([3.0, 4.0],), [6.0, 8.0])


@row("take, take_along_axis")
def _():
    x = np.array([[2.0, 0.5, 1.0], [0.1, 3.0, 2.5]])
    smooth(lambda x: np.take(x, [0, 0, 2], axis=1), x)
    smooth(lambda x: x.take([5, 5, 1]), x)
    smooth(lambda x: np.take_along_axis(x, np.array([[0, 0], [2, 1]]), axis=1), x)


def listed(x):
    items = []
    for i in range(3):
        items.append(x * i)
    return np.array(items)


@row("scalars into np.array([x,2*x]), list append")
def _():
    gives(lambda x: np.array([x, 2 * x]), (3.0,), 3.0)
    gives(listed, (3.0,), 3.0)


# ----- linear algebra -----

SINGULAR = np.array([[1.0, 2.0], [2.0, 4.0]])


@row("det of a singular matrix")
def _():
    gives(np.linalg.det, (SINGULAR,), [[4.0, -2.0], [-2.0, 1.0]])
    gives(np.linalg.det, (np.zeros((2, 2)),), np.zeros((2, 2)))
    gives(np.linalg.det, (np.diag([0.0, 0.0, 1.0]),), np.zeros((3, 3)))


@row("slogdet sign of a complex matrix")
def _():
    a = np.array([[1.0 + 1.0j, 2.0], [0.5j, 3.0]])
    d = np.array([[0.3, 0.1j], [1.0 + 0.2j, -0.4]])

    def sign(a):
        return np.linalg.slogdet(a)[0]

    tangent = adtrans.jvp(sign)(a, d)[1]
    np.testing.assert_allclose(tangent, (sign(a + 1e-6 * d) - sign(a - 1e-6 * d)) / 2e-6, rtol=1e-7)
    adjoint = adtrans.vjp(sign)(a, 0.7 - 0.2j)[1][0]
    assert np.real(np.conj(0.7 - 0.2j) * tangent) == pytest.approx(np.real(np.sum(np.conj(adjoint) * d)))


@row("cholesky wrt A")
def _():
    a = np.array([[4.0, 1.0], [1.0, 3.0]])
    smooth(np.linalg.cholesky, a)
    assert adtrans.grad(lambda a: np.sum(np.linalg.cholesky(a)))(a)[0, 1] == 0.0


@row("eigh wrt A (UPLO)")
def _():
    a = np.array([[4.0, 1.0], [1.0, 3.0]])
    for triangle, unread in (("L", (0, 1)), ("U", (1, 0))):
        smooth(lambda a: np.linalg.eigvalsh(a, triangle), a)
        smooth(lambda a: np.linalg.eigh(a, triangle)[1] ** 2, a)
        assert adtrans.grad(lambda a: np.sum(np.linalg.eigvalsh(a, triangle) ** 3))(a)[unread] == 0.0


@row("eigh/svd values only, degenerate")
def _():
    gives(lambda a: np.linalg.eigh(a)[0] ** 2, (np.eye(2),), 2.0 * np.eye(2))
    gives(lambda a: np.linalg.eigvalsh(a) ** 2, (np.eye(2),), 2.0 * np.eye(2))
    gives(lambda a: np.linalg.svd(a, compute_uv=False) ** 2, (np.eye(2),), 2.0 * np.eye(2))
    gives(lambda a: np.linalg.svd(a)[1] ** 2, (np.eye(2),), 2.0 * np.eye(2))


@row("eigh/svd vectors, degenerate")
def _():
    weights = np.array([[1.0, 2.0], [3.0, 5.0]])
    for vectors in (
        lambda a: np.linalg.eigh(a)[1],
        lambda a: np.linalg.svd(a)[0],
        lambda a: np.linalg.svd(a)[2],
    ):
        with pytest.warns(RuntimeWarning):
            found = adtrans.grad(lambda a: np.sum(weights * vectors(a)))(np.eye(2))
        assert np.all(np.isnan(np.tril(found, -1)[1:, :1]))
        with pytest.warns(RuntimeWarning):
            assert np.any(np.isnan(adtrans.jvp(vectors)(np.eye(2), weights)[1]))


@row("nuclear norm at zero singular value")
def _():
    u, _, vh = np.linalg.svd(SINGULAR)
    gives(lambda a: np.linalg.norm(a, "nuc"), (SINGULAR,), u @ vh)


@row("rfft odd n ; norm='forward'")
def _():
    for length, norm in itertools.product((4, 5), (None, "backward", "ortho", "forward")):
        x = np.cos(np.arange(length) ** 2.0)
        smooth(lambda x: np.abs(np.fft.rfft(x, norm=norm)), x)
        smooth(lambda x: np.abs(np.fft.rfft(x, n=7, norm=norm)), x)
        smooth(lambda x: np.fft.irfft(x, n=length, norm=norm), x)


# ----- complex numbers, dtypes, structure -----


@row("real f of complex z: |z|^2 at 1+2j")
def _():
    for f in (lambda z: np.abs(z) ** 2, lambda z: np.real(z * np.conj(z)), lambda z: z.real**2 + z.imag**2):
        assert adtrans.grad(f)(1 + 2j) == pytest.approx(2 + 4j)
        assert adtrans.jvp(f)(1 + 2j, 1j)[1] == pytest.approx(4.0)
    assert adtrans.vjp(lambda z: z * z)(1 + 2j, 1.0)[1][0] == np.conj(2 * (1 + 2j))


@row("real x through exp(1j*x)")
def _():
    gradient = adtrans.grad(lambda x: np.sum(np.real(np.exp(1j * x))))(np.array([0.5, 1.0]))
    assert gradient.dtype == float
    np.testing.assert_allclose(gradient, -np.sin([0.5, 1.0]))
    assert type(adtrans.grad(lambda x: np.imag(np.exp(1j * x)))(0.5)) in (float, np.float64)


@row("float32 input, float64 constants")
def _():
    x = np.ones(3, np.float32)
    constants = np.array([1.0, 2.0, 3.0])
    for f in (
        lambda x: np.sum(x * constants),
        lambda x: np.sum(x * np.float64(2.0)),
        lambda x: x @ constants,
    ):
        assert adtrans.grad(f)(x).dtype == np.float32
        assert adtrans.jvp(lambda x: x * 2.0)(x, x)[1].dtype == np.float32


@row("int argument")
def _():
    for x in (3, np.arange(3)):
        with pytest.raises(TypeError, match="int") as caught:
            adtrans.grad(lambda x: np.sum(x * 1.0))(x)
        assert isinstance(caught.value, adtrans.AdtransError)


@row("unused / independent argument")
def _():
    gives(lambda x, y: x * 1.0, (1.0, 2.0), 0.0, 1)
    gives(lambda x, y: x * 1.0, (1.0, [1.0, 2.0]), [0.0, 0.0], 1)
    assert adtrans.grad(lambda x: 3.0)(1.0) == 0.0


@row("nested D: x*D(y->x+y)")
def _():
    assert adtrans.grad(lambda x: x * adtrans.grad(lambda y: x + y)(x))(2.0) == 1.0
    assert adtrans.jvp(lambda x: x * adtrans.grad(lambda y: x + y)(x))(2.0, 1.0)[1] == 1.0


def renamed(x):
    s = 0
    for i in range(3):
        t = x[i] * x[i]
        t = np.sin(t)
        s += t
    return s


@row("loops reusing a name, int seeds (s=0; s+=x[0])")
def _():
    smooth(renamed, [0.5, 1.0, 1.5])
