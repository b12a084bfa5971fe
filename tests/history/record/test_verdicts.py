"""The record of Easley (2007), and what a record does and does not change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reassure import UsageError, load, load_ledger
from reassure.history.record import VERDICTS
from reassure.history.record.digest import record_digest

DOCS = Path(__file__).resolve().parents[3] / "docs"
MODEL = load("easley2007").model
RECORD = load("easley2007").record()


def test_every_claim_that_must_have_a_verdict_has_one() -> None:
    verdicts = {item.id: item.verdict for item in RECORD.results}
    numbered = [item for item in MODEL.claims if item.number is not None]
    named = [
        *numbered,
        *(item for item in MODEL.claims if item.name[0] in "XH" and item.name[1:].isdigit()),
    ]
    assert len(named) == 48 + 7 + 4
    assert all(verdicts[item.name] in VERDICTS for item in named)
    assert all(item.would_be_seen for item in RECORD.results if item.verdict == "not observable")
    assert not any(item.warnings for item in RECORD.results)


def test_the_counterstrike_decision_speaks_against_the_core_of_the_paper() -> None:
    for name in (
        "c08_managed_alliance_prevents_spear",
        "c48_trilateral_instead_of_unilateral",
        "H2",
    ):
        item = RECORD[name]
        assert item.verdict == "contradicted"
        assert "E2022-15" in {id for seen in item.evidence for id in seen.ids}


def test_every_event_exists_and_every_number_has_its_reason() -> None:
    ids = {event.id for event in load_ledger("northeast-asia").events}
    records = [item.record for item in MODEL.claims if item.record is not None]
    for record in records:
        for piece in record.pieces:
            assert set(piece.sees) <= ids
            assert len(piece.because) > 10
            assert [name for name, _ in piece.under] == list(record.rivals)


def test_what_a_verdict_hinges_on_changes_it() -> None:
    for item in RECORD.results:
        assert all(word != item.verdict for _, word in item.hinges_on)


def test_disturbed_codings_are_reproducible_and_nothing_disturbed_survives_whole() -> None:
    argument = load("easley2007")
    first = argument.record(["48", "12"], perturb=5, flip=0.3)
    assert first == argument.record(["48", "12"], perturb=5, flip=0.3)
    still = argument.record(["48"], perturb=2, flip=0, shift=0)[
        "c48_trilateral_instead_of_unilateral"
    ]
    assert still.sensitivity is not None
    assert still.sensitivity.perturbed == 1
    all_flipped = argument.record(["48"], perturb=2, flip=1, shift=0)[
        "c48_trilateral_instead_of_unilateral"
    ]
    assert all_flipped.sensitivity is not None
    assert all_flipped.sensitivity.perturbed == 0


def test_the_json_contract() -> None:
    found = json.loads(json.dumps(load("easley2007").record(["1"]).as_json()))
    record = found["claims"][0]["record"]
    assert {"verdict", "reading", "evidence", "hinges_on", "sensitivity"} <= set(record)
    assert record["reading"] == "firmness"
    assert record["evidence"][0]["ids"] == ["E1998-03"]
    assert load("easley2007").record(["1"], reading="engagement").reading == "engagement"


def test_unknown_names_are_told() -> None:
    argument = load("easley2007")
    with pytest.raises(UsageError, match="no claim c99"):
        argument.record(["c99"])
    with pytest.raises(UsageError, match="names no ledger"):
        load("richardson").record()


HEAD = """language: 1
title: a model
time: {start: 2007-02, years: 1, step: month}
parameters: {drive: {prior: {uniform: [0, 1]}, unit: 1/year, because: a test}}
stocks: {threat: {unit: 1, initial: 0.5, change: drive, because: a test}}
outcomes: {threat_end: {final: threat}}
"""
CLAIM = """claims:
  c1: {text: more, form: effect, of: {parameter: drive, from: 0, to: 1}, on: threat_end, is: higher,
       smallest_effect: {value: 0.1, because: a test}%s}
