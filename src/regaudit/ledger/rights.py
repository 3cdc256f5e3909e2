"""Who may take a step on an entry: by role, by natural person, and up the chain where nobody may.

Four eyes are counted by natural person: two logins of one person are one.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from msgspec import Struct

from regaudit.base.errors import RegauditError
from regaudit.ledger.entry import Entry
from regaudit.ledger.people import Acting, People, User
from regaudit.ledger.progress import persons_of
from regaudit.ledger.states import ROLES, STATES
from regaudit.ledger.steps import BY_SEVERITY, CHAIN, STEPS, STRIKERS, SUBJECT, Step

_ABOVE = {"handler": "head", "head": "post", "post": "leader", "leader": "superior", "superior": "superior"}
_BARRED = {
    "subject": "是本项所涉的人",
    "reporter": "报告了整改",
    "reviewer": "作了复核",
    "asker": "提出了申请",
    "everyone": "办理过本项",
}


class RefusedStepError(RegauditError):
    """A step that may not be taken, and why (Chinese); nothing was written."""


class Standing(Struct, frozen=True):
    """In which role somebody takes a step, as whose deputy, and whether he only types a paper."""

    role: str
    for_login: str = ""
    for_person: str = ""
    is_paper: bool = False


def standing(asked: "Asked", user: User, *, signed_by: str = "") -> Standing:
    """In which role a user takes a step.

    Args:
        asked: the step, on which entry.
        user: who wants to take it.
        signed_by: the natural person who signed the paper that is typed; then four eyes count that one.

    Raises:
        RefusedStepError: he may not; the message says why, and who may.
    """
    if user.is_locked:
        raise RefusedStepError(f"用户 {user.login} 已锁定")
    if asked.people.is_administrator(user.person_id):
        raise RefusedStepError(f"{user.title} 是管理员或审计员,不参与台账的办理")
    if signed_by:
        return _on_paper(asked, user, signed_by)
    if SUBJECT in asked.step.roles and user.person_id in asked.entry.subjects:
        return Standing("handler")
    try:
        return _in_chain(asked, user)
    except RefusedStepError:
        barred = next(filter(None, map(asked.bars, asked.held_by(user))), "")
        if not barred:
            raise
        told = f"{barred},不能办理“{asked.step.title}”:须由另一自然人办理"
        raise RefusedStepError(told) from None


def _in_chain(asked: "Asked", user: User) -> Standing:
    """The standing of a user by his roles: where nobody may act in one, the next above does."""
    for roles in (asked.roles, *([role] for role in asked.climb())):
        able = asked.able(roles)
        mine = next((acting for acting in able if acting.user is user), None)
        if mine is not None:
            return asked.stands(mine)
        if able or not asked.climbs:
            raise RefusedStepError(asked.told_who(user, roles, able))
    mine = next((acting for acting in asked.elsewhere() if acting.user is user), None)
    if mine is not None:
        return asked.stands(mine)
    raise RefusedStepError(
        f"{asked.step.title}须由{_named(asked.roles)}办理,{user.title} 不是,本机构也没有能办理的人:"
        "由上级书面批准的,请附上文件,用 --signed-by 写明签字人的人员编号"
    )


class Asked:
    """A step that is asked for on an entry, on a day: who may take it."""

    def __init__(self, step: Step, entry: Entry, people: People, on: date, verdict: str = "") -> None:
        self.step, self.entry, self.people, self.on, self._verdict = step, entry, people, on, verdict
        self.roles = _roles(step, entry, verdict)
        self.barred = barred_persons(step, entry, verdict)
        self._section = section_of(entry, people)

    @property
    def climbs(self) -> bool:
        """Whether the next above acts where nobody may."""
        return self.step.climbs or self.step.name == "report"

    def held_by(self, user: User) -> Iterator[Acting]:
        """The roles of a user in which the step is taken."""
        for acting in self.people.acting(user, self.on):
            if acting.held.role in self.roles and self._covers(acting):
                yield acting

    def able(self, roles: Iterable[str]) -> list[Acting]:
        """Who may take it in some roles, without those who are barred."""
        return [
            acting
            for role in roles
            for acting in self.people.holders(role, self.entry.opened.office, self.on)
            if self._covers(acting) and not self.bars(acting)
        ]

    def elsewhere(self) -> list[Acting]:
        """The posts and leaders of other offices, who act where the chain of this one ends."""
        office = self.entry.opened.office or ""
        return [
            acting
            for user in self.people.users.values()
            for acting in self.people.acting(user, self.on)
            if acting.held.role in ("leader", "post")
            and acting.held.office not in ("", office)
            and not self.bars(acting)
        ]

    def bars(self, acting: Acting) -> str:
        """Why somebody may not take it (Chinese), himself or whoever he is the deputy of; else empty."""
        principal = self.people.get(acting.for_login)
        for user in (acting.user, principal):
            if user is not None and user.person_id in self.barred:
                return f"{user.title} {_BARRED[self.barred[user.person_id]]}"
        return ""

    def stands(self, acting: Acting) -> Standing:
        """The standing of one who may take it."""
        principal = self.people.get(acting.for_login)
        return Standing(acting.held.role, acting.for_login, principal.person_id if principal else "")

    def climb(self) -> Iterator[str]:
        """The roles above, in order; from the head to the post only, and only to report."""
        role = self.roles[0]
        if self.step.name == "report":
            yield CHAIN[role]
            return
        while self.step.climbs and role in CHAIN and role != "head":
            role = CHAIN[role]
            yield role

    def told_who(self, user: User, roles: Iterable[str], able: Iterable[Acting]) -> str:
        """That a user may not, and who may (Chinese)."""
        who = "、".join(dict.fromkeys(acting.user.title for acting in able))
        told = f"{self.step.title}须由{_named(roles)}办理,{user.title} 不能"
        return told + (f";可由 {who} 办理" if who else "")

    def _covers(self, acting: Acting) -> bool:
        section = self._section if acting.held.role == "head" else ""
        return acting.held.covers(self.entry.opened.office, section)


def may(step: Step, entry: Entry, user: User, people: People, on: date) -> bool:
    """Whether a user may take a step, whatever it says."""
    # Whoever may judge may judge either way; an extension is asked for by one and answered by another.
    for verdict in step.verdicts if step.name == "extend" else ("",):
        try:
            standing(Asked(step, entry, people, on, verdict), user)
        except RefusedStepError:
            continue
        return True
    return False


def extension_verdict(entry: Entry, user: User, people: People, on: date) -> str:
    """What a day that a user names for an extension means, where he does not say it.

    Where a request waits and he may answer it, that it is granted; else that he asks for it.
    """

    def can(verdict: str) -> bool:
        try:
            standing(Asked(STEPS["extend"], entry, people, on, verdict), user)
        except RefusedStepError:
            return False
        return True

    if entry.now.asked_to is None:
        return "ask"
    return "grant" if can("grant") or not can("ask") else "ask"


def barred_persons(step: Step, entry: Entry, verdict: str = "") -> dict[str, str]:
    """The natural persons who may not take a step, with why."""
    now = entry.now
    found: dict[str, str] = {}
    told: dict[str, Iterable[str]] = {
        "everyone": entry.actors,
        "reviewer": now.reviewers,
        "reporter": now.reporters,
        "subject": entry.subjects,
    }
    kinds = step.barred
    if step.name == "extend" and verdict in ("grant", "refuse"):
        kinds = ("asker", "subject")
        asked = [each for each in entry.steps if each.step == "extend" and each.verdict == "ask"]
        told["asker"] = set().union(*map(persons_of, asked))
    if step.name == "judge" and now.pending is not None:
        found |= dict.fromkeys(now.pending.persons, "everyone")
    if step.name == "correct" and entry.steps:
        found |= dict.fromkeys(persons_of(entry.steps[-1]), "everyone")
    for kind in kinds:
        found |= dict.fromkeys(told.get(kind, ()), kind)
    return found


def _roles(step: Step, entry: Entry, verdict: str) -> list[str]:
    """The roles that may take a step on an entry as it stands."""
    if BY_SEVERITY in step.roles:
        return [STRIKERS[entry.severity]]
    if step.name == "judge":
        pending = entry.now.pending
        return ["leader" if pending is not None and pending.level == "post" else "post"]
    if step.name == "extend":
        return ["head"] if verdict == "ask" else ["leader"]
    if step.name == "correct":
        return _correctors(entry)
    return [role for role in step.roles if role != SUBJECT]


def _correctors(entry: Entry) -> list[str]:
    if not entry.steps:
        raise RefusedStepError("没有可更正的办理:系统所记的不能更正")
    return [_ABOVE[entry.steps[-1].role]]


def _on_paper(asked: Asked, user: User, signed_by: str) -> Standing:
    """The standing of who types a paper that somebody signed whom the workspace does not know as a user."""
    if asked.people.is_administrator(signed_by):
        raise RefusedStepError(f"签字人 {signed_by} 是管理员或审计员,不参与台账的办理")
    if signed_by in asked.barred:
        why = _BARRED[asked.barred[signed_by]]
        raise RefusedStepError(f"签字人 {signed_by} {why},不能办理“{asked.step.title}”")
    typists = [a for a in asked.people.acting(user, asked.on) if a.held.role in ("post", "leader")]
    if not typists:
        raise RefusedStepError(f"书面批准只能由质量监管岗或中心负责人录入,{user.title} 不是")
    logins = asked.people.logins_of(signed_by)
    if SUBJECT in asked.step.roles and signed_by in asked.entry.subjects and not logins:
        return Standing("handler", is_paper=True)
    able = asked.able([*asked.roles, *asked.climb()]) or (asked.elsewhere() if asked.climbs else [])
    if able:
        raise RefusedStepError(f"{asked.told_who(user, asked.roles, able)}。有人能办理时,不用书面批准")
    return Standing(asked.roles[0], is_paper=True)


def section_of(entry: Entry, people: People) -> str:
    """The section that an entry was given to, or that of the person it was given to; empty where unknown."""
    if entry.section or not entry.now.to.startswith("person:"):
        return entry.section
    users = people.logins_of(entry.now.to.removeprefix("person:"))
    sections = {
        held.section for user in users for held in user.held if held.role == "handler" and held.section
    }
    return sections.pop() if len(sections) == 1 else ""


def _named(roles: Iterable[str]) -> str:
    return "或".join(ROLES[role] for role in roles if role in ROLES)


def state_title(state: str) -> str:
    """The Chinese name of a state."""
    return STATES.get(state, "申诉中" if state == "appealed" else state)
