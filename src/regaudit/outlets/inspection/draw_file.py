"""The file of a draw: all that is needed to compute it again, and what is wrong with one that was changed."""

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, field

from regaudit.base.errors import RefusedFileError, reason_of
from regaudit.catalogue.event_types import InspectionDrawn, InspectionFrozen, MandatoryUnit
from regaudit.outlets.inspection.lottery import (
    FORMAT,
    Listed,
    Pick,
    picks_of,
    seed_of,
    sorted_units,
    text_of,
)
from regaudit.outlets.inspection.sizes import planned


class FrozenCheckpoint(Struct, frozen=True, forbid_unknown_fields=True):
    """The log's checkpoint before the freezing: the root (Base64) over its first `size` events."""

    origin: str
    size: int
    root: str


class PlanFacts(Struct, frozen=True, forbid_unknown_fields=True):
    """From which the sizes follow: the share and the least number of a stratum, and the total."""

    share: str
    at_least: int
    total: int


class Draw(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A draw as its file has it."""

    kind: str = field(name="format")
    office: str
    month: str
    draw_no: int
    population: list[Listed]
    population_sha256: str
    way: str
    randomness: str
    source: str
    root_size: int
    seed: str
    plan: PlanFacts
    sizes: dict[str, int]
    picks: list[Pick]
    mandatory: list[MandatoryUnit]
    checkpoint: FrozenCheckpoint
    witnesses: list[str]
    frozen_at: str
    drawn_at: str
    reason: str


def file_of(
    frozen: InspectionFrozen,
    drawn: InspectionDrawn,
    population: Sequence[Listed],
    *,
    draw_no: int,
    origin: str,
) -> bytes:
    """The file of a draw, as text that people can read.

    Args:
        frozen: what it was drawn from.
        drawn: the draw.
        population: what was frozen.
        draw_no: which draw of the inspection it is, from 1.
        origin: of the log.
    """
    listed = sorted_units(population)
    draw = Draw(
        kind=FORMAT,
        office=frozen.office,
        month=frozen.month,
        draw_no=draw_no,
        population=[],
        population_sha256=frozen.population_sha256,
        way=drawn.way,
        randomness=drawn.randomness,
        source=drawn.source,
        root_size=drawn.root_size,
        seed=drawn.seed,
        plan=PlanFacts(frozen.share, frozen.at_least, frozen.total),
        sizes={one.stratum: one.size for one in frozen.strata},
        picks=[Pick(one.unit, one.stratum, one.ticket) for one in drawn.picks],
        mandatory=list(frozen.mandatory),
        checkpoint=FrozenCheckpoint(origin, frozen.checkpoint_size, frozen.checkpoint),
        witnesses=drawn.witnesses,
        frozen_at=frozen.at,
        drawn_at=drawn.at,
        reason=drawn.reason,
    )
    told = msgspec.json.format(msgspec.json.encode(draw), indent=1)
    # A line a unit: many of them are read, and compared, by people.
    lines = b",\n  ".join(map(msgspec.json.encode, listed))
    rows = b"[\n  %b\n ]" % lines if lines else b"[]"
    return told.replace(b'"population": []', b'"population": %b' % rows, 1) + b"\n"


def read_draw(path: Path) -> Draw:
    """The draw in a file.

    Raises:
        RefusedFileError: it cannot be read, or is none.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RefusedFileError(f"抽取文件 {path} 不能读取:{reason_of(error)}") from error
    try:
        _check_keys(msgspec.json.decode(content))
        return msgspec.json.decode(content, type=Draw)
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError) as error:
        raise RefusedFileError(f"{path} 不是抽取文件,或被改动而不能读取({error})") from error


def _check_keys(facts: Any) -> None:
    if not isinstance(facts, dict) or facts.get("format") != FORMAT:
        raise ValueError(f"format 应为 {FORMAT}")


def faults_of(draw: Draw) -> Iterator[str]:
    """What does not follow from the rest of a draw (Chinese); of one as it was made there is nothing."""
    if draw.population != sorted_units(draw.population):
        yield "总体(population)没有按字节排序:次序被改动"
    repeated = [unit for unit, times in Counter(unit for unit, _ in draw.population).items() if times > 1]
    if repeated:
        yield f"总体中有重复的单位:{repeated[0]}"
    digest = sha256(text_of(draw.population)).hexdigest()
    if digest != draw.population_sha256:
        yield f"总体的散列应为 {digest},文件中是 {draw.population_sha256}:总体被改动"
    seed = seed_of(draw.population_sha256, draw.randomness)
    if seed != draw.seed:
        yield f"种子应为 {seed},文件中是 {draw.seed}"
    yield from _size_faults(draw)
    yield from _pick_faults(draw)
    yield from _mandatory_faults(draw)
    yield from _randomness_faults(draw)


def _size_faults(draw: Draw) -> Iterator[str]:
    counts = dict(Counter(stratum for _, stratum in draw.population))
    plan = draw.plan
    try:
        least = -(-sum(counts.values()) * Fraction(plan.share) // 1)
    except (ValueError, ZeroDivisionError):
        yield f"比例(share){plan.share} 不是分数"
        return
    if not least <= plan.total <= max(sum(counts.values()), 0):
        yield f"应抽总数 {plan.total} 与比例 {plan.share} 不符:至少为 {least}"
        return
    sizes = planned(counts, plan.total, plan.at_least).sizes
    for stratum in sorted({*sizes, *draw.sizes}):
        if sizes.get(stratum) != draw.sizes.get(stratum):
            told = draw.sizes.get(stratum, "没有")
            yield f"{stratum} 层应抽 {sizes.get(stratum, 0)} 件,文件中是 {told}"


def _pick_faults(draw: Draw) -> Iterator[str]:
    right = picks_of(draw.population, draw.seed, draw.sizes)
    if right == draw.picks:
        return
    wanted, told = {pick.unit for pick in right}, [pick.unit for pick in draw.picks]
    for unit in told:
        if unit not in wanted:
            yield f"{unit} 不应抽中"
    for pick in right:
        if pick.unit not in told:
            yield f"{pick.unit}({pick.stratum})应抽中而没有列出"
    if wanted == set(told):
        yield "抽中的单位的次序、层或票号与重算所得不同"


def _mandatory_faults(draw: Draw) -> Iterator[str]:
    names = [one.unit for one in draw.mandatory]
    if names != sorted(set(names), key=str.encode):
        yield "必查的单位(mandatory)没有按字节排序,或有重复"
    in_population = {unit for unit, _ in draw.population}.intersection(names)
    yield from (f"必查的 {unit} 不应在总体中" for unit in sorted(in_population))
    yield from (f"必查的 {one.unit} 没有写明类别" for one in draw.mandatory if not one.classes)


def _randomness_faults(draw: Draw) -> Iterator[str]:
    if draw.way == "checkpoint":
        if draw.root_size <= draw.checkpoint.size:
            yield "所用的检查点不晚于冻结:抽取所用的数在冻结之前已可知"
    elif draw.way == "dice":
        if not (draw.randomness.isascii() and draw.randomness.isdigit()):
            yield "骰子所得应为数字"
        if len(set(draw.witnesses)) < 2:  # noqa: PLR2004
            yield "掷骰子应有两名见证人"
    elif draw.way != "number":
        yield f"种子的来源 {draw.way} 应为 dice、number、checkpoint 之一"
    elif not draw.source:
        yield "公布的数没有写明出处"
