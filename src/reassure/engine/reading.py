"""Names as nodes: what each name of a model is worth at a step, and at the opening."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from reassure.engine import chance_nodes, game_nodes
from reassure.engine.formula_nodes import lower_call, lower_formula
from reassure.model.checked import Belief, Lever, Observation, Rule
from reassure.model.expression import Expression, Memory

if TYPE_CHECKING:
    from reassure.engine.lower import Lowering

NEVER = 1000.0
"""Years: what ``since`` reads before anything happened."""


class NeedsName(Exception):
    """A name has to be worked out first."""


class Moment:
    """The values of names at a step, or at the *opening*: the first step with event counts, noise
    and errors of observation taken as zero, from which memories start.

    Raises (from :meth:`read`, :meth:`value`, :meth:`remember`):
        NeedsName: a name that is read is not known yet; :meth:`settle` works it out.
    """

    def __init__(self, lowering: Lowering, *, opening: bool) -> None:
        self.lowering = lowering
        self.graph = lowering.graph
        self.opening = opening
        self.known: dict[str, int] = {}

    # -- asking -----------------------------------------------------------------------------------

    def settle(self, ask: Callable[[], int]) -> int:
        """What ``ask`` returns, after working out every name that it turns out to need.

        Names are worked out on a list of our own, not on Python's stack: a chain of any length
        will do.

        Raises:
            ValueError: a name is defined through itself.
        """
        pending: list[str] = []
        while True:
            try:
                if not pending:
                    return ask()
                self.known[pending[-1]] = self._define(pending[-1])
                pending.pop()
            except NeedsName as needed:
                name = str(needed.args[0])
                if name in pending:
                    raise ValueError(f"circle: {' > '.join([*pending, name])}") from None
                pending.append(name)

    def read(self, name: str) -> int:
        """The node that a reader of ``name`` gets."""
        if name not in self.known:
            raise NeedsName(name)
        return self.known[name]

    def value(self, formula: Expression) -> int:
        """The node of a formula as a number."""
        return self.graph.numeric(lower_formula(self.graph, formula, self.read, self.remember))

    def truth(self, formula: Expression) -> int:
        """The node of a formula as a truth value."""
        return self.graph.truth(lower_formula(self.graph, formula, self.read, self.remember))

    def remember(self, node: Memory) -> int:
        """What a memory reads."""
        if self.opening:
            if node.initial is not None:
                return self.value(node.initial)
            if node.function == "since":
                return self.graph.number(NEVER)
            return self.value(node.source)
        stages = self.lowering.stages(node)
        if node.function == "material_delay":
            flow = self.graph.add("mul", self.stage_factor(node), stages[-1])
            return self.graph.add("div", flow, self.graph.number(self.lowering.dt))
        return stages[-1]

    def stage_factor(self, node: Memory) -> int:
        """The share of a stage that moves on within a step: 1 - exp(-dt * order / time)."""
        assert node.time is not None
        return self.step_factor(self.value(node.time), self.lowering.dt * node.order)

    def step_factor(self, time: int, dt: float) -> int:
        """1 - exp(-dt / time)."""
        ratio = self.graph.add("div", self.graph.number(-dt), time)
        return self.graph.add("neg", self.graph.add("expm1", ratio))

    # -- holding ----------------------------------------------------------------------------------

    def held(self, name: str) -> tuple[int, int] | None:
        """Whether ``name`` is held at this step, and at what; None for what cannot be held."""
        return self.lowering.hold(name, opening=self.opening)

    def _define(self, name: str) -> int:
        natural = self.graph.numeric(self.lowering.definition(name)(self))
        held = self.held(name)
        return natural if held is None else self.graph.select(held[0], held[1], natural)

    # -- elements ---------------------------------------------------------------------------------

    def time(self) -> int:
        graph = self.graph
        return graph.number(0.0) if self.opening else graph.leaf("time")

    def parameter(self, position: int) -> int:
        return self.graph.leaf("parameter", position)

    def carried(self, name: str) -> int:
        """A state's value; at the opening, what it starts from."""
        return self.lowering.carried(name, self)

    def ordered(self, lever: Lever, position: int) -> int:
        """What the policy orders: the table's value, or a rule's where the arm has chosen one."""
        graph = self.graph
        value = graph.leaf("ordered_first" if self.opening else "ordered", position)
        for policy in self.lowering.model.policies:
            setting = dict(policy.settings).get(lever.name)
            if not isinstance(setting, Rule):
                continue
            number = self.lowering.rule_number(position, policy.name, setting)
            bounds = [graph.number(lever.low), graph.number(lever.high)]
            ruled = lower_call(graph, "clip", [self.value(setting.formula), *bounds])
            value = graph.select(graph.leaf("rule", (position, number)), ruled, value)
        return value

    def target(self, lever: Lever) -> int:
        """What the lever tends to: the order less what slips."""
        graph, ordered = self.graph, self.read(f"{lever.name}.ordered")
        if lever.slippage is None:
            return ordered
        default = graph.number(lever.default)
        done = graph.add("sub", graph.number(1.0), self.value(lever.slippage))
        return graph.add("add", default, graph.add("mul", graph.add("sub", ordered, default), done))

    def observed(self, seen: Observation) -> int:
        truth = (
            self.read(seen.of) if self.opening or not seen.delay_steps else self.lowering.seen(seen)
        )
        if self.opening or seen.noise == 0.0:
            return truth
        draw = self.lowering.draw(self.lowering.name_of_observation(seen), "observe")
        error = self.graph.add("mul", self.graph.number(seen.noise), self.graph.add("normal", draw))
        return self.graph.add("add", truth, error)

    def probability(self, belief: Belief) -> int:
        return self.graph.add("logistic", self.read(f"{belief.name}.logodds"))

    def logodds(self, belief: Belief) -> int:
        """The carried log-odds, or those of the probability at which the belief is held."""
        natural = self.carried(f"{belief.name}.logodds")
        held = self.held(belief.name)
        if held is None:
            return natural
        return self.graph.select(held[0], self.logit(held[1], belief.bound), natural)

    def logit(self, probability: int, bound: float) -> int:
        """Log-odds of a probability, within the bound of its belief."""
        limits = [self.graph.number(-bound), self.graph.number(bound)]
        return lower_call(self.graph, "clip", [self.graph.add("logit", probability), *limits])


