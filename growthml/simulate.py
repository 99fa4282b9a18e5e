"""One seeded, made-up food site, with the truth known: demo, docs and tests use it.

Users come from four networks and lean towards one action each: Facebook likes, Reddit shares,
Pinterest buys, Twitter mostly does nothing. Who ever does what is drawn first, user by user, so
the chance of becoming a buyer is exact; how often and when follows from that.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from growthml.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    Numbers = np.ndarray[Any, Any]
    Tables = Mapping[str, pa.Table]

ACTIONS = ("bought", "like", "share", "nothing")
CUISINES = ("japanese", "vietnamese", "italian", "chinese", "mexican", "french", "german")


@dataclass(frozen=True, kw_only=True)
class Network:
    """Where users come from. share: of all sign-ups. chances: that a user ever does each action."""

    share: float
    chances: tuple[float, float, float, float]


NETWORKS: Mapping[str, Network] = MappingProxyType(
    {
        "FB": Network(share=0.26, chances=(0.01, 0.22, 0.015, 0.015)),
        "TW": Network(share=0.26, chances=(0.01, 0.015, 0.0, 0.24)),
        "RE": Network(share=0.23, chances=(0.02, 0.01, 0.22, 0.01)),
        "PI": Network(share=0.25, chances=(0.24, 0.01, 0.01, 0.01)),
    }
)

MEALS_PER_CUISINE = 30
MEALS_AT_OPENING = 10
PRICES = (5, 15)
FAVOURITE = 0.4
"""Share of actions that go to a user's favourite cuisine rather than to any meal."""
REPEATS = 1.85
"""Mean events of a user who does an action at all."""
DECAY_DAYS = 75.0
"""Mean days from sign-up to an action, before the year's end cuts them short."""
GROWTH = 4.0
"""The last day brings 1 + GROWTH times as many sign-ups as the first."""
DAY = 86_400_000_000
"""Microseconds in a day; all times are whole microseconds since 1970."""

