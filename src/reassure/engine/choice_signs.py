"""How a choice answers to what its utilities read.

Options are ordered as they are written. With log-weights ``s_i = rationality * utility_i`` over the
open options, ``dP(index >= j)/dv = P(>= j) P(< j) (E[s'_i | i >= j] - E[s'_i | i < j])``, so that
P(index >= j) never falls in v when ``utility_i - utility_k`` never falls in v for every i >= j > k;
the probability of option m when that holds for m against every other; the index when it holds for
every i > k. Opening an option is the limit of raising its utility.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

from reassure.engine.equations import threshold_name
from reassure.engine.proofs import Proof
from reassure.engine.signs import Sign, join_signs, turned
from reassure.engine.slope_maps import Dependence
from reassure.model.checked import Choice
from reassure.model.expression import Binary, Expression, Ref

Signs = dict[Dependence, Sign]


@dataclass(frozen=True, slots=True)
class Answer:
    """How one face of a choice follows what its formulas read."""

    target: str
    signs: Signs
    delay: bool
    why: str


def choice_answers(
    choice: Choice,
    proof: Proof,
    expand: Callable[[Expression], Expression],
) -> list[Answer]:
    """The signs of every face of ``choice``: its index, its thresholds, its options and their
    probabilities. ``expand`` rewrites formulas before they are compared."""
    last = len(choice.options) - 1
    places = range(last + 1)
    pairs = {(k, i): _against(choice, k, i, proof, expand) for k, i in combinations(places, 2)}
    unsigned = _unsigned(choice, proof, expand)

    def joined(chosen: list[tuple[int, int, bool]]) -> Signs:
        """Signs that hold for all of (lower, upper, swapped) pairs."""
        found: dict[Dependence, list[Sign]] = {}
        for low, high, swapped in chosen:
            for read, sign in pairs[low, high].items():
                found.setdefault(read, []).append(turned(sign) if swapped else sign)
        signs = {read: join_signs(list_) for read, list_ in found.items()}
        return {**signs, **unsigned} if chosen else {}

    answers: list[Answer] = []
    state = _State(choice)

    def answer(target: str, chosen: list[tuple[int, int, bool]], level: int | None) -> None:
        signs = joined(chosen)
        if level is not None:
            signs = state.follow(level, target, signs)
        answers.append(Answer(target, signs, True, _why(choice, target)))

    answer(choice.name, [(k, i, False) for k, i in pairs], 0)
    for level in range(1, last + 1):
        if last > 1:
            crossing = [(k, i, False) for k, i in pairs if k < level <= i]
            answer(threshold_name(choice, level), crossing, level)
    for place, option in enumerate(choice.options):
        mine = [(k, i, i != place) for k, i in pairs if place in (k, i)]
        probability = f"{choice.name}.probability.{option.name}"
        answers.append(Answer(probability, joined(mine), False, _why(choice, probability)))
        if 0 < place < last:
            answer(f"{choice.name}.{option.name}", mine, -1)
    return answers


def _why(choice: Choice, target: str) -> str:
    return f"differences of the utilities of {choice.name}, for {target}"


def _against(
    choice: Choice,
    low: int,
    high: int,
    proof: Proof,
    expand: Callable[[Expression], Expression],
) -> Signs:
    """Signs of option ``high`` against option ``low``."""
    upper, lower = choice.options[high], choice.options[low]
    difference = Binary("-", expand(upper.utility), expand(lower.utility))
    found = {read: [sign] for read, sign in proof.signs(difference).items()}
    for option, opens in ((upper, True), (lower, False)):
        if option.requires is not None:
            for read, sign in proof.signs(expand(option.requires)).items():
                found.setdefault(read, []).append(sign if opens else turned(sign))
    return {read: join_signs(signs) for read, signs in found.items()}


def _unsigned(
    choice: Choice,
    proof: Proof,
    expand: Callable[[Expression], Expression],
) -> Signs:
    """What moves the choice in a direction that depends on where it stands: how rational it is, and
    whether it is taken at all."""
    unsigned: Signs = {}
    for formula in (choice.rationality, choice.when):
        if formula is not None:
            signs = proof.signs(expand(formula))
            unsigned.update({read: "?" for read, sign in signs.items() if sign != "0"})
    return unsigned


class _State:
    """How what a choice stands at bears on what it can become: through options that must be open,
    and through those that cannot be taken back."""

    def __init__(self, choice: Choice) -> None:
        self.choice = choice
        everything = frozenset(range(len(choice.options)))
        names = [option.name for option in choice.options]
        self.always = frozenset(
            place for place in everything if choice.options[place].requires is None
        )
        self.sometimes = everything - self.always
        self.allowed = []
        for place, option in enumerate(choice.options):
            then = frozenset(names.index(name) for name in option.then)
            self.allowed.append(then | {place} if option.irreversible else everything)

    def _open(self, state: int, sometimes: bool) -> frozenset[int]:
        """Options that are open in ``state`` for certain, or (``sometimes``) perhaps."""
        base = self.always | (self.sometimes if sometimes else frozenset())
        return (base & self.allowed[state]) | {state}

    def _same(self, states: range, level: int) -> bool:
        """Whether the chance to be at ``level`` or above next is the same from all of
        ``states``."""
        if all(
            min(self._open(state, True)) >= level or max(self._open(state, True)) < level
            for state in states
        ):
            return len({min(self._open(state, True)) >= level for state in states}) <= 1
        return len({(self._open(s, False), self._open(s, True)) for s in states}) <= 1 and (
            len(states) <= 1 or not self.sometimes & set(states)
        )

    def _rises(self, low: int, high: int, level: int) -> bool:
        """Whether the chance to be at ``level`` or above next is never less from ``high`` than from
        ``low``, whatever the utilities and whatever else is open."""
        if min(self._open(high, True)) >= level or max(self._open(low, True)) < level:
            return True
        before, after = self.allowed[low], self.allowed[high]
        above = {i for i in before | {low} if i >= level}
        beneath = {i for i in after | {high} if i < level}
        # From `high`, nothing at or above the level may be shut that `low` has open, and nothing
        # beneath it may be open that `low` has shut.
        keeps = all(self._surely(high, low, i) for i in above)
        adds = all(self._surely(low, high, i) for i in beneath)
        return keeps and adds

    def _surely(self, state: int, other: int, option: int) -> bool:
        """``option`` is open in ``state`` whenever it is open in ``other``."""
        if option == state:
            return True
        if option not in self.allowed[state]:
            return False
        return option in self.always or option != other

    def follow(self, level: int, target: str, signs: Signs) -> Signs:
        """``signs`` with what the present option does to the next, where it does anything.

        ``level`` is that of a threshold, 0 for the index, -1 for a single option between others.
        """
        choice = self.choice
        states = range(len(choice.options))
        levels = states[1:] if level <= 0 else range(level, level + 1)
        if all(self._same(states, j) for j in levels):
            return signs
        rises = all(
            self._rises(low, high, j) for j in levels for low, high in combinations(states, 2)
        )
        present = Ref(choice.name).name
        if level > 0 and self._same(states[:level], level) and self._same(states[level:], level):
            # From one side of the threshold all options are alike: it answers to itself alone.
            sides = all(
                self._rises(low, high, level) for low in states[:level] for high in states[level:]
            )
            present, rises = target, sides
        sign: Sign = "+" if rises and level >= 0 else "?"
        key = Dependence(present)
        return {**signs, key: join_signs([signs.get(key, "0"), sign])}
