"""Random people try random steps, allowed and forbidden: the ledger's one door does what the law says."""

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from pathlib import Path
from random import Random

import pytest
from clock_law import LAST_PUBLISHED
from conftest import Desk
from examples import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_days import DAY, worked
from ledger_law import FROM, GRAVITY, Deed, Law, Login

from regaudit.catalogue.event_types import (
    Attachment,
    DeputyNamed,
    EntryOpened,
    EntryPerson,
    EntryStepped,
    RoleEnded,
    RoleGranted,
    UserAdded,
    UserLocked,
)
from regaudit.catalogue.events import LogEvent
from regaudit.ledger.entries import read_entry
from regaudit.ledger.request import Author, Request
from regaudit.ledger.rights import RefusedStepError
from regaudit.ledger.rows import on_day, row_of, standing_row
from regaudit.ledger.service import Ledger
from regaudit.operation.open import open_workspace

OFFICES, SECTIONS = ("甲", "乙"), ("", "", "一", "二")
PERSONS = tuple(f"P{number}" for number in range(8))
STRANGER = "P99"
"""Somebody without any login."""
LOGINS = tuple(f"u{number}" for number in range(11))
ROLES = ("handler", "head", "head", "post", "post", "post", "leader", "leader", "superior", "analyst")
STAFF = ("head", "post", "post", "post", "leader", "leader", "superior")
PAPER = [Attachment(name="批示.pdf", sha256="0" * 64, size=1)]
BY = {"by": "sec", "system_user": "regaudit", "machine": "m", "at": "2026-01-01T00:00:00"}
VERDICTS: dict[str, tuple[str, ...]] = {
    "judge": (*["upheld"] * 6, "excused", "unfounded"),
    "extend": ("ask", "ask", "grant", "grant", "refuse"),
    "review": ("return", "pass", "pass"),
    "decide": ("upheld", "changed", "changed", "quashed"),
}
# Around a make-up Saturday before the holidays of May, at the end of the last published year, and anywhere.
BEGINNINGS = (date(2026, 4, 20), date(2026, 12, 10), date(2026, 9, 14))
SEEDS = 80
UNENDING = ("suspend", "refer", "correct", "delay", "serve", "dispute")


@dataclass
class World:
    """One log with many entries, and its people, who change from example to example."""

    ledger: Ledger
    clock: list[datetime]
    logins: dict[str, Login] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    seen: Counter[str] = field(default_factory=Counter)

    def people(self, logins: dict[str, Login]) -> None:
        """Let these be the users."""
        events: list[LogEvent] = []
        for login, new in logins.items():
            old = self.logins.get(login) or Login(login, "")
            stream = f"user:{login}"
            made = count(self.ledger.log.version(stream) + 1)
            if old.person != new.person:
                events.append(UserAdded(stream, next(made), login=login, person_id=new.person, **BY))
            for change, roles in (
                (RoleEnded, set(old.roles) - set(new.roles)),
                (RoleGranted, set(new.roles) - set(old.roles)),
            ):
                for role, office, section in sorted(roles):
                    named = {"login": login, "role": role, "office": office, "section": section}
                    events.append(change(stream, next(made), **named, **BY))
            if old.is_locked != new.is_locked:
                events.append(UserLocked(stream, next(made), login=login, is_locked=new.is_locked, **BY))
            for whose in sorted({*old.deputy, *new.deputy}):
                until = new.deputy.get(whose, date(2000, 1, 1)).isoformat()
                named = {"login": login, "for_login": whose, "until": until}
                events.append(DeputyNamed(stream, next(made), **named, **BY))
        self.ledger.log.append_all(events)
        self.logins = logins

    def open(self, law: Law) -> str:
        """Open the entry of a law."""
        number = f"{law.office}-{law.opened.year}-{next(self.numbers):04}"
        event = EntryOpened(
            f"entry:{number}",
            1,
            at=law.opened.isoformat(),
            recorded_at=law.opened.isoformat(),
            kind="finding",
            rule="overdue",
            rule_version=1,
            title="超期",
            severity=law.original,
            office=law.office,
            summary="超期",
            persons=[EntryPerson(person_id=person, role="subject") for person in sorted(law.named)],
            recurs_of=f"{law.office}-2026-0000" if law.recurs else "",
            recurrences=law.recurrences,
            door="night",
        )
        self.ledger.log.append_all([event])
        return number

    def take(self, number: str, deed: Deed) -> EntryStepped | None:
        """Let the ledger take a step; nothing where it refuses."""
        request = Request(
            step=deed.step,
            text=deed.text,
            at=deed.at if deed.at != self.clock[0] else None,
            verdict=deed.verdict,
            to=deed.to,
            kind=deed.kind,
            due=deed.due,
            severity=deed.severity,
            attachments=PAPER if deed.has_paper else [],
            signed_by=deed.signer,
        )
        author = Author(login=deed.login, door="command", system_user="regaudit", machine="m")
        before = self.ledger.log.version(f"entry:{number}")
        try:
            [outcome] = self.ledger.take({number: request}, author)
        except RefusedStepError:
            assert self.ledger.log.version(f"entry:{number}") == before
            return None
        [*_, event] = self.ledger.log.events(f"entry:{number}", LogEvent)
        assert isinstance(event, EntryStepped)
        assert outcome.version == event.originator_version == before + 1
        return event


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder) / "home").make()
        now = [datetime(2026, 1, 1, 9)]

        def clock() -> datetime:
            return (now[0] - timedelta(hours=8)).replace(tzinfo=UTC)

        with open_workspace(desk.home, "test", clock=clock, locks=()) as workspace:
            yield World(Ledger(workspace), now)


