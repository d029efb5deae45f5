"""What is known of every function, as rows for readers: its modes, its limits and its conventions."""

from __future__ import annotations

import contextlib
import functools
import importlib
import inspect
import re
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from adtrans.emit.spelling import locate
from adtrans.rules import load, registry
from adtrans.rules.registry import Primitive
from adtrans.rules.stand_ins import SAID, STAND_INS

_LIBRARIES = (
    "special",
    "linalg",
    "stats",
    "signal",
    "integrate",
    "fft",
    "ndimage",
    "sparse",
    "sparse.linalg",
    "interpolate",
    "optimize",
)


@dataclass(frozen=True, order=True)
class Row:
    """One function.

    modes: "both", "reverse" or "forward"; "zero" where the derivative is 0 wherever it exists.
    limits: arguments in which it has no derivative, and options that it is refused with.
    conventions: what its derivative is where there are several, or none.
    """

    name: str
    modes: str
    limits: str = ""
    conventions: str = ""


def rows() -> list[Row]:
    """One row for every function with rules, by name; SciPy's too where it is installed."""
    load.core()
    for library in _LIBRARIES:
        with contextlib.suppress(ImportError):
            importlib.import_module(f"scipy.{library}")
    load.all_of_scipy()
    found: dict[str, Row] = {}
    for record in registry.registered():
        row = _row(record)
        if row is not None:
            found[row.name] = row
    for fn in (*STAND_INS, *SAID):
        name = name_of(fn)
        if name is not None and name not in found:
            found[name] = Row(name, "both", *SAID[fn]) if fn in SAID else _stand_in_row(name, STAND_INS[fn])
    return sorted(found.values())


def versions() -> str:
    """The libraries that the rows were made with."""
    found = [f"NumPy {_short(np.__version__)}"]
    with contextlib.suppress(ImportError):
        import scipy

        found.append(f"SciPy {_short(scipy.__version__)}")
    return " and ".join(found)


def _short(version: str) -> str:
    return ".".join(version.split(".")[:2])


def name_of(fn: Any) -> str | None:
    """The public name of a function; None for what has none, and for ours."""
    place = locate(fn)
    if place is None or place[0].startswith("adtrans"):
        return None
    name = ".".join(filter(None, place)).removeprefix("_")  # operator's functions say _operator
    return None if "._" in name else name


def _row(record: Primitive) -> Row | None:
    name, modes = name_of(record.fn), _modes(record)
    if name is None or modes is None:
        return None
    return Row(name, modes, "; ".join(_limits(record)), "; ".join(_conventions(record)))


def _modes(record: Primitive) -> str | None:
    forward = record.partials is not None or record.tangent is not None or bool(record.linear)
    reverse = record.partials is not None or record.adjoint is not None
    if forward and reverse:
        return "both"
    if forward or reverse:
        return "forward" if forward else "reverse"
    return "zero" if record.nondifferentiable else None


def _stand_in_row(name: str, stand_in: Any) -> Row:
    said = re.findall(r'refused\("([^"]+)"\)', inspect.getsource(stand_in))
    limits = [text.removeprefix(name).removesuffix("has no derivative rule").strip() for text in said]
    options = re.sub(r"(\w+=)", r"`\1`", ", ".join(limits).replace(", with ", ", "))
    how = stand_in.__globals__.get("HOW", "read as the Python that it stands for")
    return Row(name, "both", f"not {options}" if options else "", how)


# ----- limits -----


def _limits(record: Primitive) -> list[str]:
    limits = []
    closed = _without_derivative(record)
    if closed:
        limits.append(f"no derivative in {', '.join(closed)}")
    if _is_real_only(record):
        limits.append("real numbers only")
    limits += _said_by_rules(record)
    options = _refused_options(record)
    if options:
        limits.append(f"not with {', '.join(options)}")
    return limits


def _without_derivative(record: Primitive) -> list[str]:
    """Inputs whose partial is NotImplemented, as the rule says at some point."""
    if record.partials is None:
        return []
    names = _names(record.partials)[: record.inputs]
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = record.partials(*[0.5] * len(names), 0.5)
        except Exception:
            return []
    parts = found if isinstance(found, tuple) else (found,)
    return [f"`{name}`" for name, part in zip(names, parts) if part is NotImplemented]


def _is_real_only(record: Primitive) -> bool:
    """Whether a rule refuses complex numbers."""
    cotangents = int(record.partials is None)
    rule = record.partials or (record.adjoint if record.elementwise else None)
    if rule is None:
        return False
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            rule(*[0.5 + 0.5j] * ((record.inputs or 0) + 1 + cotangents))
        except NotImplementedError:
            return True
        except Exception:
            return False
    return False


def _said_by_rules(record: Primitive) -> list[str]:
    """What rules, and the functions of their module that they call, refuse."""
    rule = record.tangent or record.adjoint
    if rule is None:
        return []
    texts = [inspect.getsource(rule)]
    for name in rule.__code__.co_names:
        called = rule.__globals__.get(name)
        if inspect.isfunction(called) and called.__module__ == rule.__module__:
            texts.append(inspect.getsource(called))
    said = re.findall(r'NotImplementedError\(\s*"([^"]+)"', "".join(texts))
    name = name_of(record.fn) or ""
    short = name.replace("numpy.", "np.", 1)
    return [text.removeprefix(short).removeprefix(name).strip() for text in dict.fromkeys(said)]


def _refused_options(record: Primitive) -> list[str]:
    """Parameters of the function that its rule does not take."""
    rule = record.adjoint or record.tangent
    if rule is None or isinstance(record.fn, np.ufunc):
        return []
    theirs = _parameters(record.fn)
    if theirs is None:
        return []
    ours = _names(rule)
    return [f"`{p}=`" for k, p in enumerate(theirs) if k >= (record.inputs or 0) and p not in ours]


def _names(rule: Any) -> list[str]:
    code = rule.__code__
    return list(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])


@functools.cache
def _parameters(fn: Any) -> list[str] | None:
    """The names of a function's parameters; None where it takes any number, or does not say."""
    try:
        parameters = inspect.signature(fn).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters):
        return None
    return [p.name for p in parameters]


# ----- conventions -----


def _conventions(record: Primitive) -> list[str]:
    found = [record.note] if record.note else []
    for undefined in record.undefined:
        found.append(f"{undefined.what}: {undefined.value or 'undefined'}")
    others = [name for fn in record.spellings[1:] if (name := name_of(fn)) and name != name_of(record.fn)]
    if others:
        found.append(f"also {', '.join(f'`{name}`' for name in dict.fromkeys(others))}")
    return found
