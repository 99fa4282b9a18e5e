"""The catalogues: complete, compiled, and with the places of the English texts."""

from __future__ import annotations

import string
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[1]
CATALOGUES = sorted(ROOT.glob("growthml/locale/*/LC_MESSAGES/*.po"))


def messages(path: Path) -> Iterator[Message]:
    with path.open("rb") as file:
        yield from (each for each in read_po(file) if each.id)


def places(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def forms(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def test_every_text_of_the_code_is_translated_and_compiled() -> None:
    done = subprocess.run([ROOT / ".ci/words", "--check"], capture_output=True, text=True)
    assert done.stdout == ""
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: f"{path.parents[1].name}-{path.stem}")
def test_a_translation_has_the_places_of_its_text(path: Path) -> None:
    for message in messages(path):
        meant = set().union(*map(places, forms(message.id)))
        one, *more = map(places, forms(message.string))
        assert all(each == meant for each in more or [one]), message.id
        assert one <= meant, message.id  # a singular may say its "one" in a word
