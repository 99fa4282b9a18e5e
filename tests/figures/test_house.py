"""Words as the fonts set them; widths are checked against the font's own advance table."""

from __future__ import annotations

import pytest
from fontTools.ttLib import TTFont

from growthml import fonts
from growthml.figures import house
from growthml.fonts import Weight


def advances(words: str, weight: Weight) -> float:
    """The sum of the glyphs' advances in em, as `hmtx` has them."""
    font = TTFont(fonts.ttf(weight))
    names, table = font.getBestCmap(), font["hmtx"]
    return sum(table[names[ord(char)]][0] for char in words) / font["head"].unitsPerEm


@pytest.mark.parametrize("weight", [400, 600])
@pytest.mark.parametrize("words", ["0123456789", "1,093", "■ ○ ●"])
def test_width_is_what_the_font_says(words: str, weight: Weight) -> None:
    millimetres = advances(words, weight) * 10 * 25.4 / 72
    assert house.text_width(words, 10, weight) == pytest.approx(millimetres, rel=0.01)


@pytest.mark.parametrize("weight", [400, 600])
def test_digits_are_tabular(weight: Weight) -> None:
    assert len({round(house.text_width(digit, 8, weight), 6) for digit in "0123456789"}) == 1


def test_short_words_stay_on_one_line() -> None:
    assert house.wrap("Facebook", 40, 8) == ("Facebook",)


def test_long_words_break_between_words() -> None:
    width = house.text_width("Partner newsletter", 8) + 0.1
    assert house.wrap("Partner newsletter of May", width, 8) == ("Partner newsletter", "of May")


def test_too_long_words_end_in_an_ellipsis_and_fit() -> None:
    lines = house.wrap("Partner newsletter of the northern shop", 18, 8)
    assert len(lines) == 2
    assert lines[1].endswith("…")
    assert all(house.text_width(line, 8) <= 18 for line in lines)


def test_a_single_long_word_is_cut() -> None:
    lines = house.wrap("x" * 200, 25, 8)
    assert "".join(lines).startswith("xxx")
    assert all(house.text_width(line, 8) <= 25 for line in lines)


def test_what_no_svg_may_hold_is_dropped() -> None:
    assert house.clean(" a\x00b\nc\ud800 ") == "a b c"


def test_missing_glyphs_are_named_once() -> None:
    assert house.not_ours("東京東 → ● − ≥ Ελ Жя €") == "東京"
