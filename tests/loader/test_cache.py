"""The cache on disk: what is found again, what is not trusted, and where nothing can be written."""

import logging
import os
import stat

import pytest

from adtrans import grad
from adtrans.ir import types as ty
from adtrans.loader import cache, digests, store
from adtrans.loader.types_of import types_of
from adtrans.transform.request import Generated, Request

pytestmark = pytest.mark.fast

SQUARE = "def derivative(x):\n    return (2.0 * x,)\n"
SCALE = 2.0


def f(x):
    return SCALE * x * x


def request(function=f, *values):
    return Request(function, "grad", (0,), types_of(values or (1.0,)))


def stored(fake):
    """What a second process would find: memory is empty, the disk is not."""
    store.clear()
    before = len(fake.requests)
    found = store.generate(request())
    return found, len(fake.requests) == before


def test_a_text_is_found_again(fake):
    fake.texts["grad"] = SQUARE
    made = store.generate(request())
    found, cached = stored(fake)
    assert cached and found == made


def test_files_are_private(fake):
    fake.texts["grad"] = SQUARE
    store.generate(request())
    ((path, _),) = cache.entries()
    assert stat.S_IMODE(os.stat(path.parent).st_mode) == 0o700
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-3], lambda data: data.replace(b"2.0", b"9.0"), lambda data: b""]
)
def test_a_damaged_file_is_made_anew(fake, damage):
    fake.texts["grad"] = SQUARE
    store.generate(request())
    ((path, _),) = cache.entries()
    path.write_bytes(damage(path.read_bytes()))
    found, cached = stored(fake)
    assert not cached and found.text == SQUARE
    assert stored(fake)[1]


def test_a_file_under_another_name_is_not_trusted(fake):
    fake.texts["grad"] = SQUARE
    store.generate(request())
    ((path, _),) = cache.entries()
    assert cache.read(path.stem) is not None
    path.rename(path.with_stem("0" * 64))
    assert cache.read("0" * 64) is None


def test_a_folder_open_to_others_is_not_used(fake):
    fake.texts["grad"] = SQUARE
    store.generate(request())
    os.chmod(cache.folder(), 0o777)
    assert not stored(fake)[1]


def test_an_unwritable_cache_means_memory_only(fake, monkeypatch, tmp_path, caplog):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("ADTRANS_CACHE_DIR", str(blocked))
    fake.texts["grad"] = SQUARE
    with caplog.at_level(logging.INFO, "adtrans"):
        store.generate(request())
        store.generate(request())
    assert len(fake.requests) == 1
    assert any("not cached" in record.message for record in caplog.records)


def test_switched_off(fake, monkeypatch):
    monkeypatch.setenv("ADTRANS_CACHE", "0")
    fake.texts["grad"] = SQUARE
    store.generate(request())
    assert list(cache.entries()) == []


def test_a_changed_constant_is_noticed(fake, monkeypatch):
    fake.texts["grad"] = Generated(
        SQUARE, "derivative", depends=[(f.__globals__, "SCALE", SCALE)], output=ty.FLOAT
    )
    store.generate(request())
    assert stored(fake)[1]
    monkeypatch.setitem(f.__globals__, "SCALE", 3.0)
    assert not stored(fake)[1]


def test_bindings_are_found_again(fake):
    fake.texts["grad"] = Generated(
        "def derivative(x):\n    return (SPACE['SCALE'] * x,)\n",
        "derivative",
        {"SPACE": f.__globals__},
        output=ty.FLOAT,
    )
    store.generate(request())
    found, cached = stored(fake)
    assert cached and found.bindings["SPACE"] is f.__globals__


def test_cells_are_found_again(fake):
    scale = 2.0

    def g(x):
        return scale * x

    cell = g.__closure__[0]
    fake.texts["grad"] = Generated("", "derivative", {"c": cell}, [(cell, "scale", scale)], output=ty.FLOAT)
    store.generate(request(g))
    store.clear()
    assert store.generate(request(g)).bindings["c"] is cell


def test_keys_tell_requests_apart():
    def g(x):
        return 3.0 * x

    keys = [
        store.key_of(r)
        for r in [
            request(),
            request(g),
            request(f, 1),
            Request(f, "vjp", (0,), (ty.FLOAT,)),
            Request(f, "grad", (0,), (ty.FLOAT,), (("has_aux", True),)),
        ]
    ]
    assert None not in keys and len(set(keys)) == len(keys)


def test_changed_text_changes_the_key(tmp_path):
    keys = []
    for text in ("def f(x):\n    return x * 2\n", "def f(x):\n    return x * 3\n"):
        path = tmp_path / "program.py"
        path.write_text(text)
        namespace = {"__name__": "program"}
        exec(compile(text, str(path), "exec"), namespace)
        keys.append(store.key_of(request(namespace["f"])))
    assert None not in keys and keys[0] != keys[1]


def test_values_without_a_digest_are_not_stored(fake):
    fake.texts["grad"] = SQUARE
    assert store.key_of(Request(f, "grad", (0,), (ty.Known(object()),))) is None


def test_sweep_keeps_the_most_recent(fake):
    for i in range(4):
        cache.write(f"{i:064d}", "x" * 1000)
        os.utime(cache._path(f"{i:064d}"), (i, i))
    cache.sweep(limit=2500)
    assert sorted(path.stem[-1] for path, _ in cache.entries()) == ["2", "3"]


def test_clear(fake):
    cache.write("0" * 64, "x")
    assert cache.clear() == 1 and list(cache.entries()) == []


def test_the_installation_has_one_digest():
    assert digests.of_installation() == digests.of_installation()


def test_derivatives_use_the_cache(fake):
    fake.texts["grad"] = SQUARE

    def make():
        def local(x):
            return x * x

        return local

    assert grad(make())(1.0) == 2.0
    assert grad(make())(1.0) == 2.0
    assert len(fake.requests) == 1
