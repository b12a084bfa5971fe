"""Pictures of nowcasts and counterfactuals: fans with the record up to a date, and on from it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reassure.history.otherwise import NOTE
from reassure.model.mistakes import UsageError
from reassure.report.plots import DASHES, INK, PALETTE
from reassure.report.wording import plain_name
from reassure.study.main_outcomes import main_states
from reassure.study.quantities import quantities

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from reassure.history.bands import Fan
    from reassure.history.nowcast import Nowcast
    from reassure.history.otherwise import Counterfactual
    from reassure.model.checked import Model

MOST_PANELS = 6
PAST = "#555555"


def check_picture(path: Path) -> None:
    """Refuse before the work begins what is no picture.

    Raises:
        UsageError: the file is neither .png nor .svg.
    """
    if path.suffix.lower() not in (".png", ".svg"):
        raise UsageError(f"--plot {path} is neither .png nor .svg", "name such a file")


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure to a ``.png`` or ``.svg`` file; the same bytes for the same data."""
    import matplotlib

    path.parent.mkdir(parents=True, exist_ok=True)
    undated: Any = {"Date": None} if path.suffix.lower() == ".svg" else None
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "reassure"}):
        figure.savefig(path, dpi=160, facecolor="white", metadata=undated)


def nowcast_figure(model: Model, found: Nowcast) -> Figure:
    """A row for each of the first quantities, a column for each policy: the past and the years ahead."""
    from matplotlib.figure import Figure

    names = _panels(model, list(found.now))
    policies = list(found.outlooks.values())
    pairs = [(name, item) for name in names for item in policies]
    columns = len(policies) if len(policies) > 1 else min(len(names), 3)
    rows = -(-len(pairs) // columns)
    figure = Figure(figsize=(3.5 * columns + 0.6, 2.2 * rows + 1.0), layout="constrained")
    grid = figure.subplots(
        rows, columns, sharex=True, sharey="row" if len(policies) > 1 else False, squeeze=False
    )
    for index, (axes, (name, item)) in enumerate(zip(grid.flat, pairs, strict=False)):
        number = index % columns if len(policies) > 1 else 0
        past, ahead = found.past[name], item.fans[name]
        _band(axes, past, PAST, "-")
        _band(axes, ahead, PALETTE[number % len(PALETTE)], DASHES[number % len(DASHES)])
        axes.axvline(_year(found.at), color=INK, linewidth=0.8, linestyle=(0, (2, 2)))
        title = _title(model, name)
        if len(policies) > 1:
            title += f"\n{plain_name(item.policy)}"
        _dress(model, axes, name, title, [past, ahead])
    for axes in list(grid.flat)[len(pairs) :]:
        axes.set_visible(False)
    _legend(figure, f"{found.model} on {found.at}", "grey: as the record has it; colour: ahead")
    return figure


def counterfactual_figure(model: Model, found: Counterfactual) -> Figure:
    """The first quantities as they went, and as they would have gone.

    Raises:
        UsageError: no quantity was read.
    """
    from matplotlib.figure import Figure

    names = _panels(model, list(found.factual))
    if not names:
        raise UsageError("only outcomes were read, which have no path to draw", "add --of QUANTITY")
    columns = min(len(names), 3)
    rows = -(-len(names) // columns)
    figure = Figure(figsize=(max(3.5 * columns, 5.5) + 0.6, 2.3 * rows + 1.0), layout="constrained")
    grid = figure.subplots(rows, columns, sharex=True, squeeze=False)
    for axes, name in zip(grid.flat, names, strict=False):
        was, would = found.factual[name], found.counterfactual[name]
        _band(axes, was, PAST, "-")
        _band(axes, would, PALETTE[0], DASHES[1], hatch="////")
        axes.axvline(_year(found.at), color=INK, linewidth=0.8, linestyle=(0, (2, 2)))
        _dress(model, axes, name, _title(model, name), [was, would])
    for axes in list(grid.flat)[len(names) :]:
        axes.set_visible(False)
    _legend(
        figure,
        f"{found.model}: {found.otherwise} from {found.at}\n{NOTE}",
        "grey, full: as it went; blue, dashed and hatched: otherwise",
    )
    return figure


def _panels(model: Model, names: Sequence[str]) -> list[str]:
    """The quantities on which the argument turns most, of those at hand."""
    main = [item.name for item in main_states(model, MOST_PANELS) if item.name in names]
    rest = [name for name in names if name not in main]
    return [*main, *rest][:MOST_PANELS]


def _band(axes: Axes, item: Fan, colour: str, dash: Any, *, hatch: str = "") -> None:
    years = np.array([_year(text) for text in item.dates])
    look: dict[str, Any] = {"color": colour, "linewidth": 0}
    axes.fill_between(years, item.p05, item.p95, alpha=0.18, **look)
    axes.fill_between(years, item.p25, item.p75, alpha=0.25, **look)
    if hatch:
        axes.fill_between(
            years, item.p05, item.p95, facecolor="none", edgecolor=colour, hatch=hatch,
            linewidth=0, alpha=0.5,
        )  # fmt: skip
    axes.plot(years, item.p50, color=colour, linewidth=1.6, linestyle=dash)


def _dress(model: Model, axes: Axes, name: str, title: str, fans: list[Fan]) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_title(title, fontsize=8.5, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8, colors=INK)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    lowest = min(float(np.nanmin(item.p05)) for item in fans)
    highest = max(float(np.nanmax(item.p95)) for item in fans)
    if any(belief.name == name for belief in model.beliefs):
        axes.set_ylim(0, 1)
    elif lowest >= 0 and lowest < 0.5 * highest:
        axes.set_ylim(bottom=0)


def _title(model: Model, name: str) -> str:
    unit, about = quantities(model)[name]
    said = plain_name(name, about.label)
    if any(belief.name == name for belief in model.beliefs):
        return f"{said} (probability)"
    return said if unit.text == "1" else f"{said} ({unit.text})"


def _legend(figure: Figure, title: str, colours: str) -> None:
    figure.suptitle(title, fontsize=10, x=0.01, ha="left")
    figure.supxlabel(
        f"{colours}; line: median; bands: half and nine tenths of the futures",
        fontsize=8,
        x=0.01,
        ha="left",
    )


def _year(date: str) -> float:
    """A date of a step as a number of years."""
    year, month, *day = (int(part) for part in date.split("-"))
    return year + (month - 1) / 12 + ((day[0] - 1) / 365.25 if day else 0.0)
