"""The one place where databases differ: instants, days, periods and time zones, per dialect.

Inside a query an *instant* is a wall-clock time in the report's zone without offset: TIMESTAMP
where the engine has one, text `YYYY-MM-DD HH:MM:SS.mmm` in SQLite (so that text order is time
order). Facts are written with the functions below and compiled by SQLAlchemy for the engine.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import CTE

Grain = Literal["day", "week", "month"]

INSTANT = sa.DateTime().with_variant(
    sqlite.DATETIME(  # type: ignore[no-untyped-call]
        storage_format=(
            "%(year)04d-%(month)02d-%(day)02d %(hour)02d:%(minute)02d:%(second)02d.000"
        ),
        regexp=r"(\d+)-(\d+)-(\d+)(?: (\d+):(\d+):(\d+)(?:\.\d+)?)?",
    ),
    "sqlite",
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


class weekday_of(FunctionElement[int]):
    """An instant's day of the week, 1 (Monday) to 7."""

    inherit_cache = True
    type = sa.Integer()


class hour_of(FunctionElement[int]):
    """An instant's hour, 0 to 23."""

    inherit_cache = True
    type = sa.Integer()


def not_stored(relation: CTE) -> CTE:
    """A relation read twice that is cheaper to count again than to keep in memory."""
    return relation.prefix_with("NOT MATERIALIZED", dialect="duckdb")


Template = dict[str, str]

HOST = r"^[a-z][a-z0-9+.-]*://(?:[^/?#@]*@)?(?:www[.])?([^/?#:]*)"
"""The host in an address of lower case, as a regular expression that every engine reads."""

_TEMPLATES: dict[type[FunctionElement[Any]], Template] = {
    from_text: {
        "sqlite": "strftime('%Y-%m-%d %H:%M:%f', {0})",
        "duckdb": "TRY_CAST({0} AS TIMESTAMP)",
        "mysql": "CAST({0} AS DATETIME(6))",
        "default": "CAST({0} AS TIMESTAMP)",
    },
    from_stamp: {
        "sqlite": "strftime('%Y-%m-%d %H:%M:%f', {0})",
        "mysql": "CAST({0} AS DATETIME(6))",
        "default": "CAST({0} AS TIMESTAMP)",
    },
    from_zoned: {
        "sqlite": "strftime('%Y-%m-%d %H:%M:%f', {0})",
        "mysql": "CAST({0} AS DATETIME(6))",
        "default": "timezone('UTC', {0})",
    },
    from_zoned_text: {
        "sqlite": "strftime('%Y-%m-%d %H:%M:%f', {0})",
        "duckdb": "timezone('UTC', TRY_CAST({0} AS TIMESTAMPTZ))",
        "mysql": "CAST({0} AS DATETIME(6))",
        "default": "timezone('UTC', CAST({0} AS TIMESTAMPTZ))",
    },
    from_epoch: {
        "sqlite": "strftime('%Y-%m-%d %H:%M:%f', {0}, 'unixepoch')",
        "duckdb": "make_timestamp(CAST({0} * 1000000 AS BIGINT))",
        "mysql": "TIMESTAMPADD(MICROSECOND, {0} * 1000000, '1970-01-01')",
        "default": "timezone('UTC', to_timestamp({0}))",
    },
    in_zone: {
        "sqlite": "in_zone({0}, {1}, {2})",
        "mysql": "CONVERT_TZ({0}, {1}, {2})",
        "default": "timezone({2}, timezone({1}, {0}))",
    },
    day_of: {
        "sqlite": "date({0})",
        "mysql": "DATE({0})",
        "default": "CAST({0} AS DATE)",
    },
    week_of: {
        "sqlite": "date({0}, 'weekday 0', '-6 days')",
        "mysql": "DATE_SUB(DATE({0}), INTERVAL WEEKDAY({0}) DAY)",
        "default": "CAST(date_trunc('week', {0}) AS DATE)",
    },
    month_of: {
        "sqlite": "date({0}, 'start of month')",
        "mysql": "DATE_SUB(DATE({0}), INTERVAL DAYOFMONTH({0}) - 1 DAY)",
        "default": "CAST(date_trunc('month', {0}) AS DATE)",
    },
    exact: {
        "sqlite": "{0}",
        "mysql": "{0}",
        "duckdb": "TRY_CAST({0} AS DECIMAL(38, 12))",
        "default": "CAST({0} AS NUMERIC)",
    },
    seconds_between: {
        "sqlite": "ROUND((julianday({1}) - julianday({0})) * 86400.0, 3)",
        "duckdb": "(date_diff('millisecond', {0}, {1}) / 1000.0)",
        "mysql": "(TIMESTAMPDIFF(MICROSECOND, {0}, {1}) / 1000000e0)",
        "default": "CAST(ROUND(EXTRACT(EPOCH FROM {1} - {0})::numeric, 3) AS DOUBLE PRECISION)",
    },
    path_of: {
        "sqlite": "substr({0}, 1, instr({0} || '?', '?') - 1)",
        "mysql": "SUBSTRING_INDEX({0}, '?', 1)",
        "default": "split_part({0}, '?', 1)",
    },
    host_of: {
        "sqlite": "host_of({0})",
        "duckdb": f"regexp_extract(lower({{0}}), '{HOST}', 1)",
        "mysql": (
            "IF({0} LIKE '%://%', REGEXP_REPLACE(SUBSTRING_INDEX(SUBSTRING_INDEX(SUBSTRING_INDEX("
            "SUBSTRING_INDEX(SUBSTRING_INDEX(LOWER({0}), '://', -1), '/', 1), '?', 1), '@', -1),"
            " ':', 1), '^www[.]', ''), '')"
        ),
        "default": f"coalesce(substring(lower({{0}}) from '{HOST}'), '')",
    },
    key_of: {
        "sqlite": "(COALESCE({0}, '') || ' ' || COALESCE({1}, ''))",
        "duckdb": "CAST(hash({0}, {1}) >> 1 AS BIGINT)",
        "default": "CONCAT({0}, ' ', {1})",
        "mysql": "CONCAT_WS(' ', {0}, {1})",
    },
    weekday_of: {
        "sqlite": "((CAST(strftime('%w', {0}) AS INTEGER) + 6) % 7 + 1)",
        "mysql": "(WEEKDAY({0}) + 1)",
        "default": "CAST(EXTRACT(ISODOW FROM {0}) AS INTEGER)",
    },
    hour_of: {
        "sqlite": "CAST(strftime('%H', {0}) AS INTEGER)",
        "mysql": "HOUR({0})",
        "default": "CAST(EXTRACT(HOUR FROM {0}) AS INTEGER)",
    },
    days_between: {
        "sqlite": "CAST(julianday(date({1})) - julianday(date({0})) AS INTEGER)",
        "duckdb": "date_diff('day', CAST({0} AS DATE), CAST({1} AS DATE))",
        "mysql": "DATEDIFF({1}, {0})",
        "default": "(CAST({1} AS DATE) - CAST({0} AS DATE))",
    },
}


def _register(construct: type[FunctionElement[Any]], template: Template) -> None:
    def compile_construct(element: FunctionElement[Any], compiler: SQLCompiler, **kw: Any) -> str:
        text = template.get(compiler.dialect.name, template["default"])
        if compiler.dialect.paramstyle in ("format", "pyformat"):
            text = text.replace("%", "%%")
        return text.format(*(compiler.process(clause, **kw) for clause in element.clauses))

    compiles(construct)(compile_construct)


for _construct, _template in _TEMPLATES.items():
    _register(_construct, _template)
