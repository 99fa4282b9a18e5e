"""DuckDB."""

from __future__ import annotations

from growthml.sources.dialects.host import HOST

TEMPLATES = {
    "from_text": "TRY_CAST({0} AS TIMESTAMP)",
    "from_stamp": "CAST({0} AS TIMESTAMP)",
    "from_zoned": "timezone('UTC', {0})",
    "from_zoned_text": "timezone('UTC', TRY_CAST({0} AS TIMESTAMPTZ))",
    "from_epoch": "make_timestamp(CAST({0} * 1000000 AS BIGINT))",
    "in_zone": "timezone({2}, timezone({1}, {0}))",
    "day_of": "CAST({0} AS DATE)",
    "week_of": "CAST(date_trunc('week', {0}) AS DATE)",
    "month_of": "CAST(date_trunc('month', {0}) AS DATE)",
    "months_in": "COUNT(DISTINCT year({0}) * 12 + month({0}))",
    "exact": "TRY_CAST({0} AS DECIMAL(38, 12))",
    "seconds_between": "(date_diff('millisecond', {0}, {1}) / 1000.0)",
    "path_of": "split_part({0}, '?', 1)",
    "host_of": f"regexp_extract(lower({{0}}), '{HOST}', 1)",
    "key_of": "CAST(hash({0}, {1}) >> 1 AS BIGINT)",
    "weekday_of": "CAST(EXTRACT(ISODOW FROM {0}) AS INTEGER)",
    "hour_of": "CAST(EXTRACT(HOUR FROM {0}) AS INTEGER)",
    "days_between": "date_diff('day', CAST({0} AS DATE), CAST({1} AS DATE))",
    "verbatim": "{0}",
    "md5": "md5({0})",
}
