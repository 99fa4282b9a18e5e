"""MySQL and MariaDB."""

from __future__ import annotations

TEMPLATES = {
    "from_text": "CAST({0} AS DATETIME(6))",
    "from_stamp": "CAST({0} AS DATETIME(6))",
    "from_zoned": "CAST({0} AS DATETIME(6))",
    "from_zoned_text": (  # an offset is taken away from the time, not understood with it
        "ADDTIME(CAST(REGEXP_REPLACE({0}, '(Z|[+-]..:..)$', '') AS DATETIME(6)),"
        " IF({0} REGEXP '[+-]..:..$',"
        " CAST(CONCAT(IF(LEFT(RIGHT({0}, 6), 1) = '+', '-', ''), RIGHT({0}, 5)) AS TIME), '0:0'))"
    ),
    "from_epoch": "TIMESTAMPADD(MICROSECOND, ROUND({0} * 1000000), TIMESTAMP('1970-01-01'))",
    "in_zone": "CONVERT_TZ({0}, {1}, {2})",
    "day_of": "DATE({0})",
    "week_of": "DATE_SUB(DATE({0}), INTERVAL WEEKDAY({0}) DAY)",
    "month_of": "DATE_SUB(DATE({0}), INTERVAL DAYOFMONTH({0}) - 1 DAY)",
    "months_in": "COUNT(DISTINCT EXTRACT(YEAR_MONTH FROM {0}))",
    "exact": "CAST({0} AS DECIMAL(38, 12))",
    "seconds_between": "ROUND(TIMESTAMPDIFF(MICROSECOND, {0}, {1}) / 1000000e0, 3)",
    "path_of": "SUBSTRING_INDEX({0}, '?', 1)",
    "host_of": (
        "IF({0} LIKE '%://%', REGEXP_REPLACE(SUBSTRING_INDEX(SUBSTRING_INDEX(SUBSTRING_INDEX("
        "SUBSTRING_INDEX(SUBSTRING_INDEX(LOWER({0}), '://', -1), '/', 1), '?', 1), '@', -1),"
        " ':', 1), '^www[.]', ''), '')"
    ),
    "key_of": "CONCAT_WS(' ', {0}, {1})",
    "weekday_of": "(WEEKDAY({0}) + 1)",
    "hour_of": "HOUR({0})",
    "days_between": "DATEDIFF({1}, {0})",
    "verbatim": "(CONVERT({0} USING utf8mb4) COLLATE utf8mb4_0900_bin)",
    "md5": "md5({0})",
}
