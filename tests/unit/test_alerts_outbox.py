"""The outbox holds whole mails only, under names that every system takes."""

import hashlib
import os
from datetime import date
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from regaudit.outlets.mail.errors import MailError
from regaudit.outlets.mail.outbox import Outbox, file_name_part

NIGHT = date(2026, 3, 31)


def a_message(identity: str = "<1@regaudit.internal>", text: str = "零报告") -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["Message-ID"] = identity
    message["Subject"] = text
    message.set_content(text, cte="base64")
    return message


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "outbox")


def names(outbox: Outbox) -> list[str]:
    return sorted(path.name for path in outbox.folder.iterdir())


def test_a_mail_is_put_listed_read_and_removed(outbox: Outbox) -> None:
    assert outbox.pending() == []
    path = outbox.put(a_message(), night=NIGHT, office="150602")
    assert path.name.startswith("2026-03-31-150602-")
    assert path.suffix == ".eml"
    assert outbox.pending() == [path]
    assert path.read_bytes() == a_message().as_bytes()
    message, digest = outbox.read(path)
    assert message["Subject"] == "零报告"
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
    outbox.remove(path)
    outbox.remove(path)
    assert outbox.pending() == []


def test_the_same_mail_is_one_file_and_another_is_another(outbox: Outbox) -> None:
    first = outbox.put(a_message(), night=NIGHT, office="150602")
    assert outbox.put(a_message(), night=NIGHT, office="150602") == first
    second = outbox.put(a_message("<2@regaudit.internal>"), night=date(2026, 3, 30), office="150602")
    assert outbox.pending() == [second, first]


@pytest.mark.parametrize(
    "office", ["../../etc/passwd", "..", "", "a/b\\c:d*e?", "CON", "东胜区\r\n", "东" * 300, "\x00", ".", " "]
)
def test_any_office_gives_a_safe_file_name(outbox: Outbox, office: str) -> None:
    path = outbox.put(a_message(), night=NIGHT, office=office)
    assert path.parent == outbox.folder
    assert names(outbox) == [path.name]
    assert len(path.name.encode()) < 200
    assert not set(path.name) & set('/\\:*?"<>|\r\n\x00 ')


def test_a_chinese_office_keeps_its_name() -> None:
    assert file_name_part("东胜区 不动产/登记中心") == "东胜区_不动产_登记中心"


@pytest.mark.parametrize("moment", ["fsync", "replace"])
def test_a_crash_while_writing_leaves_no_half_mail(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    before = outbox.put(a_message(text="旧"), night=NIGHT, office="150602")
    old = before.read_bytes()

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(*((os, "fsync", crash) if moment == "fsync" else (Path, "replace", crash)))
        with pytest.raises(KeyboardInterrupt):
            outbox.put(a_message(text="新"), night=NIGHT, office="150602")
    assert outbox.pending() == [before]
    assert before.read_bytes() == old
    assert len(names(outbox)) == 2

    outbox.put(a_message("<2@regaudit.internal>"), night=NIGHT, office="150602")
    assert len(names(outbox)) == len(outbox.pending()) == 2


def test_leftovers_are_deleted_with_the_next_removal_too(outbox: Outbox) -> None:
    path = outbox.put(a_message(), night=NIGHT, office="150602")
    (outbox.folder / ".2026-03-30-150602-abc.eml.tmp").write_text("半")
    (outbox.folder / "readme.txt").write_text("not ours")
    assert outbox.pending() == [path]
    outbox.remove(path)
    assert names(outbox) == ["readme.txt"]


def test_a_full_disk_is_an_error_that_names_the_file(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(MailError, match=r"2026-03-31-150602-.*磁盘空间不足"):
            outbox.put(a_message(), night=NIGHT, office="150602")
    assert names(outbox) == []


def test_a_folder_that_is_a_file_and_a_mail_that_is_gone_are_errors(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("")
    outbox = Outbox(tmp_path / "outbox")
    with pytest.raises(MailError, match="无法写入"):
        outbox.put(a_message(), night=NIGHT, office="150602")
    with pytest.raises(MailError, match="无法读取"):
        outbox.read(tmp_path / "gone.eml")
