"""Holding claims against a ledger: weigh every piece, test, combine, and see what the verdict hinges on."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from reassure.history.record.results import RecordResult, RecordVerdict, Seen, Sensitivity
from reassure.history.record.statistics import TestResult, holm
from reassure.history.record.testing import run_test
from reassure.history.record.weights import Weight, combined, decibels, margin, verdict_of
from reassure.model.mistakes import UsageError, suggest

if TYPE_CHECKING:
    from reassure.history.ledger import Event, Ledger
    from reassure.model.checked import Claim, Model
    from reassure.model.checked_record import Piece, Record, RecordTest

NOTHING_LEFT = TestResult("no events left under this coding", 0.0, "difference", 1.0, 1.0, (0,))

CAP = 10.0
"""The most that one statistical test may weigh, in decibels."""


def record_verdicts(
    model: Model,
    ledger: Ledger,
    *,
    claims: Sequence[str] | None = None,
    perturb: int = 0,
    flip: float = 0.1,
    shift: float = 0.2,
    seed: int = 0,
) -> RecordResult:
    """What the record says of the claims of a model, without running it.

    Args:
        ledger: under the reading wanted.
        claims: ids or numbers; None for all. Tests are adjusted for all tests of the model in either case.
        perturb: how many disturbed codings to try.
        flip, shift: probabilities that a direction is flipped, a magnitude shifted.
        seed: of the first disturbed coding.

    Raises:
        UsageError: an unknown claim, or a record that names what the ledger does not have.
    """
    chosen = _chosen(model, claims)
    found = _all(model, ledger, ledger)
    verdicts = {claim.name: found[claim.name] for claim in chosen}
    kept: Counter[str] = Counter()
    for n in range(perturb):
        other = _all(model, ledger, ledger.perturbed(seed + n, flip=flip, shift=shift))
        kept.update(name for name, item in verdicts.items() if other[name].verdict == item.verdict)
    if perturb:
        for name, item in verdicts.items():
            if item.sensitivity is not None:
                firm = replace(item.sensitivity, perturbed=kept[name] / perturb, codings=perturb)
                verdicts[name] = replace(item, sensitivity=firm)
    rivals = {item.name: item.text for item in model.rivals}
    return RecordResult(model.name, ledger.name, ledger.coding, rivals, tuple(verdicts.values()))


def open_ledger(model: Model, ledger: str | Path | Ledger | None, reading: str | None) -> Ledger:
    """The ledger asked for, or the one that the model names, under a reading.

    Raises:
        ModelError: the ledger has mistakes.
        UsageError: there is no such ledger or reading, or the model names none.
    """
    from reassure.history.ledger import Ledger as Loaded
    from reassure.history.ledger import load_ledger

    if ledger is None:
        if not model.ledger:
            raise UsageError(f"{model.name} names no ledger", "add `ledger: NAME`, or give one")
        ledger = ledger_of(model)
    found = ledger if isinstance(ledger, Loaded) else load_ledger(ledger)
    return found if reading is None else found.with_reading(reading)


def ledger_of(model: Model) -> str | Path:
    """The ledger that a model names: the folder beside its file, or else the name as it is."""
    beside = Path(model.path).parent / model.ledger
    try:
        there = bool(model.path) and beside.is_dir()
    except (OSError, ValueError):  # a name too long, or with a NUL in it
        there = False
    return beside if there else model.ledger


def _chosen(model: Model, names: Sequence[str] | None) -> list[Claim]:
    if not names:
        return list(model.claims)
    found = []
    for name in names:
        match = [item for item in model.claims if name in (item.name, str(item.number))]
        if not match:
            near = suggest(name, [item.name for item in model.claims])
            raise UsageError(f"{model.name} has no claim {name}", near or "see `reassure claims`")
        found += match
    return found


def _all(model: Model, plain: Ledger, coded: Ledger) -> dict[str, RecordVerdict]:
    """Every claim's verdict under ``coded``, a coding of ``plain`` or that itself."""
    results: dict[tuple[str, int], TestResult] = {}
    for claim in model.claims:
        if claim.record is not None:
            for n, test in enumerate(claim.record.tests):
                if test.reading not in ("", coded.reading):
                    continue
                span = _window(model, claim.record, plain)
                at = _at(claim, "tests", n)
                try:
                    results[claim.name, n] = run_test(test, coded, test.during or span, at)
                except UsageError:
                    if coded is plain:
                        raise
                    results[claim.name, n] = NOTHING_LEFT
    keys = list(results)
    signs = {
        (c.name, n): t.sign for c in model.claims if c.record for n, t in enumerate(c.record.tests)
    }
    two_sided = [min(1.0, 2 * min(results[key].higher, results[key].lower)) for key in keys]
    adjusted = dict(zip(keys, holm(two_sided), strict=True))
    return {
        claim.name: _judge(model, claim, plain, coded, results, adjusted, signs)
        for claim in model.claims
    }


def _at(claim: Claim, field: str, index: int) -> str:
    return f"claims.{claim.name}.record.{field}[{index}]"


