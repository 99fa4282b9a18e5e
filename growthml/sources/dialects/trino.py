"""Trino (and Athena, which is built on it)."""

from __future__ import annotations

from growthml.sources.dialects.host import HOST

TEMPLATES = {
    "from_text": "TRY_CAST(replace({0}, 'T', ' ') AS TIMESTAMP(6))",
    "from_stamp": "CAST({0} AS TIMESTAMP(6))",
    "from_zoned": "CAST({0} AT TIME ZONE 'UTC' AS TIMESTAMP(6))",
    "from_zoned_text": "CAST(TRY(from_iso8601_timestamp(replace({0}, ' ', 'T'))) AT TIME ZONE 'UTC'"
    " AS TIMESTAMP(6))",
    "from_epoch": "CAST(from_unixtime(CAST({0} AS DOUBLE), 'UTC') AS TIMESTAMP(6))",
    "in_zone": "CAST(with_timezone({0}, {1}) AT TIME ZONE {2} AS TIMESTAMP(6))",
    "day_of": "CAST({0} AS DATE)",
    "week_of": "CAST(date_trunc('week', {0}) AS DATE)",
    "month_of": "CAST(date_trunc('month', {0}) AS DATE)",
    "months_in": "COUNT(DISTINCT year({0}) * 12 + month({0}))",
    "exact": "CAST({0} AS DECIMAL(38, 12))",
    "seconds_between": "(date_diff('millisecond', {0}, {1}) / 1000e0)",
    "path_of": "split_part({0}, '?', 1)",
    "host_of": f"coalesce(regexp_extract(lower({{0}}), '{HOST}', 1), '')",
    "key_of": "concat(coalesce({0}, ''), ' ', coalesce({1}, ''))",
    "weekday_of": "CAST(day_of_week({0}) AS INTEGER)",
    "hour_of": "CAST(hour({0}) AS INTEGER)",
    "days_between": "date_diff('day', CAST({0} AS DATE), CAST({1} AS DATE))",
    "verbatim": "CAST({0} AS VARCHAR)",
    "md5": "lower(to_hex(md5(to_utf8({0}))))",
}
