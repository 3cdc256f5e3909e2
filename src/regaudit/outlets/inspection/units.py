"""The units of work of a month, as the last run published them, and why some are always inspected."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

from msgspec import Struct, convert

from regaudit.base.errors import RegauditError, UsageError
from regaudit.base.folded_text import fold
from regaudit.catalogue.inspection_terms import InspectionTerms, mentions
from regaudit.catalogue.sqlfile import result_sql
from regaudit.outlets.database import AnalystDatabase

EXCUSED = "说明采纳"
"""The class of units that are inspected because an entry of the ledger on them was excused."""
BATCH = "batch:"
"""What the names of units begin with that are batches."""
_WRITTEN = re.compile(r"⟨U\+(00[01][0-9A-F])⟩")
_NEEDED = {"subtype", "matter"}


class Unit(Struct, frozen=True, kw_only=True):
    """A unit of work: a case, or what was closed of a batch in the month.

    `classes` (Chinese) say why it is inspected whatever is drawn; empty: it is part of the population.
    """

    unit: str
    office: str
    stratum: str
    case_nos: list[str]
    batch_no: str
    classes: list[str] = []


class Month(Struct, frozen=True, kw_only=True):
    """What was closed in a month, and the run that published it: its number, as-of time, log position.

    `undescribed`: of how many units neither `subtype` nor `matter` says whether they are always inspected; 0
    where no unit has either, as on a platform that exports neither.
    """

    units: list[Unit]
    run_no: int
    as_of: datetime
    log_position: int
    until: datetime
    undescribed: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether the run had seen the month to its end."""
        return self.as_of >= self.until - timedelta(seconds=1)

    @property
    def population(self) -> list[tuple[str, str]]:
        """The units that are drawn from, each with its stratum."""
        return [(unit.unit, unit.stratum) for unit in self.units if not unit.classes]

    @property
    def mandatory(self) -> list[Unit]:
        """The units that are inspected whatever is drawn, by the bytes of their names."""
        return sorted((unit for unit in self.units if unit.classes), key=lambda unit: unit.unit.encode())


class _Row(Struct, frozen=True):
    office: str
    unit: str
    batch_no: str | None
    limit_class: str
    case_nos: list[str]
    subtypes: list[str] | None
    matters: list[str] | None


def parse_month(text: str) -> tuple[date, date]:
    """The first days of a month, `2026-03`, and of the next one.

    Raises:
        UsageError: it is no month.
    """
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise UsageError(f"月份(--month){text!r} 应写作 2026-03") from error
    return first, first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)


def read_month(home: Path, month: str, office: str, terms: InspectionTerms) -> Month:
    """The units that were closed in a month.

    Args:
        home: the workspace.
        month: `2026-03`.
        office: empty: of all offices.
        terms: which units are inspected whatever is drawn.

    Raises:
        UsageError: it is no month, or nobody knows the office.
        RegauditError: nothing is published, or by an earlier version.
    """
    first, after = parse_month(month)
    with AnalystDatabase(home) as db:
        _check_office(db, office)
        # An earlier version published fewer columns.
        known = {row["column_name"] for row in db.rows("DESCRIBE main.cases")}
        if not known >= _NEEDED:
            raise RegauditError("分析数据库由较早的版本发布,没有登记小类和登记原因:请先运行 regaudit check")
        wanted = {"from": first, "until": after, "office": office}
        rows = convert(db.rows(result_sql("inspection_units"), wanted), list[_Row])
        excused = (
            {(row["office"], row["case_no"]) for row in db.rows(result_sql("inspection_excused"))}
            if terms.excused
            else set()
        )
        [run] = db.rows("SELECT run_no, as_of, log_position FROM runs ORDER BY run_no DESC LIMIT 1")
    units = [
        Unit(
            unit=plain_unit(row.office, row.unit),
            office=row.office,
            stratum=_plain(f"{row.office}/{row.limit_class}"),
            case_nos=row.case_nos,
            batch_no=row.batch_no or "",
            classes=[*_classes(row, terms), *_excused(row, excused)],
        )
        for row in rows
    ]
    _check_names(units)
    blank = sum(not any((*_folded(row.subtypes), *_folded(row.matters))) for row in rows)
    until = datetime.combine(after, time.min)
    return Month(
        units=units,
        run_no=run["run_no"],
        as_of=run["as_of"],
        log_position=run["log_position"],
        until=until,
        undescribed=blank if blank < len(rows) and terms.mandatory else 0,
    )


def plain_unit(office: str, unit: str) -> str:
    """The name of a unit, as it stands in the list that is hashed."""
    return _plain(f"{office}/{unit}")


def named_case(unit: str) -> str:
    """The case number, or the batch with its prefix, that the name of a unit stands for."""
    return _WRITTEN.sub(lambda found: chr(int(found[1], 16)), unit.partition("/")[2])


def _check_office(db: AnalystDatabase, office: str) -> None:
    known = db.offices()
    if office and office not in known:
        raise UsageError(f"没有登记机构 {office}。已知的有:{'、'.join(known[:20]) or '无'}")


def _plain(name: str) -> str:
    """A name without what would end a line or a column of the list."""
    return "".join(sign if sign >= " " else f"⟨U+{ord(sign):04X}⟩" for sign in name)


def _classes(row: _Row, terms: InspectionTerms) -> Iterator[str]:
    """The classes of the profile that a unit belongs to, by what its cases are."""
    subtypes, matters = _folded(row.subtypes), _folded(row.matters)
    for of_class in terms.mandatory:
        by_subtype = any(mentions(text, of_class.subtypes) for text in subtypes)
        if by_subtype or any(mentions(text, of_class.matters) for text in matters):
            yield of_class.title


def _folded(texts: Sequence[str] | None) -> list[str]:
    return [fold(text) for text in texts or ()]


def _excused(row: _Row, excused: set[tuple[str, str]]) -> Iterator[str]:
    if any((row.office, case_no) in excused for case_no in row.case_nos):
        yield EXCUSED


def _check_names(units: Iterable[Unit]) -> None:
    """Refuse two units of one name: no draw could tell them apart."""
    seen: set[str] = set()
    for unit in units:
        if unit.unit in seen:
            raise RegauditError(f"业务号与批次号重名,无法区分:{unit.unit}。请在映射中改写批次号后重新导入")
        seen.add(unit.unit)
