"""What the command line writes: modules of several functions, files, differences, colours."""

from __future__ import annotations

import ast
import difflib
import io
import os
import re
import sys
import tokenize

from adtrans.cli_input import BadInput


def written(text: str, output: str | None) -> None:
    """Write a module to a file, or to standard output: coloured where that is a terminal."""
    if output is None or output == "-":
        sys.stdout.write(coloured(text) if _takes_colours(sys.stdout) else text)
        return
    try:
        with open(output, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise BadInput(f"cannot write {output}: {error.strerror}") from None


def differences(text: str, path: str) -> str:
    """What has to change in a file to make it `text`, as a unified diff; empty where nothing has."""
    try:
        with open(path, encoding="utf-8", newline="") as file:
            old = file.read()
    except (OSError, ValueError) as error:
        raise BadInput(f"cannot read {path}: {error}") from None
    lines = difflib.unified_diff(old.splitlines(True), text.splitlines(True), path, f"{path} (new)")
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def coloured(text: str) -> str:
    """The text in a terminal's colours, if Pygments is there."""
    try:
        from pygments import highlight
        from pygments.formatters import TerminalFormatter
        from pygments.lexers import PythonLexer
    except ImportError:
        return text
    return highlight(text, PythonLexer(stripnl=False), TerminalFormatter())


def _takes_colours(stream: io.TextIOBase | object) -> bool:
    is_terminal = getattr(stream, "isatty", lambda: False)()
    return is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


# ----- modules -----


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


def joined(texts: list[str]) -> str:
    """One module of several: imports first, each once, then the functions in their order."""
    if len(texts) == 1:
        return texts[0]
    imports: dict[str, None] = {}
    names: dict[str, str] = {}
    parts: list[str] = []
    for text in texts:
        lines = text.splitlines()
        tree = ast.parse(text)
        heads = [s for s in tree.body if isinstance(s, (ast.Import, ast.ImportFrom))]
        imports.update((ast.unparse(s), None) for s in heads)
        rest = [s for s in tree.body if s not in heads]
        for k, statement in enumerate(rest):
            start = _first_line(statement)
            after = _first_line(rest[k + 1]) - 1 if k + 1 < len(rest) else len(lines)
            part = "\n".join(lines[start - 1 : after]).rstrip()
            name = getattr(statement, "name", part)
            if names.setdefault(name, part) != part:
                raise BadInput(f"two functions would be called {name}; write them to two files")
            if part not in parts:
                parts.append(part)
    head = ["\n".join(imports)] if imports else []
    return "\n\n\n".join([*head, *parts]) + "\n"


def _first_line(statement: ast.stmt) -> int:
    decorators = getattr(statement, "decorator_list", ())
    return decorators[0].lineno if decorators else statement.lineno
