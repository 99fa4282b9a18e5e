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
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

DOMAIN = "growthml"
FOLDER = Path(__file__).parent / "locale"
SOURCE_LANGUAGE = "en"

_spoken: ContextVar[str] = ContextVar("language", default=SOURCE_LANGUAGE)


def _(text: str, /, **values: object) -> str:
    """The text in the language spoken, its places filled."""
    found = _catalogue(_spoken.get()).gettext(text) if text else ""
    return found.format(**values) if values else found


def n_(one: str, many: str, count: int, /, **values: object) -> str:
    """The form of a text that its language has for `count`, its places filled."""
    found = _catalogue(_spoken.get()).ngettext(one, many, count)
    return found.format(**values) if values else found


def N_(text: str, /) -> str:  # noqa: N802 - gettext's own name
    """The text as it is: marked here, to be looked up by `_` where it is printed."""
    return text


def within(name: str, /) -> str:
    """A name inside a sentence: English writes it small, other languages as it is."""
    return name.lower() if language() == SOURCE_LANGUAGE else name


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
