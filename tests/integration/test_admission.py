"""What may be handed over: nothing of the workspace, no pipe, no link that leaves the folder of an export."""

import os
import socket
import zipfile
from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from hashlib import sha256
from pathlib import Path

import pytest
from conftest import Desk, as_csv

from regaudit.sources.formats.open import open_export

SECRET = "ed25519-key"  # noqa: S105 - nobody's
HEADER = ["业务号", "登记机构", "环节", "操作时间", "账号"]


def export(*numbers: str) -> str:
    cells = (["受理", "2026-03-02 09:00:00", "a"] for _ in numbers)
    return as_csv(
        [dict(zip(HEADER, [n, "150602", *row], strict=True)) for n, row in zip(numbers, cells, strict=True)]
    )


def as_fifo(path: Path) -> None:
    os.mkfifo(path)


def as_socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # a socket's path must be short
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


def as_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


SPECIAL: dict[str, tuple[Callable[[Path], None], str]] = {
    "fifo": (as_fifo, "命名管道"),
    "socket": (as_socket, "套接字"),
    "device": (as_device, "字符设备"),
}


@pytest.fixture
def home(desk: Desk) -> Path:
    (desk.home / "keys" / "other.key").write_text(SECRET, encoding="utf-8")
    return desk.home


def everything(home: Path) -> str:
    """The names and contents of all that an import may have left, without the key itself."""
    places = [home / name for name in ("quarantine", "outbox", "regaudit.duckdb")]
    files = [file for place in places for file in ([place] if place.is_file() else place.rglob("*"))]
    return "".join(
        file.name + file.read_bytes().decode("utf-8", "replace") for file in files if file.is_file()
    )


@pytest.mark.parametrize("kind", SPECIAL)
@pytest.mark.parametrize("command", ["import", "preview", "nightly"])
def test_no_file_at_all_is_refused_by_name(desk: Desk, tmp_path: Path, kind: str, command: str) -> None:
    make, title = SPECIAL[kind]
    make(tmp_path / "export.csv")
    run = desk.run(command, tmp_path / "export.csv")
    assert run.status == 1
    assert "export.csv" in run.text
    assert title in run.text


@pytest.mark.parametrize("kind", ["fifo", "socket"])
def test_in_a_folder_it_is_told_and_the_rest_is_read(desk: Desk, tmp_path: Path, kind: str) -> None:
    make, title = SPECIAL[kind]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text(export("A1"), encoding="utf-8")
    make(tmp_path / "in" / "b.csv")
    [result] = desk.facts("import", tmp_path / "in", status=3)
    assert result["appended"] == 1
    assert [told for told in result["ignored"] if "b.csv" in told and title in told]


@pytest.mark.parametrize(
    "name",
    ["keys/other.key", "events.sqlite", "regaudit.toml", "regaudit.lock", "archive", "keys", ".", "outbox"],
)
@pytest.mark.parametrize("way", ["itself", "link", "hard link"])
def test_what_belongs_to_the_workspace_is_refused_by_name(
    desk: Desk, home: Path, tmp_path: Path, name: str, way: str
) -> None:
    own, path = home / name, tmp_path / "export.csv"
    own.parent.mkdir(exist_ok=True)
    if not own.exists():
        own.mkdir() if name in ("archive", "outbox") else own.write_bytes(b"x")
    if way == "hard link" and own.is_dir():
        return
    if way == "itself":
        path = own
    elif way == "link":
        path.symlink_to(own)
    else:
        path.hardlink_to(own)
    for command in ("import", "preview"):
        run = desk.run(command, path)
        assert run.status == 1
        assert "工作区自己的文件" in run.text
        assert SECRET not in run.text


def test_a_folder_around_the_workspace_is_refused(desk: Desk) -> None:
    run = desk.run("import", desk.home.parent)
    assert run.status == 1
    assert "工作区自己的文件" in run.text


