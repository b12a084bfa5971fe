"""Reasons: every number has a ``because``, every relation a source. What has none gets a warning.

A number that needs no reason in a formula is one of 0, 1, 2, 0.5 and 12, with either sign: it
counts, halves, complements, squares or turns months into years. Any other is a judgement.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from reassure.model.checks.context import Context, Path, said
from reassure.model.checks.game_reasons import SCALE, judgements, relations
from reassure.model.formula import FormulaError, parse
from reassure.model.mistakes import quote
from reassure.model.written import OUTCOME_KINDS

PLAIN = frozenset({0.0, 0.5, 1.0, 2.0, 12.0})
"""Numbers that need no reason."""

_FORMULAS = {
    "events": ("rate", "probability"),
    "stocks": ("initial", "change", "jump"),
    "beliefs": ("prior", "rest", "fades"),
    "choices": ("rationality", "when"),
    "auxiliaries": ("formula", "scale", "memory"),
    "outcomes": OUTCOME_KINDS,
}


def check_reasons(context: Context) -> None:
    """Warns of numbers without a reason and of relations without a source."""
    for section in ("parameters", "levers"):
        for name, item in context.section(section).items():
            path: Path = (section, name)
            _because(context, item, path, f"the {section[:-1]} has no `because`")
            _cites(context, item, path, f"the {section[:-1]} has no `cites`")
    for name, item in context.section("policies").items():
        _because(context, item, ("policies", name), "the policy has no `because`")
    for index, item in context.section("correlate").items():
        _because(context, item, ("correlate", int(index)), "the correlation has no `because`")
    for section in ("events", "stocks", "beliefs", "choices", "auxiliaries"):
        for name, item in context.section(section).items():
            _relation(context, section, item, (section, name))
    for name, item in context.section("games").items():
        _game(context, name, item)
    for name, item in context.section("outcomes").items():
        path = ("outcomes", name)
        number = _number(getattr(item, key) for key in _FORMULAS["outcomes"])
        if item.plausible is not None:
            _because(context, item, path, "`plausible` has no `because`")
        elif number is not None:
            _because(context, item, path, f"the number {number} has no `because`")
    for name, item in context.section("observations").items():
        path = ("observations", name)
        _because(context, item, path, "the observation has no `because`")
        for position, one in enumerate(item.breaks):
            _because(context, one, (*path, "breaks", position), "the break has no `because`")
    for name, item in context.section("given").items():
        _because(context, item, ("given", name), "what is given has no `because`")
    for name, item in context.section("claims").items():
        _claim(context, item, ("claims", name))
    for actor, name, item in context.section("interests").values():
        _because(context, item, ("interests", actor, name), "the weight has no `because`")


def _relation(context: Context, section: str, item: Any, path: Path) -> None:
    """An element that says how one thing follows from others."""
    number = _number(getattr(item, key) for key in _FORMULAS[section])
    if number is None and section == "beliefs":
        number = _judgement(item.prior)
    if number is None and section == "events" and item.mark is not None:
        number = _number(_mark(item.mark))
    if number is not None:
        _because(context, item, path, f"the number {number} has no `because`")
    if not item.because:
        _cites(context, item, path, "neither `because` nor `cites` says where this comes from")
    if section == "beliefs":
        for key, piece in item.evidence.items():
            number = _judgement(piece.weight) or _number((piece.weight, piece.rate))
            if number is not None:
                what = f"the number {number} has no `because`"
                _because(context, piece, (*path, "evidence", key), what)
    if section == "choices":
        for key, option in item.options.items():
            number = _number((option.utility, option.requires))
            if number is not None and not item.because:
                what = f"the number {number} has no `because`"
                _because(context, option, (*path, "options", key), what)


def _game(context: Context, name: str, game: Any) -> None:
    """Every number of a game and every relation in it has a reason."""
    for path, item, formula in relations(name, game):
        number = _judgement(formula) or _number((formula,), SCALE)
        if item is None:
            if not game.because:
                what = "the payoff says no `because`"
                context.say("W101", path, what, "write {value: ..., because: ...}", of_key=True)
        elif number is not None:
            _because(context, item, path, f"the number {number} has no `because`")
        elif not item.because and not game.cites:
            _cites(context, item, path, "neither `because` nor `cites` says where this comes from")
    if game.because:
        return
    for path, item, formula in judgements(name, game):
        number = _number((formula,), SCALE)
        if number is not None and (item is None or not item.because):
            context.say("W101", path, f"the number {number} has no `because`", of_key=True)


def _claim(context: Context, item: Any, path: Path) -> None:
    _cites(context, item, path, "the claim has no `cites`")
    smallest = item.smallest_effect
    if smallest is not None and not smallest.because:
        what = "the smallest effect has no `because`"
        context.say("W101", (*path, "smallest_effect"), what, "write {value: 0.02, because: ...}")


def _because(context: Context, item: Any, path: Path, what: str) -> None:
    if not item.because:
        context.say("W101", path, what, of_key=True)


def _cites(context: Context, item: Any, path: Path, what: str) -> None:
    if not item.cites:
        context.say("W102", path, what, of_key=True)


def _mark(mark: Any) -> Iterator[str | float | None]:
    yield from mark.uniform or ()
    for family in ("normal", "lognormal", "exponential"):
        yield from (getattr(mark, family) or {}).values()
    for text, weight in (mark.discrete or {}).items():
        yield text
        yield weight


def _judgement(formula: str | float | None) -> str | None:
    """A formula that is nothing but a number other than 0: a weight or a prior, a judgement."""
    try:
        number = float(formula or 0.0)
    except ValueError:
        return None
    return quote(f"{number:g}") if number else None


def _number(formulas: Any, *plain: float) -> str | None:
    """The first number, as written, that needs a reason; ``plain`` ones need none either."""
    for formula in formulas:
        if formula is None:
            continue
        try:
            tree = parse(said(formula)).tree
        except FormulaError:
            continue
        for node in ast.walk(tree):
            value = node.value if isinstance(node, ast.Constant) else None
            if isinstance(value, int | float) and abs(value) not in {*PLAIN, *plain}:
                return quote(f"{value:g}")
    return None
