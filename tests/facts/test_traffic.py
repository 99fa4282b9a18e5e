"""Sessions and what surrounds them, counted by hand from the log in `web.py`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Dialect
from sqlalchemy.dialects import mysql, postgresql

from growthml.config.source import SourceConfig
from growthml.config.tables import Schema
from growthml.errors import NotEnoughData
from growthml.facts import FACTS, traffic
from growthml.facts.relations import Cut, Relations
from growthml.sources.source import Source
from tests.facts.market import BACKENDS, COUNTING, Question, Rows, table_of
from tests.facts.web import CANNED, FIELDS, web

EVERY_BACKEND = pytest.mark.parametrize("backend", BACKENDS)


def one(rows: Rows) -> dict[str, Any]:
    (row,) = rows
    return row


@EVERY_BACKEND
def test_hits_and_sessions(backend: str, tmp_path: Path) -> None:
    found = one(web(backend, tmp_path).ask("traffic")[0])
    # Ann two, Bob one, Cat two, Dan one; the crawler apart, the future unseen.
    assert found == {
        "campaign": "all",
        "requests": 11,
        "page_views": 8,
        "bot_requests": 3,
        "sessions": 6,
        "visitors": 4,
        "judged": 6,
        "bounced": 4,
        "paged": 6,
        # 3 (/, /menu, /menu) + 1 + 1 + 0 + 3 + 0; squares 9 + 1 + 1 + 9
        "pages": 8,
        "pages_squared": 20,
        "hits": 11,
    }


@pytest.mark.parametrize(
    ("rules", "visitors", "sessions", "bounced"),
    [
        # Ann and Bob are one address: Bob's hit lies between Ann's.
        ("ip", 3, 5, 3),
        ("id", 3, 5, 3),
        # Cat's two visits are two visitors once she has logged in.
        ("user", 5, 6, 4),
        ("ip_agent:all:include", 5, 7, 4),
        # Without the picture Ann's pages lie 30 minutes and 1 second apart, twice: three visits.
        ("ip_agent:page_views", 3, 5, 3),
        ("ip_agent:all:exclude:29.9", 4, 7, 5),
        ("ip_agent:all:exclude:30.1", 4, 5, 3),
        ("ip_agent:all:exclude:30::crow probe", 3, 5, 3),
    ],
)
def test_rules(tmp_path: Path, rules: str, visitors: int, sessions: int, bounced: int) -> None:
    found = one(web("duckdb", tmp_path).ask(f"traffic:{rules}")[0])
    assert (found["visitors"], found["sessions"], found["bounced"]) == (visitors, sessions, bounced)


@EVERY_BACKEND
def test_durations_by_network(backend: str, tmp_path: Path) -> None:
    (found,) = web(backend, tmp_path).ask("traffic_durations")
    assert found == table_of(
        "campaign network bounced seconds sessions",
        ("all", "direct", 0, 100, 1),
        ("all", "direct", 1, 0, 2),
        ("all", "facebook.com", 0, 1811, 1),
        ("all", "internal", 1, 0, 1),
        ("all", "search", 1, 0, 1),
    )


@EVERY_BACKEND
def test_pages(backend: str, tmp_path: Path) -> None:
    (found,) = web(backend, tmp_path).ask("traffic_pages")
    by_page = {row["page"]: row for row in found}
    assert set(by_page) == {"/", "/menu", "/login", "/a", "/b"}
    menu = by_page["/menu"]
    # Ann saw it in two visits, the second being that page alone; Bob saw nothing else.
    assert (menu["requests"], menu["sessions"], menu["visitors"]) == (4, 3, 2)
    assert (menu["entries"], menu["exits"], menu["bounced"]) == (2, 3, 2)
    assert menu["place"] == 1
    assert {row["of"] for row in found} == {5}
    # Of two hits in one second the later line is the later hit.
    assert (by_page["/a"]["exits"], by_page["/b"]["exits"]) == (1, 0)
    assert (by_page["/login"]["entries"], by_page["/login"]["bounced"]) == (1, 0)


@EVERY_BACKEND
def test_referrers(backend: str, tmp_path: Path) -> None:
    (found,) = web(backend, tmp_path).ask("traffic_referrers")
    shown = {
        row["referrer"]: (row["network"], row["requests"], row["sessions"], row["bounced"])
        for row in found
    }
    assert shown == {
        "shop.example": ("internal", 6, 1, 1),
        None: ("direct", 3, 3, 2),
        "m.facebook.com": ("facebook.com", 1, 1, 0),
        "google.de": ("search", 1, 1, 1),
    }


def test_a_site_that_is_named_is_the_own_one(tmp_path: Path) -> None:
    rules = "traffic_referrers:ip_agent:all:exclude:30:elsewhere.example"
    (found,) = web("duckdb", tmp_path).ask(rules)
    assert {row["referrer"]: row["network"] for row in found}["shop.example"] == "other"


@EVERY_BACKEND
def test_hours_and_days(backend: str, tmp_path: Path) -> None:
    hours, days = web(backend, tmp_path).ask("traffic_hours", "traffic_days")
    # 3 March 2025 is a Monday.
    assert hours == table_of(
        "campaign weekday hour sessions",
        ("all", 1, 10, 2),
        ("all", 1, 11, 1),
        ("all", 1, 23, 1),
        ("all", 3, 8, 1),
        ("all", 3, 9, 1),
    )
    assert days == table_of(
        "campaign day sessions visitors page_views",
        ("all", date(2025, 3, 3), 4, 3, 5),
        ("all", date(2025, 3, 5), 2, 2, 3),
    )


def test_hours_are_the_reports_zones(tmp_path: Path) -> None:
    (hours,) = web("duckdb", tmp_path).but(report_zone="Asia/Tokyo").ask("traffic_hours")
    # Nine hours on: Cat's minute before midnight is Tuesday morning.
    assert (2, 8, 1) in {(row["weekday"], row["hour"], row["sessions"]) for row in hours}


@EVERY_BACKEND
def test_statuses_bots_and_lines_that_could_not_be_read(backend: str, tmp_path: Path) -> None:
    statuses, bots, unread, span = web(backend, tmp_path).ask(
        "traffic_statuses", "traffic_bots", "traffic_malformed", "traffic_span"
    )
    assert statuses == table_of(
        "campaign status requests bot_requests",
        ("all", 200, 11, 2),
        ("all", 304, 1, 0),
        ("all", 404, 1, 0),
        ("all", 500, 1, 1),
    )
    assert (one(bots)["agent"], one(bots)["requests"]) == ("GoodBot/3.1 (+http://bots.example)", 3)
    told = {row["reason"]: (row["lines"], row["sample"]) for row in unread}
    assert told == {"no time": (2, "- - -"), "no status": (1, "GET /")}
    assert one(span)["rows"] == 14
    assert str(one(span)["last"]) == "2025-03-05 09:00:00"


@EVERY_BACKEND
def test_a_window_cuts_hits_and_so_sessions(backend: str, tmp_path: Path) -> None:
    cuts = [
        Cut(key="before", end=date(2025, 3, 5)),
        Cut(key="after", start=date(2025, 3, 5)),
    ]
    (found,) = web(backend, tmp_path).but(cuts=cuts).ask("traffic")
    assert {row["campaign"]: (row["requests"], row["sessions"]) for row in found} == {
        "before": (7, 4),
        "after": (4, 2),
    }


def test_fields_that_are_not_mapped_are_not_asked(tmp_path: Path) -> None:
    bare = web("duckdb", tmp_path, without=("agent", "status", "method", "referrer", "user_id"))
    found = one(bare.ask("traffic")[0])
    # Without agents nobody is a bot, and Ann and Bob are one.
    assert (found["requests"], found["bot_requests"], found["visitors"]) == (14, 0, 4)
    assert found["page_views"] == 13
    for fact in ("traffic_referrers", "traffic_statuses", "traffic_bots"):
        with pytest.raises(NotEnoughData, match="schema does not map"):
            bare.ask(fact)


def test_who_visits_must_be_mapped(tmp_path: Path) -> None:
    with pytest.raises(NotEnoughData, match=r"requests\.user_id"):
        web("duckdb", tmp_path, without=("user_id",)).ask("traffic:user")


def test_without_visitors_users_are_the_visitors(tmp_path: Path) -> None:
    with pytest.raises(NotEnoughData, match=r"requests\.user_id"):
        web("duckdb", tmp_path, without=("user_id", "visitor")).ask("traffic")


def test_columns_that_are_not_there_are_named(tmp_path: Path) -> None:
    wrong = {"table": "hits_of_ours", **FIELDS, "page": "pathh", "malformed": "unred"}
    schema = Schema.model_validate(
        {"requests": wrong, "visits": {"table": "visit", "user_id": "who"}}
    )
    address = {"url": web("duckdb", tmp_path).url}
    with Source("log", SourceConfig.model_validate(address)) as source:
        _, problems = source.map(schema, stored_zone="UTC", report_zone="UTC")
    assert problems == [
        "schema.visits.table: there is no table 'visit' (expected hits_of_ours or unread)",
        "schema.requests.page: table 'hits_of_ours' has no column 'pathh' (did you mean 'path'?)",
        "schema.requests.malformed: there is no table 'unred' with columns 'reason' and 'sample'"
        " (did you mean 'unread'?)",
    ]


# -- Sessions that another tool has counted, and visits of known users ---------------------------


def test_mapped_sessions(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text(
        "who,began,secs,views,src,landed\n"
        "a,2025-03-03 10:00:00,0,1,https://t.co/x,/\n"
        "a,2025-03-04 10:00:00,65.4,4,,/menu\n"
        "b,2025-03-04 11:00:00,300,2,https://old.reddit.com/r/x,/menu\n",
        encoding="utf-8",
    )
    fields = {"visitor": "who", "started_at": "began", "duration": "secs", "pages": "views"}
    sessions = {"table": "s", **fields, "referrer": "src", "entry_page": "landed"}
    asked = Question(
        url=str(tmp_path / "s.csv"), schema=Schema.model_validate({"sessions": sessions})
    )
    totals, durations, pages = asked.ask("traffic", "traffic_durations", "traffic_pages")
    assert one(totals) == {
        "campaign": "all",
        "requests": None,
        "page_views": 7,
        "bot_requests": None,
        "sessions": 3,
        "visitors": 2,
        "judged": 3,
        "bounced": 1,
        "paged": 3,
        "pages": 7,
        "pages_squared": 21,
        "hits": None,
    }
    assert {(row["network"], row["seconds"], row["bounced"]) for row in durations} == {
        ("t.co", 0, 1),
        ("direct", 65, 0),
        ("reddit", 300, 0),
    }
    assert {row["page"]: row["entries"] for row in pages} == {"/": 1, "/menu": 2}


def test_visits_of_a_campaigns_users(tmp_path: Path) -> None:
    for name, text in {
        "people": "id,from\n1,FB\n2,PI\n3,PI\n",
        "acts": "who,what,day\n1,bought,2025-03-01\n2,like,2025-03-02\n3,like,2025-03-02\n",
        "stays": "who,day,secs\n1,2025-03-01,10.4\n1,2025-03-02,0\n2,2025-03-02,300\n"
        "2,2026-03-02,300\n9,2025-03-02,7\n3,2025-03-02,\n",
    }.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    schema = {
        "users": {"table": "people", "id": "id", "channel": "from"},
        "events": {"table": "acts", "user_id": "who", "action": "what", "occurred_at": "day"},
        "visits": {"table": "stays", "user_id": "who", "occurred_at": "day", "duration": "secs"},
    }
    (found,) = Question(url=str(tmp_path), schema=Schema.model_validate(schema)).ask("time_on_site")
    assert found == table_of(
        "campaign channel seconds visits",
        ("all", "FB", 0, 1),
        ("all", "FB", 10, 1),
        ("all", "PI", 300, 1),
    )


def test_a_campaign_of_some_users_has_their_hits_only(tmp_path: Path) -> None:
    """Ids are numbers in one table and text in the other."""
    for name, text in {
        "people": "id,from\n1,FB\n2,PI\n",
        "hits": "at,who,path\n2025-03-01 10:00:00,1,/\n2025-03-01 10:00:05,2,/\n"
        "2025-03-01 10:00:09,2,/b\n2025-03-01 11:00:00,guest,/\n",
    }.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    schema = {
        "users": {"table": "people", "id": "id", "channel": "from"},
        "requests": {"table": "hits", "occurred_at": "at", "user_id": "who", "page": "path"},
    }
    cuts = [Cut(key="pinterest", where={"channel": ("PI",)}), Cut(key="everybody")]
    asked = Question(url=str(tmp_path), schema=Schema.model_validate(schema), cuts=cuts)
    found = {row["campaign"]: row for row in asked.ask("traffic:user")[0]}
    assert (found["pinterest"]["requests"], found["pinterest"]["sessions"]) == (2, 1)
    assert (found["everybody"]["requests"], found["everybody"]["visitors"]) == (4, 3)


# -- Published logs ------------------------------------------------------------------------------

APACHE = {
    "occurred_at": "ts",
    "visitor": "ip",
    "page": "url",
    "status": "status",
    "method": "method",
    "line": "line",
    "referrer": "referrer",
    "agent": "user_agent",
}
NASA = {key: name for key, name in APACHE.items() if key not in ("referrer", "agent")}


@pytest.mark.parametrize(
    ("log", "fields", "rules", "block"),
    [
        ("web_apache_logs", APACHE, "ip:all:include", "sessions_by_ip_all_requests"),
        ("web_apache_logs", APACHE, "ip:page_views:include", "sessions_by_ip_page_views"),
        ("web_apache_logs", APACHE, "ip:all:include:10", "sessions_by_ip_gap_10min"),
        (
            "web_apache_logs",
            APACHE,
            "ip_agent:all:include",
            "sessions_by_ip_and_user_agent_all_requests",
        ),
        ("web_apache_logs", APACHE, "ip_agent:all:exclude", "sessions_human_by_ip_ua"),
        ("web_nasa_jul95", NASA, "ip:all:include", "sessions_by_ip_all_requests"),
        ("web_nasa_jul95", NASA, "ip_agent:all:exclude", "sessions_by_ip_all_requests"),
        ("web_nasa_jul95", NASA, "ip:page_views:include", "sessions_by_ip_page_views"),
        ("web_nasa_jul95", NASA, "ip:all:include:10", "sessions_by_ip_gap_10min"),
    ],
)
def test_published_logs(
    shared: Callable[[str], Path], log: str, fields: dict[str, str], rules: str, block: str
) -> None:
    truth = json.loads((shared(log) / "expected.json").read_text(encoding="utf-8"))
    wanted = truth.get(block) or truth["bots"][block]
    asked = Question(
        url=str(shared(log) / "data.csv"),
        schema=Schema.model_validate({"requests": {"table": "data", **fields}}),
        counting=COUNTING,
    )
    totals, durations = asked.ask(f"traffic:{rules}", f"traffic_durations:{rules}")
    found = one(totals)
    lengths = np.repeat(
        [row["seconds"] for row in durations], [row["sessions"] for row in durations]
    )
    assert found["visitors"] == wanted["visitors"]
    assert found["sessions"] == wanted["sessions"]
    assert found["hits"] == wanted["hits"]
    assert found["bounced"] == wanted["single_hit_sessions"]
    assert lengths.mean() == pytest.approx(wanted["duration_mean_all"], rel=1e-12)
    assert np.quantile(lengths, 0.95) == pytest.approx(wanted["duration_p95_linear"], rel=1e-12)
    assert (lengths == 0).sum() == wanted["zero_duration_sessions"]
    if "include" in rules:
        assert found["requests"] == truth["counts"]["requests"]
        assert found["page_views"] == truth["counts"]["page_views"]


def test_hand_checked(shared: Callable[[str], Path]) -> None:
    """Dates without a time of day: u1's two rows of one day are the only visit of two hits."""
    asked = Question(
        url=str(shared("toy_hand_checked") / "data.csv"),
        schema=Schema.model_validate(
            {"requests": {"table": "data", "occurred_at": "date", "visitor": "user_id"}}
        ),
    ).but(seen_until=date(2024, 3, 31))
    found = one(asked.ask("traffic:id")[0])
    assert (found["requests"], found["visitors"], found["sessions"]) == (14, 7, 13)
    assert found["bounced"] == 12
    assert len(asked.ask("traffic_durations")[0]) == 2


