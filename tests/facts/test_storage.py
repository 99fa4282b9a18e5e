"""However and wherever the market is stored, every fact is what one counts in its story."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from growthml.facts import actions, money, quality, users
from tests.facts.market import (
    ALL,
    ANN,
    BACKENDS,
    CAT,
    SHAPES,
    Question,
    Rows,
    Shape,
    at,
    in_order,
    market_tables,
    schema_of,
    table_of,
    write,
)


def told(shape: Shape) -> dict[str, Rows]:
    """The facts, counted by hand from the market's story, period all, as of 31 March 2025."""

    def moment(text: str) -> datetime:
        return at(text[:10]) if shape.days_only else at(text)

    def person(user: int) -> Any:
        of_event = shape.event_user
        return (of_event or shape.user_id)(user)

    return {
        # Nobody's purchase and Eve's of 2031 are not among the events; 12 + Cat's early like are.
        "span": table_of(
            "campaign users first_signup last_signup events first_event last_event",
            (
                "all",
                5,
                moment("2025-01-05 09:00"),
                moment("2025-03-03 07:00"),
                13,
                moment("2025-01-06 10:00"),
                moment("2025-03-05 10:00"),
            ),
        ),
        # FB: Ann spends 28 in 2 purchases, Bob nothing, so 14 -+ 14, 1 -+ 1 and 0.5 -+ 0.5.
        # PI: Cat spends 12 in 2 purchases (what is not on the menu has no price), Eve nothing.
        "totals": table_of(
            "campaign channel n active buyers purchases revenue"
            " mean_revenue mean_purchases mean_buyer m2_revenue m2_purchases m2_buyer"
            " m2_revenue_purchases m2_revenue_buyer m2_purchases_buyer",
            ("all", "FB", 2, 2, 1, 2, 28.0, 14.0, 1.0, 0.5, 392.0, 2.0, 0.5, 28.0, 14.0, 1.0),
            ("all", None, 1, 1, 0, 0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
            ("all", "PI", 2, 2, 1, 2, 12.0, 6.0, 1.0, 0.5, 72.0, 2.0, 0.5, 12.0, 6.0, 1.0),
        ),
        "channels": table_of("campaign channel", ("all", "FB"), ("all", None), ("all", "PI")),
        "signups": table_of(
            "campaign period channel users",
            ("all", date(2025, 1, 1), "FB", 2),
            ("all", date(2025, 2, 1), None, 1),
            ("all", date(2025, 2, 1), "PI", 1),
            ("all", date(2025, 3, 1), "PI", 1),
        ),
        "overlap": table_of("campaign users in_several", ("all", 5, 0)),
        # Eve's nameless event is no action.
        "actions": table_of(
            "campaign channel action events users",
            ("all", "FB", "bought", 2, 1),
            ("all", "FB", "like", 3, 2),
            ("all", "FB", "nothing", 1, 1),
            ("all", None, "like", 1, 1),
            ("all", "PI", "bought", 2, 1),
            ("all", "PI", "like", 2, 2),
            ("all", "PI", "share", 1, 1),
        ),
        # Cat's purchase of what is not on the menu and Eve's like of nothing have no category.
        "categories": table_of(
            "campaign channel category action events responses purchases revenue",
            ("all", "FB", "greek", "bought", 1, 1, 1, 20.0),
            ("all", "FB", "thai", "bought", 1, 1, 1, 8.0),
            ("all", "FB", "thai", "like", 3, 0, 0, 0.0),
            ("all", "FB", "thai", "nothing", 1, 0, 0, 0.0),
            ("all", None, "greek", "like", 1, 0, 0, 0.0),
            ("all", "PI", "thai", "bought", 1, 1, 1, 12.0),
            ("all", "PI", "thai", "like", 1, 0, 0, 0.0),
            ("all", "PI", "thai", "share", 1, 0, 0, 0.0),
        ),
        "category_sales": table_of(
            "campaign category purchases revenue",
            ("all", "greek", 1, 20.0),
            ("all", "thai", 2, 20.0),
        ),
        "spenders": table_of(
            "campaign rank user_id channel purchases revenue",
            ("all", 1, person(ANN), "FB", 2, 28.0),
            ("all", 2, person(CAT), "PI", 2, 12.0),
        ),
        # Two buyers, so each is half of them; weighed: (2 + 1 - 2 rank) x spent.
        "concentration": table_of(
            "campaign step buyers revenue weighed",
            ("all", 50, 1, 28.0, 28.0),
            ("all", 100, 1, 12.0, -12.0),
        ),
        # Nobody's one purchase, and the thirteen events and Eve's of 2031. Cat was an hour early,
        # Dan a day; where only days are known Cat was not.
        "event_quality": table_of(
            "campaign orphan events orphan_item missing_time future_event event_before_signup"
            " unknown_action cancelled",
            (None, True, 1, 0, 0, 0, 0, 0, 0),
            ("all", False, 14, 1, 1, 1, 1 if shape.days_only else 2, 1, 0),
        ),
        "duplicates": table_of("campaign duplicates", ("all", 1)),
        "user_quality": table_of("campaign users missing_channel missing_signup", ("all", 5, 1, 0)),
        "item_quality": table_of("campaign items nonpositive_price", ("all", 4, 1)),
    }


STORED = [
    (name, backend)
    for name in SHAPES
    for backend in BACKENDS
    if (name, backend) != ("numbers meet text", "csv")  # a CSV file has no types that could differ
]


@pytest.mark.parametrize(("name", "backend"), STORED)
def test_every_fact_is_the_storys(name: str, backend: str, tmp_path: Path) -> None:
    shape = SHAPES[name]
    url = write(backend, tmp_path, market_tables(shape))
    story = told(shape)
    told_by_sql = Question(url=url, schema=schema_of(shape), cuts=[ALL]).ask(*story)
    for fact, expected, counted in zip(story, story.values(), told_by_sql, strict=True):
        assert counted == in_order(expected), fact


def test_the_story_tells_every_fact_of_these_modules() -> None:
    facts = {fact.name for module in (users, actions, money, quality) for fact in module.FACTS}
    assert facts == set(told(SHAPES["timestamps"]))
