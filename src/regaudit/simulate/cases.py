"""What a platform handles: cases, their pauses, and the units that stand in a queue."""

from dataclasses import dataclass, field

from regaudit.simulate.actions import OWN
from regaudit.simulate.plants import Plant
from regaudit.simulate.worktime import DAY

GENERAL, MORTGAGE = 0, 1
LIMITS = (5, 3)
"""Promised working days of the general and the mortgage lane (profile ordos-2023)."""
STATUTORY_LIMIT = 30
SEIZURE, CANCELLATION, TRANSFER = "800", "400", "200"
OTHER_PAUSE = "other"
"""A kind of pause that stops no clock."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A pause: its kind, the moments it begins and ends, and its reason; null for the usual one."""

    kind: str
    begins: int
    ends: int
    reason: str | None = None


@dataclass(slots=True)
class Case:
    """One application.

    Attributes:
        shift: Seconds by which it is accepted outside working time, see `Action`.
        desk: The account on whose terminal it is accepted.
        after: The case of the same unit that is booked before it.
        booked: The moment it is booked, once that is known.
        doers: Accounts that do a step in place of those who usually do.
    """

    lane: int
    accepted: int
    acceptor: int
    registration_type: str
    right_type: str
    applicant_kind: str
    channel: str
    unit_no: str
    plant: Plant
    assigned: int = -1
    stop: Stop | None = None
    batch_no: str = ""
    case_no: str = ""
    shift: int = 0
    desk: int = OWN
    after: "Case | None" = None
    booked: int = -1
    doers: dict[str, int] = field(default_factory=dict)

    @property
    def day(self) -> int:
        """Number of the acceptance day."""
        return self.accepted // DAY

    @property
    def limit(self) -> int:
        """Promised working days."""
        return LIMITS[self.lane]


@dataclass(slots=True)
class Unit:
    """What stands in a queue: a case, or the cases of one batch.

    Attributes:
        since: The moment its place in the queue counts from.
        arrives: The moment it can be taken: for a batch, once the last of its cases is accepted.
        jumps_at: The moment a planted jumper is taken out of turn.
        behind: Units whose reviews a planted straggler must wait for.
        reviews: Start and end of each case's first review, in the order of `cases`.
    """

    cases: list[Case]
    since: int
    arrives: int
    jumps_at: int = -1
    behind: list["Unit"] = field(default_factory=list)
    reviewer: list[int] = field(default_factory=list)
    reviews: list[tuple[int, int]] = field(default_factory=list)

    @property
    def plant(self) -> Plant:
        """The plant of all its cases."""
        return self.cases[0].plant

    @property
    def lane(self) -> int:
        """The lane of all its cases."""
        return self.cases[0].lane
