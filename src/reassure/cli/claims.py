"""``reassure claims``: each sentence of the argument, tested scenario by scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from reassure.cli.failures import INTERRUPTED, explained
from reassure.cli.options import (
    Design,
    Json,
    KnownBy,
    ModelName,
    Most,
    OnePolicy,
    Out,
    PosteriorOption,
    Quiet,
    Replications,
    Scenarios,
    Seed,
    Settings,
    Unconverged,
    opened,
    parse_settings,
)
from reassure.cli.record import LedgerName, Perturb, ReadingName

if TYPE_CHECKING:
    from reassure.history.record import RecordResult
    from reassure.study.claims import ClaimsResult


@explained
def claims(
    model: ModelName,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[CLAIM]...", help="Only these claims, by id or number."),
    ] = None,
    scenarios: Scenarios = 128,
    replications: Replications = 16,
    max_replications: Most = 256,
    seed: Seed = 0,
    design: Design = "sobol",
    posterior: PosteriorOption = None,
    unconverged: Unconverged = False,
    policy: OnePolicy = None,
    set: Settings = None,
    known_by: KnownBy = None,
    ledger: LedgerName = None,
    reading: ReadingName = None,
    perturb: Perturb = 0,
    bars: Annotated[
        bool, typer.Option("--bars", help="Draw the shares of every claim as bars, as SVG.")
    ] = False,
    json: Json = False,
    out: Out = None,
    quiet: Quiet = False,
) -> None:
    """Test the claims of a model: in what share of scenarios does each hold?

    Beside each verdict stands the record's, where the model names a ledger or --ledger gives one.

    --policy gives the ground on which claims are tested that name none of their own.
    """
    from reassure import load
    from reassure.cli.output import check_writable, remark, write, write_json
    from reassure.cli.progress import progress_bar
    from reassure.engine.cache import keep_compiled
    from reassure.model.mistakes import UsageError

    if json and bars:
        raise UsageError("--json and --bars exclude each other", "keep one of them")
    check_writable(out)
    keep_compiled()
    argument = load(model, known_by=known_by)
    record = None
    if ledger or argument.model.ledger:
        record = argument.record(names, ledger=ledger, reading=reading, perturb=perturb)
    elif reading or perturb:
        raise UsageError("--reading and --perturb need a ledger", "give --ledger LEDGER")
    with progress_bar("testing claims", quiet=quiet) as progress:
        result = argument.claims(
            names=names,
            scenarios=scenarios,
            replications=replications,
            max_replications=max_replications,
            seed=seed,
            design=design,
            posterior=opened(posterior, unconverged),
            policy=policy,
            set=parse_settings(set),
            progress=progress,
        )
    if json:
        write_json(beside(result, record), out)
    elif bars:
        write(argument.shares(result).svg, out)
    else:
        write(_table(result, record), out)
        remark(result.summary(), quiet=quiet)
    if not result.complete:
        remark("Stopped early: claims that were not finished are undetermined.")
        raise typer.Exit(INTERRUPTED)


def beside(result: ClaimsResult, record: RecordResult | None) -> dict[str, Any]:
    """The verdicts as plain values, each with the record's beside it."""
    found = result.as_json()
    if record is not None:
        from reassure.history.record import together

        by_id = {item.id: item for item in record.results}
        for claim in found["claims"]:
            item = by_id[claim["id"]]
            claim["record"] = item.as_json() if item.verdict else None
            claim["together"] = together(claim["verdict"], item.verdict)
    return found


def _table(result: ClaimsResult, record: RecordResult | None) -> str:
    from reassure.cli.tables import table
    from reassure.history.record import together

    columns = (
        "no.",
        "claim",
        "verdict",
        *(() if record is None else ("the record", "together")),
        "standing",
        "supports",
        "none",
        "contra",
        "open",
        "where it fails",
    )
    said = {} if record is None else {item.id: item.verdict for item in record.results}
    rows = [
        (
            "" if item.number is None else str(item.number),
            item.id,
            item.verdict,
            *(
                ()
                if record is None
                else (said[item.id] or "-", together(item.verdict, said[item.id]))
            ),
            item.standing,
            *(
                "" if item.verdict == "not testable" else f"{share:.0%}"
                for share in (item.supports, item.no_effect, item.contradicts, item.undetermined)
            ),
            item.note if item.verdict == "not testable" else item.hinges,
        )
        for item in result.results
    ]
    return table(
        f"Claims of {result.model}",
        columns,
        rows,
        numeric=("no.", "supports", "none", "contra", "open"),
    )


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command(name="claims")(claims)
