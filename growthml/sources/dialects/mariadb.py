"""MariaDB, where it differs from MySQL."""

from __future__ import annotations

from growthml.sources.dialects import mysql

TEMPLATES = mysql.TEMPLATES | {
    "verbatim": "(CONVERT({0} USING utf8mb4) COLLATE utf8mb4_nopad_bin)",
}
