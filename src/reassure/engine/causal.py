"""The signed causal graph of a model, read off its formulas.

An edge ``u -> v`` says that ``v`` is a function of ``u``; its sign '+' or '-' is proven over the
declared ranges (see :mod:`reassure.engine.signs`), '?' says that no proof was found. What a
policy's rule reads is no edge: it is listed apart, because it belongs to the policy and not to the
model.

Edges are those of one step, so a stock's edge to itself is what its level does to its own change.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from reassure.engine.choice_signs import choice_answers
from reassure.engine.equations import (
    STAND_INS,
    Equations,
    Quantity,
    equations,
    threshold_name,
)
from reassure.engine.parts import Part
from reassure.engine.proofs import Proof
from reassure.engine.signs import Sign, join_signs, turned
from reassure.engine.slope_maps import Dependence
from reassure.engine.write_out import WriteOut
from reassure.model.checked import Choice, Model, Rule
from reassure.model.expression import ZERO, Expression, references
from reassure.model.show import show

if TYPE_CHECKING:
    import networkx as nx

Polarity = Literal["reinforcing", "balancing", "ambiguous"]

LOOP_LIMIT = 400
LOOP_LENGTH = 14


@dataclass(frozen=True, slots=True)
class Edge:
    """``target`` follows ``source``.

    Attributes:
        sign: '+', '-', or '?' where neither could be proven.
        delay: whether any of it takes at least a step: through a stock, belief, choice, lag or
            memory.
        why: where the sign was read: the part and its formula.
        swings: of an edge from a quantity to itself, whether it can carry the quantity past where
            it would have been: it does not pull at a pace, but at once or late (by jumps, decisions
            or memories), and is not proven to rise.
    """

    source: str
    target: str
    sign: Sign
    delay: bool
    why: str
    swings: bool = False


@dataclass(frozen=True, slots=True)
class RuleReading:
    """A lever that a policy sets by rule, and what the rule reads (observed by the lever's
    actor)."""

    policy: str
    lever: str
    reads: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Loop:
    """A feedback loop: ``names`` in order, the last acting on the first.

    ``polarity``: 'reinforcing' when the product of its signs is proven positive, 'balancing' when
    proven negative, else 'ambiguous'. ``delays``: how many of its edges take time.
    """

    names: tuple[str, ...]
    polarity: Polarity
    delays: int


@dataclass(frozen=True)
class CausalGraph:
    """Quantities of a model and the signed edges between them."""

    quantities: dict[str, Quantity]
    edges: dict[tuple[str, str], Edge]
    rules: tuple[RuleReading, ...] = ()
    source: Equations | None = field(default=None, repr=False)

    @cached_property
    def digraph(self) -> nx.DiGraph[str]:
        """As a networkx graph with edge attributes ``sign`` and ``delay``."""
        import networkx as nx

        graph: nx.DiGraph[str] = nx.DiGraph()
        graph.add_nodes_from(self.quantities)
        for (source, target), edge in self.edges.items():
            graph.add_edge(source, target, sign=edge.sign, delay=edge.delay)
        return graph

    @cached_property
    def by_element(self) -> CausalGraph:
        """One node an element: its rate, order, thresholds and other faces folded into it.

        A face that takes over its element's sign hands it on; a single option between others does
        not say where the choice's index stands, nor a result or a move what else came of a game, so
        their edges are '?'.
        """
        edges: dict[tuple[str, str], Edge] = {}
        for edge in self.edges.values():
            source, target = self.quantities[edge.source], self.quantities[edge.target]
            pair = (source.element, target.element)
            if pair[0] == pair[1] and edge.source != edge.target:
                continue
            chosen = target.kind == "choice" and edge.target != target.element
            if chosen and (edge.source, target.element) in self.edges:
                continue  # the index itself tells the direction
            sign: Sign = edge.sign
            if "?" not in sign and not (self._ordered(source) and self._ordered(target)):
                sign = "?"
            old = edges.get(pair)
            if old is not None:
                sign = join_signs((old.sign, sign))
            edges[pair] = Edge(
                *pair,
                sign,
                edge.delay or (old is not None and old.delay),
                edge.why if old is None or old.why == edge.why else f"{old.why}; {edge.why}",
            )
        quantities = {
            q.element: self.quantities.get(q.element) or replace(q, name=q.element)
            for q in self.quantities.values()  # a game that is never played has faces alone
        }
        return CausalGraph(quantities, edges, self.rules)

    def faces(self, choice: str) -> list[tuple[str, int, bool]]:
        """Of the nodes of ``choice`` those that tell what is in force: the name, the option's
        place, and whether it says that this option is in force (or else: this one or a later
        one)."""
        if self.source is None or choice not in self.source.choices:
            return []
        found = []
        element = self.source.choices[choice]
        for place, option in enumerate(element.options):
            for name, exact in (
                (threshold_name(element, place), False),
                (f"{choice}.{option.name}", True),
            ):
                if name in self.quantities:
                    found.append((name, place, exact))
        return found

    @staticmethod
    def _ordered(quantity: Quantity) -> bool:
        faces = quantity.name.removeprefix(quantity.element)
        return quantity.kind not in ("choice", "game") or not faces.startswith(".")

    def without_auxiliaries(self, keep: Iterable[str] = ()) -> CausalGraph:
        """The same model with its auxiliaries, rates and costs written out where they are read, but
        for those in ``keep``. How a modeller cut formulas into auxiliaries leaves no trace in
        it."""
        if self.source is None:
            raise ValueError("this graph was not read from a model")
        key = frozenset(name for name in keep if name in self.source.rewritten)
        if key not in self._reduced:
            base = self._reduced.get(frozenset())
            if key and base is None:
                base = self.without_auxiliaries()
            write = WriteOut(self.source, key, self._write_out if key else None)
            if not key:
                write = self._write_out
            builder = _Builder(self.source, self._proof, write)
            self._reduced[key] = builder.build(self.rules, base)
        return self._reduced[key]

    @cached_property
    def _reduced(self) -> dict[frozenset[str], CausalGraph]:
        return {}

    @cached_property
    def _write_out(self) -> WriteOut:
        assert self.source is not None
        return WriteOut(self.source)

    @cached_property
    def _proof(self) -> Proof:
        assert self.source is not None
        return Proof(self.source.ranges)

    @cached_property
    def loops(self) -> tuple[Loop, ...]:
        """Feedback loops over two or more elements: proven before ambiguous, short before long.

        At most :data:`LOOP_LIMIT`, of at most :data:`LOOP_LENGTH` elements, found shortest first.
        """
        import networkx as nx

        folded = self.by_element
        graph = folded.digraph.copy()
        graph.remove_edges_from(list(nx.selfloop_edges(graph)))
        found: dict[tuple[str, ...], Loop] = {}
        for length in range(2, LOOP_LENGTH + 1):
            for cycle in nx.simple_cycles(graph, length_bound=length):
                start = cycle.index(min(cycle))
                names = tuple(cycle[start:] + cycle[:start])
                if names not in found:
                    found[names] = folded._loop(names)
                if len(found) >= LOOP_LIMIT:
                    break
            if len(found) >= LOOP_LIMIT:
                break
        rank = {"reinforcing": 0, "balancing": 0, "ambiguous": 1}
        return tuple(
            sorted(found.values(), key=lambda p: (rank[p.polarity], len(p.names), p.names))
        )

    def as_json(self) -> dict[str, Any]:
        """Elements, the signed edges between them and their loops, as JSON can hold them.

        ``actor`` is null for what belongs to none.
        """
        folded = self.by_element
        return {
            "schema": 1,
            "nodes": [
                {"name": name, "kind": quantity.kind, "actor": quantity.actor or None}
                for name, quantity in folded.quantities.items()
            ],
            "edges": [
                {
                    "source": edge.source,
                    "target": edge.target,
                    "sign": edge.sign,
                    "delay": edge.delay,
                    "why": edge.why,
                }
                for edge in folded.edges.values()
            ],
            "loops": [
                {"names": list(loop.names), "polarity": loop.polarity, "delays": loop.delays}
                for loop in self.loops
            ],
        }

    def _loop(self, names: tuple[str, ...]) -> Loop:
        steps = [self.edges[pair] for pair in zip(names, names[1:] + names[:1], strict=True)]
        sign = path_sign(steps)
        polarity: Polarity = "ambiguous"
        if sign != "?":
            polarity = "reinforcing" if sign == "+" else "balancing"
        return Loop(names, polarity, sum(step.delay for step in steps))


def path_sign(edges: Iterable[Edge]) -> Sign:
    """The product of the signs along a path; '?' as soon as one is unknown."""
    product = 1
    for edge in edges:
        if edge.sign == "?":
            return "?"
        product *= 1 if edge.sign == "+" else -1
    return "+" if product > 0 else "-"


def causal_graph(model: Model) -> CausalGraph:
    """The signed causal graph of ``model``, every named quantity a node."""
    source = equations(model)
    rules = tuple(
        RuleReading(policy.name, lever, tuple(sorted(references(setting.formula))))
        for policy in model.policies
        for lever, setting in policy.settings
        if isinstance(setting, Rule)
    )
    return _Builder(source, Proof(source.ranges), None).build(rules, None)


class _Builder:
    """Reads edges off equations: with every quantity a node (``write`` None), or with those that
    ``write`` writes out left out."""

    def __init__(self, source: Equations, proof: Proof, write: WriteOut | None) -> None:
        self.source = source
        self.proof = proof
        self.write = write
        dropped = frozenset(source.rewritten) - write.kept if write else frozenset()
        self.quantities = {n: q for n, q in source.quantities.items() if n not in dropped}
        self.edges: dict[tuple[str, str], Edge] = {}

    def build(self, rules: tuple[RuleReading, ...], base: CausalGraph | None) -> CausalGraph:
        """The graph; edges into what has the same equation in ``base`` are taken from there."""
        same: set[str] = set()
        for target in self.quantities:
            parts = self.source.parts[target]
            known = base is not None and target in base.quantities
            if known and not self._changed([part.formula for part in parts]):
                same.add(target)
                continue
            for part in parts:
                self._part(target, part)
        for choice in self.source.choices.values():
            faces = {q.name for q in self.quantities.values() if q.element == choice.name}
            if base is not None and not self._changed(_formulas(choice)):
                same |= faces
                continue
            same -= faces
            expand = self.write or self.source.rewrite
            for answer in choice_answers(choice, self.proof, expand):
                for read, sign in answer.signs.items():
                    self._join(answer.target, read, sign, answer.delay, answer.why)
        if base is not None:
            self.edges |= {pair: e for pair, e in base.edges.items() if e.target in same}
        source = None if self.write else self.source
        return CausalGraph(self.quantities, self.edges, rules, source)

    def _changed(self, formulas: Iterable[Expression]) -> bool:
        return self.write is not None and any(self.write.changes(formula) for formula in formulas)

    def _part(self, target: str, part: Part) -> None:
        why = f"{part.label}: {_brief(part.formula)}"
        expand = self.write or self.source.rewrite
        for read, sign in self.proof.signs(expand(part.formula)).items():
            if part.sense == "-":
                sign = turned(sign)
            elif part.sense == "?" and sign != "0":
                sign = "?"
            late = read.lagged or part.sudden is None
            at_once = late or target in references(expand(part.sudden or ZERO))
            self._join(target, read, sign, part.delay, why, at_once)

    def _join(
        self,
        target: str,
        read: Dependence,
        sign: Sign,
        delay: bool,
        why: str,
        at_once: bool = True,
    ) -> None:
        if read.name in STAND_INS or read.name not in self.quantities or sign == "0":
            return
        pair = (read.name, target)
        old = self.edges.get(pair)
        self.edges[pair] = Edge(
            *pair,
            sign if old is None else join_signs((old.sign, sign)),
            delay or read.lagged or (old is not None and old.delay),
            why if old is None or old.why == why else f"{old.why}; {why}",
            (old is not None and old.swings) or (read.name == target and at_once and sign != "+"),
        )


def _formulas(choice: Choice) -> list[Expression]:
    found = [choice.rationality, *([choice.when] if choice.when else [])]
    for option in choice.options:
        found += [option.utility, *([option.requires] if option.requires else [])]
    return found


def _brief(formula: Expression) -> str:
    text = show(formula)
    for stand_in in STAND_INS:
        text = text.replace(stand_in, stand_in.removeprefix("~"))
    return text if len(text) <= 160 else text[:157] + "..."
