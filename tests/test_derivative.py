"""The object that users get: how it is called, what it refuses, and what it stands for."""

import copy
import dataclasses
import functools
import inspect
import linecache
import pickle
import subprocess
import sys
from typing import NamedTuple

import numpy as np
import pytest

import adtrans
from adtrans import grad, hvp, jvp, value_and_grad, vjp

pytestmark = pytest.mark.fast


def cost(x, w, n=2):
    """A cost."""
    return x * w * w * n


def total(*xs, scale=1.0, **more):
    result = 0.0
    for x in xs:
        result = result + scale * x * x
    for x in more.values():
        result = result + x
    return result


def norm(x):
    return np.sum(x * x)


class Pair(NamedTuple):
    a: float
    b: np.ndarray


@dataclasses.dataclass(frozen=True)
class Model:
    rate: float
    weights: np.ndarray
    name: str = "model"
    steps: int = 3

    def __post_init__(self):
        assert self.steps > 0

    def loss(self, x):
        return self.rate * np.sum(self.weights * x)


class Line:
    def __init__(self, slope):
        self.slope = slope

    def __call__(self, x):
        return self.slope * x * x

    @grad
    def by_self(self, x):
        return self.slope * x

    @grad(argnums=1)
    def by_x(self, x):
        return self.slope * x * x


# ----- arguments -----


def test_argnums_by_position_and_name():
    assert grad(cost)(2.0, 3.0) == 18.0
    assert grad(cost, "w")(2.0, 3.0) == 24.0
    assert grad(cost, (0, "w"))(2.0, 3.0) == (18.0, 24.0)
    assert grad(cost, [1])(2.0, 3.0) == (24.0,)
    assert grad(cost, -2)(2.0, 3.0) == 24.0


def test_keywords_and_defaults():
    g = grad(cost)
    assert g(2.0, w=3.0) == g(w=3.0, x=2.0) == 18.0
    assert g(2.0, 3.0, n=5) == g(2.0, 3.0, 5) == 45.0


def test_variadic_arguments():
    assert grad(total, 1)(1.0, 2.0, 3.0) == 4.0
    assert grad(total, -1)(1.0, 2.0, 3.0) == 6.0
    assert grad(total, "scale")(1.0, 2.0, scale=3.0) == 5.0
    assert grad(total, (0, "extra"))(1.0, extra=3.0) == (2.0, 1.0)


@pytest.mark.parametrize("argnums", [3, -4, "z", (0, 0), (0, -3), True, (), 1.5, None])
def test_argnums_that_do_not_exist(argnums):
    with pytest.raises(adtrans.ArgnumError):
        grad(cost, argnums)


def test_argnums_beyond_the_given_arguments():
    with pytest.raises(adtrans.ArgnumError):
        grad(total, 2)(1.0, 2.0)


@pytest.mark.parametrize(
    "x", [1, True, "a", None, np.arange(3), np.ma.ones(3), np.array([1.0], object), [1, 2]]
)
def test_arguments_without_a_derivative(x):
    with pytest.raises(adtrans.ArgumentError, match="`x`"):
        grad(norm)(x)


def test_python_s_own_errors_for_wrong_calls():
    with pytest.raises(TypeError, match="missing"):
        grad(cost)(1.0)
    with pytest.raises(TypeError, match="positional"):
        grad(cost)(1.0, 2.0, 3, 4)
    with pytest.raises(TypeError, match="unexpected keyword"):
        grad(cost)(1.0, 2.0, k=3)
    with pytest.raises(TypeError, match="multiple values"):
        grad(cost)(1.0, 2.0, x=3.0)


def test_outputs_that_are_not_one_real_number():
    for f in (lambda x: x * np.ones(3), lambda x: (x, x), lambda x: x * 1j, lambda x: None):
        with pytest.raises(adtrans.OutputError):
            grad(f)(1.0)


def test_a_constant_output_has_a_zero_gradient():
    assert grad(lambda x: 3)(1.0) == 0.0


# ----- vectors -----


def test_vectors_come_last():
    assert vjp(cost)(2.0, 3.0, 1.0) == (36.0, (18.0,))
    assert vjp(cost, (0, 1))(2.0, 3.0, 1.0, n=1) == (18.0, (9.0, 12.0))
    assert jvp(cost, (0, 1))(2.0, 3.0, 1.0, 0.5) == (36.0, 30.0)
    assert jvp(cost)(2.0, 3.0, 2, 1.0) == (36.0, 18.0)
    assert jvp(cost)(2.0, 3.0, dx=1.0) == (36.0, 18.0)
    assert hvp(cost, (0, 1))(2.0, 3.0, 1.0, 0.0) == (0.0, 12.0)
    assert hvp(cost, 1)(2.0, 3.0, 1.0) == 8.0


