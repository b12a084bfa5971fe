"""A strict reading leaves out what could not have been known by a date."""

from __future__ import annotations

from pathlib import Path

from reassure.model.load import check, load

TEXT = """
language: 1
title: x
time: {start: 2007-02, years: 2, step: month}
parameters:
  old: {prior: {uniform: [0, 1]}}
  new: {prior: {uniform: [0, 1]}, known_by: 2012-05}
auxiliaries:
  level: old + 0
  later: {formula: new, known_by: 2012-05}
outcomes:
  level_mean: {mean: level}
  later_mean: {mean: later, known_by: 2012-05}
"""


def test_everything_is_read_without_a_date() -> None:
    assert {p.name for p in load("m.yaml", text=TEXT).parameters} == {"old", "new"}


def test_what_came_later_is_left_out() -> None:
    model = load("m.yaml", text=TEXT, known_by="2007-02")
    assert [p.name for p in model.parameters] == ["old"]
    assert [a.name for a in model.auxiliaries] == ["level"]
    assert [o.name for o in model.outcomes] == ["level_mean"]
    assert model.digest != load("m.yaml", text=TEXT).digest
    assert len(load("m.yaml", text=TEXT, known_by="2012-05").parameters) == 2


def test_what_still_mentions_it_is_a_mistake_that_says_why() -> None:
    text = TEXT.replace("level: old + 0", "level: old + new")
    (mistake,) = check("m.yaml", text=text, known_by="2007-02").mistakes
    assert mistake.code == "E301"
    assert mistake.place.line == 9
    assert "2012-05" in mistake.remedy


def test_a_bad_date_is_a_mistake() -> None:
    (mistake,) = check("m.yaml", text=TEXT, known_by="soon").mistakes
    assert mistake.code == "E205"


def test_a_month_and_a_year_count_to_their_end() -> None:
    text = TEXT.replace("2012-05", "2012-05-20")
    for date, count in (
        ("2011", 1),
        ("2012-05-19", 1),
        ("2012-05-20", 2),
        ("2012-05", 2),
        ("2012", 2),
    ):
        assert len(load("m.yaml", text=text, known_by=date).parameters) == count


def test_what_a_reading_changed_later_stays_as_in_the_one_that_it_extends(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(TEXT)
    changed = """
language: 1
extends: base.yaml
title: y
auxiliaries:
  level: {formula: old * 2, known_by: 2012-05}
  later: {formula: new * 2}
"""
    reading = tmp_path / "reading.yaml"
    reading.write_text(changed)
    assert load(reading).auxiliaries[0].written == "old * 2"
    assert load(reading, known_by="2012-05").auxiliaries[0].written == "old * 2"
    (mistake,) = check(reading, known_by="2007-02").mistakes
    assert "later" in mistake.path
    assert "2012-05" in mistake.remedy
    reading.write_text(changed.replace("  later: {formula: new * 2}\n", ""))
    assert load(reading, known_by="2007-02").auxiliaries[0].written == "old + 0"
