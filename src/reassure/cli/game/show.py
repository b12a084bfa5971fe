"""``reassure game show``: the tree of a game."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reassure.cli.failures import explained
from reassure.cli.game.options import (
    At,
    GameName,
    OfPrecision,
    OfScenarios,
    RationalityOption,
    ViewOption,
    which_future,
    write_bytes,
)
from reassure.cli.options import Design, PosteriorOption, Quiet, Seed, Settings, Unconverged


@explained
def show(
    game: GameName,
    rationality: RationalityOption = None,
    at: At = None,
    view: ViewOption = None,
    seed: Seed = 0,
    design: Design = "sobol",
    posterior: PosteriorOption = None,
    unconverged: Unconverged = False,
    set: Settings = None,
    precision: OfPrecision = "float32",
    scenarios: OfScenarios = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Draw the tree to this .svg or .png file.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Print the tree of a game, and draw it with --out.

    With --rationality, and any game of a model, the game is solved: every move says its probability,
    and the picture draws it as the width of the branch.
    """
    from reassure.cli.output import remark, write
    from reassure.report.game_drawing import game_picture
    from reassure.report.game_outline import outline, summary
    from reassure.report.game_source import resolve_game

    source = resolve_game(
        game,
        which_future(at, view, seed, design, posterior, unconverged, set, precision, scenarios),
    )
    profile, notes = None, tuple[str, ...]()
    if rationality is not None or source.looked is not None:
        from reassure.report.solved_game import solve_source

        solved = solve_source(source, rationality)
        profile, notes = solved.profile, solved.notes()
    if out is not None:
        write_bytes(
            game_picture(source.game, out.suffix, profile=profile, note="; ".join(notes)), out
        )
        remark(f"{out} written", quiet=quiet)
        return
    tree = source.game.tree
    heading = [tree.title or source.name, summary(source.game)]
    if tree.players:
        heading.append(f"payoffs: {', '.join(tree.players)}")
    text = "\n".join([*heading, *notes, "", outline(source.game, profile=profile)])
    write(_safe(text), None)


def _safe(text: str) -> str:
    from reassure.model.mistakes import printable

    return "\n".join(printable(line) for line in text.split("\n"))
