"""One pass over the data for many reports: parts by channel, means of periods, follow-ups."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from growthml import plan
from growthml.cli import main
from growthml.progress import Progress
from growthml.run import Outcome, run, send
from growthml.sources.source import Source
from tests.sites import SPRING, SUMMER, Site, config_of, write_pair

QUIET = Progress(quiet=True)


def ran(config: Path, *settings: str, **options: Any) -> Outcome:
    return run(plan.read_config(config, settings), progress=QUIET, **options)


def kpi(outcome: Outcome, metric: str, campaign: str) -> float:
    path = outcome.folder / "tables" / "summary.kpis.csv"
    with path.open(encoding="utf-8", newline="") as file:
        (found,) = [
            row
            for row in csv.DictReader(file)
            if (row["metric"], row["campaign"]) == (metric, campaign)
        ]
    return float(found["value"])


def tables(outcome: Outcome) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (outcome.folder / "tables").iterdir()}


# -- a report for each channel -------------------------------------------------------------------


def test_a_part_counts_its_own_channel_alone(tmp_path: Path) -> None:
    """Spring: two Facebook users, two of Pinterest, of whom one buys. Summer: two and three."""
    outcome = ran(write_pair(tmp_path), "for_each=channel")
    parts = {each.run.part: each for each in outcome.parts}
    assert list(parts) == ["FB", "PI"]
    assert kpi(outcome, "users", "new") == 5
    assert kpi(parts["FB"], "users", "baseline") == 2
    assert kpi(parts["FB"], "users", "new") == 2
    assert kpi(parts["FB"], "buyers", "new") == 0
    assert kpi(parts["PI"], "users", "baseline") == 2
    assert kpi(parts["PI"], "buyers", "baseline") == 1
    assert kpi(parts["PI"], "users", "new") == 3
    assert kpi(parts["PI"], "revenue", "new") == 40


def test_a_part_says_what_a_report_filtered_to_it_says(tmp_path: Path) -> None:
    part = ran(write_pair(tmp_path / "parts"), "for_each=channel").parts[1]
    filtered = write_pair(
        tmp_path / "filtered",
        campaigns={
            "baseline": {"source": "spring", "label": "Spring", "where": {"channel": "PI"}},
            "new": {"source": "summer", "label": "Summer", "where": {"channel": "PI"}},
        },
    )
    assert tables(part) == tables(ran(filtered))


def test_parts_lie_in_folders_of_their_own_and_are_there_once(tmp_path: Path) -> None:
    config = write_pair(tmp_path)
    first, second = ran(config, "for_each=channel"), ran(config, "for_each=channel")
    names = [each.folder.parent.name for each in first.parts]
    assert names == ["tiny--fb", "tiny--pi"]
    assert [each.added for each in first.parts] == [True, True]
    assert [each.added for each in second.parts] == [False, False]
    assert [each.run.title for each in first.parts] == ["Tiny: FB", "Tiny: PI"]


def test_channels_that_look_alike_in_a_file_name_are_told_apart(tmp_path: Path) -> None:
    twins = Site(
        users=[(1, "a b", "2025-01-02"), (2, "A/B", "2025-01-02"), (3, "../x", "2025-01-02")],
        events=[(n, "like", "2025-01-05", 1) for n in (1, 2, 3)],
    )
    outcome = ran(write_pair(tmp_path, twins, twins), "for_each=channel")
    names = [each.folder.parent.name for each in outcome.parts]
    assert len(set(names)) == 3
    assert all(name.startswith("tiny--") and "/" not in name for name in names)
    assert all(each.folder.parent.parent == tmp_path / "reports" for each in outcome.parts)


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every query that is read, as text."""
    read, seen = Source.read, []

    def heard(self: Source, statement: Any) -> Any:
        seen.append(str(statement))
        return read(self, statement)

    monkeypatch.setattr(Source, "read", heard)
    return seen


def test_parts_take_no_query_more_than_one_to_find_them(
    tmp_path: Path, statements: list[str]
) -> None:
    config = write_pair(tmp_path)
    ran(config)
    alone = len(statements)
    statements.clear()
    ran(config, "for_each=channel", "report.name=other")
    sources = 2
    assert len(statements) == alone + sources


def test_each_part_goes_to_its_own_readers(tmp_path: Path) -> None:
    email = {
        "smtp": f"file:{tmp_path / 'outbox'}",
        "from": "growth@example.com",
        "to": ["all@example.com"],
        "to_each": {"PI": ["pinterest@example.com"]},
    }
    config = plan.read_config(write_pair(tmp_path, for_each="channel", delivery={"email": email}))
    outcome = send(run(config, progress=QUIET), config, progress=QUIET)
    assert [each.recipient for each in outcome.deliveries] == ["all@example.com"]
    sent = {each.run.part: [d.recipient for d in each.deliveries] for each in outcome.parts}
    assert sent == {"FB": [], "PI": ["pinterest@example.com"]}
    mails = [path.read_text(encoding="utf-8") for path in (tmp_path / "outbox").iterdir()]
    (mine,) = [mail for mail in mails if "To: pinterest@example.com" in mail]
    assert "Facebook" not in mine


