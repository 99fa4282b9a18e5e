"""Variables from the environment, and the passwords among them."""

from __future__ import annotations

import pytest

from growthml.config.environment import (
    VariableError,
    has_variable,
    is_one_variable,
    substitute,
    written_secrets,
)
from growthml.secrets import redact


def test_a_default_stands_in_for_what_is_not_set_or_empty() -> None:
    text = "${HOST:-localhost}:${PORT}"
    assert substitute(text, {"PORT": "5432"}) == "localhost:5432"
    assert substitute(text, {"PORT": "5432", "HOST": ""}) == "localhost:5432"
    assert substitute(text, {"PORT": "5432", "HOST": "db"}) == "db:5432"
    assert substitute("${HOST:-}", {}) == ""


def test_what_a_variable_holds_is_not_read_again() -> None:
    assert substitute("${A}", {"A": "${B}", "B": "no"}) == "${B}"


def test_two_dollars_stand_for_the_characters() -> None:
    assert substitute("cost $5, $${A}, ${A}", {"A": "a"}) == "cost $5, ${A}, a"


@pytest.mark.parametrize("text", ["${A", "${}", "${A B}", "${A:-${B}}"])
def test_what_is_no_variable_is_refused(text: str) -> None:
    with pytest.raises(VariableError, match="cannot read"):
        substitute(text, {"A": "a", "B": "b"})


def test_which_texts_come_from_the_environment() -> None:
    assert is_one_variable("${A:-1}")
    assert not is_one_variable("${A} ")
    assert not is_one_variable("$${A}")
    assert has_variable("x ${A}")
    assert not has_variable("x $${A}")


def test_a_password_with_an_at_sign_in_it_is_known_whole() -> None:
    substitute("postgresql://ann:${PW}@db/shop", {"PW": "left@right/77"})
    assert redact("auth failed: left@right/77") == "auth failed: ***"


def test_passwords_written_in_the_text() -> None:
    assert written_secrets("postgresql://ann:abc@db/x") == ["abc"]
    assert written_secrets("postgresql://ann:${PW}@db/x") == []
    assert written_secrets("postgresql://ann:${PW:-abc}@db/x") == ["abc"]
    assert written_secrets("https://api.example.com/x?api_key=abc&n=1") == ["abc"]
    assert written_secrets("sqlite:///data/shop.db?mode=ro") == []
