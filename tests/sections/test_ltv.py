"""Lifetime value: the plain formula on the workshop's figures, the forecast on published ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from growthml import plan
from growthml.answers import Sight, answers
from growthml.charts import Bars, Grid
from growthml.errors import NotEnoughData
from growthml.facts.count import Counts
from growthml.facts.view import View
from growthml.formats import Formats
from growthml.parts import Answer, Campaign, Context, Metrics, Table
from growthml.progress import Progress
from growthml.reading import OpenSources
from growthml.sections.ltv import SECTION, LtvOptions
from tests.sites import config_of

SPRING = Campaign(key="spring", label="Spring", source="s", colour="baseline")
SUMMER = Campaign(key="summer", label="Summer", source="s", colour="new")


def context(*campaigns: Campaign, **costs: float) -> Context:
    return Context(
        campaigns=campaigns,
        as_of=date(2025, 12, 31),
        timezone="UTC",
        metrics=Metrics(response="bought", idle=frozenset(), costs=costs),
        formats=Formats(currency="USD"),
        labels={"channel": {"PI": "Pinterest"}},
    )


def frame(columns: str, *lines: tuple[Any, ...]) -> pd.DataFrame:
    return pd.DataFrame(list(lines), columns=columns.split())


def story(**changed: pd.DataFrame) -> Mapping[str, pd.DataFrame]:
    """Six of ten Pinterest users and one of ten Facebook users bought.

    Pinterest: 9 purchases for 90 dollars, 7.5 a month added up, 9 months added up. Facebook: one
    of 30. 20 users of each are asked about payback; Pinterest brings 10 in month 0, 60 in month 1.
    """
    lifetimes = "campaign channel buyers purchases revenue purchases_per_month months"
    facts = {
        "lifetimes": frame(
            lifetimes, ("spring", "PI", 6, 9, 90.0, 7.5, 9), ("spring", "FB", 1, 1, 30.0, 1.0, 1)
        ),
        "valuable_users": frame(
            "campaign rank user_id channel purchases months revenue frequency recency age"
            " mean_value",
            ("spring", 1, 7, "PI", 4, 2, 60.0, 3, 40, 90, 15.0),
            ("spring", 2, 3, "FB", 1, 1, 30.0, 0, 0, 80, None),
        ),
        "repeat_purchases": frame(
            "campaign channel frequency recency age buyers mean_values",
            ("spring", "PI", 1, 10, 90, 3, 30.0),
            ("spring", "PI", 0, 0, 90, 3, 0.0),
            ("spring", "FB", 0, 0, 80, 1, 0.0),
        ),
        "repeat_values": frame("campaign frequency mean_value buyers", ("spring", 1, 10.0, 3)),
        "calibration_purchases": frame(
            "campaign frequency recency age buyers", ("spring", 0, 0, 45, 4)
        ),
        "repeat_tracking": frame(
            "campaign day new_buyers repeats cut end", ("spring", 0, 6, 0, 45, 90)
        ),
        "payback": frame(
            "campaign channel age month users revenue",
            ("spring", "PI", 2, None, 20, 0.0),
            ("spring", "PI", 2, 0, 0, 10.0),
            ("spring", "PI", 2, 1, 0, 60.0),
            ("spring", "FB", 2, None, 20, 0.0),
            ("spring", "FB", 2, 0, 0, 30.0),
        ),
    }
    return facts | changed


def computed(*campaigns: Campaign, **costs: float) -> Answer:
    return SECTION.compute(story(), context(*campaigns or (SPRING,), **costs), LtvOptions())


def table(answer: Answer, name: str) -> pd.DataFrame:
    [found] = [each for each in answer.blocks if isinstance(each, Table) and each.id == name]
    return found.frame


def test_the_product_of_three_means() -> None:
    # 90 / 9 = 10 an order; 7.5 / 6 = 1.25 a month; 9 / 6 = 1.5 months: 18.75 a buyer,
    # and 18.75 x 6 / 20 = 5.625 for each of the 20 users.
    pinterest = table(computed(), "by_channel").iloc[0]
    assert dict(pinterest) == {
        "campaign": "spring",
        "channel": "PI",
        "users": 20,
        "buyers": 6,
        "average_order_value": 10.0,
        "purchases_per_month": 1.25,
        "retention_months": 1.5,
        "ltv_per_buyer": 18.75,
        "ltv_per_user": 5.625,
        "purchases": 9,
        "revenue": 90.0,
    }


def test_the_headline_names_the_channel_of_most_revenue() -> None:
    assert computed().headline == "A Pinterest buyer was worth $18.75 in Spring."


def test_a_channel_without_buyers_is_worth_nothing_a_user() -> None:
    users = story()["payback"]
    idle = frame("campaign channel age month users revenue", ("spring", "TW", 2, None, 5, 0.0))
    facts = story(payback=pd.concat([users, idle], ignore_index=True))
    channels = table(SECTION.compute(facts, context(SPRING), LtvOptions()), "by_channel")
    twitter = channels[channels["channel"] == "TW"].iloc[0]
    assert (twitter["users"], twitter["buyers"], twitter["ltv_per_user"]) == (5, 0, 0.0)
    assert pd.isna(twitter["ltv_per_buyer"])


def test_cost_is_paid_back_when_revenue_a_user_reaches_it() -> None:
    # A user costs 3: 10 / 20 = 0.5 in the first month, 60 / 20 = 3 more in the second.
    payback = table(computed(PI=3.0, FB=1.0), "payback").set_index("channel")
    assert payback.loc["PI", "payback_month"] == 2
    assert payback.loc["PI", "ltv_to_cac"] == pytest.approx(5.625 / 3.0)


def test_one_buyer_pays_nobody_back() -> None:
    # Facebook's single buyer brought 30 / 20 = 1.5 a user, more than the cost of 1.
    payback = table(computed(PI=3.0, FB=1.0), "payback").set_index("channel")
    assert pd.isna(payback.loc["FB", "payback_month"])


def test_without_costs_there_is_no_payback() -> None:
    assert "payback" not in [each.id for each in computed().blocks]


def test_a_user_is_worth_the_revenue_so_far() -> None:
    users = table(computed(), "top_users")
    assert list(users["ltv"]) == [60.0, 30.0]
    assert list(users["average_order_value"]) == [15.0, 30.0]
    assert users["predicted_purchases"].isna().all()


def test_too_little_data_gives_no_number() -> None:
    answer = computed()
    expected = "Too little data for a forecast: 3 repeat buyers in Spring, at least 100 needed."
    assert answer.caveats[0] == expected
    assert "forecast" not in [each.id for each in answer.blocks]
    assert "tracking" not in [each.id for each in answer.blocks]
    assert set(table(answer, "model")["parameter"]) == {"users", "repeat_buyers"}


def test_bars_need_five_buyers() -> None:
    [bars] = [each for each in computed().blocks if isinstance(each, Bars)]
    per_user, per_buyer = bars.panels
    assert list(bars.rows) == ["Pinterest", "FB"]
    assert per_user.values == [[5.625, 1.5]]
    assert per_buyer.values == [[18.75, None]]


def test_cells_below_five_buyers_are_open() -> None:
    lifetimes = "campaign channel category buyers purchases revenue purchases_per_month months"
    facts = story(
        lifetimes_by_category=frame(
            lifetimes.replace("channel ", ""),
            ("spring", "thai", 6, 6, 60.0, 6.0, 6),
            ("spring", "greek", 3, 3, 60.0, 3.0, 3),
        ),
        lifetimes_by_demographic=frame(
            lifetimes,
            ("spring", "PI", "thai", 6, 6, 60.0, 6.0, 6),
            ("spring", "PI", "greek", 2, 2, 30.0, 2.0, 2),
            ("spring", "FB", "greek", 1, 1, 30.0, 1.0, 1),
        ),
    )
    answer = SECTION.compute(facts, context(SPRING), LtvOptions())
    [grid] = [each for each in answer.blocks if isinstance(each, Grid)]
    cells = dict(zip(grid.columns, zip(*grid.cells, strict=True), strict=True))
    # 60 dollars of 20 Pinterest users, 3 each; of all 40 users it is 1.50.
    assert (cells["Thai"][0].text, cells["Thai"][0].note) == ("$3.00", "n 6")
    assert cells["Thai"][0].step is not None
    assert all(cell.open and cell.step is None for cell in cells["Greek"])
    by_category = table(answer, "by_category").set_index("category")
    assert by_category.loc["thai", "ltv_per_user"] == 1.5


def test_nobody_bought() -> None:
    none = story()["lifetimes"].iloc[:0]
    with pytest.raises(NotEnoughData, match="nobody has bought yet"):
        SECTION.compute(story(lifetimes=none), context(SPRING), LtvOptions())


def test_horizons_begin_at_one_month() -> None:
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        LtvOptions(horizons=(0,))


# -- on the reference data ---------------------------------------------------------------------

SHOP: dict[str, Any] = {"campaigns": {"all": {"source": "shop", "label": "Shop"}}}


def reported(folder: Path, as_of: date | None = None, **keys: Any) -> Answer:
    """The section's answer, with nothing drawn and nothing archived."""
    config = plan.read_config(config_of(folder, sections=["ltv"], **keys))
    today = date(2026, 1, 1)
    planned = plan.campaigns(config, as_of or today)
    with OpenSources(config, planned) as sources:
        seen = as_of or sources.latest_day(today) or today
        readings = sources.readings(seen_until=seen, today=today)
        names = plan.names(planned, pooling=False)
        sight = (View(Counts(), names, names), plan.context(config, planned, seen))
        found = Sight(pooled=sight, alone=sight)
        [section] = answers(plan.choose(config), found, readings, Progress(quiet=True))
    assert section.answer is not None, section.reason
    return section.answer


