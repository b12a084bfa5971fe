"""One small model for all tests of reports, and a hostile twin whose every text tries to break out."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from reassure import Argument, ClaimsResult, RunResult, load

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>|`&'"


@pytest.fixture(scope="session")
def starter() -> Argument:
    return load(Path(str(files("reassure.library") / "starter.yaml")))


@pytest.fixture(scope="session")
def ran(starter: Argument) -> RunResult:
    return starter.run(scenarios=16, replications=8, seed=3, trajectories=["confidence", "arms"])


@pytest.fixture(scope="session")
def tested(starter: Argument) -> ClaimsResult:
    return starter.claims(scenarios=16, replications=8, max_replications=16, seed=3)


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Argument:
    """The starter, its title, texts and names of actors and sources replaced."""
    text = (files("reassure.library") / "starter.yaml").read_text(encoding="utf-8")
    quoted = "'" + HOSTILE.replace("'", "''") + "'"
    for old, new in (
        ("title: Drills, doubts and arms", f"title: {quoted}"),
        ("AAA: Ally", f"AAA: {quoted}"),
        ("that: the alliance would hold in a crisis", f"that: {quoted}"),
        ("title: A working argument}", f"title: {quoted}}}"),
        ("text: arms at the end", f"text: {quoted}"),
        ("text: Visible drills keep the ally from building up on its own", f"text: {quoted}"),
    ):
        assert old in text
        text = text.replace(old, new)
    path = tmp_path_factory.mktemp("hostile") / "hostile.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path)
