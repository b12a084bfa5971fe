"""``reassure new``: a commented model to start from."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from reassure.cli.failures import explained
from reassure.cli.options import Quiet


@explained
def new(
    name: Annotated[str, typer.Argument(help="Name of the model; NAME.yaml is written here.")],
    force: Annotated[bool, typer.Option("--force", help="Write over an existing file.")] = False,
    quiet: Quiet = False,
) -> None:
    """Write NAME.yaml: a small commented model that runs, to change into your own."""
    from importlib.resources import files

    from reassure.model.mistakes import UsageError

    stem = name.removesuffix(".yaml").removesuffix(".yml")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", stem):
        raise UsageError(
            f"{name!r} cannot name a model",
            "use up to 64 letters, digits, - and _, without folders",
        )
    target = Path(f"{stem}.yaml")
    if target.exists() and not force:
        raise UsageError(f"{target} is there already", "choose another name, or add --force")
    text = (files("reassure.library") / "starter.yaml").read_text(encoding="utf-8")
    target.write_text(text.replace("NAME.yaml", target.name), encoding="utf-8")
    if not quiet:
        typer.echo(f"{target} written. Next: reassure check {target}")


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command(name="new")(new)
