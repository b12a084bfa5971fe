"""The words and numbers of which a model's tables are made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reassure.model.checked import About, Cite


@dataclass(frozen=True, slots=True)
class Listing:
    """One section of a model: a title, column heads and rows of text, the name first in each row."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def number(value: float) -> str:
    """A number with as many digits as a reader wants: four significant, no trailing noise."""
    return f"{value:.4g}"


def citations(cites: Iterable[Cite]) -> str:
    """``key (where)`` for each citation, in order."""
    return "; ".join(
        f"{cite.source} ({cite.where})" if cite.where else cite.source for cite in cites
    )


def grounds(about: About) -> str:
    """Why, and from where: ``because`` with its citations."""
    cited = citations(about.cites)
    return " — ".join(part for part in (about.because, f"[{cited}]" if cited else "") if part)
