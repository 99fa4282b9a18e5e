"""Cohorts of four users one can count on one's fingers, on every kind of source.

Ann, Bob and Cat sign up in January, Dan on 3 February; the last day seen is 10 March. Ann likes
something on 10 and 11 January and buys for 10 on 1 March. Bob only ever does "nothing". Cat buys
for 20 on 28 February. Dan shares something on 4 February and buys for 20 on 10 March.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from growthml.config.source import SourceConfig
from growthml.errors import NotEnoughData
from growthml.facts import FACTS
from growthml.facts.relations import Cut, Relations
from growthml.sources.source import Source
from tests.facts.market import BACKENDS, Question, Rows, Table, at, rows, schema_of, table_of, write

ANN, BOB, CAT, DAN = 1, 2, 3, 4
JANUARY, FEBRUARY, MARCH = date(2025, 1, 1), date(2025, 2, 1), date(2025, 3, 1)
ACTIVITY = "campaign cohort period active_users last_users revenue"

USERS = Table(
    name="users",
    columns={"id": "INTEGER", "channel": "VARCHAR", "signed_up_at": "TIMESTAMP"},
    rows=[
        (ANN, "FB", at("2025-01-05 09:00")),
        (BOB, "FB", at("2025-01-20 09:00")),
        (CAT, "PI", at("2025-01-31 23:59")),
        (DAN, "PI", at("2025-02-03 08:00")),
    ],
)
ITEMS = Table(
    name="items",
    columns={"id": "INTEGER", "category": "VARCHAR", "price": "DOUBLE"},
    rows=[(10, "thai", 10.0), (11, "greek", 20.0)],
)
EVENTS = Table(
    name="events",
    columns={
        "id": "INTEGER",
        "user_id": "INTEGER",
        "item_id": "INTEGER",
        "action": "VARCHAR",
        "occurred_at": "TIMESTAMP",
    },
    rows=[
        (1, ANN, 10, "like", at("2025-01-10 10:00")),
        (2, ANN, 10, "like", at("2025-01-11 10:00")),
        (3, BOB, 10, "nothing", at("2025-02-02 10:00")),
        (4, DAN, 10, "share", at("2025-02-04 10:00")),
        (5, CAT, 11, "bought", at("2025-02-28 23:00")),
        (6, ANN, 10, "bought", at("2025-03-01 00:00")),
        (7, DAN, 11, "bought", at("2025-03-10 10:00")),
    ],
)


@pytest.fixture(scope="module", params=BACKENDS)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Question:
    folder = tmp_path_factory.mktemp(f"cohorts_{request.param}")
    url = write(request.param, folder, (USERS, ITEMS, EVENTS))
    return Question(url=url, schema=schema_of()).but(seen_until=date(2025, 3, 10))


def ask(question: Question, fact: str, *arguments: str) -> Rows:
    with Source("site", SourceConfig.model_validate({"url": question.url})) as source:
        mapped, problems = source.map(question.schema, stored_zone="UTC", report_zone="UTC")
        assert problems == []
        relations = Relations(mapped, question.cuts, question.counting)
        return rows(source.read(FACTS[fact].query(relations, *arguments)))


def sizes(question: Question, *arguments: str) -> dict[tuple[str, date], int]:
    found = ask(question, "cohort_sizes", *arguments)
    return {(row["campaign"], row["cohort"]): row["users"] for row in found}


def told(*lines: tuple[Any, ...]) -> Rows:
    return table_of(ACTIVITY, *lines)


def test_sizes_by_sign_up(site: Question) -> None:
    assert sizes(site, "signup", "month") == {("all", JANUARY): 3, ("all", FEBRUARY): 1}


def test_sizes_by_week(site: Question) -> None:
    assert sizes(site, "signup", "week") == {
        ("all", date(2024, 12, 30)): 1,
        ("all", date(2025, 1, 20)): 1,
        ("all", date(2025, 1, 27)): 1,
        ("all", date(2025, 2, 3)): 1,
    }


def test_sizes_by_first_response(site: Question) -> None:
    found = sizes(site, "first_response", "month")
    assert found == {("all", FEBRUARY): 1, ("all", MARCH): 2}


def test_activity_counts_a_user_once_a_month_and_no_idle_actions(site: Question) -> None:
    assert ask(site, "cohort_activity", "signup", "active", "month") == told(
        ("all", JANUARY, JANUARY, 1, 0, 0.0),
        ("all", JANUARY, FEBRUARY, 1, 1, 20.0),
        ("all", JANUARY, MARCH, 1, 1, 10.0),
        ("all", FEBRUARY, FEBRUARY, 1, 0, 0.0),
        ("all", FEBRUARY, MARCH, 1, 1, 20.0),
    )


def test_activity_may_be_the_response_alone(site: Question) -> None:
    assert ask(site, "cohort_activity", "first_response", "response", "month") == told(
        ("all", FEBRUARY, FEBRUARY, 1, 1, 20.0),
        ("all", MARCH, MARCH, 2, 2, 30.0),
    )


def test_by_first_response_earlier_activity_comes_before_the_cohort(site: Question) -> None:
    found = ask(site, "cohort_activity", "first_response", "active", "month")
    early = [row for row in found if row["period"] < row["cohort"]]
    assert early == told(("all", MARCH, JANUARY, 1, 0, 0.0), ("all", MARCH, FEBRUARY, 1, 0, 0.0))


def test_a_windows_start_does_not_cut_the_history_off(site: Question) -> None:
    february = site.but(cuts=(Cut(key="february", start=FEBRUARY, end=MARCH),))
    assert sizes(february, "signup", "month") == {
        ("february", JANUARY): 3,
        ("february", FEBRUARY): 1,
    }
    assert ask(february, "cohort_activity", "signup", "active", "month") == told(
        ("february", JANUARY, JANUARY, 1, 1, 0.0),
        ("february", JANUARY, FEBRUARY, 1, 1, 20.0),
        ("february", FEBRUARY, FEBRUARY, 1, 1, 0.0),
    )


def test_a_campaign_of_new_users_keeps_to_them(site: Question) -> None:
    new = site.but(cuts=(Cut(key="new", start=FEBRUARY, end=MARCH, population="new"),))
    assert sizes(new, "signup", "month") == {("new", FEBRUARY): 1}


def test_campaigns_of_one_source_are_counted_together(site: Question) -> None:
    pair = site.but(cuts=(Cut(key="early", end=FEBRUARY), Cut(key="late", start=MARCH)))
    assert sizes(pair, "signup", "month") == {
        ("early", JANUARY): 3,
        ("late", JANUARY): 3,
        ("late", FEBRUARY): 1,
    }


def test_without_money_revenue_is_unknown(site: Question) -> None:
    schema = schema_of(items=None, events={"item_id": None})
    found = ask(site.but(schema=schema), "cohort_activity", "signup", "active", "month")
    assert {row["revenue"] for row in found} == {None}


def test_without_times_there_are_no_cohorts(site: Question) -> None:
    schema = schema_of(events={"occurred_at": None})
    with pytest.raises(NotEnoughData, match="occurred_at") as raised:
        ask(site.but(schema=schema), "cohort_sizes", "signup", "month")
    assert raised.value.missing == "events.occurred_at"


@pytest.mark.parametrize("by", ["signup", "first_response"])
def test_published_sizes_of_cdnow(by: str, shared: Any) -> None:
    """Fader & Hardie's CDNOW customers who first bought in January, February and March 1997."""
    folder: Path = shared("cdnow_master_cohorts")
    schema = {
        "events": {
            "table": "data",
            "user_id": "customer_id",
            "action": {"constant": "bought"},
            "occurred_at": "date",
            "value": "value",
        }
    }
    question = Question(
        url=str(folder / "data.csv"), schema=schema_of().model_validate(schema)
    ).but(seen_until=date(1998, 6, 30))
    assert sizes(question, by, "month") == {
        ("all", date(1997, 1, 1)): 7846,
        ("all", date(1997, 2, 1)): 8476,
        ("all", date(1997, 3, 1)): 7248,
    }
