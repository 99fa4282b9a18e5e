"""What stands between a finished report and its readers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from growthml import gate, plan
from growthml.parts import PastKpi
from growthml.progress import Progress
from growthml.run import Outcome, run, send
from tests.sites import SPRING, SUMMER, Site, config_of, write_pair

QUIET = Progress(quiet=True)


def ran(config: Path, *settings: str, **options: Any) -> Outcome:
    return run(plan.read_config(config, settings), progress=QUIET, **options)


def mailed(folder: Path, **keys: Any) -> Path:
    """Spring against Summer, for one reader, into a folder of mails."""
    email = {
        "smtp": f"file:{folder / 'outbox'}",
        "from": "Growth <growth@example.com>",
        "to": ["team@example.com"],
    }
    delivery = {"email": email | keys.pop("email", {}), **keys.pop("delivery", {})}
    return write_pair(folder, SPRING, SUMMER, delivery=delivery, sections=["summary"], **keys)


def sent(config: Path, *settings: str, **options: Any) -> Outcome:
    found = plan.read_config(config, settings)
    return send(run(found, progress=QUIET, **options), found, progress=QUIET)


def mails(folder: Path) -> list[str]:
    return [path.read_text(encoding="utf-8") for path in sorted((folder / "outbox").glob("*.eml"))]


# -- how old the data may be: the latest event is of 18 February 2025 ------------------------------


@pytest.mark.parametrize(
    ("as_of", "max_age", "too_old"),
    [
        (date(2025, 2, 18), "36h", False),
        (date(2025, 2, 19), "36h", True),
        (date(2025, 2, 19), "2d", False),
        (date(2025, 3, 18), "20d", True),
    ],
)
def test_data_are_too_old_by_the_end_of_the_day_looked_at(
    tmp_path: Path, as_of: date, max_age: str, too_old: bool
) -> None:
    outcome = ran(mailed(tmp_path), f"max_age={max_age}", as_of=as_of)
    assert bool(outcome.stale) is too_old
    assert outcome.exit_code == (5 if too_old else 0)


def test_a_report_on_old_data_is_kept_and_held_back(tmp_path: Path) -> None:
    outcome = sent(mailed(tmp_path), "max_age=36h", as_of=date(2025, 3, 18))
    assert outcome.exit_code == 5
    assert (outcome.folder / "report.html").is_file()
    assert outcome.stale == [
        "The newest event of summer is of 2025-02-18 00:00, 29 days old; max_age is 36 hours."
    ]
    (notice,) = mails(tmp_path)
    assert "To: Growth <growth@example.com>" in notice
    assert "29 days old" in notice
    assert "held (not sent)" in (tmp_path / "reports" / "index.html").read_text(encoding="utf-8")


def test_when_the_data_have_come_the_report_goes_out_once(tmp_path: Path) -> None:
    config = mailed(tmp_path)
    assert sent(config, "max_age=36h", as_of=date(2025, 3, 18)).exit_code == 5
    assert sent(config, "max_age=60d", as_of=date(2025, 3, 18)).exit_code == 0
    assert sent(config, "max_age=60d", as_of=date(2025, 3, 18)).exit_code == 0
    assert sum("To: team@example.com" in mail for mail in mails(tmp_path)) == 1


def test_the_age_of_data_has_no_part_in_the_run(tmp_path: Path) -> None:
    config = mailed(tmp_path)
    young = ran(config, "max_age=60d", as_of=date(2025, 3, 18))
    old = ran(config, "max_age=36h", as_of=date(2025, 3, 18))
    assert old.run.run_id == young.run.run_id
    assert not old.added


def test_a_campaign_that_is_over_needs_no_new_data(tmp_path: Path) -> None:
    campaigns = {
        "baseline": {"source": "spring"},
        "new": {"source": "summer", "window": {"from": "2025-01-01", "to": "2025-02-20"}},
    }
    config = mailed(tmp_path, campaigns=campaigns)
    assert not ran(config, "max_age=36h", as_of=date(2025, 3, 18)).stale


def waited(answers: Sequence[str], tmp_path: Path, *settings: str) -> tuple[list[str], list[float]]:
    """What is still too old after waiting for sources that answer so, and how long it slept."""
    config = plan.read_config(mailed(tmp_path), settings)
    clock, slept = datetime(2025, 3, 1, 12), []
    left = [datetime.fromisoformat(each) for each in answers]

    def newest() -> dict[str, datetime | None]:
        return {"summer": left.pop(0) if len(left) > 1 else left[0]}

    found = gate.waited_for(
        newest,
        config,
        plan.campaigns(config, date(2025, 3, 1)),
        QUIET,
        now=lambda: clock,
        sleep=slept.append,
    )
    return found, slept


def test_it_waits_until_the_data_are_young_enough(tmp_path: Path) -> None:
    answers = ["2025-02-25T00:00", "2025-02-25T00:00", "2025-03-01T11:00"]
    found, slept = waited(answers, tmp_path, "max_age=1d", "wait_for=3h")
    assert found == []
    assert len(slept) == 2


def test_it_does_not_wait_where_it_was_not_told_to(tmp_path: Path) -> None:
    found, slept = waited(["2025-02-25T00:00"], tmp_path, "max_age=1d")
    assert len(found) == 1
    assert slept == []


# -- alerts: 1 of 4 Spring users buys, 2 of 5 Summer users do ------------------------------------


@pytest.mark.parametrize(
    ("alert", "said"),
    [
        ("{metric: conversion_rate, below: 0.5}", ["Conversion rate of Summer is 40.0 %, below"]),
        ("{metric: conversion_rate, below: 0.4}", []),
        ("{metric: conversion_rate, above: 0.3}", ["Conversion rate of Summer is 40.0 %, above"]),
        ("{metric: conversion_rate, below: 0.3, campaign: baseline}", ["of Spring is 25.0 %"]),
        ("{metric: users, rises_by: 0.25}", ["Users of Summer is 5, 4 in the baseline: it rose"]),
        ("{metric: users, rises_by: 0.26}", []),
        ("{metric: purchases_per_buyer, falls_by: 0.5}", ["2.00 in the baseline: it fell by 50"]),
        ("{metric: like_rate, below: 0.1}", ["Like rate of Summer is 0 %, below"]),
        ("{metric: roi, below: 1}", ["The alert on roi cannot be told: summary.kpis has no such"]),
        (
            "{metric: conversion_rate, below: 0.6, channel: FB}",
            ["The alert on conversion_rate of FB cannot be told: profitability.by_channel"],
        ),
        ("{metric: users, falls_by: 0.1, against: last_report}", []),
    ],
)
def test_alerts_say_what_was_crossed(tmp_path: Path, alert: str, said: list[str]) -> None:
    outcome = ran(mailed(tmp_path), f"alerts=[{alert}]")
    alerts = [each.replace("\u202f", " ") for each in outcome.run.alerts]
    assert len(alerts) == len(said), alerts
    assert all(words in alert for words, alert in zip(said, alerts, strict=True)), alerts
    assert outcome.exit_code == (1 if said else 0)


def test_alerts_watch_channels_too(tmp_path: Path) -> None:
    """Of Summer's two Facebook users nobody buys, of its three Pinterest users two do."""
    outcome = ran(
        mailed(tmp_path),
        "sections=[summary, profitability]",
        "alerts=[{metric: conversion_rate, below: 0.1, channel: all}]",
    )
    (alert,) = outcome.run.alerts
    assert alert.startswith("Conversion rate of FB in Summer is 0")


