"""What the public functions promise, sentence by sentence."""

import collections
import dataclasses
import inspect
import logging
import os
import subprocess
import sys
from typing import NamedTuple

import numpy as np
import pytest

import adtrans
from adtrans import (
    elementwise_grad,
    grad,
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    value_and_grad,
    vjp,
)

pytestmark = pytest.mark.fast

X = np.arange(1.0, 4.0)
EVERY = [grad, value_and_grad, vjp, jvp, hvp, jacfwd, jacrev, jacobian, hessian, elementwise_grad]


def weighted(x, w, n=2):
    """A cost."""
    return np.sum(x * w) ** n


# ----- signatures of the transforms -----


@pytest.mark.parametrize("transform", EVERY, ids=lambda t: t.__name__)
def test_signatures(transform):
    parameters = list(inspect.signature(transform).parameters.values())
    assert [p.name for p in parameters[:2]] == ["fun", "argnums"] and parameters[1].default == 0
    options = {p.name: p.kind for p in parameters[2:]}
    assert all(kind is inspect.Parameter.KEYWORD_ONLY for kind in options.values())
    assert ("has_aux" in options) == (transform in (grad, value_and_grad))


@pytest.mark.parametrize("transform", EVERY, ids=lambda t: t.__name__)
def test_decorators_with_and_without_arguments(transform):
    @transform
    def bare(x, y):
        return x * y

    @transform(argnums=1)
    def chosen(x, y):
        return x * x * y

    vectors = (1.0,) if transform in (vjp, jvp, hvp) else ()
    bare(2.0, 3.0, *vectors), chosen(2.0, 3.0, *vectors)
    assert bare.__wrapped__.__name__ == bare.__name__ == "bare"


# ----- argnums -----


def test_one_gradient_or_a_tuple():
    assert type(grad(weighted, 1)(X, 2.0)) is float and type(grad(weighted, "w")(X, 2.0)) is float
    for argnums in ((1,), ["w"], [1]):
        assert type(grad(weighted, argnums)(X, 2.0)) is tuple
    assert type(vjp(weighted, 1)(X, 2.0, 1.0)[1]) is tuple
    assert np.shape(jvp(weighted, (1,))(X, 2.0, 1.0)[1]) == ()


def test_hvp_jacobian_and_hessian_take_argnums():
    v = np.ones(3)
    assert hvp(weighted, 0)(X, 2.0, v).shape == (3,)
    assert [np.shape(h) for h in hvp(weighted, ("x", 1))(X, 2.0, v, 1.0)] == [(3,), ()]
    f = lambda x, w: x * w
    for transform in (jacobian, jacfwd, jacrev):
        assert transform(f, 0)(X, 2.0).shape == (3, 3)
        assert [j.shape for j in transform(f, (0, 1))(X, 2.0)] == [(3, 3), (3,)]
    assert hessian(weighted, 0)(X, 2.0).shape == (3, 3)
    blocks = hessian(weighted, (0, 1))(X, 2.0)
    assert [[np.shape(b) for b in row] for row in blocks] == [[(3, 3), (3,)], [(3,), ()]]


def test_negative_lists_keyword_only_and_positions_in_args():
    def f(a, *rest, scale=1.0, **more):
        return a * rest[0] * scale * more.get("extra", 1.0)

    assert grad(f, -1)(2.0, 3.0) == 2.0
    assert grad(f, [0, 1])(2.0, 3.0) == (3.0, 2.0)
    assert grad(f, "scale")(2.0, 3.0, scale=5.0) == 6.0
    assert grad(f, "extra")(2.0, 3.0, extra=5.0) == 6.0
    assert jvp(f, (1, "scale"))(2.0, 3.0, 1.0, 1.0, scale=5.0) == (30.0, 16.0)


def test_vectors_are_the_last_positional_arguments():
    assert vjp(weighted)(X, 2.0, 2.0, n=1)[1][0].tolist() == [4.0] * 3
    assert vjp(weighted)(X, w=2.0, n=1, cotangent=2.0)[1][0].tolist() == [4.0] * 3
    assert jvp(weighted, (0, 1))(X, 2.0, np.ones(3), 1.0, n=1)[1] == 12.0
    assert list(inspect.signature(vjp(weighted)).parameters) == ["x", "w", "n", "cotangent"]
    assert list(inspect.signature(jvp(weighted, ("w", "x"))).parameters) == ["x", "w", "n", "dw", "dx"]


# ----- the object -----


