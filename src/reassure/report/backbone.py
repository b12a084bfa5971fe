"""What of a causal graph a diagram shows: all of it, what is near a name, or a backbone.

A large model has more quantities than a page can bear. Its backbone is what the argument itself
runs over: quantities are ranked by how often they lie on a shortest way from a claim's cause to its
outcome (a betweenness in the sense of Freeman 1977, over claims rather than over all pairs), and
each view says what it leaves out.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from reassure.engine.causal import CausalGraph, Edge
from reassure.engine.equations import Kind
from reassure.engine.signs import Sign, join_signs, turned
from reassure.model.checked import Model
from reassure.model.mistakes import UsageError, suggest
from reassure.report.wording import counted, listed

Pair = tuple[str, str]

WHOLE_LIMIT = 40  # quantities up to which a whole model is shown as it is
BACKBONE = 32  # quantities of a backbone
LINKS_EACH = 2.0  # arrows of a backbone, for each quantity
HIDDEN = 2  # quantities left out that one arrow may pass through
NEAR_LIMIT = 44  # quantities around a name

MINOR: tuple[Kind, ...] = ("parameter", "noise")
WEIGHTS: dict[Kind, float] = {"lever": 2.0, "belief": 1.5, "choice": 1.5, "auxiliary": 0.6}


@dataclass(frozen=True, slots=True)
class Node:
    """A quantity, or several of one index set together.

    Attributes:
        name: as formulas read it; ``effort[*]`` for several members.
        members: the elements that it stands for.
        outcomes: outcomes left out that read nothing else.
        own: the sign of its effect on itself, '0' for none.
    """

    name: str
    kind: Kind
    actor: str
    members: tuple[str, ...]
    outcomes: tuple[str, ...] = ()
    own: Sign = "0"


@dataclass(frozen=True, slots=True)
class Link:
    """An arrow; ``through``: the quantities left out that it passes, '()' for a direct one."""

    source: str
    target: str
    sign: Sign
    delay: bool
    why: str
    through: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """What a diagram shows.

    Attributes:
        levels: with a centre, how many arrows each node lies after it (negative: before it).
        notes: sentences on what is shown, what is left out and how to see it.
    """

    nodes: dict[str, Node]
    links: dict[Pair, Link]
    notes: tuple[str, ...] = ()
    centre: str = ""
    levels: dict[str, int] | None = None


def view(
    model: Model,
    graph: CausalGraph,
    *,
    around: str | None = None,
    depth: int = 1,
    everything: bool = False,
) -> View:
    """Choose what to show.

    Raises:
        UsageError: ``around`` names nothing in the graph.
    """
    centre = "" if around is None else _found(graph, around)
    folded, home = _fold(graph.by_element, apart=centre, together=not everything)
    centre = home.get(centre, centre)
    minor = [
        name
        for name, node in folded.nodes.items()
        if node.kind in MINOR and name != centre and not everything
    ]
    plain = _without(folded, minor)
    notes = [] if everything else _minor_notes(graph, folded, minor)
    if centre:
        rank = _ranks(model, graph, folded, home)
        return _near(plain, centre, depth, rank, notes)
    if everything or len(plain.nodes) <= WHOLE_LIMIT:
        return replace(plain, notes=tuple(notes))
    return _backbone(plain, _ranks(model, graph, folded, home), notes)


def _found(graph: CausalGraph, name: str) -> str:
    """The element that ``name`` means, or ``x[*]`` for an indexed one."""
    if name in graph.quantities:
        return graph.quantities[name].element
    elements = {quantity.element for quantity in graph.quantities.values()}
    several = {_base(element): element for element in elements if "[" in element}
    for candidate in (name, f"{name}[*]"):
        if candidate in several:
            return candidate
    for cut in (".", ">="):  # a face that the graph has rewritten, such as a belief's log-odds
        if name.partition(cut)[0] in elements:
            return name.partition(cut)[0]
    known = [*elements, *(base.removesuffix("[*]") for base in several)]
    raise UsageError(
        f"the causal graph has no quantity {name!r}",
        suggest(name, sorted(known)) or "`reassure show MODEL` lists what the model has",
    )


def _base(name: str) -> str:
    return re.sub(r"\[[^\]]*\]", "[*]", name)


def _fold(graph: CausalGraph, *, apart: str, together: bool) -> tuple[View, dict[str, str]]:
    """Members of an index set as one node, but for ``apart``; and the node of each element."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name in graph.quantities:
        groups[_base(name) if together and name != apart else name].append(name)
    nodes: dict[str, Node] = {}
    home: dict[str, str] = {}
    for base, members in groups.items():
        first = graph.quantities[members[0]]
        actors = {graph.quantities[m].actor for m in members}
        name = base if len(members) > 1 else members[0]
        nodes[name] = Node(name, first.kind, first.actor if len(actors) == 1 else "", (*members,))
        home |= dict.fromkeys(members, name)
        home[base] = name
    between: dict[Pair, list[Edge]] = defaultdict(list)
    for edge in graph.edges.values():
        between[home[edge.source], home[edge.target]].append(edge)
    links: dict[Pair, Link] = {}
    for (source, target), edges in between.items():
        sign = join_signs(edge.sign for edge in edges)
        if source == target:
            nodes[source] = replace(nodes[source], own=sign)
            continue
        why = edges[0].why + (f"; and {len(edges) - 1} more" if len(edges) > 1 else "")
        links[source, target] = Link(source, target, sign, any(e.delay for e in edges), why)
    return View(nodes, links), home


