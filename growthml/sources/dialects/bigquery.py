"""BigQuery: an instant is a DATETIME."""

from __future__ import annotations

from growthml.sources.dialects.host import HOST

TEMPLATES = {
    "from_text": "SAFE_CAST({0} AS DATETIME)",
    "from_stamp": "CAST({0} AS DATETIME)",
    "from_zoned": "DATETIME({0}, 'UTC')",
    "from_zoned_text": "DATETIME(SAFE_CAST({0} AS TIMESTAMP), 'UTC')",
    "from_epoch": "DATETIME(TIMESTAMP_MICROS(CAST({0} * 1000000 AS INT64)), 'UTC')",
    "in_zone": "DATETIME(TIMESTAMP({0}, {1}), {2})",
    "day_of": "DATE({0})",
    "week_of": "DATE_TRUNC(DATE({0}), ISOWEEK)",
    "month_of": "DATE_TRUNC(DATE({0}), MONTH)",
    "months_in": "COUNT(DISTINCT EXTRACT(YEAR FROM {0}) * 12 + EXTRACT(MONTH FROM {0}))",
    "exact": "CAST({0} AS BIGNUMERIC)",
    "seconds_between": "(DATETIME_DIFF({1}, {0}, MILLISECOND) / 1000)",
    "path_of": "SPLIT({0}, '?')[SAFE_OFFSET(0)]",
    "host_of": f"COALESCE(REGEXP_EXTRACT(LOWER({{0}}), r'{HOST}'), '')",
    "key_of": "CONCAT(COALESCE({0}, ''), ' ', COALESCE({1}, ''))",
    "weekday_of": "(MOD(EXTRACT(DAYOFWEEK FROM {0}) + 5, 7) + 1)",
    "hour_of": "EXTRACT(HOUR FROM {0})",
    "days_between": "DATE_DIFF(DATE({1}), DATE({0}), DAY)",
    "verbatim": "CAST({0} AS STRING)",
    "md5": "TO_HEX(MD5({0}))",
}
