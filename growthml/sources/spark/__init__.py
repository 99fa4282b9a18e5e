"""Apache Spark over Spark Connect: `sc://host:15002/database?path=/data/folder`.

The database, or `catalog.database`, is where tables are looked for; left out, the server's own.
`path` is a folder (or file) as the server and its workers see it, whose Parquet and CSV files
become tables of this session. `token` and `use_ssl` are Spark's own.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import registry
from sqlalchemy.engine import URL, Engine
from sqlalchemy.pool import StaticPool

from growthml.errors import SourceError

SCHEME = "sc"
_PORT = 15002
_OPTIONS = ("path", "token", "use_ssl", "user_id")

registry.register(SCHEME, "growthml.sources.spark.dialect", "SparkDialect")


def spark_engine(name: str, url: URL) -> Engine:
    """An engine over one session of a Spark Connect server, which can only read.

    Raises SourceError when the URL cannot be understood or the client is not installed.
    """
    unknown = sorted(set(url.query) - set(_OPTIONS))
    if unknown or ";" in (url.database or ""):
        raise SourceError(
            f"sources.{name}: a Spark address does not take"
            f" '{unknown[0] if unknown else ';'}'; write sc://host:{_PORT}/database?path=/folder,"
            f" with any of {', '.join(_OPTIONS)} behind the '?'"
        )
    try:
        from growthml.sources.spark import session
    except ModuleNotFoundError:
        raise SourceError(
            f"sources.{name}: the client for Spark is not installed; pip install 'growthml[spark]'"
        ) from None

    options: dict[str, Any] = {key: str(value) for key, value in url.query.items()}
    path = options.pop("path", None)

    def connect() -> session.Connection:
        address = session.address(url.host or "localhost", url.port or _PORT, options)
        return session.connect(name, address, database=url.database, path=path)

    return sa.create_engine(URL.create(SCHEME), creator=connect, poolclass=StaticPool)
