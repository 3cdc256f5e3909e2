"""The ledger events of our log as classes: made by `make docs` from events/*.toml, edits here are lost.

What each of them and its fields say is in docs/events.md.
"""

from typing import ClassVar

from regaudit.catalogue.event_kinds import LogEvent


class LedgerBegun(LogEvent, frozen=True, kw_only=True):
    """The first night that keeps a ledger of entries; what was found before and lies long back is ..."""

    TOPIC: ClassVar[str] = "ledger-begun"

    night: str
    run_no: int
    begun_at: str
