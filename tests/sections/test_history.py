"""A site one can count, week by week: so many users sign up each Monday, two of them buy."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from growthml import plan
from growthml.parts import SectionRun, Status
from growthml.progress import Progress
from growthml.run import Outcome, run
from tests.sections.stories import charts, frame, headings, row
from tests.sites import Site, config_of

FIRST = date(2025, 1, 6)
"""A Monday."""
USUAL = [10, 12, 10, 12, 10, 12, 10, 12]
"""Mean 11, every moving range 2: the usual range is 11 ± 2.66 * 2, 5.68 to 16.32."""


def monday(week: int) -> date:
    return FIRST + timedelta(weeks=week)


def site(folder: Path, signups: Sequence[int]) -> Path:
    """So many sign up on the Monday of each week, and two of them buy for 10 on Tuesday."""
    users = [
        (week * 1000 + n, "FB", monday(week).isoformat())
        for week, people in enumerate(signups)
        for n in range(people)
    ]
    events = [
        (week * 1000 + n, "bought", (monday(week) + timedelta(days=1)).isoformat(), 1)
        for week in range(len(signups))
        for n in range(2)
    ]
    folder.mkdir(exist_ok=True)
    (folder / "site.db").unlink(missing_ok=True)
    Site(users=users, events=events).write(folder / "site.db")
    return config_of(
        folder,
        sources={"site": {"url": f"sqlite:///{folder / 'site.db'}"}},
        campaigns={"week": {"source": "site"}},
        period="last_week",
        baseline="previous_period",
        sections=["summary", "history"],
    )


def reported(config: Path, week: int, *settings: str) -> Outcome:
    """The report of the Monday after a week (counted from 0)."""
    return run(
        plan.read_config(config, settings), as_of=monday(week + 1), progress=Progress(quiet=True)
    )


def history(outcome: Outcome) -> SectionRun:
    (found,) = [each for each in outcome.run.sections if each.section.id == "history"]
    return found


def told(outcome: Outcome) -> Any:
    found = history(outcome).answer
    assert found is not None
    return found


def test_the_first_report_looks_back_on_nothing(tmp_path: Path) -> None:
    found = history(reported(site(tmp_path, [10, 12]), 1))
    assert found.status is Status.EMPTY
    assert "first report" in found.reason


def test_before_eight_reports_there_is_no_usual_range(tmp_path: Path) -> None:
    config = site(tmp_path, [10, *USUAL])
    for week in range(1, 8):
        reported(config, week)
    found = told(reported(config, 8))
    assert found.headline == "Too early for a usual range: 7 earlier reports of the 8 it takes."
    users = row(found, "changes", metric="users")
    assert (users["before"], users["now"], users["difference"]) == (10, 12, 2)
    assert users["usual_low"] is None or users["usual_low"] != users["usual_low"]
    assert not charts(found)["kpi_users"].panels[0].references


@pytest.fixture
def nine_weeks(tmp_path: Path) -> Path:
    """Eight usual weeks are reported, the ninth is not."""
    config = site(tmp_path, [10, *USUAL, 17, 12])
    for week in range(1, 9):
        reported(config, week)
    return config


def test_a_week_outside_the_usual_range_is_said_to_be(nine_weeks: Path) -> None:
    outcome = reported(nine_weeks, 9)
    found, users = told(outcome), row(told(outcome), "changes", metric="users")
    assert (users["usual_low"], users["usual_high"]) == (pytest.approx(5.68), pytest.approx(16.32))
    assert (users["now"], users["signal"]) == (17, "outside")
    assert found.headline.startswith("Outside the usual range since the report of 10 Mar 2025")
    assert "Users unusual" in headings(found)
    assert history(outcome).status is Status.SUSPICIOUS
    assert "17, outside the usual range of 8 earlier reports (6 to 16)" in history(outcome).reason
    assert outcome.exit_code == 0


def test_the_value_under_test_is_no_part_of_its_limits(nine_weeks: Path) -> None:
    reported(nine_weeks, 9)
    users = row(told(reported(nine_weeks, 10)), "changes", metric="users")
    assert users["usual_high"] > 16.32
    assert users["signal"] == ""


def test_buyers_that_never_change_are_no_signal(nine_weeks: Path) -> None:
    buyers = row(told(reported(nine_weeks, 9)), "changes", metric="buyers")
    assert (buyers["usual_low"], buyers["now"], buyers["usual_high"]) == (2, 2, 2)
    assert buyers["signal"] == ""


def test_every_report_so_far_is_in_the_table(nine_weeks: Path) -> None:
    kpis = frame(told(reported(nine_weeks, 9)), "kpis")
    users = kpis[kpis["metric"] == "users"]
    assert list(users["value"]) == [*USUAL, 17]
    assert list(users["as_of"]) == [monday(week + 1) for week in range(1, 10)]
    assert list(users["run_id"] == "") == [False] * 8 + [True]


def late(config: Path, week: int, buyers: int) -> None:
    """Purchases of a week that come after its report."""
    with closing(sqlite3.connect(config.parent / "site.db")) as database, database:
        day = (monday(week) + timedelta(days=2)).isoformat()
        for n in range(buyers):
            database.execute(
                'INSERT INTO "Event" (date, "User_Id", "Meal_Id", "Type") VALUES (?, ?, 1, ?)',
                (day, week * 1000 + 5 + n, "bought"),
            )


def test_late_rows_restate_last_weeks_numbers(tmp_path: Path) -> None:
    config = site(tmp_path, [10, 12, 10])
    before = reported(config, 1)
    late(config, 1, buyers=3)
    outcome = reported(config, 2)
    revenue = row(told(outcome), "restatements", metric="revenue")
    assert (revenue["reported"], revenue["today"], revenue["difference"]) == (20, 50, 30)
    assert revenue["run_id"] == before.run.run_id
    assert revenue["reported_as_of"] == monday(2)
    (finding,) = [f for f in told(outcome).findings if f.heading == "Revenue restated"]
    assert finding.text.startswith(
        "Revenue of 13 Jan 2025 – 19 Jan 2025 was reported as $20.00 on 20 Jan 2025 and is $50.00"
    )
    assert "Numbers reported earlier have changed." in told(outcome).headline
    assert set(frame(told(outcome), "restatements")["metric"]) >= {"buyers", "conversion_rate"}
    assert "users" not in set(frame(told(outcome), "restatements")["metric"])


def test_without_late_rows_nothing_is_restated(tmp_path: Path) -> None:
    config = site(tmp_path, [10, 12, 10])
    reported(config, 1)
    assert frame(told(reported(config, 2)), "restatements").empty


def test_another_definition_begins_anew(nine_weeks: Path) -> None:
    found = told(reported(nine_weeks, 9, "metrics.value=1.0"))
    users = row(found, "changes", metric="users")
    assert not users["comparable"]
    assert users["signal"] == ""
    assert users["difference"] is None
    assert any("Definition changed after the report of 10 Mar 2025" in c for c in found.caveats)
    assert frame(found, "restatements").empty


def test_a_label_or_a_target_is_no_other_definition(nine_weeks: Path) -> None:
    found = told(reported(nine_weeks, 9, "metrics.targets={conversion_rate: 0.5}"))
    assert row(found, "changes", metric="users")["comparable"]


def test_a_report_run_again_is_the_same(nine_weeks: Path) -> None:
    first, second = reported(nine_weeks, 9), reported(nine_weeks, 9)
    assert (first.added, second.added) == (True, False)
    assert first.run.run_id == second.run.run_id


def test_reports_of_later_days_are_not_looked_at(nine_weeks: Path) -> None:
    early = told(reported(nine_weeks, 4))
    assert max(frame(early, "kpis")["as_of"]) == monday(5)
