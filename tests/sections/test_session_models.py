"""What goes with long visits: planted slopes, the published line, and what chance alone shows."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from growthml import plan
from growthml.analysis.session_models import FEWEST, said
from growthml.parts import Answer, Table
from growthml.progress import Progress
from growthml.run import run
from tests.sections.stories import charts, frame, row
from tests.sites import config_of

PER_PAGE, WEEKEND, NOISE = 30.0, 45.0, 40.0
"""Planted: seconds a page, more seconds at the weekend, and the spread of the rest."""


def answer(folder: Path, data: Path, sessions: Mapping[str, Any]) -> Answer:
    config = config_of(
        folder,
        sources={"web": {"url": str(data)}},
        schema={"sessions": {"table": data.stem, **sessions}},
        campaigns=None,
        sections=["traffic"],
    )
    done = run(plan.read_config(config), formats=["html"], progress=Progress(quiet=True))
    (found,) = [each for each in done.run.sections if each.section.id == "traffic"]
    assert found.answer is not None
    return found.answer


def planted(folder: Path, visits: int = 3000) -> Path:
    draw = random.Random(5)
    rows = ["who,at,seconds,pages,referrer"]
    for n in range(visits):
        at = datetime(2025, 3, 3) + timedelta(hours=draw.randrange(24 * 28))
        pages = draw.randrange(1, 12)
        seconds = 100 + PER_PAGE * pages + WEEKEND * (at.weekday() >= 5) + draw.gauss(0, NOISE)
        referrer = draw.choice(("https://www.reddit.com/", "https://www.facebook.com/"))
        rows.append(f"v{n},{at},{seconds:.1f},{pages},{referrer}")
    path = folder / "visits.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


MAPPED = {
    "visitor": "who",
    "started_at": "at",
    "duration": "seconds",
    "pages": "pages",
    "referrer": "referrer",
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Answer:
    folder = tmp_path_factory.mktemp("visits")
    return answer(folder, planted(folder), MAPPED)


def test_planted_slopes_lie_within_their_intervals(told: Answer) -> None:
    for term, slope in (("pages", PER_PAGE), ("weekend", WEEKEND), ("evening", 0.0)):
        found = row(told, "regression", model="duration", term=term)
        assert found["ci_low"] < slope < found["ci_high"]


def test_r2_is_what_was_planted(told: Answer) -> None:
    # Pages are even over 1 to 11 (variance 10), weekends two days in seven.
    explained = PER_PAGE**2 * 10 + WEEKEND**2 * 2 / 7 * 5 / 7
    r2 = row(told, "regression", model="duration", term="r2")["coefficient"]
    adjusted = row(told, "regression", model="duration", term="adjusted_r2")["coefficient"]
    assert r2 == pytest.approx(explained / (explained + NOISE**2), abs=0.02)
    assert adjusted < r2
    assert row(told, "regression", model="duration", term="n")["coefficient"] == 3000


def test_pages_name_terms_that_the_csv_codes(told: Answer) -> None:
    assert set(frame(told, "regression")["term"]) >= {"const", "weekend", "adjusted_r2"}
    (table,) = [b for b in told.blocks if isinstance(b, Table) and b.id == "regression"]
    assert table.view is not None
    assert set(table.view["term"]) >= {"Intercept", "At the weekend", "Adjusted R²"}
    assert [said("network: direct"), said("network: search")] == ["Direct", "From search engines"]


def test_pages_hang_on_nothing_that_was_not_planted(told: Answer) -> None:
    pages = frame(told, "regression")
    mine = pages[(pages["model"] == "pages") & pages["p_value"].notna()].set_index("term")
    assert (mine.drop("const")["p_value"] > 0.001).all()


def test_what_goes_together_is_told_and_what_does_not_is_not(told: Answer) -> None:
    found = row(told, "correlations", x="duration", y="pages")
    assert found["pearson"] == pytest.approx(0.915, abs=0.02)
    assert found["q_value"] < 0.001
    assert row(told, "correlations", x="pages", y="hour")["q_value"] > 0.001
    (finding,) = [each for each in told.findings if each.heading == "What goes together"]
    assert "Visit time and pages go together" in finding.text
    assert {"scatter", "coefficients", "residuals"} <= set(charts(told))


def test_every_column_has_a_use_and_a_pitfall(told: Answer) -> None:
    columns = frame(told, "columns")
    assert columns["column"].tolist() == ["Visit time", "Pages", "Bounced", "Hour of day"]
    assert (columns["good_for"].str.len() > 0).all()
    assert (columns["misleads"].str.len() > 0).all()


def test_online_shoppers_line_comes_out_of_a_report(
    shared: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = shared("online_shoppers")
    expected = json.loads((folder / "expected.json").read_text())["ols_duration_on_pages"]
    found = answer(
        tmp_path,
        folder / "data.csv",
        {"duration": "ProductRelated_Duration", "pages": "ProductRelated"},
    )
    slope = row(found, "regression", model="duration", term="pages")
    const = row(found, "regression", model="duration", term="const")
    r2 = row(found, "regression", model="duration", term="r2")
    adjusted = row(found, "regression", model="duration", term="adjusted_r2")
    assert slope["coefficient"] == pytest.approx(expected["slope"], rel=1e-9)
    assert const["coefficient"] == pytest.approx(expected["intercept"], rel=1e-6)
    assert r2["coefficient"] == pytest.approx(expected["r2"], rel=1e-9)
    assert adjusted["coefficient"] == pytest.approx(expected["adj_r2"], rel=1e-9)


def test_a_few_visits_are_not_fitted(tmp_path: Path) -> None:
    found = answer(tmp_path, planted(tmp_path, FEWEST - 1), MAPPED)
    assert frame(found, "correlations").empty
    assert frame(found, "regression").empty
