"""The front page: which findings it takes, what it says without a summary, what gives way."""

from __future__ import annotations

from dataclasses import replace

from growthml.parts import Finding, Run, SectionRun, Status
from growthml.render.drawings import draw_all
from growthml.render.front import Fit, FrontPage
from growthml.render.page import page
from tests.render import story
from tests.render.story import CHURN, COHORTS, PROFITABILITY, SUMMARY, TENDENCIES


def front(run: Run) -> FrontPage:
    return page(run, draw_all(run), rows=25).front


def saying(part: SectionRun, *findings: Finding) -> SectionRun:
    assert part.answer is not None
    return replace(part, answer=replace(part.answer, findings=findings, blocks=()))


def test_the_heaviest_finding_of_three_sections():
    view = front(story.story())
    assert [(c.heading, c.section) for c in view.callouts] == [
        ("Pinterest is the shop", "Profitability"),
        ("Each network does one thing", "Tendencies"),
        ("Few users do anything", "Cohorts"),
    ]
    assert view.risk is not None
    assert view.risk.heading == "One network"


def test_one_section_may_speak_twice_only_when_others_are_silent():
    light, heavy = story.finding("a", "1", 0.3), story.finding("b", "2", 0.9)
    other = story.finding("c", "3", 0.1)
    both = story.story(SUMMARY, saying(TENDENCIES, light, heavy), saying(COHORTS, other))
    assert [c.heading for c in front(both).callouts] == ["b", "a", "c"]
    crowded = story.story(
        saying(TENDENCIES, light, heavy), saying(COHORTS, other), saying(PROFITABILITY, other)
    )
    assert [c.heading for c in front(crowded).callouts] == ["b", "c", "c"]


def test_findings_of_a_doubtful_section_stay_off_the_front_page():
    doubtful = replace(PROFITABILITY, status=Status.SUSPICIOUS, reason="Half the rows are gone.")
    assert [c.section for c in front(story.story(SUMMARY, doubtful, COHORTS)).callouts] == [
        "Cohorts"
    ]


def test_tested_kpis_come_first():
    kpis = tuple(reversed(story.KPIS))
    (group,) = front(story.story(story.with_front(SUMMARY, kpis=kpis))).groups
    assert [line.tested for line in group.lines] == [True] * 4 + [False] * 4


def test_several_campaigns_have_a_sub_head_each():
    view = front(story.three_arms())
    assert [group.head for group in view.groups] == [
        "Summer against Spring",
        "Autumn against Spring",
    ]
    assert [len(group.lines) for group in view.groups] == [4, 4]
    assert view.compared == "Compared"


def test_what_gives_way():
    view = front(story.story())
    assert view.hero is not None
    bare = view.fitted(Fit(hero=False, untested=3))
    assert bare.hero is None
    assert [line.row.name for line in bare.groups[0].lines][4:] == ["Users", "Buyers", "Purchases"]
    assert bare.groups[0].hidden == 1
    assert bare.coverage == view.coverage


def test_without_a_named_figure_the_heaviest_callout_with_a_low_wide_one_gives_it():
    view = front(story.story(story.with_front(SUMMARY, hero=None), PROFITABILITY, TENDENCIES))
    assert view.hero is not None
    assert view.hero.title == story.ACTIONS.title


def test_a_figure_of_a_failed_section_is_not_missed():
    failed = replace(TENDENCIES, status=Status.FAILED, answer=None, reason="Lost.")
    assert front(story.story(SUMMARY, failed, COHORTS)).hero is None


def test_a_run_whose_summary_failed_says_so():
    failed = replace(SUMMARY, status=Status.FAILED, answer=None, reason="No users were found.")
    view = front(story.story(failed, COHORTS))
    assert view.verdict == "This report has no summary"
    assert view.lede == "No users were found."
    assert view.banners[0] == "This report is incomplete: no answer from Summary."
    assert view.coverage == (
        "22 Apr 2013 – 20 Apr 2014 (Spring), 21 Apr 2013 – 20 Apr 2014 (Summer), UTC"
    )


def test_the_banner_names_every_failed_section():
    view = front(story.story(SUMMARY, CHURN, status="partial"))
    assert view.banners == ["This report is incomplete: no answer from Churn."]
