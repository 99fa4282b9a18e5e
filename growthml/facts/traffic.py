"""Facts about web traffic: hits, the sessions they make, pages, referrers, hours, faults.

Their arguments are the rules of counting, in the order of `hits.Rules`. Rows stay few: durations
are counted to the second, and of pages, referrers and bots the commonest are kept.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import FromClause, Select, Subquery

from growthml.facts.expressions import ONE, ZERO, nothing, tally, whole, word
from growthml.facts.fact import Fact
from growthml.facts.hits import Hits, Rules
from growthml.facts.networks import host_in
from growthml.facts.relations import Relations, united
from growthml.sources.dialect import day_of, hour_of, weekday_of

MOST_PAGES = 500
MOST_BOTS = 100
MOST_REASONS = 50
ROLES = frozenset({"requests", "sessions"})


def _hits(relations: Relations, arguments: tuple[str, ...]) -> Hits:
    return Hits(relations, Rules.of(arguments))


def _count(name: str = "n") -> ColumnElement[Any]:
    return whole(sa.func.count()).label(name)


def _traffic_span(relations: Relations) -> Select[Any]:
    """Without rules: bots are there too."""
    traffic = Hits(relations, Rules())
    rows: FromClause = traffic.all if traffic.counts_hits else traffic.sessions
    instant = rows.c["occurred_at" if traffic.counts_hits else "started_at"]
    return (
        sa.select(
            rows.c.campaign,
            _count("rows"),
            sa.func.min(instant).label("first"),
            sa.func.max(instant).label("last"),
        )
        .group_by(rows.c.campaign)
        .order_by(rows.c.campaign)
    )


def _traffic(relations: Relations, *arguments: str) -> Select[Any]:
    traffic = _hits(relations, arguments)
    sessions = traffic.sessions
    counted = (
        sa.select(
            sessions.c.campaign,
            _count("sessions"),
            whole(sa.func.count(sa.distinct(sessions.c.visitor))).label("visitors"),
            whole(sa.func.count(sessions.c.bounced)).label("judged"),
            whole(tally(sessions.c.bounced == ONE)).label("bounced"),
            whole(sa.func.count(sessions.c.pages)).label("paged"),
            whole(sa.func.sum(sessions.c.pages)).label("pages"),
            whole(sa.func.sum(sessions.c.pages * sessions.c.pages)).label("pages_squared"),
            whole(sa.func.sum(sessions.c.hits)).label("hits"),
        )
        .group_by(sessions.c.campaign)
        .subquery("counted_sessions")
    )
    kept = [column for column in counted.c if column.key != "campaign"]
    if not traffic.counts_hits:
        none = nothing(sa.BigInteger())
        return sa.select(
            counted.c.campaign,
            none.label("requests"),
            counted.c.pages.label("page_views"),
            none.label("bot_requests"),
            *kept,
        ).order_by(counted.c.campaign)
    hits, excluded = traffic.all, traffic.rules.bots == "exclude"
    ours = hits.c.is_bot == ZERO if excluded else sa.true()
    requests = (
        sa.select(
            hits.c.campaign,
            whole(tally(ours)).label("requests"),
            whole(tally(sa.and_(ours, hits.c.is_page == ONE))).label("page_views"),
            whole(tally(hits.c.is_bot == ONE)).label("bot_requests"),
        )
        .group_by(hits.c.campaign)
        .subquery("counted_hits")
    )
    numbers = [sa.func.coalesce(column, ZERO).label(column.key) for column in kept]
    return (
        sa.select(*requests.c, *numbers)
        .select_from(requests.outerjoin(counted, counted.c.campaign == requests.c.campaign))
        .order_by(requests.c.campaign)
    )


def _durations(relations: Relations, *arguments: str) -> Select[Any]:
    sessions = _hits(relations, arguments).sessions
    seconds = whole(sa.func.round(sessions.c.duration))
    group = (sessions.c.campaign, sessions.c.network, sessions.c.bounced, seconds)
    return (
        sa.select(
            sessions.c.campaign,
            sessions.c.network,
            sessions.c.bounced,
            seconds.label("seconds"),
            _count("sessions"),
        )
        .group_by(*group)
        .order_by(*group)
    )


def _pages(relations: Relations, *arguments: str) -> Select[Any]:
    """Page views by page; a session counts once a page it saw, and bounces on the page it began."""
    traffic = _hits(relations, arguments)
    if not traffic.counts_hits:
        return _entry_pages(relations, traffic)
    relations.need("requests.page")
    views = traffic.views
    visit = (views.c.campaign, views.c.visitor, views.c.session, views.c.page)
    visited = (
        sa.select(
            *visit,
            sa.func.count().label("requests"),
            sa.func.max(views.c.enters).label("enters"),
            sa.func.max(views.c.exits).label("exits"),
            sa.func.max(views.c.enters * views.c.alone).label("bounces"),
        )
        .group_by(*visit)
        .subquery("visited")
    )
    rows = (
        sa.select(
            visited.c.campaign,
            visited.c.page,
            whole(sa.func.sum(visited.c.requests)).label("requests"),
            _count("sessions"),
            whole(sa.func.count(sa.distinct(visited.c.visitor))).label("visitors"),
            whole(sa.func.sum(visited.c.exits)).label("exits"),
            whole(sa.func.sum(visited.c.enters)).label("entries"),
            whole(sa.func.sum(visited.c.bounces)).label("bounced"),
        )
        .group_by(visited.c.campaign, visited.c.page)
        .subquery("viewed")
    )
    return _commonest(rows, "page", "requests")


def _entry_pages(relations: Relations, traffic: Hits) -> Select[Any]:
    """Of mapped sessions only the page is known that they began on."""
    relations.need("sessions.entry_page")
    sessions = traffic.sessions
    none = nothing(sa.BigInteger())
    rows = (
        sa.select(
            sessions.c.campaign,
            sessions.c.entry_page.label("page"),
            *(none.label(name) for name in ("requests", "sessions", "visitors", "exits")),
            _count("entries"),
            whole(tally(sessions.c.bounced == ONE)).label("bounced"),
        )
        .where(sessions.c.entry_page.is_not(None))
        .group_by(sessions.c.campaign, sessions.c.entry_page)
        .subquery("entered")
    )
    return _commonest(rows, "page", "entries")


def _referrers(relations: Relations, *arguments: str) -> Select[Any]:
    """requests: hits that name the referrer; sessions, visitors: those whose first hit does."""
    traffic = _hits(relations, arguments)
    sessions = traffic.sessions
    relations.need(f"{'requests' if traffic.counts_hits else 'sessions'}.referrer")
    group = (sessions.c.campaign, sessions.c.network, sessions.c.referrer)
    came = (
        sa.select(
            *group,
            _count("sessions"),
            whole(sa.func.count(sa.distinct(sessions.c.visitor))).label("visitors"),
            whole(tally(sessions.c.bounced == ONE)).label("bounced"),
        )
        .group_by(*group)
        .subquery("came")
    )
    if not traffic.counts_hits:
        none = nothing(sa.BigInteger()).label("requests")
        return _commonest(sa.select(*came.c, none).subquery("referred"), "referrer", "sessions")
    people = traffic.people
    hosts = sa.select(people.c.campaign, host_in(people.c.referrer).label("host")).subquery(
        "referring"
    )
    named = (
        sa.select(hosts.c.campaign, hosts.c.host, _count("requests"))
        .group_by(hosts.c.campaign, hosts.c.host)
        .subquery("naming")
    )
    same = sa.and_(
        came.c.campaign == named.c.campaign,
        sa.func.coalesce(came.c.referrer, word("-")) == sa.func.coalesce(named.c.host, word("-")),
    )
    rows = (
        sa.select(
            named.c.campaign,
            came.c.network,
            named.c.host.label("referrer"),
            named.c.requests,
            *(
                whole(sa.func.coalesce(came.c[name], ZERO)).label(name)
                for name in ("sessions", "visitors", "bounced")
            ),
        )
        .select_from(named.outerjoin(came, same))
        .subquery("referred")
    )
    return _commonest(rows, "referrer", "requests")


def _commonest(rows: Subquery, key: str, by: str, most: int = MOST_PAGES) -> Select[Any]:
    """A campaign's rows with the largest counts, ties by name; `of` says how many there were."""
    order = (rows.c[by].desc(), rows.c[key])
    ranked = sa.select(
        rows,
        sa.func.row_number().over(partition_by=rows.c.campaign, order_by=order).label("place"),
        sa.func.count().over(partition_by=rows.c.campaign).label("of"),
    ).subquery("ranked")
    kept = [column for column in ranked.c if column.key not in ("campaign", "place", "of")]
    return (
        sa.select(
            ranked.c.campaign,
            whole(ranked.c.place).label("place"),
            *kept,
            whole(ranked.c.of).label("of"),
        )
        .where(ranked.c.place <= most)
        .order_by(ranked.c.campaign, ranked.c.place)
    )


