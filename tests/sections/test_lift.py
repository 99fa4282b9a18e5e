from __future__ import annotations

import csv
import json
from collections.abc import Callable
from math import exp, isnan, sqrt
from pathlib import Path
from typing import Any

import pytest
from scipy import stats

from growthml import plan
from growthml.charts import Curves, Intervals
from growthml.parts import Answer, Table
from growthml.progress import Progress
from growthml.run import run
from tests.conftest import Pair
from tests.sites import SPRING, SUMMER, Site, config_of, write_pair

Rows = dict[tuple[str, ...], dict[str, Any]]

Z = 1.959963984540054


def answer_of(config: Path) -> Answer:
    """The section's answer in a report of it alone."""
    outcome = run(
        plan.read_config(config), only=["lift"], formats=[], progress=Progress(quiet=True)
    )
    (section,) = outcome.run.sections
    assert section.answer is not None, section.reason
    return section.answer


def reason_of(config: Path) -> str:
    outcome = run(
        plan.read_config(config), only=["lift"], formats=[], progress=Progress(quiet=True)
    )
    return outcome.run.sections[0].reason


def table(answer: Answer, name: str) -> Table:
    (found,) = (each for each in answer.blocks if isinstance(each, Table) and each.id == name)
    return found


def by(answer: Answer, name: str, *keys: str) -> Rows:
    records = table(answer, name).frame.to_dict("records")
    return {tuple(str(row[key]) for key in keys): row for row in records}


def charts(answer: Answer, kind: type[Any]) -> list[Any]:
    return [each for each in answer.blocks if isinstance(each, kind)]


def simulated(folder: Path, pair: Pair, **keys: Any) -> Path:
    urls = {"spring": pair.baseline.path, "summer": pair.new.path}
    sources = {name: {"url": f"sqlite:///{path}"} for name, path in urls.items()}
    return config_of(folder, sources=sources, sections=["lift"], **keys)


# -- did it do better? -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Answer:
    return answer_of(write_pair(tmp_path_factory.mktemp("tiny"), sections=["lift"]))


def test_lift_is_the_ratio_of_the_rates(tiny: Answer) -> None:
    rows = by(tiny, "campaign", "campaign", "channel")
    # One of four buys in spring, two of five in summer.
    assert rows["new", "all"]["lift"] == pytest.approx(1.6)
    half = Z * sqrt(1 / 2 - 1 / 5 + 1 / 1 - 1 / 4)
    assert rows["new", "all"]["ci_low"] == pytest.approx(1.6 * exp(-half))
    assert rows["new", "all"]["ci_high"] == pytest.approx(1.6 * exp(half))
    # From PI one of two, then two of three; from FB nobody.
    assert rows["new", "PI"]["lift"] == pytest.approx(4 / 3)
    assert isnan(rows["new", "FB"]["lift"])
    assert rows["new", "FB"]["reason"] == "cannot be estimated (0 of 2)"
    assert list(table(tiny, "campaign").frame["channel"])[-1] == "all"


def test_value_beyond_the_baseline_is_welchs(tiny: Answer) -> None:
    rows = by(tiny, "incremental_value", "metric")
    spring, summer = [0, 0, 30, 0], [0, 20, 20, 0, 0]
    welch = stats.ttest_ind(summer, spring, equal_var=False)
    limits = welch.confidence_interval(0.95)
    for metric in ("revenue", "profit"):
        row = rows[(metric,)]
        assert row["per_user"] == pytest.approx(0.5)
        assert row["total"] == pytest.approx(2.5)
        assert (row["ci_low"], row["ci_high"]) == pytest.approx((limits.low, limits.high))
        assert row["p_value"] == pytest.approx(welch.pvalue)


def test_costs_change_profit_and_not_revenue(tmp_path: Path) -> None:
    # Spring has two users of FB and two of PI, summer two and three: 0.75 and 0.80 a user.
    config = write_pair(tmp_path, sections=["lift"], metrics={"costs": {"FB": 0.5, "PI": 1.0}})
    rows = by(answer_of(config), "incremental_value", "metric")
    assert rows[("revenue",)]["per_user"] == pytest.approx(0.5)
    assert rows[("profit",)]["per_user"] == pytest.approx(0.5 - 0.05)


