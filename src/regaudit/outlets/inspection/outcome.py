"""What an inspection found, stratum by stratum, and what one may say of it: of the drawn units alone."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, time, timedelta
from fractions import Fraction

from msgspec import Struct
from msgspec.structs import replace

from regaudit.catalogue.inspection_terms import GRADES, InspectionPlan, exact
from regaudit.outlets.inspection.grades import FAILED
from regaudit.outlets.inspection.inspections import Form, Inspection, examinations
from regaudit.outlets.inspection.outlook import percent
from regaudit.outlets.inspection.sizes import most_faulty, planned, statement_size, upper_rate
from regaudit.outlets.inspection.units import parse_month

_BASIS = "单侧上限,Clopper–Pearson,按无限总体计,偏于保守"
_MOST = 10


class Found(Struct, frozen=True, kw_only=True):
    """What was found in some units of one kind.

    Attributes:
        name: the stratum; empty: of the whole draw, or of the mandatory units.
        count: units of the population.
        drawn: how many are to be examined.
        examined: how many are.
        failed: with the grade 不合格.
        faulty: with any fault.
        grades: how many of each grade.
        sentence: what one may say (Chinese); empty while units are not examined, or where nothing follows.
        limit: the rate of failed units below which one is as sure as the plan wants; None: no sentence.
        at_most: failed units that the population may have at most, as surely (hypergeometric).
        cautions: what else one has to know (Chinese).
    """

    name: str = ""
    count: int = 0
    drawn: int
    examined: int
    failed: int
    faulty: int
    grades: dict[str, int]
    sentence: str = ""
    limit: float | None = None
    at_most: int | None = None
    cautions: list[str] = []


class Outcome(Struct, frozen=True, kw_only=True):
    """The result of a draw.

    Attributes:
        draw_no: which draw of the month it is.
        way: how the draw was decided.
        whole: of all strata; with a sentence only where the draw was proportional.
        mandatory: units that are inspected whatever is drawn: they stand outside every sentence.
        basis: how the limits are computed (Chinese).
    """

    inspection: str
    month: str
    office: str
    draw_no: int
    drawn_at: str
    way: str
    is_proportional: bool
    whole: Found
    strata: list[Found]
    mandatory: Found
    basis: str = _BASIS


def outcome_of(inspection: Inspection, plan: InspectionPlan) -> Outcome:
    """The result of the draw in force.

    Args:
        inspection: with a draw.
        plan: how sure one wants to be, and of which rate.

    Raises:
        RegauditError: nothing was drawn yet.
    """
    draw = inspection.needed_draw()
    base, forms = inspection.base_of(draw), inspection.forms()
    drawn = [form for form in forms if form.stratum]
    always = [form for form in forms if not form.stratum]
    counts = {one.stratum: one.count for one in base.strata}
    is_proportional = planned(counts, base.total, base.at_least).is_proportional
    strata = [
        _stated([form for form in drawn if form.stratum == one.stratum], one.count, plan, name=one.stratum)
        for one in base.strata
    ]
    whole = (
        _stated(drawn, base.count, plan)
        if is_proportional
        else _counted(
            drawn,
            count=base.count,
            cautions=["各层抽取的比例不同(每层至少一件),不能合起来推断全部业务"],
        )
    )
    history = list(_history(inspection))
    return Outcome(
        inspection=inspection.name,
        month=inspection.month,
        office=inspection.office,
        draw_no=len(inspection.drawn),
        drawn_at=draw.at,
        way=draw.way,
        is_proportional=is_proportional,
        whole=_told_with(whole, [*history, *_corrected(inspection, drawn)]),
        strata=[
            _told_with(one, [*history, *_corrected(inspection, (f for f in drawn if f.stratum == one.name))])
            for one in strata
        ],
        mandatory=_told_with(
            _counted(always, count=len(base.mandatory)), list(_corrected(inspection, always))
        ),
    )


def _told_with(found: Found, more: Sequence[str]) -> Found:
    return replace(found, cautions=[*found.cautions, *more])


def _history(inspection: Inspection) -> Iterator[str]:
    """What has to be known of how the draw in force came about: what could have been chosen (Chinese)."""
    draw = inspection.needed_draw()
    base, draws = inspection.base_of(draw), len(inspection.drawn)
    frozen = sum(one.originator_version <= base.originator_version for one in inspection.frozen)
    if frozen > 1:
        yield f"总体冻结过 {frozen} 次,最后一次的原因:{base.reason}"
    if draws > 1:
        yield f"这是第 {draws} 次抽取,原因:{draw.reason};以前的抽取保留在案"
    elif draw.reason:
        yield f"抽取时写明的原因:{draw.reason}"
    _, after = parse_month(inspection.month)
    if datetime.fromisoformat(base.as_of) < datetime.combine(after, time.min) - timedelta(seconds=1):
        yield f"冻结时数据只到 {base.as_of[:16].replace('T', ' ')},该月以后办结的不在总体中"


def _corrected(inspection: Inspection, forms: Iterable[Form]) -> Iterator[str]:
    """Which units failed before somebody corrected it (Chinese)."""
    mended = [
        form.number
        for form in forms
        if form.examined is not None
        and form.examined.grade != FAILED
        and any(event.grade == FAILED for event in examinations(inspection, form.unit))
    ]
    if mended:
        more = f"等 {len(mended)} 件" if len(mended) > _MOST else ""
        yield f"曾评为不合格、后来更正的:{'、'.join(mended[:_MOST])}{more}"


def sentence_of(size: int, failed: int, confidence: Fraction) -> str:
    """What one may say of units that were drawn and all examined (Chinese)."""
    told = f"抽查 {size} 件,不合格 {failed} 件"
    if failed == size:
        return f"{told}:全部不合格,没有上限可说"
    limit = 100 * upper_rate(size, failed, confidence)
    return f"{told}:有 {percent(float(confidence))} 把握,不合格率低于 {limit:.1f}%"


def found_lines(found: Found) -> Iterator[str]:
    """What one may say of a stratum or of the whole draw, and what not (Chinese)."""
    if found.sentence:
        yield found.sentence
    if found.at_most is not None and found.drawn < found.count:
        yield f"总体 {found.count} 件中不合格的至多 {found.at_most} 件(同样把握,超几何分布,有限总体)"
    yield from found.cautions


def _stated(forms: Sequence[Form], count: int, plan: InspectionPlan, *, name: str = "") -> Found:
    """What was found in drawn units, with what one may say."""
    found = _counted(forms, name=name, count=count)
    size, failed = len(forms), found.failed
    if found.examined < size:
        told = f"抽中 {size} 件,已检查 {found.examined} 件:全部检查完,才能作结论"
        return _counted(forms, name=name, count=count, cautions=[told])
    if not size:
        return found
    confidence = exact(plan.confidence)
    limit, at_most = upper_rate(size, failed, confidence), most_faulty(count, size, failed, confidence)
    return Found(
        name=name,
        count=count,
        drawn=size,
        examined=size,
        failed=failed,
        faulty=found.faulty,
        grades=found.grades,
        sentence=sentence_of(size, failed, confidence),
        limit=limit,
        at_most=at_most,
        cautions=list(_cautions(count, size, failed, plan)),
    )


def _cautions(count: int, size: int, failed: int, plan: InspectionPlan) -> Iterable[str]:
    """What one must not read into a sentence (Chinese)."""
    if size == count:
        yield f"总体 {count} 件已全部检查,不合格 {failed} 件,不必推断"
        return
    confidence = exact(plan.confidence)
    wanted = statement_size(count, exact(plan.fault_rate), confidence)
    if size < wanted:
        limit = 100 * upper_rate(size, failed, confidence)
        yield (
            f"只抽查了 {size} 件,件数少:不合格率仍可能高达 {limit:.1f}%,不能据此说业务质量好;"
            f"要能说不合格率低于 {percent(plan.fault_rate)},须抽 {wanted} 件而无一不合格"
        )


def _counted(forms: Sequence[Form], *, name: str = "", count: int = 0, cautions: Sequence[str] = ()) -> Found:
    examined = [form.examined for form in forms if form.examined is not None]
    grades = [event.grade for event in examined]
    return Found(
        name=name,
        count=count,
        drawn=len(forms),
        examined=len(examined),
        failed=grades.count(FAILED),
        faulty=sum(any(one.verdict == "fault" for one in event.items) for event in examined),
        grades={grade: grades.count(grade) for grade in GRADES},
        cautions=[*cautions],
    )
