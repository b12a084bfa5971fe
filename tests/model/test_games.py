"""Games in a model's file: from what is written to shapes, formulas and names."""

from __future__ import annotations

from pathlib import Path

import pytest

from reassure.model.checked import Model
from reassure.model.checked_games import Lesson, ModelGame, Play
from reassure.model.expression import Number, Ref
from reassure.model.load import check, load
from reassure.model.show import show

VALID = (Path(__file__).parents[1] / "corpus" / "valid_games.yaml").read_text(encoding="utf-8")

HEAD = """
language: 1
time: {start: 2026-01, years: 5, step: month}
actors: {A: First, B: Second, C: Third}
sources: {me: {title: Notes}}
parameters:
  odds: {prior: {uniform: [0, 1]}, because: b, cites: me}
  stake: {prior: {uniform: [0, 100]}, because: b, cites: me}
"""


def _model(games: str, more: str = "") -> Model:
    return load("games.yaml", text=f"{HEAD}{more}games:\n{games}")


def _game(written: str, more: str = "") -> ModelGame:
    return _model(written, more).games[0]


def _codes(written: str, more: str = "") -> list[str]:
    return [
        item.code for item in check("games.yaml", text=f"{HEAD}{more}games:\n{written}").mistakes
    ]


def _worth(game: ModelGame) -> dict[str, list[str]]:
    """What each end is worth, by the way there."""
    return {
        name: [show(formula) for formula in row]
        for name, row in zip(game.tree.terminals, game.payoffs, strict=True)
    }


def _sets(game: ModelGame) -> list[str]:
    return [item.name for item in game.tree.information_sets]


ENTRY = """
  entry:
    players: {A: 4, B: 4}
    moves:
      enter: {actor: A, options: [out, come]}
      answer: {actor: B, options: [yield, fight], if: enter.come}
    payoffs:
      A: 20 + 20 * answer.give - stake * answer.fight
      B:
        quiet: 50
        shared: -20 * answer.give
        war: {value: -50 * answer.fight}
"""
ENTRY = ENTRY.replace("[yield, fight]", "[give, fight]")


def test_entry_deterrence() -> None:
    game = _game(ENTRY)
    assert game.tree.players == ("A", "B")
    assert _sets(game) == ["enter", "answer"]
    assert [node.kind for node in game.tree.nodes] == [
        "decision", "terminal", "decision", "terminal", "terminal",
    ]  # fmt: skip
    assert game.tree.nodes[0].children == (1, 2)
    assert game.paths == (
        (("enter", "out"),),
        (("enter", "come"), ("answer", "give")),
        (("enter", "come"), ("answer", "fight")),
    )
    assert _worth(game) == {
        "out": ["20", "50"],
        "come, give": ["40", "30"],
        "come, fight": ["20 - stake", "0"],
    }
    assert game.rationality == (Number(0.04), Number(0.04))
    assert [part.name for part in game.parts] == ["", "quiet", "shared", "war"]
    assert [result.name for result in game.results] == ["payoff.A", "payoff.B"]
    assert game.results[0].weights == tuple(row[0] for row in game.payoffs)
    assert (game.every, game.play) == (0, None)


BEER = """
  beer:
    players: {A: 4, B: 4}
    moves:
      nerve: {type: A, options: {tough: odds, meek: else}}
      drink: {actor: A, options: [beer, quiche]}
      answer: {actor: B, options: [duel, leave]}
    payoffs:
      A: 40 * answer.leave + 20 * (nerve.tough * drink.beer + nerve.meek * drink.quiche)
      B: 50 * answer.duel * nerve.meek + 50 * answer.leave * nerve.tough
    results: {duel: answer.duel}
    play: {every: 1 year}
"""


def test_a_type_is_known_to_its_player_alone() -> None:
    game = _game(BEER)
    assert _sets(game) == [
        "drink: nerve=tough", "answer: drink=beer", "answer: drink=quiche", "drink: nerve=meek",
    ]  # fmt: skip
    assert game.set_moves == ("drink", "answer", "answer", "drink")
    assert game.chance_moves == ("nerve",)
    assert [show(item) for item in game.chances[0]] == ["clip(odds, 0, 1)", "1 - clip(odds, 0, 1)"]
    assert game.observations == (("A", (0, 1, 2, 3, 4, 5, 6, 7)), ("B", (0, 1, 2, 3, 0, 1, 2, 3)))
    assert [move.kind for move in game.moves] == ["type", "decision", "decision"]


