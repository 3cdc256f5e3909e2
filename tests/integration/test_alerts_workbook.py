"""The workbook of a mail: what is in it, that no cell is a formula, where it lies when it is too large."""

from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import fastexcel
import pytest
from conftest import Desk
from digests import CONTINUING, DUE_SOON, NEW, a_digest, a_line, a_reason, body, mail

from regaudit.base.settings import load_settings
from regaudit.outlets.mail import workbook
from regaudit.outlets.mail.digest import Digest, Person
from regaudit.outlets.mail.post import PostOffice
from regaudit.outlets.mail.workbook import Book, make_book

NAME = "findings-2026-03-31-150602.xlsx"


def book_of(digest: Digest) -> Book:
    book = make_book(digest, NAME)
    assert book is not None
    return book


def cells(book: Book) -> list[dict[str, object]]:
    reader = fastexcel.read_excel(book.content)
    assert reader.sheet_names == ["新增与未结"]
    return reader.load_sheet(0).to_polars().to_dicts()


def xml(book: Book, part: str) -> str:
    with ZipFile(BytesIO(book.content)) as archive:
        return archive.read(part).decode()


def test_it_lists_all_new_and_open_findings_and_none_that_is_gone() -> None:
    hint = a_line(70, severity="info")
    digest = a_digest(
        new=[*NEW, hint, DUE_SOON[0]], due_soon=DUE_SOON, continuing=CONTINUING, gone=[a_line(9)]
    )
    rows = cells(book_of(digest))
    assert [row["业务号"] for row in rows] == [
        *(line.case_no for line in (*NEW, DUE_SOON[0], DUE_SOON[1], hint, *CONTINUING))
    ]
    assert [row["状态"] for row in rows] == ["新增"] * 4 + ["未结", "新增"] + ["未结"] * 5


def test_a_row_has_what_a_card_has_and_real_dates() -> None:
    line = a_line(
        1,
        office="150602",
        account="lina",
        summary="业务 CASE-0001 超期(3 天)",
        basis="条例20;方案(18)",
        due_on=date(2026, 3, 9),
        occurred_at=datetime(2026, 3, 10, 9, 30),
        persons=[
            Person(name="张伟", roles=["booked"], is_answerable=True),
            Person(name="王芳", roles=["accepted"]),
        ],
    )
    [row] = cells(book_of(a_digest(new=[line])))
    assert row["说明"] == "业务 CASE-0001 超期（3 天）。"
    assert (row["登记机构"], row["账号"], row["依据"]) == ("东胜区", "lina", "条例20；方案（18）")
    assert (row["人员（职责）"], row["责任人"]) == ("张伟（登簿；责任人）、王芳（受理）", "张伟")
    assert (row["到期日"], row["首次发现"]) == (datetime(2026, 3, 9), datetime(2026, 3, 31))
    assert row["发生时间"] == datetime(2026, 3, 10, 9, 30)


@pytest.mark.parametrize(
    "value", ["=1+1", "+86", "-1", "@SUM(A1)", '=HYPERLINK("http://a")', "http://a.cn", "0012"]
)
def test_no_cell_is_a_formula_a_link_or_a_number(value: str) -> None:
    line = a_line(1, case_no=value, account=value, summary=value, basis=value)
    book = book_of(a_digest(new=[line]))
    sheet = xml(book, "xl/worksheets/sheet1.xml")
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet
    [row] = cells(book)
    assert (row["业务号"], row["账号"]) == (value, value)
    is_quoted = value[0] in "=+-@"
    assert is_quoted == ("quotePrefix" in xml(book, "xl/styles.xml"))
    assert is_quoted == (_style(sheet, "E2") != _style(sheet, "B2"))


def _style(sheet: str, cell: str) -> str:
    return sheet.split(f'r="{cell}" s="')[1].split('"', maxsplit=1)[0]


def test_it_has_filters_and_a_frozen_heading() -> None:
    sheet = xml(book_of(a_digest(new=NEW)), "xl/worksheets/sheet1.xml")
    assert 'state="frozen"' in sheet
    assert '<autoFilter ref="A1:O4"' in sheet


def test_the_same_digest_is_the_same_bytes_and_nothing_open_is_no_workbook() -> None:
    digest = a_digest(new=NEW)
    assert book_of(digest) == book_of(digest)
    assert make_book(a_digest(gone=NEW), NAME) is None


def test_what_is_invisible_is_shown() -> None:
    [row] = cells(book_of(a_digest(new=[a_line(1, account="li\u00adna")])))
    assert row["账号"] in ("lina", "li⟨U+00AD⟩na")


def test_a_mail_carries_it_and_names_it() -> None:
    digest = a_digest(new=NEW, because=[a_reason("new")])
    message = mail(digest, book=book_of(digest))
    checkpoint, attachment = message.iter_attachments()
    assert (checkpoint.get_filename(), attachment.get_filename()) == ("checkpoint.txt", NAME)
    assert attachment.get_content() == book_of(digest).content
    for part in ("plain", "html"):
        assert f"全部新增与未结的共 3 项，见附件 {NAME}。" in body(message, part)


@pytest.mark.parametrize("cap", ["ROW_CAP", "SIZE_CAP"])
def test_one_that_is_too_large_lies_in_reports(desk: Desk, monkeypatch: pytest.MonkeyPatch, cap: str) -> None:
    monkeypatch.setattr(workbook, cap, 2)
    digest = a_digest(new=NEW, because=[a_reason("new")])
    office = PostOffice(
        desk.home, load_settings(desk.home), None, lambda: datetime(2026, 4, 1, tzinfo=UTC), []
    )
    assert office.deliver([digest]).problems == []
    path = desk.home / "reports" / NAME
    assert len(cells(Book(NAME, 3, path.read_bytes()))) == 3
    assert path.stat().st_mode & 0o077 == 0
    message = mail(digest, book=book_of(digest))
    assert len(list(message.iter_attachments())) == 1
    assert f"见工作区的 reports/{NAME}。" in body(message, "plain")


def test_where_it_cannot_be_kept_the_mail_goes_out_all_the_same(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "ROW_CAP", 2)
    (desk.home / "reports").write_text("no folder")
    office = PostOffice(desk.home, load_settings(desk.home), None, lambda: datetime(2026, 4, 1), [])
    posted = office.deliver([a_digest(new=NEW, because=[a_reason("new")])])
    assert posted.kept == 1
    assert "问题清单无法写入" in posted.problems[0]
    [mail_file] = Path(desk.home / "outbox").glob("*.eml")
    assert b"findings-" not in mail_file.read_bytes()
