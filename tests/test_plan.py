from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from growthml import plan
from growthml.config.schema import Config
from growthml.errors import UsageError
from growthml.lineup import Planned
from growthml.sections import all_sections
from tests.sites import config_of

AS_OF = date(2025, 3, 12)


def config(folder: Path, *settings: str) -> Config:
    return plan.read_config(config_of(folder), settings)


def windows(found: list[Planned]) -> list[tuple[str, date | None, date | None]]:
    return [(each.cut.key, each.cut.start, each.cut.end) for each in found]


def test_the_baseline_comes_first(tmp_path: Path) -> None:
    found = plan.campaigns(config(tmp_path, "baseline=new"), AS_OF)
    assert [each.campaign.key for each in found] == ["new", "baseline"]
    assert [each.campaign.colour for each in found] == ["baseline", "new"]
    assert [each.campaign.label for each in found] == ["Summer", "Spring"]


def test_all_of_time_has_no_window(tmp_path: Path) -> None:
    assert windows(plan.campaigns(config(tmp_path), AS_OF)) == [
        ("baseline", None, None),
        ("new", None, None),
    ]


@pytest.mark.parametrize(
    ("settings", "earlier"),
    [
        (
            ["period=last_week", "baseline=previous_period"],
            (date(2025, 2, 24), date(2025, 3, 3)),
        ),
        (
            ["period=last_week", "baseline=same_period_last_year"],
            (date(2024, 3, 4), date(2024, 3, 11)),
        ),
    ],
)
def test_a_baseline_that_is_a_period_is_the_first_campaign_cut_earlier(
    tmp_path: Path, settings: list[str], earlier: tuple[date, date]
) -> None:
    found = plan.campaigns(config(tmp_path, *settings), AS_OF)
    week = (date(2025, 3, 3), date(2025, 3, 10))
    assert windows(found)[0][1:] == earlier
    assert windows(found)[1:] == [("baseline", *week), ("new", *week)]
    assert found[0].campaign.source == "spring"


def test_a_campaigns_own_window_wins_over_the_period(tmp_path: Path) -> None:
    found = plan.campaigns(
        config(
            tmp_path,
            "period=last_week",
            "campaigns.new.window={from: 2025-01-01, to: 2025-02-01}",
        ),
        AS_OF,
    )
    assert windows(found)[1] == ("new", date(2025, 1, 1), date(2025, 2, 1))


def test_an_earlier_period_needs_a_window_with_both_ends(tmp_path: Path) -> None:
    settings = (
        "period=last_week",
        "baseline=previous_period",
        "campaigns.baseline.window={from: 2025-01-01}",
    )
    with pytest.raises(UsageError, match="previous_period needs a period or a window"):
        plan.campaigns(config(tmp_path, *settings), AS_OF)


def test_the_mean_of_earlier_periods_is_a_campaign_for_each_of_them(tmp_path: Path) -> None:
    settings = ("period=last_week", "baseline={mean_of_last: 3}")
    report = config(tmp_path, *settings)
    found = plan.campaigns(report, AS_OF)
    starts = [each.cut.start for each in found[:3]]
    new = found[3].cut.start
    assert new is not None
    assert starts == [new - timedelta(weeks=weeks) for weeks in (3, 2, 1)]
    assert [each.alone for each in found[:3]] == [False, False, True]
    pooled = plan.context(report, found, AS_OF)
    alone = plan.context(report, found, AS_OF, pooling=False)
    assert (pooled.baseline.key, pooled.baseline.periods) == ("mean_of_last", 3)
    assert pooled.baseline.label == "Three-week mean"
    assert (alone.baseline.key, alone.baseline.periods) == ("previous_period", 1)
    assert pooled.compared == alone.compared
    assert (pooled.baseline.start, pooled.baseline.end) == (starts[0], new)


def test_without_sections_all_run_that_nobody_asked_for(tmp_path: Path) -> None:
    found = plan.choose(plan.read_config(config_of(tmp_path, sections=None)))
    assert [each.section.id for each in found] == [
        name for name, each in all_sections().items() if not each.repeats
    ]
    assert all(each.by_default for each in found)


def test_only_keeps_the_configs_options_and_its_own_order(tmp_path: Path) -> None:
    read = config(tmp_path, "sections=[summary, data_quality: {stale_days: 3}]")
    found = plan.choose(read, ["data_quality", "acquisition", "data_quality"])
    assert [each.section.id for each in found] == ["data_quality", "acquisition"]
    assert found[0].options.model_dump() == {"stale_days": 3}
    assert not any(each.by_default for each in found)


