"""Checked models made in tests: by hand, without YAML, and at random."""

from __future__ import annotations

import random
from typing import Any

from reassure.model.checked import (
    About,
    Actor,
    Arm,
    Auxiliary,
    Belief,
    Choice,
    Constant,
    Event,
    Evidence,
    Lever,
    Mark,
    Model,
    Noise,
    Observation,
    Option,
    Outcome,
    Parameter,
    Policy,
    Prior,
    Rule,
    Schedule,
    Stock,
    Time,
    Unit,
)
from reassure.model.expression import (
    ZERO,
    Binary,
    Call,
    Compare,
    Conditional,
    Expression,
    Logic,
    Lookup,
    Memory,
    Number,
    Ref,
    Unary,
)

ONE_UNIT = Unit()


def clock(steps: int = 24, dt: float = 1 / 12) -> Time:
    return Time(start="2007-02-01", step="month", dt=dt, steps=steps)


def parameter(name: str, low: float = 0.0, high: float = 1.0) -> Parameter:
    return Parameter(name, Prior("uniform", (("low", low), ("high", high))), ONE_UNIT)


def stock(
    name: str,
    initial: float | Expression,
    change: Expression = ZERO,
    jump: Expression = ZERO,
    low: float = float("-inf"),
    high: float = float("inf"),
) -> Stock:
    start = initial if isinstance(initial, Expression) else Number(initial)
    return Stock(name, start, change, jump, low, high, ONE_UNIT)


def auxiliary(name: str, formula: Expression) -> Auxiliary:
    return Auxiliary(name, formula, ONE_UNIT)


def outcome(name: str, kind: Any, formula: Expression, first: int = 0, last: int = 24) -> Outcome:
    return Outcome(name, kind, formula, first, last, ONE_UNIT)


def model(**sections: Any) -> Model:
    """A model with what is given and nothing else; actors A, B and C exist."""
    empty = (
        "sources correlations levers policies observations auxiliaries noises events stocks "
        "beliefs choices outcomes claims interests parameters"
    )
    fields: dict[str, Any] = dict.fromkeys(empty.split(), ())
    fields |= {
        "name": "made",
        "title": "Made by a test",
        "language": 1,
        "time": clock(),
        "actors": tuple(Actor(code, code) for code in "ABC"),
    }
    return Model(**(fields | sections))


# -- at random ------------------------------------------------------------------------------------

BOUNDED = ("tanh", "sin", "cos", "logistic", "norm_cdf")
JUMPS = ("sign", "floor", "ceil", "round")
KINDS = ("final", "mean", "total", "sum", "max", "min", "share", "reached", "time_to", "change")
EVENT_KINDS = ("rate", "probability", "calendar", "rate")
MARK_FAMILIES = ("uniform", "normal", "lognormal", "exponential", "discrete")


def random_model(seed: int, steps: int = 20) -> Model:
    """A valid model that uses every kind of element, different for every seed.

    Values stay of the order of one, and no number is round, so that two correct implementations do
    not part at a tie.
    """
    return _Maker(random.Random(seed), steps).made()


