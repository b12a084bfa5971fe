"""Importers read real layouts; wrong rows are counted and named."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from reassure.history.ledger import check_ledger, load_ledger
from reassure.history.ledger.adding import new_ledger
from reassure.history.ledger.importing import (
    Imported,
    aggregate,
    layout_of,
    mapped_layout,
    write_series,
)
from reassure.history.ledger.importing.codes import actor_table, class_of, code_table
from reassure.model.mistakes import UsageError

ACTORS = ("JPN", "KOR", "PRK", "USA", "CHN")


def gdelt(date: str, actor: str, target: str, code: str, goldstein: str, columns: int) -> str:
    cells = [""] * columns
    cells[0], cells[1], cells[7], cells[17] = "1", date, actor, target
    cells[26], cells[30] = code, goldstein
    return "\t".join(cells)


def read(path: Path, format: str, by: str = "quarter") -> Imported:
    return aggregate(
        path, layout_of(path, format), actor_table(None, ACTORS), code_table(None, format), by=by
    )


@pytest.mark.parametrize(("format", "columns"), [("gdelt1", 57), ("gdelt1", 58), ("gdelt2", 61)])
def test_gdelt_is_counted_and_its_wrong_rows_are_named(
    tmp_path: Path, format: str, columns: int
) -> None:
    good = [
        gdelt("20060705", "PRK", "JPN", "190", "-10.0", columns),
        gdelt("20060801", "PRK", "JPN", "036", "4.0", columns),
        gdelt("20061009", "KOR", "USA", "040", "1.0", columns),
        gdelt("20061010", "FRA", "USA", "040", "1.0", columns),
        gdelt("20061010", "USA", "USA", "040", "1.0", columns),
        gdelt("20061010", "USA", "KOR", "999", "", columns),
    ]
    wrong = [
        gdelt("2006-07-05", "PRK", "JPN", "190", "-10.0", columns),
        gdelt("20061305", "PRK", "JPN", "190", "-10.0", columns),
        "PRK\tJPN",
        gdelt("20060705", "PRK", "JPN", "190", "-10.0", columns) + "\tmore",
        gdelt("20060705", "PRK", "JPN", "190", "much", columns),
    ]
    path = tmp_path / "sample.CSV"
    data = "\n".join([*good, *wrong]).encode() + b"\n"
    data += gdelt("20060705", "PRK", "J@N", "190", "-10.0", columns).encode().replace(b"@", b"\xff")
    path.write_bytes(data + b"\n")
    found = read(path, format)
    assert found.rows == 12
    assert found.used == 4
    assert found.elsewhere == 2
    assert sum(found.wrong.values()) == 6
    assert found.wrong["wrong date or number"] == 3
    assert found.wrong["too few columns"] == 1
    assert found.wrong["too many columns"] == 1
    assert [item.line for item in found.listed] == [7, 8, 9, 10, 11, 12]
    assert found.cells["2006-Q3", "PRK", "JPN"] == {"material_conf": 1, "verbal_coop": 1}
    assert found.intensity["2006-Q3", "PRK", "JPN"] == (-6.0, 2)
    assert found.unknown == {"999": 1}


def test_a_file_of_another_layout_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sample.CSV"
    path.write_text(gdelt("20060705", "PRK", "JPN", "190", "-10.0", 61) + "\n")
    with pytest.raises(UsageError, match="61 columns in its first line, gdelt1 has 57 or 58"):
        read(path, "gdelt1")
    path.write_text("")
    with pytest.raises(UsageError, match="is empty"):
        read(path, "gdelt2")


ICEWS = (
    "Event ID\tEvent Date\tSource Name\tSource Sectors\tSource Country\tEvent Text\tCAMEO Code\t"
    "Intensity\tTarget Name\tTarget Sectors\tTarget Country\tStory ID\tSentence Number\tPublisher\t"
    "City\tDistrict\tProvince\tCountry\tLatitude\tLongitude\n"
)


def icews(date: str, source: str, code: str, intensity: str, target: str) -> str:
    head = f'1\t{date}\tA "name\tx,y\t{source}\tsays\t{code}\t{intensity}\tB\t\t{target}'
    return head + "\t" * 9 + "\n"


def test_icews_has_names_of_countries_and_no_quotes(tmp_path: Path) -> None:
    path = tmp_path / "events.2018.tab"
    path.write_text(
        ICEWS
        + icews("2018-04-27", "South Korea", "040", "1.0", "North Korea")
        + icews("2018-05-01", "South Korea", "040", "1.0", "")
        + icews("27/04/2018", "South Korea", "040", "1.0", "North Korea")
    )
    found = read(path, "icews", "month")
    assert found.cells == {("2018-04", "KOR", "PRK"): {"verbal_coop": 1}}
    assert (found.rows, found.elsewhere, found.wrong) == (3, 1, {"wrong date or number": 1})
    assert found.listed[0].line == 4


POLECAT = ["Event ID", "Event Date", "Event Type", "Event Mode", "Intensity", "Actor COW"]
POLECAT += ["Recipient COW", "Headline"]


def test_polecat_is_matched_by_name_and_splits_actors(tmp_path: Path) -> None:
    rows = [
        ["1", "2019-02-28", "CONSULT", "None", "3.0", "USA; ROK", "PRK", "caf\xe9", ""],
        ["2", "2019-02-28", "COERCE", "", "None", "PRK", "None", "", ""],
        ["3", "2019-13-28", "COERCE", "", "1", "PRK", "JPN", "", ""],
    ]
    path = tmp_path / "polecat.txt"
    lines = ["\t".join(row) for row in [POLECAT, *rows]]
    path.write_bytes("\n".join(lines).encode("latin-1") + b"\n")
    found = read(path, "polecat")
    assert found.cells == {
        ("2019-Q1", "USA", "PRK"): {"verbal_coop": 1},
        ("2019-Q1", "KOR", "PRK"): {"verbal_coop": 1},
    }
    assert found.wrong == {"wrong date or number": 1}


def test_any_csv_is_read_by_a_mapping(tmp_path: Path) -> None:
    path, mapping = tmp_path / "mine.csv", tmp_path / "mapping.yaml"
    path.write_text('when,who,whom,what\n05.07.2006,"Japan",KOR,112\n2006,Japan,KOR,112\n')
    mapping.write_text(
        "columns: {date: when, actor: who, target: whom, code: what}\ndate_format: '%d.%m.%Y'\n"
    )
    layout = mapped_layout(path, mapping)
    found = aggregate(path, layout, actor_table(None, ACTORS), code_table(None, "csv"))
    assert found.cells == {("2006-Q3", "JPN", "KOR"): {"verbal_conf": 1}}
    assert found.wrong == {"wrong date or number": 1}
    mapping.write_text("columns: {date: when, actor: who, target: whom, code: kind}\n")
    with pytest.raises(UsageError, match="no column kind"):
        mapped_layout(path, mapping)


def test_series_are_written_once_and_the_ledger_stays_clean(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    new_ledger(folder, title="x", actors=dict.fromkeys(ACTORS, "x"), start="2000", end="2010")
    path = tmp_path / "sample.CSV"
    lines = [gdelt(f"20060{m}05", "PRK", "JPN", "190", "-10.0", 58) for m in (1, 9)]
    path.write_text("\n".join(lines) + "\n")
    found = read(path, "gdelt1", "month")
    write_series(folder, "g", found, by="month", source="s", terms="t", lag_days=3)
    assert check_ledger(folder).mistakes == ()
    series = load_ledger(folder).series["g_material_conf/PRK-JPN"]
    assert series.values == (1, 0, 0, 0, 0, 0, 0, 0, 1)
    assert series.observations[0].known.isoformat() == "2006-02-03"
    with pytest.raises(UsageError, match="already"):
        write_series(folder, "g", found, by="month", source="s", terms="t", lag_days=3)


def test_the_longest_beginning_of_a_code_counts() -> None:
    table = {"14": "material_conf", "141": "verbal_conf"}
    assert class_of("1411", table) == "verbal_conf"
    assert class_of("145", table) == "material_conf"
    assert class_of("2", table) is None


def test_a_file_with_too_many_wrong_rows_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reassure.history.ledger.importing.stream.MOST", 20)
    path = tmp_path / "sample.CSV"
    path.write_text((gdelt("2006-99-05", "PRK", "JPN", "190", "1", 58) + "\n") * 30)
    with pytest.raises(UsageError, match=r"over 20 complaints .* line 1: wrong date or number"):
        read(path, "gdelt1")


@pytest.mark.extra
def test_ten_million_rows_stay_within_a_gibibyte(tmp_path: Path) -> None:
    import subprocess

    path = tmp_path / "big.CSV"
    block = [
        gdelt(f"20{y:02}{m:02}{d:02}", a, t, "190", "-10.0", 58)
        for y in range(20)
        for m in range(1, 13)
        for d in range(1, 22)
        for a, t in (("PRK", "JPN"), ("FRA", "DEU"))
    ]
    text = ("\n".join(block) + "\n").encode()
    with path.open("wb") as file:
        for _ in range(10_000_000 // len(block) + 1):
            file.write(text)
    done = subprocess.run(
        [sys.executable, "-c", PROBE, str(path)], capture_output=True, text=True, check=True
    )
    rows, peak = (int(word) for word in done.stdout.split())
    assert rows >= 10_000_000
    assert peak < 1 << 20  # KiB


PROBE = """
import resource, sys
from pathlib import Path
from reassure.history.ledger.importing import aggregate, layout_of
from reassure.history.ledger.importing.codes import actor_table, code_table
path = Path(sys.argv[1])
found = aggregate(path, layout_of(path, 'gdelt1'), actor_table(None, ('PRK', 'JPN')), code_table(None, 'gdelt1'))
print(found.rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
