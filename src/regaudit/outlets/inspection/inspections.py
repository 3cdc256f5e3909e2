"""The inspections of a workspace as the log has them: what was frozen, drawn and examined, by month."""

import re
from collections.abc import Iterator
from functools import cached_property

from msgspec import Struct

from regaudit.base.errors import RegauditError
from regaudit.catalogue.event_types import InspectionDrawn, InspectionExamined, InspectionFrozen
from regaudit.catalogue.events import LogEvent
from regaudit.eventlog.streams import StreamReader

STREAM = "inspection:"
"""What the streams of inspections begin with."""
ALL = "all"
"""Stands for the office of an inspection of all offices."""
_MONTH = len("2026-03")
_NUMBER = re.compile(r"(.+)-(\d{4}-\d{2})-(\d+)-(\d{3,})")


class Form(Struct, frozen=True, kw_only=True):
    """A unit that is to be examined, of one draw.

    Attributes:
        number: of the form: the inspection, which draw it was, and a serial.
        unit: `OFFICE/CASE_NO` or `OFFICE/batch:NO`.
        stratum: of a unit that was drawn; empty: it is inspected whatever was drawn.
        classes: why it is (Chinese).
        examined: the last time; None: not yet.
    """

    number: str
    unit: str
    stratum: str = ""
    classes: list[str] = []
    examined: InspectionExamined | None = None

    @property
    def office(self) -> str:
        """Its office."""
        return self.unit.partition("/")[0]

    @property
    def version(self) -> int:
        """The version of its last examination; 0: there is none."""
        return self.examined.originator_version if self.examined else 0


class Inspection(Struct, kw_only=True, dict=True):
    """An inspection: of a month, at an office or at all of them.

    Attributes:
        scope: the office, or `ALL`.
        month: `2026-03`.
        events: those of its stream, in order.
    """

    scope: str
    month: str
    events: list[LogEvent]

    @property
    def stream(self) -> str:
        """The stream of its events."""
        return stream_of(self.scope, self.month)

    @property
    def name(self) -> str:
        """How people and files call it."""
        return f"{self.scope}-{self.month}"

    @property
    def office(self) -> str:
        """Its office; empty: all."""
        return "" if self.scope == ALL else self.scope

    @property
    def version(self) -> int:
        """The version of its last event."""
        return self.events[-1].originator_version if self.events else 0

    @cached_property
    def frozen(self) -> list[InspectionFrozen]:
        """What was frozen, the last one is what is drawn from."""
        return [event for event in self.events if isinstance(event, InspectionFrozen)]

    @cached_property
    def drawn(self) -> list[InspectionDrawn]:
        """Its draws; the last one is in force."""
        return [event for event in self.events if isinstance(event, InspectionDrawn)]

    @cached_property
    def examined(self) -> dict[str, InspectionExamined]:
        """The last examination of each unit."""
        return {event.unit: event for event in self.events if isinstance(event, InspectionExamined)}

    def base_of(self, draw: InspectionDrawn) -> InspectionFrozen:
        """What a draw was drawn from."""
        return next(one for one in self.frozen if one.originator_version == draw.frozen_version)

    def forms(self, draw: InspectionDrawn | None = None) -> list[Form]:
        """The units of a draw, of the last one unless another is asked for: drawn ones first."""
        if not self.drawn:
            return []
        of_draw = draw or self.drawn[-1]
        prefix = f"{self.name}-{self.drawn.index(of_draw) + 1}"
        listed = [
            *((pick.unit, pick.stratum, list[str]()) for pick in of_draw.picks),
            *((one.unit, "", one.classes) for one in self.base_of(of_draw).mandatory),
        ]
        return [
            Form(
                number=f"{prefix}-{serial:03}",
                unit=unit,
                stratum=stratum,
                classes=classes,
                examined=self.examined.get(unit),
            )
            for serial, (unit, stratum, classes) in enumerate(listed, start=1)
        ]

    def needed_draw(self) -> InspectionDrawn:
        """The draw in force.

        Raises:
            RegauditError: nothing was drawn yet.
        """
        if not self.drawn:
            what = "已冻结,尚未抽取:请先运行 inspect draw" if self.frozen else "尚未冻结、抽取"
            raise RegauditError(f"{self.title}{what}")
        return self.drawn[-1]

    @property
    def title(self) -> str:
        """What it is, for people."""
        year, month = self.month.split("-")
        return f"{'各登记机构' if self.scope == ALL else self.scope} {year}年{int(month)}月的抽查"


def stream_of(scope: str, month: str) -> str:
    """The stream of an inspection."""
    return f"{STREAM}{scope}-{month}"


def scope_of(office: str) -> str:
    """The scope of an inspection of an office, or of all (empty)."""
    return office or ALL


def read_inspection(log: StreamReader, office: str, month: str) -> Inspection:
    """An inspection as the log has it; one without events was not begun.

    Raises:
        LogError: an event of it is damaged.
    """
    scope = scope_of(office)
    events = list(log.events(stream_of(scope, month), LogEvent))
    return Inspection(scope=scope, month=month, events=events)


def read_inspections(log: StreamReader, upto: int | None = None) -> list[Inspection]:
    """All inspections as the log had them at a position, the latest month first, then by office.

    Raises:
        LogError: an event is damaged.
    """
    found: dict[str, Inspection] = {}
    for _, event in log.events_of(STREAM, upto=upto):
        name = event.originator_id.removeprefix(STREAM)
        scope, month = name[: -_MONTH - 1], name[-_MONTH:]
        found.setdefault(name, Inspection(scope=scope, month=month, events=[])).events.append(event)
    by_scope = sorted(found.values(), key=lambda one: one.scope)
    return sorted(by_scope, key=lambda one: one.month, reverse=True)


def examinations(inspection: Inspection, unit: str) -> Iterator[InspectionExamined]:
    """Every examination of a unit, corrected ones too, in order."""
    for event in inspection.events:
        if isinstance(event, InspectionExamined) and event.unit == unit:
            yield event


def split_number(number: str) -> tuple[str, str]:
    """The office (empty: all) and the month of the inspection that a form's number tells.

    Raises:
        RegauditError: it is no such number.
    """
    match = _NUMBER.fullmatch(number)
    if match is None:
        raise RegauditError(f"{number!r} 不是质检编号:应如 150602-2026-03-1-001")
    return "" if match[1] == ALL else match[1], match[2]