DATABASES = (".db", ".sqlite")
SQLITE_SCHEMA = """
CREATE TABLE "Users" (
    id INTEGER PRIMARY KEY, date DATETIME, "Campaign_ID" VARCHAR(40), "Created_Date" DATETIME);
CREATE TABLE "Meal" (
    id INTEGER PRIMARY KEY, "Type" VARCHAR(40), date DATETIME, price INTEGER);
CREATE TABLE "Event" (
    id INTEGER PRIMARY KEY, date DATETIME,
    "User_Id" INTEGER NOT NULL REFERENCES "Users" (id),
    "Meal_Id" INTEGER NOT NULL REFERENCES "Meal" (id),
    "Type" VARCHAR(40));
"""
SQLITE_INDEX = 'CREATE INDEX event_user ON "Event" ("User_Id")'


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What is true of one network. expected: the planted chance that a user buys, 0..1."""

    users: int
    buyers: int
    expected: float

    @property
    def realised(self) -> float:
        """Buyers per user as drawn, 0..1; NaN without users."""
        return self.buyers / self.users if self.users else float("nan")


@dataclass(frozen=True, kw_only=True)
class Simulated:
    """What was written where, and the planted truth by network code."""

    path: Path
    users: int
    meals: int
    events: int
    networks: Mapping[str, Truth]


def simulate(
    out: Path,
    *,
    users: int = 2000,
    events: int | None = None,
    seed: int = 1,
    effects: Mapping[str, float] = MappingProxyType({}),
    start: date = date(2025, 1, 1),
    days: int = 365,
    overwrite: bool = False,
) -> Simulated:
    """Write one simulated campaign to `out` and return its counts and its truth.

    out: `.db` or `.sqlite` is a SQLite file, `.duckdb` a DuckDB file, else a folder of Parquet.
    events: exactly how many events; left out, 1.85 for every user and action they do at all.
    seed: the same seed and options make the same rows.
    effects: factor on the chance to buy, by network code or `all` (both given: they multiply).
    start, days: sign-ups and events lie in [start, start + days).

    Raises UsageError for options that make no site, and when `out` is there already.
    """
    import numpy as np

    if users < 1 or days < 1:
        raise UsageError(f"users and days must be at least 1, not {users} and {days}.")
    chances = _chances(effects)
    _refuse_existing(out, overwrite)
    random = np.random.default_rng(seed)
    opening = int((datetime.combine(start, time()) - datetime(1970, 1, 1)).total_seconds()) * 10**6
    closing_time = opening + days * DAY

    network = random.choice(len(NETWORKS), users, p=[n.share for n in NETWORKS.values()])
    signed_up = _sign_ups(random, users, opening, closing_time)
    does = random.random((users, len(ACTIONS))) < np.array(list(chances.values()))[network]
    menu = _menu(random, opening, closing_time)
    activity = _activity(random, does, events, signed_up, closing_time)
    meal = _meals_chosen(random, menu, activity, users)

    tables = _tables(network, signed_up, menu, activity, meal)
    _write(out, tables)
    return Simulated(
        path=out,
        users=users,
        meals=tables["Meal"].num_rows,
        events=tables["Event"].num_rows,
        networks=_truth(network, does[:, 0], chances),
    )


def _chances(effects: Mapping[str, float]) -> dict[str, tuple[float, ...]]:
    """By network, the chance of each action once the effects are in."""
    for name in effects:
        if name != "all" and name not in NETWORKS:
            near = difflib.get_close_matches(name.upper(), NETWORKS, n=1, cutoff=0.5)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise UsageError(
                f"effect {name}: no such network{hint}. Use one of {', '.join(NETWORKS)} or all."
            )
    chances = {}
    for name, network in NETWORKS.items():
        bought, *others = network.chances
        factor = effects.get(name, 1.0) * effects.get("all", 1.0)
        if not 0 <= bought * factor <= 1:
            raise UsageError(
                f"effect on {name}: {bought:g} x {factor:g} is no chance to buy. "
                f"Use a factor from 0 to {1 / bought:.4g}."
            )
        chances[name] = (bought * factor, *others)
    return chances


def _sign_ups(random: np.random.Generator, users: int, opening: int, closing: int) -> Numbers:
    """Times of sign-up in order, their density rising in a straight line over the window.

    The inverse of the distribution function (x + GROWTH x² / 2) / (1 + GROWTH / 2), x in [0, 1).
    """
    import numpy as np

    area = random.random(users) * (1 + GROWTH / 2)
    x = (np.sqrt(1 + 2 * GROWTH * area) - 1) / GROWTH
    return np.sort(opening + (x * (closing - opening)).astype(np.int64))


@dataclass(frozen=True, kw_only=True)
class _Menu:
    """The meals in the order they were added; ids count from 1."""

    cuisine: Numbers
    added: Numbers
    price: Numbers


def _menu(random: np.random.Generator, opening: int, closing: int) -> _Menu:
    """Thirty meals a cuisine, ten of them from the first moment, the rest added over time."""
    import numpy as np

    shape = (len(CUISINES), MEALS_PER_CUISINE)
    added = random.integers(opening, closing, shape)
    added[:, :MEALS_AT_OPENING] = opening
    cuisine = np.repeat(np.arange(len(CUISINES)), MEALS_PER_CUISINE)
    order = np.argsort(added.ravel(), kind="stable")
    price = random.integers(PRICES[0], PRICES[1] + 1, order.size)
    return _Menu(cuisine=cuisine[order], added=added.ravel()[order], price=price)


@dataclass(frozen=True, kw_only=True)
class _Activity:
    """The events in order of time: the user's row, the action's number, the time."""

    user: Numbers
    action: Numbers
    at: Numbers


def _activity(
    random: np.random.Generator,
    does: Numbers,
    events: int | None,
    signed_up: Numbers,
    closing: int,
) -> _Activity:
    """Spread the events over those who do an action, and each over its user's time on the site.

    Everybody who does an action does it once; the rest is shared out by exponential weights. The
    time since sign-up is exponential, cut at the window's end so that no planted buyer is lost:
    -DECAY ln(1 - u (1 - exp(-left / DECAY))).
    """
    import numpy as np

    user, action = np.nonzero(does)
    wanted = round(REPEATS * user.size) if events is None else events
    if wanted < user.size:
        raise UsageError(
            f"{events} events are too few: the users act in {user.size} ways at least once. "
            f"Ask for {user.size} events or more, or for fewer users."
        )
    weights = random.exponential(size=user.size)
    extra = random.multinomial(wanted - user.size, weights / weights.sum()) if user.size else 0
    times = np.ones(user.size, dtype=np.int64) + extra
    user, action = np.repeat(user, times), np.repeat(action, times)

    joined, decay = signed_up[user], DECAY_DAYS * DAY
    left = closing - joined
    since = -decay * np.log1p(random.random(user.size) * np.expm1(-left / decay))
    at = np.minimum(joined + since.astype(np.int64), closing - 1)
    order = np.argsort(at, kind="stable")
    return _Activity(user=user[order], action=action[order], at=at[order])


def _meals_chosen(
    random: np.random.Generator, menu: _Menu, activity: _Activity, users: int
) -> Numbers:
    """The meal's row of each event: one already on the menu, often of the favourite cuisine."""
    import numpy as np

    favourite = random.integers(len(CUISINES), size=users)[activity.user]
    draw = random.random(favourite.size)
    chosen = (draw * np.searchsorted(menu.added, activity.at, side="right")).astype(np.int64)
    loyal = random.random(favourite.size) < FAVOURITE
    for cuisine in range(len(CUISINES)):
        theirs = np.flatnonzero(loyal & (favourite == cuisine))
        meals = np.flatnonzero(menu.cuisine == cuisine)
        served = np.searchsorted(menu.added[meals], activity.at[theirs], side="right")
        chosen[theirs] = meals[(draw[theirs] * served).astype(np.int64)]
    return chosen