def test_users_of_an_experiment_are_not_in_two_campaigns_for_being_in_a_part(
    tmp_path: Path,
) -> None:
    site = Site(
        users=[(n, "FB", "2025-01-02") for n in range(1, 5)],
        events=[(n, "like", "2025-01-05", 1) for n in range(1, 5)],
    )
    site.write(tmp_path / "site.db")
    config = config_of(
        tmp_path,
        sources={"site": {"url": f"sqlite:///{tmp_path / 'site.db'}"}},
        campaigns={
            "baseline": {"source": "site", "where": {"users.id": {"max": 2}}},
            "new": {"source": "site", "where": {"users.id": {"min": 3}}},
        },
        randomised=True,
        for_each="channel",
        sections=["summary"],
    )
    outcome = ran(config)
    assert [kpi(outcome, "users", key) for key in ("baseline", "new")] == [2, 2]
    assert [kpi(outcome.parts[0], "users", key) for key in ("baseline", "new")] == [2, 2]


# -- the mean of the periods before --------------------------------------------------------------


@pytest.fixture
def weeks(tmp_path: Path) -> Path:
    """In three weeks 2, 4 and 6 users act and 1, 1 and 4 of them buy for 10; then 5 and 2."""
    counts = [(2, 1), (4, 1), (6, 4), (5, 2)]
    events = []
    for week, (active, buyers) in enumerate(counts):
        for user in range(1, active + 1):
            action = "bought" if user <= buyers else "like"
            events.append((user, action, date.fromisocalendar(2025, 10 + week, 2).isoformat(), 1))
    users = [(n, "FB", "2025-01-02") for n in range(1, 7)]
    Site(users=users, events=events).write(tmp_path / "site.db")
    return config_of(
        tmp_path,
        sources={"site": {"url": f"sqlite:///{tmp_path / 'site.db'}"}},
        campaigns={"week": {"source": "site"}},
        period="last_week",
        baseline={"mean_of_last": 3},
        sections=["summary", "acquisition"],
    )


def test_totals_are_means_and_rates_are_over_all_periods(weeks: Path) -> None:
    outcome = ran(weeks, as_of=date.fromisocalendar(2025, 14, 1))
    assert kpi(outcome, "users", "mean_of_last") == pytest.approx((2 + 4 + 6) / 3)
    assert kpi(outcome, "buyers", "mean_of_last") == pytest.approx((1 + 1 + 4) / 3)
    assert kpi(outcome, "revenue", "mean_of_last") == pytest.approx(60 / 3)
    assert kpi(outcome, "conversion_rate", "mean_of_last") == pytest.approx(6 / 12)
    assert kpi(outcome, "revenue_per_user", "mean_of_last") == pytest.approx(60 / 12)
    assert kpi(outcome, "users", "week") == 5
    assert kpi(outcome, "conversion_rate", "week") == pytest.approx(2 / 5)


def test_other_sections_compare_with_the_period_before(weeks: Path) -> None:
    outcome = ran(weeks, as_of=date.fromisocalendar(2025, 14, 1))
    found = tables(outcome)["acquisition.users_by_channel.csv"].decode().splitlines()
    assert found[1:] == ["previous_period,FB,6,1", "week,FB,5,1"]
    page = (outcome.folder / "report.html").read_text(encoding="utf-8")
    assert "The other sections compare with the period before alone." in page


def test_the_report_covers_all_of_the_periods(weeks: Path) -> None:
    outcome = ran(weeks, as_of=date.fromisocalendar(2025, 14, 1))
    front = next(s.answer.front for s in outcome.run.sections if s.answer and s.answer.front)
    assert "3 Mar 2025 – 18 Mar 2025 (Three-week mean)" in front.coverage


# -- measured again ------------------------------------------------------------------------------

EXPECTED = {"hypothesis": "Summer sells more", "owner": "growth", "expected": {"buyers": 2}}


@pytest.fixture
def campaign(tmp_path: Path) -> Path:
    """Summer ends with January: one of its three users has bought by then, the others later."""
    summer = Site(users=SUMMER.users, events=[*SUMMER.events, (1, "bought", "2025-02-20", 2)])
    window = {"from": "2025-01-01", "to": "2025-02-01"}
    return write_pair(
        tmp_path,
        SPRING,
        summer,
        campaigns={
            "baseline": {"source": "spring", "window": window},
            "new": {"source": "summer", "window": window, **EXPECTED},
        },
        sections=["summary"],
    )


def test_users_of_a_campaign_are_followed_beyond_its_end(campaign: Path) -> None:
    """By the end user 2 alone has bought; within 30 days users 3 (18 February) and 1 have too."""
    at_end = ran(campaign, as_of=date(2025, 1, 31))
    later = ran(campaign, as_of=date(2025, 3, 2), postmortem=("new", 30))
    assert [kpi(at_end, name, "new") for name in ("users", "buyers")] == [3, 1]
    assert [kpi(later, name, "new") for name in ("users", "buyers")] == [3, 3]
    assert later.run.title == "Tiny: new, 30 days on"


def test_postmortems_are_made_when_they_are_due_and_once(
    campaign: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def postmortem(as_of: str) -> list[str]:
        arguments = ["run", str(campaign), "--postmortem", "--as-of", as_of, "--quiet"]
        assert main(arguments) == 0
        return capsys.readouterr().out.splitlines()

    assert postmortem("2025-03-01") == []
    assert [line[:10] for line in postmortem("2025-03-02")] == ["2025-03-02"]
    assert postmortem("2025-03-31") == []
    assert [line[:10] for line in postmortem("2025-06-01")] == ["2025-04-01", "2025-05-01"]
    (page,) = (campaign.parent / "reports" / "postmortems").glob("tiny--new.html")
    said = page.read_text(encoding="utf-8")
    assert "Summer sells more" in said
    assert all(f"2025-0{month}-0" in said for month in (3, 4, 5))
