"""``reassure counterfactual``: what would have come if from a date on another policy had held."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from reassure.cli.failures import explained
from reassure.cli.nowcast import Plot
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
    parse_settings,
)
from reassure.cli.record import LedgerName, ReadingName

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reassure.history.bands import Band
    from reassure.history.otherwise import Counterfactual, Difference
    from reassure.model.checked import Model

MOST_OUTCOMES = 12  # shown unless others are asked for


@explained
def counterfactual(
    model: ModelName,
    at: Annotated[
        str,
        typer.Option(
            "--at",
            metavar="DATE",
            help="From when on things go otherwise: from the start of the step in which the date falls.",
        ),
    ],
    policy: Annotated[
        str | None,
        typer.Option(
            "--policy",
            help="What holds from then on: a policy, or several actors' crossed as A+B. Levers that it does "
            "not set go as they did.",
        ),
    ] = None,
    do: Annotated[
        list[str] | None,
        typer.Option(
            "--do",
            metavar="NAME=VALUE",
            help="Hold a quantity from then on, in its own unit, or a choice at an option. Repeat for more.",
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="DATE",
            help="What is read last, as the last step before the date leaves it; left out, the end of the record.",
        ),
    ] = None,
    ledger: LedgerName = None,
    reading: ReadingName = None,
    posterior: PosteriorOption = None,
    unconverged: Unconverged = False,
    of: Annotated[
        list[str] | None,
        typer.Option(
            "--of",
            metavar="NAME",
            help="Show this outcome, quantity or event. Repeat for more; default: the main ones.",
        ),
    ] = None,
    scenarios: Scenarios = 128,
    replications: Replications = 8,
    seed: Seed = 0,
    design: Design = "sobol",
    plot: Plot = None,
    json: Json = False,
    out: Out = None,
    quiet: Quiet = False,
) -> None:
    """Say what would have come if another policy had held from a date on: the model's answer, not history's.

    Parameters and luck are inferred from the record; the same futures then go on otherwise under the same
    luck. With --posterior the priors are asked, too, to show how much the answer depends on them.
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
        found = argument.counterfactual(
            at,
            policy,
            do=parse_settings(do, "--do"),
            to=to,
            ledger=ledger,
            reading=reading,
            posterior=opened(posterior, unconverged),
            of=of,
            scenarios=scenarios,
            replications=replications,
            seed=seed,
            design=design,
            progress=progress,
        )
    if plot is not None:
        from reassure.report.now_pictures import counterfactual_figure, save_figure

        save_figure(counterfactual_figure(argument.model, found), plot)
        remark(f"{plot} written", quiet=quiet)
    if json:
        write_json(found.as_json(), out)
    else:
        write("\n\n".join(_tables(argument.model, found, of)), out)
    remark(
        f"{found.scenarios} draws ({found.drawn_from}) with {found.replications} lanes each; ledger "
        f"{found.ledger}, reading {found.reading}, to {found.record}.",
        quiet=quiet,
    )
    for line in found.remarks:
        remark(f"{line[0].upper()}{line[1:]}.", quiet=quiet)


def _tables(model: Model, found: Counterfactual, of: Sequence[str] | None) -> list[str]:
    from reassure.cli.tables import headed
    from reassure.history.otherwise import NOTE
    from reassure.report.wording import percent
    from reassure.study.main_outcomes import main_outcomes

    blocks = [
        f"{found.model}: {found.otherwise} from {found.at}, read on {found.to}. This is {NOTE}."
    ]
    rows = [
        (
            item.choice,
            item.option,
            percent(item.factual),
            percent(item.counterfactual),
            "" if item.averted is None else percent(item.averted),
            "" if item.brought is None else percent(item.brought),
            item.date,
            item.otherwise,
        )
        for item in found.decisions
    ]
    columns = (
        "choice",
        "option",
        "came",
        "otherwise",
        "averted",
        "brought",
        "when",
        "otherwise when",
    )
    title = (
        f"Decisions after {found.at}: share of futures in which they came and would have; averted, of those in "
        "which they came; brought, of the others"
    )
    if rows:
        blocks.append(headed(title, columns, rows, columns[2:6]))
    main = [outcome.name for outcome in main_outcomes(model)[:MOST_OUTCOMES]]
    for kind, title in (
        ("outcome", f"Outcomes, over the run to {found.to}"),
        ("quantity", f"Beliefs and states on {found.to}"),
        ("event", f"Events from {found.at} to {found.to}"),
    ):
        named = of or [item.name for item in found.differences if kind != "outcome"] + main
        shown = [item for item in found.differences if item.kind == kind and item.name in named]
        # An event that never comes has nothing to tell, unless it was asked for.
        shown = [x for x in shown if of or kind != "event" or x.factual.p95 or x.counterfactual.p95]
        if shown:
            blocks.append(_differences(title, shown))
    return blocks


def _differences(title: str, shown: Sequence[Difference]) -> str:
    from reassure.cli.tables import headed
    from reassure.report.wording import percent, two_figures

    both = any(item.prior is not None for item in shown)
    columns = ["name", "was", "would be", "difference", "higher", "lower", "chance", "goes with"]
    if both:
        columns.insert(4, "by the prior")
    rows = []
    for item in shown:
        goes = ", ".join(f"{x.parameter} {x.correlation:+.2f}" for x in item.sways)
        moved = item.higher + item.lower > 0
        row = [
            item.name,
            two_figures(item.factual.mean),
            two_figures(item.counterfactual.mean),
            _band(item.difference) if moved else "none",
            percent(item.higher),
            percent(item.lower),
            percent(item.chance) if moved and item.chance is not None else "",
            goes,
        ]
        if both:
            row.insert(4, "" if item.prior is None else _band(item.prior))
        rows.append(row)
    return headed(title, columns, rows, ("was", "would be", "higher", "lower", "chance"))


def _band(item: Band) -> str:
    from reassure.report.wording import two_figures

    return f"{two_figures(item.mean)} ({two_figures(item.p05)} to {two_figures(item.p95)})"


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command(name="counterfactual")(counterfactual)
