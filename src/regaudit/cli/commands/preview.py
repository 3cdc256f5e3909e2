"""What an export would become."""

import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any, Literal, cast

import click
import msgspec
import polars as pl
from rich.markup import escape

from regaudit.base.admission import admit
from regaudit.base.errors import RegauditError, reason_of
from regaudit.base.folders import Folders
from regaudit.base.modes import for_others
from regaudit.base.settings import Settings, load_settings
from regaudit.catalogue.event_types import ImportRecorded
from regaudit.catalogue.kinds import ExportKind, export_kinds
from regaudit.catalogue.vocabulary import display_name
from regaudit.cli.commands.import_ import print_unread
from regaudit.cli.options import Coded, file_type, home_option, json_option
from regaudit.cli.screen import print_json, print_table, progress_bar, say, shown_time
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.stores import has_log
from regaudit.intake.imports import import_states
from regaudit.intake.preview.facts import Preview, ReadExport, ReadTable, UnreadTable
from regaudit.intake.preview.survey import survey
from regaudit.intake.quarantine.recognition import recorded_rows
from regaudit.intake.quarantine.resubmission import resubmission
from regaudit.operation.open import local_now
from regaudit.sources.canonical.mapping import Mapping, Offsets, load_mapping
from regaudit.sources.tables import Table

_MOST = 20
_WORTH = Coded({"kept": "按时差换算", "ignored": "按钟面时间"})
_OFFSETS = {"kept": "可信,按时差换算", "ignored": "不算,按所写的钟面时间"}


@click.command()
@click.argument("file", metavar="文件", type=file_type)
@click.option("--mapping", help="映射 TOML 文件,或自带映射的名称")
@click.option("--write", "draft", type=file_type, help="把所用的或猜测的映射写成 TOML 文件")
@click.option("--rows", type=click.IntRange(min=0), default=5, show_default=True, help="列出前几行结果")
@click.option(
    "--offsets",
    type=_WORTH,
    help=f"时间所带的时差(如 +08:00、Z)与时区不符时:{_WORTH.told}",
)
@home_option
@json_option
def preview(  # noqa: PLR0917 - as click names them
    file: Path,
    mapping: str | None,
    draft: Path | None,
    rows: int,
    offsets: Literal["kept", "ignored"] | None,
    home: Path,
    *,
    as_json: bool,
) -> None:
    """导入之前先看:认出了什么,哪一列成为什么,哪些行会被隔离;不写入任何事件。"""
    if draft is not None and draft.exists():
        raise RegauditError(f"{draft} 已存在,未作改动:请换一个文件名")
    admit(file, home)
    settings = load_settings(home) if Folders(home).settings.is_file() else Settings()
    name, loaded = load_mapping(mapping, home)

    def surveyed(offsets: Offsets) -> Preview:
        seen = 0

        def on_bytes(count: int) -> None:
            nonlocal seen
            seen += count
            progress("读取", seen, 0)

        with progress_bar() as progress:
            return survey(
                file,
                zone=settings.zone,
                now=local_now(settings.zone),
                mapping_name=name,
                mapping=loaded,
                rows=rows,
                on_bytes=on_bytes,
                reread=partial(_reread, home),
                recorded=partial(_recorded, home) if has_log(home) else None,
                earlier=partial(_imports, home) if has_log(home) else list,
                versions=partial(_versions, home) if has_log(home) else lambda _: {},
                offsets=offsets,
            )

    facts = surveyed(offsets or "")
    if facts.undecided and not as_json and sys.stdin is not None and sys.stdin.isatty():
        facts = surveyed(_ask(facts))
    draft = draft if facts.draft else None
    if draft is not None:
        _write(draft, facts.draft)
    if as_json:
        print_json(preview_facts(facts))
    else:
        print_preview(facts, draft)
    raise SystemExit(facts.exit_status)


def _ask(preview: Preview) -> Offsets:
    """What offsets are worth, of whoever sits at the terminal."""
    for export in preview.undecided:
        say(_offsets(export, preview.zone))
    return cast("Offsets", click.prompt(f"时差怎样算({_WORTH.told})", type=_WORTH, err=True))


def _offsets(export: ReadExport, zone: str) -> str:
    listed = "、".join(f"{count.value}({count.rows})" for count in export.offsets)
    return f"时间所带的时差:{listed};其中 {export.moved} 个时间在 {zone} 的钟面上不是所写的样子"


def _versions(home: Path, streams: Iterable[str]) -> dict[str, int]:
    with EventLog(home) as log:
        return log.versions(streams)


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


def _imports(home: Path) -> list[ImportRecorded]:
    with EventLog(home) as log:
        return list(import_states(log).values())


def _write(path: Path, text: str) -> None:
    try:
        with for_others(), path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise RegauditError(f"{path} 无法写入:{reason_of(error)}") from error


def preview_facts(preview: Preview) -> dict[str, Any]:
    """A preview for programs."""
    facts: dict[str, Any] = msgspec.to_builtins(preview)
    return facts | {"quarantined": preview.quarantined, "exit_status": preview.exit_status}


