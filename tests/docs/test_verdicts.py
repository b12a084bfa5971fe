"""The committed tables of verdicts are of the models in the library."""

from __future__ import annotations

import json
from pathlib import Path

from reassure import load

DOCS = Path(__file__).resolve().parents[2] / "docs" / "easley2007"


def test_the_tables_are_of_the_models_in_the_library() -> None:
    assert load("easley2007").model.digest in (DOCS / "verdicts.md").read_text(encoding="utf-8")
    readings = (DOCS / "readings.md").read_text(encoding="utf-8")
    for name in ("easley2007", "easley2007-china", "easley2007-domestic", "easley2007-complements"):
        assert load(name).model.digest in readings
    games = (DOCS / "games.md").read_text(encoding="utf-8")
    assert all(load(name).model.digest in games for name in ("easley2007", "easley2007-formula"))


def test_all_48_claims_are_there_and_at_least_40_are_tested() -> None:
    claims = json.loads((DOCS / "verdicts.json").read_text(encoding="utf-8"))["claims"]
    numbered = {claim["number"]: claim for claim in claims if claim["number"] is not None}
    assert set(numbered) == set(range(1, 49))
    assert sum(claim["verdict"] != "not testable" for claim in numbered.values()) >= 40
    assert {"X1", "X2", "X3", "X4", "X5", "X6", "X7", "H1", "H2", "H3", "H4"} <= {
        c["id"] for c in claims
    }
    for claim in claims:
        shares = [claim[key] for key in ("supports", "contradicts", "no_effect", "undetermined")]
        assert claim["verdict"] == "not testable" or sum(shares) == 1
