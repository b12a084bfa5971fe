"""``reassure ledger``: what happened. One file a command."""

from __future__ import annotations

import typer

from reassure.cli.ledger.add import add
from reassure.cli.ledger.check import check
from reassure.cli.ledger.import_events import import_events
from reassure.cli.ledger.list_ledgers import list_ledgers
from reassure.cli.ledger.new import new
from reassure.cli.ledger.show import show


def register(app: typer.Typer) -> None:
    """Add the group of commands to ``app``."""
    group = typer.Typer(
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        help="Keep what happened: dated, sourced events and series, against which arguments are held.",
    )
    for name, command in (
        ("list", list_ledgers),
        ("new", new),
        ("show", show),
        ("check", check),
        ("add", add),
        ("import", import_events),
    ):
        group.command(name=name)(command)
    app.add_typer(group, name="ledger")
