"""What a profile says of the monthly inspection: how much is drawn, what always is, how cases are graded."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

_Part = Annotated[float, Meta(gt=0, lt=1)]
_Share = Annotated[float, Meta(ge=0, le=1)]
_Count = Annotated[int, Meta(ge=0)]
_Text = Annotated[str, Meta(min_length=1)]

Way = Literal["dice", "number", "checkpoint"]
WAYS: dict[Way, str] = {"dice": "掷骰子", "number": "别处公布的数", "checkpoint": "日志检查点的根(较弱)"}
"""What may decide a draw."""
VERDICTS = {"pass": "合格", "fault": "有问题", "na": "不适用"}
"""What is said of an item of a case that was inspected."""
GRADES = {"excellent": "优质", "good": "合格", "fair": "基本合格", "failed": "不合格"}
"""What is said of the case, the best first."""


class InspectionPlan(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How many units of work are drawn.

    Attributes:
        share: of the population.
        at_least: units of each stratum, however small its share is.
        confidence: how sure one wants to be to see a faulty unit, if `fault_rate` of them are faulty.
        fault_rate: the rate for that.
        statement: whether the size for that is drawn where the share is less.
        per: whether it is reached in each month, or by the months of a quarter together.
    """

    share: _Share = 0.03
    at_least: _Count = 1
    confidence: _Part = 0.95
    fault_rate: _Part = 0.05
    statement: bool = False
    per: Literal["month", "quarter"] = "month"


class MandatoryClass(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Cases that are inspected whatever is drawn: those whose subtype or matter has one of some words."""

    title: _Text
    basis: _Text
    subtypes: list[_Text] = []
    matters: list[_Text] = []


class Grades(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How many minor faults a case may have for a grade; any major one makes it 不合格."""

    good: _Count = 1
    fair: _Count = 3


class InspectionTerms(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A profile's terms of the inspection.

    Attributes:
        plan: how many are drawn.
        digits: how many digits dice have to give at least.
        excused: whether cases whose entry in the ledger was excused are inspected, too.
        mandatory: classes of cases that are always inspected.
        grades: what makes a grade.
    """

    plan: InspectionPlan = InspectionPlan()
    digits: Annotated[int, Meta(ge=1)] = 10
    excused: bool = True
    mandatory: list[MandatoryClass] = []
    grades: Grades = Grades()


def inherited_inspection(
    named: Mapping[str, Any], own: InspectionTerms, base: InspectionTerms
) -> InspectionTerms:
    """Terms with all that they inherit: `named` is what they set themselves, as the file has it."""
    rest = {name: getattr(base, name) for name in InspectionTerms.__struct_fields__ if name not in named}
    for table in ("plan", "grades"):
        if table in named:
            mine = {name: getattr(getattr(own, table), name) for name in named[table]}
            rest[table] = replace(getattr(base, table), **mine)
    return replace(own, **rest)


def exact(value: float) -> Fraction:
    """A share or rate as it was written: 0.03 is three hundredths."""
    return Fraction(repr(value))


def mentions(text: str, words: Iterable[str]) -> bool:
    """Whether a text has one of some words."""
    return any(word in text for word in words)
