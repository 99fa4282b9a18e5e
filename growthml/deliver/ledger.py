"""What was sent to whom: one row per report, period, channel and recipient, written before sending.

A row is claimed in one transaction, flushed to the disk, before anything leaves this machine.
Whoever finds a claim whose runner is gone cannot know what became of it: the row turns `unclear`
and nothing more is sent until somebody asks for it.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import astuple, dataclass, fields, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

from growthml.deliver.files import safe_name, write_once
from growthml.errors import DeliveryError
from growthml.secrets import redact


class State(StrEnum):
    """What became of a delivery.

    refused: it is certain that nothing was accepted. unclear: nobody can know. intended: it is on
    its way, or its runner died. held: the report was held back. skipped: `when` said no.
    """

    INTENDED = "intended"
    SENT = "sent"
    REFUSED = "refused"
    UNCLEAR = "unclear"
    HELD = "held"
    SKIPPED = "skipped"


OPEN = frozenset({State.REFUSED, State.HELD, State.SKIPPED})
"""After these the next run may try again, since surely nothing was delivered."""


@dataclass(frozen=True, kw_only=True)
class Key:
    """What is delivered at most once. report: its name, and its slice where it has one."""

    report: str
    period: str
    channel: str
    recipient: str


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A row. message_id, sha256, file: of the bytes as sent, empty where there were none.

    attempts: how often the network was tried, over all runs. claims: how often it was begun.
    before: the state it had when it was begun again, else empty. runner: who began it last. at:
    when the state last changed, ISO 8601 in UTC.
    """

    report: str
    period: str
    channel: str
    recipient: str
    state: State
    reason: str = ""
    run_id: str = ""
    message_id: str = ""
    sha256: str = ""
    file: str = ""
    attempts: int = 0
    claims: int = 0
    before: str = ""
    runner: str = ""
    at: str = ""

    @property
    def key(self) -> Key:
        """What the row is about."""
        return Key(
            report=self.report,
            period=self.period,
            channel=self.channel,
            recipient=self.recipient,
        )


_COLUMNS = tuple(field.name for field in fields(Entry))
_WHOLE_NUMBERS = ("attempts", "claims")
_TYPED = ", ".join(
    f"{name} {'INTEGER' if name in _WHOLE_NUMBERS else 'TEXT'} NOT NULL" for name in _COLUMNS
)
_TABLES = (
    f"CREATE TABLE IF NOT EXISTS deliveries ({_TYPED},"
    " PRIMARY KEY (report, period, channel, recipient))",
    f"CREATE TABLE IF NOT EXISTS history (number INTEGER PRIMARY KEY, {_TYPED})",
)
_LIST = ", ".join(_COLUMNS)
_MARKS = ", ".join("?" * len(_COLUMNS))
_KEY = "report = ? AND period = ? AND channel = ? AND recipient = ?"


