"""Who did what to which item, on every kind of source: the market of five users.

What is not idle and has an item: Ann bought 10 and 12 and likes 11; Bob likes 10 (twice, which is
one touch); Cat likes 10 and bought 11 and 99, which is not on the menu; Dan likes 12; Eve shares
11 at no known time, and buys in 2031, which is not seen.
"""

from __future__ import annotations

from datetime import date
from hashlib import md5

import pytest

from growthml.config.source import SourceConfig
from growthml.errors import NotEnoughData
from growthml.facts import FACTS, interactions
from growthml.facts.relations import Cut, Relations
from growthml.sources.source import Source
from tests.facts.market import (
    ANN,
    BACKENDS,
    BOB,
    CAT,
    DAN,
    EVE,
    Question,
    Rows,
    at,
    market_tables,
    rows,
    schema_of,
    write,
)


@pytest.fixture(scope="module", params=BACKENDS)
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Question:
    folder = tmp_path_factory.mktemp(request.param)
    return Question(url=write(request.param, folder, market_tables()), schema=schema_of())


def asked(question: Question, name: str, *arguments: str) -> Rows:
    with Source("shop", SourceConfig.model_validate({"url": question.url})) as source:
        mapped, _ = source.map(question.schema, stored_zone="UTC", report_zone="UTC")
        relations = Relations(mapped, question.cuts, question.counting)
        return rows(source.read(FACTS[name].query(relations, *arguments)))


def touches(found: Rows) -> list[tuple[int, int, str]]:
    return sorted((row["user_id"], row["item_id"], row["action"]) for row in found)


EVERY_TOUCH = [
    (ANN, 10, "bought"),
    (ANN, 11, "like"),
    (ANN, 12, "bought"),
    (BOB, 10, "like"),
    (CAT, 10, "like"),
    (CAT, 11, "bought"),
    (CAT, 99, "bought"),
    (DAN, 12, "like"),
    (EVE, 11, "share"),
]


def test_a_touch_is_an_action_on_an_item_once(shop: Question) -> None:
    found = asked(shop, "interactions")
    assert touches(found) == EVERY_TOUCH
    assert {row["population"] for row in found} == {5}
    times = {(row["user_id"], row["item_id"]): row["first_at"] for row in found}
    assert times[BOB, 10] == at("2025-01-12 13:00")
    assert times[EVE, 11] is None


def test_items_are_counted_over_everybody(shop: Question) -> None:
    found = asked(shop, "item_actions")
    assert {row["items"] for row in found} == {4}
    counted = [
        (row["channel"], row["item_id"], row["category"], row["action"], row["users"])
        for row in found
    ]
    assert sorted(counted, key=str) == sorted(
        [
            ("FB", 10, "thai", "bought", 1),
            ("FB", 10, "thai", "like", 1),
            ("FB", 11, "thai", "like", 1),
            ("FB", 12, "greek", "bought", 1),
            ("PI", 10, "thai", "like", 1),
            ("PI", 11, "thai", "bought", 1),
            ("PI", 11, "thai", "share", 1),
            ("PI", 99, None, "bought", 1),
            (None, 12, "greek", "like", 1),
        ],
        key=str,
    )


def test_users_who_touched_anything_by_channel(shop: Question) -> None:
    found = {row["channel"]: row["users"] for row in asked(shop, "item_users")}
    assert found == {"FB": 2, "PI": 2, None: 1}


def test_the_most_active_users_come_first_each_with_all_rows(shop: Question) -> None:
    found = asked(shop, "user_items", "2")
    assert [(row["place"], row["user_id"], row["item_id"], row["action"]) for row in found] == [
        (1, ANN, 10, "bought"),
        (1, ANN, 11, "like"),
        (1, ANN, 12, "bought"),
        (2, CAT, 10, "like"),
        (2, CAT, 11, "bought"),
        (2, CAT, 99, "bought"),
    ]


def test_what_users_bought_before_their_campaign_is_known(shop: Question) -> None:
    # From February on Ann buys 12 and likes 11, having bought 10 in January; Bob does nothing.
    february = shop.but(cuts=(Cut(key="february", start=date(2025, 2, 1)),))
    found = asked(february, "user_items", "10")
    mine = [
        (row["item_id"], row["action"], row["inside"]) for row in found if row["user_id"] == ANN
    ]
    assert mine == [(10, "bought", 0), (11, "like", 1), (12, "bought", 1)]
    assert BOB not in {row["user_id"] for row in found}


def test_a_large_campaign_is_sampled_alike_everywhere(
    shop: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interactions, "MOST_USERS", 2)
    lots = {user: md5(f"growthml{user}".encode()).hexdigest() for user in range(ANN, EVE + 1)}
    drawn = sorted(lots, key=lots.__getitem__)[:2]
    found = asked(shop, "interactions")
    assert touches(found) == [touch for touch in EVERY_TOUCH if touch[0] in drawn]
    assert {row["population"] for row in found} == {5}


def test_users_are_drawn_as_long_as_their_touches_fit(
    shop: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interactions, "MOST_TOUCHES", 5)
    lots = {user: md5(f"growthml{user}".encode()).hexdigest() for user in range(ANN, EVE + 1)}
    drawn: list[tuple[int, int, str]] = []
    for user in sorted(lots, key=lots.__getitem__):
        more = [touch for touch in EVERY_TOUCH if touch[0] == user]
        if len(drawn) + len(more) > 5:
            break
        drawn += more
    assert touches(asked(shop, "interactions")) == sorted(drawn)


def test_the_most_touched_items_are_kept(shop: Question, monkeypatch: pytest.MonkeyPatch) -> None:
    # 10 and 11 have three touches each, 12 has two, 99 one.
    monkeypatch.setattr(interactions, "MOST_ITEMS", 2)
    assert {row["item_id"] for row in asked(shop, "interactions")} == {10, 11}
    assert {row["items"] for row in asked(shop, "item_actions")} == {4}


def test_small_channels_are_counted_as_none(
    shop: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    # FB and PI have four touches each: the name decides.
    monkeypatch.setattr(interactions, "MOST_CHANNELS", 1)
    found = asked(shop, "item_actions")
    assert {row["channel"] for row in found} == {"FB", None}
    assert sum(row["users"] for row in found) == len(EVERY_TOUCH)


def test_without_items_there_is_nothing_to_count(shop: Question) -> None:
    blind = shop.but(schema=schema_of(events={"item_id": None}))
    with pytest.raises(NotEnoughData, match=r"events\.item_id"):
        asked(blind, "interactions")
