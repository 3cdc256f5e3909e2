"""The command that takes exports in."""

from pathlib import Path

import rich_click as click

from regaudit.base.errors import RefusedFileError, RegauditError
from regaudit.base.typed_times import parse_period
from regaudit.cli import show_imports
from regaudit.cli.commands import cli
from regaudit.cli.options import file_type, home_option, json_option
from regaudit.cli.screen import print_json, progress_bar
from regaudit.eventlog.lock import Lock
from regaudit.intake.importer import Importer
from regaudit.intake.results import Origin
from regaudit.operation.open import open_workspace
from regaudit.sources.canonical.mapping import load_mapping


@cli.command(name="import")
@click.argument("files", nargs=-1, required=True, type=file_type)
@click.option("--mapping", help="映射 TOML 文件,或自带映射的名称")
@click.option("--covers", help="导出所声明涵盖的日期,如 2026-03-01..2026-03-31:缺少以前有过的行即告警")
@home_option
@json_option
def import_(
    files: tuple[Path, ...], mapping: str | None, covers: str | None, home: Path, *, as_json: bool
) -> None:
    """把导出文件(或文件夹)追加到事件日志。"""
    origin = Origin(covers=parse_period(covers) if covers else None)
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
        print_json(results) if as_json else show_imports.imports(results)
    if refused:
        raise RegauditError("\n".join(refused))
    raise SystemExit(3 if any(result.quarantined or result.waiting for result in results) else 0)
