"""The tokens against the contrast the design asks for (WCAG 2.2, relative luminance)."""

from __future__ import annotations

import pytest

from growthml.figures.palette import DASHES, ON, PALETTE, light, text_of


def luminance(colour: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


def test_every_token_has_a_light_value_of_its_own() -> None:
    assert len({shade.light for shade in PALETTE.values()}) == len(PALETTE)


@pytest.mark.parametrize("ground", ON)
@pytest.mark.parametrize("mode", [0, 1])
def test_words_on_a_coloured_ground_can_be_read(ground: str, mode: int) -> None:
    assert contrast(PALETTE[ground][mode], PALETTE[ON[ground]][mode]) >= 4.5


@pytest.mark.parametrize(
    "token", ["ink", "muted", "new", "better", "worse", "no-evidence", "warning"]
)
@pytest.mark.parametrize("mode", [0, 1])
def test_words_on_the_page_can_be_read(token: str, mode: int) -> None:
    assert contrast(PALETTE["bg"][mode], PALETTE[token][mode]) >= 4.5


@pytest.mark.parametrize("token", ["baseline", "new", "axis", "c1", "c2", "c3", "c4", "c5", "c6"])
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
