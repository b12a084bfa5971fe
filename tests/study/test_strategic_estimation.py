"""Payoffs of games estimated from data: a published table, simulated truths, and what is refused."""

# ruff: noqa: E501
from __future__ import annotations

import math
from pathlib import Path

import jax
import numpy as np
import pytest

from reassure.model.mistakes import ModelError, UsageError
from reassure.study.strategic.estimate import Estimate, estimate
from reassure.study.strategic.likelihood import outcome_likelihood
from reassure.study.strategic.observations import Observations, read_observations
from reassure.study.strategic.statistical_game import StatisticalGame, read_statistical_game

LEBLANG = Path(__file__).resolve().parents[3] / "shared" / "data" / "leblang2003.csv"
ATTACKS = """\
title: Speculative currency attacks
players: [Market, Government]
moves:
  attack: {player: Market, options: {hold: no attack, attack: answer}}
  answer: {player: Government, options: {devalue: devaluation, defend: defense}}
payoffs:
  Market:
    no attack: [capcont, lreserves, overval, creditgrow, USinterest, service, contagion, prioratt]
    devaluation: [1]
    defense: [1]
  Government:
    defense: [1, unifgov, lexports, preelec, postelec, rightgov, realinterest, capcont, lreserves]
observed: outcome
link: probit
error: private
"""
CRISIS = """\
players: [Ann, Bob]
moves:
  first: {player: Ann, options: {stay: quiet, go: second}}
  second: {player: Bob, options: {yield: gain, resist: war}}
payoffs:
  Ann:
    gain: {gain: 1}
    war: {war: 1, strength: x}
  Bob:
    war: {resolve: 1, reply: w}
observed: y
"""
ENTRY = """EFG 2 R "Entry" { "Ann" "Bob" }
p "" 1 1 "a" { "in" "out" } 0
p "" 2 1 "b" { "in" "out" } 0
t "" 1 "both" { 0 0 } t "" 2 "only Ann" { 0 0 }
p "" 2 1 0
t "" 3 "only Bob" { 0 0 } t "" 4 "none" { 0 0 }
"""
HIDDEN = """\
game: entry.efg
payoffs:
  Ann:
    only Ann: {a0: 1, alpha: x}
    both: {a0: 1, alpha: x, rivalry: 1}
  Bob:
    only Bob: {b0: 1, beta: w}
    both: {b0: 1, beta: w, rivalry: 1}
observed: y
"""


def described(folder: Path, text: str) -> StatisticalGame:
    (folder / "entry.efg").write_text(ENTRY)
    path = folder / "game.yaml"
    path.write_text(text)
    return read_statistical_game(path)


def simulated(game: StatisticalGame, truth: dict[str, float], rows: int, seed: int) -> Observations:
    """Data as ``game`` would make them with these coefficients."""
    random = np.random.default_rng(seed)
    columns = {name: random.normal(size=rows) for name in game.columns}
    data = Observations(np.zeros(rows, dtype=np.int64), columns, "simulated")
    with jax.enable_x64(True):
        logs = jax.jit(outcome_likelihood(game, data))(
            np.array([truth[name] for name in game.coefficients])
        )
    likely = np.exp(np.asarray(logs))
    assert likely.sum(axis=0) == pytest.approx(1)
    drawn = (likely.cumsum(axis=0) < random.random(rows)).sum(axis=0)
    return Observations(np.minimum(drawn, len(likely) - 1), columns, "simulated")


def recovered(found: Estimate, truth: dict[str, float]) -> None:
    assert found.flags == ()
    for item in found.coefficients:
        assert abs(item.value - truth[item.name]) < 3.5 * item.error, item
        assert item.z == pytest.approx(item.value / item.error)
        assert item.p == pytest.approx(math.erfc(abs(item.z) / math.sqrt(2)))


@pytest.mark.skipif(not LEBLANG.exists(), reason="the data are not part of the project")
@pytest.mark.parametrize(("error", "likelihood"), [("private", -482.0155), ("agent", -481.639)])
def test_leblang_2003(tmp_path: Path, error: str, likelihood: float) -> None:
    game = described(tmp_path, ATTACKS.replace("private", error))
    data = read_observations(LEBLANG, game)
    assert data.count == 7240
    found = estimate(game, data)
    assert found.log_likelihood == pytest.approx(likelihood, abs=1e-3)
    assert len(found.coefficients) == 19
    assert found.flags == ()
    assert found.counts == {"no attack": 7152, "devaluation": 42, "defense": 46}
    if error == "private":  # signs and sizes of the published table
        by_name = {item.name: item for item in found.coefficients}
        assert by_name["Market.no attack: overval"].value == pytest.approx(-0.441, abs=1e-3)
        assert by_name["Government.defense: realinterest"].value == pytest.approx(1.796, abs=1e-3)


