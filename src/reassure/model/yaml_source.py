"""YAML text to a tree of plain values that remember where they stand.

Only what a model needs of YAML 1.2 (core schema): mappings with scalar keys, sequences, strings,
integers, floats, true, false and null. ``NO``, ``on``, ``12:30:00`` and dates stay strings.
Refused, because a model may come from a stranger: tags, merge keys (``extends:`` is the way to
share), duplicate keys, several documents, anything but UTF-8, control characters, and files beyond
the limits below.

The text is read as a stream of events and built up with a stack of its own, so that no nesting,
however deep, reaches Python's recursion limit.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import yaml

from reassure.model.checked import Place
from reassure.model.mistakes import Mistake, ModelError, mistake

MAX_BYTES = 1 << 20
MAX_DEPTH = 30
MAX_NODES = 60_000
MAX_ALIASES = 100
MAX_NUMBER = 64
MAX_TOLD = 200
"""Mistakes after which a check ends: more would bury what matters."""

Scalar = str | int | float | bool | None

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same events, ten times as fast
_NULL = re.compile(r"(?:null|Null|NULL|~|)\Z")
_TRUE = re.compile(r"(?:true|True|TRUE)\Z")
_FALSE = re.compile(r"(?:false|False|FALSE)\Z")
_INTEGER = re.compile(r"[-+]?[0-9]+\Z|0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_INFINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)\Z")
_NAN = re.compile(r"\.(?:nan|NaN|NAN)\Z")
# With the three line breaks that editors do not count as lines.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Node:
    """A value in a file.

    Attributes:
        value: a scalar, a tuple of nodes, or a mapping from key to :class:`Entry`.
        place: where it begins.
        text: of a scalar, the text as it was written (``1.50`` rather than ``1.5``).
        inner: of a scalar on one line, how many characters after ``place`` its text begins (1 in
            quotes); None where a character of it cannot be pointed at.
    """

    value: Scalar | tuple[Node, ...] | dict[str, Entry]
    place: Place
    text: str = ""
    inner: int | None = None

    @property
    def entries(self) -> dict[str, Entry]:
        """The entries of a mapping; none for anything else."""
        return self.value if isinstance(self.value, dict) else {}

    def get(self, key: str) -> Node | None:
        """The value under ``key`` of a mapping, if there is one."""
        entry = self.entries.get(key)
        return entry.node if entry else None

    def plain(self) -> Any:
        """The value as nested dicts, lists and scalars, without positions."""
        if isinstance(self.value, dict):
            return {key: entry.node.plain() for key, entry in self.value.items()}
        if isinstance(self.value, tuple):
            return [item.plain() for item in self.value]
        return self.value

    def place_of(self, path: tuple[str | int, ...], *, of_key: bool = False) -> Place:
        """Where the value at ``path`` below this node stands (its key, with ``of_key``).

        Steps that lead nowhere are passed over, so the answer is the nearest place that exists.
        """
        node, place = self, self.place
        for step in path:
            if isinstance(node.value, dict) and str(step) in node.value:
                entry = node.value[str(step)]
                node, place = entry.node, entry.place if of_key else entry.node.place
            elif isinstance(node.value, tuple) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
                place = node.place
        return place

    def find(self, path: tuple[str | int, ...]) -> Node:
        """The node at ``path``; steps that lead nowhere are passed over."""
        node = self
        for step in path:
            if isinstance(node.value, dict) and str(step) in node.value:
                node = node.value[str(step)].node
            elif isinstance(node.value, tuple) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
        return node


@dataclass(frozen=True, slots=True)
class Entry:
    """A key's place and its value."""

    place: Place
    node: Node


def decode(data: bytes, file: str) -> str:
    """The text of a file, without a byte order mark.

    Raises:
        ModelError: the file is too large or not UTF-8.
    """
    if len(data) > MAX_BYTES:
        raise ModelError([_too_large(len(data), file)])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - (before.rfind(b"\n") + 1) + 1
        raise ModelError(
            [
                mistake(
                    "E107",
                    Place(file, line, column),
                    "",
                    f"byte {data[error.start]:#04x} is not UTF-8 text",
                    "save the file as UTF-8",
                )
            ]
        ) from None


