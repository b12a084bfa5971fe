"""``reassure compare``: the verdicts of several readings side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from reassure.cli.failures import INTERRUPTED, explained
from reassure.cli.options import (
    Design,
    Json,
    KnownBy,
    Most,
    OnePolicy,
    Out,
    PosteriorOption,
    Quiet,
    Replications,
    Scenarios,
    Seed,
    Settings,
    Unconverged,
    opened,
    parse_settings,
)

if TYPE_CHECKING:
    from reassure.study.comparison import Comparison


@explained
def compare(
    models: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL...",
            help="Two or more readings, paths or bundled names; one with --posterior.",
        ),
    ],
    differing: Annotated[
        bool, typer.Option("--differing", help="Only claims on which the readings disagree.")
    ] = False,
    scenarios: Scenarios = 128,
    replications: Replications = 16,
    max_replications: Most = 256,
    seed: Seed = 0,
    design: Design = "sobol",
    posterior: PosteriorOption = None,
    unconverged: Unconverged = False,
    policy: OnePolicy = None,
    set: Settings = None,
    known_by: KnownBy = None,
    json: Json = False,
    out: Out = None,
    quiet: Quiet = False,
) -> None:
    """Put the verdicts of several readings of one argument side by side.

    --policy, --set and --posterior hold for every reading. One model with --posterior is compared with
    itself: before the record, and after it.
    """
    from reassure import compare as compare_readings
    from reassure import load
    from reassure.cli.output import check_writable, remark, write, write_json
    from reassure.cli.progress import progress_bar
    from reassure.engine.cache import keep_compiled
    from reassure.model.mistakes import UsageError
    from reassure.report.wording import counted

    if len(models) < 2 and posterior is None:
        raise UsageError("one reading cannot be compared", "name two or more models")
    check_writable(out)
    keep_compiled()
    readings = [load(model, known_by=known_by) for model in models]
    stopping = "stopping, and telling what is done so far"
    with progress_bar("testing claims", quiet=quiet, stopping=stopping) as progress:
        found = compare_readings(
            *readings,
            scenarios=scenarios,
            replications=replications,
            max_replications=max_replications,
            seed=seed,
            design=design,
            posterior=opened(posterior, unconverged),
            policy=policy,
            set=parse_settings(set),
            progress=progress,
        )
    if json:
        write_json(found.as_json(), out)
    else:
        write(_table(found, differing), out)
        remark(
            f"The readings disagree on {len(found.differing)} of {counted(len(found.rows), 'claim')}.",
            quiet=quiet,
        )
    if not found.complete:
        done = len(found.models) - 1
        remark(
            f"Stopped early: {done} of {max(len(models), 2)} readings were finished; "
            f"{found.models[-1]} was cut short and the rest not begun."
        )
        raise typer.Exit(INTERRUPTED)


def _table(found: Comparison, differing: bool) -> str:
    from reassure.cli.tables import table
    from reassure.study.comparison import cells

    rows = found.differing if differing else found.rows
    return table(
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
        numeric=("no.",),
    )


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command(name="compare")(compare)
