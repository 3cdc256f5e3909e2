"""Digests of a night, as mails are made of them."""

from datetime import UTC, date, datetime
from email.message import EmailMessage

import msgspec

from regaudit.audit.light import Light, Reason
from regaudit.outlets.mail.digest import Digest, Line, NightReport, Seal, Totals
from regaudit.outlets.mail.render import digest_fingerprint, message_id, render

NIGHT = date(2026, 3, 31)
SENT_AT = datetime(2026, 3, 31, 14, 40, tzinfo=UTC)
TOTALS = Totals(
    accepted_that_day=128,
    booked_that_day=117,
    open_cases=642,
    paused_cases=31,
    provisional_cases=2,
)
CLEAN = Digest(
    office="150602",
    office_name="东胜区",
    post="质量监管岗",
    report=NightReport(
        as_of=datetime(2026, 3, 31, 23, 59, 59),
        profile_title="鄂尔多斯市",
        run_no=87,
        log_position=1284431,
        seal=Seal(
            note="150602.example\n1284431\nBw==\n\n\u2014 150602.example AAAAAAAA\n",
            size=1284431,
            fingerprint="0707 0707 0707 0707",
        ),
        failures=[],
        quarantined=0,
        quarantined_before=0,
        quarantine_files=[],
        missing=[],
        events_appended=1043,
    ),
    due_soon=[],
    new=[],
    continuing=[],
    gone=[],
    counts=[],
    totals=TOTALS,
)


def a_reason(code: str, light: Light = "yellow", count: int = 1, **changes: object) -> Reason:
    reason = Reason(code=code, light=light, text=f"因为{code}。", count=count, office=None)
    return msgspec.structs.replace(reason, **changes)


def a_line(number: int, *, severity: str = "major", **changes: object) -> Line:
    line = Line(
        finding_id=f"{number:08x}",
        rule="queue-jump",
        rule_title="插队",
        severity=severity,
        case_no=f"CASE-{number:04}",
        summary=f"越过 {number} 件先受理的办件",
        due_on=None,
        first_found_on=NIGHT,
    )
    return msgspec.structs.replace(line, **changes)


def a_digest(**changes: object) -> Digest:
    """The clean night's digest with other fields of its own or of its report."""
    of_report = {name: changes.pop(name) for name in NightReport.__struct_fields__ if name in changes}
    report = msgspec.structs.replace(CLEAN.report, **of_report)
    return msgspec.structs.replace(CLEAN, report=report, **changes)


def mail(digest: Digest, **changes: object) -> EmailMessage:
    fields = {"sender": "登记监管 <regaudit@example.cn>", "to": ["wang@example.cn"], "prefix": "登记监管"}
    identity = message_id(digest.office, "r1", digest.report.on, digest_fingerprint(digest))
    return render(digest, **{**fields, "message_id": identity, "sent_at": SENT_AT, **changes})  # type: ignore[arg-type]


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    content = part.get_content()
    assert isinstance(content, str)
    return content.replace("\r\n", "\n")


def both(digest: Digest) -> tuple[str, str]:
    message = mail(digest)
    return body(message, "plain"), body(message, "html")


NEW = [a_line(1, severity="critical"), a_line(2), a_line(3)]
DUE_SOON = [a_line(10, rule="due-soon", severity="minor", due_on=date(2026, 4, 1)), a_line(11)]
CONTINUING = [a_line(20 + number, first_found_on=date(2026, 3, 20)) for number in range(5)]
