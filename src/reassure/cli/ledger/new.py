"""``reassure ledger new``: a ledger in an empty folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reassure.cli.failures import explained
from reassure.cli.options import Quiet


@explained
def new(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Empty, or not there yet.")],
    actor: Annotated[
        list[str],
        typer.Option("--actor", metavar="CODE=NAME", help="An actor. Repeat for more."),
    ],
    title: Annotated[str, typer.Option("--title", help="What the ledger is of.")] = "A new ledger",
    start: Annotated[str, typer.Option("--from", help="First date that it covers.")] = "1990",
    end: Annotated[str, typer.Option("--to", help="Last date that it covers.")] = "2030",
    quiet: Quiet = False,
) -> None:
    """Begin a ledger of one's own: files to fill, which can be checked at once."""
    from reassure.cli.output import remark
    from reassure.history.ledger.adding import new_ledger
    from reassure.model.mistakes import UsageError

    actors = {}
    for entry in actor:
        code, equals, name = entry.partition("=")
        if not equals or not code.strip() or not name.strip() or "-" in code:
            raise UsageError(
                f"--actor {entry!r} is not CODE=NAME", "write for instance --actor FIN=Finland"
            )
        actors[code.strip()] = name.strip()
    new_ledger(folder, title=title, actors=actors, start=start, end=end)
    wrote = f"wrote {folder}/ledger.yaml, events.csv and courses.csv"
    remark(f"{wrote}: edit the categories first", quiet=quiet)
