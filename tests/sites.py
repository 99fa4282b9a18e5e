"""Tiny databases in the simulator's schema, small enough to count on one's fingers."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from growthml.simulate import SQLITE_SCHEMA

Row = Sequence[Any]

SECTIONS = ["summary", "acquisition", "tendencies", "profitability", "data_quality"]
"""What a tiny report holds where a test does not say: sections that a handful of users can feed."""

MEALS = ((1, "thai", "2025-01-01", 10), (2, "greek", "2025-01-01", 20))
"""id, Type, date, price."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """A site's rows. users: id, channel, sign-up day. events: user, action, day, meal."""

    users: Iterable[Row] = ()
    events: Iterable[Row] = ()
    meals: Iterable[Row] = MEALS

    def write(self, path: Path) -> Path:
        """Write it as a SQLite file, its foreign keys not enforced."""
        with closing(sqlite3.connect(path)) as database, database:
            database.executescript(SQLITE_SCHEMA)
            database.executemany(
                'INSERT INTO "Users" VALUES (?, ?, ?, ?)',
                [(user, day, channel, day) for user, channel, day in self.users],
            )
            database.executemany('INSERT INTO "Meal" VALUES (?, ?, ?, ?)', list(self.meals))
            database.executemany(
                'INSERT INTO "Event" (date, "User_Id", "Meal_Id", "Type") VALUES (?, ?, ?, ?)',
                [(day, user, meal, action) for user, action, day, meal in self.events],
            )
        return path


EMPTY = Site(meals=())

SPRING = Site(
    users=[
        (1, "FB", "2025-01-02"),
        (2, "FB", "2025-01-03"),
        (3, "PI", "2025-01-10"),
        (4, "PI", "2025-02-01"),
    ],
    events=[
        (1, "like", "2025-01-05", 1),
        (2, "nothing", "2025-01-05", 1),
        (3, "bought", "2025-01-12", 1),
        (3, "bought", "2025-02-12", 2),
    ],
)
"""Four users; user 3 alone buys, for 10 and for 20; users 1 and 3 are active."""

SUMMER = Site(
    users=[
        (1, "FB", "2025-01-02"),
        (2, "PI", "2025-01-03"),
        (3, "PI", "2025-01-10"),
        (4, "PI", "2025-02-01"),
        (5, "FB", "2025-02-03"),
    ],
    events=[
        (1, "share", "2025-01-05", 1),
        (2, "bought", "2025-01-12", 2),
        (3, "bought", "2025-02-18", 2),
    ],
)
"""Five users; users 2 and 3 buy once each, for 20; users 1, 2 and 3 are active."""


def config_of(folder: Path, **keys: Any) -> Path:
    """A config file in a folder; what is not given is a comparison of spring.db and summer.db."""
    document = {
        "report": {"name": "tiny"},
        "sources": {
            name: {"url": f"sqlite:///{folder / name}.db"} for name in ("spring", "summer")
        },
        "campaigns": {
            "baseline": {"source": "spring", "label": "Spring"},
            "new": {"source": "summer", "label": "Summer"},
        },
        "sections": SECTIONS,
        "output": {"archive": str(folder / "reports"), "formats": ["html"]},
    }
    kept = {key: value for key, value in (document | keys).items() if value is not None}
    path = folder / "report.yml"
    path.write_text(yaml.safe_dump(kept, sort_keys=False), encoding="utf-8")
    return path


def write_pair(folder: Path, baseline: Site = SPRING, new: Site = SUMMER, **keys: Any) -> Path:
    """Both databases and a config that compares them."""
    folder.mkdir(parents=True, exist_ok=True)
    baseline.write(folder / "spring.db")
    new.write(folder / "summer.db")
    return config_of(folder, **keys)
