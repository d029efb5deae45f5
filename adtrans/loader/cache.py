"""Files of generated text: written atomically, each with its own digest, in a folder that only we can read.

Nothing here knows what the texts mean. A file that does not match its digest counts as absent.
"""

from __future__ import annotations

import hashlib
import logging
import os
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

logger = logging.getLogger("adtrans")

LIMIT = 256 * 1024 * 1024  # bytes; the least recently used files go first
_HEAD = b"adtrans 1 "
_SWEEP_EVERY = 64  # writes between looks at the folder's size
_reported: set[str] = set()
_writes = 0


def is_enabled() -> bool:
    return os.environ.get("ADTRANS_CACHE", "1") != "0"


def folder() -> Path:
    """Where the files are: ADTRANS_CACHE_DIR, or adtrans in the user's cache folder."""
    given = os.environ.get("ADTRANS_CACHE_DIR")
    if given:
        return Path(given) / "texts"
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or os.path.expanduser(r"~\AppData\Local")
        return Path(base) / "adtrans" / "Cache" / "texts"
    if sys.platform == "darwin":
        return Path(os.path.expanduser("~/Library/Caches")) / "adtrans" / "texts"
    base = os.environ.get("XDG_CACHE_HOME", "")
    return Path(base if os.path.isabs(base) else os.path.expanduser("~/.cache")) / "adtrans" / "texts"


def read(key: str) -> str | None:
    """The body stored under a key, or None."""
    if not is_enabled():
        return None
    path = _path(key)
    try:
        if not _is_ours(path.parent, directory=True):
            return None
        with open(path, "rb") as file:
            if not _is_ours_status(os.fstat(file.fileno())):
                return None
            data = file.read()
            _touch(path, os.fstat(file.fileno()).st_mtime)
    except OSError:
        return None
    head, _, body = data.partition(b"\n")
    if head != _HEAD + _digest(key, body):
        _report(f"the cached file {path} is not what was written there; it is made anew")
        return None
    return body.decode()


def write(key: str, body: str) -> None:
    """Store a body; where that cannot be done, the reason is logged once."""
    global _writes
    if not is_enabled():
        return
    path, data = _path(key), body.encode()
    try:
        _make_private(path.parent)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_HEAD + _digest(key, data) + b"\n" + data)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        _report(f"derivatives are not cached on disk: {error}")
        return
    _writes += 1
    if _writes % _SWEEP_EVERY == 1:
        sweep()


def entries() -> Iterator[tuple[Path, os.stat_result]]:
    """The files of the cache with their status."""
    try:
        with os.scandir(folder()) as found:
            for entry in found:
                try:
                    if entry.is_file(follow_symlinks=False):
                        yield Path(entry.path), entry.stat(follow_symlinks=False)
                except OSError:
                    continue
    except OSError:
        return


def sweep(limit: int | None = None) -> None:
    """Remove the least recently used files until the rest fits the limit, and what writers left behind."""
    limit = LIMIT if limit is None else limit
    now = time.time()
    kept = []
    for path, status in entries():
        if path.name.startswith(".new-"):
            if now - status.st_mtime > 3600:
                _remove(path)
            continue
        kept.append((status.st_mtime, status.st_size, path))
    total = sum(size for _, size, _ in kept)
    for _, size, path in sorted(kept):
        if total <= limit:
            break
        _remove(path)
        total -= size


def clear() -> int:
    """Remove every file; how many there were."""
    found = [path for path, _ in entries()]
    for path in found:
        _remove(path)
    return len(found)


def _path(key: str) -> Path:
    return folder() / f"{key}.txt"


def _digest(key: str, body: bytes) -> bytes:
    return hashlib.sha256(key.encode() + b"\n" + body).hexdigest().encode()


def _remove(path: Path) -> None:
    try:
        path.unlink()
    except OSError:
        pass


def _touch(path: Path, used: float) -> None:
    """Say that a file was used, at most once an hour."""
    if time.time() - used > 3600:
        try:
            os.utime(path)
        except OSError:
            pass


def _make_private(path: Path) -> None:
    if not path.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
    if not _is_ours(path, directory=True):
        raise PermissionError(f"{path} belongs to somebody else, or others may write into it")


def _is_ours(path: Path, directory: bool) -> bool:
    """Whether a folder belongs to us and to nobody else; ours is closed to others if it is open."""
    status = os.lstat(path)
    if directory and not stat.S_ISDIR(status.st_mode):
        return False
    if not _is_ours_status(status):
        return False
    if os.name == "posix" and stat.S_IMODE(status.st_mode) & 0o077:
        if stat.S_IMODE(status.st_mode) & 0o022:
            return False  # others may have put files there
        os.chmod(path, 0o700)
    return True


def _is_ours_status(status: os.stat_result) -> bool:
    return os.name != "posix" or status.st_uid == os.geteuid()


def _report(message: str) -> None:
    if message not in _reported:
        _reported.add(message)
        logger.info(message)
