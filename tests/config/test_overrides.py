"""`--set KEY=VALUE` on top of a file."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from growthml.config.schema import Config

TEXT = """\
report: {title: From the file}
sources: {shop: {url: shop.db}}
campaigns: {only: {source: shop}}
sections: [summary, churn: {eligible: all}]
alerts: [{metric: roi, below: 0}]
"""

Read = Callable[..., Config]
Problems = Callable[..., list[str]]


def test_values_are_yaml_and_the_last_wins(config: Read) -> None:
    found = config(
        TEXT,
        "period=last_week",
        "statistics.confidence=0.9",
        "metrics.costs={FB: 0.5}",
        "metrics.costs.PI=${PI_COST:-0.25}",
        "alerts.0.below=1.5",
        "statistics.confidence=0.8",
        "report.title=",
    )
    assert found.period == "last_week"
    assert found.statistics.confidence == 0.8
    assert found.metrics.costs == {"FB": 0.5, "PI": 0.25}
    assert found.alerts[0].below == 1.5
    assert found.title == "Weekly"


def test_a_key_with_a_dot_stands_in_quotes(config: Read) -> None:
    found = config(TEXT, 'campaigns.only.where."users.country"=[DE, AT]')
    assert found.campaigns["only"].where == {"users.country": ("DE", "AT")}


def test_sections_go_by_name(config: Read) -> None:
    found = config(TEXT, "sections.churn.inactive_days=30", "sections.summary.required=true")
    summary, churn = found.sections
    assert summary.required
    assert churn.options.model_dump() == {
        "inactive_days": 30,
        "eligible": "all",
        "horizon": "open",
    }


def test_sections_that_are_there_by_default_can_be_set_too(config: Read) -> None:
    found = config(
        "sources: {shop: {url: shop.db}}\ncampaigns: {only: {source: shop}}\n",
        "sections.churn.inactive_days=30",
    )
    assert [choice.by_default for choice in found.sections] == [True, True]
    assert found.sections[1].options.model_dump()["inactive_days"] == 30


def test_the_list_of_sections_can_be_replaced(config: Read) -> None:
    found = config(TEXT, "sections=[churn]")
    assert [(choice.name, choice.by_default) for choice in found.sections] == [("churn", False)]


def test_an_override_mends_what_is_wrong_in_the_file(config: Read) -> None:
    found = config(TEXT.replace("shop.db", '"${SHOP_URL}"'), "sources.shop.url=other.db")
    assert found.sources["shop"].url.reveal() == "other.db"


@pytest.mark.parametrize(
    ("override", "line"),
    [
        ("metrics.vlaue=1", "metrics.vlaue: unknown key 'vlaue' (did you mean 'value'?)"),
        ("metrics={vlaue: 1}",
         "metrics: unknown key 'vlaue' (did you mean 'value'?)"),
        ("delivery={email: {smpt: x, smtp: 'smtp://h', from: a@b.c, to: [a@b.c]}}",
         "delivery: delivery.email: unknown key 'smpt' (did you mean 'smtp'?)"),
        ("statistics.confidence=95",
         "statistics.confidence: expected a fraction between 0 and 1, got 95; 95 % is 0.95"),
        ("sections.churn.inactive_days=soon",
         "sections.churn.inactive_days: expected a whole number, got 'soon'"),
        ("sections.chrun.inactive_days=3",
         "sections.chrun.inactive_days: no entry 'chrun' in 'sections' (did you mean 'churn'?)"),
        ("sections.7=churn", "sections.7: 'sections' has 2 entries, counted from 0"),
        ("alerts.metric=roi", "alerts.metric: the entries of 'alerts' go by number, from 0"),
        ("report.title.size=3",
         "report.title.size: 'report.title' is 'From the file', which has no keys"),
        ("period", "period: expected KEY=VALUE, such as period=last_week"),
        ("postgresql://ann:hunter2hunter2@db",
         "postgresql://ann:***@db: expected KEY=VALUE, such as period=last_week"),
        ("=3", ": expected KEY=VALUE, such as period=last_week"),
        ("report.title=[a", "report.title: not valid YAML: expected ',' or the closing bracket"),
        ("report.title=${NOT_SET}", "report.title: environment variable NOT_SET is not set;"
         " export it, or write ${NOT_SET:-default}"),
        ("sources.shop.url=mysql://ann:hunter2hunter2@db/x", "sources.shop.url: holds a password"
         " in clear; write mysql://ann:${DB_PASSWORD}@db/x and export DB_PASSWORD"),
    ],
)  # fmt: skip
def test_problems_name_the_override(problems: Problems, override: str, line: str) -> None:
    assert problems(TEXT, override) == [f"--set {line}"]


def test_problems_of_the_file_come_first(problems: Problems) -> None:
    lines = problems(TEXT.replace("roi", "rio"), "period=now", "statistics.confidence=2")
    assert [line.partition(": ")[0] for line in lines] == [
        "config/weekly.yml:5:19",
        "--set period",
        "--set statistics.confidence",
    ]
