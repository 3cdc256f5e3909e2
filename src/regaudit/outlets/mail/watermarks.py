"""Up to where each person has been told of the ledger, by what the log says of the mails."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date

from msgspec import Struct

from regaudit.catalogue.event_types import MailKept, MailSent, RunCompleted


class Mark(Struct, frozen=True):
    """What somebody was told: what a night's run had read and found; with the defaults, nothing yet."""

    run_no: int = 0
    position: int = 0
    night: date | None = None

    def knows(self, run_no: int, position: int) -> bool:
        """Whether an event was told: one of a night by its run, any other by its place in the log."""
        return run_no <= self.run_no if run_no else position <= self.position


class Marks:
    """The marks of a workspace.

    A night whose offices were mailed had mailed the persons before: what it knew is told, to everybody whom
    it concerned. Who was mailed by a later run, or by a night that did not come to its end, knows more.
    """

    def __init__(
        self,
        runs: Mapping[int, RunCompleted],
        sent: Iterable[MailSent],
        kept: Iterable[MailKept],
        is_waiting: Callable[[str], bool],
    ) -> None:
        """Read the mails of earlier runs.

        Args:
            runs: the nightly runs before tonight's that count, by number.
            sent: the mails that were delivered.
            kept: those that were about to be put into the outbox.
            is_waiting: whether the mail of a Message-ID lies there: one that does not was told nobody.
        """
        self._own: dict[str, Mark] = {}
        self.base = Mark()
        waiting = (mail for mail in kept if not mail.person or is_waiting(mail.message_id))
        mails: list[MailSent | MailKept] = [*sent, *waiting]
        for mail in mails:
            run = runs.get(mail.run_no)
            if run is None:
                continue
            mark = Mark(run.originator_version, run.log_position, date.fromisoformat(run.night))
            if not mail.person:
                self.base = max(self.base, mark, key=_order)
            else:
                self._own[mail.person] = max(self._own.get(mail.person, mark), mark, key=_order)

    def of(self, person: str) -> Mark:
        """The mark of a natural person."""
        return max(self._own.get(person, self.base), self.base, key=_order)


def _order(mark: Mark) -> int:
    return mark.run_no
