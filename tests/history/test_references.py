"""What ``check`` says of a model whose ledger lacks what it names."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import reassure

DOCS = Path(__file__).parents[2] / "docs"

WRONG = (
    # the model as it is, what is written instead, where, and what is said
    (
        "series: would_come/ALY",
        "series: would_come/ALI",
        "observations.polls.series",
        "the ledger exercises has no series would_come/ALI — did you mean 'would_come/ALY'?",
    ),
    (
        "events: {category: quarrel, actor: RIV}",
        "events: {category: quarrels, actor: RIV}",
        "observations.quarrels.events.category",
        "the ledger exercises has no category quarrels — did you mean 'quarrel'?",
    ),
    (
        "sizes: {E2026-03: 2.5}",
        "sizes: {E2026-33: 2.5}",
        "given.missile_test.sizes.E2026-33",
        "the ledger exercises has no event E2026-33 — did you mean 'E2026-03'?",
    ),
    (
        "armament: {course: armament,",
        "armament: {course: arms,",
        "given.armament.course",
        "the ledger exercises has no course arms",
    ),
    (
        "- {sees: [E2026-01],",
        "- {sees: [E2026-01, E2026-09], reading: harsh,",
        "claims.steadiness_reassures.record.evidence.1.sees.2",
        "the ledger exercises has no event E2026-09",
    ),
)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    shutil.copytree(DOCS / "exercises", tmp_path / "exercises")
    return Path(shutil.copy(DOCS / "language_example.yaml", tmp_path / "mine.yaml"))


def rewrite(file: Path, *changes: tuple[str, str]) -> None:
    text = file.read_text()
    for before, after in changes:
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    file.write_text(text)


def test_every_name_that_the_ledger_lacks_is_told_at_once_with_its_place(model: Path) -> None:
    rewrite(model, *((before, after) for before, after, _, _ in WRONG))
    report = reassure.check(model)
    assert report.model is None
    told = {item.path: item for item in report.mistakes}
    lines = model.read_text().splitlines()
    for _, after, path, message in WRONG:
        found = told[path]
        assert found.code == "E817"
        assert message in str(found)
        assert found.place.file == str(model)
        assert after.split(":")[-1].strip(" ,}") in lines[found.place.line - 1]
    assert (
        "no reading harsh" in told["claims.steadiness_reassures.record.evidence.1.reading"].message
    )
    assert len(told) == len(WRONG) + 1
    # Of two ids in a list, the place is that of the wrong one.
    wrong = told["claims.steadiness_reassures.record.evidence.1.sees.2"].place
    assert lines[wrong.line - 1][wrong.column - 1 :].startswith("E2026-09")


def test_what_tests_of_a_claim_name_is_looked_up(model: Path) -> None:
    test = (
        "      tests:\n        - {form: event_study, after: {category: test, target: ALI},"
        " events: {ids: [E2026-01, E2026-55]}, is: higher, because: x}\n"
        "        - {form: trend, series: leaks, is: lower, because: x}\n"
    )
    rewrite(model, ("  through_trust:\n", f"{test}  through_trust:\n"))
    told = {item.path: item.message for item in reassure.check(model).mistakes}
    at = "claims.steadiness_reassures.record.tests"
    assert told == {
        f"{at}.1.after.target": "the ledger exercises has no actor ALI",
        f"{at}.1.events.ids.2": "the ledger exercises has no event E2026-55",
        f"{at}.2.series": "the ledger exercises has no series leaks",
    }


def test_a_course_says_only_what_the_choice_or_lever_can_be(model: Path) -> None:
    courses = model.parent / "exercises" / "courses.csv"
    with courses.open("a") as file:
        file.write(
            "exercises,2026-01,many,,,x,\ntone,1990-01,rude,,,before the run,\ntone,2026-01,loud,,,x,\n"
        )
    rewrite(courses, ("2028-08,study", "2028-08,studies"))
    told = {item.path: str(item) for item in reassure.check(model).mistakes}
    assert set(told) == {"given.armament.course", "levers.exercises"}
    assert "studies from 2028-08-01, and armament no such option" in told["given.armament.course"]
    assert "many from 2026-01-01, and exercises takes a number" in told["levers.exercises"]


def test_a_ledger_that_cannot_be_used_is_one_mistake_at_its_name(model: Path) -> None:
    rewrite(
        model.parent / "exercises" / "events.csv", ("RIV,ALY,quarrel,-1,2", "RVI,ALY,quarrel,-1,2")
    )
    (found,) = reassure.check(model).mistakes
    assert (found.code, found.path) == ("E818", "ledger")
    assert "events.csv:2: unknown actor 'RVI'" in found.message
    assert found.remedy == f"mend it: `reassure ledger check {model.parent / 'exercises'}`"
    rewrite(model, ("ledger: exercises", "ledger: exercise"))
    (found,) = reassure.check(model).mistakes
    assert found.code == "E818"
    assert found.message == "'exercise': there is no such ledger"
    assert model.read_text().splitlines()[found.place.line - 1] == "ledger: exercise"


@pytest.mark.parametrize("name", ["x" * 400, '"\\0"', "/etc", "../..", "northeast-asi"])
def test_a_hostile_name_of_a_ledger_is_a_mistake_like_any_other(model: Path, name: str) -> None:
    rewrite(model, ("ledger: exercises", f"ledger: {name}"))
    (found,) = reassure.check(model).mistakes
    assert found.code == "E818"
    assert ("did you mean 'northeast-asia'?" in found.remedy) == (name == "northeast-asi")


def test_a_model_without_a_ledger_or_with_other_mistakes_is_not_looked_up(model: Path) -> None:
    rewrite(model, ("series: would_come/ALY", "series: nowhere"))
    rewrite(model, ("weight: -alarm", "weight: -alarms"))
    assert {item.code for item in reassure.check(model).mistakes} == {"E301"}
    rewrite(model, ("weight: -alarms", "weight: -alarm"))
    rewrite(model, ("ledger: exercises\n", ""))
    assert reassure.check(model).mistakes == ()


def test_the_bundled_argument_names_nothing_that_its_ledger_lacks() -> None:
    assert reassure.check("easley2007").mistakes == ()
    assert reassure.check("easley2007-formula").mistakes == ()
