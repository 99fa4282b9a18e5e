"""The made-up site: what it promises can be counted in the files it writes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from growthml.errors import UsageError
from growthml.simulate import ACTIONS, CUISINES, NETWORKS, Simulated, simulate

USERS = 20_000


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    return simulate(tmp_path_factory.mktemp("site") / "site.db", users=USERS, effects={"PI": 1.3})


@pytest.fixture
def query(site: Simulated) -> Iterator[sqlite3.Cursor]:
    with closing(sqlite3.connect(site.path)) as connection:
        yield connection.cursor()


def one(query: sqlite3.Cursor, sql: str) -> Any:
    return query.execute(sql).fetchone()[0]


def rows(folder: Path, table: str) -> list[tuple[Any, ...]]:
    columns = pq.read_table(folder / f"{table}.parquet").to_pydict()
    return list(zip(*columns.values(), strict=True))


def test_counts_are_those_in_the_file(site: Simulated, query: sqlite3.Cursor) -> None:
    assert site.users == USERS
    for table, expected in [("Users", USERS), ("Meal", site.meals), ("Event", site.events)]:
        assert one(query, f'select count(*) from "{table}"') == expected


def test_every_event_has_its_user_and_its_meal(query: sqlite3.Cursor) -> None:
    assert query.execute("pragma foreign_key_check").fetchall() == []
    assert one(query, "select count(*) from Event") > 0


def test_nobody_acts_before_sign_up_or_on_a_meal_not_yet_served(query: sqlite3.Cursor) -> None:
    early = """select count(*) from Event e join Users u on u.id = e.User_Id
               join Meal m on m.id = e.Meal_Id where e.date < u.date or e.date < m.date"""
    assert one(query, early) == 0


def test_all_times_lie_in_the_window(query: sqlite3.Cursor) -> None:
    for table in ("Users", "Meal", "Event"):
        first, last = query.execute(f"select min(date), max(date) from {table}").fetchone()
        assert datetime.fromisoformat(first).date() >= date(2025, 1, 1)
        assert datetime.fromisoformat(last).date() <= date(2025, 12, 31)


def test_sign_ups_grow_by_the_quarter(query: sqlite3.Cursor) -> None:
    # The density rises from 1 to 5 in a straight line, so the quarters hold 6 : 10 : 14 : 18.
    counts = [
        count
        for (count,) in query.execute(
            "select count(*) from Users group by (strftime('%m', date) - 1) / 3 order by 1"
        )
    ]
    expected = [USERS * part / 48 for part in (6, 10, 14, 18)]
    assert counts == pytest.approx(expected, rel=0.05)


def test_activity_decays_with_the_age_of_the_user(query: sqlite3.Cursor) -> None:
    ages = """select sum(age < 30), sum(age between 30 and 60), sum(age between 60 and 90) from
              (select julianday(e.date) - julianday(u.date) as age
               from Event e join Users u on u.id = e.User_Id)"""
    first, second, third = query.execute(ages).fetchone()
    assert first > second > third > 0


@pytest.mark.parametrize(
    ("network", "leaning"), [("FB", "like"), ("PI", "bought"), ("RE", "share"), ("TW", "nothing")]
)
def test_each_network_leans_towards_its_action(
    query: sqlite3.Cursor, network: str, leaning: str
) -> None:
    counts = dict(
        query.execute(
            "select e.Type, count(*) from Event e join Users u on u.id = e.User_Id "
            "where Campaign_ID = ? group by 1",
            [network],
        ).fetchall()
    )
    assert counts[leaning] > sum(counts.values()) / 2


def test_words_and_prices_are_the_workshops(query: sqlite3.Cursor) -> None:
    def words(sql: str) -> set[str]:
        return {word for (word,) in query.execute(sql)}

    assert words("select distinct Campaign_ID from Users") == {"FB", "TW", "RE", "PI"}
    assert words("select distinct Type from Event") == {"bought", "like", "share", "nothing"}
    assert words("select distinct Type from Meal") == set(CUISINES)
    assert query.execute("select min(price), max(price) from Meal").fetchone() == (5, 15)


def test_the_truth_is_what_the_rows_say(site: Simulated, query: sqlite3.Cursor) -> None:
    buyers = """select Campaign_ID, count(distinct u.id), count(distinct e.User_Id)
                from Users u left join Event e on e.User_Id = u.id and e.Type = 'bought'
                group by 1"""
    counted = {name: (users, bought) for name, users, bought in query.execute(buyers)}
    assert counted == {name: (t.users, t.buyers) for name, t in site.networks.items()}


def test_the_planted_effect_comes_out_within_chance(site: Simulated) -> None:
    # Pinterest's chance of 24 % times 1.3; the others are as they were.
    assert [truth.expected for truth in site.networks.values()] == pytest.approx(
        [0.01, 0.01, 0.02, 0.312]
    )
    for truth in site.networks.values():
        deviation = (truth.expected * (1 - truth.expected) / truth.users) ** 0.5
        assert abs(truth.realised - truth.expected) < 4 * deviation


def test_effects_on_all_and_on_one_multiply(tmp_path: Path) -> None:
    truth = simulate(tmp_path / "x", users=10, effects={"all": 2, "PI": 1.5}).networks
    assert truth["PI"].expected == pytest.approx(0.24 * 2 * 1.5)
    assert truth["RE"].expected == pytest.approx(0.02 * 2)


def test_a_network_without_users_has_no_rate(tmp_path: Path) -> None:
    truth = simulate(tmp_path / "x", users=1, events=10).networks
    assert sum(t.users for t in truth.values()) == 1
    assert sum(t.realised != t.realised for t in truth.values()) == len(NETWORKS) - 1


def test_the_same_seed_makes_the_same_bytes_and_another_does_not(tmp_path: Path) -> None:
    def made(name: str, seed: int) -> bytes:
        return simulate(tmp_path / name, users=200, seed=seed).path.read_bytes()

    assert made("a.db", 7) == made("b.db", 7) != made("c.db", 8)


def test_the_same_seed_makes_the_same_parquet_files(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        simulate(tmp_path / folder, users=200, seed=7)
    for table in ("Users", "Meal", "Event"):
        first, second = (tmp_path / folder / f"{table}.parquet" for folder in ("a", "b"))
        assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("table", ["Users", "Meal", "Event"])
def test_three_formats_hold_the_same_rows(tmp_path: Path, table: str) -> None:
    for name in ("site.db", "site.duckdb", "site"):
        simulate(tmp_path / name, users=300, seed=3)
    parquet = rows(tmp_path / "site", table)
    with closing(duckdb.connect(str(tmp_path / "site.duckdb"), read_only=True)) as connection:
        assert connection.execute(f'select * from "{table}"').fetchall() == parquet
    with closing(sqlite3.connect(tmp_path / "site.db")) as connection:
        found = connection.execute(f'select * from "{table}"').fetchall()
    assert found == [
        tuple(v.isoformat(" ", "microseconds") if isinstance(v, datetime) else v for v in row)
        for row in parquet
    ]


def test_events_are_as_many_as_asked_for(tmp_path: Path) -> None:
    made = simulate(tmp_path / "x", users=500, events=5000)
    assert made.events == 5000
    assert len(rows(made.path, "Event")) == 5000


def test_a_user_who_acts_does_so_about_as_often_as_in_the_workshop(site: Simulated) -> None:
    # Chances by network, summed over the actions: 0.26, 0.265, 0.26, 0.27.
    expected = 1.85 * (0.26 * 0.26 + 0.26 * 0.265 + 0.23 * 0.26 + 0.25 * (0.27 + 0.24 * 0.3))
    assert site.events / site.users == pytest.approx(expected, rel=0.05)


def test_a_window_of_ones_own(tmp_path: Path) -> None:
    made = simulate(tmp_path / "x", users=50, start=date(1999, 12, 31), days=2)
    signed_up = [row[1].date() for row in rows(made.path, "Users")]
    assert set(signed_up) == {date(1999, 12, 31), date(2000, 1, 1)}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"users": 0}, "users and days must be at least 1, not 0 and 365."),
        ({"effects": {"P": 2.0}}, "effect P: no such network (did you mean PI?). "
         "Use one of FB, TW, RE, PI or all."),
        ({"effects": {"PI": 5.0}}, "effect on PI: 0.24 x 5 is no chance to buy. "
         "Use a factor from 0 to 4.167."),
        ({"effects": {"all": -1.0}}, "effect on FB: 0.01 x -1 is no chance to buy. "
         "Use a factor from 0 to 100."),
    ],
)  # fmt: skip
def test_impossible_sites_are_refused(
    tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        simulate(tmp_path / "x.db", **options)
    assert str(caught.value) == message
    assert list(tmp_path.iterdir()) == []


def test_too_few_events_for_the_users_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="3 events are too few"):
        simulate(tmp_path / "x.db", users=1000, events=3)


@pytest.mark.parametrize("name", ["site.db", "site.duckdb", "site"])
def test_what_is_there_already_stays_unless_told_otherwise(tmp_path: Path, name: str) -> None:
    def content() -> list[bytes]:
        return [file.read_bytes() for file in sorted(tmp_path.rglob("*")) if file.is_file()]

    simulate(tmp_path / name, users=20)
    before = content()
    with pytest.raises(UsageError, match="is there already"):
        simulate(tmp_path / name, users=3000)
    assert content() == before
    simulate(tmp_path / name, users=3000, overwrite=True)
    assert content() != before


def test_only_our_own_files_in_a_folder_are_replaced(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    simulate(tmp_path, users=20)
    simulate(tmp_path, users=20, overwrite=True)
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "Event.parquet",
        "Meal.parquet",
        "Users.parquet",
        "notes.txt",
    ]


def test_a_file_is_not_taken_for_a_folder(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine")
    with pytest.raises(UsageError, match="is a file; give a folder"):
        simulate(tmp_path / "notes", overwrite=True)
    assert (tmp_path / "notes").read_text() == "mine"


def test_every_network_has_a_chance_for_every_action() -> None:
    assert sum(network.share for network in NETWORKS.values()) == pytest.approx(1)
    assert {len(network.chances) for network in NETWORKS.values()} == {len(ACTIONS)}
