"""Where a model jumps as a parameter moves: what stands against a derivative.

With its discrete draws (counts of events, choices) as they fell, a future is a function of the
parameters. It is continuous unless a formula asks a yes-or-no question about, or rounds, a
quantity that moves continuously with a parameter: ``step`` and comparisons, ``floor``, ``//``,
``since`` a condition, an outcome that counts the time in which something holds. A derivative taken
along such a path misses the jump, so these places are found beforehand and named.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from reassure.engine.games.names import lesson_name, lessons, move_names, result_names
from reassure.engine.games.views import View, seen, viewer_of, views_of_moves
from reassure.engine.moment import arm_settings
from reassure.model.checked import Arm, Model, Outcome, Rule, Setting
from reassure.model.checked_games import ModelGame
from reassure.model.checks.initial import substitute
from reassure.model.expression import (
    Binary,
    Call,
    Compare,
    Conditional,
    Expression,
    Logic,
    Memory,
    Ref,
    Unary,
    references,
    walk,
)
from reassure.model.functions import FUNCTIONS
from reassure.model.show import show

TRUTH_KINDS = ("share", "reached", "time_to")


@dataclass(frozen=True, slots=True)
class Threshold:
    """A jump at a quantity that moves continuously with a parameter.

    Attributes:
        element: whose formula it is: a name, or what of it, such as ``posture.spear requires``.
        formula: the part of the formula that jumps.
    """

    element: str
    formula: Expression

    def __str__(self) -> str:
        return f"{self.element}: {show(self.formula)}"


@dataclass(frozen=True, slots=True)
class Part:
    """One formula that a quantity follows.

    ``asks``: it is read as a truth value. ``label``: what of the element it is, '' for the formula.
    """

    formula: Expression
    asks: bool = False
    label: str = ""


@dataclass(frozen=True)
class Paths:
    """How parameters reach outcomes under one arm.

    Attributes:
        parts: the formulas behind each name.
        drawn: names that are discrete draws, or follow from one alone: they do not move
            continuously.
        moving: names that move continuously with one of the parameters, draws as they fell.
    """

    parts: Mapping[str, tuple[Part, ...]]
    drawn: frozenset[str]
    moving: frozenset[str]

    def behind(self, formula: Expression) -> frozenset[str]:
        """Names on which ``formula`` depends in any way, at any time."""
        found: set[str] = set()
        pending = list(references(formula))
        while pending:
            name = pending.pop()
            if name not in found:
                found.add(name)
                for part in self.parts.get(name, ()):
                    pending += references(part.formula)
        return frozenset(found)

    def thresholds(self, outcome: Outcome) -> tuple[Threshold, ...]:
        """Every jump that stands between the parameters and ``outcome``."""
        asks = outcome.kind in TRUTH_KINDS
        found = [Threshold(outcome.name, f) for f in self.jumps(outcome.formula, asks=asks)]
        for name in sorted(self.behind(outcome.formula)):
            found += self.jumps_of(name)
        return tuple(dict.fromkeys(found))

    def jumps_of(self, name: str) -> Iterator[Threshold]:
        """The jumps in the formulas that ``name`` follows."""
        for part in self.parts.get(name, ()):
            label = f"{name} {part.label}" if part.label else name
            for formula in self.jumps(part.formula, asks=part.asks):
                yield Threshold(label, formula)

    def moves(self, formula: Expression) -> bool:
        """Whether a formula moves continuously with a parameter."""
        return not self.moving.isdisjoint(references(formula))

    def jumps(self, formula: Expression, *, asks: bool) -> Iterator[Expression]:
        """Parts of a formula that jump; ``asks``: the whole of it is read as a truth value."""
        if asks:
            yield from self._asked(formula)
        for node in walk(formula):
            match node:
                case Compare():
                    if self.moves(node):
                        yield node
                case Logic(_, operands):
                    for operand in operands:
                        yield from self._asked(operand)
                case Unary("not", operand):
                    yield from self._asked(operand)
                case Conditional(condition, _, _):
                    yield from self._asked(condition)
                case Memory("since", source):
                    yield from self._asked(source)
                case Call(function, _):
                    if FUNCTIONS[function].smoothness == "jump" and self.moves(node):
                        yield node
                case Binary("//" | "%"):
                    if self.moves(node):
                        yield node
                case _:
                    pass

    def _asked(self, formula: Expression) -> Iterator[Expression]:
        """``formula`` where it moves and is read as a truth value, and is no question itself."""
        question = isinstance(formula, Compare | Logic) or (
            isinstance(formula, Unary) and formula.op == "not"
        )
        if not question and self.moves(formula):
            yield formula


def paths(model: Model, arm: Arm, parameters: Collection[str]) -> Paths:
    """How ``parameters`` move the model under ``arm``.

    What the arm holds throughout (``do:`` without a window, a fixed parameter) does not move.
    """
    held = {name for name, _ in arm.do} if arm.window is None else set()
    fixed = {name for name, _ in (*arm.parameters, *arm.quantiles)}
    parts, drawn = _parts(model, arm_settings(model, arm))
    parts = {name: () if name in held else found for name, found in parts.items()}
    moving = {name for name in parameters if name not in fixed | held}
    grew = True
    while grew:
        grew = False
        for name, found in parts.items():
            if name in moving or name in drawn:
                continue
            if any(not moving.isdisjoint(references(part.formula)) for part in found):
                moving.add(name)
                grew = True
    return Paths(parts, frozenset(drawn), frozenset(moving))


def _parts(
    model: Model, ordered: Mapping[str, Setting]
) -> tuple[dict[str, tuple[Part, ...]], set[str]]:
    """The formulas behind every name, and which names are drawn."""

    def of(*formulas: Expression | None) -> tuple[Part, ...]:
        return tuple(Part(formula) for formula in formulas if formula is not None)

    parts: dict[str, tuple[Part, ...]] = {}
    drawn: set[str] = set()
    for lever in model.levers:
        setting = ordered[lever.name]
        rule = setting.formula if isinstance(setting, Rule) else None
        parts[f"{lever.name}.ordered"] = of(rule)
        parts[lever.name] = of(Ref(f"{lever.name}.ordered"), lever.slippage, lever.lag)
        parts[f"{lever.name}.cost"] = of(lever.cost)
    for item in model.observations:
        parts[item.name] = of(Ref(item.of))
    for auxiliary in model.auxiliaries:
        parts[auxiliary.name] = of(auxiliary.formula)
    for noise in model.noises:
        parts[noise.name] = of(noise.scale, noise.memory)
    for event in model.events:
        if event.kind != "calendar":
            parts[f"{event.name}.{event.kind}"] = of(event.driver)
            parts[event.name] = of(Ref(f"{event.name}.{event.kind}"))
        mark = event.mark
        sizes = of(mark.first, mark.second) if mark else ()
        parts[f"{event.name}.magnitude"] = (*of(Ref(event.name)), *sizes)
        drawn.add(event.name)
    for stock in model.stocks:
        parts[stock.name] = of(stock.initial, stock.change, stock.jump)
    for belief in model.beliefs:
        weights = [item.weight for item in belief.evidence]
        events = [Ref(item.event) for item in belief.evidence if item.kind == "event"]
        events += [
            Ref(lesson_name(belief.holder, item.lesson))
            for item in belief.evidence
            if item.lesson is not None
        ]
        moved = of(belief.initial, belief.rest, belief.fades, *weights, *events)
        parts[f"{belief.name}.logodds"] = (*moved, *of(Ref(belief.name)))
        parts[belief.name] = of(Ref(f"{belief.name}.logodds"))
    for choice in model.choices:
        utilities = [*of(*(option.utility for option in choice.options), choice.rationality)]
        utilities += [
            Part(option.requires, asks=True, label=f"{option.name} requires")
            for option in choice.options
            if option.requires is not None
        ]
        asked = [Part(choice.when, asks=True, label="when")] if choice.when is not None else []
        parts[choice.name] = (*utilities, *asked)
        drawn.add(choice.name)
        for option in choice.options:
            parts[f"{choice.name}.{option.name}"] = of(Ref(choice.name))
            parts[f"{choice.name}.probability.{option.name}"] = (*utilities, *of(Ref(choice.name)))
            drawn.add(f"{choice.name}.{option.name}")
    for game in model.games:
        _add_game(model, game, parts, drawn)
    return parts, drawn


def _add_game(
    model: Model, game: ModelGame, parts: dict[str, tuple[Part, ...]], drawn: set[str]
) -> None:
    """What a game's names follow: its formulas, over what stands for each name in some view."""

    def of(views: Iterable[View]) -> tuple[Part, ...]:
        shape = [f for row in (*game.payoffs, *game.chances, game.rationality) for f in row]
        shape += [f for result in game.results for f in (*result.weights, *result.given)]
        found: dict[Part, None] = {}
        for view in dict.fromkeys(views):
            stand = seen(game, view)
            found |= dict.fromkeys(Part(substitute(f, stand)) for f in dict.fromkeys(shape))
        return tuple(part for part in found if references(part.formula))

    for name, (view, _) in result_names(game).items():
        eyes = (View(view.variant, viewer_of(game, view.viewer)),)
        parts[name] = of(eyes if view.viewer else (view, *views_of_moves(game, view.variant)))
    if game.play is None:
        return
    asked = [Part(game.play.when, asks=True, label="play")] if game.play.when is not None else []
    happens = [Part(Ref(game.play.event))] if game.play.event else []
    parts[game.name] = (*asked, *happens)
    made = (*of((View(), *views_of_moves(game, ""))), Part(Ref(game.name)))
    for name in move_names(game):
        parts[name] = made
    for holder, lesson in lessons(model, game):
        parts[lesson_name(holder, lesson)] = (*of((View("", viewer_of(game, holder)),)), *made)
    drawn |= {game.name, *move_names(game)}
