"""``reassure ledger import``: event data by the million, as series of a ledger."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reassure.cli.failures import MISTAKE, explained
from reassure.cli.ledger.options import LedgerFolder
from reassure.cli.options import Json, Out, Quiet

if TYPE_CHECKING:
    from reassure.history.ledger.importing import Imported

CITATIONS = {
    "gdelt1": ("GDELT 1.0 event database", "free to use; cite the GDELT Project"),
    "gdelt2": ("GDELT 2.0 event database", "free to use; cite the GDELT Project"),
    "icews": ("ICEWS coded event data (Boschee et al. 2015)", "see its page at Harvard Dataverse"),
    "polecat": ("POLECAT weekly data (Halterman et al. 2023)", "see its page at Harvard Dataverse"),
    "csv": ("", ""),
}


@explained
def import_events(
    ledger: LedgerFolder,
    format: Annotated[
        str, typer.Argument(metavar="FORMAT", help="gdelt1, gdelt2, icews, polecat or csv.")
    ],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file with the events.")],
    name: Annotated[
        str, typer.Option("--name", help="What its series are called; default: FORMAT.")
    ] = "",
    by: Annotated[str, typer.Option("--by", help="month or quarter.")] = "quarter",
    mapping: Annotated[
        Path | None,
        typer.Option(
            "--mapping", metavar="FILE", help="For csv: YAML that says where everything stands."
        ),
    ] = None,
    actors: Annotated[
        Path | None,
        typer.Option(
            "--actors", metavar="FILE", help="CSV with name,actor instead of the bundled one."
        ),
    ] = None,
    codes: Annotated[
        Path | None,
        typer.Option(
            "--codes", metavar="FILE", help="CSV with code,class instead of the bundled one."
        ),
    ] = None,
    source: Annotated[str, typer.Option("--source", help="Citation; default: the format's.")] = "",
    terms: Annotated[str, typer.Option("--terms", help="Its terms; default: the format's.")] = "",
    lag_days: Annotated[
        int, typer.Option("--lag-days", min=0, help="Days from a period's end to publication.")
    ] = 1,
    strict: Annotated[
        bool, typer.Option("--strict", help="Write nothing where a row is wrong, and exit 2.")
    ] = False,
    json: Json = False,
    out: Out = None,
    quiet: Quiet = False,
) -> None:
    """Count the events of a file by period and dyad, and write the counts and mean intensities as series."""
    from reassure.cli.output import check_writable, report_mistakes, write, write_json
    from reassure.cli.progress import progress_bar
    from reassure.history.ledger import load_ledger
    from reassure.history.ledger.checks import check_ledger
    from reassure.history.ledger.importing import aggregate, layout_of, mapped_layout, write_series
    from reassure.history.ledger.importing.codes import actor_table, code_table
    from reassure.history.ledger.load import find
    from reassure.model.mistakes import UsageError

    check_writable(out)
    name = name or format
    if not name.replace("_", "").isalnum() or not name.isascii():
        raise UsageError(f"--name {name!r}", "use letters, digits and _")
    if (format == "csv") != (mapping is not None):
        raise UsageError("--mapping goes with csv, and csv with --mapping", "give both or neither")
    held = load_ledger(ledger)
    layout = mapped_layout(file, mapping) if mapping else layout_of(file, format)
    cited, under = CITATIONS[format]
    if not (source or cited):
        raise UsageError("a series needs a source", "give --source and --terms")
    table = actor_table(actors, tuple(held.actors))
    classes = code_table(codes, format)
    with progress_bar("reading", quiet=quiet, of="percent") as progress:
        found = aggregate(file, layout, table, classes, by=by, progress=progress)
    families: tuple[str, ...] = ()
    refused = strict and bool(found.wrong)
    if not refused:
        families = write_series(
            find(ledger),
            name,
            found,
            by=by,
            source=source or cited,
            terms=terms or under,
            lag_days=lag_days,
        )
    if json:
        write_json(_as_json(found, families), out)
    else:
        write(_told(found, families), out)
    if refused:
        raise typer.Exit(MISTAKE)
    if families and (broken := check_ledger(ledger).mistakes):
        report_mistakes(broken)
        raise typer.Exit(MISTAKE)


def _told(found: Imported, families: tuple[str, ...]) -> str:
    wrong = sum(found.wrong.values())
    lines = [
        f"{found.rows:,} rows, {found.used:,} between two actors of the ledger, "
        f"{found.elsewhere:,} of others, {wrong:,} wrong",
    ]
    lines += [f"  {number:,} {why}" for why, number in sorted(found.wrong.items())]
    lines += [f"  line {item.line}: {item.why}: {item.text!r}" for item in found.listed]
    if wrong > len(found.listed):
        lines.append(f"  and {wrong - len(found.listed):,} more")
    for code, number in sorted(found.unknown.items(), key=lambda pair: -pair[1])[:10]:
        lines.append(f"  code {code!r} is in no table: {number:,} events left out of the classes")
    lines += [f"wrote {', '.join(families)}" if families else "wrote nothing"]
    return "\n".join(lines)


def _as_json(found: Imported, families: tuple[str, ...]) -> dict[str, object]:
    return {
        "schema": 1,
        "rows": found.rows,
        "used": found.used,
        "elsewhere": found.elsewhere,
        "wrong": found.wrong,
        "listed": [{"line": x.line, "why": x.why, "text": x.text} for x in found.listed],
        "unknown_codes": found.unknown,
        "first": found.first,
        "last": found.last,
        "families": list(families),
    }
