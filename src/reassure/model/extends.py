"""Finding a model's file, and ``extends:``: one model as a list of differences from another.

Nothing is read but the file asked for, bundled models, and files inside the folder of the file
asked for, links followed first.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from reassure.model import bundled, yaml_source
from reassure.model.checked import Place
from reassure.model.mistakes import Mistake, ModelError, mistake, quote, suggest
from reassure.model.yaml_source import Entry, Node

MAX_GENERATIONS = 8

NAMED = (
    "sources", "actors", "sets", "parameters", "levers", "policies", "events", "stocks", "beliefs",
    "choices", "games", "auxiliaries", "outcomes", "observations", "given", "rivals", "claims",
    "interests",
)  # fmt: skip
"""The sections that hold elements by name."""

_SHORT = {"actors": "name", "auxiliaries": "formula", "rivals": "text"}
_INSIDE = {
    "players": "rationality", "moves": "", "payoffs": "value", "results": "value",
    "perceives": "set", "variants": "set",
}  # fmt: skip
"""What a game holds by name, and the field that a short form of each gives."""

Difference = tuple[str, str, str]
Kept = Callable[[Node], Node]


def _whole(root: Node) -> Node:
    return root


@dataclass(frozen=True, slots=True)
class Written:
    """A model's file with what it extends merged in.

    Attributes:
        root: the sections, every value with the place in the file it came from.
        name: the model's name.
        path: its file; '' when the text came from elsewhere.
        extends: what it extends, as written.
        differences: (section, name, 'added' | 'replaced' | 'removed') from the model extended.
        mistakes: what was wrong with the YAML, as far as it left something to go on with, and with
            the merging.
    """

    root: Node
    name: str
    path: str
    extends: str = ""
    differences: tuple[Difference, ...] = ()
    mistakes: tuple[Mistake, ...] = ()


@dataclass(frozen=True, slots=True)
class _Home:
    """A model file: what positions call it, where it is, and the folder that it may not leave.

    A text that is in no file has no folder: it may extend bundled models only.
    """

    name: str
    shown: str
    file: Path
    folder: Path | None


def find(path_or_name: str | Path) -> Path:
    """The file of a model given by path or by bundled name.

    Raises:
        ModelError: there is no such file (E106).
    """
    return _locate(path_or_name).file


def read(path_or_name: str | Path, text: str | None = None, kept: Kept = _whole) -> Written:
    """Reads a model's file and everything it extends.

    Args:
        path_or_name: a path or a bundled name; with ``text``, what positions call the text.
        text: the model's text, instead of a file's.
        kept: what of a file's tree is used, asked of each file before they are merged.

    Raises:
        ModelError: a file that cannot be found or read, or an ``extends:`` that cannot be followed.
    """
    told: list[Mistake] = []
    if text is None:
        home = _locate(path_or_name)
        root = yaml_source.read(_contents(home, Place(home.shown, 1, 1)), home.shown, told)
    else:
        file = Path(path_or_name)
        folder = _resolved(file.parent) if _is_file(file) else None
        home = _Home(file.stem, str(path_or_name), file, folder)
        root = yaml_source.read(text, home.shown, told)
    path = str(_resolved(home.file)) if home.folder is not None else ""
    try:
        found = _follow(root, home, [home], told, kept)
    except ModelError as error:
        raise ModelError([*told, *error.mistakes]) from None
    return replace(found, name=home.name, path=path, mistakes=(*told, *found.mistakes))


def _locate(path_or_name: str | Path) -> _Home:
    said = str(path_or_name)
    if isinstance(path_or_name, str) and said in bundled.names():
        return _bundled(said)
    file = Path(path_or_name)
    try:
        regular = stat.S_ISREG(file.stat().st_mode)
    except (OSError, ValueError):
        regular = False
    if regular:
        return _Home(file.stem, said, _resolved(file), _resolved(file).parent)
    what = f"there is no model {quote(said)}"
    if not said.endswith((".yaml", ".yml")) and _is_file(Path(f"{said}.yaml")):
        remedy = f"did you mean {quote(said + '.yaml', 300)}?"
    else:
        remedy = suggest(said, bundled.names())
    model, colon, game = said.rpartition(":")
    if colon and game.isidentifier() and (model in bundled.names() or _is_file(Path(model))):
        remedy = f"for a game: `reassure game show {said}`"
    raise ModelError([mistake("E106", Place(said, 1, 1), "", what, remedy or None)])


def _bundled(name: str) -> _Home:
    file = bundled.path(name).resolve()
    return _Home(name, f"{name}.yaml", file, file.parent)


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):
        return path.absolute()


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _contents(home: _Home, place: Place) -> str:
    """The text of a regular file; nothing past the size limit is read."""
    try:
        with home.file.open("rb") as stream:
            data = stream.read(yaml_source.MAX_BYTES + 1)
    except OSError as error:
        what = f"{quote(home.shown)} cannot be read: {error.strerror or error}"
        raise ModelError([mistake("E106", place, "", what)]) from None
    return yaml_source.decode(data, home.shown)


def _follow(
    root: Node, home: _Home, chain: list[_Home], told: list[Mistake], kept: Kept
) -> Written:
    """``root`` with all its ancestors merged in; ``told`` takes what is wrong with their YAML."""
    root = kept(root)
    entry = root.entries.get("extends")
    if entry is None:
        return Written(root, home.name, "")
    said, place = entry.node.value, entry.node.place
    if not isinstance(said, str) or not said.strip():
        what = "`extends:` names one model"
        raise ModelError([mistake("E203", place, "extends", what, "write `extends: NAME`")])
    said = said.strip()
    parent = _parent(said, place, home, chain[0])
    shown = [item.file for item in chain]
    if parent.file in shown:
        circle = [item.name for item in chain[shown.index(parent.file) :]] + [parent.name]
        what = f"these models extend each other: {' -> '.join(circle)}"
        raise ModelError([mistake("E903", place, "extends", what)])
    if len(chain) > MAX_GENERATIONS:
        what = f"more than {MAX_GENERATIONS} models extend each other in a row"
        raise ModelError([mistake("E901", place, "extends", what, "merge some of them")])
    text = _contents(parent, place)
    written = yaml_source.read(text, parent.shown, told)
    above = _follow(written, parent, [*chain, parent], told, kept)
    merged, differences, mistakes = merge(above.root, root)
    return Written(merged, home.name, "", said, tuple(differences), (*above.mistakes, *mistakes))


def _parent(said: str, place: Place, home: _Home, first: _Home) -> _Home:
    if said in bundled.names():
        return _bundled(said)
    pathlike = said.endswith((".yaml", ".yml")) or "/" in said or "\\" in said
    if not pathlike:
        what = f"there is no bundled model {quote(said)}"
        remedy = suggest(said, bundled.names()) or "write a file of this folder as `NAME.yaml`"
        raise ModelError([mistake("E904", place, "extends", what, remedy)])
    # A bundled model that is reached from elsewhere stays in its own folder.
    inside = home.folder is not None and home.folder.is_relative_to(bundled.folder().resolve())
    folder = home.folder if inside else first.folder
    if folder is None:
        what = f"a text that is in no file cannot extend the file {quote(said)}"
        raise ModelError(
            [mistake("E902", place, "extends", what, "save it, or extend a bundled model")]
        )
    try:
        target = (home.file.parent / said).resolve()
    except (OSError, RuntimeError, ValueError):
        raise ModelError([_not_found(said, place)]) from None
    if Path(said).is_absolute() or not target.is_relative_to(folder):
        what = f"{quote(said)} lies outside the model's folder"
        raise ModelError([mistake("E902", place, "extends", what)])
    if not _is_file(target):
        raise ModelError([_not_found(said, place)])
    shown = str(Path(home.shown).parent / said)
    return _Home(target.stem, shown, target, folder)


def _not_found(said: str, place: Place) -> Mistake:
    what = f"there is no file {quote(said)}"
    return mistake(
        "E904", place, "extends", what, "correct the path, which starts at this file's folder"
    )


def merge(parent: Node, child: Node) -> tuple[Node, list[Difference], list[Mistake]]:
    """``parent`` with what ``child`` adds, updates and removes.

    A new name adds; a known one given as a mapping updates the fields given, and given as anything
    else replaces; ``name: ~`` removes, as does ``field: ~`` inside an element. Entries of
    ``correlate:`` are known by the pair they are between.
    """
    entries: dict[str, Entry] = {
        key: value for key, value in parent.entries.items() if key not in ("extends", "language")
    }
    differences: list[Difference] = []
    mistakes = _languages(parent, child)
    for key, entry in child.entries.items():
        before = entries.get(key)
        if key == "extends":
            continue
        if key == "language":
            entries[key] = entry
            continue
        if entry.node.value is None:
            if before is None:
                mistakes.append(_nothing(entry.place, key))
            else:
                differences += [(key, name, "removed") for name in before.node.entries or ("",)]
                del entries[key]
        elif key in NAMED and entry.node.entries:
            below = before.node.entries if before else {}
            value = _section(key, below, entry.node.entries, differences, mistakes)
            entries[key] = replace(entry, node=replace(entry.node, value=value))
        elif key == "time" and before is not None and entry.node.entries and before.node.entries:
            value = _fields(before.node.entries, entry.node.entries, "time", mistakes)
            entries[key] = replace(entry, node=replace(entry.node, value=value))
            differences += [("time", field, "replaced") for field in entry.node.entries]
        elif key == "correlate":
            entries[key] = _correlate(before, entry, differences)
        else:
            entries[key] = entry
            if before is None or before.node.plain() != entry.node.plain():
                differences.append((key, "", "added" if before is None else "replaced"))
    return replace(child, value=entries), differences, mistakes


def _languages(parent: Node, child: Node) -> list[Mistake]:
    """A mistake where both say a version of the language, and not the same."""
    above, own = parent.get("language"), child.get("language")
    if above is None or own is None or above.value == own.value:
        return []
    what = f"the model extended is in version {quote(above.text)}, and what extends it in another"
    return [mistake("E207", above.place, "language", what)]


def _section(
    section: str,
    before: Mapping[str, Entry],
    given: Mapping[str, Entry],
    differences: list[Difference],
    mistakes: list[Mistake],
) -> dict[str, Entry]:
    entries = dict(before)
    for name, entry in given.items():
        old = entries.get(name)
        path = f"{section}.{name}"
        if entry.node.value is None and not (section == "actors" and old is None):
            if old is None:
                mistakes.append(_nothing(entry.place, path))
            else:
                del entries[name]
                differences.append((section, name, "removed"))
        elif old is None:
            entries[name] = entry
            differences.append((section, name, "added"))
        else:
            new = entry
            if isinstance(entry.node.value, dict):
                short = _SHORT.get(section)
                fields = old.node.entries
                if short and not isinstance(old.node.value, dict | tuple):
                    fields = {short: old}
                value = _fields(fields, entry.node.entries, path, mistakes)
                if section == "games":
                    value = _inside(fields, value, path, mistakes)
                new = replace(entry, node=replace(entry.node, value=value))
            if new.node.plain() != old.node.plain():
                differences.append((section, name, "replaced"))
            entries[name] = new
    return entries


def _inside(
    before: Mapping[str, Entry], given: dict[str, Entry], path: str, mistakes: list[Mistake]
) -> dict[str, Entry]:
    """The fields of a game, with what it holds by name merged name by name."""
    merged = dict(given)
    for field, short in _INSIDE.items():
        old, new = before.get(field), given.get(field)
        if old is None or new is None or new is old:
            continue
        if isinstance(old.node.value, dict) and isinstance(new.node.value, dict):
            value = _elements(old.node, new.node, short, f"{path}.{field}", mistakes)
            merged[field] = replace(new, node=replace(new.node, value=value))
    return merged


def _elements(
    before: Node, given: Node, short: str, path: str, mistakes: list[Mistake]
) -> dict[str, Entry]:
    """Elements by name: a new one adds, a known one updates the fields given, `~` removes."""
    entries = dict(before.entries)
    for name, entry in given.entries.items():
        old = entries.get(name)
        inside = f"{path}.{name}"
        if entry.node.value is None:
            if entries.pop(name, None) is None:
                mistakes.append(_nothing(entry.place, inside))
        elif old is None or not isinstance(entry.node.value, dict):
            entries[name] = entry
        else:
            fields, changes = _long(old, short), _long(entry, short)
            if short == "value" and "value" not in fields and "value" not in changes:
                # A payoff of named parts, each of which is an element again.
                value = _elements(old.node, entry.node, short, inside, mistakes)
            else:
                value = _fields(fields, changes, inside, mistakes)
            entries[name] = replace(entry, node=replace(entry.node, value=value))
    return entries


def _long(entry: Entry, short: str) -> Mapping[str, Entry]:
    """The fields of an element, those of its short form written out."""
    if not isinstance(entry.node.value, dict):
        return {short: entry}
    wrapped = short == "set" and "set" not in entry.node.value
    return {"set": entry} if wrapped else entry.node.entries


def _fields(
    before: Mapping[str, Entry], given: Mapping[str, Entry], path: str, mistakes: list[Mistake]
) -> dict[str, Entry]:
    fields = dict(before)
    for name, entry in given.items():
        if entry.node.value is not None:
            fields[name] = entry
        elif name in fields:
            del fields[name]
        else:
            mistakes.append(_nothing(entry.place, f"{path}.{name}"))
    return fields


def _correlate(before: Entry | None, entry: Entry, differences: list[Difference]) -> Entry:
    """Both lists, the child's entry where both have one for a pair."""
    old = before.node.value if before is not None and isinstance(before.node.value, tuple) else ()
    new = entry.node.value if isinstance(entry.node.value, tuple) else ()
    if not new:
        return entry
    given = {_pair(item) for item in new}
    known = {_pair(item) for item in old}
    for item in new:
        kind = "replaced" if _pair(item) in known else "added"
        differences.append(("correlate", " and ".join(sorted(_pair(item))), kind))
    kept = tuple(item for item in old if _pair(item) not in given)
    return replace(entry, node=replace(entry.node, value=(*kept, *new)))


def _pair(item: Node) -> frozenset[str]:
    between = item.get("between")
    values = between.value if between is not None and isinstance(between.value, tuple) else ()
    return frozenset(value.text for value in values)


def _nothing(place: Place, path: str) -> Mistake:
    return mistake("E905", place, path, "the model extended has nothing here to remove")
