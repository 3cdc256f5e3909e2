"""The attacks on a green night: each told once, run by a test and shown in `docs/security.md`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from attack_desk import Centre, Told

Who = Literal["clerk", "section head", "platform's administrator", "our administrator"]
CLERK: Final = "clerk"
HEAD: Final = "section head"
PLATFORM: Final = "platform's administrator"
ADMIN: Final = "our administrator"
Act = Callable[[Centre], Told | None]
BEGIN = "<!-- attacks: made from tests/journeys/attacks; edits here are lost -->"
END = "<!-- /attacks -->"


@dataclass(frozen=True)
class Attack:
    """What somebody does, and what shows it on the night after.

    Attributes:
        name: of the function that does it.
        act: does it; runs the night itself where it matters how, and returns what that told.
        who: the least of those who can.
        how: for people.
        code: the reason that the night gives; or `verify`.
        light: of that reason; empty for `verify`.
        says: what must stand in what is told of it.
        rule: whose finding stands open all the same.
        case: of that finding.
        is_quick: whether it runs with every run of the tests.
    """

    name: str
    act: Act
    who: Who
    how: str
    code: str
    light: str
    says: str
    rule: str
    case: str
    is_quick: bool

    @property
    def shown_by(self) -> str:
        """The last column of the table."""
        if self.code == "verify":
            return "`regaudit verify`"
        light = {"red": "红", "yellow": "黄"}[self.light]
        rule = f"; `{self.rule}` stands" if self.rule else ""
        return f"`{self.code}` {light}{rule}"


ATTACKS: list[Attack] = []


def attack(
    who: Who,
    how: str,
    code: str,
    *,
    light: Literal["red", "yellow", ""] = "yellow",
    says: str = "",
    rule: str = "",
    case: str = "",
    is_quick: bool = False,
) -> Callable[[Act], Act]:
    """Put a function into the table."""

    def put(act: Act) -> Act:
        assert code == "verify" or light
        assert rule == "" or case, "a finding is one of a case"
        name = act.__name__
        ATTACKS.append(Attack(name, act, who, how, code, light, says, rule, case, is_quick))
        return act

    return put


def rendered() -> str:
    """The table of `docs/security.md`, with its marks."""
    rows = [
        f"| {number} | {each.who} | {each.how} | {each.shown_by} |"
        for number, each in enumerate(ATTACKS, start=1)
    ]
    return "\n".join(
        [BEGIN, "", "| | who | how | what shows it |", "| --- | --- | --- | --- |", *rows, "", END]
    )
