from __future__ import annotations

from pathlib import Path

import pytest
from written_models import VALID

from reassure.model.checked import Model
from reassure.model.load import check, load


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "base.yaml").write_text(VALID)
    return tmp_path


def _child(folder: Path, text: str, parent: str = "base.yaml") -> Model:
    file = folder / "child.yaml"
    file.write_text(f"language: 1\nextends: {parent}\n{text}")
    return load(file)


def test_an_unchanged_child_means_its_parent(folder: Path) -> None:
    child, parent = _child(folder, ""), load(folder / "base.yaml")
    assert child.differences == ()
    assert child.extends == "base.yaml"
    assert child.name == "child"
    assert child.parameters == parent.parameters
    assert child.digest == parent.digest


def test_a_child_adds_updates_replaces_and_removes(folder: Path) -> None:
    child = _child(
        folder,
        """
title: Otherwise
parameters:
  weight: {prior: {uniform: [0, 1]}}
  calm: {prior: 2, because: b, cites: me2026}
auxiliaries:
  gap: {formula: (1 - trust) * (stance == soft), because: simpler, cites: ~}
  worry: calm * gap
  shock: {noise: normal, because: b}
outcomes: {worry_mean: ~, worry_end: {final: worry + shock}}
time: {years: 8}
policies: {loud: {set: {stance: hard}}}
events: {election: {dates: [2027-12-19]}}
""",
    )
    assert child.title == "Otherwise"
    weight = child.parameters[1]
    assert weight.prior.family == "uniform"
    assert weight.about.because == "a guess"  # kept
    gap = child.auxiliaries[0]
    assert gap.written == "(1 - trust) * (stance == soft)"
    assert gap.about.cites == ()  # removed
    assert [outcome.name for outcome in child.outcomes] == ["arms_end", "built", "worry_end"]
    assert child.time.steps == 96
    assert [name for name, _ in child.policies[1].settings] == ["stance"]  # nested: replaced
    assert set(child.differences) == {
        ("title", "", "replaced"),
        ("time", "years", "replaced"),
        ("parameters", "weight", "replaced"),
        ("parameters", "calm", "added"),
        ("auxiliaries", "gap", "replaced"),
        ("auxiliaries", "worry", "replaced"),
        ("auxiliaries", "shock", "added"),
        ("outcomes", "worry_mean", "removed"),
        ("outcomes", "worry_end", "added"),
        ("policies", "loud", "replaced"),
        ("events", "election", "replaced"),
    }


def test_what_is_said_again_is_no_difference(folder: Path) -> None:
    assert _child(folder, "stocks: {arms: {initial: 1}}\n").differences == ()


def test_correlations_are_known_by_their_pair(folder: Path) -> None:
    child = _child(folder, "correlate: [{between: [weight, pace], rho: -0.2, because: b}]\n")
    assert [(c.first, c.rho) for c in child.correlations] == [("weight", -0.2)]
    assert child.differences == (("correlate", "pace and weight", "replaced"),)


def test_a_short_form_can_be_updated(folder: Path) -> None:
    child = _child(folder, "actors: {AAA: {text: the smaller one}}\n")
    assert (child.actors[0].name, child.actors[0].about.text) == ("Ally", "the smaller one")


def test_a_whole_section_can_be_removed(folder: Path) -> None:
    child = _child(folder, "interests: ~\n")
    assert child.interests == ()
    assert child.differences == (("interests", "AAA", "removed"),)


def test_a_mistake_keeps_the_file_it_stands_in(folder: Path) -> None:
    (folder / "child.yaml").write_text(
        "language: 1\nextends: base.yaml\nauxiliaries: {gap: ~}\noutcomes: {o: {final: gpa}}\n"
    )
    found = {
        (Path(m.place.file).name, m.place.line, m.code)
        for m in check(folder / "child.yaml").mistakes
    }
    gap_in_choice, gap_in_worry = 40, 44
    assert found == {
        ("base.yaml", gap_in_choice, "E301"),
        ("base.yaml", gap_in_worry, "E301"),
        ("child.yaml", 4, "E301"),
    }


def test_grandparents_are_merged_in_order(folder: Path) -> None:
    (folder / "middle.yaml").write_text("language: 1\nextends: base.yaml\ntitle: Middle\n")
    child = _child(folder, "parameters: {weight: {because: wide}}\n", "middle.yaml")
    assert child.title == "Middle"
    assert child.differences == (("parameters", "weight", "replaced"),)


def test_bundled_models_can_be_extended_from_text() -> None:
    model = load("mine", text="language: 1\nextends: logistic\nparameters: {ceiling: {prior: 1}}\n")
    assert model.extends == "logistic"
    assert model.path == ""
    assert model.differences == (("parameters", "ceiling", "replaced"),)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("parameters: {wieght: ~}", "parameters.wieght"),
        ("parameters: {weight: {alias: ~}}", "parameters.weight.alias"),
        ("claims: {drills_restrain: {number: ~}}", "claims.drills_restrain.number"),
    ],
)
def test_only_what_is_there_can_be_removed(folder: Path, text: str, path: str) -> None:
    (folder / "child.yaml").write_text(f"language: 1\nextends: base.yaml\n{text}\n")
    assert [(m.code, m.path) for m in check(folder / "child.yaml").mistakes] == [("E905", path)]


def test_every_file_says_its_version_and_it_is_the_same(folder: Path) -> None:
    (folder / "child.yaml").write_text("extends: base.yaml\n")
    assert [item.code for item in check(folder / "child.yaml").mistakes] == ["E202"]
    text = (folder / "base.yaml").read_text()
    (folder / "base.yaml").write_text(text.replace("language: 1", "language: 2"))
    (folder / "child.yaml").write_text("language: 1\nextends: base.yaml\n")
    (mistake,) = check(folder / "child.yaml").mistakes
    assert mistake.code == "E207"
    assert mistake.place.file.endswith("base.yaml")
