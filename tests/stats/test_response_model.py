from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from growthml.stats import response_model
from growthml.stats.ranking import auc, rank
from growthml.stats.response_model import enough, fit, named, scored


def users(campaign: str, *rows: dict[str, Any]) -> pd.DataFrame:
    """Rows of users; what is not told is a user of FB who did nothing in 50 days."""
    usual = {"channel": "FB", "tenure": 50, "idle_days": np.nan, "spend": 0.0, "categories": 0}
    return pd.DataFrame([{"campaign": campaign, **usual, **row} for row in rows])


def two_channels(campaign: str, good: str, bad: str) -> pd.DataFrame:
    """Half of the 100 users of one channel respond, 2 of the 100 of the other."""
    return users(
        campaign,
        {"channel": good, "users": 100, "responders": 50},
        {"channel": bad, "users": 100, "responders": 2},
    )


def test_actions_get_their_names_in_every_campaign() -> None:
    facts = pd.DataFrame(
        {"campaign": ["old", "new"], "users": [1, 1], "action_1": [3, 5], "action_2": [4, 6]}
    )
    actions = pd.DataFrame(
        {
            "campaign": ["old", "old", "new"],
            "place": [1, 2, 1],
            "action": ["like", "share", "share"],
        }
    )
    found = named(facts, actions).set_index("campaign")
    assert found["times like"].to_dict() == {"old": 3, "new": 0}
    assert found["times share"].to_dict() == {"old": 4, "new": 5}


def test_the_channel_that_responds_comes_first() -> None:
    rows = two_channels("old", "PI", "TW")
    good, bad = fit(rows).score(rows)
    assert good > bad
    # A ridge penalty draws the estimates together; with 200 users hardly.
    assert good == pytest.approx(0.50, abs=0.02)
    assert bad == pytest.approx(0.02, abs=0.02)


def test_rows_of_several_users_teach_as_those_users_do() -> None:
    rows = two_channels("old", "PI", "TW")
    single = pd.concat(
        [
            users("old", *[{"channel": channel, "users": 1, "responders": int(i < responders)}] * 1)
            for channel, responders in (("PI", 50), ("TW", 2))
            for i in range(100)
        ]
    )
    assert fit(single).score(rows) == pytest.approx(fit(rows).score(rows), abs=1e-6)


def test_a_channel_nobody_knows_counts_as_rare() -> None:
    rows = two_channels("old", "PI", "TW")
    model = fit(pd.concat([rows, users("old", {"channel": "rare", "users": 10, "responders": 5})]))
    unknown = users("new", {"channel": "rare"}, {"channel": "unheard of"}, {"channel": None})
    assert list(model.channels) == ["PI", "TW"]
    assert len(set(model.score(unknown))) == 1


def test_the_older_model_is_the_baselines_and_the_newer_the_campaigns_own() -> None:
    # What worked in the old campaign fails in the new one.
    known = pd.concat([two_channels("old", "PI", "TW"), two_channels("new", "TW", "PI")])
    older, newer = scored(known, "old", "new")
    assert (older.model, older.trained_on, older.train_users, older.train_responders) == (
        "logistic",
        "old",
        200,
        52,
    )
    assert (newer.model, newer.trained_on) == ("logistic_new", "new")
    assert (older.users, older.responders) == (newer.users, newer.responders) == (200, 52)

    def area(each: response_model.Scored) -> float:
        steps = each.steps()
        found = auc(rank(steps["score"], steps["responders"], steps["users"])).value
        assert found is not None
        return found

    # By channel alone: 50 of 52 responders and 98 of 148 others stand on the good side.
    right = (50 * 98 + (50 * 50 + 2 * 98) / 2) / (52 * 148)
    assert area(older) == pytest.approx(1 - right)
    assert area(newer) == pytest.approx(right, abs=0.02)


def test_a_model_that_has_seen_nothing_of_use_ranks_by_chance() -> None:
    # Responses are drawn at random: a model judged on its own training data would look good.
    random = np.random.default_rng(7)
    rows = [
        {
            "tenure": int(random.integers(1, 400)),
            "spend": float(random.random()),
            "times like": int(random.integers(0, 9)),
            "users": 1,
            "responders": int(i % 10 == 0),
        }
        for i in range(3000)
    ]
    (only,) = scored(users("old", *rows), "old", "old")
    steps = only.steps()
    area = auc(rank(steps["score"], steps["responders"], steps["users"]))
    assert area.ci_low is not None
    assert area.ci_high is not None
    assert area.ci_low < 0.5 < area.ci_high + 0.03


def test_the_same_data_give_the_same_scores() -> None:
    known = pd.concat([two_channels("old", "PI", "TW"), two_channels("new", "PI", "TW")])
    for first, second in zip(scored(known, "old", "new"), scored(known, "old", "new"), strict=True):
        pd.testing.assert_frame_equal(first.rows, second.rows)


def test_many_scores_are_tied_in_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(response_model, "MOST_STEPS", 2)
    rows = pd.DataFrame(
        {
            "channel": ["PI"] * 4,
            "score": [0.8, 0.6, 0.3, 0.1],
            "users": [1, 1, 1, 1],
            "responders": [1, 0, 1, 0],
        }
    )
    each = response_model.Scored(
        campaign="new",
        model="logistic",
        trained_on="old",
        train_users=9,
        train_responders=1,
        rows=rows,
    )
    found = each.steps()
    assert found["score"].tolist() == pytest.approx([0.7, 0.2])
    assert found["users"].tolist() == [2, 2]
    assert found["responders"].tolist() == [1, 1]


@pytest.mark.parametrize(
    ("responders", "are_enough"), [(9, False), (10, True), (90, True), (91, False)]
)
def test_ten_of_each_kind_are_needed(responders: int, are_enough: bool) -> None:
    known = users("old", {"users": 100, "responders": responders})
    assert enough(known, "old") is are_enough
