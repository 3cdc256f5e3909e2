"""What each person did at each office, and where the middle lies: never without the denominator."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import duckdb
from msgspec import Struct

from regaudit.catalogue.sqlfile import result_sql
from regaudit.outlets.desk.figure_tables import FigureTable
from regaudit.outlets.rates import FEWEST

_COUNTS = {
    "acts": "操作",
    "accepts": "受理",
    "reviews": "审核",
    "books": "登簿",
    "findings": "应负责的现存问题",
}
_NOTHING = {"acts": 0}
_FEWEST_PERSONS = 3
"""Of fewer persons the middle would tell of one of the others."""


class PersonWork(Struct, frozen=True):
    """Rows of `person_work.sql` by office and person."""

    offices: dict[str, dict[str, dict[str, Any]]]

    def acts(self, person: str, offices: Iterable[str]) -> int:
        """How many acts of a person there are at some offices."""
        return sum(self.offices.get(office, {}).get(person, _NOTHING)["acts"] for office in offices)


def read_work(db: duckdb.DuckDBPyConnection) -> PersonWork:
    """Count what each person did; a second for a million cases."""
    cursor = db.execute(result_sql("person_work"))
    names = [name for name, *_ in cursor.description or []]
    offices: dict[str, dict[str, dict[str, Any]]] = {}
    for row in cursor.fetchall():
        facts = dict(zip(names, row, strict=True))
        offices.setdefault(facts["office"], {})[facts["person_id"]] = facts
    return PersonWork(offices)


def median(values: Sequence[float]) -> float:
    """The middle of some values; of an even number the mean of the two in the middle."""
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2


def work_tables(
    work: PersonWork, person: str, offices: Sequence[str], answered: Mapping[str, int]
) -> list[FigureTable]:
    """A person's work at each of some offices, beside the median of all who did anything there.

    Args:
        work: what everybody did.
        person: whose.
        offices: those that may be told of.
        answered: of how many findings that stand, and that may be told of, he is answerable at each.
    """
    return [
        _table(office, work.offices[office], person, answered.get(office, 0))
        for office in offices
        if person in work.offices.get(office, {})
    ]


def _table(office: str, everybody: dict[str, dict[str, Any]], person: str, answered: int) -> FigureTable:
    own = everybody[person] | {"findings": answered}
    rows = []
    for name, title in _COUNTS.items():
        # Whoever has another post never does it: he would only draw the middle down.
        values = [row[name] for row in everybody.values() if row[name] or name == "findings"]
        rows.append([title, f"{own[name]}", *_middle(values, "{:.1f}")])
    rates = [1000 * row["findings"] / row["acts"] for row in everybody.values() if row["acts"] >= FEWEST]
    own_rate = f"{1000 * own['findings'] / own['acts']:.1f}" if own["acts"] >= FEWEST else "—"
    rows.append([f"每千次操作的问题（{own['findings']}/{own['acts']}）", own_rate, *_middle(rates, "{:.2f}")])
    return FigureTable(
        key=f"work-{office}",
        title=f"登记机构 {office}",
        columns=("", "本人", "本机构中位数", "计入人数"),
        rows=rows,
        note="中位数取自在该机构做过该项操作的人（不含机器人）；问题的中位数取自全部人员，每千次操作的"
        f"取自至少有 {FEWEST} 次操作的人。不足 {_FEWEST_PERSONS} 人的不比较。"
        "岗位不同，数量本就不同：只供了解，不作名次。",
    )


def _middle(values: Sequence[float], form: str) -> tuple[str, str]:
    """The middle of some persons' numbers, and of how many."""
    if len(values) < _FEWEST_PERSONS:
        return "—", f"{len(values)}"
    return form.format(median(values)).rstrip("0").rstrip("."), f"{len(values)}"
