"""The evidence of an entry row by row, and what stood in the files: mapped columns alone."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from regaudit.base.errors import RegauditError
from regaudit.catalogue.event_types import EntryOpened
from regaudit.catalogue.kinds import export_kinds
from regaudit.catalogue.sqlfile import result_sql
from regaudit.catalogue.vocabulary import display_name, value_titles
from regaudit.eventlog.log import EventLog
from regaudit.intake.originals import Place, as_facts, find_rows
from regaudit.intake.quarantine.file import NOTES, TEXT
from regaudit.outlets.story import Published, evidence_rows

PAGE = 50
"""How many rows a page shows."""
MOST = 200
"""How many findings of a collective entry it shows."""


class Exhibit(Struct, frozen=True, kw_only=True):
    """A row of evidence, in words (Chinese).

    Attributes:
        position: of the log.
        parts: what it is to the matter.
        at: when; empty where it has no time of its own.
        what: the act, or what the record says.
        who: account, name, person, terminal.
        place: file, table and row.
        case: office and number of its case, for the link; empty: none.
        original: name and cell of each mapped column as it stood in the file; None: not looked for.
        problem: why it cannot be shown.
        hidden: how many columns are not shown.
    """

    position: int
    parts: list[str]
    at: str
    what: str
    who: str
    place: str
    case: tuple[str, str] | None = None
    original: list[tuple[str, str]] | None = None
    problem: str = ""
    hidden: int = 0


def exhibits(
    home: Path, published: Published, parts: Mapping[int, list[str]], *, with_originals: bool
) -> list[Exhibit]:
    """Rows of evidence in order of time.

    Args:
        home: the workspace.
        published: what the last night published.
        parts: what each log position is to the matter.
        with_originals: whether the files are looked into, which takes longer.

    Raises:
        LogError: the log cannot be read.
    """
    rows = evidence_rows(home, published, list(parts))
    found = _originals(home, list(parts)) if with_originals else {}
    return [_exhibit(row, parts[row["position"]], found.get(row["position"])) for row in rows]


def listed_findings(published: Published, opened: EntryOpened) -> list[dict[str, Any]]:
    """The findings that a collective entry lists, as the last night published them; at most `MOST`."""
    return published.rows(result_sql("desk_listed"), {"ids": opened.finding_ids[:MOST]})


def _exhibit(row: dict[str, Any], parts: list[str], original: dict[str, Any] | None) -> Exhibit:
    is_step = row["topic"] == "step-recorded"
    cells, problem, hidden = _cells(original)
    return Exhibit(
        position=row["position"],
        parts=parts,
        at=_at(row),
        what=_act(row) if is_step else _content(row),
        who=_who(row) if is_step else "",
        place=_place(row),
        case=(row["office"], row["case_no"]) if is_step and row.get("case_no") else None,
        original=cells,
        problem=problem,
        hidden=hidden,
    )


def _cells(original: dict[str, Any] | None) -> tuple[list[tuple[str, str]] | None, str, int]:
    if original is None:
        return None, "", 0
    cells = [(n, str(cell)) for n, cell in original.get("cells", {}).items() if n not in NOTES or n == TEXT]
    return cells, original.get("problem", ""), original.get("hidden", 0)


def _originals(home: Path, positions: list[int]) -> dict[int, dict[str, Any]]:
    """The rows of archived files; where none can be looked for, each says why."""
    try:
        found = find_rows(home, dict(_places(home, positions)))
    except RegauditError as error:
        return {position: {"problem": str(error)} for position in positions}
    return {position: as_facts(original, is_whole=False) for position, original in found.items()}


def _places(home: Path, positions: list[int]) -> Iterator[tuple[int, Place]]:
    topics = {topic for kind in export_kinds().values() for topic in kind.topics}
    with EventLog(home) as log:
        for position in positions:
            for table in log.read(after=position - 1, upto=position):
                if str(table.column("topic")[0]) in topics:
                    fields = msgspec.json.decode(str(table.column("state")[0]))
                    yield position, (fields["import_no"], fields.get("part_no", 1), fields["row_no"])


def _at(row: Mapping[str, Any]) -> str:
    at = row.get("occurred_at")
    if at is None:
        return ""
    day = f"{at.year}年{at.month}月{at.day}日"
    return day if row.get("precision") == "date" else f"{day} {at:%H:%M:%S}"


def _act(row: Mapping[str, Any]) -> str:
    steps, results = value_titles("step"), value_titles("result")
    step = steps.get(row["step"], row["step"])
    node = f"（{row['node']}）" if row["node"] and row["node"] != step else ""
    result = results.get(row["result"], row["result"]) if row["step"] in ("review", "book") else ""
    reason = f"原因 {row['reason']}" if row["reason"] else ""
    return "，".join(part for part in (f"业务 {row['case_no']} {step}{node}", result, reason) if part)


def _who(row: Mapping[str, Any]) -> str:
    name = row["person_name"] or row["operator"] or ""
    person = f"{name}（{row['person_id']}）" if row["person_id"] else name
    robot = "机器人" if row["is_robot"] else ""
    account = f"账号 {row['account']}" if row["account"] else ""
    terminal = f"终端 {row['terminal']}" if row["terminal"] else ""
    return "，".join(part for part in (person, robot, account, terminal) if part)


def _content(row: Mapping[str, Any]) -> str:
    content = "，".join(f"{_named(name)} {value}" for name, value in row["content"].items())
    return f"{row['title']}：{content}"


def _named(column: str) -> str:
    try:
        return display_name(column)
    except KeyError:
        return column


def _place(row: Mapping[str, Any]) -> str:
    if not row.get("file_name"):
        return ""
    table = f" 表 {row['table_name']}" if row.get("table_name") else ""
    number = f" 第 {row['row_no']} 行" if row.get("row_no") is not None else ""
    return f"{row['file_name']}{table}{number}"
