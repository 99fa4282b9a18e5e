"""What was known of five users by 1 March, and what they did in March, on every kind of source.

The last day seen is 31 March; with a horizon of 30 days features end with 1 March. Ann (FB, since
1 January) liked twice and bought thai food for 8 before, and buys again on 2 March. Bob (FB, since
1 January) did nothing before, and buys on the last day. Cat (PI, since 1 March, late) liked on the
cut-off day itself. Dan (PI) signed up on 2 March: too late. Eve (PI, since 1 January) only buys
after the last day seen. Fay and Gil (TW, since 20 February) never do anything.
"""

from __future__ import annotations

from datetime import date
from hashlib import md5

import pytest

from growthml.config.schema import SourceConfig
from growthml.errors import NotEnoughData
from growthml.facts import FACTS, features
from growthml.facts.relations import Cut, Relations
from growthml.sources.source import Source
from tests.facts.market import (
    BACKENDS,
    Question,
    Rows,
    Table,
    at,
    in_order,
    rows,
    schema_of,
    table_of,
    write,
)

ANN, BOB, CAT, DAN, EVE, FAY, GIL = range(1, 8)

TABLES = (
    Table(
        name="users",
        columns={"id": "INTEGER", "channel": "VARCHAR", "signed_up_at": "TIMESTAMP"},
        rows=[
            (ANN, "FB", at("2025-01-01 09:00")),
            (BOB, "FB", at("2025-01-01 23:00")),
            (CAT, "PI", at("2025-03-01 20:00")),
            (DAN, "PI", at("2025-03-02 00:00")),
            (EVE, "PI", at("2025-01-01 09:00")),
            (FAY, "TW", at("2025-02-20 09:00")),
            (GIL, "TW", at("2025-02-20 10:00")),
        ],
    ),
    Table(
        name="items",
        columns={"id": "INTEGER", "category": "VARCHAR", "price": "DOUBLE"},
        rows=[(10, "thai", 8.0), (11, "greek", 20.0)],
    ),
    Table(
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
            (2, ANN, 11, "like", at("2025-02-20 10:00")),
            (3, ANN, 10, "bought", at("2025-01-11 10:00")),
            (4, ANN, 10, "bought", at("2025-03-02 00:00")),
            (5, BOB, 10, "bought", at("2025-03-31 23:59")),
            (6, BOB, 10, "nothing", at("2025-02-27 10:00")),
            (7, CAT, 10, "like", at("2025-03-01 23:59")),
            (8, EVE, 10, "bought", at("2025-04-01 00:00")),
            (9, DAN, 10, "bought", at("2025-03-05 10:00")),
            (10, EVE, 10, "like", None),
        ],
    ),
)


@pytest.fixture(scope="module", params=BACKENDS)
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Question:
    folder = tmp_path_factory.mktemp(request.param)
    return Question(url=write(request.param, folder, TABLES), schema=schema_of())


def asked(question: Question, name: str, *arguments: str) -> Rows:
    with Source("shop", SourceConfig.model_validate({"url": question.url})) as source:
        mapped, _ = source.map(question.schema, stored_zone="UTC", report_zone="UTC")
        relations = Relations(mapped, question.cuts, question.counting)
        return rows(source.read(FACTS[name].query(relations, *arguments)))


def told(found: Rows, columns: str) -> Rows:
    return in_order([{name: row[name] for name in columns.split()} for row in found])


FEATURES = (
    "campaign channel tenure idle_days spend categories action_1 action_2 action_3 action_4"
    " population users responders"
)


