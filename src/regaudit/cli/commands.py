"""Every command of `regaudit`."""

import sys
from functools import partial
from io import TextIOWrapper
from pathlib import Path

import rich_click as click
from rich.markup import escape

from regaudit import __version__
from regaudit.analyst import AnalystDatabase
from regaudit.bootstrap import open_night, open_workspace
from regaudit.checking import check as run_check
from regaudit.checking import record
from regaudit.cli import show
from regaudit.cli.chinese import speak_chinese
from regaudit.cli.options import home_option as _home
from regaudit.cli.options import json_option as _json
from regaudit.cli.options import store_options
from regaudit.cli.screen import complain, print_json, progress_bar, say
from regaudit.errors import RefusedFileError, RegauditError
from regaudit.eventlog.merkle import HASHES
from regaudit.gathering import STORAGE_ERRORS, explain
from regaudit.intake.importer import Importer
from regaudit.intake.results import Origin
from regaudit.nightly import run_night
from regaudit.profiles import load_profile
from regaudit.rules import is_on, load_rules, parameters
from regaudit.schedule import run_schedule
from regaudit.settings import Store, load_settings
from regaudit.simulate import ALL, CANONICAL, SHAPES
from regaudit.simulate import simulate as run_simulation
from regaudit.sources.mapping import load_mapping
from regaudit.times import parse_as_of, parse_period
from regaudit.warehouse.build import Warehouse
from regaudit.workspace import make_workspace

speak_chinese()

_as_of = click.option("--as-of", "as_of", metavar="TIME", help="截至时间:2026-03-31 为当日结束;默认为现在")
_files = click.Path(path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="regaudit %(version)s")
def cli() -> None:
    """不动产登记平台日志审计:超期、插队、一人办到底,逐晚检查,留痕入台账。"""


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path), default=".")
@click.option("--profile", default="default", help="规程名,见 regaudit profiles")
@click.option("--origin", default="", help="检查点中的登记中心名称,不含空白和加号;默认由公钥得出")
@click.option(
    "--hash", "hash_name", type=click.Choice(HASHES), default=HASHES[0], help="散列树所用的散列函数"
)
@click.option(
    "--store", "url", default="", metavar="URL", help="日志存于 PostgreSQL:postgresql://用户@主机/数据库"
)
@store_options
def init(folder: Path, profile: str, origin: str, hash_name: str, store: Store) -> None:
    """建立工作区:写入带注释的 regaudit.toml、空的事件日志和签名密钥。"""
    load_profile(profile)
    make_workspace(folder, profile, origin=origin, hash_name=hash_name, store=store)
    say(
        f"工作区已建立:{folder.resolve()}\n请按需修改 {folder / 'regaudit.toml'},然后运行 regaudit nightly\n"
        f"请把 {folder / 'keys' / 'log.pub'} 中的公钥交给审计人另行保存,以便日后核对日志"
    )


@cli.command(name="import")
@click.argument("files", nargs=-1, required=True, type=_files)
@click.option("--mapping", help="映射 TOML 文件,或自带映射的名称")
@click.option("--covers", help="导出所声明涵盖的日期,如 2026-03-01..2026-03-31:缺少以前有过的行即告警")
@_home
@_json
def import_(
    files: tuple[Path, ...], mapping: str | None, covers: str | None, home: Path, *, as_json: bool
) -> None:
    """把导出文件(或文件夹)追加到事件日志。"""
    origin = Origin(covers=parse_period(covers) if covers else None)
    with progress_bar() as progress, open_workspace(home, "import", progress=progress) as workspace:
        name, loaded = load_mapping(mapping, home)
        importer = Importer(home, workspace.log, workspace.settings.zone, workspace.now, progress)
        results, refused = [], []
        for path in files:
            try:
                results += importer.run(path, name, loaded, origin)
            except RefusedFileError as error:
                refused.append(str(error))
    if results or not refused:
        print_json(results) if as_json else show.imports(results)
    if refused:
        raise RegauditError("\n".join(refused))
    raise SystemExit(3 if any(result.quarantined or result.waiting for result in results) else 0)


@cli.command()
@click.argument("files", nargs=-1, type=_files)
@click.option("--mapping", help="映射 TOML 文件,用于命令行给出的文件")
@click.option("--rebuild", is_flag=True, help="从事件日志重建镜像")
@_as_of
@_home
@_json
def nightly(
    files: tuple[Path, ...],
    mapping: str | None,
    as_of: str | None,
    home: Path,
    *,
    rebuild: bool,
    as_json: bool,
) -> None:
    """夜间作业:导入、投影、检查、发布、入台账、发邮件。"""
    with (
        progress_bar() as progress,
        open_night(home, "nightly", progress=progress) as opened,
    ):
        up_to = parse_as_of(as_of, opened.now()) if as_of else None
        summary = run_night(opened, files, as_of=up_to, mapping=mapping, rebuild=rebuild)
    print_json(show.night_facts(summary)) if as_json else show.night(summary)
    raise SystemExit(summary.exit_status)