def test_every_purchase_may_be_worth_a_dollar(tmp_path: Path) -> None:
    # Two purchases of four users, then two of five.
    config = write_pair(tmp_path, sections=["lift"], metrics={"value": 1.0})
    rows = by(answer_of(config), "incremental_value", "metric")
    assert rows[("revenue",)]["per_user"] == pytest.approx(2 / 5 - 2 / 4)
    assert rows[("revenue",)]["total"] == pytest.approx(-0.5)


def test_any_action_can_be_the_response(tmp_path: Path) -> None:
    # One of four likes in spring, nobody of five in summer: Fisher's p is 4/9.
    config = write_pair(tmp_path, sections=[{"lift": {"response": "like"}}])
    answer = answer_of(config)
    row = by(answer, "campaign", "channel")[("all",)]
    assert (row["baseline_responders"], row["responders"]) == (1, 0)
    assert row["reason"] == "cannot be estimated (0 of 5)"
    assert row["p_value"] == pytest.approx(4 / 9)
    assert "“like”" in answer.headline


def test_a_response_nobody_gave_is_no_answer(tmp_path: Path) -> None:
    config = write_pair(tmp_path, sections=[{"lift": {"response": "dance"}}])
    assert reason_of(config) == "no user did “dance” in any campaign (0 of 4, 0 of 5)"


def test_three_campaigns_the_third_cut_to_its_last_month(tmp_path: Path) -> None:
    SPRING.write(tmp_path / "spring.db")
    SUMMER.write(tmp_path / "summer.db")
    config = config_of(
        tmp_path,
        sections=["lift"],
        campaigns={
            "baseline": {"source": "spring", "label": "Spring"},
            "new": {"source": "summer", "label": "Summer"},
            "last": {
                "source": "summer",
                "label": "Last month",
                "window": {"from": "2025-02-01", "to": "2025-03-01"},
            },
        },
    )
    answer = answer_of(config)
    rows = by(answer, "campaign", "campaign", "channel")
    assert rows["new", "all"]["lift"] == pytest.approx(1.6)
    # In February users 4 and 5 came and user 3 bought; the purchase of January is not seen.
    last = rows["last", "all"]
    assert (last["users"], last["responders"]) == (3, 1)
    assert last["lift"] == pytest.approx((1 / 3) / (1 / 4))
    assert (rows["last", "PI"]["users"], rows["last", "FB"]["users"]) == (2, 1)
    assert any("different length" in caveat for caveat in answer.caveats)


def crowd(buyers: dict[str, int], users: int = 200) -> Site:
    """So many users from each channel, so many of whom buy once."""
    people = [(channel, n) for channel in buyers for n in range(users)]
    return Site(
        users=[(i, channel, "2025-01-05") for i, (channel, _) in enumerate(people)],
        events=[
            (i, "bought", "2025-01-06", 1)
            for i, (channel, n) in enumerate(people)
            if n < buyers[channel]
        ],
    )


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Answer:
    folder = tmp_path_factory.mktemp("crowd")
    baseline = crowd({"FB": 20, "PI": 40, "TW": 3})
    new = crowd({"FB": 22, "PI": 80, "TW": 4})
    return answer_of(write_pair(folder, baseline=baseline, new=new, sections=["lift"]))


def test_channels_are_one_family_and_all_is_a_test_of_its_own(crowded: Answer) -> None:
    rows = by(crowded, "campaign", "channel")
    p = {key[0]: row["p_value"] for key, row in rows.items()}
    q = {key[0]: row["q_value"] for key, row in rows.items()}
    assert p["PI"] < p["FB"]
    assert p["PI"] < p["TW"]
    # Benjamini-Hochberg: the smallest of three p-values times three.
    assert q["PI"] == pytest.approx(3 * p["PI"])
    assert max(q["FB"], q["TW"]) == pytest.approx(max(p["FB"], p["TW"]))
    assert q["all"] == pytest.approx(p["all"])


def test_only_what_passed_is_a_finding(crowded: Answer) -> None:
    rows = by(crowded, "campaign", "channel")
    assert rows[("PI",)]["lift"] == pytest.approx(2.0)
    headings = [finding.heading for finding in crowded.findings]
    assert "PI rose" in headings
    assert not any(heading.startswith(("FB", "TW")) for heading in headings)
    assert crowded.headline.startswith("Summer converts better than Spring (1.68x")
    (forest,) = charts(crowded, Intervals)
    assert forest.log
    assert "PI" in forest.title
    rows_of = {row.name: row for panel in forest.panels for row in panel.rows}
    assert [row.name for row in forest.panels[-1].rows] == ["All channels"]
    assert rows_of["PI"].verdict == "better"
    # Three and four responders are too few to be read.
    assert rows_of["TW"].muted
    assert not rows_of["FB"].muted


