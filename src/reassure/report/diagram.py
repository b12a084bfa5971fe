"""The signed causal loop diagram as one self-contained SVG.

Nothing is said by colour alone: a sign stands beside each arrowhead and its line is solid (+),
dashed (−) or dotted (?); an actor's code stands on what is its own; kinds of quantities differ by
outline.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from html import escape

from reassure.engine.causal import CausalGraph
from reassure.engine.equations import Kind
from reassure.model.checked import Model
from reassure.report.diagram_view import Arrow, Node, View, view
from reassure.report.layered import Layout, Point, layered

_FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif"
_SIZE = 13
_LINE = 16
_CHARACTER = 6.9  # mean width at this size
_WRAP = 17
_MARGIN = 24.0
_INK = "#222222"
_MUTED = "#555555"

_STROKES = {"+": ("#0B5394", ""), "-": ("#B03A00", "7 4"), "?": ("#666666", "1.5 4")}
_SIGNS = {"+": "+", "-": "−", "?": "?"}
_SAID = {"+": "rises with", "-": "falls with", "?": "may rise or fall with"}

# Tints on which black text keeps its contrast, apart for the colour-blind as well.
_TINTS = ("#DCEBF7", "#FBE3D3", "#D9F0E4", "#F5E0EC", "#FDF3CF", "#E3E0F2", "#E8E8E8")
_PLAIN = "#FFFFFF"

_KINDS: dict[Kind, str] = {
    "lever": "lever: what an actor can choose",
    "belief": "belief",
    "choice": "choice",
    "stock": "stock: what accumulates",
    "event": "event",
    "auxiliary": "formula",
    "parameter": "parameter",
    "noise": "chance",
    "outcome": "outcome",
}


def diagram_svg(
    model: Model,
    graph: CausalGraph,
    *,
    around: str | None = None,
    depth: int = 1,
    everything: bool = False,
) -> str:
    """The diagram of ``model``: the backbone, the surroundings of a quantity, or everything.

    Args:
        graph: as :func:`reassure.engine.causal.causal_graph` gives it.
        around: a quantity, one of its faces, or an indexed name without its member; None for the
        whole. depth: how many arrows away from it, at least 1.
        everything: parameters, outcomes and every member of an index set too, nothing condensed.

    Returns:
        A whole ``<svg>`` element that needs nothing from outside.

    Raises:
        UsageError: ``around`` names nothing in the graph.
    """
    shown = view(model, graph, around=around, depth=depth, everything=everything)
    return _Drawing(model, shown).svg()


def loops_table(graph: CausalGraph, limit: int = 40) -> list[tuple[str, str, str]]:
    """Rows (polarity, number of delays, the loop in words) of the feedback loops, as they rank."""
    return [
        (loop.polarity, str(loop.delays), " → ".join((*loop.names, loop.names[0])))
        for loop in graph.loops[:limit]
    ]


class _Drawing:
    def __init__(self, model: Model, shown: View) -> None:
        self.view = shown
        self.actors = {actor.code: actor.name for actor in model.actors}
        used = {node.actor for node in shown.nodes.values()}
        codes = [code for code in self.actors if code in used]
        self.tints = {code: _TINTS[place % len(_TINTS)] for place, code in enumerate(codes)}
        self.lines = {name: _wrapped(node) for name, node in shown.nodes.items()}
        boxes = {name: self._box(node) for name, node in shown.nodes.items()}
        self.boxes = boxes
        pairs = [(arrow.source, arrow.target) for arrow in shown.arrows]
        widest = max(4, round(1.05 * len(boxes) ** 0.5))
        self.layout: Layout = layered(boxes, pairs, widest=widest)

    def _box(self, node: Node) -> tuple[float, float]:
        lines = self.lines[node.name]
        width = max(len(line) for line in lines) * _CHARACTER + 26
        height = len(lines) * _LINE + 14 + (6 if node.kind == "choice" else 0)
        return max(width, 64.0), float(height)

    def svg(self) -> str:
        layout = self.layout
        width = max(layout.width, 640.0) + 2 * _MARGIN
        shift = (width - layout.width) / 2
        head = 58.0
        legend, tall = self._legend(width - 2 * _MARGIN)
        below = head + layout.height + 34
        height = below + tall + _MARGIN
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
            f'width="{width:.0f}" height="{height:.0f}" font-family="{_FONT}" '
            f'font-size="{_SIZE}" role="img" style="max-width:100%;height:auto">',
            f"<title>{escape('Causal diagram: ' + self.view.title)}</title>",
            f'<rect width="{width:.0f}" height="{height:.0f}" fill="#FFFFFF"/>',
            f'<text x="{_MARGIN}" y="32" font-size="17" font-weight="bold" fill="{_INK}">'
            f"{escape(textwrap.shorten(self.view.title, int((width - 2 * _MARGIN) / 9)))}</text>",
            f'<g transform="translate({shift:.1f} {head:.1f})">',
        ]
        drawn = list(zip(self.view.arrows, layout.routes, strict=True))
        parts += [_arrow(arrow, route) for arrow, route in drawn]
        parts += [self._node(node) for node in self.view.nodes.values()]
        parts += [_sign(arrow, route) for arrow, route in drawn]
        parts += ["</g>", f'<g transform="translate({_MARGIN} {below:.1f})">', *legend, "</g>"]
        return "\n".join([*parts, "</svg>"]) + "\n"

    # -- nodes ---------------------------------------------------------------------------------

    def _node(self, node: Node) -> str:
        x, y = self.layout.centres[node.name]
        width, height = self.boxes[node.name]
        fill = self.tints.get(node.actor, _PLAIN)
        parts = [f"<g><title>{escape(self._hover(node))}</title>"]
        parts.append(_outline(node.kind, x - width / 2, y - height / 2, width, height, fill))
        if node.members > 1:
            parts.append(
                f'<text x="{x + width / 2 - 4:.1f}" y="{y - height / 2 - 4:.1f}" '
                f'text-anchor="end" font-size="11" fill="{_MUTED}">{node.members} of a set</text>'
            )
        if node.actor:
            parts.append(
                f'<text x="{x - width / 2 + 4:.1f}" y="{y - height / 2 - 4:.1f}" '
                f'font-size="11" font-weight="bold" fill="{_MUTED}">{escape(node.actor)}</text>'
            )
        if node.measured:
            parts.append(f'<circle cx="{x + width / 2:.1f}" cy="{y:.1f}" r="4.5" fill="{_INK}"/>')
        lines = self.lines[node.name]
        style = ' font-style="italic"' if node.kind in ("auxiliary", "parameter") else ""
        first = y - (len(lines) - 1) * _LINE / 2 + 4.5
        for place, line in enumerate(lines):
            parts.append(
                f'<text x="{x:.1f}" y="{first + place * _LINE:.1f}" text-anchor="middle" '
                f'fill="{_INK}"{style}>{escape(line)}</text>'
            )
        return "".join([*parts, "</g>"])

    def _hover(self, node: Node) -> str:
        said = [f"{node.label} ({node.name})", _KINDS[node.kind]]
        if node.actor:
            said.append(f"of {self.actors.get(node.actor, node.actor)}")
        if node.members > 1:
            said.append(f"{node.members} members of an index set")
        if node.text:
            said.append(node.text)
        if node.measured:
            said.append("outcomes read off it: " + ", ".join(node.measured))
        return "\n".join(said)

    # -- legend --------------------------------------------------------------------------------

    def _legend(self, width: float) -> tuple[list[str], float]:
        parts: list[str] = []
        y = 0.0
        parts.append(
            f'<line x1="0" y1="-14" x2="{width:.0f}" y2="-14" stroke="#BBBBBB" stroke-width="1"/>'
        )
        arrows = [
            ("+", False, False, "rises with it"),
            ("-", False, False, "falls with it"),
            ("?", False, False, "no sign could be proven"),
            ("+", True, False, "takes time"),
        ]
        if any(arrow.through for arrow in self.view.arrows):
            arrows.append(("+", False, True, "through others"))
        x = 0.0
        for sign, delay, through, said in arrows:
            need = 62 + len(said) * _CHARACTER + 22
            if x + need > width:
                x, y = 0.0, y + 26
            route = ((x, y + 6), (x + 48, y + 6))
            arrow = Arrow("", "", sign, delay, "", ("",) if through else ())  # type: ignore[arg-type]
            parts += [_arrow(arrow, route, hover=False), _sign(arrow, route)]
            parts.append(_text(x + 58, y + 10.5, said))
            x += need
        y += 30
        x = 0.0
        kinds = [kind for kind in _KINDS if any(n.kind == kind for n in self.view.nodes.values())]
        for kind in kinds:
            need = 42 + len(_KINDS[kind]) * _CHARACTER + 22
            if x + need > width:
                x, y = 0.0, y + 26
            parts.append(_outline(kind, x, y, 32, 18, _PLAIN))
            parts.append(_text(x + 40, y + 13.5, _KINDS[kind]))
            x += need
        y += 30
        x = 0.0
        for code, tint in self.tints.items():
            said = f"{code} {self.actors[code]}"
            need = 30 + len(said) * _CHARACTER + 22
            if x + need > width:
                x, y = 0.0, y + 26
            parts.append(
                f'<rect x="{x:.1f}" y="{y:.1f}" width="20" height="16" fill="{tint}" '
                f'stroke="{_MUTED}" stroke-width="0.8"/>'
            )
            parts.append(_text(x + 28, y + 12.5, said))
            x += need
        y += 34 if self.tints else 6
        for note in self.view.notes:
            for line in textwrap.wrap(note, max(int(width / (_CHARACTER * 0.93)), 40)):
                parts.append(_text(0, y, line, muted=True))
                y += 17
            y += 4
        return parts, y


def _text(x: float, y: float, said: str, muted: bool = False) -> str:
    colour = _MUTED if muted else _INK
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="12" fill="{colour}">{escape(said)}</text>'


def _wrapped(node: Node) -> list[str]:
    return textwrap.wrap(node.label, _WRAP, max_lines=3, placeholder=" …") or [node.name]


def _outline(kind: Kind, x: float, y: float, width: float, height: float, fill: str) -> str:
    """The outline that tells a kind: a lever's is thick and round, a belief's a pill, a choice's a
    hexagon, a stock's a box within a box, an event's dashed, a formula's thin."""
    right, bottom = x + width, y + height
    stroke = f'fill="{fill}" stroke="{_INK}"'

    def rect(radius: float, extra: str, inset: float = 0.0) -> str:
        return (
            f'<rect x="{x + inset:.1f}" y="{y + inset:.1f}" width="{width - 2 * inset:.1f}" '
            f'height="{height - 2 * inset:.1f}" rx="{radius:.1f}" {extra}/>'
        )

    match kind:
        case "lever":
            return rect(6, f'{stroke} stroke-width="2.6"')
        case "belief":
            return rect(height / 2, f'{stroke} stroke-width="1.3"')
        case "choice":
            cut = min(12.0, width / 5)
            middle = (y + bottom) / 2
            points = (
                f"{x:.1f},{middle:.1f} {x + cut:.1f},{y:.1f} {right - cut:.1f},{y:.1f} "
                f"{right:.1f},{middle:.1f} {right - cut:.1f},{bottom:.1f} {x + cut:.1f},{bottom:.1f}"
            )
            return f'<polygon points="{points}" {stroke} stroke-width="1.6"/>'
        case "stock":
            inner = f'fill="none" stroke="{_INK}" stroke-width="0.7"'
            return rect(0, f'{stroke} stroke-width="1.2"') + rect(0, inner, 2.8)
        case "event":
            return rect(2, f'{stroke} stroke-width="1.3" stroke-dasharray="4 2.5"')
        case "outcome":
            return rect(0, f'{stroke} stroke-width="1.2"') + (
                f'<circle cx="{right:.1f}" cy="{(y + bottom) / 2:.1f}" r="4.5" fill="{_INK}"/>'
            )
        case _:
            return rect(4, f'fill="{fill}" stroke="#999999" stroke-width="0.8"')


