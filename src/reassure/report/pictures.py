"""A matplotlib figure as the bytes of a file: SVG or PNG, the same bytes for the same data."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING

from reassure.model.mistakes import UsageError, quote

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUFFIXES = (".svg", ".png")
DOTS = 160
"""Dots per inch of a PNG."""


def picture(figure: Figure, description: str, suffix: str) -> bytes:
    """The figure as a file of the kind that ``suffix`` names.

    Raises:
        UsageError: the suffix is neither ``.svg`` nor ``.png``.
    """
    import matplotlib

    if suffix not in SUFFIXES:
        raise UsageError(f"{quote(suffix)} is no format for pictures", "write to .svg or .png")
    buffer = io.BytesIO()
    with (
        matplotlib.rc_context(
            {"svg.fonttype": "none", "svg.hashsalt": "reassure", "font.family": "sans-serif"}
        ),
        warnings.catch_warnings(),
    ):
        warnings.filterwarnings(
            "ignore", message="Glyph"
        )  # an SVG is shown with the reader's fonts
        if suffix == ".svg":
            figure.savefig(buffer, format="svg", metadata={"Date": None, "Title": description})
        else:
            figure.savefig(
                buffer, format="png", dpi=DOTS, metadata={"Software": "", "Title": description}
            )
    return buffer.getvalue()
