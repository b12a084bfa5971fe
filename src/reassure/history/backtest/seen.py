"""What a model can be told at an origin: the one place where the record enters a forecast."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from reassure.engine.conditioned import Conditioned, conditioned
from reassure.history.backtest.origins import Origin
from reassure.history.backtest.questions import Question
from reassure.history.conditioning import Conditioning, condition
from reassure.history.ledger import Ledger
from reassure.history.measured import Measured
from reassure.model import calendar
from reassure.model.checked import Model

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Seen:
    """A model with what the record tells of it before an origin.

    Attributes:
        model: as read at the origin.
        origin: the day.
        past: what is told; of no steps at an origin where the model starts.
        held: value and standard error at the origin of each lever that followed a course.
    """

    model: Model
    origin: Origin
    past: Conditioning
    held: dict[str, tuple[float, float]]

    def program(self, questions: tuple[Question, ...], still: tuple[str, ...] = ()) -> Conditioned:
        """The program that forecasts: told to the origin, and free from there.

        Args:
            questions: what is read off.
            still: choices that will be held, beside those that the record tells.
        """
        return conditioned(
            self.model,
            told={**dict.fromkeys(self.past.given), **dict.fromkeys(still)},
            courses=self.past.levers,
            measurements=[item.measurement for item in questions],
        )

    def tables(
        self, questions: tuple[Question, ...], rows: int, *, held: bool = True
    ) -> tuple[dict[str, Array], dict[str, Array]]:
        """What the leaves ``given`` and ``told`` of :meth:`program` read, ``[rows]`` each.

        Args:
            held: levers stay as they were at the origin; otherwise they are told only before it.
        """
        told_only = replace(self.past, measured=())
        given, told = told_only.tables(rows)
        step = self.origin.step
        for name, (level, spread) in self.held.items():
            if held and not np.isnan(level):
                given[name][step:], given[f"{name}.spread"][step:] = level, spread
                told[name][step:] = True
        frame, opens = replace(told_only, given={}, sizes={}, levers={}, measured=tuple(
            _frame(item) for item in questions
        )).tables(rows)  # fmt: skip
        for item in questions:
            for i, shift in enumerate(item.measurement.shifts):
                if shift.since > self.origin.day:  # that measuring would change was not known
                    frame[f"{item.name}.shift{i}"][:] = 0.0
            frame[item.name][:] = 0.0
            opens[item.name][:] = False
            if item.dated:  # its rate is asked at every step
                frame[f"{item.name}.share"][:], opens[f"{item.name}.opens"][:] = 1.0, True
        return given | frame, told | opens


def _frame(item: Question) -> Measured:
    """The periods of a question, without values."""
    return Measured(
        item.measurement, item.first, item.last, np.zeros(len(item.first)), item.periods
    )


def seen_at(model: Model, ledger: Ledger, origin: Origin, *, blind: bool = True) -> Seen:
    """What is told at an origin.

    Args:
        model: as read at the origin.
        ledger: the whole one; only what was known on the origin's day is taken of it.
        blind: False lets what became known later pass, which a test needs to see that it would
            notice.

    Raises:
        UsageError: the ledger lacks what the model asks for.
    """
    day = origin.day if blind else None
    following = calendar.day_of_step(model.time, origin.step + 1).isoformat()
    now = condition(replace(model, measurements=()), ledger, until=following, known_by=day)
    held = {
        name: (float(level[-1]), float(np.nan_to_num(spread[-1])))
        for name, (level, spread) in now.levers.items()
    }
    if origin.step:
        past = condition(model, ledger, until=origin.day, known_by=day)
    else:
        nothing = np.zeros(0)
        past = replace(
            now,
            until=calendar.date_of_step(model.time, 0),
            steps=0,
            given=dict.fromkeys(now.given, nothing),
            sizes=dict.fromkeys(now.sizes, nothing),
            levers=dict.fromkeys(now.levers, (nothing, nothing)),
            measured=(),
            notes=(),
        )
    return Seen(model, origin, past, {name: held[name] for name in past.levers})
