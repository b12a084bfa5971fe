"""``reassure brief``: the whole argument as one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reassure.cli.failures import INTERRUPTED, explained
from reassure.cli.options import (
    KnownBy,
    ModelName,
    Out,
    Policies,
    Quiet,
    Replications,
    Scenarios,
    Seed,
    Settings,
    parse_settings,
)


@explained
def brief(
    model: ModelName,
    format: Annotated[str, typer.Option("--format", help="html or md.")] = "html",
    scenarios: Scenarios = 128,
    replications: Replications = 16,
    max_replications: Annotated[
        int,
        typer.Option(
            "--max-replications", min=1, help="Most replications an undecided scenario gets."
        ),
    ] = 256,
    seed: Seed = 0,
    policy: Policies = None,
    set: Settings = None,
    known_by: KnownBy = None,
    out: Out = None,
    quiet: Quiet = False,
) -> None:
    """Write the argument as one self-contained page: verdicts, policies, diagram, stories, limits.

    HTML needs no network and prints to paper or PDF. Without --out the page is written to MODEL.html
    (or MODEL.md) here.
    """
    from reassure import load
    from reassure.cli.output import remark, write
    from reassure.cli.progress import progress_bar
    from reassure.engine.cache import keep_compiled
    from reassure.model.mistakes import UsageError

    if format not in {"html", "md"}:
        raise UsageError(f"--format {format} is unknown", "use html or md")
    keep_compiled()
    argument = load(model, known_by=known_by)
    target = out or Path(f"{argument.model.name}.{format}")
    with progress_bar("testing claims", quiet=quiet) as progress:
        made = argument.brief(
            format=format,
            scenarios=scenarios,
            replications=replications,
            max_replications=max_replications,
            seed=seed,
            policies=policy,
            set=parse_settings(set),
            progress=progress,
        )
    write(made.text, target)
    remark(made.headline, quiet=quiet)
    typer.echo(str(target))
    if not made.complete:
        raise typer.Exit(INTERRUPTED)


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command(name="brief")(brief)
