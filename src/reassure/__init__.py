"""A workbench for strategic arguments about reassurance and deterrence.

The names below are the whole public interface; everything else may change without notice. They are
imported when first used, so that ``import reassure`` costs almost nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reassure.api import (
        Argument,
        backtest,
        check,
        compare,
        ledgers,
        load,
        load_ledger,
        models,
        weigh,
    )
    from reassure.history.backtest import Backtest
    from reassure.history.fit.posterior import Posterior
    from reassure.history.ledger.meant import Ledger
    from reassure.history.record import RecordResult
    from reassure.history.weighing import Weighing
    from reassure.model.mistakes import Mistake, ModelError, UsageError
    from reassure.report.brief import Brief
    from reassure.report.picture import Picture
    from reassure.report.solved_game import SolvedGame
    from reassure.report.story import Story
    from reassure.study.claims import ClaimsResult
    from reassure.study.comparison import Comparison
    from reassure.study.result import RunResult

__version__ = "0.1.0"

_HOMES = {
    "Argument": "reassure.api",
    "Backtest": "reassure.history.backtest",
    "Brief": "reassure.report.brief",
    "Picture": "reassure.report.picture",
    "Comparison": "reassure.study.comparison",
    "Posterior": "reassure.history.fit.posterior",
    "Ledger": "reassure.history.ledger.meant",
    "SolvedGame": "reassure.report.solved_game",
    "Story": "reassure.report.story",
    "backtest": "reassure.api",
    "check": "reassure.api",
    "compare": "reassure.api",
    "ledgers": "reassure.api",
    "load": "reassure.api",
    "load_ledger": "reassure.api",
    "models": "reassure.api",
    "weigh": "reassure.api",
    "Mistake": "reassure.model.mistakes",
    "ModelError": "reassure.model.mistakes",
    "UsageError": "reassure.model.mistakes",
    "ClaimsResult": "reassure.study.claims",
    "RecordResult": "reassure.history.record",
    "RunResult": "reassure.study.result",
    "Weighing": "reassure.history.weighing",
}

__all__ = [
    "Argument",
    "Backtest",
    "Brief",
    "ClaimsResult",
    "Comparison",
    "Ledger",
    "Mistake",
    "ModelError",
    "Picture",
    "Posterior",
    "RecordResult",
    "RunResult",
    "SolvedGame",
    "Story",
    "UsageError",
    "Weighing",
    "__version__",
    "backtest",
    "check",
    "compare",
    "ledgers",
    "load",
    "load_ledger",
    "models",
    "weigh",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
