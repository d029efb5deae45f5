"""Objects print under the name by which a reader would import them."""

import builtins
import math
import operator
import sys
import types

import numpy as np
import pytest
import scipy.linalg
import scipy.special

from adtrans.emit import emit_module
from adtrans.emit.constants import constant_node
from adtrans.emit.spelling import Spelling
from adtrans.emit.text import statement_text
from adtrans.ir.program import Const

from building import Program  # isort: skip


@pytest.mark.parametrize(
    "target, text, line",
    [
        (np.sin, "np.sin", "import numpy as np"),
        (np.absolute, "np.abs", "import numpy as np"),
        (np.linalg.solve, "np.linalg.solve", "import numpy as np"),
        (np.fft.rfft, "np.fft.rfft", "import numpy as np"),
        (np.add.at, "np.add.at", "import numpy as np"),
        (
            np.lib.stride_tricks.sliding_window_view,
            "np.lib.stride_tricks.sliding_window_view",
            "import numpy as np",
        ),
        (np.float32, "np.float32", "import numpy as np"),
        (math.tanh, "math.tanh", "import math"),
        (scipy.special.erf, "scipy.special.erf", "import scipy.special"),
        (scipy.special.logsumexp, "scipy.special.logsumexp", "import scipy.special"),
        (scipy.linalg.cho_solve, "scipy.linalg.cho_solve", "import scipy.linalg"),
        (len, "len", None),
        (dict.get, "dict.get", None),
        (operator.itemgetter, "operator.itemgetter", "import operator"),
        (np, "np", "import numpy as np"),
    ],
    ids=lambda item: item if isinstance(item, str) else "",
)
def test_imported(target, text, line):
    spelling = Spelling()
    assert spelling.spell(target) == text
    assert spelling.import_lines() == ([line] if line else [])


def test_runtime_helpers_are_imported_by_name():
    from adtrans.runtime import conform, unbroadcast

    spelling = Spelling()
    assert spelling.spell(unbroadcast) == "unbroadcast"
    assert spelling.spell(conform) == "conform"
    assert spelling.import_lines() == ["from adtrans.runtime import conform, unbroadcast"]


def test_what_cannot_be_imported_is_bound():
    function = lambda x: x
    spelling = Spelling()
    name = spelling.spell(function)
    assert spelling.bindings == {name: function}
    assert spelling.spell(function) == name


def test_parameters_do_not_hide_imports():
    p = Program("f", "np len")
    text = emit_module([p.done(p.apply(np.sin, p.apply(len, p.params[0])))]).text
    assert (
        text
        == "import builtins\nimport numpy as _np\n\n\ndef f(np, len):\n    return _np.sin(builtins.len(np))\n"
    )


def test_variables_do_not_hide_imports():
    p = Program("f", "x")
    y = p.apply(operator.mul, p.params[0], 2.0, name="np")
    text = emit_module([p.done(p.apply(np.sin, p.apply(operator.add, y, y)))]).text
    assert "np_2 = x * 2.0" in text


def test_globals_are_read_live():
    module = types.ModuleType("a_module_of_a_test")
    module.__spec__ = builtins.__spec__
    module.scale = 3.0
    sys.modules["a_module_of_a_test"] = module
    try:
        spelling = Spelling()
        assert spelling.name_in(module.__dict__, "scale") == "a_module_of_a_test.scale"
        assert spelling.name_in(module.__dict__, "abs") == "abs"
    finally:
        del sys.modules["a_module_of_a_test"]
    spelling = Spelling()
    namespace = {"scale": 2.0}
    assert spelling.name_in(namespace, "scale") == "_globals['scale']"
    assert spelling.bindings == {"_globals": namespace}


@pytest.mark.parametrize(
    "value",
    [1, -2, 0.1, -0.0, 1e300, float("inf"), -float("inf"), 2j, -2j, 1 - 0.5j, complex(-0.0, 3.0), "a'b", b"x",
     None, True, (1, (2.0,)), [1, 2], {"a": 1}, slice(1, None), range(3), range(1, 5), range(5, 0, -1),
     np.float32(1.5)],
    ids=repr,
)  # fmt: skip
def test_constants(value):
    import ast

    from adtrans.emit import nodes

    spelling = Spelling()
    text = statement_text(ast.Expr(constant_node(value, spelling)))
    found = eval(text, {"np": np})
    assert type(found) is type(value)
    assert repr(found) == repr(value)
    assert nodes.name("x").id == "x"


def test_constant_operands():
    p = Program("f", "x")
    fn = p.done(p.apply(np.zeros, Const((2, 3)), np.dtype("float32"), keywords=("dtype",)))
    assert "np.zeros((2, 3), dtype=np.float32)" in emit_module([fn]).text
