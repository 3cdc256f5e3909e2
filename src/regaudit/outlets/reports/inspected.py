"""The inspections of a period: what was drawn and examined, and what one may say of it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from regaudit.base.periods import Period
from regaudit.base.running_text import full_width
from regaudit.catalogue.inspection_terms import WAYS, InspectionPlan
from regaudit.outlets.case_counts import part_title
from regaudit.outlets.inspection.inspections import Inspection
from regaudit.outlets.inspection.outcome import Found, found_lines, outcome_of

COLUMNS = {
    "month": "月份",
    "whose": "抽查范围",
    "part": "层",
    "way": "抽取方式",
    "count": "总体",
    "drawn": "应查",
    "examined": "已查",
    "failed": "不合格",
    "faulty": "有问题",
    "told": "可以说的话",
}
"""What a report has of each part of an inspection, with the titles of its columns."""
_DAY = len("2026-03-01")
_MANDATORY, _WHOLE = "必查（不用于推断）", "全部各层"


def inspected_of(
    inspections: Sequence[Inspection],
    plan: InspectionPlan,
    office: str,
    period: Period,
    *,
    titles: Mapping[str, str],
    all_name: str,
) -> list[dict[str, Any]]:
    """What a report says of inspections: a row a part of each, known by its `key`; the rest are `COLUMNS`.

    Those of what was closed in the period, and those that were drawn or examined in it: a month is drawn when
    it is over, after its own report.

    Args:
        inspections: as the log has them.
        plan: how sure one wants to be, and of which rate.
        office: whose report it is; of an inspection of all offices it has its own strata.
        period: the months.
        titles: classes of limits as people call them.
        all_name: stands for all offices together.
    """
    return [
        {
            "key": f"{one.name} {part}",
            "month": one.month,
            "whose": one.office or "各登记机构",
            "part": part_title(part, titles),
            "way": way,
            **{name: getattr(found, name) for name in ("count", "drawn", "examined", "failed", "faulty")},
            "told": "".join(f"{full_width(line)}。" for line in found_lines(found)),
        }
        for one in sorted(inspections, key=lambda one: (one.month, one.scope))
        if one.drawn and _is_told(one, period) and office in (all_name, one.office or office)
        for part, way, found in _parts(one, plan, "" if office in (all_name, one.office) else office)
    ]


def _is_told(inspection: Inspection, period: Period) -> bool:
    """Whether an inspection is of the period, or was drawn or examined in it."""
    worked = [*(draw.at for draw in inspection.drawn), *(one.at for one in inspection.examined.values())]
    return inspection.month in {f"{month:%Y-%m}" for month in period.months} or any(
        f"{period.first}" <= at[:_DAY] <= f"{period.last}" for at in worked
    )


def _parts(inspection: Inspection, plan: InspectionPlan, office: str) -> Iterable[tuple[str, str, Found]]:
    """The parts of a draw with their names; of one office (empty: whatever it was of) its strata alone."""
    outcome = outcome_of(inspection, plan)
    way = next(title for known, title in WAYS.items() if known == outcome.way)
    for stratum in outcome.strata:
        if not office or stratum.name.startswith(f"{office}/"):
            yield stratum.name, way, stratum
    if not office:
        if len(outcome.strata) > 1:
            yield _WHOLE, way, outcome.whole
        if outcome.mandatory.drawn:
            yield _MANDATORY, "", outcome.mandatory
