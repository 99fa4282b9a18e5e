"""Users by channel one can count, a mix that changed, and sign-ups month by month."""

from __future__ import annotations

from datetime import date
from math import sqrt
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from growthml.errors import NotEnoughData
from growthml.parts import Answer, Campaign, Options
from growthml.sections.acquisition import SECTION
from tests.sections.stories import answer, charts, context, crowd, frame, headings, row

SPRING = Campaign(key="spring", label="Spring", source="a", colour="baseline")
SUMMER = Campaign(key="summer", label="Summer", source="b", colour="new")


def computed(totals: list[Any], signups: list[Any] | None = None) -> Answer:
    facts = {"totals": pd.DataFrame(totals, columns=["campaign", "channel", "n"])}
    if signups is not None:
        columns = ["campaign", "period", "channel", "users"]
        facts["signups"] = pd.DataFrame(signups, columns=columns)
    campaigns = [c for c in (SPRING, SUMMER) if c.key in set(facts["totals"]["campaign"])]
    seen = context(*campaigns, as_of=date(2025, 3, 15))
    found: Answer = SECTION.compute(facts, seen, Options())
    return found


def test_nine_users_by_channel(tmp_path: Path) -> None:
    """Two and two against two and three: chi-square 9 (2x3 - 2x2)² / (4x5x4x5) = 0.09."""
    found = answer("acquisition", tmp_path)
    assert frame(found, "users_by_channel").to_numpy().tolist() == [
        ["baseline", "FB", 2, 0.5],
        ["baseline", "PI", 2, 0.5],
        ["new", "PI", 3, 0.6],
        ["new", "FB", 2, 0.4],
    ]
    mix = row(found, "mix_test", campaign="new")
    assert mix["chi2"] == pytest.approx(0.09)
    assert mix["dof"] == 1
    assert mix["cramers_v"] == pytest.approx(sqrt(0.09 / 9))
    assert found.headline.endswith("; no evidence that the mix changed.")
    assert any("simulated" in caveat for caveat in found.caveats)


def test_a_changed_mix_is_a_risk(tmp_path: Path) -> None:
    """100 and 100 against 150 and 50: chi-square 400 (5,000 - 15,000)² / (200²x250x150)."""
    even = crowd(("FB", 100, None, 1), ("PI", 100, None, 1))
    uneven = crowd(("FB", 150, None, 1), ("PI", 50, None, 1))
    found = answer("acquisition", tmp_path, even, uneven)
    assert found.headline == "Summer drew another mix of users than Spring."
    assert row(found, "mix_test", campaign="new")["chi2"] == pytest.approx(80 / 3)
    (risk,) = [each for each in found.findings if each.kind == "risk"]
    assert "75.0\u202f% of Summer users against 50.0\u202f% of Spring" in risk.text
    assert charts(found)["users"].title == "The mix of channels changed"
    assert found.caveats == []


def test_the_same_mix_is_no_risk(tmp_path: Path) -> None:
    even = crowd(("FB", 100, None, 1), ("PI", 100, None, 1))
    found = answer("acquisition", tmp_path, even, even)
    assert headings(found) == ["Where users come from"]


def test_users_of_unknown_channel_are_counted_where_they_are_the_most() -> None:
    found = computed([("spring", None, 3), ("spring", "FB", 1)])
    (finding,) = found.findings
    assert finding.text == (
        "not known brought 75\u202f% of Spring users, the most of 2 channels (3 of 4)."
    )


def test_without_channels_there_is_nothing_to_say() -> None:
    with pytest.raises(NotEnoughData, match=r"users\.channel") as caught:
        computed([("spring", None, 4)])
    assert caught.value.missing == "users.channel"


def test_a_month_without_sign_ups_is_a_zero_and_a_running_one_is_marked() -> None:
    found = computed(
        [("spring", "FB", 3), ("summer", "FB", 4)],
        [
            ("spring", date(2025, 1, 1), "FB", 2),
            ("spring", date(2025, 3, 1), "FB", 1),
            ("summer", date(2025, 1, 1), "FB", 1),
            ("summer", date(2025, 1, 1), "PI", 2),
            ("summer", date(2025, 2, 1), "FB", 1),
        ],
    )
    (panel,) = charts(found)["signups"].panels
    spring, summer = panel.lines
    assert list(spring.x) == [date(2025, 1, 1), date(2025, 2, 1), date(2025, 3, 1)]
    assert list(spring.y) == [2, 0, 1]
    assert (spring.incomplete, spring.end) == (True, "Spring 1*")
    assert list(summer.y) == [3, 1]
    assert (summer.incomplete, summer.end) == (False, "Summer 1")
    assert charts(found)["signups"].title == "Sign-ups per month"
    assert "Spring from 2 in Jan 25 to 0 in Feb 25" in charts(found)["signups"].alt


def test_two_periods_make_no_line() -> None:
    found = computed(
        [("spring", "FB", 3)],
        [("spring", date(2025, 1, 1), "FB", 2), ("spring", date(2025, 2, 1), "FB", 1)],
    )
    assert charts(found) == {}
    assert len(frame(found, "signups")) == 2
