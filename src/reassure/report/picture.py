"""One picture, as SVG that needs nothing else: shown in a notebook, or saved to a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reassure.model.mistakes import UsageError


@dataclass(frozen=True, slots=True)
class Picture:
    """A finished picture.

    Attributes:
        svg: the drawing, one ``<svg>`` element.
        caption: what is drawn, in a sentence.
    """

    svg: str
    caption: str

    def save(self, path: str | Path) -> None:
        """Write the SVG to a file.

        Raises:
            UsageError: the file is to be of another kind.
        """
        if Path(path).suffix.lower() != ".svg":
            raise UsageError(f"{path}: a picture is saved as SVG", "name a file that ends in .svg")
        Path(path).write_text(self.svg, encoding="utf-8")

    def _repr_html_(self) -> str:
        from html import escape

        return f"<figure>{self.svg}<figcaption>{escape(self.caption)}</figcaption></figure>"
