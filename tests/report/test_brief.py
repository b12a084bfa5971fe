"""The brief: every part in both formats, one file that needs nothing else, and no text that breaks out."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from reassure import Argument, Brief, UsageError
from reassure.history.ledger.adding import new_ledger
from reassure.report.brief_stories import contrasting

SMALL = {"scenarios": 16, "replications": 4, "max_replications": 8}
HOSTILE_TAGS = {"script", "img", "iframe", "object", "link"}
PARTS = [
    "The argument in a page",
    "Verdicts",
    "Policies against outcomes",
    "What the outcomes hinge on",
    "What the model implies before any claim is asked",
    "What drives what",
    "Three futures",
    "Limits and provenance",
]


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.headings: list[str] = []
        self._in_heading = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.extend((name, value or "") for name, value in attrs)
        self._in_heading = tag == "h2"

    def handle_endtag(self, tag: str) -> None:
        self._in_heading = False

    def handle_data(self, data: str) -> None:
        if self._in_heading:
            self.headings.append(data)


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    return reader


@pytest.fixture(scope="module")
def page(starter: Argument) -> Brief:
    return starter.brief(**SMALL)


@pytest.fixture(scope="module")
def plain(starter: Argument) -> Brief:
    return starter.brief(format="md", **SMALL)


@pytest.fixture(scope="module")
def attacked(hostile: Argument) -> Brief:
    return hostile.brief(**SMALL)


def test_both_formats_have_the_same_parts(page: Brief, plain: Brief) -> None:
    assert read(page.text).headings == PARTS
    assert re.findall(r"^## (.*)$", plain.text, re.M) == PARTS


def test_nothing_is_fetched(page: Brief) -> None:
    reader = read(page.text)
    assert not HOSTILE_TAGS & set(reader.tags)
    for name, value in reader.attributes:
        if name in {"src", "href", "xlink:href", "action", "data"}:
            assert value.startswith("#"), value
        assert not name.startswith("on")
    assert "@import" not in page.text
    assert not re.search(r"url\((?!#|['\"]?data:)", page.text)
    assert "default-src 'none'" in page.text


def test_hostile_text_stays_text(attacked: Brief) -> None:
    reader = read(attacked.text)
    assert not HOSTILE_TAGS & set(reader.tags)
    assert not [name for name, _ in reader.attributes if name.startswith("on")]
    assert "&lt;script&gt;alert(1)" in attacked.text


def test_hostile_text_does_not_break_a_markdown_table(hostile: Argument) -> None:
    text = hostile.brief(format="md", **SMALL).text
    rows = [line for line in text.splitlines() if line.startswith("| visible_drills")]
    assert rows
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 7 for row in rows)
    assert not re.search(r"(?<!\\)<(script|img|/script)", text)


def test_every_claim_has_a_bar_that_says_its_shares(page: Brief) -> None:
    bars = re.findall(r'class="bar" role="img" aria-label="([^"]+)"(.*?)</div>', page.text, re.S)
    assert bars
    for label, segments in bars:
        assert "%" in label
        assert sum(float(x) for x in re.findall(r"width:([\d.]+)%", segments)) == pytest.approx(
            100, abs=0.05
        )
    assert 'id="claim-visible_drills_restrain"' in page.text
    assert 'href="#claim-visible_drills_restrain"' in page.text


def test_links_lead_somewhere(page: Brief) -> None:
    found = read(page.text).attributes
    ids = {value for name, value in found if name == "id"}
    ours = {value[1:] for name, value in found if name == "href"}
    assert ours <= ids


def test_three_stories_can_be_told_again(starter: Argument, page: Brief) -> None:
    found = re.findall(r"--scenario (\d+) --replication (\d+) --seed (\d+)", page.text)
    assert len(found) == 3
    assert len(set(found)) == 3
    scenario, replication, seed = map(int, found[0])
    story = starter.story("quiet", scenario, replication, seed=seed)
    ending = story.text(numbers=True).split("\n\n")[-1]
    assert ending in page.text.replace("&#39;", "'")


def test_contrasting_futures_are_typical_and_then_far() -> None:
    import numpy as np

    rows = np.array([[0.0, 0.0], [0.5, 0.5], [1.0, 1.0], [0.0, 1.0]])
    chosen = contrasting(rows)
    assert chosen[0] == 1
    assert len(set(chosen)) == 3
    assert contrasting(np.zeros((1, 2))) == [0]


def test_the_same_brief_twice_is_the_same_text(starter: Argument, plain: Brief) -> None:
    assert starter.brief(format="md", **SMALL).text == plain.text


def test_hinges_name_parameters_that_are_explained(plain: Brief) -> None:
    assert "Parameters named above" in plain.text
    assert "- `doubt_weight`: a log-likelihood ratio" in plain.text


def test_an_unknown_format_is_refused(starter: Argument) -> None:
    with pytest.raises(UsageError, match="format"):
        starter.brief(format="pdf")


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("nowhere", "What the record says is left out: nowhere:1:1: there is no such ledger"),
        ("broken", "unknown actor 'XYZ'"),
    ],
)
def test_a_ledger_that_cannot_be_used_is_said_at_the_top(
    starter: Argument, tmp_path: Path, named: str, said: str
) -> None:
    ledger = tmp_path / "broken"
    new_ledger(ledger, title="t", actors={"A": "a", "B": "b"}, start="2000", end="2001")
    columns = "id,date,actor,target,category,direction,magnitude,summary,note\n"
    (ledger / "events.csv").write_text(f"{columns}E1,2000,XYZ,B,provocation,1,1,s,n\n")
    model = replace(starter.model, ledger=named, path=str(tmp_path / "mine.yaml"))
    made = Argument(model).brief(format="md", **SMALL)
    assert said in made.warning
    assert made.warning in made.text.partition("## ")[0]
    assert read(Argument(model).brief(**SMALL).text).headings == PARTS


def test_a_brief_with_nothing_amiss_warns_of_nothing(page: Brief) -> None:
    assert page.warning == ""
