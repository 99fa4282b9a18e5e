from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from growthml import plan
from growthml import run as run_module
from growthml.errors import GrowthError, MissingFields, SourceError, UsageError
from growthml.parts import Answer, Status
from growthml.progress import Progress
from growthml.run import Outcome, run
from growthml.sections import all_sections
from tests.sites import EMPTY, SECTIONS, SPRING, SUMMER, Site, config_of, write_pair

Rows = list[dict[str, str]]


def ran(config: Path, *settings: str, **options: Any) -> Outcome:
    return run(plan.read_config(config, settings), progress=Progress(quiet=True), **options)


def table(outcome: Outcome, name: str) -> Rows:
    with (outcome.folder / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def by(rows: Rows, *keys: str) -> dict[Any, dict[str, str]]:
    return {tuple(row[key] for key in keys): row for row in rows}


def manifest(outcome: Outcome) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((outcome.folder / "run.json").read_text(encoding="utf-8"))
    return found


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def statuses(outcome: Outcome) -> dict[str, str]:
    return {each.section.id: str(each.status) for each in outcome.run.sections}


def page(outcome: Outcome) -> str:
    return (outcome.folder / "report.html").read_text(encoding="utf-8")


def words(outcome: Outcome) -> str:
    """What the page says, its markup taken out and its spaces plain."""
    text = re.sub(r"<(style|svg).*?</\1>", " ", page(outcome), flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text).replace("\u202f", " "))


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A config that compares four Spring users with five Summer users."""
    return write_pair(tmp_path)


def with_section(
    monkeypatch: pytest.MonkeyPatch, name: str, compute: Callable[..., Answer]
) -> None:
    """One section answers in another way."""
    sections = dict(all_sections())
    sections[name] = replace(sections[name], compute=compute)
    monkeypatch.setattr(plan, "all_sections", lambda: sections)


def failing(*_: object) -> Answer:
    raise ZeroDivisionError("no user left")


# -- a story one can count ---------------------------------------------------------------------


def test_kpis_of_four_against_five_users(tiny: Path) -> None:
    kpis = by(table(ran(tiny), "summary.kpis"), "metric", "campaign")

    def value(metric: str, campaign: str) -> float:
        return float(kpis[metric, campaign]["value"])

    assert value("users", "baseline") == 4
    assert value("users", "new") == 5
    assert value("active_users", "baseline") == 2
    assert value("active_users", "new") == 3
    assert value("conversion_rate", "baseline") == pytest.approx(1 / 4)
    assert value("conversion_rate", "new") == pytest.approx(2 / 5)
    assert value("revenue", "baseline") == 30
    assert value("revenue", "new") == 40
    assert value("purchases_per_buyer", "baseline") == 2
    assert value("average_order_value", "new") == 20


def test_as_of_is_the_latest_day_in_the_data(tiny: Path) -> None:
    assert ran(tiny).run.context.as_of == date(2025, 2, 18)


def test_an_earlier_as_of_sees_less(tiny: Path) -> None:
    outcome = ran(tiny, as_of=date(2025, 1, 31))
    kpis = by(table(outcome, "summary.kpis"), "metric", "campaign")
    assert float(kpis["users", "new"]["value"]) == 3
    assert float(kpis["revenue", "baseline"]["value"]) == 10
    assert outcome.run.run_id.startswith("2025-01-31-")


def test_a_row_of_the_future_does_not_move_the_as_of_day(tmp_path: Path) -> None:
    later = replace(SPRING, events=[*SPRING.events, (1, "like", "2999-01-01", 1)])
    outcome = ran(write_pair(tmp_path, baseline=later))
    checks = by(table(outcome, "data_quality.checks"), "campaign", "check")
    assert outcome.run.context.as_of == date(2025, 2, 18)
    assert checks["baseline", "future_event"]["rows_failed"] == "1"
    assert checks["new", "future_event"]["rows_failed"] == "0"


def test_rows_after_a_given_as_of_are_not_of_the_future(tiny: Path) -> None:
    checks = table(ran(tiny, as_of=date(2025, 1, 31)), "data_quality.checks")
    assert {row["rows_failed"] for row in checks if row["check"] == "future_event"} == {"0"}


# -- the workshop's two databases --------------------------------------------------------------


def pair_config(folder: Path, workshop: Path, **keys: Any) -> Path:
    return config_of(
        folder,
        sources={
            "spring": {"url": f"sqlite:///{workshop / 'campaign-1.db'}"},
            "summer": {"url": f"sqlite:///{workshop / 'campaign-2.db'}"},
        },
        labels={"channel": {"FB": "Facebook", "TW": "Twitter", "RE": "Reddit", "PI": "Pinterest"}},
        **keys,
    )


@pytest.fixture(scope="module")
def workshop_run(tmp_path_factory: pytest.TempPathFactory, workshop: Path) -> Outcome:
    return ran(pair_config(tmp_path_factory.mktemp("workshop"), workshop))


@pytest.fixture(scope="module")
def expected(workshop: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((workshop / "expected.json").read_text(encoding="utf-8"))
    return found


def close(found: str, wanted: float) -> bool:
    return float(found) == pytest.approx(wanted, rel=1e-9, abs=1e-12)


CAMPAIGNS = pytest.mark.parametrize("campaign", ["baseline", "new"])


def test_workshop_says_what_the_project_promises(workshop_run: Outcome) -> None:
    said = words(workshop_run)
    assert "No evidence that Summer converts better or worse than Spring." in said
    assert (
        "7.10 % of 845 Summer users bought, against 6.83 % of 879 Spring users: +0.27 points, and"
        " anything from −2.1 to +2.7 fits the data."
    ) in said
    assert "This sample could only have shown about 3.5 points or more." in said
    assert "103 of 111" in said
    assert "92 of 100" in said
    assert "0.91" in said
    assert "$1,093" in said
    assert "$1,019" in said
    assert "1 event happened before its user signed up" in said
    assert "Users were not randomised" in said
    assert statuses(workshop_run) == dict.fromkeys(SECTIONS, "ok")
    assert workshop_run.exit_code == 0


@CAMPAIGNS
def test_workshop_kpis(workshop_run: Outcome, expected: dict[str, Any], campaign: str) -> None:
    found = by(table(workshop_run, "summary.kpis"), "metric", "campaign")
    for metric, wanted in expected[campaign]["kpis"].items():
        assert close(found[metric, campaign]["value"], wanted), metric


def test_workshop_comparisons(workshop_run: Outcome, expected: dict[str, Any]) -> None:
    found = by(table(workshop_run, "summary.kpis"), "metric", "campaign")
    for metric, wanted in expected["comparison"].items():
        if metric == "channel_mix":
            continue
        row = found[metric, "new"]
        low, high = wanted.get("newcombe") or wanted["welch"]
        assert close(row["difference"], wanted["difference"]), metric
        assert close(row["ci_low"], low), metric
        assert close(row["ci_high"], high), metric
        assert close(row["p_value"], wanted.get("p_chi2") or wanted["p"]), metric
    mix = by(table(workshop_run, "acquisition.mix_test"), "campaign")[("new",)]
    wanted = expected["comparison"]["channel_mix"]
    assert close(mix["chi2"], wanted["chi2"])
    assert mix["dof"] == str(wanted["dof"])
    assert close(mix["p_value"], wanted["p"])


@CAMPAIGNS
def test_workshop_channels(workshop_run: Outcome, expected: dict[str, Any], campaign: str) -> None:
    wanted = expected[campaign]
    users = by(table(workshop_run, "acquisition.users_by_channel"), "campaign", "channel")
    money = by(table(workshop_run, "profitability.by_channel"), "campaign", "channel")
    for channel, n in wanted["users_by_channel"].items():
        assert users[campaign, channel]["users"] == str(n)
        assert money[campaign, channel]["users"] == str(n)
    for channel, row in wanted["by_channel"].items():
        found = money[campaign, channel]
        assert found["buyers"] == str(row["buyers"])
        assert found["purchases"] == str(row["purchases"])
        assert close(found["revenue"], row["revenue"])


@CAMPAIGNS
def test_workshop_actions(workshop_run: Outcome, expected: dict[str, Any], campaign: str) -> None:
    rows = table(workshop_run, "tendencies.actions_by_channel")
    found = {
        f"{row['channel']}|{row['action']}": int(row["events"])
        for row in rows
        if row["campaign"] == campaign and int(row["events"])
    }
    assert found == expected[campaign]["actions_by_channel"]


@CAMPAIGNS
def test_workshop_categories(
    workshop_run: Outcome, expected: dict[str, Any], campaign: str
) -> None:
    rows = by(table(workshop_run, "profitability.by_category"), "campaign", "category")
    for category, wanted in expected[campaign]["by_category"].items():
        row = rows[campaign, category]
        assert row["purchases"] == str(wanted["purchases"])
        assert close(row["revenue"], wanted["revenue"])


@CAMPAIGNS
def test_workshop_associations(
    workshop_run: Outcome, expected: dict[str, Any], campaign: str
) -> None:
    rows = by(table(workshop_run, "tendencies.associations"), "campaign", "x", "y")
    names = {"type": "action"}
    for pair, wanted in expected[campaign]["associations"].items():
        x, y = (names.get(name, name) for name in pair.split("|"))
        row = rows[campaign, x, y]
        assert close(row["chi2"], wanted["chi2"])
        assert row["dof"] == str(wanted["dof"])
        assert close(row["p_value"], wanted["p"])
        assert close(row["cramers_v"], wanted["cramers_v"])


@CAMPAIGNS
def test_workshop_quality(workshop_run: Outcome, expected: dict[str, Any], campaign: str) -> None:
    rows = by(table(workshop_run, "data_quality.checks"), "campaign", "check")
    names = {"orphan_event_item": "orphan_item", "orphan_event_user": "orphan_user"}
    for check, wanted in expected[campaign]["quality"].items():
        assert rows[campaign, names.get(check, check)]["rows_failed"] == str(wanted)


@CAMPAIGNS
def test_workshop_top_users_and_cohorts(
    workshop_run: Outcome, expected: dict[str, Any], campaign: str
) -> None:
    top = [r for r in table(workshop_run, "profitability.top_users") if r["campaign"] == campaign]
    wanted = expected[campaign]["top_users_revenue"]
    assert [float(row["revenue"]) for row in top[: len(wanted)]] == wanted
    sizes: dict[str, int] = {}
    for row in table(workshop_run, "acquisition.signups"):
        if row["campaign"] == campaign:
            month = row["period"][:7]
            sizes[month] = sizes.get(month, 0) + int(row["users"])
    assert sizes == expected[campaign]["cohort_sizes"]


# -- an experiment: Hillstrom's three arms -----------------------------------------------------

ARMS = {"control": "No E-Mail", "mens": "Mens E-Mail", "womens": "Womens E-Mail"}


@pytest.fixture(scope="module")
def hillstrom(tmp_path_factory: pytest.TempPathFactory, shared: Callable[[str], Path]) -> Outcome:
    folder = tmp_path_factory.mktemp("hillstrom")
    config = config_of(
        folder,
        sources={"mail": {"url": str(shared("hillstrom") / "data.csv")}},
        schema={
            "users": {
                "table": "data",
                "channel": "channel",
                "outcomes": {"bought": "conversion", "visit": "visit"},
                "value": "spend",
            }
        },
        campaigns={
            key: {"source": "mail", "label": arm, "where": {"users.segment": arm}}
            for key, arm in ARMS.items()
        },
        baseline="control",
        randomised=True,
        allocation=dict.fromkeys(ARMS, 1),
    )
    return ran(config)


@pytest.mark.parametrize("arm", ["mens", "womens"])
def test_hillstrom(hillstrom: Outcome, shared: Callable[[str], Path], arm: str) -> None:
    text = (shared("hillstrom") / "expected.json").read_text(encoding="utf-8")
    wanted = json.loads(text)["comparisons"]
    found = by(table(hillstrom, "summary.kpis"), "metric", "campaign")
    title = f"{ARMS[arm]} vs {ARMS['control']}"
    for metric, outcome in (("conversion_rate", "conversion"), ("visit_rate", "visit")):
        row, rates = found[metric, arm], wanted[f"{title}: {outcome}"]
        low, high = rates["ci95_abs_newcombe"]
        assert close(row["value"], rates["treatment"]["rate"])
        assert close(row["difference"], rates["abs_diff"])
        assert close(row["ci_low"], low)
        assert close(row["ci_high"], high)
        assert float(row["p_value"]) == pytest.approx(rates["p_chi2"], rel=1e-9)
        assert row["verdict"] == "better"
    row, spend = found["revenue_per_user", arm], wanted[f"{title}: spend per customer (Welch)"]
    low, high = spend["ci95"]
    assert close(row["value"], spend["treatment"]["mean"])
    assert close(row["difference"], spend["diff"])
    assert close(row["ci_low"], low)
    assert close(row["ci_high"], high)
    assert float(row["p_value"]) == pytest.approx(spend["p"], rel=1e-9)


def test_hillstrom_is_an_experiment(hillstrom: Outcome) -> None:
    said = words(hillstrom)
    assert "Users were not randomised" not in said
    assert "sample-ratio check p 0.90" in said
    assert statuses(hillstrom)["summary"] == "ok"


# -- what cannot be read -----------------------------------------------------------------------


def test_a_missing_table_is_named_with_the_nearest(tiny: Path) -> None:
    with pytest.raises(MissingFields) as caught:
        ran(tiny, "schema={users: {table: Users, id: id}, events: {table: Evnt, user_id: User_Id}}")
    assert "sources.spring: schema.events.table" in str(caught.value)
    assert "'Evnt'" in str(caught.value)
    assert "'Event'" in str(caught.value)
    assert not (tiny.parent / "reports").exists()


def test_every_missing_column_of_every_source_is_named(tiny: Path) -> None:
    with pytest.raises(MissingFields) as caught:
        ran(tiny, "schema={users: {table: Users, id: idd, channel: Campagne_ID}}")
    said = str(caught.value).splitlines()
    assert len(said) == 4
    assert all("'id'" in line or "'Campaign_ID'" in line for line in said)


def test_a_filter_on_a_column_that_is_not_there_is_named(tiny: Path) -> None:
    with pytest.raises(MissingFields, match=r"campaigns\.new\.where\.users\.contry"):
        ran(tiny, "campaigns.new.where={users.contry: DE}")


def test_a_database_that_is_not_there_is_a_source_error(tiny: Path) -> None:
    (tiny.parent / "summer.db").unlink()
    with pytest.raises(SourceError, match=r"sources\.summer: .*summer\.db"):
        ran(tiny)


def test_templates_that_are_not_there_are_an_error(tiny: Path) -> None:
    with pytest.raises(UsageError, match=r"output\.templates: there is no folder"):
        ran(tiny, f"output.templates={tiny.parent / 'nowhere'}")


# -- little data -------------------------------------------------------------------------------


def test_empty_databases_make_a_report_that_says_so(tmp_path: Path) -> None:
    outcome = ran(write_pair(tmp_path, baseline=EMPTY, new=EMPTY), formats=["html", "pdf"])
    assert outcome.exit_code == 0
    assert set(statuses(outcome).values()) == {"empty"}
    assert all(each.reason for each in outcome.run.sections)
    assert "there are no users in any campaign" in words(outcome)
    assert "nan" not in words(outcome).casefold().split()
    assert (outcome.folder / "report.pdf").read_bytes().startswith(b"%PDF")


ONE = Site(users=[(1, "FB", "2025-01-02")], events=[(1, "bought", "2025-01-03", 1)])
IDLE = Site(users=[(1, "FB", "2025-01-02"), (2, "PI", "2025-01-02")])
NO_CHANNEL = Site(
    users=[(1, None, "2025-01-02"), (2, None, "2025-01-02")],
    events=[(1, "bought", "2025-01-03", 1)],
)


@pytest.mark.parametrize(
    ("baseline", "new"),
    [(ONE, ONE), (ONE, IDLE), (IDLE, ONE), (IDLE, IDLE), (NO_CHANNEL, NO_CHANNEL), (EMPTY, ONE)],
    ids=["one user", "new idle", "baseline idle", "both idle", "no channel", "empty baseline"],
)
def test_hardly_any_data_are_no_failure(tmp_path: Path, baseline: Site, new: Site) -> None:
    outcome = ran(write_pair(tmp_path, baseline=baseline, new=new))
    assert outcome.exit_code == 0
    assert Status.FAILED not in {each.status for each in outcome.run.sections}
    assert not {"nan", "inf", "None", "NaN", "NaT"} & set(words(outcome).split())


def test_one_campaign_stands_alone(tiny: Path) -> None:
    SPRING.write(tiny.parent / "alone.db")
    config = config_of(
        tiny.parent,
        sources={"alone": {"url": f"sqlite:///{tiny.parent / 'alone.db'}"}},
        campaigns={"spring": {"source": "alone", "label": "Spring"}},
    )
    outcome = ran(config)
    assert outcome.exit_code == 0
    assert "Spring stands alone" in words(outcome)
    assert {row["campaign"] for row in table(outcome, "summary.kpis")} == {"spring"}


def test_a_campaign_of_users_without_events_counts_its_users(tmp_path: Path) -> None:
    outcome = ran(write_pair(tmp_path, new=IDLE))
    kpis = by(table(outcome, "summary.kpis"), "metric", "campaign")
    assert float(kpis["users", "new"]["value"]) == 2
    assert float(kpis["buyers", "new"]["value"]) == 0


# -- the same again ----------------------------------------------------------------------------


def test_the_same_input_gives_the_same_bytes_anywhere(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = tmp_path / "one", tmp_path / "two"
    first = ran(tiny, archive=here, formats=["html", "pdf"])
    other = tmp_path / "elsewhere"
    shutil.copytree(tiny.parent, other, ignore=lambda *_: ["one", "elsewhere"])
    monkeypatch.chdir(other)
    second = ran(config_of(other), archive=there, formats=["html", "pdf"])
    assert second.run.run_id == first.run.run_id
    ours, theirs = files(first.folder), files(second.folder)
    assert ours.keys() == theirs.keys()
    differing = [name for name in ours if ours[name] != theirs[name]]
    assert differing == ["run.json"]


def test_the_day_of_the_run_leaves_no_trace(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return cls(2031, 5, 4, 12, tzinfo=tz)

    day = date(2025, 2, 10)
    first = ran(tiny, archive=tmp_path / "one", as_of=day)
    monkeypatch.setattr(run_module, "datetime", Later)
    second = ran(tiny, archive=tmp_path / "two", as_of=day)
    assert second.run.run_id == first.run.run_id
    assert page(second) == page(first)


def test_running_twice_adds_and_changes_nothing(tiny: Path) -> None:
    first = ran(tiny)
    archive = tiny.parent / "reports"
    before = {path: path.stat().st_mtime_ns for path in archive.rglob("*")}
    contents = files(archive)
    second = ran(tiny)
    assert first.added
    assert not second.added
    assert second.folder == first.folder
    assert {path: path.stat().st_mtime_ns for path in archive.rglob("*")} == before
    assert files(archive) == contents


@pytest.mark.parametrize(
    "setting",
    [
        "statistics.confidence=0.9",
        "metrics.response=like",
        "labels.channel={FB: Facebook}",
        "report.title=Another title",
        "sections=[summary]",
    ],
)
def test_what_is_computed_otherwise_has_another_id(tiny: Path, setting: str) -> None:
    assert ran(tiny, setting).run.run_id != ran(tiny).run.run_id


def test_another_as_of_has_another_id(tiny: Path) -> None:
    assert ran(tiny, as_of=date(2025, 3, 1)).run.run_id != ran(tiny).run.run_id


def test_another_template_has_another_id(tiny: Path) -> None:
    from growthml.render.sources import export

    templates = tiny.parent / "templates"
    export(templates)
    same = ran(tiny, f"output.templates={templates}")
    style = templates / "screen.css"
    style.write_text(style.read_text(encoding="utf-8") + "\n/* ours */\n", encoding="utf-8")
    changed = ran(tiny, f"output.templates={templates}")
    assert same.run.run_id == ran(tiny).run.run_id
    assert changed.run.run_id != same.run.run_id
    assert "/* ours */" in page(changed)


@pytest.mark.parametrize(
    "setting",
    ["output.formats=[html, pdf]", "output.archive=elsewhere", "delivery.folder=out"],
)
def test_where_a_report_goes_has_no_part_in_its_id(tiny: Path, setting: str) -> None:
    assert ran(tiny, setting, archive=tiny.parent / "reports").run.run_id == ran(tiny).run.run_id


def test_only_some_sections_are_another_run(tmp_path: Path) -> None:
    config = write_pair(tmp_path, baseline=EMPTY, new=EMPTY)
    only = ran(config, only=["summary"])
    assert [each.section.id for each in only.run.sections] == ["summary"]
    assert only.run.run_id != ran(config).run.run_id


def test_an_unknown_section_is_named(tiny: Path) -> None:
    with pytest.raises(UsageError, match="--only sumary: there is no such section"):
        ran(tiny, only=["sumary"])


# -- sections that fail ------------------------------------------------------------------------


def test_a_failing_section_is_a_visible_box(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_section(monkeypatch, "acquisition", failing)
    outcome = ran(tiny, formats=["html", "pdf"])
    assert outcome.exit_code == 1
    assert outcome.run.status == "partial"
    row = next(each for each in manifest(outcome)["sections"] if each["id"] == "acquisition")
    assert row["status"] == "failed"
    assert "ZeroDivisionError: no user left" in row["error"]
    assert row["tables"] == []
    assert "no user left" in words(outcome)
    assert table(outcome, "summary.kpis")
    others = {name: status for name, status in statuses(outcome).items() if name != "acquisition"}
    assert set(others.values()) == {"ok"}
    assert "no user left" in pdf_text(outcome.folder / "report.pdf")


def pdf_text(path: Path) -> str:
    pypdf = pytest.importorskip("pypdf")
    pages = pypdf.PdfReader(path).pages
    return re.sub(r"\s+", " ", " ".join(each.extract_text() for each in pages))


def test_a_figure_that_cannot_be_drawn_fails_its_section_alone(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from growthml.render import drawings

    draw = drawings.draw_all

    def draw_all(run: Any) -> Any:
        if run.sections[0].section.id == "acquisition":
            raise ValueError("ink is out")
        return draw(run)

    monkeypatch.setattr(drawings, "draw_all", draw_all)
    outcome = ran(tiny)
    assert statuses(outcome)["acquisition"] == "failed"
    assert statuses(outcome)["summary"] == "ok"
    assert outcome.exit_code == 1
    assert "ink is out" in words(outcome)


def test_a_fact_that_cannot_be_counted_fails_the_sections_that_need_it(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from growthml.facts import FACTS, count

    def query(*_: object) -> Any:
        import sqlalchemy as sa

        return sa.select(sa.literal("x").label("campaign"), sa.text("no_such_column"))

    monkeypatch.setattr(
        count, "FACTS", {**FACTS, "spenders": replace(FACTS["spenders"], query=query)}
    )
    outcome = ran(tiny)
    failed = {each.section.id: each for each in outcome.run.sections if each.status == "failed"}
    assert list(failed) == ["profitability"]
    assert "no_such_column" in failed["profitability"].reason
    assert outcome.exit_code == 1


def test_a_query_that_takes_too_long_fails_its_sections(tiny: Path, tmp_path: Path) -> None:
    many = Site(
        users=[(n, "FB", "2025-01-01") for n in range(20_000)],
        events=[(n % 20_000, "bought", "2025-01-02", 1) for n in range(60_000)],
    )
    config = write_pair(tmp_path / "slow", baseline=many, new=many)
    outcome = ran(config, "sources.spring.timeout=0.001")
    failed = [each for each in outcome.run.sections if each.status is Status.FAILED]
    assert failed
    assert all("sources.spring.timeout" in each.reason for each in failed)
    assert outcome.exit_code == 1
    assert "sources.spring.timeout" in words(outcome)


@pytest.mark.parametrize(
    ("policy", "status", "code"),
    [
        ("{required: true, on_failure: hold}", "held", 5),
        ("{required: true}", "held", 5),
        ("{required: true, on_failure: partial}", "partial", 1),
        ("{on_failure: skip}", "ok", 1),
        ("{on_failure: hold}", "held", 5),
    ],
)
def test_what_a_failure_does_is_the_configs_to_say(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, policy: str, status: str, code: int
) -> None:
    with_section(monkeypatch, "acquisition", failing)
    outcome = ran(tiny, f"sections=[summary, acquisition: {policy}]")
    assert outcome.run.status == status
    assert outcome.exit_code == code
    assert manifest(outcome)["status"] == status


@pytest.mark.parametrize(
    ("policy", "code"), [("{required: true}", 5), ("{required: true, on_failure: partial}", 1)]
)
def test_a_required_section_may_not_be_empty(tmp_path: Path, policy: str, code: int) -> None:
    config = write_pair(tmp_path, baseline=EMPTY, new=EMPTY)
    assert ran(config, f"sections=[summary: {policy}]").exit_code == code


def test_a_section_that_lacks_a_field_is_empty_when_asked_for_and_absent_when_not(
    tiny: Path,
) -> None:
    users = {"users": {"table": "Users", "id": "id", "channel": "Campaign_ID"}}
    asked_for = ran(config_of(tiny.parent, schema=users, sections=["summary", "tendencies"]))
    by_default = ran(config_of(tiny.parent, schema=users, sections=None))
    assert "tendencies" not in statuses(by_default)
    assert "summary" in statuses(by_default)
    assert statuses(asked_for)["tendencies"] == "empty"
    assert "events.action" in words(asked_for)


# -- the folder --------------------------------------------------------------------------------


def test_the_manifest_holds_what_it_promises(tiny: Path) -> None:
    outcome = ran(tiny, formats=["html", "pdf"])
    found = manifest(outcome)
    assert {
        "schema_version",
        "run_id",
        "report",
        "as_of",
        "status",
        "campaigns",
        "sources",
        "sections",
        "facts",
        "versions",
        "outputs",
    } <= found.keys()
    assert found["run_id"] == outcome.folder.name
    assert found["report"] == {"name": "tiny", "title": "Tiny"}
    assert found["as_of"] == "2025-02-18"
    assert found["status"] == "ok"
    assert found["sources"][0] == {
        "name": "spring",
        "url": "sqlite:///spring.db",
        "dialect": "sqlite",
        "rows": {"users": 4, "events": 4},
        "latest_event": "2025-02-12 00:00:00",
        "campaigns": ["baseline"],
        "seconds_behind": None,
    }
    for section in found["sections"]:
        assert section.keys() >= {
            "id",
            "status",
            "seconds",
            "error",
            "tables",
            "figures",
            "findings",
        }
        for name in section["tables"]:
            assert (outcome.folder / "tables" / f"{name}.csv").is_file()
        for figure in section["figures"]:
            assert (outcome.folder / "figures" / f"{figure['id']}.svg").is_file()
    for fact in found["facts"]:
        assert fact.keys() >= {"name", "campaign", "sql", "parameters", "rows", "seconds"}
        assert fact["sql"].startswith(("SELECT", "WITH"))


def test_the_manifest_names_every_other_file_with_its_true_hash(tiny: Path) -> None:
    outcome = ran(tiny, formats=["html", "pdf"])
    stored = files(outcome.folder)
    listed = {each["file"]: each for each in manifest(outcome)["outputs"]}
    assert listed.keys() == stored.keys() - {"run.json"}
    for name, each in listed.items():
        assert each["bytes"] == len(stored[name])
        assert each["sha256"] == hashlib.sha256(stored[name]).hexdigest()


def test_no_file_names_this_machine(tiny: Path) -> None:
    outcome = ran(tiny, formats=["html", "pdf"])
    here = str(tiny.parent).encode()
    assert [name for name, content in files(outcome.folder).items() if here in content] == []


def test_nothing_is_left_when_writing_fails_in_the_middle(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from growthml.archive import store

    write, written = store.write, []

    def full(path: Path, content: bytes) -> None:
        if len(written) == 3:
            raise OSError(28, "No space left on device")
        written.append(path)
        write(path, content)

    monkeypatch.setattr(store, "write", full)
    with pytest.raises(GrowthError, match="No space left on device"):
        ran(tiny)
    assert len(written) == 3
    assert list((tiny.parent / "reports").rglob("*")) == []


def test_what_a_crashed_run_left_does_not_disturb(tiny: Path) -> None:
    name = ran(tiny, archive=tiny.parent / "first").run.run_id
    left = tiny.parent / "reports" / "tiny" / f".{name}.0badcafe"
    left.mkdir(parents=True)
    (left / "report.html").write_text("half", encoding="utf-8")
    outcome = ran(tiny)
    assert outcome.added
    assert (outcome.folder / "run.json").is_file()


def test_an_archive_that_cannot_be_written_is_a_clear_error(tiny: Path) -> None:
    (tiny.parent / "reports").write_text("a file, not a folder", encoding="utf-8")
    with pytest.raises(GrowthError, match=r"cannot write the run .*reports.*; nothing was added"):
        ran(tiny)


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "read-only"
    folder.mkdir()
    folder.chmod(0o555)
    if os.access(folder, os.W_OK):
        pytest.skip("this user may write anywhere")
    yield folder
    folder.chmod(0o755)


def test_a_read_only_archive_is_a_clear_error(tiny: Path, read_only: Path) -> None:
    with pytest.raises(GrowthError, match="Permission denied"):
        ran(tiny, archive=read_only)


# -- windows, filters, overlap -----------------------------------------------------------------

WEEKS = Site(
    users=[(n, "FB", "2025-02-01") for n in range(1, 5)],
    events=[
        (1, "like", "2025-02-24", 1),
        (2, "bought", "2025-02-25", 1),
        (3, "like", "2025-03-02", 1),
        (2, "bought", "2025-03-03", 1),
        (3, "bought", "2025-03-09", 2),
        (4, "like", "2025-03-10", 1),
    ],
)
"""Of four users three act in the week of 24 February (one buys), two in that of 3 March (both)."""


@pytest.fixture
def weeks(tmp_path: Path) -> Path:
    WEEKS.write(tmp_path / "site.db")
    return config_of(
        tmp_path,
        sources={"site": {"url": f"sqlite:///{tmp_path / 'site.db'}"}},
        campaigns={"week": {"source": "site", "label": "This week"}},
        period="last_week",
        baseline="previous_period",
    )


def test_this_week_against_the_week_before(weeks: Path) -> None:
    outcome = ran(weeks, as_of=date(2025, 3, 12))
    kpis = by(table(outcome, "summary.kpis"), "metric", "campaign")
    assert float(kpis["users", "previous_period"]["value"]) == 3
    assert float(kpis["buyers", "previous_period"]["value"]) == 1
    assert float(kpis["revenue", "previous_period"]["value"]) == 10
    assert float(kpis["users", "week"]["value"]) == 2
    assert float(kpis["buyers", "week"]["value"]) == 2
    assert float(kpis["revenue", "week"]["value"]) == 30
    windows = [(each["start"], each["end"]) for each in manifest(outcome)["campaigns"]]
    assert windows == [("2025-02-24", "2025-03-03"), ("2025-03-03", "2025-03-10")]


def test_users_of_both_weeks_are_counted_and_said(weeks: Path) -> None:
    said = words(ran(weeks, as_of=date(2025, 3, 12)))
    assert "2 of 3 Week 9 users are in another campaign too." in said
    assert "2 of 2 This week users are in another campaign too." in said


def test_users_of_both_weeks_may_be_left_out(weeks: Path) -> None:
    outcome = ran(weeks, "overlap=exclude", as_of=date(2025, 3, 12))
    kpis = by(table(outcome, "summary.kpis"), "metric", "campaign")
    assert float(kpis["users", "previous_period"]["value"]) == 1
    assert float(kpis["users", "week"]["value"]) == 0


def test_a_window_of_a_campaign_holds_its_first_day_and_not_its_last(weeks: Path) -> None:
    outcome = ran(
        weeks,
        "period=all",
        "baseline=early",
        "campaigns={early: {source: site, window: {from: 2025-02-24, to: 2025-03-03}},"
        " late: {source: site, window: {from: 2025-03-03, to: 2025-03-10}}}",
    )
    kpis = by(table(outcome, "summary.kpis"), "metric", "campaign")
    assert float(kpis["purchases", "early"]["value"]) == 1
    assert float(kpis["purchases", "late"]["value"]) == 2
    assert outcome.run.context.as_of == date(2025, 3, 9)


def test_a_filter_cuts_a_campaign_out_of_a_source(tiny: Path) -> None:
    campaigns = {
        "facebook": {"source": "summer", "where": {"channel": "FB"}},
        "pinterest": {"source": "summer", "where": {"users.Campaign_ID": ["PI", "XX"]}},
    }
    outcome = ran(config_of(tiny.parent, campaigns=campaigns))
    kpis = by(table(outcome, "summary.kpis"), "metric", "campaign")
    assert float(kpis["users", "facebook"]["value"]) == 2
    assert float(kpis["users", "pinterest"]["value"]) == 3
    assert float(kpis["revenue", "pinterest"]["value"]) == 40


def test_three_campaigns_are_compared_with_the_first(tiny: Path) -> None:
    config = config_of(
        tiny.parent,
        campaigns={
            "baseline": {"source": "spring"},
            "one": {"source": "summer"},
            "two": {"source": "spring", "where": {"channel": "PI"}},
        },
    )
    outcome = ran(config)
    kpis = by(table(outcome, "summary.kpis"), "metric", "campaign")
    assert float(kpis["conversion_rate", "one"]["baseline_value"]) == pytest.approx(0.25)
    assert float(kpis["conversion_rate", "two"]["baseline_value"]) == pytest.approx(0.25)
    assert float(kpis["conversion_rate", "two"]["value"]) == pytest.approx(0.5)


# -- the configs that come with the product ----------------------------------------------------


@pytest.mark.parametrize("name", ["demo", "campaigns"])
def test_shipped_configs_run_as_they_stand(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BASELINE_URL", raising=False)
    monkeypatch.delenv("NEW_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    SPRING.write(tmp_path / "data" / "demo-spring.db")
    SUMMER.write(tmp_path / "data" / "demo-summer.db")
    config = Path(__file__).parents[1] / "config" / f"{name}.yml"
    outcome = ran(config, formats=["html"])
    assert outcome.exit_code == 0
    assert outcome.folder.parent == Path("reports") / name
    assert {statuses(outcome)[section] for section in SECTIONS} == {"ok"}


def test_the_campaigns_config_takes_its_databases_from_the_environment(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BASELINE_URL", f"sqlite:///{tiny.parent / 'summer.db'}")
    monkeypatch.setenv("NEW_URL", f"sqlite:///{tiny.parent / 'spring.db'}")
    config = Path(__file__).parents[1] / "config" / "campaigns.yml"
    outcome = ran(config, archive=tiny.parent / "reports", formats=["html"])
    kpis = by(table(outcome, "summary.kpis"), "metric", "campaign")
    assert float(kpis["users", "baseline"]["value"]) == 5


def test_keys_nothing_is_done_with_are_said(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = plan.read_config(tiny, ["sources.spring.same_users=true"])
    run(config, progress=Progress())
    assert "does nothing with: sources.spring.same_users" in capsys.readouterr().err


def test_without_sections_every_one_runs(tiny: Path) -> None:
    outcome = ran(config_of(tiny.parent, sections=None))
    assert set(SECTIONS) <= statuses(outcome).keys() <= set(all_sections())
    assert list(statuses(outcome)) == [each for each in all_sections() if each in statuses(outcome)]


def test_a_fact_takes_its_arguments_from_the_sections_options(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from growthml.facts import FACTS, count

    asked: list[tuple[str, ...]] = []
    seen: list[set[str]] = []
    summary = all_sections()["data_quality"]

    def query(relations: Any, *arguments: str) -> Any:
        asked.append(arguments)
        return FACTS["span"].query(relations)

    def compute(facts: Any, context: Any, options: Any) -> Answer:
        seen.append(set(facts))
        return summary.compute(facts, context, options)

    section = replace(summary, facts=(*summary.facts, "aged:{stale_days}:x?"), compute=compute)
    monkeypatch.setattr(plan, "all_sections", lambda: {**all_sections(), "data_quality": section})
    monkeypatch.setattr(count, "FACTS", {**FACTS, "aged": replace(FACTS["span"], query=query)})
    outcome = ran(tiny, "sections=[data_quality: {stale_days: 12}]")
    assert asked == [("12", "x")] * 2
    assert "aged" in seen[0]
    assert "aged:12:x" in outcome.run.sections[0].facts
    assert "aged:12:x" in {fact["name"] for fact in manifest(outcome)["facts"]}
