"""``reassure check``: mistakes and warnings of a model file, all at once."""

from __future__ import annotations

from typing import Annotated

import typer

from reassure.cli.failures import MISTAKE, explained
from reassure.cli.options import Json, KnownBy, ModelName, Out, Quiet


@explained
def check(
    model: ModelName,
    strict: Annotated[
        bool, typer.Option("--strict", help="Count warnings as mistakes, as bundled models do.")
    ] = False,
    known_by: KnownBy = None,
    json: Json = False,
    out: Out = None,
    quiet: Quiet = False,
) -> None:
    """Check a model file, and what it names of its ledger: exit code 0 when clean, 2 when it has mistakes."""
    from reassure import check as check_model
    from reassure.cli.output import remark, report_mistakes, write, write_json

    report = check_model(model, known_by=known_by)
    wrong = bool(report.mistakes) or (strict and bool(report.warnings))
    found = [*report.mistakes, *report.warnings]
    if json:
        write_json(
            {
                "schema": 1,
                "model": model,
                "clean": not wrong,
                "strict": strict,
                "mistakes": [item.as_dict() for item in report.mistakes],
                "warnings": [item.as_dict() for item in report.warnings],
            },
            out,
        )
    elif found and out is not None:
        write("\n".join(map(str, found)), out)
        report_mistakes(found, only_count=True)
    elif found:
        report_mistakes(found)
    else:
        remark(f"{model}: clean", quiet=quiet)
    if wrong:
        raise typer.Exit(MISTAKE)


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command(name="check")(check)
