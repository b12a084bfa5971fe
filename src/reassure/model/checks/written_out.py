"""How large formulas become with everything written out that they read in the same step.

The causal graph and the proofs of signs look at formulas so, whatever auxiliaries the file cuts
them into; a long chain of short formulas is deep, and one that reads each link twice doubles with
every link.
"""

from __future__ import annotations

from reassure.model.checked import Model
from reassure.model.checks.context import Context, Path
from reassure.model.checks.names import ordered
from reassure.model.expression import Expression, Ref, children, references

MAX_DEPTH = 150
"""Levels of one formula, written out."""
MAX_PARTS = 200_000
"""Parts of all auxiliaries, rates and costs together, each written out."""


def check_written_out(context: Context, model: Model) -> None:
    """Refuses formulas that become too deep or too large."""
    named = _named(model)
    needs = {
        name: sorted(references(formula) & named.keys()) for name, (formula, _) in named.items()
    }
    order, _ = ordered(needs)
    known: dict[str, tuple[int, int]] = {}
    total = 0
    for name in order:
        formula, path = named[name]
        depth, parts = _measure(formula, known)
        known[name] = depth, parts
        total += parts
        if depth > MAX_DEPTH:
            what = f"with what it reads written out, {name} nests {depth} levels deep"
            context.say("E901", path, f"{what}; the limit is {MAX_DEPTH}", _SHORTER)
            return
        if total > MAX_PARTS:
            what = f"with what they read written out, formulas up to {name} have {total:,} parts"
            context.say("E901", path, f"{what}; the limit is {MAX_PARTS:,}", _SHORTER)
            return


_SHORTER = "shorten the chain of formulas that read each other, or put a stock into it"


def _named(model: Model) -> dict[str, tuple[Expression, Path]]:
    """What can be written out: auxiliaries, what drives events, costs of levers."""
    found: dict[str, tuple[Expression, Path]] = {
        item.name: (item.formula, ("auxiliaries", item.name)) for item in model.auxiliaries
    }
    for event in model.events:
        found[f"{event.name}.{event.kind}"] = event.driver, ("events", event.name)
    for lever in model.levers:
        if lever.cost is not None:
            found[f"{lever.name}.cost"] = lever.cost, ("levers", lever.name)
    return found


def _measure(formula: Expression, known: dict[str, tuple[int, int]]) -> tuple[int, int]:
    """Levels and parts of ``formula``, with those of the names that are known."""
    deepest, parts = 0, 0
    pending = [(formula, 1)]
    while pending:
        node, depth = pending.pop()
        below, size = known.get(node.name, (1, 1)) if isinstance(node, Ref) else (1, 1)
        deepest, parts = max(deepest, depth + below - 1), parts + size
        pending.extend((child, depth + 1) for child in children(node))
    return deepest, parts
