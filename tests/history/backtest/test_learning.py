"""Which draws of parameters a forecast takes, and from which fits it takes none."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tests.history.backtest.small import ledger, model_file

from reassure.history.backtest.learning import CHAINS, PRIOR, approximated, kept, prior
from reassure.history.backtest.origins import origins_of
from reassure.history.backtest.seen import Seen, seen_at
from reassure.history.fit.posterior import Posterior
from reassure.model.load import load
from reassure.model.mistakes import UsageError


@pytest.fixture
def seen(tmp_path: Path) -> Seen:
    model = load(model_file(tmp_path))
    (origin,) = origins_of(model.time, ledger(), ["2006"], "4y")
    return seen_at(model, ledger(), origin)


def fit_of(monkeypatch: pytest.MonkeyPatch, **facts: Any) -> None:
    scores = np.stack([np.full((2, 50), 0.3), np.arange(100.0).reshape(2, 50)], axis=-1)
    made = SimpleNamespace(facts=facts, scores=scores, score_names=("pull", "base"))
    monkeypatch.setattr(Posterior, "load", staticmethod(lambda folder: made))


def test_draws_of_a_fit_are_taken_by_name(
    seen: Seen, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fit_of(monkeypatch, known_by="2006-01-01", until="2006-01-01", digest=seen.model.digest)
    learnt = kept(seen, tmp_path, 150, 0)
    assert learnt.way == CHAINS
    assert sorted(learnt.scores[:100, 1]) == list(range(100))
    values = learnt.parameters(seen.past.program().model)
    names = [item.name for item in seen.past.program().model.parameters]
    assert values[names.index("pull")] == pytest.approx(0.15)  # 0.3 of a deviation of 0.5
    assert np.std(values[names.index("edge")]) == pytest.approx(1, abs=0.1)  # the prior's


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"until": "2006-01-01", "digest": "same"}, "not made of what was known on 2006-01-01"),
        ({"known_by": "2012-01-01", "until": "2006-01-01", "digest": "same"}, "not made of what was known"),
        ({"known_by": "2006-01-01", "until": "2012-01-01", "digest": "same"}, "not made of what was known"),
        ({"known_by": "2006-01-01", "until": "2006-01-01", "digest": "other"}, "is not one of small as read"),
    ],
)  # fmt: skip
def test_a_fit_that_has_seen_more_is_refused(
    seen: Seen, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, facts: dict[str, str], said: str
) -> None:
    if facts["digest"] == "same":
        facts = facts | {"digest": seen.model.digest}
    fit_of(monkeypatch, **facts)
    with pytest.raises(UsageError, match=said):
        kept(seen, tmp_path, 100, 0)


def test_before_anything_was_observed_the_prior_forecasts(tmp_path: Path) -> None:
    model = load(model_file(tmp_path))
    (origin,) = origins_of(model.time, ledger(), ["2000"], "4y")
    learnt = approximated(seen_at(model, ledger(), origin), 1000, 0)
    assert learnt.way == PRIOR
    assert learnt.scores.std(axis=0) == pytest.approx(1, abs=0.02)
    same = prior(model, 1000, 0)
    assert np.array_equal(same.scores, learnt.scores[:, : len(model.parameters)])
