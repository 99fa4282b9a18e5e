"""A report that may not go out: its owner hears why, its readers nothing, or that it is late."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from growthml.config.schema import Config
from growthml.deliver.channels import webhook
from growthml.deliver.delivery import Delivery
from growthml.deliver.desk import Desk, readers_of, report_key
from growthml.deliver.headers import key_of
from growthml.deliver.ledger import Ledger, State
from growthml.deliver.notices import send_notice, tell_owner
from growthml.parts import Run, Status
from growthml.progress import Progress
from growthml.render.words import reason_of
from growthml.words import _, speaking


def hold(
    held: Run | str,
    config: Config,
    *,
    archive: Path,
    period: str,
    advice: str = "",
    slice: str | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    sleep: Callable[[float], None] = time.sleep,
    progress: Progress | None = None,
) -> list[Delivery]:
    """Tell the owner that a report is held back, why, and what to do; readers as the config says.

    held: the run that may not go out, or why there is none. Nobody is told the same twice for one
    report and period. Raises DeliveryError where the ledger cannot be used.
    """
    wanted = config.delivery
    if not (wanted.email or wanted.webhook):
        return []
    (progress or Progress(quiet=True)).step("Telling that the report is held back")
    run_id = held.run_id if isinstance(held, Run) else ""
    with speaking(config.language), Ledger(archive, now) as ledger:
        reasons = reasons_of(held, config) if isinstance(held, Run) else [held]
        desk = Desk(
            config=config,
            ledger=ledger,
            report=report_key(config, slice, held if isinstance(held, Run) else None),
            period=period,
            now=now,
            sleep=sleep,
            run_id=run_id,
        )
        paragraphs = [
            _("{report} ({period}) is held back.", report=config.title, period=period),
            *reasons,
            advice
            or _("When that is mended, run the report again: it goes out then, once, as always."),
            _("The run is kept in the archive as {run}.", run=run_id) if run_id else "",
            _what_readers_got(config),
        ]
        subject = _("Held back: {report}, {period}", report=config.title, period=period)
        done = tell_owner(desk, subject, paragraphs, reasons)
        return [*done, *_tell_readers(desk, "; ".join(reasons), slice)]


def reasons_of(run: Run, config: Config) -> list[str]:
    """Why a run is held back: each section at fault, its reason and its advice, a sentence each."""
    required = {choice.name for choice in config.sections if choice.required}
    told = []
    for part in run.sections:
        missing = part.section.id in required and part.status is not Status.OK
        if part.status is Status.FAILED or missing:
            advice = f" {part.advice}" if part.advice else ""
            told.append(f"{_(part.section.title)}: {reason_of(part)}{advice}")
    return told or [_("A section that is required has no answer.")]


def _what_readers_got(config: Config) -> str:
    if config.delivery.on_hold == "line":
        return _("Readers were told in one line that it is late.")
    return _("Readers got nothing.")


def _tell_readers(desk: Desk, why: str, slice: str | None) -> list[Delivery]:
    """Write down what readers do not get; with `on_hold: line` they hear that it is late."""
    wanted, title = desk.config.delivery, desk.config.title
    line = _(
        "{report} ({period}) is late: it is held back until it can be trusted.",
        report=title,
        period=desk.period,
    )
    done = []
    for reader in readers_of(wanted.email, slice) if wanted.email else ():
        done.append(desk.note("email", key_of(reader), State.HELD, why))
        if wanted.on_hold == "line":
            subject = _("Late: {report}, {period}", report=title, period=desk.period)
            done.append(send_notice(desk, "line", reader, subject, [line]))
    if wanted.webhook:
        room = wanted.webhook.url
        done.append(desk.note("webhook", room.stored(), State.HELD, why))
        if wanted.on_hold == "line":
            send = lambda: webhook.post(room, line, sleep=desk.sleep)  # noqa: E731
            done.append(desk.once("line", room.stored(), send))
    return done
