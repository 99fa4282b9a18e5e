"""The reader's language: every word a report, a mail or the archive shows comes through here.

English is written in the code; `growthml/locale/<language>/LC_MESSAGES/growthml.po` has the
others, as gettext knows them, and `make words` brings them up to date (docs/translating.md). A text
is a whole sentence with named places, never glued from pieces, so that another language can put its
words in its own order:

    _("no user did “{action}” in any campaign", action="bought")
    n_("{n} user", "{n} users", 3, n="3")

Texts that stand in constants are only marked, `N_("Lift")`, and looked up where they are printed.
"""

from __future__ import annotations

import gettext
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from unicodedata import bidirectional

DOMAIN = "growthml"
FOLDER = Path(__file__).parent / "locale"
SOURCE_LANGUAGE = "en"

_ISOLATE, _POP = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
_NO_MARKS = dict.fromkeys(map(ord, _ISOLATE + _POP))

_spoken: ContextVar[str] = ContextVar("language", default=SOURCE_LANGUAGE)


def _(text: str, /, **values: object) -> str:
    """The text in the language spoken, its places filled."""
    found = _catalogue(_spoken.get()).gettext(text) if text else ""
    return filled(found, values)


def n_(one: str, many: str, count: int, /, **values: object) -> str:
    """The form of a text that its language has for `count`, its places filled."""
    found = _catalogue(_spoken.get()).ngettext(one, many, count)
    return filled(found, values)


def N_(text: str, /) -> str:  # noqa: N802 - gettext's own name
    """The text as it is: marked here, to be looked up by `_` where it is printed."""
    return text


def within(name: str, /) -> str:
    """A name inside a sentence: English writes it small, other languages as it is."""
    return name.lower() if language() == SOURCE_LANGUAGE else name


def isolated(text: str, /) -> str:
    """A name or number as it can stand in a sentence that is written the other way.

    A Hebrew name in English, or anything at all in Hebrew, is wrapped in FIRST STRONG ISOLATE and
    POP DIRECTIONAL ISOLATE: what stands beside it keeps its place, and a sign stays before its
    number (Unicode Standard Annex 9). Other text is as it was.
    """
    if _is_turned(language()) or has_turned(text):
        return _ISOLATE + text + _POP  # markup stays markup
    return text


def plain(text: str, /) -> str:
    """The text without marks of direction, for what cannot set them."""
    return text.translate(_NO_MARKS) if not text.isascii() else text


def filled(text: str, values: Mapping[str, object]) -> str:
    """The text with its places filled, each apart from the direction of the rest."""
    placed = {
        name: isolated(value) if isinstance(value, str) else value for name, value in values.items()
    }
    return text.format(**placed) if placed else text


@cache
def _is_turned(language: str) -> bool:
    return language != SOURCE_LANGUAGE and direction(language) == "rtl"


def has_turned(text: str) -> bool:
    """Whether any of it is written from right to left."""
    return not text.isascii() and any(bidirectional(char) in ("R", "AL") for char in text)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Texts within are in this language; in English where there is no catalogue of it."""
    token = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(token)


def language() -> str:
    """The language that texts are in, such as `de`: English where there is no catalogue."""
    return _spoken.get() if has(_spoken.get()) else SOURCE_LANGUAGE


def has(language: str) -> bool:
    """Whether there are texts in a language."""
    return language == SOURCE_LANGUAGE or gettext.find(DOMAIN, FOLDER, [language]) is not None


def direction(language: str) -> str:
    """Which way a language is written, `ltr` or `rtl`."""
    from babel import Locale

    return str(Locale.parse(language).text_direction)


def languages() -> list[str]:
    """The languages there are texts in, English among them."""
    files = FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.mo")
    return sorted({SOURCE_LANGUAGE, *(path.parents[1].name for path in files)})


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, FOLDER, [language], fallback=True)
