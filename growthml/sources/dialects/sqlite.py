"""SQLite: instants are text; `in_zone`, `md5` and `host_of` are functions of the connection."""

from __future__ import annotations

TEMPLATES = {
    "from_text": "strftime('%Y-%m-%d %H:%M:%f', {0})",
    "from_stamp": "strftime('%Y-%m-%d %H:%M:%f', {0})",
    "from_zoned": "strftime('%Y-%m-%d %H:%M:%f', {0})",
    "from_zoned_text": "strftime('%Y-%m-%d %H:%M:%f', {0})",
    "from_epoch": "strftime('%Y-%m-%d %H:%M:%f', {0}, 'unixepoch')",
    "in_zone": "in_zone({0}, {1}, {2})",
    "day_of": "date({0})",
    "week_of": "date({0}, 'weekday 0', '-6 days')",
    "month_of": "date({0}, 'start of month')",
    "months_in": "COUNT(DISTINCT substr({0}, 1, 7))",
    "exact": "{0}",
    "seconds_between": "ROUND((julianday({1}) - julianday({0})) * 86400.0, 3)",
    "path_of": "substr({0}, 1, instr({0} || '?', '?') - 1)",
    "host_of": "host_of({0})",
    "key_of": "(COALESCE({0}, '') || ' ' || COALESCE({1}, ''))",
    "weekday_of": "((CAST(strftime('%w', {0}) AS INTEGER) + 6) % 7 + 1)",
    "hour_of": "CAST(strftime('%H', {0}) AS INTEGER)",
    "days_between": "CAST(julianday(date({1})) - julianday(date({0})) AS INTEGER)",
    "verbatim": "{0}",
    "md5": "md5({0})",
}
