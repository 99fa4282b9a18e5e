"""Every KPI of every run, in SQLite beside the archive or in any database SQLAlchemy knows.

One row a run, campaign and metric. A run that is written again changes nothing, so that whoever
was cut short may simply try again; `rebuild` makes it all anew from the stored runs. Numbers of
runs whose folders were pruned stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from growthml.archive.stored import load_run
from growthml.config.url import Url
from growthml.errors import GrowthError
from growthml.parts import Campaign, PastKpi, Run, rows_of
from growthml.secrets import redact

FILE = "history.db"

_META = sa.MetaData()
RUNS = sa.Table(
    "growthml_runs",
    _META,
    sa.Column("report", sa.String(200), primary_key=True),
    sa.Column("run_id", sa.String(40), primary_key=True),
    sa.Column("as_of", sa.String(10), nullable=False, index=True),
    sa.Column("status", sa.String(10), nullable=False),
    sa.Column("added_at", sa.String(32), nullable=False),
)
KPIS = sa.Table(
    "growthml_kpis",
    _META,
    sa.Column("report", sa.String(200), primary_key=True),
    sa.Column("run_id", sa.String(40), primary_key=True),
    sa.Column("campaign", sa.String(200), primary_key=True),
    sa.Column("metric", sa.String(120), primary_key=True),
    sa.Column("as_of", sa.String(10), nullable=False),
    sa.Column("start_day", sa.String(10)),
    sa.Column("end_day", sa.String(10)),
    sa.Column("definition", sa.String(40), nullable=False),
    sa.Column("n", sa.BigInteger),
    sa.Column("value", sa.Double),
    sa.Column("baseline_value", sa.Double),
    sa.Column("difference", sa.Double),
    sa.Column("ci_low", sa.Double),
    sa.Column("ci_high", sa.Double),
    sa.Column("verdict", sa.String(20), nullable=False),
)
_NUMBERS = ("value", "baseline_value", "difference", "ci_low", "ci_high")


class History:
    """The history of an archive. Raises GrowthError where its database cannot be used.

    url: instead of `history.db` in the archive.
    """

    def __init__(self, archive: Path, url: Url | None = None) -> None:
        self._file = None if url and not url.is_path else Path(url.reveal() if url else FILE)
        if self._file is not None and url is None:
            self._file = archive / FILE
        self._url = f"sqlite:///{self._file}" if self._file else (url.reveal() if url else "")

    def before(self, report: str, as_of: date) -> list[PastKpi]:
        """What runs of a report of earlier as-of dates found, by date, the latest run last.

        A day that was run several times counts once, as the run added last has it. Postmortems
        are no part of it.
        """
        if self._file is not None and not self._file.is_file():
            return []
        later = sa.func.max(RUNS.c.added_at).over(partition_by=RUNS.c.as_of)
        runs = (
            sa.select(RUNS.c.run_id, RUNS.c.added_at, later.label("latest"))
            .where(RUNS.c.report == report, RUNS.c.as_of < as_of.isoformat())
            .subquery("runs")
        )
        query = (
            sa.select(KPIS)
            .join(runs, sa.and_(runs.c.run_id == KPIS.c.run_id, runs.c.added_at == runs.c.latest))
            .where(KPIS.c.report == report)
            .order_by(KPIS.c.as_of, KPIS.c.run_id, KPIS.c.campaign, KPIS.c.metric)
        )
        with self._connected() as connection:
            if not sa.inspect(connection).has_table(KPIS.name):
                return []
            return [_past(row) for row in connection.execute(query).mappings()]

    def add(self, run: Run) -> bool:
        """Write a run's KPIs; False where they are there already, or it has none."""
        rows = list(_rows(run))
        if not rows or run.postmortem is not None:
            return False
        if self._file is not None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
        entry = {
            "report": run.name,
            "run_id": run.run_id,
            "as_of": run.context.as_of.isoformat(),
            "status": run.status,
            "added_at": datetime.now(UTC).isoformat(timespec="microseconds"),
        }
        try:
            with self._connected() as connection:
                _META.create_all(connection)
                connection.execute(RUNS.insert().values(entry))
                connection.execute(KPIS.insert(), rows)
                connection.commit()
        except IntegrityError:
            return False
        return True

    def rebuild(self, folders: Iterable[Path]) -> int:
        """Add every stored run that is not there; how many that were."""
        return sum(self.add(load_run(folder)) for folder in folders)

    @contextmanager
    def _connected(self) -> Iterator[sa.Connection]:
        try:
            engine = sa.create_engine(self._url, poolclass=sa.NullPool)
            with engine.connect() as connection:
                if self._file is not None:
                    connection.exec_driver_sql("PRAGMA busy_timeout = 30000")
                yield connection
        except IntegrityError:
            raise
        except (SQLAlchemyError, ImportError, OSError) as error:
            reason = redact(str(getattr(error, "orig", None) or error))
            raise GrowthError(
                f"the history of runs cannot be used ({reason}); mend output.history, or make it"
                " anew with `growthml archive index`"
            ) from None


def _rows(run: Run) -> Iterator[dict[str, Any]]:
    """The rows of `summary.kpis` as the history keeps them."""
    campaigns = {each.key: each for each in run.context.campaigns}
    for row in rows_of(run.sections, "summary", "kpis"):
        campaign: Campaign | None = campaigns.get(row["campaign"])
        if campaign is None:
            continue
        yield {
            "report": run.name,
            "run_id": run.run_id,
            "campaign": campaign.key,
            "metric": row["metric"],
            "as_of": run.context.as_of.isoformat(),
            "start_day": campaign.start.isoformat() if campaign.start else None,
            "end_day": campaign.end.isoformat() if campaign.end else None,
            "definition": campaign.definition,
            "n": int(row["n"]),
            **{name: _number(row[name]) for name in _NUMBERS},
            "verdict": str(row["verdict"]),
        }


def _number(value: Any) -> float | None:
    return None if value is None or value != value else float(value)


def _past(row: Any) -> PastKpi:
    return PastKpi(
        run_id=row["run_id"],
        as_of=date.fromisoformat(row["as_of"]),
        campaign=row["campaign"],
        metric=row["metric"],
        value=row["value"],
        verdict=row["verdict"],
        definition=row["definition"],
        start=date.fromisoformat(row["start_day"]) if row["start_day"] else None,
        end=date.fromisoformat(row["end_day"]) if row["end_day"] else None,
    )
