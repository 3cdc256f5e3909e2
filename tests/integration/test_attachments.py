"""What is attached to a step: archived by its hash, or refused before anything is copied."""

import os
from hashlib import sha256
from pathlib import Path

import pytest
from conftest import Desk

from regaudit.base.archive import check_archived
from regaudit.base.errors import RefusedFileError
from regaudit.ledger import attachments
from regaudit.ledger.attachments import attach


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    path = tmp_path / "整改报告.docx"
    path.write_bytes(b"done")
    return path


def kept(desk: Desk) -> set[str]:
    return {path.name for path in (desk.home / "archive").glob("*")}


def test_files_are_archived_by_their_hash(desk: Desk, paper: Path, tmp_path: Path) -> None:
    other = tmp_path / "b.pdf"
    other.write_bytes(b"%PDF")
    made = attach(desk.home, [paper, other])
    assert [(a.name, a.size) for a in made] == [("整改报告.docx", 4), ("b.pdf", 4)]
    assert [a.sha256 for a in made] == [sha256(path.read_bytes()).hexdigest() for path in (paper, other)]
    for attachment in made:
        check_archived(desk.home / "archive", attachment.sha256)


def test_one_attached_again_is_kept_once(desk: Desk, paper: Path) -> None:
    first = attach(desk.home, [paper])
    before = kept(desk)
    assert attach(desk.home, [paper]) == first
    assert kept(desk) == before


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("missing", "找不到附件"),
        ("empty", "空文件"),
        ("large", "超过 50 MB"),
        ("folder", "是文件夹"),
        ("pipe", "不是普通文件"),
        ("log", "工作区自己的文件(events.sqlite)"),
        ("key", "工作区自己的文件(keys)"),
        ("settings", "工作区自己的文件(regaudit.toml)"),
        ("link", "工作区自己的文件(keys)"),
    ],
)
def test_what_cannot_be_attached_is_refused_and_nothing_copied(
    desk: Desk, paper: Path, tmp_path: Path, what: str, why: str
) -> None:
    path = tmp_path / what
    if what == "empty":
        path.touch()
    elif what == "large":
        with path.open("wb") as file:
            file.truncate(attachments.LARGEST + 1)
    elif what == "folder":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    elif what == "link":
        path.symlink_to(desk.home / "keys" / "log.key")
    elif what in ("log", "key", "settings"):
        path = desk.home / {"log": "events.sqlite", "key": "keys/log.key", "settings": "regaudit.toml"}[what]
    before = kept(desk)
    with pytest.raises(RefusedFileError, match=why.replace("(", r"\(").replace(")", r"\)")):
        attach(desk.home, [paper, path])
    assert kept(desk) == before


def test_the_largest_is_taken_and_one_that_lies_beside_the_workspaces_own(desk: Desk, tmp_path: Path) -> None:
    largest, beside = tmp_path / "largest", desk.home / "扫描件.pdf"
    with largest.open("wb") as file:
        file.truncate(attachments.LARGEST)
    beside.write_bytes(b"%PDF")
    assert [a.size for a in attach(desk.home, [largest, beside])] == [attachments.LARGEST, 4]
