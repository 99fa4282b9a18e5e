"""A report's own look: what a config's `theme` changes of ours, as data that a run carries.

Colours and typefaces are asked for in many places, by figures, pages and mails; they are worn while
a run is drawn and set, `with dressed(theme)`, and everybody asks what is worn.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Literal

Paper = Literal["A4", "Letter"]


@dataclass(frozen=True, kw_only=True)
class Theme:
    """A look. colours: `#rrggbb` by token, light and dark. fonts: TrueType or OpenType files in
    base64 by weight, `400` and `600`. logo: an image as a `data:` URI, or empty."""

    colours: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    fonts: Mapping[str, str] = field(default_factory=dict)
    logo: str = ""
    paper: Paper = "A4"

    @property
    def digest(self) -> str:
        """Tells looks apart; empty for ours."""
        if self == Theme():
            return ""
        parts = (sorted(self.colours.items()), sorted(self.fonts.items()), self.logo, self.paper)
        return hashlib.sha256(repr(parts).encode()).hexdigest()


OURS = Theme()
_worn: ContextVar[Theme] = ContextVar("theme", default=OURS)


def worn() -> Theme:
    """The look of what is drawn now."""
    return _worn.get()


@contextmanager
def dressed(theme: Theme) -> Iterator[None]:
    """What is drawn and set within looks like this."""
    token = _worn.set(theme)
    try:
        yield
    finally:
        _worn.reset(token)