def _window(model: Model, record: Record, ledger: Ledger) -> tuple[date, date]:
    start = record.start or date.fromisoformat(model.time.start)
    return start, record.end or ledger.coverage[1].end


def _judge(
    model: Model,
    claim: Claim,
    plain: Ledger,
    coded: Ledger,
    results: dict[tuple[str, int], TestResult],
    adjusted: dict[tuple[str, int], float],
    signs: dict[tuple[str, int], int],
) -> RecordVerdict:
    record = claim.record
    if record is None or record.unobservable:
        return RecordVerdict(
            claim.name, claim.number, claim.text, "not observable" if record else "", coded.coding,
            record.expects if record else "", record.against if record else "", (), {}, "", (), None,
            record.unobservable if record else "", record.note if record else "",
        )  # fmt: skip
    span = _window(model, record, plain)
    seen = [
        _weighed(piece, _at(claim, "evidence", n), n, plain, coded, span)
        for n, piece in enumerate(record.pieces)
        if piece.reading in ("", coded.reading)
    ]
    for n, test in enumerate(record.tests):
        key = claim.name, n
        if key not in results:
            continue
        seen.append(_tested(test, n, results[key], adjusted[key], signs[key]))
    weights = [Weight(item.key, item.group, tuple(item.weights.items())) for item in seen]
    totals = combined(weights, record.rivals)
    word = verdict_of(totals)
    units = list(dict.fromkeys(item.group or item.key for item in weights))
    without = {
        unit: verdict_of(
            combined([w for w in weights if (w.group or w.key) != unit], record.rivals)
        )
        for unit in units
    }
    changed = tuple((unit, other) for unit, other in without.items() if other != word)
    best = min(totals, key=totals.__getitem__)
    stays = 1 - len(changed) / len(units) if units else 1.0
    return RecordVerdict(
        claim.name, claim.number, claim.text, word, coded.coding, record.expects, record.against,
        tuple(seen), totals, best, changed, Sensitivity(margin(totals[best]), stays), "", record.note,
        _doubles(seen),
    )  # fmt: skip


def _doubles(seen: Sequence[Seen]) -> tuple[str, ...]:
    """Events that stand in two pieces which are not of one group."""
    where: dict[str, set[str]] = {}
    for item in seen:
        if item.likelihood is not None:
            for id in item.ids:
                where.setdefault(id, set()).add(item.group or item.key)
    return tuple(
        f"{id} is counted more than once, in {' and '.join(sorted(places))}: "
        "put these pieces in one group, or remove it from one"
        for id, places in where.items()
        if len(places) > 1
    )


def _weighed(
    piece: Piece, at: str, index: int, plain: Ledger, coded: Ledger, span: tuple[date, date]
) -> Seen:
    """A piece and its weights. Under a disturbed coding its weight is scaled by how far the coding of its events
    still agrees, on average over them: see :func:`agreement`.
    """
    scales, words = [], []
    for id in piece.sees:
        try:
            event = plain.event(id)
        except UsageError as error:
            raise UsageError(f"{at}: {error.message}", error.remedy) from None
        if not (span[0] <= event.when.end and event.when.start <= span[1]):
            what = f"{at}: {id} ({event.when.text}) lies outside the record's window"
            raise UsageError(what, "widen the window, or remove the event")
        scales.append(agreement(event, coded.event(id)))
        words.append(f"{event.when.text}: {event.summary}")
    scale = math.fsum(scales) / len(scales)
    return Seen(
        f"evidence {index + 1}", piece.sees, "; ".join(words), piece.because, piece.group, piece.likelihood,
        {name: scale * decibels(piece.likelihood, value) for name, value in piece.under},
    )  # fmt: skip


def agreement(event: Event, other: Event) -> float:
    """How far two codings of one event agree, from 1 to -1: the smaller magnitude over the larger, negative where
    the directions are opposite, and 0 where only one coding has a direction.
    """
    same = other.direction == event.direction
    low, high = sorted((event.magnitude, other.magnitude))
    return (1 if same else event.direction * other.direction) * low / high


def bound(p: float) -> float:
    """The most that a p-value can weigh against no effect, in decibels: 1/(-e p ln p) for p below 1/e, else 0
    (Sellke, Bayarri and Berger 2001), and at most :data:`CAP`.
    """
    if p >= 1 / math.e:
        return 0.0
    return min(CAP, -10 * math.log10(-math.e * p * math.log(p))) if p > 0 else CAP


def _tested(test: RecordTest, index: int, found: TestResult, adjusted: float, sign: int) -> Seen:
    """A test and its weight: half of the upper bound, for that is a bound and the claim is no bet on it."""
    forward, backward = (found.higher, found.lower) if sign > 0 else (found.lower, found.higher)
    weight = bound(adjusted) / 2 * (1 if forward <= backward else -1)
    sizes = " and ".join(str(n) for n in found.n)
    what = f"{found.method}: {found.effect_is} {found.effect:.3g} (n = {sizes}), one-sided p = {forward:.3g}"
    return Seen(
        f"test {index + 1}", (test.series,) if test.series else (), what, test.because, "", None,
        dict.fromkeys(test.rivals, weight), (forward, adjusted),
    )  # fmt: skip