def some_people(chance: Random) -> dict[str, Login]:
    """Some logins of fewer persons; most have a role at an office, some several, some act for others."""
    logins = {login: Login(login, chance.choice(PERSONS)) for login in LOGINS}
    is_staffed = chance.random() < 0.5
    for user, role in zip(logins.values(), STAFF if is_staffed else (), strict=False):
        user.person, user.roles = f"S{user.login}", [(role, OFFICES[0], "")]
    administrator = chance.choice([*PERSONS, "", ""])
    for user in logins.values():
        if user.person == administrator:
            user.roles = [(chance.choice(("sysadmin", "secadmin", "auditor")), "", "")]
            continue
        for _ in range(chance.choice((0, 0, 0, 1) if user.roles else (0, 1, 1, 1, 2))):
            office = chance.choice((*OFFICES, OFFICES[0], OFFICES[0], ""))
            user.roles.append((chance.choice(ROLES), office, chance.choice(SECTIONS)))
        user.roles = sorted(set(user.roles))
        user.is_locked = chance.random() < 0.08
        if chance.random() < 0.2:
            user.deputy[chance.choice(LOGINS)] = date(2026, chance.randint(4, 12), 28)
    return logins


def some_law(chance: Random, begins: date) -> Law:
    return Law(
        office=OFFICES[0],
        opened=datetime.combine(begins + DAY * chance.randint(0, 12), time(23, 59, 59)),
        severity=chance.choice(("minor", "major", "critical")),
        subjects={chance.choice((*PERSONS, STRANGER)) for _ in range(chance.choice((0, 1, 1, 2)))},
        recurs=chance.random() < 0.2,
        recurrences=chance.choice((0, 0, 0, 1, 2)),
    )


def some_deed(chance: Random, law: Law, logins: dict[str, Login], now: datetime) -> Deed:
    """Mostly the first of some steps that can be taken, so that entries get anywhere."""
    tried = [any_deed(chance, law, logins, now) for _ in range(chance.choice((1, 6)))]
    return next((deed for deed in tried if law.allows(deed) and law.may(deed, logins)), tried[0])


def any_deed(chance: Random, law: Law, logins: dict[str, Login], now: datetime) -> Deed:
    """A step that fits the state or does not, by somebody who may take it or may not."""
    fitting = [step for step in FROM if law.now.state in FROM[step] and step not in UNENDING]
    step = chance.choice(fitting if fitting and chance.random() < 0.85 else list(FROM))
    if step == "refer" and chance.random() < 0.8:
        step = "resume"
    on = now.date()
    at = now if chance.random() < 0.8 else now - timedelta(days=chance.randint(0, 4), hours=1)
    deed = Deed(step, "", at, on, verdict=chance.choice(VERDICTS.get(step, ("",))))
    if step == "assign":
        deed.to = chance.choice(("person:" + chance.choice(PERSONS), "section:一", "section:二"))
        deed.kind = chance.choice(("at_once", "by_date"))
    if step == "refer":
        deed.to = "纪检"
    wanted = {"assign": 0.2, "demand": 0.4, "review": 0.2, "extend": 0.9, "suspend": 1}.get(step, 0)
    if (step, deed.verdict) in (("review", "pass"), ("extend", "refuse")):
        wanted = 0
    if chance.random() < wanted:
        ahead = chance.randint(-1, 12) if step != "extend" else chance.randint(2, 30)
        deed.due = on + DAY * ahead
    if (step == "judge" or deed.verdict == "changed") and chance.random() < 0.3:
        deed.severity = chance.choice(GRAVITY[1:])
    deed.text = "说明" if chance.random() < 0.95 else ""
    deed.has_paper = chance.random() < 0.15
    if chance.random() < 0.1:
        deed.signer = chance.choice((*PERSONS, STRANGER, *law.subjects))
        deed.has_paper = chance.random() < 0.8
    is_late = worked(deed.at.date(), on) > 1
    deed.counts_on = on if is_late and not deed.has_paper else deed.at.date()
    deed.login = somebody(chance, law, deed, logins)
    return deed