def cdnow(folder: Path, data: Path, as_of: date | None = None) -> Answer:
    schema = {
        "events": {
            "table": "data",
            "user_id": "customer_id",
            "action": {"constant": "bought"},
            "occurred_at": "date",
            "value": "value",
        }
    }
    sources = {"shop": {"url": str(data / "data.csv")}}
    return reported(folder, as_of, sources=sources, schema=schema, **SHOP)


def parameters(answer: Answer, model: str) -> dict[str, float]:
    found = table(answer, "model")
    found = found[found["model"] == model]
    return dict(zip(found["parameter"], found["value"], strict=True))


@pytest.fixture(scope="module")
def workshop_answer(workshop: Path, tmp_path_factory: pytest.TempPathFactory) -> Answer:
    urls = {"spring": "campaign-1.db", "summer": "campaign-2.db"}
    sources = {name: {"url": f"sqlite:///{workshop / file}"} for name, file in urls.items()}
    labels = {"channel": {"PI": "Pinterest"}}
    return reported(tmp_path_factory.mktemp("workshop"), sources=sources, labels=labels)


def test_the_workshop(workshop_answer: Answer, workshop: Path) -> None:
    expected = json.loads((workshop / "expected.json").read_text(encoding="utf-8"))
    found = table(workshop_answer, "by_channel").set_index(["campaign", "channel"])
    for campaign in ("baseline", "new"):
        channels = expected[campaign]["ltv_by_channel"]
        assert len(channels) == 4
        for channel, figures in channels.items():
            mine = found.loc[(campaign, channel)]
            assert {name: mine[name] for name in figures} == pytest.approx(figures, rel=1e-9)


