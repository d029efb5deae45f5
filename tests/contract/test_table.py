"""docs/contract.md names tests that are there."""

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
ROWS = re.findall(r"`([\w/]+\.py)::(\w+)`", (TESTS.parent / "docs" / "contract.md").read_text())

pytestmark = pytest.mark.fast


def test_there_are_rows():
    assert len(ROWS) > 80


@pytest.mark.parametrize("file", sorted({file for file, _ in ROWS}))
def test_the_named_tests_are_there(file):
    tree = ast.parse((TESTS / file).read_text())
    known = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert {name for found, name in ROWS if found == file} <= known