def test_without_an_experiment_the_page_says_so(tmp_path: Path) -> None:
    said = "Users were not randomised"
    assert any(said in each for each in answer_of(write_pair(tmp_path / "a")).caveats)
    config = write_pair(tmp_path / "b", randomised=True)
    assert not any(said in each for each in answer_of(config).caveats)


def test_one_campaign_cannot_be_compared(tmp_path: Path) -> None:
    SPRING.write(tmp_path / "spring.db")
    config = config_of(
        tmp_path,
        sections=["lift"],
        sources={"spring": {"url": f"sqlite:///{tmp_path / 'spring.db'}"}},
        campaigns={"baseline": {"source": "spring", "label": "Spring"}},
    )
    assert reason_of(config) == "lift compares campaigns, and this report has one"


# -- does ranking help? ------------------------------------------------------------------------


def test_too_few_responders_leave_the_ranking_out(tiny: Answer) -> None:
    # The last day is 18 February; nobody signed up by 20 November.
    (caveat,) = (each for each in tiny.caveats if each.startswith("Ranking is left out"))
    assert caveat == "Ranking is left out: no user of Spring was known by 20 Nov 2024."
    assert table(tiny, "gains").frame.empty
    assert not charts(tiny, Curves)


def test_a_planted_effect_is_found_and_the_model_beats_chance(
    tmp_path: Path, simulated_pair: Pair
) -> None:
    answer = answer_of(simulated(tmp_path, simulated_pair))
    pinterest = by(answer, "campaign", "channel")[("PI",)]
    assert pinterest["ci_low"] < 1.5 < pinterest["ci_high"]
    models = by(answer, "models", "model")
    assert models[("logistic",)]["trained_on"] == "baseline"
    assert models[("logistic_new",)]["trained_on"] == "new"
    assert models[("logistic",)]["ci_low"] > 0.5
    assert models[("logistic_new",)]["ci_low"] > 0.5
    gains = table(answer, "gains").frame
    for _, bins in gains.groupby("model"):
        assert list(bins["bin"]) == list(range(1, 11))
        assert bins["users"].sum() == models[("logistic",)]["users"]
        assert bins["responders"].sum() == pytest.approx(models[("logistic",)]["responders"])
        assert bins["cumulative_gain"].iloc[-1] == pytest.approx(1.0)
        assert bins["cumulative_lift"].iloc[-1] == pytest.approx(1.0)
        assert bins["lift"].iloc[0] > 2
    (chart,) = charts(answer, Curves)
    older, newer, perfect = chart.panels[0].lines
    assert [line.series.colour for line in (older, newer)] == ["baseline", "new"]
    assert older.low
    assert perfect.end == "perfect"
    note = table(answer, "gains").note
    assert "Features come from up to 2 Oct 2025, responses from the 90 days after it" in note
    assert "are left out" in note


def test_the_label_lies_after_the_cut_off(tmp_path: Path, simulated_pair: Pair) -> None:
    # A shorter horizon knows more users and asks for fewer responses of each.
    def models(**options: int) -> dict[str, Any]:
        folder = tmp_path / str(options)
        folder.mkdir()
        config = simulated(folder, simulated_pair)
        outcome = run(
            plan.read_config(config, [f"sections=[{{lift: {json.dumps(options)}}}]"]),
            formats=[],
            progress=Progress(quiet=True),
        )
        assert outcome.run.sections[0].answer is not None
        return by(outcome.run.sections[0].answer, "models", "model")[("logistic",)]

    long, short = models(horizon_days=180), models(horizon_days=60)
    assert long["users"] < short["users"]
    assert long["responders"] / long["users"] > short["responders"] / short["users"]


# -- reference data ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def workshop_answer(workshop: Path, tmp_path_factory: pytest.TempPathFactory) -> Answer:
    sources = {
        name: {"url": f"sqlite:///{(workshop / f'campaign-{n}.db').resolve()}"}
        for name, n in (("spring", 1), ("summer", 2))
    }
    folder = tmp_path_factory.mktemp("workshop")
    return answer_of(config_of(folder, sources=sources, sections=["lift"]))


@pytest.mark.parametrize(
    ("channel", "lift", "low", "high"), [("all", 1.04, 0.74, 1.47), ("PI", 0.88, 0.63, 1.24)]
)
def test_workshop(
    workshop_answer: Answer, channel: str, lift: float, low: float, high: float
) -> None:
    row = by(workshop_answer, "campaign", "channel")[(channel,)]
    found = [row[name] for name in ("lift", "ci_low", "ci_high")]
    assert found == pytest.approx([lift, low, high], abs=0.005)


