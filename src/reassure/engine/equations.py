"""A model as equations between named quantities: what each one is a function of, and how.

This is the middle step between the checked model and its causal graph. Every quantity that a
formula can name is a node here; derived names (``confidence.logodds``, comparisons of a choice with
its options) are rewritten to the node that carries them, so that two ways to write one thing give
one equation.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from reassure.engine.games.follows import game_parts
from reassure.engine.games.names import lesson_name
from reassure.engine.parts import Part
from reassure.engine.proofs import Proof
from reassure.engine.signs import Sign
from reassure.engine.slope_maps import Range
from reassure.engine.slopes import with_children
from reassure.model.checked import Belief, Choice, Event, Lever, Mark, Model, Noise, Outcome, Stock
from reassure.model.checked_games import ModelGame
from reassure.model.expression import (
    ONE,
    ZERO,
    Binary,
    Call,
    Compare,
    Expression,
    Memory,
    Number,
    Ref,
    Unary,
    children,
    references,
)
from reassure.model.intervals import WHOLE
from reassure.model.priors import support

Kind = Literal[
    "parameter",
    "lever",
    "auxiliary",
    "noise",
    "event",
    "stock",
    "belief",
    "choice",
    "game",
    "outcome",
]

# Stand-ins for what lies between known bounds and has no name of its own.
_SHARE, _NORMAL, _SIZE = "~share", "~normal", "~size"
STAND_INS: dict[str, Range] = {
    _SHARE: (0.0, 1.0),
    _NORMAL: WHOLE,
    _SIZE: (0.0, math.inf),
}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A node: a named quantity, or one face of it.

    Attributes:
        name: as formulas read it; of a choice's threshold, such as ``posture>=spear``.
        kind: what it is; a face has the kind of its element.
        element: the name of the element it is a face of, such as ``posture``; its own name
            otherwise.
        actor: code of the actor it belongs to, '' for none.
    """

    name: str
    kind: Kind
    element: str
    actor: str = ""


@dataclass(frozen=True)
class Equations:
    """All quantities, their ranges, and what each follows. Choices are kept apart: their signs come
    from comparing utilities."""

    quantities: dict[str, Quantity]
    ranges: dict[str, Range]
    parts: dict[str, tuple[Part, ...]]
    choices: dict[str, Choice]
    rewritten: dict[str, Expression] = field(repr=False)  # formulas of what can be written out
    rewrite: Callable[[Expression], Expression] = field(repr=False)


def threshold_name(choice: Choice, level: int) -> str:
    """The name of the node that is 1 while ``choice`` stands at ``level`` or above."""
    return f"{choice.name}>={choice.options[level].name}"


def equations(model: Model) -> Equations:
    """Read ``model`` as equations."""
    return _Reader(model).read()


