from __future__ import annotations

import copy
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from growthml.archive import index, verify
from growthml.archive.postmortem_pages import metric_of, outcome
from tests.archive.shelf import CONFIG, kpis, rate, row, stored
from tests.archive.test_index import dead_links

WORKSHOP = {"unit": "rate", "value": 60 / 845, "n": 845, "successes": 60}
"""60 of 845 bought: the interval is 5.6 to 9.0 %."""


@pytest.mark.parametrize(
    ("expected", "metric", "fit"),
    [
        (0.08, "conversion_rate", "fits"),
        (0.0565, "conversion_rate", "fits"),
        (0.0895, "conversion_rate", "fits"),
        (0.05, "conversion_rate", "beaten"),
        (0.10, "conversion_rate", "missed"),
        # Fewer who do nothing are better.
        (0.05, "nothing_rate", "missed"),
        (0.10, "nothing_rate", "beaten"),
    ],
)
def test_an_expectation_fits_is_missed_or_beaten(expected: float, metric: str, fit: str) -> None:
    found = outcome(WORKSHOP, expected, metric_of(metric, ["nothing"]))
    assert found.fit == fit
    assert found.low == pytest.approx(0.056, abs=5e-4)
    assert found.high == pytest.approx(0.090, abs=5e-4)


@pytest.mark.parametrize(
    ("kpi", "reason"),
    [
        ({"unit": "money", "value": 1.2, "n": 845}, "its spread is not stored"),
        ({"unit": "count", "value": 60, "n": 845, "total": True}, "a total"),
    ],
)
def test_without_an_interval_nothing_is_judged(kpi: dict[str, Any], reason: str) -> None:
    found = outcome(kpi, 5.0, metric_of("revenue_per_user"))
    assert (found.fit, found.low) == ("not_judged", None)
    assert reason in found.reason


def test_a_stored_spread_judges_a_mean() -> None:
    kpi = {"unit": "money", "value": 1.2, "n": 845, "std_error": 0.1}
    # 1.2 plus or minus 1.96 tenths: from 1.004 to 1.396.
    metric = metric_of("revenue_per_user")
    fits = [outcome(kpi, expected, metric).fit for expected in (1.0, 1.01, 1.39, 1.4)]
    assert fits == ["beaten", "fits", "fits", "missed"]


# -- pages --------------------------------------------------------------------------------------


def campaign(key: str = "new", **says: Any) -> list[dict[str, Any]]:
    told = {
        "hypothesis": "Summer brings more buyers",
        "owner": "growth team",
        "decision": "keep",
        "expected": {"conversion_rate": 0.08},
    }
    return [
        {"key": "baseline", "label": "Spring", "baseline": True},
        {"key": key, "label": "Summer campaign", "baseline": False} | told | says,
    ]


def ended(key: str = "new", where: Any = None, **keys: Any) -> dict[str, Any]:
    """A config whose campaign's last day is 20 April 2014."""
    found = copy.deepcopy(CONFIG) | keys
    found["campaigns"][key] = {
        "source": "shop",
        "where": where or {},
        "population": "seen",
        "window": {"from": "2013-04-21", "to": "2014-04-21"},
    }
    return found


def measured(
    archive: Path, day: str, digit: str, x: int = 60, days: int | None = None, **keys: Any
) -> Path:
    """A run whose campaign converted x of 845, put into the index and onto the pages."""
    if days is not None:
        keys["postmortem"] = {"campaign": "new", "days": days}
    options = {"campaigns": campaign(), "config": ended(), "rows": kpis(x)} | keys
    folder = stored(archive, day, digits=digit * 12, **options)
    index.add(archive, folder)
    return folder


def text_of(page: Path) -> str:
    """A page's words, tags and blanks made one blank."""
    text = page.read_text(encoding="utf-8").replace("\u202f", " ")
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


PAGE = "postmortems/weekly--new.html"


def test_a_campaign_that_goes_on_is_not_measured(tmp_path: Path) -> None:
    measured(tmp_path, "2014-04-19", "1")
    assert not (tmp_path / "postmortems").exists()


def test_a_campaign_without_hypothesis_or_expectation_has_no_page(tmp_path: Path) -> None:
    measured(tmp_path, "2014-04-20", "1", campaigns=campaign(hypothesis=None, expected={}))
    assert not (tmp_path / "postmortems").exists()


