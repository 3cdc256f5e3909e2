"""Every person gets one mail of the ledger a night, of what is new to him, over a real mail server."""

from io import BytesIO

import fastexcel
import pytest
from conftest import Desk, MailServer
from ledger_desk import LedgerDesk, day, text

from regaudit.ledger.numbers import MAIL_HEADER

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (f"2026-03-{number:02}" for number in range(9, 14))
NEXT_MONDAY, NEXT_TUESDAY = "2026-03-16", "2026-03-17"


@pytest.fixture
def centre(desk: Desk, mail_server: MailServer) -> LedgerDesk:
    """The office with all its people, after a night without any entry."""
    made = LedgerDesk(desk, mail_server)
    made.add_people("han", "he", "po", "pa", "le", "su")
    assert made.night(MONDAY) == {}
    return made


def test_500_assignments_are_one_mail_to_each_recipient(centre: LedgerDesk) -> None:
    numbers = centre.open(500, TUESDAY)
    centre.assign(numbers, TUESDAY)
    mails = centre.night(TUESDAY)
    # The post that assigned them knows; the other one hears that they were opened.
    assert set(mails) == {"han", "he"}
    for login in ("han", "he"):
        told = text(mails[login])
        assert "请您办理 500 项" in told
        assert told.count("请说明情况。") == 50
        assert "其余 450 项见附件" in told
        assert mails[login][MAIL_HEADER] == numbers[-1]
        [book] = mails[login].iter_attachments()
        rows = fastexcel.read_excel(BytesIO(book.get_content()).getvalue()).load_sheet(0).to_polars()
        assert rows["编号"].sort().to_list() == numbers
    kept = {
        event.state["person"]: event.state
        for event in centre.desk.events("mail-sent")
        if "person" in event.state
    }
    assert kept["P1"]["entries"] == numbers
    assert kept["P1"]["recipients"] == ["han@example.cn"]


def test_what_was_told_is_not_told_again(centre: LedgerDesk) -> None:
    centre.assign(centre.open(1, TUESDAY), TUESDAY)
    assert set(centre.night(TUESDAY)) == {"han", "he"}
    # The night again, and the next one: nothing is new to anybody.
    assert centre.night(TUESDAY) == {}
    assert centre.night(WEDNESDAY) == {}
    # The limit is near, then missed: the answer's, which the handler and the head owe.
    assert set(centre.night(THURSDAY)) == {"han", "he"}
    assert centre.night(FRIDAY) == {}
    late = centre.night(NEXT_MONDAY)
    assert {"han", "he"} <= set(late)
    assert "已逾期，期限 3月13日（周五）" in text(late["han"])
    # Silence is no admission: the posts may judge, and are told since when.
    assert "未在 3月13日（周五）前收到说明，可以直接认定。" in text(late["po"])


def test_a_step_during_the_day_is_told_the_night_that_reads_it_although_it_was_run_before(
    centre: LedgerDesk,
) -> None:
    [number] = centre.open(1, TUESDAY)
    centre.assign([number], TUESDAY)
    assert set(centre.night(TUESDAY)) == {"han", "he"}
    centre.take([number], "han", "answer", f"{TUESDAY}T16:00:00", text="系统故障")
    again = centre.night(TUESDAY)
    assert set(again) == {"po", "pa"}
    assert "P1某作了说明" in text(again["po"])
    assert "请作出认定。" in text(again["po"])


def test_the_subject_is_never_the_only_recipient(desk: Desk, mail_server: MailServer) -> None:
    centre = LedgerDesk(desk, mail_server)
    centre.add_people("han", "po", "pa")
    # The head has no address; nor does he hear what nobody can send him.
    centre.add("he", "P2", "head", "登记科")
    centre.night(MONDAY)
    centre.assign(centre.open(1, TUESDAY), TUESDAY)
    mails = centre.night(TUESDAY)
    assert set(mails) == {"han", "po", "pa"}
    assert "一并告知您" in text(mails["pa"])
    assert "P2某（he）没有邮件地址" in text(mails["po"])


def test_with_the_head_told_the_posts_hear_nothing(centre: LedgerDesk) -> None:
    centre.assign(centre.open(1, TUESDAY), TUESDAY)
    assert set(centre.night(TUESDAY)) == {"han", "he"}


