"""What a night found reaches the posts, though its database is not published or its mails are not made."""

import os
from pathlib import Path

import pytest
from conftest import Desk, MailServer
from test_nights import LATE, MONDAY, TUESDAY, WEDNESDAY, mail, night, text

from regaudit.base import in_place
from regaudit.operation import nightly
from regaudit.warehouse import publish

pytestmark = pytest.mark.long
THURSDAY = "2026-03-12"


class InUseError(PermissionError):
    """As Windows raises it: a sharing violation."""

    winerror = 32


def hold_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as an analyst has the database open, nothing takes its place."""
    rename = os.replace

    def replace(source: Path, target: Path) -> None:
        if Path(target).name == "regaudit.duckdb":
            raise InUseError(13, "in use", str(source))
        rename(source, target)

    monkeypatch.setattr(os, "replace", replace)
    monkeypatch.setattr(in_place, "_LOOK", 0.001)
    monkeypatch.setattr(publish, "_PATIENCE", 0.01)


def test_findings_of_a_night_that_was_not_published_are_mailed_that_night(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    night(desk, MONDAY, [LATE])
    with monkeypatch.context() as patched:
        hold_open(patched)
        result = night(desk, TUESDAY, status=1)
    assert [each["code"] for each in result["because"]] == ["failed", "new"]
    assert result["ledger"]["opened"] == 1
    told = text(mail(desk, TUESDAY))
    assert "未发布：" in told
    assert "【新增问题】1 项" in told
    assert "L1" in told
    [*_, run, failed] = desk.events("night-judged")
    assert (run.state["run_no"], failed.state["run_no"], failed.state["light"]) == (2, 0, "red")
    # What was found is still open, and the next night has no more to say of it.
    assert night(desk, WEDNESDAY)["because"] == []
    assert "以前发现、至今未结 1 项" in text(mail(desk, WEDNESDAY))


def test_a_repetition_that_is_published_says_again_what_was_new(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    night(desk, MONDAY, [LATE])
    with monkeypatch.context() as patched:
        hold_open(patched)
        night(desk, TUESDAY, status=1)
    again = night(desk, TUESDAY)
    assert {(each["code"], each["is_earlier"]) for each in again["because"]} == {
        ("failed", True),
        ("new", False),
    }
    assert desk.query("SELECT count(*) FROM findings WHERE rule = 'overdue' AND state = 'open'") == [(1,)]


def test_a_night_that_died_before_its_mails_is_told_in_red_by_the_next(
    desk: Desk, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.configure(mail_server.settings("150602"))
    night(desk, MONDAY, [LATE])

    def die(*_: object, **__: object) -> None:
        raise SystemExit(137)

    with monkeypatch.context() as patched:
        patched.setattr(nightly, "mail_night", die)
        desk.run("nightly", "--as-of", TUESDAY)
    assert len(desk.events("run-completed")) == 2
    [reason] = night(desk, WEDNESDAY)["because"]
    assert (reason["code"], reason["light"]) == ("failed", "red")
    assert "3月10日（周二）的一晚记入台账以后中断" in reason["text"]
    [*_, last] = mail_server.mails
    assert "红" in last["Subject"]
    # It is told once: the posts have it.
    assert night(desk, THURSDAY)["because"] == []
