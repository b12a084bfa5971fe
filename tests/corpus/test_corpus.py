"""Wrong and hostile files: each gives its messages, all at once, and nothing else."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from expectations import MODELS, expected

from reassure.model.load import check, load
from reassure.model.mistakes import CODES, ModelError
from reassure.model.yaml_source import MAX_BYTES

FILES = sorted(MODELS.glob("*.yaml"))
SECONDS = 5.0


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_file_gives_its_messages(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(MODELS)
    before = set(MODELS.iterdir())
    started = time.process_time()
    with pytest.raises(ModelError) as caught:
        load(file.name)
    assert time.process_time() - started < SECONDS
    assert [str(item) for item in caught.value.mistakes] == expected(file)
    assert set(MODELS.iterdir()) == before  # nothing was executed


def test_the_corpus_is_large_and_covers_every_kind_of_mistake() -> None:
    assert len(FILES) >= 60
    told = {
        code
        for file in FILES
        for line in expected(file)
        for code in re.findall(r"\[(E\d+)\]$", line)
    }
    elsewhere = {"E105", "E106", "E107"}  # below: such files cannot be kept as text, or not at all
    elsewhere |= {"E817", "E818"}  # of a model and its ledger: tests/history/test_references.py
    assert told | elsewhere == {code for code in CODES if code.startswith("E")}


def _laughs(width: int, depth: int) -> str:
    lines = ["a0: &a0 [x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * width)}]" for i in range(1, depth)]
    return "\n".join(lines)


def _chain(count: int) -> str:
    """Auxiliaries that each read the one before: deep, and no circle."""
    lines = ["  a0: dt / q(1, 'year')"]
    lines += [f"  a{i}: a{i - 1} + a{i - 1}" for i in range(1, count)]
    return (
        START
        + "auxiliaries:\n"
        + "\n".join(lines)
        + f"\nstocks: {{s: {{initial: a{count - 1}}}}}\n"
    )


def _crowd(count: int) -> str:
    lines = [f"  p{i}: {{prior: 1, because: b}}" for i in range(count)]
    return START + "parameters:\n" + "\n".join(lines) + "\noutcomes: {o: {final: p0 + nothing}}\n"


def _sums(members: int) -> str:
    names = ", ".join(f"m{i}" for i in range(members))
    formula = "sum(s, sum(s, x[s] * x[s]))"
    return (
        START + f'sets: {{s: [{names}]}}\nparameters: {{"x[s]": {{prior: 1}}}}\n'
        f'auxiliaries: {{"y[s]": "{formula}", "z[s]": "{formula}"}}\n'
    )


def _game(condition: str, moves: int) -> str:
    """A game of chance whose decisions all ask for what went before."""
    lines = [f"      x{i}: {{chance: true, options: {{l: 0.5, m: else}}}}" for i in range(8)]
    lines += [f"      y{i}: {{actor: A, options: [l, m], if: {condition}}}" for i in range(moves)]
    return (
        START
        + "actors: {A: a}\ngames:\n  g:\n    players: {A: 1}\n    payoffs: {A: 1}\n    moves:\n"
        + "\n".join(lines)
    )


def _many(what: str, count: int) -> str:
    return ", ".join(what.replace("#", str(i)) for i in range(count))


INDEXED = '"p#[mm#]": {prior: 1}'
START = "language: 1\ntime: {start: 2000-01, years: 1}\n"

HOSTILE: dict[str, tuple[Callable[[], bytes | str], str]] = {
    "a file over the size limit": (lambda: "# " + "x" * MAX_BYTES, "E105"),
    "100,000 keys": (lambda: "\n".join(f"k{i}: 1" for i in range(100_000)), "E105"),
    "100,000 empty lists": (lambda: "notes: [" + "[]," * 100_000 + "]", "E105"),
    "100,000 brackets": (lambda: "notes: " + "[" * 100_000, "E108"),
    "100,000 braces": (lambda: "notes: " + "{a: " * 100_000, "E108"),
    "100,000 dashes": (lambda: "- " * 100_000, "E108"),
    "500,000 question marks": (lambda: "?" * 500_000, "E109"),
    "500,000 colons": (lambda: ":" * 500_000, "E101"),
    "500,000 quotes": (lambda: "'" * 500_000, "E109"),
    "500,000 empty lines": (lambda: "\n" * 500_000, "E109"),
    "a scalar of a million letters": (lambda: "x" * 1_000_000, "E109"),
    "a number of a million digits": (lambda: START + "notes: " + "9" * 1_000_000, "E204"),
    "a million laughs": (lambda: _laughs(20, 6), "E104"),
    "a deep tower of aliases": (lambda: _laughs(1, 90), "E108"),
    "bytes that are not text": (lambda: b"title: \xff\xfe\x00", "E107"),
    "UTF-16": (lambda: "language: 1".encode("utf-16"), "E107"),
    "a NUL": (lambda: "title: a\x00b", "E107"),
    "a terminal's escape": (lambda: "title: \x1b[2J", "E107"),
    "a line break that editors do not count": (lambda: "title: a\u2028b", "E107"),
    "half a surrogate": (lambda: b"title: \xed\xa0\x80", "E107"),
    "a formula of a megabyte": (
        lambda: START + "auxiliaries: {a: '" + "1+" * 400_000 + "1'}",
        "E403",
    ),
    "a name of a megabyte": (lambda: START + "auxiliaries: {" + "a" * 900_000 + ": 1}", "E101"),
    "a key of 900 letters": (lambda: START + "auxiliaries: {" + "a" * 900 + ": 1}", "E206"),
    "a doubling chain of 2,000 formulas": (lambda: _chain(2_000), "E404"),
    "2,900 elements and one mistake": (lambda: _crowd(2_900), "E301"),
    "a game with long conditions": (
        lambda: _game(" or ".join(f"x{i % 8}.l" for i in range(300)), 16),
        "E901",
    ),
    "100 games": (
        lambda: START + "games: {" + _many("g#: {players: {A: 1}}", 100) + "}",
        "E901",
    ),
    "4,000 elements": (lambda: _crowd(4_000), "E901"),
    "sums within sums": (lambda: _sums(150), "E901"),
    "many sums within sums": (lambda: _sums(60), "E901"),
    "a set too large": (lambda: _sums(300), "E901"),
    "12,000 undefined names": (
        lambda: START
        + "auxiliaries:\n"
        + "".join(f"  quantity_{i}: {_many('quantty_#', 40).replace(',', ' +')}\n" for i in range(300)),
        "E301",
    ),
    "8,000 misspelt sources of 8,000": (
        lambda: START
        + f"sources: {{{_many('source_#: {title: a}', 8000)}}}\n"
        + f"parameters: {{p: {{prior: 1, cites: [{_many('sorce_#', 8000)}]}}}}\n",
        "E306",
    ),
    "2,900 misspelt index sets among 10,000 members": (
        lambda: START
        + "sets:\n"
        + "".join(f"  s{i}: [{_many(f'm{i}x#', 200)}]\n" for i in range(50))
        + f"parameters: {{{_many(INDEXED, 2900)}}}\n",
        "E303",
    ),
    "5,000 interests in nothing": (
        lambda: START
        + f"actors: {{A: a}}\noutcomes: {{{_many('out_#: {final: 1}', 2000)}}}\n"
        + f"interests: {{A: {{{_many('oout_#: 1', 5000)}}}}}\n",
        "E801",
    ),
    "1,500 correlations": (
        lambda: START
        + f"parameters: {{{_many('p#: {prior: {uniform: [0, 1]}}', 1500)}}}\n"
        + f"correlate: [{_many('{between: [p#, p0], rho: 0.9}', 1500)}]\n",
        "E901",
    ),
    "1,500 priors to be solved for": (
        lambda: START + f"parameters: {{{_many('p#: {prior: {gamma: {p05: 0.1, p95: 7}}}', 1500)}}}\n",
        "E901",
    ),
    "a run of a billion steps": (
        lambda: "language: 1\ntime: {start: 2000, steps: 1000000000}",
        "E901",
    ),
    "a run past the end of the calendar": (
        lambda: "language: 1\ntime: {start: 2000, years: 9000, step: year}",
        "E205",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_no_file_hangs_or_breaks_the_loader(name: str, tmp_path: Path) -> None:
    make, code = HOSTILE[name]
    made = make()
    file = tmp_path / "hostile.yaml"
    file.write_bytes(made if isinstance(made, bytes) else made.encode())
    started = time.process_time()
    report = check(file)
    assert time.process_time() - started < SECONDS
    assert report.model is None
    assert code in {item.code for item in report.mistakes}, [
        str(item)[:200] for item in report.mistakes
    ]
    assert all(str(item).isprintable() for item in report.mistakes)


def test_a_missing_file_is_a_mistake_with_the_nearest_name(tmp_path: Path) -> None:
    (mistake,) = check("logistik").mistakes
    assert mistake.code == "E106"
    assert "logistic" in mistake.remedy
    (tmp_path / "mine.yaml").write_text("language: 1\n")
    (mistake,) = check(str(tmp_path / "mine")).mistakes
    assert "mine.yaml" in mistake.remedy
    for odd in ("", "a\0b", "x" * 5000, str(tmp_path)):
        assert check(odd).mistakes[0].code == "E106"
