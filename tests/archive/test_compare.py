from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from growthml.archive import compare as comparing
from growthml.archive.compare import Comparison, Move, compare
from growthml.archive.runs import read
from tests.archive.shelf import CONFIG, FACTS, rate, row, stored

Pair = Callable[..., Comparison]


def changed(path: str, value: Any) -> dict[str, Any]:
    """The config with another value at a dotted path."""
    found = copy.deepcopy(CONFIG)
    *way, last = path.split(".")
    place: Any = found
    for step in way:
        place = place[step]
    place[last] = value
    return found


def rows(x: int, n: int, revenue: float = 1.0, **columns: object) -> list[str]:
    return [
        rate("conversion_rate", "baseline", 10, 100),
        rate("conversion_rate", "new", x, n),
        row("users", "count", "new", n, n),
        row("roi", "ratio", "new", n, 2.5),
        row("revenue_per_user", "money", "new", n, revenue, **columns),
    ]


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    """Newcombe's first example, 48 of 80 then and 56 of 70 now; keywords change the second."""

    def made(**second: Any) -> Comparison:
        then = stored(tmp_path, "2014-04-13", digits="1" * 12, rows=rows(48, 80))
        now = stored(
            tmp_path, "2014-04-20", digits="2" * 12, **{"rows": rows(56, 70, 1.5)} | second
        )
        return compare(read(then), read(now))

    return made


def move(found: Comparison, metric: str, campaign: str = "new") -> Move:
    return next(each for each in found.moves if (each.metric, each.campaign) == (metric, campaign))


def test_a_rates_difference_has_newcombes_interval(pair: Pair) -> None:
    found = move(pair(), "conversion_rate")
    assert (found.then, found.now) == (0.6, 0.8)
    assert found.difference == pytest.approx(0.2)
    # Newcombe 1998, Statistics in Medicine 17:873, table II, contrast (a), method 10.
    assert (found.low, found.high) == (
        pytest.approx(0.0524, abs=5e-5),
        pytest.approx(0.3339, abs=5e-5),
    )
    assert found.evidence == "up"


def test_what_has_no_interval_says_why(pair: Pair) -> None:
    found = pair()
    mean = move(found, "revenue_per_user")
    assert mean.difference == pytest.approx(0.5)
    assert (mean.low, mean.evidence, mean.reason) == (None, "not_tested", comparing.NO_SPREAD)
    users = move(found, "users")
    assert (users.difference, users.reason) == (-10, comparing.TOTAL)


def test_the_same_rate_is_no_evidence_of_a_change(pair: Pair) -> None:
    found = move(pair(), "conversion_rate", "baseline")
    assert found.difference == 0
    assert found.evidence == "no_evidence"


def test_a_stored_spread_makes_an_interval(tmp_path: Path) -> None:
    header = "metric,unit,campaign,n,value,std_error\n"
    folders = []
    for day, cells in (("2014-04-13", "1.0,0.3"), ("2014-04-20", "2.0,0.4")):
        line = f"revenue_per_user,money,new,100,{cells}\n"
        table = {"tables/summary.kpis.csv": (header + line).encode()}
        folders.append(stored(tmp_path, day, files=table))
    (found,) = compare(*map(read, folders)).moves
    # Standard errors 0.3 and 0.4 make 0.5; 1.96 of them 0.98.
    assert found.difference == 1.0
    assert (found.low, found.high) == (pytest.approx(0.02, abs=1e-3), pytest.approx(1.98, abs=1e-3))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("campaigns.new.where", {"channel": ["FB"]}),
        ("campaigns.new.population", "all"),
    ],
)
def test_a_campaign_of_other_people_is_not_compared(pair: Pair, path: str, value: object) -> None:
    found = pair(config=changed(path, value))
    assert [each.split(".")[:2] for each in found.changes] == [["campaigns", "new"]]
    conversion = move(found, "conversion_rate")
    assert (conversion.then, conversion.now) == (0.6, 0.8)
    assert (conversion.difference, conversion.reason) == (None, comparing.CHANGED)
    assert move(found, "conversion_rate", "baseline").difference == 0


def test_another_response_makes_nothing_comparable(pair: Pair) -> None:
    found = pair(config=changed("metrics.response", "share"))
    assert found.changes == ["metrics.response"]
    assert not found.comparable


def test_costs_define_profit_and_nothing_else(pair: Pair) -> None:
    found = pair(config=changed("metrics.costs.FB", 0.5))
    assert found.changes == ["metrics.costs.FB"]
    assert move(found, "roi").reason == comparing.CHANGED
    assert move(found, "conversion_rate").difference == pytest.approx(0.2)


def test_another_confidence_changes_verdicts_not_values(pair: Pair) -> None:
    found = pair(config=changed("statistics.confidence", 0.9))
    assert found.changes == ["statistics.confidence"]
    assert move(found, "conversion_rate").difference == pytest.approx(0.2)


def test_a_fact_counted_otherwise_is_named(pair: Pair) -> None:
    found = pair(facts=FACTS | {"totals": "SELECT 3"})
    assert found.changes == ["fact totals of baseline", "fact totals of new"]
    assert not found.comparable


def test_campaigns_and_sections_that_came_and_went(pair: Pair) -> None:
    found = pair(
        campaigns=[{"key": "baseline", "label": "Spring", "baseline": True}, {"key": "winter"}],
        sections=[
            {"id": "summary", "title": "Summary", "status": "failed", "error": "x", "facts": []},
            {"id": "churn", "title": "Churn", "status": "ok", "error": None, "facts": []},
        ],
    )
    assert (found.gone, found.came) == (["new"], ["winter"])
    assert found.sections == [("summary", "ok", "failed"), ("churn", "not asked", "ok")]


@pytest.mark.parametrize(
    ("windows", "overlap"),
    [
        ((("2014-04-07", "2014-04-14"), ("2014-04-14", "2014-04-21")), False),
        ((("2014-04-07", "2014-04-15"), ("2014-04-14", "2014-04-21")), True),
        (((None, None), (None, None)), True),
        (((None, "2014-04-14"), ("2014-04-14", None)), False),
    ],
)
def test_windows_that_share_a_day_are_told(
    tmp_path: Path, windows: tuple[tuple[str | None, str | None], ...], overlap: bool
) -> None:
    folders = [
        stored(tmp_path, day, campaigns=[{"key": "new", "start": start, "end": end}])
        for day, (start, end) in zip(("2014-04-13", "2014-04-20"), windows, strict=True)
    ]
    assert bool(compare(*map(read, folders)).overlapping) is overlap


def test_a_channel_is_not_compared_with_the_whole(pair: Pair) -> None:
    found = pair(slice="FB")
    assert found.changes == ["slice"]
    assert not found.comparable
