"""What the structure settles, no future contradicts: standing held against the interpreter."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from engine.generated import KINDS, ONE_UNIT, _Maker, auxiliary, clock, model, outcome, parameter
from engine.generated import stock as made_stock
from reassure.engine.causal import causal_graph
from reassure.engine.interpreter import interpret
from reassure.model.checked import Arm, Event, Lever, Model, Noise, Outcome, Unit
from reassure.model.expression import Binary, Call, Compare, Expression, Number, Ref
from reassure.study.standing import standing

LANES = 32


class Few(_Maker):
    """Models with one element of each kind, so that many roads have a proven sign."""

    def few(self) -> Model:
        rng = self.rng
        parameters = tuple(
            parameter(f"p{i}", rng.choice((0.0, -1.0, 0.2)), rng.choice((1.0, 2.0)))
            for i in range(3)
        )
        self.known = [item.name for item in parameters]
        initials = [self.share() for _ in range(2)]
        self.known += ["s0", "b0", "c0"]
        self.later = ["a0"]
        scale = Call("clip", (self.read(), Number(0.1), Number(0.5)))
        noise = Noise("n0", "normal", scale, None, ONE_UNIT)
        self.known.append("n0")
        pace = Binary("*", Number(2.0), self.read())
        mark = self.mark() if rng.random() < 0.5 else None
        event = Event("e0", "A", "rate", pace, 3, mark, ONE_UNIT)
        self.events = ["e0"]
        self.known += ["e0", "e0.magnitude"]
        lag = self.positive() if rng.random() < 0.5 else None
        lever = Lever("l0", "A", 0.0, 1.0, 0.23, ONE_UNIT, lag=lag)
        self.known.append("l0")
        auxiliaries = []
        for i in range(3):
            auxiliaries.append(auxiliary(f"a{i}", self.formula(rng.choice((1, 1, 2)))))
            self.known.append(f"a{i}")
        choice = self.choice("c0", rng.randint(2, 3))
        stock = made_stock("s0", initials[0], self.formula(1), self.jump(), 0.0, 1.0)
        fades = Number(rng.uniform(0.3, 4.0)) if rng.random() < 0.6 else None
        return model(
            time=clock(self.steps, self.dt),
            parameters=parameters,
            noises=(noise,),
            events=(event,),
            levers=(lever,),
            auxiliaries=tuple(auxiliaries),
            choices=(choice,),
            stocks=(stock,),
            beliefs=(self.belief("b0", initials[1], fades),),
            outcomes=self.outcomes(),
        )

    def option(self) -> Expression:
        if "c0" not in self.known:
            return Compare(">", self.read(), self.number())
        return Compare(self.rng.choice((">=", "<", ">", "<=")), Ref("c0"), Number(1.0))

    def outcomes(self) -> tuple[Outcome, ...]:
        made = []
        for kind in KINDS:
            true = kind in ("share", "reached", "time_to")
            formula = self.truth() if true else self.formula(1)
            window = self.rng.randint(0, self.steps // 2), self.rng.randint(10, self.steps)
            made.append(Outcome(kind, kind, formula, *window, Unit("u", 0.5)))
        ends = (outcome(f"{n}_end", "final", Ref(n), 0, self.steps) for n in ("s0", "b0", "a2"))
        return (*made, *ends)


def outcomes_at(made: Model, cause: str, share: float, seed: int) -> dict[str, Any]:
    """Outcomes with ``cause`` at a share of its range, all else and all luck the same."""
    draw = np.random.default_rng(seed)
    ranges = [dict(item.prior.parameters) for item in made.parameters]
    rows = np.column_stack([draw.uniform(r["low"], r["high"], LANES) for r in ranges])
    arm = Arm(settings=(("l0", share),)) if cause == "l0" else Arm()
    if cause != "l0":
        place = int(cause[1])
        low, high = ranges[place]["low"], ranges[place]["high"]
        rows[:, place] = low + share * (high - low)
    lanes = np.arange(LANES)
    return interpret(made, arm, rows, lanes, np.zeros_like(lanes), seed, "sobol").outcomes


@pytest.mark.parametrize("first", range(0, 60, 12))
def test_no_future_goes_against_what_is_assumed_or_has_no_path(first: int) -> None:
    held = 0
    for seed in range(first, first + 12):
        made = Few(random.Random(seed), 16).few()
        graph = causal_graph(made)
        for cause in ("p0", "p1", "p2", "l0"):
            ways = {
                item.name: [standing(graph, [(cause, 1)], item.name, s).kind for s in (1, -1)]
                for item in made.outcomes
            }
            settled = {name: kinds for name, kinds in ways.items() if kinds != ["derived"] * 2}
            if not settled:
                continue
            low, high = (outcomes_at(made, cause, share, seed) for share in (0.2, 0.9))
            for name, (up, down) in settled.items():
                change = high[name] - low[name]
                slack = 1e-9 * (1.0 + np.abs(low[name]))
                where = f"{cause} to {name} in model {seed}"
                if up != "assumed":
                    assert np.all(change <= slack), where
                if down != "assumed":
                    assert np.all(change >= -slack), where
                held += "assumed" in (up, down)
    assert held > 30
