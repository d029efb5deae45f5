"""Work on programs that are nested more deeply than Python's stack: once more, on a large one."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import TypeVar

from adtrans.errors import UnsupportedError

T = TypeVar("T")

_one_deep_run = threading.Lock()
_NAME = "adtrans-deep"


def deeply(work: Callable[[], T]) -> T:
    """Run `work`; if the program is nested too deeply for the stack, again on a large one."""
    try:
        return work()
    except RecursionError:
        if threading.current_thread().name == _NAME:
            raise
    outcome: list[T] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(work())
        except BaseException as error:
            failure.append(error)

    with _one_deep_run:
        limit, size = sys.getrecursionlimit(), threading.stack_size()
        try:
            threading.stack_size(512 * 1024 * 1024)
            sys.setrecursionlimit(max(limit, 100_000))
            thread = threading.Thread(target=run, name=_NAME)
            thread.start()
            thread.join()
        except RuntimeError as error:  # no memory for such a stack
            failure.append(RecursionError(str(error)))
        finally:
            threading.stack_size(size)
            sys.setrecursionlimit(limit)
    if failure:
        if isinstance(failure[0], (RecursionError, MemoryError)):
            raise UnsupportedError(
                "cannot differentiate a program that is nested this deeply",
                hint="Split the function.",
            ) from None
        raise failure[0]
    return outcome[0]
