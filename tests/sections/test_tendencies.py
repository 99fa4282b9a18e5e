"""What a handful of users do by channel, and crowds that lean plainly or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from growthml.parts import Status
from tests.sections.stories import answer, charts, crowd, headings, row, section
from tests.sites import EMPTY

APART = crowd(("FB", 100, "like", 1), ("PI", 100, "bought", 1))
ALIKE = crowd(
    ("FB", 50, "like", 1), ("FB", 50, "bought", 1), ("PI", 50, "like", 1), ("PI", 50, "bought", 1)
)


def test_four_events_by_channel_and_action(tmp_path: Path) -> None:
    """FB: one like, one nothing; PI: two buys of one of its two users."""
    found = answer("tendencies", tmp_path)
    like = row(found, "actions_by_channel", campaign="baseline", channel="FB", action="like")
    assert (like["events"], like["users"], like["share"]) == (1, 1, 1 / 2)
    assert like["per_user"] == 1 / 2
    assert like["index"] == pytest.approx((1 / 2) / (1 / 4) * 100)
    buys = row(found, "actions_by_channel", campaign="baseline", channel="PI", action="bought")
    assert (buys["events"], buys["users"], buys["share"], buys["per_user"]) == (2, 1, 1, 1)
    assert buys["index"] == pytest.approx(1 / (2 / 4) * 100)


def test_four_events_by_category(tmp_path: Path) -> None:
    """Three of four events are about a thai meal, both of FB among them."""
    found = answer("tendencies", tmp_path)
    of = {"campaign": "baseline", "channel": "FB", "category": "thai"}
    thai = row(found, "categories_by_channel", **of)
    assert (thai["events"], thai["responses"], thai["share"]) == (2, 0, 1)
    assert thai["index"] == pytest.approx(1 / (3 / 4) * 100)
    greek = row(found, "categories_by_action", campaign="baseline", category="greek")
    assert (greek["action"], greek["events"], greek["share"]) == ("bought", 1, 1 / 2)
    assert greek["index"] == pytest.approx((1 / 2) / (1 / 4) * 100)


def test_a_channel_that_does_one_thing_only_is_associated_completely(tmp_path: Path) -> None:
    found = answer("tendencies", tmp_path, APART, APART)
    pair = row(found, "associations", campaign="new", x="channel", y="action")
    assert (pair["n"], pair["dof"]) == (200, 1)
    assert pair["chi2"] == pytest.approx(200)
    assert pair["cramers_v"] == pytest.approx(1)
    assert found.headline == (
        "Each channel's users lean towards an action of their own, in both campaigns."
    )
    assert "Each channel has its action" in headings(found)
    assert charts(found)["actions"].title == "Each channel's commonest action: FB like, PI bought"


def test_one_campaign_of_two_is_named(tmp_path: Path) -> None:
    found = answer("tendencies", tmp_path, ALIKE, APART)
    assert found.headline == (
        "Each channel's users lean towards an action of their own, in Summer."
    )


def test_channels_that_do_the_same_show_nothing(tmp_path: Path) -> None:
    found = answer("tendencies", tmp_path, ALIKE, ALIKE)
    pair = row(found, "associations", campaign="baseline", x="channel", y="action")
    assert (pair["chi2"], pair["p_value"]) == (pytest.approx(0), pytest.approx(1))
    assert found.headline == (
        "No evidence that what users do depends on the channel they came from."
    )
    assert "Each channel has its action" not in headings(found)


def test_a_cell_is_coloured_where_it_passes_and_holds_twenty(tmp_path: Path) -> None:
    """FB 90 thai and 10 greek, PI 10 and 90: 50 expected in each, indices 180 and 20."""
    lean = crowd(
        ("FB", 90, "like", 1), ("FB", 10, "like", 2), ("PI", 10, "like", 1), ("PI", 90, "like", 2)
    )
    grid = charts(answer("tendencies", tmp_path, lean, lean))["categories_baseline"]
    cells = {
        (channel, category): cell
        for channel, line in zip(grid.rows, grid.cells, strict=True)
        for category, cell in zip(grid.columns, line, strict=True)
    }
    assert {place: cell.text for place, cell in cells.items()} == {
        ("FB", "Thai"): "180",
        ("FB", "Greek"): "20",
        ("PI", "Thai"): "20",
        ("PI", "Greek"): "180",
    }
    assert cells["FB", "Thai"].step == 5
    assert cells["PI", "Thai"].step is None
    assert "from 20 (FB, greek, n 10) to 180 (PI, greek, n 90); 4 of 4" in grid.alt


def test_no_events_is_nothing_to_say(tmp_path: Path) -> None:
    found = section("tendencies", tmp_path, EMPTY, EMPTY)
    assert (found.status, found.reason) == (Status.EMPTY, "there are no events in any campaign")


def test_where_nothing_can_lean_the_section_says_so_if_asked_for(tmp_path: Path) -> None:
    alike = crowd(("FB", 20, "bought", 1))
    found = section("tendencies", tmp_path, alike, alike)
    assert found.status is Status.EMPTY
    assert "only one channel" in found.reason
