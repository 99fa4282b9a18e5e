"""Where every delivery is made: the ledger first, then the world, then the ledger again."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from growthml.config.delivery import EmailConfig
from growthml.config.schema import Config
from growthml.deliver.channels import Post, post_of
from growthml.deliver.delivery import Delivery, told
from growthml.deliver.headers import domain_of, key_of
from growthml.deliver.ledger import Entry, Key, Ledger, State, may_begin
from growthml.errors import GrowthError

if TYPE_CHECKING:
    from growthml.deliver.channels.outcome import Outcome
    from growthml.deliver.message import Mail
    from growthml.parts import Run


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A runner's desk for one report and period. Its ledger must be open.

    report: the ledger's name for it. resend: True for what is unclear, or the readers who get it
    again whatever the ledger says.
    """

    config: Config
    ledger: Ledger
    report: str
    period: str
    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    run_id: str = ""
    resend: bool | Collection[str] = False

    def key(self, channel: str, recipient: str) -> Key:
        """The ledger's key of a delivery of this report and period."""
        return Key(report=self.report, period=self.period, channel=channel, recipient=recipient)

    def mail(
        self, email: EmailConfig, channel: str, reader: str, write: Callable[[int], Mail]
    ) -> Delivery:
        """Send a mail to a reader, unless the ledger or the list of domains says no.

        write: makes the mail; its argument says how often it was sent before.
        """
        key = self.key(channel, key_of(reader))
        if why := self._outside(reader):
            return told(self.ledger.note(key, State.REFUSED, why, self.run_id))
        found, again = self.ledger.find(key), self._again(key.recipient)
        if not may_begin(found, again):
            return self._stands(found)
        sent_before = found.claims if found and found.state in again else 0
        try:
            mail, post = write(sent_before), self._post
        except GrowthError as error:
            return self._unwritten(key, found, str(error))
        entry = self.ledger.claim(
            key,
            run_id=self.run_id,
            message_id=mail.message_id,
            sha256=mail.sha256,
            again=again,
        )
        if not self.ledger.mine(entry):
            return self._stands(entry)
        self.ledger.keep(entry, mail.content)
        return self._settled(entry, post.send(mail))

    def once(
        self,
        channel: str,
        recipient: str,
        send: Callable[[], Outcome],
        again: Collection[State] | None = None,
    ) -> Delivery:
        """Send anything else, unless the ledger says no. again: states it may be sent from."""
        allowed = self._again(recipient) if again is None else again
        key = self.key(channel, recipient)
        entry = self.ledger.claim(key, run_id=self.run_id, again=allowed)
        if not self.ledger.mine(entry):
            return self._stands(entry)
        return self._settled(entry, send())

    def note(self, channel: str, recipient: str, state: State, reason: str) -> Delivery:
        """Write down that nothing is sent, and why."""
        key = self.key(channel, recipient)
        return told(self.ledger.note(key, state, reason, self.run_id))

    @cached_property
    def _post(self) -> Post:
        assert self.config.delivery.email is not None
        return post_of(self.config.delivery.email.smtp, self.sleep)

    def _outside(self, reader: str) -> str:
        """Why mail may not go to a reader; empty where it may."""
        domains, domain = self.config.delivery.domains, domain_of(reader)
        if not domains or domain in domains:
            return ""
        return f"{domain} is not among delivery.domains ({', '.join(domains)})"

    def _again(self, recipient: str) -> Collection[State]:
        if self.resend is True:
            return (State.UNCLEAR,)
        if self.resend and recipient in {key_of(each) for each in self.resend}:
            return (State.SENT, State.UNCLEAR)
        return ()

    def _stands(self, entry: Entry | None) -> Delivery:
        """A delivery that is not for this runner to make."""
        assert entry is not None
        return told(entry)

    def _unwritten(self, key: Key, found: Entry | None, why: str) -> Delivery:
        """A mail that could not be written; a row that was sent or unclear stays as it is."""
        row = self.ledger.note(key, State.REFUSED, why, self.run_id)
        return replace(told(row, new=True), state=State.REFUSED, reason=why)

    def _settled(self, entry: Entry, outcome: Outcome) -> Delivery:
        state = State(outcome.state)
        row = self.ledger.settle(entry, state, outcome.reason, outcome.attempts)
        return replace(told(row, new=True), state=state, reason=outcome.reason)


def report_key(config: Config, slice: str | None, run: Run | None = None) -> str:
    """What the ledger calls a report: its name, with its slice, and the measure of a postmortem."""
    key = config.report.name if slice is None else f"{config.report.name}/{slice}"
    if run is None or run.postmortem is None:
        return key
    campaign, days = run.postmortem
    return f"{key}#{campaign}+{days}"


def readers_of(email: EmailConfig, slice: str | None) -> list[str]:
    """Who gets the report, or the report of one slice; nobody twice."""
    listed = email.to if slice is None else email.to_each.get(slice, ())
    return list({key_of(each): each for each in reversed(listed)}.values())[::-1]