@pytest.mark.parametrize("target", ["keys/other.key", "keys"])
def test_a_link_out_of_a_folder_is_told_and_not_read(
    desk: Desk, home: Path, tmp_path: Path, target: str
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.csv").write_text(export("A1"), encoding="utf-8")
    (folder / "b.csv").symlink_to(home / target)
    (folder / "c.csv").symlink_to("a.csv")
    (folder / "d.csv").symlink_to("none.csv")
    preview = desk.facts("preview", folder, status=3)
    [result] = desk.facts("import", folder, status=3)
    for told in (preview["ignored"], result["ignored"]):
        assert [text for text in told if "b.csv" in text and "文件夹之外" in text]
        assert [text for text in told if "d.csv" in text and "失效" in text]
    assert (result["appended"], result["known"]) == (1, 1)
    assert SECRET not in everything(home)
    kept = home / "archive" / f"{sha256(SECRET.encode()).hexdigest()}.zst"
    assert not kept.exists()


def test_a_pattern_does_not_follow_links_out_of_its_folder(desk: Desk, home: Path) -> None:
    folder = home / "in"
    folder.mkdir()
    (folder / "a.csv").write_text(export("A1"), encoding="utf-8")
    (folder / "b.csv").symlink_to("../keys/other.key")
    os.mkfifo(folder / "c.csv")
    desk.configure('[[sources]]\npath = "in/*.csv"\n')
    run = desk.run("nightly", "--as-of", "2026-03-03")
    assert run.status in (1, 3)
    assert "in/b.csv" in run.text
    assert "文件夹之外" in run.text
    assert "in/c.csv" in run.text
    assert "命名管道" in run.text
    assert [result["appended"] for result in desk.facts("imports")["imports"]] == [1]
    assert SECRET not in run.text + everything(home)


def test_exports_within_the_workspace_and_corrected_rows_are_taken(desk: Desk) -> None:
    (desk.home / "in").mkdir()
    (desk.home / "in" / "a.csv").write_text(export("A1", "").replace("2026", "x", 1), encoding="utf-8")
    assert desk.run("import", desk.home / "in").status == 3
    [file] = (desk.home / "quarantine").glob("*.csv")
    assert "工作区自己的文件" not in desk.run("import", file).text


def test_what_stands_in_the_place_of_names_is_not_repeated(desk: Desk) -> None:
    lines = "张三丰,152701198001011234,13904770000\n李四光,152701198001011235,13904770001\n"
    (desk.home / "in").mkdir()
    path = desk.home / "in" / "a.csv"
    path.write_text(lines, encoding="utf-8")
    desk.configure('[[sources]]\npath = "in/*.csv"\n')
    draft = desk.home / "draft.toml"
    runs = [
        desk.run("import", path),
        desk.run("preview", path, "--write", draft),
        desk.run("nightly", "--as-of", "2026-03-03"),
    ]
    assert not draft.exists()
    mails = [message_from_bytes(m.read_bytes(), policy=default) for m in desk.home.glob("outbox/*.eml")]
    parts = [part for mail in mails for part in mail.walk() if part.get_content_maintype() == "text"]
    assert parts
    mailed = "".join(str(part.get_payload(decode=True), "utf-8") for part in parts)  # type: ignore[arg-type]
    assert all(run.status == 1 and "另有3列不认识" in run.text for run in runs)
    assert "列不认识" in mailed
    for cell in lines.replace("\n", ",").strip(",").split(","):
        assert cell not in mailed + "".join(run.text for run in runs)


def test_an_unknown_column_is_counted_beside_known_ones(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("业务号,环节,张三丰\n1,受理,x\n", encoding="utf-8")
    run = desk.run("import", tmp_path / "b.csv")
    assert "业务号、环节、另有1列不认识" in run.text
    assert "张三丰" not in run.text


def test_members_that_lead_out_of_an_archive_are_told_and_the_rest_is_read(
    desk: Desk, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name, number in (("../b.csv", "B1"), ("/c.csv", "C1"), ("a.csv", "A1")):
            archive.writestr(name, export(number))
    [result] = desk.facts("import", tmp_path / "a.zip", status=3)
    assert result["appended"] == 1
    assert [told for told in result["ignored"] if "../b.csv" in told and "压缩包之外" in told]
    assert [told for told in result["ignored"] if "/c.csv" in told and "压缩包之外" in told]


@pytest.mark.parametrize("delimiter", list("|^~\t;"))
def test_other_delimiters_are_recognised(desk: Desk, tmp_path: Path, delimiter: str) -> None:
    (tmp_path / "a.csv").write_text(export("A1", "A2").replace(",", delimiter), encoding="utf-8")
    [result] = desk.facts("import", tmp_path / "a.csv")
    assert result["appended"] == 2


def test_a_delimiter_by_setting(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(export("A1").replace(",", "#"), encoding="utf-8")
    [table] = open_export(tmp_path / "a.csv", lambda _: None, delimiter="#")
    assert table.columns == HEADER


def test_quotation_marks_behind_backslashes_are_those_of_mysql(tmp_path: Path) -> None:
    text = '业务号,环节,原因,账号\n"A\\\\1","受理","他说\\"同意\\"",\\N\n"A2","受理","两\\\n行","b\\\\"\n'
    for encoding in ("utf-8", "gb18030"):
        (tmp_path / "a.csv").write_bytes(text.encode(encoding))
        [table] = open_export(tmp_path / "a.csv", lambda _: None)
        [batch] = table.read()
        assert batch.rows.rows() == [
            (2, "A\\1", "受理", '他说"同意"', "\\N"),
            (3, "A2", "受理", "两\n行", "b\\"),
        ]
        assert not batch.malformed


def test_backslashes_before_a_closing_quotation_mark_stay(tmp_path: Path) -> None:
    text = '业务号,环节,原因\nA1,受理,"D:\\scan\\"\nA2,受理,"D:\\""x""\\"\n'
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    [table] = open_export(tmp_path / "a.csv", lambda _: None)
    [batch] = table.read()
    assert batch.rows["原因"].to_list() == ["D:\\scan\\", 'D:\\"x"\\']


def test_formulas_in_quarantine_are_marked_and_come_back_as_they_were(desk: Desk, tmp_path: Path) -> None:
    odd = ["=cmd()", "＝cmd()", "＠x", "'y"]
    lines = [[*HEADER, *odd], ["A1", "150602", "受理", "x", "a", "＝1+1", "＋1", "－1", "b"]]
    (tmp_path / "a.csv").write_text("\n".join(map(",".join, lines)) + "\n", encoding="utf-8")
    assert desk.run("import", tmp_path / "a.csv").status == 3
    [file] = (desk.home / "quarantine").glob("*.csv")
    text = file.read_text(encoding="utf-8-sig")
    header, row = (line.split(",") for line in text.splitlines())
    assert header[-4:] == [f"'{name}" for name in odd]
    assert row[-4:] == ["'＝1+1", "'＋1", "'－1", "b"]
    corrected = tmp_path / "corrected.csv"
    corrected.write_text(text.replace(",x,a,", ",2026-03-02 09:00:00,a,"), encoding="utf-8-sig")
    [result] = desk.facts("import", corrected)
    assert (result["appended"], result["resubmitted"]) == (1, 1)
    [part] = desk.events("import-recorded")[-1].state["parts"]
    assert part["columns"] == [*HEADER, *odd]
