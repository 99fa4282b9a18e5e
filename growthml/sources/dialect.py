"""What databases spell differently: instants, days, periods, time zones, and texts as they are.

Inside a query an *instant* is a wall-clock time in the report's zone without offset: TIMESTAMP
where the engine has one, text `YYYY-MM-DD HH:MM:SS.mmm` in SQLite (so that text order is time
order). Facts are written with the functions below and compiled by SQLAlchemy for the engine, which
spells them as its file in `dialects` says.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement, GenericFunction
from sqlalchemy.sql.selectable import CTE

from growthml.sources.dialects import spelling

Grain = Literal["day", "week", "month"]


class _MySQLInstant(mysql.DATETIME):
    """A bound instant is sent as text, and would be compared as text."""

    def bind_expression(self, bindvalue: sa.BindParameter[Any]) -> sa.ColumnElement[Any]:
        return sa.cast(bindvalue, mysql.DATETIME(fsp=6))


INSTANT = (
    sa.DateTime()
    .with_variant(
        sqlite.DATETIME(  # type: ignore[no-untyped-call]
            storage_format=(
                "%(year)04d-%(month)02d-%(day)02d %(hour)02d:%(minute)02d:%(second)02d.000"
            ),
            regexp=r"(\d+)-(\d+)-(\d+)(?: (\d+):(\d+):(\d+)(?:\.\d+)?)?",
        ),
        "sqlite",
    )
    .with_variant(_MySQLInstant(), "mysql", "mariadb")
)
"""The type of an instant; bound values keep SQLite's text order (whole seconds)."""


class from_text(FunctionElement[datetime]):
    """An instant from ISO text; NULL where the text is no time."""

    inherit_cache = True
    type = INSTANT


class from_stamp(FunctionElement[datetime]):
    """An instant from a DATE or a TIMESTAMP without zone."""

    inherit_cache = True
    type = INSTANT


class from_zoned(FunctionElement[datetime]):
    """An instant in UTC from a TIMESTAMP WITH TIME ZONE."""

    inherit_cache = True
    type = INSTANT


class from_zoned_text(FunctionElement[datetime]):
    """An instant in UTC from ISO text with an offset; NULL where the text is no time."""

    inherit_cache = True
    type = INSTANT


class from_epoch(FunctionElement[datetime]):
    """An instant in UTC from seconds since 1970."""

    inherit_cache = True
    type = INSTANT


class in_zone(FunctionElement[datetime]):
    """The wall clock of zone `to` at the instant that zone `of` calls `instant`."""

    inherit_cache = True
    type = INSTANT

    def __init__(self, instant: sa.ColumnElement[Any], of: str, to: str) -> None:
        super().__init__(instant, sa.literal(of), sa.literal(to))


class day_of(FunctionElement[Any]):
    """The calendar date of an instant."""

    inherit_cache = True
    type = sa.Date()


class days_between(FunctionElement[int]):
    """Calendar days from the first instant's date to the second's; negative if it is earlier."""

    inherit_cache = True
    type = sa.Integer()


class week_of(FunctionElement[Any]):
    """The Monday of an instant's ISO week."""

    inherit_cache = True
    type = sa.Date()


class month_of(FunctionElement[Any]):
    """The first day of an instant's month."""

    inherit_cache = True
    type = sa.Date()


class months_in(FunctionElement[int]):
    """How many calendar months the instants of a group fall into; NULL is none of them."""

    inherit_cache = True
    type = sa.BigInteger()


def period_of(instant: sa.ColumnElement[Any], grain: Grain) -> sa.ColumnElement[Any]:
    """First day of the day, ISO week or month that holds an instant."""
    return {"day": day_of, "week": week_of, "month": month_of}[grain](instant)


class exact(FunctionElement[Any]):
    """A number whose sum is the same in whatever order rows are added.

    Engines that add in parallel would otherwise give other last digits at every run. Twelve
    decimals where the engine's decimals have a fixed scale; no number (NaN) is NULL there.
    """

    inherit_cache = True
    type = sa.Double()


class seconds_between(FunctionElement[float]):
    """Seconds from the first instant to the second, to the millisecond."""

    inherit_cache = True
    type = sa.Double()


class path_of(FunctionElement[str]):
    """A path asked for, without its query."""

    inherit_cache = True
    type = sa.String()


class host_of(FunctionElement[str]):
    """The host of an address in lower case, without `www.`; empty where it names none."""

    inherit_cache = True
    type = sa.String()


class key_of(FunctionElement[str]):
    """Texts as one key, NULL as empty: short where the engine can hash (63 bits), else joined."""

    inherit_cache = True
    type = sa.String()


class verbatim(FunctionElement[str]):
    """A text that equals only itself ('a' is neither 'A' nor 'a '), ordered by character codes.

    What a database collates otherwise would make other groups, joins and ranks than elsewhere.
    """

    inherit_cache = True
    type = sa.String()


class one_of(FunctionElement[str]):
    """One of a few texts: grouped by as a number where the engine has enumerations.

    They are ordered as texts are. Nothing else may be compared with it.
    """

    inherit_cache = True
    type = sa.String()

    def __init__(self, text: str, texts: Iterable[str]) -> None:
        words = [sa.literal(each, sa.String(), literal_execute=True) for each in sorted(set(texts))]
        super().__init__(sa.literal(text, sa.String()), *words)


class md5(GenericFunction[str]):
    """The MD5 of a text in lower-case hexadecimal; `sa.func.md5` is this."""

    inherit_cache = True
    type = sa.String()


class weekday_of(FunctionElement[int]):
    """An instant's day of the week, 1 (Monday) to 7."""

    inherit_cache = True
    type = sa.Integer()


class hour_of(FunctionElement[int]):
    """An instant's hour, 0 to 23."""

    inherit_cache = True
    type = sa.Integer()


@compiles(one_of)
def _a_text(element: one_of, compiler: SQLCompiler, **kw: Any) -> str:
    text: str = compiler.process(next(iter(element.clauses)), **kw)
    return text


@compiles(one_of, "duckdb")
def _an_enumeration(element: one_of, compiler: SQLCompiler, **kw: Any) -> str:
    text, *words = (compiler.process(each, **kw) for each in element.clauses)
    return f"CAST({text} AS ENUM({', '.join(words)}))"


def not_stored(relation: CTE) -> CTE:
    """A relation read twice that is cheaper to count again than to keep in memory."""
    return relation.prefix_with("NOT MATERIALIZED", dialect="duckdb")


def _register(construct: type[FunctionElement[Any]]) -> None:
    def compile_construct(element: FunctionElement[Any], compiler: SQLCompiler, **kw: Any) -> str:
        text = spelling(compiler.dialect)[construct.__name__]
        if compiler.dialect.paramstyle in ("format", "pyformat"):
            text = text.replace("%", "%%")
        return text.format(*(compiler.process(clause, **kw) for clause in element.clauses))

    compiles(construct)(compile_construct)


for _construct in [
    *(from_text, from_stamp, from_zoned, from_zoned_text, from_epoch, in_zone),
    *(day_of, week_of, month_of, months_in, weekday_of, hour_of, days_between, seconds_between),
    *(exact, path_of, host_of, key_of, verbatim, md5),
]:
    _register(_construct)
