"""Can these data be trusted?

Counts, per campaign, of events and users with something wrong, and what became of them: left out
of the figures, or kept and flagged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from growthml import shape
from growthml.errors import NotEnoughData
from growthml.parts import (
    Answer,
    Campaign,
    Column,
    Context,
    Evidence,
    Facts,
    Finding,
    Options,
    Section,
    Status,
    Table,
)
from growthml.words import N_, _, n_

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("campaign", "check", "rows_checked", "rows_failed", "severity", "detail")
SERIOUS = 0.01
"""From this share of rows on, a fault is a warning rather than a note."""


class DataQualityOptions(Options):
    """Options of `data_quality`."""

    stale_days: int = 7
    """A campaign is stale when its latest event lies more than this many days before as-of."""


@dataclass(frozen=True)
class Check:
    """One thing that can be wrong: what is said of one row, and of many."""

    id: str
    one: str
    many: str


EVENT_CHECKS = (
    Check(
        "event_before_signup",
        N_("{n} event happened before its user signed up; kept, flagged"),
        N_("{n} events happened before their user signed up; kept, flagged"),
    ),
    Check(
        "missing_time",
        N_("{n} event has no time; left out where a window or a date is needed"),
        N_("{n} events have no time; left out where a window or a date is needed"),
    ),
    Check(
        "future_event",
        N_("{n} event lies in the future; left out"),
        N_("{n} events lie in the future; left out"),
    ),
    Check(
        "unknown_action",
        N_("{n} event has no known action; kept under their own name"),
        N_("{n} events have no known action; kept under their own name"),
    ),
    Check(
        "orphan_item",
        N_("{n} event belongs to no known item; left out of money and categories"),
        N_("{n} events belong to no known item; left out of money and categories"),
    ),
)
DUPLICATE = Check(
    "duplicate_event",
    N_("{n} event repeats another event in every column; kept, flagged"),
    N_("{n} events repeat another event in every column; kept, flagged"),
)
ORPHAN = Check(
    "orphan_user",
    N_("{n} event belongs to no known user; left out"),
    N_("{n} events belong to no known user; left out"),
)
CANCELLED = Check(
    "cancelled",
    N_("{n} event has a quantity of zero or less; left out of purchases"),
    N_("{n} events have a quantity of zero or less; left out of purchases"),
)
CHANNEL = Check(
    "missing_channel",
    N_("{n} user has no channel; kept as a channel “not known”"),
    N_("{n} users have no channel; kept as a channel “not known”"),
)
PRICE = Check(
    "nonpositive_price",
    N_("{n} item has no price above zero; kept; their sales count as priced"),
    N_("{n} items have no price above zero; kept; their sales count as priced"),
)


def compute(facts: Facts, context: Context, options: DataQualityOptions) -> Answer:
    """One row per campaign and check."""
    if not facts["span"]["users"].sum():
        raise NotEnoughData(_("there are no users in any campaign"))
    rows = [
        row
        for campaign in context.campaigns
        for row in _rows(campaign, facts, context, options.stale_days)
    ]
    table = _table(rows)
    failed = table.frame[table.frame["rows_failed"] > 0]
    warned = failed[failed["severity"] == "warning"]
    stale = failed[failed["check"] == "stale"]
    return Answer(
        headline=_headline(failed, warned, context)
        if rows
        else _("Nothing was checked: no column that is mapped can be checked."),
        blocks=[table],
        findings=_findings(failed, context),
        definitions=[
            (
                _("Data checks"),
                _(
                    "a fault of at least {serious} of the rows checked is a warning, below that a"
                    " note",
                    serious=context.formats.share(SERIOUS),
                ),
            )
        ],
        status=Status.SUSPICIOUS if len(stale) else Status.OK,
        reason=str(stale.iloc[0]["detail"]) if len(stale) else "",
    )


def _rows(
    campaign: Campaign, facts: Facts, context: Context, stale_days: int
) -> Iterator[dict[str, Any]]:
    if "event_quality" in facts:
        yield from _event_rows(campaign, facts, context)
    for fact, counted, check in (
        ("user_quality", "users", CHANNEL),
        ("item_quality", "items", PRICE),
    ):
        if fact in facts:
            mine = facts[fact][facts[fact]["campaign"] == campaign.key]
            checked, failed = int(mine[counted].sum()), int(mine[check.id].sum())
            yield _row(campaign, check, checked, failed, context)
    yield from _staleness(campaign, facts["span"], context, stale_days)


def _event_rows(campaign: Campaign, facts: Facts, context: Context) -> Iterator[dict[str, Any]]:
    events = facts["event_quality"]
    mine = events[events["campaign"] == campaign.key]
    checked = int(mine["events"].sum())
    for check in EVENT_CHECKS:
        yield _row(campaign, check, checked, int(mine[check.id].sum()), context)
    # Orphans belong to no campaign: they are counted for every campaign of their source.
    orphans = events[events["orphan"].astype(bool) & (events["source"] == campaign.source)]
    lost = int(orphans["events"].sum())
    yield _row(campaign, ORPHAN, checked + lost, lost, context)
    copies = facts.get("duplicates")
    if copies is not None:
        repeated = int(copies[copies["campaign"] == campaign.key]["duplicates"].sum())
        yield _row(campaign, DUPLICATE, checked, repeated, context)
    if cancelled := int(mine["cancelled"].sum()):
        yield _row(campaign, CANCELLED, checked, cancelled, context)


def _row(
    campaign: Campaign, check: Check, checked: int, failed: int, context: Context
) -> dict[str, Any]:
    severity = "ok"
    if failed:
        severity = "warning" if failed >= SERIOUS * max(checked, 1) else "note"
    said = _(check.one if failed == 1 else check.many, n=context.formats.count(failed))
    return {
        "campaign": campaign.key,
        "check": check.id,
        "rows_checked": checked,
        "rows_failed": failed,
        "severity": severity,
        "detail": said if failed else _("none"),
    }


def _staleness(
    campaign: Campaign, span: pd.DataFrame, context: Context, stale_days: int
) -> Iterator[dict[str, Any]]:
    mine = span[span["campaign"] == campaign.key]
    latest = mine["last_event"].iloc[0] if len(mine) else None
    if not isinstance(latest, datetime) or latest != latest:
        return
    end = shape.last_day(campaign, context)
    age = (end - latest.date()).days
    stale = age > stale_days
    formats = context.formats
    yield {
        "campaign": campaign.key,
        "check": "stale",
        "rows_checked": 1,
        "rows_failed": int(stale),
        "severity": "warning" if stale else "ok",
        "detail": n_(
            "{campaign}'s newest event is of {date}, {n} day before {end}",
            "{campaign}'s newest event is of {date}, {n} days before {end}",
            age,
            campaign=campaign.label,
            date=formats.date(latest.date()),
            n=formats.count(age),
            end=formats.date(end),
        ),
    }


def _table(rows: Sequence[dict[str, Any]]) -> Table:
    import pandas as pd

    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    if frame.empty:
        return Table(id="checks", title=_("What was checked"), frame=frame)
    return Table(
        id="checks",
        title=_("What was checked"),
        frame=frame,
        columns=(
            Column(name="campaign", head=_("Campaign"), role="campaign"),
            Column(name="check", head=_("Check"), role="check"),
            Column(name="rows_checked", head=_("Rows checked"), kind="count"),
            Column(name="rows_failed", head=_("Rows failed"), kind="count"),
            Column(name="severity", head=_("Severity")),
            Column(name="detail", head=_("What became of them")),
        ),
    )


def _headline(failed: pd.DataFrame, warned: pd.DataFrame, context: Context) -> str:
    if failed.empty:
        return _("The checks found nothing wrong with the data.")
    if warned.empty:
        n = int(failed["rows_failed"].sum())
        return n_(
            "The data are sound but for {n} row with a small fault.",
            "The data are sound but for {n} rows with a small fault.",
            n,
            n=context.formats.count(n),
        )
    return n_(
        "{n} check found faults that may change the figures.",
        "{n} checks found faults that may change the figures.",
        len(warned),
        n=context.formats.count(len(warned)),
    )


def _findings(failed: pd.DataFrame, context: Context) -> list[Finding]:
    return [
        Finding(
            heading=_(context.label("check", row.check)).capitalize()[:30],
            text=_fault(row, context),
            evidence=Evidence(table="checks", row={"campaign": row.campaign, "check": row.check}),
            direction="worse",
            kind="risk",
            weight=0.6 if row.severity == "warning" else 0.03,
        )
        for row in failed.itertuples()
    ]


def _fault(row: Any, context: Context) -> str:
    if row.check == "stale":
        return f"{row.detail}."
    label = shape.campaign_label(row.campaign, context)
    return _(
        "{label}: {detail} ({rows_checked} checked).",
        label=label,
        detail=row.detail,
        rows_checked=context.formats.count(row.rows_checked),
    )


SECTION = Section(
    id="data_quality",
    title=N_("Data quality"),
    question=N_("Can these data be trusted, and what was left out?"),
    facts=("span", "event_quality?", "duplicates?", "user_quality?", "item_quality?"),
    tables={"checks": COLUMNS},
    compute=compute,
    options=DataQualityOptions,
)