def _hours(relations: Relations, *arguments: str) -> Select[Any]:
    traffic = _hits(relations, arguments)
    if not traffic.counts_hits:
        relations.need("sessions.started_at")
    sessions = traffic.sessions
    group = (
        sessions.c.campaign,
        weekday_of(sessions.c.started_at),
        hour_of(sessions.c.started_at),
    )
    return (
        sa.select(
            sessions.c.campaign,
            group[1].label("weekday"),
            group[2].label("hour"),
            _count("sessions"),
        )
        .where(sessions.c.started_at.is_not(None))
        .group_by(*group)
        .order_by(*group)
    )


def _days(relations: Relations, *arguments: str) -> Select[Any]:
    traffic = _hits(relations, arguments)
    if not traffic.counts_hits:
        relations.need("sessions.started_at")
    sessions = traffic.sessions
    day = day_of(sessions.c.started_at)
    started = (
        sa.select(
            sessions.c.campaign,
            day.label("day"),
            _count("sessions"),
            whole(sa.func.count(sa.distinct(sessions.c.visitor))).label("visitors"),
            whole(sa.func.sum(sessions.c.pages)).label("page_views"),
        )
        .where(sessions.c.started_at.is_not(None))
        .group_by(sessions.c.campaign, day)
    )
    return started.order_by(sessions.c.campaign, day)


