"""Gradients by Autograd and JAX of functions whose module says only `import numpy as np`.

What their users change is that line: the module is run again with their NumPy as `np`.
"""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import numpy as np

Function = Callable[..., Any]


def with_numpy(fun: Function, numpy: ModuleType) -> Function:
    """The function of that name in a copy of its module where `np` is another library."""
    original = inspect.getmodule(fun)
    assert original is not None and original.__file__ is not None
    spec = importlib.util.spec_from_file_location(f"{original.__name__}_{numpy.__name__}", original.__file__)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.np = numpy  # type: ignore[attr-defined]
    return getattr(module, fun.__name__)


def autograd_gradient(fun: Function, argnums: tuple[int, ...], args: Sequence[Any]) -> Function:
    import autograd
    import autograd.numpy

    return autograd.grad(with_numpy(fun, autograd.numpy), argnums)


def jax_gradient(fun: Function, argnums: tuple[int, ...], args: Sequence[Any]) -> Function:
    """Compiled, in double precision, waiting for its results."""
    import jax
    import jax.numpy

    jax.config.update("jax_enable_x64", True)
    static = tuple(i for i, a in enumerate(args) if isinstance(a, int))
    gradient = jax.jit(jax.grad(with_numpy(fun, jax.numpy), argnums), static_argnums=static)
    return lambda *given: jax.block_until_ready(gradient(*given))


PEERS = {"autograd": autograd_gradient, "jax": jax_gradient}


def installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def agree(ours: Sequence[Any], theirs: Sequence[Any]) -> bool:
    return all(
        np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=1e-6, atol=1e-9) for a, b in zip(ours, theirs)
    )
