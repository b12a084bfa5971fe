"""The prior-predictive page and the scores of policies by actor, on made-up runs."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from reassure.model.checked import About, Cite, Interest, Model, Outcome, Time, Unit
from reassure.model.expression import ZERO
from reassure.study.interests import serve
from reassure.study.predictive import predict, summary


@dataclass(frozen=True)
class Run:
    """Outcomes by (policy, name)."""

    table: dict[tuple[str, str], np.ndarray]
    policies: tuple[str, ...] = field(default=("drift",))

    def values(self, policy: str, outcome: str) -> np.ndarray:
        return self.table[policy, outcome]


def outcome(name: str, plausible: tuple[float, float] | None = None) -> Outcome:
    about = About(because="the record", cites=(Cite("mofa", "table 2"),), label=name.title())
    return Outcome(name, "mean", ZERO, 0, 12, Unit("1/year"), plausible=plausible, about=about)


def model(outcomes: list[Outcome], interests: tuple[Interest, ...] = ()) -> Model:
    sections = ["sources", "actors", "parameters", "correlations", "levers", "policies"]
    sections += ["observations", "auxiliaries", "noises", "events", "stocks", "beliefs", "choices"]
    return Model(
        name="m",
        title="",
        language=1,
        time=Time("2007-01-01", "month", 1 / 12, 12),
        outcomes=tuple(outcomes),
        interests=interests,
        **dict.fromkeys([*sections, "claims"], ()),
    )


def normal(mean: float, between: float, within: float) -> np.ndarray:
    rng = np.random.default_rng(1)
    return mean + between * rng.normal(size=(200, 1)) + within * rng.normal(size=(200, 50))


def test_quantiles_of_scenarios_and_of_futures_are_kept_apart() -> None:
    run = Run({("drift", "tests"): normal(4.0, 1.0, 3.0)})
    (found,) = predict(model([outcome("tests", (0.0, 8.0))]), run)
    assert found.p50 == pytest.approx(4.0, abs=0.3)
    assert found.p95 - found.p05 == pytest.approx(2 * 1.645 * 1.09, abs=0.6)
    assert found.futures[2] - found.futures[0] == pytest.approx(2 * 1.645 * 10**0.5, abs=0.8)
    assert found.flags == ()
    assert found.remark == ""
    assert found.within == pytest.approx(0.8, abs=0.06)
    assert found.as_json()["cites"] == ["mofa / table 2"]


@pytest.mark.parametrize(
    ("values", "flag"),
    [
        (normal(30.0, 2.0, 2.0), "misses"),
        (normal(9.0, 2.0, 2.0), "strays"),
        (np.full((200, 50), 3.0), "constant"),
        (np.where(np.eye(200, 50) > 0, np.nan, 4.0), "not finite"),
    ],
)
def test_absurd_priors_are_flagged(values: np.ndarray, flag: str) -> None:
    (found,) = predict(model([outcome("tests", (1.0, 8.0))]), Run({("drift", "tests"): values}))
    assert flag in found.flags
    assert found.remark


def test_truths_are_held_against_facts_by_how_often_they_hold() -> None:
    rng = np.random.default_rng(2)
    often = (rng.random((200, 50)) < rng.uniform(0.2, 0.4, (200, 1))).astype(float)
    run = Run(
        {
            ("drift", "spear"): often,
            ("drift", "never"): np.zeros((200, 50)),
            ("drift", "always"): np.ones((200, 50)),
        }
    )
    outcomes = [outcome("spear", (0.05, 0.5)), outcome("never"), outcome("always")]
    spear, never, always = predict(model(outcomes), run)
    assert spear.truth
    assert spear.flags == ()  # no future is itself between 0.05 and 0.5
    assert spear.within == pytest.approx(0.99)
    assert never.flags == ("never",)
    assert always.flags == ("always",)
    assert summary([spear, never, always]) == (
        "1 of 3 outcomes have plain facts to be held against; the central 90% misses them in 0. "
        "Without spread: never, always."
    )


def test_the_first_policy_is_described_unless_another_is_named() -> None:
    run = Run(
        {("drift", "tests"): normal(1.0, 0.1, 0.1), ("managed", "tests"): normal(5.0, 0.1, 0.1)},
        ("drift", "managed"),
    )
    one = model([outcome("tests")])
    assert predict(one, run)[0].p50 == pytest.approx(1.0, abs=0.1)
    assert predict(one, run, "managed")[0].p50 == pytest.approx(5.0, abs=0.1)


def test_scores_weigh_what_each_actor_wants() -> None:
    trust = np.array([[0.2], [0.4]]), np.array([[0.6], [0.3]])  # two scenarios, one replication
    cost = np.array([[1.0], [1.0]]), np.array([[3.0], [1.0]])
    run = Run(
        {
            ("drift", "trust"): trust[0],
            ("managed", "trust"): trust[1],
            ("drift", "cost"): cost[0],
            ("managed", "cost"): cost[1],
        },
        ("drift", "managed"),
    )
    wants = (
        Interest("JPN", "trust", 2.0),
        Interest("KOR", "trust", 1.0),
        Interest("KOR", "cost", -3.0),
    )
    japan, korea = serve(model([outcome("trust"), outcome("cost")], wants), run)
    assert japan.actor == "JPN"
    assert japan.outcomes == (("trust", 2.0, 0.2, 0.6),)
    drift, managed = japan.scores
    assert drift.mean == pytest.approx((0.0 + 0.5) / 2)
    assert managed.mean == pytest.approx((1.0 + 0.25) / 2)
    assert japan.best == (0.5, 0.5)
    assert drift.regret == pytest.approx(0.5)
    # Korea's drift: (0 + 3) / 4, then (0.5 + 3) / 4; managed: (1 + 0) / 4, then (0.25 + 3) / 4.
    assert [item.mean for item in korea.scores] == pytest.approx([(3 + 3.5) / 8, (1 + 3.25) / 8])
    assert korea.best == (1.0, 0.0)
    assert korea.as_json()["policies"]["managed"]["best"] == 0.0


def test_policies_that_tie_share_a_scenario() -> None:
    run = Run({("a", "y"): np.ones((4, 2)), ("b", "y"): np.ones((4, 2))}, ("a", "b"))
    (only,) = serve(model([outcome("y")], (Interest("JPN", "y", 1.0),)), run)
    assert only.best == (0.5, 0.5)
    assert only.scores[0].mean == 0.5
