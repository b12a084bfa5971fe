from __future__ import annotations

import math

import pytest

from reassure.model.mistakes import ModelError
from reassure.model.yaml_source import MAX_BYTES, decode, read


def _codes(text: str) -> list[tuple[str, int, int]]:
    with pytest.raises(ModelError) as caught:
        read(text, "m.yaml")
    return [(m.code, m.place.line, m.place.column) for m in caught.value.mistakes]


def test_scalars_are_those_of_yaml_1_2() -> None:
    text = """
        strings: [NO, no, on, Off, yes, y, 12:30:00, 2007-02-01, 1_000, 0b1, 1.2.3, 1e, -, "1", '~']
        nothing: [null, ~, Null, ]
        truths: [true, True, FALSE]
        whole: [1, -17, +3, 010, 0o17, 0x1F]
        floating: [1.5, .5, 5., 1e3, -2.5E-2, .inf, -.INF]
    """
    tree = read(text, "m.yaml").plain()
    assert all(isinstance(item, str) for item in tree["strings"])
    assert tree["strings"][0] == "NO"
    assert tree["nothing"] == [None, None, None]
    assert tree["truths"] == [True, True, False]
    assert tree["whole"] == [1, -17, 3, 10, 15, 31]
    assert all(isinstance(item, int) for item in tree["whole"])
    assert tree["floating"] == [1.5, 0.5, 5.0, 1000.0, -0.025, math.inf, -math.inf]


def test_keys_are_text_as_written() -> None:
    tree = read("{2007-02: a, 2008: b, NO: c, true: d, 1.50: e, ~: f}", "m.yaml").plain()
    assert list(tree) == ["2007-02", "2008", "NO", "true", "1.50", "~"]


def test_every_key_and_value_has_its_place() -> None:
    root = read("a:\n  - x\n  - {b: 'é', c: 3}\n", "m.yaml")
    place = root.place_of(("a", 1, "c"))
    assert (place.file, place.line, place.column) == ("m.yaml", 3, 17)
    key = root.place_of(("a", 1, "c"), of_key=True)
    assert (key.line, key.column) == (3, 14)
    nearest = root.place_of(("a", 1, "missing"))
    assert (nearest.line, nearest.column) == (3, 5)


@pytest.mark.parametrize(
    ("text", "inner"),
    [("a: b + c", 0), ("a: 'b + c'", 1), ('a: "b\\x20c"', None), ("a: >\n  b + c", None)],
)
def test_a_scalar_knows_where_its_characters_are(text: str, inner: int | None) -> None:
    node = read(text, "m.yaml").get("a")
    assert node is not None
    assert node.inner == inner


def test_all_mistakes_that_can_be_told_are_told_at_once() -> None:
    text = "a: !x 1\nb: 1\nb: 2\nc: {d: 1, d: 2, <<: {}}\ne: .nan\n"
    assert _codes(text) == [
        ("E102", 1, 4),
        ("E103", 3, 1),
        ("E103", 4, 11),
        ("E101", 4, 17),
        ("E204", 5, 4),
    ]


def test_aliases_share_a_value_and_its_place() -> None:
    root = read("a: &x {b: 1}\nc: *x\n", "m.yaml")
    assert root.plain() == {"a": {"b": 1}, "c": {"b": 1}}
    assert root.place_of(("c", "b")).line == 1


def test_a_byte_order_mark_is_passed_over_and_other_bytes_are_pointed_at() -> None:
    assert decode("\ufefftitle: é".encode(), "m.yaml") == "title: é"
    with pytest.raises(ModelError) as caught:
        decode(b"title: a\nnotes: \xe9", "m.yaml")
    place = caught.value.mistakes[0].place
    assert (place.line, place.column) == (2, 8)


def test_size_counts_bytes() -> None:
    with pytest.raises(ModelError) as caught:
        read("é" * (MAX_BYTES // 2 + 1), "m.yaml")
    assert caught.value.mistakes[0].code == "E105"
