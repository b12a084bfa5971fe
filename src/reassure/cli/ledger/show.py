"""``reassure ledger show``: events and series of a ledger, filtered; a timeline as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reassure.cli.failures import explained
from reassure.cli.ledger.options import LedgerName
from reassure.cli.options import Json, Out, Quiet

if TYPE_CHECKING:
    from reassure.history.ledger import Ledger


@explained
def show(
    ledger: LedgerName,
    actor: Annotated[str | None, typer.Option("--actor", help="Only events of this actor.")] = None,
    target: Annotated[str | None, typer.Option("--target", help="Only events to this one.")] = None,
    category: Annotated[
        str | None, typer.Option("--category", help="Only events of this category.")
    ] = None,
    start: Annotated[str | None, typer.Option("--from", help="Only from this date on.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Only up to this date.")] = None,
    known_by: Annotated[
        str | None, typer.Option("--known-by", help="Only what could be known on this date.")
    ] = None,
    reading: Annotated[
        str | None, typer.Option("--reading", help="Code the events as this reading does.")
    ] = None,
    series: Annotated[
        list[str] | None, typer.Option("--series", help="Values of this series instead of events.")
    ] = None,
    courses: Annotated[
        bool, typer.Option("--courses", help="What each government did, instead of events.")
    ] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Draw a timeline to this .png or .svg file.")
    ] = None,
    json: Json = False,
    out: Out = None,
    quiet: Quiet = False,
) -> None:
    """Show what a ledger holds: its events under a reading, the values of series, or courses."""
    from reassure.cli.output import check_writable, remark, write, write_json
    from reassure.cli.tables import table
    from reassure.history.ledger import load_ledger
    from reassure.model.mistakes import UsageError

    if json and csv:
        raise UsageError("--json and --csv", "choose one of the two")
    if courses and series:
        raise UsageError("--courses and --series", "choose one of the two")
    instead = "--courses" if courses else "--series" if series else ""
    events = {"--actor": actor, "--target": target, "--category": category, "--plot": plot}
    for option, value in events.items():
        if instead and value is not None:
            raise UsageError(f"{option} is of events, not of {instead}", f"leave out {option}")
    check_writable(out)
    held = load_ledger(ledger)
    first, last = _day(start, "--from", first=True), _day(end, "--to", first=False)
    known = _day(known_by, "--known-by", first=False)
    held = held.with_reading(reading) if reading else held
    held = held.known_by(known) if known else held
    held = held.select(actor=actor, target=target, category=category, series=series)
    held = held.between(first, last)
    if plot is not None:
        from reassure.report.timeline import save_timeline

        save_timeline(held, plot)
        remark(f"wrote {plot}", quiet=quiet)
        return
    shown = "courses" if courses else "values" if series else "events"
    columns, rows = {"courses": _courses, "values": _values, "events": _events}[shown](held)
    if not rows:
        remark(f"No {shown} of {held.name} are meant by these options.", quiet=quiet)
    if json:
        entries = [dict(zip(columns, row, strict=True)) for row in rows]
        facts = {"schema": 1, "ledger": held.name, "reading": held.coding, "title": held.title}
        write_json(facts | {shown: entries}, out)
    elif csv:
        write(_csv(columns, rows), out)
    else:
        remark(f"{held.title} (reading: {held.coding})", quiet=quiet)
        write(
            table(
                "", columns, [["" if cell is None else str(cell) for cell in row] for row in rows]
            ),
            out,
        )


def _day(text: str | None, option: str, *, first: bool) -> Any:
    from reassure.history.ledger import parse_span
    from reassure.model.mistakes import UsageError

    if text is None:
        return None
    try:
        span = parse_span(text)
    except ValueError as error:
        raise UsageError(f"{option} {text}: {error}", "write 2006-07-05, 2006-07 or 2006") from None
    return span.start if first else span.end


def _events(held: Ledger) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    columns = ("id", "date", "actor", "target", "category", "direction", "magnitude", "summary")
    rows = [
        (
            item.id,
            item.when.text,
            "-".join(item.actors),
            "-".join(item.targets),
            item.category,
            item.direction,
            item.magnitude,
            item.summary,
            item.source_title,
            item.source_url,
            "yes" if item.seen else "no",
            item.note,
        )
        for item in held.events
    ]
    return (*columns, "source_title", "source_url", "seen", "note"), rows


def _values(held: Ledger) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    columns = ("series", "period", "value", "unit", "known", "marks", "source")
    rows = [
        (
            name,
            value.when.text,
            value.value,
            item.unit,
            value.known.isoformat(),
            " ".join(sorted(value.marks)),
            value.source or item.source,
        )
        for name, item in held.series.items()
        for value in item.observations
    ]
    return columns, rows


def _courses(held: Ledger) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    columns = ("course", "from", "value", "low", "high", "because", "events")
    rows = [
        (
            name,
            point.since.isoformat(),
            point.value,
            point.low,
            point.high,
            point.because,
            " ".join(point.events),
        )
        for name, course in held.courses.items()
        for point in course.points
    ]
    return columns, rows


def _csv(columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    import csv
    import io

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue()
