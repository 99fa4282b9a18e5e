"""What a response model learns from: features end at the cut-off, labels begin there."""

from __future__ import annotations

from datetime import date
from hashlib import md5

import pytest

from growthml.errors import NotEnoughData
from growthml.facts import cutoff
from growthml.facts.relations import Cut
from tests.facts.market import (
    Question,
    in_order,
    schema_of,
    table_of,
)
from tests.facts.shop import ANN, BOB, CAT, EVE, FAY, GIL, asked, shop, told

__all__ = ["shop"]

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
    monkeypatch.setattr(cutoff, "MOST_USERS", 3)
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
