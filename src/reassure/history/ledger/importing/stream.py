"""Event files of any length to counts and mean intensities by period and dyad, through DuckDB."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reassure.history.ledger.importing.codes import class_of
from reassure.model.mistakes import UsageError

if TYPE_CHECKING:
    from reassure.history.ledger.importing.layouts import Layout

MEMORY = "640MB"
"""What DuckDB may use; with Python and the file's buffers the whole stays within 1 GiB."""
TOLD = 10
"""Wrong rows that are listed one by one."""
MOST = 200_000
"""Complaints about rows (a row can give several) after which a file is refused: each takes memory."""
PERIODS = {"month": "strftime(d, '%Y-%m')", "quarter": "year(d) || '-Q' || quarter(d)"}


@dataclass(frozen=True, slots=True)
class Wrong:
    """A row that could not be read: its line (1-based), why, and how it begins."""

    line: int
    why: str
    text: str


@dataclass(slots=True)
class Imported:
    """What a file gave.

    Attributes:
        rows: rows of the file, the wrong ones among them.
        used: dyads of the ledger's actors counted (a row with several actors gives several).
        elsewhere: rows of other actors, of one actor alone, or of an actor with itself.
        wrong: number of wrong rows by kind.
        listed: the first of them.
        unknown: event codes that the table does not have, with how often they came.
        cells: (period, actor, partner) to class to number of events.
        intensity: (period, actor, partner) to sum and number of intensities.
        first, last: the first and last period of the file; '' for none.
    """

    rows: int = 0
    used: int = 0
    elsewhere: int = 0
    wrong: dict[str, int] = field(default_factory=dict)
    listed: list[Wrong] = field(default_factory=list)
    unknown: dict[str, int] = field(default_factory=dict)
    cells: dict[tuple[str, str, str], dict[str, int]] = field(default_factory=dict)
    intensity: dict[tuple[str, str, str], tuple[float, int]] = field(default_factory=dict)
    first: str = ""
    last: str = ""


def aggregate(
    path: Path,
    layout: Layout,
    actors: dict[str, str],
    codes: dict[str, str],
    *,
    by: str = "quarter",
    progress: Callable[[int, int], None] | None = None,
) -> Imported:
    """Count the events of a file by period, directed dyad and class, and average their intensity.

    The file is read once and in pieces. A row with too few or too many columns, a byte that is no text
    in a column that is read, a date or an intensity that is none: each is left out, counted and, the
    first of them, listed.

    Args:
        actors, codes: from :mod:`reassure.history.ledger.importing.codes`.
        by: ``month`` or ``quarter``.
        progress: called with percent done and 100.

    Raises:
        UsageError: DuckDB is not installed, an unknown period, a file that it cannot read at all, or one
            with so many wrong rows (:data:`MOST`) that its counts would mean nothing.
    """
    if by not in PERIODS:
        raise UsageError(f"series by {by!r}", "write month or quarter")
    try:
        import duckdb
    except ImportError:
        raise UsageError(
            "importing event data needs DuckDB", "pip install 'reassure[history]'"
        ) from None
    connection = duckdb.connect(config={"memory_limit": MEMORY, "threads": 2})
    try:
        connection.execute("SET enable_progress_bar = true; SET enable_progress_bar_print = false")
        connection.execute("CREATE TABLE actors (name VARCHAR, code VARCHAR)")
        connection.executemany("INSERT INTO actors VALUES (?, ?)", list(actors.items()))
        groups = _run(connection, _query(path, layout, by), progress)
        found = _gather(groups, codes)
        _rejected(connection, found)
        return found
    except duckdb.Error as error:
        what = str(error).splitlines()[0]
        raise UsageError(f"{path} cannot be read: {what}", "look at the file") from None
    finally:
        connection.close()


