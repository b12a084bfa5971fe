"""Small checked models in a few lines: formulas as text, every number dimensionless."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Literal

from reassure.model.checked import (
    Actor,
    Auxiliary,
    Belief,
    Choice,
    Event,
    Evidence,
    Lever,
    Model,
    Noise,
    Option,
    Outcome,
    Parameter,
    Prior,
    Stock,
    Time,
    Unit,
)
from reassure.model.expression import ZERO, Expression, Number
from reassure.model.formula import ANY, Table, bind, parse

INFINITY = float("inf")


class Draft:
    """Gathers elements; ``model()`` gives what was gathered.

    The options of choices must be known before a formula compares with them: they come first.
    """

    def __init__(self, **choice_options: Sequence[str]) -> None:
        self.choice_options = {name: tuple(options) for name, options in choice_options.items()}
        self.sections: dict[str, list[Any]] = {}

    def formula(self, text: str | float) -> Expression:
        if not isinstance(text, str):
            return Number(float(text))
        parsed = parse(text)
        dimensions = dict.fromkeys(parsed.names, ANY)
        return bind(parsed, Table(dimensions=dimensions, choices=self.choice_options)).expression

    def _put(self, section: str, item: Any) -> Draft:
        self.sections.setdefault(section, []).append(item)
        return self

    def parameter(self, name: str, low: float = 0.0, high: float = 1.0) -> Draft:
        prior = Prior("uniform", (("low", low), ("high", high)))
        return self._put("parameters", Parameter(name, prior, Unit()))

    def lever(
        self,
        name: str,
        actor: str = "KOR",
        low: float = 0.0,
        high: float = 1.0,
        lag: str | None = None,
        slippage: str | None = None,
    ) -> Draft:
        lever = Lever(
            name,
            actor,
            low,
            high,
            low,
            Unit(),
            lag=None if lag is None else self.formula(lag),
            slippage=None if slippage is None else self.formula(slippage),
        )
        return self._put("levers", lever)

    def auxiliary(self, name: str, text: str) -> Draft:
        return self._put("auxiliaries", Auxiliary(name, self.formula(text), Unit(), text))

    def noise(self, name: str, scale: str, kind: Literal["normal", "uniform"] = "normal") -> Draft:
        return self._put("noises", Noise(name, kind, self.formula(scale), None, Unit()))

    def event(self, name: str, rate: str, actor: str = "PRK") -> Draft:
        event = Event(name, actor, "rate", self.formula(rate), 6, None, Unit())
        return self._put("events", event)

    def stock(
        self,
        name: str,
        change: str,
        initial: str | float = 0.5,
        jump: str | None = None,
        low: float = 0.0,
        high: float = 1.0,
    ) -> Draft:
        jumps = ZERO if jump is None else self.formula(jump)
        stock = Stock(
            name, self.formula(initial), self.formula(change), jumps, low, high, Unit(), change
        )
        return self._put("stocks", stock)

    def belief(
        self,
        name: str,
        holder: str = "JPN",
        initial: str | float = 0.5,
        fades: float | None = 3.0,
        flows: Mapping[str, str] | None = None,
        events: Mapping[str, str] | None = None,
    ) -> Draft:
        evidence = [
            Evidence(key, "flow", "", self.formula(weight)) for key, weight in (flows or {}).items()
        ] + [
            Evidence(key, "event", key, self.formula(weight))
            for key, weight in (events or {}).items()
        ]
        belief = Belief(
            name,
            holder,
            self.formula(initial),
            None,
            None if fades is None else Number(fades),
            tuple(evidence),
        )
        return self._put("beliefs", belief)

    def choice(
        self,
        name: str,
        actor: str = "JPN",
        requires: Mapping[str, str] | None = None,
        then: Mapping[str, tuple[str, ...]] | None = None,
        rationality: str | float = 2.0,
        **utilities: str | float,
    ) -> Draft:
        """``then``: irreversible options and what can follow them."""
        requires, then = requires or {}, then or {}
        options = tuple(
            Option(
                option,
                self.formula(utility),
                self.formula(requires[option]) if option in requires else None,
                option in then,
                then.get(option, ()),
            )
            for option, utility in utilities.items()
        )
        return self._put(
            "choices", Choice(name, actor, options, 0, 12, 0, self.formula(rationality))
        )

    def outcome(self, name: str, text: str, kind: Any = "final", first: int = 0) -> Draft:
        outcome = Outcome(name, kind, self.formula(text), first, 24, Unit(), text)
        return self._put("outcomes", outcome)

    def model(self) -> Model:
        empty: dict[str, Any] = {
            field.name: () for field in fields(Model) if str(field.type).startswith("tuple[")
        }
        names = {
            "JPN": "Japan",
            "KOR": "South Korea",
            "USA": "United States",
            "PRK": "North Korea",
        }
        return Model(
            **empty
            | {
                "name": "small",
                "title": "A small model",
                "language": 1,
                "time": Time("2007-02-01", "month", 1 / 12, 24),
                "actors": tuple(Actor(code, name) for code, name in names.items()),
            }
            | {section: tuple(items) for section, items in self.sections.items()}
        )


POSTURE = ("shield", "phase_in", "spear")


def central_chain() -> Draft:
    """Seoul's effort, Tokyo's confidence, the spear and what follows, in a dozen quantities."""
    return (
        Draft(posture=POSTURE)
        .parameter("boldness", 0.1, 2.0)
        .parameter("weight", 0.1, 2.0)
        .parameter("cost", 0.0, 2.0)
        .parameter("distrust")
        .lever("effort", lag="0.5", slippage="0.4 * friction")
        .stock("friction", "0.3 * (1 - effort) - 0.2 * friction")
        .event("provocation", "boldness * (1.2 - confidence) + 0.5 * alarm")
        .event("meeting", "4 * effort", actor="KOR")
        .belief(
            "confidence",
            flows={"friction": "-weight * friction"},
            events={"provocation": "-0.5 * weight", "meeting": "0.2"},
        )
        .auxiliary("threat", "smooth(provocation, q(2, 'year'))")
        .auxiliary("gap", "max(0, threat - confidence)")
        .stock("support", "0.1 * (threat - support)", initial=0.2, low=0.0, high=1.0)
        .choice(
            "posture",
            requires={"spear": "support > 0.3"},
            then={"spear": ()},
            shield=0.0,
            phase_in="0.5 * gap - 0.3 * cost",
            spear="gap - cost",
        )
        .stock("alarm", "distrust * (posture >= spear) - 0.1 * alarm")
        .outcome("spear_by_end", "posture >= spear", "reached")
        .outcome("confidence_end", "confidence")
        .outcome("alarm_mean", "alarm", "mean")
    )