def _without(shown: View, names: Iterable[str]) -> View:
    gone = frozenset(names)
    return View(
        {name: node for name, node in shown.nodes.items() if name not in gone},
        {pair: link for pair, link in shown.links.items() if gone.isdisjoint(pair)},
    )


def _minor_notes(graph: CausalGraph, folded: View, minor: Iterable[str]) -> list[str]:
    kinds = [folded.nodes[name].kind for name in minor for _ in folded.nodes[name].members]
    left = [
        counted(kinds.count("parameter"), "parameter"),
        counted(kinds.count("noise"), "noise term"),
    ]
    left = [text for text in left if not text.startswith("0 ")]
    notes = []
    if left:
        notes.append(f"Left out: {listed(left)}; see them with --everything.")
    if any(len(node.members) > 1 for node in folded.nodes.values()):
        notes.append("×n marks n members of an index set drawn as one.")
    if graph.rules:
        notes.append("What the rules of policies read is not drawn.")
    if any(node.own != "0" for node in folded.nodes.values()):
        notes.append("What a quantity does to its own change is not drawn; pointing at it tells.")
    return notes


# -- rank ------------------------------------------------------------------------------------------


def _ranks(
    model: Model, graph: CausalGraph, folded: View, home: Mapping[str, str]
) -> dict[str, float]:
    """How much of the argument runs over each node: 1 for a claim's outcome and for what it is said
    to run through, parts of 1 for what lies on its shortest ways, a half for an interest."""
    after: dict[str, list[str]] = defaultdict(list)
    before: dict[str, list[str]] = defaultdict(list)
    for source, target in folded.links:
        after[source].append(target)
        before[target].append(source)
    rank = dict.fromkeys(folded.nodes, 0.0)

    def node_of(name: str) -> str | None:
        quantity = graph.quantities.get(name)
        element = quantity.element if quantity else re.split(r"\.|>=", name)[0]
        return home.get(element)

    ways: dict[tuple[str, bool], tuple[dict[str, int], dict[str, float]]] = {}

    def count(name: str, forward: bool) -> tuple[dict[str, int], dict[str, float]]:
        if (name, forward) not in ways:
            ways[name, forward] = _ways(name, after if forward else before)
        return ways[name, forward]

    for claim in model.claims:
        ends = [end for name in claim.outcomes if (end := node_of(name))]
        middle = node_of(claim.through) if claim.through else None
        for name in [*ends, *([middle] if middle else [])]:
            rank[name] += 1
        for cause in claim.causes:
            roots = list(dict.fromkeys(r for name, _ in cause.roots if (r := node_of(name))))
            for root in roots:
                far, many = count(root, True)
                for end in ends:
                    back, many_back = count(end, False)
                    for name in far if end in far else ():
                        if name in back and far[name] + back[name] == far[end] and name != end:
                            share = many[name] * many_back[name] / many[end]
                            rank[name] += share / (len(roots) * len(ends))
    for interest in model.interests:
        if end := node_of(interest.outcome):
            rank[end] += 0.5
    return {n: score * WEIGHTS.get(folded.nodes[n].kind, 1.0) for n, score in rank.items()}


def _ways(
    start: str, onward: Mapping[str, Iterable[str]]
) -> tuple[dict[str, int], dict[str, float]]:
    """How far each node is from ``start``, and over how many shortest ways."""
    far, many = {start: 0}, {start: 1.0}
    edge = [start]
    while edge:
        new: dict[str, None] = {}
        for name in edge:
            for there in onward.get(name, ()):
                if there not in far:
                    far[there], many[there] = far[name] + 1, 0.0
                    new[there] = None
                if far[there] == far[name] + 1:
                    many[there] += many[name]
        edge = list(new)
    return far, many


# -- near a name -----------------------------------------------------------------------------------


def _near(
    plain: View, centre: str, depth: int, rank: Mapping[str, float], notes: list[str]
) -> View:
    after: dict[str, list[str]] = defaultdict(list)
    before: dict[str, list[str]] = defaultdict(list)
    for source, target in plain.links:
        after[source].append(target)
        before[target].append(source)
    onward, _ = _ways(centre, after)
    back, _ = _ways(centre, before)
    never = depth + 1
    far = {
        name: min(onward.get(name, never), back.get(name, never))
        for name in plain.nodes
        if min(onward.get(name, never), back.get(name, never)) <= depth
    }
    kept = sorted(far, key=lambda n: (far[n], -rank[n], n))[:NEAR_LIMIT]
    links = {
        (u, v): link
        for (u, v), link in plain.links.items()
        if u in kept and v in kept and (back.get(v, never) < depth or onward.get(u, never) < depth)
    }
    levels = {n: far[n] if onward.get(n, never) < back.get(n, never) else -far[n] for n in kept}
    notes.insert(
        0,
        f"What lies within {counted(depth, 'arrow')} of {centre}: causes on the left, effects on "
        "the right.",
    )
    if len(kept) < len(far):
        notes.insert(
            1,
            f"{len(kept)} of {len(far)} quantities are shown, the nearest and those that claims "
            "use most; see fewer with a smaller --depth.",
        )
    return View({n: plain.nodes[n] for n in kept}, links, tuple(notes), centre, levels)


