"""A third kind of export, a ledger of certificates: TOML, one staging SELECT and a sample, and no Python.

Its files stand beside a copy of what we ship, in a folder that `REGAUDIT_CONTENT` names.
"""

import csv
import io
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import COMMAND, SRC, Desk, Run

from regaudit.base.folders import Folders

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
EVENT = """
topic = "certificates-{what}"
version = 1
title = "证书台账"
stream = "{stream}"
about = "A range of blank certificates, as the centre's ledger shows it."

[fields]
{fields}

[example]
{example}
"""
ROW_FIELDS = """
certificates = { type = "map of text" }
certificates_id = { type = "text" }
import_no = { type = "integer" }
part_no = { type = "integer", optional = true }
row_no = { type = "integer" }
"""
ROW_EXAMPLE = """
certificates = { serial_from = "D0001", office = "150602" }
certificates_id = "1ec73fd0b075126b730a27b2618db101"
import_no = 1
row_no = 2
"""
STREAM = "certificates:{office}/{serial_from}"
FILES = {
    "events/certificates-recorded.toml": EVENT.format(
        what="recorded", stream=STREAM, fields=ROW_FIELDS, example=ROW_EXAMPLE
    ),
    "events/certificates-altered.toml": EVENT.format(
        what="altered", stream=STREAM, fields=ROW_FIELDS, example=ROW_EXAMPLE
    ),
    "events/certificates-vanished.toml": EVENT.format(
        what="vanished",
        stream="vanished:{import_no}",
        fields="""
office = { type = "text" }
serial_from = { type = "text" }
certificates_id = { type = "text" }
certificates_position = { type = "integer" }
import_no = { type = "integer" }
""",
        example="""
office = "150602"
serial_from = "D0001"
certificates_id = "1ec73fd0b075126b730a27b2618db101"
certificates_position = 17
import_no = 2
""",
    ),
    "events/kinds/certificates.toml": """
title = "证书台账"
noun = "领用"
about = "One row a range of blank certificates: who received it, which case used it or why it was voided."
order = 3
stream = "certificates:{office}/{serial_from}"
recorded = "certificates-recorded"
altered = "certificates-altered"
content = "certificates"
id = "certificates_id"
identity = ["office", "serial_from", "serial_to", "received_on"]
day = "received_on"

[vanished]
topic = "certificates-vanished"
position = "certificates_position"

[columns]
serial_from = { names = ["起号"], is = "id", required = true, printable = true }
serial_to = { names = ["止号"], is = "id", required = true }
received_by = { names = ["领用人"], is = "name", required = true }
received_on = { names = ["领用日期"], is = "date", required = true }
used_for_case = { names = ["使用业务号"], is = "id" }
voided_reason = { names = ["作废原因"] }
office = { names = ["登记机构", "区县代码"], is = "id", required = true, printable = true, without = "/" }

[guess.looks]
serial_from = '^[A-Z]\\d{4}$'
serial_to = '^[A-Z]\\d{4}$'
office = '^\\d{6}$'
""",
    "projections/staging/certificates.sql": """/*
title = "证书台账(日志原样)"
why   = "Unpacks certificates-recorded and certificates-altered events."
*/
with

unpacked as (
    select
        position,
        topic,
        from_json(
            state,
            '{
                "certificates": {
                    "serial_from": "VARCHAR", "serial_to": "VARCHAR", "received_by": "VARCHAR",
                    "received_on": "VARCHAR", "used_for_case": "VARCHAR", "voided_reason": "VARCHAR",
                    "office": "VARCHAR"
                },
                "import_no": "INTEGER", "row_no": "BIGINT"
            }'
        ) as event
    from log.pending
    where topic in ('certificates-recorded', 'certificates-altered')
)

select
    position,
    topic = 'certificates-altered' as is_altered,
    event.import_no,
    event.row_no,
    event.certificates.office,
    event.certificates.serial_from,
    event.certificates.serial_to,
    event.certificates.received_by,
    cast(event.certificates.received_on as date) as received_on,
    event.certificates.used_for_case,
    event.certificates.voided_reason
from unpacked
""",
}
HEADER = ("登记机构", "起号", "止号", "领用人", "领用日期", "使用业务号", "作废原因", "备注")
FIRST = ("150602", "D0001", "D0010", "李敏", "2026-03-02", "202603020001", "", "")
SECOND = ("150602", "D0011", "D0020", "王强", "2026/3/3", "", "", "")
VOIDED = ("150602", "D0021", "D0021", "王强", "2026-03-04", "", "打印错位", "")
UNREADABLE = ("150602", "D0031", "D0040", "赵静", "三月五日", "", "", "下旬补")


