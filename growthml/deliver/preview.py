"""What would be sent, as files to look at; nothing is sent and no ledger is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from growthml.config.schema import Config
from growthml.deliver.channels.webhook import room_text
from growthml.deliver.desk import readers_of, report_key
from growthml.deliver.letter import embedded, html, letter
from growthml.deliver.message import mailing
from growthml.deliver.post import period_of, report_link, templates_of
from growthml.errors import UsageError
from growthml.parts import Run


def preview(
    run: Run,
    folder: Path,
    config: Config,
    out: Path,
    *,
    alerts: Sequence[str] = (),
    slice: str | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> list[Path]:
    """Write into `out` the mail to the first reader (`mail.eml`), its body as a browser shows it
    (`mail.html`), and what the chat room would read (`chat.txt`), as far as the config has them.

    Opens no socket. Raises UsageError where the config delivers neither by mail nor to a room, and
    GrowthError where a mail cannot be written.
    """
    wanted = config.delivery
    if not (wanted.email or wanted.webhook):
        raise UsageError(
            "the config has neither delivery.email nor delivery.webhook: nothing would be sent"
        )
    files: dict[str, bytes] = {}
    link = report_link(wanted.link, run)
    if wanted.email is not None:
        made = mailing(
            run,
            folder,
            wanted.email,
            report=report_key(config, slice, run),
            period=period_of(config, run.context.as_of),
            alerts=alerts,
            link=link,
            templates=templates_of(config),
            slice=slice,
        )
        reader = next(iter(readers_of(wanted.email, slice)), wanted.email.sender)
        picture = embedded(made.letter.hero.png) if made.letter.hero else ""
        files["mail.eml"] = made.mail(reader, now()).content
        logo = made.letter.theme.logo
        page = html(made.letter, picture, templates_of(config), logo=logo)
        files["mail.html"] = page.encode()
    if wanted.webhook is not None:
        said = room_text(letter(run, alerts=alerts, link=link, picture=False), run.status)
        files["chat.txt"] = f"{said}\n".encode()
    out.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (out / name).write_bytes(content)
    return [out / name for name in files]
