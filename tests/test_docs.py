"""What the documents show is what happens: their Python runs, and their commands print what they say.

In README.md and docs/*.md:
- every block marked `python` is executed; the blocks of one document share their names, and one that
  starts with a comment `# name.py` is also a file of that name for the commands below it;
- a block marked `text` right after it is what it prints;
- in a block marked `console`, every line `$ adtrans ...` is run; the lines up to the next `$`, if
  there are any, are what it prints. `...` on a line of its own stands for any lines.
"""

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

pytest.importorskip("scipy")

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@dataclass(frozen=True)
class Example:
    language: str
    line: int
    text: str


def examples(document: Path) -> list[Example]:
    text = document.read_text()
    found = re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [Example(m[1], text.count("\n", 0, m.start()) + 1, m[2]) for m in found]


def matches(printed: str, shown: str) -> bool:
    """Whether a text is the one shown, where a line `...` stands for any lines."""
    parts = [re.escape(part.strip("\n")) for part in re.split(r"^\.\.\.$", shown, flags=re.MULTILINE)]
    return re.fullmatch(r"\s*" + r"(?:.*\n|\n)?".join(parts) + r"\s*", printed, re.DOTALL) is not None


def run_python(example: Example, names: dict, folder: Path) -> str:
    """Execute a block with its own file behind it, from where its functions are read."""
    named = re.match(r"# (\w+\.py)\n", example.text)
    path = folder / (named[1] if named else f"block_{example.line}.py")
    path.write_text(example.text)
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(compile(example.text, str(path), "exec"), names)
    return output.getvalue()


def run_console(example: Example, folder: Path) -> None:
    for session in re.split(r"^\$ ", example.text, flags=re.MULTILINE)[1:]:
        command, _, shown = session.partition("\n")
        words = shlex.split(command)
        if words[0] != "adtrans":
            continue
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(folder)])}
        done = subprocess.run(
            [sys.executable, "-m", *words],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, f"$ {command}\n{done.stdout}{done.stderr}"
        if shown.strip():
            assert matches(done.stdout, shown), f"$ {command}\nprints\n{done.stdout}\nnot\n{shown}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_document(document, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict = {"__name__": f"docs_{document.stem}"}
    printed = None
    for example in examples(document):
        if example.language == "python":
            printed = run_python(example, names, tmp_path)
        elif example.language == "text" and printed is not None:
            shown = example.text
            assert matches(printed, shown), f"{document.name}:{example.line} prints\n{printed}\nnot\n{shown}"
            printed = None
        elif example.language == "console":
            run_console(example, tmp_path)


def test_no_document_is_unfinished():
    assert [path.name for path in DOCUMENTS if "TODO" in path.read_text()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document):
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []
