"""A backtest in words and tables: for the terminal, and as a page in Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from reassure.history.backtest.result import TIE, UNSHARED
from reassure.history.backtest.simple import BASELINES
from reassure.history.scores import BETTER, NO_BETTER, UNTOLD, WORSE

if TYPE_CHECKING:
    from reassure.history.backtest import Backtest, Standing

COLUMNS = (
    "target",
    "values",
    "years",
    "CRPS",
    "best baseline",
    "its CRPS",
    "skill",
    "90%",
    "verdict",
)
NUMERIC = ("values", "years", "CRPS", "its CRPS", "skill")

ASSUMPTION = (
    "Scores of one calendar year count as one piece of evidence, and different years as independent: that is "
    "an assumption. Few origins alone could never tell: no outcome of four has a p-value below 0.125."
)
HARSH = "The best baseline of each target is chosen after the fact, by its scores, which is to its advantage."


def table_rows(found: Backtest, reading: str) -> list[tuple[str, ...]]:
    """A row for all targets together and one for each: a reading against the best baseline."""
    return [_row(item) for item in (found.standing(reading), *found.standings(reading))]


def _row(item: Standing) -> tuple[str, ...]:
    paired = item.paired
    name = item.target or "all, relative"
    if paired is None:
        return (
            name,
            str(item.values),
            str(item.years),
            number(item.crps),
            "none",
            "",
            "",
            "",
            UNTOLD,
        )
    skill, low, high = item.skill
    return (
        name,
        str(paired.targets),
        str(paired.clusters),
        number(paired.ours),
        item.best,
        number(paired.theirs),
        _signed(skill),
        f"{_signed(low)} to {_signed(high)}",
        paired.verdict,
    )


def number(value: float) -> str:
    """Three digits, without an exponent."""
    if not np.isfinite(value):
        return "infinite" if value > 0 else "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _signed(value: float) -> str:
    return "?" if not np.isfinite(value) else f"{value:+.2f}"


def sentences(found: Backtest, reading: str) -> list[str]:
    """The verdict on each target, in words."""
    return [
        f"{found.labels[item.target]} ({item.target}): {_said(item)}"
        for item in found.standings(reading)
    ]


def _said(item: Standing) -> str:
    return item.sentence.removeprefix(f"{item.target}: ")


def summary(found: Backtest, reading: str) -> str:
    """How many targets are better, no better, worse, or cannot be told."""
    standings = found.standings(reading)
    counts = Counter(item.verdict for item in standings)
    told = ", ".join(f"{counts[word]} {word}" for word in (BETTER, NO_BETTER, WORSE, UNTOLD))
    firm = [item for item in standings if item.adjusted <= 0.1]
    if not firm:
        rest = "after adjusting for so many targets (Holm) none is better or worse"
    else:
        rest = "after adjusting for so many targets (Holm) there remain " + ", ".join(
            f"{item.target} ({item.verdict})" for item in firm
        )
    behind = [item.target for item in standings if item.paired and item.paired.difference > 0]
    ahead = [item.target for item in standings if item.paired and item.paired.difference < 0]
    return (
        f"{reading}, against the best baseline of each target: {told}; {rest}. Whatever can be told of it, the mean"
        f" score is behind on {', '.join(behind) or 'none'}, and ahead on {', '.join(ahead) or 'none'}."
    )


def rival_rows(found: Backtest) -> list[tuple[str, ...]]:
    """Each reading beside the first: relative CRPS over all targets, and the verdict, a tie, or nothing."""
    first = found.readings[0]
    rows: list[tuple[str, ...]] = []
    for name in found.readings:
        item = found.standing(name)
        same = [p.origin for p in found.parts if p.reading == name and p.same_as]
        ties = ", ".join(same) or "none"
        if name == first:
            rows.append((name, number(item.crps), "", "", ""))
            continue
        paired = item.rivals[first]
        if isinstance(paired, str):
            rows.append((name, number(item.crps), paired, "", ties))
            continue
        skill = paired.skill
        low, high = -paired.high / paired.theirs, -paired.low / paired.theirs
        span = f"{_signed(skill)} ({_signed(low)} to {_signed(high)})"
        rows.append((name, number(item.crps), paired.verdict, span, ties))
    return rows


RIVALS = ("reading", "relative CRPS", "against the first", "skill (90%)", "the same model at")


def facts(found: Backtest) -> list[str]:
    """How it was made."""
    policy = (
        "levers stay as they were at the origin: a forecaster did not know the policies to come"
        if found.policy == "as-it-was"
        else f"the policy {found.policy} rules from the origin on"
    )
    lines = [
        f"{found.draws:,} draws, seed {found.seed}; horizon {found.horizon}; {policy}.",
        ASSUMPTION,
        HARSH,
    ]
    lines += [
        f"From {o.label} the record ends before the horizon: {o.end - o.step} of {o.asked} steps are forecast."
        for o in found.origins
        if o.shortened
    ]
    for part in found.parts:
        what = f"the same model as {part.same_as}" if part.same_as else f"{part.way}: {part.said}"
        lines.append(f"{part.reading} at {part.origin}: {what}.")
    lines += [f"Not scored: {name}, {why}." for name, why in found.unscored.items()]
    if not found.complete:
        done = f"{len(found.parts)} of {len(found.readings) * len(found.origins)}"
        lines.append(f"STOPPED EARLY: {done} readings and origins are in this table.")
    return lines


def every_score(found: Backtest, reading: str) -> list[tuple[str, ...]]:
    """For each target the mean scores of a reading and of each baseline on the values that both have."""
    rows: list[tuple[str, ...]] = []
    for target in found.targets:
        for by in (reading, *BASELINES):
            pairs = found.shared(reading, by, target)
            if not pairs:
                continue
            theirs = [row for _, row in pairs]
            ours = [row for row, _ in pairs]
            brier = [row.brier for row in theirs if row.brier is not None]
            spread = found.spread(by, target)[1]
            own = "" if by == reading else f" ({number(_mean([r.crps for r in ours]))})"
            rows.append(
                (
                    target if by == reading else "",
                    by,
                    str(len(pairs)),
                    number(_mean([r.crps for r in theirs])) + own,
                    _log(theirs),
                    number(_mean(brier)) if brier else "",
                    f"{spread[0.5]:.0%}, {spread[0.9]:.0%}",
                )
            )
    return rows


SCORES = (
    "target",
    "forecast by",
    "values",
    "CRPS (the model's)",
    "log score",
    "Brier",
    "in 50%, 90%",
)


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else float("nan")


def _log(rows: Sequence[object]) -> str:
    logs = [row.log for row in rows]  # type: ignore[attr-defined]
    broken = int(np.isinf(logs).sum())
    return f"infinite ({broken})" if broken else f"{_mean(logs):.2f}"


def calibration_sentence(found: Backtest, by: str) -> str:
    """Whether what came lay where a forecaster said."""
    test, spread = found.spread(by)
    shares = ", ".join(
        f"{share:.0%} in the {level:.0%} intervals" for level, share in spread.items()
    )
    return f"{by}: {test.sentence}; {shares}."


def markdown_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of a page."""
    lines = ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def sections(found: Backtest, pictures: Sequence[tuple[str, str]] = ()) -> str:
    """The parts of a page below its title.

    Args:
        pictures: caption and file of each.
    """
    parts = ["\n".join(f"- {summary(found, name)}" for name in found.readings)]
    parts += [f"![{caption}]({file})\n\n*{caption}*" for caption, file in pictures]
    first = found.readings[0]
    parts += [
        "## Target by target",
        f"{first} against the best baseline. {HARSH} CRPS in the target's own unit, less is better; skill is"
        " 1 less the ratio of the two, so that 0 is no better. `all, relative` has each target's CRPS divided by"
        " the baselines' mean, and counts targets alike.",
        markdown_table(COLUMNS, table_rows(found, first)),
        "\n".join(f"- {line}." for line in sentences(found, first)),
    ]
    if len(found.readings) > 1:
        parts += [
            "## The readings side by side",
            "A tie is no finding: where the readings are the same model, as read at an origin, they forecast the"
            " same.",
            markdown_table(RIVALS, rival_rows(found)),
        ]
        for name in found.readings[1:]:
            said = {TIE: f"The same as {first}.", UNSHARED: f"Nothing to compare with {first}."}
            beside = found.standing(name).rivals[first]
            table = markdown_table(COLUMNS, table_rows(found, name))
            parts += [f"### {name}", said[beside] if isinstance(beside, str) else table]
    parts += ["## Calibration"]
    there = [name for name in BASELINES if found.shared(first, name)]
    parts.append(
        "\n".join(f"- {calibration_sentence(found, by)}" for by in (*found.readings, *there))
    )
    parts += [
        "## Every score",
        f"{first} and the baselines. In brackets the model's CRPS on the values that the baseline forecast too."
        " The log score is in nats, Brier's of at least one in a period, or, for dates, of within the"
        " horizon; less is better of all three. The last column has the share of values in central intervals.",
        markdown_table(SCORES, every_score(found, first)),
        "## How it was made",
        "\n".join(f"- {line}" for line in facts(found)),
    ]
    return "\n\n".join(parts) + "\n"
