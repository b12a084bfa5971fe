"""From a model's file to a checked model, or to all its mistakes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from reassure.model import calendar, extends, sets, strict_reading
from reassure.model.checked import Model, Place
from reassure.model.checks.about import actors, sources
from reassure.model.checks.budget import check_budget, clock
from reassure.model.checks.causes import Claimant
from reassure.model.checks.circles import check_circles
from reassure.model.checks.claims import claims
from reassure.model.checks.context import Context, Enough, OverBudget
from reassure.model.checks.decisions import beliefs, choices, levers
from reassure.model.checks.game_use import check_game_work
from reassure.model.checks.games import games
from reassure.model.checks.history import given, measurements
from reassure.model.checks.names import collect
from reassure.model.checks.outcomes import interests, outcomes
from reassure.model.checks.policies import policies
from reassure.model.checks.quantities import auxiliaries, correlations, events, parameters, stocks
from reassure.model.checks.reach import check_reach
from reassure.model.checks.reasons import check_reasons
from reassure.model.checks.record import rivals
from reassure.model.checks.shapes import check_language, check_shapes, validated_time
from reassure.model.checks.written_out import check_written_out
from reassure.model.mistakes import Fault, Mistake, ModelError, in_order
from reassure.model.yaml_source import MAX_TOLD, Node

__all__ = ["Report", "check", "load"]

_OF_THE_RECORD = ("ledger", "observations", "given", "rivals")
"""Sections that only speak of the record."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found.

    Attributes:
        model: the checked model; None if the file has mistakes.
        mistakes: what must be mended, by place.
        warnings: what should be, by place.
        source: the checked model's file, index sets written out: where everything stands.
    """

    model: Model | None
    mistakes: tuple[Mistake, ...]
    warnings: tuple[Mistake, ...]
    source: Node | None = None


def load(
    path_or_name: str | Path, *, text: str | None = None, known_by: str | None = None
) -> Model:
    """Reads and checks a model.

    Args:
        path_or_name: a path, or the name of a bundled model.
        text: the model's text, where it is not in a file; positions then call it ``path_or_name``.
        known_by: a date; what the file says became known later is left out.

    Raises:
        ModelError: with all the mistakes of the file.
    """
    report = check(path_or_name, text=text, known_by=known_by)
    if report.model is None:
        raise ModelError(report.mistakes)
    return report.model


def check(
    path_or_name: str | Path, *, text: str | None = None, known_by: str | None = None
) -> Report:
    """Every mistake and every warning of a model. Takes what :func:`load` takes, and raises
    nothing.
    """
    try:
        written, dropped = _read(path_or_name, text, known_by)
    except ModelError as error:
        return Report(None, error.mistakes, ())
    except Fault as fault:
        return Report(None, (fault.at(Place(str(path_or_name), 1, 1), "known_by"),), ())
    try:
        expanded = sets.expand(written.root)
    except ModelError as error:
        return Report(None, _once([*written.mistakes, *error.mistakes], written.mistakes), ())
    context = Context(expanded.root, expanded.sets, expanded.bindings)
    context.broken |= expanded.broken
    context.mistakes += [*written.mistakes, *expanded.mistakes]
    model = None
    try:
        model = _model(context, written)
    except Enough:
        pass
    except OverBudget as limit:
        with suppress(Enough):
            context.say("E901", limit.path, limit.message)
    mistakes = _explained(_once(context.mistakes, written.mistakes)[:MAX_TOLD], dropped)
    if model is None or mistakes:
        return Report(None, mistakes, _once(context.warnings))
    return Report(model, (), _once(context.warnings), expanded.root)


def _read(
    path_or_name: str | Path, text: str | None, known_by: str | None
) -> tuple[extends.Written, dict[str, str]]:
    """The model's files merged, read strictly where a date is given, and what that left out.

    Raises:
        ModelError: a file that cannot be found or read, or an ``extends:`` that cannot be followed.
        Fault: ``known_by`` is not a date (E205).
    """
    if known_by is None:
        return extends.read(path_or_name, text), {}
    limit, dropped = calendar.last_day(known_by), dict[str, str]()
    written = extends.read(
        path_or_name, text, lambda root: strict_reading.known_by(root, limit, dropped)
    )
    return written, dropped


def _model(context: Context, written: extends.Written) -> Model | None:
    """The model that a file means. It is of use only if the context has no mistakes afterwards."""
    if not check_language(context):
        return None
    check_shapes(context)
    context.time = clock(context, validated_time(context))
    collect(context)
    known_sources, known_actors = sources(context), actors(context)
    known_parameters = parameters(context)
    known_levers = levers(context)
    known_policies, observations = policies(context, known_levers)
    formulas, noises = auxiliaries(context)
    known_outcomes = outcomes(context)
    claimant = Claimant(
        context,
        {lever.name: lever for lever in known_levers},
        {parameter.name: parameter for parameter in known_parameters},
        {policy.name: policy for policy in known_policies},
        {auxiliary.name: auxiliary.formula for auxiliary in formulas},
    )
    model = Model(
        name=written.name,
        title=_text(context, "title"),
        language=1,
        time=context.time,
        sources=known_sources,
        actors=known_actors,
        parameters=known_parameters,
        correlations=correlations(context, known_parameters),
        levers=known_levers,
        policies=known_policies,
        observations=observations,
        auxiliaries=formulas,
        noises=noises,
        events=events(context),
        stocks=stocks(context),
        beliefs=beliefs(context),
        choices=choices(context),
        games=games(context),
        outcomes=known_outcomes,
        claims=claims(context, claimant, known_outcomes),
        interests=interests(context),
        extends=written.extends,
        differences=written.differences,
        digest=_digest(written.root),
        path=written.path,
        notes=_text(context, "notes"),
        ledger=_text(context, "ledger"),
        rivals=rivals(context),
        measurements=measurements(context),
        given=given(context),
    )
    check_budget(context, model)
    check_game_work(context, model)
    if not context.mistakes:
        check_circles(context, model)
    if not context.mistakes:
        check_written_out(context, model)
    if not context.mistakes:
        check_reach(context, model)
    check_reasons(context)
    return model


def _text(context: Context, key: str) -> str:
    node = context.root.get(key)
    return node.text if node is not None and isinstance(node.value, str | int | float) else ""


def _digest(root: Node) -> str:
    """SHA-256 of the file's values, what it extends merged in, as canonical JSON.

    What only speaks of the record is left out: it changes nothing that the model computes.
    """
    values = root.plain()
    if isinstance(values, dict):
        values = {key: value for key, value in values.items() if key not in _OF_THE_RECORD}
        claims = values.get("claims")
        if isinstance(claims, dict):
            values["claims"] = {name: _unrecorded(item) for name, item in claims.items()}
    canonical = json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def _unrecorded(claim: Any) -> Any:
    if not isinstance(claim, dict):
        return claim
    return {key: value for key, value in claim.items() if key != "record"}


def _once(found: list[Mistake], first: Sequence[Mistake] = ()) -> tuple[Mistake, ...]:
    """By place, each once; of a family of elements, what is wrong with all of them is said of the
    first. Where one of the mistakes in ``first`` or an incomplete `by:` stands there was nothing to
    look at, and nothing more is said.
    """
    kept: dict[tuple[Any, ...], Mistake] = {}
    blind = [*first, *(item for item in found if item.code == "E212")]
    places = {item.place for item in blind}
    for item in in_order(found):
        if item.place in places and item not in blind:
            continue
        key = (item.code, item.place) if "[" in item.path else (item.code, item.place, item.message)
        kept.setdefault(key, item)
    return tuple(kept.values())


def _explained(mistakes: tuple[Mistake, ...], dropped: dict[str, str]) -> tuple[Mistake, ...]:
    """Mistakes about a name that a strict reading left out say so."""

    def explained(item: Mistake) -> Mistake:
        for name, date in dropped.items():
            if f"'{name}'" in item.message:
                remedy = f"{name} was known by {date}: say in a reading of your own what stood in its place"
                return replace(item, remedy=remedy)
        return item

    return tuple(explained(item) for item in mistakes)
