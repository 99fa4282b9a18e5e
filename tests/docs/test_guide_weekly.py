"""The guide to a weekly report is followed, line by line, on a site one can count."""

from __future__ import annotations

import shlex
from datetime import date, timedelta
from email import message_from_bytes, policy
from glob import glob
from pathlib import Path

import pytest

from growthml.cli import main
from tests.docs.markdown import blocks
from tests.sites import Site

pytestmark = pytest.mark.slow
GUIDE = Path(__file__).parents[2] / "docs" / "guide-weekly.md"
QUICK = "output: {formats: [html]}\n"
"""The one thing that is not as the guide says: a PDF each time would take too long."""


def every_day(first: date, days: int) -> Site:
    """One user signs up each day; every other one buys the day they come."""
    came = [(user, (first + timedelta(days=user - 1)).isoformat()) for user in range(1, days + 1)]
    return Site(
        users=[(user, "FB" if user % 4 < 2 else "PI", day) for user, day in came],
        events=[
            (user, "bought" if user % 2 else "like", f"{day} 12:00:00", 1) for user, day in came
        ],
    )


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, int]]:
    """The folder after every command of the guide, and the exit code of each."""
    place = tmp_path_factory.mktemp("guide")
    every_day(date(2025, 3, 31), 84).write(place / "site.db")
    for text in blocks(GUIDE, "yaml"):
        name = text.splitlines()[0].removeprefix("# ")
        (place / name).write_text(text + QUICK, encoding="utf-8")
    codes = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        for variable in ("SITE_URL", "SMTP_URL"):
            patch.delenv(variable, raising=False)
        for line in commands():
            codes[line] = main(expanded(line)[1:])
    return place, codes


def commands() -> list[str]:
    return [line for block in blocks(GUIDE, "sh") for line in block.splitlines()]


def expanded(line: str) -> list[str]:
    """A line's words, names of files filled in as a shell would."""
    return [name for word in shlex.split(line) for name in sorted(glob(word)) or [word]]


def test_every_command_does_as_the_guide_says(followed: tuple[Path, dict[str, int]]) -> None:
    _, codes = followed
    assert len(codes) == 18
    assert {line: code for line, code in codes.items() if code} == {}


def test_each_reader_has_each_week_once_and_one_of_them_a_second_time(
    followed: tuple[Path, dict[str, int]],
) -> None:
    place, _ = followed
    mails = [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in (place / "outbox").glob("*.eml")
    ]
    sent = sorted((str(mail["To"]), str(mail["Subject"])[-10:].strip()) for mail in mails)
    assert sent == [
        ("board@example.com", "16 Jun 2025"[-10:]),
        ("board@example.com", "9 Jun 2025"),
        ("board@example.com", "9 Jun 2025"),
        ("team@example.com", "16 Jun 2025"[-10:]),
        ("team@example.com", "9 Jun 2025"),
    ]


def test_missed_weeks_and_the_postmortem_lie_in_the_archive(
    followed: tuple[Path, dict[str, int]],
) -> None:
    place, _ = followed
    weeks = {path.name[:10] for path in (place / "reports" / "weekly").iterdir()}
    # The Mondays from 12 May to 2 June, then the two that were sent.
    assert weeks == {
        *("2025-05-12", "2025-05-19", "2025-05-26", "2025-06-02"),
        *("2025-06-09", "2025-06-16"),
    }
    page = (place / "reports/postmortems/spring-sale--sale.html").read_text(encoding="utf-8")
    assert "A tenth off in May brings more buyers." in page
    assert (place / "again" / "report.html").is_file()
    assert (place / "weekly-preview" / "mail.html").is_file()
