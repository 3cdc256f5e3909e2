"""A report as a mail to the posts of its office: what matters as text, paper and workbook attached."""

from collections.abc import Mapping
from datetime import date, datetime
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from regaudit.base.folded_text import visible
from regaudit.base.settings import Settings
from regaudit.catalogue.event_types import ReportMade
from regaudit.outlets.mail.addresses import parse_address, parse_addresses
from regaudit.outlets.mail.compose import route_for
from regaudit.outlets.mail.letters import NO_RECIPIENT, Letter, Posting
from regaudit.outlets.mail.outbox import file_name_part
from regaudit.outlets.mail.render import message_id

_TYPES = {
    "pdf": ("application", "pdf"),
    "xlsx": ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
"""What is attached; whoever wants the JSON finds it in `reports/`."""
_MOST = 10_000_000


def report_letter(
    event: ReportMade, facts: Mapping[str, Any], files: Mapping[str, bytes], stem: str, settings: Settings
) -> Letter:
    """The mail of a report to whom the route of its office names.

    Args:
        event: what the log has of it.
        facts: what its JSON says.
        files: its files by their kind.
        stem: what they are called, without the kind.
        settings: the workspace's.
    """
    route, night = route_for(event.office, settings), date.fromisoformat(facts["basis"]["as_of"][:10])
    recipients = route.to or [NO_RECIPIENT]
    identity = message_id(
        event.office,
        "\n".join([route.name, *recipients]),
        night,
        f"{event.originator_id} {sorted(event.files.items())}",
    )

    def make(sent_at: datetime) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        message["From"] = parse_address(settings.mail.sender, "mail.sender")
        message["To"] = parse_addresses(recipients)
        message["Subject"] = visible(f"【{settings.mail.subject_prefix}】{_title(event, facts)}")
        message["Date"] = sent_at
        message["Message-ID"] = identity
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(_text(event, facts, stem), charset="utf-8", cte="base64")
        for kind, (main, sub) in _TYPES.items():
            if kind in files and len(files[kind]) <= _MOST:
                message.add_attachment(
                    files[kind], maintype=main, subtype=sub, filename=f"{file_name_part(stem)}.{kind}"
                )
        message["Content-Language"] = "zh-CN"
        return message

    return Letter(
        posting=Posting(night=f"{night}", office=event.office),
        night=night,
        to=route.to,
        identity=identity,
        name=f"report-{file_name_part(stem)}",
        make=make,
    )


def _title(event: ReportMade, facts: Mapping[str, Any]) -> str:
    if event.kind == "zero":
        return f"{facts['office_name']} {facts['title']}六不准：{facts['declared_title']}"
    number = event.originator_version - 1
    more = f"（第 {number} 次更正）" if number else ""
    return f"{facts['office_name']} {facts['title']}质量监管{facts['word']}报{more}"


def _text(event: ReportMade, facts: Mapping[str, Any], stem: str) -> str:
    told = facts["summary"] if event.kind != "zero" else [each["text"] for each in facts["conditions"]]
    lines = [_title(event, facts), "", *(f"· {text}" for text in told), ""]
    lines.append(f"全文见附件；工作区的 reports/{stem} 也有。检查点 {event.checkpoint}。")
    return "\n".join(lines) + "\n"
