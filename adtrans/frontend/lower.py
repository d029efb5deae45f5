"""A Python function to an untyped SSA program; it knows syntax, and nothing of types or derivatives."""

from __future__ import annotations

import dataclasses
import inspect
import types
import weakref
from collections.abc import Callable
from typing import Any, NamedTuple

import gast

from adtrans.errors import UnsupportedError
from adtrans.frontend import accepted, decorated, nonlocals, normalize, source
from adtrans.frontend.builder import Builder
from adtrans.frontend.deep import deeply
from adtrans.frontend.flow import EXIT, LEFT, RESULT, RESULT_BIT, RETURNED, Flow
from adtrans.frontend.lower_closures import ClosureFacts
from adtrans.frontend.lower_control import Chain
from adtrans.frontend.lower_loops import Loops
from adtrans.frontend.lower_try import Guarded
from adtrans.frontend.scopes import Scopes, default_nodes, parameter_names
from adtrans.ir import prims
from adtrans.ir.program import Const, Function, Source, Span, Value, undefined


def lower(function: types.FunctionType) -> Function:
    """The program of a Python function, untyped; the same object for the same function.

    Raises UnsupportedError for what the table of accepted constructs lacks, MissingSourceError and
    StaleSourceError where the text cannot be had.
    """
    known = _functions.get(function)
    if known is not None and known.is_of(function):
        return known.program
    program = _known_by_code(function)
    if program is None:
        if function.__code__.co_flags & (inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR):
            raise UnsupportedError(
                f"cannot differentiate the coroutine {function.__name__}",
                hint="Differentiate a plain function.",
            )
        program = deeply(lambda: _lower(function))
        _remember(function.__code__, program)
    defaults = real_defaults(function)
    program = dataclasses.replace(program, defaults=defaults, namespace=function.__globals__)
    _functions[function] = _Known(program, function.__code__, defaults)
    return program


def program_of(what: types.FunctionType | Span) -> Function | None:
    """The program that was lowered from a function, or from the text around a place; None where none was."""
    function = function_at(what) if isinstance(what, Span) else what
    known = _functions.get(function) if function is not None else None
    return known.program if known is not None else None


def function_at(place: Span) -> types.FunctionType | None:
    """The function that was lowered from the text around a place: the innermost one."""
    found = [(function, known.program.span) for function, known in list(_functions.items())]
    around = [(function, span) for function, span in found if span is not None and _holds(span, place)]
    return min(around, key=lambda row: row[1].end_line - row[1].line, default=(None, None))[0]


def _holds(outer: Span, inner: Span) -> bool:
    same = outer.source.filename == inner.source.filename and outer.source.lines == inner.source.lines
    start, end = (inner.line, inner.column), (inner.end_line, inner.end_column)
    return same and (outer.line, outer.column) <= start and end <= (outer.end_line, outer.end_column)


def _known_by_code(function: types.FunctionType) -> Function | None:
    """The program of another function with the same code and the same globals."""
    code, program = _codes.get(id(function.__code__), (lambda: None, None))
    same = code() is function.__code__ and program is not None and program.namespace is function.__globals__
    return program if same else None


def _remember(code: types.CodeType, program: Function) -> None:
    key = id(code)

    def forget(_: object) -> None:
        _codes.pop(key, None)

    _codes[key] = (weakref.ref(code, forget), program)


class _Known(NamedTuple):
    program: Function
    code: types.CodeType
    defaults: dict[str, Any]

    def is_of(self, function: types.FunctionType) -> bool:
        now = real_defaults(function)
        return (
            self.code is function.__code__
            and now.keys() == self.defaults.keys()
            and all(value is self.defaults[name] for name, value in now.items())
        )


_functions: weakref.WeakKeyDictionary[types.FunctionType, _Known] = weakref.WeakKeyDictionary()
_codes: dict[int, tuple[Callable[[], types.CodeType | None], Function]] = {}


def real_defaults(function: types.FunctionType) -> dict[str, Any]:
    """The default objects of a function, by parameter."""
    code = function.__code__
    positional = code.co_varnames[: code.co_argcount]
    values = function.__defaults__ or ()
    found = dict(zip(positional[len(positional) - len(values) :], values))
    found.update(function.__kwdefaults__ or {})
    return found


def _lower(function: types.FunctionType) -> Function:
    found = source.find(function)
    node = gast.ast_to_gast(found.node)

    def place(node: Any) -> Any:
        return Builder(found.source).span(node)

    decorated.rewrite(node)
    nonlocals.rewrite(node)
    seen = accepted.check(node, place)
    normalize.normalize(node, seen, found.class_name)
    free = found.code.co_freevars
    lowering = Lowering(found.source, found.namespace, Scopes(), seen, node, free, None)
    return lowering.run()