def somebody(chance: Random, law: Law, deed: Deed, logins: dict[str, Login]) -> str:
    """Mostly one who may."""
    if chance.random() < 0.75 and (deed.step != "correct" or law.stack):
        able: Sequence[str] = [
            login for login in logins if law.may(Deed(**{**vars(deed), "login": login}), logins)
        ]
        if able:
            return chance.choice(able)
    return chance.choice(LOGINS)


def compare(world: World, number: str, law: Law, day: date) -> None:
    """State, limits and lights on some days from one on."""
    entry = read_entry(world.ledger.log, number)
    assert entry is not None
    measure = world.ledger.calendars.of(law.office)
    standing = standing_row(entry, measure)
    assert standing.state == law.now.state
    assert standing.shown_state == ("appealed" if law.now.appealed else law.now.state)
    assert (standing.gravest, standing.returns, standing.extensions) == (
        *(law.gravest, len(law.now.returns), law.now.grants),
    )
    for ahead in (0, 1, 2, 3, 4, 5, 7, 9, 12, 16, 25):
        later = day + DAY * ahead
        row = row_of(entry, measure, later)
        assert row == on_day(standing, later)
        limit, due = law.due_on(later)
        assert (row.limit, row.due_on) == (limit, due), later
        assert row.light == law.light(later), (later, law.limits())
        assert row.is_provisional == (due is not None and due > LAST_PUBLISHED)


def play(world: World, chance: Random, deeds: int) -> None:
    """One entry under some people: each deed is accepted or refused as the law says, with what follows."""
    logins = some_people(chance)
    law = some_law(chance, chance.choice(BEGINNINGS))
    world.clock[0] = law.opened
    world.people(logins)
    number = world.open(law)
    compare(world, number, law, law.opened.date())
    for _ in range(deeds):
        days = chance.choice((0, 0, 1, 1, 2, 4)) if law.now.state != "assigned" else chance.choice((0, 2, 6))
        hours = chance.randint(1, 8)
        world.clock[0] = (world.clock[0] + DAY * days + timedelta(hours=hours)).replace(microsecond=0)
        deed = some_deed(chance, law, logins, world.clock[0])
        is_allowed = law.allows(deed)
        ways = law.may(deed, logins) if is_allowed else set()
        event = world.take(number, deed)
        word = f"{deed.step} {deed.verdict}".strip()
        world.seen[f"{word} {'taken' if event else 'refused'}"] += 1
        assert (event is not None) == bool(ways), (deed, is_allowed, ways, law.now, logins)
        if event is None:
            continue
        persons = frozenset({event.person, event.for_person} - {""})
        [way] = [way for way in ways if (way.role, way.persons) == (event.role, persons)]
        assert event.is_typed_later == (worked(deed.at.date(), world.clock[0].date()) > 1)
        assert datetime.fromisoformat(event.at) == deed.at
        law.take(deed, way)
        compare(world, number, law, world.clock[0].date())


@settings(
    max_examples=examples(60),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(st.randoms(use_true_random=False))
def test_every_step_is_taken_or_refused_as_the_law_says(world: World, chance: Random) -> None:
    play(world, chance, 16)


@pytest.mark.long
def test_what_was_tried_was_worth_it(world: World) -> None:
    """Every step with every word is taken by somebody and refused to somebody, in some fixed chances."""
    for seed in range(SEEDS):
        play(world, Random(seed), 24)  # noqa: S311 - not for secrets
    words = {f"{step} {verdict}".strip() for step in FROM for verdict in VERDICTS.get(step, ("",))}
    assert {word for word in words if not world.seen[f"{word} taken"]} == set()
    assert {word for word in words if not world.seen[f"{word} refused"]} == set()
