"""What can be done to an export on its way: parts of it left out, or so written that nobody reads them."""

import os
import zipfile
from io import BytesIO

import xlsxwriter
from attack_desk import LAST, MAIN, NEXT, NIGHT, REVIEWS, TITLES, Centre, Told, work
from attack_table import ADMIN, HEAD, PLATFORM, attack


def header_of(content: bytes) -> bytes:
    return content.split(b"\r\n")[0] + b"\r\n"


@attack(PLATFORM, "an export that does not come", "missing", says="平台", is_quick=True)
def no_export(centre: Centre) -> Told:
    return centre.night()


@attack(PLATFORM, "yesterday's export once more", "missing", says="平台")
def the_same_again(centre: Centre) -> Told:
    old = (centre.home / "exports" / "2026-03-11.zip").read_bytes()
    (centre.home / "exports" / f"{NIGHT}.zip").write_bytes(old)
    return centre.night()


@attack(PLATFORM, "an office left out of the export for two days", "missing", says="150603")
def office_left_out(centre: Centre) -> Told:
    centre.rows = [row for row in centre.rows if row["office"] == "150602"]
    centre.deliver()
    centre.night()
    centre.deliver(NEXT, [row for row in work(NEXT) if row["office"] == "150602"])
    return centre.night(NEXT)


@attack(PLATFORM, "a column of the export renamed", "unread", says="登录名")
def renamed_column(centre: Centre) -> None:
    centre.titles["account"] = "登录帐号"


@attack(PLATFORM, "a table of the export left out", "unread", says=REVIEWS)
def table_left_out(centre: Centre) -> None:
    centre.members = lambda members: {f"{MAIN}.csv": members[f"{MAIN}.csv"]}


@attack(
    PLATFORM,
    "a table with its header alone, of days that the last export had rows of",
    "unread",
    says=REVIEWS,
)
def header_only(centre: Centre) -> None:
    centre.rows += work(LAST)
    only_header(centre)


@attack(
    PLATFORM,
    "a table with its header alone, of a new day",
    "new",
    light="red",
    rule="missing-step",
    case="2120",
)
def only_header(centre: Centre) -> None:
    centre.members = lambda members: {
        name: header_of(content) if REVIEWS in name else content for name, content in members.items()
    }


@attack(PLATFORM, "a table that is an empty file", "unread", says=REVIEWS)
def empty_table(centre: Centre) -> None:
    centre.members = lambda members: {
        name: b"" if REVIEWS in name else content for name, content in members.items()
    }


@attack(PLATFORM, "a table that cannot be read", "unread", says=REVIEWS)
def garbled_table(centre: Centre) -> None:
    centre.members = lambda members: {
        name: b"\x00\xff\xfe" * 400 if REVIEWS in name else content for name, content in members.items()
    }


@attack(PLATFORM, "a table under another name", "unread", says=REVIEWS)
def renamed_table(centre: Centre) -> None:
    centre.members = lambda members: {
        ("其他.csv" if REVIEWS in name else name): content for name, content in members.items()
    }


@attack(PLATFORM, "rows in an archive within the archive", "unread", says="内.zip")
def archive_in_archive(centre: Centre) -> None:
    inner = BytesIO()
    with zipfile.ZipFile(inner, "w") as file:
        file.writestr("审核.csv", "x")
    centre.members = lambda members: members | {"内.zip": inner.getvalue()}


@attack(PLATFORM, "rows in a text file that no table is", "unread", says="说明.txt")
def rows_in_a_text(centre: Centre) -> None:
    centre.members = lambda members: members | {"说明.txt": "X1 由 li2 登簿\n".encode() * 5}


