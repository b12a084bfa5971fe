"""``reassure brief``: the whole argument as one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reassure.cli.failures import INTERRUPTED, explained
from reassure.cli.options import (
    Design,
    Json,
    KnownBy,
    ModelName,
    Most,
    Out,
    Policies,
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


@explained
def brief(
    model: ModelName,
    format: Annotated[str, typer.Option("--format", help="html or md.")] = "html",
    scenarios: Scenarios = 128,
    replications: Replications = 16,
    max_replications: Most = 256,
    seed: Seed = 0,
    design: Design = "sobol",
    posterior: PosteriorOption = None,
    unconverged: Unconverged = False,
    policy: Policies = None,
    set: Settings = None,
    known_by: KnownBy = None,
    json: Json = False,
    out: Out = None,
    quiet: Quiet = False,
) -> None:
    """Write the argument as one self-contained page: verdicts, policies, diagram, stories, limits.

    HTML needs no network and prints to paper or PDF. Without --out the page is written to MODEL.html
    (or MODEL.md) here. With --json its finding and path are printed as JSON.
    """
    from reassure import load
    from reassure.cli.output import check_writable, remark, write, write_json
    from reassure.cli.progress import progress_bar
    from reassure.engine.cache import keep_compiled
    from reassure.model.mistakes import UsageError

    if format not in {"html", "md"}:
        raise UsageError(f"--format {format} is unknown", "use html or md")
    keep_compiled()
    argument = load(model, known_by=known_by)
    target = out or Path(f"{argument.model.name}.{format}")
    check_writable(target)
    stopping = "stopping, and writing the page of what is done so far"
    with progress_bar("writing the brief", quiet=quiet, stopping=stopping) as progress:
        made = argument.brief(
            format=format,
            scenarios=scenarios,
            replications=replications,
            max_replications=max_replications,
            seed=seed,
            design=design,
            posterior=opened(posterior, unconverged),
            policies=policy,
            set=parse_settings(set),
            progress=progress,
        )
    write(made.text, target)
    if json:
        write_json(
            {
                "schema": 1,
                "model": argument.model.name,
                "hash": argument.model.digest,
                "path": str(target),
                "format": format,
                "headline": made.headline,
                "complete": made.complete,
                "warning": made.warning,
            },
            None,
        )
    else:
        remark(made.headline, quiet=quiet)
        if made.warning and made.complete:
            remark(made.warning)
        typer.echo(str(target))
    if not made.complete:
        remark("Stopped early: the page is of the futures finished by then, and says so.")
        raise typer.Exit(INTERRUPTED)


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command(name="brief")(brief)
