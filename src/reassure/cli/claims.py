"""``reassure claims``: each sentence of the argument, tested scenario by scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from reassure.cli.failures import INTERRUPTED, explained
from reassure.cli.options import (
    Design,
    Json,
    KnownBy,
    ModelName,
    Most,
    OnePolicy,
    Out,
    Quiet,
    Replications,
    Scenarios,
    Seed,
    Settings,
    parse_settings,
)

if TYPE_CHECKING:
    from reassure.study.claims import ClaimsResult


@explained
def claims(
    model: ModelName,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[CLAIM]...", help="Only these claims, by id or number."),
    ] = None,
    scenarios: Scenarios = 128,
    replications: Replications = 16,
    max_replications: Most = 256,
    seed: Seed = 0,
    design: Design = "sobol",
    policy: OnePolicy = None,
    set: Settings = None,
    known_by: KnownBy = None,
    bars: Annotated[
        bool, typer.Option("--bars", help="Draw the shares of every claim as bars, as SVG.")
    ] = False,
    json: Json = False,
    out: Out = None,
    quiet: Quiet = False,
) -> None:
    """Test the claims of a model: in what share of scenarios does each hold?

    --policy gives the ground on which claims are tested that name none of their own.
    """
    from reassure import load
    from reassure.cli.output import check_writable, remark, write, write_json
    from reassure.cli.progress import progress_bar
    from reassure.engine.cache import keep_compiled
    from reassure.model.mistakes import UsageError

    if json and bars:
        raise UsageError("--json and --bars exclude each other", "keep one of them")
    check_writable(out)
    keep_compiled()
    argument = load(model, known_by=known_by)
    with progress_bar("testing claims", quiet=quiet) as progress:
        result = argument.claims(
            names=names,
            scenarios=scenarios,
            replications=replications,
            max_replications=max_replications,
            seed=seed,
            design=design,
            policy=policy,
            set=parse_settings(set),
            progress=progress,
        )
    if json:
        write_json(result.as_json(), out)
    elif bars:
        write(argument.shares(result).svg, out)
    else:
        write(_table(result), out)
        remark(result.summary(), quiet=quiet)
    if not result.complete:
        remark("Stopped early: claims that were not finished are undetermined.")
        raise typer.Exit(INTERRUPTED)


def _table(result: ClaimsResult) -> str:
    from reassure.cli.tables import table

    columns = (
        "no.",
        "claim",
        "verdict",
        "standing",
        "supports",
        "none",
        "contra",
        "open",
        "where it fails",
    )
    rows = [
        (
            "" if item.number is None else str(item.number),
            item.id,
            item.verdict,
            item.standing,
            *(
                "" if item.verdict == "not testable" else f"{share:.0%}"
                for share in (item.supports, item.no_effect, item.contradicts, item.undetermined)
            ),
            item.note if item.verdict == "not testable" else item.hinges,
        )
        for item in result.results
    ]
    return table(f"Claims of {result.model}", columns, rows, numeric=("no.", *columns[4:8]))


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command(name="claims")(claims)
