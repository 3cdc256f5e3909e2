"""Invent a platform."""

from functools import partial
from pathlib import Path

import click

from regaudit.base.modes import for_others
from regaudit.cli.options import file_type
from regaudit.cli.screen import progress_bar, say
from regaudit.simulate import ALL, CANONICAL, SHAPES
from regaudit.simulate import simulate as run_simulation


@click.command()
@click.option("--cases", type=click.IntRange(min=1), required=True, help="办件数")
@click.option("--seed", type=int, required=True, help="随机种子:相同则结果相同")
@click.option("--out", type=file_type, required=True, help="输出文件夹")
@click.option(
    "--shape",
    "shapes",
    type=click.Choice([*SHAPES, ALL]),
    multiple=True,
    default=[CANONICAL],
    metavar="名称",
    help=f"办件日志写成什么形式,可重复:{'、'.join([*SHAPES, ALL])}(全部)",
)
@click.option("--people", is_flag=True, help="另写台账的人员、此后数月的办理及其真相(ledger_truth.csv)")
def simulate(cases: int, seed: int, out: Path, *, shapes: tuple[str, ...], people: bool) -> None:
    """生成模拟平台的导出及其真相(truth.csv),供演示、回测和基准。"""
    names = list(SHAPES) if ALL in shapes else list(dict.fromkeys(shapes))
    with progress_bar() as progress, for_others():
        made = run_simulation(
            cases, seed, out, shapes=names, people=people, on_progress=partial(progress, "模拟")
        )
    say(
        f"已写入 {out}:{made.cases} 件业务(未结 {made.open_cases} 件)、{made.rows} 行、"
        f"{made.offices} 个登记机构、{made.accounts} 个账号,{made.start} 起 {made.days} 天;"
        f"种子 {made.seed},规程 {made.profile}\n"
        f"可用 regaudit nightly --as-of {made.as_of} 检查;"
        f"应查出的问题 {sum(made.violations.values())} 项,见 truth.csv"
    )
