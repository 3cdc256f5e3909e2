"""All that a person is told as an Excel workbook, where his mail has no place for it."""

from datetime import date, datetime
from io import BytesIO

import xlsxwriter

from regaudit.base.running_text import full_width
from regaudit.ledger.states import LIGHTS
from regaudit.outlets.mail.person_digest import NEWS, TASK, WATCHED, EntryCard, PersonDigest
from regaudit.outlets.mail.wording import SEVERITIES, one_line
from regaudit.outlets.mail.workbook import Book, fill

_KINDS = {TASK: "请办理", WATCHED: "监管逾期", NEWS: "请知悉"}
_COLUMNS: list[tuple[str, int]] = [
    ("灯", 6),
    ("编号", 20),
    ("类别", 10),
    ("问题", 16),
    ("级别", 8),
    ("对象", 22),
    ("登记机构", 20),
    ("状态", 10),
    ("请您", 26),
    ("期限", 16),
    ("经过", 50),
    ("说明", 60),
]
_TYPED: list[tuple[str, int]] = [("编号", 20), ("以您名义的办理", 90)]


def make_person_book(digest: PersonDigest, name: str) -> Book:
    """The workbook of a person's digest, byte for byte the same for the same digest."""
    buffer = BytesIO()
    cards = digest.ordered
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        created = datetime.combine(digest.night, datetime.min.time())
        book.set_properties({"title": "台账", "created": created})
        fill(book, "台账", _COLUMNS, [_cells(card) for card in cards])
        typed = [[number, full_width(one_line(one.text))] for one in digest.typed for number in one.entries]
        if typed:
            fill(book, "以您名义的办理", _TYPED, typed)
    return Book(name, len(cards) + len(typed), buffer.getvalue())


def _cells(card: EntryCard) -> list[str | date | None]:
    return [
        LIGHTS[card.light],
        card.entry,
        _KINDS[card.kind],
        card.title,
        SEVERITIES.get(card.severity, card.severity),
        card.subject,
        card.office_name,
        card.state,
        card.task,
        card.due_on,
        "；".join(card.happened),
        one_line(card.summary),
    ]
