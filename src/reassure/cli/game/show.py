"""``reassure game show``: the tree of a game."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reassure.cli.failures import explained
from reassure.cli.game.options import At, GameName, RationalityOption, resolved, write_bytes
from reassure.cli.options import Quiet


@explained
def show(
    game: GameName,
    rationality: RationalityOption = None,
    at: At = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Draw the tree to this .svg or .png file.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Print the tree of a game, and draw it with --out.

    With --rationality the game is solved: every move says its probability, and the picture draws it
    as the width of the branch.
    """
    from reassure.cli.output import remark, write
    from reassure.model.rationality import rationality_said
    from reassure.report.game_drawing import game_picture
    from reassure.report.game_outline import outline, summary

    source, asked = resolved(game, rationality, at)
    profile, note = None, ""
    if rationality is not None:
        from reassure.engine.cache import keep_compiled
        from reassure.report.game_report import played

        keep_compiled()
        profile, _, _, flags = played(source.game, asked)
        note = "; ".join((rationality_said(asked, source.unit), *flags))
    if out is not None:
        write_bytes(game_picture(source.game, out.suffix, profile=profile, note=note), out)
        remark(f"{out} written", quiet=quiet)
        return
    tree = source.game.tree
    heading = [tree.title or source.name, summary(source.game)]
    if tree.players:
        heading.append(f"payoffs: {', '.join(tree.players)}")
    text = "\n".join(
        [*heading, *([note] if note else []), "", outline(source.game, profile=profile)]
    )
    write(_safe(text), None)


def _safe(text: str) -> str:
    from reassure.model.mistakes import printable

    return "\n".join(printable(line) for line in text.split("\n"))
