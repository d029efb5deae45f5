"""Lets the tests of this folder import `stages` and `reading`, whatever pytest's import mode."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent.parent), str(Path(__file__).parent.parent / "property")]
