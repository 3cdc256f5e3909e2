"""What a night says of itself, as its mail, its table and its summary tell it."""

from msgspec import Struct

from regaudit.audit.light import Light, Reason, worst
from regaudit.catalogue.event_types import SettingChange
from regaudit.operation.books import Booked


class Judgement(Struct, frozen=True, kw_only=True):
    """What a night says of itself.

    Attributes:
        because: why it is not green.
        changes: the settings that are not what they were.
        notes: what is told without light.
        booked: what the night did to the ledger.
        former: by the office of a mail route, who heard of it on the night before.
    """

    because: list[Reason]
    changes: list[SettingChange] = []
    notes: list[str] = []
    booked: Booked = Booked()
    former: dict[str, list[str]] = {}

    @property
    def light(self) -> Light:
        """The worst of its offices."""
        return worst(self.because)
