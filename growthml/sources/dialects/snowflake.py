"""Snowflake."""

from __future__ import annotations

TEMPLATES = {
    "from_text": "TRY_TO_TIMESTAMP_NTZ({0})",
    "from_stamp": "CAST({0} AS TIMESTAMP_NTZ)",
    "from_zoned": "CAST(CONVERT_TIMEZONE('UTC', {0}) AS TIMESTAMP_NTZ)",
    "from_zoned_text": "CAST(CONVERT_TIMEZONE('UTC', TRY_TO_TIMESTAMP_TZ({0})) AS TIMESTAMP_NTZ)",
    "from_epoch": "TO_TIMESTAMP_NTZ(CAST({0} * 1000000 AS BIGINT), 6)",
    "in_zone": "CONVERT_TIMEZONE({1}, {2}, {0})",
    "day_of": "CAST({0} AS DATE)",
    "week_of": "DATEADD(day, 1 - DAYOFWEEKISO({0}), CAST({0} AS DATE))",
    "month_of": "CAST(DATE_TRUNC('month', {0}) AS DATE)",
    "months_in": "COUNT(DISTINCT YEAR({0}) * 12 + MONTH({0}))",
    "exact": "CAST({0} AS NUMBER(38, 12))",
    "seconds_between": "(DATEDIFF(millisecond, {0}, {1}) / 1000::DOUBLE)",
    "path_of": "SPLIT_PART({0}, '?', 1)",
    "host_of": (
        "COALESCE(REGEXP_SUBSTR(LOWER({0}),"
        " '^[a-z][a-z0-9+.-]*://([^/?#@]*@)?(www[.])?([^/?#:]*)', 1, 1, 'e', 3), '')"
    ),
    "key_of": "(COALESCE({0}, '') || ' ' || COALESCE({1}, ''))",
    "weekday_of": "DAYOFWEEKISO({0})",
    "hour_of": "HOUR({0})",
    "days_between": "DATEDIFF(day, {0}, {1})",
    "verbatim": "COLLATE(CAST({0} AS VARCHAR), '')",
    "md5": "MD5({0})",
}
