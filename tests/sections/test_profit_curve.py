"""A story of two channels: half of the 100 users of PI respond, 2 of the 100 of TW.

Both campaigns are alike, and 100 more users of either signed up too late to be ranked.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from growthml import plan
from growthml.charts import Curves
from growthml.errors import NotEnoughData
from growthml.formats import Formats
from growthml.parts import Answer, Campaign, Context, Metrics, Table
from growthml.progress import Progress
from growthml.run import run
from growthml.sections.profit_curve import ProfitOptions, compute
from tests.conftest import Pair
from tests.sites import config_of

SPRING = Campaign(key="old", label="Spring", source="a", colour="baseline")
SUMMER = Campaign(key="new", label="Summer", source="b", colour="new")
MATRIX = {"true_positive": 9, "false_positive": -1}


def context(*campaigns: Campaign, costs: dict[str, float] | None = None) -> Context:
    return Context(
        campaigns=campaigns or (SPRING, SUMMER),
        as_of=date(2025, 6, 30),
        timezone="UTC",
        metrics=Metrics(response="bought", idle=frozenset(), costs=costs or {}),
        formats=Formats(),
    )


def facts(
    responders: tuple[int, int] = (50, 2), *, priced: bool = True, users: int = 100
) -> dict[str, pd.DataFrame]:
    """The story's facts; every response brought 10."""
    keys = (SPRING.key, SUMMER.key)
    features = [
        {
            "campaign": key,
            "channel": channel,
            "tenure": 100,
            "idle_days": float("nan"),
            "spend": 0.0,
            "categories": 0,
            "action_1": 0,
            "population": 2 * users,
            "users": users,
            "responders": number,
        }
        for key in keys
        for channel, number in zip(("PI", "TW"), responders, strict=True)
    ]
    bought = sum(responders)
    moments = {
        f"{kind}_{name}": 0.1 for kind in ("mean", "m2") for name in ("revenue", "purchases")
    }
    totals = [
        {
            "campaign": key,
            "channel": channel,
            "n": 2 * users if channel == "PI" else users,
            "active": bought,
            "buyers": bought,
            "purchases": bought,
            "revenue": 10.0 * bought if priced else None,
            **moments,
        }
        for key in keys
        for channel in ("PI", "TW")
    ]
    actions = [{"campaign": key, "place": 1, "action": "like"} for key in keys]
    return {
        "features": pd.DataFrame(features),
        "feature_actions": pd.DataFrame(actions),
        "totals": pd.DataFrame(totals).astype({"revenue": float}),
    }


def answer(options: dict[str, Any] | None = None, **story: Any) -> Answer:
    costs = story.pop("costs", None)
    return compute(
        facts(**story), context(costs=costs), ProfitOptions.model_validate(options or {})
    )


def optimum(found: Answer, model: str = "logistic") -> dict[str, Any]:
    (table,) = (each for each in found.blocks if isinstance(each, Table) and each.id == "optimum")
    rows = {row["model"]: row for row in table.frame.to_dict("records")}
    return dict(rows[model])


def curve(found: Answer) -> list[tuple[float, int, float]]:
    (table,) = (each for each in found.blocks if isinstance(each, Table) and each.id == "curve")
    mine = table.frame[table.frame["model"] == "logistic"]
    return list(zip(mine["fraction"], mine["users_targeted"], mine["profit"], strict=True))


def chart(found: Answer) -> Curves:
    return next(each for each in found.blocks if isinstance(each, Curves))


def test_profit_adds_up_from_the_top_down() -> None:
    # PI: 50 responders at 9, 50 others at -1; then TW: 2 at 9, 98 at -1.
    assert curve(answer({"matrix": MATRIX})) == [
        (0.0, 0, 0.0),
        (0.5, 100, 400.0),
        (1.0, 200, 320.0),
    ]


def test_the_best_share_stands_against_everybody_and_nobody() -> None:
    found = answer({"matrix": MATRIX})
    best = optimum(found)
    assert (best["fraction"], best["users_targeted"], best["profit"]) == (0.5, 100, 400.0)
    assert (best["profit_if_all"], best["profit_if_none"]) == (320.0, 0.0)
    # A contact pays from the probability p on where 9 p = 1 - p.
    assert best["theoretical_threshold"] == pytest.approx(0.1)
    assert best["ci_low"] < 400 < best["ci_high"]
    # A model with a ridge penalty scores PI a little below the half that respond.
    assert best["threshold"] == pytest.approx(0.5, abs=0.02)
    assert chart(found).title == "Mailing the likeliest 50\u202f% earns most"
    assert found.headline.startswith(
        "Mailing the likeliest 50\u202f% of Summer users would have earned most: $400"
    )


def test_the_new_campaigns_own_model_is_there_too() -> None:
    assert optimum(answer({"matrix": MATRIX}), "logistic_new")["profit"] == 400.0


def test_missed_responders_and_users_left_alone_count_with_their_worth() -> None:
    worths = {**MATRIX, "false_negative": -3, "true_negative": 0.5}
    found = answer({"matrix": worths})
    # Nobody reached: 52 at -3, 148 at 0.5; PI reached: 400, and of TW 2 at -3, 98 at 0.5.
    assert optimum(found)["profit_if_none"] == pytest.approx(-156 + 74)
    assert curve(found)[1][2] == pytest.approx(400 - 6 + 49)


