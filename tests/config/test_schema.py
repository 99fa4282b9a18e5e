"""What a config means: defaults, whose schema, which baseline, what the run id depends on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import get_args

import pytest
from pydantic import BaseModel

from growthml.config.campaigns import MeanOfLast
from growthml.config.manual import descriptions
from growthml.config.model import Model
from growthml.config.schema import Config
from growthml.config.tables import FOOD_SITE, ConstantAction
from growthml.config.types import Range

Read = Callable[..., Config]

TWO = """\
sources: {shop: {url: shop.db}}
campaigns: {spring: {source: shop}, summer: {source: shop}}
"""


def test_the_schema_left_out_is_the_food_sites(config: Read) -> None:
    schema = config(TWO).schema_of("shop")
    assert schema == FOOD_SITE
    assert schema.users is not None
    assert schema.events is not None
    assert (schema.users.table, schema.users.channel) == ("Users", "Campaign_ID")
    assert (schema.events.table, schema.events.user_id) == ("Event", "User_Id")
    assert (schema.events.item_id, schema.events.action) == ("Meal_Id", "Type")


def test_a_source_may_have_a_schema_of_its_own(config: Read) -> None:
    text = """\
    sources:
      shop: {url: shop.db}
      orders:
        url: orders.csv
        schema: {events: {table: o, user_id: u, occurred_at: t, action: {constant: bought}}}
    schema: {users: {table: people, id: nr}}
    campaigns: {a: {source: shop}, b: {source: orders}}
    """
    found = config(text)
    users = found.schema_of("shop").users
    events = found.schema_of("orders").events
    assert users is not None
    assert events is not None
    assert users.table == "people"
    assert events.action == ConstantAction(constant="bought")
    assert found.schema_of("orders").users is None


def test_a_table_of_one_row_per_user_needs_no_id(config: Read) -> None:
    users = "{table: t, channel: c, outcomes: {bought: conversion}, value: spend}"
    schema = config(f"{TWO}schema: {{users: {users}}}\n").schema_of("shop")
    assert schema.users is not None
    assert schema.users.id is None
    assert schema.users.outcomes == {"bought": "conversion"}


def test_events_need_no_time_where_users_are_mapped(config: Read) -> None:
    schema = "{users: {table: u, id: id}, events: {table: e, user_id: u}}"
    events = config(f"{TWO}schema: {schema}\n").schema_of("shop").events
    assert events is not None
    assert events.occurred_at is None


@pytest.mark.parametrize(
    ("campaigns", "baseline", "key"),
    [
        ("{spring: {source: shop}, summer: {source: shop}}", "", "spring"),
        ("{spring: {source: shop}, baseline: {source: shop}}", "", "baseline"),
        ("{spring: {source: shop}, baseline: {source: shop}}", "spring", "spring"),
        ("{spring: {source: shop}}", "same_period_last_year", None),
        ("{spring: {source: shop}}", "{mean_of_last: 4}", None),
    ],
)
def test_the_baseline(config: Read, campaigns: str, baseline: str, key: str | None) -> None:
    text = f"sources: {{shop: {{url: shop.db}}}}\ncampaigns: {campaigns}\nperiod: last_week\n"
    assert config(f"{text}baseline: {baseline}\n").baseline_key == key


def test_the_mean_of_earlier_periods(config: Read) -> None:
    found = config(TWO + "baseline: {mean_of_last: 4}\nperiod: last_week\n")
    assert found.baseline == MeanOfLast(mean_of_last=4)


def test_users_in_both_campaigns_are_left_out_of_experiments_only(config: Read) -> None:
    assert not config(TWO).excludes_overlap
    assert config(TWO + "randomised: true\n").excludes_overlap
    assert config(TWO + "overlap: exclude\n").excludes_overlap
    assert not config(TWO + "randomised: true\noverlap: count\n").excludes_overlap


def test_filters_are_values_lists_or_ranges(config: Read) -> None:
    where = (
        "{channel: FB, action: [like, share], users.age: {min: 18},"
        " events.paid_on: {min: 2025-01-01, max: 2025-01-31}, users.member: true}"
    )
    text = f"sources: {{shop: {{url: s.db}}}}\ncampaigns: {{a: {{source: shop, where: {where}}}}}\n"
    assert config(text).campaigns["a"].where == {
        "channel": ("FB",),
        "action": ("like", "share"),
        "users.age": Range(min=18),
        "events.paid_on": Range(min=date(2025, 1, 1), max=date(2025, 1, 31)),
        "users.member": (True,),
    }


def test_a_window_may_stay_open(config: Read) -> None:
    window = "{from: 2025-01-01}"
    text = f"sources: {{s: {{url: s.db}}}}\ncampaigns: {{a: {{source: s, window: {window}}}}}\n"
    found = config(text).campaigns["a"].window
    assert found is not None
    assert (found.start, found.end) == (date(2025, 1, 1), None)


def test_lengths_of_time(config: Read) -> None:
    found = config(TWO + "max_age: 2d\nwait_for: 90m\n")
    assert found.max_age == timedelta(days=2)
    assert found.wait_for == timedelta(minutes=90)


def test_numbers_where_text_is_wanted_are_text(config: Read) -> None:
    found = config(TWO + "labels: {channel: {1: 7, FB: Facebook}}\nreport: {name: 2025}\n")
    assert found.labels.channel == {"1": "7", "FB": "Facebook"}
    assert found.report.name == "2025"


def test_the_title_left_out_is_the_name_in_words(config: Read) -> None:
    assert config(TWO + "report: {name: weekly-growth_eu}\n").title == "Weekly growth eu"


def test_a_printed_config_holds_no_password(config: Read) -> None:
    text = TWO.replace("shop.db", '"postgresql://ann:${PW}@db/shop"')
    found = config(text, PW="tops3cret")
    assert "tops3cret" not in f"{found!r} {found} {found.model_dump()} {found.model_dump_json()}"
    assert found.sources["shop"].url.reveal() == "postgresql://ann:tops3cret@db/shop"


def test_the_fingerprint_tells_what_is_computed_and_nothing_else(config: Read) -> None:
    text = TWO.replace("shop.db", '"${SHOP_URL}"')
    here = config(text, SHOP_URL="postgresql://ann:one1one1@db/shop?sslmode=require")
    there = config(
        f"{text}output: {{archive: elsewhere}}\nmax_age: 1d\ndelivery: {{folder: out}}\n",
        SHOP_URL="postgresql://bob:two2two2@db/shop",
    )
    other = config(text + "period: last_week\n", SHOP_URL="postgresql://ann:one1one1@db/shop")
    assert here.fingerprint() == there.fingerprint()
    assert here.fingerprint() != other.fingerprint()
    assert here.fingerprint()["sources"]["shop"]["url"] == "postgresql://db/shop"
    assert json.loads(json.dumps(here.fingerprint())) == here.fingerprint()


def test_the_fingerprint_does_not_know_where_files_lie(config: Read) -> None:
    one = config(TWO.replace("shop.db", "/home/ann/shop.db") + "extra_sections: [/home/ann/a.py]\n")
    two = config(TWO.replace("shop.db", "/srv/shop.db") + "extra_sections: [/srv/a.py]\n")
    assert one.fingerprint() == two.fingerprint()
    assert one.fingerprint()["extra_sections"] == ["a.py"]


def test_filters_and_options_are_in_the_fingerprint(config: Read) -> None:
    campaigns = "{a: {source: shop, where: {channel: FB, events.paid_on: {min: 2025-01-01}}}}"
    text = f"sources: {{shop: {{url: s.db}}}}\ncampaigns: {campaigns}\nsections: [churn]\n"
    found = config(text).fingerprint()
    assert found["campaigns"]["a"]["where"] == {
        "channel": ["FB"],
        "events.paid_on": {"min": "2025-01-01"},
    }
    assert found["sections"][0]["options"]["inactive_days"] == 90


def _models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield model
    waiting = [field.annotation for field in model.model_fields.values()]
    while waiting:
        annotation = waiting.pop()
        waiting += get_args(annotation)
        if isinstance(annotation, type) and issubclass(annotation, Model):
            yield from _models(annotation)


def test_the_manual_has_no_gaps() -> None:
    missing = [
        f"{model.__name__}.{name}"
        for model in _models(Config)
        for name in model.model_fields
        if not descriptions(model).get(name)
    ]
    assert missing == []
    assert {model.__name__ for model in _models(Config)} >= {"EventsTable", "EmailConfig"}
