"""What is said about a finished night."""

from typing import Any

from rich.markup import escape

from regaudit.cli.screen import say
from regaudit.cli.show_checks import check_facts, checked
from regaudit.cli.show_imports import imports
from regaudit.operation.nightly import NightSummary

_MARKED = {label: f"[bold red]{label}[/]" for label in ("失败", "邮件")} | {
    label: f"[bold yellow]{label}[/]" for label in ("缺导出", "有隔离行")
}


def night(summary: NightSummary) -> None:
    """A whole night."""
    imports(summary.imports)
    if summary.checked:
        checked(summary.checked)
    for label, text in summary.remarks:
        say(f"{_MARKED.get(label, label)}:{escape(text)}")
    mail = summary.mail
    say(f"邮件:发出 {mail.sent},存于 outbox/ {mail.kept},此前已发 {mail.already_sent}")


def night_facts(summary: NightSummary) -> dict[str, Any]:
    """A night for programs."""
    return {
        "as_of": summary.as_of,
        "imports": summary.imports,
        "check": check_facts(summary.checked) if summary.checked else None,
        "failures": summary.failures,
        "missing": summary.missing,
        "quarantined": summary.quarantined,
        "quarantined_open": summary.quarantined_open,
        "notices": summary.notices,
        "mail": summary.mail,
        "exit_status": summary.exit_status,
    }
