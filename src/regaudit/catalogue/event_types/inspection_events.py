"""The inspection events of our log as classes: made by `make docs` from events/*.toml, edits here are lost.

What each of them and its fields say is in docs/events.md.
"""

from typing import ClassVar

from msgspec import Struct, field

from regaudit.catalogue.event_kinds import LogEvent


class InspectionPick(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """In `InspectionDrawn`."""

    unit: str
    stratum: str
    ticket: str


class InspectionDrawn(LogEvent, frozen=True, kw_only=True):
    """An inspection is drawn from a frozen population: anybody can compute it again from this event ..."""

    TOPIC: ClassVar[str] = "inspection-drawn"

    at: str
    frozen_version: int
    population_sha256: str
    way: str
    randomness: str
    source: str = ""
    root_size: int = 0
    witnesses: list[str] = field(default_factory=list)
    seed: str
    picks: list[InspectionPick]
    draw_sha256: str
    archive: str = ""
    reason: str = ""
    by: str
    person: str = ""
    role: str = ""
    door: str
    system_user: str = ""
    machine: str = ""


class InspectedItem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """In `InspectionExamined`."""

    item: str
    verdict: str
    remark: str = ""


class InspectionExamined(LogEvent, frozen=True, kw_only=True):
    """An inspector has examined a unit of work that was drawn, or that is always inspected."""

    TOPIC: ClassVar[str] = "inspection-examined"

    at: str
    recorded_at: str
    drawn_version: int
    inspection_no: str
    unit: str
    case_nos: list[str]
    items: list[InspectedItem]
    grade: str
    remark: str = ""
    corrects: int = 0
    entry: str = ""
    by: str
    person: str
    role: str
    for_login: str = ""
    door: str
    system_user: str = ""
    machine: str = ""


class InspectionStratum(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """In `InspectionFrozen`."""

    stratum: str
    count: int
    size: int


class MandatoryUnit(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """In `InspectionFrozen`."""

    unit: str
    classes: list[str]


class InspectionFrozen(LogEvent, frozen=True, kw_only=True):
    """The units of work from which an inspection draws are fixed, before what decides the draw is ..."""

    TOPIC: ClassVar[str] = "inspection-frozen"

    at: str
    month: str
    office: str
    population_sha256: str
    archive: str = ""
    count: int
    strata: list[InspectionStratum]
    mandatory: list[MandatoryUnit]
    share: str
    at_least: int
    total: int
    checkpoint_size: int
    checkpoint: str
    run_no: int
    log_position: int
    as_of: str
    reason: str = ""
    by: str
    person: str = ""
    role: str = ""
    door: str
    system_user: str = ""
    machine: str = ""
