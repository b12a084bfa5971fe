"""Courses load whole or tell every mistake with its place, and are cut where what was known is cut."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reassure.cli import app
from reassure.history.ledger import check_ledger, load_ledger
from reassure.history.ledger.adding import new_ledger

HEAD = "course,from,value,low,high,because,events\n"
ROWS = (
    "effort[relocation],2006-05,0.4,0.2,0.6,the roadmap is agreed,E1 E2\n"
    "effort[relocation],2003,0.1,,,talks,\n"
    "effort[relocation],2008-06-01,0.7,,0.9,construction,E3\n"
    "arms,2004,shield,,,a decision,E1\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "mine"
    new_ledger(made, title="Mine", actors={"A": "a", "B": "b"}, start="2000", end="2010")
    (made / "events.csv").write_text(
        "id,date,actor,target,category,direction,magnitude,summary,note,known\n"
        "E1,2004-05,A,B,reassurance,1,2,one,memory,\n"
        "E2,2006-01,A,B,reassurance,1,2,two,memory,2007-01\n"
        "E3,2008-06-01,A,B,reassurance,1,2,three,memory,\n"
    )
    return made


def told(folder: Path, rows: str) -> list[tuple[str, int, str]]:
    (folder / "courses.csv").write_text(HEAD + rows)
    found = check_ledger(folder)
    return [(m.code, m.place.line, m.path) for m in (*found.mistakes, *found.warnings)]


def test_courses_hold_until_their_next_point(folder: Path) -> None:
    assert told(folder, ROWS) == []
    ledger = load_ledger(folder)
    assert list(ledger.courses) == ["arms", "effort[relocation]"]
    course = ledger.courses["effort[relocation]"]
    assert [point.since for point in course.points] == [
        date(2003, 1, 1), date(2006, 5, 1), date(2008, 6, 1),
    ]  # fmt: skip
    assert course.at(date(2002, 12, 31)) is None
    point = course.at(date(2008, 5, 31))
    assert point is not None
    assert (point.value, point.low, point.high, point.events) == (0.4, 0.2, 0.6, ("E1", "E2"))
    assert (course.points[2].low, course.points[2].high) == (None, 0.9)
    assert ledger.courses["arms"].points[0].value == "shield"


def test_nothing_later_is_in_a_course(folder: Path) -> None:
    (folder / "courses.csv").write_text(HEAD + ROWS)
    ledger = load_ledger(folder)
    known = ledger.known_by(date(2006, 12, 31)).courses["effort[relocation]"]
    assert [point.value for point in known.points] == [0.1, 0.4]
    assert known.points[1].events == ("E1",)  # the other one was not known yet
    assert ledger.known_by(date(2001, 1, 1)).courses["arms"].points == ()
    part = ledger.between(date(2005, 1, 1), date(2007, 1, 1)).courses["effort[relocation]"]
    assert [point.value for point in part.points] == [0.1, 0.4]
    assert ledger.perturbed(1).courses == ledger.courses


def test_every_wrong_row_is_told(folder: Path) -> None:
    rows = [
        "a,05/07/2006,1,,,x,\n",
        "a,2006,,,,x,\n",
        "a,2007,2,3,1,x,\n",
        "a,2008,2,3,4,x,\n",
        "a,2009,1,,,x,E9\n",
        "a,2005,1,,,x,\n",
        "a,2005-01-01,2,,,x,\n",
        "a,2010,shield,,,x,\n",
        'a,2011,"1,5",,,x,\n',
        "a,2012,1,low,,x,\n",
        "b,2006,shield,1,2,x,\n",
        "b[,2006,1,,,x,\n",
        "c,2006,nan,,,x,\n",
    ]
    assert told(folder, "".join(rows)) == [
        ("L106", 2, "courses.a.05/07/2006.from"),
        ("L105", 3, "courses.a.2006.value"),
        ("L105", 4, "courses.a.2007.low"),
        ("L105", 5, "courses.a.2008.value"),
        ("L108", 6, "courses.a.2009.events"),
        ("L109", 8, "courses.a.2005-01-01"),
        ("L105", 9, "courses.a.2010.value"),
        ("L105", 10, "courses.a.2011.value"),
        ("L105", 11, "courses.a.2012.low"),
        ("L105", 12, "courses.b.2006.low"),
        ("L105", 13, "courses.b[.2006.course"),
        ("L105", 14, "courses.c.2006.value"),
    ]


def test_a_point_says_why_or_on_what_it_rests(folder: Path) -> None:
    assert told(folder, "a,2006,1,,,,\n") == [("L203", 2, "courses.a.2006-01-01")]
    assert told(folder, "a,2006,1,,,,E1\n") == []


def test_courses_are_listed(folder: Path) -> None:
    (folder / "courses.csv").write_text(HEAD + ROWS)
    run = CliRunner().invoke
    found = run(app, ["ledger", "show", str(folder), "--courses", "--json", "--from", "2005"])
    assert found.exit_code == 0, found.output
    listed = json.loads(found.stdout)["courses"]
    assert [(row["course"], row["value"], row["low"]) for row in listed] == [
        ("arms", "shield", None),
        ("effort[relocation]", 0.1, None),
        ("effort[relocation]", 0.4, 0.2),
        ("effort[relocation]", 0.7, None),
    ]
    assert "the roadmap is agreed" in run(app, ["ledger", "show", str(folder), "--courses"]).stdout
    both = run(app, ["ledger", "show", str(folder), "--courses", "--series", "s"])
    assert both.exit_code == 2
