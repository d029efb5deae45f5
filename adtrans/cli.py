# PYTHON_ARGCOMPLETE_OK
"""The command line: `adtrans grad FILE.py:FUNC` and its siblings. Nothing here differentiates."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any

from adtrans import cli_input, cli_output
from adtrans.cli_input import BadInput
from adtrans.errors import AdtransError

TRANSFORMS = ("grad", "value-and-grad", "vjp", "jvp", "hvp")

OK, DIFFERENT, REFUSED, FAILED, INTERRUPTED = 0, 1, 2, 3, 130
_CODES = """
exit status:
  0    done
  1    a check found a wrong derivative, or --diff a difference
  2    the input cannot be used, or the function cannot be differentiated; the reason is on stderr
  3    adtrans itself failed
  130  interrupted
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the exit status is one of those that `--help` lists."""
    cli_input.forget()
    parser = _parser()
    _offer_completions(parser)
    # argparse would take `-:FUNC` for an option
    given = [f"{cli_input.STDIN}{a[1:]}" if a.startswith("-:") else a for a in argv or sys.argv[1:]]
    try:
        options = parser.parse_args(given)
    except SystemExit as stop:  # argparse has said why
        return stop.code if isinstance(stop.code, int) else REFUSED
    try:
        return options.run(options)
    except (AdtransError, BadInput) as error:
        print(error, file=sys.stderr)
        return REFUSED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # ours, but a traceback helps nobody at a prompt
        print(f"adtrans failed: {type(error).__name__}: {error}", file=sys.stderr)
        return FAILED


def _parser() -> argparse.ArgumentParser:
    from adtrans import __version__

    parser = argparse.ArgumentParser(
        prog="adtrans",
        description="Write the Python source of a derivative.",
        epilog=_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"adtrans {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for transform in TRANSFORMS:
        command = commands.add_parser(transform, help=f"write the {transform} of functions")
        _add_functions(command)
        _add_derivative(command)
    command = commands.add_parser("ssa", help="print the SSA program of functions")
    _add_functions(command)
    command.set_defaults(run=_ssa)
    command = commands.add_parser("check", help="hold derivatives against differences")
    _add_functions(command)
    command.add_argument(
        "--args", metavar="EXPR", action="append", required=True, help="arguments, as Python source"
    )
    command.add_argument("--wrt", metavar="X,W", help="arguments, by name or position; all floats by default")
    command.add_argument("--locate", action="store_true", help="name the first statement that goes wrong")
    command.set_defaults(run=_check)
    command = commands.add_parser(
        "rules", help="list the functions that have derivatives: modes, limits, conventions"
    )
    command.add_argument("pattern", nargs="?", default="", help="a regular expression")
    command.add_argument("--markdown", action="store_true", help="the whole page, as docs/rules.md")
    command.set_defaults(run=_rules)
    command = commands.add_parser("cache", help="look at the cache on disk, or empty it")
    command.add_argument("action", choices=("info", "clear"))
    command.add_argument(
        "--verify", action="store_true", help="count the files that do not match their digest"
    )
    command.set_defaults(run=_cache)
    return parser


def _add_functions(command: argparse.ArgumentParser) -> None:
    given = command.add_argument(
        "functions",
        metavar="FILE.py:FUNC",
        nargs="+",
        help="a file, and a function in it; -:FUNC is a function in standard input",
    )
    given.completer = lambda prefix, **_: cli_input.complete(prefix)  # type: ignore[attr-defined]


def _add_derivative(command: argparse.ArgumentParser) -> None:
    command.add_argument("--wrt", metavar="X,W", default="0", help="arguments, by name or position")
    command.add_argument(
        "--args", metavar="EXPR", action="append", help="arguments to specialise for, as Python source"
    )
    command.add_argument(
        "--types", metavar="SPEC", action="append", help='types of parameters: "x=float64[n,d], k=3"'
    )
    command.add_argument("-o", "--output", metavar="OUT.py", help="write here instead of to stdout")
    command.add_argument("--name", help="the name of the derivative function")
    command.add_argument("--standalone", action="store_true", help="write helpers into the module")
    command.add_argument("--diff", metavar="OLD.py", help="print how a file differs, and write nothing")
    command.set_defaults(run=_derivative)


def _offer_completions(parser: argparse.ArgumentParser) -> None:
    """Answer a shell that asks for completions, if argcomplete is there."""
    if "_ARGCOMPLETE" not in os.environ:
        return
    try:
        import argcomplete
    except ImportError:
        return
    argcomplete.autocomplete(parser)


# ----- commands -----


def _derivative(options: argparse.Namespace) -> int:
    count = len(options.functions)
    if options.args and options.types:
        raise BadInput("give --args or --types, not both")
    if options.name and count > 1:
        raise BadInput("--name is for one function")
    arguments = _for_each("--args", options.args, count)
    types = _for_each("--types", options.types, count)
    parts = [_text(options, *row) for row in zip(options.functions, arguments, types)]
    text = cli_output.joined(parts)
    if options.standalone:
        from adtrans.standalone import standalone

        text = standalone(text)
    if options.diff is None:
        cli_output.written(text, options.output)
        return OK
    found = cli_output.differences(text, options.diff)
    cli_output.written(found, options.output)
    return DIFFERENT if found else OK


def _for_each(option: str, given: list[str] | None, count: int) -> list[str | None]:
    """An option given once for all functions, or once for each."""
    if not given:
        return [None] * count
    if len(given) not in (1, count):
        raise BadInput(f"{option} is given {len(given)} times for {count} functions")
    return [*given] * (count // len(given))


def _text(options: argparse.Namespace, spec: str, arguments: str | None, types: str | None) -> str:
    """The module of the derivative of one function."""
    import adtrans

    function, module = cli_input.load(spec)
    transform: Callable[..., Any] = getattr(adtrans, options.command.replace("-", "_"))
    made = transform(function, argnums=cli_input.argnums(options.wrt))
    if arguments is not None:
        cli_input.called(made.specialize, *cli_input.arguments(arguments, module))
    generated = made.latest() if types is None else _generated_for(made, types)
    unnamed = ", ".join(generated.bindings)
    if options.standalone and unnamed:
        raise BadInput(f"--standalone: the derivative reads objects that no module names ({unnamed})")
    return cli_output.renamed(generated.text, options.name) if options.name else generated.text


def _generated_for(made: Any, text: str) -> Any:
    """What is generated for the types that --types states."""
    from adtrans.loader import generic

    types = cli_input.parameter_types(text)
    known = {p.name for p in made.target.parameters}
    for name in types:
        if name not in known:
            raise BadInput(f"--types: {made.target.name} has no parameter {name!r}")
    return generic.generated(made, types)


def _ssa(options: argparse.Namespace) -> int:
    from adtrans.frontend.lower import lower
    from adtrans.ir.printer import print_program
    from adtrans.loader.guards import root_of
    from adtrans.loader.target import target_of

    programs = []
    for spec in options.functions:
        function, _ = cli_input.load(spec)
        root = root_of(target_of(function).function)
        assert root is not None
        programs.append(print_program(lower(root)).rstrip("\n"))
    print("\n\n".join(programs))
    return OK


def _check(options: argparse.Namespace) -> int:
    import adtrans

    argnums = None if options.wrt is None else cli_input.argnums(options.wrt)
    status = OK
    for spec, text in zip(options.functions, _for_each("--args", options.args, len(options.functions))):
        function, module = cli_input.load(spec)
        args, keywords = cli_input.arguments(text or "", module)
        if keywords:
            raise BadInput("--args: check takes positional arguments")
        report = cli_input.called(
            lambda *given, f=function: adtrans.check(f, *given, argnums=argnums, locate=options.locate),
            args,
            {},
        )
        print(report)
        status = status if report.ok else DIFFERENT
    return status


def _rules(options: argparse.Namespace) -> int:
    from adtrans import catalogue, catalogue_page

    try:
        pattern = re.compile(options.pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise BadInput(f"not a regular expression: {options.pattern!r}: {error}") from None
    found = [row for row in catalogue.rows() if pattern.search(row.name)]
    if options.markdown:
        sys.stdout.write(catalogue_page.markdown(found))
        return OK
    for row in found:
        notes = "; ".join(filter(None, (row.limits, row.conventions)))
        print(f"{row.name:40s} {row.modes:8s} {notes}".rstrip())
    return OK


def _cache(options: argparse.Namespace) -> int:
    from adtrans.loader import cache

    if options.action == "clear":
        count = cache.clear()
        print(f"{count} files removed from {cache.folder()}")
        return OK
    sizes = [status.st_size for _, status in cache.entries()]
    print(f"folder   {cache.folder()}")
    print(f"held     {len(sizes)} files" + (f", {len(cache.damaged())} damaged" if options.verify else ""))
    print(f"size     {sum(sizes) / 1e6:.1f} MB of {cache.LIMIT / 1e6:.0f} MB")
    problem = cache.problem()
    if problem is not None:
        print(f"unused   {problem}")
    return OK


if __name__ == "__main__":
    sys.exit(main())
