"""Retention of four users one can count, of two large campaigns, and of published cohorts."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from growthml import plan
from growthml.charts import Curves, Grid
from growthml.config.source import SourceConfig
from growthml.config.tables import Schema
from growthml.errors import NotEnoughData
from growthml.facts import FACTS
from growthml.facts.relations import Counting, Cut, Relations
from growthml.formats import Formats
from growthml.parts import Answer, Campaign, Context, Metrics, Table
from growthml.progress import Progress
from growthml.run import run
from growthml.sections.cohorts import SECTION, CohortsOptions
from growthml.sources.source import Source
from tests.sites import config_of

SPRING = Campaign(key="spring", label="Spring", source="a", colour="baseline")
SUMMER = Campaign(key="summer", label="Summer", source="b", colour="new")
JANUARY, FEBRUARY, MARCH = date(2025, 1, 1), date(2025, 2, 1), date(2025, 3, 1)


def context(*campaigns: Campaign, as_of: date = date(2025, 3, 10), **keys: Any) -> Context:
    return Context(
        campaigns=campaigns or (SPRING,),
        as_of=as_of,
        timezone="UTC",
        metrics=Metrics(response="bought", idle=frozenset({"nothing"})),
        formats=Formats(),
        **keys,
    )


def facts(
    sizes: Sequence[tuple[Any, ...]], activity: Sequence[tuple[Any, ...]]
) -> dict[str, pd.DataFrame]:
    columns = ["campaign", "cohort", "period", "active_users", "last_users", "revenue"]
    return {
        "cohort_sizes": pd.DataFrame(sizes, columns=["campaign", "cohort", "users"]),
        "cohort_activity": pd.DataFrame(activity, columns=columns),
    }


FEW = facts(
    [("spring", JANUARY, 3), ("spring", FEBRUARY, 1)],
    [
        ("spring", JANUARY, JANUARY, 1, 0, 0.0),
        ("spring", JANUARY, FEBRUARY, 1, 1, 20.0),
        ("spring", JANUARY, MARCH, 1, 1, 10.0),
        ("spring", FEBRUARY, FEBRUARY, 1, 0, 0.0),
        ("spring", FEBRUARY, MARCH, 1, 1, 20.0),
    ],
)
"""The four users of tests/facts/test_cohorts.py: three of January, one of February."""


def answer(counted: dict[str, pd.DataFrame], seen: Context | None = None, **options: Any) -> Answer:
    return SECTION.compute(counted, seen or context(), CohortsOptions(**options))


def table(found: Answer, name: str) -> pd.DataFrame:
    (block,) = [b for b in found.blocks if isinstance(b, Table) and b.id == name]
    return block.frame


def curves(found: Answer) -> dict[str, Curves]:
    return {block.id: block for block in found.blocks if isinstance(block, Curves)}


def grid(found: Answer) -> Grid:
    return next(block for block in found.blocks if isinstance(block, Grid))


def large(summer_active: int) -> dict[str, pd.DataFrame]:
    """A thousand users of January in each campaign, a hundred of Spring's active in February."""
    rows = [
        (campaign, JANUARY, FEBRUARY, active, active, 0.0)
        for campaign, active in (("spring", 100), ("summer", summer_active))
    ]
    return facts([("spring", JANUARY, 1000), ("summer", JANUARY, 1000)], rows)


# -- a story one can count ---------------------------------------------------------------------


def test_retention_of_four_users() -> None:
    columns = ["cohort", "month", "cohort_users", "active_users", "unbounded_users", "partial"]
    assert table(answer(FEW), "retention")[columns].to_numpy().tolist() == [
        ["2025-01", 0, 3, 1, 2, False],
        ["2025-01", 1, 3, 1, 2, False],
        ["2025-01", 2, 3, 1, 1, True],
        ["2025-02", 0, 1, 1, 1, False],
        ["2025-02", 1, 1, 1, 1, True],
    ]