def test_who_has_no_address_is_named(desk: Desk, mail_server: MailServer) -> None:
    centre = LedgerDesk(desk, mail_server)
    centre.add_people("he", "po")
    centre.add("han", "P1", "handler", "登记科")
    centre.night(MONDAY)
    centre.assign(centre.open(1, TUESDAY), TUESDAY)
    desk.export("exports/x.csv", [])
    facts = desk.facts("nightly", "--as-of", TUESDAY)
    assert any("P1某（han）没有邮件地址" in note for note in facts["mail"]["notes"])
    mails = centre.personal(mail_server.mails)
    assert "P1某（han）没有邮件地址：150602-2026-0001" in text(mails["po"])


def test_who_has_no_address_and_no_entry_to_be_told_of_is_not_told_of_none(
    desk: Desk, mail_server: MailServer
) -> None:
    centre = LedgerDesk(desk, mail_server)
    centre.add_people("he", "po")
    centre.add("han", "P1", "handler", "登记科")
    centre.night(MONDAY)
    numbers = centre.open(1, TUESDAY)
    centre.assign(numbers, TUESDAY)
    centre.night(TUESDAY)
    # Typed in his name at a terminal, which he would be told of.
    centre.take(numbers, "han", "answer", f"{TUESDAY}T23:59:59", door="command", text="属实")
    desk.export("exports/x.csv", [])
    notes = desk.facts("nightly", "--as-of", WEDNESDAY)["mail"]["notes"]
    assert [note for note in notes if note.startswith("P1某")] == [
        "P1某（han）没有邮件地址:台账的其他事项未能告知,已告知质量监管岗"
    ]


def test_what_was_referred_is_hidden_from_the_unit(centre: LedgerDesk) -> None:
    hidden, shown = centre.open(2, TUESDAY)
    centre.assign([hidden, shown], TUESDAY)
    centre.take([hidden], "le", "refer", f"{TUESDAY}T11:00:00", to="纪检", text="线索")
    mails = centre.night(TUESDAY)
    for login in ("han", "he"):
        assert shown in text(mails[login])
        assert hidden not in mails[login].as_string() + text(mails[login])


def test_two_logins_of_one_person_are_one_mail(centre: LedgerDesk) -> None:
    centre.add("han2", "P1", "handler", "登记科", mail="han2@example.cn")
    centre.assign(centre.open(1, TUESDAY), TUESDAY)
    mails = centre.night(TUESDAY)
    assert mails["han"] is mails["han2"]


def test_what_was_typed_in_somebodys_name_he_hears(centre: LedgerDesk) -> None:
    numbers = centre.open(7, TUESDAY)
    centre.assign(numbers, TUESDAY, door="command")
    mails = centre.night(TUESDAY)
    told = text(mails["po"])
    assert "以您的登录名 po 在命令行办理（系统用户 root，机器 centre-1）" in told
    assert "以您名义办理 7 项，请核对" in told
    assert "pa" not in mails
    assert centre.night(WEDNESDAY) == {}


def test_what_was_done_at_the_page_he_does_not_hear(centre: LedgerDesk) -> None:
    centre.assign(centre.open(1, TUESDAY), TUESDAY)
    assert "po" not in centre.night(TUESDAY)


def test_leader_and_superior_hear_of_what_is_critical(centre: LedgerDesk) -> None:
    centre.open(1, TUESDAY, severity="critical")
    mails = centre.night(TUESDAY)
    assert {"le", "su", "po"} <= set(mails)
    assert "请交办。" in text(mails["po"])
    assert "请您知悉 1 项" in text(mails["su"])


def test_of_what_is_not_critical_the_leader_hears_when_the_post_is_late(centre: LedgerDesk) -> None:
    centre.open(1, TUESDAY)
    assert set(centre.night(TUESDAY)) == {"po"}
    assert "le" not in centre.night(FRIDAY)
    mails = centre.night(NEXT_MONDAY)
    assert "质量监管岗逾期未交办，期限 3月13日（周五）。" in text(mails["le"])
    assert "su" not in mails
    # From 橙 on he hears whoever is late.
    assert centre.night(NEXT_TUESDAY) == {}


