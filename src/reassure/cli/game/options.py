"""Options that several commands on games share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reassure.cli.options import opened, parse_settings

if TYPE_CHECKING:
    from reassure.report.game_source import ResolvedGame, WhichFuture

GameName = Annotated[
    str,
    typer.Argument(
        metavar="FILE|MODEL:GAME",
        help="Path of an .efg or .nfg file, or a model (bundled name or path) and its game.",
    ),
]
RationalityOption = Annotated[
    str | None,
    typer.Option(
        "--rationality",
        metavar="L | PLAYER=L,...",
        help="Of all players, or of each: 0 chooses at random, larger comes closer to the best "
        "reply. Of a model's game per 100 points of payoff, without it the model's own; of a "
        "file's in units of its payoffs, without it 1.",
    ),
]
At = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="POLICY,SCENARIO,REPLICATION,TIME",
        help="The moment of a model's game; TIME is a date such as 2012-10, or a step. Without it "
        "the first policy, 0, 0, the start.",
    ),
]
ViewOption = Annotated[
    str | None,
    typer.Option(
        "--view",
        metavar="[VARIANT][.ACTOR]",
        help="In whose eyes a model's game is looked at, and under which of its what-ifs: an actor; "
        "true, the true numbers, known to all (the default); or actual, where each player moves by "
        "the game as it sees it, at the true payoffs.",
    ),
]
OfScenarios = Annotated[
    int | None,
    typer.Option("--scenarios", min=1, help="How many the run had; only --design latin needs it."),
]
OfPrecision = Annotated[
    str,
    typer.Option(
        "--precision", help="That of the run; the game itself is solved in float64 in any case."
    ),
]


def which_future(
    at: str | None,
    view: str | None,
    seed: int,
    design: str,
    posterior: Path | None,
    unconverged: bool,
    settings: list[str] | None,
    precision: str,
    scenarios: int | None,
) -> WhichFuture:
    """The options that say which moment of a model's game is meant, as one thing.

    Raises:
        UsageError: a setting is not NAME=VALUE, or a design goes with a posterior.
    """
    from reassure.engine.cache import keep_compiled
    from reassure.history.fit.posterior import drawn_from
    from reassure.report.game_source import WhichFuture

    keep_compiled()
    drawn = drawn_from(design, opened(posterior, unconverged))
    return WhichFuture(at, view, seed, drawn, parse_settings(settings), precision, scenarios)


def write_bytes(data: bytes, out: Path) -> None:
    """Write a picture, making its folder."""
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(data)


def somebody_moves(source: ResolvedGame) -> None:
    """Refuse a game without decisions, of which nothing depends on rationality.

    Raises:
        UsageError: nobody moves.
    """
    from reassure.model.mistakes import UsageError

    if not source.game.tree.information_sets:
        raise UsageError(f"nobody moves in {source.name}", "give a game in which a player decides")
