"""``reassure game trace``: the branch over rationality."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reassure.cli.failures import explained
from reassure.cli.game.options import At, GameName, resolved, write_bytes
from reassure.cli.options import Quiet

if TYPE_CHECKING:
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
    quiet: Quiet = False,
) -> None:
    """Follow the equilibria from random play (rationality 0) up, and mark where the branch folds.

    CSV: a line a point of the branch, with its rationality, whether the branch folds there, and the
    probability of every action (PLAYER|INFORMATION SET|ACTION).
    """
    from reassure.cli.output import remark, write
    from reassure.engine.cache import keep_compiled
    from reassure.engine.games.branch import trace as follow
    from reassure.model.mistakes import UsageError
    from reassure.report.game_charts import branch_figure
    from reassure.report.pictures import picture

    if out is not None and out.suffix not in (".csv", ".svg", ".png"):
        raise UsageError(f"cannot write {out.name}", "write to .csv, .svg or .png")
    source, asked = resolved(game, upto, at)
    keep_compiled()
    branch = follow(source.game, asked)
    tree = source.game.tree
    if out is None or out.suffix == ".csv":
        write(_csv(tree, branch), out)
    else:
        figure = branch_figure(
            tree, branch.rationality, branch.probabilities, branch.folds, per=source.unit
        )
        write_bytes(picture(figure, f"Branch of {tree.title}", out.suffix), out)
    if out is not None:
        remark(f"{out} written", quiet=quiet)
    count = len(branch.folds)
    said = "no fold" if not count else f"{count} fold{'s' if count > 1 else ''}"
    remark(f"{len(branch.rationality)} points up to {upto} {source.unit}; {said}", quiet=quiet)


def _csv(tree: GameTree, branch: Any) -> str:
    import csv
    import io

    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    names = [
        f"{tree.players[item.player]}|{item.name}|{action}"
        for item in tree.information_sets
        for action in item.actions
    ]
    writer.writerow(("rationality", "fold", *names))
    folds = set(branch.folds)
    for number, (level, row) in enumerate(
        zip(branch.rationality, branch.probabilities, strict=True)
    ):
        writer.writerow((f"{level:.10g}", int(number in folds), *(f"{p:.10g}" for p in row)))
    return buffer.getvalue()
