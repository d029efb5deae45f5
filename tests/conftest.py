"""The tests keep their generated files to themselves."""

import os
import shutil
import tempfile

import pytest


def pytest_configure(config: pytest.Config) -> None:
    if "ADTRANS_CACHE_DIR" not in os.environ:  # workers inherit it
        config.adtrans_cache = os.environ["ADTRANS_CACHE_DIR"] = tempfile.mkdtemp(prefix="adtrans-tests-")


def pytest_unconfigure(config: pytest.Config) -> None:
    if hasattr(config, "adtrans_cache"):
        shutil.rmtree(config.adtrans_cache, ignore_errors=True)
