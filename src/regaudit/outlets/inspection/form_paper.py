"""The form of one case as PDF: to be filled in by hand, or as it was filled in."""

from datetime import datetime
from importlib.resources import files
from typing import Any

from regaudit.base.folded_text import visible
from regaudit.base.press import Press, press
from regaudit.base.running_text import full_width
from regaudit.catalogue.inspection_items import inspection_items
from regaudit.catalogue.inspection_terms import GRADES, Grades
from regaudit.outlets.inspection.forms import FormHead
from regaudit.outlets.inspection.grades import rule_text

TITLE = "业务质量检查表"


def form_press() -> Press:
    """The press of forms.

    Raises:
        NoPressError: typst or a font is missing.
    """
    return press(files(__package__).joinpath("form.typ").read_bytes())


def set_form(head: FormHead, terms: Grades, *, inspector: str = "") -> bytes:
    """The PDF of a form.

    Args:
        head: the form.
        terms: the rule of grades.
        inspector: the name of who examined it; empty: it is not examined yet.

    Raises:
        NoPressError: typst or a font is missing.
    """
    made_at = datetime.combine(head.drawn_on, datetime.min.time())
    return form_press().set(form_facts(head, terms, inspector), made_at)


def form_facts(head: FormHead, terms: Grades, inspector: str) -> dict[str, Any]:
    """What stands on a form, as its template takes it."""
    examined = head.form.examined
    said = {one.item: one for one in examined.items} if examined else {}
    grade = examined.grade if examined else ""
    return {
        "title": TITLE,
        "number": head.form.number,
        "office": _plain(head.office_name),
        "pairs": [[name, _plain(value), wide] for name, value, wide in _pairs(head)],
        "items": [
            {
                "title": full_width(item.title),
                "about": full_width(item.about),
                "basis": full_width(item.basis),
                "major": item.severity == "major",
                "verdict": said[name].verdict if name in said else "",
                "remark": _plain(said[name].remark) if name in said else "",
            }
            for name, item in inspection_items().items()
        ],
        "rule": full_width(rule_text(terms)) + "。",
        "grades": [[title, code == grade] for code, title in GRADES.items()],
        "remark": _plain(examined.remark) if examined else "",
        "inspector": _plain(inspector),
        "day": _day(examined.at) if examined else "",
        "footer": head.form.number,
    }


def _pairs(head: FormHead) -> list[tuple[str, str, bool]]:
    return [
        ("质检编号", head.form.number, False),
        ("日期", _day(head.drawn_on.isoformat()) + "抽取", False),
        ("业务名称", head.business, False),
        ("登记类型", head.registration, False),
        ("受理人", head.accepted_by, False),
        ("核定人", head.approved_by, False),
        ("业务编号", full_width(head.number, [*head.cases, head.batch_no]), True),
        ("受理时间", _moment(head.accepted_at), False),
        ("办结时间", _moment(head.closed_at), False),
        ("应办结日期", _day(head.due_on.isoformat()) if head.due_on else "", False),
        ("抽中或必查", full_width(head.why), False),
        ("印刷序列号", head.serial_nos, True),
    ]


def _plain(text: str) -> str:
    return visible(text)


def _day(day: str) -> str:
    year, month, of_month = (int(part) for part in day[:10].split("-"))
    return f"{year}年{month}月{of_month}日"


def _moment(at: datetime | None) -> str:
    return f"{_day(at.isoformat())} {at:%H:%M}" if at else ""
