from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from growthml import plan
from growthml.archive import definition, runs
from growthml.run import run
from tests.archive.shelf import CONFIG, stored
from tests.sites import write_pair


def manifest(**changes: Any) -> dict[str, Any]:
    """A run's manifest as far as it defines the numbers."""
    found: dict[str, Any] = {
        "config": copy.deepcopy(CONFIG),
        "sections": [{"id": "summary", "facts": ["totals"]}, {"id": "churn", "facts": ["churn"]}],
        "facts": [
            {"name": "totals", "campaign": "new", "sql": "SELECT 1 WHERE x IN ($1, $2)"},
            {"name": "churn", "campaign": "new", "sql": "SELECT 2"},
        ],
    }
    for path, value in changes.items():
        place: Any = found
        *way, last = path.split("__")
        for step in way:
            place = place[int(step) if step.isdigit() else step]
        place[last] = value
    return found


@pytest.mark.parametrize(
    "change",
    [
        {"config__campaigns__new__window": {"from": "2014-01-06", "to": "2014-01-13"}},
        {"config__campaigns__new__label": "Winter"},
        {"config__campaigns__new__decision": "stop"},
        {"config__report__title": "Another title"},
        {"config__metrics__targets": {"conversion_rate": 0.08}},
        {"facts__1__sql": "SELECT 3"},
        {"facts__0__sql": "SELECT 1 WHERE x IN ($1, $2, $3)"},
    ],
)
def test_dates_labels_and_other_sections_define_no_kpi(change: dict[str, Any]) -> None:
    assert definition.digest(manifest(**change)) == definition.digest(manifest())


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"config__campaigns__new__where": {"channel": ["FB"]}}, "campaigns.new.where.channel"),
        ({"config__campaigns__new__population": "all"}, "campaigns.new.population"),
        ({"config__metrics__response": "share"}, "metrics.response"),
        ({"config__metrics__costs": {"FB": 0.5}}, "metrics.costs.FB"),
        ({"config__statistics__confidence": 0.9}, "statistics.confidence"),
        ({"config__sources__shop__timezone": "Asia/Tokyo"}, "sources.shop.timezone"),
        ({"config__period": "last_month"}, "period"),
        ({"facts__0__sql": "SELECT 4"}, "fact totals of new"),
    ],
)
def test_what_defines_the_numbers_is_named(change: dict[str, Any], named: str) -> None:
    then, now = manifest(), manifest(**change)
    assert definition.digest(then) != definition.digest(now)
    assert definition.changes(definition.definition(then), definition.definition(now)) == [named]


def test_two_days_of_one_report_have_one_definition(tmp_path: Path) -> None:
    from datetime import date

    config = plan.read_config(write_pair(tmp_path))
    days = (date(2025, 2, 1), date(2025, 2, 18))
    found = [
        runs.read(run(config, as_of=day, only=only, formats=["html"]).folder).manifest
        for day, only in zip(days, (["summary"], ["summary", "acquisition"]), strict=True)
    ]
    assert found[0]["run_id"] != found[1]["run_id"]
    assert found[0]["definition"] == found[1]["definition"]


def test_run_json_says_what_the_archive_shows(tmp_path: Path) -> None:
    campaigns = {
        "baseline": {"source": "spring", "label": "Spring"},
        "new": {
            "source": "summer",
            "label": "Summer",
            "window": {"from": "2025-01-01", "to": "2025-02-01"},
            "hypothesis": "More will buy",
            "owner": "growth team",
            "decision": "keep",
            "expected": {"conversion_rate": 0.3},
        },
    }
    config = plan.read_config(write_pair(tmp_path, campaigns=campaigns, sections=["summary"]))
    found = runs.read(run(config).folder).manifest
    # Before February three of Summer's users signed up, and one of them bought.
    assert found["front"]["verdict"] == "Too few responses to compare (1 of 4, 1 of 3)."
    assert found["verdict"] == "no_evidence"
    assert found["period"] == {"start": "2025-01-01", "end": "2025-02-01"}
    baseline, new = found["campaigns"]
    assert not {"hypothesis", "expected", "learned"} & baseline.keys()
    assert new["hypothesis"] == "More will buy"
    assert (new["owner"], new["decision"]) == ("growth team", "keep")
    assert new["expected"] == {"conversion_rate": 0.3}


def test_without_a_summary_there_is_no_verdict(tmp_path: Path) -> None:
    config = plan.read_config(write_pair(tmp_path, sections=["acquisition"]))
    found = runs.read(run(config).folder).manifest
    assert (found["front"], found["verdict"], found["period"]) == (None, None, None)
    assert len(found["definition"]) == 64


def test_a_fact_that_only_one_run_has_is_no_change(tmp_path: Path) -> None:
    then = runs.read(stored(tmp_path)).manifest
    assert definition.changes(definition.facts(then), {}) == []
