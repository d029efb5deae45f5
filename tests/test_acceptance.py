"""Whole programs, each held against numerics: those of first.txt pass, and none is ever wrong.

The programs lie in data/acceptance; run.py there says what is checked, and what an outcome means.
"""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

import adtrans

FOLDER = Path(__file__).parent / "data" / "acceptance"
PROGRAMS = {path.stem: path for path in sorted((FOLDER / "public").glob("*.py"))}
FIRST = set((FOLDER / "first.txt").read_text().split())
SECONDS = 60.0  # in adtrans, for one program and mode


def runner() -> ModuleType:
    if "acceptance_run" not in sys.modules:
        spec = importlib.util.spec_from_file_location("acceptance_run", FOLDER / "run.py")
        sys.modules[spec.name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[spec.name])
    return sys.modules["acceptance_run"]


def test_the_programs_are_there():
    assert FIRST <= set(PROGRAMS)


@pytest.mark.parametrize("mode", ["grad", "jvp", "hvp"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name, mode):
    if "scipy" in PROGRAMS[name].read_text():
        pytest.importorskip("scipy")
    outcome, reason = runner().judge(adtrans, str(PROGRAMS[name]), mode, SECONDS)
    allowed = {"pass"} if name in FIRST and mode != "hvp" else {"pass", "refused"}
    assert outcome in allowed | {"n/a"}, f"{outcome}: {reason}"
