"""What became of one delivery, as the command line tells it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from growthml.deliver.ledger import Entry, State


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One delivery. channel: `email`, `webhook`, `folder`, `notice` (to the owner), `line` (to a
    reader: it is late). new: whether this very call made it so."""

    channel: str
    recipient: str
    state: State
    reason: str = ""
    message_id: str = ""
    new: bool = False

    @property
    def failed(self) -> bool:
        """Whether somebody who should have got it did not, or nobody knows."""
        return self.state in (State.REFUSED, State.UNCLEAR)

    def __str__(self) -> str:
        said = {
            State.SENT: "sent" if self.new else "was sent already",
            State.REFUSED: "not sent",
            State.UNCLEAR: "unclear",
            State.HELD: "held back",
            State.SKIPPED: "not sent",
            State.INTENDED: "another run is sending it",
        }[self.state]
        why = f": {self.reason}" if self.reason and self.state is not State.SENT else ""
        help_ = "; `growthml send RUN --resend` sends it again" if self._is_unclear else ""
        return f"{self.channel} to {self.recipient}: {said}{why}{help_}"

    @property
    def _is_unclear(self) -> bool:
        return self.state is State.UNCLEAR


def any_failed(deliveries: Sequence[Delivery]) -> bool:
    """Whether the command must end with exit code 4."""
    return any(each.failed for each in deliveries)


def told(entry: Entry, *, new: bool = False) -> Delivery:
    """A row of the ledger as what became of it."""
    return Delivery(
        channel=entry.channel.partition(":")[0],
        recipient=entry.recipient,
        state=entry.state,
        reason=entry.reason,
        message_id=entry.message_id,
        new=new,
    )
