"""adtrans reads a plain NumPy function, and writes the Python source of its derivative."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adtrans.api import (
        elementwise_grad,
        grad,
        hessian,
        hvp,
        jacfwd,
        jacobian,
        jacrev,
        jvp,
        value_and_grad,
        vjp,
    )
    from adtrans.checking import check
    from adtrans.derivative import Derivative
    from adtrans.errors import (
        AdtransError,
        ArgnumError,
        ArgumentError,
        InternalError,
        MissingSourceError,
        OptionError,
        OutputError,
        OverlapError,
        SourceError,
        StaleSourceError,
        UndefinedGradientError,
        UnsupportedError,
        VectorError,
    )
    from adtrans.markers import checkpoint, stop_gradient
    from adtrans.registration import adjoint, nondifferentiable, partials, tangent

__version__ = "0.1.0"

__all__ = [
    "AdtransError",
    "ArgnumError",
    "ArgumentError",
    "Derivative",
    "InternalError",
    "MissingSourceError",
    "OptionError",
    "OutputError",
    "OverlapError",
    "SourceError",
    "StaleSourceError",
    "UndefinedGradientError",
    "UnsupportedError",
    "VectorError",
    "__version__",
    "adjoint",
    "check",
    "checkpoint",
    "elementwise_grad",
    "grad",
    "hessian",
    "hvp",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jvp",
    "nondifferentiable",
    "partials",
    "stop_gradient",
    "tangent",
    "value_and_grad",
    "vjp",
]

# names are read where they are first used, so that importing adtrans costs little
_ROOMS = {
    "check": "checking",
    "Derivative": "derivative",
    "checkpoint": "markers",
    "stop_gradient": "markers",
    "adjoint": "registration",
    "nondifferentiable": "registration",
    "partials": "registration",
    "tangent": "registration",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'adtrans' has no attribute {name!r}")
    room = _ROOMS.get(name) or ("errors" if name.endswith("Error") else "api")
    found = globals()[name] = getattr(importlib.import_module(f"adtrans.{room}"), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