class Ledger(Desk):
    """A workspace whose commands run in processes of their own, under the other content."""

    content: Path

    def run(self, *args: str | Path) -> Run:
        words = [str(arg) for arg in args]
        done = subprocess.run(
            [*COMMAND, *words, *([] if words[0] == "init" else ["--home", str(self.home)])],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ
            | {"PYTHONPATH": str(SRC), "PYTHONUTF8": "1", "REGAUDIT_CONTENT": str(self.content)},
        )
        return Run(done.returncode, done.stdout, done.stderr)

    def table(self, name: str, *rows: tuple[str, ...], header: tuple[str, ...] = HEADER) -> Path:
        """Write rows of the ledger as CSV into the workspace."""
        text = io.StringIO()
        csv.writer(text).writerows([header, *rows])
        path = self.home / name
        path.write_text(text.getvalue(), encoding="utf-8")
        return path

    def counts(self, *args: str | Path, status: int = 0) -> dict[str, int]:
        """What the import of one file did, without what it did not do."""
        [result] = self.facts("import", *args, status=status)
        assert result["kind"] == "certificates"
        names = ("appended", "known", "altered", "quarantined", "settled", "vanished", "resubmitted")
        return {name: result[name] for name in names if result[name]}

    def originals(self, serial: str) -> list[dict[str, Any]]:
        """The archived rows that the events of a range of certificates were made of."""
        code = (
            "import sys; from pathlib import Path; import msgspec\n"
            "from regaudit.intake.originals import stream_originals\n"
            "found = stream_originals(Path(sys.argv[1]), [sys.argv[2]])\n"
            "print(msgspec.json.encode(list(found.values())).decode())"
        )
        words = [COMMAND[0], "-c", code, str(self.home), f"certificates:150602/{serial}"]
        env = os.environ | {"PYTHONPATH": str(SRC), "REGAUDIT_CONTENT": str(self.content)}
        done = subprocess.run(words, capture_output=True, text=True, check=True, env=env)
        rows: list[dict[str, Any]] = json.loads(done.stdout)
        return rows


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("content")
    for name in ("events", "projections", "deploy"):
        shutil.copytree(ROOT / name, root / name)
    for name, text in FILES.items():
        (root / name).write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def ledger(content: Path, tmp_path: Path) -> Ledger:
    Ledger.content = content
    made = Ledger(tmp_path / "home")
    made.make()
    return made


def test_a_ledger_is_previewed_imported_corrected_and_traced(ledger: Ledger) -> None:
    path = ledger.table("台账.csv", FIRST, SECOND, VOIDED, UNREADABLE)
    told = ledger.run("preview", path)
    assert told.status == 3
    for words in ("识别为证书台账", "3个领用", "将隔离1", "received_on领用日期", "未使用的列:备注"):
        assert words in told.text
    assert ledger.counts(path, status=3) == {"appended": 3, "quarantined": 1}
    streams = [event.stream for event in ledger.events("certificates-recorded")]
    assert streams == [f"certificates:150602/D00{n}1" for n in (0, 1, 2)]

    # The same file, the same rows in another, one of them with other content.
    again = ledger.facts("import", path, status=3)
    assert (again[0]["was_known_file"], again[0]["known"]) == (True, 3)
    used = (*SECOND[:5], "202603030007", *SECOND[6:])
    assert ledger.counts(ledger.table("新.csv", FIRST, used, VOIDED)) == {"known": 2, "altered": 1}
    [altered] = ledger.events("certificates-altered")
    assert (altered.stream, altered.version) == ("certificates:150602/D0011", 2)

    # The rejected row is corrected; a later export brings it once more as it was.
    [quarantined] = (ledger.home / "quarantine").glob("*.csv")
    header, row = csv.reader(io.StringIO(quarantined.read_text(encoding="utf-8-sig")))
    row[header.index("领用日期")] = "2026-03-05"
    corrected = ledger.table("改.csv", tuple(row), header=tuple(header))
    assert ledger.counts(corrected) == {"appended": 1, "resubmitted": 1}
    assert (ledger.home / "quarantine" / "closed" / quarantined.name).exists()
    settled = ledger.table(
        "再.csv", UNREADABLE, ("150602", "D0041", "D0050", "李敏", "2026-03-06", "", "", "")
    )
    assert ledger.counts(settled) == {"appended": 1, "settled": 1}

    # Every event leads to its row in the archive, a corrected one to the row that was rejected, too.
    [first, second] = ledger.originals("D0011")
    assert (first["file_name"], first["row_no"], first["cells"]["领用日期"]) == ("台账.csv", 3, "2026/3/3")
    assert (second["file_name"], second["cells"]["使用业务号"]) == ("新.csv", "202603030007")
    [back] = ledger.originals("D0031")
    assert (back["file_name"], back["rejected"]["file_name"], back["rejected"]["row_no"]) == (
        "改.csv",
        "台账.csv",
        5,
    )
    assert back["rejected"]["cells"]["领用日期"] == "三月五日"

    ledger.ok("check", "--as-of", "2026-03-31")
    with duckdb.connect(Folders(ledger.home).warehouse, read_only=True) as db:
        rows = db.execute(
            "SELECT serial_from, received_by, CAST(received_on AS VARCHAR), used_for_case, is_altered "
            "FROM staging.certificates ORDER BY position"
        ).fetchall()
    assert rows == [
        ("D0001", "李敏", "2026-03-02", "202603020001", False),
        ("D0011", "王强", "2026-03-03", None, False),
        ("D0021", "王强", "2026-03-04", None, False),
        ("D0011", "王强", "2026-03-03", "202603030007", True),
        ("D0031", "赵静", "2026-03-05", None, False),
        ("D0041", "李敏", "2026-03-06", None, False),
    ]
    assert "证书台账" in ledger.ok("imports").out
    ledger.ok("verify")


