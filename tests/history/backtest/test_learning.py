"""Which draws of parameters a forecast takes, and from which fits it takes none."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tests.history.backtest.small import ledger, model_file

from reassure.history.backtest.learning import (
    CHAINS,
    PRIOR,
    Unconverged,
    approximated,
    fitted,
    kept,
    prior,
)
from reassure.history.backtest.origins import origins_of
from reassure.history.backtest.seen import Seen, seen_at
from reassure.history.fit.density import density
from reassure.history.fit.posterior import Posterior
from reassure.history.fit.run import probe
from reassure.history.ledger import Ledger
from reassure.model.load import load
from reassure.model.mistakes import UsageError


@pytest.fixture
def seen(tmp_path: Path) -> Seen:
    model = load(model_file(tmp_path))
    (origin,) = origins_of(model.time, ledger(), ["2006"], "4y")
    return seen_at(model, ledger(), origin)


def fit_of(monkeypatch: pytest.MonkeyPatch, facts: dict[str, Any], problem: str = "") -> None:
    scores = np.stack([np.full((2, 50), 0.3), np.arange(100.0).reshape(2, 50)], axis=-1)
    made = SimpleNamespace(
        facts=facts, scores=scores, score_names=("pull", "base"), folder=Path("fits"),
        converged=not problem, diagnostics=SimpleNamespace(problems=(problem,)),
    )  # fmt: skip
    monkeypatch.setattr(Posterior, "load", staticmethod(lambda folder, unconverged: made))


def facts_at(seen: Seen, held: Ledger) -> dict[str, Any]:
    """What ``fit.json`` has of a fit at an origin."""
    day, model = seen.origin.day, seen.model
    asked = {
        "model": model.name, "digest": model.digest, "ledger": held.name, "reading": held.coding,
        "since": None, "until": day, "known_by": day,
        "dimensions": {item.name: item.unit.dimension for item in model.parameters},
    }  # fmt: skip
    asked |= {"probe": probe(density(model, held, until=day, known_by=day))}
    return dict(json.loads(json.dumps(asked)))


def test_draws_of_a_fit_are_taken_by_name(
    seen: Seen, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fit_of(monkeypatch, facts_at(seen, ledger()))
    learnt = kept(seen, ledger(), tmp_path, 150, 0)
    assert learnt.way == CHAINS
    assert sorted(learnt.scores[:100, 1]) == list(range(100))
    values = learnt.parameters(seen.past.program().model)
    names = [item.name for item in seen.past.program().model.parameters]
    assert values[names.index("pull")] == pytest.approx(0.15)  # 0.3 of a deviation of 0.5
    assert np.std(values[names.index("edge")]) == pytest.approx(1, abs=0.1)  # the prior's


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"known_by": None}, "another .*known.by"),
        ({"known_by": "2012-01-01"}, "another .*known.by"),
        ({"until": "2012-01-01"}, "another --to"),
        ({"since": "2003-01"}, "another --from"),
        ({"digest": "other"}, "another text of the model"),
        ({"ledger": "great", "reading": "other"}, "another ledger and another reading"),
    ],
)
def test_another_fit_is_refused(
    seen: Seen, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, changed: dict[str, Any], said: str
) -> None:
    fit_of(monkeypatch, facts_at(seen, ledger()) | changed)
    with pytest.raises(UsageError, match=f"is not one of small as of 2006-01-01: .* {said}"):
        kept(seen, ledger(), tmp_path, 100, 0)


@pytest.mark.parametrize("other", ["record", "observations"])
def test_a_fit_of_another_record_or_other_observations_is_refused(
    seen: Seen, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, other: str
) -> None:
    """Neither the name of a ledger nor the digest of a model tells them."""
    fit_of(monkeypatch, facts_at(seen, ledger()))
    held, now = ledger(), seen
    if other == "record":
        held = ledger(seed=2)
    else:
        path = model_file(tmp_path, change=lambda text: text.replace("scale: 0.5", "scale: 0.9"))
        now = seen_at(load(path), held, seen.origin)
        assert now.model.digest == seen.model.digest
    with pytest.raises(UsageError, match="another record, or another log density"):
        kept(now, held, tmp_path, 100, 0)


def test_chains_that_did_not_converge_go_on_to_twice_as_many_draws(
    seen: Seen, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fit_of(monkeypatch, facts_at(seen, ledger()), "R-hat is 2")
    with pytest.raises(Unconverged, match=r"did not converge: R-hat is 2 .* twice as many draws"):
        kept(seen, ledger(), tmp_path, 100, 0)
    asked: list[int] = []

    def fit(bound: Any, folder: Path, identity: Any, plan: Any, progress: Any) -> Any:
        asked.append(plan.draws)
        facts = {"draws": plan.draws, "finished": True, "converged": len(asked) > 1}
        (folder / "fit.json").write_text(json.dumps(facts))
        return Posterior.load(folder, unconverged=True)

    monkeypatch.setattr("reassure.history.fit.run.fit", fit)
    for _ in range(3):
        with pytest.raises(Unconverged):
            fitted(seen, ledger(), tmp_path, 100, 0)
    assert asked == [250, 500, 500]


def test_before_anything_was_observed_the_prior_forecasts(tmp_path: Path) -> None:
    model = load(model_file(tmp_path))
    (origin,) = origins_of(model.time, ledger(), ["2000"], "4y")
    learnt = approximated(seen_at(model, ledger(), origin), 1000, 0)
    assert learnt.way == PRIOR
    assert learnt.scores.std(axis=0) == pytest.approx(1, abs=0.02)
    same = prior(model, 1000, 0)
    assert np.array_equal(same.scores, learnt.scores[:, : len(model.parameters)])
