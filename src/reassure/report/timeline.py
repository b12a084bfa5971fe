"""The events of a ledger as a picture: a lane for each category, time to the right."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reassure.model.mistakes import UsageError
from reassure.report.plots import INK, PALETTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from reassure.history.ledger import Event, Ledger

SIGNS: dict[int, tuple[str, str, str]] = {
    1: (PALETTE[0], "^", "+1"),
    0: ("#8a8a8a", "o", "0, no clear sign"),
    -1: (PALETTE[1], "v", "−1"),
}
"""Colour, marker and name of each direction: the marker carries the sign without colour, too."""
SIZES = {1: 16, 2: 44, 3: 96}
FADED = 0.35  # of events whose source was not seen


def save_timeline(ledger: Ledger, path: Path) -> None:
    """Draw the ledger's events to a ``.png`` or ``.svg`` file.

    Raises:
        UsageError: another kind of file, or no events.
    """
    if path.suffix.lower() not in (".png", ".svg"):
        raise UsageError(f"--plot {path} is neither .png nor .svg", "name such a file")
    if not ledger.events:
        raise UsageError("there is no event to draw", "loosen the filters")
    figure = timeline(ledger)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=160, facecolor="white", metadata=_undated(path))


def timeline(ledger: Ledger) -> Figure:
    """The picture: lanes by category, up and down by direction, size by magnitude."""
    from matplotlib.figure import Figure

    lanes = [n for n in ledger.categories if any(e.category == n for e in ledger.events)]
    figure = Figure(figsize=(11, 0.52 * len(lanes) + 1.9), layout="constrained")
    axes = figure.subplots()
    for row, name in enumerate(lanes):
        if row % 2 == 0:
            axes.axhspan(row - 0.5, row + 0.5, color="#f4f4f2", linewidth=0, zorder=0)
        axes.axhline(row, color="#d5d5d2", linewidth=0.6, zorder=1)
        _lane(axes, row, [e for e in ledger.events if e.category == name])
    labels = [f"{name.replace('_', ' ')}\n{ledger.categories[name].variable}" for name in lanes]
    axes.set_yticks(range(len(lanes)), [""] * len(lanes))
    for row, label in enumerate(labels):
        head, _, below = label.partition("\n")
        blend = axes.get_yaxis_transform()
        axes.text(
            -0.01,
            row - 0.14,
            head,
            ha="right",
            va="center",
            fontsize=8.5,
            color=INK,
            transform=blend,
        )
        axes.text(
            -0.01,
            row + 0.2,
            _short(below),
            ha="right",
            va="center",
            fontsize=6.3,
            color="#666666",
            transform=blend,
        )
    axes.set_ylim(len(lanes) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=8.5, colors=INK)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.grid(axis="x", color="#e3e3e0", linewidth=0.6, zorder=0.5)
    axes.set_title(ledger.title, loc="left", fontsize=12, color=INK, pad=26)
    said = f"{len(ledger.events)} events; coded as: {ledger.coding}; faint: source not seen"
    axes.text(0, 1.012, said, transform=axes.transAxes, fontsize=8, color="#555555", va="bottom")
    _legend(axes)
    return figure


def _lane(axes: Axes, row: int, events: Sequence[Event]) -> None:
    from matplotlib.dates import date2num

    number: Any = date2num
    for sign, (colour, marker, _) in SIGNS.items():
        for seen in (True, False):
            chosen = [e for e in events if e.direction == sign and e.seen is seen]
            if chosen:
                axes.scatter(
                    [float(number(e.when.middle)) for e in chosen],
                    [row - 0.17 * sign] * len(chosen),
                    s=[SIZES[e.magnitude] for e in chosen],
                    c=colour,
                    marker=marker,
                    alpha=0.85 if seen else FADED,
                    edgecolors="white",
                    linewidths=0.5,
                    zorder=3,
                )
    axes.xaxis_date()


def _legend(axes: Axes) -> None:
    handles: list[Any] = [
        axes.scatter([], [], s=44, c=colour, marker=marker, label=label)
        for colour, marker, label in SIGNS.values()
    ]
    handles += [
        axes.scatter([], [], s=size, c="#555555", marker="o", label=f"magnitude {magnitude}")
        for magnitude, size in SIZES.items()
    ]
    axes.legend(
        handles=handles,
        ncols=len(handles),
        loc="lower right",
        bbox_to_anchor=(1, 1.0),
        frameon=False,
        fontsize=7.5,
        handletextpad=0.2,
        columnspacing=1.0,
    )


def _short(text: str) -> str:
    return text if len(text) <= 56 else text[:55].rstrip() + "…"


def _undated(path: Path) -> dict[str, Any] | None:
    """Leave the time of drawing out, so that the same ledger gives the same file."""
    return {"Date": None} if path.suffix.lower() == ".svg" else None
