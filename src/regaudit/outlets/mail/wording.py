"""The words of a digest: its texts made safe, the order of urgency, subject and one sentence."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec

from regaudit.audit.light import LIGHTS, title_of, unit_of
from regaudit.base.running_text import day_text
from regaudit.outlets.mail.digest import Digest, Line

TEXT_CAP = 500
SUBJECT_CAP = 4
SEVERITIES = {"critical": "严重", "major": "重要", "minor": "一般", "info": "提示"}
# Invisible in print, yet able to break a header, forge a line, or turn the reading order round.
_UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}
_INVISIBLE = "Cf"


def one_line(text: str) -> str:
    """`text` on one line without control characters, so that no value can add a header or forge a line."""
    kept = " ".join((text if text.isprintable() else _printed(text)).split())
    return kept if len(kept) <= TEXT_CAP else kept[: TEXT_CAP - 1] + "…"


def _printed(text: str) -> str:
    kinds = ((char, unicodedata.category(char)) for char in text)
    return "".join(" " if kind in _UNPRINTABLE else char for char, kind in kinds if kind != _INVISIBLE)


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


class Lists(msgspec.Struct, frozen=True, kw_only=True):
    """A digest's findings, each in one list, the most urgent first; `hints` are new and give no light."""

    new: list[Line]
    due_soon: list[Line]
    hints: list[Line]
    gone: list[Line]
    continuing: list[Line]

    @property
    def open(self) -> list[Line]:
        """All that is not settled."""
        return [*self.new, *self.due_soon, *self.hints, *self.continuing]

    @property
    def standing(self) -> list[Line]:
        """What earlier nights found and still is, hints left out."""
        return [line for line in self.continuing if line.severity != "info"]


def lists(digest: Digest) -> Lists:
    """The findings of a digest as the mail orders them."""
    soon = {line.finding_id for line in digest.due_soon}
    new, continuing = (
        sorted((line for line in lines if line.finding_id not in soon), key=urgency)
        for lines in (digest.new, digest.continuing)
    )
    return Lists(
        new=[line for line in new if line.severity != "info"],
        due_soon=sorted(digest.due_soon, key=lambda line: (line.due_on or date.max, line.case_no or "")),
        hints=[line for line in new if line.severity == "info"],
        gone=sorted(digest.gone, key=urgency),
        continuing=continuing,
    )


def graded(lines: Sequence[Line]) -> str:
    """How many of `lines` are of which severity: `严重 1 项、重要 2 项`."""
    counts = Counter(SEVERITIES.get(line.severity, line.severity) for line in sorted(lines, key=urgency))
    return "、".join(f"{title} {count} 项" for title, count in counts.items())


def subject_of(digest: Digest, prefix: str, found: Lists) -> str:
    """The subject: the light first, then what it is for; only a green night has the word 零报告 in it."""
    mark = "·".join(part for part in (prefix, LIGHTS[digest.light]) if part)
    news = _reasons_text(digest, found) if digest.because else ["零报告"]
    if found.due_soon:
        news.append(f"将到期 {len(found.due_soon)} 件")
    if found.standing:
        news.append(f"未结 {len(found.standing)} 项{_worst(found.standing)}")
    night = digest.report.on
    return f"【{mark}】{digest.office_name or digest.office} {day_text(night, night)}：{'，'.join(news)}"


def _reasons_text(digest: Digest, found: Lists) -> list[str]:
    """`新增问题 3 项（严重 1 项）`, for each code of the reasons, the worst first."""
    counts: Counter[str] = Counter()
    for reason in digest.because:
        counts[reason.code] += reason.count
    texts = [
        f"{title_of(code)} {count} {unit_of(code)}{_worst(found.new) if code == 'new' else ''}"
        for code, count in counts.items()
    ]
    rest = len(texts) - SUBJECT_CAP
    return texts if rest <= 0 else [*texts[:SUBJECT_CAP], f"另有 {rest} 类情况"]


def _worst(lines: Sequence[Line]) -> str:
    """How many of `lines` are critical, in brackets."""
    critical = sum(rank(line.severity) == 0 for line in lines)
    return f"（严重 {critical} 项）" if critical else ""


def sentence_of(digest: Digest, found: Lists) -> str:
    """What stands beside the reasons: that there are none or the figures not whole, and what else is."""
    beside = [
        *([f"将到期 {len(found.due_soon)} 件"] if found.due_soon else []),
        *([f"提示 {len(found.hints)} 项"] if found.hints else []),
        *([f"以前发现、至今未结 {len(found.standing)} 项{_worst(found.standing)}"] if found.standing else []),
        *([f"不再出现 {len(found.gone)} 项"] if found.gone else []),
    ]
    told = f"{'，'.join(beside)}。" if beside else ""
    if not digest.is_whole:
        return f"本夜的结果不完整，不能当作没有问题。{f'已知：{told}' if told else ''}"
    if not digest.because:
        return f"零报告：本夜检查已完整运行，没有新增问题，也没有需要说明的异常。{told}"
    return f"另有：{told}" if told else ""