def print_preview(preview: Preview, draft: Path | None) -> None:
    """A whole preview."""
    say(f"{escape(preview.file)}:{preview.format},时区 {preview.zone}")
    if preview.resubmits:
        say(f"这是改正后的隔离文件:{preview.resubmits} 行将重新提交")
    if not preview.recognised:
        say(f"[bold red]未能识别[/]:{escape(preview.problem)}")
        for table in preview.unread:
            _unread(table)
    for export in preview.exports:
        _export(export)
    missing = [table for export in preview.exports for table in export.unread]
    print_unread(missing, preview.ignored, sum(export.footers for export in preview.exports))
    if preview.recognised and preview.problem:
        say(f"[bold red]不能导入[/]:{escape(preview.problem)}")
    for export in preview.undecided:
        say(
            f"[bold red]时区未定[/]:{_offsets(export, preview.zone)}。"
            "时差可信(如 Z 确是世界时)就加 --offsets kept;平台写错了时差、所写就是当地的钟面时间,"
            "就加 --offsets ignored。加 --write 文件名.toml 把它写进映射,导入按映射;映射不写的,按时差换算"
        )
    if draft is not None:
        say(f"映射已写入 {escape(str(draft))}:核对后用 --mapping {escape(str(draft))} 再看一遍")
    elif not preview.recognised and preview.draft:
        say("加 --write 文件名.toml 可把以上猜测写成映射草稿")


def _export(export: ReadExport) -> None:
    mapping = f"映射 {export.mapping}" + (f"({export.mapping_title})" if export.mapping_title else "")
    kind = export_kinds()[export.kind]
    say(f"识别为{kind.title},{escape(mapping)}")
    for table in export.tables:
        if table.rows:
            _table(table, kind)
    if empty := [table.name for table in export.tables if table.name and not table.rows]:
        say(f"没有数据行的表:{escape('、'.join(empty))}")
    skipped = f",未办理而跳过 {export.skipped}" if export.skipped else ""
    known = f",以前隔离已处理 {export.settled}" if export.settled else ""
    known += f",以前隔离仍待改正 {export.waiting}" if export.waiting else ""
    say(f"共 {export.rows} 行 → {export.actions} 个{kind.noun}{skipped},将隔离 {export.quarantined}{known}")
    if export.moved and export.are_offsets:
        say(f"时间所带的时差{_OFFSETS[export.are_offsets]}(有 {export.moved} 个与时区不符)")
    _remarks(export, kind)
    if export.first_at:
        share = export.dates / max(export.actions, 1)
        span = f"{shown_time(export.first_at)} 至 {shown_time(export.last_at)}"
        say(f"时间范围 {span};仅有日期的占 {share:.0%}({export.dates})")
    for column, counts in export.unmapped.items():
        shown = "、".join(f"{escape(count.value)}({count.rows})" for count in counts[:_MOST])
        more = f" 等 {len(counts)} 种" if len(counts) > _MOST else ""
        say(f"照原样保留的{kind.title_of(column)}:{shown}{more}")
    _bad_rows(export)
    if export.sample:
        say(f"前 {len(export.sample)} 个结果")
    for row in export.sample:
        say(f"  {escape(' · '.join(f'{name} = {cell}' for name, cell in row.items()))}")


def _remarks(export: ReadExport, kind: ExportKind) -> None:
    for notice in export.alike:
        say(escape(notice))
    for column in export.absent:
        say(f"[bold yellow]映射所指的列不存在[/]:{escape(column)}")
    for rule in export.left_out:
        say(f"映射规定跳过 {rule.rows} 行:{escape(rule.value)}")
    if export.future:
        say(f"[bold yellow]未来日期[/] {export.future} 个{kind.noun}:日期在现在之后,保留,到时才计入")


def _table(table: ReadTable, kind: ExportKind) -> None:
    header = f"表头在第 {table.header_row} 行" if table.header_row else "无表头行"
    name = f"表 {escape(table.name)}:" if table.name else ""
    goes_on = f",接续表 {escape(table.continues)}" if table.continues else ""
    say(f"{name}{header},数据 {table.rows} 行{goes_on}")
    rows = [(kind.titled(name), escape("、".join(sources))) for name, sources in table.columns.items()]
    rows += [(kind.titled(name), escape(f"固定为 {value}")) for name, value in table.constants.items()]
    rows += [
        (kind.titled(name), escape(f"空缺时按 {'、'.join(keys)} 取自其他行"))
        for name, keys in table.fills.items()
    ]
    for action in table.actions:
        taken = ",".join(f"{name} = {'、'.join(sources)}" for name, sources in action["columns"].items())
        rows.append((f"环节 {escape(action['step'])}", escape(taken)))
    print_table("", ("标准列", "来自"), rows)
    if table.unused:
        say(f"未使用的列:{escape('、'.join(table.unused))}")


def _titled(name: str) -> str:
    return f"{name} {display_name(name)}"


def _bad_rows(export: ReadExport) -> None:
    for reason in export.reasons:
        column = f"{escape(reason.column)}:" if reason.column else ""
        say(f"[bold yellow]将隔离[/] {reason.rows} 行:{column}{escape(reason.reason)}")
    for bad in export.quarantine:
        table = f"{escape(bad.table)} " if bad.table else ""
        value = f",值为 {escape(bad.value)}" if bad.value else ""
        say(f"  {table}第 {bad.row_no} 行 {escape(bad.column)}{value}:{escape(bad.reason)}")


def _unread(table: UnreadTable) -> None:
    rows = [
        (_titled(name), escape("、".join(f"{c.column}({c.score:.0%})" for c in found)))
        for name, found in table.candidates.items()
    ]
    if rows:
        say(f"表 {escape(table.name)}" if table.name else "可能的对应:")
        print_table("", ("标准列", "可能是(把握)"), rows)