# -- arrows ---------------------------------------------------------------------------------------


def _arrow(arrow: Arrow, route: Sequence[Point], hover: bool = True) -> str:
    colour, dashes = _STROKES[arrow.sign]
    curve = _curve(route)
    end, before = curve[-1][-1], curve[-1][-2]
    tip, base = _head(end, before)
    path = f"M{curve[0][0][0]:.1f} {curve[0][0][1]:.1f}"
    for _, first, second, last in curve[:-1]:
        path += f" C{_at(first)} {_at(second)} {_at(last)}"
    _, first, second, _ = curve[-1]
    path += f" C{_at(first)} {_at(second)} {_at(base)}"
    pattern = f' stroke-dasharray="{dashes}"' if dashes else ""
    caps = ' stroke-linecap="round"' if arrow.sign == "?" else ""
    parts = ["<g>"]
    if hover:
        parts.append(f"<title>{escape(_said(arrow))}</title>")
    parts.append(
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.5"{pattern}{caps}/>'
    )
    parts.append(f'<polygon points="{tip}" fill="{colour}"/>')
    if arrow.delay or arrow.through:
        (x, y), (dx, dy) = _middle(curve)
        if arrow.delay:
            for along in (-2.5, 2.5):
                cx, cy = x + along * dx, y + along * dy
                parts.append(
                    f'<line x1="{cx - 6 * dy:.1f}" y1="{cy + 6 * dx:.1f}" x2="{cx + 6 * dy:.1f}" '
                    f'y2="{cy - 6 * dx:.1f}" stroke="{colour}" stroke-width="1.6"/>'
                )
        if arrow.through:
            along = 13.0 if arrow.delay else 0.0
            parts.append(
                f'<circle cx="{x + along * dx:.1f}" cy="{y + along * dy:.1f}" r="4" '
                f'fill="#FFFFFF" stroke="{colour}" stroke-width="1.5"/>'
            )
    return "".join([*parts, "</g>"])


