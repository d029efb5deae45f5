"""The catalogue of rules, and the page that is printed from it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from adtrans import catalogue, catalogue_page
from adtrans.rules import load, registry

pytest.importorskip("scipy")

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "rules.md"


def test_the_page_is_what_the_command_prints():
    """With other versions of the libraries there are other functions; those of both have the same modes."""
    command = [sys.executable, "-m", "adtrans", "rules", "--markdown"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    written = PAGE.read_text(encoding="utf-8")
    if f"Written with {catalogue.versions()}." in written:
        assert printed == written, "adtrans rules --markdown > docs/rules.md"
    here, there = modes(printed), modes(written)
    assert {name: there[name] for name in here if name in there} == {
        name: here[name] for name in here if name in there
    }


def modes(text):
    return dict(re.findall(r"^\| `([\w.]+)` \| (\w+) \|", text, re.MULTILINE))


def test_every_function_with_a_rule_is_there():
    listed = {row.name for row in catalogue.rows()}
    load.all_of_scipy()
    for record in registry.registered():
        name = catalogue.name_of(record.fn)
        if name is not None and (record.partials or record.adjoint or record.tangent):
            assert name in listed


def test_both_modes():
    """No function of a library is served in one mode only."""
    ours = [row for row in catalogue.rows() if row.name.startswith(("numpy", "scipy", "math", "builtins"))]
    assert [row for row in ours if row.modes not in ("both", "zero")] == []


def row(name):
    return next(r for r in catalogue.rows() if r.name == name)


def test_limits():
    assert row("scipy.special.hyp1f1").limits == "no derivative in `a`, `b`"
    assert "not with" in row("numpy.cov").limits and "`fweights=`" in row("numpy.cov").limits
    assert "modes 'reduced' and 'r'" in row("numpy.linalg.qr").limits


def test_conventions():
    assert row("numpy.sqrt").conventions == "at 0: inf"
    assert "triangle" in row("numpy.linalg.cholesky").conventions
    assert row("numpy.floor").modes == "zero"


def test_the_page_shows_its_tables_whole():
    text = catalogue_page.markdown(catalogue.rows())
    widths = {
        line.count("|") - line.count("\\|") for line in text.splitlines() if line.startswith("| `numpy.")
    }
    assert widths == {5}
