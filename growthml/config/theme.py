"""The look a config asks for, its files read."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO
from pathlib import Path

from growthml.config.look import FontsConfig, ThemeConfig, shades_of
from growthml.errors import UsageError
from growthml.theme import OURS, Theme

_PICTURES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".svg": "image/svg+xml",
}


def read_theme(config: ThemeConfig) -> Theme:
    """The look as data; raises UsageError for a file that is not there or is of no use."""
    if config == ThemeConfig(language=config.language):
        return OURS
    return Theme(
        colours=shades_of(config.colours),
        fonts=_fonts(config.fonts) if config.fonts else {},
        logo=_logo(config.logo) if config.logo else "",
        paper=config.paper,
    )


def _logo(path: str) -> str:
    kind = _PICTURES.get(Path(path).suffix.lower())
    if kind is None:
        raise UsageError(f"theme.logo: {path} is not a .png, .jpg or .svg file")
    return f"data:{kind};base64,{b64encode(_read('theme.logo', path)).decode()}"


def _fonts(config: FontsConfig) -> dict[str, str]:
    fonts = {"400": _font("theme.fonts.regular", config.regular)}
    if config.bold:
        fonts["600"] = _font("theme.fonts.bold", config.bold)
    return fonts


def _font(key: str, path: str) -> str:
    from fontTools.ttLib import TTFont, TTLibError

    data = _read(key, path)
    try:
        TTFont(BytesIO(data)).close()
    except TTLibError as error:
        raise UsageError(f"{key}: {path} is no TrueType or OpenType font: {error}") from None
    return b64encode(data).decode()


def _read(key: str, path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UsageError(
            f"{key}: cannot read {path}: {error.strerror}"
            " (relative paths start in the folder the command runs in)"
        ) from None
