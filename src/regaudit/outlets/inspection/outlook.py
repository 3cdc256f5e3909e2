"""What an inspection would draw of a month, and what that lets one say: told before anything is drawn."""

from collections import Counter
from pathlib import Path

from msgspec import Struct

from regaudit.catalogue.inspection_terms import InspectionPlan, InspectionTerms, exact
from regaudit.outlets.inspection.sizes import missed, planned, shared, sizes_of, statement_size, wanted_size
from regaudit.outlets.inspection.units import Month, read_month


class PlannedStratum(Struct, frozen=True, kw_only=True):
    """A stratum with its units and how many are drawn."""

    stratum: str
    count: int
    size: int


class Outlook(Struct, frozen=True, kw_only=True):
    """What would be drawn.

    Attributes:
        count: units of the population.
        strata: by their bytes.
        size: of all strata.
        shared: what the share alone asks for, with the least number of each stratum.
        statement_size: what the wanted statement asks for of this month's units.
        is_binding: the statement's size is drawn where it is larger.
        missed: how many times in 100 none of `shared` units is faulty, if `fault_rate` of all are.
        missed_by_size: the same of `size`.
        mandatory: units that are inspected whatever is drawn, by class (Chinese).
        as_of: up to when the data reaches, ISO.
        is_whole: whether that is the month's end.
        undescribed: units of which nobody can tell whether they are always inspected.
    """

    month: str
    office: str
    count: int
    strata: list[PlannedStratum]
    size: int
    share: float
    shared: int
    confidence: float
    fault_rate: float
    statement_size: int
    is_binding: bool
    per: str
    missed: int
    missed_by_size: int
    is_proportional: bool
    mandatory: dict[str, int]
    mandatory_units: int
    as_of: str
    is_whole: bool
    undescribed: int

    @property
    def cautions(self) -> list[str]:
        """What one has to know of it (Chinese)."""
        told = []
        if not self.is_whole:
            told.append(f"数据只到 {self.as_of[:16].replace('T', ' ')},该月以后办结的不在其中")
        if self.count and self.size < self.statement_size:
            told.append(
                f"抽 {self.size} 件不足以说明质量:若有 {percent(self.fault_rate)} 不合格,"
                f"100 次中有 {self.missed_by_size} 次一件也查不出"
            )
        if self.undescribed:
            told.append(
                f"{self.undescribed} 件没有登记小类和登记原因,是否必查无从认定;冻结以后才补填的,不会列入必查"
            )
        return told


def read_outlook(home: Path, month: str, office: str, terms: InspectionTerms) -> Outlook:
    """What would be drawn of a month.

    Raises:
        UsageError: it is no month, or nobody knows the office.
        RegauditError: nothing is published.
    """
    return outlook_of(read_month(home, month, office, terms), month, office, terms.plan)


def outlook_of(found: Month, month: str, office: str, plan: InspectionPlan) -> Outlook:
    """What would be drawn of a month's units by a plan."""
    counts = Counter(stratum for _, stratum in found.population)
    count, sizes = sum(counts.values()), sizes_of(counts, plan)
    size = sum(sizes.sizes.values())
    by_share = sum(planned(counts, shared(count, exact(plan.share)), plan.at_least).sizes.values())
    rate = exact(plan.fault_rate)
    classes = Counter(name for unit in found.mandatory for name in unit.classes)
    return Outlook(
        month=month,
        office=office,
        count=count,
        strata=[
            PlannedStratum(stratum=stratum, count=counts[stratum], size=of_it)
            for stratum, of_it in sizes.sizes.items()
        ],
        size=size,
        share=plan.share,
        shared=by_share,
        confidence=plan.confidence,
        fault_rate=plan.fault_rate,
        statement_size=(
            statement_size(count, rate, exact(plan.confidence))
            if plan.per == "month"
            else wanted_size(count, plan)
        ),
        is_binding=plan.statement,
        per=plan.per,
        missed=round(100 * missed(count, by_share, rate)),
        missed_by_size=round(100 * missed(count, size, rate)),
        is_proportional=sizes.is_proportional,
        mandatory=dict(classes),
        mandatory_units=len(found.mandatory),
        as_of=found.as_of.isoformat(),
        is_whole=found.is_whole,
        undescribed=found.undescribed,
    )


def percent(value: float) -> str:
    """A rate for people: `5%`, `2.5%`."""
    return f"{value * 100:.10g}%"
