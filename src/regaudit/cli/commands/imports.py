"""What was imported, and the days that no export covers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from regaudit.base.settings import Settings, load_settings
from regaudit.catalogue.calendar import national_calendar
from regaudit.catalogue.event_types import ImportRecorded
from regaudit.catalogue.kinds import kind_title
from regaudit.cli.commands.import_ import print_unread
from regaudit.cli.options import home_option, json_option
from regaudit.cli.screen import print_json, print_table, progress_bar, say, shown_time
from regaudit.eventlog.log import EventLog
from regaudit.intake.imports import import_states
from regaudit.intake.quarantine.open_rows import dismissals, open_counts
from regaudit.outlets.coverage import Gap, find_gaps

_BASES = {"declared": "声明的期间未涵盖", "calendar": "工作日没有任何操作"}


@click.command()
@home_option
@json_option
def imports(home: Path, *, as_json: bool) -> None:
    """列出每次导入的行数与涵盖期间,以及各登记机构没有导出涵盖的日子。"""
    settings = load_settings(home)
    with progress_bar() as progress, EventLog(home) as log:
        states = import_states(log)
        still_open, dismissed = open_counts(log), dismissals(log)
        total = log.position()
        gaps = find_gaps(
            log,
            states,
            settings,
            national_calendar(home),
            on_read=lambda done: progress("读取事件日志", done, total),
        )
        rows = [
            import_facts(number, state, still_open.get(number, 0), _vanished(log, number, state))
            | {"quarantine_dismissed": dismissed[number].rows if number in dismissed else 0}
            for number, state in states.items()
        ]
    if as_json:
        print_json({"imports": rows, "gaps": gaps})
    else:
        print_imports(rows, gaps, settings)


def _vanished(log: EventLog, number: int, event: ImportRecorded) -> int:
    return log.version(f"vanished:{number}") if event.covers_from else 0


def import_facts(number: int, event: ImportRecorded, still_open: int, vanished: int) -> dict[str, Any]:
    """One import for programs; `quarantine_open` is what was not corrected yet."""
    return {
        "import_no": number,
        "imported_at": event.imported_at,
        "kind": event.kind,
        "file": event.file_name,
        "file_sha256": event.file_sha256,
        "mapping": event.mapping,
        "source": event.source,
        "rows_read": event.rows_read,
        "appended": event.appended,
        "known": event.known,
        "altered": event.altered,
        "quarantined": event.quarantined,
        "quarantine_open": still_open,
        "quarantine_file": event.quarantine_file,
        "settled": event.settled,
        "waiting": event.waiting,
        "skipped": event.skipped,
        "vanished": vanished,
        "unread": event.unread,
        "ignored": event.ignored,
        "declared": event.declared,
        "footers": event.footers,
        "left_out": {rule.rule: rule.rows for rule in event.left_out},
        "backfill": event.backfill or None,
        "resubmitted": sum(len(rows.row_nos) for rows in event.resubmits),
        "offices": event.offices,
        "first_on": event.first_on,
        "last_on": event.last_on,
        "covers_from": event.covers_from or None,
        "covers_to": event.covers_to or None,
    }


def print_imports(rows: Sequence[dict[str, Any]], gaps: Sequence[Gap], settings: Settings) -> None:
    """All imports, and the days that none covers."""
    say(f"导入 {len(rows)} 次")
    for row in rows:
        source = f"(来源 {row['source']})" if row["source"] else ""
        say(
            f"{row['import_no']}. {shown_time(row['imported_at'])} {escape(row['file'] + source)} "
            f"{kind_title(row['kind'])},映射 {escape(row['mapping'])}:{_counts(row)}"
        )
        print_unread(row["unread"], row["ignored"], row["footers"])
        facts = {
            "机构": escape("、".join(row["offices"])),
            "操作日期": _period(row["first_on"], row["last_on"]),
            "声明涵盖": _period(row["covers_from"], row["covers_to"]),
            "声明补录": escape(row["backfill"] or ""),
        }
        if told := ";".join(f"{title} {fact}" for title, fact in facts.items() if fact):
            say(f"   {told}")
    if not gaps:
        say("各登记机构没有缺口")
        return
    print_table(
        f"缺口 {len(gaps)} 处",
        ("机构", "自", "至", "工作日", "依据"),
        [
            (
                escape(settings.office_name(gap.office)),
                gap.first_on,
                gap.last_on,
                gap.workdays,
                _BASES[gap.basis],
            )
            for gap in gaps
        ],
    )


def _counts(row: dict[str, Any]) -> str:
    titles = {
        "rows_read": "读取",
        "appended": "新增",
        "known": "已有",
        "altered": "被改",
        "settled": "以前隔离已处理",
        "waiting": "以前隔离仍待改正",
        "skipped": "跳过",
        "vanished": "较以前缺失",
        "resubmitted": "重新提交",
    }
    told = [f"{title} {row[name]}" for name, title in titles.items() if row[name] or name == "rows_read"]
    if row["quarantined"]:
        dismissed = f",不再改正 {row['quarantine_dismissed']}" if row["quarantine_dismissed"] else ""
        told.append(f"隔离 {row['quarantined']}(未改正 {row['quarantine_open']}{dismissed})")
    return ",".join(told)


def _period(first: str | None, last: str | None) -> str:
    return "" if not first else first if first == last else f"{first} 至 {last}"
