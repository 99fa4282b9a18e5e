"""Spark. An instant is a TIMESTAMP_NTZ; the session's zone is UTC. pysail reads all of it too."""

from __future__ import annotations

from growthml.sources.dialects.host import HOST


def text(value: str) -> str:
    """A text written out; a backslash would begin an escape."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def name(*parts: str) -> str:
    """A name written out, of a table in a catalog and a database perhaps."""
    return ".".join(f"`{part.replace('`', '``')}`" for part in parts)


_MILLIS = "unix_millis(CAST({{{0}}} AS TIMESTAMP_LTZ))"

TEMPLATES = {
    "from_text": "TRY_CAST({0} AS TIMESTAMP_NTZ)",
    "from_stamp": "CAST({0} AS TIMESTAMP_NTZ)",
    "from_zoned": "CAST({0} AS TIMESTAMP_NTZ)",
    "from_zoned_text": "CAST(TRY_CAST({0} AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)",
    "from_epoch": "CAST(timestamp_micros(CAST({0} * 1000000 AS BIGINT)) AS TIMESTAMP_NTZ)",
    "in_zone": "convert_timezone({1}, {2}, {0})",
    "day_of": "CAST({0} AS DATE)",
    "week_of": "trunc({0}, 'WEEK')",
    "month_of": "trunc({0}, 'MONTH')",
    "months_in": "COUNT(DISTINCT year({0}) * 12 + month({0}))",
    "exact": "TRY_CAST({0} AS DECIMAL(38, 12))",
    "seconds_between": f"(({_MILLIS.format(1)} - {_MILLIS.format(0)}) / 1e3)",
    "path_of": "split_part({0}, '?', 1)",
    "host_of": f"regexp_extract(lower({{0}}), '{HOST}', 1)",
    "key_of": "CAST(xxhash64(coalesce({0}, ''), coalesce({1}, '')) AS STRING)",
    "weekday_of": "((dayofweek({0}) + 5) % 7 + 1)",
    "hour_of": "hour({0})",
    "verbatim": "{0}",
    "md5": "md5({0})",
    "days_between": "datediff(CAST({1} AS DATE), CAST({0} AS DATE))",
}
