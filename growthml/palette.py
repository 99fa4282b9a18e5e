"""Every colour of a report as plain data: token -> (light, dark).

Nothing else in the product names a colour. Every token has a light value of its own, so that a
drawing's literal colours turn back into tokens without ambiguity; where the design gives two tokens
the same white, ink or grey, one differs in its last digit, which no eye sees.

Text on a coloured ground (`on-…`) is a token too, because a ground that carries white in the light
palette may carry ink in the dark one. A theme's colours stand in the place of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from growthml.theme import worn


class Shade(NamedTuple):
    """A token's two values as `#rrggbb`."""

    light: str
    dark: str


PALETTE: dict[str, Shade] = {
    "bg": Shade("#ffffff", "#161b22"),
    "panel": Shade("#f4f5f7", "#1d242d"),
    "ink": Shade("#14181f", "#e6eaf0"),
    "muted": Shade("#5b6472", "#9aa4b2"),
    "axis": Shade("#8a93a0", "#6b7684"),
    "grid": Shade("#e3e7ec", "#2a323d"),
    "baseline": Shade("#868f9e", "#7f8998"),
    "new": Shade("#0f5bb5", "#79b8ff"),
    "c1": Shade("#e7571a", "#c09356"),
    "c2": Shade("#1fa475", "#c5e5c6"),
    "c3": Shade("#470c49", "#7d5ac6"),
    "c4": Shade("#8d405e", "#c4386e"),
    "c5": Shade("#444410", "#7a6806"),
    "c6": Shade("#0b1f16", "#fbf757"),
    "better": Shade("#3b785e", "#98e7c2"),
    "worse": Shade("#832420", "#d47f6a"),
    "no-evidence": Shade("#454c55", "#9aa4b2"),
    "warning": Shade("#986902", "#ffe261"),
    "warning-tint": Shade("#fdf6e3", "#2a2413"),
    "seq-0": Shade("#f0f4f9", "#222830"),
    "seq-1": Shade("#c1d3ea", "#2c4259"),
    "seq-2": Shade("#90b4db", "#365e85"),
    "seq-3": Shade("#5a95cc", "#3c79b2"),
    "seq-4": Shade("#4175a9", "#699fcb"),
    "seq-5": Shade("#275787", "#96c3e2"),
    "seq-6": Shade("#083b66", "#c7e7f9"),
    "div-0": Shade("#924219", "#f8ba7a"),
    "div-1": Shade("#cb8654", "#bf7e4e"),
    "div-2": Shade("#ecc29b", "#795334"),
    "div-3": Shade("#f4f5f6", "#2e3133"),
    "div-4": Shade("#a9c6e5", "#396188"),
    "div-5": Shade("#5d8fc2", "#5d9acb"),
    "div-6": Shade("#00538c", "#abd8f3"),
    "on-white": Shade("#fefefe", "#fefefe"),
    "on-ink": Shade("#14181e", "#0d1117"),
    "on-white-then-ink": Shade("#fdfdfd", "#0d1117"),
    "on-ink-then-white": Shade("#15181f", "#ffffff"),
}

TOKENS = tuple(token for token in PALETTE if not token.startswith("on-"))
"""What a theme may colour; words on a coloured ground follow from it."""

ON: dict[str, str] = {
    "bg": "ink",
    "panel": "ink",
    "baseline": "on-ink",
    "new": "on-white-then-ink",
    "c1": "on-ink",
    "c2": "on-ink",
    "c3": "on-white",
    "c4": "on-white",
    "c5": "on-white",
    "c6": "on-white-then-ink",
    **{f"seq-{step}": "on-ink-then-white" for step in (0, 1, 2, 3)},
    **{f"seq-{step}": "on-white-then-ink" for step in (4, 5, 6)},
    **{f"div-{step}": "on-white-then-ink" for step in (0, 6)},
    **{f"div-{step}": "on-ink" for step in (1, 5)},
    **{f"div-{step}": "on-ink-then-white" for step in (2, 3, 4)},
}
"""The token of text that stands on a coloured ground; at least 4.5:1 in both palettes."""

