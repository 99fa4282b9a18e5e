"""PostgreSQL, which is also asked of engines that nothing is known of."""

from __future__ import annotations

from growthml.sources.dialects.host import HOST

TEMPLATES = {
    "from_text": "CAST({0} AS TIMESTAMP)",
    "from_stamp": "CAST({0} AS TIMESTAMP)",
    "from_zoned": "timezone('UTC', {0})",
    "from_zoned_text": "timezone('UTC', CAST({0} AS TIMESTAMPTZ))",
    "from_epoch": "timezone('UTC', to_timestamp({0}))",
    "in_zone": "timezone({2}, timezone({1}, {0}))",
    "day_of": "CAST({0} AS DATE)",
    "week_of": "CAST(date_trunc('week', {0}) AS DATE)",
    "month_of": "CAST(date_trunc('month', {0}) AS DATE)",
    # One bit a month of fifty years: DISTINCT would make it sort each user's rows.
    "months_in": (
        "coalesce(bit_count(bit_or(set_bit(CAST(repeat('0', 600) AS BIT(600)), mod(CAST("
        "date_part('year', {0}) * 12 + date_part('month', {0}) AS INTEGER), 600), 1))), 0)"
    ),
    "exact": "CAST({0} AS NUMERIC)",
    "seconds_between": "CAST(ROUND(EXTRACT(EPOCH FROM {1} - {0})::numeric, 3) AS DOUBLE PRECISION)",
    "path_of": "split_part({0}, '?', 1)",
    "host_of": f"coalesce(substring(lower({{0}}) from '{HOST}'), '')",
    "key_of": "CONCAT({0}, ' ', {1})",
    "weekday_of": "CAST(EXTRACT(ISODOW FROM {0}) AS INTEGER)",
    "hour_of": "CAST(EXTRACT(HOUR FROM {0}) AS INTEGER)",
    "days_between": "(CAST({1} AS DATE) - CAST({0} AS DATE))",
    "verbatim": '(CAST({0} AS TEXT) COLLATE "C")',
    "md5": "md5({0})",
}
