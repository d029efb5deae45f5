"""Everything that a rule calls has rules of its own, so that derivatives have derivatives."""

import ast
import importlib
import inspect
import pkgutil

import pytest

import adtrans.rules
from adtrans.analysis.inference import specialize  # noqa: F401  (it registers handlers)
from adtrans.analysis.inference.apply import HANDLERS
from adtrans.rules.registry import lookup
from adtrans.rules.stand_ins import SAID, STAND_INS

TRANSFORMS = (adtrans.grad, adtrans.jvp)  # inside a program they are written out

HELPERS = {"expand", "unbroadcast", "conform", "zeros_like", "add_at", "prims.add_at"}
STATIC = {
    "hasattr",
    "getattr",
    "sorted",
    "iter",
    "next",
    "''.join",
    "','.join",
}  # on subscripts and names, never on numbers
WRITING = {"adjoint", "tangent", "partials", "facts", "alias", "nondifferentiable"}
MODULES = [m.name for m in pkgutil.iter_modules(adtrans.rules.__path__) if m.name not in ("registry", "load")]


def calls_of(module):
    """The functions that are called in the rules of a module, by their dotted names."""
    tree = ast.parse(inspect.getsource(module))
    bodies = [n for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.Lambda))]
    for body in bodies:
        inside = body.body if isinstance(body.body, list) else [body.body]
        for statement in inside:
            for node in ast.walk(statement):
                if isinstance(node, ast.Call):
                    yield ast.unparse(node.func)


@pytest.mark.parametrize("name", MODULES)
def test_calls_of_rules_have_rules(name):
    if name.startswith("scipy"):
        pytest.importorskip("scipy")
    module = importlib.import_module(f"adtrans.rules.{name}")
    for each in MODULES:
        if name.startswith("scipy") or not each.startswith("scipy"):
            importlib.import_module(f"adtrans.rules.{each}")
    missing = set()
    for text in calls_of(module):
        if text in HELPERS | STATIC | WRITING:
            continue
        try:
            fn = eval(text, vars(module))
        except Exception:
            continue  # a method of a value, or a parameter
        written_here = inspect.isfunction(fn) and fn.__module__.startswith("adtrans.rules")
        if written_here or isinstance(fn, type) or fn in TRANSFORMS:
            continue
        if lookup(fn) is None and not any(fn in known for known in (HANDLERS, STAND_INS, SAID)):
            missing.add(text)
    assert not missing
