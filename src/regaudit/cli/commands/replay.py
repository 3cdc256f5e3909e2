"""The commands that compute without keeping anything: a run once more, and what other settings would find."""

from pathlib import Path

import rich_click as click

from regaudit.audit.backtest import backtest as run_backtest
from regaudit.audit.replay import replay as run_replay
from regaudit.base.settings import load_settings
from regaudit.base.typed_times import parse_as_of
from regaudit.cli import show_trials
from regaudit.cli.main import cli
from regaudit.cli.options import home_option, json_option
from regaudit.cli.screen import print_json, progress_bar
from regaudit.operation.open import local_now


@cli.command()
@click.argument("run_no", metavar="RUN", type=click.IntRange(min=1))
@home_option
@json_option
def replay(run_no: int, home: Path, *, as_json: bool) -> None:
    """按当时的日志重算一次运行(序号见 runs 表),逐字节核对问题;不发布、不入台账。"""
    with progress_bar() as progress:
        result = run_replay(home, run_no, progress)
    print_json(result) if as_json else show_trials.replayed(result)
    raise SystemExit(0 if result.is_equal else 1)


@cli.command()
@click.option("--profile", "profiles", multiple=True, help="规程名;一个与本工作区的比较,两个互相比较")
@click.option("--set", "settings", multiple=True, metavar="RULE.PARAM=VALUE", help="改一个参数,可重复")
@click.option("--as-of", "as_of", metavar="TIME", help="截至时间:2026-03-31 为当日结束;默认为现在")
@click.option("--limit", type=click.IntRange(min=0), default=20, show_default=True, help="每条规则各列几项")
@home_option
@json_option
def backtest(
    profiles: tuple[str, ...],
    settings: tuple[str, ...],
    as_of: str | None,
    limit: int,
    home: Path,
    *,
    as_json: bool,
) -> None:
    """换一个规程或参数会多出、少掉哪些问题;不发布、不发邮件、不留记录。"""
    now = local_now(load_settings(home).zone)
    with progress_bar() as progress:
        result = run_backtest(
            home, profiles, settings, as_of=parse_as_of(as_of, now), limit=limit, progress=progress
        )
    print_json(result) if as_json else show_trials.backtested(result)
    raise SystemExit(1 if result.errors else 0)
