"""From the text of a module to its function; the text is registered with linecache."""

from __future__ import annotations

import hashlib
import linecache
from types import CodeType, FunctionType
from typing import Any

from adtrans.errors import UnsupportedError

_codes: dict[str, CodeType] = {}  # by pseudo filename, which holds a digest of the text


def filename_of(text: str, title: str) -> str:
    """A stable pseudo filename, the same for the same text: `<adtrans grad of loss 1f0c…>`."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return f"<adtrans {title} {digest}>"


Places = dict[int, tuple[str, int]]  # file and line of the user's text, by line of the generated one
PLACES = "__places__"


def load(
    text: str, entry: str, bindings: dict[str, Any], title: str, places: Places | None = None
) -> FunctionType:
    """Run a module's text in a namespace of its own, and return its function `entry`.

    `places` is what tracebacks through it are explained by.
    """
    filename = filename_of(text, title)
    code = _codes.get(filename)
    if code is None:
        try:
            code = compile(text, filename, "exec", dont_inherit=True)
        except (SyntaxError, RecursionError, MemoryError) as problem:
            raise UnsupportedError(
                f"the text of the derivative does not compile: {problem}",
                hint="If the function is deeply nested, split it into smaller ones.",
            ) from None
        if len(_codes) > 1024:
            _codes.clear()
        _codes[filename] = code
        linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
    namespace: dict[str, Any] = {"__name__": f"adtrans.generated.{entry}", PLACES: places or {}, **bindings}
    exec(code, namespace)
    return namespace[entry]
