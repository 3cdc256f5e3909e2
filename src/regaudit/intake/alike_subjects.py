"""Case numbers that differ from others in leading zeros or letter case alone: not one, but hardly two."""

from collections.abc import Callable, Iterable, Iterator, Mapping

import polars as pl

from regaudit.catalogue.kinds import ExportKind
from regaudit.intake.sorted_rows import STREAM

_TOLD = 20
# For more new numbers than this the log is not asked for each number with zeros before it.
_ASKED = 5_000
_ZEROS = range(1, 9)
Versions = Callable[[Iterable[str]], Mapping[str, int]]
"""The streams that the log has, of those that it is asked for, with the versions of their last events."""


def alike_subjects(kind: ExportKind, new: pl.Series, versions: Versions) -> list[str]:
    """What to tell people (Chinese) of an export's numbers that are new to the log.

    Args:
        kind: of the export's rows.
        new: the streams of its rows that the log has nothing of, folded, each once.
        versions: asks the log.
    """
    *_, (mark, column) = [part for part in kind.stream_parts if part[1]]
    if not mark or not new.len():
        return []
    halves = pl.col(STREAM).str.splitn(mark, 2).struct
    numbers = new.to_frame(STREAM).with_columns(
        before=halves.field("field_0"), number=halves.field("field_1")
    )
    folded = pl.col("number").str.strip_chars_start("0").str.to_lowercase()
    groups = numbers.with_columns(folded=folded).filter(pl.len().over("before", "folded") > 1)
    pairs = [
        (group[0], other, "本文件中的")
        for (group,) in groups.group_by("before", "folded", maintain_order=True)
        .agg("number")
        .select("number")
        .rows()
        for other in group[1:]
    ]
    pairs += [(number, other, "已有的") for number, other in _known(numbers, mark, versions)]
    title = kind.title_of(column)
    told = [f"{title} {one} 与{where} {other} 只差{_difference(one, other)}" for one, other, where in pairs]
    more = [f"……这样的{title}共 {len(told)} 对"] if len(told) > _TOLD else []
    return told[:_TOLD] + more


def _known(numbers: pl.DataFrame, mark: str, versions: Versions) -> Iterator[tuple[str, str]]:
    """The new numbers of which the log knows another writing."""
    with_zeros = _ZEROS if numbers.height <= _ASKED else range(0)
    asked: dict[str, tuple[str, str]] = {}
    for before, number in numbers.select("before", "number").iter_rows():
        bare = number.lstrip("0")
        others = {bare, *("0" * count + bare for count in with_zeros)}
        others |= {case for other in (number, *others) for case in (other.lower(), other.upper())}
        asked |= {f"{before}{mark}{other}": (number, other) for other in others - {number, ""}}
    for stream in versions(asked):
        yield asked[stream]


def _difference(one: str, other: str) -> str:
    zeros = "前导零" if len(one) != len(other) else ""
    case = "大小写" if one.lstrip("0") != other.lstrip("0") else ""
    return "和".join(filter(None, (zeros, case)))
