"""A mail that waits for the server is sent as it was written, or not at all."""

import re
from hashlib import sha256
from pathlib import Path

from conftest import Desk, MailServer
from test_nights import LATE, TUESDAY, WEDNESDAY, night


def kept(desk: Desk, server: MailServer) -> Path:
    """The mail of a night whose server did not answer; now it does."""
    # A port that nobody listens on: port 1 is never given to an ordinary program.
    desk.configure(server.settings("150602", port=1))
    night(desk, TUESDAY, [LATE], status=1)
    [path] = desk.mails()
    desk.configure(server.settings("150602"))
    return path


def test_the_log_has_the_digest_of_a_mail_before_it_waits(desk: Desk, mail_server: MailServer) -> None:
    path = kept(desk, mail_server)
    [event] = desk.events("mail-kept")
    assert event.state["mail_sha256"] == sha256(path.read_bytes()).hexdigest()
    result = night(desk, WEDNESDAY)
    assert (result["mail"]["sent"], result["mail"]["problems"], desk.mails()) == (2, [], [])
    assert result["integrity"] == []


def test_a_waiting_mail_that_was_edited_is_not_sent(desk: Desk, mail_server: MailServer) -> None:
    path = kept(desk, mail_server)
    content = path.read_bytes()
    path.write_bytes(re.sub(rb"(?m)^Subject:", b"Subject: x", content, count=1))
    result = night(desk, WEDNESDAY, status=1)
    # Tonight's own mail goes, and says so in red.
    assert (result["mail"]["sent"], result["light"], len(mail_server.mails)) == (1, "red", 1)
    [problem] = result["mail"]["problems"]
    assert path.name in problem
    assert "没有发出" in problem
    assert [path.name in text for text in result["integrity"]] == [True]
    assert desk.mails() == [path]
    # As it was it is sent.
    path.write_bytes(content)
    assert night(desk, "2026-03-12")["mail"]["sent"] == 2
    assert desk.mails() == []


def test_a_mail_that_somebody_laid_there_is_not_sent(desk: Desk, mail_server: MailServer) -> None:
    path = kept(desk, mail_server)
    other = path.with_name(f"{TUESDAY}-150602-0123456789ab.eml")
    other.write_bytes(re.sub(rb"(?m)^Message-ID: <", b"Message-ID: <x", path.read_bytes(), count=1))
    result = night(desk, WEDNESDAY, status=1)
    assert result["mail"]["sent"] == 2
    assert ["由别人放入" in problem for problem in result["mail"]["problems"]] == [True]
    assert desk.mails() == [other]
