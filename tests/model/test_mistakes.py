"""Mistakes: codes, wording, order, and that no text of a file can steer a terminal."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reassure.model.checked import Place
from reassure.model.mistakes import (
    AREAS,
    CODES,
    Fault,
    ModelError,
    UsageError,
    codes_table,
    mistake,
    nearest,
    quote,
    suggest,
)

PLACE = Place("easley.yaml", 12, 7)


def test_a_mistake_reads_as_promised() -> None:
    said = mistake(
        "E301", PLACE, "stocks.gap.change", "'thraet' is not defined", "did you mean 'threat'?"
    )
    assert str(said) == (
        "easley.yaml:12:7: stocks.gap.change: 'thraet' is not defined — "
        "did you mean 'threat'? [E301]"
    )
    assert said.as_dict() == {
        "code": "E301",
        "severity": "mistake",
        "file": "easley.yaml",
        "line": 12,
        "column": 7,
        "path": "stocks.gap.change",
        "message": "'thraet' is not defined",
        "remedy": "did you mean 'threat'?",
    }


def test_a_code_brings_its_own_remedy_and_severity() -> None:
    warning = mistake("W101", PLACE, "parameters.memory", "no reason")
    assert (warning.severity, warning.remedy) == ("warning", CODES["W101"].remedy)
    assert mistake("E101", PLACE, "", "broken").severity == "mistake"
    with pytest.raises(KeyError):
        mistake("E999", PLACE, "", "no such kind")


def test_every_code_is_whole_and_in_an_area() -> None:
    for code, doc in CODES.items():
        assert re.fullmatch(r"[EGLW]\d{3}", code)
        assert code[:2] in AREAS
        assert doc.title
        assert doc.explanation.endswith(".")
        assert doc.remedy
        assert "|" not in doc.title + doc.explanation + doc.remedy  # they stand in a table
        assert f"| `{code}` |" in codes_table()
    assert list(CODES) == sorted(CODES)


def test_every_code_written_in_the_source_exists() -> None:
    source = Path(__file__).parents[2] / "src" / "reassure" / "model"
    for file in source.rglob("*.py"):
        for code in re.findall(r'"([EW]\d{3})"', file.read_text(encoding="utf-8")):
            assert code in CODES, f"{file.name} uses {code}"


def test_all_mistakes_come_sorted_and_once() -> None:
    late = mistake("E301", Place("a.yaml", 9, 1), "x", "late")
    early = mistake("E301", Place("a.yaml", 2, 5), "x", "early")
    error = ModelError([late, early, late])
    assert error.mistakes == (early, late)
    assert str(error).splitlines() == [str(early), str(late)]


def test_a_fault_finds_its_column() -> None:
    fault = Fault("E301", "'x' is not defined", offset=4)
    placed = fault.at(PLACE, "auxiliaries.gap")
    assert (placed.place.line, placed.place.column) == (12, 11)
    assert placed.remedy == CODES["E301"].remedy


def test_usage_errors_say_what_to_do() -> None:
    assert str(UsageError("there is no policy 'drfit'", "did you mean 'drift'?")) == (
        "there is no policy 'drfit' — did you mean 'drift'?"
    )
    assert str(UsageError("nothing to do")) == "nothing to do"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("memroy", "memory"),
        ("Memory", "memory"),
        ("tokyo_confidense", "tokyo_confidence"),
        ("xyz", None),
    ],
)
def test_nearest_name(name: str, found: str | None) -> None:
    assert nearest(name, ["memory", "tokyo_confidence", "gap"]) == found
    assert suggest(name, ["memory", "tokyo_confidence", "gap"]) == (
        f"did you mean '{found}'?" if found else ""
    )


def test_nearest_among_thousands_looks_at_the_like_only() -> None:
    names = [f"n{number}_filler" for number in range(3000)] + ["memory"]
    assert nearest("memroy", names) == "memory"
    assert nearest("m" * 1000, names) is None


def test_nothing_in_a_file_steers_the_terminal() -> None:
    hostile = "gap\x1b[31m\x00\u202e"
    said = str(mistake("E301", Place(hostile, 1, 1), hostile, quote(hostile)))
    assert said.isprintable()
    assert "\\x1b" in said
    assert quote("x" * 100) == "'" + "x" * 59 + "…'"