def test_integer_vectors_are_valid():
    assert jvp(cost)(2.0, 3.0, 1) == (36.0, 18.0)
    assert vjp(cost)(2.0, 3.0, 1) == (36.0, (18.0,))
    assert jvp(norm)(np.ones(3), np.arange(3))[1] == 6.0


@pytest.mark.parametrize(
    "call",
    [
        lambda: jvp(cost)(2.0, 3.0),
        lambda: jvp(cost, (0, 1))(2.0, 3.0, 1.0),
        lambda: jvp(cost)(2.0, 3.0, 2, 1.0, 1.0, 1.0),
        lambda: vjp(cost)(),
        lambda: jvp(norm)(np.ones(3), np.ones(4)),
        lambda: jvp(norm)(np.ones(3), 1.0),
        lambda: jvp(norm)(np.ones(3), [1.0, 1.0, 1.0]),
        lambda: jvp(norm)(np.ones(3), 1j * np.ones(3)),
        lambda: jvp(cost)(2.0, 3.0, None),
        lambda: vjp(norm)(np.ones(3), np.ones(3)),
        lambda: vjp(norm)(np.ones(3), "1"),
        lambda: vjp(lambda x: x * x)(np.ones(3), np.ones(2)),
        lambda: vjp(lambda x: x * x)(np.ones(3), 1.0),
        lambda: vjp(lambda x: (x, x))(1.0, (1.0,)),
        lambda: jvp(lambda p: p["a"])({"a": 1.0}, {"b": 1.0}),
        lambda: jvp(lambda p: p.a)(Pair(1.0, np.ones(2)), (1.0, np.ones(2))),
    ],
)
def test_vectors_that_do_not_fit(call):
    with pytest.raises(adtrans.VectorError):
        call()


def test_vector_errors_say_what_was_expected_and_what_came():
    with pytest.raises(adtrans.VectorError, match=r"tangent of `x`.*\(3,\).*\(4,\)"):
        jvp(norm)(np.ones(3), np.ones(4))


def test_entries_at_leaves_that_do_not_vary_are_ignored():
    f = lambda p: p["a"] * p["n"]
    assert jvp(f)({"a": 2.0, "n": 3, "s": "x"}, {"a": 1.0, "n": None, "s": 5}) == (6.0, 3.0)
    assert vjp(lambda x: {"y": x * x, "n": 3})(2.0, {"y": 1.0, "n": "any"})[1] == (4.0,)


# ----- structures -----


def test_gradients_have_the_structure_of_their_argument():
    p = {"pair": Pair(2.0, np.ones(2)), "list": [1.0, (3.0,)], "n": 4, "s": "text", "none": None}
    g = grad(lambda p: p["pair"].a * np.sum(p["pair"].b) + p["list"][1][0] * p["n"])(p)
    assert list(g) == list(p) and type(g["pair"]) is Pair
    assert g["pair"].a == 2.0 and g["pair"].b.tolist() == [2.0, 2.0]
    assert g["list"] == [0.0, (4.0,)] and (g["n"], g["s"], g["none"]) == (0, "text", None)


def test_structures_are_built_without_their_constructors():
    model = Model(2.0, np.ones(3))
    g = grad(lambda m, x: m.loss(x))(model, np.ones(3))
    assert type(g) is Model and g.rate == 3.0 and g.weights.tolist() == [2.0] * 3
    assert (g.name, g.steps) == ("model", 0)


@pytest.mark.parametrize(
    "x",
    [1.5, np.float64(1.5), np.float32(1.5), np.array(1.5), np.ones((1,)), np.ones(0), np.ones((2, 1), "f4")],
)
def test_shapes_and_dtypes_are_kept(x):
    g = grad(norm)(x)
    assert np.shape(g) == np.shape(x) and np.asarray(g).dtype == np.asarray(x).dtype
    assert isinstance(g, np.ndarray) == isinstance(x, np.ndarray)


def test_a_memmap_is_read_as_an_array(tmp_path):
    x = np.memmap(tmp_path / "x", dtype=float, shape=(3,), mode="w+")
    x[:] = 1.0
    g = grad(norm)(x)
    assert type(g) is np.ndarray and g.tolist() == [2.0] * 3


