"""A report that is ready to be mailed: the workshop's run in a folder, and a config."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from growthml.config.schema import Config
from growthml.deliver.delivery import Delivery
from growthml.deliver.post import deliver
from growthml.parts import Run
from tests.render.story import SUMMARY, story

NOON = datetime(2014, 4, 21, 12, tzinfo=UTC)
PERIOD = "2014-04-14..2014-04-20"
READERS = ("ann@example.com", "bob@example.com")


def quick_story(**changes: Any) -> Run:
    """The workshop's summary without figures: quick to write as a mail."""
    answer = SUMMARY.answer
    assert answer is not None
    assert answer.front is not None
    front = replace(answer.front, hero=None)
    bare = replace(SUMMARY, answer=replace(answer, blocks=(), front=front))
    return story(bare, **changes)


def config_of(smtp: str = "smtp://127.0.0.1:1", email: Any = None, **delivery: Any) -> Config:
    """A config that mails two readers; `email` adds keys of its own, False takes it away."""
    mail = {"smtp": smtp, "from": "Growth <growth@example.com>", "to": list(READERS)}
    wanted = {} if email is False else {"email": mail | (email or {})}
    return Config.model_validate(
        {
            "report": {"name": "weekly-growth", "title": "Weekly growth report"},
            "sources": {"spring": {"url": "spring.db"}},
            "delivery": wanted | delivery,
        }
    )


def folder_of(run: Run, archive: Path, report_bytes: int = 2000) -> Path:
    """The run's folder, its files of a given size."""
    folder = archive / run.name / run.run_id
    (folder / "tables").mkdir(parents=True, exist_ok=True)
    (folder / "report.pdf").write_bytes(b"%PDF" + b"r" * report_bytes)
    (folder / "summary.pdf").write_bytes(b"%PDF" + b"s" * 1000)
    (folder / "report.html").write_text("<!doctype html><title>report</title>")
    (folder / "tables" / "summary.kpis.csv").write_text("metric,value\nusers,845\n")
    return folder


def delivered(
    archive: Path, config: Config, run: Run | None = None, **options: Any
) -> list[Delivery]:
    """Deliver a run without waiting between tries."""
    run = run or quick_story()
    options = {"period": PERIOD, "now": lambda: NOON, "sleep": lambda _: None} | options
    return deliver(run, folder_of(run, archive), config, archive=archive, **options)


def states(done: Sequence[Delivery]) -> list[tuple[str, str]]:
    """Reader and state of each delivery by mail."""
    return [(each.recipient, str(each.state)) for each in done if each.channel == "email"]
