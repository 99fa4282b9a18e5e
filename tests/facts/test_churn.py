"""Silences of nine users one can count on one's fingers, on every kind of source.

The last day seen is 10 March and k is 30 days. Old signed up 68 days before and last liked
something exactly 30 days before, Gone 31 days before; Idle did "nothing" yesterday and else only
signed up 49 days ago; Never signed up 49 days ago. Young signed up exactly 30 days before, Fresh
yesterday. Tie did as much liking as nothing, Twin as much sharing as liking. Early only acted the
day before signing up, 40 days ago.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from growthml.config.source import SourceConfig
from growthml.facts import FACTS
from growthml.facts.relations import Cut, Relations
from growthml.sources.source import Source
from tests.facts.market import BACKENDS, Question, Rows, Table, at, rows, schema_of, table_of, write

OLD, GONE, IDLE, NEVER, YOUNG, FRESH, TIE, TWIN, EARLY = range(1, 10)

USERS = Table(
    name="users",
    columns={"id": "INTEGER", "channel": "VARCHAR", "signed_up_at": "TIMESTAMP"},
    rows=[
        (OLD, "FB", at("2025-01-01 23:00")),
        (GONE, "FB", at("2025-01-01 01:00")),
        (IDLE, "PI", at("2025-01-20 09:00")),
        (NEVER, "PI", at("2025-01-20 09:00")),
        (YOUNG, "PI", at("2025-02-08 00:00")),
        (FRESH, None, at("2025-03-09 09:00")),
        (TIE, "TW", at("2025-01-20 09:00")),
        (TWIN, "TW", at("2025-01-20 09:00")),
        (EARLY, "RE", at("2025-01-29 09:00")),
    ],
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
        (1, OLD, None, "bought", at("2025-01-29 10:00")),
        (2, OLD, None, "like", at("2025-02-08 10:00")),
        (3, OLD, None, "like", at("2025-02-08 11:00")),
        (4, GONE, None, "like", at("2025-01-28 23:00")),
        (5, GONE, None, "like", at("2025-02-07 23:59")),
        (6, IDLE, None, "nothing", at("2025-03-09 10:00")),
        (7, TIE, None, "nothing", at("2025-02-01 10:00")),
        (8, TIE, None, "like", at("2025-03-01 10:00")),
        (9, TWIN, None, "share", at("2025-03-02 10:00")),
        (10, TWIN, None, "like", at("2025-03-05 10:00")),
        (11, EARLY, None, "share", at("2025-01-28 10:00")),
        (12, NEVER, None, "like", at("2025-03-11 10:00")),
    ],
)
COLUMNS = "campaign channel action old_enough churned days users"


@pytest.fixture(scope="module", params=BACKENDS)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Question:
    folder = tmp_path_factory.mktemp(f"churn_{request.param}")
    url = write(request.param, folder, (USERS, EVENTS))
    return Question(url=url, schema=schema_of(items=None)).but(seen_until=date(2025, 3, 10))


def ask(question: Question, fact: str, *arguments: str) -> Rows:
    with Source("site", SourceConfig.model_validate({"url": question.url})) as source:
        mapped, problems = source.map(question.schema, stored_zone="UTC", report_zone="UTC")
        assert problems == []
        relations = Relations(mapped, question.cuts, question.counting)
        return rows(source.read(FACTS[fact].query(relations, *arguments)))


def one(found: Rows, **keys: Any) -> dict[str, Any]:
    (row,) = [row for row in found if all(row[key] == value for key, value in keys.items())]
    return row


def test_everybody_is_told(site: Question) -> None:
    told = ask(site, "churn", "30")
    expected = table_of(
        COLUMNS,
        ("all", "FB", "like", 1, 0, 68 - 30 - 1, 1),
        ("all", "FB", "like", 1, 1, 37, 1),
        ("all", "PI", None, 0, 0, 0, 1),
        ("all", "PI", None, 1, 1, 0, 1),
        ("all", "PI", "nothing", 1, 1, 0, 1),
        ("all", "RE", "share", 1, 1, 0, 1),
        ("all", "TW", "like", 1, 0, 49 - 30 - 1, 2),
        ("all", None, None, 0, 0, 0, 1),
    )
    assert sorted(told, key=str) == sorted(expected, key=str)


def test_silence_of_exactly_k_days_is_not_churn(site: Question) -> None:
    at_29 = ask(site, "churn", "29")
    gone = sum(row["users"] for row in at_29 if row["channel"] == "FB" and row["churned"])
    assert gone == 2
    assert one(at_29, channel="PI", action=None, users=2)["churned"] == 1


def test_the_end_of_a_window_is_the_last_day_seen(site: Question) -> None:
    """Seen from 8 February, Gone was silent for one day."""
    early = site.but(cuts=(Cut(key="early", start=date(2025, 2, 1), end=date(2025, 2, 9)),))
    found = [row for row in ask(early, "churn", "30") if row["channel"] == "FB"]
    assert [(row["churned"], row["days"], row["users"]) for row in found] == [(0, 38 - 30 - 1, 2)]


def test_gaps_lie_between_days_with_an_action_that_is_not_idle(site: Question) -> None:
    """Old paused for 10 days, Gone for 10, Twin for 3; Tie's "nothing" is no day."""
    assert ask(site, "gaps") == table_of("campaign days gaps", ("all", 10, 2), ("all", 3, 1))
