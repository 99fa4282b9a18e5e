"""A web log of eighteen lines, told so that its sessions can be counted on one's fingers.

Ann comes from Facebook, reads two pages and asks for a picture; exactly thirty minutes after it
she reads on, and half an hour and a second later she comes back to one page. Bob shares Ann's
address but not her browser: a search brings him to one page. Cat asks for a page that is not
there, comes back a day later, logs in and sees three pages, the last two in one second. Dan posts
a form and nothing more. A crawler reads three pages.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from growthml.config.tables import Schema
from tests.facts.market import Question, Table, at, write

ANN, BOB, CAT, DAN, BOT = "1.1.1.1", "1.1.1.1", "2.2.2.2", "3.3.3.3", "9.9.9.9"
FOX, CROW, CRAWLER = "Fox/1.0", "Crow/2.0", "GoodBot/3.1 (+http://bots.example)"
OWN = "https://www.shop.example/"
CANNED = "fish & <chips>"

LINES: list[tuple[Any, ...]] = [
    (1, "2025-03-03 10:00:00", ANN, FOX, None, "GET", "/", 200, "https://m.facebook.com/x?y=1"),
    (2, "2025-03-03 10:00:10", ANN, FOX, None, "GET", "/menu?sort=price", 200, OWN),
    (3, "2025-03-03 10:00:11", ANN, FOX, None, "GET", "/dish.PNG?v=2", 200, OWN + "menu"),
    (4, "2025-03-03 10:30:11", ANN, FOX, None, "GET", "/menu", 304, OWN),
    (5, "2025-03-03 11:00:12", ANN, FOX, None, "GET", "/menu", 200, OWN),
    (6, "2025-03-03 10:00:05", BOB, CROW, None, "GET", "/menu", 200, "http://www.google.de/q"),
    (7, "2025-03-03 23:59:00", CAT, FOX, None, "GET", "/gone", 404, "-"),
    (8, "2025-03-05 08:00:00", CAT, FOX, "cat", "GET", "/login", 200, None),
    (9, "2025-03-05 08:01:40", CAT, FOX, "cat", "GET", "/b", 200, OWN),
    (10, "2025-03-05 08:01:40", CAT, FOX, "cat", "GET", "/a", 200, OWN),
    (11, "2025-03-05 09:00:00", DAN, None, None, "POST", "/form", 200, ""),
    (12, "2025-03-03 01:00:00", BOT, CRAWLER, None, "GET", "/", 200, None),
    (13, "2025-03-03 01:00:01", BOT, CRAWLER, None, "GET", "/menu", 200, None),
    (14, "2025-03-03 01:00:02", BOT, CRAWLER, None, "GET", "/a", 500, None),
    (15, "2031-01-01 00:00:00", ANN, FOX, None, "GET", "/", 200, None),
]
"""Line 15 is not seen yet."""

COLUMNS = {
    "n": "INTEGER",
    "at": "TIMESTAMP",
    "ip": "VARCHAR",
    "browser": "VARCHAR",
    "who": "VARCHAR",
    "verb": "VARCHAR",
    "path": "VARCHAR",
    "code": "INTEGER",
    "came_from": "VARCHAR",
}
MALFORMED = [
    ("log", 3, "no time", "- - -"),
    ("log", 9, "no time", "<b>x</b>"),
    ("log", 11, "no status", "GET /"),
]
FIELDS = {
    "occurred_at": "at",
    "visitor": "ip",
    "user_id": "who",
    "page": "path",
    "referrer": "came_from",
    "status": "code",
    "agent": "browser",
    "method": "verb",
    "line": "n",
}


def tables() -> list[Table]:
    lines = [(n, at(when), *rest) for n, when, *rest in LINES]
    kinds = {"file": "VARCHAR", "line": "INTEGER", "reason": "VARCHAR", "sample": "VARCHAR"}
    return [
        Table(name="hits_of_ours", columns=COLUMNS, rows=lines),
        Table(name="unread", columns=kinds, rows=MALFORMED),
    ]


def web(backend: str, folder: Path, without: tuple[str, ...] = ()) -> Question:
    """The log as a source; `without` leaves fields out of the mapping."""
    return asked_of(write(backend, folder, tables()), without)


def asked_of(url: str, without: tuple[str, ...] = ()) -> Question:
    """The same of a source that is there."""
    fields = {name: column for name, column in FIELDS.items() if name not in without}
    requests = {"table": "hits_of_ours", "malformed": "unread", **fields}
    return Question(url=url, schema=Schema.model_validate({"requests": requests}))
