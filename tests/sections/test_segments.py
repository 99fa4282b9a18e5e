"""Segments: planted groups come out of a report by name and number, and none is made up."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from growthml import plan
from growthml.parts import Answer, Status
from growthml.progress import Progress
from growthml.run import run
from growthml.simulate import simulate
from tests.sections.stories import answer, charts, frame, row, section
from tests.sites import Site, config_of

BUYERS, LIKERS, SHARERS = ("PI", "bought"), ("FB", "like"), ("RE", "share")


def groups(*parts: tuple[tuple[str, str], int], quiet: int = 0, seed: int = 1) -> Site:
    """Users who each do one thing five to nine times, and some who never do anything."""
    draw = random.Random(seed)
    people = [part for part, n in parts for _ in range(n)] + [("TW", "")] * quiet
    users = [(n, channel, "2025-01-02") for n, (channel, _) in enumerate(people, start=1)]
    events = [
        (n, action, "2025-02-01", draw.choice((1, 2)))
        for n, (_, action) in enumerate(people, start=1)
        if action
        for _ in range(draw.randint(5, 9))
    ]
    return Site(users=users, events=events)


SPRING = groups((BUYERS, 60), (LIKERS, 90), (SHARERS, 50), quiet=100)
SUMMER = groups((BUYERS, 120), (LIKERS, 90), (SHARERS, 50), quiet=40, seed=2)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Answer:
    return answer("segments", tmp_path_factory.mktemp("groups"), SPRING, SUMMER)


def test_planted_groups_are_named_and_counted(told: Answer) -> None:
    profiles = frame(told, "profiles")
    sizes = {
        (each["campaign"], each["name"]): each["users"] for each in profiles.to_dict("records")
    }
    assert sizes == {
        ("baseline", "PI users who “bought”"): 60,
        ("baseline", "FB users who “like”, never “bought”"): 90,
        ("baseline", "RE users who “share”, never “bought”"): 50,
        ("baseline", "Never active"): 100,
        ("new", "PI users who “bought”"): 120,
        ("new", "FB users who “like”, never “bought”"): 90,
        ("new", "RE users who “share”, never “bought”"): 50,
        ("new", "Never active"): 40,
    }


def test_segments_are_valued_and_compared(told: Answer) -> None:
    buyers = row(told, "profiles", campaign="new", name="PI users who “bought”")
    assert buyers["share"] == 120 / 300
    assert buyers["revenue_share"] == 1.0
    assert buyers["share_difference"] == pytest.approx(120 / 300 - 60 / 300)
    assert buyers["difference_low"] < 0.2 < buyers["difference_high"]
    assert buyers["q_value"] < 0.001
    assert [each.heading for each in told.findings][:2] == [
        "Where the money sits",
        "A segment grew",
    ]
    assert {"profile", "silhouette"} <= set(charts(told))


def anything(seed: int) -> Site:
    """Six hundred users who do each of three actions as often as chance will have it."""
    draw = random.Random(seed)
    events = [
        (user, action, "2025-02-01", 1)
        for user in range(1, 601)
        for action in ("bought", "like", "share")
        for _ in range(draw.choice((0, 0, 1, 2, 3)))
    ]
    users = [(n, draw.choice(("FB", "PI")), "2025-01-02") for n in range(1, 601)]
    return Site(users=users, events=events)


def test_chance_alone_makes_no_segments(tmp_path: Path) -> None:
    found = answer("segments", tmp_path, anything(4), anything(5))
    assert found.headline.startswith("Active users show no groups")
    assert "profile" not in charts(found)
    assert set(frame(found, "profiles")["name"]) == {"Active", "Never active"}


def test_a_handful_of_users_and_users_all_alike_are_not_sorted(tmp_path: Path) -> None:
    few = section("segments", tmp_path / "few", groups((BUYERS, 3)), groups((LIKERS, 3)))
    assert few.status is Status.EMPTY
    assert "6 of 6 users ever did anything" in few.reason
    alike = Site(
        users=[(n, "FB", "2025-01-02") for n in range(1, 101)],
        events=[(n, "like", "2025-02-01", 1) for n in range(1, 101)],
    )
    assert section("segments", tmp_path / "alike", alike, alike).status is Status.EMPTY


def test_the_workshop_pair_is_sorted_by_network(workshop: Path, tmp_path: Path) -> None:
    config = config_of(
        tmp_path,
        sources={
            name: {"url": f"sqlite:///{workshop}/campaign-{n}.db"}
            for n, name in ((1, "spring"), (2, "summer"))
        },
        sections=["segments"],
    )
    done = run(plan.read_config(config), formats=["html"], progress=Progress(quiet=True))
    found = done.run.sections[0].answer
    assert found is not None
    # 166 of 879 and 161 of 845 users were ever active.
    assert row(found, "profiles", campaign="baseline", segment=0)["users"] == 879 - 166
    assert row(found, "profiles", campaign="new", segment=0)["users"] == 845 - 161
    assert any("1,397 of 1,724 users never did anything" in caveat for caveat in found.caveats)


def test_a_sample_says_that_it_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("growthml.facts.cutoff.MOST_USERS", 200)
    simulate(tmp_path / "spring.db", users=1000, seed=1)
    config = config_of(
        tmp_path,
        sources={"spring": {"url": f"sqlite:///{tmp_path}/spring.db"}},
        campaigns={"baseline": {"source": "spring", "label": "Spring"}},
        sections=["segments"],
    )
    done = run(plan.read_config(config), formats=["html"], progress=Progress(quiet=True))
    found = done.run.sections[0].answer
    assert found is not None
    assert any(
        caveat.startswith("Sorted are 200 of 1,000 Spring users") for caveat in found.caveats
    )
