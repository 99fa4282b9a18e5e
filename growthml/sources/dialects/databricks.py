"""Databricks, whose SQL is Spark's."""

from __future__ import annotations

from growthml.sources.dialects.host import HOST

TEMPLATES = {
    "from_text": "TRY_CAST({0} AS TIMESTAMP_NTZ)",
    "from_stamp": "CAST({0} AS TIMESTAMP_NTZ)",
    "from_zoned": "CAST(to_utc_timestamp({0}, current_timezone()) AS TIMESTAMP_NTZ)",
    "from_zoned_text": (
        "CAST(to_utc_timestamp(TRY_CAST({0} AS TIMESTAMP), current_timezone()) AS TIMESTAMP_NTZ)"
    ),
    "from_epoch": (
        "CAST(to_utc_timestamp(timestamp_micros(CAST({0} * 1000000 AS BIGINT)),"
        " current_timezone()) AS TIMESTAMP_NTZ)"
    ),
    "in_zone": "convert_timezone({1}, {2}, {0})",
    "day_of": "CAST({0} AS DATE)",
    "week_of": "CAST(date_trunc('WEEK', {0}) AS DATE)",
    "month_of": "CAST(date_trunc('MONTH', {0}) AS DATE)",
    "months_in": "COUNT(DISTINCT year({0}) * 12 + month({0}))",
    "exact": "TRY_CAST({0} AS DECIMAL(38, 12))",
    "seconds_between": "(timestampdiff(MILLISECOND, {0}, {1}) / 1000D)",
    "path_of": "split_part({0}, '?', 1)",
    "host_of": f"regexp_extract(lower({{0}}), '{HOST}', 1)",
    "key_of": "concat(coalesce({0}, ''), ' ', coalesce({1}, ''))",
    "weekday_of": "(weekday({0}) + 1)",
    "hour_of": "hour({0})",
    "days_between": "datediff(CAST({1} AS DATE), CAST({0} AS DATE))",
    "verbatim": "CAST({0} AS STRING)",
    "md5": "md5({0})",
}