def test_a_row_that_a_complete_export_lacks_has_vanished(ledger: Ledger) -> None:
    ledger.ok("import", ledger.table("a.csv", FIRST, SECOND, VOIDED))
    covers = ("--covers", "2026-03-01..2026-03-05")
    # A rejected row may be the one that seems to be lacking: by its stream, or by its office and day.
    spoilt = ("150602", "D0011", "", *SECOND[3:])
    nameless = ("150602", "", "D0021", *VOIDED[3:])
    assert ledger.counts(ledger.table("b.csv", FIRST, spoilt, nameless), *covers, status=3) == {
        "known": 1,
        "quarantined": 2,
    }
    assert ledger.counts(ledger.table("c.csv", FIRST, VOIDED), *covers) == {"known": 2, "vanished": 1}
    [vanished] = ledger.events("certificates-vanished")
    assert (vanished.state["serial_from"], vanished.state["certificates_position"]) == ("D0011", 2)


@pytest.mark.slow
def test_a_mapping_is_drafted_and_used(ledger: Ledger) -> None:
    header = ("区县代码", "开始号", "截止号", "领用人员", "领用日", "业务编号", "作废说明", "备注")
    path = ledger.table("别名.csv", FIRST, SECOND, VOIDED, header=header)
    draft = ledger.home / "draft.toml"
    told = ledger.run("preview", path, "--write", draft)
    assert told.status == 1
    assert "也不是证书台账" in told.text
    text = draft.read_text(encoding="utf-8")
    assert "# 必填:serial_from(起号)、serial_to(止号)" in text
    for line in ('received_by = "领用人员"', 'received_on = "领用日"', 'office = "区县代码"'):
        assert line in text
    mapping = ledger.home / "台账.toml"
    mapping.write_text(
        'required = ["开始号"]\n[columns]\nserial_from = "开始号"\nserial_to = "截止号"\n'
        'received_by = "领用人员"\nreceived_on = "领用日"\nused_for_case = "业务编号"\n',
        encoding="utf-8",
    )
    [export] = ledger.facts("preview", path, "--mapping", mapping)["exports"]
    assert (export["kind"], export["rows"], export["first_at"]) == ("certificates", 3, "2026-03-02")
    assert ledger.counts(path, "--mapping", mapping) == {"appended": 3}


def test_kinds_come_in_one_folder(ledger: Ledger) -> None:
    folder = ledger.home / "all"
    folder.mkdir()
    ledger.table("all/台账.csv", FIRST)
    (folder / "roster.csv").write_text("account,person_id\nzhang,P1\n", encoding="utf-8")
    (folder / "steps.csv").write_text(
        "case_no,office,step,occurred_at\n1,150602,accept,2026-03-02 09:00:00\n", encoding="utf-8"
    )
    (folder / "other.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    imported = ledger.run("import", folder, "--json")
    assert imported.status == 3  # of the folder something was not read
    results = json.loads(imported.out)
    assert [(r["kind"], r["import_no"], r["appended"]) for r in results] == [
        ("steps", 1, 1),
        ("roster", 2, 1),
        ("certificates", 3, 1),
    ]
    assert results[0]["ignored"] == ["other.csv(不是办件日志,也不是账号名册,也不是证书台账)"]


def test_a_folder_without_content_is_told(ledger: Ledger, tmp_path: Path) -> None:
    Ledger.content = tmp_path
    run = ledger.run("imports")
    assert run.status == 1
    assert "REGAUDIT_CONTENT" in run.text
