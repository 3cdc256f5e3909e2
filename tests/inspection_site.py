"""A workspace with a month of closed cases, a batch among them, and the people of an inspection."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import xlsxwriter
from conftest import Desk, step
from ledgers import OFFICE, add_users, sheet_rows

from regaudit.catalogue.inspection_items import inspection_items

MONTH, AS_OF = "2026-03", "2026-04-01"
OF_MONTH = ("--month", MONTH, "--office", OFFICE)
DICE = ("--dice", "4261352264", "--witness", "赵一", "--witness", "钱二")
USERS = {
    "post1": ("P1", "post", ""),
    "post2": ("P2", "post", ""),
    "lead": ("P3", "leader", ""),
    "head": ("P4", "head", "A科"),
    "insp": ("P7", "inspector", ""),
    "li2": ("H1", "inspector", ""),
    "anal": ("P8", "analyst", ""),
}
"""`li2` is the inspector who accepted every case himself."""
PASSED = dict.fromkeys(inspection_items(), "pass")
NUMBER, REMARK, DAY = "质检编号", "问题说明", "检查日期"


def case(case_no: str, day: str = "2026-03-05", **more: str) -> list[dict[str, str]]:
    """A case accepted, reviewed and booked on one day by three persons."""
    return [
        step(case_no, "accept", f"{day} 09:00:00", "li", registration_type="200", **more),
        step(case_no, "review", f"{day} 10:00:00", "wang", node="核定", started_at=f"{day} 09:50:00"),
        step(case_no, "book", f"{day} 11:00:00", "zhao", serial_no=f"S{case_no}"),
    ]


def rows() -> list[dict[str, str]]:
    """38 ordinary cases and 6 mortgages of March, a batch, what is always inspected, and others."""
    made = [row for number in range(38) for row in case(f"A{number:03}")]
    made += [row for number in range(6) for row in case(f"M{number:03}", right_type="mortgage")]
    made += [row for number in range(5) for row in case(f"B{number:03}", "2026-03-10", batch_no="7")]
    made += case("X001", matter="宗地分割") + case("X002", subtype="用途变更") + case("X003", matter="买卖")
    made += case("Z001", "2026-02-27") + case("Z002", "2026-04-01")
    made += case("O001")[:2]
    return made


def make_site(home: Path, more: str = "", profile: str = "") -> Desk:
    """The workspace after its night, under a profile of its own where one is given."""
    desk = Desk(home).make()
    if profile:
        own_profile(desk, profile, more)
    else:
        desk.configure(f"{more}\n")
    people = [
        {"account": account, "person_id": person, "person_name": name, "office": OFFICE, "org_kind": "center"}
        for account, person, name in (("li", "H1", "李四"), ("wang", "H2", "王五"), ("zhao", "H3", "赵六"))
    ]
    desk.ok("import", desk.export("roster.csv", people))
    desk.ok("nightly", desk.export("steps.csv", rows()), "--as-of", AS_OF)
    add_users(desk.home, USERS)
    return desk


def own_profile(desk: Desk, profile: str, more: str = "") -> None:
    """A profile of the workspace, from now on."""
    (desk.home / "profiles").mkdir(exist_ok=True)
    (desk.home / "profiles" / "own.toml").write_text(profile, encoding="utf-8")
    desk.configure(f"{more}\n", profile="own")


def fill_forms(path: Path, target: Path, fill: Callable[[int], Mapping[str, Any] | None]) -> Path:
    """A workbook of forms as somebody filled it in: what `fill` says of the row of a number, all passed else.

    None leaves a row alone.
    """
    titles = {name: item.title for name, item in inspection_items().items()}
    lines = sheet_rows(path)
    with xlsxwriter.Workbook(target) as book:
        sheet = book.add_worksheet("抽查")
        for column, title in enumerate(lines[0]):
            sheet.write_string(0, column, title)
        for number, line in enumerate(lines):
            said = fill(number)
            told = dict(line)
            if said is not None:
                told |= dict.fromkeys(titles.values(), "合格")
                told |= {titles.get(name, name): value for name, value in said.items()}
            for column, value in enumerate(told.values()):
                if value is not None:
                    sheet.write_string(number + 1, column, str(value))
    return target