TRUTH = {"gain": 1.0, "war": -0.5, "strength": 0.8, "resolve": 0.3, "reply": -0.7}


@pytest.mark.parametrize(
    ("link", "error"), [("logit", "agent"), ("probit", "agent"), ("probit", "private")]
)
def test_what_was_simulated_is_recovered(tmp_path: Path, link: str, error: str) -> None:
    game = described(tmp_path, f"{CRISIS}link: {link}\nerror: {error}\n")
    recovered(estimate(game, simulated(game, TRUTH, 4000, 3), starts=2), TRUTH)


def test_hidden_moves_are_estimated_through_the_solver(tmp_path: Path) -> None:
    truth = {"a0": 0.5, "alpha": 1.0, "rivalry": -1.5, "b0": 0.2, "beta": -0.8}
    game = described(tmp_path, HIDDEN)
    recovered(estimate(game, simulated(game, truth, 800, 1), starts=1), truth)


def test_logit_backward_recursion_is_the_equilibrium(tmp_path: Path) -> None:
    from reassure.engine.games.solver import solve
    from reassure.model import efg

    game = described(tmp_path, CRISIS + "link: logit\n")
    data = Observations(np.zeros(1, dtype=np.int64), {"x": np.ones(1), "w": np.ones(1)}, "")
    with jax.enable_x64(True):
        logs = outcome_likelihood(game, data)(np.array([TRUTH[n] for n in game.coefficients]))
    same = efg.read(
        'EFG 2 R "" { "A" "B" } p "" 1 1 "f" { "stay" "go" } 0 t "" 0 '
        'p "" 2 1 "s" { "yield" "resist" } 0 t "" 1 "" { 1 0 } t "" 2 "" { 0.3 -0.4 }'
    )
    found = solve(same, 1.0).profile
    quiet, gain, war = np.exp(np.asarray(logs))[:, 0]
    assert quiet == pytest.approx(found["A"]["f"]["stay"])
    assert war == pytest.approx(found["A"]["f"]["go"] * found["B"]["s"]["resist"])
    assert quiet + gain + war == pytest.approx(1)


def test_private_information_is_as_published(tmp_path: Path) -> None:
    from scipy.stats import norm

    game = described(tmp_path, CRISIS + "link: probit\nerror: private\n")
    data = Observations(np.zeros(1, dtype=np.int64), {"x": np.ones(1), "w": np.ones(1)}, "")
    with jax.enable_x64(True):
        logs = outcome_likelihood(game, data)(np.array([TRUTH[n] for n in game.coefficients]))
    p4 = norm.cdf((0.3 - 0.7) / math.sqrt(2))
    p2 = norm.cdf(((1 - p4) * 1.0 + p4 * 0.3) / math.sqrt(1 + (1 - p4) ** 2 + p4**2))
    assert np.exp(np.asarray(logs))[:, 0] == pytest.approx([1 - p2, p2 * (1 - p4), p2 * p4])


