"""Functions of any number of arguments: their rules have eight inputs, of which the missing ones are None."""

from __future__ import annotations

from typing import Any


def present(items: Any) -> Any:
    """The leading items that are not None, as a tuple."""
    found: Any = ()
    for x in items:
        if x is not None:
            found = (*found, x)
    return found


def padded(found: Any) -> Any:
    """A tuple with None for the missing inputs."""
    return (*found, *(None,) * (8 - len(found)))
