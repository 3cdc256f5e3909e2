"""Exports of every supported shape become the same events; what cannot be one is refused or quarantined."""

import gzip
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import Desk, as_csv, ordinary_case, step
from stores import BOTH_STORES

from regaudit.base.errors import LogBusyError
from regaudit.eventlog.lock import Writer
from regaudit.eventlog.log import EventLog
from regaudit.intake.importer import Importer

CHINESE = {
    "case_no": "业务号",
    "office": "区县代码",
    "step": "环节",
    "node": "节点",
    "result": "结果",
    "started_at": "开始时间",
    "occurred_at": "操作时间",
    "account": "账号",
    "operator": "操作人",
    "terminal": "操作IP",
    "registration_type": "登记类型",
    "right_type": "权利类型",
    "reason": "原因",
}
CHINESE_VALUES = {"accept": "受理", "review": "审核", "book": "登簿", "200": "转移登记", "approve": "同意"}
ROWS = [
    step("00123", "accept", "2026-03-02 09:00:00", "li", operator="李四", registration_type="200"),
    step("NA", "accept", "2026-03-02 09:05:30", "li", operator="李四", terminal="10.0.0.1"),
    step("00123", "review", "2026-03-02 10:00:00", "00", started_at="2026-03-02 09:40:00", node="初审"),
    step("NULL1", "accept", "2026-03-02", "nullo", reason='逗号,引号"和\n换行'),
    step("1e5", "book", "2026-03-03 11:00:00", "王", result="approve", reason="生僻字𠮷㙍"),
]


def chinese(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [
        {CHINESE[name]: CHINESE_VALUES.get(value, value) for name, value in reversed(row.items())}
        for row in rows
    ]


def write_csv(path: Path, rows: list[dict[str, str]], encoding: str = "utf-8", delimiter: str = ",") -> None:
    path.write_text(as_csv(rows, delimiter), encoding=encoding, newline="")


def write_json_lines(path: Path, rows: list[dict[str, str]], encoding: str = "utf-8") -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding=encoding)


def write_parquet(path: Path, rows: list[dict[str, str]]) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row))
    pq.write_table(pa.table({name: [row.get(name) for row in rows] for name in names}), path)


SHAPES: dict[str, Callable[[Path], None]] = {
    "utf-8.csv": lambda p: write_csv(p, ROWS),
    "bom.csv": lambda p: write_csv(p, ROWS, "utf-8-sig"),
    "gb18030.csv": lambda p: write_csv(p, ROWS, "gb18030"),
    "utf-16.csv": lambda p: write_csv(p, ROWS, "utf-16"),
    "tabs.txt": lambda p: write_csv(p, ROWS, delimiter="\t"),
    "semicolons.csv": lambda p: write_csv(p, ROWS, delimiter=";"),
    "chinese.csv": lambda p: write_csv(p, chinese(ROWS)),
    "chinese-gb18030.csv": lambda p: write_csv(p, chinese(ROWS), "gb18030"),
    "chinese-utf-16.csv": lambda p: write_csv(p, chinese(ROWS), "utf-16"),
    "shuffled.csv": lambda p: write_csv(p, [dict(sorted(row.items())) | {"备注": "x"} for row in ROWS]),
    "lines.jsonl": lambda p: write_json_lines(p, ROWS),
    "lines-chinese-gb18030.jsonl": lambda p: write_json_lines(p, chinese(ROWS), "gb18030"),
    "lines-bom.json": lambda p: write_json_lines(p, ROWS, "utf-8-sig"),
    "table.parquet": lambda p: write_parquet(p, ROWS),
    "chinese.parquet": lambda p: write_parquet(p, chinese(ROWS)),
}


