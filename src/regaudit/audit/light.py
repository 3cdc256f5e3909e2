"""The light of a night: green where nothing is to be told, else the worst of its reasons."""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

Light = Literal["green", "yellow", "red"]
LIGHTS: dict[Light, str] = {"green": "绿", "yellow": "黄", "red": "红"}
"""The lights, the best first, and their names."""

CODES: dict[str, tuple[str, str]] = {
    "failed": ("运行失败", "处"),
    "integrity": ("记录不一致", "处"),
    "new": ("新增问题", "项"),
    "ledger": ("台账亮灯", "项"),
    "late": ("事后补录", "项"),
    "changed": ("设置变更", "项"),
    "missing": ("数据未到", "处"),
    "nights": ("夜间作业缺失", "晚"),
    "unread": ("未读全", "处"),
    "quarantined": ("隔离行", "行"),
    "unknown": ("无法判断增多", "项"),
}
"""What a reason may be about: its title and what its count counts, in the order in which mails tell them."""


class Reason(Struct, frozen=True, kw_only=True):
    """Why a night is not green.

    Attributes:
        code: one of `CODES`.
        light: `yellow` or `red`.
        text: one sentence (Chinese, full-width punctuation).
        count: of what the code counts.
        office: whom it concerns; None: all offices.
        is_earlier: kept from an earlier run of this night.
    """

    code: str
    light: Light
    text: str
    count: int
    office: str | None
    is_earlier: bool = False


def title_of(code: str) -> str:
    """The Chinese title of a code; of one that nobody told us of, the code."""
    return CODES.get(code, (code, "项"))[0]


def unit_of(code: str) -> str:
    """What the count of a code counts (Chinese measure word)."""
    return CODES.get(code, (code, "项"))[1]


def worst(reasons: Iterable[Reason]) -> Light:
    """The light of these reasons together: green without any."""
    lights = list(LIGHTS)
    return max((reason.light for reason in reasons), key=lights.index, default="green")


def of_office(reasons: Iterable[Reason], office: str | None) -> list[Reason]:
    """The reasons that concern an office, all for None: red before yellow, then in the order of `CODES`."""
    codes, lights = list(CODES), list(LIGHTS)
    told = [r for r in reasons if office is None or r.office is None or r.office == office]
    return sorted(
        told,
        key=lambda r: (-lights.index(r.light), codes.index(r.code) if r.code in CODES else len(codes)),
    )
