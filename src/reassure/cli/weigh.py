"""``reassure weigh``: rival readings by how well each foretells the record."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reassure.cli.failures import explained
from reassure.cli.options import Json, Out, Quiet, Seed

if TYPE_CHECKING:
    from reassure.history.weighing import Weighed, Weighing


@explained
def weigh(
    folders: Annotated[
        list[Path],
        typer.Argument(
            metavar="DIR DIR ...", help="Fits of rival readings to one record, as `fit` left them."
        ),
    ],
    since: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="DATE",
            help="The first date to be foretold; default: the middle of what was measured.",
        ),
    ] = None,
    ahead: Annotated[
        int, typer.Option("--ahead", min=1, help="How many steps are foretold together.")
    ] = 1,
    unconverged: Annotated[
        bool,
        typer.Option("--unconverged", help="Use fits that did not converge, too; they are named."),
    ] = False,
    seed: Seed = 0,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", help="Draw the differences over time to this .png or .svg file."),
    ] = None,
    json: Json = False,
    out: Out = None,
    quiet: Quiet = False,
) -> None:
    """Weigh rival readings by how well each foretells the record from its past, with errors.

    Each time is foretold from the data before it, by weights on the draws of a fit to all of them. A
    winner is named only where the difference is beyond errors.
    """
    from reassure import weigh as run
    from reassure.cli.output import check_writable, remark, write, write_json

    check_writable(out)
    if plot is not None:
        from reassure.report.now_pictures import check_picture

        check_picture(plot)
        check_writable(plot)
    found = run(*folders, since=since, ahead=ahead, unconverged=unconverged, seed=seed)
    if plot is not None:
        from reassure.report.now_pictures import save_figure
        from reassure.report.weigh_pictures import weighing_figure

        save_figure(weighing_figure(found), plot)
        remark(f"{plot} written", quiet=quiet)
    if json:
        write_json(found.as_json(), out)
    else:
        write(_told(found), out)
    together = "" if found.ahead == 1 else f", {found.ahead} steps together"
    remark(
        f"Foretold: {len(found.dates)} of the record's times, {found.dates[0]} to {found.dates[-1]}{together}; ledger "
        f"{found.ledger}, reading {found.coding}.",
        quiet=quiet,
    )
    for line in found.remarks:
        remark(f"{line[0].upper()}{line[1:]}.", quiet=quiet)


def _told(found: Weighing) -> str:
    from reassure.cli.tables import headed

    rows = [
        (
            row.name,
            f"{row.elpd:.1f}",
            f"{row.difference:.1f}",
            _error(row.difference_error) if row is not found.rows[0][0] else "",
            f"{row.stacking:.2f}",
            f"{row.stacking_error:.2f}",
            f"{item.foretold.khat.max():.2f}",
            f"{row.unsound} of {len(found.dates)}",
        )
        for row, item in found.rows
    ]
    columns = ("reading", "elpd", "difference", "its error", "weight", "weight's error", "worst k-hat",
               "unsound")  # fmt: skip
    blocks = [headed("Readings by what they foretold", columns, rows, columns[1:])]
    blocks += [_gaps(found, item) for item in found.readings[1:]]
    blocks.append(f"{found.sentence[0].upper()}{found.sentence[1:]}.")
    return "\n\n".join(blocks)


def _gaps(found: Weighing, item: Weighed) -> str:
    """Which measurements carry the difference from the best."""
    from reassure.cli.tables import headed

    values = dict(zip(found.measurements, found.values, strict=True))
    rows = [
        (
            gap.measurement,
            str(values[gap.measurement]),
            f"{gap.difference:+.1f}",
            _error(gap.error),
        )
        for gap in found.gaps(item.name)
    ]
    columns = ("measurement", "values", "difference", "its error")
    title = f"{item.name} less {found.readings[0].name}, by measurement"
    return headed(title, columns, rows, columns[1:])


def _error(value: float) -> str:
    """A standard error; of one time there is none."""
    return "none" if value != value else f"{value:.1f}"


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command(name="weigh")(weigh)
