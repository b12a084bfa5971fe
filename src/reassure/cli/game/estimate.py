"""``reassure game estimate``: the payoffs of a game from what was observed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reassure.cli.failures import explained
from reassure.cli.options import Json, Out, Quiet

if TYPE_CHECKING:
    from reassure.study.strategic.estimate import Estimate


@explained
def estimate(
    game: Annotated[
        Path, typer.Argument(metavar="FILE", help="A YAML file: moves, payoffs to be estimated.")
    ],
    data: Annotated[
        Path, typer.Argument(metavar="DATA", help="A CSV file: an observation a line.")
    ],
    starts: Annotated[
        int, typer.Option("--starts", min=1, max=100, help="Starting points of the search.")
    ] = 4,
    json: Json = False,
    out: Out = None,
    quiet: Quiet = False,
) -> None:
    """Fit the coefficients of a game's payoffs by maximum likelihood.

    Choices are logit (the agent quantal response equilibrium) or probit (perfect information, with
    agent error or private information).
    """
    from reassure.cli.output import remark, write, write_json
    from reassure.cli.progress import progress_bar
    from reassure.engine.cache import keep_compiled
    from reassure.study.strategic.estimate import estimate as fit
    from reassure.study.strategic.observations import read_observations
    from reassure.study.strategic.statistical_game import read_statistical_game

    keep_compiled()
    described = read_statistical_game(game)
    observed = read_observations(data, described)
    with progress_bar("fitting", quiet=quiet, of="starts") as progress:
        found = fit(described, observed, starts=starts, progress=progress)
    if json:
        write_json(_data(found), out)
    else:
        write(_table(found), out)
    for flag in found.flags:
        remark(f"note: {flag}", quiet=quiet)


def _data(found: Estimate) -> dict[str, Any]:
    def number(value: float) -> float | None:
        return value if value == value else None

    return {
        "schema": 1,
        "game": found.title,
        "link": found.link,
        "error": found.error,
        "observations": found.observations,
        "log_likelihood": found.log_likelihood,
        "aic": found.aic,
        "coefficients": {
            item.name: {
                "estimate": item.value,
                "error": number(item.error),
                "z": number(item.z),
                "p": number(item.p),
            }
            for item in found.coefficients
        },
        "covariance": [[number(float(v)) for v in row] for row in found.covariance],
        "observed": found.counts,
        "fitted": found.fitted,
        "starts": {"made": found.starts, "at_this_maximum": found.agreeing},
        "flags": list(found.flags),
    }


def _table(found: Estimate) -> str:
    from reassure.cli.tables import table
    from reassure.model.mistakes import printable

    columns = ("coefficient", "estimate", "error", "z", "p")
    rows = [
        (
            printable(item.name),
            f"{item.value:.4f}",
            f"{item.error:.4f}",
            f"{item.z:.2f}",
            f"{item.p:.3f}" if not item.p < 0.001 else "<0.001",
        )
        for item in found.coefficients
    ]
    counts = ", ".join(f"{printable(name)} {n:,}" for name, n in found.counts.items())
    error = "private information" if found.error == "private" else "agent error"
    return "\n".join(
        [
            printable(found.title) or "Estimates",
            f"{found.link}, {error}; {found.observations:,} observations: {counts}",
            f"log-likelihood {found.log_likelihood:.4f}, AIC {found.aic:.2f}; "
            f"{found.agreeing} of {found.starts} starts reached it",
            "",
            table("", columns, rows, numeric=columns[1:]),
        ]
    )