def _statuses(relations: Relations, *arguments: str) -> Select[Any]:
    """Bots' hits are there too, and told apart."""
    relations.need("requests.status")
    hits = _hits(relations, arguments).all
    return (
        sa.select(
            hits.c.campaign,
            hits.c.status,
            _count("requests"),
            whole(sa.func.sum(hits.c.is_bot)).label("bot_requests"),
        )
        .group_by(hits.c.campaign, hits.c.status)
        .order_by(hits.c.campaign, hits.c.status)
    )


def _bots(relations: Relations, *arguments: str) -> Select[Any]:
    relations.need("requests.agent")
    hits = _hits(relations, arguments).all
    rows = (
        sa.select(hits.c.campaign, hits.c.agent, _count("requests"))
        .where(hits.c.is_bot == ONE)
        .group_by(hits.c.campaign, hits.c.agent)
        .subquery("machines")
    )
    return _commonest(rows, "agent", "requests", MOST_BOTS)


def _malformed(relations: Relations) -> Select[Any]:
    """Lines have no time that could be read: every campaign of the source has all of them."""
    lines = relations.mapped.malformed
    if lines is None:
        relations.need("requests.malformed")
    assert lines is not None
    reasons = (
        sa.select(
            lines.c.reason,
            _count("lines"),
            sa.func.min(sa.cast(lines.c.sample, sa.String())).label("sample"),
        )
        .group_by(lines.c.reason)
        .subquery("reasons")
    )
    parts = [sa.select(word(cut.key).label("campaign"), reasons) for cut in relations.cuts]
    return _commonest(united(parts).subquery("unread"), "reason", "lines", MOST_REASONS)


FACTS = tuple(
    Fact(name=name, says=says, query=query, roles=ROLES)
    for name, says, query in (
        ("traffic_span", "how many hits, the first and the last", _traffic_span),
        (
            "traffic",
            "hits that count, page views, bots' hits; sessions, visitors, bounces, and the sums of"
            " pages and of their squares",
            _traffic,
        ),
        (
            "traffic_durations",
            "sessions by network, bounce and length in whole seconds",
            _durations,
        ),
        ("traffic_pages", "the pages asked for most: page views, sessions, bounces", _pages),
        ("traffic_referrers", "the hosts that refer most: hits, sessions, bounces", _referrers),
        ("traffic_hours", "sessions by the weekday and hour they started", _hours),
        ("traffic_days", "sessions, visitors and page views by day", _days),
        ("traffic_statuses", "hits by HTTP status, bots' apart", _statuses),
        ("traffic_bots", "the commonest user agents of bots", _bots),
        ("traffic_malformed", "lines that could not be read, by reason", _malformed),
    )
)
