"""Pictures of a backtest: skill, fans from each origin over what came, and where it came in them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from reassure.history.backtest.simple import BASELINES
from reassure.history.fit.pieces import write_whole
from reassure.history.ledger.spans import parse_span
from reassure.history.scores import BETTER, WORSE, pit_histogram
from reassure.report.backtest_report import sections
from reassure.report.picture import Picture
from reassure.report.plots import INK, PALETTE, plain_axes, svg_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from reassure.history.backtest import Backtest, Row

WIDEST = 3.0
"""Skill up to which intervals are drawn."""

MARKS = ("o", "s", "^", "D", "v", "P", "X")
PANELS = 8
LEAST = 8
"""Values that a target needs for a fan of its own."""
BINS = 10


def skill_figure(found: Backtest) -> Figure:
    """Skill against the best baseline, by target and reading, with 90 percent intervals."""
    from matplotlib.figure import Figure

    names = ("", *found.targets)
    readings = _apart(found)
    count = len(readings)
    figure = Figure(figsize=(8.4, (0.2 + 0.08 * count) * len(names) + 1.3), layout="constrained")
    axes = figure.subplots()
    for i, reading in enumerate(readings):
        standings = (found.standing(reading), *found.standings(reading))
        colour = PALETTE[i % len(PALETTE)]
        for row, item in enumerate(standings):
            y = row + (i - (count - 1) / 2) * 0.7 / count
            skill, low, high = item.skill
            if not np.isfinite(skill):
                if i == 0:
                    axes.text(0.02, row, "no baseline", fontsize=7, color=INK, va="center")
                continue
            told = item.verdict in (BETTER, WORSE)
            ends = np.clip(np.nan_to_num([low, high], posinf=9, neginf=-9), -WIDEST, WIDEST)
            axes.plot(ends, [y, y], color=colour, linewidth=1.6 if told else 0.9, alpha=0.9)
            axes.plot(
                np.clip(skill, -WIDEST, WIDEST), y, MARKS[i % len(MARKS)], color=colour,
                markersize=4, fillstyle="full" if told else "none",
                label=reading if row == 0 else None,
            )  # fmt: skip
    axes.axvline(0, color=INK, linewidth=0.7)
    reach = min(WIDEST, max(abs(end) for end in axes.get_xlim()))
    axes.set_xlim(-reach, reach)
    words = ["all targets", *(found.labels[name] for name in found.targets)]
    axes.set_yticks(range(len(names)), words, fontsize=8)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlabel("skill against the best baseline: below 0 it is beaten", fontsize=8)
    axes.set_title("Forecasts against simple baselines", fontsize=10, loc="left")
    figure.legend(loc="outside lower center", fontsize=7, frameon=False, ncols=min(count, 3))
    plain_axes(axes)
    return figure


def _apart(found: Backtest) -> tuple[str, ...]:
    """The first reading and those that can be told from it."""
    first, *rest = found.readings
    beside = {name: found.standing(name).rivals[first] for name in rest}
    return (first, *(name for name in rest if not isinstance(beside[name], str)))


def fans_figure(found: Backtest, reading: str, targets: tuple[str, ...] = ()) -> Figure:
    """What a reading forecast from each origin, and what came."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    rows = [row for part in found.parts if part.reading == reading for row in part.rows]
    drawn = list(targets or _main(rows, found.targets))[:PANELS]
    columns = min(2, len(drawn)) or 1
    high = -(-len(drawn) // columns)
    figure = Figure(figsize=(4.4 * columns, 2.2 * high + 0.5), layout="constrained")
    grid = figure.subplots(high, columns, squeeze=False)
    for axes in list(grid.flat)[len(drawn) :]:
        axes.set_visible(False)
    for axes, name in zip(grid.flat, drawn, strict=False):
        own = [row for row in rows if row.target == name]
        top = _reach(own)
        for i, origin in enumerate(found.origins):
            part = sorted((row for row in own if row.origin == origin.label), key=_when)
            if not part:
                continue
            at = [_when(row) for row in part]
            levels = np.array([row.quantiles for row in part])
            colour = PALETTE[i % len(PALETTE)]
            wide = {"linewidth": 0, "color": colour}
            if len(part) == 1:
                at, levels = [at[0] - 0.2, at[0] + 0.2], np.repeat(levels, 2, axis=0)
            axes.fill_between(at, levels[:, 0], levels[:, 4], alpha=0.18, **wide)
            axes.fill_between(at, levels[:, 1], levels[:, 3], alpha=0.3, **wide)
            axes.plot(at, levels[:, 2], color=colour, linewidth=1)
            start = parse_span(origin.day).start
            axes.axvline(
                start.year + (start.month - 1) / 12, color=colour, linewidth=0.6, linestyle=":"
            )
        axes.plot(
            [_when(r) for r in own], [r.observed for r in own], ".", color=INK, markersize=3.5
        )
        axes.set_ylim(*top)
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.set_title(found.labels[name], fontsize=8, loc="left")
        plain_axes(axes)
    figure.suptitle(
        f"{reading}: forecasts from each origin, and what came", fontsize=10, x=0.01, ha="left"
    )
    return figure


def _main(rows: list[Row], targets: tuple[str, ...]) -> tuple[str, ...]:
    """Targets with the values for a fan, most informative first: those that moved."""

    def values(name: str) -> list[float]:
        return [row.observed for row in rows if row.target == name]

    return tuple(
        name for name in targets if len(values(name)) >= LEAST and len(set(values(name))) > 2
    )


def _reach(rows: list[Row]) -> tuple[float, float]:
    """Ends of the axis: all that came and most of the bands, but no lone extreme of them."""
    seen = [row.observed for row in rows]
    low = min(*seen, float(np.quantile([row.quantiles[0] for row in rows], 0.1)))
    high = max(*seen, float(np.quantile([row.quantiles[4] for row in rows], 0.9)))
    room = 0.05 * (high - low) or 1.0
    return low - room, high + room


def _when(row: Row) -> float:
    day = parse_span(row.period).middle
    return day.year + (day.timetuple().tm_yday - 1) / 365.25


def pit_figure(found: Backtest) -> Figure:
    """Where what came lay in the forecasts: flat is calibrated."""
    from matplotlib.figure import Figure

    first = found.readings[0]
    models = _apart(found)
    names = [*models, *(n for n in BASELINES[:3] if found.shared(first, n))]
    columns = min(4, len(names))
    high = -(-len(names) // columns)
    figure = Figure(figsize=(2.3 * columns, 1.9 * high + 0.6), layout="constrained")
    grid = figure.subplots(high, columns, sharex=True, sharey=True, squeeze=False)
    for axes in list(grid.flat)[len(names) :]:
        axes.set_visible(False)
    for i, (axes, name) in enumerate(zip(grid.flat, names, strict=False)):
        rows = [row for row in found.rows if row.by == name]
        ends = np.array([r.low for r in rows]), np.array([r.high for r in rows])
        model = i < len(models)
        axes.bar(
            (np.arange(BINS) + 0.5) / BINS, pit_histogram(ends, BINS) * BINS, 0.94 / BINS,
            color=PALETTE[0] if model else "#aaaaaa",
        )  # fmt: skip
        axes.axhline(1, color=INK, linewidth=0.7, linestyle=(0, (3, 2)))
        axes.set_title(f"{name} ({len(rows)})", fontsize=7, loc="left")
        plain_axes(axes)
    figure.suptitle("Where what came lay in the forecasts", fontsize=10, x=0.01, ha="left")
    figure.supxlabel("from below the forecast (0) to above it (1); flat is calibrated", fontsize=8)
    return figure


CAPTIONS = {
    "skill": "Skill of CRPS against the best baseline of each target, with 90 percent intervals over years; filled "
    "marks are told from zero. Right of the line the reading forecast better. Readings that tie with the first are "
    "left out.",
    "fans": "Median, 50 and 90 percent bands of the forecasts from each origin (dotted lines), and what came (dots).",
    "pit": "Where what came lay in the forecasts. High at both ends: too sure. High in the middle: too unsure.",
}
"""By name of the file."""


def pictures(found: Backtest) -> dict[str, Picture]:
    """Every picture, by name."""
    made = {
        "skill": skill_figure(found),
        "fans": fans_figure(found, found.readings[0]),
        "pit": pit_figure(found),
    }
    return {
        name: Picture(svg_of(figure, CAPTIONS[name]), CAPTIONS[name])
        for name, figure in made.items()
    }


def write_report(found: Backtest, folder: Path) -> None:
    """Write ``report.md`` with its pictures, and every score as ``scores.csv``."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, picture in pictures(found).items():
        write_whole(folder / f"{name}.svg", picture.svg.encode("utf-8"))
        files.append((picture.caption, f"{name}.svg"))
    title = f"# Backtest of {', '.join(found.readings)} on {found.ledger}"
    write_whole(folder / "report.md", f"{title}\n\n{sections(found, files)}".encode())
    write_whole(folder / "scores.csv", found.as_csv().encode("utf-8"))
