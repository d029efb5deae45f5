"""The harness of all rules: every call of data/coverage/ops_spec.py, through both transforms.

The adjoint against the tangent, second derivatives against differences, float32 kept, arrays of no
element and of one, operands that broadcast, and complex numbers wherever the function takes them.
"""

import ast
import importlib.util
import itertools
import re
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from harness import direction, inner, leaves

import adtrans
from adtrans import catalogue
from adtrans.catalogue_page import REFUSED

pytest.importorskip("scipy")

FOLDER = Path(__file__).parents[1] / "data" / "coverage"
HEAD = """
import numpy as np
import scipy as sp
import scipy.special, scipy.linalg, scipy.stats, scipy.signal, scipy.integrate, scipy.fft, scipy.ndimage
from ops_spec import STATIC

globals().update(STATIC)
"""

# defined by NumPy for complex numbers, but as no smooth function of them
REAL_ONLY = {
    "np.maximum(u,w)", "np.minimum(u,w)", "np.clip(u,-.5,.9)", "u.clip(-.5,.9)", "sp.special.digamma(p)",
    "sp.special.psi(p)", "sp.special.ive(2,p)", "sp.stats.laplace.logpdf(u)", "sp.stats.logistic.logpdf(u)",
    "sp.stats.cauchy.logpdf(u)", "sp.stats.gennorm.logpdf(u,1.5)",
}  # fmt: skip
ONE_NUMBER = {"np.poly(u)"}  # of no roots it is a number, not an array

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def spec():
    sys.path.insert(0, str(FOLDER))
    try:
        import ops_spec

        yield ops_spec
    finally:
        sys.path.remove(str(FOLDER))


@pytest.fixture(scope="module")
def calls(spec, tmp_path_factory):
    """(expression, category, function, arguments) of the base call of every function."""
    lines, table = [HEAD], []
    for _, category, expressions in spec.OPS:
        used = {n.id for n in ast.walk(ast.parse(expressions[0])) if isinstance(n, ast.Name)}
        names = [n for n in spec.INPUTS if n in used]
        if category == "nondiff" or expressions[0] in REFUSED or not names:
            continue
        lines.append(f"def call_{len(table)}({', '.join(names)}):\n    return {expressions[0]}\n")
        table.append((expressions[0], category, [spec.INPUTS[n] for n in names]))
    path = tmp_path_factory.mktemp("calls") / "every_call.py"
    path.write_text("\n".join(lines))
    found = importlib.util.spec_from_file_location("every_call", path)
    module = importlib.util.module_from_spec(found)
    sys.modules["every_call"] = module
    found.loader.exec_module(module)
    return [(e, category, getattr(module, f"call_{k}"), args) for k, (e, category, args) in enumerate(table)]


CATEGORIES = [
    "operator", "elementwise", "selection", "reduction", "shape", "creation", "join/split", "indexing", "sort",
    "linalg", "polynomial", "functional", "fft", "ufunc method", "method", "special", "stats", "signal", "integrate", "complex",
]  # fmt: skip


def test_no_category_is_left_out(calls):
    assert {category for _, category, _, _ in calls} <= set(CATEGORIES)


def value_of(fun, args):
    """What a call gives, None where it fails or where that is no array of finite numbers."""
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            value = fun(*args)
    except Exception:
        return None
    found = [np.asarray(leaf) for leaf in leaves(value)]
    return value if found and all(x.dtype.kind in "fc" and np.all(np.isfinite(x)) for x in found) else None


def products(fun, args, value):
    """The tangent of a call in a random direction, its gradients, and both sides of the dot product."""
    argnums = tuple(range(len(args)))
    moved, cotangent = tuple(direction(a, 5 + k) for k, a in enumerate(args)), direction(value, 77)
    with np.errstate(all="ignore"):
        tangent = adtrans.jvp(fun, argnums)(*args, *moved)[1]
        gradients = adtrans.vjp(fun, argnums)(*args, cotangent)[1]
    left, right = inner(cotangent, tangent), sum(inner(g, d) for g, d in zip(gradients, moved))
    return tangent, gradients, left, right


