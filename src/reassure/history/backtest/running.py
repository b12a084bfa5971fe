"""Run a backtest: each reading from each origin, the baselines beside them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reassure.history.backtest.forecasting import AS_IT_WAS, forecasts
from reassure.history.backtest.keeping import FORM, Shelf, fingerprint
from reassure.history.backtest.learning import (
    CHAINS,
    Learnt,
    Unconverged,
    approximated,
    fitted,
    kept,
)
from reassure.history.backtest.origins import Origin, origins_of
from reassure.history.backtest.questions import Asked, asked_of
from reassure.history.backtest.result import Backtest, Part
from reassure.history.backtest.scoring import rows_of
from reassure.history.backtest.seen import Seen, seen_at
from reassure.history.backtest.simple import BASELINES, baselines
from reassure.history.fit.posterior import FACTS
from reassure.history.fit.sampler import Stopped
from reassure.history.ledger import Ledger
from reassure.history.record.judge import open_ledger
from reassure.model import calendar
from reassure.model.checked import Model
from reassure.model.load import load
from reassure.model.mistakes import UsageError, suggest

if TYPE_CHECKING:
    from reassure.history.backtest.scoring import Row

Progress = Callable[[int, int], None]

AS_IT_HAPPENED = "as-it-happened"
DRAWS = 1000


@dataclass(frozen=True)
class Plan:
    """How a backtest is run.

    Attributes:
        draws: of parameters and chance, of each reading at each origin.
        seed: the same seed gives the same forecasts.
        policy: what levers do after the origin: ``as-it-was``, or a policy of the models.
        fit: learn by Markov chains, kept in the folder, instead of a normal approximation.
        posterior: a folder with finished fits, ``READING@ORIGIN``, that are used instead.
        targets: only these measurements; empty for all that are targets.
    """

    draws: int = DRAWS
    seed: int = 0
    policy: str = AS_IT_WAS
    fit: bool = False
    posterior: Path | None = None
    targets: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.draws < 100:
            raise UsageError(f"{self.draws} draws are too few to score", "take 100 at least")
        if self.fit and self.posterior is not None:
            raise UsageError("--fit and --posterior exclude each other", "keep one of the two")
        if self.policy == AS_IT_HAPPENED:
            raise UsageError(
                f"a forecast cannot follow {AS_IT_HAPPENED}: nobody knew the policies to come",
                "leave out --policy: levers then stay as they were at the origin",
            )


def run_backtest(
    readings: Sequence[str | Path],
    origins: Sequence[str],
    horizon: str = "5y",
    *,
    ledger: str | Path | Ledger | None = None,
    reading: str | None = None,
    plan: Plan | None = None,
    out: Path | None = None,
    progress: Progress | None = None,
) -> Backtest:
    """Forecast from each origin by each reading and by the baselines, and score it all.

    Args:
        readings: paths or names of models; the first is the one that the others are rivals of.
        origins: dates, rising.
        horizon: how far ahead, as in ``5y``.
        ledger, reading: see :func:`reassure.history.conditioning.condition`.
        out: a folder in which what is finished is kept, and from which it is taken up.
        progress: called with (readings and origins done, in all).

    Returns:
        the backtest; interrupted from the keyboard, what was finished of it.

    Raises:
        ModelError: a model has mistakes, also as read at an origin.
        UsageError: see :class:`Plan` and :func:`origins_of`; there is no target; or no chains converged.
    """
    plan = plan or Plan()
    if plan.fit and out is None:
        raise UsageError("--fit needs a folder to keep its fits in", "add --out DIR")
    first = load(readings[0])
    whole = open_ledger(first, ledger, reading)
    _check_targets(first, plan.targets)
    _check_policy(first, plan.policy)
    when = origins_of(first.time, whole, origins, horizon)
    work = _Work(whole, plan, out, Shelf(None if out is None else out / "forecasts"), when, {})
    names: list[str] = []
    for item in readings:
        name = load(item).name
        if name in names:
            raise UsageError(f"the reading {name} is given twice", "keep one of the two")
        names.append(name)
    parts: list[Part] = []
    complete = True
    total = len(names) * len(when)
    try:
        for origin in when:
            for name, item in zip(names, readings, strict=True):
                if progress is not None:
                    progress(len(parts), total)
                parts.append(work.part(name, item, origin))
    except (KeyboardInterrupt, Stopped):
        if not parts:
            raise KeyboardInterrupt from None
        complete = False
    if progress is not None:
        progress(total, total)
    if not any(part.rows for part in parts):
        if work.unconverged:
            raise work.unconverged[0]
        raise UsageError(
            f"no target of {names[0]} has a value in the ledger {whole.name} after the origins",
            "choose earlier origins, or a longer horizon",
        )
    return Backtest(
        readings=tuple(names),
        ledger=whole.name,
        coding=whole.coding,
        origins=when,
        horizon=horizon,
        policy=plan.policy,
        draws=plan.draws,
        seed=plan.seed,
        parts=tuple(parts),
        baselines=tuple(row for origin in when for row in work.simple.get(origin.label, ())),
        labels=_labels(first),
        complete=complete,
    )


def _labels(model: Model) -> dict[str, str]:
    return {item.name: item.about.text or item.name for item in model.measurements if item.target}


def _check_targets(model: Model, wanted: tuple[str, ...]) -> None:
    names = [item.name for item in model.measurements if item.target]
    if not names:
        raise UsageError(
            f"{model.name} has no target: nothing of it is measured",
            "write `observations:`, see docs/observations.md",
        )
    for name in wanted:
        if name not in names:
            raise UsageError(f"{model.name} has no target {name}", suggest(name, names))


def _check_policy(model: Model, policy: str) -> None:
    if policy == AS_IT_WAS:
        return
    names = [item.name for item in model.policies]
    for name in policy.split("+"):
        if name not in names:
            near = suggest(name, names) or "leave out --policy: levers then stay as they were"
            raise UsageError(f"{model.name} has no policy {name}", near)


@dataclass
class _Work:
    """A backtest under way.

    Attributes:
        simple: rows of the baselines, by origin.
        unconverged: what was said of chains that did not converge.
    """

    ledger: Ledger
    plan: Plan
    out: Path | None
    shelf: Shelf
    origins: tuple[Origin, ...]
    simple: dict[str, tuple[Row, ...]]

    def __post_init__(self) -> None:
        self.print = fingerprint(self.ledger)
        self.known: dict[str, Ledger] = {}
        self.done: dict[str, list[tuple[Model, Part]]] = {}
        self.asked: dict[tuple[str, str], Asked] = {}
        self.unconverged: list[Unconverged] = []

    def part(self, name: str, source: str | Path, origin: Origin) -> Part:
        """One reading from one origin."""
        model = load(source, known_by=origin.day)
        if self.plan.targets:
            wanted = tuple(m for m in model.measurements if m.name in self.plan.targets)
            model = replace(model, measurements=_untargeted(model, wanted))
        asked, missing = asked_of(model, self.ledger, origin)
        self._check_alike(name, origin, asked)
        self._score_baselines(model, origin, asked)
        for other, part in self.done.get(origin.label, ()):
            if _alike(model, other):
                found = replace(
                    part,
                    reading=name,
                    same_as=part.same_as or part.reading,
                    rows=tuple(replace(row, by=name) for row in part.rows),
                )
                break
        else:
            found = self._made(name, model, origin, asked, missing)
        self.done.setdefault(origin.label, []).append((model, found))
        return found

    def _made(
        self,
        name: str,
        model: Model,
        origin: Origin,
        asked: tuple[Asked, ...],
        missing: dict[str, str],
    ) -> Part:
        key = f"{name}@{origin.label}"
        identity = self._identity(key, model, origin)
        there = self.shelf.find(key, identity)
        if there is not None:
            return Part(
                name, origin.label, there["way"], there["said"], tuple(there["notes"]),
                there["missing"], tuple(there["rows"]),
            )  # fmt: skip
        seen = seen_at(model, self.ledger, origin)
        try:
            learnt = self._learnt(key, seen)
        except Unconverged as error:  # not kept: the next run goes on with them
            self.unconverged.append(error)
            unscored = {item.question.name: "its chains did not converge" for item in asked}
            said = f"{error.message}; {error.remedy}"
            return Part(name, origin.label, CHAINS, said, seen.past.notes, missing | unscored, ())
        questions = tuple(item.question for item in asked)
        made = forecasts(seen, questions, learnt, seed=self.plan.seed, policy=self.plan.policy)
        rows = [
            row
            for item in asked
            for row in rows_of(name, origin.label, item, made[item.question.name])
        ]
        part = Part(
            name, origin.label, learnt.way, learnt.said, seen.past.notes, missing, tuple(rows)
        )
        content = {
            "way": part.way, "said": part.said, "notes": list(part.notes), "missing": missing,
            "rows": rows,
        }  # fmt: skip
        self.shelf.keep(key, identity, content)
        return part

    def _learnt(self, key: str, seen: Seen) -> Learnt:
        plan = self.plan
        if plan.posterior is not None:
            return kept(seen, self.ledger, plan.posterior / key, plan.draws, plan.seed)
        if plan.fit:
            assert self.out is not None
            folder = self.out / "fits" / key
            return fitted(seen, self.ledger, folder, plan.draws, plan.seed)
        return approximated(seen, plan.draws, plan.seed)

    def _score_baselines(self, model: Model, origin: Origin, asked: tuple[Asked, ...]) -> None:
        there = {row.target for row in self.simple.get(origin.label, ())}
        if origin.label not in self.known:
            self.known[origin.label] = self.ledger.known_by(calendar.parse_date(origin.day))
        known = self.known[origin.label]
        rows: list[Row] = []
        for item in asked:
            if item.question.name not in there:
                made = baselines(item.question, known, origin, model.time, self.plan.seed)
                for name in BASELINES:
                    if name in made:
                        rows += rows_of(name, origin.label, item, made[name])
        self.simple[origin.label] = (*self.simple.get(origin.label, ()), *rows)

    def _check_alike(self, name: str, origin: Origin, asked: tuple[Asked, ...]) -> None:
        """Readings are scored on the same values.

        Raises:
            UsageError: one measures a target of the same name otherwise.
        """
        for item in asked:
            other = self.asked.setdefault((origin.label, item.question.name), item)
            if (other.question.periods, other.horizon) != (
                item.question.periods,
                item.horizon,
            ) or not np.array_equal(other.observed, item.observed):
                raise UsageError(
                    f"{name} measures {item.question.name} by other values than the first reading",
                    "give the target another name, or leave it out with --target",
                )

    def _identity(self, key: str, model: Model, origin: Origin) -> dict[str, Any]:
        plan = self.plan
        way = "posterior" if plan.posterior else "fit" if plan.fit else "normal"
        fit = plan.posterior / key / FACTS if plan.posterior else None
        return {
            "form": FORM,
            "model": model.digest,
            "measurement": _measured(model),
            "ledger": self.print,
            "reading": self.ledger.coding,
            "origin": origin.day,
            "horizon": origin.end - origin.step,
            "draws": plan.draws,
            "seed": plan.seed,
            "policy": plan.policy,
            "way": way,
            "posterior": _hash(fit) if fit and fit.is_file() else None,
        }


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _untargeted(model: Model, wanted: tuple[Any, ...]) -> tuple[Any, ...]:
    """All measurements, of which only the wanted are targets: the others still teach."""
    return tuple(
        item if item in wanted else replace(item, target=False) for item in model.measurements
    )


def _measured(model: Model) -> str:
    """A fingerprint of how a model is tied to the record."""
    items = [
        (m.name, m.written, m.series, repr(m.events), m.every, m.aggregate, m.likelihood.written,
         m.lag, m.per, m.window, m.target, [(s.since, s.written) for s in m.shifts])
        for m in model.measurements
    ]  # fmt: skip
    told = [(g.name, g.series, repr(g.events), g.course, g.window, g.sizes) for g in model.given]
    return hashlib.sha256(repr((items, told)).encode()).hexdigest()


def _alike(one: Model, other: Model) -> bool:
    """Whether two readings compute the same: they differ in words alone."""
    return _computed(one) == _computed(other)


def _computed(model: Model) -> Model:
    return replace(
        model, name="", title="", notes="", sources=(), outcomes=(), claims=(), interests=(),
        extends="", differences=(), digest="", rivals=(),
    )  # fmt: skip
