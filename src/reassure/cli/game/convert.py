"""``reassure game convert``: a game in another format."""

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
    ViewOption,
    which_future,
    write_bytes,
)
from reassure.cli.options import Design, PosteriorOption, Quiet, Seed, Settings, Unconverged


@explained
def convert(
    game: GameName,
    out: Annotated[Path, typer.Option("--out", help="Write to this .efg or .nfg file.")],
    at: At = None,
    view: ViewOption = None,
    seed: Seed = 0,
    design: Design = "sobol",
    posterior: PosteriorOption = None,
    unconverged: Unconverged = False,
    set: Settings = None,
    precision: OfPrecision = "float32",
    scenarios: OfScenarios = None,
    quiet: Quiet = False,
) -> None:
    """Write a game as .efg (its tree) or .nfg (its strategic form, with reduced strategies)."""
    from reassure.cli.output import remark
    from reassure.model.game_files import game_text
    from reassure.report.game_source import resolve_game

    source = resolve_game(
        game,
        which_future(at, view, seed, design, posterior, unconverged, set, precision, scenarios),
    )
    source.in_one_game("a file holds")
    for said in source.remarks():
        remark(said, quiet=quiet)
    write_bytes(game_text(source.game, out.suffix).encode(), out)
    remark(f"{out} written", quiet=quiet)
