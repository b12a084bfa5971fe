"""``reassure story``: one future as dated prose."""

from __future__ import annotations

from typing import Annotated

import typer

from reassure.cli.failures import explained
from reassure.cli.options import (
    Design,
    Json,
    KnownBy,
    ModelName,
    OnePolicy,
    Out,
    PosteriorOption,
    Quiet,
    Seed,
    Settings,
    Unconverged,
    opened,
    parse_settings,
)


@explained
def story(
    model: ModelName,
    policy: OnePolicy = None,
    scenario: Annotated[int, typer.Option("--scenario", min=0, help="Which scenario, from 0.")] = 0,
    replication: Annotated[
        int, typer.Option("--replication", min=0, help="Which replication inside it, from 0.")
    ] = 0,
    seed: Seed = 0,
    design: Design = "sobol",
    posterior: PosteriorOption = None,
    unconverged: Unconverged = False,
    set: Settings = None,
    scenarios: Annotated[
        int | None,
        typer.Option(
            "--scenarios", min=1, help="How many the run had; only --design latin needs it."
        ),
    ] = None,
    precision: Annotated[
        str, typer.Option("--precision", help="That of the run: float32 or float64.")
    ] = "float32",
    numbers: Annotated[
        bool, typer.Option("--numbers", help="Put the figures into the prose.")
    ] = False,
    known_by: KnownBy = None,
    json: Json = False,
    out: Out = None,
    quiet: Quiet = False,
) -> None:
    """Tell one future as dated prose: what happened, what turned, and what moved it.

    The same address (policy, scenario, replication, seed, design) gives exactly the future of the run.
    """
    from reassure import load
    from reassure.cli.output import check_writable, remark, write, write_json
    from reassure.engine.cache import keep_compiled

    check_writable(out)
    keep_compiled()
    argument = load(model, known_by=known_by)
    if policy is None and argument.model.policies:
        policy = argument.model.policies[0].name
        remark(f"policy {policy}: the first of the model; choose with --policy", quiet=quiet)
    told = argument.story(
        policy=policy or "",
        scenario=scenario,
        replication=replication,
        seed=seed,
        design=design,
        posterior=opened(posterior, unconverged),
        set=parse_settings(set),
        precision=precision,
        scenarios=scenarios,
    )
    if json:
        write_json(told.as_json(), out)
    else:
        write(_wrapped(told.text(numbers=numbers)), out)


def _wrapped(text: str) -> str:
    import shutil
    import textwrap

    width = min(shutil.get_terminal_size().columns, 100)
    return "\n\n".join(textwrap.fill(part, width) for part in text.split("\n\n"))


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command(name="story")(story)
