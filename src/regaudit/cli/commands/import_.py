"""Take exports in."""

from collections.abc import Sequence
from pathlib import Path

import click
from rich.markup import escape

from regaudit.base.errors import RefusedFileError, RegauditError
from regaudit.base.typed_times import parse_period
from regaudit.catalogue.event_types import UnreadTable
from regaudit.catalogue.kinds import kind_title
from regaudit.cli.options import backfill_option, file_type, home_option, json_option
from regaudit.cli.screen import print_json, progress_bar, say
from regaudit.eventlog.lock import Lock
from regaudit.intake.importer import Importer
from regaudit.intake.results import ImportResult, Origin
from regaudit.intake.unknown_values import unknown_in_words
from regaudit.operation.open import open_workspace
from regaudit.sources.canonical.mapping import load_mapping
from regaudit.sources.canonical.unread import told_in_words


@click.command(name="import")
@click.argument("files", metavar="文件...", nargs=-1, required=True, type=file_type)
@click.option("--mapping", help="映射 TOML 文件,或自带映射的名称")
@click.option("--covers", help="导出所声明涵盖的日期,如 2026-03-01..2026-03-31:缺少以前有过的行即告警")
@backfill_option
@home_option
@json_option
def import_(
    files: tuple[Path, ...],
    mapping: str | None,
    covers: str | None,
    backfill: str,
    home: Path,
    *,
    as_json: bool,
) -> None:
    """把导出文件(或文件夹)追加到事件日志。"""
    origin = Origin(covers=parse_period(covers) if covers else None, backfill=backfill)
    with (
        progress_bar() as progress,
        open_workspace(home, "import", progress=progress, locks=[Lock.IMPORT]) as workspace,
    ):
        name, loaded = load_mapping(mapping, home)
        importer = Importer(home, workspace.log, workspace.settings.zone, workspace.now, progress)
        results, refused = [], []
        for path in files:
            try:
                results += importer.run(path, name, loaded, origin)
            except RefusedFileError as error:
                refused.append(str(error))
    if results or not refused:
        print_json(results) if as_json else print_imported(results)
    if refused:
        raise RegauditError("\n".join(refused))
    raise SystemExit(3 if any(result.is_incomplete for result in results) else 0)


def print_imported(results: Sequence[ImportResult]) -> None:
    """What each import did."""
    files = [result.file for result in results]
    for result in results:
        # Several kinds of rows may come in one file or folder.
        kind = f"({kind_title(result.kind)})" if files.count(result.file) > 1 else ""
        known_file = "(该文件以前已导入)" if result.was_known_file else ""
        say(
            f"{escape(result.file)}{kind}:读取 {result.rows_read},新增 {result.appended},已有 {result.known},"
            f"被改 {result.altered},隔离 {result.quarantined}{_also(result)}{known_file}"
        )
        if result.backfill:
            say(f"  声明为补录:{escape(result.backfill)}")
        for notice in result.alike:
            say(f"  {escape(notice)}")
        print_unread(result.unread, result.ignored, result.footers)
        for column in result.absent:
            say(
                f"  映射所指的列不存在:{escape(column)},相应内容为空;列名改了请改映射,本来没有的写进 optional"
            )
        for rule, rows in result.left_out.items():
            say(f"  映射规定跳过 {rows} 行:{escape(rule)}")
        for found in result.unknown:
            say(f"  {escape(unknown_in_words(result.kind, found))}")
        if result.future:
            say(f"  未来日期 {result.future} 个:日期在导入时间之后,已保留,到时才计入,请核对平台时钟")
        if result.quarantine_file:
            say(f"  隔离的行在 quarantine/{escape(result.quarantine_file)}:按其中的原因改正后可再导入")


def print_unread(unread: Sequence[UnreadTable], ignored: Sequence[str], footers: int) -> None:
    """What an export had that was not read; what is missing from the import stands out."""
    for table in unread:
        say(f"  [bold yellow]未读取[/] {escape(told_in_words(table))}:这次导入不完整")
    told = set(map(told_in_words, unread))
    for text in (text for text in ignored if text not in told):
        say(f"  未读取的表:{escape(text)}")
    if footers:
        say(f"  略去表尾 {footers} 行(合计、导出时间等)")


def _also(result: ImportResult) -> str:
    counts = {
        "以前隔离已处理": result.settled,
        "以前隔离仍待改正": result.waiting,
        "写法与已有记录不同(其中视为同一操作的不重复入库)": result.rewritten,
        "已有的行补上新栏目": result.extended,
        "未办理而跳过": result.skipped,
        "较以前缺失": result.vanished,
        "改正后重新提交": result.resubmitted,
    }
    return "".join(f",{title} {count}" for title, count in counts.items() if count)
