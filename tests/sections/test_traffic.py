"""The traffic section on a log told by hand, on published logs, and on a hostile one."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from growthml import plan
from growthml.parts import Answer, Run, Status
from growthml.progress import Progress
from growthml.render.drawings import draw_all
from growthml.run import run
from tests.facts.test_traffic import APACHE, NASA
from tests.facts.web import FIELDS, web
from tests.sections.stories import frame, headings, row
from tests.sites import SPRING, SUMMER, config_of

REQUESTS = {"table": "hits", "occurred_at": "at", "visitor": "ip", "page": "path", "agent": "agent"}


def report(config: Path, as_of: date | None = None) -> tuple[Run, str]:
    read = plan.read_config(config)
    outcome = run(read, as_of=as_of, formats=["html"], progress=Progress(quiet=True))
    return outcome.run, (outcome.folder / "report.html").read_text(encoding="utf-8")


def log_report(
    folder: Path,
    url: str,
    requests: dict[str, str],
    options: dict[str, Any] | None = None,
    as_of: date | None = None,
    **keys: Any,
) -> tuple[Run, str]:
    config = config_of(
        folder,
        sources={"log": {"url": url, "schema": {"requests": requests}}},
        campaigns=None,
        sections=[{"traffic": options or {}}],
        **keys,
    )
    return report(config, as_of)


def said(found: Run) -> Answer:
    (part,) = [each for each in found.sections if each.section.id == "traffic"]
    assert part.answer is not None, part.reason
    return part.answer


def value(answer: Answer, metric: str, **keys: Any) -> float:
    return float(row(answer, "summary", metric=metric, **keys)["value"])


def hits(folder: Path, *visits: tuple[str, str, int]) -> str:
    """A CSV of visits: address, first moment, seconds until the second hit (0: there is none)."""
    with (folder / "hits.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["at", "ip", "path", "agent"])
        for address, start, seconds in visits:
            begin = datetime.fromisoformat(start)
            rows.writerow([begin, address, "/", "Fox"])
            if seconds:
                rows.writerow([begin + timedelta(seconds=seconds), address, "/more", "Fox"])
    return str(folder / "hits.csv")


# -- one log -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, str]:
    folder = tmp_path_factory.mktemp("story")
    requests = {"table": "hits_of_ours", "malformed": "unread", **FIELDS}
    return log_report(folder, web("duckdb", folder).url, requests)


def test_the_story_in_numbers(story: tuple[Run, str]) -> None:
    answer = said(story[0])
    wanted = {
        "requests": 11,
        "page_views": 8,
        "visitors": 4,
        "sessions": 6,
        "bounce_rate": 4 / 6,
        # 1,811 s and 100 s, and four of no length.
        "duration_mean": 1911 / 6,
        "duration_median": 0,
        "pages_per_session": 8 / 6,
        "bot_requests": 3,
        "malformed_lines": 3,
    }
    assert {metric: value(answer, metric) for metric in wanted} == pytest.approx(wanted)
    assert set(frame(answer, "summary")["source"]) == {"log"}
    assert row(answer, "pages", page="/menu")["bounce_rate"] == 1
    assert row(answer, "networks", network="direct")["sessions"] == 3
    assert row(answer, "referrers", referrer="google.de")["requests"] == 1
    assert row(answer, "malformed", reason="no time")["lines"] == 2


def test_a_report_on_a_log_alone_has_a_front_page_about_visits(story: tuple[Run, str]) -> None:
    found, page = story
    assert [each.key for each in found.context.campaigns] == ["log"]
    front = said(found).front
    assert front is not None
    assert "6 visits by 4 visitors" in front.lede
    assert "6 visits by 4 visitors" in page
    assert "This report has no summary" not in page
    assert found.context.as_of.isoformat() == "2025-03-05"
    assert found.sources[0].rows == {"requests": 14}


def test_what_is_thin_is_said(story: tuple[Run, str]) -> None:
    caveats = " ".join(said(story[0]).caveats)
    assert "3 lines of the log could not be read" in caveats
    assert "67\u202f% of visits have no length" in caveats


@pytest.mark.parametrize(
    ("log", "fields", "options", "block"),
    [
        (
            "web_apache_logs",
            APACHE,
            {"visitor": "ip", "hits": "all", "bots": "include"},
            "sessions_by_ip_all_requests",
        ),
        ("web_apache_logs", APACHE, {}, "sessions_human_by_ip_ua"),
        ("web_nasa_jul95", NASA, {}, "sessions_by_ip_all_requests"),
    ],
)
def test_published_logs(
    tmp_path: Path,
    shared: Callable[[str], Path],
    log: str,
    fields: dict[str, str],
    options: dict[str, str],
    block: str,
) -> None:
    truth = json.loads((shared(log) / "expected.json").read_text(encoding="utf-8"))
    wanted = truth.get(block) or truth["bots"][block]
    found, page = log_report(
        tmp_path, str(shared(log) / "data.csv"), {"table": "data", **fields}, options
    )
    answer = said(found)
    for metric, key in {
        "requests": "hits",
        "visitors": "visitors",
        "sessions": "sessions",
        "bounce_rate": "bounce_rate",
        "duration_mean": "duration_mean_all",
        "duration_median": "duration_p50",
        "duration_p95": "duration_p95_linear",
    }.items():
        assert value(answer, metric) == pytest.approx(wanted[key], rel=1e-12), metric
    if not options and log == "web_apache_logs":
        assert value(answer, "bot_requests") == truth["bots"]["bot_requests"]
    mean = row(answer, "summary", metric="duration_mean")
    assert mean["ci_low"] < mean["value"] < mean["ci_high"]
    drawn = draw_all(found)
    assert {name: each.faults for widths in drawn.values() for name, each in widths.items()} == {
        width: () for widths in drawn.values() for width in widths
    }
    assert f"{wanted['sessions']:,} visits" in page


# -- two periods ---------------------------------------------------------------------------------


def two_weeks(folder: Path, before: int, after: int) -> str:
    """Thirty visits in each of two weeks, of so many seconds give or take ten."""
    visits = []
    for week, seconds in ((3, before), (10, after)):
        for n in range(30):
            start = f"2025-03-{week + n % 7:02d} {8 + n // 7:02d}:00:00"
            visits.append((f"10.0.{week}.{n}", start, seconds + (n % 3 - 1) * 10))
    return hits(folder, *visits)


def test_two_periods_are_compared_as_campaigns_are(tmp_path: Path) -> None:
    found, page = log_report(
        tmp_path,
        two_weeks(tmp_path, before=100, after=300),
        REQUESTS,
        as_of=date(2025, 3, 16),
        period="last_week",
        baseline="previous_period",
    )
    answer = said(found)
    assert [each.key for each in found.context.campaigns] == ["previous_period", "log"]
    changed = row(answer, "summary", campaign="log", metric="duration_mean")
    assert (changed["baseline_value"], changed["value"]) == (100, 300)
    assert changed["difference"] == 200
    assert changed["verdict"] == "better"
    same = row(answer, "summary", campaign="log", metric="bounce_rate")
    assert same["verdict"] in ("no_evidence", "not_tested")
    assert "Mean visit up" in headings(answer)
    assert answer.front is not None
    assert answer.front.verdict == "Visits last longer in Week 11 than in Week 10."
    assert "Visits last longer in Week 11" in page
    assert all(not each.faults for widths in draw_all(found).values() for each in widths.values())


def test_no_change_is_no_evidence(tmp_path: Path) -> None:
    found, _ = log_report(
        tmp_path,
        two_weeks(tmp_path, before=100, after=100),
        REQUESTS,
        as_of=date(2025, 3, 16),
        period="last_week",
        baseline="previous_period",
    )
    front = said(found).front
    assert front is not None
    assert front.verdict == "No evidence that visits changed from Week 10 to Week 11."


# -- among campaigns -----------------------------------------------------------------------------


def test_a_log_beside_campaigns(tmp_path: Path) -> None:
    SPRING.write(tmp_path / "spring.db")
    SUMMER.write(tmp_path / "summer.db")
    config = config_of(
        tmp_path,
        sources={
            "spring": {"url": f"sqlite:///{tmp_path}/spring.db"},
            "summer": {"url": f"sqlite:///{tmp_path}/summer.db"},
            "site": {
                "url": hits(tmp_path, ("1.1.1.1", "2025-02-01 10:00", 30)),
                "schema": {"requests": REQUESTS},
            },
        },
        sections=["summary", "acquisition", "traffic"],
    )
    found, _ = report(config)
    assert {part.section.id: part.status for part in found.sections} == {
        "summary": Status.OK,
        "acquisition": Status.OK,
        "traffic": Status.OK,
    }
    assert [each.key for each in found.context.campaigns] == ["baseline", "new"]
    answer = said(found)
    assert value(answer, "sessions") == 1
    assert answer.front is None


def test_a_campaign_whose_users_have_visits(tmp_path: Path) -> None:
    for name, text in {
        "people": "id,from,since\n"
        + "".join(f"{n},{'FB' if n < 5 else 'PI'},2025-01-01\n" for n in range(10)),
        "acts": "who,what,at\n1,bought,2025-01-02\n",
        "stays": "who,at,secs\n" + "".join(f"{n},2025-01-02,{n * 10}\n" for n in range(10)),
    }.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    config = config_of(
        tmp_path,
        sources={"shop": {"url": str(tmp_path)}},
        schema={
            "users": {"table": "people", "id": "id", "channel": "from", "signed_up_at": "since"},
            "events": {"table": "acts", "user_id": "who", "action": "what", "occurred_at": "at"},
            "visits": {"table": "stays", "user_id": "who", "occurred_at": "at", "duration": "secs"},
        },
        campaigns={"all": {"source": "shop"}},
        sections=["traffic"],
    )
    answer = said(report(config)[0])
    # Users 0 to 4 stay 0, 10 … 40 seconds, users 5 to 9 stay 50 … 90.
    assert row(answer, "time_on_site", channel="FB")["mean"] == 20
    assert row(answer, "time_on_site", channel="PI")["mean"] == 70
    assert row(answer, "time_on_site", channel="FB")["zero_share"] == 0.2
    assert answer.headline == "A visit lasts 45\u202fs in all on average."


def test_users_of_one_network_stay_longer(tmp_path: Path) -> None:
    """Thirty users a campaign and network; only Pinterest's visits grow, from 100 s to 300 s."""
    schema = {
        "users": {"table": "people", "id": "id", "channel": "from", "signed_up_at": "since"},
        "visits": {"table": "stays", "user_id": "who", "occurred_at": "at", "duration": "secs"},
    }
    for name, seconds in (("spring", 100), ("summer", 300)):
        (tmp_path / name).mkdir()
        people, stays = ["id,from,since"], ["who,at,secs"]
        for n in range(60):
            pinterest = n % 2 == 0
            people.append(f"{n},{'PI' if pinterest else 'FB'},2025-01-01")
            length = (seconds if pinterest else 50) + (n // 2 % 3 - 1) * 10
            stays.append(f"{n},2025-01-01,{length}")
        (tmp_path / name / "people.csv").write_text("\n".join(people), encoding="utf-8")
        (tmp_path / name / "stays.csv").write_text("\n".join(stays), encoding="utf-8")
    config = config_of(
        tmp_path,
        sources={name: {"url": str(tmp_path / name)} for name in ("spring", "summer")},
        schema=schema,
        sections=["traffic"],
    )
    answer = said(report(config)[0])
    grown = row(answer, "time_on_site", campaign="new", channel="PI")
    assert (grown["mean"], grown["difference"], grown["verdict"]) == (300, 200, "better")
    same = row(answer, "time_on_site", campaign="new", channel="FB")
    assert (same["difference"], same["verdict"]) == (0, "no_evidence")
    assert headings(answer) == ["PI stays longer"]
    assert "against 100\u202fs in Spring" in answer.findings[0].text
    assert answer.headline.endswith("changed: PI.")


def test_without_traffic_it_says_what_to_map(tmp_path: Path) -> None:
    from tests.sections.stories import section

    found = section("traffic", tmp_path)
    assert found.status is Status.EMPTY
    assert "access log" in found.reason


def test_an_empty_log_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "hits.csv").write_text("at,ip,path,agent\n", encoding="utf-8")
    found, page = log_report(tmp_path, str(tmp_path / "hits.csv"), REQUESTS)
    (part,) = found.sections
    assert part.status is Status.EMPTY
    assert "there is not one visit" in part.reason
    assert "there is not one visit" in page


