"""Recommendations: planted tastes are found, none is made up, and what was bought is not shown."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from growthml import plan
from growthml.analysis import trial
from growthml.parts import Answer, SectionRun, Status
from growthml.progress import Progress
from growthml.run import run
from growthml.simulate import simulate
from growthml.sources import fetch
from tests.sections.stories import charts, frame, headings, row
from tests.sites import SPRING, Site, config_of, write_pair

OPENING = datetime(2025, 1, 1)
GROUPS, MEALS_EACH = 8, 8
MENU = [(n + 1, f"kitchen {n // MEALS_EACH}", "2025-01-01", 10) for n in range(GROUPS * MEALS_EACH)]


def at(minutes: int) -> str:
    return str(OPENING + timedelta(minutes=minutes))


def tastes(users: int = 400, shuffled: bool = False, action: str = "like", seed: int = 5) -> Site:
    """Users of one kitchen each, three in four of their five meals from it; every meal is as
    popular as any other. Shuffled: the same meals, dealt out to anybody."""
    draw = random.Random(seed)
    chosen = []
    for user in range(1, users + 1):
        kitchen = draw.randrange(GROUPS)
        for _ in range(5):
            own = draw.random() < 0.75
            place = draw.randrange(MEALS_EACH) + kitchen * MEALS_EACH
            chosen.append((user, place if own else draw.randrange(len(MENU))))
    meals = [meal for _, meal in chosen]
    if shuffled:
        draw.shuffle(meals)
    return Site(
        users=[(n, ["FB", "TW", "RE", "PI"][n % 4], "2025-01-01") for n in range(1, users + 1)],
        events=[
            (user, action, at(n), meal + 1)
            for n, ((user, _), meal) in enumerate(zip(chosen, meals, strict=True))
        ],
        meals=MENU,
    )


def pairs_of_meals(action: str = "like") -> Site:
    """Twenty users take meal 1 and then 2, twenty meal 3 and then 4; sixteen both at once."""
    events: list[tuple[int, str, str, int]] = []
    for user in range(1, 41):
        first = 1 if user <= 20 else 3
        events += [(user, action, at(user), first), (user, action, at(100 + user), first + 1)]
    for user in range(41, 57):
        first = 1 if user <= 50 else 3
        events += [(user, action, at(5), first), (user, action, at(5), first + 1)]
    return Site(
        users=[(n, "FB", "2025-01-01") for n in range(1, 61)],
        events=events,
        meals=[(n, "thai" if n < 3 else "greek", "2025-01-01", 10) for n in range(1, 5)],
    )


def ended(folder: Path, site: Site, new: Site | None = None, **options: Any) -> SectionRun:
    """The section as it ended, on one campaign or on two."""
    keys: dict[str, Any] = {"sections": [{"recommendations": options}]}
    if new is None:
        keys["campaigns"] = {"baseline": {"source": "spring", "label": "Spring"}}
    return only(write_pair(folder, site, new or site, **keys))


def only(config: Path) -> SectionRun:
    done = run(plan.read_config(config), formats=["html"], progress=Progress(quiet=True))
    (found,) = done.run.sections
    return found


def asked(folder: Path, site: Site, new: Site | None = None, **options: Any) -> Answer:
    found = ended(folder, site, new, **options).answer
    assert found is not None
    return found


def row_of(found: Answer, method: str, k: int = 10, campaign: str = "baseline") -> dict[str, Any]:
    return row(found, "evaluation", campaign=campaign, method=method, k=k)


# -- the trial ---------------------------------------------------------------------------------


def test_a_trial_one_can_count(tmp_path: Path) -> None:
    found = asked(tmp_path, pairs_of_meals(), k=1)
    # Before the held-out meals 1 has 30 users and 3 has 26: popularity shows everybody meal 1,
    # which nobody takes next. Meals 1 and 2 share ten users, 3 and 4 share six: that is the taste.
    popular, alike = row_of(found, "popularity", 1), row_of(found, "item_item", 1)
    assert (popular["users"], popular["hit_rate"], popular["ndcg"]) == (40, 0.0, 0.0)
    assert popular["coverage"] == 1 / 4
    assert (alike["hit_rate"], alike["ndcg"], alike["coverage"]) == (1.0, 1.0, 2 / 4)
    assert alike["compared_with"] == "popularity"
    assert alike["hit_rate_difference"] == 1.0
    assert alike["p_value"] == pytest.approx(2 * 0.5**40)
    assert alike["verdict"] == "better"
    assert "100" in found.headline


def test_planted_tastes_beat_popularity(tmp_path: Path) -> None:
    found = asked(tmp_path, tastes())
    for method in ("item_item", "matrix_factorisation"):
        told = row_of(found, method)
        assert told["verdict"] == "better", method
        assert told["difference_ci_low"] > 0.1
        assert told["ndcg_difference_ci_low"] > 0
    assert found.headline.startswith("Knowing a user's taste beats")
    assert "Taste beats popularity" in headings(found)
    lists = frame(found, "by_user")
    assert set(lists["method"]) <= {"item_item", "matrix_factorisation", "popularity"}
    assert (lists["method"] != "popularity").mean() > 0.9
    assert charts(found)["evaluation"].title == "Taste beats popularity"


def test_a_users_list_is_of_their_kitchen(tmp_path: Path) -> None:
    site = tastes()
    found = asked(tmp_path, site)
    kitchens: dict[int, list[str]] = {}
    for user, _, _, meal in site.events:
        kitchens.setdefault(user, []).append(MENU[meal - 1][1])
    lists = frame(found, "by_user")
    own = [
        category == max(sorted(set(kitchens[user])), key=kitchens[user].count)
        for user, category in zip(lists["user_id"], lists["category"], strict=True)
    ]
    assert sum(own) / len(own) > 0.75


@pytest.mark.parametrize("seed", [5, 6, 7])
def test_shuffled_tastes_beat_nothing(tmp_path: Path, seed: int) -> None:
    found = asked(tmp_path, tastes(shuffled=True, seed=seed))
    for method in ("item_item", "matrix_factorisation"):
        assert row_of(found, method)["verdict"] != "better"
    assert found.headline.startswith("No evidence that knowing a user's taste")
    assert "No evidence for taste" in headings(found)
    assert set(frame(found, "by_user")["method"]) <= {"popularity", "popularity_in_channel"}
    assert charts(found)["evaluation"].title == "No evidence that taste beats popularity"


def test_one_campaign_may_have_tastes_and_the_other_none(tmp_path: Path) -> None:
    found = asked(tmp_path, tastes(shuffled=True), tastes())
    assert row_of(found, "item_item")["verdict"] == "no_evidence"
    assert row_of(found, "item_item", campaign="new")["verdict"] == "better"
    assert found.headline.startswith("Knowing a user's taste beats popularity: hit rate Summer")
    assert "no evidence of it: Spring" in found.headline
    methods = frame(found, "by_user").groupby("campaign")["method"].agg(set)
    assert "item_item" not in methods["baseline"]
    assert methods["new"] & {"item_item", "matrix_factorisation"}


def test_networks_that_differ_beat_everybodys_list(tmp_path: Path) -> None:
    # Users of each network take any meals of two kitchens of the network's own, each once.
    draw, events = random.Random(3), []
    for user in range(1, 401):
        meals = draw.sample(range(2 * MEALS_EACH), 5)
        events += [
            (user, "like", at(5 * user + n), (user % 4) * 2 * MEALS_EACH + meal + 1)
            for n, meal in enumerate(meals)
        ]
    users = [(n, ["FB", "TW", "RE", "PI"][n % 4], "2025-01-01") for n in range(1, 401)]
    found = asked(tmp_path, Site(users=users, events=events, meals=MENU))
    told = row_of(found, "popularity_in_channel")
    assert (told["compared_with"], told["verdict"]) == ("popularity", "better")
    assert row_of(found, "item_item")["compared_with"] == "popularity_in_channel"
    lists = frame(found, "by_channel")
    kitchens = lists.groupby("channel")["category"].agg(set)
    assert kitchens["FB"] == {"kitchen 0", "kitchen 1"}
    assert kitchens["PI"] == {"kitchen 6", "kitchen 7"}


# -- what is shown -----------------------------------------------------------------------------


def test_what_a_user_bought_is_never_shown_again(tmp_path: Path) -> None:
    site = tastes(users=120, action="bought")
    bought = {(user, meal) for user, _, _, meal in site.events}
    lists = frame(asked(tmp_path / "once", site), "by_user")
    shown = set(zip(lists["user_id"], lists["item_id"], strict=True))
    assert not shown & bought
    assert len(lists) == 120 * 5
    again = frame(asked(tmp_path / "again", site, repeats=True), "by_user")
    assert set(zip(again["user_id"], again["item_id"], strict=True)) & bought


def test_what_a_user_liked_may_be_shown(tmp_path: Path) -> None:
    found = asked(tmp_path, pairs_of_meals(), per_user=4)
    assert set(frame(found, "by_user").groupby("user_id").size()) == {4}


def test_networks_say_what_their_users_do(tmp_path: Path) -> None:
    # Ten from FB like meal 1, ten from PI buy it; four from PI like meal 2.
    users = [(n, "FB" if n <= 10 else "PI", "2025-01-01") for n in range(1, 31)]
    events = [(n, "like" if n <= 10 else "bought", at(n), 1) for n in range(1, 21)]
    events += [(n, "like", at(50 + n), 2) for n in range(11, 15)]
    found = asked(tmp_path, Site(users=users, events=events))
    first = {each: row(found, "by_channel", channel=each, rank=1) for each in ("FB", "PI")}
    assert (first["FB"]["item_id"], first["FB"]["action"]) == (1, "like")
    assert (first["PI"]["item_id"], first["PI"]["action"]) == (1, "bought")
    # A touch of FB counts 1 for each of its ten users who touched anything; buying counts 3.
    assert first["FB"]["score"] == 1.0
    assert first["PI"]["score"] == 3.0
    # PI touches meal 2 four times and likes it; as if five more were as PI is at large: 10/14
    # bought, itself drawn towards everybody's 10/24: (10 + 5 x 10/24) / 19 = 0.636.
    second = row(found, "by_channel", channel="PI", rank=2)
    overall = 10 / 24
    network = (10 + 5 * overall) / (14 + 5)
    assert second["action"] == "like"
    assert second["action_share"] == pytest.approx((4 + 5 * (1 - network)) / 9, abs=1e-6)
    assert second["cold_users"] == 10
    # FB never touched meal 2: everybody's popularity fills its list.
    gap = row(found, "by_channel", channel="FB", rank=2)
    assert (gap["item_id"], gap["method"]) == (2, "popularity")
    kinds = frame(found, "categories")
    assert list(kinds[kinds["channel"] == "PI"]["category"]) == ["thai", "greek"]


def test_a_user_does_what_they_always_do(tmp_path: Path) -> None:
    # Everybody buys, but user 1 shares: eight shares outweigh five touches as the network's.
    users = [(n, "FB", "2025-01-01") for n in range(1, 31)]
    events = [(n, "bought", at(60 * m + n), m) for n in range(2, 31) for m in (1, 2, 9)]
    events += [(1, "share", at(60 * m), m) for m in range(1, 9)]
    meals = [(n, "thai", "2025-01-01", 10) for n in range(1, 13)]
    found = asked(tmp_path, Site(users=users, events=events, meals=meals), k=2)
    lists = frame(found, "by_user")
    assert set(lists[lists["user_id"] == 1]["action"]) == {"share"}
    assert set(lists[lists["user_id"] == 2]["action"]) == {"bought"}


def test_cold_users_are_shown_their_networks_list(tmp_path: Path) -> None:
    site = pairs_of_meals()
    quiet = [(n, "TW", "2025-01-01") for n in range(61, 66)] + [(66, None, "2025-01-01")]
    found = asked(tmp_path, Site(users=[*site.users, *quiet], events=site.events, meals=site.meals))
    # Users 57 to 60 of FB did nothing; nor did anybody from TW or from nowhere known.
    lists = frame(found, "by_channel")
    assert row(found, "by_channel", channel="FB", rank=1)["cold_users"] == 4
    everybody = lists[lists["channel"].isna()]
    assert set(everybody["cold_users"]) == {6}
    assert list(everybody["rank"]) == [1, 2, 3, 4]
    said = [text for text in found.caveats if "done nothing" in text]
    assert len(said) == 1
    assert said[0].startswith("10 of 66 Spring users")
    assert "everybody 6 and FB 4" in said[0]


def test_only_the_most_active_users_have_lists_of_their_own(tmp_path: Path) -> None:
    found = asked(tmp_path, tastes(users=100), most_users=30, per_user=2)
    lists = frame(found, "by_user")
    assert lists["user_id"].nunique() == 30
    assert list(lists["rank"]) == [1, 2] * 30
    assert any(text.startswith("30 of 100 Spring users") for text in found.caveats)


def test_lists_do_not_hang_on_how_rows_are_streamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tastes(users=60)
    whole = frame(asked(tmp_path / "whole", site, site), "by_user")
    monkeypatch.setattr(fetch, "BATCH_ROWS", 7)
    assert frame(asked(tmp_path / "parts", site, site), "by_user").equals(whole)


def test_weights_say_what_counts(tmp_path: Path) -> None:
    # Twelve users like meal 1, five bought meal 2: 12 to 15, or 12 to 5 if all count alike.
    users = [(n, "FB", "2025-01-01") for n in range(1, 31)]
    events = [(n, "like", at(n), 1) for n in range(1, 13)]
    events += [(n, "bought", at(50 + n), 2) for n in range(13, 18)]
    site = Site(users=users, events=events)
    usual = asked(tmp_path / "usual", site)
    assert list(frame(usual, "by_channel")["item_id"]) == [2, 1]
    alike = asked(tmp_path / "alike", site, weights={"bought": 1, "gift": 2})
    assert list(frame(alike, "by_channel")["item_id"]) == [1, 2]
    assert any("Nobody did gift" in text for text in alike.caveats)


# -- too little --------------------------------------------------------------------------------


def test_too_few_users_to_judge_by_are_shown_what_is_popular(tmp_path: Path) -> None:
    site = tastes(users=19)
    found = asked(tmp_path, site, k=3)
    told = row_of(found, "popularity", 3)
    assert (told["users"], told["verdict"]) == (19, "not_tested")
    assert told["hit_rate"] != told["hit_rate"]
    assert found.headline.startswith("Too little to say")
    assert "19 of 19" in told["reason"]
    assert set(frame(found, "by_user")["method"]) == {"popularity"}
    assert charts(found) == {}


def test_one_interaction_each_holds_nothing_out(tmp_path: Path) -> None:
    events = [(n, "like", at(n), n % 12 + 1) for n in range(1, 61)]
    users = [(n, "FB", "2025-01-01") for n in range(1, 61)]
    found = asked(tmp_path, Site(users=users, events=events, meals=MENU))
    assert row_of(found, "popularity")["users"] == 0
    assert any("0 of 60" in text for text in found.caveats)
    assert len(frame(found, "by_user")) == 60 * 5


def test_a_list_that_holds_everything_says_nothing(tmp_path: Path) -> None:
    found = asked(tmp_path, pairs_of_meals())
    assert "all of the 4 items" in row_of(found, "popularity")["reason"]


def test_one_item(tmp_path: Path) -> None:
    users = [(n, "FB", "2025-01-01") for n in range(1, 31)]
    events = [(n, "bought", at(n), 1) for n in range(1, 31)]
    found = asked(tmp_path, Site(users=users, events=events))
    assert list(frame(found, "by_channel")["item_id"]) == [1]
    # Everybody has bought it: there is nothing left to show.
    assert len(frame(found, "by_user")) == 0


def test_nothing_but_idle_actions_is_nothing(tmp_path: Path) -> None:
    idle = Site(users=[(1, "FB", "2025-01-01")], events=[(1, "nothing", "2025-01-02", 1)])
    found = ended(tmp_path, idle)
    assert found.status is Status.EMPTY
    assert "nobody did anything" in found.reason


def test_items_without_a_category_are_shown_all_the_same(tmp_path: Path) -> None:
    site = pairs_of_meals()
    bare = Site(users=site.users, events=site.events, meals=[(1, "thai", "2025-01-01", 10)])
    found = asked(tmp_path, bare, k=1)
    lists = frame(found, "by_channel")
    assert set(lists["item_id"]) == {1, 2, 3, 4}
    assert lists[lists["item_id"] == 3]["category"].isna().all()
    assert set(frame(found, "categories")["category"]) == {"thai"}


def exported(folder: Path, lines: Sequence[str], **fields: str) -> SectionRun:
    """The section on a CSV of events alone, by whatever fields are mapped."""
    (folder / "site").mkdir()
    (folder / "site" / "log.csv").write_text("who,what,did,when\n" + "\n".join(lines))
    events = {"table": "log", "user_id": "who", "action": "did", "occurred_at": "when"} | fields
    config = config_of(
        folder,
        sources={"site": {"url": str(folder / "site")}},
        schema={"events": {key: value for key, value in events.items() if value}},
        campaigns={"baseline": {"source": "site", "label": "Spring"}},
        sections=["recommendations"],
    )
    return only(config)


def test_ids_may_be_text_and_channels_unknown(tmp_path: Path) -> None:
    names = [f"{'soup' if n % 2 else 'cake'} {n}" for n in range(12)]
    lines = [
        f"user {u},{names[(u + step * (1 + u % 5)) % 12]},like,{at(9 * u + step)}"
        for u in range(40)
        for step in range(4)
    ]
    found = exported(tmp_path, lines, item_id="what")
    assert found.status is Status.OK
    assert found.answer is not None
    evaluation = frame(found.answer, "evaluation")
    assert "popularity_in_channel" not in set(evaluation["method"])
    lists = frame(found.answer, "by_channel")
    assert lists["channel"].isna().all()
    assert set(lists["item_id"]) <= set(names)


def test_without_items_the_field_is_named(tmp_path: Path) -> None:
    found = exported(tmp_path, [f"1,soup,like,{at(1)}"])
    assert found.status is Status.EMPTY
    assert "events.item_id" in found.reason


# -- samples -----------------------------------------------------------------------------------


def test_too_many_users_are_judged_by_a_seeded_draw(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "MOST_JUDGED", 150)
    first = asked(tmp_path / "first", tastes())
    assert row_of(first, "popularity")["users"] == 150
    assert row_of(first, "item_item")["verdict"] == "better"
    second = asked(tmp_path / "second", tastes())
    assert frame(first, "evaluation").equals(frame(second, "evaluation"))


def test_the_workshop_supports_no_filter(workshop: Path, tmp_path: Path) -> None:
    config = config_of(
        tmp_path,
        sources={
            "spring": {"url": f"sqlite:///{workshop / 'campaign-1.db'}"},
            "summer": {"url": f"sqlite:///{workshop / 'campaign-2.db'}"},
        },
        sections=["recommendations"],
    )
    found = only(config).answer
    assert found is not None
    # Counted by hand in SQL: users who did anything but nothing to more than one meal.
    users = frame(found, "evaluation").groupby("campaign")["users"].first()
    assert users.to_dict() == {"baseline": 72, "new": 65}
    assert found.headline.startswith("No evidence")
    assert any("cannot tell good lists from better ones" in text for text in found.caveats)


def test_the_simulators_favourite_kitchens_are_found(tmp_path: Path) -> None:
    # Two actions in five go to a user's favourite kitchen, and users who act do it often.
    made = simulate(tmp_path / "spring.db", users=2000, events=12_000, seed=4)
    config = config_of(
        tmp_path,
        sources={"spring": {"url": f"sqlite:///{made.path}"}},
        campaigns={"baseline": {"source": "spring", "label": "Spring"}},
        sections=["recommendations"],
    )
    found = only(config).answer
    assert found is not None
    assert row_of(found, "item_item")["verdict"] == "better"
    assert row_of(found, "matrix_factorisation")["verdict"] == "better"


def test_a_few_users_end_without_a_fault(tmp_path: Path) -> None:
    assert ended(tmp_path, SPRING).status is Status.OK


def test_an_item_of_the_past_alone_is_passed_over(tmp_path: Path) -> None:
    # Meal 2 was bought in January and never touched again: it is in nobody's list.
    users = [(n, "FB", "2025-01-01") for n in range(1, 31)]
    events = [(n, "bought", "2025-01-10", 2) for n in range(1, 31)]
    events += [(n, "like", "2025-02-10", 1) for n in range(1, 31)]
    february = {"from": "2025-02-01", "to": "2025-03-01"}
    config = write_pair(
        tmp_path,
        Site(users=users, events=events),
        campaigns={"baseline": {"source": "spring", "window": february}},
        sections=["recommendations"],
    )
    found = only(config)
    assert (found.status, found.reason) == (Status.OK, "")
    assert found.answer is not None
    assert set(frame(found.answer, "by_user")["item_id"]) == {1}


def test_what_was_bought_before_the_campaign_is_not_shown_again(tmp_path: Path) -> None:
    # In January user 1 bought meal 1, which is what everybody likes in February; so did user 2,
    # who was never seen again. The rest of the menu is liked less.
    users = [(n, "FB", "2025-01-01") for n in range(1, 31)]
    events = [(1, "bought", "2025-01-10", 1), (2, "bought", "2025-01-10", 1)]
    events += [(n, "like", "2025-02-10", 1) for n in range(3, 31)]
    events += [(n, "like", "2025-02-11", 2) for n in (1, *range(3, 21))]
    february = {"from": "2025-02-01", "to": "2025-03-01"}
    config = write_pair(
        tmp_path,
        Site(users=users, events=events),
        SPRING,
        campaigns={"baseline": {"source": "spring", "window": february}},
        sections=["recommendations"],
    )
    found = only(config).answer
    assert found is not None
    lists = frame(found, "by_user")
    first = lists[lists["user_id"] == 1]
    assert list(first["item_id"]) == [2]
    assert set(first["action"]) == {"like"}
    assert list(lists[lists["user_id"] == 3]["item_id"]) == [1, 2]
    assert 2 not in set(lists["user_id"])


def test_campaigns_whose_ids_differ_in_kind_do_not_mix(tmp_path: Path) -> None:
    site = pairs_of_meals()
    (tmp_path / "shop").mkdir()
    lines = [f"u{user},m{meal},{did},{when}" for user, did, when, meal in site.events]
    (tmp_path / "shop" / "log.csv").write_text("who,what,did,when\n" + "\n".join(lines))
    site.write(tmp_path / "spring.db")
    log = {
        "table": "log",
        "user_id": "who",
        "item_id": "what",
        "action": "did",
        "occurred_at": "when",
    }
    config = config_of(
        tmp_path,
        sources={
            "spring": {"url": f"sqlite:///{tmp_path / 'spring.db'}"},
            "summer": {"url": str(tmp_path / "shop"), "schema": {"events": log}},
        },
        sections=[{"recommendations": {"k": 1}}],
    )
    found = only(config).answer
    assert found is not None
    for campaign in ("baseline", "new"):
        assert row_of(found, "item_item", 1, campaign)["hit_rate"] == 1.0
    lists = frame(found, "by_user")
    kinds = lists.groupby("campaign")["item_id"].agg(lambda ids: {type(each) for each in ids})
    assert str in kinds["new"]
    assert str not in kinds["baseline"]
    assert set(lists.groupby(["campaign", "user_id"]).size()) == {4}


def test_a_campaign_without_items_is_left_out_and_named(tmp_path: Path) -> None:
    found = asked(tmp_path, pairs_of_meals(), Site(users=[(1, "FB", "2025-01-01")]), k=1)
    assert found.caveats[0].startswith("Summer is left out")
    assert set(frame(found, "evaluation")["campaign"]) == {"baseline"}
