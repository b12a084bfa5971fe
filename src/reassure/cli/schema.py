"""``reassure schema``: the language as a JSON Schema, for editors."""

from __future__ import annotations

import typer

from reassure.cli.failures import explained
from reassure.cli.options import Json, Out, Quiet


@explained
def schema(json: Json = False, out: Out = None, quiet: Quiet = False) -> None:
    """Print the JSON Schema of the model language, for completion and hover text in editors.

    It is JSON with or without --json.
    """
    from reassure.cli.output import write_json
    from reassure.model.schema import json_schema

    write_json(json_schema(), out)


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command(name="schema")(schema)