def test_the_page_shows_expected_beside_outcome(tmp_path: Path) -> None:
    measured(tmp_path, "2014-04-20", "1")
    text = text_of(tmp_path / PAGE)
    assert "Owner growth team · 21 Apr 2013 – 20 Apr 2014 · decision: keep" in text
    assert "“Summer brings more buyers”" in text
    assert "Conversion rate ◇ 8.00 % 7.10 % ○ fits 5.6 to 9.0 %" in text
    assert "due 21 May 2014" in text
    assert dead_links(tmp_path) == []


def test_later_measures_are_added_and_none_is_overwritten(tmp_path: Path) -> None:
    measured(tmp_path, "2014-04-20", "1")
    measured(tmp_path, "2014-05-20", "2", x=61, days=30)
    # 95 of 845 is 11.2 %, Wilson 9.3 to 13.6 %.
    measured(tmp_path, "2014-06-19", "3", x=95, days=60)
    text = text_of(tmp_path / PAGE)
    assert re.search(r"7\.10 % ○ fits .* 7\.22 % ○ fits .* 11\.2 % ● beaten .* not yet", text)
    # The end measured once more over late data stands beside the first, not in its place.
    measured(tmp_path, "2014-04-27", "4", x=62)
    text = text_of(tmp_path / PAGE)
    assert "7.10 % ○ fits" in text
    assert "At the end, run of 27 Apr 2014: Conversion rate 7.34 %" in text
    assert dead_links(tmp_path) == []


def test_the_same_figures_again_say_nothing_new(tmp_path: Path) -> None:
    folder = measured(tmp_path, "2014-04-20", "1")
    before = (tmp_path / PAGE).read_bytes()
    index.add(tmp_path, folder)
    measured(tmp_path, "2014-04-27", "2")
    assert (tmp_path / PAGE).read_bytes() == before
    assert "Measured again" not in text_of(tmp_path / PAGE)


def test_weeks_after_the_end_are_other_reports(tmp_path: Path) -> None:
    measured(tmp_path, "2014-04-20", "1")
    measured(tmp_path, "2014-06-01", "2", x=70)
    assert "8.28" not in text_of(tmp_path / PAGE)


def test_a_measure_of_another_campaign_is_not_taken(tmp_path: Path) -> None:
    measured(tmp_path, "2014-05-20", "1", postmortem={"campaign": "other", "days": 30})
    assert not (tmp_path / "postmortems").exists()


def test_a_changed_definition_is_told(tmp_path: Path) -> None:
    measured(tmp_path, "2014-04-20", "1")
    metrics = CONFIG["metrics"] | {"response": "share"}
    measured(tmp_path, "2014-05-20", "2", days=30, config=ended(metrics=metrics))
    text = text_of(tmp_path / PAGE)
    assert "20 May 2014 ( 2014-05-20-222222222222 ): metrics.response" in text


def test_other_sql_days_on_is_no_change_but_other_sql_each_time_is(tmp_path: Path) -> None:
    measured(tmp_path, "2014-04-20", "1")
    measured(tmp_path, "2014-05-20", "2", days=30, facts={"totals": "SELECT longer"})
    assert "first measure None." in text_of(tmp_path / PAGE)
    measured(tmp_path, "2014-06-19", "3", days=60, facts={"totals": "SELECT otherwise"})
    text = text_of(tmp_path / PAGE)
    assert "19 Jun 2014 ( 2014-06-19-333333333333 ): fact totals of baseline" in text
    assert "20 May 2014 (" not in text


def test_the_title_is_the_reports_own(tmp_path: Path) -> None:
    measured(tmp_path, "2014-04-20", "1")
    told = {"name": "weekly", "title": "Weekly: Summer, 30 days on"}
    folder = stored(
        tmp_path,
        "2014-05-20",
        digits="2" * 12,
        campaigns=campaign(),
        config=ended(),
        postmortem={"campaign": "new", "days": 30},
    )
    path = folder / "run.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | {"report": told}))
    index.add(tmp_path, folder)
    text = text_of(tmp_path / PAGE)
    assert "Postmortem · Weekly Summer campaign" in text
    assert text.count("7.10 %") == 2


def test_a_campaign_without_end_shows_where_it_stands(tmp_path: Path) -> None:
    for day, digit, x in (("2014-04-13", "1", 60), ("2014-04-20", "2", 61)):
        measured(tmp_path, day, digit, x=x, config=CONFIG)
    text = text_of(tmp_path / PAGE)
    assert "So far" in text
    assert "7.22 % ○ fits" in text
    assert "7.10" not in text


def test_what_the_owner_writes_later_wins(tmp_path: Path) -> None:
    measured(tmp_path, "2014-04-20", "1")
    later = campaign(decision="stop", learned="Pinterest carries it.")
    measured(tmp_path, "2014-05-20", "2", days=30, campaigns=later)
    text = text_of(tmp_path / PAGE)
    assert "decision: stop" in text
    assert "Pinterest carries it." in text


