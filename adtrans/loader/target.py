"""What a callable really runs: a Python function, values bound in front, and how arguments bind to it."""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from adtrans.errors import ArgnumError, ArgumentError
from adtrans.loader import wrappers
from adtrans.markers import checkpointed_function

_Kind = inspect.Parameter
POSITIONAL = (_Kind.POSITIONAL_ONLY, _Kind.POSITIONAL_OR_KEYWORD)

Slot = int | tuple[int, Any]  # a bound parameter, or (parameter, item) inside *args or **kwargs


@dataclass(frozen=True)
class Target:
    """A callable as the Python function (or derivative) that it runs, and the values that it binds.

    args: values bound to the first parameters; keywords: values bound by name.
    """

    function: Any
    args: tuple[Any, ...] = ()
    keywords: dict[str, Any] = field(default_factory=dict)

    @property
    def parameters(self) -> tuple[inspect.Parameter, ...]:
        """Every parameter of the function, the bound ones too, in signature order; defaults are the present ones."""
        parameters = getattr(self.function, "bound_parameters", None)
        if parameters is not None:
            return parameters
        function = self.function
        known = self.__dict__.get("_read")
        if known is None or known[0] is not function.__defaults__ or known[1] is not function.__kwdefaults__:
            known = function.__defaults__, function.__kwdefaults__, parameters_of(function)
            self.__dict__["_read"] = known
        return known[2]

    @functools.cached_property
    def is_simple(self) -> bool:
        """Whether every parameter is positional and nothing is bound by name."""
        return not self.keywords and all(p.kind in POSITIONAL for p in self.parameters)

    @property
    def public(self) -> tuple[inspect.Parameter, ...]:
        """The parameters that a caller still gives."""
        kept = list(self.parameters)
        for _ in self.args:
            if kept and kept[0].kind in POSITIONAL:
                del kept[0]
        return tuple(self._rebound(p) for p in kept)

    def _rebound(self, p: inspect.Parameter) -> inspect.Parameter:
        return (
            p.replace(default=self.keywords[p.name], kind=_Kind.KEYWORD_ONLY)
            if p.name in self.keywords
            else p
        )

    def bind(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> list[Any]:
        """One value a parameter, in signature order; TypeError as Python's own where they do not fit."""
        inner = getattr(self.function, "bind", None)
        if inner is not None:
            return inner(self.args + args, {**self.keywords, **keywords})
        return bind(self.function.__name__, self.parameters, self.args + args, {**self.keywords, **keywords})

    def run(self, values: list[Any]) -> Any:
        """Call the function with one value a parameter."""
        args: list[Any] = []
        keywords: dict[str, Any] = {}
        for p, value in zip(self.parameters, values):
            if p.kind in POSITIONAL:
                args.append(value)
            elif p.kind is _Kind.VAR_POSITIONAL:
                args.extend(value)
            elif p.kind is _Kind.KEYWORD_ONLY:
                keywords[p.name] = value
            else:
                keywords.update(value)
        return self.function(*args, *values[len(self.parameters) :], **keywords)

    def slots(self, argnums: tuple[int | str, ...], values: list[Any] | None = None) -> tuple[Slot, ...]:
        """Where the arguments named by `argnums` are among the bound parameters.

        `values`, the bound arguments of a call, decide for positions inside *args and names
        inside **kwargs; without them such entries are resolved as far as the signature goes.
        """
        found = tuple(self._slot(argnum, values) for argnum in argnums)
        if len(set(found)) != len(found):
            raise ArgnumError(
                f"argnums {list(argnums)!r} name an argument of {self.name} twice",
                hint="Name each argument once, by position or by name.",
            )
        return found

    @property
    def name(self) -> str:
        return getattr(self.function, "__name__", "the function")

    def _slot(self, argnum: int | str, values: list[Any] | None) -> Slot:
        parameters = self.parameters
        if isinstance(argnum, str):
            return self._named(argnum, values)
        if isinstance(argnum, bool) or not hasattr(argnum, "__index__"):
            raise ArgnumError(
                f"argnums must be ints or names of parameters, not {argnum!r}",
                hint="Give one int or name, or a tuple of these.",
            )
        index = original = argnum.__index__()
        count = sum(p.kind in POSITIONAL for p in parameters)
        rest = next((i for i, p in enumerate(parameters) if p.kind is _Kind.VAR_POSITIONAL), None)
        extra = len(values[rest]) if rest is not None and values is not None else 0
        bound = len(self.args)
        available = count + extra - bound
        if index < 0:
            if rest is not None and values is None:
                return (rest, index)
            index += available
        if index < 0 or (index >= available and (rest is None or values is not None)):
            has = _count(available, "positional argument")
            raise ArgnumError(
                f"argnum {original} is out of range: {self.name} has {has}",
                hint="Count from 0, or from -1 at the end; or name the parameter.",
            )
        index += bound
        if index < count:
            return index
        assert rest is not None
        return (rest, index - count)

    def _named(self, name: str, values: list[Any] | None) -> Slot:
        if name in self.keywords:
            raise ArgnumError(
                f"argument {name!r} of {self.name} is bound by functools.partial",
                hint="Differentiate the bare function, or leave this argument free.",
            )
        for i, p in enumerate(self.parameters):
            if p.name == name and p.kind not in (_Kind.VAR_POSITIONAL, _Kind.VAR_KEYWORD):
                if p.kind in POSITIONAL and i < len(self.args):
                    raise ArgnumError(
                        f"argument {name!r} of {self.name} is bound already",
                        hint="Differentiate the bare function, or leave this argument free.",
                    )
                return i
        for i, p in enumerate(self.parameters):
            if p.kind is _Kind.VAR_KEYWORD and (values is None or name in values[i]):
                return (i, name)
        import difflib  # late: only errors need it

        known = [p.name for p in self.parameters]
        near = difflib.get_close_matches(name, known, 1)
        raise ArgnumError(
            f"{self.name} has no argument {name!r}; its parameters are ({', '.join(known)})",
            hint=f"Name one of them{f', perhaps {near[0]!r}' if near else ''}, or give its position.",
        )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def target_of(fun: Any) -> Target:
    """Look through bound methods, partials and callable objects, down to a Python function.

    A function that is itself wrapped (functools.wraps) is taken as it is, never unwrapped.
    """
    args: tuple[Any, ...] = ()
    keywords: dict[str, Any] = {}
    while True:
        if isinstance(fun, types.FunctionType):
            marked = checkpointed_function(fun)
            if marked is None:
                return Target(fun, args, keywords)
            fun = marked
            continue
        if is_derivative(fun):
            inner = fun.target
            return Target(fun.unbound, inner.args + args, {**inner.keywords, **keywords})
        if isinstance(fun, functools.partial):
            args, keywords = fun.args + args, {**fun.keywords, **keywords}
            fun = fun.func
        elif isinstance(fun, types.MethodType):
            args, fun = (fun.__self__, *args), fun.__func__
        elif isinstance(fun, (staticmethod, classmethod)):
            fun = fun.__func__
        elif isinstance(fun, functools._lru_cache_wrapper):
            fun = fun.__wrapped__
        elif _is_numba(fun):
            fun = fun.py_func
        elif hasattr(type(fun), "tangent_of_inner"):
            raise ArgumentError(
                f"cannot differentiate {fun!r}: it is a loop over derivatives",
                hint="jacfwd, jacrev and elementwise_grad can be nested; hvp and jvp suit other transforms.",
            )
        elif isinstance(fun, type) or not callable(fun):
            what = f"the class {fun.__qualname__}" if isinstance(fun, type) else f"a {type(fun).__name__}"
            raise ArgumentError(
                f"cannot differentiate {what}: a function is needed",
                hint="Give the function itself, not what it returns; or an object that can be called.",
            )
        elif wrappers.can_write(fun):
            return Target(wrappers.written(fun), args, keywords)
        else:
            method = vars(_owner_of_call(fun)).get("__call__")
            if not isinstance(method, types.FunctionType) and not is_derivative(method):
                raise ArgumentError(
                    f"cannot differentiate {fun!r}: it is not a Python function, and has no text",
                    hint="Wrap it in a lambda if it has rules, or give its derivative with @adtrans.adjoint.",
                )
            args, fun = (fun, *args), method


def _owner_of_call(fun: Any) -> type:
    return next(cls for cls in type(fun).__mro__ if "__call__" in vars(cls))


def is_derivative(fun: Any) -> bool:
    return hasattr(type(fun), "unbound")


def _is_numba(fun: Any) -> bool:
    held = getattr(fun, "py_func", None)
    return type(fun).__module__.startswith("numba") and isinstance(held, types.FunctionType)


def parameters_of(function: Callable[..., Any]) -> tuple[inspect.Parameter, ...]:
    """The parameters of a Python function, read from its own code, never from `__wrapped__`."""
    code = function.__code__
    names = code.co_varnames
    defaults = function.__defaults__ or ()
    keyword_defaults = function.__kwdefaults__ or {}
    made: list[tuple[str, Any, Any]] = []
    first_default = code.co_argcount - len(defaults)
    for i, name in enumerate(names[: code.co_argcount]):
        kind = _Kind.POSITIONAL_ONLY if i < code.co_posonlyargcount else _Kind.POSITIONAL_OR_KEYWORD
        default = defaults[i - first_default] if i >= first_default else _Kind.empty
        made.append((name, kind, default))
    position = code.co_argcount + code.co_kwonlyargcount
    if code.co_flags & inspect.CO_VARARGS:
        made.append((names[position], _Kind.VAR_POSITIONAL, _Kind.empty))
        position += 1
    for name in names[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]:
        made.append((name, _Kind.KEYWORD_ONLY, keyword_defaults.get(name, _Kind.empty)))
    if code.co_flags & inspect.CO_VARKEYWORDS:
        made.append((names[position], _Kind.VAR_KEYWORD, _Kind.empty))
    notes = getattr(function, "__annotations__", None) or {}
    empty = _Kind.empty
    return tuple(
        _Kind(name, kind, default=default, annotation=notes.get(name, empty)) for name, kind, default in made
    )


def bind(
    name: str, parameters: tuple[inspect.Parameter, ...], args: tuple[Any, ...], keywords: dict[str, Any]
) -> list[Any]:
    """Values in signature order, defaults filled in; *args as a tuple, **kwargs as a dict."""
    values: list[Any] = []
    left = dict(keywords)
    position, missing = 0, []
    for p in parameters:
        if p.kind is _Kind.VAR_POSITIONAL:
            values.append(args[position:])
            position = len(args)
        elif p.kind is _Kind.VAR_KEYWORD:
            values.append(left)
            left = {}
        elif p.kind in POSITIONAL and position < len(args):
            if p.name in left and p.kind is not _Kind.POSITIONAL_ONLY:
                raise TypeError(f"{name}() got multiple values for argument {p.name!r}")
            values.append(args[position])
            position += 1
        elif p.kind is not _Kind.POSITIONAL_ONLY and p.name in left:
            values.append(left.pop(p.name))
        elif p.default is not _Kind.empty:
            values.append(p.default)
        else:
            missing.append(p.name)
    if missing:
        listed = ", ".join(map(repr, missing))
        raise TypeError(f"{name}() missing {_count(len(missing), 'required argument')}: {listed}")
    if left:
        raise TypeError(f"{name}() got an unexpected keyword argument {next(iter(left))!r}")
    if position < len(args):
        taken = _count(position, "positional argument")
        raise TypeError(f"{name}() takes {taken} but {len(args)} were given")
    return values
