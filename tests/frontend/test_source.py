"""A function's text is the text of its running code."""

import functools
import importlib
import importlib.util
import linecache
import sys
import time
import zipfile

import pytest
from random_programs import function_from

from adtrans.errors import MissingSourceError, StaleSourceError
from adtrans.frontend.source import find


def text_of(function):
    found = find(function)
    node = found.node
    return found.source.segment(node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)


def module_from(path, name="made"):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def plain(x):
    return x + 1


def test_plain_function():
    assert text_of(plain) == "def plain(x):\n    return x + 1"


def test_lambdas_on_one_line():
    first, second, third = lambda x: x + 1, lambda x: x + 2, lambda x: x + 2.0
    assert [text_of(f) for f in (first, second, third)] == [
        "lambda x: x + 1",
        "lambda x: x + 2",
        "lambda x: x + 2.0",
    ]


def test_constants_that_are_equal_are_told_apart():
    numbers = [lambda: (1, 2), lambda: (1.0, 2), lambda: (True, 2), lambda: -0.0, lambda: 0.0]
    assert [eval(text_of(f))() for f in numbers] == [f() for f in numbers]
    assert [text_of(f)[8:] for f in numbers] == ["(1, 2)", "(1.0, 2)", "(True, 2)", "-0.0", "0.0"]


def test_free_variables_and_globals_compile_as_in_place():
    scale, shift = 2.0, 1.0

    def inner(x):
        def innermost(y):
            return y * scale + plain(x)

        return innermost(x) + shift

    assert text_of(inner).startswith("def inner(x):")
    assert text_of(lambda x: [x * scale for _ in range(3)]).startswith("lambda x: [x")


def recursive(n):
    return 1 if n < 2 else n * recursive(n - 1)


def test_recursion_reads_a_global():
    assert text_of(recursive).startswith("def recursive")

    def nested(n):
        return 1 if n < 2 else n * nested(n - 1)

    assert text_of(nested).startswith("def nested")


class Holder:
    __secret = 3

    def method(self, x):
        return self.__secret * x

    def outer(self):
        def inner(x):
            return x * self.__secret

        return inner

    def again(self):
        return Holder()

    def up(self):
        return super().__init__()

    field = lambda self, x: self.__secret + x

    @property
    def read(self):
        return self.__secret


def test_methods_and_mangled_names():
    assert find(Holder.method).class_name == "Holder"
    for function in (
        Holder.method,
        Holder().outer(),
        Holder.again,
        Holder.up,
        Holder.field,
        Holder.read.fget,
    ):
        text_of(function)


def test_decorators_are_not_looked_through():
    def wrap(function):
        @functools.wraps(function)
        def wrapper(*args):
            return function(*args)

        return wrapper

    @wrap
    def decorated(x):
        return x * 3

    assert text_of(decorated).startswith("@functools.wraps") or "wrapper" in text_of(decorated)
    assert "x * 3" in text_of(decorated.__wrapped__)


def test_a_cell_of_a_notebook():
    assert text_of(function_from("y = 1\ndef f(x):\n    return x + y\n")).startswith("def f(x):")


def test_a_module_in_a_zip_file(tmp_path, monkeypatch):
    archive = tmp_path / "packed.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("inside_zip.py", "def f(x):\n    return x * x\n")
    monkeypatch.syspath_prepend(str(archive))
    module = importlib.import_module("inside_zip")
    try:
        assert text_of(module.f) == "def f(x):\n    return x * x"
    finally:
        del sys.modules["inside_zip"]


def test_no_text():
    namespace = {}
    exec("def f(x):\n    return x\n", namespace)
    with pytest.raises(MissingSourceError, match="no text of f"):
        find(namespace["f"])


def test_text_that_has_changed(tmp_path):
    path = tmp_path / "changing.py"
    path.write_text("def f(x):\n    return x * x\n")
    module = module_from(path)
    find(module.f)
    path.write_text("def f(x):\n    return x * x * x\n")
    with pytest.raises(StaleSourceError, match="changing.py"):
        find(module.f)
    path.write_text("def f(x:\n")
    with pytest.raises(StaleSourceError, match="not Python any more"):
        find(module.f)
    path.write_text("# a line more\ndef f(x):\n    return x * x\n")
    assert find(module.f).node.lineno == 2


def test_asserts_rewritten_by_pytest():
    def checked(x):
        assert x > 0
        return x

    assert "assert x > 0" in text_of(checked)


def test_a_large_file_is_parsed_once(tmp_path):
    body = "def f{0}(x, y):\n    z = np.sin(x) * y + {0}\n"
    body += "    for i in range(3):\n        z += np.cos(x * i)\n    return z\n"
    path = tmp_path / "large.py"
    path.write_text("import numpy as np\n" + "".join(body.format(i) for i in range(100)))
    module = module_from(path)
    find(module.f0)
    start = time.perf_counter()
    for i in range(1, 51):
        find(getattr(module, f"f{i}"))
    assert (time.perf_counter() - start) / 50 < 0.005


def test_columns_count_characters(tmp_path):
    function = function_from("def f(x):\n    é = 'äöü'; return (é, x.nothing)\n")
    from adtrans.frontend.lower import lower

    spans = [op.span.text for op in lower(function).body.ops]
    assert "x.nothing" in spans
    linecache.checkcache()