def test_features_end_at_the_cut_off_and_labels_begin_there(shop: Question) -> None:
    # Likes come first (3), then one bought, one nothing: in the order of their names.
    # From 1 January to 2 March are 60 days, from 20 February 10.
    assert told(asked(shop, "features", "30"), FEATURES) == in_order(
        table_of(
            FEATURES,
            ("all", "FB", 60, 10, 8.0, 2, 2, 1, 0, 0, 6, 1, 1),
            ("all", "FB", 60, None, 0.0, 1, 0, 0, 1, 0, 6, 1, 1),
            ("all", "PI", 1, 1, 0.0, 1, 1, 0, 0, 0, 6, 1, 0),
            ("all", "PI", 60, None, 0.0, 0, 0, 0, 0, 0, 6, 1, 0),
            ("all", "TW", 10, None, 0.0, 0, 0, 0, 0, 0, 6, 2, 0),
        )
    )
    assert asked(shop, "feature_actions", "30") == table_of(
        "campaign place action", ("all", 1, "like"), ("all", 2, "bought"), ("all", 3, "nothing")
    )


def test_any_action_can_be_what_is_predicted(shop: Question) -> None:
    # Nobody likes anything in March but Cat, on the last day of the features.
    assert [row["responders"] for row in asked(shop, "features", "30", "like")] == [0] * 5
    # With a horizon of 31 days her like is the label, and she is not known yet.
    assert sum(row["users"] for row in asked(shop, "features", "31", "like")) == 5
    # With 80 days features end with 10 January: of Ann, Bob and Eve, Ann likes again.
    found = asked(shop, "features", "80", "like")
    assert (sum(row["users"] for row in found), sum(row["responders"] for row in found)) == (3, 1)


def test_each_campaign_is_cut_off_before_its_own_end(shop: Question) -> None:
    february = Cut(key="february", end=date(2025, 3, 1))
    found = asked(shop.but(cuts=(Cut(key="whole"), february)), "features", "30")
    # February ends before 1 March: features up to 29 January, when Ann, Bob and Eve are there.
    mine = [row for row in found if row["campaign"] == "february"]
    assert sum(row["users"] for row in mine) == 3
    assert {row["tenure"] for row in mine} == {29}
    assert sum(row["responders"] for row in mine) == 0
    assert sum(row["users"] for row in found if row["campaign"] == "whole") == 6


def test_a_window_no_longer_than_the_horizon_has_no_rows(shop: Question) -> None:
    march = Cut(key="march", start=date(2025, 3, 2), end=date(2025, 4, 1))
    assert asked(shop.but(cuts=(march,)), "features", "30") == []


def test_older_users_belong_to_a_window_only_for_what_they_did_before_the_cut_off(
    shop: Question,
) -> None:
    # Window from 15 February: Bob acted in it on the 27th, Ann on the 20th; Eve did not. Fay and
    # Gil signed up inside it, Cat too.
    spring = Cut(key="spring", start=date(2025, 2, 15))
    found = asked(shop.but(cuts=(spring,)), "features", "30")
    assert sum(row["users"] for row in found) == 5
    # A horizon of 40 days ends the features with 19 February: Ann and Bob have not acted yet,
    # though what they did later would have let them in.
    assert asked(shop.but(cuts=(spring,)), "features", "40") == []


def test_a_large_campaign_is_sampled_alike_everywhere(
    shop: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(features, "MOST_USERS", 3)
    found = asked(shop, "features", "30")
    assert {row["population"] for row in found} == {6}
    assert sum(row["users"] for row in found) == 3
    # Those with the smallest hash of "growthml" and their id; Dan is not known yet.
    channels = {ANN: "FB", BOB: "FB", CAT: "PI", EVE: "PI", FAY: "TW", GIL: "TW"}
    lots = {user: md5(f"growthml{user}".encode()).hexdigest() for user in channels}
    wanted = sorted(channels[user] for user in sorted(lots, key=lots.__getitem__)[:3])
    assert sorted(row["channel"] for row in found for _ in range(row["users"])) == wanted


def test_without_times_nothing_can_be_predicted(shop: Question) -> None:
    timeless = shop.but(schema=schema_of(events={"occurred_at": None}))
    with pytest.raises(NotEnoughData, match=r"events\.occurred_at"):
        asked(timeless, "features", "30")