def read(text: str, file: str, told: list[Mistake] | None = None) -> Node:
    """Read a model's text.

    Args:
        text: the YAML text.
        file: the name that positions carry.
        told: takes the mistakes that leave something to go on with, such as a key that stands
            twice; without it they are raised too.

    Raises:
        ModelError: with every mistake that can be told before reading has to stop.
    """
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise ModelError([_too_large(size, file)])
    control = _CONTROL.search(text)
    if control:
        place = _place_at(text, control.start(), file)
        what = f"the character U+{ord(control.group()):04X} may not stand in a model"
        raise ModelError([mistake("E107", place, "", what, "delete it")])
    builder = _Builder(file)
    whole = False
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
        whole = True
    except yaml.MarkedYAMLError as error:
        builder.mistakes.append(_syntax(error, file))
    except yaml.YAMLError as error:
        what = str(error).splitlines()[0]
        builder.mistakes.append(mistake("E101", Place(file, 1, 1), "", what, _QUOTE))
    except _Stop:
        pass
    whole = whole and all(item.code != "E101" for item in builder.mistakes)
    if builder.mistakes and (told is None or not whole):
        raise ModelError(builder.mistakes)
    if told is not None:
        told += builder.mistakes
    root = builder.root
    if root is None or root.value is None:
        what, remedy = "the file is empty", "begin with `language: 1`, or run `reassure new`"
        raise ModelError([mistake("E109", Place(file, 1, 1), "", what, remedy)])
    if not isinstance(root.value, dict):
        what, remedy = "a model is a mapping of sections", "begin with `language: 1`"
        raise ModelError([mistake("E109", root.place, "", what, remedy)])
    return root


_QUOTE = (
    "put a text that contains ': ', ' #' or an apostrophe inside '...', or begins with a sign such as "
    "[ { * & ! % @, in quotes"
)


def _too_large(size: int, file: str) -> Mistake:
    return mistake(
        "E105",
        Place(file, 1, 1),
        "",
        f"the file has {size:,} bytes; the limit is {MAX_BYTES:,}",
        "split the model with `extends:`",
    )


def _place_at(text: str, index: int, file: str) -> Place:
    return Place(file, text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index))


def _syntax(error: yaml.MarkedYAMLError, file: str) -> Mistake:
    mark = error.problem_mark or error.context_mark
    place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file, 1, 1)
    problem = error.problem or "this is not YAML"
    if error.context:
        problem = f"{error.context}: {problem}"
    remedy = _QUOTE
    if "flow" in problem:
        remedy = "inside { } and [ ] put a text or formula that contains commas, brackets or ': ' in quotes"
    if "tab" in problem or "cannot start any token" in problem:
        remedy = "indent with spaces, and put a text that begins with a sign in quotes"
    return mistake("E101", place, "", problem, remedy)


class _Stop(Exception):
    """Reading cannot go on; the reason is among the mistakes."""


@dataclass(slots=True)
class _Open:
    """A collection that is being read."""

    place: Place
    anchor: str | None
    mapping: bool
    before: int  # nodes counted before it began
    items: list[Node]
    entries: dict[str, Entry]
    key: tuple[str, Place] | None = None
    height: int = 0


