"""The causal graph of a brief in words: its main arrows and its loops."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from reassure.model.checked import Model
from reassure.report.backbone import view
from reassure.report.diagram import abouts
from reassure.report.wording import plain_name

if TYPE_CHECKING:
    from reassure.engine.causal import CausalGraph, Loop

MOST_LOOPS = 12
VERBS = {"+": "raises", "-": "lowers", "?": "moves, in a direction that is not proven,"}


def arrows(model: Model, graph: CausalGraph) -> list[str]:
    """The arrows of the diagram as sentences, for a page without pictures."""
    labels = _labels(model)
    shown = view(model, graph)

    def words(name: str) -> str:
        return plain_name(name.replace("[*]", ""), labels.get(name, ""))

    return [
        f"{words(link.source)} {VERBS[link.sign]} {words(link.target)}"
        + (", with a delay" if link.delay else "")
        for link in shown.links.values()
    ]


def loops_in_words(model: Model, loops: Sequence[Loop]) -> list[dict[str, str]]:
    """The first loops in words, those of the members of one index set together."""
    labels = {
        item.name: item.about.label
        for group in (
            model.auxiliaries,
            model.stocks,
            model.beliefs,
            model.choices,
            model.events,
            model.games,
        )
        for item in group
    }
    several: dict[tuple[str, tuple[str, ...]], list[tuple[str, ...]]] = {}
    for loop in loops:
        pattern = tuple(re.sub(r"\[[^\]]*\]", "", name) for name in loop.names)
        several.setdefault((loop.polarity, pattern), []).append(tuple(loop.names))
    found = []
    for (polarity, pattern), members in list(several.items())[:MOST_LOOPS]:
        names = pattern if len(members) > 1 else members[0]
        words = [plain_name(name, labels.get(name, "")) for name in (*names, names[0])]
        also = f" ({len(members)} such loops)" if len(members) > 1 else ""
        found.append({"polarity": polarity, "text": " → ".join(words) + also})
    return found


def _labels(model: Model) -> dict[str, str]:
    labels = {name: about.label for name, about in abouts(model).items()}
    # Whose choice it is: several actors may have one of the same label.
    labels |= {
        c.name: f"{plain_name(c.name, c.about.label)} of {c.actor}"
        for c in model.choices
        if c.actor
    }
    return labels
