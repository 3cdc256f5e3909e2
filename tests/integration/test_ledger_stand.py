"""The mail of an office says where the ledger stands, and carries the list of old findings."""

from email.message import EmailMessage

import fastexcel
from conftest import Desk, MailServer, step
from ledger_desk import OFFICE, LedgerDesk, text

from regaudit.ledger.numbers import MAIL_HEADER

OLD = step("L1", "accept", "2026-03-02 09:00:00", "li", registration_type="200")
YOUNG = step("L2", "accept", "2026-05-11 09:00:00", "li", registration_type="200")


def office_mail(desk: Desk, server: MailServer, on: str, *rows: dict[str, str]) -> EmailMessage:
    """The mail of a night to the office."""
    before = len(server.mails)
    files = [desk.export(f"exports/{on}.csv", rows)] if rows else []
    desk.facts("nightly", *files, "--as-of", on)
    [mail] = [mail for mail in server.mails[before:] if str(mail["To"]) == "post@example.org"]
    return mail


def test_the_first_night_lists_what_is_old_and_counts_it(desk: Desk, mail_server: MailServer) -> None:
    desk.configure(mail_server.settings(OFFICE))
    mail = office_mail(desk, mail_server, "2026-05-20", OLD, YOUNG)
    told = text(mail)
    assert "台账自本夜启用" in told
    [history] = [e for e in desk.events("entry-opened") if e.state["kind"] == "history"]
    assert history.state["summary"] == "历史存量：超期 1 项，发生于 2026-03-09。"
    number = history.stream.removeprefix("entry:")
    assert f"历史存量：超期 1 项，合并挂账为 {number}。" in told
    opened = desk.events("entry-opened")
    assert f"未销号 {len(opened)} 项（挂账 {len(opened)}）" in told
    assert f"本夜：新挂账 {len(opened)} 项。" in told
    assert mail[MAIL_HEADER] == max(event.stream.removeprefix("entry:") for event in opened)
    [book] = [part for part in mail.iter_attachments() if str(part.get_filename()).endswith(".xlsx")]
    reader = fastexcel.read_excel(book.get_content())
    assert reader.sheet_names == ["新增与未结", "历史存量"]
    [row] = reader.load_sheet("历史存量").to_polars().to_dicts()
    assert (row["台账编号"], row["规则"], row["业务号"]) == (number, "overdue", "L1")
    assert row["问题编号"] == history.state["finding_ids"][0]
    assert str(row["发生于"])[:10] == "2026-03-09"
    # The night after it is an ordinary one.
    again = office_mail(desk, mail_server, "2026-05-21")
    assert "台账自本夜启用" not in text(again)
    assert "历史存量" not in text(again)
    assert "未销号" in text(again)


def test_an_office_hears_of_what_was_closed(desk: Desk, mail_server: MailServer) -> None:
    centre = LedgerDesk(desk, mail_server)
    centre.add_people("han", "po")
    desk.facts("nightly", desk.export("exports/1.csv", [YOUNG]), "--as-of", "2026-05-11")
    first, _ = centre.open(2, "2026-05-12", first=50)
    centre.assign([first], "2026-05-12")
    centre.take([first], "han", "answer", "2026-05-12T11:00:00", text="故障")
    centre.take([first], "po", "judge", "2026-05-12T12:00:00", verdict="excused", text="属实")
    told = text(office_mail(desk, mail_server, "2026-05-12"))
    assert "未销号 1 项（挂账 1）：未亮灯 1。" in told
    assert "本夜：新挂账 2 项，说明采纳 1 项。" in told
