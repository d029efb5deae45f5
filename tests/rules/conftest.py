"""Lets the tests of this folder import `harness` and `stages`, whatever pytest's import mode."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]
