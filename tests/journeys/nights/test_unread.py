"""Nights whose export was not read whole: never a 零报告, told for as long as it lasts."""

import shutil
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from conftest import Desk

pytestmark = pytest.mark.long

SAMPLE = Path(__file__).parents[3] / "sample_logs" / "shapes" / "national-2015"
SETTINGS = 'sources = [{ name = "平台", path = "export" }]\n[[offices]]\noffice = "150602"\nname = "东胜区"\n'


@pytest.fixture
def export(desk: Desk) -> Path:
    desk.configure(SETTINGS, profile="default")
    return Path(shutil.copytree(SAMPLE, desk.home / "export"))


def replace_in(table: Path, old: str, new: str) -> None:
    table.write_bytes(table.read_bytes().replace(old.encode("gb18030"), new.encode("gb18030")))


def last_mail(desk: Desk) -> tuple[str, str]:
    """Subject and text."""
    message = message_from_bytes(
        max(desk.mails(), key=lambda path: path.stat().st_mtime_ns).read_bytes(), policy=default
    )
    assert isinstance(message, EmailMessage)
    part = message.get_body(("plain",))
    assert part is not None
    return str(message["Subject"]), part.get_content()


def test_a_renamed_column_is_the_nights_first_matter_and_no_finding(desk: Desk, export: Path) -> None:
    replace_in(export / "SH.csv", "SHJSSJ", "SHWCSJ")
    night = desk.facts("nightly", "--as-of", "2026-03-31", status=3)
    assert night["unread"] == ["export:SH.csv(缺少occurred_at(操作时间),映射中是 SHJSSJ)"]
    assert desk.facts("findings", "--rule", "missing-step") == []
    subject, text = last_mail(desk)
    assert "未读全 1 处" in subject
    assert "零报告" not in subject + text
    assert "SH.csv（缺少" in text
    assert "SHWCSJ" not in text, "a name that nobody knows is shown to nobody"


@pytest.mark.slow
def test_it_is_told_each_night_that_brings_such_an_export_and_over_once_it_is_whole(
    desk: Desk, export: Path
) -> None:
    whole = (export / "SH.csv").read_bytes()
    assert desk.facts("nightly", "--as-of", "2026-03-29", status=0)["unread"] == []
    assert "未读全" not in last_mail(desk)[0]
    (export / "SH.csv").write_bytes(b"")
    assert len(desk.facts("nightly", "--as-of", "2026-03-30", status=3)["unread"]) == 1
    # The same files lie there still: they are as incomplete as they were.
    assert len(desk.facts("nightly", "--as-of", "2026-03-31", status=3)["unread"]) == 1
    assert "未读全" in last_mail(desk)[0]
    (export / "SH.csv").write_bytes(whole + b"\r\n")
    assert desk.facts("nightly", "--as-of", "2026-04-01", status=0)["unread"] == []
    assert "未读全" not in last_mail(desk)[0]


def test_on_the_terminal_it_stands_among_the_nights_remarks(desk: Desk, export: Path) -> None:
    (export / "SH.csv").unlink()
    run = desk.run("nightly", "--as-of", "2026-03-31")
    assert run.status == 3
    assert "未读全:export:SH(导出中没有这张表)" in run.text