@cli.command()
@click.option("--rebuild", is_flag=True, help="从事件日志重建镜像")
@_as_of
@_home
@_json
def check(as_of: str | None, home: Path, *, rebuild: bool, as_json: bool) -> None:
    """重建投影与问题并发布分析数据库;不动台账,不发邮件。"""
    with (
        progress_bar() as progress,
        open_workspace(home, "check", progress=progress) as workspace,
        Warehouse(home, rebuild=rebuild) as warehouse,
    ):
        checked = run_check(workspace, warehouse, as_of=parse_as_of(as_of, workspace.now()), kind="check")
        record(workspace, checked)
    print_json(show.check_facts(checked)) if as_json else show.checked(checked)
    raise SystemExit(1 if checked.errors else 0)


@cli.command()
@click.option("--rule", help="只列这条规则")
@click.option("--office", help="只列这个登记机构")
@click.option("--open", "only_open", is_flag=True, help="只列仍存在的问题")
@click.option("--unknown", "only_unknown", is_flag=True, help="改列规则无法判断的对象:既不算问题,也不算清白")
@_home
@_json
def findings(
    rule: str | None, office: str | None, home: Path, *, only_open: bool, only_unknown: bool, as_json: bool
) -> None:
    """列出问题,或规则无法判断的对象。"""
    show.check_rule(rule)
    if only_open and only_unknown:
        raise click.UsageError("--open 与 --unknown 只能用一个:无法判断的对象不是问题")
    with AnalystDatabase(home) as database:
        if only_unknown:
            rows = database.unknowns(rule=rule, office=office)
            print_json(rows) if as_json else show.unknowns(rows)
        else:
            rows = database.findings(rule=rule, office=office, only_open=only_open)
            print_json(rows) if as_json else show.findings(rows)


@cli.command()
@_home
@_json
def rules(home: Path, *, as_json: bool) -> None:
    """检查哪些规则,依据与参数为何。"""
    profile = (
        load_profile(load_settings(home).profile, home)
        if (home / "regaudit.toml").is_file()
        else load_profile("default")
    )
    facts = [
        {
            "rule": rule.name,
            "version": rule.version,
            "title": rule.title,
            "severity": rule.severity,
            "subject": rule.subject,
            "basis": rule.basis,
            "params": parameters(rule, profile),
            "enabled": is_on(rule, profile),
        }
        for rule in load_rules().values()
    ]
    print_json(facts) if as_json else show.rules(facts)


@cli.command()
@click.option("--cases", type=click.IntRange(min=1), required=True, help="办件数")
@click.option("--seed", type=int, required=True, help="随机种子:相同则结果相同")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="输出文件夹")
@click.option(
    "--shape",
    "shapes",
    type=click.Choice([*SHAPES, ALL]),
    multiple=True,
    default=[CANONICAL],
    metavar="NAME",
    help=f"办件日志写成什么形式,可重复: {', '.join([*SHAPES, ALL])}(全部)",
)
def simulate(cases: int, seed: int, out: Path, shapes: tuple[str, ...]) -> None:
    """生成模拟平台的导出及其真相(truth.csv),供演示、回测和基准。"""
    names = list(SHAPES) if ALL in shapes else list(dict.fromkeys(shapes))
    with progress_bar() as progress:
        made = run_simulation(cases, seed, out, shapes=names, on_progress=partial(progress, "模拟"))
    say(f"已写入 {out}:{made}")


@cli.command()
@_home
def schedule(home: Path) -> None:
    """常驻运行:每天到点执行夜间作业,错过一晚则补一晚。"""
    settings = load_settings(home)
    run_schedule(home, settings, say=lambda line: say(escape(line)))


def main() -> None:
    """Run the command line; expected failures become a message and an exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A rare character that a terminal's code page lacks must not stop the whole command.
            stream.reconfigure(errors="backslashreplace")
    try:
        raise SystemExit(cli.main(standalone_mode=False))
    except click.ClickException as error:
        complain(f"[bold red]用法有误[/]:{escape(error.format_message())}")
        if isinstance(error, click.UsageError) and error.ctx:
            complain(f"运行 {error.ctx.command_path} -h 查看用法")
        raise SystemExit(error.exit_code) from error
    except RegauditError as error:
        complain(f"[bold red]失败[/]:{escape(str(error))}")
        raise SystemExit(error.exit_status) from error
    except STORAGE_ERRORS as error:
        # A full or failing disk shows itself anywhere; what was half written is taken back or not believed.
        complain(f"[bold red]失败[/]:{escape(explain(error))}")
        raise SystemExit(1) from error
    except (KeyboardInterrupt, click.Abort):
        complain("已中断;事件日志保持原样")
        raise SystemExit(130) from None