# ----- memory -----


def store(x, y):
    x[0] = y[0]
    return np.sum(x * y)


def test_arguments_are_not_changed():
    x, y = np.ones(3), np.full(3, 2.0)
    grad(store, (0, 1))(x, y)
    assert x.tolist() == [1.0] * 3


def test_overlapping_arguments_are_refused_when_one_is_written():
    x = np.arange(4.0)
    with pytest.raises(adtrans.OverlapError, match="`x` and `y`"):
        grad(store)(x[:3], x[1:])
    with pytest.raises(adtrans.OverlapError):
        grad(store)(x, x)
    assert grad(lambda x, y: np.sum(x * y))(x, x).tolist() == x.tolist()
    grad(store)(x[:2], x[2:])


GLOBAL = np.ones(3)


def test_results_share_no_memory():
    x, w, b = np.ones(3), np.ones(3), np.ones(3)
    _, (bx, bw) = vjp(lambda x, w: x + w, (0, 1))(x, w, b)
    _, dy = jvp(lambda x: x)(x, b)
    g = grad(lambda x: np.sum(x * GLOBAL))(x)
    found = [bx, bw, dy, g]
    for i, p in enumerate(found):
        assert p.flags.writeable
        assert not any(np.shares_memory(p, q) for q in [x, w, b, GLOBAL, *found[:i]])


# ----- standing for the function -----


def test_signature_name_and_docstring():
    g = grad(cost)
    assert inspect.signature(g) == inspect.signature(cost)
    assert (g.__name__, g.__qualname__, g.__module__, g.__doc__) == ("cost", "cost", __name__, "A cost.")
    assert g.__wrapped__ is cost and "grad of" in repr(g)
    assert str(inspect.signature(vjp(cost))) == "(x, w, n, cotangent)"
    assert str(inspect.signature(jvp(cost, (0, "w")))) == "(x, w, n, dx, dw)"
    assert str(inspect.signature(hvp(cost))) == "(x, w, n, dx)"
    assert hvp(cost).__wrapped__ is cost


def test_partial():
    assert grad(functools.partial(cost, 2.0))(3.0) == 24.0
    assert grad(functools.partial(cost, n=1))(2.0, 3.0) == 9.0
    assert grad(functools.partial(cost, w=1.0), "x")(2.0) == 2.0
    with pytest.raises(adtrans.ArgnumError):
        grad(functools.partial(cost, w=1.0), "w")


def test_methods():
    line = Line(3.0)
    assert grad(line.__call__)(2.0) == grad(line)(2.0) == 12.0
    model = Model(2.0, np.ones(3))
    assert grad(model.loss)(np.ones(3)).tolist() == [2.0] * 3
    assert grad(Model.loss, (0, 1))(model, np.ones(3))[0].rate == 3.0


def test_decorated_methods():
    line = Line(3.0)
    assert line.by_x(2.0) == Line.by_x(line, 2.0) == 12.0
    assert line.by_self(2.0).slope == 2.0 and type(line.by_self(2.0)) is Line
    assert "def" in line.by_x.source


def test_decorators():
    @grad
    def f(x):
        return x * x

    @value_and_grad(argnums="y")
    def g(x, y):
        return x * y

    assert f(3.0) == 6.0 and g(2.0, 3.0) == (6.0, 2.0)


def test_lambdas_and_closures():
    scale = 2.0
    f = lambda x: scale * x * x
    assert grad(f)(3.0) == 12.0
    first, second = grad(lambda x: x * x), grad(lambda x: x * x * x)
    assert (first(2.0), second(2.0)) == (4.0, 12.0)


def test_library_functions():
    assert grad(np.sin)(0.0) == 1.0
    assert jvp(np.multiply, (0, 1))(2.0, 3.0, 1.0, 1.0) == (6.0, 5.0)


def test_cached_functions_are_read_through():
    @functools.lru_cache
    def f(x):
        return x * x

    assert grad(f)(3.0) == 6.0


def test_wrapped_functions_are_not_unwrapped():
    def doubled(f):
        @functools.wraps(f)
        def wrapper(x):
            return 2.0 * f(x)

        return wrapper

    @doubled
    def f(x):
        return x * x

    assert grad(f)(3.0) == 12.0


@pytest.mark.parametrize("fun", [3, "x", int, Model, object()])
def test_what_is_not_a_function(fun):
    with pytest.raises(adtrans.ArgumentError):
        grad(fun)


