"""What is said about a finished check."""

from typing import Any

from rich.markup import escape

from regaudit.audit.check import Checked
from regaudit.catalogue.rules import load_rules
from regaudit.cli.screen import print_table, say

_STATUS = {"passed": "未发现", "failed": "有问题", "not_applicable": "不适用", "error": "出错"}


def checked(result: Checked) -> None:
    """A check's rules and counts."""
    titles = load_rules()
    print_table(
        f"第 {result.run_no} 次运行:问题 {result.findings} 项",
        ("规则", "名称", "结果", "检查", "问题", "无法判断", "秒"),
        [
            (
                run.rule,
                titles[run.rule].title,
                _STATUS[run.status],
                *(run.examined, run.violations, run.unknown),
                f"{run.seconds:.2f}",
            )
            for run in result.runs
        ],
        whole=("规则",),
    )
    for text in result.errors:
        say(f"[bold red]出错[/]:{escape(text)}")
    say(f"分析数据库:{escape(str(result.published))}")


def check_facts(result: Checked) -> dict[str, Any]:
    """A check for programs."""
    return {
        "run_no": result.run_no,
        "log_position": result.log_position,
        "findings": result.findings,
        "rules": result.runs,
        "published": str(result.published),
    }
