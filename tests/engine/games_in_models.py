"""Models with small games that use every feature between them, and such models at random."""

from __future__ import annotations

import random
from itertools import pairwise

from reassure.model.checked import Model
from reassure.model.load import load

TESTED = """
language: 1
title: Tested
time: {start: 2007-01, years: 1, step: month}
actors: {AAA: Ally, RIV: Rival, SEE: Onlooker}
sets: {front: [north, south]}
parameters:
  share: {prior: {uniform: [0.2, 0.8]}}
  prize: {prior: {uniform: [5, 25]}}
  sharp: {prior: {uniform: [2, 8]}}
  reach[front]: {prior: {uniform: [0.2, 0.8]}}
events:
  quarrel: {actor: RIV, rate: "q(4, '1/year')", unit: 1/year}
beliefs:
  bold: {holder: AAA, that: it dares, prior: 0.4, evidence: {seen: {game: test, shows: nerve.bold}}}
stocks:
  arms: {initial: 0.2, change: "q(0.3, '1/year')", bounds: [0, 1]}
  hits: {initial: 0, change: "q(0, '1/year')", jump: test.strike.hit + climb.rung.up}
games:
  test:
    players: {RIV: sharp, AAA: sharp / 2}
    moves:
      nerve: {type: RIV, options: {bold: share, wary: else}}
      mishap: {chance: true, options: {fire: 0.2, none: else}, seen_by: RIV}
      strike: {actor: RIV, options: [refrain, hit], if: mishap.none, seen_by: [RIV]}
      answer:
        actor: AAA
        options: [absorb, retaliate]
        if: not mishap.none or strike.hit
        sees: {damage: mishap.fire or strike.hit}
    payoffs:
      RIV: 50 + prize * strike.hit * (answer.absorb + nerve.bold) - (20 + 20 * arms) * answer.retaliate
      AAA: 50 - 15 * strike.hit * answer.absorb - 20 * answer.retaliate * mishap.fire
    results:
      tried: strike.hit
      borne: {value: answer.absorb, given: strike.hit}
    perceives:
      AAA: {share: bold}
    variants:
      armed: {arms: 1}
    appraise: {every: 6 months, offset: 2 months}
    play: {on: quarrel}
  duel[front]:
    players: {RIV: sharp, AAA: sharp}
    moves:
      press: {actor: RIV, options: [rest, press], seen_by: []}
      guard: {actor: AAA, options: [rest, guard]}
    payoffs:
      RIV: 50 + 30 * press.press * (reach[front] - guard.guard) + test.armed.tried
      AAA: 50 - 20 * press.press * (1 - guard.guard) - 4 * guard.guard
    results: {pressed: press.press}
    perceives:
      SEE: {"reach[front]": 0.5}
    appraise: 6 months
  climb:
    players: {RIV: 4}
    moves:
      rung: {actor: RIV, options: [stay, up, down]}
    payoffs: {RIV: 40 + prize * rung.up * arms + 5 * rung.down}
    play: {every: 3 months, offset: 1 month, when: arms < 0.45}
  idle:
    players: {RIV: 4}
    moves:
      doze: {actor: RIV, options: [yes_, no_]}
    payoffs: {RIV: 50 + prize * doze.yes_}
    results: {dozes: doze.yes_}
    appraise: 1 month
auxiliaries:
  slow: "smooth(test.AAA.tried, q(3, 'months'))"
  gap: test.tried - test.armed.AAA.tried + test.borne
outcomes:
  hits_end: {final: hits}
  bold_end: {final: bold}
  slow_mean: {mean: slow}
  gap_mean: {mean: gap}
  north: {mean: "duel[north].pressed"}
  south: {final: "duel[south].pressed + duel[south].SEE.pressed"}
  played: {sum: test}
  rival: {mean: test.payoff.RIV}
"""


def featured() -> Model:
    """One model with every feature."""
    return load("tested.yaml", text=TESTED)


WITHOUT = TESTED.replace(" + climb.rung.up", "")
"""The same, where nothing reads the moves of ``climb``."""

CHICKEN = """
language: 1
title: Chicken
time: {start: 2007-01, years: 1, step: month}
actors: {AAA: First, BBB: Second}
parameters:
  keen: {prior: {uniform: [1, 60]}}
games:
  chicken:
    players: {AAA: keen, BBB: keen}
    moves:
      one: {actor: AAA, options: [give, dare], seen_by: []}
      two: {actor: BBB, options: [give, dare]}
    payoffs:
      AAA: 50 + 20 * one.dare * two.give - 30 * one.dare * two.dare - 10 * one.give * two.dare
      BBB: 50 + 20 * two.dare * one.give - 30 * two.dare * one.dare - 10 * two.give * one.dare
    results: {both: one.dare * two.dare}
    appraise: 6 months
outcomes:
  both: {mean: chicken.both}
"""


def random_games(seed: int) -> Model:
    """A model with one game of two or three moves in a row, some hidden, appraised and played."""
    rng = random.Random(seed)
    moves, conditions = [], []
    kind = f"{{type: RIV, options: {{a: {rng.uniform(0.2, 0.8):.3f}, b: else}}}}"
    if rng.random() < 0.6:
        moves.append(f"      m0: {kind}")
    for i in range(1, rng.randint(3, 4)):
        actor = "RIV" if i % 2 else "AAA"
        hidden = ", seen_by: []" if rng.random() < 0.3 else ""
        only = f", if: {conditions[-1]}.a" if conditions and rng.random() < 0.6 else ""
        moves.append(f"      m{i}: {{actor: {actor}, options: [a, b]{hidden}{only}}}")
        conditions.append(f"m{i}")
    named = [line.split(":")[0].strip() for line in moves]

    def payoff() -> str:
        terms = [f"{rng.uniform(-12, 12):.3f} * {name}.a" for name in named]
        terms += [f"{rng.uniform(-9, 9):.3f} * {a}.a * {b}.b" for a, b in pairwise(named)]
        return f"50 + {' + '.join(terms)} + {rng.uniform(-8, 8):.3f} * level * {named[-1]}.a"

    written = "\n".join(moves)
    return load(
        f"random{seed}.yaml",
        text=f"""
language: 1
title: Random
time: {{start: 2007-01, years: 0.5, step: month}}
actors: {{AAA: Ally, RIV: Rival}}
parameters:
  keen: {{prior: {{uniform: [1, 6]}}}}
  start: {{prior: {{uniform: [0, 1]}}}}
stocks:
  level: {{initial: start, change: "q(0, '1/year')", jump: "0.1 * g.{named[-1]}.a"}}
games:
  g:
    players: {{RIV: keen, AAA: {rng.uniform(1, 6):.3f}}}
    moves:
{written}
    payoffs:
      RIV: {payoff()}
      AAA: {payoff()}
    results: {{r: {named[-1]}.a}}
    perceives: {{AAA: {{level: start}}}}
    appraise: {rng.randint(1, 4)} months
    play: {{every: {rng.randint(1, 3)} months}}
outcomes:
  end: {{final: level}}
  mean_r: {{mean: g.r}}
  seen_r: {{mean: g.AAA.r}}
  worth: {{mean: g.payoff.AAA}}
""",
    )