@pytest.fixture(scope="module")
def as_plain_csv(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    reference = Desk(tmp_path_factory.mktemp("reference") / "home").make()
    reference.ok("import", reference.export("plain.csv", ROWS))
    return reference.actions()


# What is in a compressed file is read as the file itself would be: every day one of each format.
PACKED = ("gb18030.csv", "lines.jsonl", "table.parquet")
WAYS = [
    pytest.param(shape, packed, marks=[pytest.mark.slow] if packed and shape not in PACKED else [])
    for packed in (False, True)
    for shape in SHAPES
]


@pytest.mark.parametrize(("shape", "packed"), WAYS)
def test_every_shape_gives_the_same_actions(
    desk: Desk, as_plain_csv: list[dict[str, str]], shape: str, *, packed: bool
) -> None:
    path = desk.home / shape
    SHAPES[shape](path)
    if packed:
        plain, path = path, path.with_name(shape + ".gz")
        path.write_bytes(gzip.compress(plain.read_bytes()))
    [result] = desk.facts("import", path)
    assert (result["rows_read"], result["appended"], result["quarantined"]) == (5, 5, 0)
    assert desk.actions() == as_plain_csv
    assert {action["case_no"] for action in desk.actions()} == {"00123", "NA", "NULL1", "1e5"}


def test_typed_parquet_is_the_same_as_text(desk: Desk, new_desk: Callable[[str], Desk]) -> None:
    at = [datetime(2026, 3, 2, 9, 0, s) for s in range(3)]
    table = pa.table(
        {
            "case_no": pa.array([20260302001, 20260302002, 20260302003], pa.int64()),
            "office": pa.array([150602] * 3, pa.int32()),
            "step": pa.array(["accept"] * 3).dictionary_encode(),
            "account": pa.array(["li", None, "wang"], pa.large_string()),
            "occurred_at": pa.array(at, pa.timestamp("ns")),
            "promised_at": pa.array([a.date() for a in at], pa.date32()),
        }
    )
    pq.write_table(table, desk.home / "typed.parquet")
    desk.ok("import", desk.home / "typed.parquet")
    rows = [
        {
            "case_no": f"2026030200{n + 1}",
            "office": "150602",
            "step": "accept",
            "account": account,
            "occurred_at": f"2026-03-02 09:00:0{n}",
            "promised_at": "2026-03-02",
        }
        for n, account in enumerate(["li", "", "wang"])
    ]
    other = new_desk("text")
    other.ok("import", other.export("text.csv", rows))
    assert desk.actions() == other.actions()


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "+08:00"])
def test_zoned_parquet_times_become_local(desk: Desk, zone: str) -> None:
    at = pa.array([1772413200000], pa.timestamp("ms", zone))  # 2026-03-02 01:00 UTC
    table = pa.table({"case_no": ["1"], "office": ["1"], "step": ["accept"], "occurred_at": at})
    pq.write_table(table, desk.home / "zoned.parquet")
    desk.ok("import", desk.home / "zoned.parquet")
    assert [action["occurred_at"] for action in desk.actions()] == ["2026-03-02T09:00:00"]


def test_a_mapping_renames_fills_translates_and_converts(desk: Desk) -> None:
    (desk.home / "platform.toml").write_text(
        """
zone = "UTC"
[columns]
case_no = ["slbh", "ywh"]
step = "hj"
occurred_at = "sj"
account = "czr"
[constants]
office = "150602"
[values.step]
"Confirmation of receipt" = "accept"
"S2" = "review"
""",
        encoding="utf-8",
    )
    rows = [
        {"slbh": "001", "ywh": "x", "hj": "Confirmation of receipt", "sj": "2026-03-02 01:00:00", "czr": "a"},
        {"slbh": " ", "ywh": "002", "hj": "S2", "sj": "2026-03-02T09:30:00+08:00", "czr": "b"},
        {"slbh": "", "ywh": "003", "hj": "其他", "sj": "2026-03-02T02:00:00.5Z", "czr": "c"},
    ]
    path = desk.export("export.csv", rows)
    desk.ok("import", path, "--mapping", "platform.toml")
    found = {(a["case_no"], a["step"], a["occurred_at"], a["office"]) for a in desk.actions()}
    assert found == {
        ("001", "accept", "2026-03-02T09:00:00", "150602"),
        ("002", "review", "2026-03-02T09:30:00", "150602"),
        ("003", "其他", "2026-03-02T10:00:00.500000", "150602"),
    }
    assert desk.run("import", path).status == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[columns]\ncase_nr = "x"', ("columns", "case_nr")),
        ('[colums]\ncase_no = "x"', ("colums",)),
        ("[columns]\ncase_no = 5", ("columns",)),
        ('zone = "Asia/Beijing"', ("zone", "Asia/Beijing")),
        ("[columns\n", ("m.toml",)),
    ],
)
def test_a_mistake_in_a_mapping_is_named(desk: Desk, text: str, words: tuple[str, ...]) -> None:
    (desk.home / "m.toml").write_text(text, encoding="utf-8")
    run = desk.run("import", desk.export("a.csv", ROWS), "--mapping", "m.toml")
    assert run.status == 1
    assert all(word in run.text for word in ("m.toml", *words)), run.text
    assert not desk.events()


