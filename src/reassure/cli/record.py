"""``reassure record``: what happened, held against each claim. Nothing is simulated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from reassure.cli.failures import explained
from reassure.cli.options import Json, ModelName, Out, Quiet

if TYPE_CHECKING:
    from reassure.history.record import RecordResult, RecordVerdict

LedgerName = Annotated[
    str | None,
    typer.Option(
        "--ledger", help="A ledger, by name or folder; left out, the model's.", metavar="LEDGER"
    ),
]
ReadingName = Annotated[
    str | None,
    typer.Option(
        "--reading", help="A reading of the ledger; left out, its own.", metavar="READING"
    ),
]
Perturb = Annotated[
    int,
    typer.Option(
        "--perturb", min=0, max=10000, help="Try so many disturbed codings of the events."
    ),
]
Flip = Annotated[
    float, typer.Option("--flip", min=0, max=1, help="Probability that a direction is flipped.")
]
Shift = Annotated[
    float, typer.Option("--shift", min=0, max=1, help="Probability that a magnitude is shifted.")
]


@explained
def record(
    model: ModelName,
    claim: Annotated[
        list[str] | None,
        typer.Option("--claim", help="Only this claim, by id or number; may be repeated."),
    ] = None,
    ledger: LedgerName = None,
    reading: ReadingName = None,
    perturb: Perturb = 0,
    flip: Flip = 0.1,
    shift: Shift = 0.2,
    json: Json = False,
    out: Out = None,
    quiet: Quiet = False,
) -> None:
    """Hold the claims of a model against what happened: evidence, its weights, rivals and verdicts."""
    from reassure import load
    from reassure.cli.output import check_writable, remark, write, write_json

    check_writable(out)
    result = load(model).record(
        claim, ledger=ledger, reading=reading, perturb=perturb, flip=flip, shift=shift
    )
    if json:
        write_json(result.as_json(), out)
    elif claim:
        write("\n\n".join(_told(item, result.rivals) for item in result.results), out)
    else:
        write(_table(result), out)
    counts = result.counts()
    said = ", ".join(
        f"{count} {word or 'without a record'}" for word, count in counts.most_common()
    )
    remark(f"Ledger {result.ledger}, reading {result.reading}: {said}.", quiet=quiet)
    for item in result.results:
        for warning in item.warnings:
            remark(f"{item.id}: {warning}.", quiet=quiet)


def _table(result: RecordResult) -> str:
    from reassure.cli.tables import table

    rows = [
        (
            "" if item.number is None else str(item.number),
            item.id,
            item.verdict or "-",
            "" if item.lead is None else f"{item.lead:+.1f}",
            item.best_rival,
            ", ".join(key for key, _ in item.hinges_on),
            "" if item.sensitivity is None or item.sensitivity.perturbed is None
            else f"{item.sensitivity.perturbed:.0%}",
        )
        for item in result.results
    ]  # fmt: skip
    columns = ("no.", "claim", "the record", "dB", "best rival", "hinges on", "survives")
    return table(
        f"What the record says of {result.model}", columns, rows, numeric=("no.", "dB", "survives")
    )


def _told(item: RecordVerdict, rivals: dict[str, str]) -> str:
    lines = [f"{item.id}: {item.text}", f"  the record: {item.verdict or 'nothing declared'}"]
    if item.expects:
        lines.append(f"  for it: {item.expects}")
    if item.against:
        lines.append(f"  against it: {item.against}")
    if item.would_be_seen:
        lines.append(f"  not observable: {item.would_be_seen}")
    for seen in item.evidence:
        group = f" (group {seen.group})" if seen.group else ""
        lines.append(f"  {seen.key}{group}: {', '.join(seen.ids)}")
        lines.append(f"    {seen.what}")
        weighed = ", ".join(
            f"{value:+.1f} dB against {name}" for name, value in seen.weights.items()
        )
        lines.append(f"    {weighed}: {seen.because}")
    for name, total in item.weights.items():
        best = ", the best rival" if name == item.best_rival else ""
        lines.append(f"  in all {total:+.1f} dB against {name}{best}: {rivals.get(name, '')}")
    lines.extend(f"  hinges on {key}: without it {word}" for key, word in item.hinges_on)
    if item.sensitivity is not None:
        firm = item.sensitivity
        lines.append(
            f"  {firm.margin:.1f} dB from the next verdict; stays without any one of "
            f"{firm.leave_one_out:.0%} of the pieces"
        )
        if firm.perturbed is not None:
            lines.append(f"  stays under {firm.perturbed:.0%} of {firm.codings} disturbed codings")
    if item.note:
        lines.append(f"  note: {item.note}")
    return "\n".join(lines)


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command(name="record")(record)
