"""Reasons for a night's light that lie in what came in, or did not, and in how nights were run."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal

from regaudit.audit.found_reasons import SilentOffice
from regaudit.audit.light import Reason
from regaudit.base.running_text import day_text
from regaudit.base.settings import Settings
from regaudit.catalogue.event_types import ImportRecorded, QuarantineDismissed, SettingChange
from regaudit.ledger.states import LIGHTS, Light

_LEFT_OUT_ROWS, _LAST_IMPORTS = 10, 5
_FEW_DAYS = 2
_FEW_ENTRIES = 5


def red(code: Literal["failed", "integrity"], facts: Iterable[str]) -> list[Reason]:
    """What failed, or what contradicts itself: a reason each, of the whole workspace."""
    return [Reason(code=code, light="red", text=_sentence(text), count=1, office=None) for text in facts]


def missing(sources: Sequence[tuple[str, str]]) -> list[Reason]:
    """Expected exports that did not come: a source and its office, empty for several."""
    return [
        Reason(
            code="missing",
            light="yellow",
            text=f"数据源“{name}”应到的导出未到。",
            count=1,
            office=office or None,
        )
        for name, office in sources
    ]


def silent(office: SilentOffice) -> Reason:
    """An office that acted on nearly every working day and acts no more."""
    text = (
        f"机构 {office.office} 自 {day_text(office.last_on)} 以来没有任何操作，已 {office.days} 个工作日；"
        "此前几乎每个工作日都有。请查明是停办还是数据没有送来；确已停办的，在 regaudit.toml 的"
        " [[offices]] 写明 until。"
    )
    return Reason(code="missing", light="yellow", text=text, count=1, office=office.office)


def repeated(night: date, last: date) -> Reason:
    """A night that the ledger has overtaken and that somebody asked for again."""
    text = f"这是{day_text(night)}一晚的重看：台账已到{day_text(last)}，这次的结果不入台账，灯不作数。"
    return Reason(code="nights", light="yellow", text=text, count=1, office=None)


def busy() -> Reason:
    """A night that could not start: in the same words, however often it is tried."""
    text = (
        "到点时另一个进程正占用工作区，本夜没有能够开始；常驻的 regaudit schedule 会再试，"
        "其他方式请在它结束后重新运行 regaudit nightly。"
    )
    return Reason(code="nights", light="yellow", text=text, count=1, office=None)


def missed(days: Sequence[date]) -> list[Reason]:
    """Working days of which no night was run."""
    if not days:
        return []
    named = days if len(days) <= _FEW_DAYS else (days[0], days[-1])
    since = ("、" if named is days else "至").join(map(day_text, named))
    text = f"{since} 有 {len(days)} 个工作日的夜间作业没有运行，那几晚没有人看过数据。"
    return [Reason(code="nights", light="yellow", text=text, count=len(days), office=None)]


def untold(night: date, office: str | None, settings: Settings) -> Reason:
    """A night that is in the ledger and that an office, or none at all, has had no mail of."""
    lacking = f"未能发给{settings.office_name(office)}" if office else "没有发出"
    text = (
        f"{day_text(night)}的一晚记入台账以后中断，邮件{lacking}：那一晚新增的问题此后不再算新增，"
        f"请在附件的未结问题中查看首次发现为 {night} 的。"
    )
    return Reason(code="failed", light="red", text=text, count=1, office=office)


def withdrawn(nights: Iterable[str]) -> list[Reason]:
    """Nights that were withdrawn since the last one."""
    return [
        Reason(code="nights", light="yellow", text=_sentence(text), count=1, office=None) for text in nights
    ]


def unread(
    lines: Sequence[str], new: Sequence[ImportRecorded], before: Sequence[ImportRecorded]
) -> list[Reason]:
    """What was not read of tonight's exports; and where a mapping leaves out far more than it used to."""
    found = [
        Reason(code="unread", light="yellow", text=_sentence(text), count=1, office=None) for text in lines
    ]
    known = list(before)
    for event in new:
        usual = max((_share(each) for each in _like(event, known)), default=0.0)
        if event.skipped >= _LEFT_OUT_ROWS and known and _share(event) >= 2 * usual:
            text = (
                f"{event.file_name} 有 {event.skipped} 行（共 {event.rows_read} 行）按映射不读，"
                f"远多于以往（最多占 {usual:.0%}）：请核对映射和导出。"
            )
            found.append(Reason(code="unread", light="yellow", text=text, count=event.skipped, office=None))
        known.append(event)
    return found


def _like(event: ImportRecorded, known: Sequence[ImportRecorded]) -> list[ImportRecorded]:
    same = [e for e in known if (e.kind, e.source, e.mapping) == (event.kind, event.source, event.mapping)]
    return same[-_LAST_IMPORTS:]


def _share(event: ImportRecorded) -> float:
    return event.skipped / event.rows_read if event.rows_read else 0.0


def quarantined(tonight: int, before: int, dismissals: Iterable[QuarantineDismissed]) -> list[Reason]:
    """Rejected rows that wait to be corrected, and those that somebody gave up since."""
    found = []
    if tonight or before:
        text = f"隔离行共 {tonight + before} 行待改正，其中本夜新增 {tonight} 行。"
        found.append(
            Reason(code="quarantined", light="yellow", text=text, count=tonight + before, office=None)
        )
    for event in dismissals:
        text = (
            f"{event.dismissed_by} 注销了第 {event.dismissed_import_no} 次导入的 {event.rows} 行隔离行，"
            f"理由：{event.reason}。"
        )
        found.append(Reason(code="quarantined", light="yellow", text=text, count=event.rows, office=None))
    return found


def turned(entries: Iterable[tuple[str | None, Light, list[str]]]) -> list[Reason]:
    """Entries of the ledger whose light became yellow, orange or red: office, light, numbers."""
    return [
        Reason(
            code="ledger",
            light="yellow" if light == "yellow" else "red",
            text=f"台账有 {len(numbers)} 项转为{LIGHTS[light]}灯：{_few(numbers)}。",
            count=len(numbers),
            office=office,
        )
        for office, light, numbers in entries
    ]


def _few(numbers: Sequence[str]) -> str:
    more = " 等" if len(numbers) > _FEW_ENTRIES else ""
    return "、".join(numbers[:_FEW_ENTRIES]) + more


def changed(changes: Sequence[SettingChange]) -> list[Reason]:
    """What decides, or who hears of it, is not what it was: one reason for all; the mail lists them."""
    if not changes:
        return []
    names = "、".join(change.what for change in changes[:3])
    more = f" 等 {len(changes)} 处" if len(changes) > 3 else ""  # noqa: PLR2004 - as many as are named
    text = f"与上一晚相比，设置有变更：{names}{more}。"
    return [Reason(code="changed", light="yellow", text=text, count=len(changes), office=None)]


def _sentence(text: str) -> str:
    return text if text.endswith(("。", "！", "？")) else f"{text}。"
