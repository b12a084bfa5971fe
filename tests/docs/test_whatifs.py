"""The pages on the what-ifs say what the model file says, and their figures are of that model."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import pytest

from reassure.model.checked import Model
from reassure.model.load import load

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    path = ROOT / "docs" / "generate_whatifs.py"
    spec = importlib.util.spec_from_file_location("generate_whatifs", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def model(generate: ModuleType) -> Model:
    return load(generate.MODEL)


@pytest.fixture(scope="module")
def found(generate: ModuleType) -> Any:
    return json.loads(generate.FIGURES.read_text(encoding="utf-8"))


def test_no_page_is_stale(generate: ModuleType, model: Model, found: Any) -> None:
    for path, text in generate.pages(model, found).items():
        assert path.read_text(encoding="utf-8") == text, (
            f"run docs/generate_whatifs.py: {path.name}"
        )


def test_figures_are_of_the_model(model: Model, found: Any) -> None:
    assert found["digest"] == model.digest, "run docs/generate_whatifs.py"


def test_every_game_has_a_page_and_a_picture(generate: ModuleType, model: Model) -> None:
    for game in model.games:
        stem = generate.GAMES / generate.slug(game)
        text = stem.with_suffix(".md").read_text(encoding="utf-8")
        for move in game.moves:
            assert f"`{move.name}`" in text
        for part in game.parts:
            assert f"`{part.name}`" in text
            assert part.about.because.replace("*", r"\*")[:20] in text
        assert f"({stem.name}.svg)" in text
        ElementTree.parse(stem.with_suffix(".svg"))