def test_it_stands_for_its_function():
    for transform in EVERY:
        made = transform(weighted)
        assert made.__wrapped__ is weighted and made.__doc__ == "A cost."
        for name in ("source", "show", "save", "specialize"):
            assert hasattr(type(made), name), (transform, name)
    assert inspect.signature(grad(weighted)) == inspect.signature(weighted)


def test_specialize_has_no_dispatch():
    g = grad(weighted)
    plain = g.specialize(X, 2.0)
    assert inspect.isfunction(plain) and plain.source == g.source
    assert plain(X, 2.0).tolist() == g(X, 2.0).tolist()


def test_save_and_show(tmp_path, capsys):
    g = grad(lambda x: x * x)
    g(1.0)
    g.save(tmp_path / "g.py")
    assert (tmp_path / "g.py").read_bytes().decode() == g.source
    g.show()
    assert capsys.readouterr().out.strip() == g.source.strip()


# ----- structures -----


class Pair(NamedTuple):
    a: float
    n: int


@dataclasses.dataclass(frozen=True)
class Closed:
    """It cannot be made twice."""

    rate: float
    name: str
    count: int
    flag: bool
    ids: np.ndarray

    def __post_init__(self):
        raise AssertionError("__init__ was called")


def closed(rate):
    made = object.__new__(Closed)
    for name, value in zip("rate name count flag ids".split(), (rate, "n", 3, True, np.arange(2))):
        object.__setattr__(made, name, value)
    return made


def test_structures_keep_their_type_and_no_gradient_is_none():
    g = grad(lambda m: m.rate * m.rate)(closed(3.0))
    assert type(g) is Closed and (g.rate, g.name, g.count, g.flag) == (6.0, "n", 0, 0)
    assert g.ids.tolist() == [0, 0]
    p = {"b": Pair(2.0, 3), "a": [1.0, None, "s", (4, 5.0)]}
    g = grad(lambda p: p["b"].a * p["a"][0])(p)
    assert list(g) == ["b", "a"] and g["b"] == Pair(1.0, 0) and g["a"] == [2.0, None, "s", (0, 0.0)]
    ordered = collections.OrderedDict(b=1.0, a=2.0)
    g = grad(lambda p, x: x * x)(ordered, 3.0)
    assert type(g) is collections.OrderedDict and list(g.items()) == [("b", 0.0), ("a", 0.0)]


def test_entries_at_other_leaves_are_ignored():
    value, tangent = jvp(lambda p: p.a * p.n)(Pair(2.0, 3), Pair(1.0, "anything"))
    assert (value, tangent) == (6.0, 3.0)


def test_python_ints_are_tangents_and_cotangents():
    assert jvp(lambda x: x * x)(3.0, 1) == (9.0, 6.0)
    assert vjp(lambda x: x * x)(3.0, 1) == (9.0, (6.0,))
    assert vjp(lambda x: {"y": x * x})(3.0, {"y": 1})[1] == (6.0,)


# ----- outputs -----


@pytest.mark.parametrize(
    "fun",
    [
        lambda x: x[:1] * 2.0,
        lambda x: x * 2.0,
        lambda x: np.ones((1, 1)),
        lambda x: [np.sum(x)],
        lambda x: None,
        lambda x: "text",
        lambda x: np.sum(x) + 0j,
    ],
)
def test_grad_wants_one_real_number(fun):
    with pytest.raises(adtrans.OutputError):
        grad(fun)(X)


def test_an_int_result_is_a_constant():
    assert grad(lambda x: 3)(X).tolist() == [0.0] * 3
    assert grad(lambda x: np.sum(x > 1.0))(X).tolist() == [0.0] * 3
    assert grad(lambda x: np.array(np.sum(x)))(X).tolist() == [1.0] * 3


# ----- memory -----

HELD = np.ones(3)


@pytest.mark.parametrize(
    "fun",
    [
        lambda x, y: x,
        lambda x, y: x + y,
        lambda x, y: (x, x),
        lambda x, y: x[::-1],
        lambda x, y: HELD * 1.0 + x,
        lambda x, y: np.broadcast_to(x, (2, 3)),
        lambda x, y: [y, y],
        lambda x, y: x.reshape(3, 1) + y,
    ],
)
def test_results_are_writable_and_share_nothing(fun):
    x, y = X.copy(), X.copy()
    out = fun(x, y)
    leaves = out if isinstance(out, (tuple, list)) else [out]
    weights = [np.ones(np.shape(leaf)) for leaf in leaves]
    w = type(out)(weights) if isinstance(out, (tuple, list)) else weights[0]
    _, gradients = vjp(fun, (0, 1))(x, y, w)
    dx, dy = np.ones(3), np.ones(3)
    _, tangent = jvp(fun, (0, 1))(x, y, dx, dy)
    tangents = list(tangent) if isinstance(tangent, (tuple, list)) else [tangent]
    others = [x, y, dx, dy, HELD, *weights]
    for found in (list(gradients), tangents):
        for k, a in enumerate(found):
            assert a.flags.writeable
            assert not any(np.shares_memory(a, b) for b in [*others, *found[:k]])


