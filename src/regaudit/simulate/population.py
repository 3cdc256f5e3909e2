"""The cases of one office: what they are, when they are accepted and by whom."""

from random import Random

from regaudit.simulate.cases import GENERAL, MORTGAGE, Case, Stop, Unit
from regaudit.simulate.chance import happens, pick
from regaudit.simulate.people import OFFICES, Staff
from regaudit.simulate.plants import Plant
from regaudit.simulate.stories import STORIES, Quota
from regaudit.simulate.worktime import DAY, WorkAxis

_BATCH_SHARE = 0.08
_BATCH_AT_LEAST = 5

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
        story = STORIES[plant]
        case = self._case(lane, accepted, plant, pick(rng, _REGISTRATION[lane]), channel=story.channel)
        if story.cast:
            story.cast(rng, case, self._staff)
        ready = accepted
        since = accepted
        if self._assigns:
            ready = case.assigned = accepted + (15 if story.quick else rng.randint(30, 600))
        if plant is Plant.NONE and happens(rng, _PAUSED[lane]):
            case.stop = draw_stop(rng, ready + rng.randint(240, 1_500))
            since = ready = case.stop.ends
        return Unit([case], since, ready, accepted + story.quick if story.quick else -1)

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
            story = STORIES[plant]
            for _ in range(count):
                wanted = MORTGAGE if happens(self._rng, 0.35) else GENERAL
                lanes = [lane for lane in (wanted, *story.lanes) if lane in story.lanes]
                lane, days = next(
                    ((lane, days) for lane in lanes if (days := story.days(lane, self._axis))), (wanted, [])
                )
                if days:
                    day = self._rng.choice(days)
                    moment = (
                        day * DAY + self._rng.randint(*story.within) if story.within else self._moment(day)
                    )
                    units.append(self.single(lane, moment, plant))
        return units

    def _case(
        self, lane: int, accepted: int, plant: Plant, kind: str, *, channel: str = "", applicant: str = ""
    ) -> Case:
        rng = self._rng
        channel = channel or pick(rng, _CHANNELS[lane])
        if channel == "online" and happens(rng, 0.5):
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
