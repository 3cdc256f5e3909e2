"""The ledger by the letter: who may do what when, as plain tables, and limits counted day by day.

Comments in quotation marks are the rules' own words. Nothing here comes from the code that is tried.
"""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, datetime

from ledger_days import later, light_of, worked

FINAL = {"struck", "excused", "unfounded", "quashed", "referred", "voided"}
JUDGED = {"upheld", "rectifying", "rectified", "passed", "struck"}
OPEN = {
    *("listed", "assigned", "disputed", "answered", "upheld"),
    *("rectifying", "rectified", "passed", "suspended"),
}
FROM = {
    "assign": {"listed", "disputed"},
    "dispute": {"assigned"},
    "answer": {"assigned"},
    "judge": {"assigned", "answered"},
    "demand": {"upheld"},
    "extend": {"rectifying"},
    "report": {"rectifying"},
    "review": {"rectified"},
    "strike": {"passed"},
    "appeal": JUDGED,
    "decide": JUDGED,
    "suspend": OPEN - {"suspended"},
    "resume": {"suspended"},
    "refer": OPEN,
    "correct": (OPEN | FINAL) - {"voided"},
    "serve": OPEN,
    "delay": OPEN,
}
TO = {
    "assign": "assigned",
    "dispute": "disputed",
    "answer": "answered",
    "demand": "rectifying",
    "report": "rectified",
    "strike": "struck",
    "suspend": "suspended",
    "refer": "referred",
    "pass": "passed",
    "return": "rectifying",
}
BY_SUBJECT = {"answer", "appeal", "serve", "delay"}
WORDLESS = {"assign", "serve"}
LIMITS = {
    "assign": 3,
    "dispute": 5,
    "settle": 3,
    "answer": 3,
    "judge": 5,
    "demand": 3,
    "at_once": 1,
    "by_date": 10,
    "review": 5,
    "strike": 3,
    "appeal": 10,
    "decide": 15,
}
GRAVITY = ["info", "minor", "major", "critical"]
LIGHTS = ["none", "blue", "yellow", "orange", "red"]
ABOVE = {"handler": "head", "head": "post", "post": "leader", "leader": "superior", "superior": "superior"}
ADMINISTRATORS = {"sysadmin", "secadmin", "auditor"}
CLIMBERS = ("post", "leader")


@dataclass
class Login:
    """A user."""

    login: str
    person: str
    roles: list[tuple[str, str, str]] = field(default_factory=list)
    is_locked: bool = False
    deputy: dict[str, date] = field(default_factory=dict)


@dataclass(frozen=True)
class Way:
    """One way in which somebody may take a step: in a role, and the natural persons that four eyes count."""

    role: str
    persons: frozenset[str]


@dataclass
class Deed:
    """A step that somebody tries."""

    step: str
    login: str
    at: datetime
    counts_on: date
    verdict: str = ""
    to: str = ""
    kind: str = ""
    due: date | None = None
    severity: str = ""
    text: str = "说明"
    signer: str = ""
    has_paper: bool = False


@dataclass
class State:
    """What a correction gives back."""

    state: str
    since: datetime
    to: str = ""
    kind: str = ""
    answer_due: date | None = None
    assignments: int = 0
    beneath: str = ""
    rests: list[tuple[date, date]] = field(default_factory=list)
    suspended_on: date | None = None
    review_on: date | None = None
    severity: str = ""
    pending: tuple[str, str, frozenset[str], str] | None = None
    due: date | None = None
    due_set: date | None = None
    asks: list[datetime] = field(default_factory=list)
    asked_to: date | None = None
    askers: frozenset[str] = frozenset()
    grants: int = 0
    returns: list[datetime] = field(default_factory=list)
    reporters: frozenset[str] = frozenset()
    reviewers: frozenset[str] = frozenset()
    appealed: date | None = None
    weighed: datetime | None = None
    tried: datetime | None = None


