"""``reassure game``: a game looked at alone. One file a command."""

from __future__ import annotations

import typer

from reassure.cli.game.convert import convert
from reassure.cli.game.estimate import estimate
from reassure.cli.game.show import show
from reassure.cli.game.solve import solve
from reassure.cli.game.sweep import sweep
from reassure.cli.game.trace import trace


def register(app: typer.Typer) -> None:
    """Add the group of commands to ``app``."""
    group = typer.Typer(
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        help="Look at one game: draw it, solve it, vary it, estimate it.",
    )
    for command in (show, solve, trace, sweep, estimate, convert):
        group.command(name=command.__name__)(command)
    app.add_typer(group, name="game")
