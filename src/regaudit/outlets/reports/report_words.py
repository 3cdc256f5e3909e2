"""What matters in a period, in sentences for somebody who knows nothing of the program."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from regaudit.base.periods import Period
from regaudit.outlets.reports.bridge import COMES, GOES, BridgeRow
from regaudit.outlets.reports.case_measures import Figure, Measure

_MOST = 5


def sentences(
    period: Period,
    *,
    measures: Mapping[str, Measure],
    total: BridgeRow,
    ledger: Mapping[str, Any],
    nights: Sequence[Mapping[str, Any]],
    unknown: int,
    ledger_begins: date | None,
) -> Iterator[str]:
    """What matters, the cases first.

    Args:
        period: what is reported.
        measures: the figures of all classes together, by key.
        total: the last line of the bridge.
        ledger: the ledger's part.
        nights: the working days with their nights.
        unknown: subjects that rules could not decide.
        ledger_begins: the day of the first entry that there is.
    """
    word, now = period.word, {key: measure.now for key, measure in measures.items()}
    yield (
        f"本{word}受理 {now['accepted'].value} 件，办结 {now['closed'].value} 件。"
        f"期限已定的办结 {now['on_time'].denominator} 件中，按时 {now['on_time'].numerator} 件"
        f"{_percent(now['on_time'])}{_then(measures['on_time'], word)}，"
        f"超期 {now['late_closed'].numerator} 件。"
    )
    yield (
        f"期末在办 {now['open'].value} 件，其中已超期 {now['late_open'].numerator} 件，"
        f"停表 {now['paused_open'].numerator} 件，期限不明 {now['unknown_open'].numerator} 件。"
    )
    if ledger_begins is None or ledger_begins > period.last:
        begins = "还没有挂过账" if ledger_begins is None else f"自 {ledger_begins} 起才有，本{word}还没有"
        yield f"台账{begins}。"
    else:
        yield _ledger(total, ledger)
    relapses = ledger["relapses"]
    if relapses:
        told = "；".join(f"{'、'.join(row['answers'])}（{row['title']}）" for row in relapses[:_MOST])
        yield f"屡改屡犯 {len(relapses)} 项：{told}{'等' if len(relapses) > _MOST else ''}。"
    ran = sum(row["run_no"] is not None for row in nights)
    yield f"{len(nights)} 个工作日中，{ran} 晚有夜间作业" + (
        "，每晚都查过。" if ran == len(nights) else f"，{len(nights) - ran} 晚没有：那些晚上无人查看。"
    )
    if unknown:
        yield f"另有 {unknown} 个对象，规则因记录不足而无法判断：既不算问题，也不算清白。"


def _ledger(total: BridgeRow, ledger: Mapping[str, Any]) -> str:
    counts = total.counts
    came = "，".join(f"{title} {counts[name]} 项" for name, title in COMES.items() if counts[name])
    went = "，".join(f"{title} {counts[name]} 项" for name, title in GOES.items() if counts[name])
    parts = [f"台账期初 {counts['opening']} 项", came, went, f"期末 {counts['closing']} 项"]
    lights = ledger["lights"]
    lit = [f"红 {lights['red']}", f"橙 {lights['orange']}", f"黄 {lights['yellow']}", f"蓝 {lights['blue']}"]
    lit += [f"无灯 {lights['none']}"] if lights["none"] else []
    return f"{'；'.join(part for part in parts if part)}（{'、'.join(lit)}）。"


def _percent(figure: Figure) -> str:
    return f"（{figure.value:g}%）" if figure.value is not None else ""


def _then(measure: Measure, word: str) -> str:
    before = measure.before
    return f"，上{word} {before.value:g}%" if before is not None and before.value is not None else ""
