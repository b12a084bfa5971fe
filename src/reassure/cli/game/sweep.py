"""``reassure game sweep``: play over a range of payoffs or beliefs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reassure.cli.failures import explained
from reassure.cli.game.options import (
    At,
    GameName,
    OfPrecision,
    OfScenarios,
    RationalityOption,
    ViewOption,
    somebody_moves,
    which_future,
    write_bytes,
)
from reassure.cli.options import Design, PosteriorOption, Quiet, Seed, Settings, Unconverged

if TYPE_CHECKING:
    from reassure.study.game_sweep import Sweep


@explained
def sweep(
    game: GameName,
    vary: Annotated[
        list[str],
        typer.Option(
            "--vary",
            metavar="WHAT=FROM:TO[:STEPS]",
            help="WHAT is PLAYER@END (a payoff; unnamed ends by number), chance@ACTION or "
            "chance:MOVE@ACTION (a probability), or a quantity that a model's game reads, in its "
            "unit. Once for lines, twice for maps.",
        ),
    ],
    of: Annotated[
        list[str] | None,
        typer.Option(
            "--of",
            metavar="WHAT",
            help="An outcome, PLAYER@ACTION, PLAYER:SET@ACTION or value@PLAYER; of a model's game "
            "also a result, or MOVE.OPTION. Repeat for more; default: its results, or every outcome.",
        ),
    ] = None,
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
        Path | None,
        typer.Option(
            "--out", help="Write to this .csv, .svg or .png file; without it CSV is printed."
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Solve a game over a range of one or two of its numbers, and map what happens.

    CSV: what varies, then what is read, then the solver's flag (0 for none) of each point.
    """
    from reassure.cli.output import remark, write
    from reassure.cli.progress import progress_bar
    from reassure.model.mistakes import UsageError
    from reassure.model.rationality import given_levels, rationality_said
    from reassure.report.game_charts import sweep_figure
    from reassure.report.game_source import resolve_game
    from reassure.report.pictures import picture
    from reassure.study.game_axes import parse_axes, parse_readings
    from reassure.study.game_sweep import FileGame, ModelsGame, Source
    from reassure.study.game_sweep import sweep as solve_all

    if out is not None and out.suffix not in (".csv", ".svg", ".png"):
        raise UsageError(f"cannot write {out.name}", "write to .csv, .svg or .png")
    which = which_future(at, view, seed, design, posterior, unconverged, set, precision, scenarios)
    source = resolve_game(game, which)
    asked = source.levels(rationality)
    somebody_moves(source)
    axes = parse_axes(vary, source.game, source.looked)
    readings = parse_readings(of or [], source.game, source.looked)
    swept: Source = FileGame(source.game, asked)
    if source.looked is not None:
        swept = ModelsGame(source.looked, given_levels(rationality, source.game.tree.players))
    for said in source.remarks():
        remark(said, quiet=quiet)
    with progress_bar("solving", quiet=quiet, of="games") as progress:
        found = solve_all(swept, axes, readings, progress)
    if out is None or out.suffix == ".csv":
        write(_csv(found), out)
    else:
        title = source.game.tree.title or source.name
        write_bytes(picture(sweep_figure(title, found), f"Sweep of {title}", out.suffix), out)
    if out is not None:
        remark(f"{out} written", quiet=quiet)
    default = rationality is None and source.rationality is None
    said = rationality_said(asked, source.unit, default=default)
    points = found.flags.size
    remark(f"{points:,} games solved at {said}; {found.flagged:,} flagged", quiet=quiet)


def _csv(found: Sweep) -> str:
    import csv
    import io

    import numpy as np

    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    heads = [axis.said for axis in found.axes] + [item.said for item in found.readings]
    writer.writerow((*heads, "flag"))
    for at in np.ndindex(*found.flags.shape):
        point = [f"{axis.values[i]:.10g}" for axis, i in zip(found.axes, at, strict=True)]
        read = [f"{values[at]:.10g}" for values in found.values]
        writer.writerow((*point, *read, int(found.flags[at])))
    return buffer.getvalue()
