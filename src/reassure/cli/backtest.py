"""``reassure backtest``: what a model would have forecast, scored against what came."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reassure.cli.failures import INTERRUPTED, explained
from reassure.cli.options import Json, Quiet, Seed
from reassure.cli.record import LedgerName, ReadingName

if TYPE_CHECKING:
    from reassure.history.backtest import Backtest


@explained
def backtest(
    models: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL [READING ...]",
            help="A model and readings that rival it: paths or bundled names.",
        ),
    ],
    origins: Annotated[
        str,
        typer.Option(
            "--origins",
            metavar="DATES",
            help="Days from which to forecast, rising, with commas: 2007,2012,2017-06.",
        ),
    ],
    horizon: Annotated[
        str, typer.Option("--horizon", metavar="TIME", help="How far ahead: 5y, or 18 months.")
    ] = "5y",
    ledger: LedgerName = None,
    reading: ReadingName = None,
    target: Annotated[
        list[str] | None,
        typer.Option("--target", help="Only this measurement is scored; may be repeated."),
    ] = None,
    policy: Annotated[
        str,
        typer.Option(
            "--policy",
            help="What levers do after the origin: as-it-was (stay), or a policy of the models.",
        ),
    ] = "as-it-was",
    draws: Annotated[
        int, typer.Option("--draws", min=100, help="Draws of parameters and chance.")
    ] = 1000,
    fit: Annotated[
        bool,
        typer.Option(
            "--fit/--no-fit",
            help="Learn by Markov chains (minutes each, kept in --out), not a normal approximation.",
        ),
    ] = False,
    posterior: Annotated[
        Path | None,
        typer.Option(
            "--posterior",
            metavar="DIR",
            help="Use the fits that --fit left in the folder fits of its --out, one for each READING@ORIGIN.",
        ),
    ] = None,
    seed: Seed = 0,
    json: Json = False,
    csv: Annotated[
        bool, typer.Option("--csv", help="Print every score, a line a forecast value.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help="Keep what is finished and the report here; the same command goes on from there.",
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Forecast from days in the past, with what was known then, and score it against what came.

    Persistence, climatology and other simple baselines forecast the same, and each further reading
    is scored beside the first. Nothing after an origin enters: the models are read as of it, and
    the ledger is cut there.
    """
    from reassure import backtest as run
    from reassure.cli.output import remark, write, write_json
    from reassure.cli.progress import progress_bar
    from reassure.model.mistakes import UsageError

    if json and csv:
        raise UsageError("--json and --csv exclude each other", "keep one of the two")
    stopping = "stopping, and telling what is done so far"
    with progress_bar("forecasting", quiet=quiet, stopping=stopping, of="forecasts") as progress:
        found = run(
            *models,
            origins=[item.strip() for item in origins.split(",") if item.strip()],
            horizon=horizon,
            ledger=ledger,
            reading=reading,
            targets=target or (),
            policy=policy,
            draws=draws,
            fit=fit,
            posterior=posterior,
            seed=seed,
            out=out,
            progress=progress,
        )
    if json:
        write_json(found.as_json(), None)
    elif csv:
        write(found.as_csv(), None)
    else:
        write(_told(found), None)
    if out is not None:
        from reassure.report.backtest_pictures import write_report

        write_report(found, out)
        remark(f"The report is in {out / 'report.md'}.", quiet=quiet)
    if not found.complete:
        done = f"{len(found.parts)} of {len(found.readings) * len(found.origins)}"
        kept = f"; they are kept in {out}, and the same command goes on" if out else ""
        remark(f"Stopped early: {done} forecasts were finished{kept}.")
        raise typer.Exit(INTERRUPTED)


def _told(found: Backtest) -> str:
    from reassure.cli.tables import table
    from reassure.report.backtest_report import (
        COLUMNS,
        NUMERIC,
        RIVALS,
        facts,
        rival_rows,
        sentences,
        summary,
        table_rows,
    )

    parts = []
    for name in found.readings:
        title = f"{name} against the best baseline, {found.ledger}"
        parts.append(table(title, COLUMNS, table_rows(found, name), NUMERIC))
    if len(found.readings) > 1:
        parts.append(table("Readings side by side", RIVALS, rival_rows(found), RIVALS[1:2]))
    parts.append("\n".join(sentences(found, found.readings[0])))
    parts.append("\n".join(summary(found, name) for name in found.readings))
    parts.append("\n".join(facts(found)))
    return "\n\n".join(parts)


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command(name="backtest")(backtest)
