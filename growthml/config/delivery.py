"""Who gets the report, and how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from growthml.config.model import Model
from growthml.config.types import Address, Domain, HttpsUrl, Path, SmtpUrl, Text
from growthml.config.url import Webhook

When = Literal["always", "ok", "changed", "alert"]


class EmailConfig(Model):
    """The report as an e-mail."""

    smtp: SmtpUrl
    """The mail server: `smtps://user:${SMTP_PASSWORD}@host` (TLS) or `smtp://` (STARTTLS); or a
    folder that gets `.eml` files: `file:outbox`."""
    sender: Address = Field(alias="from")
    """Who it comes from: `Growth <growth@example.com>`."""
    to: Annotated[tuple[Address, ...], Field(min_length=1)]
    """Who gets it."""
    to_each: Mapping[Text, tuple[Address, ...]] = Field(default_factory=dict)
    """With `for_each`: who gets the report of one value, `{FB: [facebook@example.com]}`."""
    when: When = "always"
    """`always`; `ok`: only when no section failed; `changed`: only when a verdict is not that of
    the report before; `alert`: only when an alert fired."""
    subject: Text = "{{ verdict }} · {{ report }} {{ date }}"
    """Its subject, a Jinja2 template of `verdict`, `report`, `date`, `status` and `slice`."""
    attach: tuple[Literal["summary.pdf", "report.pdf", "report.xlsx", "tables"], ...] = (
        "summary.pdf",
        "report.pdf",
        "tables",
    )
    """What it carries besides the text: the front page alone, the whole report, its workbook
    (where `output.formats` has `xlsx`), and the table of all KPIs as CSV."""
    reply_to: Address | None = None
    """Where answers go."""
    unsubscribe: Address | None = None
    """Who is written to by a reader who wants no more of it. Left out: the sender."""
    unsubscribe_url: HttpsUrl | None = None
    """An address that takes a reader off the list by one POST (RFC 8058)."""


class WebhookConfig(Model):
    """A line in a chat room."""

    url: Webhook
    """The room's webhook; a secret, so it comes from the environment: `${CHAT_WEBHOOK}`."""
    when: When = "always"
    """As of an e-mail."""


class DeliveryConfig(Model):
    """Who gets the report once it is made. Left out: nobody, it stays in the archive."""

    email: EmailConfig | None = None
    """By e-mail."""
    webhook: WebhookConfig | None = None
    """To a chat room."""
    folder: Path | None = None
    """To a folder that readers can see: a copy of the finished run."""
    owner: Address | None = None
    """Who hears, by the same mail server, why a report was held back or not delivered. Left out:
    the sender."""
    on_hold: Literal["nothing", "line"] = "nothing"
    """What readers get of a report that is held back: `nothing`, or one `line` that it is late."""
    domains: tuple[Domain, ...] = ()
    """The only domains mail may go to. Left out: any."""
    link: HttpsUrl | None = None
    """Where readers find the archive, for chat and mail: `https://reports.example.com/`."""