class _Builder:
    """Takes events one by one and keeps the open collections on a stack."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.mistakes: list[Mistake] = []
        self.root: Node | None = None
        self.stack: list[_Open] = []
        self.anchors: dict[str, tuple[Node, int, int]] = {}  # node, nodes in it, height
        self.nodes = 0
        self.aliases = 0
        self.documents = 0

    def take(self, event: Any) -> None:
        place = Place(self.file, event.start_mark.line + 1, event.start_mark.column + 1)
        match event:
            case yaml.DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    self.stop("E109", place, "a second document begins", "one model a file")
                if event.tags or event.version:
                    self.say(
                        "E102",
                        place,
                        "directives (%YAML, %TAG) are not read",
                        "delete the lines that begin with %",
                    )
            case yaml.ScalarEvent():
                self.tag(event, place)
                self.count(place)
                if self.expects_key():
                    self.open_key(event.value, place)
                else:
                    node = self.scalar(event, place)
                    self.close(node, event.anchor, 1, 0)
            case yaml.AliasEvent():
                self.alias(str(event.anchor), place)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self.tag(event, place)
                self.count(place)
                if self.expects_key():
                    what = "a key must be one word or text, not a list or a mapping"
                    self.stop("E101", place, what, _QUOTE)
                if len(self.stack) >= MAX_DEPTH:
                    self.too_deep(place)
                mapping = isinstance(event, yaml.MappingStartEvent)
                self.stack.append(_Open(place, event.anchor, mapping, self.nodes - 1, [], {}))
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                done = self.stack.pop()
                value: Any = done.entries if done.mapping else tuple(done.items)
                node = Node(value, done.place)
                self.close(node, done.anchor, self.nodes - done.before, done.height + 1)
            case _:
                pass

    def expects_key(self) -> bool:
        return bool(self.stack) and self.stack[-1].mapping and self.stack[-1].key is None

    def open_key(self, key: str, place: Place) -> None:
        top = self.stack[-1]
        top.key = (key, place)
        if key == "<<":
            what = "merge keys (<<) are not part of YAML 1.2"
            self.say("E101", place, what, "write the fields out, or use `extends:`")
        elif key in top.entries:
            first = top.entries[key].place
            what = f"`{key}` stands here a second time (first in line {first.line})"
            self.say("E103", place, what, "keep one of the two")

    def close(self, node: Node, anchor: str | None, size: int, height: int) -> None:
        """``node`` is read: give it to the collection it stands in."""
        if anchor is not None:
            self.anchors[anchor] = (node, size, height)
        if not self.stack:
            self.root = node
            return
        top = self.stack[-1]
        top.height = max(top.height, height)
        if not top.mapping:
            top.items.append(node)
        elif top.key is not None:
            key, place = top.key
            top.entries.setdefault(key, Entry(place, node))
            top.key = None

    def alias(self, anchor: str, place: Place) -> None:
        self.aliases += 1
        if self.aliases > MAX_ALIASES:
            what = f"there are more than {MAX_ALIASES} aliases (*{anchor[:20]})"
            self.stop("E104", place, what, "name the number as a parameter instead")
        if self.expects_key():
            self.stop("E101", place, "an alias cannot be a key", _QUOTE)
        if any(top.anchor == anchor for top in self.stack):
            self.stop(
                "E104",
                place,
                f"the alias *{anchor[:40]} stands inside what it names",
                "write it out",
            )
        if anchor not in self.anchors:
            what = f"the alias *{anchor[:40]} refers to nothing that is complete before it"
            remedy = (
                "define the anchor before it is used, or put a text that begins with * in quotes"
            )
            self.stop("E101", place, what, remedy)
        node, size, height = self.anchors[anchor]
        if len(self.stack) + height > MAX_DEPTH:
            self.too_deep(place)
        self.count(place, size, "E104")
        self.close(node, None, size, height)

    def scalar(self, event: Any, place: Place) -> Node:
        text: str = event.value
        start, end = event.start_mark, event.end_mark
        extra = end.column - start.column - len(text) if start.line == end.line else -1
        inner = extra // 2 if extra in (0, 2) else None
        if not event.implicit[0] or event.style:
            return Node(text, place, text, inner)
        if _NULL.match(text):
            return Node(None, place, text)
        if _TRUE.match(text):
            return Node(True, place, text)
        if _FALSE.match(text):
            return Node(False, place, text)
        number = _INTEGER.match(text) or _FLOAT.match(text)
        if number and len(text) > MAX_NUMBER:
            what = f"a number of {len(text):,} characters"
            self.say("E204", place, what, f"at most {MAX_NUMBER} characters")
            return Node(0, place, text)
        if _INTEGER.match(text):
            base = {"0o": 8, "0x": 16}.get(text[:2], 10)
            return Node(int(text, base), place, text)
        if _INFINITE.match(text):
            return Node(-math.inf if text[0] == "-" else math.inf, place, text)
        if _NAN.match(text):
            self.say("E204", place, ".nan is not a number", "leave the field out")
            return Node(0.0, place, text)
        if number:
            value = float(text)
            if math.isinf(value):
                self.say("E204", place, f"{text} is too large a number", "write .inf for no bound")
            return Node(value, place, text)
        return Node(text, place, text, inner)

    def tag(self, event: Any, place: Place) -> None:
        if event.tag is not None:
            what = f"the tag `{event.tag[:60]}` is not read: a model holds plain values only"
            self.say(
                "E102", place, what, "delete the tag, or put a text that begins with ! in quotes"
            )

    def count(self, place: Place, nodes: int = 1, code: str = "E105") -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            what = f"the file holds more than {MAX_NODES:,} values, aliases expanded"
            self.stop(code, place, what, "split the model with `extends:`")

    def too_deep(self, place: Place) -> None:
        what = f"this is nested more than {MAX_DEPTH} deep"
        self.stop("E108", place, what, "a model needs no more than about eight levels")

    def say(self, code: str, place: Place, what: str, remedy: str) -> None:
        steps = [
            (top.key[0] if top.key else "") if top.mapping else str(len(top.items) + 1)
            for top in self.stack[:8]
        ]
        path = ".".join(step for step in steps if step)
        self.mistakes.append(mistake(code, place, path, what, remedy))
        if len(self.mistakes) >= MAX_TOLD:
            raise _Stop

    def stop(self, code: str, place: Place, what: str, remedy: str) -> None:
        self.say(code, place, what, remedy)
        raise _Stop
