"""One file an engine: how it spells the functions of `growthml.sources.dialect`, by their names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from growthml.sources.dialects import (
    bigquery,
    clickhouse,
    databricks,
    duckdb,
    mariadb,
    mysql,
    postgresql,
    redshift,
    snowflake,
    spark,
    sqlite,
    trino,
)

ENGINES: dict[str, Mapping[str, str]] = {
    "bigquery": bigquery.TEMPLATES,
    "clickhousedb": clickhouse.TEMPLATES,
    "databricks": databricks.TEMPLATES,
    "duckdb": duckdb.TEMPLATES,
    "mariadb": mariadb.TEMPLATES,
    "mysql": mysql.TEMPLATES,
    "postgresql": postgresql.TEMPLATES,
    "spark": spark.TEMPLATES,
    "redshift": redshift.TEMPLATES,
    "snowflake": snowflake.TEMPLATES,
    "sqlite": sqlite.TEMPLATES,
    "trino": trino.TEMPLATES,
}


UNKNOWN = postgresql.TEMPLATES | {"months_in": redshift.TEMPLATES["months_in"]}
"""For engines we know nothing of: PostgreSQL without what only PostgreSQL has."""


def spelling(dialect: Any) -> Mapping[str, str]:
    """The templates of a SQLAlchemy dialect, by its name."""
    name = "mariadb" if getattr(dialect, "is_mariadb", False) else dialect.name
    return ENGINES.get(name, UNKNOWN)
