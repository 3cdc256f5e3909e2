"""The attacks on a green night: each told once, run by a test and shown in `docs/security.md`."""

import importlib
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
MODULES = ("on_settings", "on_exports", "on_rows", "on_rosters", "on_files", "on_nights", "on_ledger")


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


def all_attacks() -> list[Attack]:
    """Every attack, in the order of the table."""
    for name in MODULES:
        importlib.import_module(name)
    # Whoever imports one of them first changes nothing.
    return sorted(ATTACKS, key=lambda attack: MODULES.index(attack.act.__module__))


def rendered() -> str:
    """The table of `docs/security.md`."""
    rows = [
        f"| {number} | {each.who} | {each.how} | {each.shown_by} |"
        for number, each in enumerate(all_attacks(), start=1)
    ]
    return "\n".join(["| | who | how | what shows it |", "| --- | --- | --- | --- |", *rows])