def test_moves_that_nobody_sees_are_made_at_the_same_time() -> None:
    game = _game("""
  pennies:
    players: {A: 4, B: 4}
    moves:
      first: {actor: A, options: [heads, tails], seen_by: []}
      second: {actor: B, options: [heads, tails]}
    payoffs: {A: 100 * (first.heads == second.heads), B: 100 * (first.heads != second.heads)}
""")
    assert _sets(game) == ["first", "second"]
    assert _worth(game)["heads, tails"] == ["0", "100"]
    assert game.observations == (("A", (0, 1, 2, 3)), ("B", (0, 1, 0, 1)))


HORSE = """
  horse:
    players: {A: 4, B: 4, C: 4}
    tree:
      actor: A
      move: first
      options:
        across:
          actor: B
          move: second
          options:
            across: {payoffs: {A: 10, B: 10, C: 10}}
            down: &third
              actor: C
              move: third
              knows: somebody went down
              options: {left: {payoffs: {A: 40, B: 40, C: 0}}, right: {payoffs: {A: 0, B: 0, C: 10}}}
        down: *third
"""


def test_seltens_horse() -> None:
    game = _game(HORSE)
    assert _sets(game) == ["first", "second", "somebody went down"]
    assert game.set_moves == ("first", "second", "third")
    assert [node.at for node in game.tree.nodes if node.kind == "decision"] == [0, 1, 2, 2]
    assert _worth(game) == {
        "across, across": ["10", "10", "10"],
        "across, down, left": ["40", "40", "0"],
        "across, down, right": ["0", "0", "10"],
        "down, left": ["40", "40", "0"],
        "down, right": ["0", "0", "10"],
    }
    assert game.paths[3] == (("first", "down"), ("third", "left"))


def test_a_tree_takes_payoffs_by_move_too() -> None:
    added = HORSE.replace(
        "    tree:", "    payoffs: {A: 5 * third.left, B: 0, C: stake}\n    tree:"
    )
    assert _worth(_game(added))["down, left"] == ["45", "40", "stake"]


def test_what_was_seen_is_not_forgotten() -> None:
    game = _game("""
  recall:
    players: {A: 4, B: 4}
    moves:
      first: {actor: A, options: [up, down]}
      early: {actor: B, options: [wait, go]}
      late: {actor: B, options: [wait, go], if: early.wait, sees: []}
    payoffs: {A: 50, B: 50 * first.up * late.go}
""")
    assert _sets(game) == [
        "first", "early: first=up", "late: first=up", "early: first=down", "late: first=down",
    ]  # fmt: skip
    assert game.set_moves.count("late") == 2


def test_signals_stand_for_what_happened() -> None:
    game = load("valid.yaml", text=VALID).games[0]
    assert _sets(game)[:3] == ["answer: damage=1", "backing", "answer: damage=0"]
    assert len(game.paths) == 20
    onlooker = dict(game.observations)["SEE"]
    assert max(onlooker) < max(dict(game.observations)["RIV"])


def test_chance_may_depend_on_what_was_done() -> None:
    game = _game("""
  dice:
    players: {A: 4}
    moves:
      dare: {actor: A, options: [no_risk, risk]}
      luck: {chance: true, options: {bad: 0.1 + odds * dare.risk, worse: odds * 0.2, good: else}}
    payoffs: {A: 50 * luck.good}
""")
    assert game.chance_moves == ("luck", "luck")
    assert [item.name for item in game.tree.chance_moves] == [
        "luck: dare=no_risk",
        "luck: dare=risk",
    ]
    assert show(game.chances[0][0]) == "0.1 / max(1, 0.1 + clip(odds * 0.2, 0, 1))"
    assert show(game.chances[0][2]) == "max(0, 1 - (0.1 + clip(odds * 0.2, 0, 1)))"


def test_constant_chances_sum_to_one() -> None:
    thirds = "{a: 0.3333333333, b: 0.3333333333, c: 0.3333333334}"
    game = _game(f"""
  dice:
    players: {{A: 4}}
    moves:
      luck: {{chance: true, options: {thirds}}}
      dare: {{actor: A, options: [no_risk, risk]}}
    payoffs: {{A: 50 * luck.a}}
""")
    assert sum(item.value for item in game.chances[0] if isinstance(item, Number)) == 1.0


