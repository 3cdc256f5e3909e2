"""The attacks on a green night: each told once, run by a test and shown in the pages on security."""

import importlib
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from attack_desk import Centre, Told

Who = Literal["clerk", "section head", "platform's administrator", "our administrator"]
CLERK: Final = "clerk"
HEAD: Final = "section head"
PLATFORM: Final = "platform's administrator"
ADMIN: Final = "our administrator"
_WHO = {CLERK: "经办人", HEAD: "科室负责人", PLATFORM: "平台管理员", ADMIN: "本系统管理员"}
_LIGHTS = {"red": "红", "yellow": "黄"}
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


def chinese() -> dict[str, str]:
    """What each attack is in Chinese, by its name."""
    told: dict[str, str] = tomllib.loads(
        Path(__file__).with_name("attacks_zh.toml").read_text(encoding="utf-8")
    )
    return told


def rendered(*, is_chinese: bool) -> str:
    """The table of `docs/security.md`, or of its twin in `docs/zh/`."""
    told = chinese()
    lines = (
        ["| | 何人 | 怎样 | 由何查出 |", "| --- | --- | --- | --- |"]
        if is_chinese
        else ["| | who | how | what shows it |", "| --- | --- | --- | --- |"]
    )
    for number, each in enumerate(all_attacks(), start=1):
        who, how = (_WHO[each.who], told[each.name]) if is_chinese else (each.who, each.how)
        shown_by = _shown_by(each, ";`{}` 仍在" if is_chinese else "; `{}` stands")
        lines.append(f"| {number} | {who} | {how} | {shown_by} |")
    return "\n".join(lines)


def _shown_by(attack: Attack, stands: str) -> str:
    if attack.code == "verify":
        return "`regaudit verify`"
    return f"`{attack.code}` {_LIGHTS[attack.light]}{stands.format(attack.rule) if attack.rule else ''}"
