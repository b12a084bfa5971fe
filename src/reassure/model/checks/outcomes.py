"""Outcomes, and interests in them."""

from __future__ import annotations

import math

from reassure.model import units
from reassure.model.checked import Interest, Outcome, Unit
from reassure.model.checks.about import about, actor
from reassure.model.checks.context import NONE, Context, Path, said
from reassure.model.checks.names import unit_in
from reassure.model.expression import ZERO, Compare, Expression, Logic, Unary
from reassure.model.formula import TIME, Dimension
from reassure.model.mistakes import quote, suggest
from reassure.model.written import OUTCOME_KINDS, OutcomeKind
from reassure.model.written import Outcome as WrittenOutcome

_TRUTH = ("share", "reached", "time_to")


def outcomes(context: Context) -> tuple[Outcome, ...]:
    """The section ``outcomes:``."""
    found = []
    for name, item in context.section("outcomes").items():
        outcome = _outcome(context, name, item)
        if outcome is not None:
            found.append(outcome)
    return tuple(found)


def _outcome(context: Context, name: str, item: WrittenOutcome) -> Outcome | None:
    path: Path = ("outcomes", name)
    given: list[OutcomeKind] = [kind for kind in OUTCOME_KINDS if getattr(item, kind) is not None]
    if len(given) != 1:
        what = f"{' and '.join(given)} stand together" if given else "nothing says what is read"
        context.say("E210", path, what, f"keep exactly one of {', '.join(OUTCOME_KINDS)}")
        return None
    kind = given[0]
    written = getattr(item, kind)
    bound = context.bound(written, (*path, kind), truth=kind in _TRUTH)
    own = bound.dimension if bound else NONE
    if kind == "total":
        own = own * TIME
    elif kind == "time_to":
        own = TIME
    first, last = _window(context, item, path)
    if item.plausible is not None and not item.plausible[0] <= item.plausible[1]:
        low, high = item.plausible
        context.say("E204", (*path, "plausible"), f"{low:g} is above {high:g}", "write [low, high]")
    return Outcome(
        name=name,
        kind=kind,
        formula=bound.expression if bound else ZERO,
        first=first,
        last=last,
        unit=_unit(context, item, path, own),
        written=said(written),
        plausible=(item.plausible[0], item.plausible[1]) if item.plausible else None,
        about=about(context, item, path),
    )


def _unit(context: Context, item: WrittenOutcome, path: Path, own: Dimension) -> Unit:
    if item.unit is None:
        return unit_in(own)
    unit = context.unit(item.unit, (*path, "unit"))
    wanted = units.dimension(unit)
    if not wanted.agrees(own):
        plain = "a plain number" if own == NONE else f"in {own}"
        what = f"the outcome is {plain}, and its unit {quote(item.unit)} is in {wanted}"
        context.say("E502", (*path, "unit"), what, f"write `unit: {own}`")
    return unit


def _window(context: Context, item: WrittenOutcome, path: Path) -> tuple[int, int]:
    first, last = 0, context.time.steps
    if item.from_ is not None:
        step = context.date(item.from_, (*path, "from"))
        first = first if step is None else step
    if item.to is not None:
        step = context.date(item.to, (*path, "to"))
        last = last if step is None else step
    if first >= last:
        context.say(
            "E205", (*path, "to"), "the window ends before it begins", "put `to` after `from`"
        )
        return 0, context.time.steps
    return first, last


def is_truth(outcome: Outcome) -> bool:
    """Whether an outcome is 0 or 1 in every future."""
    if outcome.kind == "reached":
        return True
    return outcome.kind in ("final", "max", "min") and _is_truth(outcome.formula)


def _is_truth(node: Expression) -> bool:
    return isinstance(node, Compare | Logic) or (isinstance(node, Unary) and node.op == "not")


def interests(context: Context) -> tuple[Interest, ...]:
    """The section ``interests:``."""
    names = list(context.section("outcomes"))
    node = context.root.get("interests")
    for code in node.entries if node else ():
        actor(context, code, ("interests", code))
    found = []
    for code, key, item in context.section("interests").values():
        path: Path = ("interests", code, key)
        outcome = item.outcome or key
        if outcome not in names and not context.exists("outcomes", outcome):
            at: Path = (*path, "outcome") if item.outcome else path
            what = f"{quote(outcome)} is not an outcome"
            context.say("E801", at, what, suggest(outcome, names) or None, of_key=not item.outcome)
        if not math.isfinite(item.weight):
            context.say("E204", (*path, "weight"), "a weight is finite", "write a number")
        found.append(Interest(code, outcome, item.weight, about(context, item, path)))
    return tuple(found)
