"""What the columns of event files are: GDELT 1 and 2, ICEWS, POLECAT, and any CSV by a mapping."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reassure.history.ledger.manifest import tree
from reassure.model.mistakes import Mistake, ModelError, UsageError, suggest

FORMATS = ("gdelt1", "gdelt2", "icews", "polecat", "csv")
FIELDS = ("date", "actor", "target", "code", "intensity")

_ACTOR = (
    "Code",
    "Name",
    "CountryCode",
    "KnownGroupCode",
    "EthnicCode",
    *("Religion1Code", "Religion2Code", "Type1Code", "Type2Code", "Type3Code"),
)
_EVENT = (
    *("IsRootEvent", "EventCode", "EventBaseCode", "EventRootCode", "QuadClass"),
    *("GoldsteinScale", "NumMentions", "NumSources", "NumArticles", "AvgTone"),
)


def _gdelt(second: bool) -> tuple[str, ...]:
    geo = ["Type", "FullName", "CountryCode", "ADM1Code", "Lat", "Long", "FeatureID"]
    if second:
        geo.insert(4, "ADM2Code")
    return (
        *["GLOBALEVENTID", "SQLDATE", "MonthYear", "Year", "FractionDate"],
        *(f"Actor{n}{name}" for n in (1, 2) for name in _ACTOR),
        *_EVENT,
        *(f"{who}Geo_{name}" for who in ("Actor1", "Actor2", "Action") for name in geo),
        "DATEADDED",
        "SOURCEURL",
    )


@dataclass(frozen=True, slots=True)
class Layout:
    """How to read one event file.

    Attributes:
        format: one of :data:`FORMATS`.
        columns: every column of the file, in order; unique.
        date, actor, target, code, intensity: names of the columns read; ``intensity`` may be ''.
        date_format: as ``strptime`` writes it.
        delimiter, quote: of the file; no quoting where ``quote`` is ''.
        header: whether the first line names the columns.
        encoding: ``utf-8`` or ``latin-1``.
        many: what separates several actors in one cell; '' where there is one.
    """

    format: str
    columns: tuple[str, ...]
    date: str
    actor: str
    target: str
    code: str
    intensity: str
    date_format: str
    delimiter: str = "\t"
    quote: str = ""
    header: bool = False
    encoding: str = "utf-8"
    many: str = ""


def layout_of(path: Path, format: str) -> Layout:
    """The layout of a file in one of the known formats, from its first lines.

    Raises:
        UsageError: an unknown format, or a file that does not begin like it.
        OSError: the file cannot be read.
    """
    if format not in FORMATS or format == "csv":
        remedy = suggest(format, FORMATS) or f"the formats are {', '.join(FORMATS)}"
        raise UsageError(f"no importer for {format!r} without a mapping", remedy)
    first, second = _first_lines(path)
    cells = first.split("\t")
    if format in ("gdelt1", "gdelt2"):
        columns = _gdelt(format == "gdelt2")
        allowed = (len(columns),) if format == "gdelt2" else (len(columns), len(columns) - 1)
        if len(cells) not in allowed:
            said = " or ".join(str(number) for number in sorted(allowed))
            raise UsageError(
                f"{path} has {len(cells)} columns in its first line, {format} has {said}",
                "name the right format: GDELT 1 has 57 or 58 columns, GDELT 2 has 61",
            )
        return Layout(
            format,
            columns[: len(cells)],
            "SQLDATE",
            "Actor1CountryCode",
            "Actor2CountryCode",
            "EventCode",
            "GoldsteinScale",
            "%Y%m%d",
        )
    if format == "icews":
        columns = _header(path, cells, second)
        _demand(path, columns, ("Event Date", "Source Country", "Target Country", "CAMEO Code"))
        return Layout(
            format,
            columns,
            "Event Date",
            "Source Country",
            "Target Country",
            "CAMEO Code",
            "Intensity" if "Intensity" in columns else "",
            "%Y-%m-%d",
            header=True,
        )
    columns = _header(path, cells, second)
    _demand(path, columns, ("Event Date", "Event Type", "Actor COW", "Recipient COW"))
    intensity = next((name for name in ("Intensity", "Event Intensity") if name in columns), "")
    return Layout(
        format,
        columns,
        "Event Date",
        "Actor COW",
        "Recipient COW",
        "Event Type",
        intensity,
        "%Y-%m-%d",
        header=True,
        encoding="latin-1",
        many=";",
    )


def mapped_layout(path: Path, mapping: Path) -> Layout:
    """The layout of a CSV file as a mapping file describes it.

    The mapping is YAML: ``columns:`` names the file's column for each of ``date``, ``actor``, ``target``,
    ``code`` and, if there is one, ``intensity``; ``delimiter``, ``quote``, ``date_format``, ``encoding``
    and ``many`` may be given.

    Raises:
        ModelError: the mapping cannot be read.
        UsageError: it names what the file does not have.
    """
    told: list[Mistake] = []
    root = tree(mapping, told)
    if root is None or told:
        raise ModelError(told)
    said = root.plain()
    names = said.get("columns")
    known = ("columns", "delimiter", "quote", "date_format", "encoding", "many")
    for key in said:
        if key not in known:
            raise UsageError(
                f"{mapping}: unknown key {key}", suggest(key, known) or f"use {', '.join(known)}"
            )
    if not isinstance(names, dict) or not set(FIELDS[:4]) <= set(names) <= set(FIELDS):
        raise UsageError(
            f"{mapping}: `columns:` does not say where everything stands",
            "name the columns of date, actor, target and code, and of intensity if there is one",
        )
    rest = {key: str(said.get(key, default)) for key, default in _DEFAULTS.items()}
    if len(rest["delimiter"]) != 1 or len(rest["quote"]) > 1:
        raise UsageError(f"{mapping}: delimiter and quote are one character each", "mend them")
    if rest["encoding"] not in ("utf-8", "latin-1"):
        raise UsageError(f"{mapping}: encoding {rest['encoding']}", "write utf-8 or latin-1")
    first, _ = _first_lines(path)
    quote = rest["quote"] or " "
    cells = [cell.strip().strip(quote) for cell in first.split(rest["delimiter"])]
    columns = _header(path, cells, "")
    _demand(path, columns, tuple(str(name) for name in names.values()))
    return Layout(
        "csv",
        columns,
        str(names["date"]),
        str(names["actor"]),
        str(names["target"]),
        str(names["code"]),
        str(names.get("intensity", "")),
        rest["date_format"],
        rest["delimiter"],
        rest["quote"],
        True,
        rest["encoding"],
        rest["many"],
    )


_DEFAULTS = {
    "delimiter": ",",
    "quote": '"',
    "date_format": "%Y-%m-%d",
    "encoding": "utf-8",
    "many": "",
}


def _first_lines(path: Path) -> tuple[str, str]:
    with path.open("rb") as file:
        first, second = file.readline(1 << 20), file.readline(1 << 20)
    if not first.strip():
        raise UsageError(f"{path} is empty", "give a file with events")
    return (
        first.decode("utf-8-sig", "replace").rstrip("\r\n"),
        second.decode("utf-8", "replace").rstrip("\r\n"),
    )


def _header(path: Path, cells: list[str], second: str) -> tuple[str, ...]:
    """The names of a header; rows that end in empty cells which the header lacks get columns for them."""
    named = [cell.strip() or f"unnamed {index}" for index, cell in enumerate(cells)]
    twice = next((name for name in named if named.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"{path} has the column {twice} twice", "rename one in the header")
    extra = second.split("\t")[len(named) :]
    if extra and not any(cell.strip() for cell in extra):
        named += [f"empty {index}" for index in range(len(extra))]
    return tuple(named)


def _demand(path: Path, columns: tuple[str, ...], names: tuple[str, ...]) -> None:
    for name in names:
        if name not in columns:
            raise UsageError(f"{path} has no column {name}", suggest(name, columns))