def test_without_a_matrix_worths_come_from_prices_and_costs() -> None:
    found = answer(costs={"PI": 0.5, "TW": 0.3})
    # PI: 50 x 10 - 100 x 0.5; TW: 2 x 10 - 100 x 0.3.
    assert [profit for *_, profit in curve(found)] == pytest.approx([0.0, 450.0, 440.0])
    said = "No matrix is configured: a response is worth $10.00, the mean of Summer"
    assert any(each.startswith(said) for each in found.caveats)
    assert pd.isna(optimum(found)["theoretical_threshold"])


def test_without_costs_reaching_more_never_loses() -> None:
    found = answer()
    assert [profit for *_, profit in curve(found)] == pytest.approx([0.0, 500.0, 520.0])
    assert optimum(found)["fraction"] == 1.0
    assert chart(found).title == "Mailing everybody earns most"


def test_a_cost_per_contact_stands_for_the_channels() -> None:
    found = answer({"cost_per_contact": 1}, costs={"PI": 0.5})
    assert [profit for *_, profit in curve(found)] == pytest.approx([0.0, 400.0, 320.0])
    # A response is worth 10 and a contact costs 1.
    assert optimum(found)["theoretical_threshold"] == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("budget", "options", "costs", "targeted"),
    [
        (99, {"cost_per_contact": 1}, None, 0),  # 99 users would part those of one score
        (100, {"cost_per_contact": 1}, None, 100),
        (50, {"matrix": {"true_positive": 9, "false_positive": -0.5}}, None, 100),
        (49, {}, {"PI": 0.5, "TW": 0.1}, 0),
        (50, {}, {"PI": 0.5, "TW": 0.1}, 100),
        (60, {}, {"PI": 0.5, "TW": 0.1}, 200),
    ],
)
def test_a_budget_ends_the_list(
    budget: float, options: dict[str, Any], costs: dict[str, float] | None, targeted: int
) -> None:
    found = answer({**options, "budget": budget}, costs=costs)
    assert optimum(found)["users_targeted"] == targeted


def test_a_binding_budget_is_said() -> None:
    found = answer({"cost_per_contact": 0.01, "budget": 1})
    assert chart(found).title == "Within the budget, mailing the likeliest 50\u202f% earns most"
    assert "The budget of $1.00 reaches 100 of 200 Summer users." in found.caveats


def test_where_no_contact_pays_nobody_is_mailed() -> None:
    found = answer({"matrix": {"true_positive": 1, "false_positive": -3}})
    best = optimum(found)
    assert (best["fraction"], best["users_targeted"], best["profit"]) == (0.0, 0, 0.0)
    assert chart(found).title == "No share pays: mail nobody"
    assert pd.isna(best["threshold"])


def test_the_page_says_when_features_end_and_who_is_left_out() -> None:
    (note,) = (e.note for e in answer().blocks if isinstance(e, Table) and e.id == "optimum")
    assert "Features come from up to 1 Apr 2025, responses from the 90 days after it" in note
    assert "100 of 300 Spring users and 100 of 300 Summer users were not known by then" in note


def test_a_sample_is_said() -> None:
    story = facts()
    story["features"]["population"] = 250
    found = compute(story, context(), ProfitOptions())
    (note,) = (e.note for e in found.blocks if isinstance(e, Table) and e.id == "optimum")
    assert "Fitted on 200 of 250 Spring users and 200 of 250 Summer users" in note


@pytest.mark.parametrize(("responders", "enough"), [((8, 1), False), ((8, 2), True)])
def test_ten_responders_are_needed(responders: tuple[int, int], enough: bool) -> None:
    if enough:
        assert optimum(answer(responders=responders))["users_targeted"] > 0
        return
    with pytest.raises(NotEnoughData, match="9 of 200 Spring users responded in the 90 days after"):
        answer(responders=responders)


def test_responses_without_a_price_need_a_matrix() -> None:
    with pytest.raises(NotEnoughData, match="matrix"):
        answer(priced=False)
    assert optimum(answer({"matrix": MATRIX}, priced=False))["profit"] == 400.0


def test_one_campaign_is_ranked_by_a_model_that_has_not_seen_its_users() -> None:
    found = compute(facts(), context(SPRING), ProfitOptions.model_validate({"matrix": MATRIX}))
    assert optimum(found)["profit"] == 400.0
    (table,) = (each for each in found.blocks if isinstance(each, Table) and each.id == "optimum")
    assert list(table.frame["campaign"]) == ["old"]


def test_a_window_shorter_than_the_horizon_is_left_out() -> None:
    june = Campaign(
        key="new",
        label="June",
        source="b",
        colour="new",
        start=date(2025, 6, 1),
        end=date(2025, 7, 1),
    )
    with pytest.raises(NotEnoughData, match="June's window is no longer than the 90 days"):
        compute(facts(), context(SPRING, june), ProfitOptions())


def test_a_simulated_campaign_earns_more_than_everybody_or_nobody(
    tmp_path: Path, simulated_pair: Pair
) -> None:
    urls = {"spring": simulated_pair.baseline.path, "summer": simulated_pair.new.path}
    config = config_of(
        tmp_path,
        sources={name: {"url": f"sqlite:///{path}"} for name, path in urls.items()},
        sections=[{"profit_curve": {"matrix": MATRIX}}],
    )
    outcome = run(plan.read_config(config), formats=["html"], progress=Progress(quiet=True))
    found = outcome.run.sections[0].answer
    assert found is not None
    best = optimum(found)
    assert best["profit"] > max(best["profit_if_all"], best["profit_if_none"])
    assert best["plateau_low"] <= best["fraction"] <= best["plateau_high"]
    assert 0 < best["fraction"] < 0.5
