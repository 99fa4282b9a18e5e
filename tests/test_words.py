"""Texts in the reader's language."""

from __future__ import annotations

from growthml.words import N_, _, language, n_, speaking


def test_english_is_what_the_code_says() -> None:
    assert _("no user did “{action}”", action="{bought}") == "no user did “{bought}”"
    assert n_("{n} user", "{n} users", 1, n="1") == "1 user"
    assert n_("{n} user", "{n} users", 2, n="2") == "2 users"
    assert N_("Lift") == "Lift"


def test_a_language_is_spoken_within_and_no_longer() -> None:
    with speaking("de"):
        assert language() == "de"
    assert language() == "en"


def test_a_language_without_a_catalogue_is_english() -> None:
    with speaking("xx"):
        assert _("Lift") == "Lift"