# -- hostile -------------------------------------------------------------------------------------

EVIL = "<script>alert(1)</script>"
HOSTILE = [
    EVIL,
    '"><img src=x onerror=alert(2)>',
    "{{ 7 * 7 }}{% raw %}",
    "=cmd|' /C calc'!A0",
    "\u202egnp.exe",
    "x" * 100_000,
    "\x1b[31mred\x07",
    "%s %d ${HOME} \\N",
]


def test_what_visitors_send_is_never_rendered_raw(tmp_path: Path) -> None:
    import duckdb

    address = tmp_path / "evil.duckdb"
    with duckdb.connect(str(address)) as database:
        database.execute(
            'CREATE TABLE hits ("at" TIMESTAMP, ip VARCHAR, path VARCHAR, agent VARCHAR,'
            " came VARCHAR, code INTEGER)"
        )
        database.execute("CREATE TABLE bad (line INTEGER, reason VARCHAR, sample VARCHAR)")
        for n, text in enumerate(HOSTILE * 4):
            moment = datetime(2025, 3, 3, 10) + timedelta(hours=n)
            for agent, ip in ((f"bot {text}", text), (text, text + "2")):
                database.execute(
                    "INSERT INTO hits VALUES (?, ?, ?, ?, ?, 200)",
                    [moment, ip, f"/{text}", agent, f"http://{text}/"],
                )
            database.execute("INSERT INTO bad VALUES (?, ?, ?)", [n, text, text])
    requests = {**REQUESTS, "referrer": "came", "status": "code", "malformed": "bad"}
    found, page = log_report(tmp_path, f"duckdb:///{address}", requests)
    assert said(found)
    (part,) = found.sections
    assert part.status in (Status.OK, Status.SUSPICIOUS)
    assert EVIL not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<img src=x" not in page
    assert "{{ 7 * 7 }}" in page
    assert "x" * 200 not in page
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202e]", page)