class _Reader:
    def __init__(self, model: Model) -> None:
        self.model = model
        self.choices = {choice.name: choice for choice in model.choices}
        self.names: dict[str, Expression] = {}  # derived name -> formula over nodes
        self.quantities: dict[str, Quantity] = {}
        self.ranges: dict[str, Range] = dict(STAND_INS)
        self.parts: dict[str, tuple[Part, ...]] = {}
        self.written_out: dict[str, Expression] = {}
        self.bounding: dict[str, Expression] = {}  # what is bounded by a formula
        self._known: dict[int, tuple[Expression, Expression]] = {}

    def read(self) -> Equations:
        model = self.model
        self.ranges |= {
            "time": (0.0, model.time.years),
            "dt": (model.time.dt, model.time.dt),
        }
        self._read_names()
        for parameter in model.parameters:
            low, high = support(parameter.prior)
            factor = parameter.unit.factor
            self._add(parameter.name, "parameter", (low * factor, high * factor))
        for lever in model.levers:
            self._lever(lever)
        for noise in model.noises:
            self._noise(noise)
        for event in model.events:
            self._event(event)
        for stock in model.stocks:
            self._stock(stock)
        for belief in model.beliefs:
            self._belief(belief)
        for choice in model.choices:
            self._choice(choice)
        for auxiliary in model.auxiliaries:
            self._write_out(auxiliary.name, "auxiliary", auxiliary.formula)
        for game in model.games:
            self._game(game)
        self._bound()
        for outcome in model.outcomes:
            self._outcome(outcome)
        return Equations(
            self.quantities, self.ranges, self.parts, self.choices, self.written_out, self.rewrite
        )

    def _add(
        self,
        name: str,
        kind: Kind,
        within: Range,
        *parts: Part,
        element: str = "",
        actor: str = "",
    ) -> None:
        self.quantities[name] = Quantity(name, kind, element or name, actor)
        self.ranges[name] = within
        self.parts[name] = parts

    def _write_out(
        self, name: str, kind: Kind, formula: Expression, element: str = "", actor: str = ""
    ) -> None:
        """A quantity that is nothing but its formula."""
        formula = self.rewrite(formula)
        self.written_out[name] = self.bounding[name] = formula
        self._add(name, kind, WHOLE, Part("formula", formula), element=element, actor=actor)

    # -- derived names -----------------------------------------------------------------------------

    def _read_names(self) -> None:
        for belief in self.model.beliefs:
            self.names[f"{belief.name}.logodds"] = Call("logit", (Ref(belief.name),))
        for event in self.model.events:
            if event.mark is None:
                self.names[f"{event.name}.magnitude"] = Ref(event.name)
        for choice in self.model.choices:
            last = len(choice.options) - 1
            for place, option in enumerate(choice.options):
                if place == last:
                    self.names[f"{choice.name}.{option.name}"] = self._at_least(choice, last)
                elif place == 0:
                    self.names[f"{choice.name}.{option.name}"] = Unary(
                        "not", self._at_least(choice, 1)
                    )

    def _at_least(self, choice: Choice, level: int) -> Expression:
        if level <= 0:
            return ONE
        if level >= len(choice.options):
            return ZERO
        # The index of a choice between two is itself the threshold.
        name = choice.name if len(choice.options) == 2 else threshold_name(choice, level)
        return Ref(name)

    def rewrite(self, node: Expression) -> Expression:
        """``node`` with derived names replaced by the nodes that carry them."""
        known = self._known.get(id(node))
        if known is None:
            known = self._known[id(node)] = (node, self._rewrite(node))
        return known[1]

    def _rewrite(self, node: Expression) -> Expression:
        if isinstance(node, Ref):
            return self.names.get(node.name, node)
        if isinstance(node, Compare):
            compared = self._compared(node)
            if compared is not None:
                return compared
        below = children(node)
        new = [self.rewrite(child) for child in below]
        if all(a is b for a, b in zip(below, new, strict=True)):
            return node
        return with_children(node, new)

    def _compared(self, node: Compare) -> Expression | None:
        """A comparison of a choice with an option as its threshold."""
        left, right, op = node.left, node.right, node.op
        if isinstance(left, Number):
            turned = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
            left, right, op = right, left, turned.get(op, op)
        if not (isinstance(left, Ref) and isinstance(right, Number)):
            return None
        choice = self.choices.get(left.name)
        if choice is None:
            return None
        level = right.value
        match op:
            case ">=":
                return self._at_least(choice, math.ceil(level))
            case ">":
                return self._at_least(choice, math.floor(level) + 1)
            case "<":
                return Unary("not", self._at_least(choice, math.ceil(level)))
            case "<=":
                return Unary("not", self._at_least(choice, math.floor(level) + 1))
        equal: Expression = ZERO
        if level.is_integer() and 0 <= level < len(choice.options):
            name = f"{choice.name}.{choice.options[int(level)].name}"
            equal = self.names.get(name, Ref(name))
        return equal if op == "==" else Unary("not", equal)

    # -- elements ----------------------------------------------------------------------------------

    def _lever(self, lever: Lever) -> None:
        within = (lever.low, lever.high)
        ordered = f"{lever.name}.ordered"
        parts: list[Part] = []
        slippage = ZERO if lever.slippage is None else self.rewrite(lever.slippage)
        default = Number(lever.default)
        target: Expression = Binary(
            "+",
            default,
            Binary("*", Binary("-", Ref(ordered), default), Binary("-", ONE, slippage)),
        )
        if lever.slippage is None:
            target = Ref(ordered)
        paced = None if lever.lag is None else ZERO
        parts.append(Part("order", target, delay=lever.lag is not None, sudden=paced))
        if lever.lag is not None:
            parts.append(Part("lag", self.rewrite(lever.lag), delay=True, sense="?", sudden=ZERO))
        self._add(lever.name, "lever", within, *parts, actor=lever.actor)
        self._add(ordered, "lever", within, element=lever.name, actor=lever.actor)
        if lever.cost is not None:
            self._write_out(f"{lever.name}.cost", "lever", lever.cost, lever.name, lever.actor)

    def _noise(self, noise: Noise) -> None:
        draw = _SHARE if noise.kind == "uniform" else _NORMAL
        drawn = Binary("*", self.rewrite(noise.scale), Ref(draw))
        parts = [Part("scale", drawn)]
        if noise.memory is not None:
            parts.append(Part("memory", self.rewrite(noise.memory), delay=True, sense="?"))
        self._add(noise.name, "noise", WHOLE, *parts)
        self.bounding[noise.name] = drawn

    def _event(self, event: Event) -> None:
        drives = "probability" if event.kind == "probability" else "rate"
        top = float(event.cap) if event.kind == "rate" else 1.0
        driver = f"{event.name}.{drives}"
        if event.kind == "calendar":
            self._add(event.name, "event", (0.0, 1.0), actor=event.actor)
        else:
            self._write_out(driver, "event", event.driver, event.name, event.actor)
            drawn = Part(drives, Ref(driver))
            self._add(event.name, "event", (0.0, top), drawn, actor=event.actor)
        if event.mark is not None:
            formula = Binary("*", Ref(event.name), self._mark(event.mark))
            name = f"{event.name}.magnitude"
            self._add(
                name, "event", WHOLE, Part("mark", formula), element=event.name, actor=event.actor
            )
            self.bounding[name] = formula

    def _mark(self, mark: Mark) -> Expression:
        """The size of one event, with stand-ins for what chance decides."""
        first, second = self.rewrite(mark.first), self.rewrite(mark.second)
        share, normal = Ref(_SHARE), Ref(_NORMAL)
        match mark.family:
            case "uniform":
                lower = Binary("*", first, Binary("-", ONE, share))
                return Binary("+", lower, Binary("*", second, share))
            case "normal":
                return Binary("+", first, Binary("*", second, normal))
            case "lognormal":
                return Binary("*", first, Call("exp", (Binary("*", second, normal),)))
            case "exponential":
                return Binary("*", first, Ref(_SIZE))
            case "discrete":
                low, high = Number(min(mark.values)), Number(max(mark.values))
                return Binary("+", low, Binary("*", Binary("-", high, low), share))

    def _stock(self, stock: Stock) -> None:
        change = Binary("*", Number(self.model.time.dt), self.rewrite(stock.change))
        jump = self.rewrite(stock.jump)
        grows = change if jump == ZERO else Binary("+", change, jump)
        self._add(
            stock.name,
            "stock",
            (stock.low, stock.high),
            Part("change", grows, delay=True, sudden=jump),
            Part("initial", self.rewrite(stock.initial)),
        )

    def _belief(self, belief: Belief) -> None:
        initial = self.rewrite(belief.initial)
        moves: list[Expression] = []
        sudden: Expression = ZERO
        for evidence in belief.evidence:
            if evidence.lesson is not None:
                moves.append(Ref(lesson_name(belief.holder, evidence.lesson)))
                sudden = Binary("+", sudden, moves[-1])
                continue
            per = Ref(evidence.event) if evidence.kind == "event" else Number(self.model.time.dt)
            moves.append(Binary("*", self.rewrite(evidence.weight), per))
            if evidence.kind == "event":
                sudden = Binary("+", sudden, moves[-1])
        parts = [Part("prior", initial)]
        if belief.fades is not None:
            rest = initial if belief.rest is None else self.rewrite(belief.rest)
            pull = Binary("-", Call("logit", (rest,)), Call("logit", (Ref(belief.name),)))
            moves.append(Binary("*", Ref(_SHARE), pull))
            parts.append(
                Part("fades", self.rewrite(belief.fades), delay=True, sense="?", sudden=ZERO)
            )
        if moves:
            total = moves[0]
            for move in moves[1:]:
                total = Binary("+", total, move)
            parts.append(Part("evidence", total, delay=True, sudden=sudden))
        self._add(belief.name, "belief", (0.0, 1.0), *parts, actor=belief.holder)

    def _choice(self, choice: Choice) -> None:
        last = len(choice.options) - 1
        self._add(choice.name, "choice", (0.0, float(last)), actor=choice.actor)
        faces = [f"{choice.name}.probability.{option.name}" for option in choice.options]
        faces += [f"{choice.name}.{option.name}" for option in choice.options[1:-1]]
        if last > 1:
            faces += [threshold_name(choice, level) for level in range(1, last + 1)]
        for face in faces:
            self._add(face, "choice", (0.0, 1.0), element=choice.name, actor=choice.actor)

    def _game(self, game: ModelGame) -> None:
        for name, within, parts in game_parts(self.model, game):
            rewritten = (replace(part, formula=self.rewrite(part.formula)) for part in parts)
            self._add(name, "game", within, *rewritten, element=game.name)

    def _outcome(self, outcome: Outcome) -> None:
        formula = self.rewrite(outcome.formula)
        name = outcome.name
        sense: Sign = "-" if outcome.kind == "time_to" else "+"
        parts = [Part(outcome.kind, formula, sense=sense)]
        if outcome.kind == "change":
            parts = [Part("end", formula)]
            at_start = [
                Part("start", part.formula, part.delay, "-")
                for read in references(formula)
                for part in self.parts.get(read, ())
                if part.label in ("initial", "prior")
            ]
            states = ("stock", "belief", "choice")
            carried = all(
                self.quantities[read].kind in states
                for read in references(formula)
                if read in self.quantities
            )
            # A window that opens with the run starts from states that nothing but their own
            # starting values has moved.
            if outcome.first == 0 and carried and not _remembers(formula):
                parts += at_start
            else:
                parts.append(Part("start", formula, sense="-"))
        self._add(name, "outcome", WHOLE, *parts)

    # -- ranges ------------------------------------------------------------------------------------

    def _bound(self) -> None:
        """Bounds of what follows a formula, from the ranges of what that reads. Where a memory
        closes a circle, from no bounds at all, narrowed a few times: each round is a proof from the
        last."""
        reads = {name: references(formula) for name, formula in self.bounding.items()}
        for _ in range(3):
            pending = dict(self.bounding)
            while pending:
                ready = [name for name in pending if reads[name].isdisjoint(pending)]
                for name in ready or list(pending):
                    self.ranges[name] = Proof(self.ranges).value(pending.pop(name))


def _remembers(node: Expression) -> bool:
    return isinstance(node, Memory) or any(_remembers(child) for child in children(node))
