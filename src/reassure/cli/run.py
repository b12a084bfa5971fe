"""``reassure run``: futures of a model, policy by policy."""

from __future__ import annotations

from typing import Annotated

import typer

from reassure.cli.failures import INTERRUPTED, explained
from reassure.cli.options import (
    Design,
    Json,
    ModelName,
    Out,
    Policies,
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
from reassure.cli.record import LedgerName, ReadingName


@explained
def run(
    model: ModelName,
    scenarios: Scenarios = 256,
    replications: Replications = 16,
    seed: Seed = 0,
    design: Design = "sobol",
    posterior: PosteriorOption = None,
    unconverged: Unconverged = False,
    policy: Policies = None,
    set: Settings = None,
    precision: Annotated[
        str, typer.Option("--precision", help="float32 (fast) or float64 (twice the digits).")
    ] = "float32",
    futures: Annotated[
        bool,
        typer.Option("--futures", help="With --json: every future's outcomes too."),
    ] = False,
    fan: Annotated[
        str | None,
        typer.Option(
            "--fan", metavar="NAME", help="Draw how this quantity moves over time, as SVG."
        ),
    ] = None,
    tornado: Annotated[
        str | None,
        typer.Option(
            "--tornado", metavar="OUTCOME", help="Draw what this outcome hinges on, as SVG."
        ),
    ] = None,
    from_record: Annotated[
        str | None,
        typer.Option(
            "--from-record",
            metavar="DATE",
            help="Every future follows the record up to this date, and each policy rules from there on "
            "(as-it-happened, too: levers stay). What was measured weighs chance, not scenarios: take those of "
            "a --posterior. Always in float64.",
        ),
    ] = None,
    ledger: LedgerName = None,
    reading: ReadingName = None,
    known_by: Annotated[
        str | None,
        typer.Option(
            "--known-by",
            metavar="DATE",
            help="A strict reading: without what the file says became known after this date. With --from-record "
            "the record, too, is as known on it; left out, on that of --from-record.",
        ),
    ] = None,
    json: Json = False,
    out: Out = None,
    quiet: Quiet = False,
) -> None:
    """Run a model over uncertain futures and summarise its outcomes for each policy.

    Quantiles are over scenarios of the mean over replications; chance inside a scenario is given apart.
    With --from-record DATE outcomes are still read over the whole run: the record's part is in their totals.
    With --out FILE.nc the futures are written as a NetCDF dataset. --fan and --tornado draw instead.
    """
    from reassure import load
    from reassure.cli.output import check_writable, remark, write, write_json
    from reassure.cli.progress import progress_bar
    from reassure.engine.cache import keep_compiled
    from reassure.model.mistakes import UsageError, suggest

    if futures and not json:
        raise UsageError("--futures goes with --json", "add --json, or write --out FILE.nc")
    if sum((json, fan is not None, tornado is not None)) > 1:
        raise UsageError("--json, --fan and --tornado exclude each other", "keep one of them")
    check_writable(out)
    dataset = out is not None and out.suffix in {".nc", ".zarr"}
    if dataset and (json or fan or tornado):
        raise UsageError(
            f"--out {out} is for the dataset alone", "leave out --json, --fan and --tornado"
        )
    keep_compiled()
    argument = load(model, known_by=known_by)
    outcomes = [outcome.name for outcome in argument.model.outcomes]
    if tornado is not None and tornado not in outcomes:
        raise UsageError(
            f"{tornado!r} is no outcome",
            suggest(tornado, outcomes) or "`reassure show MODEL outcomes` lists them",
        )
    with progress_bar(
        "running", quiet=quiet, of="futures" if from_record is None else "steps"
    ) as progress:
        result = argument.run(
            policies=policy,
            scenarios=scenarios,
            replications=replications,
            seed=seed,
            design=design,
            posterior=opened(posterior, unconverged),
            set=parse_settings(set),
            precision=precision,
            trajectories=[] if fan is None else [fan],
            futures=futures or dataset or tornado is not None,
            from_record=from_record,
            ledger=ledger,
            reading=reading,
            known_by=None if from_record is None else known_by,
            progress=progress,
        )
    if dataset:
        assert out is not None
        result.save(out)
        remark(f"{out} written", quiet=quiet)
    elif fan is not None:
        write(argument.fan_chart(result, fan).svg, out)
    elif tornado is not None:
        write(argument.tornado(result, tornado).svg, out)
    elif json:
        write_json(result.as_json(futures=futures), out)
    else:
        write(_tables(result), out)
        remark(
            f"{result.futures:,} futures in {result.seconds:.2f} s "
            f"({result.futures_per_second:,.0f}/s; compiled in {result.compile_seconds:.1f} s)",
            quiet=quiet,
        )
    for line in result.remarks:
        remark(line, quiet=quiet)
    if not result.complete:
        remark("Stopped early: the figures are of the futures finished by then.")
        raise typer.Exit(INTERRUPTED)


def _tables(result: object) -> str:
    """One table a policy: outcomes by mean, quantiles over scenarios, and chance inside a scenario."""
    from reassure.cli.tables import table
    from reassure.study.result import RunResult

    assert isinstance(result, RunResult)
    columns = ("outcome", "mean", "p05", "p50", "p95", "chance", "unit")
    blocks = []
    for policy in result.policies:
        rows = [
            (
                row.outcome,
                *(f"{value:.3g}" for value in (row.mean, row.p05, row.p50, row.p95, row.chance)),
                "" if row.unit == "1" else row.unit,
            )
            for row in result.summary(policy)
        ]
        blocks.append(f"{policy}\n" + table("", columns, rows, numeric=columns[1:6]))
    return "\n\n".join(blocks)


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command(name="run")(run)