def test_a_mapping_saved_by_notepad_is_read(desk: Desk) -> None:
    (desk.home / "m.toml").write_text('[constants]\noffice = "9"', encoding="utf-8-sig")
    rows = [{"case_no": "1", "step": "accept", "occurred_at": "2026-03-02"}]
    desk.ok("import", desk.export("a.csv", rows), "--mapping", "m.toml")


def junk(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 64)


def cut_short(path: Path) -> None:
    write_parquet(path, ROWS)
    path.write_bytes(path.read_bytes()[:-9])


def damage(path: Path) -> None:
    write_parquet(path, ROWS * 200)
    content = path.read_bytes()
    path.write_bytes(content[:40] + bytes(60) + content[100:])


REFUSED: dict[str, tuple[Callable[[Path], object], tuple[str, ...]]] = {
    "wrong": (
        lambda p: p.write_text("id,amount\n1,2\n", encoding="utf-8"),
        ("另有2列不认识", "case_no", "业务号", "occurred_at"),
    ),
    "empty": (lambda p: p.write_bytes(b""), ("空文件",)),
    "empty-gz": (lambda p: p.write_bytes(gzip.compress(b"")), ()),
    "blank": (lambda p: p.write_bytes(b"\r\n\r\n"), ()),
    "bom-only": (lambda p: p.write_bytes(b"\xef\xbb\xbf"), ()),
    "header-only": (
        lambda p: p.write_text("case_no,office,step,occurred_at\n", encoding="utf-8"),
        ("只有表头",),
    ),
    "header-and-blanks": (
        lambda p: p.write_text("case_no,office,step,occurred_at\n\n,,,\n\n", encoding="utf-8"),
        ("只有表头",),
    ),
    "truncated-gz": (
        lambda p: p.write_bytes(gzip.compress(as_csv(ROWS * 500).encode())[:-20]),
        ("不完整",),
    ),
    "damaged-gz": (
        lambda p: p.write_bytes(gzip.compress(as_csv(ROWS).encode())[:30] + b"\xff" * 40),
        (),
    ),
    "binary": (junk, ()),
    "binary-without-nul": (lambda p: p.write_bytes(bytes(range(1, 256)) * 64), ()),
    "zip": (lambda p: p.write_bytes(b"PK\x03\x04" + bytes(99)), ("Excel",)),
    "utf-16-without-bom": (lambda p: p.write_bytes(as_csv(ROWS).encode("utf-16-le")), ()),
    "truncated-parquet": (cut_short, ("Parquet",)),
    "damaged-parquet": (damage, ("Parquet",)),
    "json-of-something-else": (
        lambda p: p.write_text('{"a": 1}\n{"b": 2}\n', encoding="utf-8"),
        ("另有2列不认识",),
    ),
    "directory": (lambda p: p.mkdir(), ()),
    "missing": (lambda _: None, ("找不到",)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_is_no_step_log_is_refused(desk: Desk, name: str) -> None:
    write, words = REFUSED[name]
    path = desk.home / f"{name}.csv"
    write(path)
    desk.ok("import", desk.export("good.csv", ordinary_case("1")))
    before = desk.events()
    run = desk.run("import", path)
    assert run.status == 1, run
    assert "失败" in run.text
    assert path.name in run.text
    assert all(word in run.text for word in words), run.text
    assert "Traceback" not in run.text
    assert desk.events() == before
    assert not desk.temporary()
    desk.ok("import", desk.export("more.csv", ordinary_case("2")))


@BOTH_STORES
def test_the_same_file_twice_appends_nothing(desk: Desk) -> None:
    path = desk.export("steps.csv", [*ROWS, ROWS[0]])
    [first] = desk.facts("import", path)
    assert (first["appended"], first["known"]) == (5, 1)
    before = desk.events()
    [again] = desk.facts("import", path)
    assert again["was_known_file"]
    assert (again["rows_read"], again["appended"], again["known"]) == (6, 0, 6)
    assert desk.events() == before
    # Other bytes, the same rows.
    [other] = desk.facts("import", desk.export("other.csv", ROWS[::-1]))
    assert (other["appended"], other["known"], other["altered"]) == (0, 5, 0)


@BOTH_STORES
def test_an_altered_row_is_kept_beside_the_first_version(desk: Desk) -> None:
    row = step("1", "review", "2026-03-02 10:00:00", reason="原来的")
    desk.ok("import", desk.export("a.csv", [row]))
    changed = row | {"reason": "改过的"}
    [result] = desk.facts("import", desk.export("b.csv", [changed]))
    assert (result["appended"], result["known"], result["altered"]) == (0, 0, 1)
    [again] = desk.facts("import", desk.export("c.csv", [changed, row]))
    assert (again["appended"], again["known"], again["altered"]) == (0, 2, 0)
    desk.ok("check", "--as-of", "2026-03-03")
    assert desk.query("SELECT reason FROM steps") == [("原来的",)]
    assert len(desk.query("SELECT position FROM altered_steps")) == 1


@BOTH_STORES
def test_rows_of_one_identity_with_other_content_in_one_file_are_separate_actions(desk: Desk) -> None:
    row = step("1", "review", "2026-03-02 10:00:00")
    [result] = desk.facts("import", desk.export("a.csv", [row | {"reason": "一"}, row | {"reason": "二"}]))
    assert (result["appended"], result["altered"]) == (2, 0)
    [again] = desk.facts("import", desk.export("b.csv", [row | {"reason": "二"}, row | {"reason": "三"}]))
    assert (again["appended"], again["known"], again["altered"]) == (0, 1, 1)


def test_several_files_at_once_stop_at_the_first_that_is_refused(desk: Desk) -> None:
    good, bad = desk.export("a.csv", ordinary_case("1")), desk.home / "b.csv"
    bad.write_bytes(b"")
    assert desk.run("import", good, bad).status == 1
    assert len(desk.actions()) == 3


def test_every_import_is_archived_under_its_hash(desk: Desk) -> None:
    path = desk.export("steps.csv", ROWS)
    desk.ok("import", path)
    [event] = desk.events("import-recorded")
    copy = desk.home / "archive" / f"{event.state['file_sha256']}.zst"
    with pa.CompressedInputStream(pa.OSFile(str(copy)), "zstd") as stream:
        assert stream.read() == path.read_bytes()


def test_the_log_refuses_update_and_delete(desk: Desk) -> None:
    desk.ok("import", desk.export("steps.csv", ROWS))
    with closing(sqlite3.connect(desk.home / "events.sqlite")) as db:
        for sql in (
            "UPDATE stored_events SET state = '{}' WHERE position = 1",
            "DELETE FROM stored_events",
            "DELETE FROM stored_events WHERE position = 2",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                db.execute(sql)


ROSTER = [
    {"account": "li", "person_id": "P1", "person_name": "李四", "office": "150602", "org_kind": "center"},
    {"account": "wang", "person_id": "P2", "person_name": "王五", "valid_from": "2026-01-01"},
]


@BOTH_STORES
def test_a_roster_replaces_the_one_before(desk: Desk) -> None:
    [first] = desk.facts("import", desk.export("roster.csv", ROSTER))
    assert (first["kind"], first["appended"]) == ("roster", 2)
    [again] = desk.facts("import", desk.export("same.csv", ROSTER[::-1]))
    assert (again["appended"], again["known"]) == (0, 2)
    desk.ok("import", desk.export("new.csv", [ROSTER[0] | {"person_id": "P9"}]))
    desk.ok("check", "--as-of", "2026-03-03")
    assert desk.query("SELECT account, person_id FROM accounts") == [("li", "P9")]
    # The first roster comes back, byte for byte: it is in force again.
    [back] = desk.facts("import", desk.home / "roster.csv")
    assert back["appended"] == 2
    desk.ok("check", "--as-of", "2026-03-03")
    assert desk.query("SELECT account FROM accounts ORDER BY 1") == [("li",), ("wang",)]


def test_a_writer_that_ignores_the_locks_leaves_the_log_as_it_was(desk: Desk) -> None:
    desk.ok("import", desk.export("a.csv", ordinary_case("1")))
    path = desk.export("b.csv", [step(str(n), "accept", "2026-03-02", reason="x" * 500) for n in range(500)])
    with (
        closing(sqlite3.connect(desk.home / "events.sqlite", isolation_level=None)) as db,
        EventLog(desk.home, writer=Writer(patience=1)) as log,
    ):
        db.execute("BEGIN IMMEDIATE")
        importer = Importer(desk.home, log, "Asia/Shanghai", datetime.now)
        with pytest.raises(LogBusyError, match="正由另一个进程写入或占用,未写入任何事件"):
            importer.run(path)
        db.execute("ROLLBACK")
    assert len(desk.actions()) == 3
    assert not desk.temporary()