def test_what_waits_for_the_leader_is_on_his_list(centre: LedgerDesk) -> None:
    numbers = centre.open(2, TUESDAY)
    centre.assign(numbers, TUESDAY)
    centre.take(numbers, "han", "answer", f"{TUESDAY}T11:00:00", text="是")
    centre.take(numbers, "po", "judge", f"{TUESDAY}T12:00:00", verdict="upheld", text="成立")
    centre.take(numbers, "po", "demand", f"{TUESDAY}T13:00:00", text="改")
    first, second = numbers
    centre.take(
        [first], "he", "extend", f"{TUESDAY}T14:00:00", verdict="ask", due=day("2026-03-30"), text="人手"
    )
    mails = centre.night(TUESDAY)
    assert "请批复延期申请，申请延至3月30日（周一）。" in text(mails["le"])
    assert second not in text(mails["le"])
    centre.take([second], "han", "appeal", f"{WEDNESDAY}T09:00:00", text="不服")
    told = text(centre.night(WEDNESDAY)["le"])
    assert "请对申诉作出决定。" in told
    # What he heard of before and has not done stands below.
    assert "以前已告知、尚待您办理 1 项" in told
    assert first in told


def test_a_return_is_told_with_its_new_day(centre: LedgerDesk) -> None:
    numbers = centre.open(1, TUESDAY)
    centre.assign(numbers, TUESDAY)
    centre.take(numbers, "han", "answer", f"{TUESDAY}T11:00:00", text="是")
    centre.take(numbers, "po", "judge", f"{TUESDAY}T12:00:00", verdict="upheld", text="成立")
    centre.take(numbers, "po", "demand", f"{TUESDAY}T13:00:00", text="改")
    centre.take(numbers, "he", "report", f"{TUESDAY}T14:00:00", text="已改")
    told = centre.night(TUESDAY)
    assert "请复核。" in text(told["pa"])
    centre.take(
        numbers, "pa", "review", f"{WEDNESDAY}T09:00:00", verdict="return", text="未改", due=day("2026-03-20")
    )
    mails = centre.night(WEDNESDAY)
    assert "复核退回，须于3月20日（周五）前再报" in text(mails["he"])
    assert "期限 3月20日（周五）" in text(mails["he"])


def test_nobody_has_acknowledged_the_receipt(centre: LedgerDesk) -> None:
    first, second = centre.open(2, TUESDAY)
    centre.assign([first, second], TUESDAY)
    centre.night(TUESDAY)
    centre.take([second], "han", "serve", f"{WEDNESDAY}T09:00:00")
    mails = centre.night(THURSDAY)
    assert f"已交办、尚无人签收：{first}。" in text(mails["he"])
    assert "尚无人签收" not in text(mails["han"])


def test_a_person_whose_mail_was_never_written_is_told_the_next_night(
    centre: LedgerDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    centre.assign(centre.open(1, TUESDAY), TUESDAY)

    def fail(*_: object) -> None:
        raise OSError("no space")

    with monkeypatch.context() as patched:
        patched.setattr("regaudit.operation.night_mail.digests_of", fail)
        assert centre.night(TUESDAY, status=1) == {}
    assert set(centre.night(WEDNESDAY)) == {"han", "he"}


def test_a_mail_that_waited_for_the_server_is_sent_once(centre: LedgerDesk) -> None:
    centre.desk.configure(centre.server.settings("150602", port=1))
    centre.assign(centre.open(1, TUESDAY), TUESDAY)
    assert centre.night(TUESDAY, status=1) == {}
    waiting = [path for path in centre.desk.mails() if "ledger-" in path.name]
    assert [path.name[:20] for path in waiting] == [f"{TUESDAY}-ledger-ha", f"{TUESDAY}-ledger-he"]
    centre.desk.configure(centre.server.settings("150602"))
    assert set(centre.night(WEDNESDAY)) == {"han", "he"}
    assert centre.desk.mails() == []
    sent = [event.state for event in centre.desk.events("mail-sent") if event.state.get("person")]
    assert [(state["person"], state["night"]) for state in sent] == [("P1", TUESDAY), ("P2", TUESDAY)]