def sheets(path: BytesIO, rows: list[dict[str, str]], *, merge: bool = False, formula: bool = False) -> bytes:
    """The export as a workbook of one sheet."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("办件")
        sheet.write_row(0, 0, list(TITLES.values()))
        for number, row in enumerate(rows, start=1):
            for place, column in enumerate(TITLES):
                sheet.write_string(number, place, row.get(column, ""))
        place = list(TITLES).index("account")
        if merge:
            sheet.merge_range(len(rows), place, len(rows), place + 1, "li2")
        if formula:
            sheet.write_formula(len(rows), place, '="li"&"2"', None, "")
    return path.getvalue()


@attack(PLATFORM, "an account's cell merged with its neighbour", "quarantined", says="隔离行")
def merged_cell(centre: Centre) -> Told:
    centre.guilty()
    content = sheets(BytesIO(), centre.rows, merge=True)
    (centre.home / "exports" / f"{NIGHT}.xlsx").write_bytes(content)
    return centre.night()


@attack(PLATFORM, "an account that is a formula without a value", "quarantined", says="隔离行")
def formula_cell(centre: Centre) -> Told:
    centre.guilty()
    content = sheets(BytesIO(), centre.rows, formula=True)
    (centre.home / "exports" / f"{NIGHT}.xlsx").write_bytes(content)
    return centre.night()


@attack(PLATFORM, "a row made unreadable", "quarantined", says="隔离行", is_quick=True)
def unreadable_row(centre: Centre) -> None:
    centre.guilty()[-1]["occurred_at"] = "昨天下午"


@attack(PLATFORM, "a case number that a spreadsheet has spoilt", "quarantined", says="隔离行")
def spoilt_number(centre: Centre) -> None:
    for row in centre.guilty():
        row["case_no"] = "1.50602E+14"


@attack(ADMIN, "the rejected rows given up", "quarantined", says="zhang")
def rows_dismissed(centre: Centre) -> Told:
    unreadable_row(centre)
    centre.deliver()
    centre.night()
    [row] = centre.desk.facts("quarantine")
    centre.desk.ok("quarantine", "--dismiss", str(row["import_no"]), "--reason", "误导入", "--by", "zhang")
    return centre.usual(NEXT)


@attack(ADMIN, "the rejected rows given up before the night sees them", "quarantined", says="zhang")
def rows_dismissed_by_day(centre: Centre) -> Told:
    unreadable_row(centre)
    path = centre.deliver()
    assert centre.desk.run("import", path, "--mapping", "mappings/platform.toml").status in (2, 3)
    centre.deliver(NIGHT, [*centre.rows])
    for row in centre.desk.facts("quarantine"):
        centre.desk.ok("quarantine", "--dismiss", str(row["import_no"]), "--reason", "误", "--by", "zhang")
    return centre.night()


@attack(
    ADMIN, "a link in the export folder that leads out of it", "failed", light="red", says="2026-03-12.zip"
)
def link_out(centre: Centre) -> Told:
    path = centre.deliver()
    outside = centre.home.parent / "elsewhere.zip"
    path.rename(outside)
    path.symlink_to(outside)
    return centre.night()


@attack(ADMIN, "a file of the workspace as a source", "failed", light="red", says="events.sqlite")
def own_file_as_source(centre: Centre) -> None:
    centre.settings('path = "roster.csv"', 'path = "events.sqlite"')


@attack(ADMIN, "a pipe in the place of an export", "failed", light="red", says="2026-03-12.csv")
def pipe_as_export(centre: Centre) -> Told:
    centre.deliver()
    os.mkfifo(centre.home / "exports" / f"{NIGHT}.csv")
    return centre.night()


@attack(PLATFORM, "a mapping's left-out rows doubled: what they hold is renamed", "unread", says="按映射不读")
def more_left_out(centre: Centre) -> Told:
    path = centre.home / "mappings" / "platform.toml"
    path.write_text(
        f'{path.read_text("utf-8")}\n[[rules]]\nwhen = {{ step = "打印" }}\nskip = true\n', "utf-8"
    )
    centre.deliver()
    centre.night()
    rows = work(NEXT)
    rows += [{**rows[0], "step": "打印", "occurred_at": f"{NEXT} 15:{n:02}:00"} for n in range(12)]
    centre.deliver(NEXT, rows)
    return centre.night(NEXT)


@attack(PLATFORM, "an export that was cut short", "failed", light="red", says=f"{NIGHT}.zip")
def cut_short(centre: Centre) -> None:
    path = centre.deliver()
    path.write_bytes(path.read_bytes()[:-200])


@attack(PLATFORM, "an export under a name that the source has not", "missing", says="平台")
def other_name(centre: Centre) -> Told:
    centre.settings("exports/*", "exports/2026*.zip")
    centre.usual(NIGHT)
    centre.deliver(NEXT, work(NEXT)).rename(centre.home / "exports" / "新导出.zip")
    return centre.night(NEXT)


@attack(HEAD, "a roster that does not come", "missing", says="名册")
def no_roster(centre: Centre) -> None:
    (centre.home / "roster.csv").unlink()


@attack(HEAD, "a roster with its header alone", "failed", light="red", says="只有表头")
def empty_roster(centre: Centre) -> None:
    path = centre.home / "roster.csv"
    path.write_bytes(header_of(path.read_bytes()))
