"""``reassure compare``: the verdicts of several readings side by side."""

from __future__ import annotations

from typing import Annotated

import typer

from reassure.cli.failures import explained
from reassure.cli.options import Json, Out, Quiet, Replications, Scenarios, Seed


@explained
def compare(
    models: Annotated[
        list[str],
        typer.Argument(metavar="MODEL...", help="Two or more readings, paths or bundled names."),
    ],
    differing: Annotated[
        bool, typer.Option("--differing", help="Only claims on which the readings disagree.")
    ] = False,
    scenarios: Scenarios = 128,
    replications: Replications = 16,
    seed: Seed = 0,
    json: Json = False,
    out: Out = None,
    quiet: Quiet = False,
) -> None:
    """Put the verdicts of several readings of one argument side by side."""
    from reassure import compare as compare_readings
    from reassure.cli.output import remark, table, write, write_json
    from reassure.cli.progress import progress_bar
    from reassure.engine.cache import keep_compiled
    from reassure.model.mistakes import UsageError
    from reassure.study.comparison import cells

    if len(models) < 2:
        raise UsageError("one reading cannot be compared", "name two or more models")
    keep_compiled()
    with progress_bar("testing claims", quiet=quiet) as progress:
        found = compare_readings(
            *models, scenarios=scenarios, replications=replications, seed=seed, progress=progress
        )
    if json:
        write_json(found.as_json(), out)
        return
    rows = found.differing if differing else found.rows
    write(
        table(
            "Verdicts side by side (share of scenarios that support)",
            ("no.", "claim", *found.models, "differs"),
            [
                (
                    "" if row.number is None else str(row.number),
                    row.id,
                    *cells(row),
                    "yes" if row.differs else "",
                )
                for row in rows
            ],
        ),
        out,
    )
    remark(
        f"The readings disagree on {len(found.differing)} of {len(found.rows)} claims.", quiet=quiet
    )


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command(name="compare")(compare)
