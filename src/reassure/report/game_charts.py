"""Charts of games: the branch over rationality, and what a sweep finds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reassure.model.game_tree import GameTree
from reassure.model.mistakes import UsageError
from reassure.report.game_words import set_said, shortened
from reassure.report.plots import DASHES, INK, PALETTE
from reassure.study.game_sweep import Sweep

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[np.float64]

MAX_PANELS = 30


def turning_points(rationality: Array) -> list[int]:
    """Points of a branch after which its rationality runs the other way."""
    steps = np.sign(np.diff(rationality))
    return [int(i) + 1 for i in np.flatnonzero(steps[1:] * steps[:-1] < 0)]


def branch_figure(
    tree: GameTree, rationality: Array, probabilities: Array, folds: Sequence[int], *, per: str
) -> Figure:
    """The principal branch: a panel an information set, a line an action.

    Args:
        rationality: along the branch, [points]; it turns back at a fold.
        probabilities: of all actions in the tree's order, [points, actions].
        folds: points at which the branch turns.
        per: what a unit of rationality is per.

    Raises:
        UsageError: more information sets than one figure can show.
    """
    from matplotlib.figure import Figure

    count = len(tree.information_sets)
    if count > MAX_PANELS:
        raise UsageError(
            f"{count} information sets, and a figure shows at most {MAX_PANELS}", "write a .csv"
        )
    columns = 2 if count == 4 else max(min(count, 3), 1)
    rows = max(-(-count // columns), 1)
    figure = Figure(figsize=(3.1 * columns + 0.5, 2.3 * rows + 0.9), layout="constrained")
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    start = 0
    for number, (axes, item) in enumerate(zip(grid.flat, tree.information_sets, strict=False)):
        places = _apart(probabilities[-1, start : start + len(item.actions)], 0.065)
        for action, label in enumerate(item.actions):
            line = probabilities[:, start + action]
            colour = PALETTE[action % len(PALETTE)]
            dash = DASHES[action % len(DASHES)]
            axes.plot(rationality, line, color=colour, linestyle=dash, linewidth=1.6)
            axes.text(
                rationality[-1], places[action], " " + shortened(label, 14),
                color=colour, fontsize=7.5, va="center", parse_math=False,
            )  # fmt: skip
            for fold in folds:
                axes.plot(rationality[fold], line[fold], "o", ms=5, mfc="white", mec=INK, zorder=4)
        start += len(item.actions)
        player = shortened(tree.players[item.player], 24)
        axes.set_title(
            f"{player} [{shortened(set_said(tree, number), 24)}]",
            fontsize=9, loc="left", parse_math=False,
        )  # fmt: skip
        axes.set_ylim(-0.03, 1.03)
        _plain(axes)
    for axes in list(grid.flat)[count:]:
        axes.set_visible(False)
    for axes in list(grid.flat)[max(count - columns, 0) : count]:
        axes.tick_params(labelbottom=True)
        axes.set_xlabel(f"rationality {per}", fontsize=8)
    widest = max((len(a) for s in tree.information_sets for a in s.actions), default=0)
    room = 1 + 0.035 * min(widest, 14)
    grid.flat[0].set_xlim(0, float(rationality.max()) * room or 1.0)
    title = shortened(tree.title, 90)
    note = "circles: folds, where the branch turns back" if len(folds) else ""
    figure.suptitle(
        "\n".join(part for part in (title, note) if part),
        fontsize=10, x=0.01, ha="left", parse_math=False,
    )  # fmt: skip
    return figure


def _apart(heights: Array, gap: float) -> Array:
    """Heights moved so far apart that labels beside them do not overlap, within 0 and 1 if they can."""
    order = np.argsort(-heights, kind="stable")
    found = heights.astype(float)
    above = 1 + gap
    for at in order:  # from the top down
        above = found[at] = min(found[at], above - gap)
    below = min(-gap, 1 - gap * len(heights))
    for at in order[::-1]:
        below = found[at] = max(found[at], below + gap)
    return found


def sweep_figure(title: str, found: Sweep) -> Figure:
    """A line for each reading over one axis, or a map for each over two."""
    return _lines(title, found) if len(found.axes) == 1 else _maps(title, found)


def _lines(title: str, found: Sweep) -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.6, 3.8), layout="constrained")
    axes = figure.subplots()
    values = found.axes[0].values
    for number, (reading, line) in enumerate(zip(found.readings, found.values, strict=True)):
        style = {"color": PALETTE[number % 7], "linestyle": DASHES[number % 5], "linewidth": 1.8}
        axes.plot(values, line, label=shortened(reading.said, 30).lstrip("_"), **style)
    flagged = np.flatnonzero(found.flags)
    if len(flagged):
        axes.plot(values[flagged], np.zeros(len(flagged)), "|", ms=8, color=INK, label="flagged")
    if all(reading.kind != "value" for reading in found.readings):
        axes.set_ylim(-0.02, 1.02)
        axes.set_ylabel("probability", fontsize=8)
    axes.set_xlabel(shortened(found.axes[0].said, 60), fontsize=8, parse_math=False)
    axes.set_title(shortened(title, 90), fontsize=10, loc="left", parse_math=False)
    legend = axes.legend(fontsize=7.5, frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    for text in legend.get_texts():
        text.set_parse_math(False)
    _plain(axes)
    return figure


def _maps(title: str, found: Sweep) -> Figure:
    from matplotlib.figure import Figure

    count = len(found.readings)
    if count > 12:
        raise UsageError(f"{count} maps, and a figure shows at most 12", "choose with --of")
    columns = min(count, 3)
    rows = -(-count // columns)
    figure = Figure(figsize=(3.5 * columns + 0.4, 3.0 * rows + 0.5), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False)
    across, up = found.axes
    for axes, reading, values in zip(grid.flat, found.readings, found.values, strict=False):
        chance = reading.kind != "value"
        mesh = axes.pcolormesh(
            across.values, up.values, values.T, shading="nearest", cmap="cividis",
            vmin=0 if chance else None, vmax=1 if chance else None,
        )  # fmt: skip
        middle = 0.5 if chance else float(values.mean())
        if values.min() < middle < values.max():
            line = axes.contour(
                across.values, up.values, values.T, levels=[middle], colors="white", linewidths=1.2
            )
            axes.clabel(line, fontsize=7)
        flagged = np.argwhere(found.flags)
        if len(flagged):
            axes.plot(
                across.values[flagged[:, 0]], up.values[flagged[:, 1]], ".", ms=2, color="#D55E00"
            )
        figure.colorbar(mesh, ax=axes).ax.tick_params(labelsize=7)
        axes.set_title(shortened(reading.said, 34), fontsize=9, loc="left", parse_math=False)
        axes.set_xlabel(shortened(across.said, 34), fontsize=8, parse_math=False)
        axes.set_ylabel(shortened(up.said, 34), fontsize=8, parse_math=False)
        axes.tick_params(labelsize=8, colors=INK)
    for axes in list(grid.flat)[count:]:
        axes.set_visible(False)
    note = "dots: flagged solutions" if found.flagged else ""
    figure.suptitle(
        "   ".join(part for part in (shortened(title, 90), note) if part),
        fontsize=10, x=0.01, ha="left", parse_math=False,
    )  # fmt: skip
    return figure


def _plain(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8, colors=INK)
