"""Stories that several cases tell together, or that are about an account or a person.

Each is played by clerks hired for it, so that nothing else they do mixes in. What it breaks is noted with its
subject as it is played.
"""

from collections.abc import Callable
from typing import NamedTuple

from regaudit.simulate.cases import SEIZURE, TRANSFER, Case, Unit
from regaudit.simulate.company import Company
from regaudit.simulate.people import Person
from regaudit.simulate.plants import Plant
from regaudit.simulate.story import RARE
from regaudit.simulate.worktime import DAY, HOUR

_LEAST_DAYS = 30
_TWO_MONTHS = (4, 3)
_TURNS = 3


def _pair(company: Company, *kinds: str, swapped: bool) -> list[Unit]:
    """Two cases of one unit, booked in the order of acceptance or in the other one."""
    day, clerks = company.day(), company.staff.acceptors
    at = company.rng.randint(600, 9_000)
    units = [
        company.accept(company.rng.choice(clerks)[0], day, each)
        for each in (at, at + HOUR + company.rng.randint(0, DAY))
    ]
    first, second = (unit.cases[0] for unit in units)
    second.unit_no = first.unit_no
    first.registration_type, second.registration_type = kinds
    if not swapped:
        second.after = first
        return units
    first.after = second
    return units[::-1]


def _overtaken_on_unit(company: Company, n: int) -> list[Unit]:
    """Of two cases of one unit, or two seizures, the later one is booked first."""
    kind = SEIZURE if n % 2 else TRANSFER
    units = _pair(company, kind, kind, swapped=True)
    company.blame(units[0].cases[0])
    return units


def _in_order_on_unit(company: Company, n: int) -> list[Unit]:
    """Near miss: two cases of one unit, booked in the order of acceptance."""
    return _pair(company, TRANSFER, SEIZURE if n % 2 else TRANSFER, swapped=False)


def _seized_first(company: Company, _: int) -> list[Unit]:
    """Near miss: a seizure is booked before an earlier transfer of the unit."""
    return _pair(company, TRANSFER, SEIZURE, swapped=True)


def _expedite(company: Company, clerk: Person, days: list[int], count: int) -> list[Unit]:
    return [
        company.accept(clerk[0], day, plant=Plant.EXPEDITED) for day in company.rng.choices(days, k=count)
    ]


def _too_many_expedited(company: Company, _: int) -> list[Unit]:
    """Five expedited cases of a clerk in a month in which nobody else has as many."""
    if not company.months:
        return []
    clerk = company.hire()
    company.blame(company.account(clerk[0]).person_id)
    return _expedite(company, clerk, company.months.pop(), 5)


def _few_expedited(company: Company, _: int) -> list[Unit]:
    """Near miss: four expedited cases of a clerk who has no others."""
    return _expedite(company, company.hire(), company.months[0], 4) if company.months else []


def _expedited_over_months(company: Company, _: int) -> list[Unit]:
    """Near miss: seven expedited cases of a clerk, four in one month and three in another."""
    if len(company.months) < len(_TWO_MONTHS):
        return []
    clerk = company.hire()
    return [
        unit
        for days, count in zip(company.months, _TWO_MONTHS, strict=False)
        for unit in _expedite(company, clerk, days, count)
    ]


def _switch(company: Company, days: list[int], gap: tuple[int, int], switches: int) -> tuple[int, list[Unit]]:
    """An account that moves between two terminals."""
    [account] = company.hire()
    other, units = company.rng.choice(company.staff.acceptors)[0], []
    for day in days:
        at = company.rng.randint(1_200, 8_000)
        for n in range(switches + 1):
            unit = company.accept(account, day, at)
            unit.cases[0].desk = other if n % 2 else account
            units.append(unit)
            at += company.rng.randint(*gap)
    return account, units


def _shared(company: Company, _: int) -> list[Unit]:
    """An account changes its terminal three times within a few minutes."""
    account, units = _switch(company, [company.day()], (60, 300), 3)
    company.blame(company.account(account).account)
    return units


def _moved_slowly(company: Company, _: int) -> list[Unit]:
    """Near miss: an account changes its terminal three times, each time after more than five minutes."""
    return _switch(company, [company.day()], (301, 400), 3)[1]


def _moved_twice(company: Company, _: int) -> list[Unit]:
    """Near miss: an account changes its terminal twice a day, on two days."""
    day = company.day()
    return _switch(company, [day, day + 1], (60, 290), 2)[1]


