"""``reassure nowcast``: where things stand at a date, and where they may go."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reassure.cli.failures import explained
from reassure.cli.options import (
    Design,
    Json,
    ModelName,
    Out,
    PosteriorOption,
    Quiet,
    Replications,
    Scenarios,
    Seed,
    Unconverged,
    opened,
)
from reassure.cli.record import LedgerName, ReadingName

if TYPE_CHECKING:
    from reassure.history.nowcast import Nowcast, Outlook

Of = Annotated[
    list[str] | None,
    typer.Option(
        "--of",
        metavar="NAME",
        help="Show this quantity. Repeat for more; default: all beliefs and the main stocks.",
    ),
]
Plot = Annotated[
    Path | None, typer.Option("--plot", help="Draw it to this .png or .svg file, too.")
]

SELDOM = 0.05  # events that come less often in every year are left to --json


@explained
def nowcast(
    model: ModelName,
    at: Annotated[
        str,
        typer.Option(
            "--at",
            metavar="DATE",
            help="The date; nothing that came later enters. Inside a step of the model, the end of the last "
            "step before it.",
        ),
    ],
    ledger: LedgerName = None,
    reading: ReadingName = None,
    known_by: Annotated[
        str | None,
        typer.Option(
            "--known-by",
            metavar="DATE",
            help="Only what could be known of the record on this date; left out, on that of --at.",
        ),
    ] = None,
    posterior: PosteriorOption = None,
    unconverged: Unconverged = False,
    policy: Annotated[
        list[str] | None,
        typer.Option(
            "--policy",
            help="A policy for the next years, or several actors' crossed as A+B; levers that it does not "
            "set stay where the record leaves them, as under as-it-happened. Repeat for more; default: "
            "as-it-happened.",
        ),
    ] = None,
    years: Annotated[float, typer.Option("--years", help="How far to look ahead.")] = 5.0,
    months: Annotated[
        int, typer.Option("--months", min=1, help="How far back to ask what moved beliefs.")
    ] = 12,
    of: Of = None,
    scenarios: Scenarios = 128,
    replications: Replications = 8,
    seed: Seed = 0,
    design: Design = "sobol",
    plot: Plot = None,
    json: Json = False,
    out: Out = None,
    quiet: Quiet = False,
) -> None:
    """Say where things stand at a date given the record up to it, what moved beliefs last, and what may come.

    Bands are over draws of the parameters and chance together. Draws of the priors are weighed by the
    record where enough of them remain; --posterior DIR takes those of a fit, which is surer.
    """
    from reassure import load
    from reassure.cli.output import check_writable, remark, write, write_json
    from reassure.cli.progress import progress_bar
    from reassure.engine.cache import keep_compiled

    check_writable(out)
    keep_compiled()
    if plot is not None:
        from reassure.report.now_pictures import check_picture

        check_picture(plot)
    argument = load(model)
    with progress_bar("following the record", quiet=quiet, of="steps") as progress:
        found = argument.nowcast(
            at,
            ledger=ledger,
            reading=reading,
            known_by=known_by,
            posterior=opened(posterior, unconverged),
            policies=policy,
            years=years,
            of=of,
            months=months,
            scenarios=scenarios,
            replications=replications,
            seed=seed,
            design=design,
            progress=progress,
        )
    if plot is not None:
        from reassure.report.now_pictures import nowcast_figure, save_figure

        save_figure(nowcast_figure(argument.model, found), plot)
        remark(f"{plot} written", quiet=quiet)
    if json:
        write_json(found.as_json(), out)
    else:
        write("\n\n".join(_tables(found)), out)
    remark(
        f"{found.scenarios} draws ({found.drawn_from}) with {found.replications} lanes each; ledger "
        f"{found.ledger}, reading {found.reading}, as known by {found.known_by}.",
        quiet=quiet,
    )
    for line in found.remarks:
        remark(f"{line[0].upper()}{line[1:]}.", quiet=quiet)


def _tables(found: Nowcast) -> list[str]:
    from reassure.cli.tables import headed
    from reassure.report.wording import two_figures

    rows = [
        (
            name,
            *(two_figures(value) for value in (item.p05, item.p50, item.p95)),
            "" if found.units[name] == "1" else found.units[name],
        )
        for name, item in found.now.items()
    ]
    columns = ("quantity", "p05", "p50", "p95", "unit")
    blocks = [headed(f"Where things stand on {found.at}", columns, rows, columns[1:4])]
    rows = [
        (name, move.evidence, f"{move.logodds.mean:+.2f}", ", ".join(move.happened))
        for name, moves in found.moves.items()
        if name in found.now
        for move in moves[:3]
        if abs(move.logodds.mean) >= 0.005
    ]
    title = f"What moved beliefs most in the last {found.months} months"
    blocks.append(headed(title, ("belief", "evidence", "log-odds", "when"), rows, ("log-odds",)))
    for outlook in found.outlooks.values():
        blocks += _ahead(found, outlook)
    return blocks


def _ahead(found: Nowcast, outlook: Outlook) -> list[str]:
    from reassure.cli.tables import headed
    from reassure.report.wording import percent, two_figures

    since = list(dict.fromkeys(item.since for item in outlook.events))
    dates = next(iter(outlook.fans.values())).dates
    each = dates.index(since[1]) if len(since) > 1 else len(dates) - 1
    ends = [min((i + 1) * each, len(dates) - 1) for i in range(-(-(len(dates) - 1) // each))]
    until = tuple(dates[k] for k in ends)
    rows = [
        (
            name,
            *(
                f"{two_figures(fan.p50[k])} ({two_figures(fan.p05[k])} to {two_figures(fan.p95[k])})"
                for k in ends
            ),
        )
        for name, fan in outlook.fans.items()
    ]
    blocks = [headed(f"The next years, {outlook.policy}", ("quantity", *until), rows)]
    rows = [
        (
            item.choice,
            item.option,
            percent(item.now),
            *(percent(chance) for chance in item.by_year),
        )
        for item in outlook.decisions
        if item.now < 0.995 and item.by_year[-1] >= 0.005
    ]
    if rows:
        title = f"Chance that a decision has been in force by then, {outlook.policy}"
        columns = ("choice", "option", "now", *until)
        blocks.append(headed(title, columns, rows, columns[2:]))
    by_event: dict[str, list[str]] = {}
    often = {item.event for item in outlook.events if item.count.mean >= SELDOM}
    for item in outlook.events:
        if item.event in often:
            by_event.setdefault(item.event, []).append(
                f"{two_figures(item.count.mean)} ({item.count.p05:.0f} to {item.count.p95:.0f})"
            )
    if by_event:
        title = f"Events in the year up to then, mean and 5th to 95th percentile, {outlook.policy}"
        rows = [(name, *counts) for name, counts in by_event.items()]
        blocks.append(headed(title, ("event", *until), rows))
    return blocks


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command(name="nowcast")(nowcast)
