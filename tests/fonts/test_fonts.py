"""The shipped fonts: their names, weights, glyphs and licence."""

from __future__ import annotations

from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from growthml import fonts
from growthml.fonts import Weight

USED = "−×→←▲●○■≥≈–—…•·≤±€£¥‘’“”\u00a0\u202fÄßéŁğ ΑλΩ ЖяЇ"


@pytest.mark.parametrize("weight", [400, 600])
@pytest.mark.parametrize("file", [fonts.ttf, fonts.woff2])
def test_a_weight_is_static_named_ours_and_complete(weight: Weight, file) -> None:
    font = TTFont(file(weight))
    assert font["name"].getDebugName(1) == "Growth Sans"
    assert font["OS/2"].usWeightClass == weight
    assert "fvar" not in font
    assert {ord(char) for char in USED} <= set(font.getBestCmap())


@pytest.mark.parametrize("weight", [400, 600])
def test_the_reserved_name_is_in_no_name_of_ours(weight: Weight) -> None:
    names = TTFont(fonts.ttf(weight))["name"].names
    assert not any("Source" in str(name) for name in names if name.nameID in (1, 2, 3, 4, 6, 16))


def test_the_licence_lies_beside() -> None:
    text = fonts.ttf(400).with_name("OFL.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in text
    assert "Reserved Font Name 'Source'" in text


@pytest.mark.slow
def test_the_build_gives_the_shipped_bytes(tmp_path: Path) -> None:
    pytest.importorskip("fontpkg_source_sans_3")
    from growthml.fonts.build import build

    build(tmp_path)
    for made in tmp_path.iterdir():
        assert made.read_bytes() == fonts.ttf(400).with_name(made.name).read_bytes()
    assert len(list(tmp_path.iterdir())) == 5