def definitions(lowering: Lowering) -> dict[str, Callable[[Moment], int]]:
    """How each name of the model becomes a node."""
    model = lowering.model
    names: dict[str, Callable[[Moment], int]] = {
        "time": Moment.time,
        "dt": lambda now: now.graph.number(lowering.dt),
    }
    for i, parameter in enumerate(model.parameters):
        names[parameter.name] = lambda now, i=i: now.parameter(i)  # type: ignore[misc]
    for i, lever in enumerate(model.levers):
        names[f"{lever.name}.ordered"] = lambda now, x=lever, i=i: now.ordered(x, i)  # type: ignore[misc]
        if lever.lag is None:
            names[lever.name] = lambda now, x=lever: now.target(x)  # type: ignore[misc]
        else:
            names[lever.name] = lambda now, x=lever: now.carried(x.name)  # type: ignore[misc]
        if lever.cost is not None:
            names[f"{lever.name}.cost"] = lambda now, x=lever.cost: now.value(x)  # type: ignore[misc]
    for seen in model.observations:
        names[seen.name] = lambda now, x=seen: now.observed(x)  # type: ignore[misc]
    for auxiliary in model.auxiliaries:
        names[auxiliary.name] = lambda now, x=auxiliary.formula: now.value(x)  # type: ignore[misc]
    for stock in model.stocks:
        names[stock.name] = lambda now, x=stock.name: now.carried(x)  # type: ignore[misc]
    for belief in model.beliefs:
        names[belief.name] = lambda now, x=belief: now.probability(x)  # type: ignore[misc]
        names[f"{belief.name}.logodds"] = lambda now, x=belief: now.logodds(x)  # type: ignore[misc]
    return (
        names | chance_nodes.definitions(model) | game_nodes.definitions(model, lowering.holdable)
    )
