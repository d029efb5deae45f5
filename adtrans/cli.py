"""The command line: `adtrans grad FILE.py:FUNC` and its siblings. Nothing here differentiates."""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import os
import re
import sys
import tokenize
import types
from collections.abc import Callable, Sequence
from typing import Any

from adtrans.errors import AdtransError

TRANSFORMS = ("grad", "value-and-grad", "vjp", "jvp", "hvp")


class BadInput(Exception):
    """What the user gave cannot be used."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; 0, or 1 for a check that fails, or 2 with the reason on stderr."""
    try:
        options = _parser().parse_args(argv)
    except SystemExit as stop:  # argparse has said why
        return stop.code if isinstance(stop.code, int) else 2
    try:
        return options.run(options)
    except (AdtransError, BadInput) as error:
        print(error, file=sys.stderr)
        return 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # ours, but a traceback helps nobody at a prompt
        print(f"adtrans failed: {type(error).__name__}: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    from adtrans import __version__

    parser = argparse.ArgumentParser(prog="adtrans", description="Write the Python source of a derivative.")
    parser.add_argument("--version", action="version", version=f"adtrans {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for transform in TRANSFORMS:
        command = commands.add_parser(transform, help=f"write the {transform} of a function")
        _add_function(command)
        command.add_argument("--wrt", metavar="X,W", default="0", help="arguments, by name or position")
        command.add_argument("--args", metavar="EXPR", help="arguments to specialise for, as Python source")
        command.add_argument("-o", "--output", metavar="OUT.py", help="write here instead of to stdout")
        command.add_argument("--name", help="the name of the derivative function")
        command.add_argument("--standalone", action="store_true", help="write helpers into the module")
        command.set_defaults(run=_derivative)
    command = commands.add_parser("ssa", help="print the SSA program of a function")
    _add_function(command)
    command.set_defaults(run=_ssa)
    command = commands.add_parser("check", help="hold derivatives against differences")
    _add_function(command)
    command.add_argument("--args", metavar="EXPR", required=True, help="arguments, as Python source")
    command.add_argument("--wrt", metavar="X,W", help="arguments, by name or position; all floats by default")
    command.set_defaults(run=_check)
    command = commands.add_parser(
        "rules", help="list the functions that have derivatives: modes, limits, conventions"
    )
    command.add_argument("pattern", nargs="?", default="", help="a regular expression")
    command.add_argument("--markdown", action="store_true", help="the whole page, as docs/rules.md")
    command.set_defaults(run=_rules)
    command = commands.add_parser("cache", help="look at the cache on disk, or empty it")
    command.add_argument("action", choices=("info", "clear"))
    command.set_defaults(run=_cache)
    return parser


def _add_function(command: argparse.ArgumentParser) -> None:
    command.add_argument("function", metavar="FILE.py:FUNC", help="a file, and a function in it")


# ----- commands -----


def _derivative(options: argparse.Namespace) -> int:
    import adtrans

    function, module = _load(options.function)
    transform: Callable[..., Any] = getattr(adtrans, options.command.replace("-", "_"))
    made = transform(function, argnums=_argnums(options.wrt))
    if options.args is not None:
        _called(made.specialize, _arguments(options.args, module))
    text = made.source
    if options.name:
        text = renamed(text, options.name)
    if options.standalone:
        from adtrans.standalone import standalone

        unnamed = ", ".join(made.latest().bindings)
        if unnamed:
            raise BadInput(f"--standalone: the derivative reads objects that no module names ({unnamed})")
        text = standalone(text)
    if options.output is None:
        sys.stdout.write(text)
        return 0
    try:
        with open(options.output, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise BadInput(f"cannot write {options.output}: {error.strerror}") from None
    return 0


def _ssa(options: argparse.Namespace) -> int:
    from adtrans.frontend.lower import lower
    from adtrans.ir.printer import print_program
    from adtrans.loader.target import target_of

    function, _ = _load(options.function)
    print(print_program(lower(target_of(function).function)).rstrip("\n"))
    return 0


def _check(options: argparse.Namespace) -> int:
    import adtrans

    function, module = _load(options.function)
    argnums = None if options.wrt is None else _argnums(options.wrt)
    arguments = _arguments(options.args, module)
    report = _called(lambda *args: adtrans.check(function, *args, argnums=argnums), arguments)
    print(report)
    return 0 if report.ok else 1


def _rules(options: argparse.Namespace) -> int:
    from adtrans import catalogue, catalogue_page

    try:
        pattern = re.compile(options.pattern)
    except re.error as error:
        raise BadInput(f"not a regular expression: {options.pattern!r}: {error}") from None
    found = [row for row in catalogue.rows() if pattern.search(row.name)]
    if options.markdown:
        sys.stdout.write(catalogue_page.markdown(found))
        return 0
    for row in found:
        notes = "; ".join(filter(None, (row.limits, row.conventions)))
        print(f"{row.name:40s} {row.modes:8s} {notes}".rstrip())
    return 0


def _cache(options: argparse.Namespace) -> int:
    from adtrans.loader import cache

    if options.action == "clear":
        count = cache.clear()
        print(f"{count} files removed from {cache.folder()}")
        return 0
    sizes = [status.st_size for _, status in cache.entries()]
    state = "" if cache.is_enabled() else " (switched off by ADTRANS_CACHE=0)"
    held = f"{sum(sizes) / 1e6:.1f} MB of {cache.LIMIT / 1e6:.0f} MB"
    print(f"{cache.folder()}{state}: {len(sizes)} files, {held}")
    return 0


# ----- input -----


def _load(spec: str) -> tuple[Any, types.ModuleType]:
    """The function that FILE.py:FUNC names, and the module it is in."""
    path, colon, name = spec.rpartition(":")
    if not colon or not name or not path:
        raise BadInput(f"expected FILE.py:FUNC, got {spec!r}")
    if not os.path.isfile(path):
        raise BadInput(f"there is no file {path}")
    folder, file = os.path.split(os.path.abspath(path))
    if folder not in sys.path:
        sys.path.insert(0, folder)
    stem = os.path.splitext(file)[0]
    if stem in sys.modules:
        stem = f"_{stem}_program"
    found = importlib.util.spec_from_file_location(stem, os.path.abspath(path))
    if found is None or found.loader is None:
        raise BadInput(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(found)
    sys.modules[stem] = module
    try:
        with contextlib.redirect_stdout(sys.stderr):  # what the file prints is no part of our output
            found.loader.exec_module(module)
    except AdtransError:
        raise
    except (Exception, SystemExit) as error:
        raise BadInput(f"{path} cannot be run: {type(error).__name__}: {error}") from None
    function: Any = module
    for part in name.split("."):
        try:
            function = getattr(function, part)
        except AttributeError:
            raise BadInput(f"there is no {name} in {path}") from None
    return function, module


def _argnums(text: str) -> Any:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts:
        raise BadInput("--wrt names no argument")
    found = [int(part) if re.fullmatch(r"-?\d+", part) else part for part in parts]
    return found[0] if len(found) == 1 else tuple(found)


def _arguments(text: str, module: types.ModuleType) -> tuple[Any, ...]:
    import numpy as np

    namespace = {"np": np, **vars(module)}
    try:
        return eval(f"(lambda *args: args)({text}\n)", namespace)
    except Exception as error:
        raise BadInput(f"--args {text!r} cannot be evaluated: {type(error).__name__}: {error}") from None


def _called(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """A call with the user's arguments; what they get wrong is their input, not our mistake."""
    try:
        return function(*arguments)
    except AdtransError:
        raise
    except TypeError as error:
        raise BadInput(f"--args does not fit: {error}") from None
    except Exception as error:
        raise BadInput(f"{type(error).__name__}: {error}") from None


def renamed(text: str, name: str) -> str:
    """The module with its last top-level function, the derivative, called `name`."""
    if not name.isidentifier():
        raise BadInput(f"--name {name!r} is not a name")
    old = re.findall(r"^def (\w+)\(", text, re.MULTILINE)[-1]
    lines = text.splitlines(True)
    for token in reversed(list(tokenize.generate_tokens(io.StringIO(text).readline))):
        if token.type == tokenize.NAME and token.string == old:
            row, column = token.start
            line = lines[row - 1]
            lines[row - 1] = line[:column] + name + line[column + len(old) :]
    return "".join(lines)


if __name__ == "__main__":
    sys.exit(main())
