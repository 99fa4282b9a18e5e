"""Whether a server is a replica, and how far behind its primary it may be."""

from __future__ import annotations

import logging
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

log = logging.getLogger(__name__)

_POSTGRESQL = """
SELECT CASE WHEN NOT pg_is_in_recovery() THEN NULL
    WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()
        AND EXISTS (SELECT FROM pg_stat_wal_receiver WHERE pid IS NOT NULL) THEN 0
    ELSE EXTRACT(EPOCH FROM clock_timestamp() - coalesce(
        pg_last_xact_replay_timestamp(), (SELECT checkpoint_time FROM pg_control_checkpoint())))
    END
"""
"""It is up to date where it is connected and has replayed all it received; else it is at most as
far behind as the last transaction it replayed is old, or its last checkpoint if there is none."""


def behind(connection: Connection) -> float | None:
    """By how many seconds a replica may be behind; None where it is none, or does not say so."""
    try:
        match connection.dialect.name:
            case "postgresql":
                lag = connection.execute(sa.text(_POSTGRESQL)).scalar()
            case "mysql" | "mariadb":
                lag = _of_mysql(connection)
            case _:
                return None
    except SQLAlchemyError:  # it may not be ours to know
        connection.rollback()
        return None
    return None if lag is None else float(lag)


def _of_mysql(connection: Connection) -> float | None:
    found = connection.execute(sa.text("SHOW REPLICA STATUS")).mappings().first()
    status: dict[str, Any] = {str(key): value for key, value in (found or {}).items()}
    lag: float | None = status.get("Seconds_Behind_Source", status.get("Seconds_Behind_Master"))
    if status and lag is None:
        log.warning(
            "a replica is read that does not follow its primary: nobody knows how old its data are"
        )
    return lag