class Law:
    """One entry under the rules."""

    def __init__(
        self,
        *,
        office: str,
        opened: datetime,
        severity: str,
        subjects: set[str],
        recurs: bool = False,
        recurrences: int = 0,
    ) -> None:
        self.office, self.opened, self.original = office, opened, severity
        self.named, self.recurs, self.recurrences = subjects, recurs, recurrences
        self.now, self.noted = State("listed", opened), ""
        self.last = opened
        self.took: set[str] = set()
        self.stack: list[tuple[State, Way, str]] = []

    @property
    def gravest(self) -> str:
        """'Rights follow the highest of original, noted and adjusted severity.'"""
        return max((s for s in (self.original, self.noted, self.now.severity) if s), key=GRAVITY.index)

    @property
    def subjects(self) -> set[str]:
        target, _, name = self.now.to.partition(":")
        return self.named | ({name} if target == "person" else set())

    # Rights

    def barred(self, deed: Deed) -> set[str]:  # noqa: PLR0911 - one for each rule
        """'Four eyes by natural person, not by login.'"""
        now = self.now
        subject = set() if deed.step in ("dispute", "report", *BY_SUBJECT) else self.subjects
        match deed.step, deed.verdict:
            case "extend", "ask":
                return set()
            case "extend", _:
                return subject | now.askers
            case "judge", _:
                return subject | (now.pending[2] if now.pending else frozenset())
            case "review", _:
                return subject | now.reporters
            case "strike", _:
                return subject | now.reporters | now.reviewers
            case "decide", _:
                return subject | self.took
            case "correct", _:
                return subject | self.stack[-1][1].persons
        return subject

    def chain(self, deed: Deed) -> list[list[str]]:  # noqa: C901 - one case for each rule
        """The roles that act, and those above them that act where nobody does."""
        match deed.step, deed.verdict:
            case "judge", _:
                first = ["leader" if self.now.pending and self.now.pending[1] == "post" else "post"]
            case "extend", "ask":
                return [["head"]]
            case ("extend", _) | ("suspend" | "resume" | "refer", _):
                first = ["leader"]
            case "decide", _:
                return [["leader", "superior"]]
            case "strike", _:
                first = ["post" if self.gravest in ("info", "minor") else "leader"]
            case "report", _:
                return [["head"], ["post"]]
            case (("dispute" | "answer" | "appeal" | "serve"), _):
                return [["head"]]
            case "delay", _:
                return [["head", "post", "leader"]]
            case "correct", _:
                first = [ABOVE[self.stack[-1][1].role]]
            case _:
                first = ["post"]
        chain = [first]
        while chain[-1][0] in CLIMBERS:
            chain.append([ABOVE[chain[-1][0]]])
        return chain

    def section(self, logins: dict[str, Login]) -> str:
        """The section of whom it was given to."""
        target, _, name = self.now.to.partition(":")
        if target == "section":
            return name
        known = {
            place
            for user in logins.values()
            if target == "person" and user.person == name
            for role, _, place in user.roles
            if role == "handler" and place
        }
        return known.pop() if len(known) == 1 else ""

    def able(self, deed: Deed, roles: list[str], logins: dict[str, Login]) -> dict[str, set[Way]]:
        """Who may act in some roles at the office."""
        found: dict[str, set[Way]] = {}
        section = self.section(logins)
        for login, way, office, place in self.ways(deed, logins):
            is_there = office in ("", self.office)
            if way.role == "head" and section and place not in ("", section):
                is_there = False
            if way.role in roles and is_there:
                found.setdefault(login, set()).add(way)
        return found

    def elsewhere(self, deed: Deed, logins: dict[str, Login]) -> dict[str, set[Way]]:
        """'Where the chain ends, a post or leader of another office of the workspace acts.'"""
        found: dict[str, set[Way]] = {}
        for login, way, office, _ in self.ways(deed, logins):
            if way.role in CLIMBERS and office not in ("", self.office):
                found.setdefault(login, set()).add(way)
        return found

    def ways(self, deed: Deed, logins: dict[str, Login]) -> Iterator[tuple[str, Way, str, str]]:
        """Every role that somebody has, himself or as a deputy, whom nothing bars."""
        barred = self.barred(deed)
        for user in logins.values():
            if user.is_locked or is_administrator(user.person, logins):
                continue
            principals = [
                logins[name]
                for name, until in user.deputy.items()
                if deed.at.date() <= until and not logins[name].is_locked
            ]
            for whose in [user, *principals]:
                persons = frozenset({user.person, whose.person})
                if not persons & barred:
                    for role, office, place in whose.roles:
                        yield user.login, Way(role, persons), office, place

    def may(self, deed: Deed, logins: dict[str, Login]) -> set[Way]:
        """In which ways somebody may take the step: in none, where he may not."""
        user = logins[deed.login]
        if user.is_locked or is_administrator(user.person, logins):
            return set()
        if deed.signer:
            return self.on_paper(deed, logins)
        if deed.step in BY_SUBJECT and user.person in self.subjects:
            return {Way("handler", frozenset({user.person}))}
        return self.acting(deed, logins).get(deed.login, set())

    def acting(self, deed: Deed, logins: dict[str, Login]) -> dict[str, set[Way]]:
        for roles in self.chain(deed):
            if able := self.able(deed, roles, logins):
                return able
        return {} if deed.step in ("dispute", *BY_SUBJECT) else self.elsewhere(deed, logins)

    def on_paper(self, deed: Deed, logins: dict[str, Login]) -> set[Way]:
        """'Typed by any post or leader in the name of the person who signed the attached paper.'"""
        typing = {way.role for login, way, *_ in self.typists(deed, logins) if login == deed.login}
        if not typing or not deed.has_paper or is_administrator(deed.signer, logins):
            return set()
        if deed.signer in self.barred(deed):
            return set()
        persons = frozenset({deed.signer})
        is_known = any(user.person == deed.signer for user in logins.values())
        if deed.step in BY_SUBJECT and deed.signer in self.subjects and not is_known:
            return {Way("handler", persons)}
        return set() if self.acting(deed, logins) else {Way(self.chain(deed)[0][0], persons)}

    def typists(self, deed: Deed, logins: dict[str, Login]) -> Iterator[tuple[str, Way, str, str]]:
        nobody = Deed("report", deed.login, deed.at, deed.counts_on)  # which bars nobody by itself
        return (way for way in self.ways(nobody, logins) if way[1].role in CLIMBERS)

    # What can be done when

    def allows(self, deed: Deed) -> bool:  # noqa: C901, PLR0911, PLR0912 - as long as the rules are
        """Whether the step can be taken now, and says what it must."""
        now, on = self.now, deed.at.date()
        state = now.beneath if now.state == "suspended" and deed.step in ("appeal", "decide") else now.state
        if state not in FROM[deed.step] or deed.at < self.last:
            return False
        if (deed.step not in WORDLESS and not deed.text) or (deed.due is not None and deed.due < on):
            return False
        match deed.step, deed.verdict:
            case "serve", _:  # each assignment is acknowledged once
                return [word for *_, word in self.stack if word in ("assign", "serve")][-1:] == ["assign"]
            case "dispute", _:  # 'a second assignment is final'
                return now.assignments == 1 and deed.counts_on <= self.shifted(now.since.date(), "dispute")
            case "judge", verdict:
                if now.state == "assigned" and on <= self.limits()[0][1]:
                    return False
                return deed.due is None or verdict == "excused"
            case "extend", "ask":
                return deed.due is not None and deed.due > self.report_due()
            case "extend", "refuse":
                return now.asked_to is not None
            case "extend", "grant":  # 'a third grant is refused'
                if now.asked_to is None or now.grants == 2:
                    return False
                return (deed.due or now.asked_to) > self.report_due()
            case "appeal", _:
                if now.appealed or now.weighed is None or now.tried == now.weighed:
                    return False
                return deed.counts_on <= self.shifted(now.weighed.date(), "appeal")
            case "decide", verdict:  # 'never a heavier outcome'
                before = now.severity or self.original
                is_heavier = deed.severity and GRAVITY.index(deed.severity) > GRAVITY.index(before)
                return (
                    now.appealed is not None
                    and not is_heavier
                    and (verdict == "changed" or not deed.severity)
                )
            case "correct", _:
                return bool(self.stack) and self.stack[-1][2] != "appeal"
        return True

    def take(self, deed: Deed, way: Way) -> None:
        """Let it be done."""
        self.took |= way.persons
        self.last = deed.at
        if deed.step == "correct":
            self.now = self.stack.pop()[0]
            return
        self.stack.append((deepcopy(self.now), way, deed.step))
        getattr(self, f"_{deed.step}", lambda *_: None)(deed, way)
        target = TO.get(deed.verdict if deed.step == "review" else deed.step)
        if target:
            self._enter(target, deed.at)

    def _enter(self, state: str, at: datetime) -> None:
        if state != "suspended":
            self.now.since = at
        self.now.state = state

    def _assign(self, deed: Deed, _: Way) -> None:
        self.now.to, self.now.kind, self.now.answer_due = deed.to, deed.kind, deed.due
        self.now.assignments += 1

    def _judge(self, deed: Deed, way: Way) -> None:
        """'critical: the post's judgement and the leader's of the same verdict'"""
        now, before = self.now, self.now.pending
        is_first = before is None and "critical" in (self.gravest, deed.severity)
        if is_first or (before is not None and before[0] != deed.verdict):
            level = "leader" if before and before[1] == "post" else "post"
            now.pending = (deed.verdict, level, way.persons, deed.severity)
            return
        now.severity = deed.severity or (before[3] if before else "") or now.severity
        now.pending, now.weighed = None, deed.at
        self._enter(deed.verdict, deed.at)

    def _demand(self, deed: Deed, _: Way) -> None:
        on = deed.at.date()
        self.now.due = deed.due or later(on, LIMITS[self.now.kind])
        self.now.due_set, self.now.weighed = on, deed.at

    def _extend(self, deed: Deed, way: Way) -> None:
        now = self.now
        if deed.verdict == "ask":
            now.asks, now.asked_to = [*now.asks, deed.at], deed.due
            now.askers |= way.persons
            return
        if deed.verdict == "grant":
            now.grants += 1
            now.due, now.due_set = deed.due or now.asked_to, deed.at.date()
        now.asked_to = None

    def _report(self, _: Deed, way: Way) -> None:
        self.now.reporters |= way.persons

    def _review(self, deed: Deed, way: Way) -> None:
        now, on = self.now, deed.at.date()
        now.reviewers |= way.persons
        if deed.verdict == "return":
            now.returns = [*now.returns, deed.at]
            kept = self.report_due()
            now.due = deed.due or (kept if kept > on else later(on, LIMITS[now.kind]))
            now.due_set = on

    def _appeal(self, deed: Deed, _: Way) -> None:
        self.now.appealed, self.now.tried = deed.at.date(), self.now.weighed

    def _decide(self, deed: Deed, _: Way) -> None:
        self.now.appealed = None
        if deed.verdict == "changed":
            self.now.severity = deed.severity or self.now.severity
        if deed.verdict == "quashed":
            self._enter("quashed", deed.at)

    def _suspend(self, deed: Deed, _: Way) -> None:
        now = self.now
        now.beneath, now.suspended_on, now.review_on = now.state, deed.at.date(), deed.due

    def _resume(self, deed: Deed, _: Way) -> None:
        now = self.now
        assert now.suspended_on
        now.rests = [*now.rests, (now.suspended_on, deed.at.date())]
        now.state = now.beneath

    def _refer(self, _: Deed, __: Way) -> None:
        self.now.appealed = None

    # Limits and lights

    def rested(self, since: date) -> int:
        """'all its limits rest meanwhile'"""
        return sum(worked(max(begun, since), ended) for begun, ended in self.now.rests if ended >= since)

    def shifted(self, since: date, limit: str) -> date:
        return later(since, LIMITS[limit] + self.rested(since))

    def report_due(self) -> date:
        assert self.now.due
        assert self.now.due_set
        return later(self.now.due, self.rested(self.now.due_set))

    def limits(self) -> list[tuple[str, date]]:
        """Those of the present state, in order."""
        now = self.now
        since = now.since.date()
        match now.state:
            case "listed":
                return [("assign", self.shifted(since, "assign"))]
            case "assigned":
                rested = self.rested(since)
                answer = later(now.answer_due, rested) if now.answer_due else self.shifted(since, "answer")
                return [("answer", answer), ("judge", later(answer, LIMITS["judge"]))]
            case "rectifying":
                return [("report", self.report_due())]
            case "suspended":
                assert now.review_on
                return [("review_on", now.review_on)]
        names = {
            "disputed": "settle",
            "answered": "judge",
            "upheld": "demand",
            "rectified": "review",
            "passed": "strike",
        }
        return [(names[now.state], self.shifted(since, names[now.state]))] if now.state in names else []

    def due_on(self, day: date) -> tuple[str, date | None]:
        """'the next limit of its present state'; after a missed answer the judge's."""
        limits = self.limits()
        if len(limits) == 2 and day > limits[0][1]:
            return limits[1]
        return limits[0] if limits else ("", None)

    def light(self, day: date) -> str:
        """'none ‹ 蓝 ‹ 黄 ‹ 橙 ‹ 红'"""
        lit = [light_of(name, due, day) for name, due in self.limits()]
        if self.now.appealed and self.now.state in JUDGED:
            lit.append(light_of("decide", self.shifted(self.now.appealed, "decide"), day))
        if self.now.state not in FINAL:
            if len(self.now.returns) > 1:  # 'a second 退回'
                lit.append("orange")
            # 'a third extension asked, or ≥2 recurrences in 12 months'
            if len(self.now.asks) > 2 or self.recurrences > 1:
                lit.append("red")
        worst = max(map(LIGHTS.index, lit), default=0)
        if self.recurs and self.now.state not in FINAL:  # 'one light higher'
            worst = min(worst + 1, LIGHTS.index("red"))
        return LIGHTS[worst]


def is_administrator(person: str, logins: dict[str, Login]) -> bool:
    """'An administrator's natural person … takes part in no entry.'"""
    held = [role for user in logins.values() if user.person == person for role, *_ in user.roles]
    return bool(ADMINISTRATORS & set(held))
