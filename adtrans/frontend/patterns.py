"""`match` as a chain of `if`: every pattern becomes a test, and captures become assignments."""

from __future__ import annotations

import collections.abc
from collections.abc import Callable
from typing import Any

import gast

from adtrans.ir import prims

_SELF_MATCHING = frozenset(
    ["bool", "bytearray", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple"]
)


def expand_match(match: Any, number: int) -> list[Any]:
    """The statements that stand for a `match`; the subject is kept in a hidden variable."""
    subject = f"%subject{number}"
    first = _at(
        match,
        gast.Assign([_at(match.subject, gast.Name(subject, gast.Store(), None, None))], match.subject, None),
    )
    chain: list[Any] = []
    for case in reversed(match.cases):
        pattern = _Pattern(case.pattern, f"%{number}")
        tests = pattern.tests(_name(subject, case.pattern), case.pattern)
        captures = [
            _at(
                case.pattern,
                gast.Assign([_at(case.pattern, gast.Name(name, gast.Store(), None, None))], value, None),
            )
            for name, value in pattern.captures
        ]
        if case.guard is None:
            body = [*captures, *case.body]
        elif not captures:
            tests, body = [*tests, case.guard], case.body
        else:  # captures are assigned before the guard, and stay if it fails
            kept = _at(
                case.pattern,
                gast.Call(gast.Constant(_true, None), [_walrus(*c) for c in pattern.captures], []),
            )
            tests, body = [*tests, kept, case.guard], case.body
        if not tests:
            chain = body
            continue
        test = tests[0] if len(tests) == 1 else _at(case.pattern, gast.BoolOp(gast.And(), tests))
        statement = gast.If(test, body, chain)
        gast.copy_location(statement, case.pattern)
        chain = [statement]
    return [first, *chain]


def _true(*captured: Any) -> bool:
    """What assigning the captures of a pattern evaluates to."""
    return True


class _Pattern:
    """Collects the tests of one pattern, in order, and what it captures."""

    def __init__(self, pattern: Any, prefix: str):
        self.captures: list[tuple[str, Any]] = []
        self._prefix = prefix
        self._count = 0

    def tests(self, subject: Any, pattern: Any) -> list[Any]:
        """The conditions under which `subject` (an expression without effects) matches."""
        kind = type(pattern).__name__
        found: list[Any] = getattr(self, "_" + kind)(subject, pattern)
        return found

    def _MatchValue(self, subject: Any, pattern: Any) -> list[Any]:
        return [_at(pattern, gast.Compare(subject, [gast.Eq()], [pattern.value]))]

    def _MatchSingleton(self, subject: Any, pattern: Any) -> list[Any]:
        return [_at(pattern, gast.Compare(subject, [gast.Is()], [_constant(pattern.value, pattern)]))]

    def _MatchAs(self, subject: Any, pattern: Any) -> list[Any]:
        tests = [] if pattern.pattern is None else self.tests(subject, pattern.pattern)
        if pattern.name is not None:
            self.captures.append((pattern.name, subject))
        return tests

    def _MatchOr(self, subject: Any, pattern: Any) -> list[Any]:
        alternatives = []
        before = len(self.captures)
        for choice in pattern.patterns:
            del self.captures[before:]
            tests = self.tests(subject, choice)
            # each alternative keeps its captures in the same hidden variables
            for name, value in self.captures[before:]:
                tests.append(_call(_true, pattern, _walrus(f"{self._prefix}{name}", value)))
            alternatives.append(_all(tests, pattern))
        self.captures[before:] = [
            (name, _name(f"{self._prefix}{name}", pattern)) for name, _ in self.captures[before:]
        ]
        return [_at(pattern, gast.BoolOp(gast.Or(), alternatives))]

    def _MatchSequence(self, subject: Any, pattern: Any) -> list[Any]:
        parts = pattern.patterns
        star = next((i for i, part in enumerate(parts) if isinstance(part, gast.MatchStar)), None)
        count = len(parts) - (star is not None)
        length = _call(len, pattern, subject)
        compare = gast.Eq() if star is None else gast.GtE()
        tests = [_call(prims.is_sequence, pattern, subject)]
        tests.append(_at(pattern, gast.Compare(length, [compare], [_constant(count, pattern)])))
        for i, part in enumerate(parts):
            if star is not None and i == star:
                if part.name is not None:
                    stop = _constant(i - len(parts) + 1, part) if i + 1 < len(parts) else None
                    middle = _at(part, gast.Slice(_constant(i, part), stop, None))
                    self.captures.append(
                        (
                            part.name,
                            _call(list, part, _at(part, gast.Subscript(subject, middle, gast.Load()))),
                        )
                    )
                continue
            index = i if star is None or i < star else i - len(parts)
            tests += self._inner(
                _at(part, gast.Subscript(subject, _constant(index, part), gast.Load())), part
            )
        return tests

    def _MatchMapping(self, subject: Any, pattern: Any) -> list[Any]:
        tests = [_call(isinstance, pattern, subject, _constant(collections.abc.Mapping, pattern))]
        for key in pattern.keys:
            tests.append(_at(pattern, gast.Compare(key, [gast.In()], [subject])))
        for key, part in zip(pattern.keys, pattern.patterns):
            tests += self._inner(_at(part, gast.Subscript(subject, key, gast.Load())), part)
        if pattern.rest is not None:
            keys = _at(pattern, gast.Tuple(pattern.keys, gast.Load()))
            self.captures.append((pattern.rest, _call(_without, pattern, subject, keys)))
        return tests

    def _MatchClass(self, subject: Any, pattern: Any) -> list[Any]:
        cls = pattern.cls
        tests = [_call(isinstance, pattern, subject, cls)]
        if isinstance(cls, gast.Name) and cls.id in _SELF_MATCHING and pattern.patterns:
            tests += self._inner(subject, pattern.patterns[0])
        else:
            for i, part in enumerate(pattern.patterns):
                names = _at(part, gast.Attribute(cls, "__match_args__", gast.Load()))
                name = _at(part, gast.Subscript(names, _constant(i, part), gast.Load()))
                tests.append(_call(hasattr, part, subject, name))
                tests += self._inner(_call(getattr, part, subject, name), part)
        for attribute, part in zip(pattern.kwd_attrs, pattern.kwd_patterns):
            tests.append(_call(hasattr, part, subject, _constant(attribute, part)))
            tests += self._inner(_at(part, gast.Attribute(subject, attribute, gast.Load())), part)
        return tests

    def _inner(self, subject: Any, pattern: Any) -> list[Any]:
        """A part of the subject: kept in a hidden variable, since it is asked about more than once."""
        if isinstance(pattern, gast.MatchAs) and pattern.pattern is None and pattern.name is None:
            return []
        if isinstance(pattern, (gast.MatchValue, gast.MatchSingleton)):
            return self.tests(subject, pattern)
        hidden = f"{self._prefix}.{self._count}"
        self._count += 1
        keep = _call(_true, pattern, _walrus(hidden, subject))
        return [keep, *self.tests(_name(hidden, pattern), pattern)]


def _without(mapping: Any, keys: tuple[Any, ...]) -> dict[Any, Any]:
    """What `**rest` captures."""
    return {key: value for key, value in mapping.items() if key not in keys}


def _at(place: Any, node: Any) -> Any:
    for attribute in ("lineno", "col_offset", "end_lineno", "end_col_offset"):
        setattr(node, attribute, getattr(place, attribute))
    return node


def _name(name: str, place: Any) -> Any:
    return _at(place, gast.Name(name, gast.Load(), None, None))


def _walrus(name: str, value: Any) -> Any:
    return _at(value, gast.NamedExpr(_at(value, gast.Name(name, gast.Store(), None, None)), value))


def _constant(value: Any, place: Any) -> Any:
    return _at(place, gast.Constant(value, None))


def _call(fn: Callable[..., Any], place: Any, *arguments: Any) -> Any:
    return _at(place, gast.Call(_constant(fn, place), list(arguments), []))


def _all(tests: list[Any], place: Any) -> Any:
    if not tests:
        return _constant(True, place)
    return tests[0] if len(tests) == 1 else _at(place, gast.BoolOp(gast.And(), tests))
