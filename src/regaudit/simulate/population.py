"""The cases of one office: what they are, when they are accepted and by whom."""

from dataclasses import dataclass, field
from random import Random

from regaudit.simulate.chance import happens, pick
from regaudit.simulate.people import OFFICES, Staff
from regaudit.simulate.plants import LIMITS, PERSONAL, Plant, Quota, acceptance_days
from regaudit.simulate.worktime import DAY, WorkAxis

_BATCH_SHARE = 0.08
_BATCH_AT_LEAST = 5
GENERAL, MORTGAGE = 0, 1

_REGISTRATION = (
    {"100": 14, "200": 38, "300": 9, "400": 8, "500": 3, "600": 1, "700": 17, "800": 4, "900": 6},
    {"100": 60, "200": 4, "300": 6, "400": 27, "700": 3},
)
_RIGHTS = {"4": 82, "3": 6, "8": 8, "19": 2, "15": 2}
_CHANNELS = ({"window": 78, "online": 22}, {"window": 45, "online": 15, "bank": 40})
_PAUSED = (0.04, 0.01)
_PAUSES = {
    "supplement": (0, 6),
    "notice": (5, 12),
    "site_visit": (1, 4),
    "objection": (3, 8),
    "suspension": (3, 9),
}
_PAUSE_WEIGHTS = (55, 20, 18, 3, 4)
_LATEST_ACCEPTANCE = 26_400


@dataclass(frozen=True, slots=True)
class Stop:
    """A pause: its kind and the moments it begins and ends."""

    kind: str
    begins: int
    ends: int


@dataclass(slots=True)
class Case:
    """One application, up to the moment it stands in the queue."""

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

    @property
    def day(self) -> int:
        """Number of the acceptance day."""
        return self.accepted // DAY


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


def draw_stop(rng: Random, begins: int, kind: str = "") -> Stop:
    """A lawful pause of usual length."""
    kind = kind or rng.choices(list(_PAUSES), _PAUSE_WEIGHTS)[0]
    shortest, longest = _PAUSES[kind]
    return Stop(kind, begins, begins + rng.randint(shortest, longest) * DAY + rng.randint(3_600, 14_000))


class Population:
    """Makes the units of one office."""

    def __init__(self, rng: Random, office: int, staff: Staff, axis: WorkAxis) -> None:
        self._rng = rng
        self._office = office
        self._staff = staff
        self._axis = axis
        self._assigns = office % 2 == 0
        self._serial = 0

    def single(self, lane: int, accepted: int, plant: Plant) -> Unit:
        """A case of its own; only unplanted ones may be paused before their review."""
        rng = self._rng
        case = self._case(lane, accepted, plant, pick(rng, _REGISTRATION[lane]))
        ready = accepted
        if self._assigns:
            ready = case.assigned = accepted + rng.randint(30, 600)
        if plant is Plant.NONE and happens(rng, _PAUSED[lane]):
            case.stop = draw_stop(rng, ready + rng.randint(240, 1_500))
            ready = case.stop.ends
        return Unit([case], ready, ready)

    def batch(self, lane: int, accepted: int, size: int, plant: Plant) -> Unit:
        """One application of a developer for many units."""
        rng = self._rng
        self._serial += 1
        number = f"PL{OFFICES[self._office]}{self._serial:05d}"
        kind = rng.choice(("100", "200", "700")) if lane == GENERAL else "100"
        first = self._case(lane, accepted, plant, kind, channel="window", applicant="enterprise")
        cases = [first]
        moment = accepted
        for _ in range(size - 1):
            moment += rng.randint(15, 40)
            following = self._case(lane, moment, plant, kind, channel="window", applicant="enterprise")
            following.acceptor, following.right_type = first.acceptor, first.right_type
            cases.append(following)
        for case in cases:
            case.batch_no = number
        return Unit(cases, accepted, moment + 30)

    def ordinary(self, count: int, quota: Quota) -> list[Unit]:
        """So many cases: the plants that concern one case alone, some batches, and plain ones."""
        units = self._planted(quota)[:count]
        in_batches = min(round(count * _BATCH_SHARE), count - len(units))
        largest = max(_BATCH_AT_LEAST, min(40, in_batches // 3))
        while in_batches >= _BATCH_AT_LEAST:
            size = min(in_batches, self._rng.randint(_BATCH_AT_LEAST, largest))
            lane = MORTGAGE if happens(self._rng, 0.2) else GENERAL
            units.append(self.batch(lane, self._moment(self._any_day(), 24_000), size, Plant.NONE))
            in_batches -= size
        for _ in range(count - sum(len(unit.cases) for unit in units)):
            lane = MORTGAGE if happens(self._rng, 0.35) else GENERAL
            units.append(self.single(lane, self._moment(self._any_day()), Plant.NONE))
        return units

    def _planted(self, quota: Quota) -> list[Unit]:
        units = []
        for plant, count in quota.singles.items():
            for _ in range(count):
                lane = MORTGAGE if happens(self._rng, 0.35) else GENERAL
                days = acceptance_days(plant, lane, self._axis) or acceptance_days(plant, GENERAL, self._axis)
                lane = lane if acceptance_days(plant, lane, self._axis) else GENERAL
                if days:
                    units.append(self.single(lane, self._moment(self._rng.choice(days)), plant))
        return units

    def _case(
        self, lane: int, accepted: int, plant: Plant, kind: str, *, channel: str = "", applicant: str = ""
    ) -> Case:
        rng = self._rng
        if plant in PERSONAL:
            channel = "window"
        channel = channel or pick(rng, _CHANNELS[lane])
        if plant is Plant.ONE_PERSON_TWO_ACCOUNTS:
            acceptor = rng.choice([person for person in self._staff.acceptors if len(person) > 1])[0]
        elif channel == "online" and happens(rng, 0.5):
            acceptor = self._staff.robots[0][0]
        else:
            acceptor = rng.choice(rng.choice(self._staff.acceptors))
        return Case(
            lane=lane,
            accepted=accepted,
            acceptor=acceptor,
            registration_type=kind,
            right_type="mortgage" if lane == MORTGAGE else pick(rng, _RIGHTS),
            applicant_kind=applicant or rng.choices(("person", "enterprise"), (82, 18))[0],
            channel=channel,
            unit_no=self._unit_no(),
            plant=plant,
        )

    def _any_day(self) -> int:
        return self._rng.randint(0, self._axis.last)

    def _moment(self, day: int, latest: int = _LATEST_ACCEPTANCE) -> int:
        morning = happens(self._rng, 0.6)
        return day * DAY + (self._rng.randint(300, 12_300) if morning else self._rng.randint(12_900, latest))

    def _unit_no(self) -> str:
        self._serial += 1
        zone, parcel = self._rng.randint(1, 40), self._rng.randint(1, 99_999)
        return f"{OFFICES[self._office]}{zone:06d}GB{parcel:05d}F{self._serial:08d}"


def number_cases(units: list[Unit], office: int, axis: WorkAxis) -> None:
    """Numbers an office's cases in the order of acceptance; those of a batch share a stem."""
    today, serial = -1, 0
    for unit in sorted(units, key=lambda unit: unit.cases[0].accepted):
        if unit.cases[0].day != today:
            today, serial = unit.cases[0].day, 0
        serial += 1
        stem = f"{OFFICES[office][-2:]}{axis.days[today]:%Y%m%d}{serial:05d}"
        for n, case in enumerate(unit.cases, 1):
            case.case_no = f"{stem}_{n}" if case.batch_no else stem


def limit_of(case: Case) -> int:
    """Promised working days."""
    return LIMITS[case.lane]
