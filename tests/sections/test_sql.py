"""A query of one's own, on databases small enough to count on one's fingers."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from growthml import plan
from growthml.cli import main
from growthml.errors import ConfigError
from growthml.parts import Answer, SectionRun, Status
from growthml.progress import Progress
from growthml.run import Outcome, run
from tests.backends import BACKENDS, Table, write
from tests.sections.stories import charts, frame, row
from tests.sites import SPRING, SUMMER, config_of, write_pair

BUYERS = """
    select u.channel, count(distinct u.user_id) as users,
           count(distinct case when e."Type" = 'bought' then e."User_Id" end) as buyers
    from report_users u left join "Event" e on e."User_Id" = u.user_id
    group by u.channel order by u.channel
"""
"""Spring: nobody of 2 from FB buys, 1 of 2 from PI. Summer: nobody of 2 from FB, 2 of 3 from PI."""


def ran(folder: Path, *queries: Mapping[str, Any], **keys: Any) -> Outcome:
    sections = [{"sql": {"id": f"q{n}", **each}} for n, each in enumerate(queries, start=1)]
    write = config_of if (folder / "spring.db").exists() else write_pair
    config = write(folder, sections=sections, **keys)
    return run(plan.read_config(config), formats=["html"], progress=Progress(quiet=True))


def ended(outcome: Outcome, name: str = "q1") -> SectionRun:
    [found] = [each for each in outcome.run.sections if each.section.id == name]
    return found


def answer(folder: Path, text: str, **options: Any) -> Answer:
    campaigns = options.pop("campaigns", None)
    keys = {"campaigns": campaigns} if campaigns else {}
    found = ended(ran(folder, {"query": text, **options}, **keys))
    assert found.answer is not None, found.reason
    return found.answer


def rows(found: Answer) -> list[list[Any]]:
    return frame(found, "rows").to_numpy().tolist()


def problems(folder: Path, **options: Any) -> list[str]:
    config = write_pair(folder, sections=[{"sql": {"id": "q1", **options}}])
    with pytest.raises(ConfigError) as caught:
        plan.read_config(config)
    return [str(each).partition(": sections.")[2] for each in caught.value.problems]


# -- what is asked -----------------------------------------------------------------------------


def test_the_query_runs_in_each_campaigns_source(tmp_path: Path) -> None:
    assert rows(answer(tmp_path, 'select count(*) as people from "Users"')) == [
        ["baseline", 4],
        ["new", 5],
    ]


def test_values_are_bound_by_name(tmp_path: Path) -> None:
    window = {"from": "2025-01-10", "to": "2025-02-15"}
    campaigns = {
        "baseline": {"source": "spring", "window": window},
        "new": {"source": "spring"},
    }
    found = answer(
        tmp_path,
        """select :campaign as who, :window_from as first, :window_to as last, :as_of as seen,
           (select count(*) from "Event" where date >= :window_from and date < :window_to) as n""",
        campaigns=campaigns,
    )
    # Spring's events: two on 5 January, one on 12 January, one on 12 February, the last seen.
    assert rows(found) == [
        ["baseline", "baseline", "2025-01-10", "2025-02-13", "2025-02-12", 2],
        ["new", "new", "1900-01-01", "2025-02-13", "2025-02-12", 4],
    ]


def test_users_are_the_campaigns_own(tmp_path: Path) -> None:
    campaigns = {
        "baseline": {"source": "summer", "where": {"channel": "FB"}},
        "new": {"source": "summer", "where": {"channel": "PI"}},
    }
    text = "with u as (select * from report_users) select count(*) as people from u"
    assert rows(answer(tmp_path, text, campaigns=campaigns)) == [["baseline", 2], ["new", 3]]


def test_a_recursive_query_may_read_them_too(tmp_path: Path) -> None:
    text = """with recursive n as (select 1 as i union all select i + 1 from n where i < 3)
              select i, (select count(*) from report_users) as people from n order by i"""
    assert rows(answer(tmp_path, text))[:3] == [
        ["baseline", 1, 4],
        ["baseline", 2, 4],
        ["baseline", 3, 4],
    ]


def test_a_dialect_or_a_source_may_have_its_own_text(tmp_path: Path) -> None:
    write_pair(tmp_path)
    (tmp_path / "summer.db").unlink()
    with duckdb.connect(str(tmp_path / "summer.duckdb")) as database:
        database.execute('CREATE TABLE "Users" (id INTEGER, "Campaign_ID" VARCHAR, date TIMESTAMP)')
        database.executemany(
            'INSERT INTO "Users" VALUES (?, ?, ?)', [list(each) for each in SUMMER.users]
        )
    sources = {
        "spring": {"url": f"sqlite:///{tmp_path}/spring.db"},
        "summer": {
            "url": f"duckdb:///{tmp_path}/summer.duckdb",
            "schema": {"users": {"table": "Users", "id": "id", "channel": "Campaign_ID"}},
        },
    }
    texts = {
        "sqlite": """select strftime('%m', date) as month, count(*) as n from "Users" group by 1""",
        "duckdb": """select strftime(date, '%m') as month, count(*) as n from "Users"
                     where date >= :window_from::date group by all order by month""",
    }
    both = [["baseline", "01", 3], ["baseline", "02", 1], ["new", "01", 3], ["new", "02", 2]]
    found = ended(ran(tmp_path, {"query": texts}, sources=sources))
    assert found.answer is not None, found.reason
    assert rows(found.answer) == both
    by_source = {"spring": texts["sqlite"], "duckdb": texts["duckdb"]}
    found = ended(ran(tmp_path, {"query": by_source}, sources=sources))
    assert found.answer is not None, found.reason
    assert rows(found.answer) == both
    found = ended(ran(tmp_path, {"query": {"sqlite": texts["sqlite"]}}, sources=sources))
    assert found.status is Status.FAILED
    assert found.reason == (
        "there is no query for the source 'summer'; write it under 'query', as duckdb or as summer"
    )


def test_several_stand_in_a_report_under_their_own_names(tmp_path: Path) -> None:
    done = ran(
        tmp_path,
        {"query": "select 1 as a", "id": "one", "title": "The first", "question": "One?"},
        {"query": "select 2 as a", "id": "and_two"},
    )
    named = [(each.section.id, each.section.title) for each in done.run.sections]
    assert named == [("one", "The first"), ("and_two", "And two")]
    files = {path.name for path in (done.folder / "tables").iterdir()}
    assert files == {"one.rows.csv", "and_two.rows.csv"}


def test_the_text_and_its_values_are_kept(tmp_path: Path) -> None:
    done = ran(tmp_path, {"query": 'select count(*) as n from "Event" where date <= :as_of'})
    facts = json.loads((done.folder / "run.json").read_text())["facts"]
    [spring, _summer] = [each for each in facts if each["name"] == "sql:q1"]
    assert spring["sql"] == 'select count(*) as n from "Event" where date <= ?'
    assert spring["parameters"] == {"as_of": "2025-02-18"}
    assert spring["rows"] == 1
    assert "sql:q1" in (done.folder / "report.html").read_text()


def test_rows_beyond_the_cap_are_left_out_and_it_says_so(tmp_path: Path) -> None:
    found = answer(tmp_path, 'select id as person from "Users" order by id', rows=4)
    assert [each[1] for each in rows(found)] == [1, 2, 3, 4, 1, 2, 3, 4]
    [table] = [block for block in found.blocks if block.id == "rows"]
    assert getattr(table, "note", "") == "Only the first 4 rows of Summer are kept."


def test_a_part_of_the_report_asks_only_who_its_users_are(tmp_path: Path) -> None:
    texts = ("select count(*) as n from report_users", 'select count(*) as n from "Users"')
    done = ran(tmp_path, *({"query": text} for text in texts), for_each="channel")
    assert [each.run.part for each in done.parts] == ["FB", "PI"]
    for part, counts in zip(done.parts, ([2, 2], [2, 3]), strict=True):
        assert [each.section.id for each in part.run.sections] == ["q1"]
        found = ended(part).answer
        assert found is not None
        assert [each[1] for each in rows(found)] == counts


def test_filters_and_windows_it_does_not_heed_are_said(tmp_path: Path) -> None:
    campaigns = {
        "baseline": {"source": "spring", "label": "Spring"},
        "new": {
            "source": "summer",
            "label": "Summer",
            "where": {"channel": "FB"},
            "window": {"from": "2025-01-01"},
        },
    }
    found = answer(tmp_path, 'select count(*) as n from "Users"', campaigns=campaigns)
    assert found.caveats == [
        "The query counts all users: the filters of Summer reach it only through report_users.",
        "The query counts all days: it does not ask for the window of Summer.",
    ]
    found = answer(tmp_path, "select count(*) as n from report_users", campaigns=campaigns)
    assert found.caveats == []


# -- what is made of it ------------------------------------------------------------------------


def test_counts_are_compared_as_rates(tmp_path: Path) -> None:
    found = answer(tmp_path, BUYERS, compare={"successes": "buyers", "n": "users"})
    pi = row(found, "comparison", campaign="new", key="PI")
    assert (pi["baseline_n"], pi["n"]) == (2, 3)
    assert pi["baseline_value"] == pytest.approx(1 / 2)
    assert pi["value"] == pytest.approx(2 / 3)
    assert pi["difference"] == pytest.approx(1 / 6)
    assert pi["verdict"] == "no_evidence"
    assert pi["ci_low"] < 0 < pi["ci_high"]


@pytest.mark.parametrize(("better", "verdict"), [("higher", "better"), ("lower", "worse")])
def test_a_difference_is_judged_by_its_direction(tmp_path: Path, better: str, verdict: str) -> None:
    # Newcombe 1998, table II, example (a): 56/70 against 48/80; 0.2, 0.0524 to 0.3339.
    text = """select case :campaign when 'new' then 56 else 48 end as yes,
                     case :campaign when 'new' then 70 else 80 end as asked"""
    found = answer(tmp_path, text, compare={"successes": "yes", "n": "asked", "better": better})
    only = row(found, "comparison")
    assert only["difference"] == pytest.approx(0.2)
    assert (only["ci_low"], only["ci_high"]) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert only["verdict"] == verdict
    assert found.headline == (
        "Yes, share of asked: 80.0\u202f% in Summer against 60.0\u202f% in Spring,"
        f" +20.00 (+5.2 to +33.4); {verdict}."
    )
    assert [each.direction for each in found.findings] == [verdict]


def test_means_are_compared_by_their_spread(tmp_path: Path) -> None:
    # Equal n and spread: the error is 2 * sqrt(2 / 50) = 0.4, Welch has 98 degrees of freedom,
    # whose two-sided 95 % quantile is 1.984467.
    text = (
        """select case :campaign when 'new' then 11.0 else 10.0 end as mean, 2.0 as sd, 50 as n"""
    )
    found = answer(tmp_path, text, compare={"mean": "mean", "sd": "sd", "n": "n"})
    only = row(found, "comparison")
    assert only["difference"] == pytest.approx(1.0)
    half = 1.984467 * 0.4
    assert (only["ci_low"], only["ci_high"]) == pytest.approx((1 - half, 1 + half), abs=1e-5)


def test_a_value_alone_has_no_interval_and_it_says_why(tmp_path: Path) -> None:
    found = answer(tmp_path, 'select count(*) as n from "Users"', compare={"value": "n"})
    only = row(found, "comparison")
    assert (only["difference"], only["verdict"]) == (1, "not_tested")
    assert pd.isna(only["ci_low"])
    assert only["reason"] == "an interval needs successes and n, or mean, sd and n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("select 3 as yes, 2 as asked", "3 of 2 users: a rate needs 0 <= x <= n"),
        ("select null as yes, 2 as asked", "yes is missing"),
        ("select 0 as yes, 0 as asked", "no users in a campaign"),
        (
            "select :campaign as k, 1 as yes, 2 as asked",
            "not in Spring",
        ),
    ],
)
def test_what_cannot_be_compared_says_why(tmp_path: Path, text: str, reason: str) -> None:
    found = answer(tmp_path, text, compare={"successes": "yes", "n": "asked"})
    reasons = list(frame(found, "comparison")["reason"])
    assert any(each.startswith(reason) for each in reasons), reasons


def test_bars_stand_side_by_side(tmp_path: Path) -> None:
    found = answer(tmp_path, BUYERS, chart="bar", y="buyers")
    chart = charts(found)["chart"]
    assert chart.rows == ["FB", "PI"]
    assert chart.panels[0].values == [[0, 1], [0, 2]]
    assert "PI: 1 and 2" in chart.alt


def test_lines_run_over_days(tmp_path: Path) -> None:
    text = 'select date(date) as day, count(*) as events from "Event" group by 1 order by 1'
    spring, summer = charts(answer(tmp_path, text, chart="line"))["chart"].panels[0].lines
    assert [str(day) for day in spring.x] == ["2025-01-05", "2025-01-12", "2025-02-12"]
    assert spring.y == [2, 1, 1]
    assert [str(day) for day in summer.x] == ["2025-01-05", "2025-01-12", "2025-02-18"]


def test_intervals_are_of_the_comparison_or_of_the_query(tmp_path: Path) -> None:
    compare = {"successes": "buyers", "n": "users"}
    found = answer(tmp_path, BUYERS, chart="interval", compare=compare)
    drawn = charts(found)["chart"].panels[0].rows
    assert [each.name for each in drawn] == ["FB", "PI"]
    assert drawn[1].estimate == pytest.approx(1 / 6)
    text = "select 'a' as k, 2 as v, 1 as lo, 3 as hi"
    found = answer(tmp_path, text, chart="interval", low="lo", high="hi")
    drawn = charts(found)["chart"].panels[0].rows
    assert [(each.low, each.estimate, each.high) for each in drawn] == [(1, 2, 3)] * 2


@pytest.mark.parametrize(
    ("text", "chart", "said"),
    [
        ("select 'a' as k", "bar", "a chart needs a column of numbers"),
        ("select 'a' as k, 1 as n", "line", "a line needs dates or numbers in its column 'x'"),
        ("select 'a' as k, 1 as n union all select 'a', 2", "bar", "“k” names several rows"),
    ],
)
def test_what_cannot_be_drawn_says_why(tmp_path: Path, text: str, chart: str, said: str) -> None:
    found = answer(tmp_path, text, chart=chart)
    assert charts(found) == {}
    assert found.caveats[0].startswith(f"No chart is drawn: {said}")


def test_a_bound_that_is_crossed_is_an_alert_or_a_finding(tmp_path: Path) -> None:
    bound = {"column": "buyers", "above": 1}
    done = ran(tmp_path, {"query": BUYERS, "thresholds": [bound]})
    # Summer's PI has two; Spring's is the baseline and is not watched.
    assert done.run.alerts == ["Buyers of PI, Summer is 2, above 1."]
    assert done.exit_code == 1
    done = ran(tmp_path, {"query": BUYERS, "thresholds": [bound | {"alert": False}]})
    assert done.run.alerts == []
    assert done.exit_code == 0
    found = ended(done).answer
    assert found is not None
    assert [each.text for each in found.findings] == ["Buyers of PI, Summer is 2, above 1."]
    none = ran(tmp_path, {"query": BUYERS, "thresholds": [{"column": "buyers", "above": 2}]})
    assert none.run.alerts == []


def test_columns_print_as_they_are_told_to(tmp_path: Path) -> None:
    columns = {"part": {"head": "Part of all", "kind": "rate"}, "spent": {"kind": "money"}}
    done = ran(tmp_path, {"query": "select 0.0683 as part, 18.454 as spent", "columns": columns})
    page = (done.folder / "report.html").read_text()
    assert "Part of all" in page
    assert "6.83" in page
    assert "18.45" in page


def test_no_rows_are_an_empty_section(tmp_path: Path) -> None:
    found = ended(ran(tmp_path, {"query": 'select id from "Users" where id > 99'}))
    assert (found.status, found.reason) == (Status.EMPTY, "the query found no rows")


# -- on every kind of source --------------------------------------------------------------------

USERS = Table(
    name="people",
    columns={"id": "INTEGER", "network": "VARCHAR", "since": "TIMESTAMP"},
    rows=[
        (1, "FB", datetime(2025, 1, 2, 9)),
        (2, "FB", datetime(2025, 1, 3, 9)),
        (3, "PI", datetime(2025, 1, 10, 9)),
        (4, "PI", datetime(2025, 2, 1, 9)),
        (5, "PI", datetime(2025, 3, 1, 9)),
    ],
)
DEEDS = Table(
    name="deeds",
    columns={"who": "INTEGER", "did": "VARCHAR", "done": "TIMESTAMP"},
    rows=[
        (1, "bought", datetime(2025, 1, 12, 9)),
        (3, "bought", datetime(2025, 1, 12, 9)),
        (3, "like", datetime(2025, 1, 31, 23)),
        (4, "bought", datetime(2025, 2, 1, 9)),
    ],
)


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_same_query_answers_alike_on_every_backend(backend: str, tmp_path: Path) -> None:
    text = """
        with mine as (
          select who, count(*) as times from deeds
          where did = 'bought' and done >= :window_from and done < :window_to
          group by who
        )
        select u.channel, count(*) as users, count(m.who) as buyers, avg(1.5) as half,
               :campaign as who, max(:as_of) as seen
        from report_users u left join mine m on m.who = u.user_id
        group by u.channel order by u.channel"""
    window = {"from": "2025-01-01", "to": "2025-02-01"}
    config = config_of(
        tmp_path,
        sources={"site": {"url": write(backend, tmp_path, [USERS, DEEDS])}},
        schema={
            "users": {"table": "people", "id": "id", "channel": "network", "signed_up_at": "since"},
            "events": {"table": "deeds", "user_id": "who", "action": "did", "occurred_at": "done"},
        },
        campaigns={
            "baseline": {"source": "site", "label": "January", "window": window},
            "new": {"source": "site", "label": "All"},
        },
        sections=[{"sql": {"id": "q1", "query": text}}],
    )
    assert main(["check", str(config)]) == 0
    done = run(plan.read_config(config), formats=["html"], progress=Progress(quiet=True))
    found = ended(done)
    assert found.answer is not None, found.reason
    kept = [[*row[:4], float(row[4]), row[5], str(row[6])[:10]] for row in rows(found.answer)]
    assert kept == [
        ["baseline", "FB", 2, 1, 1.5, "baseline", "2025-03-01"],
        ["baseline", "PI", 1, 1, 1.5, "baseline", "2025-03-01"],
        ["new", "FB", 2, 1, 1.5, "new", "2025-03-01"],
        ["new", "PI", 3, 2, 1.5, "new", "2025-03-01"],
    ]


@pytest.mark.parametrize("backend", ["postgresql", "mariadb"])
@pytest.mark.parametrize(
    "text",
    ["delete from deeds", "with a as (select 1) delete from deeds", "select nope from deeds"],
)
def test_a_server_refuses_what_is_no_reading(backend: str, text: str, tmp_path: Path) -> None:
    url = write(backend, tmp_path, [USERS, DEEDS])
    config = config_of(
        tmp_path,
        sources={"site": {"url": url}},
        schema={"users": {"table": "people", "id": "id"}},
        campaigns={"baseline": {"source": "site"}},
        sections=[{"sql": {"id": "q1", "query": text}}],
    )
    assert main(["check", str(config)]) == 2


# -- what can be wrong -------------------------------------------------------------------------


def test_bad_sql_fails_its_section_alone(tmp_path: Path) -> None:
    done = ran(tmp_path, {"query": 'select nope from "Users"'}, {"query": "select 1 as n"})
    assert ended(done).status is Status.FAILED
    assert ended(done).reason == "the query on source 'spring' failed: no such column: nope"
    assert ended(done, "q2").status is Status.OK
    assert done.exit_code == 1


def test_a_query_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    write_pair(tmp_path)
    endless = (
        "with recursive n as (select 1 as i union all select i + 1 from n) select max(i) from n"
    )
    sources = {
        name: {"url": f"sqlite:///{tmp_path}/{name}.db", "timeout": 0.3}
        for name in ("spring", "summer")
    }
    found = ended(ran(tmp_path, {"query": endless}, sources=sources))
    assert found.status is Status.FAILED
    assert "took longer than its timeout of 0.3 s and was stopped" in found.reason


def test_nothing_can_be_written(tmp_path: Path) -> None:
    with closing(sqlite3.connect(SPRING.write(tmp_path / "s.db"))) as database:
        before = "\n".join(database.iterdump())
    sources = {"spring": {"url": f"sqlite:///{tmp_path}/s.db"}}
    campaigns = {"baseline": {"source": "spring"}}
    config = config_of(
        tmp_path,
        sources=sources,
        campaigns=campaigns,
        sections=[{"sql": {"id": "q1", "query": 'with a as (select 1) delete from "Users"'}}],
    )
    done = run(plan.read_config(config), formats=["html"], progress=Progress(quiet=True))
    assert ended(done).status is Status.FAILED
    with closing(sqlite3.connect(tmp_path / "s.db")) as database:
        assert "\n".join(database.iterdump()) == before


def test_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    found = ended(ran(tmp_path, {"query": "select 1 as a, 2 as a"}))
    assert found.reason == "two columns of the query are called 'a'; name them apart"
    found = ended(ran(tmp_path, {"query": "select 1 as campaign"}))
    assert found.reason.startswith("the query may not call a column 'campaign'")


def test_the_config_is_told_by_line_and_key(tmp_path: Path) -> None:
    assert problems(tmp_path, query="drop table users") == [
        "sql.query: a query reads and does nothing else: it begins with SELECT or WITH"
    ]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "missing key 'query'"),
        ({"query": "select 1", "id": "Churn!"}, "expected text of the form ^[a-z][a-z0-9_]*$"),
        ({"query": "select 1", "id": "churn"}, "there is a section 'churn' already"),
        ({"query": "select 1", "chart": "bars"}, "(did you mean 'bar'?)"),
        ({"query": "select 1", "chart": "interval"}, "chart: interval needs 'compare'"),
        ({"query": "select 1", "compare": {"n": "a"}}, "name what is compared: successes and n"),
        ({"query": "select 1", "thresholds": [{"column": "a"}]}, "needs 'below' or 'above'"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    tmp_path: Path, options: dict[str, Any], said: str
) -> None:
    assert any(said in each for each in problems(tmp_path, **options))


def test_check_prepares_the_query_and_runs_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    endless = "with recursive n as (select 1 as i union all select i + 1 from n) select i from n"
    sections: list[Any] = [
        "summary",
        {"sql": {"id": "bad", "query": "select nope from report_users"}},
        {"sql": {"id": "endless", "query": endless, "y": "j"}},
    ]
    config = write_pair(tmp_path, sections=sections)
    assert main(["check", str(config)]) == 2
    lines = config.read_text().splitlines()
    bad, wrong = (
        1 + next(n for n, line in enumerate(lines) if text in line) for text in ("nope", "y: j")
    )
    said = [line.rpartition("report.yml:")[2] for line in capsys.readouterr().err.splitlines()]
    assert [line.split(": ", 1)[1] for line in said] == [
        "sections.sql.query: the query on source 'spring' failed: no such column: nope",
        "sections.sql.query: the query on source 'summer' failed: no such column: nope",
        "sections.sql.y: the query has no column 'j' in 'spring' (expected i)",
        "sections.sql.y: the query has no column 'j' in 'summer' (expected i)",
    ]
    assert [int(line.partition(":")[0]) for line in said] == [bad, bad, wrong, wrong]
