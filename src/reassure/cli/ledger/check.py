"""``reassure ledger check``: everything that is wrong with a ledger."""

from __future__ import annotations

from typing import Annotated

import typer

from reassure.cli.failures import MISTAKE, explained
from reassure.cli.ledger.options import LedgerName
from reassure.cli.options import Json, Out, Quiet


@explained
def check(
    ledger: LedgerName,
    strict: Annotated[bool, typer.Option("--strict", help="Count warnings as mistakes.")] = False,
    json: Json = False,
    out: Out = None,
    quiet: Quiet = False,
) -> None:
    """Check a ledger: dates, names, coverage, events told twice, sources, courses, undeclared breaks."""
    from reassure.cli.output import remark, report_mistakes, write_json
    from reassure.history.ledger import check_ledger
    from reassure.report.wording import counted

    found = check_ledger(ledger)
    wrong = bool(found.mistakes) or (strict and bool(found.warnings))
    if json:
        told = [item.as_dict() for item in (*found.mistakes, *found.warnings)]
        write_json({"schema": 1, "ledger": ledger, "ok": not wrong, "found": told}, out)
    elif found.mistakes or found.warnings:
        report_mistakes((*found.mistakes, *found.warnings))
    if found.ledger is not None and not wrong and not json:
        held = found.ledger
        text = f"{held.name}: {len(held.events)} events, {len(held.series)} series and "
        text += counted(len(held.courses), "course")
        remark(text + ("" if found.warnings else ", nothing wrong"), quiet=quiet)
    if wrong:
        raise typer.Exit(MISTAKE)
