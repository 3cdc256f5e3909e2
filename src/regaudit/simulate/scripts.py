"""Writes what people do after the export: users, later exports, deeds, and the truth about the ledger."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl

from regaudit.base.errors import UsageError
from regaudit.simulate.lives import LEFT, ONE_PERSON, SECTION, SPAN, STAFF, Life, lives
from regaudit.simulate.people import OFFICES, Roster
from regaudit.simulate.worktime import WorkAxis

FOLDER = "later"
"""Where the exports lie, one a night."""
_WEEK = 5
_ROLES = {"head": "科室负责人", "post": "质量监管岗", "leader": "中心负责人", "superior": "上级主管"}


class Script:
    """The lives of some entries of the first office."""

    def __init__(self, roster: Roster, axis: WorkAxis) -> None:
        """Hires who takes part.

        Raises:
            UsageError: the published calendar ends too soon.
        """
        if axis.last + SPAN + 2 * _WEEK >= len(axis.days):
            raise UsageError("人员的办理排在导出之后,超出了已公布的日历:请把开始日期提前")
        self._axis, self._roster, self._lives = axis, roster, list(lives())
        persons: dict[str, str] = {}
        self._users: list[tuple[str, ...]] = []
        for login, roles in STAFF.items():
            person = login.rstrip("2") if login.startswith("double") else login
            if person not in persons:
                [number] = roster.hire(0, _ROLES[roles[0]])
                persons[person] = roster.accounts[number].person_id
            section = SECTION if "head" in roles else ""
            self._users += [(login, persons[person], role, OFFICES[0], section) for role in roles]
        [busy] = roster.hire(0, "受理岗")
        [other] = roster.hire(0, "登簿岗")
        self._busy, self._other = roster.accounts[busy].account, roster.accounts[other].account
        self._subjects = [self._subject(number, life) for number, life in enumerate(self._lives)]

    def _subject(self, number: int, life: Life) -> str:
        """What a life is about: an account of somebody who left, or a case."""
        if life.rule != LEFT:
            return f"{OFFICES[0]}-LATER-{number:03}"
        until = self._axis.days[0].replace(day=1)
        [left] = self._roster.hire(0, "受理岗", until=until)
        return self._roster.accounts[left].account

    def write(self, out: Path) -> None:
        """Writes `users.csv`, `later/DATE.csv`, `deeds.csv` and `ledger_truth.csv`."""
        _write(out / "users.csv", ("login", "person_id", "role", "office", "section"), self._users)
        (out / FOLDER).mkdir(exist_ok=True)
        columns = ("case_no", "office", "step", "occurred_at", "account", "registration_type")
        exports: dict[int, list[tuple[str, ...]]] = {}
        for subject, life in zip(self._subjects, self._lives, strict=True):
            for nth, day in enumerate((life.opened, life.again)):
                if day is not None:
                    exports.setdefault(day, []).extend(self._rows(subject, life, day, nth))
        for day, rows in sorted(exports.items()):
            _write(out / FOLDER / f"{self._on(day)}.csv", columns, rows)
        _write(out / "deeds.csv", _DEEDS, self._deeds(self._nights(set(exports))))
        _write(out / "ledger_truth.csv", _TRUTH, self._truth())

    def _on(self, day: int) -> date:
        return self._axis.days[self._axis.last + day]

    def _nights(self, exported: set[int]) -> list[int]:
        """Those of the exports, one a week, and the last."""
        return sorted({0, *exported, *range(0, SPAN, _WEEK), SPAN})

    def _rows(self, subject: str, life: Life, day: int, nth: int) -> Iterator[tuple[str, ...]]:
        on = self._on(day)
        if life.rule == LEFT:
            yield (f"{subject}-{nth}", OFFICES[0], "accept", f"{on} 09:00:00", subject, "200")
            return
        last = self._busy if life.rule == ONE_PERSON else self._other
        for name, hour, account in (
            ("accept", 9, self._busy),
            ("review", 10, self._busy),
            ("book", 11, last),
        ):
            yield (subject, OFFICES[0], name, f"{on} {hour:02}:00:00", account, "200")

    def _deeds(self, nights: list[int]) -> Iterator[tuple[str, ...]]:
        """In the order in which they are done, each with the last night before it."""
        done = [
            (deed.day, number, seq, deed, life)
            for number, life in enumerate(self._lives)
            for seq, deed in enumerate(life.deeds)
        ]
        for day, number, seq, deed, life in sorted(done, key=lambda each: each[:3]):
            night = max(each for each in nights if each < day)
            yield (
                *(str(self._on(night)), f"{self._on(day)}T{9 + seq % 8:02}:{number:02}:00", deed.login),
                *(
                    life.rule,
                    self._subjects[number],
                    str(deed.nth),
                    deed.step,
                    deed.verdict,
                    deed.to,
                    deed.kind,
                ),
                "" if deed.due is None else str(self._on(deed.due)),
                *(f"{life.name} {deed.step}", "refused" if deed.is_refused else "taken"),
            )

    def _truth(self) -> Iterator[tuple[str, ...]]:
        for subject, life in zip(self._subjects, self._lives, strict=True):
            for nth, (state, light) in enumerate(life.ends, 1):
                yield (life.rule, subject, OFFICES[0], str(nth), str(self._on(SPAN)), state, light)


_DEEDS = (
    *("night", "at", "login", "rule", "subject", "nth", "step", "verdict", "to", "kind", "due", "text"),
    "expected",
)
_TRUTH = ("rule", "subject", "office", "nth", "night", "state", "light")


def _write(
    path: Path, columns: tuple[str, ...], rows: "Iterator[tuple[str, ...]] | list[tuple[str, ...]]"
) -> None:
    pl.DataFrame(list(rows), schema=dict.fromkeys(columns, pl.String), orient="row").write_csv(path)
