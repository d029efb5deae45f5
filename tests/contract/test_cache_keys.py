"""A text on disk is found by everything that it depends on, and by nothing less."""

import functools
import os
import sys
import textwrap

import numpy as np
import pytest

import adtrans
from adtrans import registration
from adtrans.loader import cache, digests, store
from adtrans.loader.types_of import types_of
from adtrans.transform.request import Request

pytestmark = pytest.mark.fast


@pytest.fixture(autouse=True)
def empty(monkeypatch, tmp_path):
    monkeypatch.setenv("ADTRANS_CACHE_DIR", str(tmp_path / "cache"))
    store.clear()


def module(tmp_path, text):
    path = tmp_path / "program.py"
    path.write_text(textwrap.dedent(text))
    namespace = {"__name__": "program"}
    exec(compile(path.read_text(), str(path), "exec"), namespace)
    return namespace


def generations(monkeypatch):
    """Requests that were written, not found."""
    made = []
    written = store._written
    monkeypatch.setattr(store, "_written", lambda request: made.append(request) or written(request))
    return made


def called(tmp_path, text, value=2.0):
    """The gradient of `f` in a text, as a new process finds it: with what is on disk alone."""
    store.clear()
    return adtrans.grad(module(tmp_path, text)["f"])(value)


CALLEE = """
    scale = {scale}
    def helper(x):
        return {body}
    def f(x):
        return scale * helper(x)
"""


def test_the_text_of_callees_and_constants(tmp_path, monkeypatch):
    made = generations(monkeypatch)
    assert called(tmp_path, CALLEE.format(scale="3.0", body="x * x")) == 12.0
    assert called(tmp_path, CALLEE.format(scale="3.0", body="x * x")) == 12.0 and len(made) == 1
    assert called(tmp_path, CALLEE.format(scale="3.0", body="x + x")) == 6.0 and len(made) == 2
    assert called(tmp_path, CALLEE.format(scale="5", body="x + x")) == 10.0


def test_the_text_of_users_rules(tmp_path, monkeypatch):
    monkeypatch.setattr(registration, "_noted", [])
    text = """
        import adtrans
        def helper(x):
            return x * x
        adtrans.partials(helper, lambda x, y: {rule})
        def f(x):
            return helper(x)
    """
    made = generations(monkeypatch)
    assert called(tmp_path, text.format(rule="2.0 * x")) == 4.0
    assert called(tmp_path, text.format(rule="7.0 * x")) == 14.0
    assert len(made) == 2


def f(x):
    return np.sum(x * x)


def test_types_transforms_and_options():
    def key(transform="grad", argnums=(0,), value=1.0, options=()):
        return store.key_of(Request(f, transform, argnums, types_of((value,)), options))

    keys = [
        key(),
        key("vjp"),
        key("jvp"),
        key("value_and_grad"),
        key(options=(("single", True),)),
        key(options=(("has_aux", True),)),
        key(value=np.ones(2)),
        key(value=np.ones(2, "f4")),
        key(value=np.ones((2, 2))),
        key(value=np.ones((2, 3))),
        key(value=np.ones(1)),
        key(value=1j),
        key(value=[1.0]),
        key(value=(1.0,)),
    ]
    assert None not in keys and len(set(keys)) == len(keys)
    assert key(value=np.ones(2)) == key(value=np.ones(3))


of_installation = digests.of_installation.__wrapped__


def test_versions(monkeypatch, tmp_path):
    seen = {of_installation()}
    with monkeypatch.context() as patch:
        patch.setattr(adtrans, "__version__", "0.0.1")
        seen.add(of_installation())
    with monkeypatch.context() as patch:
        patch.setattr(np, "__version__", "1.0")
        seen.add(of_installation())
    with monkeypatch.context() as patch:
        major, minor, *rest = sys.version_info
        version = type("Version", (), {"major": major, "minor": minor + 1})
        patch.setattr(sys, "version_info", version)
        seen.add(of_installation())
    for name in ("gast", "astor"):
        with monkeypatch.context() as patch:
            listed = digests._distributions
            patch.setattr(
                digests,
                "_distributions",
                lambda *names, other=name: [e.replace(f"{other}-", f"{other}-9") for e in listed(*names)],
            )
            seen.add(of_installation())
    assert len(seen) == 6


def test_the_text_of_rules_and_helpers_whatever_their_times(tmp_path):
    package = tmp_path / "adtrans" / "rules"
    package.mkdir(parents=True)
    rule = package / "ufuncs.py"
    seen = set()
    for text in ("y = 2.0", "y = 3.0"):
        rule.write_text(text)
        os.utime(rule, (1, 1))  # some installers give every file one time
        seen.add(tuple(digests._texts(str(tmp_path))))
    assert len(seen) == 2


def test_two_installations_share_a_folder(monkeypatch, tmp_path):
    made = generations(monkeypatch)
    values = []
    for version in ("1.0", "2.0", "1.0", "2.0"):
        with monkeypatch.context() as patch:
            patch.setattr(adtrans, "__version__", version)
            patch.setattr(digests, "of_installation", functools.cache(of_installation))
            values.append(called(tmp_path, "def f(x):\n    return x * x\n"))
    assert values == [4.0] * 4 and len(made) == 2


def test_the_clock_plays_no_part(monkeypatch, tmp_path):
    made = generations(monkeypatch)
    text = "def f(x):\n    return x * x\n"
    for seconds in (0, 4_000_000_000, 1):
        assert called(tmp_path, text) == 4.0
        for path, _ in cache.entries():
            os.utime(path, (seconds, seconds))
    cache.sweep()
    assert called(tmp_path, text) == 4.0 and len(made) == 1
