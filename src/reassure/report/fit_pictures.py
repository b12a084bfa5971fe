"""Pictures of a fit: what the record changed, where true values rank, what the fitted model makes of each series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reassure.history.fit.pieces import write_whole
from reassure.report.fit_report import markdown
from reassure.report.picture import Picture
from reassure.report.plots import INK, PALETTE, plain_axes, svg_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from reassure.history.fit.calibration import Ranks
    from reassure.history.fit.checks import Replicates
    from reassure.history.fit.posterior import Posterior
    from reassure.model.checked import Model

Array = NDArray[np.float64]

MOST = 12
"""Parameters in the picture of what the record changed."""


def contraction_picture(posterior: Posterior, most: int = MOST) -> Picture:
    """Prior and posterior of the scores on which the record says most."""
    from matplotlib.figure import Figure

    learnt = sorted(posterior.diagnostics.learnt, key=lambda item: -item.contraction)[:most]
    figure = Figure(figsize=(7.0, 0.36 * len(learnt) + 1.2), layout="constrained")
    axes = figure.subplots()
    for row, item in enumerate(learnt):
        values = posterior.scores[..., posterior.score_names.index(item.name)]
        low, middle, high = np.quantile(values, [0.05, 0.5, 0.95])
        axes.plot([-1.645, 1.645], [row, row], color="#bbbbbb", linewidth=7, solid_capstyle="butt")
        axes.plot([low, high], [row, row], color=PALETTE[0], linewidth=2.5)
        axes.plot([middle], [row], "o", color=PALETTE[0], markersize=4)
        axes.text(
            1.01, row, f"{item.contraction:.2f} {item.kind}", fontsize=7, color=INK, va="center",
            transform=axes.get_yaxis_transform(),
        )  # fmt: skip
    axes.set_yticks(range(len(learnt)), [item.name for item in learnt], fontsize=8)
    axes.set_ylim(len(learnt) - 0.4, -0.6)
    axes.axvline(0, color=INK, linewidth=0.6, linestyle=(0, (2, 2)))
    axes.set_xlabel("prior standard deviations", fontsize=8)
    title = "What the record changed"
    if not posterior.converged:
        title += " (THE FIT DID NOT CONVERGE)"
    axes.set_title(title, fontsize=10, loc="left")
    plain_axes(axes)
    caption = (
        "Parameters on which the record says most, as normal scores. Broad and grey: 5th to 95th percentile of the "
        "prior; narrow: of the posterior, with its median. On the right the contraction."
    )
    return Picture(svg_of(figure, title), caption)


def ranks_picture(ranks: Ranks, most: int = 24) -> Picture:
    """Where true values rank among posterior draws: the difference of their distribution from a uniform one.

    After Säilynoja, Bürkner & Vehtari (2022), Statistics and Computing 32, 32.
    """
    from matplotlib.figure import Figure

    from reassure.history.fit.calibration import SIGNIFICANT

    worst = np.argsort(ranks.p_values, kind="stable")[:most].tolist()
    suspect = ranks.suspect
    columns = min(4, len(worst))
    high = -(-len(worst) // columns)
    figure = Figure(figsize=(2.1 * columns + 0.4, 1.5 * high + 0.8), layout="constrained")
    grid = figure.subplots(high, columns, sharex=True, sharey=True, squeeze=False)
    at, low, top = ranks.band()
    for axes, index in zip(grid.flat, worst, strict=False):
        difference = ranks.distribution(index, at) - at
        inside = bool((difference >= low - at).all() and (difference <= top - at).all())
        axes.fill_between(at, low - at, top - at, color="#dddddd", linewidth=0, step="post")
        colour = PALETTE[0] if inside else PALETTE[1]
        axes.step(at, difference, where="post", color=colour, linewidth=1.3 if inside else 2.2)
        name = ranks.names[index]
        axes.set_title(f"{name}: uneven" if name in suspect else name, fontsize=7, loc="left")
        plain_axes(axes)
    for axes in list(grid.flat)[len(worst) :]:
        axes.set_visible(False)
    figure.supxlabel("rank of the true value among posterior draws", fontsize=8)
    title = (
        f"Simulation-based calibration over {ranks.records} records: "
        f"the {len(worst)} least even of {len(ranks.names)}"
    )
    figure.suptitle(title, fontsize=10, x=0.01, ha="left")
    caption = (
        "Share of simulated records in which the true value ranks below, less the share that a calibrated fit would "
        "have; grey: 95 percent of calibrated fits lie in it at every rank. The least even are shown first: of "
        f"{len(ranks.names)} some {SIGNIFICANT * len(ranks.names):.0f} leave the band by chance (thick lines), here "
        f"{int((ranks.p_values < SIGNIFICANT).sum())} do."
    )
    return Picture(svg_of(figure, title), caption)


def checks_picture(series: Mapping[str, Replicates]) -> Picture:
    """Each series as observed, over the range of those replicated from the fitted model."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 1.5 * len(series) + 0.6), layout="constrained")
    grid = figure.subplots(len(series), 1, squeeze=False)
    for axes, (name, item) in zip(grid.flat, series.items(), strict=True):
        _check(axes, name, item)
    title = "What the fitted model makes of each series"
    figure.suptitle(title, fontsize=10, x=0.01, ha="left")
    caption = (
        "Dots: observed; filled: 5th to 95th percentile of records replicated from the posterior; line: their median. "
        "Crosses are observed values outside of that range."
    )
    return Picture(svg_of(figure, title), caption)


def _check(axes: Axes, name: str, item: Replicates) -> None:
    at = np.arange(item.observed.size)
    low, middle, high = np.nanquantile(item.replicated, [0.05, 0.5, 0.95], axis=0)
    axes.fill_between(at, low, high, color=PALETTE[0], alpha=0.25, linewidth=0, step="mid")
    axes.step(at, middle, where="mid", color=PALETTE[0], linewidth=1.0)
    out = (item.observed < low) | (item.observed > high)
    axes.plot(at[~out], item.observed[~out], "o", color=INK, markersize=2.5)
    axes.plot(at[out], item.observed[out], "x", color=PALETTE[1], markersize=5)
    axes.set_title(f"{name}: {np.mean(out):.0%} outside", fontsize=8, loc="left")
    if item.dates:
        ticks = at[:: max(len(at) // 6, 1)]
        axes.set_xticks(ticks, [item.dates[i] for i in ticks])
    plain_axes(axes)


def write_report(
    posterior: Posterior, model: Model, extra: Sequence[tuple[str, Picture]] = ()
) -> None:
    """Write ``report.md`` and its pictures into the fit's folder.

    Args:
        extra: further pictures, (name, picture).
    """
    drawn = [("contraction", contraction_picture(posterior)), *extra]
    if posterior.replicates:
        drawn.append(("checks", checks_picture(posterior.replicates)))
    for name, picture in drawn:
        write_whole(posterior.folder / f"{name}.svg", picture.svg.encode())
    named = [(picture.caption, f"{name}.svg") for name, picture in drawn]
    write_whole(posterior.folder / "report.md", markdown(posterior, model, named).encode())