# -- the backbone ----------------------------------------------------------------------------------


def _backbone(plain: View, rank: Mapping[str, float], notes: list[str]) -> View:
    before: dict[str, list[str]] = defaultdict(list)
    after: dict[str, list[str]] = defaultdict(list)
    for source, target in plain.links:
        before[target].append(source)
        after[source].append(target)
    score = dict(rank)
    measured: dict[str, list[str]] = defaultdict(list)
    for name, node in plain.nodes.items():
        if node.kind == "outcome" and len(before[name]) == 1:  # it only reads off another quantity
            measured[before[name][0]].extend(node.members)
            score[before[name][0]] += score.pop(name)
    score = {n: value for n, value in score.items() if n in plain.nodes}
    order = sorted(score, key=lambda n: (-score[n], n))
    chosen = order[:BACKBONE]
    for _ in range(3):
        links = _condensed(plain, frozenset(chosen), after)
        drawn = _sparse(links, score, round(LINKS_EACH * len(chosen)))
        linked = {name for pair in drawn for name in pair}
        if linked.issuperset(chosen):
            break
        # What no arrow reaches makes room for the next.
        order = [name for name in order if name in linked or name not in chosen]
        chosen = order[:BACKBONE]
    nodes = {
        name: replace(node, outcomes=tuple(measured[name]))
        for name, node in plain.nodes.items()
        if name in linked
    }
    through = sum(bool(link.through) for link in drawn.values())
    said = (
        f"The backbone: {len(nodes)} of {len(plain.nodes)} quantities, those that the claims' ways "
        "from cause to outcome use most. See the rest with --everything, or a part with --around "
        "NAME."
    )
    first = [said]
    if through:
        first.append(
            f"A hollow head: the arrow passes through one or two quantities left out ({through} "
            "such; pointing at one names them)."
        )
    if len(drawn) < len(links):
        first.append(
            f"{counted(len(links) - len(drawn), 'arrow')} between what is shown are left out, "
            "those first that a drawn chain already implies."
        )
    return View(nodes, drawn, (*first, *notes))


def _condensed(
    plain: View, chosen: frozenset[str], after: Mapping[str, Iterable[str]]
) -> dict[Pair, Link]:
    """Direct links between ``chosen``; else what the short ways through what is left out say."""
    found: dict[Pair, list[tuple[str, ...]]] = defaultdict(list)

    def walk(way: tuple[str, ...]) -> None:
        for there in after.get(way[-1], ()):
            if there in chosen:
                if there != way[0]:
                    found[way[0], there].append((*way, there))
            elif len(way) <= HIDDEN and there not in way:
                walk((*way, there))

    for name in plain.nodes:
        if name in chosen:
            walk((name,))
    links: dict[Pair, Link] = {}
    for pair, routes in found.items():
        if pair in plain.links:
            links[pair] = plain.links[pair]
            continue
        steps = [[plain.links[p] for p in pairwise(way)] for way in routes]
        shortest = min(routes, key=lambda way: (len(way), way))
        others = len(routes) - 1
        links[pair] = Link(
            *pair,
            join_signs(_product(way) for way in steps),
            any(link.delay for way in steps for link in way),
            f"through {' → '.join(shortest[1:-1])}"
            + (f" and {counted(others, 'other way')}" if others else ""),
            shortest[1:-1],
        )
    return links


def _product(way: Iterable[Link]) -> Sign:
    sign: Sign = "+"
    for link in way:
        if link.sign == "?":
            return "?"
        sign = turned(sign) if link.sign == "-" else sign
    return sign


def _sparse(
    links: Mapping[Pair, Link], score: Mapping[str, float], budget: int
) -> dict[Pair, Link]:
    """At most ``budget`` links: direct before indirect, and last those that a chain of two or three
    drawn ones implies."""
    order = sorted(links, key=lambda p: (len(links[p].through), -min(score[p[0]], score[p[1]]), p))
    after: dict[str, set[str]] = defaultdict(set)
    kept: list[Pair] = []
    implied: list[Pair] = []
    for pair in order:
        reached, edge = {pair[0]}, {pair[0]}
        for _ in range(3):
            edge = {there for name in edge for there in after[name]} - reached
            reached |= edge
        if pair[1] in reached:
            implied.append(pair)
        else:
            kept.append(pair)
            after[pair[0]].add(pair[1])
    kept += [pair for pair in implied if not links[pair].through]
    return {pair: links[pair] for pair in kept[:budget]}
