"""A report's own look, as the config says it."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

import pytest

from growthml import fonts
from growthml.config.schema import Config
from growthml.config.theme import read_theme
from growthml.errors import UsageError
from growthml.theme import OURS

Read = Callable[..., Config]
Problems = Callable[..., list[str]]

SHORTEST = """\
sources: {shop: {url: shop.db}}
campaigns: {only: {source: shop}}
"""
DOT = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1z"/></svg>'


def test_without_a_theme_the_look_is_ours(config: Read) -> None:
    theme = read_theme(config(SHORTEST).theme)
    assert theme == OURS
    assert theme.digest == ""


def test_a_whole_theme(config: Read, tmp_path: Path) -> None:
    logo = tmp_path / "logo.svg"
    logo.write_text(DOT)
    regular = fonts.OURS[400]
    read = config(
        SHORTEST
        + f"""\
theme:
  logo: {logo}
  colours: {{new: "#990033", c1: {{light: "#E06030", dark: "#c09356"}}}}
  fonts: {{regular: {regular}}}
  paper: Letter
"""
    )
    theme = read_theme(read.theme)
    assert theme.paper == "Letter"
    assert theme.colours["new"][0] == "#990033"
    assert theme.colours["c1"] == ("#e06030", "#c09356")
    assert b64decode(theme.fonts["400"]) == regular.read_bytes()
    assert b64decode(theme.logo.removeprefix("data:image/svg+xml;base64,")).decode() == DOT
    assert theme.digest != ""


@pytest.mark.parametrize(
    ("theme", "message"),
    [
        ("{colors: {new: '#990033'}}", "(did you mean 'colours'?)"),
        ("{colours: {neu: '#990033'}}", "unknown colour 'neu' (did you mean 'new'?)"),
        ("{colours: {new: red}}", "expected a colour such as '#0f5bb5' (in quotes), got 'red'"),
        (
            "{colours: {new: '#ffff00'}}",
            "new: #ffff00 and #ffffff (the page, light mode) have a contrast of 1.1:1;"
            " at least 4.5:1 can be read",
        ),
        ("{paper: A5}", "A4"),
        ("{language: tlh}", "there is no catalogue of the language 'tlh'; there are"),
        ("{fonts: {bold: b.ttf}}", "regular"),
    ],
)
def test_a_faulty_theme_is_named_with_its_line(
    problems: Problems, theme: str, message: str
) -> None:
    (found,) = problems(SHORTEST + f"theme: {theme}\n")
    assert message in found
    assert ":3:" in found


@pytest.mark.parametrize(
    ("theme", "message"),
    [
        ("{logo: logo.bmp}", "theme.logo: logo.bmp is not a .png, .jpg or .svg file"),
        ("{logo: nowhere/logo.png}", "theme.logo: cannot read nowhere/logo.png: No such file"),
        ("{fonts: {regular: config/weekly.yml}}", "weekly.yml is no TrueType or OpenType font"),
    ],
)
def test_a_file_of_no_use_is_named(config: Read, theme: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_theme(config(SHORTEST + f"theme: {theme}\n").theme)
    assert message in str(caught.value)
