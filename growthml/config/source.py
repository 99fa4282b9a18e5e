"""Where data come from."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from growthml.config.model import Model
from growthml.config.tables import Schema
from growthml.config.types import Memory, Number, WholeNumber, Zone
from growthml.config.url import Url


class SourceConfig(Model):
    """A database, a file or folder of tables, or an access log. It is only ever read."""

    url: Url
    """A SQLAlchemy URL (`sqlite:///data/shop.db`, `postgresql://app:${DB_PASSWORD}@host/shop`) or
    a path: `.parquet`, `.csv`, `.log`, `.log.1`, `.gz`, a folder of tables or logs. Relative paths
    are relative to the working directory. Passwords come from the environment: `${NAME}`."""
    schema_: Schema | None = Field(default=None, alias="schema")
    """The schema of this source, where it differs from the config's own."""
    timezone: Zone = "UTC"
    """The time zone of times stored here without one."""
    same_users: bool = False
    """Whether ids here mean the same people as in other sources with `same_users: true`."""
    memory_limit: Memory | None = None
    """The most memory the query engine may take, such as `2GB` (DuckDB, Parquet, CSV, logs, copies
    of SQLite files); what does not fit goes to the folder for temporary files. Left out: the
    sources of a report share `4GB`, or 80 % of the machine's memory where that is less."""
    threads: Annotated[WholeNumber, Field(ge=1)] | None = None
    """How many threads the query engine may use. Left out: as many as there are cores."""
    timeout: Annotated[Number, Field(gt=0)] | None = None
    """Seconds after which a query is given up. Left out: never."""
    cache: bool = True
    """Whether a large SQLite file (64 MB and more) is copied into DuckDB, beside the archive, and
    counted there: once for each state of the file, and only its new rows where some were added. On
    PostgreSQL, whether what many facts ask for is kept in temporary tables until the run ends."""
