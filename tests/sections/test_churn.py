"""Churn of users one can count, of two large campaigns, and of published customers."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from growthml import plan
from growthml.charts import Bars, Curves, Intervals
from growthml.config.source import SourceConfig
from growthml.config.tables import Schema
from growthml.errors import NotEnoughData
from growthml.facts import FACTS
from growthml.facts.relations import Counting, Cut, Relations
from growthml.formats import Formats
from growthml.parts import Answer, Campaign, Context, Metrics, Table
from growthml.progress import Progress
from growthml.run import run
from growthml.sections.churn import NEVER, SECTION, ChurnOptions
from growthml.sources.source import Source
from tests.sites import config_of

SPRING = Campaign(key="spring", label="Spring", source="a", colour="baseline")
SUMMER = Campaign(key="summer", label="Summer", source="b", colour="new")


def context(*campaigns: Campaign, as_of: date = date(2025, 3, 10), **keys: Any) -> Context:
    return Context(
        campaigns=campaigns or (SPRING,),
        as_of=as_of,
        timezone="UTC",
        metrics=Metrics(response="bought", idle=frozenset({"nothing"})),
        formats=Formats(),
        **keys,
    )


def churn(*rows: Sequence[Any]) -> pd.DataFrame:
    columns = ["campaign", "channel", "action", "old_enough", "churned", "days", "users"]
    return pd.DataFrame(list(rows), columns=columns)


def gaps(*rows: Sequence[Any]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["campaign", "days", "gaps"])


FEW = churn(
    ("spring", "FB", "like", 1, 0, 37, 1),
    ("spring", "FB", "like", 1, 1, 37, 1),
    ("spring", "PI", None, 1, 1, 0, 1),
    ("spring", "PI", "nothing", 1, 1, 0, 1),
    ("spring", "TW", "share", 1, 0, 18, 2),
    ("spring", None, None, 0, 0, 0, 3),
)
"""Six users old enough, three of them churned, and three too young."""


def answer(
    counted: pd.DataFrame,
    seen: Context | None = None,
    pauses: pd.DataFrame | None = None,
    **options: Any,
) -> Answer:
    facts = {"churn": counted} if pauses is None else {"churn": counted, "gaps": pauses}
    found: Answer = SECTION.compute(facts, seen or context(), ChurnOptions(**options))
    return found


def table(found: Answer, name: str) -> pd.DataFrame:
    (block,) = [b for b in found.blocks if isinstance(b, Table) and b.id == name]
    return block.frame


def rates(frame: pd.DataFrame, column: str) -> dict[Any, tuple[int, int]]:
    known = frame.astype(object).where(frame.notna(), None)
    return {
        (row["campaign"], row[column]): (row["churned"], row["users"])
        for row in known.to_dict("records")
    }


def chart(found: Answer, kind: type) -> Any:
    return next((block for block in found.blocks if isinstance(block, kind)), None)


def pair(spring: int, summer: int) -> pd.DataFrame:
    """A thousand users of each campaign, so many of them churned on the day they came."""
    return churn(
        *(
            row
            for campaign, gone in (("spring", spring), ("summer", summer))
            for row in (
                (campaign, "FB", "like", 1, 1, 10, gone // 2),
                (campaign, "FB", "like", 1, 0, 100, 500 - gone // 2),
                (campaign, "PI", "like", 1, 1, 10, gone // 2),
                (campaign, "PI", "like", 1, 0, 100, 500 - gone // 2),
            )
        )
    )


# -- a story one can count ---------------------------------------------------------------------


def test_churn_of_nine_users_by_channel_and_behaviour() -> None:
    found = answer(FEW)
    assert rates(table(found, "by_channel"), "channel") == {
        ("spring", "FB"): (1, 2),
        ("spring", "PI"): (2, 2),
        ("spring", "TW"): (0, 2),
    }
    assert rates(table(found, "by_behaviour"), "behaviour") == {
        ("spring", "mostly like"): (1, 2),
        ("spring", "mostly share"): (0, 2),
        ("spring", "nothing"): (1, 1),
        ("spring", NEVER): (1, 1),
    }
    overall = table(found, "overall").iloc[0]
    assert (overall["churned"], overall["users"], overall["all_users"]) == (3, 6, 9)


def test_everybody_seen_counts_when_asked() -> None:
    found = answer(FEW, eligible="all")
    assert rates(table(found, "by_channel"), "channel")["spring", None] == (0, 3)
    assert any("counted as not churned" in caveat for caveat in found.caveats)


def test_the_typical_pause_is_printed_and_a_shorter_k_is_warned_of() -> None:
    """Nineteen of twenty pauses last at most four days, one lasts forty."""
    pauses = gaps(("spring", 1, 10), ("spring", 4, 9), ("spring", 40, 1))
    found = answer(FEW, pauses=pauses)
    assert table(found, "overall")["gap_p95"].tolist() == [4]
    assert not any("pauses" in caveat for caveat in found.caveats)
    short = answer(FEW, pauses=pauses, inactive_days=3)
    assert any(
        "3 days are shorter than many pauses: 5\u202f% of them last 4 days or more" in caveat
        for caveat in short.caveats
    )


def test_survival_follows_users_until_a_silence_could_not_show() -> None:
    """Of four users one falls silent on day 1, one on day 3; one is only followed to day 2."""
    followed = churn(
        ("spring", "FB", "like", 1, 1, 1, 1),
        ("spring", "FB", "like", 1, 0, 2, 1),
        ("spring", "FB", "like", 1, 1, 3, 1),
        ("spring", "FB", "like", 1, 0, 9, 1),
    )
    frame = table(answer(followed), "survival")
    assert frame[["day", "at_risk", "events"]].to_numpy().tolist() == [
        [1, 4, 1],
        [2, 3, 0],
        [3, 2, 1],
        [9, 1, 0],
    ]
    assert frame["survival"].tolist() == pytest.approx([3 / 4, 3 / 4, 3 / 8, 3 / 8])


def test_nobody_old_enough_is_nothing_to_say() -> None:
    young = churn(("spring", "FB", "like", 0, 0, 0, 7))
    with pytest.raises(NotEnoughData, match=r"more than 90 days before 10 Mar 2025.*7 users"):
        answer(young)


# -- two campaigns -----------------------------------------------------------------------------


def test_a_difference_that_holds_is_found_and_told() -> None:
    found = answer(pair(500, 400), context(SPRING, SUMMER))
    row = table(found, "overall").query("campaign == 'summer'").iloc[0]
    assert row["difference"] == pytest.approx(-0.1)
    assert row["verdict"] == "better"
    assert {finding.direction for finding in found.findings} >= {"better"}
    assert not any(finding.direction == "worse" for finding in found.findings)


def test_without_evidence_nothing_is_claimed() -> None:
    found = answer(pair(500, 490), context(SPRING, SUMMER))
    assert found.headline == (
        "50\u202f% of Spring users and 49\u202f% of Summer users have been silent for more than"
        " 90 days; no evidence of a difference."
    )
    assert all(finding.direction == "neutral" for finding in found.findings)
    assert chart(found, Intervals).title == "No channel's churn shows evidence of a difference"
    assert any("not randomised" in caveat for caveat in found.caveats)


def test_what_is_certain_by_definition_is_not_tested() -> None:
    silent = churn(
        ("spring", "FB", None, 1, 1, 0, 60),
        ("summer", "FB", None, 1, 1, 0, 70),
    )
    found = answer(silent, context(SPRING, SUMMER))
    assert set(table(found, "by_behaviour")["verdict"]) == {"not_tested"}
    assert any("by definition" in caveat for caveat in found.caveats)


def test_only_the_log_rank_test_may_say_who_goes_quiet_first() -> None:
    early = churn(
        ("spring", "FB", "like", 1, 1, 2, 80),
        ("spring", "FB", "like", 1, 0, 200, 20),
        ("spring", "PI", "like", 1, 1, 50, 20),
        ("spring", "PI", "like", 1, 0, 200, 80),
    )
    assert chart(answer(early), Curves).title == "FB users go quiet first"
    alike = churn(
        ("spring", "FB", "like", 1, 1, 20, 50),
        ("spring", "FB", "like", 1, 0, 200, 50),
        ("spring", "PI", "like", 1, 1, 20, 51),
        ("spring", "PI", "like", 1, 0, 200, 49),
    )
    title = chart(answer(alike), Curves).title
    assert title == "No evidence that channels differ in how long users stay"


def test_beyond_four_channels_the_rest_shares_a_line() -> None:
    many = churn(
        *(
            row
            for n in range(7)
            for row in (
                ("spring", f"c{n}", "like", 1, 1, 5, 40),
                ("spring", f"c{n}", "like", 1, 0, 99, 60 - n),
            )
        )
    )
    (panel,) = chart(answer(many), Curves).panels
    assert [line.series.label for line in panel.lines] == ["c0", "c1", "c2", "c3", "Other (3)"]


def test_lines_end_where_few_are_left() -> None:
    thin = churn(
        ("spring", None, "like", 1, 1, 5, 30),
        ("spring", None, "like", 1, 1, 9, 1),
        ("spring", None, "like", 1, 0, 30, 10),
    )
    (panel,) = chart(answer(thin), Curves).panels
    assert list(panel.lines[0].x) == [5.0, 9.0]
    assert list(panel.lines[0].y) == pytest.approx([11 / 41, 11 / 41])


def test_a_handful_of_users_gets_no_bars() -> None:
    assert chart(answer(FEW), Bars) is None


# -- real data ---------------------------------------------------------------------------------


def test_the_workshop_pair(workshop: Path, tmp_path: Path) -> None:
    config = config_of(
        tmp_path,
        sources={
            "spring": {"url": f"sqlite:///{workshop / 'campaign-1.db'}"},
            "summer": {"url": f"sqlite:///{workshop / 'campaign-2.db'}"},
        },
        sections=["churn"],
    )
    done = run(plan.read_config(config), formats=["html"], progress=Progress(quiet=True))
    frame = pd.read_csv(done.folder / "tables" / "churn.by_channel.csv")
    found = rates(frame, "channel")
    assert found["baseline", "PI"] == (89, 105)
    expected = json.loads((workshop / "expected.json").read_text(encoding="utf-8"))
    for campaign in ("baseline", "new"):
        for channel, counted in expected[campaign]["churn_90"].items():
            assert found[campaign, channel] == (counted["churned"], counted["users"])


def log(file: Path, events: dict[str, Any], as_of: date, days: int) -> Answer:
    """Churn of everybody in a file of events, whoever they are."""
    counting = Counting(
        response="bought", idle=frozenset(), value=1.0, seen_until=as_of, today=as_of
    )
    schema = Schema.model_validate({"events": events})
    with Source("log", SourceConfig.model_validate({"url": str(file)})) as source:
        mapped, problems = source.map(schema, stored_zone="UTC", report_zone="UTC")
        assert problems == []
        relations = Relations(mapped, (Cut(key="spring"),), counting)
        counted = source.read(FACTS["churn"].query(relations, str(days)))
    return answer(counted, context(as_of=as_of), eligible="all", inactive_days=days)


PURCHASES = {
    "cdnow_master_cohorts": (
        "data.csv",
        {"table": "data", "user_id": "customer_id", "occurred_at": "date"},
    ),
    "online_retail": (
        "orders.csv",
        {"table": "orders", "user_id": "customer_id", "occurred_at": "t"},
    ),
}


@pytest.mark.parametrize("days", [30, 90, 180])
@pytest.mark.parametrize(
    ("name", "as_of"),
    [
        ("cdnow_master_cohorts", date(1998, 6, 30)),
        ("cdnow_master_cohorts", date(1997, 12, 31)),
        ("online_retail", date(2011, 12, 9)),
    ],
)
def test_published_customers(
    name: str, as_of: date, days: int, shared: Callable[[str], Path]
) -> None:
    """At 90 days 20,253 of CDNOW's 23,570; 16 more are silent for exactly 90 (Fader & Hardie)."""
    folder = shared(name)
    file, events = PURCHASES[name]
    found = log(folder / file, {**events, "action": {"constant": "bought"}}, as_of, days)
    overall = table(found, "overall").iloc[0]
    document = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    by_days = (
        document["churn_as_of"]["by_k"]
        if name == "online_retail"
        else document[f"churn_as_of_{as_of:%Y_%m_%d}"]
    )
    expected = by_days[str(days)]
    assert (overall["churned"], overall["users"]) == (expected["churned"], expected["customers"])
    assert overall["churn_rate"] == pytest.approx(expected["churn_rate"])


def test_survival_of_cdnow_is_the_share_seen_again(shared: Callable[[str], Path]) -> None:
    """Followed for a year: active beyond day d means seen again on day d + 1 or later."""
    folder = shared("cdnow_master_cohorts")
    file, events = PURCHASES["cdnow_master_cohorts"]
    found = log(folder / file, {**events, "action": {"constant": "bought"}}, date(1998, 6, 30), 90)
    survival = table(found, "survival").set_index("day")["survival"]
    document = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    for day in (1, 30, 60, 90, 180):
        expected = document["own_clock_unbounded"][str(day)]["rate"]
        assert survival[day - 1] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("days", [20, 26, 30])
def test_the_toy_log(days: int, shared: Callable[[str], Path]) -> None:
    """u6 was silent for exactly 26 days: churned at 20, not at 26."""
    folder = shared("toy_hand_checked")
    events = {"table": "data", "user_id": "user_id", "action": "event", "occurred_at": "date"}
    overall = table(log(folder / "data.csv", events, date(2024, 3, 31), days), "overall").iloc[0]
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    counted = expected["churn_any_as_of_2024_03_31"][str(days)]
    assert (overall["churned"], overall["users"]) == (counted["churned"], counted["customers"])
