"""Databases nobody described, small enough to see at a glance, and what is guessed of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from growthml.guess.address import addresses
from growthml.guess.choice import Settle, best
from growthml.guess.draft import draft, todos
from growthml.guess.look import look

Rows = Sequence[Sequence[Any]]
TODAY = date(2026, 6, 15)


def database(path: Path, tables: Mapping[str, Rows], *statements: str) -> str:
    """A SQLite file: by `name (columns)` its rows, then further statements; its URL."""
    with closing(sqlite3.connect(path)) as made, made:
        for table, rows in tables.items():
            made.execute(f"CREATE TABLE {table}")
            name = table.partition(" (")[0]
            for row in rows:
                made.execute(f"INSERT INTO {name} VALUES ({', '.join('?' * len(row))})", row)
        for statement in statements:
            made.execute(statement)
    return f"sqlite:///{path}"


def text_of(*urls: str, settle: Settle = best, today: date = TODAY) -> str:
    """The config that is written for these data."""
    return draft(look("growthml", addresses(urls, {}), settle, today))


def guessed(*urls: str, settle: Settle = best, today: date = TODAY) -> Any:
    """The same as data; no line of it is left to be filled in."""
    text = text_of(*urls, settle=settle, today=today)
    assert todos(text) == []
    return yaml.safe_load(text)