def test_names_with_html_are_but_names(tmp_path: Path) -> None:
    """What visitors send is a bound value or a stored one, never a piece of SQL."""
    rules = f"ip_agent:all:exclude:30:{CANNED}'; drop:%_'"
    assert one(web("sqlite", tmp_path).ask(f"traffic:{rules}")[0])["sessions"] == 6


@pytest.mark.filterwarnings("ignore:Datatype DOUBLE does not support CAST")  # no server is asked
@pytest.mark.parametrize("dialect", [postgresql.dialect(), mysql.dialect()], ids=lambda d: d.name)
@pytest.mark.parametrize("fact", [fact.name for fact in traffic.FACTS])
def test_servers_are_asked_in_their_own_words(tmp_path: Path, dialect: Dialect, fact: str) -> None:
    asked = web("duckdb", tmp_path)
    with Source("log", SourceConfig.model_validate({"url": asked.url})) as source:
        mapped, _ = source.map(asked.schema, stored_zone="UTC", report_zone="UTC")
    statement = FACTS[fact].query(Relations(mapped, asked.cuts, COUNTING))
    text = str(statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True}))
    assert not re.search(r"date_diff|regexp_extract|\bhash\(|NOT MATERIALIZED|julianday", text)
    # Drivers of both read %s as a place for a value: a per cent sign of ours is doubled.
    assert not re.search(r"(?<!%)%(?![%s(])", text)
