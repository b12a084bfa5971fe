"""``reassure ledger add``: one event more, checked before it is written."""

from __future__ import annotations

from typing import Annotated

import typer

from reassure.cli.failures import explained
from reassure.cli.ledger.options import LedgerFolder
from reassure.cli.options import Quiet


@explained
def add(
    ledger: LedgerFolder,
    date: Annotated[str, typer.Option("--date", help="2006-07-05, 2006-07 or 2006.")],
    actor: Annotated[str, typer.Option("--actor", help="Codes joined by -, such as USA-KOR.")],
    target: Annotated[str, typer.Option("--target", help="Codes joined by -.")],
    category: Annotated[str, typer.Option("--category", help="One of the ledger's categories.")],
    direction: Annotated[
        int,
        typer.Option("--direction", help="-1, 0 (no clear sign) or 1, on the category's variable."),
    ],
    magnitude: Annotated[int, typer.Option("--magnitude", help="1 (small) to 3 (large).")],
    summary: Annotated[str, typer.Option("--summary", help="What happened, in your own words.")],
    source_title: Annotated[str, typer.Option("--source-title", help="Where it stands.")] = "",
    source_url: Annotated[str, typer.Option("--source-url", help="Its address.")] = "",
    seen: Annotated[
        bool, typer.Option("--seen/--not-seen", help="Whether you saw the source yourself.")
    ] = True,
    note: Annotated[str, typer.Option("--note", help="What is doubtful about it.")] = "",
    known: Annotated[
        str, typer.Option("--known", help="When it became known, where that was later.")
    ] = "",
    distinct_from: Annotated[
        list[str] | None,
        typer.Option("--distinct-from", metavar="ID", help="An event alike that is another one."),
    ] = None,
    id: Annotated[str, typer.Option("--id", help="Default: the next free one of its year.")] = "",
    quiet: Quiet = False,
) -> None:
    """Add an event to a ledger; what is wrong, without a source or there already is refused."""
    from reassure.cli.output import remark
    from reassure.history.ledger.adding import add_event

    event = add_event(
        ledger,
        {
            "id": id,
            "date": date,
            "actor": actor,
            "target": target,
            "category": category,
            "direction": str(direction),
            "magnitude": str(magnitude),
            "summary": summary,
            "source_title": source_title,
            "source_url": source_url,
            "seen": "yes" if seen else "no",
            "note": note,
            "known": known,
            "distinct_from": " ".join(distinct_from or ()),
        },
    )
    remark(f"added {event.id}", quiet=quiet)