"""
PIECES = """, record: {rivals: [chance], evidence: [
  {sees: [%s], likelihood: {claim: 0.8, chance: 0.2}, because: a test},
  {sees: [E2022-15], likelihood: {claim: 0.8, chance: 0.2}, because: a test}]}"""


def _write(path: Path, record: str) -> Path:
    text = (
        HEAD
        + ("ledger: northeast-asia\nrivals: {chance: by chance}\n" if record else "")
        + CLAIM % record
    )
    path.write_text(text, encoding="utf-8")
    return path


def test_a_record_changes_nothing_that_the_digest_covers(tmp_path: Path) -> None:
    plain = load(_write(tmp_path / "a.yaml", "")).model
    recorded = load(_write(tmp_path / "b.yaml", PIECES % "E2022-12")).model
    assert plain.digest == recorded.digest


def test_double_counting_is_warned_of(tmp_path: Path) -> None:
    found = load(_write(tmp_path / "a.yaml", PIECES % "E2022-15")).record()
    assert "E2022-15 is counted more than once" in found["c1"].warnings[0]


@pytest.mark.parametrize(
    ("id", "said"),
    [("E2022-99", "no event E2022-99"), ("E2006-05", "outside the record's window")],
)
def test_an_event_that_is_not_there_is_told_with_its_place(
    tmp_path: Path, id: str, said: str
) -> None:
    with pytest.raises(UsageError, match=rf"claims\.c1\.record\.evidence.*{said}"):
        load(_write(tmp_path / "a.yaml", PIECES % id)).record()


TESTED = """, record: {%srivals: [chance], tests: [
  {form: %s, events: {category: provocation}, %s is: higher, because: a test}]}"""


def _seen(path: Path, window: str, form: str, more: str) -> str:
    """What the only test of a record found."""
    (seen,) = load(_write(path, TESTED % (window, form, more))).record()["c1"].evidence
    return seen.what


def test_days_that_the_ledger_does_not_cover_are_not_counted_as_empty(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    first, last = load_ledger("northeast-asia").coverage
    covered = f"window: [{first.start}, {last.end}], "
    wider = "window: [1950, 2060], "
    for form, more in (
        ("counts", "at: 2010,"),
        ("event_study", "after: {category: provocation, least: 3}, within: 30,"),
    ):
        assert _seen(path, wider, form, more) == _seen(path, covered, form, more)
    with pytest.raises(UsageError, match=r"c1\.record\.tests\[0\]: the window 1950.*lies outside"):
        _seen(path, "window: [1950, 1960], ", "counts", "at: 1955,")
    with pytest.raises(UsageError, match=rf"1955-01-01 does not part the days {first.start} to"):
        _seen(path, wider, "counts", "at: 1955,")


def test_an_event_of_a_year_is_put_in_its_middle(tmp_path: Path) -> None:
    from reassure.history.ledger.adding import new_ledger

    ledger = tmp_path / "northeast-asia"
    new_ledger(
        ledger, title="One year", actors={"A": "One", "B": "Other"}, start="2019", end="2025"
    )
    head = (ledger / "events.csv").read_text(encoding="utf-8").strip()
    row = dict.fromkeys(head.split(","), "") | {
        "id": "E1", "date": "2022", "actor": "A", "target": "B", "category": "provocation", "direction": "-1",
        "magnitude": "2", "summary": "something", "seen": "no", "note": "made up",
    }  # fmt: skip
    (ledger / "events.csv").write_text(f"{head}\n{','.join(row.values())}\n", encoding="utf-8")
    path = tmp_path / "a.yaml"
    assert "(n = 0 and 1)" in _seen(path, "", "counts", "at: 2022-06,")
    assert "(n = 0 and 1)" in _seen(path, "window: [2022-03, 2025], ", "counts", "at: 2022-06,")
    assert "(n = 0 and 0)" in _seen(path, "window: [2019, 2022-06], ", "counts", "at: 2022,")


def test_the_page_is_of_the_record_in_the_library() -> None:
    page = (DOCS / "easley2007" / "record.md").read_text(encoding="utf-8")
    assert record_digest(RECORD) in page, "run `python docs/generate_record.py`"
