"""The callable that users get: it dispatches by types, shows its source, and stands for its function."""

from __future__ import annotations

import inspect
import os
import types
from collections.abc import Callable
from typing import Any

from adtrans.errors import AdtransError, ArgnumError, UndefinedGradientError, VectorError
from adtrans.loader import dispatch, generic, guards, pickling, placing, plain, tracing
from adtrans.loader.target import POSITIONAL, Target, target_of
from adtrans.transform.request import Generated

Argnums = int | str | tuple[int | str, ...] | list[int | str]


class Signature:
    """`__signature__` of instances; the class has none, as inspect wants it."""

    def __get__(self, instance: Any, owner: type) -> inspect.Signature:
        if instance is None:
            raise AttributeError("__signature__")
        return instance.signature()


class Derivative:
    """A derivative of a function, written as Python source for the types it is called with.

    Made by `adtrans.grad` and its siblings, never directly. Besides being called it has `.source`,
    `.show()`, `.save(path)` and `.specialize(*args)`.
    """

    def __init__(
        self,
        fun: Callable[..., Any],
        transform: str,
        argnums: Argnums = 0,
        options: tuple[tuple[str, Any], ...] = (),
        wrapped: Callable[..., Any] | None = None,
    ):
        self.fun = fun
        self.transform = transform
        self.target = target_of(fun)
        try:
            listed = (argnums,) if isinstance(argnums, (int, str)) else tuple(_listed(argnums))
            self.argnums = _absolute(self.target, listed)
        except ArgnumError as error:
            placing.place_at(error, self.target.function)
            raise
        self.public_argnums = argnums if isinstance(argnums, (int, str)) else listed
        self.single = isinstance(argnums, (int, str)) and transform != "vjp"
        self.options = options
        single = (("single", True),) if self.single and _gives_gradients(transform, options) else ()
        inner = getattr(self.target.function, "chain", ())
        self.chain = (*inner, (transform, self.argnums, options + single))
        self.vectors_count = {"jvp": len(listed), "vjp": 1}.get(transform, 0)
        self._table = dispatch.table_of(self.target, self.chain, self.vectors_count)
        self._used = False
        simple = self.target.is_simple and not self.target.args
        self._arity = len(self.target.parameters) + self.vectors_count if simple else -1
        self._binding = type(fun) if isinstance(fun, (staticmethod, classmethod)) else None
        self.__wrapped__ = wrapped if wrapped is not None else fun
        named = self.target.function
        self.__name__: str = named.__name__
        self.__qualname__: str = named.__qualname__
        self.__module__ = named.__module__
        self.__doc__ = getattr(fun, "__doc__", None) if isinstance(fun, types.FunctionType) else named.__doc__

    def __call__(self, /, *args: Any, **keywords: Any) -> Any:
        try:
            if keywords or len(args) != self._arity:
                args = self.bind(args, keywords)  # type: ignore[assignment]
            self._used = True
            return self._table.dispatch(args)
        except UndefinedGradientError:  # it names its own place
            raise
        except AdtransError as error:
            placing.place_at(error, self.target.function)
            raise
        except Exception as error:
            tracing.explain(error, self.__name__)
            raise

    # ----- arguments -----

    @property
    def has_aux(self) -> bool:
        return bool(dict(self.options).get("has_aux", False))

    @property
    def unbound(self) -> Derivative:
        """The same derivative of the bare function, without bound arguments."""
        if not self.target.args and not self.target.keywords:
            return self
        made = rebuilt(guards.root_of(self), self.chain)
        assert isinstance(made, Derivative)
        return made

    @property
    def bound_parameters(self) -> tuple[inspect.Parameter, ...]:
        """The parameters of the function, bound ones included, then one for each vector."""
        kind = inspect.Parameter.POSITIONAL_ONLY
        return (*self.target.parameters, *(inspect.Parameter(name, kind) for name in self.vector_names))

    @property
    def vector_names(self) -> tuple[str, ...]:
        if self.transform == "vjp":
            names = ["cotangent"]
        else:
            names = [self._tangent_name(argnum) for argnum in self.argnums] if self.vectors_count else []
        taken = {p.name for p in self.target.parameters}
        made: list[str] = []
        for name in names:
            while name in taken:
                name += "_"
            taken.add(name)
            made.append(name)
        return tuple(made)

    def _tangent_name(self, argnum: int | str) -> str:
        if isinstance(argnum, str):
            return f"d{argnum}"
        parameters = [p for p in self.target.parameters if p.kind in POSITIONAL]
        inside = -len(parameters) <= argnum < len(parameters)
        return f"d{parameters[argnum].name}" if inside else f"d{argnum}"

    def bind(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> list[Any]:
        """The values of all parameters in signature order, then the vectors."""
        count = self.vectors_count
        if not count:
            return self.target.bind(args, keywords)
        named: list[Any] = []
        if keywords:
            keywords = dict(keywords)
            for name in reversed(self.vector_names):
                if name not in keywords:
                    break
                named.insert(0, keywords.pop(name))
        split = len(args) - count + len(named)
        if split < 0:
            raise self._wrong_count(args)
        try:
            values = self.target.bind(args[:split], keywords)
        except TypeError:
            if self._fits(split, keywords):
                raise
            raise self._wrong_count(args) from None
        return [*values, *args[split:], *named]

    def _fits(self, count: int, keywords: dict[str, Any]) -> bool:
        """Whether so many positional arguments suit the function."""
        public = self.target.public
        positional = [p for p in public if p.kind in POSITIONAL]
        needed = sum(p.default is p.empty and p.name not in keywords for p in positional)
        variadic = any(p.kind is p.VAR_POSITIONAL for p in public)
        return needed <= count and (variadic or count <= len(positional))

    def _wrong_count(self, args: tuple[Any, ...]) -> VectorError:
        count, vectors = self.vectors_count, "cotangent" if self.transform == "vjp" else "tangent"
        vectors += "" if count == 1 else "s"
        parameters = ", ".join(str(p).partition(":")[0] for p in self.target.public)
        return VectorError(
            f"{self.transform} of {self.__name__} takes the arguments ({parameters}), then {count} "
            f"{vectors}; it got {len(args)} positional arguments",
            hint="Give the vectors last, or by their names in the derivative's signature.",
        )

    # ----- source -----

    @property
    def source(self) -> str:
        """The text of the last specialisation used; before any call, that for annotated or unknown types."""
        return self.latest().text

    def latest(self) -> Generated:
        """What was generated for the last call, or for generic types before any."""
        last = self._table.last[0] if self._used else None
        return last.generated if last is not None else generic.generated(self)

    def show(self) -> None:
        """Print `.source`."""
        print(self.source)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write `.source` to a file."""
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.write(self.source)

    def specialize(self, *args: Any, **keywords: Any) -> Callable[..., Any]:
        """The compiled function for the types of these arguments, without dispatch; it has `.source`.

        It takes what this object takes, and assumes that its arguments are of those types.
        """
        values = self._bind_primal(args, keywords)
        self._used = True
        found = self._table.specialisation(tuple(values))
        self._table.last[0] = found
        return plain.function_of(self, found)

    def _bind_primal(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> list[Any]:
        """The parameters' values; vectors may be given too, and are dropped."""
        count = self.vectors_count
        if count and not self._fits(len(args), keywords) and len(args) >= count:
            args = args[:-count]
        return self.target.bind(args, keywords)

    # ----- standing for the function -----

    __signature__ = Signature()

    def signature(self) -> inspect.Signature:
        """The function's signature, with the vectors after its positional parameters."""
        public = list(self.target.public)
        notes = getattr(self.target.function, "__annotations__", None) or {}
        if not self.vectors_count:
            return inspect.Signature(public, return_annotation=notes.get("return", inspect.Signature.empty))
        if not any(p.kind is p.VAR_POSITIONAL for p in public):
            before = [p.replace(default=p.empty) for p in public if p.kind in POSITIONAL]
            after = [p for p in public if p.kind not in POSITIONAL]
            kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
            public = [*before, *(inspect.Parameter(name, kind) for name in self.vector_names), *after]
        return inspect.Signature(public)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if self._binding is classmethod:
            return types.MethodType(self, owner or type(instance))
        return self if instance is None or self._binding is staticmethod else types.MethodType(self, instance)

    def __repr__(self) -> str:
        return f"<adtrans {self.transform} of {self.__module__}.{self.__qualname__}>"

    def __copy__(self) -> Derivative:
        return self

    def __deepcopy__(self, memo: Any) -> Derivative:
        return self

    def __reduce__(self) -> Any:
        if pickling.is_importable(self):
            return self.__qualname__
        fun = pickling.portable(self.fun)
        wrapped = None if self.__wrapped__ is self.fun else pickling.portable(self.__wrapped__)
        return Derivative, (fun, self.transform, self.public_argnums, self.options, wrapped)


def _listed(argnums: Any) -> list[int | str]:
    try:
        return list(argnums)
    except TypeError:
        raise ArgnumError(
            f"argnums must be an int, a name or a tuple of these, not {argnums!r}",
            hint="Give one int or name, or a tuple of these.",
        ) from None


def _gives_gradients(transform: str, options: tuple[tuple[str, Any], ...]) -> bool:
    return transform in ("grad", "value_and_grad") or bool(dict(options).get("tangent_only"))


def _absolute(target: Target, argnums: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Argnums among all parameters, bound ones included; checked as far as the signature tells."""
    if not argnums:
        raise ArgnumError(
            "argnums is empty", hint="Name an argument, or leave argnums out for the first one."
        )
    slots = target.slots(argnums)
    made: list[int | str] = []
    for argnum, slot in zip(argnums, slots):
        if isinstance(slot, int) and target.parameters[slot].kind in POSITIONAL:
            made.append(slot)
        else:
            made.append(argnum if isinstance(argnum, str) or argnum < 0 else argnum + len(target.args))
    return tuple(made)


def rebuilt(function: Any, chain: dispatch.Chain) -> Any:
    """The derivative that a chain of transforms makes of a Python function."""
    for transform, argnums, options in chain:
        given = tuple(item for item in options if item[0] != "single")
        single = dict(options).get("single", False) or (transform == "jvp" and len(argnums) == 1)
        function = Derivative(function, transform, argnums[0] if single else argnums, given)
    return function