def test_an_alert_stands_in_mail_and_manifest(tmp_path: Path) -> None:
    config = mailed(tmp_path, email={"when": "alert"})
    assert sent(config).exit_code == 0
    assert mails(tmp_path) == []
    outcome = sent(config, "alerts=[{metric: users, above: 4}]")
    assert outcome.exit_code == 1
    (mail,) = mails(tmp_path)
    assert "Users of Summer is 5, above 4" in mail.replace("=\n", "")
    assert "above 4" in (outcome.folder / "run.json").read_text(encoding="utf-8")


# -- what has changed ----------------------------------------------------------------------------


def with_past(outcome: Outcome, verdict: str) -> Any:
    """The run, as if an earlier report had given conversion_rate this verdict."""
    past = [
        PastKpi(
            run_id="2025-01-01-000000000000",
            as_of=date(2025, 1, 1),
            campaign="new",
            metric=metric,
            value=1.0,
            verdict=verdict if metric == "conversion_rate" else kept,
            definition="",
        )
        for metric, kept in _verdicts(outcome).items()
    ]
    found = outcome.run
    return replace(found, context=replace(found.context, past=past))


def _verdicts(outcome: Outcome) -> dict[str, str]:
    kpis = outcome.run.sections[0].answer
    assert kpis is not None
    frame = next(block.frame for block in kpis.blocks if block.id == "kpis")  # type: ignore[union-attr]
    mine = frame[frame["campaign"] == "new"]
    return dict(zip(mine["metric"], mine["verdict"], strict=True))


def test_only_another_verdict_is_a_change(tmp_path: Path) -> None:
    outcome = ran(mailed(tmp_path))
    assert gate.changed(outcome.run)
    assert not gate.changed(with_past(outcome, "no_evidence"))
    assert gate.changed(with_past(outcome, "better"))


def test_a_report_without_news_is_not_mailed(tmp_path: Path) -> None:
    weeks = Site(
        users=[(n, "FB", "2025-01-01") for n in range(1, 5)],
        events=[(n, "like", f"2025-01-{day:02}", 1) for n in range(1, 5) for day in (8, 15, 22)],
    )
    config = mailed(tmp_path, email={"when": "changed"})
    weeks.write(tmp_path / "site.db")
    config = config_of(
        tmp_path,
        sources={"site": {"url": f"sqlite:///{tmp_path / 'site.db'}"}},
        campaigns={"week": {"source": "site"}},
        period="last_week",
        baseline="previous_period",
        sections=["summary"],
        delivery={
            "email": {
                "smtp": f"file:{tmp_path / 'outbox'}",
                "from": "a@example.com",
                "to": ["b@example.com"],
                "when": "changed",
            }
        },
    )
    sent(config, as_of=date(2025, 1, 20))
    assert len(mails(tmp_path)) == 1
    done = sent(config, as_of=date(2025, 1, 27))
    assert len(mails(tmp_path)) == 1
    assert "no verdict is another" in done.deliveries[0].reason


# -- held by a section ---------------------------------------------------------------------------


def test_readers_may_get_a_line_that_it_is_late(tmp_path: Path) -> None:
    config = mailed(tmp_path, delivery={"on_hold": "line", "owner": "ann@example.com"})
    outcome = sent(config, "max_age=1h", as_of=date(2025, 3, 18))
    assert outcome.exit_code == 5
    to = sorted(line for mail in mails(tmp_path) for line in mail.splitlines() if "To: " in line)
    assert to == ["To: ann@example.com", "To: team@example.com"]
    sent(config, "max_age=1h", as_of=date(2025, 3, 18))
    assert len(mails(tmp_path)) == 2
