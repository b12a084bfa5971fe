"""The signed causal diagram as self-contained SVG.

What each thing is can be read without colour: kinds differ in shape, actors are named in the box,
signs stand as text at the heads, and lines differ by dash. There is no style sheet, no script and
no id in it, so that it can stand in any page beside others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from xml.sax.saxutils import escape, quoteattr

from reassure.engine.causal import CausalGraph
from reassure.engine.equations import Kind
from reassure.model.checked import About, Model
from reassure.report.backbone import Link, Node, View, view
from reassure.report.layout import Box, Point, Route, arrange
from reassure.report.wording import counted, plain_name

FONT = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
SIZE, SMALL, LINE = 12.5, 11.0, 15.0
WRAP = 118.0  # width at which a label is broken
MARGIN = 16.0
NARROWEST = 640.0
INK, QUIET, PLAIN = "#222222", "#555555", "#6b6b6b"

# Border and fill of an actor's boxes: Okabe & Ito (2008), the fills lightened.
ACTORS = (
    ("#0072B2", "#dcebf5"),
    ("#B34E00", "#fae5d6"),
    ("#00795A", "#d8efe7"),
    ("#9E4F7E", "#f5e4ed"),
    ("#8F6500", "#fbf0d3"),
    ("#2F7FB0", "#e3f2fb"),
)
NOBODY = (PLAIN, "#ffffff")
LINES = {"+": ("#2b5d8a", ""), "-": ("#b23a1e", "7 4"), "?": ("#6b6b6b", "1.5 3.5")}
SIGNS = {"+": "+", "-": "−", "?": "?"}
MEANING = {"+": "raises", "-": "lowers", "?": "moves, in a direction that is not proven,"}


def diagram_svg(
    model: Model,
    graph: CausalGraph,
    *,
    around: str | None = None,
    depth: int = 1,
    everything: bool = False,
) -> str:
    """The causal diagram of ``model`` as SVG text.

    Args:
        graph: of that model.
        around: only what is within ``depth`` arrows of this quantity, in both directions.
        everything: parameters, noise and every member of index sets too, nothing condensed.

    Raises:
        UsageError: ``around`` names nothing in the graph.
    """
    shown = view(model, graph, around=around, depth=depth, everything=everything)
    return _Drawing(model, shown).text()


class _Drawing:
    def __init__(self, model: Model, shown: View) -> None:
        self.model = model
        self.shown = shown
        self.about = abouts(model)
        self.colours = {actor.code: ACTORS[i % len(ACTORS)] for i, actor in enumerate(model.actors)}
        self.labels = {name: self._label(node) for name, node in shown.nodes.items()}
        self.marks = {name: _marks(node) for name, node in shown.nodes.items()}
        self.placed = arrange(
            {name: self._size(name) for name in shown.nodes},
            list(shown.links),
            breadth=max(880.0, 110.0 * len(shown.nodes) ** 0.6),
            layers=shown.levels,
            across=shown.levels is not None,
        )

    def _label(self, node: Node) -> list[str]:
        about = self.about.get(node.members[0], About())
        several = len(node.members) > 1
        name = node.name.replace("[*]", "") if several else node.name
        text = plain_name(name, about.label if not several else "")
        return wrapped(text + (f" ×{len(node.members)}" if several else ""), WRAP, SIZE)

    def _size(self, name: str) -> tuple[float, float]:
        widest = max(text_width(line, SIZE) for line in self.labels[name])
        widest = max(widest, text_width(self.marks[name], SMALL))
        lines = LINE * len(self.labels[name]) + (13.0 if self.marks[name] else 0.0)
        return max(widest + 26.0, 64.0), lines + 13.0

    def text(self) -> str:
        """The whole picture."""
        placed = self.placed
        width = max(placed.width + 2 * MARGIN, NARROWEST)
        centred = (width - placed.width) / 2
        title = wrapped(self.model.title or self.model.name, width - 2 * MARGIN, 15)
        top = MARGIN + 19.0 * len(title) + 14.0
        legend, bottom = self._legend(width, top + placed.height + 30.0)
        height = bottom + MARGIN / 2
        name = quoteattr(_clean(f"Causal diagram of {self.model.title or self.model.name}"))
        opening = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
            f'width="{width:.0f}" height="{height:.0f}" role="img" aria-label={name} '
            f'font-family="{FONT}" font-size="{SIZE}" fill="{INK}">'
        )
        parts = [
            opening,
            f'<rect width="{width:.0f}" height="{height:.0f}" fill="#ffffff"/>',
            *(
                _text(MARGIN, MARGIN + 12.0 + 19.0 * i, line, size=15, anchor="start", bold=True)
                for i, line in enumerate(title)
            ),
            f'<g transform="translate({centred:.1f} {top:.1f})">',
            *(self._link(link, placed.routes[pair]) for pair, link in self.shown.links.items()),
            *(self._sign(link, placed.routes[pair]) for pair, link in self.shown.links.items()),
            *(self._node(node, placed.boxes[name]) for name, node in self.shown.nodes.items()),
            "</g>",
            *legend,
            "</svg>",
        ]
        return "\n".join(parts) + "\n"

    # -- boxes -------------------------------------------------------------------------------------

    def _node(self, node: Node, box: Box) -> str:
        border, fill = self.colours.get(node.actor, NOBODY)
        lines = self.labels[node.name]
        middle = box.x + box.width / 2
        block = LINE * len(lines) + (13.0 if self.marks[node.name] else 0.0)
        y = box.y + (box.height - block) / 2
        texts = []
        if self.marks[node.name]:
            texts.append(_text(middle, y + 9.5, self.marks[node.name], size=SMALL, fill=QUIET))
            y += 13.0
        bold = node.name == self.shown.centre
        for i, line in enumerate(lines):
            texts.append(_text(middle, y + 11.5 + LINE * i, line, bold=bold))
        return (
            f'<g class="node" data-name={quoteattr(_clean(node.name))}>'
            f"<title>{escape(_clean(self._tip(node)))}</title>"
            + shape(node.kind, box, border, fill, heavy=bold)
            + "".join(texts)
            + "</g>"
        )

    def _tip(self, node: Node) -> str:
        actor = next((a.name for a in self.model.actors if a.code == node.actor), "")
        lines = [f"{node.name}: {node.kind}" + (f" of {actor}" if actor else "")]
        if text := self.about.get(node.members[0], About()).text:
            lines.append(text)
        if len(node.members) > 1:
            lines.append("members: " + ", ".join(node.members))
        if node.own != "0":
            lines.append(f"its level acts on its own change ({SIGNS[node.own]})")
        if node.outcomes:
            lines.append("outcomes that read it: " + ", ".join(node.outcomes))
        return "\n".join(lines)

    # -- arrows ------------------------------------------------------------------------------------

    def _link(self, link: Link, route: Route) -> str:
        colour, dash = LINES[link.sign]
        tip, direction, inner = _head(route)
        way = _path(Route(route.start, (*route.pieces[:-1], (inner,))))
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        parts = [
            f'<path d="{way}" stroke-width="9" stroke-opacity="0" pointer-events="stroke"/>',
            f'<path d="{way}" stroke-width="1.4"{dashed}/>',
            _arrowhead(tip, direction, colour, hollow=bool(link.through)),
        ]
        if link.delay:
            parts.append(_delay(route))
        says = f"{link.source} {MEANING[link.sign]} {link.target}" + (
            ", with a delay" if link.delay else ""
        )
        return (
            f'<g class="link" fill="none" stroke="{colour}" '
            f"data-from={quoteattr(_clean(link.source))} data-to={quoteattr(_clean(link.target))}>"
            f"<title>{escape(_clean(says + chr(10) + link.why))}</title>{''.join(parts)}</g>"
        )

    def _sign(self, link: Link, route: Route) -> str:
        (x, y), (dx, dy), _ = _head(route)
        # Beside the shaft, before the head: to its right, or above where it runs sideways. The
        # ground behind it keeps other lines away.
        x, y = (x + 7.0, y - 13 * dy) if abs(dy) > abs(dx) else (x - 14 * dx, y - 7.5)
        colour, sign = LINES[link.sign][0], SIGNS[link.sign]
        return (
            f'<g class="sign"><circle cx="{x:.1f}" cy="{y:.1f}" r="5.5" fill="#ffffff"/>'
            + _text(x, y + 4.5, sign, size=13.0, bold=True, fill=colour)
            + "</g>"
        )

    # -- legend ------------------------------------------------------------------------------------

    def _legend(self, width: float, top: float) -> tuple[list[str], float]:
        """What the marks mean and what is left out, and where it ends."""
        parts = [
            f'<path d="M{MARGIN} {top - 8:.1f}H{width - MARGIN:.1f}" stroke="#cccccc" fill="none"/>'
        ]
        x, y = MARGIN, top
        for icon_width, icon, text in self._legend_items():
            whole = icon_width + 6.0 + text_width(text, 11.0) + 20.0
            if x + whole > width - MARGIN and x > MARGIN:
                x, y = MARGIN, y + 22.0
            parts.append(icon(x, y))
            parts.append(_text(x + icon_width + 6.0, y + 12.0, text, size=11.0, anchor="start"))
            x += whole
        y += 36.0
        for line in wrapped(" ".join(self.shown.notes), width - 2 * MARGIN, 11.0):
            parts.append(_text(MARGIN, y, line, size=11.0, anchor="start", fill=QUIET))
            y += 15.0
        return parts, y

    def _legend_items(self) -> Iterator[tuple[float, Callable[[float, float], str], str]]:
        nodes, links = self.shown.nodes.values(), self.shown.links.values()

        def line(
            sign: str, *, hollow: bool = False, delay: bool = False
        ) -> Callable[[float, float], str]:
            def draw(x: float, y: float) -> str:
                colour, dash = LINES[sign]
                dashed = f' stroke-dasharray="{dash}"' if dash else ""
                marks = _arrowhead((x + 40, y + 8), (1, 0), colour, hollow=hollow)
                if delay:
                    marks += _delay(Route((x, y + 8), (((x + 40, y + 8),),)))
                return (
                    f'<g fill="none" stroke="{colour}"><path d="M{x:.1f} {y + 8:.1f}h33" '
                    f'stroke-width="1.4"{dashed}/>{marks}</g>'
                )

            return draw

        def box(kind: Kind, colours: tuple[str, str]) -> Callable[[float, float], str]:
            return lambda x, y: shape(kind, Box(x, y, 30, 16), *colours)

        said = {"+": "+ raises", "-": "− lowers", "?": "? direction not proven"}
        for sign, text in said.items():
            if any(link.sign == sign for link in links):
                yield 40.0, line(sign), text
        if any(link.delay for link in links):
            yield 40.0, line("+", delay=True), "takes time"
        if any(link.through for link in links):
            yield 40.0, line("+", hollow=True), "through quantities left out"
        for kind in dict.fromkeys(node.kind for node in nodes):
            yield 30.0, box(kind, NOBODY), kind
        for actor in self.model.actors:
            if any(node.actor == actor.code for node in nodes):
                label = f"{actor.code}: {actor.name}" if actor.name != actor.code else actor.code
                yield 30.0, box("auxiliary", self.colours[actor.code]), label


def abouts(model: Model) -> dict[str, About]:
    """What each quantity, outcome and game says of itself, by name."""
    sections = (
        model.parameters,
        model.levers,
        model.noises,
        model.events,
        model.stocks,
        model.beliefs,
        model.choices,
        model.auxiliaries,
        model.outcomes,
        model.games,
    )
    return {element.name: element.about for section in sections for element in section}


def _marks(node: Node) -> str:
    read = counted(len(node.outcomes), "outcome") if node.outcomes else ""
    return " · ".join(part for part in (node.actor, read) if part)


# -- marks -----------------------------------------------------------------------------------------


def shape(kind: Kind, box: Box, border: str, fill: str, *, heavy: bool = False) -> str:
    """The outline that says what kind of quantity it is."""
    x, y, w, h = box.x, box.y, box.width, box.height
    thick = 2.6 if heavy or kind == "outcome" else 1.3
    style = f'fill="{fill}" stroke="{border}" stroke-width="{thick}"'
    cut = min(8.0, h / 2.5)
    match kind:
        case "lever":
            corners = [(x + cut, y), (x + w, y), (x + w - cut, y + h), (x, y + h)]
        case "event":
            half = y + h / 2
            corners = [(x + cut, y), (x + w - cut, y), (x + w, half)]
            corners += [(x + w - cut, y + h), (x + cut, y + h), (x, half)]
        case "game":  # a flag: notched on both sides
            half = y + h / 2
            corners = [(x, y), (x + w, y), (x + w - cut, half)]
            corners += [(x + w, y + h), (x, y + h), (x + cut, half)]
        case "choice":
            corners = [(x + cut, y), (x + w - cut, y), (x + w, y + cut), (x + w, y + h - cut)]
            corners += [(x + w - cut, y + h), (x + cut, y + h), (x, y + h - cut), (x, y + cut)]
        case _:
            radius = min(h / 2, 14.0) if kind in ("belief", "noise") else 2.0
            dash = {"parameter": "4 3", "noise": "1.5 3"}.get(kind, "")
            dashed = f' stroke-dasharray="{dash}"' if dash else ""
            outline = (
                f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" '
                f'rx="{radius:.1f}" {style}{dashed}/>'
            )
            if kind == "stock":  # a second line inside
                outline += (
                    f'<rect x="{x + 3:.1f}" y="{y + 3:.1f}" width="{w - 6:.1f}" '
                    f'height="{h - 6:.1f}" fill="none" stroke="{border}" stroke-width="0.9"/>'
                )
            return outline
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in corners)
    return f'<polygon points="{points}" {style}/>'


def _head(route: Route) -> tuple[Point, Point, Point]:
    """Where an arrow ends, in which direction, and where its line must stop for the head."""
    x, y = route.pieces[-1][-1]
    before = route.pieces[-2][-1] if len(route.pieces) > 1 else route.start
    dx, dy = x - before[0], y - before[1]
    length = max((dx * dx + dy * dy) ** 0.5, 1e-9)
    dx, dy = dx / length, dy / length
    return (x, y), (dx, dy), (x - 7 * dx, y - 7 * dy)


def _arrowhead(tip: Point, direction: Point, colour: str, *, hollow: bool) -> str:
    (x, y), (dx, dy) = tip, direction
    points = " ".join(
        f"{a:.1f},{b:.1f}"
        for a, b in (
            (x, y),
            (x - 8.5 * dx - 3.8 * dy, y - 8.5 * dy + 3.8 * dx),
            (x - 8.5 * dx + 3.8 * dy, y - 8.5 * dy - 3.8 * dx),
        )
    )
    return f'<polygon points="{points}" fill="{"#ffffff" if hollow else colour}"/>'


def _delay(route: Route) -> str:
    """Two strokes across the arrow, soon after its start."""
    (x, y), (tx, ty) = route.start, route.pieces[0][-1]
    length = max(((tx - x) ** 2 + (ty - y) ** 2) ** 0.5, 1e-9)
    dx, dy = (tx - x) / length, (ty - y) / length
    strokes = "".join(
        f"M{x + d * dx - 5 * dy:.1f} {y + d * dy + 5 * dx:.1f}l{10 * dy:.1f} {-10 * dx:.1f}"
        for d in (9.0, 13.0)
    )
    return f'<path class="delay" d="{strokes}" stroke-width="1.4"/>'


def _path(route: Route) -> str:
    steps = [f"M{route.start[0]:.1f} {route.start[1]:.1f}"]
    for piece in route.pieces:
        points = " ".join(f"{x:.1f} {y:.1f}" for x, y in piece)
        steps.append(f"{'C' if len(piece) == 3 else 'L'}{points}")
    return "".join(steps)


# -- text ------------------------------------------------------------------------------------------


def _text(
    x: float,
    y: float,
    text: str,
    *,
    size: float = SIZE,
    anchor: str = "middle",
    bold: bool = False,
    fill: str = INK,
) -> str:
    extra = "" if anchor == "start" else f' text-anchor="{anchor}"'
    extra += "" if size == SIZE else f' font-size="{size}"'
    extra += ' font-weight="bold"' if bold else ""
    extra += "" if fill == INK else f' fill="{fill}"'
    return f'<text x="{x:.1f}" y="{y:.1f}"{extra}>{escape(_clean(text))}</text>'


def _clean(text: str) -> str:
    """Without the control characters that XML cannot hold."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)


def text_width(text: str, size: float) -> float:
    """About how wide ``text`` is drawn: on the safe side of the common sans-serif faces."""
    return size * sum(
        0.34 if c in "iljtfrI.,:;'|()[]! " else 0.92 if c in "mwMW—" or ord(c) > 0x2E80 else 0.58
        for c in text
    )


def wrapped(text: str, width: float, size: float) -> list[str]:
    """``text`` in lines of at most ``width``, broken inside a word only where one is too long."""
    lines = [""]
    for word in _clean(text).split():
        while text_width(word, size) > width and len(word) > 8:
            cut = max(int(width / (0.7 * size)), 6)
            lines += [word[:cut]] if lines[-1] else []
            lines[-1] = word[:cut]
            lines.append("")
            word = word[cut:]
        joined = f"{lines[-1]} {word}".strip()
        if text_width(joined, size) > width and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = joined
    return [line for line in lines if line] or [""]
