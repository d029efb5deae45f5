"""Every function of NumPy and SciPy that has a derivative elsewhere: ours is right, or refused.

data/coverage/score.py evaluates the call expressions of ops_spec.py against central differences.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from adtrans.catalogue_page import REFUSED

pytest.importorskip("scipy")

FOLDER = Path(__file__).parent / "data" / "coverage"

# functions whose base expression must be differentiated, by category
WANTED = {
    "operator": 18,
    "elementwise": 75,
    "selection": 6,
    "reduction": 39,
    "shape": 35,
    "creation": 10,
    "join/split": 16,
    "indexing": 16,
    "sort": 4,
    "linalg": 72,
    "polynomial": 10,
    "fft": 16,
    "ufunc method": 3,
    "method": 39,
    "special": 81,
    "signal": 5,
    "integrate": 2,
}


def operations() -> list[tuple[str, str, list[str]]]:
    """(function, category, call expressions) of every row."""
    sys.path.insert(0, str(FOLDER))
    try:
        import ops_spec
    finally:
        sys.path.remove(str(FOLDER))
    return ops_spec.OPS


def categories() -> list[str]:
    return sorted({category for _, category, _ in operations()} - {"nondiff"})


def absent(category: str) -> int:
    """How many functions of a category this NumPy does not have: the oldest lacks some, the newest has lost some."""
    calls = [re.match(r"np\.(\w+)\(", expressions[0]) for _, c, expressions in operations() if c == category]
    return sum(call is not None and not hasattr(np, call[1]) for call in calls)


@pytest.mark.parametrize("category", categories())
def test_category(category, tmp_path):
    table = tmp_path / "rows.json"
    command = [
        sys.executable,
        str(FOLDER / "score.py"),
        "--category",
        category,
        "--quiet",
        "--json",
        str(table),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    rows = [row for row in json.loads(table.read_text()) if row["category"] == category]
    bad = [f"{r['mode']} {r['expr']}: {r['why']}" for r in rows if r["outcome"] in ("WRONG", "crash")]
    assert not bad, "\n".join(bad)
    unexplained = {r["expr"] for r in rows if r["outcome"] == "refused"} - set(REFUSED)
    assert not unexplained, "adtrans/catalogue_page.py gives no reason for these"
    for mode in ("vjp", "jvp"):
        served = sum(r["outcome"] == "ok" for r in rows if r["mode"] == mode and r["variant"] == 0)
        assert served >= WANTED.get(category, 0) - absent(category)