def test_results_are_weights_on_ends() -> None:
    game = load("valid.yaml", text=VALID).games[0]
    by_name = {result.name: result for result in game.results}
    assert list(by_name) == [
        "tried", "borne", "spent", "loss", "payoff.RIV", "payoff.AAA", "payoff.PAT",
    ]  # fmt: skip
    end = game.tree.terminals.index("bold, none, hit, absorb")
    assert by_name["tried"].weights[end] == Number(1.0)
    assert by_name["borne"].given[end] == Number(1.0)
    assert show(by_name["loss"].weights[end]) == "40"
    assert by_name["spent"].unit.text == "USD"
    assert by_name["spent"].weights[end] == Number(0.0)


def test_views() -> None:
    game = load("valid.yaml", text=VALID).games[0]
    seen = {item.actor: dict(item.replaces) for item in game.perceptions}
    assert seen == {
        "AAA": {"resolve": Ref("trust"), "dare": Ref("bold")},
        "SEE": {"resolve": Number(0.5)},
    }
    assert game.perceptions[0].about.because == "what it has seen"
    calm = game.variants[1]
    assert (calm.name, show(dict(calm.replaces)["dare"])) == ("calm", "dare / 2")
    assert (game.every, game.offset) == (12, 6)
    assert game.play is not None
    assert game.play == Play("quarrel", 1, 0, game.play.when)


def test_a_belief_learns_from_a_game() -> None:
    belief = load("valid.yaml", text=VALID).beliefs[1]
    (evidence,) = belief.evidence
    assert (evidence.kind, evidence.lesson) == ("game", Lesson("probe", "nerve", "bold"))


def test_games_indexed_by_a_set() -> None:
    north, south = load("valid.yaml", text=VALID).games[1:3]
    assert (north.name, south.name) == ("duel[north]", "duel[south]")
    assert "reach[south]" in show(south.payoffs[2][0])


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("probe.tried", "1"),
        ("probe.AAA.tried", "1"),
        ("probe.firm.tried", "1"),
        ("probe.firm.SEE.spent", "USD"),
        ("probe.payoff.RIV", "1"),
        ("probe.calm.PAT.payoff.AAA", "1"),
        ("probe.answer.absorb", "1"),
        ("probe.nerve.bold", "1"),
        ("duel[north].RIV.pressed", "1"),
        ("probe", "1"),
    ],
)
def test_names_that_formulas_read(name: str, unit: str) -> None:
    text = VALID.replace("outcomes:", f'outcomes:\n  more: {{mean: "{name}", unit: "{unit}"}}')
    assert check("valid.yaml", text=text).mistakes == ()


@pytest.mark.parametrize(
    "name",
    [
        "probe.firm.calm.tried",
        "probe.tried.AAA",
        "probe.payoff",
        "probe.strike",
        "probe.firm",
        "duel.tried",
    ],
)
def test_names_that_there_are_not(name: str) -> None:
    text = VALID.replace("outcomes:", f'outcomes:\n  more: {{mean: "{name}"}}')
    assert [item.code for item in check("valid.yaml", text=text).mistakes] in (["E301"], ["E307"])


def test_a_memory_breaks_a_circle_through_a_game() -> None:
    dread = "auxiliaries:\n  dread: {formula: 'previous(probe.loss, 0) / 100', cites: me2026}\n"
    text = VALID.replace("auxiliaries:\n", dread)
    text = text.replace("resolve * backing.back),", "resolve * backing.back - dread),")
    assert check("valid.yaml", text=text).mistakes == ()


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        (
            "PAT: {rationality: 2 * sharp, because: a larger staff}",
            "PAT: 2 * sharp / 3",
            "players.PAT",
        ),
        ("because: what it has seen}", "cites: []}", "perceives.AAA"),
        ("quiet: {value: 40, because: as things are}", "quiet: 40", "payoffs.RIV.quiet"),
    ],
)
def test_what_has_no_reason_is_warned_of(old: str, new: str, path: str) -> None:
    assert old in VALID
    text = VALID.replace(old, new).replace(
        "    cites: me2026\n    players: {RIV: sharp, AAA: sharp, PAT",
        "    players: {RIV: sharp, AAA: sharp, PAT",
    )
    found = check("valid.yaml", text=text).warnings
    assert f"games.probe.{path}" in [item.path for item in found]
    assert {item.code for item in found} <= {"W101", "W102"}


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("probe.AAA.tried + ", "", "results.tried"),
        ("+ probe.SEE.borne", "+ probe.borne", "perceives.SEE"),
        ("- probe.firm.loss", "", "variants.firm"),
    ],
)
def test_what_nothing_reads_is_warned_of(old: str, new: str, path: str) -> None:
    assert old in VALID
    found = check("valid.yaml", text=VALID.replace(old, new)).warnings
    assert [(item.code, item.path) for item in found] == [("W105", f"games.probe.{path}")]


