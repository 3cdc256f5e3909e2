"""The words of a digest: its texts made safe, the order of urgency, subject, light and one sentence."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any, Literal

import msgspec

from regaudit.outlets.mail.digest import Digest, Line

TEXT_CAP = 500
LIST_CAP = 30
SEVERITIES = {"critical": "严重", "major": "重要", "minor": "一般", "info": "提示"}
WEEKDAYS = "一二三四五六日"
# Invisible in print, yet able to break a header, forge a line, or turn the reading order round.
_UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}
_INVISIBLE = "Cf"
_FULL_WIDTH = str.maketrans(",:;()", "，：；（）")

Light = Literal["red", "yellow", "green"]


def one_line(text: str) -> str:
    """`text` on one line without control characters, so that no value can add a header or forge a line."""
    kinds = ((char, unicodedata.category(char)) for char in text)
    kept = "".join(" " if kind in _UNPRINTABLE else char for char, kind in kinds if kind != _INVISIBLE)
    kept = " ".join(kept.split())
    return kept if len(kept) <= TEXT_CAP else kept[: TEXT_CAP - 1] + "…"


def safe(digest: Digest) -> Digest:
    """`digest` with every text in it on one line."""
    return msgspec.convert(_scrub(msgspec.to_builtins(digest)), Digest)


def _scrub(value: Any) -> Any:
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, list):
        return [_scrub(item) for item in value]
    if isinstance(value, dict):
        return {key: _scrub(item) for key, item in value.items()}
    return value


def day_of(day: date) -> str:
    """`3月31日`."""
    return f"{day.month}月{day.day}日"


def rank(severity: str) -> int:
    """Worst first; a severity that nobody told us of counts as the worst."""
    order = list(SEVERITIES)
    return order.index(severity) if severity in order else 0


def urgency(line: Line) -> tuple[int, str, date, str, str]:
    """The order of the lists: the worst first, each rule's together, the earliest due date first."""
    return (
        rank(line.severity),
        line.rule,
        line.due_on or date.max,
        line.case_no or "",
        line.finding_id,
    )


def shown(lines: Sequence[Line]) -> list[Line]:
    """The lines of a list that a mail has place for, in their order.

    The worst come first; of one severity each rule gets an equal share, so that none hides the others.
    """
    seen: Counter[tuple[str, str]] = Counter()
    places = []
    for number, line in enumerate(lines):
        seen[line.severity, line.rule] += 1
        places.append((rank(line.severity), seen[line.severity, line.rule], number))
    return [lines[number] for *_, number in sorted(sorted(places)[:LIST_CAP], key=lambda place: place[-1])]


def lists(digest: Digest) -> tuple[list[Line], list[Line], list[Line]]:
    """The lists due soon, new and continuing, each finding in one of them only, the most urgent first."""
    soon = {line.finding_id for line in digest.due_soon}
    new, continuing = (
        sorted((line for line in lines if line.finding_id not in soon), key=urgency)
        for lines in (digest.new, digest.continuing)
    )
    due_soon = sorted(digest.due_soon, key=lambda line: (line.due_on or date.max, line.case_no or ""))
    return due_soon, new, continuing


def light_of(
    digest: Digest, due_soon: Sequence[Line], new: Sequence[Line], continuing: Sequence[Line]
) -> tuple[Light, str]:
    """The light and what it stands for; the worst that holds decides."""
    found = [*new, *continuing]
    worst = min((rank(line.severity) for line in found), default=len(SEVERITIES))
    # What is missing is no case that is late, however grave it is.
    is_export = all(line.source for line in found if rank(line.severity) == worst)
    states: list[tuple[bool, Light, str]] = [
        (not digest.is_whole, "red", "运行失败"),
        (worst == 0, "red", "有严重问题"),
        (worst == 1, "red", "缺少应到的导出" if is_export else "有超期或重要问题"),
        (bool(due_soon), "yellow", "有办件将到期"),
        (bool(digest.report.missing or digest.report.has_open_rows), "yellow", "数据不全"),
        (bool(new or continuing), "yellow", "有一般问题"),
    ]
    return next(((light, status) for holds, light, status in states if holds), ("green", "零报告"))


def found_text(due_soon: Sequence[Line], new: Sequence[Line], continuing: Sequence[Line]) -> str:
    """`新增 3 项(严重 1),将到期 2 件,持续 5 项`, or empty."""
    parts = []
    if new:
        parts.append(f"新增 {len(new)} 项{_worst(new)}")
    if due_soon:
        parts.append(f"将到期 {len(due_soon)} 件")
    if continuing:
        parts.append(f"持续 {len(continuing)} 项{_worst(continuing)}")
    return ",".join(parts)


def _worst(lines: Sequence[Line]) -> str:
    """How many of `lines` are critical, in brackets."""
    critical = sum(rank(line.severity) == 0 for line in lines)
    return f"(严重 {critical})" if critical else ""


def gaps_text(digest: Digest) -> str:
    """What is missing from the night's data, or empty."""
    parts = []
    if digest.report.missing:
        parts.append(f"缺 {len(digest.report.missing)} 个导出")
    if digest.report.has_open_rows:
        parts.append(_open_rows_text(digest.report.quarantined, digest.report.quarantined_before))
    return "、".join(parts)


def _open_rows_text(tonight: int, before: int) -> str:
    if not before:
        return f"隔离 {tonight} 行" if tonight else "有隔离行"
    new = f"新隔离 {tonight} 行" if tonight else "无新隔离行"
    return f"{new}、共 {tonight + before} 行待改正"


def subject_of(digest: Digest, prefix: str, found: str) -> str:
    """The subject tells all at a glance; only a clean night has the word 零报告 in it."""
    marks = [prefix]
    if not digest.is_whole:
        marks.append("运行失败")
    if digest.report.missing:
        marks.append("缺导出")
    if digest.report.has_open_rows:
        marks.append("有隔离行")
    if digest.is_clean:
        news = "零报告"
    elif not digest.is_whole:
        news = f"结果不完整,已知{found}" if found else "没有得到完整结果"
    else:
        news = found or f"数据不全({gaps_text(digest)}),已检查部分未发现问题"
    return f"【{'·'.join(marks)}】{digest.office_name or digest.office} {day_of(digest.report.on)}:{news}"


def sentence_of(digest: Digest, found: str) -> str:
    """The night in one sentence, with the punctuation of running text."""
    return _sentence(digest, found).translate(_FULL_WIDTH)


def _sentence(digest: Digest, found: str) -> str:
    gaps = gaps_text(digest)
    if digest.is_clean:
        gone = f";上一夜的 {len(digest.gone)} 项不再出现" if digest.gone else ""
        return f"零报告:本夜检查完整运行,没有发现问题,也没有将到期的办件{gone}。"
    if not digest.is_whole:
        known = f"已知{found}" if found else "没有得到完整的检查结果"
        return f"本夜运行失败,{known}{f';另{gaps}' if gaps else ''};数字可能不全,不能当作没有问题。"
    if gaps:
        return f"{found or '已检查的部分没有发现问题'};但数据不全({gaps}),结论不完整。"
    return f"本夜检查完整运行:{found}。"
