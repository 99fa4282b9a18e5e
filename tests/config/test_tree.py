"""YAML as people write it: what becomes of words, numbers, keys, aliases."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from growthml.config.problems import Place
from growthml.config.tree import parse


def data(text: str, **environ: str) -> Any:
    tree = parse(text, "a.yml", environ)
    assert tree.problems == []
    return tree.data


def said(text: str, **environ: str) -> list[str]:
    return [str(problem) for _, problem in parse(text, "a.yml", environ).problems]


def test_keys_are_the_text_that_is_written() -> None:
    assert data("{on: a, no: b, 1: c, 010: d, 1.0: e, null: f, 2025-01-01: g}") == {
        "on": "a",
        "no": "b",
        "1": "c",
        "010": "d",
        "1.0": "e",
        "null": "f",
        "2025-01-01": "g",
    }


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("true", True),
        ("False", False),
        ("no", "no"),
        ("on", "on"),
        ("NO", "NO"),
        ("12", 12),
        ("-3", -3),
        ("010", "010"),
        ("12:30", "12:30"),
        ("1_000", "1_000"),
        ("0.05", 0.05),
        ("1e3", 1000.0),
        ("2.5e-3", 0.0025),
        ("-.5", -0.5),
        ("-.inf", float("-inf")),
        ("1.2.3", "1.2.3"),
        ("~", None),
        ("2014-04-21", date(2014, 4, 21)),
        ("2014-02-30", "2014-02-30"),
        ("2014-04-21 10:30", datetime(2014, 4, 21, 10, 30)),
        ("2014-04-21T10:30:00Z", datetime(2014, 4, 21, 10, 30, tzinfo=UTC)),
        ("'12'", "12"),
        ("!!str 12", "12"),
        ("[a, 1]", ["a", 1]),
    ],
)
def test_values_follow_yaml_1_2(written: str, value: object) -> None:
    found = data(f"key: {written}")["key"]
    assert found == value
    assert type(found) is type(value)


def test_a_variable_is_filled_in_and_typed_as_if_it_stood_there() -> None:
    text = """
    number: ${N:-5}
    word: ${WORD}
    part: at ${N:-5} o'clock
    quoted: "${N:-5}"
    literal: $${N}
    nothing: ${EMPTY}
    """
    assert data(text, WORD="like", EMPTY="") == {
        "number": 5,
        "word": "like",
        "part": "at 5 o'clock",
        "quoted": "5",
        "literal": "${N}",
        "nothing": None,
    }


def test_a_mapping_can_be_used_again() -> None:
    text = """
    a: &base {url: x, threads: 2}
    b: *base
    c: {<<: *base, threads: 4}
    d: {<<: [*base, {url: y, timeout: 1}]}
    """
    assert data(text) == {
        "a": {"url": "x", "threads": 2},
        "b": {"url": "x", "threads": 2},
        "c": {"url": "x", "threads": 4},
        "d": {"url": "x", "threads": 2, "timeout": 1},
    }


def test_places_are_counted_from_one() -> None:
    tree = parse("a:\n  - b: c\n  -\n    d\n", "a.yml", {})
    assert tree.place(("a",), on_key=True) == Place("a.yml", 1, 1)
    assert tree.place(("a", 0, "b"), on_key=True) == Place("a.yml", 2, 5)
    assert tree.place(("a", 0, "b")) == Place("a.yml", 2, 8)
    assert tree.place(("a", 1)) == Place("a.yml", 4, 5)
    assert tree.place(("a", 0, "not there")) == Place("a.yml", 2, 5)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: 2\na: 3\n", "a.yml:3:1: key 'a' is given twice (first on line 1); keep one"),
        ("x: {a: 1, a: 2}", "a.yml:1:11: x: key 'a' is given twice (first on line 1); keep one"),
        ("x: {? [a]\n : 1}", "a.yml:1:7: x: a key must be plain text; put it in quotes"),
        ("x: !own 1", "a.yml:1:4: x: the tag !own is not understood; write plain YAML"),
        (
            "x: !!python/name:os.system ''",
            "a.yml:1:4: x: the tag !!python/name:os.system is not understood; write plain YAML",
        ),
        ("x: !!set {a}", "a.yml:1:4: x: the tag !!set is not understood; write plain YAML"),
        ("x: &x {y: *x}", "a.yml:1:4: x.y: this alias leads back to itself; write the value out"),
        (
            "x: {<<: 3}",
            "a.yml:1:4: x: '<<' merges mappings only: <<: *name or <<: [*one, *two]",
        ),
        ("x: *y", "a.yml:1:4: not valid YAML: this alias (*name) has no anchor (&name)"),
        (
            "a: 1\n---\nb: 2\n",
            "a.yml:2:1: not valid YAML: expected one document, found a second after '---'",
        ),
        ('a: "open', "a.yml:1:9: not valid YAML: a quote or bracket is not closed"),
        ("a: b\x07", "a.yml:1:1: not valid YAML: a control character; remove it"),
        (
            "a: ${NOT_SET}",
            "a.yml:1:4: a: environment variable NOT_SET is not set; export it, or write"
            " ${NOT_SET:-default}",
        ),
        (
            "a: ${1st}",
            "a.yml:1:4: a: cannot read '${1st}'; write ${NAME} or ${NAME:-default} (letters,"
            " digits and _), or $${ for the two characters",
        ),
    ],
)
def test_what_is_wrong_is_said_in_place(text: str, line: str) -> None:
    assert said(text) == [line]
