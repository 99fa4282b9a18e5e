"""ClickHouse."""

from __future__ import annotations

from growthml.sources.dialects.host import HOST

TEMPLATES = {
    "from_text": "parseDateTime64BestEffortOrNull({0}, 6, 'UTC')",
    "from_stamp": "toDateTime64(toString({0}), 6, 'UTC')",
    "from_zoned": "toDateTime64(toString(toTimeZone({0}, 'UTC')), 6, 'UTC')",
    "from_zoned_text": "parseDateTime64BestEffortOrNull({0}, 6, 'UTC')",
    "from_epoch": "fromUnixTimestamp64Micro(toInt64({0} * 1000000), 'UTC')",
    "in_zone": (
        "toDateTime64(toString(toTimeZone(toDateTime64(toString({0}), 6, {1}), {2})), 6, 'UTC')"
    ),
    "day_of": "toDate({0})",
    "week_of": "toStartOfWeek({0}, 1)",
    "month_of": "toStartOfMonth({0})",
    "months_in": "COUNT(DISTINCT toYYYYMM({0}))",
    "exact": "toDecimal128OrNull(toString({0}), 12)",
    "seconds_between": "(dateDiff('millisecond', {0}, {1}) / 1000)",
    "path_of": "splitByChar('?', {0})[1]",
    "host_of": f"extract(lower({{0}}), '{HOST}')",
    "key_of": "concat(ifNull({0}, ''), ' ', ifNull({1}, ''))",
    "weekday_of": "toDayOfWeek({0})",
    "hour_of": "toHour({0})",
    "days_between": "dateDiff('day', toDate({0}), toDate({1}))",
    "verbatim": "toString({0})",
    "md5": "lower(hex(MD5({0})))",
}