def _said(arrow: Arrow) -> str:
    said = [f"{arrow.target} {_SAID[arrow.sign]} {arrow.source}{', later' if arrow.delay else ''}"]
    if arrow.through:
        said.append("through " + ", ".join(arrow.through))
    if arrow.why:
        said.append(arrow.why)
    return "\n".join(said)


def _sign(arrow: Arrow, route: Sequence[Point]) -> str:
    """The sign beside the arrowhead, on a ground of its own so that lines below do not cross it."""
    _, _, before, end = _curve(route)[-1]
    dx, dy = _direction(before, end)
    x, y = end[0] - 17 * dx - 9 * dy, end[1] - 17 * dy + 9 * dx
    colour = _STROKES[arrow.sign][0]
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6.5" fill="#FFFFFF" fill-opacity="0.9"/>'
        f'<text x="{x:.1f}" y="{y + 4.7:.1f}" text-anchor="middle" font-size="14" '
        f'font-weight="bold" fill="{colour}">{_SIGNS[arrow.sign]}</text>'
    )


Bezier = tuple[Point, Point, Point, Point]


def _curve(route: Sequence[Point]) -> list[Bezier]:
    """A smooth line through the points of a route: each piece leaves and arrives upright."""
    if len(route) == 2 and abs(route[0][1] - route[1][1]) < 1.0:  # level, as in the legend
        a, b = route
        third = (b[0] - a[0]) / 3
        return [(a, (a[0] + third, a[1]), (b[0] - third, b[1]), b)]
    pieces: list[Bezier] = []
    for a, b in zip(route, route[1:], strict=False):
        bend = 0.45 * (b[1] - a[1])
        pieces.append((a, (a[0], a[1] + bend), (b[0], b[1] - bend), b))
    return pieces


def _direction(a: Point, b: Point) -> Point:
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = (dx * dx + dy * dy) ** 0.5 or 1.0
    return dx / length, dy / length


def _head(end: Point, before: Point) -> tuple[str, Point]:
    dx, dy = _direction(before, end)
    base = (end[0] - 9 * dx, end[1] - 9 * dy)
    corners: Iterable[Point] = (
        end,
        (base[0] - 4.2 * dy, base[1] + 4.2 * dx),
        (base[0] + 4.2 * dy, base[1] - 4.2 * dx),
    )
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in corners), base


def _middle(curve: Sequence[Bezier]) -> tuple[Point, Point]:
    """The point halfway along and the direction there."""
    a, b, c, d = curve[len(curve) // 2]
    point = tuple((p + 3 * q + 3 * r + s) / 8 for p, q, r, s in zip(a, b, c, d, strict=True))
    ahead = tuple(r + s - p - q for p, q, r, s in zip(a, b, c, d, strict=True))
    return (point[0], point[1]), _direction((0.0, 0.0), (ahead[0], ahead[1]))


def _at(point: Point) -> str:
    return f"{point[0]:.1f} {point[1]:.1f}"
