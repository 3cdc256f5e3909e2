"""The commands about exports: what one would become, what was imported, quarantine, whence a row came."""

from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import rich_click as click

from regaudit.base.errors import RegauditError, UsageError, reason_of
from regaudit.base.folders import Folders
from regaudit.base.settings import Settings, load_settings
from regaudit.catalogue.calendar import national_calendar
from regaudit.cli import show, show_exports
from regaudit.cli.commands import cli
from regaudit.cli.options import by_option, home_option, json_option, system_user
from regaudit.cli.screen import print_json, progress_bar
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.stores import has_log
from regaudit.intake.imports import import_states
from regaudit.intake.originals import as_facts, find_originals
from regaudit.intake.preview.survey import survey
from regaudit.intake.quarantine.dismissal import dismiss
from regaudit.intake.quarantine.open_rows import dismissals, open_counts, open_quarantine
from regaudit.intake.quarantine.recognition import recorded_rows
from regaudit.intake.quarantine.resubmission import resubmission
from regaudit.operation.open import open_workspace
from regaudit.outlets.coverage import find_gaps
from regaudit.outlets.database import AnalystDatabase
from regaudit.sources.canonical.mapping import Mapping, load_mapping
from regaudit.sources.tables import Table


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--mapping", help="映射 TOML 文件,或自带映射的名称")
@click.option("--write", "draft", type=click.Path(path_type=Path), help="把所用的或猜测的映射写成 TOML 文件")
@click.option("--rows", type=click.IntRange(min=0), default=5, show_default=True, help="列出前几行结果")
@home_option
@json_option
def preview(
    file: Path, mapping: str | None, draft: Path | None, rows: int, home: Path, *, as_json: bool
) -> None:
    """导入之前先看:认出了什么,哪一列成为什么,哪些行会被隔离;不写入任何事件。"""
    if draft is not None and draft.exists():
        raise RegauditError(f"{draft} 已存在,未作改动:请换一个文件名")
    settings = load_settings(home) if Folders(home).settings.is_file() else Settings()
    name, loaded = load_mapping(mapping, home)
    with progress_bar() as progress:
        seen = 0

        def on_bytes(count: int) -> None:
            nonlocal seen
            seen += count
            progress("读取", seen, 0)

        facts = survey(
            file,
            zone=settings.zone,
            mapping_name=name,
            mapping=loaded,
            rows=rows,
            on_bytes=on_bytes,
            reread=partial(_reread, home),
            recorded=partial(_recorded, home) if has_log(home) else None,
        )
    if draft is not None:
        _write(draft, facts.draft)
    if as_json:
        print_json(show_exports.preview_facts(facts))
    else:
        show_exports.preview(facts, draft)
    raise SystemExit(facts.exit_status)


def _reread(home: Path, tables: list[Table]) -> tuple[list[Table], str, Mapping | None, int] | None:
    """A quarantine file of this workspace as the tables that it corrects."""
    if not has_log(home):
        return None
    with EventLog(home) as log:
        returned = resubmission(tables, log, home)
    if returned is None:
        return None
    return returned.tables, returned.mapping_name, returned.mapping, returned.count


def _recorded(home: Path) -> pl.DataFrame:
    with EventLog(home) as log:
        return recorded_rows(log)


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise RegauditError(f"{path} 无法写入:{reason_of(error)}") from error


@cli.command()
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
            show_exports.import_facts(number, state, still_open.get(number, 0), _vanished(log, number, state))
            | {"quarantine_dismissed": dismissed[number].rows if number in dismissed else 0}
            for number, state in states.items()
        ]
    if as_json:
        print_json({"imports": rows, "gaps": gaps})
    else:
        show_exports.imports(rows, gaps, settings)


def _vanished(log: EventLog, number: int, state: dict[str, Any]) -> int:
    return log.version(f"vanished:{number}") if state.get("covers_from") else 0


@cli.command()
@click.option(
    "--dismiss", "import_no", type=click.IntRange(min=1), help="第几次导入的隔离行不再改正(文件本就不该导入)"
)
@click.option("--reason", default="", help="为什么不再改正")
@by_option
@home_option
@json_option
def quarantine(import_no: int | None, reason: str, by: str, home: Path, *, as_json: bool) -> None:
    """列出尚未改正的隔离行:在哪个文件,因为什么,怎么办;或注明某次导入的不再改正。"""
    if import_no is not None:
        with (
            progress_bar() as progress,
            open_workspace(home, "quarantine", progress=progress, locks=[]) as workspace,
        ):
            log, now = workspace.log, workspace.now()
            dismiss(home, log, import_no, reason=reason, by=by or system_user(), now=now)
    elif reason or by:
        raise UsageError("--reason 和 --by 只与 --dismiss 一起使用:请写明 --dismiss 第几次导入")
    load_settings(home)
    with EventLog(home) as log:
        rows = open_quarantine(home, log)
    print_json(rows) if as_json else show_exports.quarantine(rows)


@cli.command()
@click.argument("subject", metavar="OFFICE/CASE_NO")
@home_option
@json_option
def trace(subject: str, home: Path, *, as_json: bool) -> None:
    """一件业务的全部环节(含来源文件、行号与原文)、逐日时钟和问题。"""
    with AnalystDatabase(home) as database:
        facts = database.trace(subject)
    with progress_bar() as progress:
        _add_originals(facts, home, lambda count: progress("查找原文", count, 0))
    print_json(facts) if as_json else show.trace(facts)


def _add_originals(facts: dict[str, Any], home: Path, on_bytes: Any) -> None:
    """Put beside every action the row that it was made of; what cannot be found must not hide the rest."""
    case = facts["case"]
    try:
        found = find_originals(home, case["office"], case["case_no"], on_bytes)
    except RegauditError as error:
        facts["originals_problem"] = str(error)
        return
    for row in (*facts["steps"], *facts["altered_steps"]):
        if original := found.get(row["position"]):
            row["original"] = as_facts(original)