def test_a_player_without_a_move_is_warned_of() -> None:
    written = ENTRY.replace("{A: 4, B: 4}", "{A: 4, B: 4, C: 4}").replace(
        "    payoffs:", "    payoffs:\n      C: 50"
    )
    found = check("games.yaml", text=f"{HEAD}games:\n{written}").warnings
    assert "W104" in [item.code for item in found]


def test_the_valid_model_is_clean() -> None:
    report = check("valid.yaml", text=VALID)
    assert (report.mistakes, report.warnings) == ((), ())


def _child(folder: Path, text: str) -> Model:
    (folder / "base.yaml").write_text(VALID)
    (folder / "child.yaml").write_text(f"language: 1\nextends: base.yaml\n{text}")
    return load(folder / "child.yaml")


def test_a_child_changes_games_inside(tmp_path: Path) -> None:
    child = _child(
        tmp_path,
        """
games:
  ladder: ~
  probe:
    players: {PAT: {rationality: 3}}
    moves: {strike: {seen_by: all}}
    payoffs: {RIV: {quiet: {value: 45}, gain: ~, rage: {value: 2 * strike.hit, because: b}}, PAT: resolve * 50}
    results: {spent: ~}
    perceives: {SEE: {resolve: 0.7}}
    variants: {calm: {set: {dare: 0}}}
auxiliaries: {worry: probe.AAA.tried + probe.SEE.borne}
outcomes: {spent: ~}
""",
    )
    assert [game.name for game in child.games] == ["probe", "duel[north]", "duel[south]"]
    game = child.games[0]
    assert game.rationality[2] == Number(0.03)
    riv = {part.name: part for part in game.parts if part.player == "RIV"}
    assert list(riv) == ["quiet", "fear", "rage"]
    assert (riv["quiet"].written, riv["quiet"].about.because) == ("45", "as things are")
    assert [result.name for result in game.results][:3] == ["tried", "borne", "loss"]
    assert dict(game.perceptions[1].replaces) == {"resolve": Number(0.7)}
    assert [name for name, _ in game.variants[1].replaces] == ["dare"]
    assert ("games", "probe", "replaced") in child.differences
    assert ("games", "ladder", "removed") in child.differences


def test_a_strict_reading_leaves_out_a_part_of_a_payoff() -> None:
    text = VALID.replace("because: as things are}", "because: as things are, known_by: 2027-01}")
    game = load("valid.yaml", text=text, known_by="2026-06").games[0]
    assert "quiet" not in {part.name for part in game.parts}


@pytest.mark.parametrize(
    ("written", "code"),
    [
        (ENTRY.replace("[out, come]", "[out]"), "E203"),
        (ENTRY.replace("[out, come]", "[out, out]"), "E209"),
        (ENTRY.replace("[out, come]", "{out: 0.5, come: else}"), "E210"),
        (ENTRY.replace("enter:", "payoff:").replace("enter.", "payoff."), "E209"),
        (ENTRY.replace("A: 20 +", "A: 20 + answer.nothing +"), "E301"),
        (ENTRY.replace("A: 20 +", "A: 20 + previous(stake) +"), "E712"),
        (ENTRY.replace("if: enter.come", "if: enter.out and enter.come"), "E707"),
        (ENTRY.replace("if: enter.come", "if: answer.give"), "E712"),
        (ENTRY + "    play: {when: stake > 3}\n", "E202"),
        (ENTRY + "    play: {every: 1 year, offset: 9 years}\n", "E204"),
        (ENTRY + "    appraise: {every: 1 year, offset: 9 years}\n", "E204"),
        (ENTRY + "    variants: {with: {stake: 1}}\n", "E206"),
        (ENTRY + "    perceives: {D: {stake: 1}}\n", "E305"),
        (ENTRY + "    variants: {dear: {stake: previous(stake)}}\n", "E712"),
        (ENTRY + "    variants: {dear: {}}\n", "E203"),
        (ENTRY.replace("    payoffs:", "    payoffs:\n      C: 4"), "E305"),
        (HORSE.replace("      actor: A\n", "", 1), "E210"),
        (HORSE.replace("C: 0}", "D: 0}"), "E305"),
    ],
)  # fmt: skip
def test_mistakes(written: str, code: str) -> None:
    assert code in _codes(written)
