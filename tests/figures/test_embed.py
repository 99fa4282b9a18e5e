"""An SVG on a page: tokens for colours, ids of its own, words untouched."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from base64 import b64decode

import pytest

from growthml.charts import BarPanel, Bars, Series
from growthml.figures import data_uri, draw, inline
from growthml.formats import Formats
from growthml.palette import PALETTE

SVG = """<?xml version="1.0" encoding="utf-8" standalone="no"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
 width="72pt" height="36pt" viewBox="0 0 72 36">
 <metadata><x/></metadata>
 <defs>
  <style type="text/css">*{stroke-linejoin: round}</style>
 </defs>
 <clipPath id="p1"><path d="M 0 0 z"/></clipPath>
 <path d="M 0 0 z" style="fill: #0f5bb5; stroke: #123456" clip-path="url(#p1)"/>
 <use xlink:href="#p1"/>
 <text style="fill: #14181f">id="p1" style="fill: #0f5bb5"</text>
</svg>"""


def test_only_the_element_is_left() -> None:
    page = inline(SVG, "fig-1-")
    assert page.startswith("<svg ")
    assert page.endswith("</svg>")
    assert "DOCTYPE" not in page
    assert "metadata" not in page
    assert "<style" not in page


def test_colours_become_tokens_and_strangers_stay() -> None:
    assert 'style="fill: var(--new); stroke: #123456"' in inline(SVG, "")


def test_ids_and_what_points_to_them_are_prefixed() -> None:
    page = inline(SVG, "fig-1-")
    assert '<clipPath id="fig-1-p1">' in page
    assert 'clip-path="url(#fig-1-p1)"' in page
    assert 'xlink:href="#fig-1-p1"' in page


def test_words_that_look_like_markup_are_untouched() -> None:
    page = ET.fromstring(inline(SVG, "fig-1-"))
    (text,) = page.iter("{http://www.w3.org/2000/svg}text")
    assert text.text == 'id="p1" style="fill: #0f5bb5"'


def test_the_size_is_in_millimetres_and_the_height_follows() -> None:
    root = ET.fromstring(inline(SVG, "")).attrib
    assert root["width"] == "25.4mm"
    assert root["viewBox"] == "0 0 72 36"
    assert "height" not in root


def test_an_svg_without_a_view_box_is_refused() -> None:
    with pytest.raises(ValueError, match="no viewBox"):
        inline("<svg></svg>", "")


def test_a_drawing_keeps_no_literal_colour() -> None:
    chart = Bars(
        id="users",
        title="",
        subtitle="",
        alt="",
        rows=["Facebook"],
        series=[Series(label="Spring", colour="baseline"), Series(label="Summer", colour="new")],
        panels=[BarPanel(title="", values=[[235], [190]])],
        unit="count",
    )
    page = inline(draw(chart, Formats(), "S").svg, "fig-1-")
    assert not re.search(r"#[0-9a-f]{6}", page)
    assert set(re.findall(r"var\(--([\w-]+)\)", page)) <= set(PALETTE)
    assert "var(--baseline)" in page


def test_a_data_uri_holds_the_very_document() -> None:
    kind, data = data_uri(SVG).split(",")
    assert kind == "data:image/svg+xml;base64"
    assert b64decode(data).decode() == SVG
