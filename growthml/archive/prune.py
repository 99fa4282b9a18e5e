"""Take old runs out of the archive: never one that was sent or that a postmortem measures by,
unless asked to, and never a mail."""

from __future__ import annotations

import secrets
import shutil
import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from growthml.archive import index, ledger, postmortem
from growthml.archive.runs import StoredRun, every
from growthml.errors import GrowthError, UsageError


@dataclass(frozen=True)
class Plan:
    """What would go, oldest first, and what stays although it is old, with the reason."""

    going: Sequence[StoredRun]
    staying: Sequence[tuple[StoredRun, str]]


def plan(
    archive: Path,
    *,
    today: date,
    keep: int | None = None,
    older_than: int | None = None,
    report: str | None = None,
    sent: bool = False,
) -> Plan:
    """What pruning would do.

    keep: the newest runs of each report that stay. older_than: days before `today` that a run's
    as-of date must lie back to go; with both, a run goes only when both say so. sent: sent runs go
    too. Raises UsageError when neither bound is given or there is no such report.
    """
    if keep is None and older_than is None:
        raise UsageError("archive prune needs --keep N, --older-than DAYS or both")
    if (keep or 0) < 0 or (older_than or 0) < 0:
        raise UsageError("archive prune: --keep and --older-than count from 0 up")
    runs = every(archive)
    if report is not None:
        known = sorted({run.report for run in runs})
        if report not in known:
            raise UsageError(f"there is no report '{report}'; there are {', '.join(known)}")
        runs = [run for run in runs if run.report == report]
    newest = set() if keep is None else _newest(runs, keep)
    before = "9" if older_than is None else (today - timedelta(days=older_than)).isoformat()
    old = [run for run in reversed(runs) if run.folder not in newest and run.as_of < before]
    held = _held(archive, sent=sent)
    kept = [(run, reason) for run in old if (reason := held.get(run.run_id))]
    return Plan([run for run in old if run.run_id not in held], kept)


def prune(archive: Path, runs: Sequence[StoredRun]) -> None:
    """Delete runs and their rows in the index. Raises GrowthError where a folder resists."""
    gone = []
    try:
        for run in runs:
            hidden = run.folder.with_name(f".{run.folder.name}.{secrets.token_hex(4)}")
            run.folder.rename(hidden)
            gone.append(run)
            shutil.rmtree(hidden)
    except OSError as error:
        raise GrowthError(f"cannot delete {error.filename}: {error.strerror}") from None
    finally:
        index.remove(archive, gone)


def _newest(runs: Sequence[StoredRun], keep: int) -> set[Path]:
    """The folders of each report's newest runs; its channels and postmortems count by themselves.

    runs: newest first.
    """
    by_report: dict[tuple[str, str, bool], list[Path]] = defaultdict(list)
    for run in runs:
        by_report[run.report, run.part, run.postmortem is None].append(run.folder)
    return {folder for folders in by_report.values() for folder in folders[:keep]}


def _held(archive: Path, *, sent: bool) -> dict[str, str]:
    """By run id, why a run stays however old it is."""
    held = dict.fromkeys(postmortem.measured_by(archive), "a postmortem measures by it")
    if not sent:
        try:
            held |= dict.fromkeys(ledger.sent(archive), "it was sent (--sent prunes it too)")
        except sqlite3.Error as error:
            raise GrowthError(
                f"{archive / ledger.PATH}: cannot be read ({error}), so what was sent is not known;"
                " restore it, or prune with --sent"
            ) from None
    return held