def test_workshop_value_and_words(workshop_answer: Answer, workshop: Path) -> None:
    expected = json.loads((workshop / "expected.json").read_text())["comparison"]
    row = by(workshop_answer, "incremental_value", "metric")[("revenue",)]
    assert row["per_user"] == pytest.approx(expected["revenue_per_user"]["difference"])
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(expected["revenue_per_user"]["welch"])
    assert row["total"] == pytest.approx(845 * expected["revenue_per_user"]["difference"])
    all_of_it = by(workshop_answer, "campaign", "channel")[("all",)]
    assert all_of_it["p_value"] == pytest.approx(expected["conversion_rate"]["p_chi2"])
    assert workshop_answer.headline.startswith(
        "No evidence that Summer converts better or worse than Spring (1.04x, 0.74 to 1.47)"
    )
    assert not any(
        "rose" in each.heading or "fell" in each.heading for each in workshop_answer.findings
    )
    # 19 responders are too few for a curve.
    assert not charts(workshop_answer, Curves)
    assert any("19 of 431" in each for each in workshop_answer.caveats)


ARMS = {"baseline": "No E-Mail", "mens": "Mens E-Mail", "womens": "Womens E-Mail"}


@pytest.fixture(scope="module")
def hillstrom(
    shared: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Answer, dict[str, Any], list[dict[str, str]]]:
    """The e-mail experiment as three tables of one row per user."""
    source, folder = shared("hillstrom"), tmp_path_factory.mktemp("hillstrom")
    with (source / "data.csv").open(encoding="utf-8") as file:
        people = list(csv.DictReader(file))
    for key, arm in ARMS.items():
        with (folder / f"{key}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["id", "channel", "conversion", "spend"])
            writer.writerows(
                (n, row["channel"], row["conversion"], row["spend"])
                for n, row in enumerate(people)
                if row["segment"] == arm
            )
    config = config_of(
        folder,
        sources={
            key: {
                "url": str(folder / f"{key}.csv"),
                "schema": {
                    "users": {
                        "table": key,
                        "id": "id",
                        "channel": "channel",
                        "outcomes": {"bought": "conversion"},
                        "value": "spend",
                    }
                },
            }
            for key in ARMS
        },
        campaigns={key: {"source": key, "label": arm} for key, arm in ARMS.items()},
        randomised=True,
        sections=["lift"],
    )
    expected = json.loads((source / "expected.json").read_text())["comparisons"]
    return answer_of(config), expected, people


@pytest.mark.parametrize("key", ["mens", "womens"])
def test_hillstrom(
    hillstrom: tuple[Answer, dict[str, Any], list[dict[str, str]]], key: str
) -> None:
    answer, expected, people = hillstrom
    spend = expected[f"{ARMS[key]} vs No E-Mail: spend per customer (Welch)"]
    row = by(answer, "incremental_value", "campaign", "metric")[key, "revenue"]
    assert row["per_user"] == pytest.approx({"mens": 0.77, "womens": 0.42}[key], abs=0.005)
    assert row["per_user"] == pytest.approx(spend["diff"])
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(spend["ci95"])
    bought = expected[f"{ARMS[key]} vs No E-Mail: conversion"]
    rows = by(answer, "campaign", "campaign", "channel")
    assert rows[key, "all"]["lift"] == pytest.approx(1 + bought["rel_lift"])
    assert rows[key, "all"]["ci_low"] == pytest.approx(1 + bought["ci95_rel_log_delta"][0])
    assert rows[key, "all"]["ci_high"] == pytest.approx(1 + bought["ci95_rel_log_delta"][1])
    for channel in ("Web", "Phone", "Multichannel"):
        mine = [p for p in people if (p["segment"], p["channel"]) == (ARMS[key], channel)]
        assert rows[key, channel]["users"] == len(mine)
        assert rows[key, channel]["responders"] == sum(p["conversion"] == "1" for p in mine)


def test_without_times_there_is_no_ranking(
    hillstrom: tuple[Answer, dict[str, Any], list[dict[str, str]]],
) -> None:
    answer = hillstrom[0]
    assert "Ranking is left out: the source does not say when users did what." in answer.caveats
    assert not any("randomised" in caveat for caveat in answer.caveats)
