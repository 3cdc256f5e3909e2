"""A night in a workspace that is broken: the posts hear of it wherever they can be told."""

from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from conftest import Desk, MailServer, ordinary_case

from regaudit.base.running_text import full_width

pytestmark = pytest.mark.long

TUESDAY = "2026-03-10"


def unknown_profile(desk: Desk) -> None:
    toml = desk.home / "regaudit.toml"
    toml.write_text(toml.read_text("utf-8").replace("ordos-2023", "no-such"), "utf-8")


def own_profile(desk: Desk, text: str) -> None:
    (desk.home / "profiles").mkdir()
    (desk.home / "profiles" / "no-such.toml").write_text(text, "utf-8")
    unknown_profile(desk)


def profile_that_is_no_toml(desk: Desk) -> None:
    own_profile(desk, "[")


def profile_with_a_bad_parameter(desk: Desk) -> None:
    own_profile(desk, 'extends = "default"\n[rule.queue-jump]\nno_such_parameter = 3\n')


def log_is_gone(desk: Desk) -> None:
    for path in desk.home.glob("events.sqlite*"):
        path.unlink()


def log_is_garbage(desk: Desk) -> None:
    log_is_gone(desk)
    (desk.home / "events.sqlite").write_bytes(b"no database" * 1000)


def log_is_spoilt_inside(desk: Desk) -> None:
    """Its head is whole, so that it opens."""
    path = desk.home / "events.sqlite"
    content = path.read_bytes()
    path.write_bytes(content[:8192] + b"\xff" * (len(content) - 8192))


def lock_cannot_be_taken(desk: Desk) -> None:
    """As a file of another user would be."""
    (desk.home / "regaudit.lock").unlink(missing_ok=True)
    (desk.home / "regaudit.lock").mkdir()


BREAKS = [
    lock_cannot_be_taken,
    unknown_profile,
    profile_that_is_no_toml,
    profile_with_a_bad_parameter,
    log_is_gone,
    log_is_garbage,
    log_is_spoilt_inside,
]


def body(path: Path) -> tuple[str, str]:
    message = message_from_bytes(path.read_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    plain = message.get_body(("plain",))
    assert plain is not None
    return message["Subject"], str(plain.get_content())


@pytest.mark.parametrize("spoil", BREAKS)
def test_a_night_that_cannot_open_its_workspace_is_mailed_as_failed(
    desk: Desk, tmp_path: Path, spoil: Callable[[Desk], None]
) -> None:
    desk.ok("import", desk.export("steps.csv", ordinary_case("1")))
    with desk.copied(tmp_path / "broken") as broken:
        spoil(broken)
        assert broken.run("check").status in (1, 2)
        result = broken.facts("nightly", "--as-of", TUESDAY, status=1)
        [path] = broken.mails()
        subject, text = body(path)
        assert "运行失败" in subject
        assert "零报告" not in text
        assert result["failures"]
        assert all(full_width(failure[:12]) in text for failure in result["failures"])
        # The same night again is the same mail.
        broken.facts("nightly", "--as-of", TUESDAY, status=1)
        assert broken.mails() == [path]


def test_a_broken_profile_is_mailed_once_and_recorded(desk: Desk, mail_server: MailServer) -> None:
    desk.configure(mail_server.settings("150602"))
    unknown_profile(desk)
    assert desk.facts("nightly", "--as-of", TUESDAY, status=1)["mail"]["sent"] == 1
    assert desk.facts("nightly", "--as-of", TUESDAY, status=1)["mail"]["already_sent"] == 1
    assert ["运行失败" in subject for subject in mail_server.subjects] == [True]
    assert [event.state["delivery"] for event in desk.events("mail-sent")] == ["smtp"]
    assert desk.mails() == []


def test_broken_settings_can_tell_nobody_but_say_what_is_wrong(desk: Desk) -> None:
    (desk.home / "regaudit.toml").write_text("[", "utf-8")
    run = desk.run("nightly")
    assert run.status == 1
    assert "regaudit.toml" in run.text
    assert "Traceback" not in run.text
    assert desk.mails() == []
    desk.configure("")
