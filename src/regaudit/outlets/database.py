"""Reads the published analyst database, for the commands that show what was found."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict, replace

from regaudit.base.duck import DatabaseFileError, Hindrance, connect, quoted
from regaudit.base.errors import RegauditError, UsageError
from regaudit.base.folders import DATABASE, Folders
from regaudit.base.settings import no_workspace
from regaudit.catalogue.sqlfile import result_sql
from regaudit.outlets.case_story import Rows, case_story

_PAGE, _SORTED_IN = 2_048, "128MB"
_HINTS = 5


def published_path(home: Path) -> Path:
    """The published database of a workspace.

    Raises:
        RegauditError: there is none yet, or no workspace.
    """
    path = Folders(home).database
    if not path.is_file():
        if not Folders(home).settings.exists():
            raise no_workspace(home)
        raise RegauditError(f"{home} 还没有分析数据库 {DATABASE}:请先运行 regaudit nightly 或 regaudit check")
    return path


class Wanted(Struct, frozen=True, kw_only=True):
    """Which findings are wanted; what is not said is all.

    Attributes:
        person: a person's id or name.
        case_no: a case's number, or `OFFICE/CASE_NO`.
        only_open: none that are gone.
        only_new: only what appeared or came back in the last night, or was found since.
        limit: the first of them, the gravest first.
    """

    rule: str | None = None
    severity: str | None = None
    office: str | None = None
    person: str | None = None
    case_no: str | None = None
    only_open: bool = False
    only_new: bool = False
    limit: int | None = None


class AnalystDatabase:
    """The published database of a workspace, opened read only."""

    def __init__(self, home: Path) -> None:
        path = published_path(home)
        try:
            self._db = connect(path, read_only=True)
        except DatabaseFileError as error:
            if error.hindrance is not Hindrance.DAMAGED:
                raise
            raise RegauditError(f"{error}。它随时可以重建:请运行 regaudit check") from error

    def __enter__(self) -> "AnalystDatabase":
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def rows(self, sql: str, parameters: dict[str, Any] | None = None) -> Rows:
        """The rows of a query as dicts."""
        cursor = self._db.execute(sql, parameters or {})
        names = [name for name, *_ in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def offices(self) -> list[str]:
        """The offices that there are cases or findings of."""
        found = self.rows("SELECT office FROM cases UNION SELECT office FROM findings ORDER BY office")
        return [row["office"] for row in found if row["office"]]

    def count_findings(self, wanted: Wanted) -> tuple[int, int]:
        """How many findings there are of those wanted, however many are listed, and how many are gone."""
        counted = "SELECT count(*) AS found, count(*) FILTER (state = 'gone') AS gone FROM"
        every = replace(wanted, limit=None)
        [row] = self.rows(f"{counted} ({result_sql('listed_findings')})", asdict(every))
        return row["found"], row["gone"]

    def findings(self, wanted: Wanted) -> Iterator[Rows]:
        """Findings, the gravest first, some at a time: never are all of them in memory."""
        with TemporaryDirectory(prefix="regaudit-") as folder:
            # What is sorted goes to the disk where it is more.
            self._db.execute(f"SET memory_limit = '{_SORTED_IN}'")
            self._db.execute(f"SET temp_directory = '{quoted(folder)}'")
            cursor = self._db.execute(result_sql("listed_findings"), asdict(wanted))
            names = [name for name, *_ in cursor.description or []]
            while rows := cursor.fetchmany(_PAGE):
                yield [dict(zip(names, row, strict=True)) for row in rows]

    def unknowns(self, *, rule: str | None, office: str | None) -> Rows:
        """What the rules of the last run could not decide: neither guilty nor cleared."""
        return self.rows(
            """SELECT * FROM unknowns
            WHERE ($rule IS NULL OR rule = $rule) AND ($office IS NULL OR office = $office)
            ORDER BY ALL""",
            {"rule": rule, "office": office},
        )

    def finding(self, finding_id: str) -> dict[str, Any]:
        """One finding by its id, or by the first digits of it.

        Raises:
            UsageError: there is none, or several begin so.
        """
        wanted = finding_id.strip().lower()
        found = self.rows("SELECT * FROM findings WHERE starts_with(finding_id, $id) LIMIT 2", {"id": wanted})
        if not wanted or not found:
            raise UsageError(f"没有编号为 {finding_id} 的问题:编号见 regaudit findings 的第一列")
        if len(found) > 1:
            raise UsageError(f"编号以 {finding_id} 开头的问题不止一个:请写全 16 位编号")
        return found[0]

    def trace(self, subject: str) -> dict[str, Any]:
        """One case: attributes, every action with its source, the clock day by day, its findings.

        As `case_story`.

        Args:
            subject: `OFFICE/CASE_NO`, or the number alone where one office alone has it.

        Raises:
            UsageError: there is no such case, or several offices have one of that number.
        """
        office, _, case_no = subject.partition("/")
        if facts := case_story(self.rows, office, case_no):
            return facts
        asked = "SELECT office FROM cases WHERE case_no = $case_no ORDER BY office"
        having = [row["office"] for row in self.rows(asked, {"case_no": subject})]
        if len(having) > 1:
            told = "、".join(f"{office}/{subject}" for office in having)
            raise UsageError(f"业务号 {subject} 在 {len(having)} 个登记机构都有,请写明是哪一件:{told}")
        facts = case_story(self.rows, having[0], subject) if having else None
        if facts is None:
            raise no_case(subject, self._beginning_so(subject))
        return facts

    def _beginning_so(self, subject: str) -> str:
        """Cases whose number goes on where the given one ends, as a hint; empty where there are none."""
        office, _, case_no = subject.rpartition("/")
        found = self.rows(
            """SELECT office || '/' || case_no AS subject FROM cases
            WHERE starts_with(case_no, $case_no) AND $office IN ('', office)
            ORDER BY ALL LIMIT $most""",
            {"office": office, "case_no": case_no, "most": _HINTS + 1},
        )
        told = "、".join(row["subject"] for row in found[:_HINTS])
        return f"有以此开头的 {told}" + (" 等" if len(found) > _HINTS else "") if case_no and found else ""


def no_case(subject: str, beginning: str = "") -> UsageError:
    """What to say to whoever asks for a case that is not there; `beginning` names those that begin so."""
    hint = beginning or "请核对登记机构和业务号,写作 登记机构/业务号,如 150602/202601010001"
    return UsageError(f"没有办件 {subject}:{hint}")


def plain(value: Any) -> Any:
    """A value for JSON: times and dates in ISO form."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value
