"""Index sets: one written element for each member of a set.

``weight[dossier]`` under ``parameters:`` becomes ``weight[bases]``, ``weight[land]``, ...; any
field of it may be ``{by: {bases: 1, else: 2}}``. An entry for one member, ``weight[bases]: {...}``,
updates the fields that it gives. The keys of ``evidence:``, of a policy's ``set:`` and of interests
expand likewise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from reassure.model.checked import Place
from reassure.model.formula import name_problem
from reassure.model.mistakes import Mistake, ModelError, mistake, quote, suggest
from reassure.model.yaml_source import MAX_TOLD, Entry, Node

MAX_MEMBERS = 200
MAX_ELEMENTS = 3000
MAX_SETS = 50

INDEXED = (
    "parameters", "levers", "policies", "events", "stocks", "beliefs", "choices", "games", "auxiliaries",
    "outcomes", "observations", "given", "claims",
)  # fmt: skip
"""The sections whose elements may be indexed."""

_KEYED = {"beliefs": "evidence", "policies": "set"}
_INDEX = re.compile(r"\s*([A-Za-z][A-Za-z0-9_]*)\s*\[\s*([A-Za-z][A-Za-z0-9_]*)\s*\]\s*\Z")

Binding = Mapping[str, str]
"""Which member stands for which set inside one expanded element."""


@dataclass(slots=True)
class Expanded:
    """A file with its index sets expanded.

    Attributes:
        root: the file; names are canonical: ``weight[bases]``.
        sets: members of each set.
        bindings: of each expanded element, by (section, canonical name).
        mistakes: what was wrong on the way.
        broken: names whose index is none, without it.
    """

    root: Node
    sets: dict[str, tuple[str, ...]] = field(default_factory=dict)
    bindings: dict[tuple[str, str], Binding] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)


def split(name: str) -> tuple[str, str]:
    """``('weight', 'bases')`` of ``weight[bases]``; the index is '' where there is none."""
    match = _INDEX.match(name)
    return (match[1], match[2]) if match else (name, "")


def expand(root: Node) -> Expanded:
    """Expands every indexed element.

    Raises:
        ModelError: the file would expand to more than the limit.
    """
    done = Expanded(root)
    done.sets = _sets(root, done.mistakes)
    _budget(root, done.sets)
    entries = dict(root.entries)
    for section in INDEXED:
        entry = entries.get(section)
        if entry is not None and entry.node.entries:
            elements = _section(section, entry.node, done)
            entries[section] = replace(entry, node=replace(entry.node, value=elements))
    entry = entries.get("interests")
    if entry is not None and entry.node.entries:
        actors = {
            name: replace(item, node=_keys(item.node, {}, done, f"interests.{name}"))
            for name, item in entry.node.entries.items()
        }
        entries["interests"] = replace(entry, node=replace(entry.node, value=actors))
    done.root = replace(root, value=entries)
    return done


def _sets(root: Node, mistakes: list[Mistake]) -> dict[str, tuple[str, ...]]:
    node = root.get("sets")
    found: dict[str, tuple[str, ...]] = {}
    if node is not None and len(node.entries) > MAX_SETS:
        what = f"{len(node.entries)} index sets; the limit is {MAX_SETS}"
        raise ModelError([mistake("E901", node.place, "sets", what, "use fewer sets")])
    for name, entry in node.entries.items() if node else ():
        path = f"sets.{name}"
        problem = name_problem(name)
        if problem:
            mistakes.append(mistake("E206", entry.place, path, f"{quote(name)} {problem}"))
            continue
        value = entry.node.value
        if not isinstance(value, tuple) or not value:
            what = "an index set is a list of one or more members"
            mistakes.append(mistake("E203", entry.node.place, path, what, "write [a, b, c]"))
            continue
        if len(value) > MAX_MEMBERS:
            what = f"{len(value)} members; the limit is {MAX_MEMBERS}"
            mistakes.append(mistake("E901", entry.node.place, path, what, "use fewer members"))
            continue
        members: dict[str, None] = {}
        for item in value:
            member = str(item.text)
            if isinstance(item.value, dict | tuple):
                mistakes.append(mistake("E203", item.place, path, "a member is one word"))
            elif problem := name_problem(member):
                mistakes.append(mistake("E206", item.place, path, f"{quote(member)} {problem}"))
            elif member in members:
                what = f"{quote(member)} is a member twice"
                mistakes.append(mistake("E209", item.place, path, what, "remove one"))
            else:
                members[member] = None
        found[name] = tuple(members)
    return found


def _budget(root: Node, sets: Mapping[str, tuple[str, ...]]) -> None:
    """Refuses before expanding what would expand too far."""
    total = 0
    for section in INDEXED:
        node = root.get(section)
        for name, entry in node.entries.items() if node else ():
            index = split(name)[1]
            inner = _KEYED.get(section)
            below = entry.node.get(inner) if inner else None
            keys = 1 + sum(
                len(sets.get(split(key)[1], "1")) for key in (below.entries if below else ())
            )
            total += len(sets.get(index, "1")) * keys
            if total > MAX_ELEMENTS:
                what = f"the file has more than {MAX_ELEMENTS:,} elements, index sets expanded"
                remedy = "use fewer elements or smaller sets"
                raise ModelError([mistake("E901", entry.place, f"{section}.{name}", what, remedy)])


def _section(section: str, node: Node, done: Expanded) -> dict[str, Entry]:
    elements: dict[str, Entry] = {}
    single: list[tuple[str, Entry, Binding]] = []
    for name, entry in node.entries.items():
        base, index = split(name)
        path = f"{section}.{name}"
        if not index:
            binding: Binding = {}
            _put(section, name.strip(), entry, binding, elements, done, path)
        elif index in done.sets:
            for member in done.sets[index]:
                binding = {index: member}
                _put(section, f"{base}[{member}]", entry, binding, elements, done, path)
        elif owner := next((key for key, members in done.sets.items() if index in members), None):
            single.append((f"{base}[{index}]", entry, {owner: index}))
        else:
            _undefined(index, entry.place, path, done)
            done.broken.add(base)
    for name, entry, binding in single:
        before = elements.get(name)
        if before is not None and before.node.entries and entry.node.entries:
            merged = {**before.node.entries, **entry.node.entries}
            entry = replace(entry, node=replace(entry.node, value=merged))
        _put(section, name, entry, binding, elements, done, f"{section}.{name}", over=True)
    return elements


def _put(
    section: str,
    name: str,
    entry: Entry,
    binding: Binding,
    elements: dict[str, Entry],
    done: Expanded,
    path: str,
    *,
    over: bool = False,
) -> None:
    if name in elements and not over:
        what = f"{quote(name)} is defined twice"
        done.mistakes.append(mistake("E209", entry.place, path, what))
        return
    node = entry.node
    inner = _KEYED.get(section)
    if inner is not None and (below := node.entries.get(inner)) is not None:
        keyed = replace(below, node=_keys(below.node, binding, done, f"{path}.{inner}"))
        node = replace(node, value={**node.entries, inner: keyed})
    node = _choose(node, binding, done, path)  # after the keys, which bind sets of their own
    elements[name] = replace(entry, node=node)
    if binding:
        done.bindings[section, name] = binding


def _keys(node: Node, binding: Binding, done: Expanded, path: str) -> Node:
    """A mapping whose keys may be indexed, with one entry for each member."""
    if not any("[" in key for key in node.entries):
        return node
    found: dict[str, Entry] = {}
    single: dict[str, Entry] = {}
    for key, entry in node.entries.items():
        base, index = split(key)
        if not index:
            found[key] = entry
        elif index in binding:
            found[f"{base}[{binding[index]}]"] = entry
        elif index in done.sets:
            for member in done.sets[index]:
                one = _choose(entry.node, {**binding, index: member}, done, f"{path}.{key}")
                found[f"{base}[{member}]"] = replace(entry, node=_bound(one, index, member))
        elif any(index in members for members in done.sets.values()):
            single[f"{base}[{index}]"] = entry
        else:
            _undefined(index, entry.place, f"{path}.{key}", done)
    return replace(node, value={**found, **single})


def _bound(node: Node, index: str, member: str) -> Node:
    """``node`` with ``[index]`` replaced by ``[member]`` in its formulas."""
    pattern = re.compile(rf"\[\s*{re.escape(index)}\s*\]")
    if isinstance(node.value, dict):
        value = {
            key: replace(entry, node=_bound(entry.node, index, member))
            for key, entry in node.value.items()
        }
        return replace(node, value=value)
    if isinstance(node.value, tuple):
        return replace(node, value=tuple(_bound(item, index, member) for item in node.value))
    if isinstance(node.value, str) and "[" in node.value:
        return replace(node, value=pattern.sub(f"[{member}]", node.value))
    return node


def _choose(node: Node, binding: Binding, done: Expanded, path: str) -> Node:
    """``node`` with each ``by:`` replaced by what it gives for the member bound."""
    chosen = _by(node, binding, done, path)
    if chosen is not None:
        return _choose(chosen, binding, done, path)
    if isinstance(node.value, dict):
        entries: dict[str, Entry] = {}
        changed = False
        for key, entry in node.value.items():
            below = _choose(entry.node, binding, done, f"{path}.{key}")
            changed = changed or below is not entry.node
            entries[key] = entry if below is entry.node else replace(entry, node=below)
        return replace(node, value=entries) if changed else node
    if isinstance(node.value, tuple):
        items = tuple(_choose(item, binding, done, path) for item in node.value)
        same = all(new is old for new, old in zip(items, node.value, strict=True))
        return node if same else replace(node, value=items)
    return node


def _by(node: Node, binding: Binding, done: Expanded, path: str) -> Node | None:
    """What ``{by: {member: value, else: value}}`` gives; None for any other node."""
    if not isinstance(node.value, dict) or set(node.value) != {"by"}:
        return None
    cases = node.value["by"].node
    if not isinstance(cases.value, dict):
        return None
    place = node.value["by"].place
    keys = [key for key in cases.value if key != "else"]
    index = next(
        (index for index in binding if set(keys) <= set(done.sets[index])),
        next(iter(binding), None),
    )
    nothing = Node(None, place)
    if index is None:
        what = "`by:` stands only in an element indexed by a set"
        done.mistakes.append(mistake("E212", place, path, what, "write `name[set]: ...`"))
        return nothing
    members = done.sets[index]
    for key in keys:
        if key not in members:
            what = f"{quote(key)} is not a member of {quote(index)}"
            remedy = suggest(key, members) or f"its members are {', '.join(members[:10])}"
            done.mistakes.append(mistake("E212", cases.value[key].place, path, what, remedy))
    missing = [member for member in members if member not in cases.value]
    if missing and "else" not in cases.value:
        what = f"`by:` says nothing of {', '.join(quote(item) for item in missing[:5])}"
        done.mistakes.append(mistake("E212", place, path, what))
    entry = cases.value.get(binding[index]) or cases.value.get("else")
    return entry.node if entry else nothing


def _undefined(index: str, place: Place, path: str, done: Expanded) -> None:
    if len(done.mistakes) >= MAX_TOLD:
        raise ModelError(done.mistakes)
    known = [*done.sets, *(member for members in done.sets.values() for member in members)]
    what = f"{quote(index)} is neither an index set nor a member of one"
    done.mistakes.append(mistake("E303", place, path, what, suggest(index, known) or None))
