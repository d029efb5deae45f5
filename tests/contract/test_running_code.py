"""The derivative is of the running code, wherever its text is, and whatever it reads."""

import doctest
import functools
import importlib
import linecache
import os
import sys
import textwrap
import types
import zipfile

import numpy as np
import pytest

import adtrans
from adtrans import grad, value_and_grad

pytestmark = pytest.mark.fast


# ----- where text is found -----


def module_from(path, name):
    spec = importlib.util.spec_from_file_location(name, path)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_files(tmp_path):
    path = tmp_path / "in_a_file.py"
    path.write_text("def f(x):\n    return x * x\n")
    assert grad(module_from(path, "in_a_file").f)(3.0) == 6.0


def test_files_in_other_encodings(tmp_path):
    path = tmp_path / "latin.py"
    path.write_bytes("# -*- coding: latin-1 -*-\ndef f(é):\n    return é * é\n".encode("latin-1"))
    assert grad(module_from(path, "latin").f)(3.0) == 6.0


def test_zip_files(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as archive:
        archive.writestr("packed_module.py", "def f(x):\n    return x * x\n")
    monkeypatch.syspath_prepend(str(tmp_path / "packed.zip"))
    assert grad(importlib.import_module("packed_module").f)(3.0) == 6.0


def test_notebook_cells(monkeypatch):
    """IPython compiles each cell under a name of its own, and gives linecache the lines."""
    name = "/tmp/ipykernel_1/123.py"
    text = "def f(x):\n    return x * x\n"
    namespace = {"__name__": "__main__"}
    monkeypatch.setitem(linecache.cache, name, (len(text), None, text.splitlines(True), name))
    exec(compile(text, name, "exec"), namespace)
    assert grad(namespace["f"])(3.0) == 6.0
    with pytest.raises(adtrans.UnsupportedError, match="123.py:2:5"):
        text = "def g(x):\n    yield x\n"
        linecache.cache[name] = (len(text), None, text.splitlines(True), name)
        exec(compile(text, name, "exec"), namespace)
        grad(namespace["g"])(3.0)


def test_ipython_itself():
    shell = pytest.importorskip("IPython.core.interactiveshell").InteractiveShell.instance()
    shell.run_cell("import adtrans\ndef f(x):\n    return x * x\nfound = adtrans.grad(f)(3.0)")
    assert shell.user_ns["found"] == 6.0


def test_doctests(tmp_path):
    path = tmp_path / "tested.py"
    path.write_text(
        '"""\n>>> import adtrans\n>>> def f(x):\n...     return x * x\n>>> adtrans.grad(f)(3.0)\n6.0\n"""\n'
    )
    assert doctest.testmod(module_from(path, "tested")).failed == 0


def test_exec_with_and_without_lines():
    text = "def f(x):\n    return x * x\n"
    namespace = {}
    exec(compile(text, "<made 1>", "exec"), namespace)
    with pytest.raises(adtrans.MissingSourceError) as caught:
        grad(namespace["f"])(3.0)
    assert caught.value.hint
    linecache.cache["<made 2>"] = (len(text), None, text.splitlines(True), "<made 2>")
    exec(compile(text, "<made 2>", "exec"), namespace)
    assert grad(namespace["f"])(3.0) == 6.0


def test_lambdas_on_one_line():
    f, g, h = lambda x: x * x, lambda x: x * x * x, lambda x: 2.0 * x
    assert (grad(f)(2.0), grad(g)(2.0), grad(h)(2.0)) == (4.0, 12.0, 2.0)
    same = [(lambda x, k=k: x * k) for k in (2.0, 3.0)]
    assert [grad(f)(1.0) for f in same] == [2.0, 3.0]
    table = {"a": lambda x: x + x, "b": (lambda x: x * 5.0)}
    assert (grad(table["a"])(1.0), grad(table["b"])(1.0)) == (2.0, 5.0)
    nested = lambda k: lambda x: k * x
    assert grad(nested(7.0))(1.0) == 7.0


class Scaled:
    factor = 2.0

    def __init__(self, factor):
        self.factor = factor

    def method(self, x):
        return self.factor * x * x

    @staticmethod
    def static(x):
        return x * x

    @classmethod
    def of_class(cls, x):
        return cls.factor * x * x

    def __call__(self, x):
        return self.method(x)

    def _private(self, x):
        return self.__mangled(x)

    def __mangled(self, x):
        return self.factor * x


def test_methods_and_callable_objects():
    scaled = Scaled(3.0)
    assert grad(scaled.method)(2.0) == 12.0
    assert grad(Scaled.static)(2.0) == grad(scaled.static)(2.0) == 4.0
    assert grad(Scaled.of_class)(2.0) == grad(scaled.of_class)(2.0) == 8.0
    assert grad(scaled)(2.0) == 12.0
    assert grad(scaled._private)(2.0) == 3.0
    assert grad(Scaled.method, 1)(scaled, 2.0) == 12.0


def test_partials():
    f = lambda a, b, *, c=1.0: a * b * c
    assert grad(functools.partial(f, 2.0))(3.0) == 2.0
    assert grad(functools.partial(functools.partial(f, c=5.0), 2.0))(3.0) == 10.0
    assert grad(functools.partialmethod(f, 1.0).func)(2.0, 3.0) == 3.0


def test_text_edited_after_the_import(tmp_path):
    path = tmp_path / "edited.py"
    path.write_text("def f(x):\n    return x * x\n")
    f = module_from(path, "edited").f
    path.write_text("def f(x):\n    return x * x * x\n")
    with pytest.raises(adtrans.StaleSourceError, match=r"edited.py"):
        grad(f)(3.0)
    path.write_text("# a line more\n\ndef f(x):\n    return x * x\n")
    assert grad(f)(3.0) == 6.0
    path.write_text("def f(x):\n    return x * x * x\n")
    assert adtrans.jvp(f)(3.0, 1.0) == (9.0, 6.0)  # the text was read while it was that of the running code


def test_a_file_that_is_gone(tmp_path):
    path = tmp_path / "gone.py"
    path.write_text("def f(x):\n    return x * x\n")
    f = module_from(path, "gone").f
    path.unlink()
    with pytest.raises(adtrans.MissingSourceError):
        grad(f)(3.0)


def test_a_callee_edited_after_the_import(tmp_path):
    path = tmp_path / "edited_callee.py"
    path.write_text("def g(x):\n    return x * x\n\n\ndef f(x):\n    return g(x)\n")
    f = module_from(path, "edited_callee").f
    path.write_text("def g(x):\n    return x * 9.0\n\n\ndef f(x):\n    return g(x)\n")
    with pytest.raises(adtrans.StaleSourceError):
        grad(f)(3.0)


# ----- what a function reads is read live -----

SCALE = 2.0


def scaled_by_a_global(x):
    return SCALE * x


def test_globals_and_cells_are_read_live(monkeypatch):
    g = grad(scaled_by_a_global)
    assert g(1.0) == 2.0
    monkeypatch.setitem(globals(), "SCALE", 5.0)
    assert g(1.0) == 5.0

    factor = 2.0

    def f(x):
        return factor * x

    g = grad(f)
    assert g(1.0) == 2.0
    factor = 7.0
    assert g(1.0) == 7.0


def test_the_namespace_is_that_of_the_function():
    other = types.ModuleType("other")
    other.SCALE = 11.0
    f = types.FunctionType(scaled_by_a_global.__code__, vars(other), "scaled_by_a_global")
    assert grad(f)(1.0) == 11.0 and grad(scaled_by_a_global)(1.0) == 2.0


def square(x):
    return x * x


def cube(x):
    return x * x * x


def uses_square(x):
    return square(x)


def test_rebound_functions_are_noticed(monkeypatch):
    g = grad(uses_square)
    assert g(3.0) == 6.0
    monkeypatch.setitem(globals(), "square", cube)
    assert g(3.0) == 27.0
    monkeypatch.setattr(cube, "__code__", (lambda x: x * 5.0).__code__)
    assert g(3.0) == 5.0


def test_rebound_defaults_are_noticed():
    def f(x, h=lambda x: x * x):
        return h(x)

    def callee(x, k=2.0, *, m=1.0):
        return k * m * x

    def caller(x):
        return callee(x)

    g, c = grad(f), grad(caller)
    assert (g(3.0), c(3.0)) == (6.0, 2.0)
    f.__defaults__ = (lambda x: x * x * x,)
    callee.__defaults__ = (5.0,)
    assert (g(3.0), c(3.0)) == (27.0, 5.0)
    callee.__kwdefaults__ = {"m": 2.0}
    assert c(3.0) == 10.0


def test_rebound_static_values_are_noticed():
    axis = 0

    def f(x):
        return np.sum(np.cumsum(x, axis=axis)[0])

    x = np.ones((2, 2))
    g = grad(f)
    assert g(x).tolist() == [[1.0, 1.0], [0.0, 0.0]]
    axis = 1
    assert g(x).tolist() == [[2.0, 1.0], [0.0, 0.0]]


class Line:
    slope = 2.0
    weights = np.ones(2)

    @property
    def double(self):
        return 2.0 * self.slope

    def at(self, x):
        return self.slope * x

    @classmethod
    def of_class(cls, x):
        return cls.slope * x

    @staticmethod
    def static(x):
        return 2.0 * x


class Steep(Line):
    pass


def helpers():
    made = types.ModuleType("made_helpers")
    made.square, made.count, made.factor = square, 3, 2.0
    return made


HELPERS = helpers()
STEEP = Steep()


@pytest.mark.parametrize(
    "fun, owner, name, new, after",
    [
        (lambda o, x: o.at(x), Line, "at", lambda self, x: 10.0 * x, 10.0),
        (lambda o, x: o.at(x), Steep, "at", lambda self, x: 10.0 * x, 10.0),
        (lambda o, x: o.slope * x, Line, "slope", 5.0, 5.0),
        (lambda o, x: o.slope * x, Steep, "slope", 5.0, 5.0),
        (lambda o, x: o.double * x, Line, "double", property(lambda self: 9.0), 9.0),
        (lambda o, x: Line.of_class(x), Line, "of_class", classmethod(lambda cls, x: 8.0 * x), 8.0),
        (lambda o, x: Line.static(x), Line, "static", staticmethod(lambda x: 7.0 * x), 7.0),
        (lambda o, x: np.sum(Line.weights) * x, Line, "weights", np.ones(5), 5.0),
        (lambda o, x: HELPERS.square(x), HELPERS, "square", lambda x: 6.0 * x, 6.0),
        (lambda o, x: HELPERS.count * x, HELPERS, "count", 4, 4.0),
        (lambda o, x: HELPERS.factor * x, HELPERS, "factor", 4.0, 4.0),
        (lambda o, x: STEEP.slope * x, Steep, "slope", 4.0, 4.0),
    ],
)
def test_rebound_members_of_classes_and_modules_are_noticed(monkeypatch, fun, owner, name, new, after):
    g = grad(fun, 1)
    assert g(Steep(), 1.0) == fun(Steep(), 1.0) or name == "square"
    monkeypatch.setattr(owner, name, new)
    assert g(Steep(), 1.0) == after


def test_arrays_of_classes_are_read_live():
    g = grad(lambda x: np.sum(Line.weights) * x)
    assert g(1.0) == 2.0
    Line.weights[0] = 4.0
    try:
        assert g(1.0) == 5.0
    finally:
        Line.weights[0] = 1.0


# ----- decorators -----


def tripled(f):
    @functools.wraps(f)
    def wrapper(*args, **keywords):
        return 3.0 * f(*args, **keywords)

    return wrapper


def with_factor(factor):
    def decorate(f):
        @functools.wraps(f)
        def wrapper(x):
            return factor * f(x)

        return wrapper

    return decorate


def test_stacked_on_each_other_and_on_foreign_ones():
    @grad
    @grad
    def second(x):
        return x * x * x

    @tripled
    @grad
    def over(x):
        return x * x

    @grad
    @tripled
    def under(x):
        return x * x

    @value_and_grad(argnums="x")
    @with_factor(5.0)
    def with_arguments(x):
        return x * x

    @functools.lru_cache
    @grad
    def cached_over(x):
        return x * x

    @grad
    @functools.lru_cache(maxsize=8)
    def cached_under(x):
        return x * x

    assert second(2.0) == 12.0
    assert over(3.0) == under(3.0) == 18.0
    assert with_arguments(3.0) == (45.0, 30.0)
    assert cached_over(3.0) == cached_under(3.0) == 6.0


class Decorated:
    def __init__(self, k):
        self.k = k

    @grad(argnums="x")
    def method(self, x):
        return self.k * x * x

    @tripled
    @grad(argnums=1)
    def foreign(self, x):
        return self.k * x

    @property
    @grad
    def prop(self):
        return self.k * self.k


def test_in_a_class_body():
    made = Decorated(2.0)
    assert made.method(3.0) == Decorated.method(made, 3.0) == 12.0
    assert made.foreign(3.0) == 6.0
    assert made.prop.k == 4.0


@grad
def factorial(x, n):
    return x if n == 0 else x * factorial(x, n - 1)


class Recursive:
    @grad(argnums=1)
    def power(self, x, n):
        return x if n == 0 else x * self.power(x, n - 1)


@pytest.mark.parametrize("call", [lambda: factorial(2.0, 3), lambda: Recursive().power(2.0, 3)])
def test_recursion_by_the_decorated_name_is_refused(call):
    with pytest.raises(adtrans.UnsupportedError, match="calls its own derivative") as caught:
        call()
    assert "recur by another name" in caught.value.hint and caught.value.span is not None


def test_recursion_by_another_name_works():
    def power(x, n):
        return x if n == 0 else x * power(x, n - 1)

    assert grad(power)(2.0, 3) == 32.0


# ----- objects that hold a function -----


def test_numba_functions_are_read_through():
    numba = pytest.importorskip("numba")
    assert grad(numba.njit(square))(3.0) == 6.0


def test_objects_that_hold_a_function_like_numba_s():
    """Without numba: what it makes is known by its module and its `py_func`."""

    class Dispatcher:
        def __init__(self, py_func):
            self.py_func = py_func

        def __call__(self, x):
            raise AssertionError

    Dispatcher.__module__ = "numba.core.registry"
    assert grad(Dispatcher(square))(3.0) == 6.0


@pytest.mark.parametrize("fun", [print, "".join, functools.singledispatch(square), np.vectorize(square)])
def test_other_callables_are_refused_or_right(fun):
    try:
        assert grad(fun)(3.0) == 6.0
    except adtrans.AdtransError as error:
        assert str(error)


def test_the_tracebacks_of_pdb_and_linecache():
    g = grad(lambda x: x * x)
    plain = g.specialize(2.0)
    lines = linecache.getlines(plain.__code__.co_filename)
    assert "".join(lines) == g.source


def test_old_text_of_another_function_of_the_same_name(tmp_path):
    path = tmp_path / "twice.py"
    path.write_text(
        textwrap.dedent(
            """
            def f(x):
                return x * x

            first = f

            def f(x):
                return x * x * x
            """
        )
    )
    made = module_from(path, "twice")
    assert (grad(made.first)(2.0), grad(made.f)(2.0)) == (4.0, 12.0)
    assert os.path.basename(made.f.__code__.co_filename) == "twice.py" and "twice" not in sys.modules
