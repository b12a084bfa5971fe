"""``reassure game trace``: the branch over rationality."""

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
    ViewOption,
    somebody_moves,
    which_future,
    write_bytes,
)
from reassure.cli.options import Design, PosteriorOption, Quiet, Seed, Settings, Unconverged

if TYPE_CHECKING:
    from reassure.engine.games.branch import Branch
    from reassure.model.game_tree import GameTree


@explained
def trace(
    game: GameName,
    upto: Annotated[
        str,
        typer.Option(
            "--upto",
            metavar="L | PLAYER=L,...",
            help="Where the branch is followed to: a rationality of all players, or of each (they "
            "rise in proportion).",
        ),
    ] = "5",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Write to this .csv, .svg or .png file; without it CSV is printed."
        ),
    ] = None,
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
    """Follow the equilibria from random play (rationality 0) up, and mark where the branch folds.

    CSV: a line a point of the branch, with its rationality, whether the branch folds there, and the
    probability of every action (PLAYER|INFORMATION SET|ACTION).
    """
    from reassure.cli.output import remark, write
    from reassure.engine.games.branch import trace as follow
    from reassure.model.mistakes import UsageError
    from reassure.report.game_charts import branch_figure, turning_points
    from reassure.report.game_source import resolve_game
    from reassure.report.pictures import picture
    from reassure.report.wording import listed

    if out is not None and out.suffix not in (".csv", ".svg", ".png"):
        raise UsageError(f"cannot write {out.name}", "write to .csv, .svg or .png")
    which = which_future(at, view, seed, design, posterior, unconverged, set, precision, scenarios)
    source = resolve_game(game, which)
    source.in_one_game("a branch is followed in")
    asked = source.levels(upto)
    somebody_moves(source)
    for said in source.remarks():
        remark(said, quiet=quiet)
    levels = asked if isinstance(asked, dict) else dict.fromkeys(source.game.tree.players, asked)
    most = max(levels.values(), default=0.0)
    ways = {player: level / most for player, level in levels.items()} if most else {}
    branch = follow(source.game, most / source.per, ways)
    along = branch.rationality * source.per
    tree = source.game.tree
    if out is None or out.suffix == ".csv":
        write(_csv(tree, branch, source.per), out)
    else:
        turns = turning_points(along)
        per = source.unit if len({*ways.values()}) < 2 else f"{source.unit}, of the highest"
        figure = branch_figure(tree, along, branch.probabilities, turns, per=per)
        write_bytes(picture(figure, f"Branch of {tree.title}", out.suffix), out)
    if out is not None:
        remark(f"{out} written", quiet=quiet)
    remark(f"{len(along):,} points up to {upto} {source.unit}", quiet=quiet)
    for values, what in (
        (branch.folds, "the branch folds"),
        (branch.forks, "another branch crosses"),
    ):
        if values:
            said = listed([f"{value * source.per:.4g}" for value in values])
            remark(f"{what} at rationality {said}", quiet=quiet)
    if not branch.complete:
        remark(f"the branch could not be followed up to {upto}", quiet=False)


def _csv(tree: GameTree, branch: Branch, per: float) -> str:
    import csv
    import io

    from reassure.report.game_charts import turning_points

    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    names = [
        f"{tree.players[item.player]}|{item.name}|{action}"
        for item in tree.information_sets
        for action in item.actions
    ]
    ways = branch.direction if len(set(branch.direction.values())) > 1 else {}
    writer.writerow(("rationality", *(f"rationality|{p}" for p in ways), "fold", *names))
    folds = set(turning_points(branch.rationality))
    rows = zip(branch.rationality, branch.probabilities, strict=True)
    for number, (level, row) in enumerate(rows):
        own = [f"{level * per * way:.10g}" for way in ways.values()]
        fold = int(number in folds)
        writer.writerow((f"{level * per:.10g}", *own, fold, *(f"{p:.10g}" for p in row)))
    return buffer.getvalue()
