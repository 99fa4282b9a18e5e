"""Web traffic as relations: hits of each campaign, and the sessions they make.

A hit is one line of a log. A session is the hits of one visitor, a gap of strictly more than so
many minutes starting the next one; it is cut at the ends of the campaign's window, and nowhere
else. Its duration is its last hit less its first, so that a single hit lasts 0 seconds. Sessions
that another tool has counted are taken as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import CTE, GenerativeSelect, Select, Subquery

from growthml.errors import NotEnoughData
from growthml.facts.cut import Cut
from growthml.facts.expressions import ONE, ZERO, fixed, nothing, whole, within, word
from growthml.facts.networks import host_in, is_known, network_of
from growthml.facts.relations import Relations, united
from growthml.sources.dialect import key_of, not_stored, path_of, seconds_between
from growthml.sources.mapping import MappedTable
from growthml.words import _

BOTS = (
    *("bot", "crawl", "spider", "slurp", "feed", "fetch", "monitor", "curl", "wget", "python"),
    *("java/", "libwww"),
)
"""A user agent that holds one of these is a machine's."""

ASSETS = (
    *("css", "js", "map", "png", "jpg", "jpeg", "gif", "ico", "svg", "webp", "avif", "bmp", "xbm"),
    *("ttf", "otf", "woff", "woff2", "eot", "mp3", "mp4", "mpg", "mpeg", "wav", "webm"),
    *("txt", "xml", "pdf", "gz", "zip", "jar", "pl", "rb"),
)
"""A path with one of these endings is no page."""

PAGE_STATUSES = (200, 304)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """How hits are counted, from the arguments of a fact.

    visitor: what tells visitors apart; `id` and `ip` are the mapped column alone, `user` the user
    where one was logged in. hits: which ones make sessions. site: the site's own host; empty: the
    host, not one of a known network, that refers most hits. machines: more words of bots' agents.
    """

    visitor: Literal["ip_agent", "ip", "user", "id"] = "ip_agent"
    hits: Literal["all", "page_views"] = "all"
    bots: Literal["exclude", "include"] = "exclude"
    gap_minutes: float = 30.0
    site: str = ""
    machines: tuple[str, ...] = ()

    @classmethod
    def of(cls, arguments: tuple[str, ...]) -> Rules:
        """The rules a fact's arguments spell: `ip_agent:all:exclude:30:example.com:probe`."""
        given: dict[str, Any] = dict(zip(cls.__dataclass_fields__, arguments, strict=False))
        if "gap_minutes" in given:
            given["gap_minutes"] = float(given["gap_minutes"])
        if "machines" in given:
            given["machines"] = tuple(given["machines"].split())
        return cls(**given)


