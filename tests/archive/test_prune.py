from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from growthml.archive import index, verify
from growthml.archive.prune import plan, prune
from growthml.archive.runs import every
from growthml.deliver.ledger import Key, Ledger, State
from growthml.errors import GrowthError, UsageError
from tests.archive.shelf import stored

TODAY = date(2014, 5, 5)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Four weeks of one report and one of another; the first week was sent."""
    for i, day in enumerate(("2014-04-06", "2014-04-13", "2014-04-20", "2014-04-27")):
        index.add(tmp_path, stored(tmp_path, day, digits=f"{i:012x}"))
    index.add(tmp_path, stored(tmp_path, "2014-03-02", report="retention"))
    with Ledger(tmp_path) as ledger:
        sent = ledger.claim(to_room("2014-04-06"), run_id="2014-04-06-000000000000")
        ledger.settle(sent, State.SENT)
        ledger.claim(to_room("2014-04-13"), run_id="2014-04-13-000000000001")
    return tmp_path


def to_room(period: str) -> Key:
    return Key(report="weekly", period=period, channel="webhook", recipient="chat")


def going(archive: Path, **bounds: Any) -> list[str]:
    return [f"{run.report} {run.as_of}" for run in plan(archive, today=TODAY, **bounds).going]


@pytest.mark.parametrize(
    ("bounds", "found"),
    [
        ({"keep": 1}, ["weekly 2014-04-13", "weekly 2014-04-20"]),
        (
            {"keep": 1, "sent": True},
            ["weekly 2014-04-06", "weekly 2014-04-13", "weekly 2014-04-20"],
        ),
        ({"keep": 9}, []),
        # 22 days before 5 May is 13 April: a run of that day is not older than 22 days.
        ({"older_than": 22}, ["retention 2014-03-02"]),
        ({"older_than": 21}, ["retention 2014-03-02", "weekly 2014-04-13"]),
        ({"older_than": 21, "keep": 1}, ["weekly 2014-04-13"]),
        ({"older_than": 0, "report": "retention"}, ["retention 2014-03-02"]),
    ],
)
def test_what_would_go(archive: Path, bounds: dict[str, Any], found: list[str]) -> None:
    assert going(archive, **bounds) == found
    assert len(every(archive)) == 5


def test_a_sent_run_stays_and_the_reason_is_told(archive: Path) -> None:
    ((run, reason),) = plan(archive, today=TODAY, keep=1).staying
    assert run.as_of == "2014-04-06"
    assert "it was sent" in reason


def test_pruning_takes_folder_and_row_and_nothing_else(archive: Path) -> None:
    mail = archive / "deliveries" / "one@example.com.eml"
    mail.write_bytes(b"Subject: one\r\n")
    prune(archive, plan(archive, today=TODAY, keep=1, sent=True).going)
    assert [run.as_of for run in every(archive)] == ["2014-04-27", "2014-03-02"]
    text = (archive / "index.html").read_text(encoding="utf-8")
    assert "2014-04-20" not in text
    assert mail.is_file()
    assert [line for line in verify.problems(archive) if str(mail) not in line] == []
    assert list((archive / "weekly").glob(".*")) == []


def test_what_a_postmortem_measures_by_stays(archive: Path) -> None:
    campaigns = [{"key": "new", "label": "Summer", "baseline": False, "hypothesis": "More"}]
    folder = stored(archive, "2014-02-02", campaigns=campaigns)
    index.add(archive, folder)
    found = plan(archive, today=TODAY, keep=0, sent=True)
    assert folder not in [run.folder for run in found.going]
    assert [(run.folder, reason) for run, reason in found.staying] == [
        (folder, "a postmortem measures by it")
    ]


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ({}, "needs --keep N"),
        ({"keep": -1}, "count from 0"),
        ({"keep": 1, "report": "monthly"}, "there are retention, weekly"),
    ],
)
def test_bounds_that_make_no_sense(archive: Path, bounds: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        plan(archive, today=TODAY, **bounds)


def test_a_ledger_that_cannot_be_read_protects_everything(archive: Path) -> None:
    (archive / "deliveries" / "ledger.db").write_bytes(b"no database" * 100)
    with pytest.raises(GrowthError, match="what was sent is not known"):
        plan(archive, today=TODAY, keep=0)


def test_each_channel_of_a_report_keeps_its_own(tmp_path: Path) -> None:
    for i, day in enumerate(("2014-04-13", "2014-04-20")):
        for j, part in enumerate((None, "FB", "PI")):
            stored(tmp_path, day, digits=f"{i * 3 + j:012x}", slice=part)
    assert going(tmp_path, keep=1) == ["weekly 2014-04-13"] * 3