def _successors(company: Company, *, overlap: bool) -> list[Unit]:
    """A new account takes over from an old one, which is used to its very last day."""
    day = company.day()
    last, following = company.axis.days[day], company.axis.days[day + 1]
    [old] = company.hire(until=last)
    new = company.roster.renew(old, last if overlap else following)
    if overlap:
        company.blame(company.account(old).person_id)
    return [company.accept(old, day), company.accept(new, day + 1)]


def _replaced(company: Company, _: int) -> list[Unit]:
    """Near miss: a new account from the day after the last of the old one, which is used to that day."""
    return _successors(company, overlap=False)


def _overlapping(company: Company, _: int) -> list[Unit]:
    """A new account from the last day of the old one on: two on that day."""
    return _successors(company, overlap=True)


def _spare_account(company: Company, _: int) -> list[Unit]:
    """A clerk with two accounts at a time, each for cases of its own."""
    clerk, day = company.hire(accounts=2), company.day()
    company.blame(company.account(clerk[0]).person_id)
    return [company.accept(account, day + n) for n, account in enumerate(clerk)]


def _gone(company: Company, n: int) -> list[Unit]:
    """An account is used after its last day, or before its first."""
    day, days, turn = company.day(), company.axis.days, n % _TURNS
    if turn == _TURNS - 1:
        [account] = company.hire(since=days[day])
        unit = company.accept(account, day - 2)
    else:
        [account] = company.hire(until=days[day - 1])
        unit = company.accept(account if turn == 0 else company.staff.acceptors[0][0], day)
        if turn:
            unit.cases[0].doers["issue"] = account
    company.blame(company.account(account).account)
    return [unit]


def _first_day(company: Company, _: int) -> list[Unit]:
    """Near miss: an account is used on its first day, which is its last one, too."""
    day = company.day()
    on = company.axis.days[day]
    return [company.accept(company.hire(since=on, until=on)[0], day)]


def _unknown(company: Company, n: int) -> list[Unit]:
    """An account that the roster never held."""
    account = company.roster.outsider(company.office)
    company.blame(company.account(account).account)
    unit = company.accept(company.staff.acceptors[0][0], company.long_ago())
    unit.cases[0].doers["issue" if n % 2 else "book"] = account
    return [unit]


def _newcomer(company: Company, _: int) -> list[Unit]:
    """Near miss: an account that the roster does not hold yet, first used in the last days."""
    account = company.roster.outsider(company.office)
    return [company.accept(account, company.axis.last - 3)]


def _lent(company: Company, _: int) -> list[Unit]:
    """Near miss: a clerk of another office helps out."""
    others = company.roster.of_other_offices(company.office, "登簿岗")
    unit = company.accept(company.staff.acceptors[0][0], company.day())
    if others:
        unit.cases[0].doers["book"] = company.rng.choice(others)
    return [unit]


class Ensemble(NamedTuple):
    """One kind of ensemble: how it is played, the rule it breaks, and how often it is played at least."""

    play: Callable[[Company, int], list[Unit]]
    breaks: str = ""
    few: int = 1
    rate: float = RARE / 4

    @property
    def title(self) -> str:
        """What is played, as the first words of a line."""
        words = (self.play.__doc__ or "").rstrip(".")
        return words[:1].lower() + words[1:]


ENSEMBLES = (
    Ensemble(_overtaken_on_unit, "unit-order", 3),
    Ensemble(_in_order_on_unit, few=2),
    Ensemble(_seized_first),
    Ensemble(_shared, "shared-account", 2),
    Ensemble(_moved_slowly),
    Ensemble(_moved_twice),
    Ensemble(_replaced),
    Ensemble(_overlapping, "multiple-accounts"),
    Ensemble(_spare_account, "multiple-accounts"),
    Ensemble(_gone, "inactive-account", 3),
    Ensemble(_first_day),
    Ensemble(_unknown, "unregistered-account", 2),
    Ensemble(_newcomer),
    Ensemble(_lent),
    Ensemble(_too_many_expedited, "expedite-overuse", 2),
    Ensemble(_few_expedited),
    Ensemble(_expedited_over_months),
)


def play(
    company: Company, numbers: list[tuple[int, int]], room: int
) -> tuple[list[Unit], list[tuple[str, str | Case]]]:
    """Plays as many of the ensembles as fit into the days and a third of `room` cases.

    Returns:
        The units, and the violations: rule and subject, which is a case, an account or a person.
    """
    units: list[Unit] = []
    broken: list[tuple[str, str | Case]] = []
    if company.axis.last < _LEAST_DAYS:
        return units, broken
    for place, n in numbers:
        if len(units) > room // 3:
            break
        ensemble = ENSEMBLES[place]
        units += ensemble.play(company, n)
        broken += [(ensemble.breaks, subject) for subject in company.guilty]
        company.guilty.clear()
    return units, broken