class Hits:
    """One source's web traffic as relations; `sessions` is there for mapped sessions too."""

    def __init__(self, relations: Relations, rules: Rules) -> None:
        self.relations = relations
        self.rules = rules

    @property
    def counts_hits(self) -> bool:
        """Whether hits are mapped, rather than sessions only."""
        return self.relations.mapped.requests is not None

    @cached_property
    def all(self) -> CTE:
        """Every hit of a campaign, bots' too.

        campaign, visitor, user_id, occurred_at, line, page, referrer, status, agent, is_page,
        is_bot (0/1).
        """
        table = self._table("requests")
        parts = [self._hits_of(cut, table) for cut in self.relations.cuts]
        return not_stored(self.relations.named(united(parts), "hits"))

    @cached_property
    def people(self) -> CTE | Any:
        """The hits without bots' (with them where bots are included), as `all`."""
        hits = self.all
        if self.rules.bots == "include":
            return hits
        query = sa.select(*hits.c).where(hits.c.is_bot == ZERO)
        return not_stored(self.relations.named(query, "people_hits"))

    @cached_property
    def numbered(self) -> CTE:
        """The hits that make sessions, each with its visitor's session number.

        As `all`, with place (1, 2, … in the visitor's order), session (1, 2, …) and first (1 for a
        session's first hit).
        """
        hits = self._flagged()
        number = sa.func.sum(hits.c.first).over(
            partition_by=self._each(hits), order_by=hits.c.place, rows=(None, 0)
        )
        query = sa.select(hits, whole(number).label("session"))
        return self.relations.named(query, "numbered_hits")

    @cached_property
    def views(self) -> CTE:
        """The page views of sessions: as `numbered`, with enters, exits and alone (0/1).

        enters, exits: it is its session's first, or last, page view; alone: its session's only hit.
        """
        hits = self.numbered
        following = sa.func.lead(hits.c.first).over(
            partition_by=self._each(hits), order_by=hits.c.place
        )
        followed = sa.select(hits, following.label("following")).subquery("followed")
        of_page: dict[str, Any] = {
            "partition_by": self._each(followed),
            "order_by": followed.c.place,
        }
        before = sa.func.lag(followed.c.session).over(**of_page)
        after = sa.func.lead(followed.c.session).over(**of_page)
        rows = (
            sa.select(followed, before.label("before"), after.label("after"))
            .where(followed.c.is_page == ONE)
            .subquery("viewed_pages")
        )
        last = sa.or_(rows.c.following.is_(None), rows.c.following == ONE)
        alone = sa.and_(rows.c.first == ONE, last)
        kept = [rows.c[name] for name in ("campaign", "visitor", "session", "page")]
        query = sa.select(
            *kept,
            _end(rows, "before").label("enters"),
            _end(rows, "after").label("exits"),
            sa.case((alone, ONE), else_=ZERO).label("alone"),
        )
        return self.relations.named(query, "page_views")

    def _each(self, rows: Any) -> tuple[ColumnElement[Any], ...]:
        """One visitor of one campaign, as a window's partition."""
        if len(self.relations.cuts) == 1:
            return (rows.c.visitor,)
        return (rows.c.campaign, rows.c.visitor)

    def _flagged(self) -> Subquery:
        """The hits that make sessions in each visitor's order, `first` 1 where one starts."""
        hits = self.people
        order = [hits.c.occurred_at, hits.c.line, hits.c.is_page.desc()]
        if "line" not in self._table("requests").fields:
            order = [hits.c.occurred_at, hits.c.is_page.desc(), hits.c.page]
        window: dict[str, Any] = {"partition_by": self._each(hits), "order_by": order}
        placed = sa.select(
            *(column for column in hits.c if column.key not in ("line", "agent")),
            sa.func.row_number().over(**window).label("place"),
            sa.func.lag(hits.c.occurred_at).over(**window).label("previous"),
        )
        if self.rules.hits == "page_views":
            placed = placed.where(hits.c.is_page == ONE)
        rows = placed.subquery("placed")
        gap = seconds_between(rows.c.previous, rows.c.occurred_at)
        limit: ColumnElement[float] = sa.literal(self.rules.gap_minutes * 60.0, sa.Double())
        starts = sa.or_(rows.c.previous.is_(None), gap > limit)
        kept = [column for column in rows.c if column.key != "previous"]
        return sa.select(*kept, sa.case((starts, ONE), else_=ZERO).label("first")).subquery(
            "flagged"
        )

    @cached_property
    def sessions(self) -> CTE:
        """Every session: one row each.

        campaign, visitor, user_id, started_at, duration (seconds), hits, pages (page views),
        bounced (0/1), entry_page, referrer (its host), network. What the source does not say is
        NULL; of sessions made of hits `views` knows the entry page.
        """
        if self.counts_hits:
            return self.relations.named(self._with_network(self._from_hits()), "sessions")
        return self.relations.named(self._with_network(self._mapped_sessions()), "sessions")

    def _from_hits(self) -> Select[Any]:
        hits = self.numbered
        group = (hits.c.campaign, hits.c.visitor, hits.c.session)
        first, last = sa.func.min(hits.c.occurred_at), sa.func.max(hits.c.occurred_at)
        count = sa.func.count()

        return sa.select(
            *group,
            sa.func.max(hits.c.user_id).label("user_id"),
            first.label("started_at"),
            seconds_between(first, last).label("duration"),
            whole(count).label("hits"),
            whole(sa.func.sum(hits.c.is_page)).label("pages"),
            sa.case((count == ONE, ONE), else_=ZERO).label("bounced"),
            nothing(sa.String()).label("entry_page"),
            sa.func.max(sa.case((hits.c.first == ONE, hits.c.referrer))).label("address"),
        ).group_by(*group)

    def _mapped_sessions(self) -> GenerativeSelect:
        table = self._table("sessions")
        return united([self._sessions_of(cut, table) for cut in self.relations.cuts])

    def _sessions_of(self, cut: Cut, table: MappedTable) -> Select[Any]:
        visitor = table["visitor"] if "visitor" in table.fields else table["user_id"]
        bounced = nothing(sa.Integer())
        if "bounced" in table.fields:
            bounced = sa.case((table["bounced"] > ZERO, ONE), (table["bounced"] == ZERO, ZERO))
        elif "pages" in table.fields:
            bounced = sa.case((table["pages"] <= ONE, ONE), (table["pages"] > ONE, ZERO))
        return (
            sa.select(
                word(cut.key).label("campaign"),
                sa.cast(visitor, sa.String()).label("visitor"),
                table["user_id"].label("user_id"),
                table["started_at"].label("started_at"),
                table["duration"].label("duration"),
                nothing(sa.BigInteger()).label("hits"),
                whole(table["pages"]).label("pages"),
                bounced.label("bounced"),
                table["entry_page"].label("entry_page"),
                table["referrer"].label("address"),
            )
            .select_from(table.table)
            .where(*self._asked(cut, table, "started_at"))
        )

    def _with_network(self, sessions: Any) -> Select[Any]:
        rows = sessions.subquery("bare_sessions")
        kept = [column for column in rows.c if column.key not in ("address", "session")]
        if "referrer" not in self._table("requests" if self.counts_hits else "sessions").fields:
            nowhere = nothing(sa.String())
            return sa.select(*kept, nowhere.label("referrer"), nowhere.label("network"))
        named = sa.select(*kept, host_in(rows.c.address).label("referrer")).subquery("referred")
        return sa.select(*named.c, network_of(named.c.referrer, self.site).label("network"))

    @cached_property
    def site(self) -> ColumnElement[str]:
        """The site's own host: as the rules say, else the one that refers most hits.

        A host of a known network is never the site's own. NULL where nobody refers.
        """
        if self.rules.site:
            return word(self.rules.site.lower().removeprefix("www."))
        if not self.counts_hits:
            return nothing(sa.String())
        hosts = sa.select(host_in(self.all.c.referrer).label("host")).subquery("hosts")
        counted = (
            sa.select(hosts.c.host, sa.func.count().label("n"))
            .where(hosts.c.host != fixed(""), sa.not_(is_known(hosts.c.host)))
            .group_by(hosts.c.host)
            .subquery("counted_hosts")
        )
        ranked = sa.select(counted.c.host).order_by(counted.c.n.desc(), counted.c.host).limit(ONE)
        return self.relations.named(ranked, "own_site").select().scalar_subquery()

    # -- hits of one campaign --------------------------------------------------------------------

    def _table(self, role: str) -> MappedTable:
        table: MappedTable | None = getattr(self.relations.mapped, role)
        if table is None:
            raise NotEnoughData(
                _(
                    "this needs web traffic: an access log as a source, or requests (or sessions)"
                    " mapped in the schema"
                ),
                missing=f"{role}",
            )
        return table

    def _hits_of(self, cut: Cut, table: MappedTable) -> Select[Any]:
        page = path_of(table["page"]) if "page" in table.fields else nothing(sa.String())
        lines = (
            sa.select(
                self._visitor(table).label("visitor"),
                table["user_id"].label("user_id"),
                table["occurred_at"].label("occurred_at"),
                table["line"].label("line"),
                page.label("page"),
                table["referrer"].label("referrer"),
                whole(table["status"]).label("status"),
                table["method"].label("method"),
                table["agent"].label("agent"),
                sa.func.lower(page).label("path"),
                sa.func.lower(table["agent"]).label("browser"),
            )
            .select_from(table.table)
            .where(*self._asked(cut, table, "occurred_at"))
            .subquery("lines")
        )
        kept = [column for column in lines.c if column.key not in ("method", "path", "browser")]
        return sa.select(
            word(cut.key).label("campaign"),
            *kept,
            sa.case((sa.and_(*_page_view(lines, table)), ONE), else_=ZERO).label("is_page"),
            sa.case((self._is_bot(lines), ONE), else_=ZERO).label("is_bot"),
        )

    def _visitor(self, table: MappedTable) -> ColumnElement[str]:
        """What tells visitors apart, as one key."""
        user = sa.cast(table["user_id"], sa.String())
        if self.rules.visitor == "user" or "visitor" not in table.fields:
            self.relations.need("requests.user_id")
        if "visitor" not in table.fields:
            return key_of(user, fixed(""))
        by_agent = self.rules.visitor in ("ip_agent", "user") and "agent" in table.fields
        key = key_of(table["visitor"], table["agent"] if by_agent else fixed(""))
        if self.rules.visitor == "user":
            return sa.case((user.is_(None), key), else_=key_of(user, fixed("")))
        return key

    def _is_bot(self, lines: Any) -> ColumnElement[bool]:
        words = [lines.c.browser.like(fixed(f"%{each}%")) for each in BOTS]
        words += [
            lines.c.browser.contains(each.lower(), autoescape=True) for each in self.rules.machines
        ]
        return sa.or_(*words)

    def _asked(self, cut: Cut, table: MappedTable, time: str) -> list[ColumnElement[bool]]:
        """The conditions on a campaign's rows: seen, inside the window, of its users."""
        relations, conditions = self.relations, []
        if time in table.fields:
            conditions = [table[time] < relations.seen_before]
            conditions += within(table[time], cut.start, cut.ends)
        elif cut.windowed:
            relations.need(f"{table.role}.{time}")
        if cut.where:
            relations.need(f"{table.role}.user_id")
            users = relations.users
            mine = sa.select(users.c.user_id).where(users.c.campaign == cut.key)
            conditions.append(table["user_id"].in_(mine))
        return conditions


def _page_view(lines: Any, table: MappedTable) -> list[ColumnElement[bool]]:
    """A GET that was answered, for a path that is no asset; what is not mapped is not asked."""
    conditions: list[ColumnElement[bool]] = [sa.true()]
    if "method" in table.fields:
        conditions.append(lines.c.method == fixed("GET"))
    if "status" in table.fields:
        conditions.append(lines.c.status.in_([fixed(each) for each in PAGE_STATUSES]))
    if "page" in table.fields:
        assets = (lines.c.path.like(fixed(f"%.{ending}")) for ending in ASSETS)
        conditions.append(sa.not_(sa.or_(*assets)))
    return conditions


def _end(rows: Any, neighbour: str) -> ColumnElement[int]:
    """1 for a page view whose neighbour lies in another session, or is none."""
    apart = sa.or_(rows.c[neighbour].is_(None), rows.c[neighbour] != rows.c.session)
    return sa.case((sa.and_(rows.c.is_page == ONE, apart), ONE), else_=ZERO)
