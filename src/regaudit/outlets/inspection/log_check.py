"""The file of a draw, held against what the log has of it."""

from base64 import b64encode
from collections.abc import Iterator

from regaudit.catalogue.event_types import InspectionDrawn, InspectionFrozen
from regaudit.catalogue.events import LogEvent
from regaudit.eventlog.log import EventLog
from regaudit.outlets.inspection.draw_file import Draw
from regaudit.outlets.inspection.inspections import Inspection, read_inspection


def log_faults(log: EventLog, draw: Draw) -> Iterator[str]:
    """Where a draw is not the one that the log has (Chinese); of one as it was made there is nothing.

    Raises:
        LogError: the log cannot be read.
    """
    inspection = read_inspection(log, draw.office, draw.month)
    if not 0 < draw.draw_no <= len(inspection.drawn):
        yield f"本工作区的日志中,{inspection.title}没有第 {draw.draw_no} 次抽取:核对别处的抽取请加 --offline"
        return
    drawn = inspection.drawn[draw.draw_no - 1]
    frozen = inspection.base_of(drawn)
    yield from _checkpoint_faults(log, draw, frozen, inspection)
    facts = {
        "总体的散列": (draw.population_sha256, frozen.population_sha256),
        "各层应抽数": (draw.sizes, {one.stratum: one.size for one in frozen.strata}),
        "应抽总数": (draw.plan.total, frozen.total),
        "比例": (draw.plan.share, frozen.share),
        "每层至少": (draw.plan.at_least, frozen.at_least),
        "必查的单位": (draw.mandatory, frozen.mandatory),
        "冻结时间": (draw.frozen_at, frozen.at),
        "抽取时间": (draw.drawn_at, drawn.at),
        "种子的来源": (draw.way, drawn.way),
        "抽取所用的数": (draw.randomness, drawn.randomness),
        "出处": (draw.source, drawn.source),
        "见证人": (draw.witnesses, drawn.witnesses),
        "种子": (draw.seed, drawn.seed),
        "抽中的单位": (
            [(pick.unit, pick.stratum, pick.ticket) for pick in draw.picks],
            [(pick.unit, pick.stratum, pick.ticket) for pick in drawn.picks],
        ),
        "重新抽取的原因": (draw.reason, drawn.reason),
    }
    yield from (f"{what}与日志中的不同" for what, (told, logged) in facts.items() if told != logged)
    if drawn.way == "checkpoint" and _root(log, drawn.root_size) != drawn.randomness:
        yield f"日志第 {drawn.root_size} 条处检查点的根不是抽取所用的数"


def _checkpoint_faults(
    log: EventLog, draw: Draw, frozen: InspectionFrozen, inspection: Inspection
) -> Iterator[str]:
    told = draw.checkpoint
    if (told.size, told.root) != (frozen.checkpoint_size, frozen.checkpoint):
        yield "检查点不是冻结时所记的"
    if told.origin != log.origin:
        yield f"检查点是日志 {told.origin} 的,本工作区的日志是 {log.origin}"
    if _root(log, frozen.checkpoint_size) != frozen.checkpoint:
        yield f"冻结时所记检查点的根与日志前 {frozen.checkpoint_size} 条的不同:日志被改动"
    positions = {
        event.originator_version: position
        for position, event in log.events_at(inspection.stream, LogEvent)
        if isinstance(event, InspectionFrozen | InspectionDrawn)
    }
    if positions[frozen.originator_version] <= frozen.checkpoint_size:
        yield "冻结的记录不在其检查点之后"


def _root(log: EventLog, size: int) -> str:
    return b64encode(log.root(size)).decode() if 0 < size <= log.position() else ""
