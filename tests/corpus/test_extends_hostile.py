"""``extends:`` reads bundled models and files of the model's own folder, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reassure.model.load import check

SECRET = "language: 1\ntitle: secret\ntime: {start: 2000-01, years: 1}\n"


def _codes(file: Path) -> list[str]:
    return [item.code for item in check(file).mistakes]


def _child(folder: Path, parent: str) -> Path:
    file = folder / "child.yaml"
    file.write_text(f"language: 1\nextends: {parent}\n")
    return file


def test_a_file_outside_the_folder_is_not_read(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    (tmp_path / "secret.yaml").write_text(SECRET)
    assert _codes(_child(folder, "../secret.yaml")) == ["E902"]
    assert _codes(_child(folder, str(tmp_path / "secret.yaml"))) == ["E902"]
    assert _codes(_child(folder, "sub/../../secret.yaml")) == ["E902"]


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    (tmp_path / "secret.yaml").write_text(SECRET)
    (folder / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    (folder / "sub").symlink_to(tmp_path)
    assert _codes(_child(folder, "link.yaml")) == ["E902"]
    assert _codes(_child(folder, "sub/secret.yaml")) == ["E902"]


def test_a_grandparent_may_not_leave_the_folder_either(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    (folder / "sub").mkdir(parents=True)
    (tmp_path / "secret.yaml").write_text(SECRET)
    (folder / "sub" / "middle.yaml").write_text("language: 1\nextends: ../../secret.yaml\n")
    assert _codes(_child(folder, "sub/middle.yaml")) == ["E902"]
    (folder / "base.yaml").write_text(SECRET)
    (folder / "sub" / "middle.yaml").write_text("language: 1\nextends: ../base.yaml\n")
    report = check(_child(folder, "sub/middle.yaml"))
    assert report.model is not None
    assert report.model.title == "secret"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    assert _codes(tmp_path / "pipe.yaml") == ["E106"]
    assert _codes(_child(tmp_path, "pipe.yaml")) == ["E904"]


def test_circles_and_long_chains_end(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("language: 1\nextends: b.yaml\n")
    (tmp_path / "b.yaml").write_text("language: 1\nextends: a.yaml\n")
    (mistake,) = check(tmp_path / "a.yaml").mistakes
    assert mistake.code == "E903"
    assert "a -> b -> a" in mistake.message
    for i in range(20):
        (tmp_path / f"c{i}.yaml").write_text(f"language: 1\nextends: c{i + 1}.yaml\n")
    (tmp_path / "c20.yaml").write_text(SECRET)
    assert _codes(tmp_path / "c0.yaml") == ["E901"]
    assert check(tmp_path / "c15.yaml").model is not None


@pytest.mark.parametrize(
    "parent", ["'a\\0b.yaml'", "''", "[a, b]", "17", "~", "'.yaml'", "x/", "'sub/'"]
)
def test_odd_parents_are_mistakes(tmp_path: Path, parent: str) -> None:
    codes = _codes(_child(tmp_path, parent))
    assert codes
    assert set(codes) <= {"E203", "E904", "E107", "E202"}


def test_a_text_that_is_in_no_file_reads_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "base.yaml").write_text(SECRET)
    monkeypatch.chdir(tmp_path)
    text = "language: 1\nextends: base.yaml\n"
    assert [item.code for item in check("from a stranger", text=text).mistakes] == ["E902"]
    (tmp_path / "child.yaml").write_text("an older version")
    assert check("child.yaml", text=text).model is not None
