"""The headers of a mail: who, to whom, which list, and an id of its own."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr
from typing import Any

from growthml.config.delivery import EmailConfig
from growthml.errors import DeliveryError


class MailPolicy(EmailPolicy):
    """As mail travels: ASCII, CR LF. Folds a subject so that it is read as it was written; the
    standard library's own way adds spaces where a line begins."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        """The header in the bytes of a mail."""
        if name.lower() == "subject":
            charset = "us-ascii" if str(value).isascii() else "utf-8"
            header = Header(str(value), charset, header_name=name)
            return f"{name}: {header.encode(linesep=self.linesep)}{self.linesep}".encode()
        return super().fold_binary(name, value)


POLICY = MailPolicy(linesep="\r\n", cte_type="7bit")


def message_id(report: str, period: str, recipient: str, sender: str, again: int = 0) -> str:
    """The same for the same report, period and reader; another one each time it is sent again."""
    parts = (report, period, key_of(recipient), *([str(again)] if again else []))
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return f"<{digest[:32]}@{domain_of(sender)}>"


def key_of(address: str) -> str:
    """What makes two addresses the same reader."""
    return bare(address).casefold()


def domain_of(address: str) -> str:
    """The domain of an address, as DNS spells it."""
    return bare(address).rpartition("@")[2].casefold()


def plain_line(words: str) -> str:
    """The words on one line, without control characters: nothing can end a header early."""
    return " ".join("".join(c if c.isprintable() else " " for c in words).split())


def bare(address: str) -> str:
    """`Ann <ann@example.com>` as `ann@example.com`, its domain as DNS spells it."""
    name, _, domain = parseaddr(address)[1].rpartition("@")
    with suppress(UnicodeError):  # `_parsed` refuses what is no domain.
        domain = domain.encode("idna").decode()
    return f"{name}@{domain}"


def _parsed(address: str) -> Address:
    name, spec = plain_line(parseaddr(address)[0]), bare(address)
    if not spec.isascii():
        raise DeliveryError(f"{spec} has letters before the @ that mail servers do not take")
    try:
        return Address(display_name=name, addr_spec=spec)
    except Exception:  # The parser of the standard library fails in many ways.
        raise DeliveryError(f"{spec!r} is no address mail can go to") from None


def address(made: EmailMessage, email: EmailConfig, recipient: str, date: datetime) -> None:
    made["From"] = _parsed(email.sender)
    made["To"] = _parsed(recipient)
    if email.reply_to:
        made["Reply-To"] = _parsed(email.reply_to)
    made["Date"] = format_datetime(date)


def list_headers(made: EmailMessage, email: EmailConfig, report: str) -> None:
    made["List-Id"] = f"<{report.casefold()}.{domain_of(email.sender)}>"
    leave = f"<mailto:{bare(email.unsubscribe or email.sender)}?subject=unsubscribe%20{report}>"
    if email.unsubscribe_url:
        made["List-Unsubscribe"] = f"<{plain_line(email.unsubscribe_url)}>, {leave}"
        made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    else:
        made["List-Unsubscribe"] = leave
    made["Auto-Submitted"] = "auto-generated"
