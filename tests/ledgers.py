"""Users and entries put into the log of a workspace, as its commands find them."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import fastexcel
import xlsxwriter

from regaudit.catalogue.event_types import EntryEvidence, EntryOpened, RoleGranted, UserAdded
from regaudit.operation.open import local_now, open_workspace

OFFICE = "150602"
WHO = {"by": "me", "system_user": "me", "machine": "m", "at": "2026-01-01T00:00:00"}
PEOPLE = {
    "post1": ("P1", "post", ""),
    "post2": ("P2", "post", ""),
    "lead": ("P3", "leader", ""),
    "head": ("P4", "head", "A科"),
    "hand": ("P5", "handler", "A科"),
}
"""Login, natural person, role and section."""


def today() -> date:
    """Today where the workspace is."""
    return local_now("Asia/Shanghai").date()


def add_users(home: Path, people: Mapping[str, tuple[str, str, str]], office: str = OFFICE) -> None:
    """Users with a role each."""
    with open_workspace(home, "test", locks=()) as workspace:
        for login, (person, role, section) in people.items():
            stream = f"user:{login}"
            if workspace.log.version(stream) == 0:
                workspace.log.append(
                    UserAdded, stream, login=login, person_id=person, person_name=login, **WHO
                )
            workspace.log.append(
                RoleGranted, stream, login=login, role=role, office=office, section=section, **WHO
            )


def add_entries(home: Path, number: int = 1, *, days_ago: int = 1, **facts: Any) -> list[str]:
    """Entries that a night opened some days ago, on an act of a case each; returns their numbers."""
    at = datetime.combine(today() - timedelta(days=days_ago), time.max).isoformat()
    with open_workspace(home, "test", locks=()) as workspace:
        known = len(workspace.log.inspection.streams(f"entry:{OFFICE}-2026-"))
        numbers = [f"{OFFICE}-2026-{known + one:04}" for one in range(1, number + 1)]
        events = [
            EntryOpened(
                f"entry:{entry}",
                1,
                **{
                    "at": at,
                    "recorded_at": at,
                    "kind": "finding",
                    "rule": "late-entry",
                    "rule_version": 1,
                    "title": "事后补录",
                    "severity": "major",
                    "office": OFFICE,
                    "finding_ids": [f"f{entry[-4:]}"],
                    "case_nos": [f"C{entry[-4:]}"],
                    "summary": f"业务 C{entry[-4:]} 事后补录",
                    "basis": "方案(9)",
                    "evidence": [EntryEvidence(position=1, role="act")],
                    "door": "night",
                    "run_no": 1,
                    **facts,
                },
            )
            for entry in numbers
        ]
        workspace.log.append_next(lambda: events)
    return numbers


def sheet_rows(path: Path) -> list[dict[str, str | None]]:
    """The rows of a workbook as texts, by its header."""
    header, *rows = (
        fastexcel.read_excel(path)
        .load_sheet(0, header_row=None, skip_rows=0, dtypes="string")
        .to_polars()
        .rows()
    )
    return [dict(zip(header, row, strict=True)) for row in rows]


def fill_in(path: Path, filled: Mapping[str, Mapping[str, Any]], target: Path) -> Path:
    """A workbook as somebody filled it in, by the numbers of entries; a date becomes a date cell."""
    rows = sheet_rows(path)
    with xlsxwriter.Workbook(target) as book:
        sheet, day = book.add_worksheet("台账"), book.add_format({"num_format": "yyyy-mm-dd"})
        for column, title in enumerate(rows[0]):
            sheet.write_string(0, column, title)
        for number, row in enumerate(rows, start=1):
            told = {**row, **filled.get(row["台账编号"] or "", {})}
            for column, value in enumerate(told.values()):
                if isinstance(value, date):
                    sheet.write_datetime(number, column, value, day)
                elif value is not None:
                    sheet.write_string(number, column, value)
    return target
