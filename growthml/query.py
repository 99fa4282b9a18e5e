"""A query of one's own as text: one SELECT, and what it is given by name.

Values never become part of the text: a query says `:window_from`, and the database is handed the
day beside it. Quoted text and comments are left as they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

PARAMETERS: Mapping[str, str] = {
    "campaign": "the campaign's key",
    "window_from": "its first day; 1900-01-01 where it has none",
    "window_to": "the first day that no longer counts, at the latest the day after as_of",
    "as_of": "the last day seen",
}
"""What a query may name, and what it is given for it."""

USERS = "report_users"
"""The relation a query may read: who belongs to the campaign, by the report's own rules."""

_APART = re.compile(
    r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|--[^\n]*|/\*.*?\*/|(\$\w*\$).*?\1", re.DOTALL
)
_NAMED = re.compile(r"(?<![:\w\\]):([A-Za-z_]\w*)(?!\w|:(?!:))")
_CAST = re.compile(rf"{_NAMED.pattern}(?=::)")
_COLON = re.compile(r"(?<![:\w\\]):(?=\w)")
_WITH = re.compile(r"\s*with\s+(?:(recursive)\s+)?", re.IGNORECASE)


def fault(text: str) -> str:
    """Why a text cannot be a query of one's own, as a sentence; empty where it can."""
    bare = _bare(text)
    first = re.match(r"[\s(]*(\w+)", bare)
    if first is None or first[1].lower() not in ("select", "with"):
        return "a query reads and does nothing else: it begins with SELECT or WITH"
    if ";" in bare.strip().rstrip(";").rstrip():
        return "a query is one statement; leave out what follows the semicolon"
    if any(quote in bare for quote in "'\"`"):
        return "a quote in the query is not closed"
    for name in sorted(parameters(text)):
        if name not in PARAMETERS:
            known = ", ".join(f":{each}" for each in PARAMETERS)
            return f"the query names a value ':{name}' that it is not given; there are {known}"
    return ""


def parameters(text: str) -> set[str]:
    """The values a query asks for, without their colon."""
    return set(_NAMED.findall(_bare(text)))


def reads_users(text: str) -> bool:
    """Whether a query reads the campaign's own users."""
    return re.search(rf"\b{USERS}\b", _bare(text), re.IGNORECASE) is not None


def heeds_window(text: str) -> bool:
    """Whether a query asks for the campaign's window."""
    return bool(parameters(text) & {"window_from", "window_to"})


def bindable(text: str) -> str:
    """The text as `sqlalchemy.text` takes it: no semicolon, no colon in quotes taken for a name."""
    end = _bare(text).rstrip()
    text = text[: len(end.rstrip(";").rstrip())] if end.endswith(";") else text
    apart = _APART.sub(lambda found: _COLON.sub(r"\\:", found[0]), text)
    return _CAST.sub(r":\1 ", apart)  # SQLAlchemy takes `:day::date` for no name at all


def after_with(text: str) -> tuple[str, bool]:
    """A query to stand behind a WITH of ours: its own list goes on; and whether it is recursive."""
    found = _WITH.match(_bare(text))
    if found is None:
        return text, False
    return f", {text[found.end() :]}", found[1] is not None


def _bare(text: str) -> str:
    """The text with blanks for what is quoted or commented, each part as long as it was."""
    return _APART.sub(lambda found: " " * len(found[0]), text)
