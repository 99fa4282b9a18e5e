"""Who logs in again: a simulated log whose truth is known, and logs too short to tell."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

from growthml import plan
from growthml.parts import Answer
from growthml.progress import Progress
from growthml.run import run
from growthml.simulate_web import Logins, simulate_web
from tests.sections.stories import charts, frame, row
from tests.sites import config_of


def answer(folder: Path, log: Path, as_of: Any = None, **options: Any) -> Answer:
    folder.mkdir(exist_ok=True)
    config = config_of(
        folder,
        sources={"log": {"url": str(log)}},
        campaigns=None,
        sections=[{"traffic": options} if options else "traffic"],
    )
    done = run(
        plan.read_config(config), as_of=as_of, formats=["html"], progress=Progress(quiet=True)
    )
    (found,) = [each for each in done.run.sections if each.section.id == "traffic"]
    assert found.answer is not None
    return found.answer


class Told(NamedTuple):
    """What the report said on the day before the last six months, and what was true then."""

    answer: Answer
    truth: Logins


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("logins")
    made = simulate_web(folder / "access.log", users=3000, events=120_000, seed=7)
    before = made.cut_off - timedelta(days=1)
    return Told(answer(folder, made.path, as_of=before, horizon_days=182), made.truth)


@pytest.fixture(scope="module")
def scores(told: Told) -> pd.DataFrame:
    """Every user's score beside their planted chance and what they then did."""
    truth = pd.DataFrame(
        {
            "user_id": told.truth.user_id,
            "planted": told.truth.probability,
            "logged_in": told.truth.logged_in,
        }
    )
    return frame(told.answer, "login_scores").merge(truth, on="user_id", validate="one_to_one")


def test_everybody_who_had_logged_in_is_scored(told: Told, scores: pd.DataFrame) -> None:
    assert len(scores) == len(told.truth.user_id)
    assert "logged in again within 182 days" in " ".join(each.text for each in told.answer.findings)


def test_scores_are_ranked_as_the_planted_chances_are(scores: pd.DataFrame) -> None:
    assert scores[["probability", "planted"]].corr(method="spearman").iloc[0, 1] > 0.85


def test_scores_come_true_within_sampling_error(told: Told, scores: pd.DataFrame) -> None:
    # The model learnt from some thousand users, a fifth of them for each fifth of the scores: the
    # planted mean chance lies within four standard errors of what so many could teach.
    learnt = row(told.answer, "login", model="logistic")["test_users"] / 5
    order = np.argsort(scores["probability"].to_numpy(), kind="stable")
    for fifth in np.array_split(order, 5):
        mine = scores.iloc[fifth]
        planted, predicted = mine["planted"].mean(), mine["probability"].mean()
        assert abs(predicted - planted) < 4 * np.sqrt(planted * (1 - planted) / learnt)
    bins = frame(told.answer, "login_calibration")
    inside = (bins["ci_low"] <= bins["mean_predicted"]) & (
        bins["mean_predicted"] <= bins["ci_high"]
    )
    assert inside.sum() >= len(bins) - 2


def test_the_models_figures(told: Told) -> None:
    found = row(told.answer, "login", model="logistic")
    assert found["roc_auc_ci_low"] > 0.75
    assert 0 < found["mcfadden"] < 1
    assert found["brier"] < row(told.answer, "login", model="dummy")["brier"]


def test_a_short_log_says_so_and_offers_the_longest_horizon(tmp_path: Path) -> None:
    log = simulate_web(tmp_path / "short.log", users=400, events=8000, seed=8, days=61).path
    found = answer(tmp_path, log)
    assert frame(found, "login").empty
    (said,) = [each for each in found.caveats if "too short" in each]
    assert "spans 61 days" in said
    assert "horizon_days: 30" in said
    offered = answer(tmp_path / "again", log, horizon_days=30)
    assert not frame(offered, "login").empty


def test_a_log_without_users_has_no_log_ins(tmp_path: Path) -> None:
    log = tmp_path / "anonymous.log"
    log.write_text(
        "".join(
            f"10.0.0.{n % 40} - - [{n % 28 + 1:02d}/Mar/2025:10:{n % 60:02d}:00 +0000]"
            f' "GET /page/{n % 5} HTTP/1.1" 200 512 "-" "Firefox"\n'
            for n in range(400)
        )
    )
    found = answer(tmp_path, log)
    assert frame(found, "login").empty
    assert frame(found, "login_scores").empty
    assert "login_calibration" not in charts(found)
