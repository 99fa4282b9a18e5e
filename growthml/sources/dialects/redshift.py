"""Redshift, where it differs from PostgreSQL."""

from __future__ import annotations

from growthml.sources.dialects import postgresql

TEMPLATES = postgresql.TEMPLATES | {
    "from_zoned": "({0} AT TIME ZONE 'UTC')",
    "from_zoned_text": "(CAST({0} AS TIMESTAMPTZ) AT TIME ZONE 'UTC')",
    "from_epoch": "(TIMESTAMP 'epoch' + {0} * INTERVAL '1 second')",
    "in_zone": "CONVERT_TIMEZONE({1}, {2}, {0})",
    "months_in": "COUNT(DISTINCT date_trunc('month', {0}))",
    "exact": "CAST({0} AS DECIMAL(38, 12))",
    "seconds_between": "(DATEDIFF(millisecond, {0}, {1}) / 1000::DOUBLE PRECISION)",
    "host_of": (
        "REGEXP_SUBSTR(LOWER({0}),"
        " '^[a-z][a-z0-9+.-]*://([^/?#@]*@)?(www[.])?([^/?#:]*)', 1, 1, 'e', 3)"
    ),
    "key_of": "(COALESCE({0}, '') || ' ' || COALESCE({1}, ''))",
    "weekday_of": "((EXTRACT(DOW FROM {0})::INTEGER + 6) % 7 + 1)",
    "days_between": "DATEDIFF(day, {0}, {1})",
    "verbatim": "CAST({0} AS VARCHAR)",
}