def test_revenue_adds_up_over_the_months() -> None:
    frame = table(answer(FEW), "revenue")
    assert frame["revenue"].tolist() == [0, 20, 10, 0, 20]
    assert frame["cumulative_revenue_per_user"].tolist() == pytest.approx([0, 20 / 3, 10, 0, 20])


def test_the_pooled_curve_takes_cohorts_that_lived_the_month_and_says_who_reached_it() -> None:
    frame = table(answer(FEW), "curve")
    counted = ["month", "users", "active_users", "reached_users", "reached_active"]
    assert frame[counted].to_numpy().tolist() == [[0, 4, 2, 4, 2], [1, 3, 1, 4, 2]]


def test_on_the_last_day_of_a_month_it_is_complete() -> None:
    frame = table(answer(FEW, context(as_of=date(2025, 3, 31))), "retention")
    assert not frame["partial"].any()
    assert frame["month"].tolist() == [0, 1, 2, 0, 1]


def test_a_window_ends_the_last_month() -> None:
    cut = Campaign(
        key="spring", label="Spring", source="a", colour="baseline", end=date(2025, 3, 1)
    )
    frame = table(answer(FEW, context(cut)), "retention")
    assert frame["month"].tolist() == [0, 1, 0]
    assert not frame["partial"].any()


def test_weeks_are_counted_from_monday_to_sunday() -> None:
    monday, next_monday = date(2025, 1, 6), date(2025, 1, 13)
    counted = facts([("spring", monday, 2)], [("spring", monday, next_monday, 1, 1, 5.0)])
    frame = table(answer(counted, context(as_of=date(2025, 1, 19)), grain="week"), "retention")
    assert frame[["cohort", "month", "active_users"]].to_numpy().tolist() == [
        ["2025-01-06", 0, 0],
        ["2025-01-06", 1, 1],
    ]
    assert not frame["partial"].any()


def test_months_not_begun_are_blank_and_small_cohorts_open() -> None:
    drawn = grid(answer(FEW))
    assert drawn.rows == ["Jan 2025", "Feb 2025", "All cohorts"]
    assert drawn.cells[1][2] is None
    january = drawn.cells[0]
    assert [cell.text if cell else "" for cell in january] == ["33", "33", "33*"]
    assert all(cell is not None and cell.open and cell.step is None for cell in january)


def test_what_happened_before_the_cohorts_month_is_left_out_and_said() -> None:
    early = facts(
        [("spring", FEBRUARY, 30)],
        [("spring", FEBRUARY, JANUARY, 2, 0, 9.0), ("spring", FEBRUARY, FEBRUARY, 3, 3, 1.0)],
    )
    found = answer(early)
    assert table(found, "revenue")["revenue"].sum() == 1
    assert any("before that of sign-up" in caveat for caveat in found.caveats)


def test_without_money_there_is_no_revenue() -> None:
    unknown = {
        **FEW,
        "cohort_activity": FEW["cohort_activity"].assign(revenue=float("nan")),
    }
    found = answer(unknown)
    assert table(found, "revenue").empty
    assert "revenue" not in curves(found)


def test_nobody_is_nothing_to_say() -> None:
    with pytest.raises(NotEnoughData, match="no user signed up"):
        answer(facts([], []))


