"""The one door: a finished run goes to its readers, each at most once.

`deliver` for a report that may go out, `hold` for one that may not. Both write every step into the
archive's ledger; neither raises for a delivery that failed, but for a ledger that cannot be used.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from growthml import period as periods
from growthml.config.delivery import EmailConfig, When
from growthml.config.schema import Config
from growthml.config.url import last_name
from growthml.deliver.channels import folder as folders
from growthml.deliver.channels import webhook
from growthml.deliver.delivery import Delivery
from growthml.deliver.desk import Desk, readers_of, report_key
from growthml.deliver.headers import key_of
from growthml.deliver.hold import hold
from growthml.deliver.ledger import Ledger, State
from growthml.deliver.letter import letter
from growthml.deliver.message import Mailing, mailing
from growthml.deliver.notices import tell_of_failures
from growthml.errors import GrowthError
from growthml.parts import Run, Status
from growthml.progress import Progress
from growthml.words import speaking

if TYPE_CHECKING:
    from growthml.deliver.message import Mail


def period_of(config: Config, as_of: date) -> str:
    """What a report is about, for "at most once": its period's days, or the day it is as of.

    >>> from growthml.config.schema import Config
    >>> config = Config.model_validate({"sources": {"a": {"url": "a.db"}}, "period": "last_week"})
    >>> period_of(config, date(2025, 3, 11))
    '2025-03-03..2025-03-09'
    """
    window = periods.resolve(config.period, as_of)
    if window is None:
        return as_of.isoformat()
    return f"{window.start}..{window.end - (date.resolution)}"


def deliver(
    run: Run,
    folder: Path,
    config: Config,
    *,
    archive: Path,
    period: str,
    resend: bool | Collection[str] = False,
    alerts: Sequence[str] = (),
    changed: bool = True,
    slice: str | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    sleep: Callable[[float], None] = time.sleep,
    progress: Progress | None = None,
) -> list[Delivery]:
    """Deliver a run, stored in `folder`, by every way its config names.

    period: from `period_of`. resend: True sends again what is unclear; addresses get it again in
    any case. alerts: a sentence each that fired, told first. changed: whether a verdict differs
    from the report before. slice: with `for_each`, the value the run is about. A run that is held
    is not delivered: see `hold`. Raises DeliveryError where the ledger cannot be used.
    """
    if run.status == "held":
        return hold(
            run,
            config,
            archive=archive,
            period=period,
            slice=slice,
            now=now,
            sleep=sleep,
            progress=progress,
        )
    wanted = config.delivery
    if not (wanted.email or wanted.webhook or wanted.folder):
        return []
    (progress or Progress(quiet=True)).step("Delivering the report")
    with speaking(run.language), Ledger(archive, now) as ledger:
        desk = Desk(
            config=config,
            ledger=ledger,
            report=report_key(config, slice, run),
            period=period,
            now=now,
            sleep=sleep,
            run_id=run.run_id,
            resend=resend,
        )
        sender = _Sender(desk, run, folder, tuple(alerts), changed, slice)
        done = [*sender.to_folder(), *sender.toreaders_of(), *sender.to_room()]
        return [*done, *tell_of_failures(desk, done)]


class _Sender:
    """One run on its way by each channel of its config."""

    def __init__(
        self,
        desk: Desk,
        run: Run,
        folder: Path,
        alerts: Sequence[str],
        changed: bool,
        slice: str | None,
    ) -> None:
        self._desk = desk
        self._run = run
        self._folder = folder
        self._alerts = alerts
        self._changed = changed
        self._slice = slice
        self._wanted = desk.config.delivery

    def to_folder(self) -> list[Delivery]:
        """A copy of the run where readers can see it."""
        if self._wanted.folder is None:
            return []
        shared = Path(self._wanted.folder)
        there = (shared / self._folder.parent.name / self._folder.name).exists()
        name = f"{last_name(self._wanted.folder)}/{self._run.name}/{self._run.run_id}"
        # A copy is whole or not there, so one that was cut short or taken away may be made again.
        again = () if there else (State.SENT, State.UNCLEAR)
        return [self._desk.once("folder", name, lambda: folders.copy(self._folder, shared), again)]

    def toreaders_of(self) -> list[Delivery]:
        """A mail to each reader."""
        email = self._wanted.email
        if email is None:
            return []
        readers = readers_of(email, self._slice)
        if why := self._unwanted(email.when):
            return [self._desk.note("email", key_of(r), State.SKIPPED, why) for r in readers]

        @cache
        def made() -> Mailing:
            return mailing(
                self._run,
                self._folder,
                email,
                report=self._desk.report,
                period=self._desk.period,
                alerts=self._alerts,
                link=report_link(self._wanted.link, self._run),
                templates=templates_of(self._desk.config),
                slice=self._slice,
            )

        return [self._to_reader(email, reader, made) for reader in readers]

    def _to_reader(self, email: EmailConfig, reader: str, made: Callable[[], Mailing]) -> Delivery:
        def write(again: int) -> Mail:
            return made().mail(reader, self._desk.now(), again)

        done = self._desk.mail(email, "email", reader, write)
        if done.new and done.state is State.SENT and made().dropped:
            left = f"without {' and '.join(made().dropped)}: too large for a mail"
            return replace(done, reason=left)
        return done

    def to_room(self) -> list[Delivery]:
        """A text to the chat room."""
        room = self._wanted.webhook
        if room is None:
            return []
        name = room.url.stored()
        if why := self._unwanted(room.when):
            return [self._desk.note("webhook", name, State.SKIPPED, why)]
        link = report_link(self._wanted.link, self._run)
        try:
            said = letter(self._run, alerts=self._alerts, link=link, picture=False)
        except GrowthError as error:
            return [self._desk.note("webhook", name, State.REFUSED, str(error))]
        text = webhook.room_text(said, self._run.status)
        send = lambda: webhook.post(room.url, text, sleep=self._desk.sleep)  # noqa: E731
        return [self._desk.once("webhook", name, send)]

    def _unwanted(self, when: When) -> str:
        """Why the config wants nothing sent of this run; empty where it does."""
        failed = [s.section.title for s in self._run.sections if s.status is Status.FAILED]
        if when == "ok" and (failed or self._run.status != "ok"):
            return f"when: ok, and the report is {'incomplete' if failed else self._run.status}"
        if when == "changed" and not self._changed:
            return "when: changed, and no verdict is another than in the report before"
        if when == "alert" and not self._alerts:
            return "when: alert, and no alert fired"
        return ""


def templates_of(config: Config) -> Path | None:
    """The user's own templates."""
    return Path(config.output.templates) if config.output.templates else None


def report_link(link: str | None, run: Run) -> str:
    """Where a reader finds the report online; empty without an archive online."""
    return f"{link.rstrip('/')}/{run.name}/{run.run_id}/report.html" if link else ""
