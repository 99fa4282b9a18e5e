"""Every colour of a report as plain data: token -> (light, dark).

Nothing else in the product names a colour. Every token has a light value of its own, so that a
drawing's literal colours turn back into tokens without ambiguity; where the design gives two tokens
the same white, ink or grey, one differs in its last digit, which no eye sees.

Text on a coloured ground (`on-…`) is a token too, because a ground that carries white in the light
palette may carry ink in the dark one.
"""

from __future__ import annotations

from typing import NamedTuple


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


def light(token: str) -> str:
    """A token's light value; raises KeyError for a name that is no token."""
    return PALETTE[token].light


def dark(token: str) -> str:
    """A token's dark value, for pages that cannot use custom properties; raises as `light` does."""
    return PALETTE[token].dark


def text_of(token: str) -> str:
    """The token in which words about a series are set."""
    return TEXT.get(token, "ink")
