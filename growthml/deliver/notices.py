"""Short mails in plain text: to the owner when something is wrong, to a reader when it is late."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from growthml.deliver.delivery import Delivery
from growthml.deliver.desk import Desk
from growthml.deliver.message import notice
from growthml.words import _

if TYPE_CHECKING:
    from growthml.deliver.message import Mail


def tell_of_failures(desk: Desk, done: Sequence[Delivery]) -> list[Delivery]:
    """The owner hears of what has just failed, unless the way to the owner is what failed."""
    failed = [each for each in done if each.failed and each.new]
    email = desk.config.delivery.email
    mails = [each for each in done if each.channel == "email" and each.new]
    if not failed or email is None or (mails and all(each in failed for each in mails)):
        return []
    title = desk.config.title
    lines = [
        _("{report} ({period}) did not reach everybody.", report=title, period=desk.period),
        *(str(each) for each in failed),
    ]
    advice = _(
        "What was not sent is tried again by the next run for the same period, and by"
        " `growthml send {run}`. What is unclear is not, lest it come twice.",
        run=desk.run_id,
    )
    subject = _("Not delivered to everybody: {report}, {period}", report=title, period=desk.period)
    reasons = [f"{each.channel} {each.recipient} {each.state}" for each in failed]
    return tell_owner(desk, subject, [*lines, advice], reasons)


def tell_owner(
    desk: Desk, subject: str, paragraphs: Sequence[str], reasons: Sequence[str]
) -> list[Delivery]:
    """A notice to the owner, once for the same reasons."""
    email = desk.config.delivery.email
    if email is None:
        return []
    owner = desk.config.delivery.owner or email.sender
    digest = hashlib.sha256("\n".join(sorted(reasons)).encode()).hexdigest()[:8]
    said = [each for each in paragraphs if each]
    return [send_notice(desk, f"notice:{digest}", owner, subject, said)]


def send_notice(
    desk: Desk, channel: str, reader: str, subject: str, paragraphs: Sequence[str]
) -> Delivery:
    email = desk.config.delivery.email
    assert email is not None

    def write(_: int) -> Mail:
        return notice(
            email,
            reader,
            report=desk.report,
            period=desk.period,
            subject=subject,
            paragraphs=paragraphs,
            date=desk.now(),
            kind=channel,
        )

    return desk.mail(email, channel, reader, write)
