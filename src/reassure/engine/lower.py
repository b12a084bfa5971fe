"""From a checked model to the program of one step."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from reassure.engine import chance_nodes, game_nodes
from reassure.engine.dag import Graph
from reassure.engine.formula_nodes import lower_call
from reassure.engine.games.calls import GameCall
from reassure.engine.games.names import lesson_name, read_results
from reassure.engine.program import Program, Reading, Ring, State, Tally
from reassure.engine.random import check_collisions
from reassure.engine.reading import Moment, definitions
from reassure.model.checked import Belief, Choice, Model, Noise, Observation, Outcome, Rule, Stock
from reassure.model.expression import Expression, Memory
from reassure.model.mistakes import UsageError, suggest


def lower(model: Model, holdable: Iterable[str] = ()) -> Program:
    """The program of a model.

    Args:
        model: a checked model.
        holdable: names that arms may hold beside those that the model's claims hold.

    Raises:
        UsageError: a name in ``holdable`` is not the model's, or cannot be held.
        ValueError: a quantity is defined through itself at the opening.
    """
    return Lowering(model, holdable).program()


def held_by_claims(model: Model) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names that some claim holds, and those that some claim holds at a path."""
    names: dict[str, None] = {}
    for claim in model.claims:
        arms = [arm for cause in claim.causes for arm in (cause.low, cause.high)]
        for arm in (*arms, *claim.arms):
            names |= dict.fromkeys(name for name, _ in arm.do)
    through = dict.fromkeys(claim.through for claim in model.claims if claim.through)
    return tuple(names | through), tuple(through)