def _query(path: Path, layout: Layout, by: str) -> str:
    text = _text
    kinds = {layout.date: "DATE"} | ({layout.intensity: "DOUBLE"} if layout.intensity else {})
    columns = ", ".join(f"{text(c)}: {text(kinds.get(c, 'VARCHAR'))}" for c in layout.columns)
    options = [
        f"delim={text(layout.delimiter)}",
        f"quote={text(layout.quote)}, escape={text(layout.quote)}",
        f"header={str(layout.header).lower()}, auto_detect=false, columns={{{columns}}}",
        f"dateformat={text(layout.date_format)}, encoding={text(layout.encoding)}",
        f"nullstr=['', 'None'], store_rejects=true, rejects_limit={MOST}",
        "null_padding=false, strict_mode=true, max_line_size=2000000",
    ]
    intensity = f"{_name(layout.intensity)}" if layout.intensity else "NULL::DOUBLE"
    sides = [_name(layout.actor), _name(layout.target)]
    if layout.many:
        sides = [f"unnest(string_split(coalesce({s}, ''), {text(layout.many)}))" for s in sides[:1]]
        sides.append(f"coalesce({_name(layout.target)}, '')")
    source = f"read_csv({text(_literal(path))}, {', '.join(options)})"
    inner = (
        f"SELECT {_name(layout.date)} d, {sides[0]} a, {sides[1]} t, {_name(layout.code)} c, "
        f"{intensity} g FROM {source}"
    )
    if layout.many:
        inner = f"SELECT d, a, unnest(string_split(t, {text(layout.many)})) t, c, g FROM ({inner})"
    return (
        f"SELECT {PERIODS[by]} p, one.code a, other.code t, "
        "CASE WHEN one.code <> other.code THEN c END c, count(*) n, sum(g) s, count(g) m "
        f"FROM ({inner}) LEFT JOIN actors one ON trim(a) = one.name "
        "LEFT JOIN actors other ON trim(t) = other.name GROUP BY ALL"
    )


def _literal(path: Path) -> str:
    """The path with the signs escaped that DuckDB would expand."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in str(path.resolve()))


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _name(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'


def _run(
    connection: Any, query: str, progress: Callable[[int, int], None] | None
) -> list[tuple[Any, ...]]:
    """The query's rows; meanwhile progress is told, and Ctrl-C ends the query."""
    found: list[list[tuple[Any, ...]]] = []
    failed: list[BaseException] = []

    def work() -> None:
        try:
            found.append(connection.execute(query).fetchall())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            thread.join(0.2)
            if progress is not None and thread.is_alive():
                progress(max(0, min(99, int(connection.query_progress()))), 100)
    except KeyboardInterrupt:
        connection.interrupt()
        thread.join()
        raise
    if failed:
        raise failed[0]
    return found[0]


KINDS = {
    "TOO MANY COLUMNS": "too many columns",
    "MISSING COLUMNS": "too few columns",
    "INVALID ENCODING": "not text",
    "CAST": "wrong date or number",
    "LINE SIZE OVER MAXIMUM": "line too long",
    "UNQUOTED VALUE": "quote not closed",
}


def _rejected(connection: Any, found: Imported) -> None:
    """Count the wrong rows by kind, each once, and list the first of them."""
    connection.execute("""
        CREATE TEMP TABLE wrong AS SELECT line, arg_max(error_type::VARCHAR, weight) kind,
            arg_max(column_name, weight) what, any_value(left(csv_line, 60)) said
        FROM (SELECT *, CASE error_type::VARCHAR WHEN 'CAST' THEN 0 ELSE 1 END weight
              FROM reject_errors)
        GROUP BY line
    """)
    (complaints,) = connection.execute("SELECT count(*) FROM reject_errors").fetchone()
    first = connection.execute("SELECT line, kind FROM wrong ORDER BY line LIMIT 1").fetchone()
    if complaints >= MOST:
        raise UsageError(
            f"over {MOST:,} complaints about rows of the file, the first in line {first[0]}: "
            f"{KINDS.get(first[1], first[1].lower())}",
            "look whether it is of another format, or mend it; nothing was written",
        )
    for kind, number in connection.execute(
        "SELECT kind, count(*) FROM wrong GROUP BY 1"
    ).fetchall():
        why = KINDS.get(kind, kind.lower())
        found.wrong[why] = found.wrong.get(why, 0) + number
        found.rows += number
    query = f"SELECT * FROM wrong ORDER BY line LIMIT {TOLD}"
    for line, kind, column, text in connection.execute(query).fetchall():
        why = KINDS.get(kind, kind.lower())
        said = f"{why} ({column})" if kind == "CAST" and column else why
        found.listed.append(Wrong(line, said, str(text)))


def _gather(groups: list[tuple[Any, ...]], codes: dict[str, str]) -> Imported:
    found = Imported()
    periods = []
    for period, actor, target, code, number, total, measured in groups:
        found.rows += number
        if period is None:
            found.wrong["no date"] = found.wrong.get("no date", 0) + number
            continue
        periods.append(period)
        if actor is None or target is None or actor == target:
            found.elsewhere += number
            continue
        found.used += number
        kind_of = class_of(str(code or ""), codes)
        if kind_of is None:
            found.unknown[str(code)] = found.unknown.get(str(code), 0) + number
        key = (str(period), actor, target)
        cell = found.cells.setdefault(key, {})
        cell[kind_of or ""] = cell.get(kind_of or "", 0) + number
        if measured:
            before = found.intensity.get(key, (0.0, 0))
            found.intensity[key] = (before[0] + total, before[1] + measured)
    if periods:
        found.first, found.last = min(periods), max(periods)
    return found
