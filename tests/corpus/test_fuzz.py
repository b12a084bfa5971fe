"""Valid models, damaged at random: the loader answers with a model or with mistakes."""

from __future__ import annotations

import copy
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reassure.model import bundled
from reassure.model.load import check
from reassure.model.yaml_source import read

SEEDS = [
    (Path(__file__).parent / "valid.yaml").read_text(encoding="utf-8"),
    (Path(__file__).parent / "valid_games.yaml").read_text(encoding="utf-8"),
    *(bundled.path(name).read_text(encoding="utf-8") for name in ("logistic", "trust")),
]
SECONDS = 5.0

_WORDS = """
0 -1 1e30 1e999 .inf -.inf .nan ~ true NO 2007-02 99999999999999999999 9**9**9 [] {} [a] {a: 1}
{by: {north: 1, else: 2}} {rule: arms} *x &x !x '' "\\0" time dt trust trust.logodds build.spear
share[front] share[north] drills.ordered incident.rate incident@AAA previous(arms) smooth(gap,dt)
delay(arms,q(1e9,'year')) sum(front,share[front]) lookup(trust,[[0,1],[1,0]]) since(incident)
1/0 log(0) q(1,'furlong') 2026-01 1month -5years é 語 % # : - ? | > ` @
"""
_KEYS = """
prior unit range options default set rule by else evidence event weight rate probability dates mark
observable delay noise initial change jump bounds holder that about fades rest requires irreversible
then utility form of on is with when than through held arms target given policy lever parameter do
from to levels quantiles during final mean total reached time_to extends language time games
players moves tree payoffs results perceives variants appraise play actor chance type if seen_by
sees knows move probabilities rationality value game shows
"""
_FORMULAS = """
arms; trust; -weight; pace; 1; 0; q(3, 'month'); build == spear; arms > 1; time; stance == hard
stance == firm; previous(arms, 0); smooth(trust, dt); since(incident); delay(arms, q(1, 'year'))
material_delay(pace, 1 / pace); sum(front, share[front]); share[north]; worry; gap; max(gap, worry)
lookup(trust, [[0, 1], [1, 2]]); pulse('2027-01', q(1, 'year')); step('2019-13'); incident.rate
incident.magnitude; drills.cost; build.probability.spear; trust.logodds; 1 / (arms - arms)
pace ** trust; election; {rule: trust}; strike.hit; not strike.hit; probe.tried; payoff.AAA; else
1 / strike.hit; strike; probe.firm.AAA.loss; resolve * backing.back; nerve.bold; mishap.none or strike
"""
WORDS = st.sampled_from([*_WORDS.split(), "\u202e", "\u00a0", "\t", ""])
KEYS = st.sampled_from(_KEYS.split())
FORMULAS = st.sampled_from([text.strip() for text in _FORMULAS.replace("\n", ";").split(";")])
LEAVES = st.one_of(FORMULAS, WORDS, st.none(), st.booleans(), st.integers(-3, 3), st.floats(-2, 2))


@st.composite
def damaged(draw: st.DrawFn) -> str:
    text = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 6))):
        text = _damage(draw, text)
    return text


