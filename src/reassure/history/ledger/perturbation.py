"""Codings disturbed at random: would another careful reader's coding have led elsewhere?"""

from __future__ import annotations

from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING

from reassure.model.mistakes import UsageError

if TYPE_CHECKING:
    from reassure.history.ledger.meant import Ledger


def perturbed(ledger: Ledger, seed: int, *, flip: float = 0.1, shift: float = 0.2) -> Ledger:
    """``ledger`` with directions flipped and magnitudes shifted, each event on its own luck.

    An event's luck is a function of the seed and its id alone: it is the same in a part of the ledger
    as in the whole. A direction of 0 becomes +1 or -1 with equal chance where it is flipped. A magnitude
    that is shifted moves by one, up or down with equal chance; from 1 it only moves up and from 3 down.

    Args:
        seed: same seed, same coding.
        flip: probability that a direction is flipped.
        shift: probability that a magnitude is shifted.

    Raises:
        UsageError: a probability outside 0 to 1.
    """
    for name, share in (("flip", flip), ("shift", shift)):
        if not 0 <= share <= 1:
            raise UsageError(f"{name} is {share:g}", "give a probability from 0 to 1")
    events = []
    for item in ledger.events:
        flipped, sign, shifted, up = _luck(seed, item.id)
        direction, magnitude = item.direction, item.magnitude
        if flipped < flip:
            direction = -direction if direction else (1 if sign < 0.5 else -1)
        if shifted < shift:
            step = 1 if magnitude == 1 or (magnitude == 2 and up < 0.5) else -1
            magnitude += step
        events.append(replace(item, direction=direction, magnitude=magnitude))
    coding = f"{ledger.coding}, perturbed (seed {seed}, flip {flip:g}, shift {shift:g})"
    return replace(ledger, events=tuple(events), coding=coding)


def _luck(seed: int, id: str) -> tuple[float, float, float, float]:
    """Four numbers from 0 to 1 that only depend on ``seed`` and ``id``."""
    digest = blake2b(f"{seed}:{id}".encode(), digest_size=32).digest()
    a, b, c, d = (int.from_bytes(digest[i : i + 8], "big") / 2**64 for i in range(0, 32, 8))
    return a, b, c, d
