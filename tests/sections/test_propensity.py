"""Propensity: planted odds are found, leaks are named, and little data is said to be little."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from math import exp, log
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from growthml import plan
from growthml.errors import MissingFields
from growthml.parts import Answer, SectionRun, Status
from growthml.progress import Progress
from growthml.run import run
from growthml.sources import fetch
from tests.sections.stories import charts, frame, headings, row
from tests.sites import SPRING, SUMMER, Site, config_of, write_pair

PINTEREST, LIKE = 4.0, 1.6
"""Planted: a Pinterest user has four times the odds to buy, every like 1.6 times."""


def planted(users: int = 4000, seed: int = 1, odds: float = 0.05) -> Site:
    """Everybody signs up and likes before July; whoever buys does so in the summer or the autumn,
    each with the same chance: odds of `odds`, times what is planted. The last day is 31 December.
    """
    draw = random.Random(seed)
    people, events = [], [(1, "nothing", "2025-12-31", 1)]
    for user in range(1, users + 1):
        channel = "PI" if draw.random() < 0.3 else "FB"
        likes = draw.choice((0, 0, 1, 2, 3))
        day = draw.randrange(1, 28)
        people.append((user, channel, f"2025-0{draw.randrange(1, 6)}-{day:02d}"))
        events += [(user, "like", f"2025-06-{draw.randrange(1, 29):02d}", 1) for _ in range(likes)]
        chance = log(odds) + (channel == "PI") * log(PINTEREST) + likes * log(LIKE)
        for month in (8, 11):
            if draw.random() < 1 / (1 + exp(-chance)):
                events.append((user, "bought", f"2025-{month:02d}-15", 1))
    return Site(users=people, events=events)


def section(folder: Path, config: Path) -> SectionRun:
    done = run(plan.read_config(config), formats=["html"], progress=Progress(quiet=True))
    (found,) = [each for each in done.run.sections if each.section.id == "propensity"]
    return found


def answer(folder: Path, site: Site, confidence: float = 0.95, **options: Any) -> Answer:
    config = write_pair(
        folder,
        site,
        Site(),
        sections=[{"propensity": options} if options else "propensity"],
        campaigns={"baseline": {"source": "spring", "label": "Spring"}},
        statistics={"confidence": confidence},
    )
    found = section(folder, config).answer
    assert found is not None
    return found


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Answer:
    """At 99 %, so that chance alone seldom breaks a test."""
    return answer(tmp_path_factory.mktemp("planted"), planted(), confidence=0.99)


def test_planted_odds_ratios_lie_within_their_intervals(told: Answer) -> None:
    drivers = frame(told, "drivers")
    odds = drivers[drivers["model"] == "logistic"].set_index("feature")
    assert odds.loc["channel: PI", "ci_low"] < PINTEREST < odds.loc["channel: PI", "ci_high"]
    assert odds.loc["did like", "ci_low"] < LIKE < odds.loc["did like", "ci_high"]
    assert odds.loc["did like", "unit"] == 1
    # What was not planted: whoever bought in the summer is no likelier to buy in the autumn.
    assert odds.loc["spend", "ci_low"] < 1 < odds.loc["spend", "ci_high"]
    # At a price of 10 for every meal, purchases say no more than spend does.
    assert odds.loc["did bought", "reason"] == "repeats other columns"


def test_the_test_lies_in_the_future_of_what_was_learnt(told: Answer) -> None:
    models = frame(told, "models")
    assert set(models["tested"]) == {"future"}
    assert set(models["test_users"]) == {4000}
    assert row(told, "models", model="dummy")["roc_auc"] == 0.5
    assert row(told, "models", model="logistic")["roc_auc_ci_low"] > 0.6
    # Chances are a straight line on the log odds: boosting has nothing to add.
    assert row(told, "models", model="logistic")["used"]


def test_probabilities_come_true(told: Answer) -> None:
    bins = frame(told, "calibration")
    mine = bins[bins["model"] == "logistic"]
    inside = (mine["ci_low"] <= mine["mean_predicted"]) & (
        mine["mean_predicted"] <= mine["ci_high"]
    )
    assert inside.sum() >= len(mine) - 2


def test_pinterest_is_told_as_times_as_likely_in_rates(told: Answer) -> None:
    assert "Pinterest responds most" not in headings(told)
    (finding,) = [each for each in told.findings if each.heading == "PI responds most"]
    assert "times as likely to respond" in finding.text
    assert "odds" not in finding.text
    pinterest = row(told, "rates", channel="PI")
    facebook = row(told, "rates", channel="FB")
    assert pinterest["ratio"] == pytest.approx(pinterest["rate"] / facebook["rate"])


def test_the_list_holds_whom_it_is_worth_reaching(tmp_path: Path) -> None:
    # A response is worth 10. Reaching an FB user (about 7 in 100 buy) costs more than it brings.
    found = answer(tmp_path, planted(), cost_per_contact=1.5)
    targets = frame(found, "targets")
    assert 0 < len(targets) < 4000
    assert targets["rank"].tolist() == list(range(1, len(targets) + 1))
    assert targets["expected_value"].is_monotonic_decreasing
    assert (targets["channel"] == "PI").mean() > 0.6
    first = targets.iloc[0]
    assert first["expected_value"] == pytest.approx(first["probability"] * 10 - 1.5, abs=0.5)


def test_the_list_obeys_channels_budget_and_share(tmp_path: Path) -> None:
    found = answer(
        tmp_path, planted(), channels=["FB"], budget=12.0, cost_per_contact=0.5, share=0.5
    )
    targets = frame(found, "targets")
    assert set(targets["channel"]) == {"FB"}
    assert len(targets) == 24  # 12 buys 24 contacts of 0.5
    tenth = frame(answer(tmp_path / "tenth", planted(), share=0.1), "targets")
    assert len(tenth) == 400


def test_all_users_are_counted_by_score(told: Answer) -> None:
    scores = frame(told, "scores")
    assert scores["users"].sum() == 4000
    # Expected responders of a band lie between its ends.
    assert (scores["expected_responders"] <= scores["users"] * scores["probability_to"]).all()
    assert (scores["expected_responders"] >= scores["users"] * scores["probability_from"]).all()
    assert "Of the 25 scored highest in its test" in _note(told, "targets")


def test_a_list_of_contacts_that_cost_nothing_says_so(told: Answer, tmp_path: Path) -> None:
    assert "Contacts cost nothing here" in _note(told, "targets")
    costly = answer(tmp_path, planted(1500), cost_per_contact=0.5)
    assert "Contacts cost nothing here" not in _note(costly, "targets")


def test_a_dear_network_ends_where_it_stops_paying_and_a_cheap_one_goes_on(tmp_path: Path) -> None:
    # PI buys at odds of 0.2 and more, worth 1.7 and more a contact, which costs 50 there and 0.1
    # with FB: the likeliest users are all PI's, and none of them is worth it.
    found = section(
        tmp_path,
        write_pair(
            tmp_path,
            planted(),
            Site(),
            sections=["propensity"],
            campaigns={"baseline": {"source": "spring", "label": "Spring"}},
            metrics={"costs": {"PI": 50, "FB": 0.1}},
        ),
    ).answer
    assert found is not None
    targets = frame(found, "targets")
    assert set(targets["channel"]) == {"FB"}
    assert len(targets) > 1000


def test_amounts_that_are_told_better_directly_give_the_expected_values(tmp_path: Path) -> None:
    # Chances differ by likes alone; a PI user's purchase is worth 100, an FB user's 1.
    site = planted(3000, odds=0.5)
    meals = ((1, "thai", "2025-01-01", 1), (2, "greek", "2025-01-01", 100))
    of = {n: channel for n, channel, _ in site.users}
    events = [
        (user, action, day, 2 if action == "bought" and of[user] == "PI" else 1)
        for user, action, day, _ in site.events
    ]
    found = answer(tmp_path, Site(users=site.users, events=events, meals=meals), share=1.0)
    assert "gives the expected values" in _note(found, "spend")
    assert "No evidence" not in _note(found, "spend")
    targets = frame(found, "targets").set_index("channel")["expected_value"]
    assert targets.loc["PI"].mean() > 30
    assert targets.loc["FB"].mean() < 5


def test_visits_are_learnt_from_where_they_are_mapped(tmp_path: Path) -> None:
    # Every second user came five times before July, and of them alone half buy in each season.
    draw = random.Random(5)
    often = {n for n in range(1, 1201) if n % 2}
    bought = [(n, m) for n in sorted(often) for m in ("08", "11") if draw.random() < 0.5]
    bought += [(n, m) for n in range(2, 1201, 2) for m in ("08", "11") if draw.random() < 0.05]
    tables = {
        "people": ["id,from,since", *(f"{n},FB,2025-01-{1 + n % 28:02d}" for n in range(1, 1201))],
        "acts": [
            "who,what,at",
            *(f"{n},bought,2025-{month}-15" for n, month in bought),
            "1,nothing,2025-12-31",
        ],
        "stays": [
            "who,at,secs",
            *(f"{n},2025-0{month}-10,60" for n in sorted(often) for month in range(2, 7)),
        ],
    }
    for name, lines in tables.items():
        (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    config = config_of(
        tmp_path,
        sources={"shop": {"url": str(tmp_path)}},
        schema={
            "users": {"table": "people", "id": "id", "channel": "from", "signed_up_at": "since"},
            "events": {"table": "acts", "user_id": "who", "action": "what", "occurred_at": "at"},
            "visits": {"table": "stays", "user_id": "who", "occurred_at": "at", "duration": "secs"},
        },
        campaigns={"all": {"source": "shop", "label": "All"}},
        sections=["propensity"],
    )
    found = section(tmp_path, config).answer
    assert found is not None
    assert row(found, "models", model="logistic")["roc_auc_ci_low"] > 0.65
    drivers = frame(found, "drivers")
    odds = drivers[drivers["model"] == "logistic"].set_index("feature")
    assert odds.loc["visits", "ci_low"] > 1


def test_the_list_is_the_same_whatever_the_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = frame(answer(tmp_path / "whole", planted(1500), most_targets=50), "targets")
    monkeypatch.setattr(fetch, "BATCH_ROWS", 70)
    parts = frame(answer(tmp_path / "parts", planted(1500), most_targets=50), "targets")
    assert len(whole) == 50
    pd.testing.assert_frame_equal(whole, parts)


def test_amounts_are_judged_beside_the_mean(told: Answer) -> None:
    spend = frame(told, "spend").set_index("model")
    # The mean learnt earlier can only do worse than these users' own.
    assert spend.loc["dummy", "r2"] <= 0
    assert spend.loc["linear", "r2"] > 0
    assert spend.loc["linear", "adjusted_r2"] < spend.loc["linear", "r2"]
    assert "Classification asks who responds" in _note(told, "spend")
    # Chances are no straight line of likes, and every purchase is worth the same.
    assert "Linear regression lies farther off than the probability" in _note(told, "spend")


def _note(found: Answer, table: str) -> str:
    (note,) = [getattr(b, "note", "") for b in found.blocks if b.id == table]
    return note


def test_a_history_too_short_for_two_cut_offs_is_tested_in_folds(tmp_path: Path) -> None:
    site = planted(2000)
    late = Site(users=[(n, c, "2025-08-01") for n, c, _ in site.users], events=site.events)
    found = answer(tmp_path, late)
    assert set(frame(found, "models")["tested"]) == {"folds"}
    assert "the history is too short to test on the future" in _note(found, "models")


def test_what_is_all_chance_is_said_to_be_no_evidence_and_nobody_is_listed(tmp_path: Path) -> None:
    draw = random.Random(3)
    users = [(n, draw.choice(("FB", "PI")), "2025-01-05") for n in range(1, 801)]
    bought = [
        (n, "bought", f"2025-{month:02d}-15", 1)
        for n, *_ in users
        for month in (8, 11)
        if draw.random() < 0.1
    ]
    found = answer(tmp_path, Site(users=users, events=[*bought, (1, "nothing", "2025-12-31", 1)]))
    assert "o evidence that a model tells who will respond" in found.headline
    assert "Propensity: no evidence" in headings(found)
    assert frame(found, "targets").empty


def test_a_reference_of_which_nobody_responds_is_no_reference(tmp_path: Path) -> None:
    # Twitter is the largest network and none of its users ever buys: odds are told against FB's.
    site = planted(2000)
    people = list(site.users)
    quiet = [(n, "TW", "2025-01-05") for n in range(10_001, 12_001)]
    found = answer(tmp_path, Site(users=[*people, *quiet], events=site.events))
    drivers = frame(found, "drivers")
    odds = drivers[drivers["model"] == "logistic"].set_index("feature")
    assert odds.loc["channel: TW", "reason"] == "nobody with it responded"
    assert odds.loc["channel: PI", "ci_low"] < PINTEREST < odds.loc["channel: PI", "ci_high"]
    assert "Compared with Channel FB." in charts(found)["drivers"].how_to_read


def test_too_few_responders_are_counted_out_loud(tmp_path: Path) -> None:
    # Of four users only user 3 buys in the ten days before 18 February, the last event's.
    sections = [{"propensity": {"horizon_days": 10}}]
    found = section(tmp_path, write_pair(tmp_path, SPRING, SUMMER, sections=sections))
    assert found.status is Status.EMPTY
    assert "1 of 4 Spring users responded in the last 10 days" in found.reason
    assert "at least 10 who did, and as many who did not" in found.reason


def test_everybody_responding_is_no_model(tmp_path: Path) -> None:
    users = [(n, "FB", "2025-01-05") for n in range(1, 41)]
    events = [(n, "bought", "2025-06-20", 1) for n, *_ in users]
    config = write_pair(tmp_path, Site(users=users, events=events), sections=["propensity"])
    found = section(tmp_path, config)
    assert found.status is Status.EMPTY
    assert "40 of 40 Spring users responded" in found.reason


def test_the_workshop_says_that_it_is_too_small_for_a_curve(workshop: Path, tmp_path: Path) -> None:
    config = config_of(
        tmp_path,
        sources={
            name: {"url": f"sqlite:///{workshop}/campaign-{n}.db"}
            for n, name in ((1, "spring"), (2, "summer"))
        },
        sections=["propensity"],
    )
    found = section(tmp_path, config).answer
    assert found is not None
    assert "roc" not in charts(found)
    assert any("too few to judge a model by" in caveat for caveat in found.caveats)
    assert "responded in the test, too few to say how well a model tells who will" in found.headline
    assert "Too few to judge a model" in headings(found)
    assert "Who will respond" not in headings(found)


# -- tables of one row a user ------------------------------------------------------------------


def one_table(folder: Path, data: Path, users: Mapping[str, Any], **keys: Any) -> Path:
    return config_of(
        folder,
        sources={"table": {"url": str(data)}},
        schema={"users": {"table": "data", **users}},
        **({"campaigns": {"all": {"source": "table", "label": "All"}}} | keys),
    )


def test_page_values_of_online_shoppers_are_named_as_a_leak_and_left_out(
    shared: Callable[[str], Path], tmp_path: Path
) -> None:
    names = ["ProductRelated", "BounceRates", "ExitRates", "PageValues", "Month", "Weekend"]
    config = one_table(
        tmp_path,
        shared("online_shoppers") / "data.csv",
        {"channel": "VisitorType", "outcomes": {"bought": "Revenue"}},
        sections=[{"propensity": {"features": [f"users.{name}" for name in names]}}],
    )
    found = section(tmp_path, config).answer
    assert found is not None
    (leak,) = [caveat for caveat in found.caveats if caveat.startswith("Left out as a leak")]
    assert "PageValues" in leak
    features = frame(found, "drivers")["feature"]
    assert not features.str.contains("PageValues").any()
    assert features.str.contains("ExitRates").any()
    # 12,330 sessions, 1,908 with a purchase; the published fit without page values reaches 0.72.
    logistic = row(found, "models", model="logistic")
    assert logistic["test_users"] == 12_330
    assert logistic["base_rate"] == pytest.approx(1908 / 12_330)
    assert 0.70 < logistic["roc_auc"] < 0.80
    assert logistic["tested"] == "timeless"


def test_hillstroms_arms_are_tried_apart_and_spend_is_predicted(
    shared: Callable[[str], Path], tmp_path: Path
) -> None:
    names = ["recency", "history", "mens", "womens", "zip_code", "newbie"]
    config = one_table(
        tmp_path,
        shared("hillstrom") / "data.csv",
        {"channel": "channel", "outcomes": {"bought": "conversion"}, "value": "spend"},
        campaigns={
            "none": {"source": "table", "where": {"users.segment": "No E-Mail"}},
            "mens": {"source": "table", "where": {"users.segment": "Mens E-Mail"}},
        },
        baseline="none",
        randomised=True,
        sections=[{"propensity": {"features": [f"users.{name}" for name in names]}}],
    )
    found = section(tmp_path, config).answer
    assert found is not None
    mens = row(found, "models", campaign="mens", model="logistic")
    assert (mens["test_users"], round(mens["base_rate"] * 21_307)) == (21_307, 267)
    assert mens["roc_auc_ci_low"] > 0.5
    assert row(found, "spend", campaign="mens", model="linear")["r2"] < 0.02
    assert "expected values" not in _note(found, "spend")  # there is no list to give them to
    assert frame(found, "targets").empty


def test_a_feature_that_is_not_there_is_named_before_anything_runs(tmp_path: Path) -> None:
    config = write_pair(tmp_path, sections=[{"propensity": {"features": ["users.Campain_ID"]}}])
    with pytest.raises(MissingFields, match=r"no column 'Campain_ID'.*did you mean 'Campaign_ID'"):
        section(tmp_path, config)


def test_columns_that_tell_nothing_are_named(tmp_path: Path) -> None:
    data = tmp_path / "data.csv"
    rows = "\n".join(
        f"{'a' if n % 2 else 'b'},{int(n % 7 == 0)},same,person {n}" for n in range(90)
    )
    data.write_text(f"arm,bought,country,name\n{rows}\n")
    config = one_table(
        tmp_path,
        data,
        {"channel": "arm", "outcomes": {"bought": "bought"}},
        sections=[{"propensity": {"features": ["users.country", "users.name"]}}],
    )
    found = section(tmp_path, config).answer
    assert found is not None
    (told_of,) = [caveat for caveat in found.caveats if "tell nothing" in caveat]
    assert "Country (the same for everybody)" in told_of
    assert "Name (words that hardly repeat)" in told_of


def test_without_anything_to_learn_from_it_asks_for_columns(tmp_path: Path) -> None:
    data = tmp_path / "data.csv"
    data.write_text("arm,bought\n" + "\n".join(f"a,{int(n % 7 == 0)}" for n in range(90)))
    config = one_table(tmp_path, data, {"outcomes": {"bought": "bought"}}, sections=["propensity"])
    found = section(tmp_path, config)
    assert found.status is Status.EMPTY
    assert "name columns of theirs under 'features'" in found.reason
