"""Write docs/easley2007/updated.md: the argument after the record, and what a fit makes of it.

    python docs/generate_updated.py FITS

Fits of both readings are made in the folder FITS, or taken up there: a quarter of an hour each on two cores. Verdicts
and weights take five minutes more.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from verdict_changes import REPLICATIONS, SCENARIOS, changes

import reassure
from reassure.engine.cache import keep_compiled
from reassure.history.fit.diagnostics import IDENTIFIED, NOT, WEAKLY
from reassure.history.weighing import Weighing
from reassure.report.fit_report import identified, verdict
from reassure.study.comparison import Comparison

PAGE = Path(__file__).parent / "easley2007" / "updated.md"
PAPER, UPDATED = "easley2007", "easley2007-updated"


def main() -> None:
    keep_compiled()
    arguments = [reassure.load(name) for name in (PAPER, UPDATED)]
    folders = [Path(sys.argv[1]) / name for name in (PAPER, UPDATED)]
    fits = [
        argument.fit(folder, progress=lambda done, total: print(f"{done} of {total}", flush=True))
        for argument, folder in zip(arguments, folders, strict=True)
    ]
    if not all(fit.converged for fit in fits):
        raise SystemExit("a fit did not converge: nothing is written")
    asked: dict[str, Any] = {"scenarios": SCENARIOS, "max_replications": REPLICATIONS}
    PAGE.write_text(
        page(
            fits[1],
            reassure.compare(*arguments, **asked),
            reassure.compare(arguments[1], posterior=fits[1], **asked),
            reassure.weigh(*folders),
        ),
        encoding="utf-8",
    )


def page(
    found: reassure.Posterior, changed: Comparison, fitted: Comparison, weighed: Weighing
) -> str:
    diagnostics, made = found.diagnostics, found.facts
    told = dict(identified(diagnostics))
    rest = len(diagnostics.of_kind(NOT))
    return f"""# The argument after the record

<!-- Written by docs/generate_updated.py. -->

`{UPDATED}` is the paper's model with [eight changes](../models/easley2007-updated.md) that the years
to April 2026 suggest, made with hindsight and before any fit. Here is what they change in the verdicts, what a fit
to the record changes then, and whether the changed model foretells the record better.

    reassure compare {PAPER} {UPDATED}
    reassure fit {PAPER} --out fits/{PAPER}
    reassure fit {UPDATED} --out fits/{UPDATED}
    reassure compare {UPDATED} --posterior fits/{UPDATED}
    reassure weigh fits/{PAPER} fits/{UPDATED}

Each claim is tested over {SCENARIOS} scenarios, with up to {REPLICATIONS} replications; in parentheses the share of
scenarios that support it. Near a border a verdict can change by the luck of so few scenarios.

## What the eight changes do

{changes(changed, "the paper", "after the record")}

## What the fit does

{verdict(diagnostics)} It is that of {made["chains"]} chains of {made["draws"]} draws after {made["warmup"]}.

Identified by the record, with the share of the prior's variance that it takes away: {told[IDENTIFIED]}.

Weakly identified: {told[WEAKLY]}.

Of the other {rest} parameters the record says little or nothing.

{changes(fitted, "before the fit", "after it")}

## Which foretells the record better

From {weighed.dates[0]} on each value is foretold from what came before it
([how](../fit.md#rival-readings-weighed)). The changed model was written by somebody who knew what came, and that counts
for it here: a model that is fitted to a record by hand foretells that record well.

{foretold(weighed)}
"""


def foretold(weighed: Weighing) -> str:
    """The weights, and the sentence that may be drawn from them."""
    rows = []
    for row, item in weighed.rows:
        error = "" if row is weighed.rows[0][0] else f"{row.difference_error:.1f}"
        rows.append(
            f"| {row.name} | {row.elpd:.1f} | {row.difference:.1f} | {error} | {row.stacking:.2f} | "
            f"{item.foretold.khat.max():.2f} | {row.unsound} of {len(weighed.dates)} |"
        )
    gaps = weighed.gaps(weighed.readings[1].name)
    most = ", ".join(f"{gap.measurement} ({gap.difference:+.1f})" for gap in gaps[:4])
    said = "".join(f"\n- {line[0].upper()}{line[1:]}." for line in weighed.remarks)
    return f"""| reading | elpd | difference | its error | weight | worst k-hat | unsound |
| --- | --- | --- | --- | --- | --- | --- |
{chr(10).join(rows)}

**{weighed.sentence[0].upper()}{weighed.sentence[1:]}.** Most of the difference comes from {most}.
{said}"""


if __name__ == "__main__":
    main()
