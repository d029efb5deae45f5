"""Files of generated text: written atomically, each with its own digest, in a folder that only we can read.

Nothing here knows what the texts mean. A file that does not match its digest counts as absent.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path

LIMIT = 256 * 1024 * 1024  # bytes; the least recently used files go first
_HEAD = b"adtrans 1 "
_NEW = ".new-"  # files that are still being written
_HOUR = 3600
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
        if not _is_private(path.parent):
            return None
        data = _contents(path)
        if data is None:
            return None
    except OSError:
        return None
    body = _body(key, data)
    if body is None:
        _report(f"the cached file {path} is not what was written there; it is made anew")
        return None
    return body.decode()


def _contents(path: Path) -> bytes | None:
    """What a plain file of ours holds."""
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
    with open(os.open(path, flags), "rb") as file:  # a pipe of that name does not keep us waiting
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size > LIMIT or not _is_ours(status):
            return None
        data = file.read()
    _touch(path, status.st_mtime)
    return data


def _body(key: str, data: bytes) -> bytes | None:
    """The body of a file's data; None unless it is what was written under that key."""
    head, _, body = data.partition(b"\n")
    return body if head == _HEAD + _digest(key, body) else None


def write(key: str, body: str) -> None:
    """Store a body; where that cannot be done, the reason is logged once."""
    global _writes
    if not is_enabled():
        return
    path, data = _path(key), body.encode()
    try:
        _make_private(path.parent)
        temporary = path.parent / (_NEW + os.urandom(8).hex())  # tempfile takes long to import
        try:
            with open(temporary, "xb", opener=_closed_to_others) as file:
                file.write(_HEAD + _digest(key, data) + b"\n" + data)
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        _report(f"derivatives are not cached on disk: {error}")
        return
    _writes += 1
    if _writes % _SWEEP_EVERY == 1:
        sweep()


def _closed_to_others(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def problem() -> str | None:
    """Why nothing is kept on disk; None where it is, or would be."""
    if not is_enabled():
        return "switched off by ADTRANS_CACHE=0"
    path = folder()
    try:
        if not path.exists():
            path = next(parent for parent in path.parents if parent.exists())
        elif not _is_private(path):
            return "it belongs to somebody else, or others may write into it"
    except OSError as error:
        return str(error)
    as_we_are = os.access in os.supports_effective_ids
    writable = path.is_dir() and os.access(path, os.W_OK, effective_ids=as_we_are)
    return None if writable else f"nothing can be written to {path}"


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
        if path.name.startswith(_NEW):
            if (
                abs(now - status.st_mtime) > _HOUR
            ):  # its writer is gone; times ahead of the clock count as old
                _remove(path)
            continue
        kept.append((status.st_mtime, status.st_size, path))
    total = sum(size for _, size, _ in kept)
    for _, size, path in sorted(kept):
        if total <= limit:
            break
        _remove(path)
        total -= size


def damaged() -> list[Path]:
    """The files that do not match their digest: the next one who wants them makes them anew."""
    found = []
    for path, _ in entries():
        try:
            good = path.name.startswith(_NEW) or _body(path.stem, path.read_bytes()) is not None
        except OSError:
            continue
        if not good:
            found.append(path)
    return found


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
    if abs(time.time() - used) > _HOUR:
        try:
            os.utime(path)
        except OSError:
            pass


def _make_private(path: Path) -> None:
    if not path.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
    if not _is_private(path):
        raise PermissionError(f"{path} belongs to somebody else, or others may write into it")


def _is_private(path: Path) -> bool:
    """Whether a folder belongs to us and to nobody else; ours is closed to others if it is open."""
    status = os.lstat(path)
    if not stat.S_ISDIR(status.st_mode) or not _is_ours(status):
        return False
    if os.name == "posix" and stat.S_IMODE(status.st_mode) & 0o077:
        if stat.S_IMODE(status.st_mode) & 0o022:
            return False  # others may have put files there
        os.chmod(path, 0o700)
    return True


def _is_ours(status: os.stat_result) -> bool:
    return os.name != "posix" or status.st_uid == os.geteuid()


def _report(message: str) -> None:
    if message not in _reported:
        _reported.add(message)
        import logging  # late: there is seldom anything to report

        logging.getLogger("adtrans").info(message)
