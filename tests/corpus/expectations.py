"""What the first lines of a corpus file say: ``# expect: `` and a message, one for each mistake.

``python tests/corpus/expectations.py`` writes them anew after messages have changed. Read the
difference before you commit it: it is what users will see.
"""

from __future__ import annotations

import os
from pathlib import Path

from reassure.model.load import check

MODELS = Path(__file__).parent / "models"
MARK = "# expect: "


def expected(file: Path) -> list[str]:
    """The messages that a corpus file expects."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return [line.removeprefix(MARK) for line in lines if line.startswith(MARK)]


def rewrite(file: Path) -> None:
    """Writes the expectations of one file; the lines of the model keep their text."""
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    body = "".join(line for line in lines if not line.startswith(MARK))
    found = [str(item) for item in check(file.name).mistakes]
    for _ in range(2):  # the second time, positions count the lines that the first has put in
        head = "".join(f"{MARK}{message}\n" for message in found)
        file.write_text(head + body, encoding="utf-8")
        found = [str(item) for item in check(file.name).mistakes]


if __name__ == "__main__":
    os.chdir(MODELS)
    for path in sorted(Path().glob("*.yaml")):
        rewrite(path)