def check(expression, fun, args, differences=False):
    """What is wrong with the derivatives of a call, as texts; nothing where the call itself fails."""
    value = value_of(fun, args)
    if value is None:
        return []
    try:
        _, gradients, left, right = products(fun, args, value)
    except Exception as error:
        return [f"{expression}: {type(error).__name__}: {error}"]
    bad = []
    if [np.shape(g) for g in gradients] != [np.shape(a) for a in args]:
        bad.append(f"{expression}: shapes {[np.shape(g) for g in gradients]}")
    if [np.iscomplexobj(g) for g in gradients] != [np.iscomplexobj(a) for a in args]:
        bad.append(f"{expression}: a real argument has a complex gradient, or the reverse")
    if not abs(left - right) <= 1e-10 * (1 + abs(left)):
        bad.append(f"{expression}: <b, jvp> {left}, <vjp, d> {right}")
    if differences:
        slope = difference(fun, args, direction(value, 77))
        if not abs(left - slope) <= 1e-6 + 2e-4 * max(abs(left), abs(slope)):
            bad.append(f"{expression}: tangent {left}, by differences {slope}")
    return bad


def difference(fun, args, cotangent, h=1e-6):
    moved = [direction(a, 5 + k) for k, a in enumerate(args)]
    with np.errstate(all="ignore"):
        high, low = (fun(*(a + s * d for a, d in zip(args, moved))) for s in (h, -h))
    return (inner(cotangent, high) - inner(cotangent, low)) / (2 * h)


def over(calls, category, work):
    bad = [text for e, c, fun, args in calls if c == category for text in work(e, fun, args)]
    assert not bad, "\n".join(bad)


# ----- the walks -----


@pytest.mark.parametrize("category", CATEGORIES)
def test_adjoint_against_tangent(calls, category):
    over(calls, category, check)


def second_order(expression, fun, args):
    """The tangent of the gradients against differences of the gradients, extrapolated."""
    value = value_of(fun, args)
    if value is None:
        return []
    argnums = tuple(range(len(args)))
    moved, cotangent = tuple(direction(a, 5 + k) for k, a in enumerate(args)), direction(value, 77)
    gradients = adtrans.vjp(fun, argnums)
    with np.errstate(all="ignore"):
        found = adtrans.jvp(gradients, argnums)(*args, cotangent, *moved)[1][1]
        near, far = (
            [gradients(*(a + s * d for a, d in zip(args, moved)), cotangent)[1] for s in (h, -h)]
            for h in (5e-6, 1e-5)
        )
    bad = []
    for d, p, q, r, s in zip(found, *near, *far):
        expected = (4 * (np.asarray(p) - np.asarray(q)) / 1e-5 - (np.asarray(r) - np.asarray(s)) / 2e-5) / 3
        scale = 1 + np.max(np.abs(expected), initial=0.0)
        if np.shape(d) != expected.shape or not np.all(np.abs(d - expected) <= 2e-5 * scale):
            bad.append(f"{expression}: {d}, by differences {expected}")
    return bad


@pytest.mark.parametrize("category", CATEGORIES)
def test_second_order(calls, category):
    over(calls, category, second_order)


def third_order(expression, fun, args):
    """The third derivative along a direction against differences of the second."""
    if value_of(fun, args) is None:
        return []
    argnums = tuple(range(len(args)))
    moved = [direction(a, 5 + k) for k, a in enumerate(args)]
    second = adtrans.jvp(adtrans.jvp(fun, argnums), argnums)
    with np.errstate(all="ignore"):
        found = adtrans.jvp(second, argnums)(*args, *moved, *moved, *moved)[1][1][1]
        near, far = (
            [second(*(a + s * d for a, d in zip(args, moved)), *moved, *moved)[1][1] for s in (h, -h)]
            for h in (5e-6, 1e-5)
        )
    bad = []
    for d, p, q, r, s in zip(*map(leaves, (found, *near, *far))):
        expected = (4 * (np.asarray(p) - np.asarray(q)) / 1e-5 - (np.asarray(r) - np.asarray(s)) / 2e-5) / 3
        scale = 1 + np.max(np.abs(expected), initial=0.0)
        if np.shape(d) != expected.shape or not np.all(np.abs(d - expected) <= 2e-4 * scale):
            bad.append(f"{expression}: {d}, by differences {expected}")
    return bad


