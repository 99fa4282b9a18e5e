"""A table of orders and nothing else: whoever is seen has bought, so no rate says anything."""

from __future__ import annotations

from pathlib import Path

from growthml import plan
from growthml.parts import Answer, Run, SectionRun
from growthml.progress import Progress
from growthml.run import run
from tests.sections.stories import frame, row

CONFIG = """
sources: {shop: {url: orders.csv}}
schema:
  events: {table: orders, user_id: buyer, occurred_at: day, value: paid, action: ACTION}
campaigns:
  spring: {source: shop, label: Spring, window: {from: 2025-01-01, to: 2025-02-01}}
  summer: {source: shop, label: Summer, window: {from: 2025-02-01, to: 2025-03-01}}
metrics: {response: bought, value: event}
"""


def report(folder: Path, summer_pays: int, action: str = "{constant: bought}") -> Run:
    """20 buyers pay 10 or 11 in January; 30 others pay ten or eleven times `summer_pays` later."""
    rows = [(buyer, "2025-01-10", 10 + buyer % 2) for buyer in range(20)]
    rows += [(buyer, "2025-02-10", summer_pays * (10 + buyer % 2)) for buyer in range(100, 130)]
    lines = [f"{buyer},{day},{paid},bought" for buyer, day, paid in rows]
    (folder / "orders.csv").write_text("\n".join(["buyer,day,paid,what", *lines]) + "\n")
    config = folder / "report.yml"
    text = CONFIG.replace("ACTION", action).replace("orders.csv", str(folder / "orders.csv"))
    config.write_text(text)
    read = plan.read_config(config)
    return run(read, archive=folder / "archive", formats=[], progress=Progress(quiet=True)).run


def section(found: Run, name: str) -> SectionRun:
    return next(each for each in found.sections if each.section.id == name)


def summary(found: Run) -> Answer:
    answer = section(found, "summary").answer
    assert answer is not None
    return answer


def test_the_verdict_is_on_what_a_buyer_brings(tmp_path: Path) -> None:
    found = summary(report(tmp_path, summer_pays=2))
    assert found.headline == "Summer brings more revenue per user than Spring."
    assert found.front is not None
    # 10.5 and 21 on average
    assert found.front.lede.startswith(
        "Revenue per user was $21.00 in Summer (n = 30) against $10.50 in Spring (n = 20):"
        " +$10.50 (+$"
    )
    assert "conversion_rate" not in [each.metric for each in found.front.kpis]


def test_it_may_bring_less_or_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "less").mkdir()
    less = summary(report(tmp_path / "less", summer_pays=-2))
    assert less.headline == "Summer brings less revenue per user than Spring."
    (tmp_path / "same").mkdir()
    same = summary(report(tmp_path / "same", summer_pays=1))
    assert same.headline == (
        "No evidence that Summer brings more or less revenue per user than Spring."
    )


def test_rates_are_told_but_not_tested(tmp_path: Path) -> None:
    found = summary(report(tmp_path, summer_pays=2))
    conversion = row(found, "kpis", metric="conversion_rate", campaign="summer")
    assert conversion["value"] == conversion["baseline_value"] == 1.0
    assert conversion["verdict"] == "not_tested"
    assert any(
        text.startswith("Users are seen only once they did “bought”") for text in found.caveats
    )


def test_there_is_no_lift_and_who_leans_is_not_asked(tmp_path: Path) -> None:
    found = report(tmp_path, summer_pays=2)
    lift = section(found, "lift").answer
    assert lift is not None
    assert lift.headline == "Users are seen only once they respond: there is no lift to measure."
    assert "campaign" not in [block.id for block in lift.blocks]
    incremental = frame(lift, "incremental_value")
    assert list(incremental.loc[incremental["campaign"] == "summer", "per_user"])[-1] == 10.5
    assert "tendencies" not in [each.section.id for each in found.sections]


def test_a_column_of_actions_may_hold_others_too(tmp_path: Path) -> None:
    found = summary(report(tmp_path, summer_pays=2, action="what"))
    assert found.headline == "No evidence that Summer converts better or worse than Spring."