@pytest.mark.parametrize(
    ("settings", "excluded"),
    [
        ([], False),
        (["overlap=exclude"], True),
        (["randomised=true"], True),
        (["randomised=true", "overlap=count"], False),
    ],
)
def test_overlap_is_excluded_where_asked_for_and_in_experiments(
    tmp_path: Path, settings: list[str], excluded: bool
) -> None:
    counting = plan.counting(config(tmp_path, *settings), seen_until=AS_OF, today=AS_OF)
    assert counting.exclude_overlap is excluded


def test_known_actions_are_the_simulators_unless_the_schema_is_the_users_own(
    tmp_path: Path,
) -> None:
    def known(*settings: str) -> frozenset[str]:
        read = config(tmp_path, *settings)
        return plan.counting(read, seen_until=AS_OF, today=AS_OF).known_actions

    own = "schema={users: {table: u, id: id}}"
    simulated = {"bought", "like", "share", "nothing"}
    assert known() == simulated
    assert known("metrics.response=read") == simulated | {"read"}
    assert known(own) == set()
    assert known(own, "labels.action={buy: Buy}") == {"buy", "bought", "nothing"}


def test_a_constant_worth_is_a_number(tmp_path: Path) -> None:
    for setting, value in (("metrics.value=2", 2.0), ("metrics.value=event", "event")):
        counting = plan.counting(config(tmp_path, setting), seen_until=AS_OF, today=AS_OF)
        assert counting.value == value


def test_keys_nothing_is_done_with_are_named(tmp_path: Path) -> None:
    assert plan.unheeded(config(tmp_path)) == []
    assert plan.unheeded(config(tmp_path, "sources.spring.same_users=true")) == [
        "sources.spring.same_users"
    ]


# -- web logs --------------------------------------------------------------------------------------


def with_logs(folder: Path, *settings: str, **keys: Any) -> Config:
    log = {"url": "hits.csv", "schema": {"requests": {"table": "hits", "occurred_at": "at"}}}
    sources = {name: {"url": f"sqlite:///{name}.db"} for name in ("spring", "summer")}
    logs = {"site": log, "shop": log}
    return plan.read_config(config_of(folder, **{"sources": sources | logs} | keys), settings)


def test_logs_that_no_campaign_reads_are_campaigns_beside_the_others(tmp_path: Path) -> None:
    found = plan.campaigns(with_logs(tmp_path, sections=["summary", "traffic"]), AS_OF)
    assert [(each.campaign.key, each.log) for each in found] == [
        ("baseline", False),
        ("new", False),
        ("site", True),
        ("shop", True),
    ]
    context = plan.context(with_logs(tmp_path), found, AS_OF)
    assert [each.key for each in context.campaigns] == ["baseline", "new"]
    assert [each.key for each in context.logs] == ["site", "shop"]


def test_a_log_that_no_section_reads_is_not_opened(tmp_path: Path) -> None:
    read = with_logs(tmp_path, sections=["summary"])
    assert [each.campaign.source for each in plan.campaigns(read, AS_OF)] == ["spring", "summer"]
    named = with_logs(tmp_path, sections=[{"traffic": {"source": "shop"}}], campaigns=None)
    assert [each.campaign.key for each in plan.campaigns(named, AS_OF)] == ["shop"]


def test_a_report_on_a_log_alone_compares_its_periods(tmp_path: Path) -> None:
    read = with_logs(
        tmp_path,
        "period=last_week",
        "baseline=previous_period",
        sections=[{"traffic": {"source": "site"}}],
        campaigns=None,
    )
    found = plan.campaigns(read, AS_OF)
    assert windows(found) == [
        ("previous_period", date(2025, 2, 24), date(2025, 3, 3)),
        ("site", date(2025, 3, 3), date(2025, 3, 10)),
    ]
    context = plan.context(read, found, AS_OF)
    assert context.campaigns == context.logs
    assert context.baseline.label == "Week 9"


def test_a_log_has_its_campaigns_periods_where_it_can(tmp_path: Path) -> None:
    """Campaigns with windows of their own have an earlier period; a log without one has none."""
    window = {"from": date(2025, 3, 3), "to": date(2025, 3, 10)}
    read = with_logs(
        tmp_path,
        "baseline=previous_period",
        sections=["traffic"],
        campaigns={"new": {"source": "summer", "window": window}},
    )
    found = plan.campaigns(read, AS_OF)
    assert [each.campaign.key for each in found] == ["previous_period", "new", "site", "shop"]
    assert windows(found)[2:] == [("site", None, None), ("shop", None, None)]