class Lowering(Loops, Guarded):
    """Lowers one function; nested functions are lowered by others like it."""

    def __init__(
        self,
        text: Source,
        namespace: dict[str, Any],
        scopes: Scopes,
        seen: set[str],
        node: Any,
        captures: tuple[str, ...],
        self_name: str | None,
    ):
        super().__init__(text)
        self.namespace = namespace
        self.scopes = scopes
        self.seen = seen
        self.node = node
        self.captures = captures
        self.self_name = self_name
        self.scope = scopes.of(node)
        self.bound = []
        self.making = []
        self._nested: dict[int, Function] = {}

    def run(self) -> Function:
        """The program of the function."""
        node = self.node
        doc = None
        if isinstance(node, gast.Lambda):
            value = gast.copy_location(gast.Return(node.body), node.body)
            body = [value]
        else:
            body = list(node.body)
            if body and _is_text(body[0]):
                doc = inspect.cleandoc(body[0].value.value)
            last = gast.copy_location(gast.Return(None), body[-1])
            body.append(last)
        self.facts = ClosureFacts(body, self.scopes, bool(self.seen & {"FunctionDef", "Lambda"}))
        self.flow = Flow(
            body, list(self.scope.local), self.scopes, self.facts.hidden_reads(), "NamedExpr" in self.seen
        )
        outside = [*self.captures, *((self.self_name,) if self.self_name else ())]
        params = [Value(name=name, span=self.span(node)) for name in (*self.scope.parameters, *outside)]
        self.block.params = params
        for name, param in zip((*self.scope.parameters, *outside), params):
            self.env[name] = param
        self.env[RETURNED] = self.env[EXIT] = self.env[LEFT] = Const(False)
        self.sequence(Chain(body), RESULT_BIT)
        self.block.yields = [self.leaving(self.current(RESULT)) if self.alive else undefined()]
        return Function(
            name="<lambda>" if isinstance(node, gast.Lambda) else node.name,
            body=self.block,
            source=self.source,
            captures=self.captures,
            signature=signature(node.args),
            namespace=self.namespace,
            span=dataclasses.replace(self.span(node), statement=None),
            doc=doc,
            self_name=self.self_name,
        )

    def lookup(self, name: str, node: Any) -> Value:
        value = self.env.get(name)
        if value is not None:
            return value
        if self.visible(name):
            return undefined()
        return self.apply(prims.global_, Const(name), node=node)

    def visible(self, name: str) -> bool:
        return (
            name in self.scope.local
            or name in self.captures
            or name == self.self_name
            or any(name in names for names in self.bound)
        )

    def nested(self, node: Any, captures: tuple[str, ...], self_name: str | None) -> Function:
        known = self._nested.get(id(node))
        if known is None:
            name = "<lambda>" if isinstance(node, gast.Lambda) else node.name
            text = Source(self.source.filename, self.source.lines, f"{self.source.name}.{name}")
            lowering = Lowering(text, self.namespace, self.scopes, self.seen, node, captures, self_name)
            known = self._nested[id(node)] = lowering.run()
            known.defaults = dict.fromkeys(default_names(node.args))
        return known


def default_names(arguments: Any) -> list[str]:
    """Parameters with defaults, in the order of `default_nodes`."""
    positional = [name.id for name in (*arguments.posonlyargs, *arguments.args)]
    names = positional[len(positional) - len(arguments.defaults) :]
    names += [
        name.id for name, default in zip(arguments.kwonlyargs, arguments.kw_defaults) if default is not None
    ]
    assert len(names) == len(default_nodes(arguments))
    return names


def signature(arguments: Any) -> tuple[tuple[str, int, bool], ...]:
    """How arguments bind to parameters: name, inspect's kind, whether there is a default."""
    kinds: dict[str, int] = {}
    for names, kind in (
        (arguments.posonlyargs, inspect.Parameter.POSITIONAL_ONLY),
        (arguments.args, inspect.Parameter.POSITIONAL_OR_KEYWORD),
        ([arguments.vararg], inspect.Parameter.VAR_POSITIONAL),
        (arguments.kwonlyargs, inspect.Parameter.KEYWORD_ONLY),
        ([arguments.kwarg], inspect.Parameter.VAR_KEYWORD),
    ):
        kinds.update((name.id, int(kind)) for name in names if name is not None)
    with_default = set(default_names(arguments))
    return tuple((name, kinds[name], name in with_default) for name in parameter_names(arguments))


def _is_text(statement: Any) -> bool:
    return (
        isinstance(statement, gast.Expr)
        and isinstance(statement.value, gast.Constant)
        and isinstance(statement.value.value, str)
    )