def test_totals_and_means_are_not_judged(tmp_path: Path) -> None:
    expected = {"users": 900, "revenue_per_user": 1.5}
    measured(tmp_path, "2014-04-20", "1", campaigns=campaign(expected=expected))
    text = text_of(tmp_path / PAGE)
    assert "Users ◇ 900 845 – not judged no interval: a total" in text
    assert "Revenue per user ◇ $1.50 $1.21 – not judged no interval" in text


def test_a_metric_that_was_not_counted_is_no_number(tmp_path: Path) -> None:
    measured(tmp_path, "2014-04-20", "1", campaigns=campaign(expected={"roi": 2}))
    assert "not counted" in text_of(tmp_path / PAGE)


def test_all_postmortems_in_one_list(tmp_path: Path) -> None:
    measured(tmp_path, "2014-04-20", "1")
    labels = {"channel": {"FB": "Facebook"}}
    measured(
        tmp_path,
        "2014-04-21",
        "2",
        campaigns=campaign("fb/x", owner="Ana", expected={"conversion_rate": 0.04}),
        config=ended("fb/x", where={"channel": ["FB"]}, labels=labels),
        rows=[rate("conversion_rate", "fb/x", 10, 900), row("users", "count", "fb/x", 900, 900)],
    )
    text = text_of(tmp_path / "postmortems" / "index.html")
    assert "fits Summer brings more buyers Conversion rate 7.10 %, expected 8.00 %" in text
    # 10 of 900 is 1.11 %, far below 4 %.
    assert "missed Summer brings more buyers Conversion rate 1.11 %, expected 4.00 %" in text
    assert "weekly · Facebook" in text
    assert dead_links(tmp_path) == []
    first_page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert 'href="postmortems/index.html"' in first_page


def test_pages_are_made_again_from_what_is_kept(tmp_path: Path) -> None:
    measured(tmp_path, "2014-04-20", "1")
    pruned = measured(tmp_path, "2014-05-20", "2", x=61, days=30)
    shutil.rmtree(pruned)
    before = (tmp_path / PAGE).read_bytes()
    for page in (tmp_path / "postmortems").glob("*.html"):
        page.unlink()
    index.rebuild(tmp_path)
    assert (tmp_path / PAGE).read_bytes() == before
    assert verify.problems(tmp_path) == []


def test_figures_that_somebody_changed_are_found_and_mended(tmp_path: Path) -> None:
    measured(tmp_path, "2014-04-20", "1")
    kept = tmp_path / "postmortems" / "weekly--new.json"
    kept.write_bytes(kept.read_bytes().replace(b'"successes": 60', b'"successes": 90'))
    (found,) = verify.problems(tmp_path)
    assert f"{kept}: is not what was written" in found
    index.rebuild(tmp_path)
    assert verify.problems(tmp_path) == []
    assert "7.10 % ○ fits" in text_of(tmp_path / PAGE)


def test_a_crash_before_the_row_leaves_no_measure_out(tmp_path: Path) -> None:
    folder = stored(tmp_path, campaigns=campaign(), config=ended(), digits="1" * 12)
    index.announce(tmp_path, folder)
    index.add(tmp_path, stored(tmp_path, "2014-05-04", report="retention"))
    assert "7.10 % ○ fits" in text_of(tmp_path / PAGE)
    assert dead_links(tmp_path) == []


def test_a_channels_report_is_a_case_of_its_own(tmp_path: Path) -> None:
    measured(tmp_path, "2014-04-20", "1")
    labels = {"channel": {"FB": "Facebook"}}
    measured(
        tmp_path,
        "2014-04-20",
        "2",
        x=20,
        slice="FB",
        report="weekly--fb",
        config=ended(labels=labels),
    )
    assert "Measured again" not in text_of(tmp_path / PAGE)
    text = text_of(tmp_path / "postmortems" / "weekly--fb--new.html")
    # 20 of 845 is 2.37 %, far below 8 %.
    assert "Facebook" in text
    assert "2.37 % ■ missed" in text


def test_a_case_that_is_gone_for_good_is_forgotten_by_the_next_rebuilding(tmp_path: Path) -> None:
    shutil.rmtree(measured(tmp_path, "2014-04-20", "1"))
    for path in (tmp_path / "postmortems").glob("weekly--*"):
        path.unlink()
    assert len(verify.problems(tmp_path)) == 3
    index.rebuild(tmp_path)
    assert [line for line in verify.problems(tmp_path) if "postmortems" in line] == []