def test_derivatives_compose():
    f = lambda x: x * x * x
    assert grad(grad(f))(2.0) == 12.0
    assert jvp(grad(f))(2.0, 1.0) == (12.0, 12.0)
    assert grad(lambda x: grad(f)(x) * x)(2.0) == 36.0
    assert grad(grad(Line(3.0).__call__))(2.0) == 6.0


# ----- source -----


def test_source_before_any_call_is_generic():
    def f(x: float, y: np.ndarray, k=2):
        return x * np.sum(y) * k

    text = grad(f).source
    assert "def " in text
    compile(text, "f", "exec")
    assert grad(lambda x: x * x).source


def test_source_is_that_of_the_last_call(tmp_path, capsys):
    g = grad(lambda x: x * x)
    g(1.0)
    scalar = g.source
    g.show()
    assert capsys.readouterr().out.strip() == scalar.strip()
    g.save(tmp_path / "g.py")
    assert (tmp_path / "g.py").read_text() == scalar


def test_specialize():
    s = grad(cost, (0, 1)).specialize(2.0, 3.0)
    assert s(2.0, 3.0) == s(2.0, 3.0, 2) == (18.0, 24.0) and "def" in s.source
    assert grad(cost).specialize(2.0, 3.0)(2.0, 3.0) == 18.0
    assert value_and_grad(cost).specialize(2.0, 3.0)(2.0, 3.0) == (36.0, 18.0)
    assert vjp(cost).specialize(2.0, 3.0, 2)(2.0, 3.0, 2, 1.0) == (36.0, (18.0,))
    assert jvp(cost).specialize(2.0, 3.0, 2, 1.0)(2.0, 3.0, 2, 1.0) == (36.0, 18.0)
    assert hvp(cost, 1).specialize(2.0, 3.0, 2)(2.0, 3.0, 2, 1.0) == 8.0
    assert grad(Line(3.0)).specialize(2.0)(2.0) == 12.0
    assert grad(total, "scale").specialize(1.0, 2.0)(1.0, 2.0) == 5.0


# ----- pickles and copies -----


@grad
def decorated(x):
    return x * x


def local(scale):
    def inner(x):
        return helper(x) * scale

    def helper(x):
        return x * x

    return inner


@pytest.mark.parametrize(
    "g",
    [
        decorated,
        grad(cost),
        jvp(cost, (0, 1)),
        hvp(cost),
        grad(local(3.0)),
        grad(lambda x: x * x),
        grad(functools.partial(cost, 2.0)),
        grad(Line(3.0)),
        grad(Model(2.0, np.ones(3)).loss),
    ],
    ids=repr,
)
def test_pickle(g):
    args = (
        (np.ones(3),)
        if "Model" in repr(g)
        else (2.0, 3.0)[: 2 if g.__name__ == "cost" and g.target.args == () else 1]
    )
    vectors = (1.0,) * (g.vectors_count)
    again = pickle.loads(pickle.dumps(g))
    assert np.all(again(*args, *vectors) == g(*args, *vectors))


def test_pickle_by_name():
    assert pickle.loads(pickle.dumps(decorated)) is decorated


def test_pickle_in_another_process(tmp_path):
    program = tmp_path / "main.py"
    program.write_text(
        "import pickle, sys, adtrans\nscale = 4.0\n"
        "def outer(k):\n    return lambda x: k * scale * x * x\n"
        "pickle.dump(adtrans.grad(outer(0.5)), open(sys.argv[1], 'wb'))\n"
    )
    path = tmp_path / "g.pickle"
    subprocess.run([sys.executable, str(program), str(path)], check=True)
    with open(path, "rb") as file:
        assert pickle.load(file)(3.0) == 12.0


def test_copies_are_the_object_itself():
    g = grad(cost)
    assert copy.copy(g) is g and copy.deepcopy(g) is g


# ----- text -----


def test_stale_text_is_refused(tmp_path):
    path = tmp_path / "program.py"
    path.write_text("def f(x):\n    return x * x\n")
    namespace = {"__name__": "program"}
    exec(compile(path.read_text(), str(path), "exec"), namespace)
    path.write_text("def f(x):\n    return x * x * x\n")
    linecache.checkcache(str(path))
    with pytest.raises(adtrans.StaleSourceError):
        grad(namespace["f"])(1.0)


def test_functions_without_text_are_refused():
    namespace = {}
    exec(compile("def f(x):\n    return x * x\n", "<nowhere>", "exec"), namespace)
    with pytest.raises(adtrans.MissingSourceError):
        grad(namespace["f"])(1.0)
