"""What an inspector says of a form, as it comes from a sheet or a page."""

import re
from collections.abc import Mapping
from datetime import date

from msgspec import Struct

from regaudit.base.folded_text import fold
from regaudit.catalogue.inspection_items import inspection_items
from regaudit.catalogue.inspection_terms import VERDICTS

_COLON = re.compile("[:\uff1a]")


class Examination(Struct, frozen=True, kw_only=True):
    """What somebody found in a case.

    Attributes:
        number: of the form.
        verdicts: pass, fault or na, by item.
        remarks: by item.
        remark: on the whole.
        on: the day when it was examined; None: today.
        seen: the version of the form's last examination that he has seen; None: whatever it is.
    """

    number: str
    verdicts: Mapping[str, str]
    remarks: Mapping[str, str] = {}
    remark: str = ""
    on: date | None = None
    seen: int | None = None


class Examined(Struct, frozen=True, kw_only=True):
    """What became of it: the grade and the entry that was opened, or why it was refused (Chinese).

    `is_new` is false where it says nothing new: nothing was stored.
    """

    number: str
    unit: str = ""
    grade: str = ""
    entry: str = ""
    is_new: bool = True
    refused: str = ""


def problem_of(asked: Examination) -> str:
    """What is wrong with an examination as such (Chinese), or nothing."""
    items = inspection_items()
    unknown = [name for name in asked.verdicts if name not in items]
    if unknown:
        return f"没有检查项目 {unknown[0]}"
    blank = [item.title for name, item in items.items() if not asked.verdicts.get(name)]
    if blank:
        return f"还有 {len(blank)} 项没有结论:{'、'.join(blank[:3])}{'等' if len(blank) > 3 else ''}"  # noqa: PLR2004
    wrong = [one for one in asked.verdicts.values() if one not in VERDICTS]
    if wrong:
        return f"结论 {wrong[0]} 应为 {'、'.join(VERDICTS.values())} 之一"
    if all(verdict == "na" for verdict in asked.verdicts.values()):
        return "不能各项都不适用"
    silent = [
        items[name].title
        for name, verdict in asked.verdicts.items()
        if verdict == "fault" and not _says(asked.remarks.get(name, "")) and not _says(asked.remark)
    ]
    return f"有问题的须说明是什么问题:{'、'.join(silent)}" if silent else ""


def split_remark(text: str) -> tuple[dict[str, str], str]:
    """The remarks of items, and the rest, of lines like `环节合法:多了一次审核`."""
    by_title = {fold(item.title): name for name, item in inspection_items().items()}
    remarks: dict[str, str] = {}
    rest = []
    for line in text.splitlines():
        title, *said = _COLON.split(line, maxsplit=1)
        name = by_title.get(fold(title)) if said else None
        if name is not None and name not in remarks:
            remarks[name] = said[0].strip()
        elif line.strip():
            rest.append(line.strip())
    return remarks, "\n".join(rest)


def _says(text: str) -> bool:
    return any(sign.isalnum() for sign in text)