@pytest.mark.parametrize(
    ("log", "block"),
    [
        ("web_apache_logs", "sessions_human_by_ip_ua"),
        ("web_nasa_jul95", "sessions_by_ip_all_requests"),
    ],
)
def test_the_shipped_config_on_published_log_files(
    tmp_path: Path,
    shared: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    log: str,
    block: str,
) -> None:
    """From the lines as the servers wrote them: the same visits as from the published tables."""
    truth = json.loads((shared(log) / "expected.json").read_text(encoding="utf-8"))
    wanted = truth.get(block) or truth["bots"][block]
    monkeypatch.setenv("WEB_LOG", str(shared(log) / "access.log"))
    config = Path(__file__).parents[2] / "config" / "web-log.yml"
    read = plan.read_config(config)
    outcome = run(read, archive=tmp_path, formats=["html"], progress=Progress(quiet=True))
    answer = said(outcome.run)
    for metric, key in {
        "requests": "hits",
        "visitors": "visitors",
        "sessions": "sessions",
        "bounce_rate": "bounce_rate",
        "duration_mean": "duration_mean_all",
        "duration_p95": "duration_p95_linear",
    }.items():
        assert value(answer, metric) == pytest.approx(wanted[key], rel=1e-12), metric
    assert value(answer, "malformed_lines") == 0