@pytest.mark.parametrize("category", ["operator", "elementwise", "special"])
def test_third_order(calls, category):
    over(calls, category, third_order)


def narrow(x):
    kind = np.asarray(x).dtype.kind
    return np.asarray(x).astype({"f": np.float32, "c": np.complex64}[kind])[()] if kind in "fc" else x


def is_narrow(x):
    return np.asarray(x).dtype in (np.float32, np.complex64)


def single_precision(expression, fun, args):
    """float32 in, float32 out: where the function keeps it, gradients and tangents do."""
    args = [narrow(a) for a in args]
    value = value_of(fun, args)
    if value is None or not all(map(is_narrow, leaves(value))):
        return []
    tangent, gradients, *_ = products(fun, args, value)
    dtypes = [np.asarray(x).dtype for x in [*gradients, *leaves(tangent)]]
    return [] if all(map(is_narrow, [*gradients, *leaves(tangent)])) else [f"{expression}: {dtypes}"]


@pytest.mark.parametrize("category", CATEGORIES)
def test_single_precision_is_kept(calls, category):
    over(calls, category, single_precision)


def cut(a, n):
    """The first `n` of everything; of a square matrix a square one."""
    if np.ndim(a) == 2 and a.shape[0] == a.shape[1]:
        return a[:n, :n]
    return a[:n] if np.ndim(a) else a


@pytest.mark.parametrize("n", [0, 1])
@pytest.mark.parametrize("category", CATEGORIES)
def test_arrays_of_no_element_and_of_one(calls, category, n):
    over(
        [call for call in calls if n or call[0] not in ONE_NUMBER],
        category,
        lambda e, fun, args: check(e, fun, [cut(a, n) for a in args]),
    )


CHANGES = [lambda a: a[0].item(), lambda a: a[:1], lambda a: a[:, None]]


def broadcasts(expression, fun, args):
    """Each vector in turn as a number, of size 1, and as a column, beside the others."""
    vectors = [k for k, a in enumerate(args) if np.ndim(a) == 1]
    if len(vectors) < 2 or "multivariate" in expression:  # whose vectors are points, not operands
        return []
    return [
        text
        for k, change in itertools.product(vectors, CHANGES)
        for text in check(expression, fun, [change(a) if j == k else a for j, a in enumerate(args)])
    ]


@pytest.mark.parametrize("category", ["operator", "elementwise", "selection", "special", "stats"])
def test_operands_that_broadcast(calls, category):
    over(calls, category, broadcasts)


def turned(a):
    """A complex argument near a real one."""
    if not np.ndim(a):
        return a + 0.2j
    return a + 0.3j * np.cos(np.arange(np.size(a))).reshape(np.shape(a))


@pytest.mark.parametrize("category", CATEGORIES)
def test_complex_numbers(calls, category):
    """Where a function takes complex numbers, its derivatives are right, or refused."""
    real = [call for call in calls if not any(np.iscomplexobj(a) for a in call[3])]
    over(
        [call for call in real if call[0] not in REAL_ONLY],
        category,
        lambda e, fun, args: check(e, fun, [turned(a) for a in args], differences=True),
    )
    for expression, c, fun, args in real:
        if expression in REAL_ONLY and c == category and value_of(fun, [turned(a) for a in args]) is not None:
            with pytest.raises(adtrans.UnsupportedError, match="real numbers only"):
                products(fun, [turned(a) for a in args], fun(*map(turned, args)))


# ----- no function is left out -----


def test_every_function_is_called_somewhere(spec):
    """Each function with rules is in the walks above, or in a test of its own."""
    texts = [path.read_text() for path in Path(__file__).parent.glob("*.py")]
    calls = [e for _, _, expressions in spec.OPS for e in expressions]
    words = set(re.findall(r"\w+", " ".join([*texts, *calls])))
    libraries = {"numpy", "scipy", *sys.stdlib_module_names}
    rows = [row for row in catalogue.rows() if row.modes != "zero" and row.name.split(".")[0] in libraries]
    names = [row.name.rpartition(".")[2] for row in rows]
    assert [name for name in names if name not in words and name.removeprefix("eval_") not in words] == []
