"""What is said about a finished import."""

from collections.abc import Sequence

from rich.markup import escape

from regaudit.catalogue.kinds import kind_title
from regaudit.cli.screen import say
from regaudit.intake.results import ImportResult


def imports(results: Sequence[ImportResult]) -> None:
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
        for table in result.ignored:
            say(f"  未读取的表:{escape(table)}")
        if result.quarantine_file:
            say(f"  隔离的行在 quarantine/{escape(result.quarantine_file)}:按其中的原因改正后可再导入")


def _also(result: ImportResult) -> str:
    counts = {
        "以前隔离已处理": result.settled,
        "以前隔离仍待改正": result.waiting,
        "未办理而跳过": result.skipped,
        "较以前缺失": result.vanished,
        "改正后重新提交": result.resubmitted,
    }
    return "".join(f",{title} {count}" for title, count in counts.items() if count)
