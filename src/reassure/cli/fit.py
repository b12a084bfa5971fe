"""``reassure fit``: the parameters of a model, given what happened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reassure.cli.failures import INTERRUPTED, explained
from reassure.cli.options import Json, ModelName, Quiet, Seed
from reassure.cli.record import LedgerName, ReadingName

if TYPE_CHECKING:
    from reassure.history.fit.posterior import Posterior
    from reassure.model.checked import Model

UNCONVERGED = 1


@explained
def fit(
    model: ModelName,
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            metavar="DIR",
            help="Folder of the fit: new, or that of the same fit, to go on.",
        ),
    ],
    ledger: LedgerName = None,
    reading: ReadingName = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="DATE", help="Only what happened from the step of this date on."
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="DATE", help="Only what happened before the step of this date."
        ),
    ] = None,
    known_by: Annotated[
        str | None,
        typer.Option(
            "--known-by",
            metavar="DATE",
            help="Only what could be known of the record on this date; with --to, for a forecast.",
        ),
    ] = None,
    chains: Annotated[
        int, typer.Option("--chains", min=1, help="Markov chains, each from a start of its own.")
    ] = 32,
    draws: Annotated[
        int,
        typer.Option("--draws", min=4, help="Draws of each chain; a finished fit goes on to more."),
    ] = 250,
    warmup: Annotated[
        int,
        typer.Option("--warmup", min=6, help="Draws of each chain that adapt it, and are dropped."),
    ] = 90,
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Fit the uncertain parameters of a model to what happened, by Markov chains.

    The folder is written as the fit goes on: stopped or killed, the same command goes on from there.
    Other commands draw their scenarios from it with --posterior DIR. A fit that did not converge is
    said to be one, and exits with 1.
    """
    from reassure import load
    from reassure.cli.output import remark, write, write_json
    from reassure.cli.progress import progress_bar
    from reassure.engine.cache import keep_compiled
    from reassure.history.conditioning import condition
    from reassure.history.fit.sampler import Stopped
    from reassure.report.fit_pictures import write_report
    from reassure.report.fit_report import fit_json, verdict

    argument = load(model)
    record = condition(
        argument.model, ledger, reading=reading, since=since, until=until, known_by=known_by
    )
    for note in record.notes:
        remark(f"{note[0].upper()}{note[1:]}.", quiet=quiet)
    keep_compiled()
    stopping = "stopping; what is finished is kept"
    try:
        with progress_bar("fitting", quiet=quiet, stopping=stopping, of="draws") as progress:
            found = argument.fit(
                out,
                ledger=ledger,
                reading=reading,
                since=since,
                until=until,
                known_by=known_by,
                chains=chains,
                draws=draws,
                warmup=warmup,
                seed=seed,
                progress=progress,
            )
    except Stopped as stopped:
        remark(
            f"Stopped: {stopped.done:,} of {stopped.total:,} draws, warmup included, are kept in {out}; "
            "the same command goes on from there."
        )
        raise typer.Exit(INTERRUPTED) from None
    write_report(found, argument.model)
    if json:
        write_json(fit_json(found, argument.model), None)
    else:
        write(_told(found, argument.model), None)
        remark(f"The report is in {out / 'report.md'}.", quiet=quiet)
    if not found.converged:
        remark(f"reassure: {verdict(found.diagnostics)}")
        remark(
            "Go on with more --draws, or fit with more --warmup into another folder; --posterior refuses this one."
        )
        raise typer.Exit(UNCONVERGED)


def _told(found: Posterior, model: Model) -> str:
    from reassure.cli.tables import table
    from reassure.report.fit_report import (
        COLUMNS,
        NUMERIC,
        approximated,
        facts,
        identified,
        rows,
        verdict,
    )

    return "\n\n".join(
        (
            table(
                f"{model.name} given {found.facts['ledger']}", COLUMNS, rows(found, model), NUMERIC
            ),
            "\n".join(f"{kind}: {names}" for kind, names in identified(found.diagnostics)),
            "\n".join((verdict(found.diagnostics), *facts(found), *approximated(found))),
        )
    )


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command(name="fit")(fit)