def test_the_workshop_in_words(workshop_answer: Answer) -> None:
    assert workshop_answer.headline == (
        "A Pinterest buyer was worth $18.45 in Spring, $17.20 in Summer."
    )
    assert workshop_answer.caveats[0] == (
        "Too little data for a forecast: 28 repeat buyers in Spring and 18 in Summer, at least"
        " 100 needed."
    )


def test_cdnow_has_the_papers_parameters(shared: Callable[[str], Path], tmp_path: Path) -> None:
    """Fader, Hardie & Lee 2005, Table 2, and Fader & Hardie 2013: calibration of 39 weeks."""
    answer = cdnow(tmp_path, shared("cdnow"), as_of=date(1997, 9, 30))
    repeats, values = parameters(answer, "bg_nbd"), parameters(answer, "gamma_gamma")
    published = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
    # Half of the last digit printed, or 0.1 per cent where that is more.
    assert {name: repeats[name] for name in published} == pytest.approx(
        published, rel=1e-3, abs=5e-4
    )
    assert repeats["log_likelihood"] == pytest.approx(-9582.4, abs=0.05)
    assert (repeats["users"], repeats["repeat_buyers"]) == (2357, 946)
    assert {name: values[name] for name in "pqv"} == pytest.approx(
        {"p": 6.25, "q": 3.74, "v": 15.44}, rel=1e-3, abs=5e-3
    )
    assert values["log_likelihood"] == pytest.approx(-4055.92, abs=0.01)


def test_cdnow_is_tested_on_its_second_half(shared: Callable[[str], Path], tmp_path: Path) -> None:
    folder = shared("cdnow")
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    answer = cdnow(tmp_path, folder)
    calibration = parameters(answer, "bg_nbd_calibration")
    fitted = expected["mle_from_transaction_log"]["bgnbd"]
    assert {name: calibration[name] for name in fitted} == pytest.approx(fitted, rel=1e-3)
    tracking = table(answer, "tracking")
    calibrated = tracking[tracking["used_in_fitting"]]
    assert calibrated["actual"].iloc[-1] == expected["rfm_at_1997_09_30"]["sum_frequency"]
    held_out = tracking["actual"].iloc[-1] - calibrated["actual"].iloc[-1]
    assert held_out == expected["holdout_39w"]["actual_total"]
    # A new customer is expected to repeat 1.0437 times in 32 weeks (Hardie, note 004), and CDNOW's
    # are 27 to 39 weeks old at the end of the calibration: about one purchase a customer.
    assert calibrated["fitted"].iloc[-1] == pytest.approx(1.04 * 2357, rel=0.02)


def test_online_retail_shows_no_dropout(shared: Callable[[str], Path], tmp_path: Path) -> None:
    folder = shared("online_retail")
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    schema = {
        "events": {
            "table": "orders",
            "user_id": "customer_id",
            "action": {"constant": "bought"},
            "occurred_at": "t",
            "value": "amount",
            "order": "invoice_no",
        }
    }
    sources = {"shop": {"url": str(folder / "orders.csv")}}
    answer = reported(tmp_path, sources=sources, schema=schema, **SHOP)
    found = parameters(answer, "bg_nbd") | parameters(answer, "gamma_gamma")
    weeks = expected["bgnbd_weeks"]
    wanted = weeks["params"] | weeks["gamma_gamma"]
    assert {name: found[name] for name in wanted} == pytest.approx(wanted, rel=1e-3)
    assert any("dropout cannot be identified (a = 0.0034," in each for each in answer.caveats)
    assert table(answer, "top_users")["p_alive"].isna().all()
