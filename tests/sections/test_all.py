"""What holds for every section, whatever the data: limits, words, tables, figures."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest

from growthml import plan
from growthml.charts import Chart
from growthml.parts import Run, SectionRun, Status, Table
from growthml.progress import Progress
from growthml.render.drawings import draw_all
from growthml.run import run
from growthml.sections import all_sections
from tests.conftest import Pair
from tests.facts.web import FIELDS, web
from tests.sites import EMPTY, SPRING, SUMMER, Site, config_of, write_pair

CONTRACT = {
    "history": {"kpis": "run_id as_of campaign metric value"},
    "summary": {
        "kpis": "metric unit campaign n value baseline_value difference relative_difference ci_low"
        " ci_high p_value q_value verdict target on_target"
    },
    "acquisition": {
        "users_by_channel": "campaign channel users share",
        "mix_test": "campaign chi2 dof p_value cramers_v",
        "signups": "campaign period channel users",
    },
    "tendencies": {
        "actions_by_channel": "campaign channel action events users share per_user index",
        "categories_by_channel": "campaign channel category events responses share index",
        "associations": "campaign x y n chi2 dof p_value q_value cramers_v",
    },
    "profitability": {
        "by_channel": "campaign channel users buyers purchases revenue conversion_rate"
        " average_order_value revenue_per_user cost profit roi",
        "by_category": "campaign category purchases revenue share",
        "top_users": "campaign rank user_id channel purchases revenue",
        "concentration": "campaign user_fraction revenue_share",
    },
    "data_quality": {"checks": "campaign check rows_checked rows_failed severity detail"},
    "lift": {
        "campaign": "campaign channel baseline_users baseline_responders users responders"
        " baseline_rate rate lift ci_low ci_high p_value q_value",
        "gains": "campaign model bin users responders response_rate lift cumulative_users"
        " cumulative_gain cumulative_lift",
        "incremental_value": "campaign metric per_user ci_low ci_high total",
    },
    "profit_curve": {
        "curve": "campaign model fraction users_targeted profit",
        "optimum": "campaign model fraction users_targeted threshold profit profit_if_all"
        " profit_if_none",
    },
    "recommendations": {
        "evaluation": "campaign method k users hit_rate ndcg coverage",
        "by_channel": "campaign channel rank item_id category score",
        "by_user": "campaign user_id rank item_id category score",
    },
    "propensity": {
        "models": "campaign model train_users test_users base_rate roc_auc roc_auc_ci_low"
        " roc_auc_ci_high average_precision brier log_loss",
        "calibration": "campaign model bin users mean_predicted observed_rate",
        "drivers": "campaign model feature effect ci_low ci_high p_value importance",
        "spend": "campaign model r2 adjusted_r2 mae rmse n",
        "targets": "campaign rank user_id channel probability expected_value",
    },
    "segments": {
        "selection": "campaign k silhouette",
        "profiles": "campaign segment name users share",
    },
    "ltv": {
        "by_channel": "campaign channel users buyers average_order_value purchases_per_month"
        " retention_months ltv_per_buyer ltv_per_user",
        "by_category": "campaign category users buyers average_order_value purchases_per_month"
        " retention_months ltv_per_buyer ltv_per_user",
        "by_demographic": "campaign channel category users buyers average_order_value"
        " purchases_per_month retention_months ltv_per_buyer ltv_per_user",
        "top_users": "campaign rank user_id channel purchases months average_order_value ltv"
        " predicted_purchases predicted_value",
        "model": "campaign model parameter value",
    },
    "cohorts": {
        "retention": "campaign cohort cohort_users month active_users retention",
        "revenue": "campaign cohort month revenue cumulative_revenue_per_user",
    },
    "churn": {
        "by_channel": "campaign channel users churned churn_rate ci_low ci_high",
        "by_behaviour": "campaign behaviour users churned churn_rate ci_low ci_high",
        "survival": "campaign channel day at_risk events survival ci_low ci_high",
    },
    "traffic": {
        "summary": "source metric value ci_low ci_high n",
        "pages": "source page requests sessions visitors bounce_rate",
        "referrers": "source referrer requests sessions visitors bounce_rate",
        "correlations": "source x y n pearson spearman p_value",
        "regression": "source model term coefficient std_error ci_low ci_high p_value",
        "login": "source model test_users base_rate roc_auc brier",
        "login_scores": "source user_id probability",
    },
}
"""The columns that are always there, as the documented tables list them."""

KPIS = {
    "users",
    "active_users",
    "activation_rate",
    "buyers",
    "conversion_rate",
    "purchases",
    "purchases_per_buyer",
    "revenue",
    "average_order_value",
    "revenue_per_user",
    "profit",
    "roi",
    "bought_rate",
    "like_rate",
    "share_rate",
    "nothing_rate",
}

FORBIDDEN = re.compile(
    r"\bno difference\b|\bno effect\b|\bdo(?:es)? not depend\b|\babout equal\b|\bsignificant"
    r"|\btrending\b|\bproves?\b|\bdrives?\b|\bcauses\b|\bcaused\b|\bthanks to\b|\buplift\b"
    r"|\bchance the new\b|\bmassive|\bskyrocket|\bN/A\b|\bnull\b|\bNone\b|\bna[nt]\b|\binf\b"
    r"|\bdata unavailable\b|!|\bI\b|\bwe\b|\bour\b|\bus\b",
    re.IGNORECASE,
)
CASED = {"I": "I", "us": "us", "inf": "inf", "None": "None"}
"""Of these only this very spelling counts: `US` is a country, `none` a word."""


class Case(NamedTuple):
    """A report on some data: what was found, and the page that says so."""

    run: Run
    page: str


@dataclass(frozen=True)
class Sentence:
    """Something a reader reads, and where it stands."""

    place: str
    text: str


def report(config: Path, **options: Any) -> Case:
    outcome = run(
        plan.read_config(config), formats=["html"], progress=Progress(quiet=True), **options
    )
    return Case(outcome.run, (outcome.folder / "report.html").read_text(encoding="utf-8"))


def simulated(folder: Path, pair: Pair) -> Path:
    return config_of(
        folder,
        sources={
            "spring": {"url": f"sqlite:///{pair.baseline.path}"},
            "summer": {"url": f"sqlite:///{pair.new.path}"},
        },
        sections=None,
        metrics={"costs": {"FB": 0.45, "TW": 0.25, "RE": 0.35, "PI": 0.55}},
        labels={"channel": {"FB": "Facebook", "TW": "Twitter", "RE": "Reddit", "PI": "Pinterest"}},
    )


def weekly(folder: Path, pair: Pair) -> Path:
    return config_of(
        folder,
        sources={"site": {"url": f"sqlite:///{pair.new.path}"}},
        campaigns={"week": {"source": "site"}},
        period="last_week",
        baseline="previous_period",
        sections=["summary", "history", "acquisition"],
    )


def own_sections(folder: Path) -> Path:
    """The skeleton of a file, and queries that are drawn, compared and held against a bound."""
    from growthml.skeleton import my_section

    by_channel = """
        select u.channel, count(distinct u.user_id) as users, count(distinct e."User_Id") as active
        from report_users u left join "Event" e on e."User_Id" = u.user_id
        group by u.channel order by u.channel
    """
    days = 'select date(date) as day, count(*) as n from "Event" group by 1 order by 1'
    compare = {"successes": "active", "n": "users"}
    queries: list[dict[str, Any]] = [
        {"id": "active", "query": by_channel, "chart": "interval", "compare": compare},
        {"id": "bars", "query": by_channel, "chart": "bar", "y": "users"},
        {"id": "days", "query": days, "chart": "line"},
        {"id": "much", "query": days, "thresholds": [{"column": "n", "above": 0}]},
        {"id": "nothing", "query": "select 1 as n where 1 = 0"},
    ]
    return write_pair(
        folder,
        extra_sections=[str(Path(my_section.__file__))],
        sections=["my_section", *({"sql": each} for each in queries)],
    )


ONE = Site(users=[(1, "FB", "2025-01-02")], events=[(1, "bought", "2025-01-03", 1)])

PARTNERS = [f"Partner newsletter number {n} of the neighbouring district" for n in range(40)]

HOSTILE = [
    "<script>alert('x')</script>",
    "\"quoted\" & 'single' </td>",
    "party \U0010fffd time",
    "$\\frac{1}{2}$ and $x_1^2$",
    "{{ 7 * 7 }} {% raw %}",
    "%s %d ${HOME} \\n",
]


def busy(channels: list[str], categories: list[str]) -> Site:
    """Six users from every channel: two buy, two like, one shares, one does nothing."""
    actions = ["bought", "bought", "like", "like", "share", "nothing"]
    people = [
        (6 * place + n + 1, channel, n) for place, channel in enumerate(channels) for n in range(6)
    ]
    return Site(
        users=[(user, channel, f"2025-0{n % 3 + 1}-05") for user, channel, n in people],
        events=[
            (user, actions[n], "2025-04-01", user % len(categories) + 1) for user, _, n in people
        ],
        meals=[(n + 1, category, "2025-01-01", 10 + n) for n, category in enumerate(categories)],
    )


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory, simulated_pair: Pair) -> Callable[[str], Case]:
    """`cases("empty")` is that report, made once."""
    made: dict[str, Case] = {}

    def make(name: str) -> Case:
        folder = tmp_path_factory.mktemp(name.replace(" ", "-"))
        crowd = busy(PARTNERS, [f"a kitchen of the {n}th rather far province" for n in range(25)])
        hostile = busy(HOSTILE, HOSTILE)
        match name:
            case "simulated":
                return report(simulated(folder, simulated_pair))
            case "empty":
                return report(write_pair(folder, baseline=EMPTY, new=EMPTY, sections=None))
            case "one user":
                return report(write_pair(folder, baseline=ONE, new=ONE, sections=None))
            case "forty channels":
                return report(write_pair(folder, baseline=crowd, new=crowd, sections=None))
            case "hostile labels":
                labels = dict.fromkeys(HOSTILE[:2], HOSTILE[0] + HOSTILE[3])
                return report(
                    write_pair(
                        folder,
                        baseline=hostile,
                        new=hostile,
                        sections=None,
                        report={"name": "tiny", "title": HOSTILE[0]},
                        campaigns={
                            "baseline": {"source": "spring", "label": HOSTILE[0]},
                            "new": {"source": "summer", "label": HOSTILE[3]},
                        },
                        labels={
                            "channel": labels,
                            "category": labels,
                            "action": {"like": HOSTILE[1]},
                        },
                    )
                )
            case "web log":
                requests = {"table": "hits_of_ours", "malformed": "unread", **FIELDS}
                source = {"url": web("duckdb", folder).url, "schema": {"requests": requests}}
                return report(
                    config_of(folder, sources={"log": source}, campaigns=None, sections=None)
                )
            case "own sections":
                return report(own_sections(folder))
            case "tenth report":
                config = weekly(folder, simulated_pair)
                for week in range(10, 19):
                    report(config, as_of=date.fromisocalendar(2025, week, 1), only=["summary"])
                return report(config, as_of=date.fromisocalendar(2025, 19, 1))
            case "three campaigns":
                config = simulated(folder, simulated_pair)
                autumn = (
                    "campaigns.autumn={source: summer, label: Autumn, where: {channel: [FB, PI]}}"
                )
                outcome = run(
                    plan.read_config(config, [autumn]),
                    formats=["html"],
                    progress=Progress(quiet=True),
                )
                page = (outcome.folder / "report.html").read_text(encoding="utf-8")
                return Case(outcome.run, page)
            case _:
                return report(write_pair(folder, baseline=SPRING, new=SUMMER, sections=None))

    def case(name: str) -> Case:
        if name not in made:
            made[name] = make(name)
        return made[name]

    return case


NAMES = [
    "simulated",
    "empty",
    "one user",
    "a few users",
    "forty channels",
    "hostile labels",
    "three campaigns",
    "tenth report",
    "web log",
    "own sections",
]

EVERY_CASE = pytest.mark.parametrize("name", NAMES)


def charts(part: SectionRun) -> list[Chart]:
    return [block for block in _blocks(part) if isinstance(block, Chart)]


def tables(part: SectionRun) -> dict[str, Table]:
    return {block.id: block for block in _blocks(part) if isinstance(block, Table)}


def _blocks(part: SectionRun) -> list[Chart | Table]:
    return list(part.answer.blocks) if part.answer else []


def sentences(part: SectionRun) -> Iterator[Sentence]:
    """Everything a section says."""
    place = part.section.id
    yield Sentence(place, part.reason)
    if part.answer is None:
        return
    answer = part.answer
    yield Sentence(f"{place} headline", answer.headline)
    yield from (Sentence(f"{place} caveat", text) for text in answer.caveats)
    for finding in answer.findings:
        yield from (
            Sentence(f"{place} finding", text)
            for text in (finding.heading, finding.text, finding.caveat)
        )
    for term, definition in answer.definitions:
        yield Sentence(f"{place} definition", f"{term}: {definition}")
    for block in answer.blocks:
        words = (
            (block.title, block.subtitle, block.alt, block.how_to_read)
            if isinstance(block, Chart)
            else (block.title, block.note, block.order, *(each.head for each in block.columns))
        )
        yield from (Sentence(f"{place}.{block.id}", text) for text in words)
    if answer.front is not None:
        front = answer.front
        said = (front.verdict, front.lede, front.coverage, front.note, *front.banners)
        yield from (Sentence(f"{place} front", text) for text in said)


def test_the_contract_is_the_sections_own() -> None:
    for name, wanted in CONTRACT.items():
        if name not in all_sections():
            continue
        own = all_sections()[name].tables
        for table, columns in wanted.items():
            assert set(columns.split()) <= set(own[table]), f"{name}.{table}"


@pytest.mark.parametrize("name", list(all_sections()))
def test_a_section_has_a_title_and_a_question(name: str) -> None:
    section = all_sections()[name]
    assert section.id == name
    assert section.title
    assert section.question.endswith("?")
    assert section.compute.__doc__


@EVERY_CASE
def test_no_section_fails(cases: Callable[[str], Case], name: str) -> None:
    reasons = {
        part.section.id: part.reason
        for part in cases(name).run.sections
        if part.status is Status.FAILED
    }
    assert reasons == {}


@pytest.mark.parametrize("name", ["simulated", "three campaigns"])
def test_every_promised_table_and_column_is_there(cases: Callable[[str], Case], name: str) -> None:
    for part in cases(name).run.sections:
        found = tables(part)
        for table, columns in part.section.tables.items():
            assert table in found, f"{part.section.id}.{table}"
            missing = set(columns) - set(found[table].frame.columns)
            assert missing == set(), f"{part.section.id}.{table}"
            assert len(found[table].frame), f"{part.section.id}.{table}"


def test_every_kpi_is_there(cases: Callable[[str], Case]) -> None:
    found = {part.section.id: part for part in cases("simulated").run.sections}
    frame = tables(found["summary"])["kpis"].frame
    for campaign in ("baseline", "new"):
        assert set(frame[frame["campaign"] == campaign]["metric"]) >= KPIS


@EVERY_CASE
def test_tables_have_their_columns_and_name_every_campaign_by_its_key(
    cases: Callable[[str], Case], name: str
) -> None:
    found = cases(name).run
    keys = {campaign.key for campaign in found.context.campaigns}
    for part in found.sections:
        for table in tables(part).values():
            promised = part.section.tables.get(table.id, ())
            assert set(promised) <= set(table.frame.columns), f"{part.section.id}.{table.id}"
            assert set(table.frame["campaign"]) <= keys
            shown = table.frame if table.view is None else table.view
            assert {each.name for each in table.columns} <= set(shown.columns)


@EVERY_CASE
def test_no_table_holds_an_infinite_number(cases: Callable[[str], Case], name: str) -> None:
    for part in cases(name).run.sections:
        for table in tables(part).values():
            numbers = table.frame.select_dtypes("number")
            assert not numbers.isin([float("inf"), float("-inf")]).any(axis=None)


@EVERY_CASE
def test_charts_keep_to_their_limits(cases: Callable[[str], Case], name: str) -> None:
    for part in cases(name).run.sections:
        for chart in charts(part):
            place = f"{part.section.id}.{chart.id}"
            assert 0 < len(chart.title) <= 80, (place, chart.title)
            assert not chart.title.endswith("."), (place, chart.title)
            assert 0 < len(chart.subtitle) <= 110, (place, chart.subtitle)
            assert 0 < len(chart.alt) <= 400, (place, len(chart.alt))
            assert chart.alt != chart.title, place
            assert chart.table in tables(part), place


@EVERY_CASE
def test_ids_are_file_names_and_not_used_twice(cases: Callable[[str], Case], name: str) -> None:
    for part in cases(name).run.sections:
        for ids in ([chart.id for chart in charts(part)], list(tables(part))):
            assert len(ids) == len(set(ids)), ids
            assert all(re.fullmatch(r"[a-z0-9_]+", each) for each in ids), ids
        assert len(tables(part)) + len(charts(part)) == len(_blocks(part))


@EVERY_CASE
def test_findings_stand_on_a_row_that_is_there(cases: Callable[[str], Case], name: str) -> None:
    for part in cases(name).run.sections:
        for finding in part.answer.findings if part.answer else ():
            assert 0 < len(finding.heading) <= 30, finding.heading
            assert re.search(r"\d", finding.text), finding.text
            assert 0 <= finding.weight <= 1
            frame = tables(part)[finding.evidence.table].frame
            rows = pd.Series(data=True, index=frame.index)
            for column, value in finding.evidence.row.items():
                rows &= frame[column].isna() if value is None else frame[column] == value
            assert rows.any(), (finding.heading, finding.evidence)


@EVERY_CASE
def test_figures_have_no_layout_faults(cases: Callable[[str], Case], name: str) -> None:
    faults = {
        f"{figure} {width}": fault
        for figure, widths in draw_all(cases(name).run).items()
        for width, drawing in widths.items()
        for fault in drawing.faults
        if "\U0010fffd" not in fault
    }
    assert faults == {}


def test_a_letter_that_no_font_has_makes_its_sections_suspicious(
    cases: Callable[[str], Case],
) -> None:
    found = {part.section.id: part for part in cases("hostile labels").run.sections}
    assert found["acquisition"].status is Status.SUSPICIOUS
    assert "U+10FFFD" in found["acquisition"].reason


@EVERY_CASE
def test_no_sentence_holds_a_forbidden_word(cases: Callable[[str], Case], name: str) -> None:
    found = [
        (sentence.place, hit[0], sentence.text)
        for part in cases(name).run.sections
        for sentence in sentences(part)
        for hit in FORBIDDEN.finditer(sentence.text)
        if all(hit[0] == exact for word, exact in CASED.items() if hit[0].lower() == word.lower())
    ]
    assert found == []


@EVERY_CASE
def test_the_page_shows_no_number_that_is_none(cases: Callable[[str], Case], name: str) -> None:
    text = re.sub(r"<style.*?</style>", " ", cases(name).page, flags=re.DOTALL)
    text = re.sub(r"<[^>]+>", " ", text)
    assert re.findall(r".{0,40}\b(?:nan|NaN|NaT|inf|None(?!:))\b.{0,40}", text) == []


def test_hostile_labels_are_text_and_nothing_else(cases: Callable[[str], Case]) -> None:
    page = cases("hostile labels").page
    assert "<script" not in page
    assert "&lt;script&gt;alert(" in page
    assert "{{ 7 * 7 }}" in page
    assert "$\\frac{1}{2}$ and $x_1^2$" in page


def test_a_status_other_than_ok_says_why(cases: Callable[[str], Case]) -> None:
    for name in NAMES:
        for part in cases(name).run.sections:
            assert part.status is Status.OK or part.reason, (name, part.section.id)
