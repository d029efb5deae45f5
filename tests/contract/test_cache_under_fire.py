"""The cache folder, whatever happens to it. ADTRANS_FIRE=64x200 makes the large run of `fire`."""

import errno
import logging
import os
import subprocess
import sys
import tempfile

import pytest
from fire import ROOT, run

from adtrans.cli import main
from adtrans.loader import cache, store

pytestmark = pytest.mark.fast

KEY = "0" * 64
BODY = "a text " * 100
posix = pytest.mark.skipif(os.name != "posix", reason="of POSIX")


@pytest.fixture(autouse=True)
def fresh(monkeypatch, tmp_path):
    monkeypatch.setenv("ADTRANS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("ADTRANS_CACHE", raising=False)
    monkeypatch.setattr(cache, "_reported", set())
    store.clear()


@posix
def test_many_processes_some_of_them_killed():
    processes, _, derivations = os.environ.get("ADTRANS_FIRE", "5x12").partition("x")
    outcome = run(int(processes), int(derivations))
    assert outcome.ok, outcome
    assert outcome.survivors and outcome.killed == int(int(processes) * 0.33)


# ----- files -----


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: len(data) // 2],
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: data + b"x",
        lambda data: bytes([data[0] ^ 1]) + data[1:],
        lambda data: data[:-9] + bytes([data[-9] ^ 16]) + data[-8:],
        lambda data: b"adtrans 2 " + data[10:],
        lambda data: b"\xff\xfe" * 50,
    ],
)
def test_damaged_files_are_not_read_and_are_replaced(damage):
    cache.write(KEY, BODY)
    path = cache.folder() / f"{KEY}.txt"
    path.write_bytes(damage(path.read_bytes()))
    assert cache.read(KEY) is None and cache.damaged() == [path]
    cache.write(KEY, BODY)
    assert cache.read(KEY) == BODY and not cache.damaged()


def test_every_bit_counts():
    cache.write(KEY, "short")
    path = cache.folder() / f"{KEY}.txt"
    data = path.read_bytes()
    for position in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[position // 8] ^= 1 << position % 8
        path.write_bytes(bytes(flipped))
        assert cache.read(KEY) is None


def test_a_foreign_file_with_the_right_name():
    cache.write("1" * 64, BODY)
    path = cache.folder() / f"{KEY}.txt"
    path.write_bytes((cache.folder() / f"{'1' * 64}.txt").read_bytes())
    assert cache.read(KEY) is None
    path.unlink()
    path.mkdir()
    assert cache.read(KEY) is None
    cache.write(KEY, BODY)  # logged, no error
    assert cache.read(KEY) is None


@posix
def test_a_pipe_with_the_right_name_keeps_nobody_waiting():
    cache.write("1" * 64, BODY)
    os.mkfifo(cache.folder() / f"{KEY}.txt")
    assert cache.read(KEY) is None
    cache.write(KEY, BODY)
    assert cache.read(KEY) == BODY


# ----- folders -----


def memory_only(caplog, reason):
    """Nothing is stored, nothing fails, and the log says why, once."""
    with caplog.at_level(logging.INFO, "adtrans"):
        for _ in range(3):
            cache.write(KEY, BODY)
            assert cache.read(KEY) is None
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 1 and "not cached on disk" in said[0] and reason in said[0], said


@posix
@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777, 0o720])
def test_a_folder_that_others_may_write_into(mode, caplog):
    cache.folder().mkdir(parents=True)
    cache.folder().chmod(mode)
    memory_only(caplog, "others may write into it")
    assert list(cache.folder().iterdir()) == [] and "others may write" in cache.problem()


@posix
def test_a_folder_of_another_user(monkeypatch, caplog):
    cache.write(KEY, BODY)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    memory_only(caplog, "belongs to somebody else")


@posix
def test_a_file_of_another_user(monkeypatch):
    cache.write(KEY, BODY)
    monkeypatch.setattr(cache, "_is_ours", lambda status: not os.path.stat.S_ISREG(status.st_mode))
    assert cache.read(KEY) is None


@posix
def test_a_folder_that_others_may_read_is_closed():
    cache.write(KEY, BODY)
    cache.folder().chmod(0o755)
    assert cache.read(KEY) == BODY and cache.folder().stat().st_mode & 0o777 == 0o700


@posix
def test_a_link_in_the_place_of_the_folder(tmp_path, caplog):
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    cache.folder().parent.mkdir()
    cache.folder().symlink_to(tmp_path / "elsewhere")
    memory_only(caplog, "")


def test_a_file_in_the_place_of_the_folder(tmp_path, caplog):
    (tmp_path / "cache").write_text("")
    memory_only(caplog, "")
    assert cache.problem()


