"""The picture of a weighing: how the difference of each reading from the best grew over time."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from reassure.report.plots import DASHES, INK, PALETTE
from reassure.report.wording import plain_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from reassure.history.weighing import Weighed, Weighing

MOST = 5
"""Measurements that are drawn on their own; the others are drawn as one."""


def weighing_figure(found: Weighing) -> Figure:
    """A panel for each reading but the best: its summed difference from that, in all and by measurement."""
    from matplotlib.figure import Figure

    best, *rest = found.readings
    figure = Figure(figsize=(8.0, 3.0 * len(rest) + 0.9), layout="constrained")
    grid = figure.subplots(len(rest), 1, sharex=True, squeeze=False)
    for axes, item in zip(grid.flat, rest, strict=True):
        _panel(axes, found, item)
    figure.suptitle(
        f"Against {best.name}, which has the highest sum of log densities\n{_folded(found.sentence)}",
        fontsize=9.5,
        x=0.01,
        ha="left",
    )
    figure.supxlabel(
        "sum of differences of log density since the first time, nats: below zero foretold worse; band: two "
        "standard errors\nof the sum to that time; open marks: k-hat above its limit",
        fontsize=8,
        x=0.01,
        ha="left",
    )
    return figure


def _panel(axes: Axes, found: Weighing, item: Weighed) -> None:
    best = found.readings[0]
    years = np.array([_year(text) for text in found.dates])
    apart = item.foretold.elpd - best.foretold.elpd
    total = np.cumsum(apart)
    error = np.array([_error(apart[: k + 1], found.ahead) for k in range(len(apart))])
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.fill_between(
        years, total - 2 * error, total + 2 * error, color="#999999", alpha=0.25, lw=0
    )
    axes.plot(years, total, color=INK, linewidth=3.0, label=f"all ({total[-1]:+.1f})")
    high = (item.foretold.khat > item.foretold.limit) | (best.foretold.khat > best.foretold.limit)
    axes.plot(years[high], total[high], "o", mfc="white", mec=INK, ms=4)
    for k, (label, path) in enumerate(_paths(found, item)):
        axes.plot(
            years,
            path,
            color=PALETTE[k % len(PALETTE)],
            linestyle=DASHES[k % len(DASHES)],
            linewidth=1.3,
            label=f"{label} ({path[-1]:+.1f})",
        )
    axes.set_title(item.name, fontsize=9, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8, colors=INK)
    axes.legend(fontsize=7.5, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))


def _paths(found: Weighing, item: Weighed) -> list[tuple[str, np.ndarray]]:
    """Summed differences by measurement: the largest each, the others as one."""
    apart = item.by_measurement - found.readings[0].by_measurement
    order = [found.measurements.index(gap.measurement) for gap in found.gaps(item.name)]
    few = order[:MOST] if len(order) > MOST + 1 else order
    paths = [(plain_name(found.measurements[k]), np.cumsum(apart[:, k])) for k in few]
    others = order[len(few) :]
    if others:
        paths.append((f"{len(others)} others", np.cumsum(apart[:, others].sum(axis=1))))
    return paths


def _error(values: np.ndarray, ahead: int) -> float:
    from reassure.history.scores import error_of_sum

    return error_of_sum(values, ahead)


def _year(text: str) -> float:
    day = date.fromisoformat(text)
    return day.year + (day.timetuple().tm_yday - 1) / 365.25


def _folded(text: str) -> str:
    import textwrap

    return textwrap.fill(text, 105)
