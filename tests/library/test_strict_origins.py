"""Every bundled reading of the paper can be read as of each origin of a backtest."""

from __future__ import annotations

import pytest

from reassure.model.bundled import names
from reassure.model.load import check, load

READINGS = [name for name in names() if name.startswith("easley2007")]
ORIGINS = ("2007-02", "2012-02", "2017-02", "2022-02")


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("name", READINGS)
def test_a_reading_stands_without_what_came_later(name: str, origin: str) -> None:
    assert check(name, known_by=origin).mistakes == ()


def test_the_paper_has_nothing_that_came_later() -> None:
    paper, strict = load("easley2007"), load("easley2007", known_by="2007-02")
    assert strict.digest == paper.digest


def test_a_rival_begins_as_the_paper_where_it_was_written_from_what_came_later() -> None:
    paper = {item.name: item for item in load("easley2007").parameters}
    rival = {item.name: item for item in load("easley2007-china", known_by="2007-02").parameters}
    assert rival["china_motive"].prior == paper["china_motive"].prior
    later = {item.name: item for item in load("easley2007-china").parameters}
    assert later["china_motive"].prior != paper["china_motive"].prior
