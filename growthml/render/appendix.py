"""The appendix: definitions used, how every fact was counted, what made the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from growthml.parts import FactRun, Run, SourceRun, Status
from growthml.render.places import Link, Places, facts_of
from growthml.render.queries import fingerprint
from growthml.render.relations import Relation, shared, without
from growthml.render.tables import campaign_label
from growthml.render.words import reason_of
from growthml.words import N_, _, isolated, n_

MOST_NAME = 60
"""A fact's name may hold arguments of any length; the SQL below tells them all."""

ROWS = {
    "users": N_("{n} users"),
    "items": N_("{n} items"),
    "events": N_("{n} events"),
    "visits": N_("{n} visits"),
    "sessions": N_("{n} sessions"),
    "requests": N_("{n} requests"),
}
"""Rows of a source by role."""


@dataclass(frozen=True, kw_only=True)
class Query:
    """One statement and the campaigns it counted. parameters, rows: a line each, in words.

    sql: what the statement has of its own; statement: all of it.
    """

    campaigns: str
    dialect: str
    sql: str
    statement: str
    parameters: Sequence[str]
    rows: str

    @property
    def fingerprint(self) -> str:
        """By which the statement is told from others."""
        return fingerprint(self.statement)


@dataclass(frozen=True, kw_only=True)
class FactEntry:
    """One fact: its queries and the sections that rest on it."""

    label: str
    anchor: str
    name: str
    queries: Sequence[Query]
    used_by: Sequence[Link]


@dataclass(frozen=True, kw_only=True)
class SourceEntry:
    """A source as it was read."""

    name: str
    url: str
    dialect: str
    rows: str
    latest: str


@dataclass(frozen=True, kw_only=True)
class Appendix:
    """Everything an engineer asks for afterwards.

    relations: what several queries are made of, told once. skipped: sections left out, and why.
    """

    definitions: Sequence[tuple[str, str]]
    relations: Sequence[Relation]
    facts: Sequence[FactEntry]
    sources: Sequence[SourceEntry]
    versions: Sequence[tuple[str, str]]
    skipped: Sequence[tuple[str, str]]
    last: int


def appendix(run: Run, places: Places) -> Appendix:
    """The appendix of a run; A1 are the definitions, A2 onwards one entry a fact."""
    facts = facts_of(run)
    known = shared(dict.fromkeys(fact.sql for fact in run.facts if fact.name in facts))
    return Appendix(
        definitions=_definitions(run),
        relations=known,
        facts=[_fact(name, link, run, places, known) for name, link in facts.items()],
        sources=[
            SourceEntry(
                name=source.name,
                url=source.url,
                dialect=source.dialect,
                rows=", ".join(
                    _(ROWS.get(role, f"{{n}} {role}"), n=run.context.formats.count(n))
                    for role, n in source.rows.items()
                ),
                latest=_latest(source, run.context.formats.instant(source.latest_event)),
            )
            for source in run.sources
        ],
        versions=list(run.versions.items()),
        skipped=[
            (_(part.section.title), reason_of(part))
            for part in run.sections
            if part.status is Status.SKIPPED
        ],
        last=len(facts) + 1,
    )


def _latest(source: SourceRun, latest: str) -> str:
    """When the newest event was; a replica that lags says how fresh it is."""
    minutes = round((source.behind or 0) / 60)
    if minutes < 1:
        return latest
    return n_(
        "{latest} (read from a replica that may be {minutes} minute behind)",
        "{latest} (read from a replica that may be {minutes} minutes behind)",
        minutes,
        latest=latest,
        minutes=minutes,
    )


def _definitions(run: Run) -> list[tuple[str, str]]:
    """Terms in alphabetical order; where sections repeat one, its first definition."""
    terms: dict[str, str] = {}
    for part in run.sections:
        for term, definition in part.answer.definitions if part.answer else ():
            terms.setdefault(term, definition)
    return sorted(terms.items(), key=lambda pair: pair[0].casefold())


def _fact(name: str, link: Link, run: Run, places: Places, known: Sequence[Relation]) -> FactEntry:
    runs = [fact for fact in run.facts if fact.name == name]
    statements = list(dict.fromkeys((fact.dialect, fact.sql) for fact in runs))
    users = [part.section.id for part in run.sections if name in (part.facts or part.section.facts)]
    return FactEntry(
        label=link.text,
        anchor=link.anchor,
        name=name if len(name) <= MOST_NAME else f"{name[:MOST_NAME]}…",
        queries=[
            _query([fact for fact in runs if (fact.dialect, fact.sql) == statement], run, known)
            for statement in statements
        ],
        used_by=[places[section] for section in users if section in places],
    )


def _query(runs: Sequence[FactRun], run: Run, known: Sequence[Relation]) -> Query:
    """Campaigns that ran the same statement, told once."""
    labels = [isolated(campaign_label(fact.campaign, run.context)) for fact in runs]
    given = [", ".join(f"{k} = {v}" for k, v in fact.parameters.items()) for fact in runs]
    alike = len(set(given)) == 1
    counts = [run.context.formats.count(fact.rows) for fact in runs]
    return Query(
        campaigns=run.context.formats.join(labels),
        dialect=runs[0].dialect,
        statement=runs[0].sql,
        sql=without(runs[0].sql, known, _("see Relations above")),
        parameters=[text for text in given[:1] if text]
        if alike
        else [f"{label}: {text}" for label, text in zip(labels, given, strict=True)],
        rows=", ".join(f"{label} {n}" for label, n in zip(labels, counts, strict=True)),
    )
