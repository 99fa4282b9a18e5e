"""The mail itself: one message a reader, with headers that mail programs and people can trust.

`multipart/mixed[alternative[text, related[html, png]], pdf…, csv]`. Everything but the date is a
function of the run, the config and the reader, down to the boundaries.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import EmailMessage
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from growthml.config.delivery import EmailConfig
from growthml.deliver.attachments import Attachment, attachments, sentences
from growthml.deliver.headers import (
    POLICY,
    address,
    bare,
    domain_of,
    list_headers,
    message_id,
    plain_line,
)
from growthml.deliver.letter import Letter, html, letter, text
from growthml.deliver.subject import subject_of
from growthml.deliver.words import fold, shorten
from growthml.errors import DeliveryError
from growthml.words import N_, _, speaking

if TYPE_CHECKING:
    from growthml.parts import Run

MOST_MAIL = 10_000_000
"""Bytes of a whole mail, as sent; servers refuse larger ones, some far smaller ones."""
SENT_AGAIN = N_("[sent again]")


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A mail ready to go: from whom, to whom, and the exact bytes."""

    sender: str
    recipient: str
    message_id: str
    content: bytes

    @property
    def sha256(self) -> str:
        """Of the bytes, in hex."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Mailing:
    """A run as its readers get it by mail: written once, addressed to each.

    dropped: kinds of attachment left out because the mail would be too large.
    """

    run: Run
    email: EmailConfig
    report: str
    period: str
    letter: Letter
    subject: str
    carried: Sequence[Attachment]
    dropped: Sequence[str]
    templates: Path | None

    @cached_property
    def _text(self) -> str:
        return text(self.letter, self.templates)

    @cached_property
    def _html(self) -> str:
        logo = f"cid:{self._content_id('logo')}" if self.letter.logo else ""
        hero = f"cid:{self._content_id('hero')}"
        return html(self.letter, hero, self.templates, logo=logo)

    @property
    def _pictures(self) -> Iterator[tuple[str, str, bytes]]:
        """What the page shows, in its order: name, kind, bytes."""
        if self.letter.logo:
            yield "logo", *self.letter.logo
        if self.letter.hero:
            yield "hero", "png", self.letter.hero.png

    def _content_id(self, picture: str) -> str:
        """A picture's Content-ID, without angle brackets."""
        return f"{picture}.{self.run.run_id}@{domain_of(self.email.sender)}"

    def message(self, recipient: str, date: datetime, again: int = 0) -> EmailMessage:
        """The message to one reader. again: how often it was sent before.

        Raises DeliveryError for an address no mail can go to.
        """
        made = EmailMessage(policy=POLICY)
        with speaking(self.run.language):
            made["Subject"] = f"{_(SENT_AGAIN)} {self.subject}" if again else self.subject
        address(made, self.email, recipient, date)
        made["Message-ID"] = message_id(
            self.report, self.period, recipient, self.email.sender, again
        )
        list_headers(made, self.email, self.run.name)
        made["Content-Language"] = self.letter.language
        made.set_content(self._text, cte="quoted-printable")
        made.add_alternative(self._html, subtype="html", cte="quoted-printable")
        _text, page = made.iter_parts()
        for name, kind, content in self._pictures:
            page.add_related(
                content,
                "image",
                kind,
                cid=f"<{self._content_id(name)}>",
                filename=f"{name}.{kind}",
                disposition="inline",
            )
        for each in self.carried:
            kind, subtype = each.mime.split("/")
            made.add_attachment(each.content, kind, subtype, filename=each.name)
        if not made.is_multipart() or made.get_content_subtype() != "mixed":
            made.make_mixed()
        _fix_boundaries(made)
        return made

    def mail(self, recipient: str, date: datetime, again: int = 0) -> Mail:
        """The message to one reader as it is sent; raises as `message` does."""
        return sealed(self.message(recipient, date, again), self.email.sender, recipient)


def mailing(
    run: Run,
    folder: Path,
    email: EmailConfig,
    *,
    report: str,
    period: str,
    alerts: Sequence[str] = (),
    link: str = "",
    templates: Path | None = None,
    slice: str | None = None,
) -> Mailing:
    """The mails of a run whose files lie in `folder`.

    report, period: as the ledger has them, for the Message-ID. alerts: sentences above all. link:
    to the report online. slice: for the subject. Raises GrowthError where the mail cannot be
    written.
    """
    written = replace(
        letter(run, alerts=alerts, link=link),
        unsubscribe=bare(email.unsubscribe or email.sender),
    )
    try:
        carried = attachments(run, folder, email.attach)
    except OSError as error:
        raise DeliveryError(f"cannot read the run in {folder}: {error.strerror}") from None
    dropped: list[Attachment] = []
    while True:
        with speaking(run.language):
            enclosed = sentences(carried, dropped, run.context.formats)
        made = Mailing(
            run=run,
            email=email,
            report=report,
            period=period,
            letter=replace(written, enclosed=enclosed),
            subject=subject_of(email.subject, written, str(run.status), slice),
            carried=carried,
            dropped=[each.kind for each in dropped],
            templates=templates,
        )
        size = len(made.message(email.sender, datetime(2000, 1, 1)).as_bytes())
        if size <= MOST_MAIL or not carried:
            return made
        dropped.append(carried.pop(0))


def notice(
    email: EmailConfig,
    recipient: str,
    *,
    report: str,
    period: str,
    subject: str,
    paragraphs: Sequence[str],
    date: datetime,
    kind: str = "notice",
) -> Mail:
    """A short mail in plain text, with the same headers.

    kind: tells several notices about one period apart.
    """
    made = EmailMessage(policy=POLICY)
    made["Subject"] = shorten(plain_line(subject), 150)
    address(made, email, recipient, date)
    made["Message-ID"] = message_id(f"{report}#{kind}", period, recipient, email.sender)
    list_headers(made, email, report)
    body = "\n\n".join("\n".join(fold(line) for line in p.splitlines()) for p in paragraphs)
    made.set_content(f"{body}\n", cte="quoted-printable")
    return sealed(made, email.sender, recipient)


def sealed(message: EmailMessage, sender: str, recipient: str) -> Mail:
    """A message as the bytes that are sent and kept."""
    return Mail(
        sender=bare(sender),
        recipient=bare(recipient),
        message_id=str(message["Message-ID"]),
        content=message.as_bytes(),
    )


def _fix_boundaries(made: EmailMessage) -> None:
    """Boundaries of the mail's own, so that the same mail is the same bytes."""
    seed = str(made["Message-ID"]).strip("<>").partition("@")[0]
    parts = [part for part in made.walk() if part.is_multipart()]
    for number, part in enumerate(parts):
        part.set_boundary(f"=_{seed}_{number}")
