"""Lets these tests import `agreement`, and marks as xfail what `known_gaps` lists."""

import re
import sys
from pathlib import Path

import pytest

import adtrans

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "property")]

from known_gaps import REFUSED, WRONG  # noqa: E402

REASONS = {name: (reason, kind) for kind, gaps in (("refused", REFUSED), ("wrong", WRONG))
           for reason, names in gaps.items() for name in names}  # fmt: skip
CONTEXT = re.compile(r"\[(straight|loop|branch|called): ")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A gap that is closed makes its test fail, and leaves the list."""
    for item in items:
        if item.path.parent != HERE:
            continue
        everywhere = CONTEXT.sub("[", item.name)
        if found := REASONS.get(item.name) or REASONS.get(everywhere):
            reason, kind = found
            raises = adtrans.AdtransError if kind == "refused" else None
            item.add_marker(pytest.mark.xfail(strict=True, raises=raises, reason=reason))
