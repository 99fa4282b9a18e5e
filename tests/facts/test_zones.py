"""Days are the report's days: stored in UTC, read in Berlin, across the change to summer time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.facts.market import (
    BACKENDS,
    Question,
    Table,
    at,
    market_tables,
    schema_of,
    table_of,
    write,
)

# On 30 March 2025 clocks in Berlin went from 02:00 (+01:00) to 03:00 (+02:00), at 01:00 UTC.
SIGN_UPS = (
    at("2025-03-29 22:30"),  # 23:30 on the 29th
    at("2025-03-29 23:30"),  # 00:30 on the 30th
    at("2025-03-30 21:30"),  # 23:30 on the 30th
    at("2025-03-30 22:30"),  # 00:30 on the 31st; it would be 23:30 were it still winter
)
STORED: dict[str, tuple[str, Callable[[datetime], Any]]] = {
    "timestamps": ("TIMESTAMP", lambda moment: moment),
    "text": ("VARCHAR", lambda moment: moment.isoformat(sep=" ")),
    "text of New York": (
        "VARCHAR",
        lambda moment: f"{moment.replace(hour=moment.hour - 4).isoformat()}-04:00",
    ),
    "epoch": ("BIGINT", lambda moment: int(moment.replace(tzinfo=UTC).timestamp())),
    "zoned": ("TIMESTAMPTZ", lambda moment: moment.replace(tzinfo=UTC).isoformat()),
}


def question(backend: str, folder: Path, kind: str, times: list[Any]) -> Question:
    columns = {"id": "INTEGER", "channel": "VARCHAR", "signed_up_at": kind}
    rows = [(number, "FB", moment) for number, moment in enumerate(times)]
    url = write(backend, folder, [Table(name="users", columns=columns, rows=rows)])
    return Question(
        url=url, schema=schema_of(items=None, events=None), report_zone="Europe/Berlin"
    ).but(grain="day")


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("storage", STORED)
def test_instants_are_read_on_the_reports_clock(storage: str, backend: str, tmp_path: Path) -> None:
    kind, stored = STORED[storage]
    asked = question(backend, tmp_path, kind, [stored(moment) for moment in SIGN_UPS])
    assert asked.ask("signups") == [
        table_of(
            "campaign period channel users",
            ("all", date(2025, 3, 29), "FB", 1),
            ("all", date(2025, 3, 30), "FB", 2),
            ("all", date(2025, 3, 31), "FB", 1),
        )
    ]
    [[span]] = asked.but(seen_until=date(2025, 3, 30)).ask("span")
    assert (span["users"], span["last_signup"]) == (3, at("2025-03-30 23:30"))


@pytest.mark.parametrize("backend", [each for each in BACKENDS if each != "mariadb"])
def test_hours_that_clocks_skip_or_show_twice_are_standard_time(
    backend: str, tmp_path: Path
) -> None:
    # On 9 March 2025 New York had no 02:30; 07:30 UTC was 02:30 in standard time. On 2 November it
    # had 01:30 twice, at 05:30 and 06:30 UTC. MariaDB takes the next time there is, and the first.
    times = [at("2025-03-09 02:30"), at("2025-11-02 01:30")]
    asked = question(backend, tmp_path, "TIMESTAMP", times).but(
        stored_zone="America/New_York", seen_until=date(2025, 12, 1)
    )
    [[span]] = asked.ask("span")
    assert span["first_signup"] == at("2025-03-09 08:30")
    assert span["last_signup"] == at("2025-11-02 07:30")


@pytest.mark.parametrize("backend", BACKENDS)
def test_times_without_zone_are_in_the_sources(backend: str, tmp_path: Path) -> None:
    # New York is on summer time by then: 18:30 there is 00:30 the next day in Berlin.
    times = [at("2025-04-01 17:30"), at("2025-04-01 18:30")]
    asked = question(backend, tmp_path, "TIMESTAMP", times).but(
        stored_zone="America/New_York", seen_until=date(2025, 4, 30)
    )
    [[span]] = asked.ask("span")
    assert (span["first_signup"], span["last_signup"]) == (
        at("2025-04-01 23:30"),
        at("2025-04-02 00:30"),
    )


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("kind", "stored"), [("DATE", date), ("VARCHAR", str)])
def test_dates_stay_the_dates_they_are(
    kind: str, stored: Callable[..., Any], backend: str, tmp_path: Path
) -> None:
    day = date(2025, 3, 30)
    asked = question(backend, tmp_path, kind, [day if stored is date else str(day)])
    for zone in ("America/New_York", "Asia/Tokyo"):
        [[signups]] = asked.but(report_zone=zone).ask("signups")
        assert signups["period"] == day


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("grain", "periods"),
    [
        ("day", ["2024-12-29", "2024-12-30", "2025-01-01"]),
        ("week", ["2024-12-23", "2024-12-30"]),
        ("month", ["2024-12-01", "2025-01-01"]),
    ],
)
def test_periods_begin_on_days_mondays_and_firsts(
    grain: str, periods: list[str], backend: str, tmp_path: Path
) -> None:
    # 29 December 2024 was a Sunday.
    times = [at("2024-12-29 12:00"), at("2024-12-30 12:00"), at("2025-01-01 12:00")]
    [signups] = question(backend, tmp_path, "TIMESTAMP", times).but(grain=grain).ask("signups")
    assert [str(row["period"]) for row in signups] == periods


@pytest.mark.parametrize("backend", BACKENDS)
def test_faults_are_the_same_on_another_clock(backend: str, tmp_path: Path) -> None:
    asked = Question(url=write(backend, tmp_path, market_tables()), schema=schema_of()).but(
        report_zone="Europe/Berlin"
    )
    duplicates, quality = asked.ask("duplicates", "event_quality")
    assert duplicates == table_of("campaign duplicates", ("all", 1))
    assert [(row["orphan"], row["event_before_signup"]) for row in quality] == [
        (True, 0),
        (False, 2),
    ]
