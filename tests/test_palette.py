"""The tokens against the contrast the design asks for (WCAG 2.2, relative luminance)."""

from __future__ import annotations

import pytest

from growthml.palette import (
    DASHES,
    MARKS,
    ON,
    PALETTE,
    TOKENS,
    WORDS,
    contrast,
    for_dark,
    light,
    shades,
    text_of,
    unreadable,
)
from growthml.theme import Theme, dressed


def test_every_token_has_a_light_value_of_its_own() -> None:
    assert len({shade.light for shade in PALETTE.values()}) == len(PALETTE)


@pytest.mark.parametrize("ground", ON)
@pytest.mark.parametrize("mode", [0, 1])
def test_words_on_a_coloured_ground_can_be_read(ground: str, mode: int) -> None:
    assert contrast(PALETTE[ground][mode], PALETTE[ON[ground]][mode]) >= 4.5


@pytest.mark.parametrize("token", WORDS)
@pytest.mark.parametrize("mode", [0, 1])
def test_words_on_the_page_can_be_read(token: str, mode: int) -> None:
    assert contrast(PALETTE["bg"][mode], PALETTE[token][mode]) >= 4.5


@pytest.mark.parametrize("token", MARKS)
@pytest.mark.parametrize("mode", [0, 1])
def test_marks_stand_out_from_the_page(token: str, mode: int) -> None:
    assert contrast(PALETTE["bg"][mode], PALETTE[token][mode]) >= 3.0


def test_words_about_a_series_can_be_read() -> None:
    assert [text_of(token) for token in ("baseline", "new", "c1", "c2")] == [
        "muted",
        "new",
        "ink",
        "ink",
    ]


def test_lines_of_categories_differ_without_colour() -> None:
    dashes = [DASHES.get(f"c{number}", ()) for number in range(1, 7)]
    assert len(set(dashes)) == 6


def test_a_name_that_is_no_token_is_an_error() -> None:
    with pytest.raises(KeyError):
        light("mauve")


# -- a theme's colours ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        # Published examples of WCAG's technique G18 and its tools.
        ("#777777", "#ffffff", 4.48),
        ("#767676", "#ffffff", 4.54),
        ("#ff0000", "#ffffff", 4.00),
    ],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.005)
    assert contrast(other, one) == contrast(one, other)


def test_a_themes_colours_stand_in_the_place_of_ours() -> None:
    theme = Theme(colours={"new": ("#990033", "#ff6699")})
    with dressed(theme):
        assert light("new") == "#990033"
        assert light("ink") == PALETTE["ink"].light
    assert light("new") == PALETTE["new"].light


def test_light_values_stay_different_where_a_theme_repeats_one() -> None:
    repeated = PALETTE["ink"].light
    with dressed(Theme(colours={"new": (repeated, repeated), "c3": (repeated, repeated)})):
        assert len({shade.light for shade in shades().values()}) == len(PALETTE)
        assert contrast(light("new"), repeated) < 1.01


@pytest.mark.parametrize("colour", ["#000000", "#0f5bb5", "#990033", "#ffffff"])
def test_a_colour_for_the_dark_page_can_be_read_there(colour: str) -> None:
    assert contrast(for_dark(colour), PALETTE["bg"].dark) >= 4.5


def test_our_own_colours_can_all_be_read() -> None:
    assert unreadable({token: tuple(PALETTE[token]) for token in TOKENS}) == []


def test_a_colour_that_cannot_be_read_is_named() -> None:
    ((token, why),) = unreadable({"muted": ("#777777", "#9aa4b2")})
    assert token == "muted"
    assert why == (
        "#777777 and #ffffff (the page, light mode) have a contrast of 4.5:1;"
        " at least 4.5:1 can be read"
    )
