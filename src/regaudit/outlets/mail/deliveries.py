"""Who has which mail, by what the log says.

A mail is due to those in its `To`, less those for whom a server took it, and less those whom it refused for
good while it took the mail for others: that was told, and no repetition would reach them.
"""

from collections.abc import Iterable, Sequence

from regaudit.catalogue.event_types import MailSent

TO_SERVER, TO_OUTBOX = "smtp", "outbox"


class Deliveries:
    """The deliveries of one workspace, by Message-ID."""

    def __init__(self, mails: Iterable[MailSent]) -> None:
        self._settled: dict[str, set[str]] = {}
        self._in_outbox: set[str] = set()
        for event in mails:
            self.add(event.message_id, [*event.recipients, *event.refused], event.delivery)

    def add(self, identity: str, settled: Iterable[str], delivery: str) -> None:
        """Note a delivery; one into `outbox/` is to everybody."""
        if delivery == TO_OUTBOX:
            self._in_outbox.add(identity)
        else:
            self._settled.setdefault(identity, set()).update(settled)

    def is_in_outbox(self, identity: str) -> bool:
        """Whether the mail was put into `outbox/` for good, when no server was set."""
        return identity in self._in_outbox

    def left(self, identity: str, to: Sequence[str]) -> list[str]:
        """Those of `to` whom the mail has still to reach."""
        settled = self._settled.get(identity, set())
        return [address for address in to if address not in settled]

    def is_begun(self, identity: str) -> bool:
        """Whether somebody has the mail already."""
        return identity in self._settled