TEXT: dict[str, str] = {"baseline": "muted", "new": "new"}
"""The token of text about a series; every series not listed has words in `ink`."""

DASHES: dict[str, tuple[float, ...]] = {
    "c2": (5.0, 1.4),
    "c3": (1.6, 1.2),
    "c4": (6.0, 1.4, 1.4, 1.4),
    "c5": (3.0, 1.2),
    "c6": (8.0, 1.6, 1.4, 1.6, 1.4, 1.6),
}
"""A line's dash in points by token, since grey print does not tell c1 to c6 apart."""


def shades() -> Mapping[str, Shade]:
    """Every token as the report's theme has it; light values are all different."""
    theme = worn()
    return _themed(tuple(sorted(theme.colours.items()))) if theme.colours else PALETTE


def light(token: str) -> str:
    """A token's light value; raises KeyError for a name that is no token."""
    return shades()[token].light


def dark(token: str) -> str:
    """A token's dark value, for pages that cannot use custom properties; raises as `light` does."""
    return shades()[token].dark


@lru_cache(maxsize=8)
def _themed(colours: tuple[tuple[str, tuple[str, str]], ...]) -> dict[str, Shade]:
    own = {token: Shade(*shade) for token, shade in colours}
    taken = {shade.light for token, shade in PALETTE.items() if token not in own}
    for token, shade in own.items():
        while shade.light in taken:
            shade = shade._replace(light=_next_to(shade.light))
        taken.add(shade.light)
        own[token] = shade
    return PALETTE | own


def _next_to(colour: str) -> str:
    """A colour that no eye tells from this one."""
    blue = int(colour[5:], 16)
    return f"{colour[:5]}{blue + 1 if blue < 255 else blue - 7:02x}"


# -- contrast, as WCAG 2.2 defines it -----------------------------------------------------------


def luminance(colour: str) -> float:
    """Relative luminance, 0 black to 1 white: https://www.w3.org/TR/WCAG22/."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21: https://www.w3.org/TR/WCAG22/."""
    dark, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


WORDS = ("ink", "muted", "new", "better", "worse", "no-evidence", "warning")
"""Tokens that words on the page are set in: at least 4.5:1."""
MARKS = ("baseline", "axis", "c1", "c2", "c3", "c4", "c5", "c6")
"""Tokens of marks alone: at least 3:1."""


def for_dark(colour: str) -> str:
    """A colour lightened until it can be read on the dark page, and dark words on it."""
    parts = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    for step in range(21):
        lighter = "#" + "".join(f"{round(part + (255 - part) * step / 20):02x}" for part in parts)
        if contrast(lighter, PALETTE["bg"].dark) >= _READABLE_IN_THE_DARK:
            return lighter
    return "#ffffff"


_READABLE_IN_THE_DARK = 5.5


def unreadable(colours: Mapping[str, tuple[str, str]]) -> list[tuple[str, str]]:
    """What cannot be read of a theme's colours, light and dark: the token, and a sentence."""
    found = []
    palette = PALETTE | {token: Shade(*shade) for token, shade in colours.items()}
    for token, shade in palette.items():
        pairs = [("the page", "bg", 4.5)] if token in WORDS else []
        pairs += [("the page", "bg", 3.0)] if token in MARKS else []
        pairs += [("its words", ON[token], 4.5)] if token in ON else []
        for what, other, least in pairs:
            if not {token, other} & set(colours):
                continue
            for mode, mine, its in zip(Shade._fields, shade, palette[other], strict=True):
                if contrast(mine, its) < least:
                    found.append(
                        (
                            token if token in colours else other,
                            f"{mine} and {its} ({what}, {mode} mode) have a contrast of"
                            f" {contrast(mine, its):.1f}:1; at least {least:g}:1 can be read",
                        )
                    )
                    break
    return found


def text_of(token: str) -> str:
    """The token in which words about a series are set."""
    return TEXT.get(token, "ink")
