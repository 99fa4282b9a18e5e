"""Texts in the reader's language."""

from __future__ import annotations

import pytest
from markupsafe import Markup

from growthml.formats import Formats
from growthml.words import N_, _, direction, isolated, language, n_, plain, speaking

FSI, PDI = "\u2068", "\u2069"


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


def test_a_name_written_the_other_way_stands_apart_in_its_sentence() -> None:
    said = _("{new} against {old}", new="קיץ (2)", old="Spring")
    assert said == f"{FSI}קיץ (2){PDI} against Spring"
    assert n_("{n} {who}", "{n} {who}s", 2, n="2", who="صيف") == f"2 {FSI}صيف{PDI}s"
    assert plain(said) == "קיץ (2) against Spring"
    assert isolated(Markup("<b>קיץ</b>")) == Markup(f"{FSI}<b>קיץ</b>{PDI}")
    assert Formats(locale="en", currency="USD").join(["a", "קיץ"]) == f"a and {FSI}קיץ{PDI}"


def test_names_and_numbers_of_the_same_way_stay_as_they_are() -> None:
    assert isolated("Frühling −3.2 % 春") == "Frühling −3.2 % 春"


def test_in_a_language_from_right_to_left_a_sign_stays_before_its_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # There is no such catalogue yet: the words of this one are English, its direction Hebrew.
    monkeypatch.setattr("growthml.words.language", lambda: "he")
    assert direction("he") == "rtl"
    assert _("{change} fewer", change="−3.2 %") == f"{FSI}−3.2 %{PDI} fewer"
