"""The command line: ``reassure COMMAND``. One file a command; this one gathers them."""

from __future__ import annotations

import typer

from reassure.cli import (
    backtest,
    brief,
    check,
    claims,
    compare,
    counterfactual,
    diagram,
    fit,
    game,
    ledger,
    list_models,
    new,
    nowcast,
    record,
    run,
    schema,
    show,
    story,
    weigh,
)
from reassure.cli.failures import guarded

app = typer.Typer(
    name="reassure",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Write a strategic argument as a model, run it over uncertain futures, test its claims.",
    epilog="MODEL is a path to a model file or the name of a bundled model (see: reassure list).",
)

for module in (
    list_models,
    new,
    check,
    show,
    run,
    claims,
    record,
    fit,
    weigh,
    backtest,
    nowcast,
    counterfactual,
    compare,
    story,
    diagram,
    brief,
    game,
    ledger,
    schema,
):
    module.register(app)


@app.callback(invoke_without_command=True)
def _options(
    version: bool = typer.Option(False, "--version", help="Print the version and stop."),
) -> None:
    if version:
        from reassure import __version__

        typer.echo(f"reassure {__version__}")
        raise typer.Exit


def main() -> None:
    """Entry point of the ``reassure`` command."""
    guarded(app)