class _Maker:
    def __init__(self, rng: random.Random, steps: int) -> None:
        self.rng = rng
        self.steps = steps
        self.dt = rng.choice((1 / 12, 1 / 4, 7 / 365.25))
        self.known: list[str] = []  # what a formula may read at its own step
        self.events: list[str] = []
        self.later: list[str] = []  # what only a memory with an initial value may read

    def number(self, low: float = -1.3, high: float = 1.7) -> Number:
        return Number(self.rng.uniform(low, high))

    def made(self) -> Model:
        rng, dt = self.rng, self.dt
        parameters = tuple(parameter(f"p{i}") for i in range(3))
        over_parameters = [p.name for p in parameters]
        self.known = list(over_parameters)
        initials = [self.share() for _ in range(5)]
        stock_names, belief_names = ("s0", "s1", "s2"), ("b0", "b1")
        choices = [(f"c{i}", rng.randint(2, 4)) for i in range(2)]
        self.known += [*stock_names, *belief_names, "b0.logodds", "time"]
        for name, count in choices:
            self.known += [name, f"{name}.o{rng.randrange(count)}"]
        self.later = ["a3", "a4"]

        noises = self.noises()
        events = self.event_list()
        levers, policies, observations = self.levers()
        auxiliaries = []
        for i in range(5):
            auxiliaries.append(auxiliary(f"a{i}", self.formula(3)))
            self.known.append(f"a{i}")
        chosen = tuple(self.choice(name, count) for name, count in choices)
        self.known += [f"c0.probability.o{rng.randrange(choices[0][1])}"]
        stocks = (
            stock("s0", initials[0], self.formula(2), self.jump(), 0.0, 1.0),
            stock("s1", initials[1], self.pull("s1"), ZERO, -2.0, 2.0),
            stock("s2", initials[2], self.pull("s2"), self.jump()),
        )
        beliefs = (
            self.belief("b0", initials[3], Number(rng.uniform(0.3, 4.0))),
            self.belief("b1", initials[4], None),
        )
        return model(
            name=f"random{rng.random():.6f}",
            time=clock(self.steps, dt),
            parameters=parameters,
            noises=noises,
            events=events,
            levers=levers,
            policies=policies,
            observations=observations,
            auxiliaries=tuple(auxiliaries),
            choices=chosen,
            stocks=stocks,
            beliefs=beliefs,
            outcomes=self.outcomes(),
        )

    # -- formulas ---------------------------------------------------------------------------------

    def read(self) -> Expression:
        return Ref(self.rng.choice(self.known)) if self.rng.random() < 0.8 else self.number()

    def share(self) -> Expression:
        """Between 0.05 and 0.95."""
        return Call("clip", (self.formula(1, memory=False), Number(0.05), Number(0.95)))

    def positive(self) -> Expression:
        return Binary("+", Number(self.rng.uniform(0.15, 0.6)), Call("abs", (self.formula(1),)))

    def truth(self) -> Expression:
        rng = self.rng
        compare = Compare(rng.choice(("<", "<=", ">", ">=")), self.read(), self.number())
        match rng.randrange(5):
            case 0:
                return Logic(rng.choice(("and", "or")), (compare, Unary("not", self.option())))
            case 1:
                return self.option()
            case _:
                return compare

    def option(self) -> Expression:
        if "c0" not in self.known:
            return Compare(">", self.read(), self.number())
        op = self.rng.choice(("==", "!=", ">=", "<", ">", "<="))
        return Compare(op, Ref(self.rng.choice(("c0", "c1"))), Number(1.0))

    def formula(self, depth: int, *, memory: bool = True) -> Expression:
        """Of the order of one."""
        rng = self.rng
        if depth == 0:
            return self.read()

        def inner() -> Expression:
            return self.formula(depth - 1, memory=memory)

        match rng.randrange(12 if memory else 10):
            case 0:
                return Binary(rng.choice("+-"), inner(), inner())
            case 1:
                return Binary("*", self.number(), inner())
            case 2:
                return Call(rng.choice(BOUNDED), (Binary("+", inner(), inner()),))
            case 3:
                return Call(rng.choice(("min", "max")), (inner(), self.number(), inner()))
            case 4:
                return Conditional(self.truth(), inner(), inner())
            case 5:
                below = Binary("+", Number(1.0), Call("abs", (inner(),)))
                return Binary("/", inner(), below)
            case 6:
                return self.careful(inner())
            case 7:
                xs = sorted(rng.uniform(-2.0, 2.0) for _ in range(4))
                return Lookup(inner(), tuple(xs), tuple(rng.uniform(-1.0, 1.0) for _ in xs))
            case 8:
                small = Binary("*", Number(rng.uniform(0.5, 3.0)), inner())
                return Call("tanh", (Call(rng.choice(JUMPS), (small,)),))
            case 9:
                return Unary("-", inner()) if rng.random() < 0.5 else self.truth()
            case _:
                return self.memory(inner())

    def careful(self, x: Expression) -> Expression:
        """Functions that need their argument in a range, or grow."""
        rng = self.rng
        size = Binary("+", Call("abs", (x,)), Number(rng.uniform(0.1, 0.4)))
        small = Call("clip", (x, Number(-1.5), Number(1.1)))
        match rng.randrange(9):
            case 0:
                return Call("exp", (small,))
            case 1:
                return Call(rng.choice(("log", "sqrt", "log1p")), (size,))
            case 2:
                return Call("expm1", (small,))
            case 3:
                return Call("logit", (Call("clip", (x, Number(0.07), Number(0.93))),))
            case 4:
                return Binary("**", size, Number(rng.uniform(-0.9, 1.1)))
            case 5:
                return Binary("%", x, Number(rng.uniform(0.5, 1.5)))
            case 6:
                return Call("tanh", (Binary("//", x, Number(rng.uniform(0.4, 0.9))),))
            case 7:
                return Binary("**", small, Number(2.0))
            case _:
                return Call("positive", (x,))

    def memory(self, source: Expression) -> Expression:
        rng = self.rng
        initial: Expression | None = self.number() if rng.random() < 0.5 else None
        if initial is not None and rng.random() < 0.4:
            source = Ref(rng.choice(self.later))
        tau = Binary("*", self.positive(), Number(self.dt * 6))
        match rng.randrange(5):
            case 0:
                return Memory("smooth", source, tau, rng.randint(1, 3), initial, 0)
            case 1:
                steps = rng.randint(1, 5)
                return Memory("delay", source, Number(steps * self.dt), 1, initial, steps)
            case 2:
                return Memory("material_delay", source, tau, rng.randint(1, 3), initial, 0)
            case 3:
                return Memory("previous", source, None, 1, initial or Number(0.2), 0)
            case _:
                what = Ref(rng.choice(self.events)) if self.events else self.truth()
                since = Memory("since", what, None, 1, rng.choice((None, Number(0.7))), 0)
                return Call("exp", (Unary("-", since),))

    def pull(self, name: str) -> Expression:
        """A flow toward something, so that the stock stays near it."""
        pace = Number(self.rng.uniform(0.3, 2.0))
        return Binary("*", pace, Binary("-", self.formula(2), Ref(name)))

    def jump(self) -> Expression:
        happened = Ref(self.rng.choice(self.events))
        return Binary("*", Number(self.rng.uniform(-0.2, 0.2)), happened)

    # -- elements ---------------------------------------------------------------------------------

    def noises(self) -> tuple[Noise, ...]:
        scale = Call("clip", (self.formula(1, memory=False), Number(0.1), Number(0.6)))
        made = (
            Noise("n0", "normal", scale, None, ONE_UNIT),
            Noise("n1", "uniform", self.number(0.2, 0.9), None, ONE_UNIT),
            Noise("n2", "ar1", scale, Number(self.rng.uniform(0.1, 2.0)), ONE_UNIT),
        )
        self.known += [noise.name for noise in made]
        return made

    def event_list(self) -> tuple[Event, ...]:
        rng, made = self.rng, []
        for i, kind in enumerate(EVENT_KINDS):
            driver = self.share()
            if kind == "rate":
                pace = Number(rng.uniform(0.5, 1.5) / self.dt)
                driver = Binary("*", pace, Binary("-", driver, Number(0.1)))
            when = tuple(sorted(rng.sample(range(self.steps), 3))) if kind == "calendar" else ()
            cap = rng.randint(1, 4) if kind == "rate" else 1
            mark = self.mark() if i != 3 else None
            about = About(alias=f"alias{i}" if rng.random() < 0.3 else "")
            name = f"e{i}"
            if kind == "calendar":
                driver = ZERO
            made.append(Event(name, "A", kind, driver, cap, mark, ONE_UNIT, when, about=about))
            self.known += [name, f"{name}.magnitude"]
            self.known += [f"{name}.{kind}"] if kind == "probability" else []
            self.events.append(name)
        return tuple(made)

    def mark(self) -> Mark:
        family: Any = self.rng.choice(MARK_FAMILIES)
        first, second = self.number(0.1, 0.5), self.share()
        if family == "discrete":
            return Mark(family, ZERO, ZERO, (0.3, -0.2, 0.9), (0.2, 0.5, 0.4))
        return Mark(family, first, second)

    def levers(
        self,
    ) -> tuple[tuple[Lever, ...], tuple[Policy, ...], tuple[Observation, ...]]:
        rng = self.rng
        seen = (
            Observation("s0", "A", 0, 0.0),
            Observation("b0", "A", rng.randint(1, 4), 0.05),
            Observation("n0", "A", rng.randint(1, 4), 0.0),
        )
        readable, self.known = self.known, [o.name for o in seen]
        rule = Rule(self.formula(2))
        self.known = readable
        insight = Rule(self.formula(2))
        plain: dict[str, Any] = {"low": 0.0, "high": 1.0, "default": 0.23, "unit": ONE_UNIT}
        levers = (
            Lever("l0", "A", **plain),
            Lever("l1", "A", **plain, lag=self.positive(), slippage=self.share()),
            Lever("l2", "B", **plain, slippage=self.share(), cost=self.formula(1)),
            Lever("l3", "B", 0.0, 2.0, 1.0, ONE_UNIT, options=("x", "y", "z")),
        )
        when = (0, rng.randint(2, 6), rng.randint(8, 15))
        steps = Schedule(when, tuple(rng.random() for _ in when))
        policies = (
            Policy("rules", (("l0", rule), ("l1", Constant(rng.random())))),
            Policy("dated", (("l2", steps), ("l3", Schedule(when, (2.0, 0.0, 1.0))))),
            Policy("clairvoyant", (("l1", insight), ("l0", steps)), clairvoyant=True),
        )
        self.known += [lever.name for lever in levers] + ["l1.ordered", "l2.cost"]
        return levers, policies, seen

    def choice(self, name: str, count: int) -> Choice:
        rng = self.rng
        options = []
        for i in range(count):
            irreversible = rng.random() < 0.3
            options.append(
                Option(
                    f"o{i}",
                    self.formula(2),
                    self.truth() if rng.random() < 0.4 else None,
                    irreversible,
                    (f"o{rng.randrange(count)}",) if irreversible else (),
                )
            )
        return Choice(
            name,
            "B",
            tuple(options),
            rng.randrange(count),
            every=rng.randint(1, 4),
            offset=rng.randint(0, 3),
            rationality=self.positive(),
            when=self.truth() if rng.random() < 0.5 else None,
        )

    def belief(self, name: str, initial: Expression, fades: Expression | None) -> Belief:
        evidence = (
            Evidence("e", "event", self.rng.choice(self.events), self.formula(1)),
            Evidence("f", "event", self.rng.choice(self.events), self.number()),
            Evidence("drift", "flow", "", self.formula(2)),
        )
        rest = self.share() if fades is not None and self.rng.random() < 0.7 else None
        return Belief(name, "C", initial, rest, fades, evidence, bound=6.0)

    def outcomes(self) -> tuple[Outcome, ...]:
        made = []
        for kind in KINDS:
            true = kind in ("share", "reached", "time_to")
            formula = self.truth() if true else self.formula(2)
            first = self.rng.randint(0, self.steps // 2)
            last = self.rng.randint(self.steps // 2 + 1, self.steps)
            made.append(Outcome(kind, kind, formula, first, last, Unit("u", 0.5)))
        for name in ("s0", "s1", "s2", "b0", "b1", "c0", "c1", "a0", "a4", "l1"):
            made.append(outcome(f"{name}_end", "final", Ref(name), 0, self.steps))
        return tuple(made)


def random_arms(made: Model, seed: int) -> tuple[Arm, ...]:
    """Ways to run a random model: policies, settings, parameters and holds."""
    rng = random.Random(seed)
    last = made.time.steps
    window = (rng.randint(0, 5), rng.randint(6, last))
    return (
        Arm(),
        Arm(policy="rules+dated"),
        Arm(policy="clairvoyant", settings=(("l2", 0.7),), parameters=(("p1", 0.4),)),
        Arm(policy="dated", do=(("s1", 0.6), ("c0", 1.0))),
        Arm(do=(("b0", 0.8), ("e0", 1.0), ("a2", 0.3)), window=window),
        Arm(policy="rules", do=(("e1.probability", 0.5), ("l1", 0.9), ("n2", 0.1)), window=window),
    )


HOLDABLE = ("s1", "c0", "b0", "e0", "a2", "e1.probability", "l1", "n2")
