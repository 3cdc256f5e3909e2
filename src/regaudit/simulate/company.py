"""Who plays the stories of several cases in an office: clerks hired for them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from random import Random

from regaudit.simulate.cases import GENERAL, TRANSFER, Case, Unit
from regaudit.simulate.people import Account, Person, Roster, Staff
from regaudit.simulate.plants import Plant
from regaudit.simulate.worktime import DAY, WorkAxis

_LAST_DAYS = 14
"""So long before the as-of day everything must have begun."""
_MONTH_AGO = 28
_MONTH = 8
"""Working days that a month must have."""

MakeCase = Callable[[int, int, Plant], Unit]
"""Makes a case of its own from a lane, the moment it is accepted and a plant."""


@dataclass(slots=True)
class Company:
    """Who plays an office's ensembles, and what they broke.

    `months` are those in which nobody has expedited too many cases yet.
    """

    rng: Random
    office: int
    staff: Staff
    roster: Roster
    axis: WorkAxis
    single: MakeCase
    guilty: list[str | Case] = field(default_factory=list)
    months: list[list[int]] = field(init=False)

    def __post_init__(self) -> None:
        self.months = _months(self.axis)
        self.rng.shuffle(self.months)

    def hire(self, *, since: date | None = None, until: date | None = None, accounts: int = 1) -> Person:
        """A clerk of the counter."""
        return self.roster.hire(self.office, "受理岗", since=since, until=until, accounts=accounts)

    def account(self, number: int) -> Account:
        """A row of the roster."""
        return self.roster.accounts[number]

    def blame(self, subject: str | Case) -> None:
        """Notes who or what breaks the rule of the ensemble that is being played."""
        self.guilty.append(subject)

    def day(self) -> int:
        """Some day with enough days before and after it."""
        return self.rng.randint(2, self.axis.last - _LAST_DAYS)

    def long_ago(self) -> int:
        """Some day more than a month before the last."""
        return self.rng.randint(2, self.axis.last - _MONTH_AGO)

    def accept(self, account: int, day: int, at: int = -1, *, plant: Plant = Plant.PART) -> Unit:
        """A transfer that the account accepts at the counter, at a second of a day."""
        at = self.rng.randint(600, 12_000) if at < 0 else at
        unit = self.single(GENERAL, day * DAY + at, plant)
        case = unit.cases[0]
        case.acceptor, case.channel, case.registration_type = account, "window", TRANSFER
        return unit


def _months(axis: WorkAxis) -> list[list[int]]:
    """The days of each month that has enough of them."""
    months: dict[tuple[int, int], list[int]] = {}
    for day in range(2, axis.last - _LAST_DAYS + 7):
        on = axis.days[day]
        months.setdefault((on.year, on.month), []).append(day)
    return [days for days in months.values() if len(days) >= _MONTH]
