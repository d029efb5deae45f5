"""Errors while a derivative runs: a note says which of the user's lines the failing line belongs to."""

from __future__ import annotations

import linecache
import types

from adtrans.errors import shown_path
from adtrans.loader.compile import PLACES


def explain(error: BaseException, name: str) -> None:
    """Add a note to an error that was raised inside generated text (since Python 3.11)."""
    if not hasattr(error, "add_note"):
        return
    found = place_of(error)
    if found is None:
        return
    filename, line = found
    text = linecache.getline(filename, line).rstrip()
    note = f"in the derivative of {name}, for {shown_path(filename)}:{line}"
    note += f"\n    {line} | {text}" if text else ""
    if note not in getattr(error, "__notes__", ()):
        error.add_note(note)


def place_of(error: BaseException) -> tuple[str, int] | None:
    """The user's file and line for the innermost line of generated text that an error's traceback passes."""
    found = None
    traceback: types.TracebackType | None = error.__traceback__
    while traceback is not None:
        places = traceback.tb_frame.f_globals.get(PLACES)
        if places:
            found = places.get(traceback.tb_lineno, found)
        traceback = traceback.tb_next
    return found