class Lowering:
    """A model on its way to a :class:`Program`: what its moments share."""

    def __init__(self, model: Model, holdable: Iterable[str] = ()) -> None:
        self.model = model
        self.dt = model.time.dt
        self.graph = Graph()
        by_claims, through = held_by_claims(model)
        self.holdable = (*by_claims, *holdable)
        self._definitions = definitions(self)
        self.holds = tuple(dict.fromkeys((*by_claims, *holdable)))
        self.followers = tuple(dict.fromkeys((*through, *holdable)))
        fixed = {"time", "dt"} | {parameter.name for parameter in model.parameters}
        for name in self.holds:
            if name in fixed or name not in self._definitions:
                known = [item for item in self._definitions if item not in fixed]
                raise UsageError(f"{name} cannot be held{suggest(name, known)}")
        self.slots = min(2, len(self.followers))
        self._streams: dict[tuple[str, str], int] = {}
        self._rules: dict[tuple[int, str], int] = {}
        self._rule_formulas: dict[int, list[Expression]] = {}
        self._states: list[tuple[str, int, int]] = []  # name, initial, update
        self._carried: dict[str, int] = {}  # the states of named quantities
        self._stages: dict[Memory, list[int]] = {}
        self._rings: list[tuple[str, int, int, int]] = []
        self._ring_of: dict[object, int] = {}
        self._calls: dict[str, GameCall] = {}
        self.opening = Moment(self, opening=True)
        self.now = Moment(self, opening=False)

    # -- what moments ask for ---------------------------------------------------------------------

    def definition(self, name: str) -> Callable[[Moment], int]:
        return self._definitions[name]

    def calendar(self, steps: tuple[int, ...]) -> int:
        """A truth value that holds in some steps."""
        return self.graph.leaf("calendar", steps)

    def happened(self, now: Moment, event: str) -> int:
        """Whether an event came about at the step, for a game that is then played."""
        return self.graph.add("gt", now.read(event), self.graph.number(0.0))

    def draw(self, name: str, purpose: str) -> int:
        """The uniform of a stream at the step."""
        position = self._streams.setdefault((name, purpose), len(self._streams))
        return self.graph.leaf("draw", position)

    def uniform_of(self, item: Noise) -> int:
        """What uniform noise scales, on [0, 1)."""
        return self.draw(item.about.alias or item.name, "noise")

    def normal_of(self, item: Noise) -> int:
        """What normal noise scales."""
        return self.graph.add("normal", self.uniform_of(item))

    def call(self, key: str, make: Callable[[], GameCall]) -> GameCall:
        """What is asked of a game, the same at every moment."""
        if key not in self._calls:
            self._calls[key] = make()
        return self._calls[key]

    def hold(self, name: str, *, opening: bool) -> tuple[int, int] | None:
        """Whether a name is held, and at what; None for one that cannot be."""
        if name not in self.holds:
            return None
        position, graph = self.holds.index(name), self.graph
        value = graph.leaf("held_value", position)
        if name in self.followers:
            for slot in range(self.slots):
                path = graph.leaf("path_first" if opening else "path", slot)
                value = graph.select(graph.leaf("held_slot", (position, slot)), path, value)
        return graph.leaf("held_first" if opening else "held", position), value

    def rule_number(self, lever: int, policy: str, rule: Rule) -> int:
        """The number of a rule among those of its lever, from 1; equal rules have one number."""
        formulas = self._rule_formulas.setdefault(lever, [])
        if rule.formula not in formulas:
            formulas.append(rule.formula)
        number = formulas.index(rule.formula) + 1
        self._rules[lever, policy] = number
        return number

    def carried(self, name: str, moment: Moment) -> int:
        """A named state; what it starts from, at the opening."""
        if not moment.opening:
            return self.graph.leaf("state", self._state_of(name))
        return self._initial(name)

    def seen(self, seen: Observation) -> int:
        """The truth of a delayed observation, as it was."""
        return self._ring(seen.name, seen.delay_steps, seen)

    def name_of_observation(self, seen: Observation) -> str:
        """What keys the random stream of an observation's error."""
        model = self.model
        elements: tuple[Any, ...] = (
            *model.levers,
            *model.auxiliaries,
            *model.noises,
            *model.events,
            *model.stocks,
            *model.beliefs,
            *model.choices,
        )
        for element in elements:
            if element.name == seen.of:
                return f"{element.about.alias or seen.of}@{seen.actor}"
        return f"{seen.of}@{seen.actor}"

    def stages(self, node: Memory) -> list[int]:
        """What a memory holds at the step: its stages, the last of which is read."""
        if node.function == "delay":
            return [self._ring(f"delay {len(self._ring_of)}", node.steps, node)]
        if node not in self._stages:
            first = len(self._states)
            for i in range(node.order):
                self._states.append((f"{node.function} {first + i}", -1, -1))
            self._stages[node] = [self.graph.leaf("state", first + i) for i in range(node.order)]
        return self._stages[node]

    # -- states -----------------------------------------------------------------------------------

    def _state_of(self, name: str) -> int:
        if name not in self._carried:
            self._carried[name] = len(self._states)
            self._states.append((name, -1, -1))
        return self._carried[name]

    def _ring(self, name: str, length: int, key: object) -> int:
        if key not in self._ring_of:
            self._ring_of[key] = len(self._rings)
            self._rings.append((name, length, -1, -1))
        return self.graph.leaf("ring", self._ring_of[key])

    def _initial(self, name: str) -> int:
        model, moment, graph = self.model, self.opening, self.graph
        for stock in model.stocks:
            if stock.name == name:
                return moment.value(stock.initial)
        for belief in model.beliefs:
            if f"{belief.name}.logodds" == name:
                return moment.logit(moment.value(belief.initial), belief.bound)
        for choice in model.choices:
            if choice.name == name:
                return graph.number(float(choice.initial))
        for lever in model.levers:
            if lever.name == name:
                return graph.number(lever.default)
        return graph.number(
            0.0
        )  # a game is appraised at the first step; an ar1 noise has no memory at the first step

    # -- the whole --------------------------------------------------------------------------------

    def program(self) -> Program:
        """Everything: names, what moves on, what is read off."""
        model, now = self.model, self.now
        for name in self._definitions:
            now.settle(lambda name=name: now.read(name))  # type: ignore[misc]
        readings = [self._outcome(outcome) for outcome in model.outcomes]
        self._move_elements()
        done = 0
        while len(self._stages) + len(self._ring_of) > done:  # a memory's source may hold another
            done = len(self._stages) + len(self._ring_of)
            self._move_memories()
        tallies = self._tallies()
        check_collisions(self._streams)
        return Program(
            graph=self.graph,
            dt=self.dt,
            steps=model.time.steps,
            states=tuple(State(*item) for item in self._states),
            rings=tuple(Ring(*item) for item in self._rings),
            readings=tuple(readings),
            names=dict(now.known),
            streams=tuple(self._streams),
            parameters=tuple(parameter.name for parameter in model.parameters),
            levers=tuple(lever.name for lever in model.levers),
            rules=dict(self._rules),
            holds=self.holds,
            slots=self.slots,
            followers=self.followers,
            tallies=tallies,
        )

    def _tallies(self) -> tuple[Tally, ...]:
        """Count the solves of every game that is solved anyway, in states of their own."""
        targets = [node for _, *pair in self._states for node in pair]
        targets += [node for _, _, *pair in self._rings for node in pair]
        found = []
        for asked in game_nodes.solves(self, targets):
            counts = []
            for what, start, more in zip(
                ("solves", "flagged"), asked.first, asked.each, strict=True
            ):
                position = len(self._states)
                so_far = self.graph.leaf("state", position)
                self._states.append(
                    (f"{what} of {asked.game}", start, self.graph.add("add", so_far, more))
                )
                counts.append(position)
            found.append(Tally(asked.game, *counts))
        return tuple(found)

    def _set_state(
        self, position: int, initial: Callable[[], int], update: Callable[[], int]
    ) -> None:
        name = self._states[position][0]
        self._states[position] = (name, self.opening.settle(initial), self.now.settle(update))

    def _move_elements(self) -> None:
        model, now, graph = self.model, self.now, self.graph
        moves: dict[str, Callable[[], int]] = {}
        for stock in model.stocks:
            moves[stock.name] = lambda x=stock: self._moved_stock(x)  # type: ignore[misc]
        for belief in model.beliefs:
            moves[f"{belief.name}.logodds"] = lambda x=belief: self._moved_belief(x)  # type: ignore[misc]
        for choice in model.choices:
            moves[choice.name] = lambda x=choice: self.decided(x)  # type: ignore[misc]
        for lever in model.levers:
            if lever.lag is not None:
                lag = lever.lag

                def moved(lever=lever, lag=lag):  # type: ignore[no-untyped-def]
                    effective = now.read(lever.name)
                    share = now.step_factor(now.value(lag), self.dt)
                    gap = graph.add("sub", now.target(lever), effective)
                    return graph.add("add", effective, graph.add("mul", share, gap))

                moves[lever.name] = moved
        for noise in model.noises:
            if noise.kind == "ar1":
                moves[noise.name] = lambda x=noise.name: now.read(x)  # type: ignore[misc]
        for game in model.games:
            for name in read_results(model, game, self.holdable):
                if name in self._carried:
                    moves[name] = lambda x=name: now.read(x)  # type: ignore[misc]
        for name, move in moves.items():
            self._set_state(self._state_of(name), lambda name=name: self._initial(name), move)  # type: ignore[misc]

    def decided(self, choice: Choice) -> int:
        """The option in force at the next step."""
        return chance_nodes.decided(self.now, choice)

    def _moved_stock(self, stock: Stock) -> int:
        now, graph = self.now, self.graph
        flow = graph.add("mul", graph.number(self.dt), now.value(stock.change))
        moved = graph.add(
            "add", graph.add("add", now.read(stock.name), flow), now.value(stock.jump)
        )
        if np.isfinite(stock.low):
            moved = graph.add("max", moved, graph.number(stock.low))
        if np.isfinite(stock.high):
            moved = graph.add("min", moved, graph.number(stock.high))
        return moved

    def _moved_belief(self, belief: Belief) -> int:
        now, graph = self.now, self.graph
        level, terms = now.read(f"{belief.name}.logodds"), []
        for item in belief.evidence:
            if item.lesson is not None:
                terms.append(now.read(lesson_name(belief.holder, item.lesson)))
                continue
            times = now.read(item.event) if item.kind == "event" else graph.number(self.dt)
            terms.append(graph.add("mul", now.value(item.weight), times))
        if belief.fades is not None:
            rest = now.logit(now.value(belief.rest or belief.initial), belief.bound)
            ratio = graph.add("div", graph.number(-self.dt), now.value(belief.fades))
            gap = graph.add("sub", level, rest)
            level = graph.add("add", rest, graph.add("mul", gap, graph.add("exp", ratio)))
        moved = graph.add("add", level, graph.chain("add", terms, 0.0))
        limits = [graph.number(-belief.bound), graph.number(belief.bound)]
        return lower_call(graph, "clip", [moved, *limits])

    def _move_memories(self) -> None:
        for key in list(self._ring_of):
            position = self._ring_of[key]
            name, length, _, done = self._rings[position]
            if done >= 0:
                continue
            if isinstance(key, Memory):
                initial = self.opening.settle(lambda key=key: self.opening.remember(key))  # type: ignore[misc]
                source = self.now.settle(lambda key=key: self.now.value(key.source))  # type: ignore[misc]
            else:
                assert isinstance(key, Observation)
                initial = self.opening.settle(lambda key=key: self.opening.read(key.of))  # type: ignore[misc]
                source = self.now.settle(lambda key=key: self.now.read(key.of))  # type: ignore[misc]
            self._rings[position] = (name, length, initial, source)
        for node in list(self._stages):
            stages = self._stages[node]
            positions: list[Any] = [self.graph[stage].attribute for stage in stages]
            if self._states[positions[0]][2] >= 0:
                continue
            for i, position in enumerate(positions):
                self._set_state(
                    position,
                    lambda node=node: self._stage_initial(node),  # type: ignore[misc]
                    lambda node=node, i=i: self._stage_update(node, i),  # type: ignore[misc]
                )

    def _stage_initial(self, node: Memory) -> int:
        graph, opening = self.graph, self.opening
        start = opening.remember(node)
        if node.function != "material_delay":
            return start
        content = graph.add("mul", start, graph.number(self.dt))
        return graph.add("div", content, opening.stage_factor(node))

    def _stage_update(self, node: Memory, i: int) -> int:
        now, graph, stages = self.now, self.graph, self._stages[node]
        if node.function == "previous":
            return now.value(node.source)
        if node.function == "since":
            later = graph.add("add", stages[0], graph.number(self.dt))
            return graph.select(now.truth(node.source), graph.number(self.dt), later)
        share = now.stage_factor(node)
        if node.function == "smooth":
            inflow = now.value(node.source) if i == 0 else stages[i - 1]
            gap = graph.add("sub", inflow, stages[i])
            return graph.add("add", stages[i], graph.add("mul", share, gap))
        if i == 0:
            inflow = graph.add("mul", graph.number(self.dt), now.value(node.source))
        else:
            inflow = graph.add("mul", share, stages[i - 1])
        outflow = graph.add("mul", share, stages[i])
        return graph.add("sub", graph.add("add", stages[i], inflow), outflow)

    # -- outcomes ---------------------------------------------------------------------------------

    def _outcome(self, outcome: Outcome) -> Reading:
        """An outcome as a state that gathers it over the steps, and what that is divided by at the
        end."""
        graph, now, window = self.graph, self.now, outcome.last - outcome.first
        position = len(self._states)
        self._states.append((f"outcome {outcome.name}", -1, -1))
        so_far = graph.leaf("state", position)
        inside = self.calendar(tuple(range(outcome.first, outcome.last)))
        start, scale = 0.0, 1.0

        def value() -> int:
            return now.value(outcome.formula)

        def truth() -> int:
            return now.truth(outcome.formula)

        def added(what: Callable[[], int]) -> Callable[[], int]:
            return lambda: graph.select(inside, graph.add("add", so_far, what()), so_far)

        match outcome.kind:
            case "final":
                at = self.calendar((outcome.last,))
                update: Callable[[], int] = lambda: graph.select(at, value(), so_far)  # noqa: E731
            case "change":
                at, since = self.calendar((outcome.last,)), self.calendar((outcome.first,))

                def update() -> int:
                    opened = graph.select(since, graph.add("neg", value()), so_far)
                    return graph.select(at, graph.add("add", value(), so_far), opened)

            case "mean":
                update, scale = added(value), 1.0 / window
            case "total":
                update, scale = added(value), self.dt
            case "sum":
                update = added(value)
            case "share":
                update, scale = added(lambda: graph.numeric(truth())), 1.0 / window
            case "max" | "min":
                kind, start = outcome.kind, -np.inf if outcome.kind == "max" else np.inf

                def update() -> int:
                    return graph.select(inside, graph.add(kind, so_far, value()), so_far)

            case "reached":

                def update() -> int:
                    now_true = graph.add("and", inside, truth())
                    return graph.select(now_true, graph.number(1.0), so_far)

            case "time_to":
                start = window * self.dt

                def update() -> int:
                    elapsed = graph.add(
                        "sub", graph.leaf("time"), graph.number(outcome.first * self.dt)
                    )
                    earlier = graph.add("min", so_far, elapsed)
                    return graph.select(graph.add("and", inside, truth()), earlier, so_far)

        self._set_state(position, lambda: graph.number(start), update)
        return Reading(outcome.name, position, scale / outcome.unit.factor)