class Ledger:
    """The ledger of an archive, `deliveries/ledger.db`, and the mails beside it.

    A runner that means to send opens it with `with`: it counts as alive, to others on this
    machine, for as long as the block runs. Raises DeliveryError where it cannot be read or written.
    """

    def __init__(
        self, archive: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.folder = archive / "deliveries"
        self._now = now
        self._runner = secrets.token_hex(8)
        self._lock: int | None = None

    def __enter__(self) -> Self:
        with self._faults():
            path = self._lock_of(self._runner)
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
            fcntl.flock(self._lock, fcntl.LOCK_EX)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if self._lock is not None:
            with suppress(OSError):
                self._lock_of(self._runner).unlink()
            os.close(self._lock)
            self._lock = None

    # -- Reading -------------------------------------------------------------------------------

    def find(self, key: Key) -> Entry | None:
        """The row of a key as it now stands, `unclear` where its runner died; None without one."""
        if not (self.folder / "ledger.db").exists():
            return None
        with self._transaction() as database:
            return self._settled(database, _find(database, key))

    def entries(self, report: str | None = None, period: str | None = None) -> Sequence[Entry]:
        """All rows, or those of a report and period; by key."""
        return [
            entry
            for entry in self._all("deliveries ORDER BY report, period, channel, recipient")
            if report in (None, entry.report) and period in (None, entry.period)
        ]

    def history(self) -> Sequence[Entry]:
        """Every state that any row has had, oldest first."""
        return self._all("history ORDER BY number")

    def is_alive(self, entry: Entry) -> bool:
        """Whether the runner that began a delivery still runs."""
        try:
            handle = os.open(self._lock_of(entry.runner), os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            # Shared, so that two who look at the same moment do not take each other for the runner.
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
        return False

    # -- Writing -------------------------------------------------------------------------------

    def claim(
        self,
        key: Key,
        *,
        run_id: str,
        message_id: str = "",
        sha256: str = "",
        again: Collection[State] = (),
    ) -> Entry:
        """Take a delivery upon this runner; on the disk when it returns.

        The caller may send only where what comes back is `mine`; else it is the row that stands
        in the way. again: states besides OPEN from which it may be begun again.
        """
        with self._transaction() as database:
            found = self._settled(database, _find(database, key))
            if found and not may_begin(found, again):
                return found
            claims = found.claims + 1 if found else 1
            name = safe_name(message_id) if message_id else ""
            entry = Entry(
                report=key.report,
                period=key.period,
                channel=key.channel,
                recipient=key.recipient,
                state=State.INTENDED,
                run_id=run_id,
                message_id=message_id,
                sha256=sha256,
                file=f"{name}{f'-{claims}' if claims > 1 else ''}.eml" if name else "",
                attempts=found.attempts if found else 0,
                claims=claims,
                before=str(found.state) if found and found.state not in OPEN else "",
                runner=self._runner,
            )
            return self._put(database, entry)

    def mine(self, entry: Entry) -> bool:
        """Whether this runner has claimed the row and not yet settled it."""
        return entry.state is State.INTENDED and entry.runner == self._runner

    def keep(self, entry: Entry, content: bytes) -> None:
        """Write the exact bytes of a claimed mail beside the ledger, before it is sent."""
        with self._faults():
            if not write_once(self.folder / entry.file, content):
                raise DeliveryError(
                    f"{self.folder / entry.file} is there already, and a mail never changes;"
                    " nothing was sent. Move it away"
                )

    def settle(self, entry: Entry, state: State, reason: str = "", attempts: int = 1) -> Entry:
        """What became of a delivery this runner has claimed.

        What was sent or unclear before stays so when sending it again is refused.
        """
        if state is State.REFUSED and entry.before:
            state, reason = State(entry.before), f"sending it again was refused: {reason}"
        with self._transaction() as database:
            settled = replace(
                entry, state=state, reason=redact(reason), attempts=entry.attempts + attempts
            )
            return self._put(database, settled)

    def note(self, key: Key, state: State, reason: str, run_id: str = "") -> Entry:
        """Record that nothing is sent and why, unless something was or may have been.

        Returns the row as it then stands.
        """
        with self._transaction() as database:
            found = self._settled(database, _find(database, key))
            if found and found.state not in OPEN:
                return found
            if found and (found.state, found.reason) == (state, redact(reason)):
                return found
            before = found or Entry(
                report=key.report,
                period=key.period,
                channel=key.channel,
                recipient=key.recipient,
                state=state,
            )
            noted = replace(before, state=state, reason=redact(reason), run_id=run_id)
            return self._put(database, noted)

    def _settled(self, database: sqlite3.Connection, entry: Entry | None) -> Entry | None:
        """The entry, `unclear` if its runner died before it knew the outcome."""
        if entry is None or entry.state is not State.INTENDED or self.is_alive(entry):
            return entry
        reason = f"the run of {entry.at} ended before it knew whether this was accepted"
        return self._put(database, replace(entry, state=State.UNCLEAR, reason=reason))

    def _put(self, database: sqlite3.Connection, entry: Entry) -> Entry:
        stamped = replace(entry, at=self._now().astimezone(UTC).isoformat(timespec="seconds"))
        values = [str(v) if isinstance(v, State) else v for v in astuple(stamped)]
        database.execute(f"INSERT OR REPLACE INTO deliveries ({_LIST}) VALUES ({_MARKS})", values)
        database.execute(f"INSERT INTO history ({_LIST}) VALUES ({_MARKS})", values)
        return stamped

    def _all(self, rest: str) -> list[Entry]:
        if not (self.folder / "ledger.db").exists():
            return []
        with self._transaction("DEFERRED") as database:
            return [_entry(row) for row in database.execute(f"SELECT {_LIST} FROM {rest}")]

    def _lock_of(self, runner: str) -> Path:
        return self.folder / ".runners" / f"{runner}.lock"

    @contextmanager
    def _transaction(self, kind: str = "IMMEDIATE") -> Iterator[sqlite3.Connection]:
        with self._faults():
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self.folder / "ledger.db"
            database = sqlite3.connect(path, timeout=60, isolation_level=None)
            with closing(database):
                # More than FULL: the end of the journal is flushed too, or a power cut might
                # bring back a ledger that has forgotten its last intent.
                database.execute("PRAGMA synchronous = EXTRA")
                for table in _TABLES:
                    database.execute(table)
                database.execute(f"BEGIN {kind}")
                try:
                    yield database
                except BaseException:
                    database.execute("ROLLBACK")
                    raise
                database.execute("COMMIT")

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            why = error.strerror if isinstance(error, OSError) else error
            raise DeliveryError(
                f"the ledger of deliveries in {self.folder} cannot be used: {why};"
                " nothing is sent that cannot be written down"
            ) from None


def may_begin(entry: Entry | None, again: Collection[State] = ()) -> bool:
    """Whether a delivery may be begun. again: states besides OPEN from which it may."""
    return entry is None or entry.state in OPEN or entry.state in again


def _find(database: sqlite3.Connection, key: Key) -> Entry | None:
    rows = database.execute(f"SELECT {_LIST} FROM deliveries WHERE {_KEY}", astuple(key))
    return next((_entry(row) for row in rows), None)


def _entry(row: Sequence[object]) -> Entry:
    values = dict(zip(_COLUMNS, row, strict=True))
    return Entry(**values | {"state": State(str(values["state"]))})  # type: ignore[arg-type]
