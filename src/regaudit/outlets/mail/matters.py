"""What a reason of the light needs beside its sentence: the particulars, and what to do about them."""

from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from regaudit.audit.light import Reason, title_of, unit_of
from regaudit.base.running_text import full_width
from regaudit.outlets.mail.digest import INCOMPLETE, Change, Digest

LIST_CAP = 30
HEAD_CAP = 5
"""How many reasons of a code stand beside the light."""
FIRST = ("failed", "integrity")
"""What the mail tells before the findings, as it says how far these can be trusted."""
ADVICE = {
    "failed": "数字可能不全，分析数据库可能仍是上次成功运行的结果。请排除原因后重新运行 regaudit nightly。",
    "integrity": (
        "请保持工作区原样，不要删改其中的文件；运行 regaudit verify 查明是哪一处不符，"
        "并与以往夜报所附的检查点核对。"
    ),
    "late": "请向登记机构了解为何事后补录；改变前后的记录都在日志中，可用 regaudit explain 加问题编号查看。",
    "changed": "请核实是谁、因何改动，有无审批；不是有意的改动，请改回后重新运行 regaudit nightly。",
    "missing": "请向平台或登记机构查问，数据到齐后重新运行 regaudit nightly；缺的部分本夜没有检查。",
    "nights": "请检查定时任务是否照常启动；未运行的各夜，其间的情况并入本夜。",
    "unread": (
        "这些内容没有进入检查。请核对平台的导出：表名、列名、是否导全；重新导出后再导入。"
        "本就不需要的表，在映射中写明 ignore。缺的是环节的，有关办件的环节缺失待读到该表后再查。"
    ),
    "quarantined": (
        "这些行没有进入检查。quarantine 中的文件写明了行号、列名和原因，改正后用 regaudit import 重新导入；"
        "本就不该导入的，用 regaudit quarantine --dismiss 注销。在此之前每夜都会提示。"
    ),
    "unknown": "各规则无法判断的数目和原因，见下文“无法判断”。",
}


class Matter(Struct, frozen=True, kw_only=True):
    """What became known in the night: what, which, and what to do about it."""

    code: str
    title: str
    lines: list[str]
    rest: str
    advice: str


def headed(because: Sequence[Reason]) -> tuple[list[Reason], list[Reason]]:
    """The reasons that stand beside the light, some of each code, and those that are told further down."""
    seen: Counter[str] = Counter()
    places: tuple[list[Reason], list[Reason]] = [], []
    for reason in because:
        seen[reason.code] += 1
        places[seen[reason.code] > HEAD_CAP].append(reason)
    return places


def matters_of(digest: Digest, told: set[str | None]) -> list[Matter]:
    """Each code's particulars, in the order of the reasons; `told` are sources that a card tells of.

    What a reason beside the light says already is not said again.
    """
    above, below = headed(digest.because)
    said = [full_width(reason.text) for reason in above]
    counts: dict[str, int] = {}
    for reason in digest.because:
        counts[reason.code] = counts.get(reason.code, 0) + reason.count
    matters = []
    for code, count in counts.items():
        rest = [full_width(reason.text) for reason in below if reason.code == code]
        lines = _particulars(digest, code, told)
        told_above = [*said, *rest]
        lines = rest + [line for line in lines if not any(line in text for text in told_above)]
        if lines or code in ADVICE:
            matters.append(_matter(code, count, lines))
    return matters


def _particulars(digest: Digest, code: str, told: set[str | None]) -> list[str]:
    report = digest.report
    match code:
        case "failed":
            return [full_width(text) for text in report.failures] or [INCOMPLETE]
        case "changed":
            return [_change_text(change) for change in report.changes if digest.concerns(change.office)]
        case "missing":
            return [source for source in report.missing if source not in told]
        case "unread":
            return [full_width(text) for text in report.unread]
        case "quarantined":
            return report.quarantine_files
    return []


def _matter(code: str, count: int, lines: list[str]) -> Matter:
    rest = len(lines) - LIST_CAP
    return Matter(
        code=code,
        title=f"{title_of(code)}（{count} {unit_of(code)}）",
        lines=lines[:LIST_CAP],
        rest=f"其余 {rest} 条略" if rest > 0 else "",
        advice=ADVICE.get(code, ""),
    )


def _change_text(change: Change) -> str:
    old = f"原为 {change.old}" if change.old else "原来没有"
    new = f"现为 {change.new}" if change.new else "现已取消"
    return full_width(f"{change.what}：{old}，{new}")