def test_more_than_fifteen_cohorts_show_the_latest_twelve_and_all_together() -> None:
    months = [date(2024 + n // 12, n % 12 + 1, 1) for n in range(16)]
    counted = facts(
        [("spring", month, 30) for month in months],
        [("spring", month, month, 3, 3, 0.0) for month in months],
    )
    drawn = grid(answer(counted, context(as_of=date(2025, 4, 30))))
    assert len(drawn.rows) == 13
    assert (drawn.rows[0], drawn.rows[-1]) == ("May 2024", "All cohorts")
    assert len(drawn.columns) == 12
    assert drawn.lead[0][1][-1] == "480"


# -- two campaigns -----------------------------------------------------------------------------


def test_a_difference_that_holds_is_found_and_told() -> None:
    """100 of 1,000 against 150 of 1,000: Newcombe's interval of the difference is 2.1 to 7.9."""
    found = answer(large(150), context(SPRING, SUMMER))
    row = table(found, "curve").query("campaign == 'summer' and month == 1").iloc[0]
    assert row["difference"] == pytest.approx(0.05)
    assert (row["difference_ci_low"], row["difference_ci_high"]) == pytest.approx(
        (0.0210, 0.0789), abs=0.0002
    )
    assert curves(found)["curves"].title == "Retention differs in month 1"
    (told,) = [finding for finding in found.findings if finding.direction == "better"]
    assert "15.0\u202f% of Summer users were active against 10.0\u202f% of Spring" in told.text


def test_without_evidence_nothing_is_claimed() -> None:
    found = answer(large(103), context(SPRING, SUMMER))
    assert found.headline == (
        "In the month after signing up, 10\u202f% of Spring and 10\u202f% of Summer users were"
        " active; no evidence that retention differs."
    )
    assert all(finding.direction == "neutral" for finding in found.findings)


def test_only_an_experiment_needs_no_warning() -> None:
    warned = answer(large(103), context(SPRING, SUMMER)).caveats
    experiment = answer(large(103), context(SPRING, SUMMER, randomised=True)).caveats
    assert [caveat for caveat in warned if "not randomised" in caveat]
    assert not [caveat for caveat in experiment if "not randomised" in caveat]


def test_where_nobody_came_back_nothing_is_drawn_or_tested() -> None:
    found = answer(
        large(0) | {"cohort_activity": FEW["cohort_activity"].head(0)}, context(SPRING, SUMMER)
    )
    assert not [block for block in found.blocks if not isinstance(block, Table)]
    assert table(found, "curve")["p_value"].isna().all()


# -- real data ---------------------------------------------------------------------------------


def read(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / "tables" / f"cohorts.{name}.csv")


def test_the_workshop_pair_month_by_month(workshop: Path, tmp_path: Path) -> None:
    expected = json.loads((workshop / "expected.json").read_text(encoding="utf-8"))
    config = config_of(
        tmp_path,
        sources={
            "spring": {"url": f"sqlite:///{workshop / 'campaign-1.db'}"},
            "summer": {"url": f"sqlite:///{workshop / 'campaign-2.db'}"},
        },
        sections=["cohorts"],
    )
    done = run(plan.read_config(config), formats=["html"], progress=Progress(quiet=True))
    frame = read(done.folder, "retention")
    june = frame.query("campaign == 'baseline' and cohort == '2013-06' and month == 1").iloc[0]
    assert (june["active_users"], june["cohort_users"]) == (15, 34)
    for campaign in ("baseline", "new"):
        mine = frame[frame["campaign"] == campaign]
        sizes = dict(zip(mine["cohort"], mine["cohort_users"], strict=True))
        active = {
            f"{row.cohort}|{row.month}": row.active_users
            for row in mine.itertuples()
            if row.active_users
        }
        assert sizes == expected[campaign]["cohort_sizes"]
        assert active == expected[campaign]["retention_active"]


SHOPS = {
    "cdnow_master_cohorts": (
        "data.csv",
        date(1998, 6, 30),
        {"table": "data", "user_id": "customer_id", "occurred_at": "date", "value": "value"},
    ),
    "online_retail": (
        "orders.csv",
        date(2011, 12, 9),
        {
            "table": "orders",
            "user_id": "customer_id",
            "occurred_at": "t",
            "order": "invoice_no",
            "value": "amount",
        },
    ),
}


def shop(file: Path, events: dict[str, str], as_of: date) -> dict[str, pd.DataFrame]:
    """The facts of cohorts by first purchase, counted in a file of purchases."""
    schema = Schema.model_validate({"events": {**events, "action": {"constant": "bought"}}})
    counting = Counting(
        response="bought", idle=frozenset(), value="event", seen_until=as_of, today=as_of
    )
    with Source("shop", SourceConfig.model_validate({"url": str(file)})) as source:
        mapped, problems = source.map(schema, stored_zone="UTC", report_zone="UTC")
        assert problems == []
        relations = Relations(mapped, (Cut(key="spring"),), counting)
        return {
            "cohort_sizes": source.read(
                FACTS["cohort_sizes"].query(relations, "first_response", "month")
            ),
            "cohort_activity": source.read(
                FACTS["cohort_activity"].query(relations, "first_response", "response", "month")
            ),
        }


@pytest.mark.parametrize("name", SHOPS)
def test_published_cohorts(name: str, shared: Callable[[str], Path]) -> None:
    """CDNOW (Fader & Hardie) and UCI Online Retail (Chen, Sain & Guo 2012)."""
    folder = shared(name)
    file, as_of, events = SHOPS[name]
    found = answer(
        shop(folder / file, events, as_of),
        context(as_of=as_of),
        by="first_response",
        activity="response",
    )
    frame, curve = table(found, "retention"), table(found, "curve")
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    assert len(frame["cohort"].unique()) == len(expected["monthly_cohorts"])
    for cohort in expected["monthly_cohorts"]:
        mine = frame[frame["cohort"] == cohort["cohort"]]
        assert set(mine["cohort_users"]) == {cohort["size"]}
        assert mine["active_users"].tolist() == cohort["bounded_counts"]
        assert mine["unbounded_users"].tolist() == cohort["unbounded_counts"]
    pooled = {row["k"]: row for row in expected["monthly_cohorts_overall_weighted_curve"]["rows"]}
    for row in curve.itertuples():
        assert (row.reached_users, row.reached_active) == (
            pooled[row.month]["eligible"],
            pooled[row.month]["bounded"],
        )
    revenue = table(found, "revenue")
    by_month = (
        revenue.assign(
            period=[
                str(pd.Period(cohort) + month)
                for cohort, month in zip(revenue["cohort"], revenue["month"], strict=True)
            ]
        )
        .groupby("period")["revenue"]
        .sum()
    )
    assert by_month.to_dict() == pytest.approx(
        {row["month"]: row["revenue"] for row in expected["monthly"]}
    )


@pytest.mark.parametrize(
    ("story", "options", "response"),
    [
        ("retention_any_event_calendar_month", {}, "buy"),
        (
            "retention_buy_calendar_month",
            {"by": "first_response", "activity": "response"},
            "buy",
        ),
    ],
)
def test_the_toy_log(
    story: str,
    options: dict[str, str],
    response: str,
    shared: Callable[[str], Path],
    tmp_path: Path,
) -> None:
    folder = shared("toy_hand_checked")
    done = run(
        plan.read_config(
            config_of(
                tmp_path,
                sources={"toy": {"url": str(folder / "data.csv")}},
                campaigns={"toy": {"source": "toy"}},
                metrics={"value": "event", "response": response, "idle": []},
                schema={
                    "events": {
                        "table": "data",
                        "user_id": "user_id",
                        "action": "event",
                        "occurred_at": "date",
                        "value": "amount",
                    }
                },
                sections=[{"cohorts": options}],
            )
        ),
        as_of=date(2024, 3, 31),
        formats=["html"],
        progress=Progress(quiet=True),
    )
    frame = read(done.folder, "retention")
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))[story]
    assert sorted(set(frame["cohort"])) == [cohort["cohort"] for cohort in expected]
    for cohort in expected:
        mine = frame[frame["cohort"] == cohort["cohort"]]
        assert set(mine["cohort_users"]) == {cohort["size"]}
        assert mine["active_users"].tolist() == cohort["bounded_counts"]
        assert mine["unbounded_users"].tolist() == cohort["unbounded_counts"]
