"""``reassure list``: the bundled models."""

from __future__ import annotations

import typer

from reassure.cli.failures import explained
from reassure.cli.options import Json, Out, Quiet


@explained
def list_models(json: Json = False, out: Out = None, quiet: Quiet = False) -> None:
    """List the bundled models."""
    from reassure import load, models
    from reassure.cli.output import write, write_json
    from reassure.cli.tables import table

    found = [load(name).model for name in models()]
    if json:
        rows = [
            {
                "name": model.name,
                "title": model.title,
                "claims": len(model.claims),
                "parameters": len(model.parameters),
                "policies": [policy.name for policy in model.policies],
                "extends": model.extends or None,
            }
            for model in found
        ]
        write_json({"schema": 1, "models": rows}, out)
        return
    cells = [
        (
            model.name,
            model.title,
            str(len(model.claims)),
            str(len(model.parameters)),
            str(len(model.policies)),
        )
        for model in found
    ]
    columns = ("model", "title", "claims", "parameters", "policies")
    write(table("Bundled models", columns, cells, numeric=columns[2:]), out)


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command(name="list")(list_models)
