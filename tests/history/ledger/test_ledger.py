"""A ledger loads whole, or tells every mistake with its place; what is known later does not enter."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reassure.history.ledger import Ledger, check_ledger, load_ledger, parse_span
from reassure.history.ledger.adding import add_event, new_ledger
from reassure.history.ledger.load import bundled_folder
from reassure.model.mistakes import ModelError, UsageError

HEAD = "id,date,actor,target,category,direction,magnitude,summary,note,distinct_from\n"
ROW = "E1,2006-07-05,A,B,provocation,-1,2,a test,memory,\n"
SERIES = "series:\n  s: {about: x, unit: y, period: year, source: z, terms: free}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "mine"
    new_ledger(made, title="Mine", actors={"A": "a", "B": "b"}, start="2000", end="2010")
    return made


@pytest.fixture(scope="module")
def bundled() -> Ledger:
    return load_ledger("northeast-asia")


def told(folder: Path) -> list[tuple[str, int, str]]:
    found = check_ledger(folder)
    return [(m.code, m.place.line, m.path) for m in (*found.mistakes, *found.warnings)]


def test_the_bundled_ledger_is_clean_and_whole(bundled: Ledger) -> None:
    found = check_ledger("northeast-asia")
    assert (found.mistakes, found.warnings) == ((), ())
    assert len(bundled.events) == 309
    assert bundled.event("E1994-02").note == "day general knowledge"
    assert sum(not event.seen for event in bundled.events) == 91
    assert bundled.with_reading("engagement").event("E2006-19").direction == 1
    assert bundled.event("E2006-19").direction == -1
    breaks = [str(item.at.text) for item in bundled.series["jp_affinity_korea"].breaks]
    assert breaks == ["2020-10"]
    size = sum(p.stat().st_size for p in (bundled_folder() / "northeast-asia").rglob("*"))
    assert size < 1_500_000


def test_every_wrong_row_is_told_at_once(folder: Path) -> None:
    rows = [
        ROW,
        "E2,05/07/2006,A,B,provocation,-1,2,a date of another form,memory,\n",
        "E3,2006,C,B,provocation,-1,2,unknown actor,memory,\n",
        "E4,2006,A,B,provocations,-1,2,unknown category,memory,\n",
        "E5,2006,A,B,provocation,2,9,impossible codes,memory,\n",
        "E6,2006,A,B,provocation,1\n",
        "E1,2006-09,A,B,provocation,-1,2,same id,memory,\n",
        "E8,2006-13-01,A,B,provocation,-1,2,no such month,memory,\n",
    ]
    (folder / "events.csv").write_text(HEAD + "".join(rows))
    assert told(folder) == [
        ("L106", 3, "events.E2.date"),
        ("L108", 4, "events.E3.actor"),
        ("L108", 5, "events.E4.category"),
        ("L105", 6, "events.E5.direction"),
        ("L105", 6, "events.E5.magnitude"),
        ("L103", 7, ""),
        ("L109", 8, "events.E1.id"),
        ("L106", 9, "events.E8.date"),
    ]
    with pytest.raises(ModelError, match="did you mean 'provocation'"):
        load_ledger(folder)


def test_what_a_readable_ledger_says_is_checked(folder: Path) -> None:
    rows = [
        ROW,
        "E2,2006-07-06,A,B,provocation,-1,2,the same a day later,memory,\n",
        "E3,2006-07-04,A,B,provocation,-1,2,another one,memory,E1\n",
        "E4,2011-01,A,B,provocation,-1,2,after the end,memory,\n",
        "E5,2007,A,B,provocation,-1,2,no source,,\n",
        "E6,2006-07-05,B,A,provocation,-1,2,the other way round,memory,\n",
    ]
    (folder / "events.csv").write_text(HEAD + "".join(rows))
    assert told(folder) == [
        ("L202", 3, "events.E2"),
        ("L201", 5, "events.E4.date"),
        ("L203", 6, "events.E5.note"),
    ]


def test_series_of_text_and_mixed_periods_are_told(folder: Path) -> None:
    (folder / "series.yaml").write_text(SERIES)
    (folder / "series.csv").write_text(
        "series,period,value\ns,2001,1\ns,2002,about 3\ns,2003-Q1,2\ns,2001,4\ns,2004,nan\nt,2001,1\n"
    )
    assert [(code, line) for code, line, _ in told(folder)] == [
        ("L107", 3),
        ("L106", 4),
        ("L109", 5),
        ("L107", 6),
        ("L108", 7),
    ]


def test_a_lasting_step_is_a_break_unless_declared(folder: Path) -> None:
    values = [10.1, 10.0, 10.2, 10.1, 10.0, 20.2, 20.1, 20.0, 20.2, 20.1]
    lines = [f"s,{2001 + i},{v}\n" for i, v in enumerate(values)]
    (folder / "series.csv").write_text("series,period,value\n" + "".join(lines))
    (folder / "series.yaml").write_text(SERIES)
    assert told(folder) == [("W201", 7, "series.s")]
    declared = SERIES.replace(
        "terms: free", "terms: free, breaks: [{at: 2006, kind: real, what: x}]"
    )
    (folder / "series.yaml").write_text(declared)
    assert told(folder) == []
    values[6:] = [10.1, 10.0, 10.2, 10.1]  # one high value is no break
    lines = [f"s,{2001 + i},{v}\n" for i, v in enumerate(values)]
    (folder / "series.csv").write_text("series,period,value\n" + "".join(lines))
    (folder / "series.yaml").write_text(SERIES)
    assert told(folder) == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (HEAD.encode() + b"E1,2006,A,B,provocation,-1,2,a\x00b,memory,\n", "L103"),
        (HEAD.encode() + b"E1,2006,A,B,provocation,-1,2,a\xffb,memory,\n", "L103"),
        (HEAD.encode() + b"E1,2006,A,B,provocation,-1,2," + b"x" * 20_000 + b",memory,\n", "L103"),
        (HEAD.encode() + b"E1,2006,A,B,provocation,-1,2," + b"x" * 200_000 + b",memory,\n", "L103"),
        (HEAD.encode() + b'E1,2006,A,B,provocation,-1,2,"never closed,memory,\n', "L103"),
        (b"id,date\nE1,2006\n", "L104"),
        (b"", "L104"),
        (HEAD.replace("note", "nite").encode() + ROW.encode(), "L104"),
    ],
)
def test_hostile_tables_are_refused_in_a_message(folder: Path, content: bytes, code: str) -> None:
    (folder / "events.csv").write_bytes(content)
    assert code in {found for found, _, _ in told(folder)}


def test_nothing_outside_of_the_folder_is_read(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text(HEAD + ROW)
    (folder / "events.csv").unlink()
    (folder / "events.csv").symlink_to(outside)
    assert told(folder) == [("L102", 1, "")]


def test_a_yaml_bomb_is_refused(folder: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    (folder / "series.yaml").write_text("\n".join(lines) + "\n")
    assert "E104" in {code for code, _, _ in told(folder)}


@pytest.mark.parametrize("name", ["northeast-asa", "x" * 5000, "a\x00b", "/"])
def test_what_is_no_ledger_is_said(name: str) -> None:
    with pytest.raises(ModelError) as caught:
        load_ledger(name)
    assert [item.code for item in caught.value.mistakes] == ["L101"]


@settings(max_examples=40, deadline=None)
@given(st.dates(date(1990, 1, 1), date(2030, 1, 1)))
def test_nothing_later_is_known(bundled: Ledger, day: date) -> None:
    then = bundled.known_by(day)
    assert all(event.when.end <= day and event.known <= day for event in then.events)
    for name, series in then.series.items():
        full = bundled.series[name]
        assert series.values == full.values[: len(series.values)] or series.period == "mixed"
        for value in series.observations:
            assert value.known <= day
        assert all(item.at.start <= day for item in series.breaks)
        assert series.coverage[1].end <= max(day, full.coverage[0].end)
    assert set(then.readings["engagement"].codes) <= {e.id for e in then.events}


def test_values_are_known_after_their_lag(bundled: Ledger) -> None:
    series = bundled.series["milex_gdp_share/JPN"]
    value = next(item for item in series.observations if item.when.text == "2006")
    assert value.known == date(2007, 4, 30)
    assert value not in bundled.known_by(date(2007, 4, 29)).series[series.name].observations
    assert value in bundled.known_by(date(2007, 4, 30)).series[series.name].observations


def test_counts_add_up_and_have_zeros(bundled: Ledger) -> None:
    for by in ("month", "quarter", "year"):
        counts = bundled.counts(by=by)
        assert sum(counts.values()) == 309
        assert 0 in counts.values() or by == "year"
    kinds = [bundled.counts(name, by="year") for name in bundled.categories]
    assert sum(found["2006"] for found in kinds) == bundled.counts(by="year")["2006"]
    with pytest.raises(UsageError, match="did you mean 'opcon'"):
        bundled.counts("opcom")


def test_perturbed_codings_repeat_and_have_their_shares(bundled: Ledger) -> None:
    assert bundled.perturbed(3) == bundled.perturbed(3)
    assert bundled.perturbed(3) != bundled.perturbed(4)
    still = bundled.perturbed(3, flip=0, shift=0)
    assert still.events == bundled.events
    every = bundled.perturbed(3, flip=1, shift=1)
    for one, other in zip(bundled.events, every.events, strict=True):
        assert other.direction == -one.direction or (one.direction == 0 and other.direction)
        assert abs(other.magnitude - one.magnitude) == 1
        assert 1 <= other.magnitude <= 3
    flips = [
        a.direction != b.direction
        for seed in range(40)
        for a, b in zip(bundled.events, bundled.perturbed(seed).events, strict=True)
    ]
    assert abs(sum(flips) / len(flips) - 0.1) < 0.01  # 12,240 draws: 3.7 standard errors
    part = bundled.select(category="opcon").perturbed(3)
    assert set(part.events) <= set(bundled.perturbed(3).events)
    with pytest.raises(UsageError):
        bundled.perturbed(3, flip=1.5)


@pytest.mark.parametrize(
    ("text", "start", "end", "precision"),
    [
        ("2006-07-05", date(2006, 7, 5), date(2006, 7, 5), "day"),
        ("2008-02", date(2008, 2, 1), date(2008, 2, 29), "month"),
        ("2006-Q4", date(2006, 10, 1), date(2006, 12, 31), "quarter"),
        ("2006", date(2006, 1, 1), date(2006, 12, 31), "year"),
        ("FY2006", date(2006, 4, 1), date(2007, 3, 31), "fiscal year"),
    ],
)
def test_dates_mean_stretches(text: str, start: date, end: date, precision: str) -> None:
    span = parse_span(text)
    assert (span.start, span.end, span.precision) == (start, end, precision)


@pytest.mark.parametrize("text", ["", "06", "2006-7", "2006-02-30", "2006-Q5", "FY2006-01", "٢٠٠٦"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"date|day|month"):
        parse_span(text)


def test_an_event_is_added_whole_or_not_at_all(folder: Path) -> None:
    fields = {"date": "2006-07-05", "actor": "A", "target": "B", "category": "provocation"}
    fields |= {"direction": "-1", "magnitude": "2", "summary": 'a "test", fired', "note": "memory"}
    assert add_event(folder, fields).id == "E2006-01"
    before = (folder / "events.csv").read_bytes()
    for change, code in (
        ({"date": "2006-07-06"}, "L202"),
        ({"date": "2012"}, "L201"),
        ({"date": "5.7.2006"}, "L106"),
        ({"date": "2007", "note": ""}, "L203"),
        ({"date": "2007", "actor": "C"}, "L108"),
        ({"date": "2007", "id": "E2006-01"}, "L109"),
        ({"date": "2007", "distinct_from": "E9"}, "L108"),
    ):
        with pytest.raises(ModelError) as caught:
            add_event(folder, fields | change)
        assert [item.code for item in caught.value.mistakes] == [code]
        assert (folder / "events.csv").read_bytes() == before
    with pytest.raises(ModelError, match="it has no `source_url` —"):
        add_event(folder, fields | {"date": "2007", "seen": "yes", "source_title": "memoirs"})
    assert sorted(p.name for p in folder.iterdir()) == [
        "courses.csv",
        "events.csv",
        "ledger.yaml",
    ]
    again = add_event(folder, fields | {"date": "2006-07-06", "distinct_from": "E2006-01"})
    assert again.id == "E2006-02"
    assert load_ledger(folder).event("E2006-01").summary == 'a "test", fired'
    assert check_ledger(folder).mistakes == ()


def test_a_ledger_begins_in_an_empty_folder_only(folder: Path) -> None:
    with pytest.raises(UsageError, match="not an empty folder"):
        new_ledger(folder, title="x", actors={"A": "a"}, start="2000", end="2010")
    other = folder.parent / "other"
    with pytest.raises(ModelError):
        new_ledger(other, title="x", actors={"A": "a"}, start="2010", end="2000")
    assert not other.exists()
