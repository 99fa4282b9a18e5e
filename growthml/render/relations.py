"""The relations that statements of one report share, so that a page prints each of them once.

SQLAlchemy writes `WITH name AS \\n(…), \\nname AS \\n(…)\\n SELECT …`; only this form is read, and
a statement of any other shape stays whole.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

_HEAD = re.compile(r'\s*(?:WITH |, ?\s)(\w+|"[^"]+"|`[^`]+`) AS (?:NOT MATERIALIZED )?\s*\(')
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|[()]")


@dataclass(frozen=True, kw_only=True)
class Relation:
    """A common table expression: what it is called, and the SELECT that makes it."""

    name: str
    sql: str


@dataclass(frozen=True, kw_only=True)
class Statement:
    """A statement taken apart: the relations it names, then the query over them."""

    relations: Sequence[Relation]
    query: str


def split(sql: str) -> Statement:
    """A statement's relations and its query.

    >>> split("WITH a AS \\n(SELECT ')'), \\nb AS \\n(SELECT (1))\\n SELECT 2").query
    'SELECT 2'
    """
    found = list(_relations(sql))
    end = found[-1][1] if found else 0
    return Statement(relations=[relation for relation, _ in found], query=sql[end:].strip())


def shared(statements: Iterable[str]) -> list[Relation]:
    """The relations that stand, letter for letter, in more than one statement; first seen first."""
    counted = Counter(relation for sql in statements for relation in split(sql).relations)
    return [relation for relation, times in counted.items() if times > 1]


def without(sql: str, known: Sequence[Relation], where: str) -> str:
    """A statement with the relations told elsewhere left out, and a line that says where."""
    statement = split(sql)
    told = [each.name for each in statement.relations if each in known]
    if not told:
        return sql
    own = [each for each in statement.relations if each not in known]
    listed = ", \n".join(f"{each.name} AS \n({each.sql})" for each in own)
    query = f"WITH {listed}\n {statement.query}" if own else statement.query
    return f"-- {', '.join(told)}: {where}\n{query}"


def _relations(sql: str) -> Iterator[tuple[Relation, int]]:
    """Each relation, and where the text behind it starts."""
    head = _HEAD.match(sql) if sql.lstrip().startswith("WITH ") else None
    while head is not None:
        end = _closing(sql, head.end())
        if end is None:
            return
        yield Relation(name=head[1], sql=sql[head.end() : end]), end + 1
        head = _HEAD.match(sql, end + 1)


def _closing(sql: str, start: int) -> int | None:
    """Where the parenthesis opened just before `start` is closed."""
    depth = 1
    for mark in _QUOTED.finditer(sql, start):
        depth += {"(": 1, ")": -1}.get(mark[0], 0)
        if depth == 0:
            return mark.start()
    return None