def _tables(
    network: Numbers, signed_up: Numbers, menu: _Menu, activity: _Activity, meal: Numbers
) -> Tables:
    """The three tables, columns as the default schema names them."""
    import numpy as np
    import pyarrow as pa

    def ids(rows: Numbers) -> pa.Array:
        return pa.array(np.arange(1, rows.size + 1))

    def times(microseconds: Numbers) -> pa.Array:
        return pa.array(microseconds, pa.timestamp("us"))

    def words(codes: Numbers, names: tuple[str, ...]) -> pa.Array:
        return pa.array(names).take(pa.array(codes))

    joined = times(signed_up)
    return {
        "Users": pa.table(
            {
                "id": ids(network),
                "date": joined,
                "Campaign_ID": words(network, tuple(NETWORKS)),
                "Created_Date": joined,
            }
        ),
        "Meal": pa.table(
            {
                "id": ids(menu.cuisine),
                "Type": words(menu.cuisine, CUISINES),
                "date": times(menu.added),
                "price": pa.array(menu.price),
            }
        ),
        "Event": pa.table(
            {
                "id": ids(meal),
                "date": times(activity.at),
                "User_Id": pa.array(activity.user + 1),
                "Meal_Id": pa.array(meal + 1),
                "Type": words(activity.action, ACTIONS),
            }
        ),
    }


def _truth(
    network: Numbers, buys: Numbers, chances: Mapping[str, tuple[float, ...]]
) -> Mapping[str, Truth]:
    """Users, buyers and the planted chance of each network."""
    return {
        name: Truth(
            users=int((network == code).sum()),
            buyers=int(buys[network == code].sum()),
            expected=chances[name][0],
        )
        for code, name in enumerate(NETWORKS)
    }


def _files(out: Path) -> list[Path]:
    """What writing to `out` makes: one database, or a Parquet file a table."""
    if out.suffix in (*DATABASES, ".duckdb"):
        return [out]
    return [out / f"{table}.parquet" for table in ("Users", "Meal", "Event")]


def _refuse_existing(out: Path, overwrite: bool) -> None:
    """Nothing is lost by accident: what stands there already is kept unless told otherwise."""
    if out.suffix == ".log":
        raise UsageError(
            f"{out} names a web log; a campaign is written to .db, .duckdb or a folder."
        )
    if _files(out) != [out] and out.is_file():
        raise UsageError(f"{out} is a file; give a folder, or end the name in .db or .duckdb.")
    there = [file for file in _files(out) if file.exists()]
    if there and not overwrite:
        raise UsageError(f"{there[0]} is there already. Choose another name, or overwrite it.")


def _write(out: Path, tables: Tables) -> None:
    """Write beside the place and move there when whole, so that no half a database is left."""
    files = _files(out)
    files[0].parent.mkdir(parents=True, exist_ok=True)
    partial = [file.with_name(f".{file.name}.partial") for file in files]
    try:
        if out.suffix in DATABASES:
            _write_sqlite(partial[0], tables)
        elif out.suffix == ".duckdb":
            _write_duckdb(partial[0], tables)
        else:
            _write_parquet(partial, tables)
        for unfinished, file in zip(partial, files, strict=True):
            unfinished.replace(file)
    finally:
        for unfinished in partial:
            unfinished.unlink(missing_ok=True)


def _write_sqlite(file: Path, tables: Tables) -> None:
    import sqlite3

    file.unlink(missing_ok=True)
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.executescript(SQLITE_SCHEMA)
        connection.execute("BEGIN")
        for name, table in tables.items():
            marks = ", ".join("?" * table.num_columns)
            connection.executemany(f'INSERT INTO "{name}" VALUES ({marks})', _rows(table))
        connection.execute(SQLITE_INDEX)
        connection.execute("COMMIT")


def _rows(table: pa.Table) -> Iterator[tuple[Any, ...]]:
    """Rows for SQLite, times as the text SQLAlchemy's DateTime reads back."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for batch in table.to_batches(max_chunksize=100_000):
        columns = [
            pc.strftime(column, "%Y-%m-%d %H:%M:%S")
            if pa.types.is_timestamp(column.type)
            else column
            for column in batch.columns
        ]
        yield from zip(*(column.to_pylist() for column in columns), strict=True)


def _write_duckdb(file: Path, tables: Tables) -> None:
    import duckdb

    file.unlink(missing_ok=True)
    with closing(duckdb.connect(str(file))) as connection:
        for name, table in tables.items():
            connection.register("simulated", table)
            connection.execute(f'CREATE TABLE "{name}" AS SELECT * FROM simulated')
            connection.unregister("simulated")


def _write_parquet(files: list[Path], tables: Tables) -> None:
    import pyarrow.parquet as pq

    for file, table in zip(files, tables.values(), strict=True):
        pq.write_table(table, file, compression="zstd")
