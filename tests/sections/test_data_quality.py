"""Faults one can count, and what became of the rows that have them."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from growthml import plan
from growthml.parts import Answer, Campaign, Status
from growthml.progress import Progress
from growthml.run import run
from growthml.sections.data_quality import SECTION, DataQualityOptions
from tests.sections.stories import answer, context, frame, headings, row
from tests.sites import Site

SOUND = Site(
    users=[(1, "FB", "2025-01-02"), (2, "PI", "2025-01-03")],
    events=[(1, "like", "2025-01-05", 1), (2, "bought", "2025-01-06", 1)],
)

FAULTY = Site(
    users=[(1, "FB", "2025-01-02"), (2, None, "2025-01-03"), (3, "PI", "2025-01-05")],
    events=[
        (1, "like", "2025-01-05", 1),
        (1, "like", "2025-01-05", 1),
        (3, "like", "2025-01-04", 1),
        (99, "like", "2025-01-05", 1),
        (2, "bought", "2025-01-06", 77),
    ],
    meals=[(1, "thai", "2025-01-01", 10), (2, "greek", "2025-01-01", 0)],
)
"""One event repeated, one before its user signed up, one of nobody, one of no known meal; a user
without a channel and a meal without a price."""


def test_sound_data_are_called_sound(tmp_path: Path) -> None:
    found = answer("data_quality", tmp_path, SOUND, SOUND)
    assert found.headline == "The checks found nothing wrong with the data."
    assert frame(found, "checks")["rows_failed"].sum() == 0
    assert found.findings == []


@pytest.mark.parametrize(
    ("check", "checked", "failed"),
    [
        ("event_before_signup", 4, 1),
        ("duplicate_event", 4, 1),
        ("orphan_user", 5, 1),
        ("orphan_item", 4, 1),
        ("missing_time", 4, 0),
        ("future_event", 4, 0),
        ("missing_channel", 3, 1),
        ("nonpositive_price", 2, 1),
    ],
)
def test_every_fault_is_counted_once(tmp_path: Path, check: str, checked: int, failed: int) -> None:
    found = answer("data_quality", tmp_path, SOUND, FAULTY)
    counted = row(found, "checks", campaign="new", check=check)
    assert (counted["rows_checked"], counted["rows_failed"]) == (checked, failed)
    assert counted["severity"] == ("warning" if failed else "ok")
    assert row(found, "checks", campaign="baseline", check=check)["rows_failed"] == 0


def test_a_fault_is_told_with_what_became_of_it(tmp_path: Path) -> None:
    found = answer("data_quality", tmp_path, SOUND, FAULTY)
    texts = [finding.text for finding in found.findings]
    assert "Summer: 1 event belongs to no known user; left out (5 checked)." in texts
    assert "Summer: 1 event happened before its user signed up; kept, flagged (4 checked)." in texts
    assert found.headline == "6 checks found faults that may change the figures."


def test_one_fault_in_two_hundred_is_a_note(tmp_path: Path) -> None:
    rare = Site(
        users=[(n, "FB" if n else None, "2025-01-02") for n in range(200)],
        events=[(1, "like", "2025-01-05", 1)],
    )
    found = answer("data_quality", tmp_path, SOUND, rare)
    assert row(found, "checks", campaign="new", check="missing_channel")["severity"] == "note"
    assert found.headline == "The data are sound but for 1 row with a small fault."


# -- staleness ---------------------------------------------------------------------------------


def seen(last: datetime, **window: Any) -> Answer:
    """Spring with its newest event at `last`, looked at on 10 March."""
    spring = Campaign(key="spring", label="Spring", source="a", colour="baseline", **window)
    span = pd.DataFrame({"campaign": ["spring"], "users": [4], "last_event": [last]})
    facts = {"span": span}
    found: Answer = SECTION.compute(
        facts, context(spring, as_of=date(2025, 3, 10)), DataQualityOptions()
    )
    return found


def test_data_older_than_a_week_are_suspicious() -> None:
    found = seen(datetime(2025, 3, 2, 12))
    assert found.status is Status.SUSPICIOUS
    assert found.reason == "Spring's newest event is of 2 Mar 2025, 8 days before 10 Mar 2025"
    assert len(headings(found)) == 1


def test_a_week_is_not_stale() -> None:
    assert seen(datetime(2025, 3, 3)).status is Status.OK


def test_a_campaign_that_is_over_is_as_fresh_as_its_end() -> None:
    assert seen(datetime(2025, 1, 28), end=date(2025, 2, 1)).status is Status.OK
    assert seen(datetime(2025, 1, 20), end=date(2025, 2, 1)).status is Status.SUSPICIOUS


def test_a_table_of_outcomes_leaves_nothing_to_check(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("who,bought\n1,0\n2,1\n3,0\n")
    config = tmp_path / "report.yml"
    config.write_text(
        f"sources: {{shop: {{url: {tmp_path / 'people.csv'}}}}}\n"
        "schema: {users: {table: people, id: who, outcomes: {bought: bought}}}\n"
        "campaigns: {all: {source: shop}}\nsections: [data_quality]\n"
    )
    done = run(
        plan.read_config(config),
        archive=tmp_path / "archive",
        formats=[],
        progress=Progress(quiet=True),
    )
    found = done.run.sections[0].answer
    assert found is not None
    assert found.headline == "Nothing was checked: no column that is mapped can be checked."
    assert frame(found, "checks").empty
