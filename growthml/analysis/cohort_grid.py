"""Retention grids: a row a cohort, a column a month (or week) of its life."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from growthml.analysis.cohorts import MOST_AGES, NEXT, Cohorts, Words, row_of
from growthml.analysis.rates import FEWEST_USERS
from growthml.charts import Cell, Grid
from growthml.parts import Campaign, Context
from growthml.words import _, n_

if TYPE_CHECKING:
    import pandas as pd

MOST_COHORTS, LATEST_COHORTS = 15, 12
EDGES = (0.05, 0.10, 0.15, 0.20, 0.30, 0.45)


def grids(cohorts: Cohorts) -> list[Grid]:
    """One grid a campaign where somebody came back and cohorts have lived beyond their first."""
    cells = cohorts.cells
    found = []
    for campaign in cohorts.context.campaigns:
        mine = cells[cells["campaign"] == campaign.key]
        if mine["month"].nunique() > 1 and mine["active_users"].sum():
            found.append(_grid(campaign, mine, cohorts))
    return found


def _grid(campaign: Campaign, cells: pd.DataFrame, cohorts: Cohorts) -> Grid:
    words, context = cohorts.words, cohorts.context
    sizes = {row.began: int(row.cohort_users) for row in cells.itertuples()}
    began = list(sizes)
    shown = began if len(began) <= MOST_COHORTS else began[-LATEST_COHORTS:]
    mine = cells[cells["began"].isin(shown)]
    ages = range(min(int(mine["month"].max()) + 1, MOST_AGES))
    found = {(row.began, row.month): _cell(row, words, context) for row in mine.itertuples()}
    rows = [[found.get((cohort, age)) for age in ages] for cohort in shown]
    names = [_name(cohort, words, context) for cohort in shown]
    users = [sizes[cohort] for cohort in shown]
    if len(began) > 1:
        pooled = cohorts.curve[cohorts.curve["campaign"] == campaign.key]
        together = {row.month: _pooled_cell(row, words, context) for row in pooled.itertuples()}
        rows.append([together.get(age) for age in ages])
        names.append(_("All cohorts"))
        users.append(sum(sizes.values()))
    latest = (
        "" if len(shown) == len(began) else _("; latest {n} of {all}", n=len(shown), all=len(began))
    )
    return Grid(
        id=f"heatmap_{campaign.key}",
        title=_title(campaign, cohorts),
        subtitle=_(
            "{campaign}: users {who}, %, by {units} since {began}{latest}",
            campaign=campaign.label,
            who=words.who,
            units=words.units,
            began=words.began,
            latest=latest,
        )[:110],
        alt=_alt(campaign, mine, cohorts),
        how_to_read=_(
            "A row is the users of one {unit} of {began}; along it, the share {who} that many"
            " {units} later. Open cells: fewer than {fewest_users} users, or a {unit} in progress"
            " (*). Blank: not yet lived.",
            unit=words.noun,
            units=words.units,
            began=words.began,
            who=words.who,
            fewest_users=FEWEST_USERS,
        ),
        half=False,
        table="retention",
        rows=names,
        columns=[str(age) for age in ages],
        cells=rows,
        ramp="sequential",
        edges=EDGES,
        unit="share",
        lead=[(_("Users"), [context.formats.count(each) for each in users])],
        row_height=5.0,
    )


def _cell(row: Any, words: Words, context: Context) -> Cell:
    if row.partial:
        return Cell(text=f"{context.formats.share(row.retention, symbol=False)}*", open=True)
    return _share_cell(row, row.cohort_users, words, context)


def _pooled_cell(row: Any, words: Words, context: Context) -> Cell:
    return _share_cell(row, row.users, words, context)


def _share_cell(row: Any, users: int, words: Words, context: Context) -> Cell:
    """Open where few users are behind it; no colour where everybody is active by definition."""
    text = context.formats.share(row.retention, symbol=False)
    if users < FEWEST_USERS:
        return Cell(text=text, open=True)
    drawn = row.month >= words.first_age
    return Cell(text=text, step=sum(row.retention >= edge for edge in EDGES) if drawn else None)


def _name(cohort: date, words: Words, context: Context) -> str:
    if words.unit == "month":
        return context.formats.month(cohort, full_year=True)
    return context.formats.date(cohort)


def _title(campaign: Campaign, cohorts: Cohorts) -> str:
    words = cohorts.words
    first = row_of(cohorts.curve, campaign, NEXT)
    if first is None:
        return _("Retention by {unit} of {began}", unit=words.noun, began=words.began)[:80]
    share = cohorts.context.formats.share(first.retention)
    told = {"share": share, "act": words.act, "unit": words.noun, "start": words.start}
    title = _(
        "{share} of {campaign} users {act} the {unit} after {start}",
        campaign=campaign.label,
        **told,
    )
    if len(title) <= 80:
        return title
    return _("{share} of users {act} the {unit} after {start}", **told)[:80]


def _alt(campaign: Campaign, cells: pd.DataFrame, cohorts: Cohorts) -> str:
    words, formats = cohorts.words, cohorts.context.formats
    n = cells["began"].nunique()
    start = n_(
        "Retention grid, {campaign}, {n} cohort by {unit} of {began}",
        "Retention grid, {campaign}, {n} cohorts by {unit} of {began}",
        n,
        campaign=campaign.label,
        n=formats.count(n),
        unit=words.noun,
        began=words.began,
    )
    first = row_of(cohorts.curve, campaign, NEXT)
    if first is None:
        return _(
            "{start}; none has lived a whole {unit} after its own.", start=start, unit=words.noun
        )
    told = _(
        "{start}: {unit} {next} pooled {active_users} of {users} ({retention})",
        start=start,
        unit=words.noun,
        next=NEXT,
        active_users=formats.count(first.active_users),
        users=formats.count(first.users),
        retention=formats.share(first.retention),
    )
    large = cells[
        (cells["month"] == NEXT) & (cells["cohort_users"] >= FEWEST_USERS) & ~cells["partial"]
    ].sort_values(["retention", "began"])
    if len(large) < 2:
        return f"{told}."
    last, first = (
        _(
            "{retention} ({began}, {active_users} of {cohort_users})",
            retention=formats.share(row.retention),
            began=_name(row.began, words, cohorts.context),
            active_users=formats.count(row.active_users),
            cohort_users=formats.count(row.cohort_users),
        )
        for row in large.iloc[[-1, 0]].itertuples()
    )
    return _(
        "{told}; cohorts of {fewest_users} or more from {last} to {first}.",
        told=told,
        fewest_users=FEWEST_USERS,
        last=last,
        first=first,
    )