class Counter:
    def __init__(self, start):
        self.total = start

    def add(self, x):
        self.total = self.total + x * x
        return self.total * x

    @grad
    def by_self(self, x):
        return self.total * x

    @classmethod
    @grad(argnums=1)
    def by_class(cls, x):
        return x * x

    @grad(argnums=1)
    @classmethod
    def of_class(cls, x):
        return x * x

    @grad
    @staticmethod
    def of_static(x):
        return x * x

    @staticmethod
    @grad
    def by_static(x):
        return x * x


def test_self_is_argument_0_in_a_class_body_and_none_of_a_bound_method():
    counter = Counter(2.0)
    assert counter.by_self(3.0).total == 3.0
    assert grad(counter.add)(3.0) == 2.0 + 27.0
    assert grad(Counter.add, 1)(counter, 3.0) == 29.0
    with pytest.raises(adtrans.ArgnumError):
        grad(counter.add, 1)
    with pytest.raises(adtrans.ArgnumError):
        grad(counter.add, "self")


def test_class_and_static_methods_in_either_order():
    for owner in (Counter, Counter(1.0)):
        assert owner.by_class(3.0) == owner.of_class(3.0) == 6.0
        assert owner.by_static(3.0) == owner.of_static(3.0) == 6.0


def test_what_the_function_changes_is_copied():
    counter = Counter(2.0)
    grad(counter.add)(3.0)
    grad(Counter.add, 1)(counter, 3.0)
    assert counter.total == 2.0

    def filled(x, out):
        out[:] = x * x
        return np.sum(out)

    out = np.zeros(3)
    grad(filled)(X, out)
    assert out.tolist() == [0.0] * 3


# ----- complex numbers -----


def test_complex_convention():
    rng = np.random.default_rng(0)
    z, v, w = (rng.normal(size=3) + 1j * rng.normal(size=3) for _ in range(3))
    f = lambda z: np.exp(z) * np.conj(z)
    _, t = jvp(f)(z, v)
    _, (b,) = vjp(f)(z, w)
    inner = lambda a, b: np.real(np.sum(np.conj(a) * b))
    assert abs(inner(t, w) - inner(v, b)) < 1e-12
    assert grad(lambda z: abs(z) ** 2)(1 + 2j) == 2 + 4j
    assert type(vjp(lambda x: x * 1j)(2.0, 1.0 + 1.0j)[1][0]) is float


# ----- where and how it runs -----


def test_source_is_the_generic_one_before_any_call():
    g = grad(lambda x: x * x)
    generic = g.source
    g(1.0)
    assert g.source != generic or "x" in generic
    g(X[0])
    first = g.source
    with pytest.raises(adtrans.OutputError):
        g(X)
    assert g.source == first


def test_nothing_prints_and_the_logger_is_adtrans(capfd, caplog):
    with caplog.at_level(logging.DEBUG):
        grad(weighted)(X, 2.0)
    assert capfd.readouterr() == ("", "")
    assert {record.name for record in caplog.records} <= {"adtrans"}


def test_every_refusal_is_one_class():
    for name in adtrans.__all__:
        if name.endswith("Error"):
            assert issubclass(getattr(adtrans, name), adtrans.AdtransError)


def test_in_a_plain_prompt_it_refuses():
    """Text typed into `python -c` or a prompt is gone; newer Pythons keep it, and then it works."""
    program = "import adtrans\ntry:\n print(adtrans.grad(lambda x: x * x)(3.0))\nexcept adtrans.MissingSourceError as e:\n print('refused')"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.stdout.strip() in ("refused", "6.0"), done.stderr


@pytest.mark.parametrize("name", [r"C:\users\me\fit.py", r"C:\a b\ü.py", "/tmp/x:y.py"])
def test_paths_of_windows(name):
    import linecache

    text = "def f(x):\n    return eval('x') * x\n"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    namespace = {}
    exec(compile(text, name, "exec"), namespace)
    with pytest.raises(adtrans.UnsupportedError) as caught:
        grad(namespace["f"])(2.0)
    assert ":2:12:" in str(caught.value).splitlines()[0]
