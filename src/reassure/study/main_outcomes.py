"""What an argument turns on most, so that a page need not show all of a large model."""

from __future__ import annotations

from collections import Counter

from reassure.model.checked import Belief, Model, Outcome, Stock
from reassure.model.expression import references


def main_outcomes(model: Model) -> list[Outcome]:
    """Outcomes by how many actors want something of them, then by how many claims are about them."""
    wanted = Counter(interest.outcome for interest in model.interests)
    claimed = Counter(name for claim in model.claims for name in claim.outcomes)
    return sorted(model.outcomes, key=lambda item: (-wanted[item.name], -claimed[item.name]))


def main_states(model: Model, most: int) -> list[Belief | Stock]:
    """Up to ``most`` beliefs and stocks, those first that outcomes of many claims and interests read.

    Beliefs come first and take at most half of the places while there are stocks for the others.
    """
    weight = Counter(interest.outcome for interest in model.interests)
    weight.update(name for claim in model.claims for name in claim.outcomes)
    read: Counter[str] = Counter()
    for outcome in model.outcomes:
        for name in references(outcome.formula):
            read[name.split(".")[0]] += 1 + weight[outcome.name]
    beliefs = sorted(model.beliefs, key=lambda item: -read[item.name])
    stocks = sorted(model.stocks, key=lambda item: ("[" in item.name, -read[item.name]))
    few = min(len(stocks), most // 2)
    shown: list[Belief | Stock] = [*beliefs[: most - few]]
    return [*shown, *stocks[: most - len(shown)]]
