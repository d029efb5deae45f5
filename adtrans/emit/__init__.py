"""SSA programs become the text of a Python module. It knows nothing of how they were derived."""

from adtrans.emit.module import Emitted, emit_module

__all__ = ["Emitted", "emit_module"]
