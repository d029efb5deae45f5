"""A stand-in for the pipeline, so that the loader is tested by texts written by hand."""

import pytest

from adtrans.ir import types as ty
from adtrans.loader import store
from adtrans.transform.request import Generated


class Fake:
    """Answers requests from `texts[transform]`, and remembers them."""

    def __init__(self):
        self.texts, self.fields, self.requests = {}, {}, []

    def __call__(self, request):
        self.requests.append(request)
        text = self.texts[request.transform]
        found = text(request) if callable(text) else text
        return (
            found
            if isinstance(found, Generated)
            else Generated(found, "derivative", **{"output": ty.FLOAT, **self.fields})
        )


@pytest.fixture
def fake(monkeypatch, tmp_path):
    """Each test has an empty cache, and derivatives that it wrote itself."""
    monkeypatch.setenv("ADTRANS_CACHE_DIR", str(tmp_path / "cache"))
    store.clear()
    made = Fake()
    monkeypatch.setattr(store, "_written", made)
    yield made
    store.clear()
