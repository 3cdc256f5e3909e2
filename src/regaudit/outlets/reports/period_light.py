"""The light of a period, with its reasons in words: green where nothing is to be told."""

from collections.abc import Iterator, Sequence
from typing import Any

from regaudit.audit.light import Light, Reason, title_of, worst
from regaudit.base.periods import Period
from regaudit.outlets.reports.bridge import Stand

_GRAVE = ("failed", "integrity")
_MILDER = {"orange": "橙", "yellow": "黄"}
_MOST_DAYS = 5


def light_of(reasons: Sequence[Reason]) -> Light:
    """The worst of some reasons."""
    return worst(reasons)


def reasons_of(
    period: Period,
    *,
    stands: Sequence[Stand],
    lights: dict[str, int],
    nights: Sequence[dict[str, Any]],
    exports: Sequence[dict[str, Any]],
    figures: dict[str, tuple[int, int]],
    rejected: int,
) -> Iterator[Reason]:
    """Why a period is not green, the worst first.

    Args:
        period: what is reported.
        stands: the entries of the ledger.
        lights: how many entries that are open at its end have which light.
        nights: the working days with their nights.
        exports: the exports that are missing.
        figures: numerator and denominator of `late_closed` and `late_open`.
        rejected: rejected rows that wait to be corrected.
    """
    word = period.word
    reasons = [
        *_of_nights(nights),
        *_of_ledger(lights),
        *_of_openings(word, [stand.after.severity for stand in stands if stand.is_new]),
        *_of_cases(word, figures),
        *_of_data(exports, rejected),
    ]
    yield from sorted(reasons, key=lambda reason: reason.light != "red")


def _of_nights(nights: Sequence[dict[str, Any]]) -> Iterator[Reason]:
    for code in _GRAVE:
        told = [row["on_date"] for row in nights if any(why["code"] == code for why in row["because"])]
        if told:
            yield _reason(code, "red", f"有 {len(told)} 晚{title_of(code)}：{_days(told)}", len(told))
    missing = [row["on_date"] for row in nights if row["run_no"] is None]
    if missing:
        text = f"{len(nights)} 个工作日中有 {len(missing)} 晚没有夜间作业：{_days(missing)}"
        yield _reason("nights", "yellow", text, len(missing))


def _of_ledger(lights: dict[str, int]) -> Iterator[Reason]:
    if lights["red"]:
        yield _reason("ledger", "red", f"期末台账有红灯 {lights['red']} 项", lights["red"])
    told = [f"{title}灯 {lights[light]} 项" for light, title in _MILDER.items() if lights[light]]
    if told:
        count = sum(lights[light] for light in _MILDER)
        yield _reason("ledger", "yellow", f"期末台账有{'、'.join(told)}", count)


def _of_openings(word: str, severities: Sequence[str]) -> Iterator[Reason]:
    grave = severities.count("critical")
    if grave:
        yield _reason("new", "red", f"本{word}新挂账中有严重的 {grave} 项", grave)
    if lesser := len(severities) - grave:
        yield _reason("new", "yellow", f"本{word}新挂账中有重要、一般的 {lesser} 项", lesser)


def _of_cases(word: str, figures: dict[str, tuple[int, int]]) -> Iterator[Reason]:
    for key, text in (("late_closed", f"本{word}办结已超期"), ("late_open", "期末在办已超期")):
        late, whole = figures[key]
        if late:
            yield _reason(key, "yellow", f"{text} {late} 件（共 {whole} 件）", late)


def _of_data(exports: Sequence[dict[str, Any]], rejected: int) -> Iterator[Reason]:
    lost = sum(len(row["nights"]) for row in exports)
    if lost:
        yield _reason("missing", "yellow", f"应到的导出有 {lost} 次没有送达", lost)
    if rejected:
        yield _reason(
            "quarantined", "yellow", f"尚有 {rejected} 行在隔离中待改正，不在各项数字之内", rejected
        )


def _reason(code: str, light: Light, text: str, count: int) -> Reason:
    return Reason(code=code, light=light, text=f"{text}。", count=count, office=None)


def _days(days: Sequence[Any]) -> str:
    told = "、".join(f"{day.month}月{day.day}日" for day in days[:_MOST_DAYS])
    return f"{told}等" if len(days) > _MOST_DAYS else told
