"""Every statement of a run as one SQL file, to be attached where pages only list them."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from growthml.words import _

if TYPE_CHECKING:
    from growthml.render.appendix import Appendix, FactEntry, Query

FILE = "queries.sql"


def fingerprint(sql: str) -> str:
    """The first twelve digits of a statement's SHA-256.

    >>> fingerprint("SELECT 1")
    'e004ebd5b553'
    """
    return sha256(sql.encode()).hexdigest()[:12]


def queries(appendix: Appendix) -> bytes:
    """The statements whole, in the appendix's order, each under comments that name it."""
    told = [_told(fact, query) for fact in appendix.facts for query in fact.queries]
    return "\n\n".join(told).encode() + b"\n"


def _told(fact: FactEntry, query: Query) -> str:
    heads = [
        f"{fact.label} · {fact.name}",
        f"{query.campaigns} · {query.dialect} · {_('rows: {rows}', rows=query.rows)}",
        *(f"{_('Parameters:')} {line}" for line in query.parameters),
        f"SHA-256 {query.fingerprint}",
    ]
    comments = [f"-- {' '.join(line.split())}" for line in heads]
    return "\n".join([*comments, f"{query.statement.strip()};"])
