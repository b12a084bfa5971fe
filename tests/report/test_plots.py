"""Pictures: they are XML, say what they show, keep the two uncertainties apart, and need no colour."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from reassure import Argument, ClaimsResult, RunResult, UsageError
from reassure.report.plots import SHARE_STYLES, fan, shares_chart, swings, tornado


def words(svg: str) -> str:
    return " ".join(ElementTree.fromstring(svg).itertext())


def test_a_fan_keeps_what_nobody_knows_and_chance_apart() -> None:
    scenario = np.linspace(-1, 1, 201)[:, None, None]
    luck = np.linspace(-0.1, 0.1, 101)[None, :, None]
    made = fan("p", np.broadcast_to(scenario + luck, (201, 101, 3)))
    assert made.middle == pytest.approx(np.zeros(3), abs=1e-9)
    assert made.high == pytest.approx(np.full(3, 0.9), abs=1e-6)
    assert made.chance_high == pytest.approx(np.full(3, 0.09), abs=1e-6)
    assert made.low == pytest.approx(-made.high)
    assert made.chance_low == pytest.approx(-made.chance_high)


def test_a_fan_chart_has_a_panel_a_policy(starter: Argument, ran: RunResult) -> None:
    picture = starter.fan_chart(ran, "confidence")
    text = words(picture.svg)
    assert "Ally believes that the alliance would hold in a crisis (probability)" in text
    assert "quiet" in text
    assert "visible" in text
    assert "pattern" in picture.svg  # the hatching of chance
    assert "what nobody knows" in picture.caption
    assert "chance" in picture.caption
    assert picture.svg == starter.fan_chart(ran, "confidence").svg
    with pytest.raises(UsageError, match="not recorded"):
        starter.fan_chart(ran, "drills")


def test_swings_are_ranked_and_what_does_not_vary_has_none() -> None:
    draws = np.arange(30.0)
    found = swings({"a": draws, "b": -3 * draws, "fixed": np.ones(30)}, 2 * draws)
    assert [item.name for item in found] == ["a", "b"]
    assert found[0].high - found[0].low == pytest.approx(40)
    assert found[1].high - found[1].low == pytest.approx(-40)


def test_a_tornado_tells_low_from_high_without_colour(starter: Argument, ran: RunResult) -> None:
    picture = starter.tornado(ran, "arms_end", "visible")
    text = words(picture.svg)
    assert "doubt_weight" in text
    assert "hatched: highest third" in text
    assert "pattern" in picture.svg
    assert "Under visible" in picture.caption
    with pytest.raises(UsageError):
        starter.tornado(ran, "nosuch")


def test_shares_are_told_apart_without_colour(starter: Argument, tested: ClaimsResult) -> None:
    text = words(starter.shares(tested).svg)
    for kind in ("supports", "no effect", "undetermined", "contradicts"):
        assert kind in text
    assert "visible drills restrain" in text
    hatches = [hatch for _, hatch in SHARE_STYLES.values()]
    greys = [colour for colour, hatch in SHARE_STYLES.values() if not hatch]
    assert len(set(hatches)) == 3
    assert greys == ["#0072B2", "#dddddd"]  # dark and light


def test_hostile_labels_stay_text() -> None:
    nasty = "<script>alert(1)</script> $x_1$ & \\frac"
    for svg in (
        shares_chart(nasty, [(nasty, {"supports": 1.0})]),
        tornado(nasty, 0.0, swings({nasty: np.arange(9.0)}, np.arange(9.0)), noise=0.1),
    ):
        assert "<script" not in svg
        assert "alert(1)" in words(svg)


def test_a_picture_is_saved(starter: Argument, ran: RunResult, tmp_path: object) -> None:
    from pathlib import Path

    target = Path(str(tmp_path)) / "x.svg"
    starter.fan_chart(ran, "arms").save(target)
    assert target.read_text(encoding="utf-8").startswith("<svg")
    with pytest.raises(UsageError, match=r"ends in \.svg"):
        starter.fan_chart(ran, "arms").save(target.with_suffix(".png"))
    assert not target.with_suffix(".png").exists()
