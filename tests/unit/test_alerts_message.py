"""A mail as a message: its headers, recipients, standards, and when two mails are the same mail."""

import re
from datetime import date, datetime
from email import message_from_bytes
from email.policy import SMTP

import msgspec
import pytest
from digests import (
    CLEAN,
    CONTINUING,
    DUE_SOON,
    NEW,
    NIGHT,
    SENT_AT,
    TOTALS,
    a_digest,
    a_line,
    a_reason,
    body,
    mail,
)
from hypothesis import given
from hypothesis import strategies as st

from regaudit.outlets.mail.digest import Unknown
from regaudit.outlets.mail.errors import MailError
from regaudit.outlets.mail.render import digest_fingerprint, message_id

INJECTION = "东胜区\r\nBcc: thief@example.cn\n\u2028X: y\x00\u202e"


def test_no_value_can_add_a_header_or_forge_a_line() -> None:
    digest = a_digest(
        office_name=INJECTION,
        new=[a_line(1, summary="越过 3 件\r\n\r\n零报告\u2029无")],
        notes=[INJECTION],
        because=[a_reason("new", text=INJECTION)],
    )
    message = mail(digest, prefix=INJECTION, sender=f"{INJECTION} <regaudit@example.cn>")
    read = message_from_bytes(message.as_bytes(), policy=SMTP)
    assert read["Bcc"] is None
    assert read["X"] is None
    assert set(read.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
        "Content-Language",
    }  # fmt: skip
    text = body(read, "plain")
    assert "\n零报告" not in text
    assert not set(text) & set("\u2028\u2029\u202e\x00\r")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "a@b@c",
        "a b@example.cn",
        "<>",
        "王@example.cn",
        "a@b.cn, c@d.cn",
        "a@例子.cn",
        "a@b.cn>",
    ],
)
def test_a_malformed_address_is_refused_with_the_setting_that_holds_it(address: str) -> None:
    with pytest.raises(MailError, match=r"mail\.sender"):
        mail(CLEAN, sender=address)
    with pytest.raises(MailError, match=r"mail\.routes"):
        mail(CLEAN, to=["good@example.cn", address])


def test_a_mail_needs_a_recipient_and_names_each_once() -> None:
    with pytest.raises(MailError, match="没有收件人"):
        mail(CLEAN, to=[])
    message = mail(CLEAN, to=["a@example.cn", "李 <b@example.cn>", "a@example.cn"])
    assert [address.addr_spec for address in message["To"].addresses] == ["a@example.cn", "b@example.cn"]


def test_the_file_conforms_to_the_standards() -> None:
    digest = a_digest(office_name="很长的机构名称" * 12, new=NEW, due_soon=DUE_SOON, continuing=CONTINUING)
    content = mail(digest).as_bytes()
    assert content.isascii()
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert max(map(len, content.split(b"\r\n"))) <= 78
    read = message_from_bytes(content, policy=SMTP)
    assert not read.defects
    assert read["Subject"] == mail(digest)["Subject"]
    assert read["Date"].datetime == SENT_AT
    assert read["Auto-Submitted"] == "auto-generated"
    body, checkpoint = read.iter_parts()
    assert [part.get_content_type() for part in body.iter_parts()] == ["text/plain", "text/html"]
    assert checkpoint.get_filename() == "checkpoint.txt"


def test_a_mail_carries_the_checkpoint_as_it_was_signed() -> None:
    seal = CLEAN.report.seal
    assert seal is not None
    read = message_from_bytes(mail(CLEAN).as_bytes(), policy=SMTP)
    [attachment] = read.iter_attachments()
    assert attachment.get_content().replace("\r\n", "\n") == seal.note
    for part in ("plain", "html"):
        body = read.get_body((part,))
        assert body is not None
        assert seal.fingerprint in body.get_content()


def test_a_night_whose_log_cannot_be_read_mails_without_a_checkpoint() -> None:
    read = message_from_bytes(mail(a_digest(seal=None, failures=["x"])).as_bytes(), policy=SMTP)
    assert not list(read.iter_attachments())
    assert "检查点" not in body(read, "plain")


def test_a_run_that_found_the_same_is_the_same_mail_whatever_its_checkpoint() -> None:
    assert digest_fingerprint(a_digest(seal=None)) == digest_fingerprint(CLEAN)


def test_the_same_mail_is_the_same_bytes() -> None:
    digest = a_digest(new=NEW)
    assert mail(digest).as_bytes() == mail(digest).as_bytes()


@given(st.text(max_size=60))
def test_any_office_name_survives_the_header(name: str) -> None:
    message = mail(a_digest(office_name=name, failures=["x"]))
    read = message_from_bytes(message.as_bytes(), policy=SMTP)
    assert read["Subject"] == message["Subject"]
    assert not read["Subject"].defects


@pytest.mark.parametrize(
    "changes",
    [
        {"run_no": 88},
        {"log_position": 5},
        {"as_of": datetime(2026, 3, 31, 22, 31, 7)},
        {"events_appended": 0},
        {"new": list(reversed(NEW))},
    ],
)
def test_a_second_run_of_the_night_that_finds_the_same_has_the_same_fingerprint(
    changes: dict[str, object],
) -> None:
    assert digest_fingerprint(a_digest(**{"new": NEW, **changes})) == digest_fingerprint(a_digest(new=NEW))


def of(as_of: datetime, occurred_at: datetime) -> str:
    return digest_fingerprint(a_digest(as_of=as_of, new=[a_line(1, occurred_at=occurred_at)]))


def test_what_still_goes_on_when_the_night_runs_again_is_the_same() -> None:
    first, again = datetime(2026, 3, 31, 22, 30), datetime(2026, 3, 31, 23, 0)
    assert of(first, first) == of(again, again)
    assert of(first, datetime(2026, 3, 31, 9, 0)) != of(again, datetime(2026, 3, 31, 9, 1))


@pytest.mark.parametrize(
    "changes",
    [
        {"run_no": None},
        {"office": "150603"},
        {"as_of": datetime(2026, 4, 1, 18)},
        {"failures": ["x"]},
        {"missing": ["x"]},
        {"quarantined": 3},
        {"notes": ["x"]},
        {"because": [a_reason("nights")]},
        {"unknowns": [Unknown(title="超期", why="x", subjects=1)]},
        {"new": NEW[1:]},
        {"new": [], "continuing": NEW},
        {"new": [*NEW[:2], msgspec.structs.replace(NEW[2], summary="另一句")]},
        {"totals": msgspec.structs.replace(TOTALS, open_cases=1)},
        {"totals": None},
    ],
)
def test_what_matters_to_the_reader_changes_the_fingerprint(changes: dict[str, object]) -> None:
    assert digest_fingerprint(a_digest(**{"new": NEW, **changes})) != digest_fingerprint(a_digest(new=NEW))


def test_a_message_id_is_the_mails_own() -> None:
    ids = {
        message_id(office, route, night, fingerprint)
        for office in ("150602", "东胜")
        for route in ("r1", "r2")
        for night in (NIGHT, date(2026, 4, 1))
        for fingerprint in ("f1", "f2")
    }
    assert len(ids) == 16
    assert message_id("150602", "r1", NIGHT, "f1") in ids
    assert all(re.fullmatch(r"<\d{8}\.[0-9a-f]{24}@regaudit\.internal>", identity) for identity in ids)