def _damage(draw: st.DrawFn, text: str) -> str:
    lines = text.split("\n")
    at = draw(st.integers(0, len(lines) - 1))
    other = draw(st.integers(0, len(lines) - 1))
    line = lines[at]
    match draw(st.integers(0, 10)):
        case 0:  # a letter for another
            position = draw(st.integers(0, max(len(text) - 1, 0)))
            letter = draw(st.characters(codec="utf-8"))
            return text[:position] + letter + text[position + 1 :]
        case 1:  # a line lost, or a stretch of letters
            first = draw(st.integers(0, len(text)))
            return text[:first] + text[first + draw(st.integers(1, 200)) :]
        case 2:  # a line twice
            lines.insert(other, line)
        case 3:  # two lines exchanged
            lines[at], lines[other] = lines[other], lines[at]
        case 4:  # another indentation
            lines[at] = " " * draw(st.integers(0, 12)) + line.lstrip()
        case 5:  # another value
            key, colon, _ = line.partition(": ")
            lines[at] = f"{key}{colon}{draw(WORDS)}"
        case 6:  # another key
            rest = line.partition(":")[2]
            lines[at] = " " * (len(line) - len(line.lstrip())) + f"{draw(KEYS)}:{rest}"
        case 7:  # one word for another
            words = line.split(" ")
            words[draw(st.integers(0, len(words) - 1))] = draw(st.one_of(WORDS, KEYS))
            lines[at] = " ".join(words)
        case 8:  # nested deep
            depth = draw(st.integers(1, 60))
            opening = draw(st.sampled_from(["[", "{a: ", "(", "- ", "not ", "-", "smooth("]))
            lines[at] = line + opening * depth
        case 9:  # values of two lines exchanged
            one, two = line.partition(": "), lines[other].partition(": ")
            lines[at], lines[other] = f"{one[0]}: {two[2]}", f"{two[0]}: {one[2]}"
        case 10:  # a number for another
            digits = [i for i, letter in enumerate(line) if letter.isdigit()]
            if digits:
                position = draw(st.sampled_from(digits))
                number = draw(st.sampled_from(["0", "-3", "1e-300", "1e29", "999999999", "0.5"]))
                lines[at] = line[:position] + number + line[position + 1 :]
    return "\n".join(lines)


@st.composite
def rearranged(draw: st.DrawFn) -> str:
    """A valid tree with values, keys and branches of its own put elsewhere."""
    tree = read(draw(st.sampled_from(SEEDS)), "seed.yaml").plain()
    for _ in range(draw(st.integers(1, 4))):
        holders = _holders(tree)
        holder, key = draw(st.sampled_from(holders))
        match draw(st.sampled_from([0, 0, 0, 1, 2, 3, 4, 5])):
            case 0 if not isinstance(holder[key], dict | list):
                holder[key] = draw(FORMULAS)
            case 1:
                holder[key] = draw(LEAVES)
            case 2:
                other, theirs = draw(st.sampled_from(holders))
                holder[key] = copy.deepcopy(other[theirs])
            case 3 if isinstance(holder, dict):
                holder[str(draw(st.one_of(KEYS, FORMULAS)))] = holder.pop(key)
            case 4:
                del holder[key]
            case _:
                inner = draw(KEYS)
                holder[key] = {inner: holder[key]} if draw(st.booleans()) else [holder[key]]
    return yaml.safe_dump(tree, sort_keys=False, allow_unicode=True)


def _holders(node: Any) -> list[tuple[Any, Any]]:
    """Every place in a tree where a value stands, as its collection and the key there."""
    found: list[tuple[Any, Any]] = []
    pending = [node]
    while pending:
        current = pending.pop()
        keys = current if isinstance(current, dict) else range(len(current))
        for key in list(keys):
            found.append((current, key))
            if isinstance(current[key], dict | list):
                pending.append(current[key])
    return found


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=st.one_of(damaged(), rearranged()))
def test_a_damaged_model_gives_a_model_or_mistakes(text: str) -> None:
    started = time.process_time()
    report = check("fuzzed.yaml", text=text)
    assert time.process_time() - started < SECONDS
    assert (report.model is None) == bool(report.mistakes)
    for item in (*report.mistakes, *report.warnings):
        assert str(item).isprintable()
        assert item.place.line >= 1
        assert item.place.column >= 1
        assert item.message
        assert item.remedy


@settings(max_examples=100, deadline=None)
@given(data=st.binary(max_size=300))
def test_any_bytes_give_mistakes(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("bytes") / "any.yaml"
    file.write_bytes(data)
    report = check(file)
    assert report.model is None
    assert report.mistakes


def test_the_seeds_are_valid() -> None:
    assert all(check("seed.yaml", text=text).model is not None for text in SEEDS)
