"""The theme: colours, fonts, paper, logo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, Tag, field_validator

from growthml.config.model import Model
from growthml.config.types import Colour, Language, Path, Token, by_shape, problem
from growthml.palette import for_dark, unreadable


class Tones(Model):
    """A colour on the light page and on the dark one."""

    light: Colour
    """On white, as `#rrggbb`."""
    dark: Colour | None = None
    """On the dark page of HTML. Left out: the light one, lightened until it can be read."""


ColourChoice = Annotated[
    Annotated[Colour, Tag("text")] | Annotated[Tones, Tag("mapping")],
    by_shape("a colour such as '#0f5bb5' or {light: '#0f5bb5', dark: '#79b8ff'}"),
]


def shades_of(colours: Mapping[str, ColourChoice]) -> dict[str, tuple[str, str]]:
    """The light and the dark value of each colour of a theme."""
    tones = {
        token: Tones(light=chosen) if isinstance(chosen, str) else chosen
        for token, chosen in colours.items()
    }
    return {token: (each.light, each.dark or for_dark(each.light)) for token, each in tones.items()}


class FontsConfig(Model):
    """A typeface, as TrueType or OpenType files. They are embedded in HTML and PDF: see to it that
    their licence allows that."""

    regular: Path
    """The file of the text."""
    bold: Path | None = None
    """The file of headings and emphasis. Left out: `regular`."""


class ThemeConfig(Model):
    """The report's own look. Whatever is left out stays as it is."""

    logo: Path | None = None
    """A PNG, JPEG or SVG file; it stands at the head of the front page, 8 mm high."""
    colours: Mapping[Token, ColourChoice] = Field(default_factory=dict)
    """By what is coloured (`new`, `baseline`, `c1` to `c6` for channels, `ink`, `better`, `worse`
    …): `"#0f5bb5"`, or `{light: "#0f5bb5", dark: "#79b8ff"}`. Colours that could not be read are
    refused."""
    fonts: FontsConfig | None = None
    """Your own typeface."""
    paper: Literal["A4", "Letter"] = "A4"
    """The PDF's paper."""
    language: Language | None = None
    """The language of the words, such as `de`. Left out: that of `report.locale`."""

    @field_validator("colours")
    @classmethod
    def _can_be_read(cls, colours: Mapping[str, ColourChoice]) -> Mapping[str, ColourChoice]:
        for token, why in unreadable(shades_of(colours)):
            raise problem(f"{token}: {why}")
        return colours
