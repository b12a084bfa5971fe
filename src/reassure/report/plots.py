"""Pictures of results, as self-contained SVG text.

The two kinds of uncertainty are never drawn as one band: what nobody knows (scenarios) is a filled
band, chance inside a scenario is a hatched one. Colour is never the only carrier: lines differ by dash
and are named at their ends, bars by hatch and by text.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[np.float64]

# Okabe & Ito (2008): told apart under the common kinds of colour blindness.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
DASHES: tuple[Any, ...] = ("-", (0, (6, 2)), (0, (2, 2)), (0, (8, 2, 2, 2)), (0, (1, 1)))
INK = "#222222"


@dataclass(frozen=True, slots=True)
class Fan:
    """Paths of one quantity under one policy.

    Attributes:
        label: the policy.
        middle, low, high: over scenarios, the median, 5th and 95th percentile of the replication mean,
            each [step].
        chance_low, chance_high: the 5th and 95th percentile over replications inside a scenario, averaged
            over scenarios and laid around ``middle``, each [step].
    """

    label: str
    middle: Array
    low: Array
    high: Array
    chance_low: Array
    chance_high: Array


def fan(label: str, paths: Array) -> Fan:
    """Reduce ``paths`` [scenario, replication, step] to a :class:`Fan`."""
    mean = paths.mean(axis=1)
    low, middle, high = np.quantile(mean, [0.05, 0.5, 0.95], axis=0)
    within = np.quantile(paths, [0.05, 0.95], axis=1) - mean[None]
    spread_low, spread_high = within.mean(axis=1)
    return Fan(label, middle, low, high, middle + spread_low, middle + spread_high)


def fan_chart(
    title: str,
    years: Array,
    fans: Sequence[Fan],
    *,
    unit: str = "",
    bounds: tuple[float, float] | None = None,
) -> str:
    """One panel a policy, side by side on one scale, so that bands never hide each other."""
    from matplotlib.figure import Figure

    columns = min(len(fans), 3)
    rows = -(-len(fans) // columns)
    figure = Figure(figsize=(3.1 * columns + 0.5, 2.3 * rows + 0.7), layout="constrained")
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for index, (axes, item) in enumerate(zip(grid.flat, fans, strict=False)):
        colour = PALETTE[index % len(PALETTE)]
        axes.fill_between(years, item.low, item.high, color=colour, alpha=0.25, linewidth=0)
        axes.fill_between(
            years,
            item.chance_low,
            item.chance_high,
            facecolor="none",
            edgecolor=colour,
            hatch="////",
            linewidth=0.0,
            alpha=0.9,
        )
        axes.plot(years, item.middle, color=colour, linewidth=1.8)
        axes.set_title(item.label, fontsize=9, loc="left")
        plain_axes(axes)
        if bounds is not None:
            axes.set_ylim(*bounds)
    for axes in list(grid.flat)[len(fans) :]:
        axes.set_visible(False)
    figure.supxlabel(
        "line: median; filled: what nobody knows (scenarios); hatched: chance inside a scenario",
        fontsize=8,
        x=0.01,
        ha="left",
    )
    figure.suptitle(
        title + (f" ({unit})" if unit and unit != "1" else ""), fontsize=10, x=0.01, ha="left"
    )
    return svg_of(figure, f"Fan charts of {title} under each policy")


@dataclass(frozen=True, slots=True)
class Swing:
    """How far an outcome moves with one parameter: its mean in the parameter's lowest and highest third."""

    name: str
    low: float
    high: float


def swings(parameters: Mapping[str, Array], outcome: Array) -> list[Swing]:
    """Swings of ``outcome`` [scenario] with each of ``parameters`` [scenario], largest first.

    A parameter that does not vary has none.
    """
    found = []
    third = max(len(outcome) // 3, 1)
    for name, values in parameters.items():
        if np.ptp(values) == 0:
            continue
        order = np.argsort(values, kind="stable")
        found.append(
            Swing(name, float(outcome[order[:third]].mean()), float(outcome[order[-third:]].mean()))
        )
    return sorted(found, key=lambda item: -abs(item.high - item.low))


def tornado(
    title: str, centre: float, items: Sequence[Swing], *, noise: float, unit: str = ""
) -> str:
    """Bars of the largest swings around the overall mean.

    Args:
        centre: the outcome's mean over scenarios.
        items: the swings to show, largest first.
        noise: half the width of the band within which a swing could be chance alone.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.6, 0.28 * len(items) + 1.1), layout="constrained")
    axes = figure.subplots()
    axes.axvspan(centre - noise, centre + noise, color="#dddddd", linewidth=0)
    for row, item in enumerate(items):
        axes.barh(row, item.low - centre, left=centre, color=PALETTE[0], height=0.62)
        axes.barh(
            row,
            item.high - centre,
            left=centre,
            color=PALETTE[1],
            height=0.62,
            hatch="///",
            alpha=0.85,
        )
    axes.set_yticks(range(len(items)), [item.name for item in items], fontsize=8)
    axes.invert_yaxis()
    axes.axvline(centre, color=INK, linewidth=0.8)
    plain_axes(axes)
    axes.set_title(title + (f" ({unit})" if unit and unit != "1" else ""), fontsize=10, loc="left")
    axes.set_xlabel("plain: lowest third of the parameter; hatched: highest third", fontsize=8)
    return svg_of(figure, f"Tornado of {title}")


SHARE_STYLES: dict[str, tuple[str, str]] = {
    "supports": ("#0072B2", ""),
    "no_effect": ("#dddddd", ""),
    "undetermined": ("#ffffff", "...."),
    "contradicts": ("#D55E00", "////"),
}


def shares_chart(title: str, rows: Sequence[tuple[str, Mapping[str, float]]]) -> str:
    """Stacked bars, one a claim: the shares of scenarios that support, contradict, show none, cannot say."""
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    figure = Figure(figsize=(7.6, 0.21 * len(rows) + 1.2), layout="constrained")
    axes = figure.subplots()
    for row, (_, shares) in enumerate(rows):
        left = 0.0
        for kind, (colour, hatch) in SHARE_STYLES.items():
            width = shares.get(kind, 0.0)
            axes.barh(
                row,
                width,
                left=left,
                color=colour,
                hatch=hatch,
                height=0.7,
                edgecolor="#888888",
                linewidth=0.3,
            )
            left += width
    axes.set_yticks(range(len(rows)), [name for name, _ in rows], fontsize=7)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(0, 1)
    axes.set_xlabel("share of scenarios", fontsize=8)
    axes.set_title(title, fontsize=10, loc="left", pad=22)
    handles = [
        Patch(facecolor=colour, hatch=hatch, edgecolor="#888888", label=kind.replace("_", " "))
        for kind, (colour, hatch) in SHARE_STYLES.items()
    ]
    axes.legend(
        handles=handles, ncols=4, fontsize=7, frameon=False, loc="lower left", bbox_to_anchor=(0, 1)
    )
    plain_axes(axes)
    return svg_of(figure, title)


def plain_axes(axes: Axes) -> None:
    """Only the axes that carry something."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8, colors=INK)


def svg_of(figure: Figure, description: str) -> str:
    """The figure as SVG that stands inside HTML: no prolog, scalable, the same bytes for the same data."""
    import matplotlib

    buffer = io.StringIO()
    with matplotlib.rc_context(
        {"svg.fonttype": "none", "svg.hashsalt": "reassure", "font.family": "sans-serif"}
    ):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Title": description})
    text = buffer.getvalue()
    return text[text.index("<svg") :]