@posix
def test_a_read_only_folder(caplog):
    """Read what is there, write nothing; as an ordinary user, since root may write anywhere."""
    cache.write(KEY, BODY)
    child = os.fork() if os.geteuid() == 0 else None
    if child is None:
        os.chmod(cache.folder(), 0o500)
        assert cache.read(KEY) == BODY
        cache.write("1" * 64, BODY)
        os.chmod(cache.folder(), 0o700)
        assert cache.read("1" * 64) is None
        return
    if child == 0:
        code = 1
        try:
            with tempfile.TemporaryDirectory() as folder:
                os.chmod(folder, 0o777)
                os.environ["ADTRANS_CACHE_DIR"] = folder
                os.seteuid(65534)
                cache.write(KEY, BODY)
                os.chmod(cache.folder(), 0o500)
                cache.write("1" * 64, BODY)
                good = cache.read(KEY) == BODY and cache.read("1" * 64) is None
                code = 0 if good and "nothing can be written" in str(cache.problem()) else 2
                os.seteuid(0)
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_full_disk(monkeypatch, caplog):
    def full(*args, **keywords):
        raise OSError(errno.ENOSPC, "No space left on device")

    cache.write("1" * 64, BODY)
    monkeypatch.setattr(os, "replace", full)
    memory_only(caplog, "No space left")


FULL = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
import numpy as np, adtrans
from adtrans.loader import cache
def f(x):
    return np.sum(x * x)
sys.dont_write_bytecode = True
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
print(adtrans.grad(f)(np.ones(2)).tolist(), len(list(cache.entries())))
"""


@posix
def test_a_disk_that_fills_while_a_file_is_written(tmp_path):
    program = tmp_path / "full.py"
    program.write_text(FULL)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, env=environment)
    assert done.stdout.split("\n")[0] == "[2.0, 2.0] 0", done.stderr


# ----- size and age -----


def test_the_least_recently_used_go_first(monkeypatch):
    monkeypatch.setattr(cache, "LIMIT", 4000)
    names = [f"{k:064d}" for k in range(8)]
    for k, name in enumerate(names):
        cache.write(name, "x" * 900)
        os.utime(cache.folder() / f"{name}.txt", (k + 1, k + 1))
    assert cache.read(names[0])  # used: not the one to go
    cache.sweep()
    kept = {path.stem for path, _ in cache.entries()}
    assert names[0] in kept and names[-1] in kept and names[1] not in kept
    assert sum(status.st_size for _, status in cache.entries()) <= 4000


def test_writing_keeps_to_the_bound(monkeypatch):
    monkeypatch.setattr(cache, "LIMIT", 20_000)
    monkeypatch.setattr(cache, "_SWEEP_EVERY", 4)
    for k in range(60):
        cache.write(f"{k:064d}", "x" * 900)
    assert sum(status.st_size for _, status in cache.entries()) <= 20_000 + 4 * 1100


@pytest.mark.parametrize("ahead", [-10 * 365 * 86400, 0, 10 * 365 * 86400])
def test_clocks_that_are_wrong(monkeypatch, ahead):
    """Written under another clock: found, noted as used now, and no half-written file stays for ever."""
    cache.write(KEY, BODY)
    left = cache.folder() / ".new-left"
    left.write_text("half")
    now = cache.time.time()
    for path in (cache.folder() / f"{KEY}.txt", left):
        os.utime(path, (now + ahead, now + ahead))
    assert cache.read(KEY) == BODY
    assert abs(os.stat(cache.folder() / f"{KEY}.txt").st_mtime - now) < 3700
    cache.sweep()
    assert left.exists() == (ahead == 0) and cache.read(KEY) == BODY


# ----- the command -----


def test_info_and_clear(capsys):
    cache.write(KEY, BODY)
    (cache.folder() / f"{'1' * 64}.txt").write_text("no")
    assert main(["cache", "info"]) == 0
    said = capsys.readouterr().out
    assert str(cache.folder()) in said and "2 files" in said
    assert main(["cache", "info", "--verify"]) == 0
    assert "2 files, 1 damaged" in capsys.readouterr().out
    assert main(["cache", "clear"]) == 0
    assert "2 files" in capsys.readouterr().out and list(cache.entries()) == []


def test_info_says_why_nothing_is_kept(capsys, monkeypatch):
    monkeypatch.setenv("ADTRANS_CACHE", "0")
    assert main(["cache", "info"]) == 0
    assert "ADTRANS_CACHE=0" in capsys.readouterr().out


def test_the_folder_of_the_user(monkeypatch):
    monkeypatch.delenv("ADTRANS_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setattr(sys, "platform", "linux")
    assert cache.folder().parts[-3:] == (".cache", "adtrans", "texts")
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert str(cache.folder()) == os.path.join("/somewhere", "adtrans", "texts")
