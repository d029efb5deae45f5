"""Lets these tests import `agreement` from the property tests, whatever pytest's import mode."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "property"))
