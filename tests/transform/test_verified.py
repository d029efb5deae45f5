"""Programs keep the rules of the representation at every stage: typed, transformed, polished.

For the programs of data/acceptance/first.txt, in both modes.
"""

import importlib.util
import sys
from collections import OrderedDict
from pathlib import Path

import pytest

import adtrans
from adtrans.ir.program import Function, walk
from adtrans.ir.verify import verify
from adtrans.loader import store
from adtrans.transform import pipeline

FOLDER = Path(__file__).parent.parent / "data" / "acceptance"
PROGRAMS = (FOLDER / "first.txt").read_text().split()


def runner():
    if "acceptance_run" not in sys.modules:
        spec = importlib.util.spec_from_file_location("acceptance_run", FOLDER / "run.py")
        sys.modules[spec.name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[spec.name])
    return sys.modules["acceptance_run"]


def verify_all(function):
    """Verify a program and the recursive programs that it calls."""
    todo = {function: None}
    work = [function]
    while work:
        each = work.pop()
        verify(each)
        for op in walk(each.body):
            program = op.attrs.get("program")
            callee = getattr(program, "function", None)
            if isinstance(callee, Function) and callee not in todo:
                todo[callee] = None
                work.append(callee)


@pytest.fixture
def stages(monkeypatch):
    """Verifies what every stage gives; the names of the stages that ran."""
    passed = []

    def checked(name, run):
        def stage(*args, **options):
            result = run(*args, **options)
            try:
                verify_all(args[0] if name == "finish" else result.function)
            except adtrans.AdtransError as error:
                pytest.fail(f"after {name}: {error}", pytrace=False)
            passed.append(name)
            return result

        return stage

    monkeypatch.setenv("ADTRANS_CACHE", "0")
    monkeypatch.setattr(store, "_memory", OrderedDict())
    for name in ("primal_program", "transformed", "finish"):
        monkeypatch.setattr(pipeline, name, checked(name, getattr(pipeline, name)))
    return passed


@pytest.mark.parametrize("mode", ["vjp", "jvp"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_verified(name, mode, stages):
    path = FOLDER / "public" / f"{name}.py"
    if "scipy" in path.read_text():
        pytest.importorskip("scipy")
    run = runner()
    program = run.Program(str(path))
    args = program.args(0)
    if mode == "vjp":
        vectors = (run.random_like(program.call(args), program.rng(0)),)
    else:
        vectors = tuple(args[k] for k in program.argnums)
    getattr(adtrans, mode)(program.function, argnums=program.argnums).specialize(*args, *vectors)
    assert stages[-3:] == ["primal_program", "transformed", "finish"]
