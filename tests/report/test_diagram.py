"""The causal diagram: what it shows, what it says it leaves out, and that it can be read."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from reassure import load
from reassure.engine.causal import CausalGraph, Edge, causal_graph
from reassure.engine.equations import Quantity
from reassure.model.checked import About, Model
from reassure.model.mistakes import UsageError
from reassure.report.backbone import BACKBONE, HIDDEN, LINKS_EACH, View, view
from reassure.report.diagram import SIGNS, diagram_svg, text_width, wrapped
from reassure.report.layering import find_layers
from reassure.report.layout import Box, Placement, Point, arrange
from small_models import Draft, central_chain

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def model() -> Model:
    return central_chain().model()


@pytest.fixture(scope="module")
def graph(model: Model) -> CausalGraph:
    return causal_graph(model)


def long_chain(count: int = 80, sign: str = "") -> Model:
    """Each stock follows the one before; an outcome reads the last."""
    draft = Draft().stock("s0", "1")
    for place in range(1, count):
        draft.stock(f"s{place}", f"{sign}s{place - 1}")
    return draft.outcome("end", f"s{count - 1}").model()


def indexed(members: int = 3) -> CausalGraph:
    """Levers ``effort[m]`` that lower stocks ``rift[m]``, which lower a belief."""
    quantities = {"trust": Quantity("trust", "belief", "trust", "JPN")}
    edges = {}
    for place in range(members):
        effort, rift = f"effort[m{place}]", f"rift[m{place}]"
        quantities[effort] = Quantity(effort, "lever", effort, "KOR")
        quantities[rift] = Quantity(rift, "stock", rift)
        edges[effort, rift] = Edge(effort, rift, "-", True, "change")
        edges[rift, "trust"] = Edge(rift, "trust", "-", True, "evidence")
    return CausalGraph(quantities, edges)


def drawn(model: Model, graph: CausalGraph, **how: Any) -> ElementTree.Element:
    return ElementTree.fromstring(diagram_svg(model, graph, **how))


def groups(picture: ElementTree.Element, kind: str) -> list[ElementTree.Element]:
    return [group for group in picture.iter(f"{SVG}g") if group.get("class") == kind]


def words(picture: ElementTree.Element) -> str:
    return " ".join(text.text or "" for text in picture.iter(f"{SVG}text"))


# -- the picture -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["richardson", "trust", "logistic"])
@pytest.mark.parametrize("everything", [False, True])
def test_every_arrow_has_its_sign_and_its_reason(name: str, everything: bool) -> None:
    argument = load(name)
    shown = view(argument.model, argument.graph, everything=everything)
    picture = drawn(argument.model, argument.graph, everything=everything)
    links, signs = groups(picture, "link"), groups(picture, "sign")
    assert len(links) == len(signs) == len(shown.links) > 0
    for link, drawn_link, sign in zip(shown.links.values(), links, signs, strict=True):
        assert "".join(sign.itertext()) == SIGNS[link.sign]
        hover = drawn_link.findtext(f"{SVG}title") or ""
        assert link.why in hover
        assert ("with a delay" in hover) == link.delay
        marks = [p for p in drawn_link.iter(f"{SVG}path") if p.get("class") == "delay"]
        assert len(marks) == link.delay


def test_signs_are_told_apart_by_dash_and_kinds_by_outline(
    model: Model, graph: CausalGraph
) -> None:
    pair = ("confidence", "gap")
    unproven = replace(graph.edges[pair], sign="?")
    graph = replace(graph, edges={**graph.edges, pair: unproven})
    shown = view(model, graph, everything=True)
    picture = drawn(model, graph, everything=True)
    dashes: dict[str, set[str | None]] = {}
    for link, group in zip(shown.links.values(), groups(picture, "link"), strict=True):
        dashes.setdefault(link.sign, set()).add(
            group.findall(f"{SVG}path")[1].get("stroke-dasharray")
        )
    assert set(dashes) == {"+", "-", "?"}
    assert all(len(found) == 1 for found in dashes.values())
    assert len(set.union(*dashes.values())) == 3
    assert {"lever", "belief", "choice", "event", "stock", "outcome"} <= set(words(picture).split())


def test_the_actor_stands_in_the_box_and_in_the_legend(model: Model, graph: CausalGraph) -> None:
    shown = view(model, graph)
    picture = drawn(model, graph)
    for node, group in zip(shown.nodes.values(), groups(picture, "node"), strict=True):
        texts = [text.text or "" for text in group.iter(f"{SVG}text")]
        assert (node.actor in texts[0]) if node.actor else len(texts) >= 1
    assert "JPN: " in words(picture)


def test_it_needs_nothing_from_outside_and_disturbs_no_page(
    model: Model, graph: CausalGraph
) -> None:
    text = diagram_svg(model, graph)
    assert text.startswith("<svg")
    assert not re.findall(r"href|<script|<style|<image|url\(|<foreignObject|<\?xml|\sid=", text)
    assert re.search(r'viewBox="0 0 \d+ \d+"', text)
    sizes = [float(size) for size in re.findall(r'font-size="([\d.]+)"', text)]
    assert min(sizes) >= 10


def test_hostile_labels_stay_text(model: Model) -> None:
    evil = '</title><script>alert("x")</script>&\x00\x08'
    hostile = replace(
        model,
        title=evil,
        actors=tuple(replace(actor, name=evil) for actor in model.actors),
        levers=tuple(replace(item, about=About(label=evil, text=evil)) for item in model.levers),
    )
    picture = drawn(hostile, causal_graph(hostile))
    assert not list(picture.iter(f"{SVG}script"))
    assert "<script>" in words(picture)


def test_the_same_model_gives_the_same_picture(model: Model) -> None:
    assert diagram_svg(model, causal_graph(model)) == diagram_svg(model, causal_graph(model))


def test_a_model_without_arrows_is_drawn_too() -> None:
    alone = Draft().stock("peace", "1").model()
    assert "peace" in words(drawn(alone, causal_graph(alone)))


def test_lines_of_text_keep_to_their_width() -> None:
    text = "a label of several words and an Unreasonablylongcompoundwordwithoutend"
    lines = wrapped(text, 100, 12)
    assert all(text_width(line, 12) <= 100 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


# -- what is shown ---------------------------------------------------------------------------------


def notes(shown: View) -> str:
    return " ".join(shown.notes)


def test_a_small_model_is_whole_but_for_its_parameters(model: Model, graph: CausalGraph) -> None:
    shown = view(model, graph)
    parameters = {item.name for item in model.parameters}
    assert set(shown.nodes) == set(graph.by_element.quantities) - parameters
    assert f"Left out: {len(parameters)} parameters; see them with --everything" in notes(shown)
    assert set(view(model, graph, everything=True).nodes) == set(graph.by_element.quantities)


def test_around_a_name_lies_what_is_near_in_both_directions(
    model: Model, graph: CausalGraph
) -> None:
    shown = view(model, graph, around="gap")
    assert set(shown.nodes) == {"gap", "threat", "confidence", "posture"}
    assert shown.levels == {"gap": 0, "threat": -1, "confidence": -1, "posture": 1}
    assert all("gap" in pair for pair in shown.links)
    further = view(model, graph, around="gap", depth=2)
    assert set(shown.nodes) < set(further.nodes)
    assert "within 2 arrows of gap" in notes(further)


@pytest.mark.parametrize("name", ["provocation.rate", "provocation.magnitude"])
def test_a_face_stands_for_its_element(model: Model, graph: CausalGraph, name: str) -> None:
    assert view(model, graph, around=name) == view(model, graph, around="provocation")


def test_a_parameter_can_be_asked_for(model: Model, graph: CausalGraph) -> None:
    assert set(view(model, graph, around="boldness").nodes) == {"boldness", "provocation"}


def test_an_unknown_name_is_a_usage_error(model: Model, graph: CausalGraph) -> None:
    with pytest.raises(UsageError, match="no quantity 'provocaton'") as caught:
        diagram_svg(model, graph, around="provocaton")
    assert "did you mean 'provocation'" in str(caught.value)


def test_members_of_a_set_are_one_box_unless_asked_for(model: Model) -> None:
    graph = indexed()
    shown = view(model, graph)
    assert set(shown.nodes) == {"effort[*]", "rift[*]", "trust"}
    assert len(shown.nodes["effort[*]"].members) == 3
    assert shown.links["effort[*]", "rift[*]"].sign == "-"
    assert "×3" in words(drawn(model, graph))
    one = view(model, graph, around="effort[m0]")
    assert set(one.nodes) == {"effort[m0]", "rift[*]"}
    assert set(view(model, graph, around="effort").nodes) == {"effort[*]", "rift[*]"}
    assert len(view(model, graph, everything=True).nodes) == 7


def test_a_large_model_is_cut_to_a_backbone_and_says_so() -> None:
    model = long_chain()
    graph = causal_graph(model)
    shown = view(model, graph)
    assert len(shown.nodes) <= BACKBONE
    assert len(shown.links) <= LINKS_EACH * BACKBONE
    assert f"{len(shown.nodes)} of 81 quantities" in notes(shown)
    assert "--everything" in notes(shown)
    assert "--around" in notes(shown)
    said = words(drawn(model, graph))
    assert all(note in said for note in shown.notes)
    assert len(view(model, graph, everything=True).nodes) == 81


def test_what_claims_speak_of_comes_into_the_backbone() -> None:
    argument = load("trust")
    chain = long_chain()
    model = replace(
        argument.model,
        stocks=(*argument.model.stocks, *chain.stocks),
        outcomes=(*argument.model.outcomes, *chain.outcomes),
    )
    shown = view(model, causal_graph(model))
    assert {"trust", "gesture", "answer"} <= set(shown.nodes)
    read_off = {name for node in shown.nodes.values() for name in node.outcomes}
    assert "trust_end" in read_off
    assert "trust_end" not in shown.nodes


def test_an_arrow_through_what_is_left_out_has_the_product_of_its_signs() -> None:
    quantities: dict[str, Quantity] = {}
    edges: dict[tuple[str, str], Edge] = {}

    def add(name: str, kind: Any) -> None:
        quantities[name] = Quantity(name, kind, name)

    for place in range(30):
        for part, kind in (("a", "lever"), ("b", "auxiliary"), ("c", "belief")):
            add(f"{part}{place}", kind)
        edges[f"a{place}", f"b{place}"] = Edge(f"a{place}", f"b{place}", "-", False, "formula")
        edges[f"b{place}", f"c{place}"] = Edge(f"b{place}", f"c{place}", "-", True, "evidence")
    model = Draft().model()
    base = load("richardson").model
    interests = tuple(
        replace(base.interests[0], outcome=f"{part}{place}")
        for place in range(BACKBONE // 2)
        for part in ("a", "c")
    )
    shown = view(replace(model, interests=interests), CausalGraph(quantities, edges))
    link = shown.links["a0", "c0"]
    assert link.through == ("b0",)
    assert (link.sign, link.delay) == ("+", True)
    assert link.why == "through b0"
    for link in shown.links.values():
        assert len(link.through) <= HIDDEN
        assert not set(link.through) & set(shown.nodes)


# -- layout ----------------------------------------------------------------------------------------


def tangle(count: int) -> tuple[dict[str, tuple[float, float]], list[tuple[str, str]]]:
    sizes = {f"n{i}": (60.0 + 9 * (i % 5), 30.0 + 8 * (i % 3)) for i in range(count)}
    pairs = [(f"n{i}", f"n{(i * step + 3) % count}") for i in range(count) for step in (3, 7)]
    return sizes, list(dict.fromkeys((u, v) for u, v in pairs if u != v))


def clear(one: Box, other: Box) -> float:
    return max(
        max(one.x, other.x) - min(one.x + one.width, other.x + other.width),
        max(one.y, other.y) - min(one.y + one.height, other.y + other.height),
    )


def sampled(placed: Placement, pair: tuple[str, str]) -> list[Point]:
    """Points along a route, its ends left out."""
    route = placed.routes[pair]
    points = [route.start]
    for piece in route.pieces:
        a, d = points[-1], piece[-1]
        b, c = piece[:2] if len(piece) == 3 else (a, d)
        for t in (0.25, 0.5, 0.75, 1.0):
            s = 1 - t
            weights = (s**3, 3 * s * s * t, 3 * s * t * t, t**3)
            x, y = (
                sum(w * p[axis] for w, p in zip(weights, (a, b, c, d), strict=True))
                for axis in (0, 1)
            )
            points.append((x, y))
    return points[1:-1]


@pytest.mark.parametrize("across", [False, True])
@pytest.mark.parametrize("count", [1, 2, 9, 30])
def test_boxes_stand_apart_and_no_arrow_runs_behind_one(count: int, across: bool) -> None:
    sizes, edges = tangle(count)
    placed = arrange(sizes, edges, breadth=500, across=across)
    for one, other in combinations(placed.boxes.values(), 2):
        assert clear(one, other) > 10
    for name, box in placed.boxes.items():
        assert box.width >= sizes[name][0]
        assert box.height >= sizes[name][1]
        assert -1e-6 <= box.x <= placed.width - box.width + 1e-6
        assert -1e-6 <= box.y <= placed.height - box.height + 1e-6
    for pair in edges:
        for x, y in sampled(placed, pair):
            for name, box in placed.boxes.items():
                inside = (
                    box.x + 1e-6 < x < box.x + box.width - 1e-6
                    and box.y + 1e-6 < y < box.y + box.height - 1e-6
                )
                assert not inside, (pair, name)


def test_arrows_lead_from_border_to_border_and_do_not_share_an_end() -> None:
    sizes, edges = tangle(20)
    placed = arrange(sizes, edges)
    ends = []
    for (source, target), route in placed.routes.items():
        for name, (x, y) in ((source, route.start), (target, route.pieces[-1][-1])):
            box = placed.boxes[name]
            assert box.x < x < box.x + box.width
            assert min(abs(y - box.y), abs(y - box.y - box.height)) < 1e-6
            ends.append((name, x, y))
    for (one, x, y), (other, u, v) in combinations(ends, 2):
        if one == other and abs(y - v) < 1:
            assert abs(x - u) > 8


def test_causes_stand_above_what_they_cause() -> None:
    sizes = dict.fromkeys("abcd", (60.0, 30.0))
    edges = [("a", "b"), ("b", "c"), ("a", "c"), ("c", "d")]
    boxes = arrange(sizes, edges).boxes
    assert boxes["a"].y < boxes["b"].y < boxes["c"].y < boxes["d"].y


def test_an_arrow_inside_a_layer_comes_back_to_it() -> None:
    sizes = dict.fromkeys("abc", (60.0, 30.0))
    placed = arrange(sizes, [("a", "b"), ("b", "c")], layers={"a": 0, "b": 0, "c": 1})
    route = placed.routes["a", "b"]
    below = placed.boxes["b"].y + placed.boxes["b"].height
    assert route.pieces[-1][-1][1] == pytest.approx(below)
    assert placed.boxes["a"].y == placed.boxes["b"].y


def test_no_layer_is_broader_than_asked() -> None:
    widths = {f"n{i}": 70.0 for i in range(23)}
    layers = find_layers(widths, [("n0", f"n{i}") for i in range(1, 23)], 400)
    found = list(layers.values())
    assert max(found.count(level) for level in found) == 4
    assert all(layers["n0"] < layers[f"n{i}"] for i in range(1, 23))


# -- for other programs ----------------------------------------------------------------------------


def test_the_graph_as_json_has_nodes_edges_and_loops(graph: CausalGraph) -> None:
    found = graph.as_json()
    assert found["schema"] == 1
    names = {node["name"] for node in found["nodes"]}
    assert names == set(graph.by_element.quantities)
    belief = next(node for node in found["nodes"] if node["name"] == "confidence")
    assert (belief["kind"], belief["actor"]) == ("belief", "JPN")
    assert all({edge["source"], edge["target"]} <= names for edge in found["edges"])
    signed = {(edge["source"], edge["target"]): edge["sign"] for edge in found["edges"]}
    assert signed["confidence", "gap"] == "-"
    assert any(loop["polarity"] == "reinforcing" for loop in found["loops"])


# -- games -----------------------------------------------------------------------------------------


def test_a_game_is_a_node_that_follows_what_it_reads_in_no_proven_direction() -> None:
    argument = load(Path(__file__).parents[1] / "corpus" / "valid_games.yaml")
    for game in argument.model.games:
        shown = view(argument.model, argument.graph, around=game.name)
        name = next(node for node, item in shown.nodes.items() if game.name in item.members)
        assert shown.nodes[name].kind == "game"
        links = [link for pair, link in shown.links.items() if name in pair]
        assert links
        reads = [
            link.sign
            for link in links
            if link.target == name and shown.nodes[link.source].kind not in ("event", "auxiliary")
        ]
        assert set(reads) <= {"?"}
    picture = drawn(argument.model, argument.graph, around=argument.model.games[0].name)
    assert "game" in words(picture).split()
