"""``reassure diagram``: the signed causal graph that the formulas imply."""

from __future__ import annotations

from typing import Annotated

import typer

from reassure.cli.failures import explained
from reassure.cli.options import Json, KnownBy, ModelName, Out, Quiet


@explained
def diagram(
    model: ModelName,
    around: Annotated[
        str | None, typer.Option("--around", help="Only what is near this quantity.")
    ] = None,
    depth: Annotated[
        int, typer.Option("--depth", min=1, max=6, help="How many arrows away, with --around.")
    ] = 1,
    everything: Annotated[
        bool,
        typer.Option("--everything", help="Parameters and index members too, nothing condensed."),
    ] = False,
    loops: Annotated[
        bool, typer.Option("--loops", help="List the feedback loops with their polarity instead.")
    ] = False,
    known_by: KnownBy = None,
    json: Json = False,
    out: Out = None,
    quiet: Quiet = False,
) -> None:
    """Draw the signed causal loop diagram as SVG, or list its feedback loops."""
    from reassure import load
    from reassure.cli.output import check_writable, remark, write, write_json
    from reassure.cli.tables import table

    check_writable(out)
    argument = load(model, known_by=known_by)
    if json:
        write_json(argument.graph_json(), out)
        return
    if loops:
        found = argument.loops()
        rows = [
            (loop.polarity, str(len(loop.names)), " → ".join((*loop.names, loop.names[0])))
            for loop in found
        ]
        write(table("Feedback loops", ("polarity", "length", "loop"), rows), out)
        return
    write(argument.diagram(around=around, depth=depth, everything=everything), out)
    if out is not None:
        remark(f"{out} written", quiet=quiet)


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command(name="diagram")(diagram)
