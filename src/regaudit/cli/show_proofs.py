"""How `verify` and `keys` look on a terminal."""

from collections.abc import Sequence
from typing import Any

from rich.markup import escape

from regaudit.catalogue.events import catalogue
from regaudit.cli.screen import say
from regaudit.proof.verify.report import Damage, Verified


def verified(result: Verified) -> None:
    """A verification: the verdict, the first bad record, the other damages."""
    if result.is_whole:
        say(f"[bold green]完整[/]:日志 {escape(result.origin)} 的 {result.events:,} 条记录与全部检查点相符")
    else:
        first, *others = result.damages
        say(f"[bold red]有损坏[/]({first.kind}):{escape(_where(first))}{escape(first.problem)}")
        say(f"  {escape(first.advice)}")
        for damage in others:
            say(
                f"另有({damage.kind}):{escape(_where(damage))}{escape(damage.problem)}。{escape(damage.advice)}"
            )
    facts = [
        ("记录", f"{result.events:,}"),
        ("树根", f"{result.hash} {result.root}"),
        ("检查点", result.checkpoints),
        *(("公钥", key) for key in result.keys),
        ("存档文件", result.archived_files),
    ]
    for title, fact in facts:
        say(f"{title}:{escape(str(fact))}")
    for note in result.notes:
        say(f"说明:{escape(note)}")


def keys(facts: Sequence[dict[str, Any]]) -> None:
    """The keys of a log."""
    for fact in facts:
        say(f"自第 {fact['position']} 条起:{escape(fact['verifier_key'])}")


def _title(topic: str) -> str:
    kind = catalogue().get(topic)
    return kind.title if kind else topic


def _where(damage: Damage) -> str:
    if not damage.position:
        return f"{damage.stream}:" if damage.stream else ""
    words = [f"第 {damage.position} 条" + (f"至第 {damage.upto} 条之间" if damage.upto else "记录")]
    if damage.stream:
        words.append(f"{damage.stream} 第 {damage.version} 版({_title(damage.topic)})")
    if damage.import_no:
        row = f"第 {damage.row_no} 行" if damage.row_no else ""
        words.append(" ".join(filter(None, (f"第 {damage.import_no} 次导入", damage.file, row))))
    return ",".join(words) + ":"