def said(error: ModelError) -> str:
    return "\n".join(str(item) for item in error.mistakes)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("observed: y", "observe: y"), "game.yaml:11:1: observe: 'observe' is no key — did you mean 'observed'?"),
        (("observed: y", ""), "`observed` names the column that holds the outcome"),
        (("second: {player: Bob", "second: {player: Bo"), "'Bo' is none of the players Ann, Bob"),
        (("go: second", "go: secnd"), "nothing leads to the move 'second'"),
        (("yield: gain", "yield: first"), "the move 'first' is led to twice"),
        (("{stay: quiet, go: second}", "{go: second}"), "a move has two options or more"),
        (("    gain: {gain: 1}", "    gian: {gain: 1}"), "'gian' is no outcome of the game — did you mean 'gain'?"),
        (("  Bob:\n", "  Bop:\n"), "'Bop' is no player — did you mean 'Bob'?"),
        (("{gain: 1}", "{gain: 2}"), "'2' is neither a column nor 1, the constant"),
        (("{gain: 1}", "much"), "a payoff is a number, a list of columns, or coefficients with their columns"),
        (("  Bob:\n    war: {resolve: 1, reply: w}", "  Bob: 3"), "a player's payoffs are listed by outcome"),
        (("observed: y", "observed: y\nlink: normal"), "'normal' is none of logit, probit"),
        (("observed: y", "observed: y\nerror: private"), "private information has the link probit only"),
        (("{stay: quiet, go: second}", "{stay: quiet, leave: off, go: second}"), "the link probit takes two options a move"),
        (("players: [Ann, Bob]", "players: []"), "`players` lists the players' names"),
        (("moves:", "game: x.efg\nmoves:"), "a game is either drawn under `moves` or taken from a file with `game`"),
    ],
)  # fmt: skip
def test_a_file_that_is_wrong(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    text = CRISIS.replace(*change)
    if "takes two options" in message:
        text += "link: probit\n"
    with pytest.raises(ModelError) as caught:
        described(tmp_path, text)
    assert message in said(caught.value)


def test_hidden_moves_have_no_probit(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="perfect information"):
        described(tmp_path, HIDDEN + "link: probit\n")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("y,x\nquiet,1\n", "1:1: w: there is no column 'w'"),
        ("y,x,x,w\nquiet,1,1,1\n", "1:1: x: there are several columns 'x'"),
        ("y,x,w\nquiet,1,2\nwar,,2\ngain,1,n/a\n", "3:2: x: '' is not a finite number"),
        ("y,x,w\nquiet,1,2\nwar,1,2\ngain,1,n/a\n", "4:3: w: 'n/a' is not a finite number"),
        ("y,x,w\nquiet,1,inf\n", "2:3: w: 'inf' is not a finite number"),
        ("y,x,w\nquiet,1\n", "2:1: 2 cells in a table of 3 columns"),
        ("y,x,w\npeace,1,2\n", "2:1: y: 'peace' is none of the outcomes quiet, gain, war"),
        ("y,x,w\nquiet,1,2\ngain,1,2\n", "the outcome 'war' is never observed"),
        ("", "1:1: the table is empty"),
    ],
)
def test_data_that_are_wrong(tmp_path: Path, table: str, message: str) -> None:
    game = described(tmp_path, CRISIS)
    (tmp_path / "data.csv").write_text(table)
    with pytest.raises(ModelError) as caught:
        read_observations(tmp_path / "data.csv", game)
    assert message in said(caught.value)


def told(folder: Path, text: str, columns: dict[str, np.ndarray] | None = None) -> str:
    """Why an estimate is refused."""
    game = described(folder, text)
    random = np.random.default_rng(0)
    given = {name: random.normal(size=200) for name in game.columns} | (columns or {})
    data = Observations(random.integers(0, 3, size=200), given, "data.csv")
    with pytest.raises((ModelError, UsageError)) as caught:
        estimate(game, data, starts=1)
    return str(caught.value)


def test_what_cannot_be_estimated_is_refused(tmp_path: Path) -> None:
    lists = CRISIS.replace("{war: 1, strength: x}", "[1, x, z]")
    x = np.random.default_rng(5).normal(size=200)
    message = told(tmp_path, lists, {"x": x, "z": 2 * x + 1})
    assert "'the constant 1' and 'x' and 'z' stand in one payoff and are collinear" in message
    message = told(tmp_path, lists, {"z": np.full(200, 3.0)})
    assert "'the constant 1' and 'z' stand in one payoff and are collinear" in message
    assert "'z' is zero in every row" in told(tmp_path, lists, {"z": np.zeros(200)})
    every = CRISIS.replace("    gain: {gain: 1}", "    quiet: {peace: 1}\n    gain: {gain: 1}")
    assert "the data cannot tell 'peace', 'gain', 'war' apart" in told(tmp_path, every)
    idle = CRISIS.replace("    war: {resolve: 1", "    quiet: {idle: 1}\n    war: {resolve: 1")
    assert "'idle' moves no outcome's probability" in told(tmp_path, idle)


def test_a_column_that_separates_the_outcomes_is_said(tmp_path: Path) -> None:
    game = described(tmp_path, CRISIS)
    random = np.random.default_rng(0)
    outcomes = np.repeat([0, 1, 2], 50)
    columns = {"x": random.normal(size=150), "w": np.where(outcomes == 2, 1.0, -1.0)}
    with pytest.raises(UsageError, match="no maximum"):
        estimate(game, Observations(outcomes, columns, "data.csv"), starts=1)
