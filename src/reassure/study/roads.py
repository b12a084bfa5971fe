"""What can reach an outcome: whether chance does, whether a cause does, and which parameters do.

Roads are those of the causal graph and, besides, what the rules of policies read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

import networkx as nx

from reassure.engine.causal import CausalGraph
from reassure.engine.games.names import lesson_name, lessons, move_names
from reassure.model.checked import Model, Rule
from reassure.model.expression import references

_BLUR = "~error of observation"


class Roads:
    """Reachability in a model with the rules of some policies in force.

    Args:
        policies: the policies' names; what none of their rules reads adds no road.
    """

    def __init__(self, model: Model, graph: CausalGraph, policies: Iterable[str] = ()) -> None:
        self._model = model
        self.graph = graph
        self._policies = frozenset(policies)
        self._under: dict[frozenset[str], Roads] = {}

    def under(self, policies: Iterable[str]) -> Roads:
        """The roads with the rules of these policies in force instead."""
        ruled = {policy for policy, _, _ in self._rules()}
        key = frozenset(policies) & ruled
        if key not in self._under:
            self._under[key] = Roads(self._model, self.graph, key)
        return self._under[key]

    def _rules(self) -> Iterator[tuple[str, str, Rule]]:
        for policy in self._model.policies:
            for lever, setting in policy.settings:
                if isinstance(setting, Rule):
                    yield policy.name, lever, setting

    @cached_property
    def _network(self) -> nx.DiGraph[str]:
        network = self.graph.digraph.copy()
        blurred = {item.name for item in self._model.observations if item.noise > 0}
        for policy, lever, rule in self._rules():
            if policy not in self._policies:
                continue
            for name in references(rule.formula):
                network.add_edge(name.partition("@")[0], f"{lever}.ordered")
                if name in blurred:
                    network.add_edge(_BLUR, f"{lever}.ordered")
        return network

    @cached_property
    def _chance(self) -> frozenset[str]:
        model = self._model
        elements = {event.name for event in model.events if event.kind != "calendar"}
        elements |= {noise.name for noise in model.noises}
        elements |= {choice.name for choice in model.choices}
        faces = {q.name for q in self.graph.quantities.values() if q.element in elements}
        for game in model.games:
            if game.play is not None:  # its moves are drawn
                faces |= move_names(game).keys() | {lesson_name(*x) for x in lessons(model, game)}
        return frozenset(faces | elements | {_BLUR})

    def before(self, outcome: str) -> frozenset[str]:
        """Everything with a road to ``outcome``, itself included."""
        if outcome not in self._network:
            return frozenset()
        return frozenset(nx.ancestors(self._network, outcome) | {outcome})

    def chance_reaches(self, outcome: str) -> bool:
        """Whether anything drawn at random has a road to ``outcome``."""
        return bool(self._chance & self.before(outcome))

    def cause_reaches(self, roots: Iterable[str], outcome: str) -> bool:
        """Whether one of ``roots``, or a face of it, has a road to ``outcome``."""
        starts = set(roots)
        elements = {name.partition(".")[0] for name in starts}
        return any(
            name in starts or self._element(name) in elements for name in self.before(outcome)
        )

    def around(self, roots: Iterable[str], through: str, outcome: str) -> bool:
        """Whether a road leads from one of ``roots`` to ``outcome`` without any face of
        ``through``."""
        element = through.partition(".")[0]
        rest = self._network.subgraph(
            [name for name in self._network if self._element(name) != element]
        )
        if outcome not in rest:
            return False
        behind = nx.ancestors(rest, outcome)
        starts = {name.partition(".")[0] for name in roots}
        return any(self._element(name) in starts for name in behind)

    def _element(self, name: str) -> str:
        found = self.graph.quantities.get(name)
        return name.partition(".")[0] if found is None else found.element

    def parameters(self, outcomes: Iterable[str]) -> frozenset[str]:
        """Parameters with a road to any of ``outcomes``."""
        behind = frozenset[str]().union(*(self.before(outcome) for outcome in outcomes))
        return behind & {parameter.name for parameter in self._model.parameters}
