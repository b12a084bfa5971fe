"""The examples in the docs and the README run as they stand."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (ROOT / "docs", ROOT / "docs" / "reference", ROOT / "docs" / "games")
PAGES = [
    ROOT / "README.md",
    *(
        page
        for folder in FOLDERS
        for page in sorted(folder.glob("*.md"))
        if page.name != "language_intro.md"  # a part of reference/language.md
    ),
]
BLOCK = re.compile(r"^```(yaml|console|python|text file=\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SMALL = {  # docs show defaults; the tests need only see that each command does its work
    "claims": ["--scenarios", "16", "--replications", "8", "--max-replications", "16"],
    "compare": ["--scenarios", "16", "--replications", "8"],
    "nowcast": ["--scenarios", "16"],
    "counterfactual": ["--scenarios", "16"],
    "brief": ["--scenarios", "16", "--replications", "8"],
}


def blocks(page: Path) -> list[tuple[str, str]]:
    return BLOCK.findall(page.read_text(encoding="utf-8"))


def with_examples() -> list[Path]:
    return [page for page in PAGES if blocks(page)]


@pytest.mark.parametrize("page", with_examples(), ids=lambda page: page.name)
def test_examples_run(page: Path, tmp_path: Path) -> None:
    for kind, text in blocks(page):
        if kind == "yaml":
            named = re.match(r"# file: (\S+)\n", text)
            if named:
                (tmp_path / named[1]).write_text(text, encoding="utf-8")
        elif kind.startswith("text"):
            (tmp_path / kind.partition("=")[2]).write_text(text, encoding="utf-8")
        elif kind == "python":
            run([sys.executable, "-c", text], tmp_path)
        else:
            for line in text.splitlines():
                if line.startswith("$ "):
                    run(command(line[2:]), tmp_path)


def command(line: str) -> list[str]:
    words = shlex.split(line, comments=True)
    assert words[0] == "reassure", line
    extra = SMALL.get(words[1], [])
    if any(word in extra for word in words):
        extra = []
    return [sys.executable, "-c", "from reassure.cli import main; main()", *words[1:], *extra]


def run(words: list[str], folder: Path) -> None:
    done = subprocess.run(
        words,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "COLUMNS": "120"},
    )
    assert done.returncode == 0, f"{words[2:]}\n{done.stdout}\n{done.stderr}"


def test_the_example_of_the_language_is_clean_and_has_every_section() -> None:
    from reassure import check
    from reassure.model.written import Document

    page = ROOT / "docs" / "language_example.yaml"
    report = check(page)
    assert not report.mistakes
    assert not report.warnings
    written = set(re.findall(r"^(\w+):", page.read_text(encoding="utf-8"), re.MULTILINE))
    assert set(Document.model_fields) - written == {"extends"}


def test_the_readme_shows_the_product() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make demo" in text
    assert "make test" in text
