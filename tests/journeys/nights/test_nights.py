"""Night after night findings appear, last, go and come back; ledger, table and mails agree."""

from collections.abc import Sequence
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from conftest import Desk, MailServer, Row, ordinary_case, step
from readers import FROM_THE_READER

from regaudit.base.running_text import full_width

pytestmark = pytest.mark.long

# 2026-03-02 is a Monday; the general limit is 5 working days, so a case of that day is due on 03-09.
LATE = step("L1", "accept", "2026-03-02 09:00:00", "li", registration_type="200")
BOOKED = step("L1", "book", "2026-03-10 11:00:00", "zhao", registration_type="200")
WITHDRAWN = step("L1", "withdraw", "2026-03-09 16:00:00", "li", registration_type="200")
PAUSE = step("L1", "pause", "2026-03-05 09:00:00", "li", pause_kind="supplement", reason="补正")
FRIDAY, MONDAY, TUESDAY, WEDNESDAY = "2026-03-06", "2026-03-09", "2026-03-10", "2026-03-11"


def night(desk: Desk, as_of: str, rows: Sequence[Row] = (), status: int = 0) -> Any:
    files = [desk.export(f"exports/{as_of}.csv", rows)] if rows else []
    return desk.facts("nightly", *files, "--as-of", as_of, status=status)


def mail(desk: Desk, as_of: str) -> EmailMessage:
    """The one mail of a night."""
    [path] = (path for path in desk.mails() if path.name.startswith(as_of))
    message = message_from_bytes(path.read_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    return message


def text(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def changes(desk: Desk) -> list[tuple[str, str]]:
    return [
        (event.topic.removeprefix("finding-"), event.state["as_of"][:10])
        for event in desk.events()
        if event.topic.startswith("finding-")
    ]


def overdue(desk: Desk) -> list[tuple[Any, ...]]:
    return desk.query(
        "SELECT state, first_found_on::VARCHAR, changed_on::VARCHAR FROM findings WHERE rule = 'overdue'"
    )


def test_a_finding_appears_lasts_goes_and_comes_back(desk: Desk) -> None:
    night(desk, FRIDAY, [LATE])
    assert changes(desk) == [("opened", FRIDAY)]  # due soon
    assert "将到期 1 件" in mail(desk, FRIDAY)["Subject"]

    night(desk, MONDAY)
    assert "将到期 1 件" in mail(desk, MONDAY)["Subject"]

    night(desk, TUESDAY)
    assert changes(desk)[1:] == [("gone", TUESDAY), ("opened", TUESDAY)] or changes(desk)[1:] == [
        ("opened", TUESDAY),
        ("gone", TUESDAY),
    ]
    assert overdue(desk) == [("open", TUESDAY, TUESDAY)]
    assert "新增问题 1 项" in mail(desk, TUESDAY)["Subject"]

    night(desk, WEDNESDAY)
    assert len(changes(desk)) == 3
    assert "零报告，未结 1 项" in mail(desk, WEDNESDAY)["Subject"]
    assert "新增" not in mail(desk, WEDNESDAY)["Subject"]

    # A pause that the platform exports belatedly clears the case.
    night(desk, "2026-03-12", [PAUSE])
    assert changes(desk)[3:] == [("gone", "2026-03-12")]
    assert overdue(desk) == [("gone", TUESDAY, "2026-03-12")]
    assert "【登记监管·红】" in mail(desk, "2026-03-12")["Subject"]
    assert "事后补录 1 项" in mail(desk, "2026-03-12")["Subject"]
    assert "L1" in text(mail(desk, "2026-03-12"))

    night(desk, "2026-03-13")
    assert "零报告" in mail(desk, "2026-03-13")["Subject"]
    assert "L1" not in text(mail(desk, "2026-03-13"))
    assert overdue(desk) == [("gone", TUESDAY, "2026-03-12")]

    # It is resumed the same day: late again, the same finding as before.
    night(desk, "2026-03-16", [step("L1", "resume", "2026-03-05 15:00:00", "li")])
    assert changes(desk)[4:] == [("reopened", "2026-03-16")]
    assert overdue(desk) == [("open", TUESDAY, "2026-03-16")]
    assert "新增问题 1 项" in mail(desk, "2026-03-16")["Subject"]
    assert len({event.stream for event in desk.events("finding-opened")}) == 2


@pytest.mark.slow
def test_a_finding_of_another_severity_is_a_change_not_a_new_one(desk: Desk) -> None:
    desk.configure("", profile="default")
    night(desk, "2026-04-14", [LATE])
    assert overdue(desk) == []
    desk.configure("")
    night(desk, "2026-04-15")
    severity = "SELECT severity FROM findings WHERE rule = 'overdue'"
    assert desk.query(severity) == [("critical",)] or desk.query(severity) == [("major",)]
    night(desk, "2026-05-29")
    assert desk.query(severity) == [("critical",)]
    assert overdue(desk) == [("open", "2026-04-15", "2026-04-15")]


def test_the_same_night_again_sends_nothing_twice_and_finds_the_same(desk: Desk) -> None:
    first = night(desk, TUESDAY, [LATE, *ordinary_case("1")])
    ledger, mails = changes(desk), [path.read_bytes() for path in desk.mails()]
    for _ in range(2):
        again = night(desk, TUESDAY, [LATE, *ordinary_case("1")])
        assert again["mail"] == first["mail"] | {"kept": 0, "already_sent": 1}
        assert (changes(desk), [path.read_bytes() for path in desk.mails()]) == (ledger, mails)
    hashes = {event.state["findings_sha256"] for event in desk.events("run-completed")}
    assert len(hashes) == 1
    assert "新增问题 1 项" in mail(desk, TUESDAY)["Subject"]


@pytest.mark.slow
def test_more_rows_on_the_same_night_are_a_new_mail(desk: Desk) -> None:
    night(desk, TUESDAY, [LATE])
    result = desk.facts(
        "nightly",
        desk.export("late.csv", [LATE | {"case_no": "L2"}]),
        "--as-of",
        TUESDAY,
    )
    assert (result["mail"]["kept"], result["mail"]["already_sent"]) == (1, 0)
    assert len(desk.mails()) == 2


def test_a_clean_night_is_a_zero_report(desk: Desk) -> None:
    night(desk, TUESDAY, ordinary_case("1", TUESDAY))
    assert "零报告" in mail(desk, TUESDAY)["Subject"]
    assert "零报告" in text(mail(desk, TUESDAY))


def test_a_night_before_any_import_says_so(desk: Desk) -> None:
    assert "还没有任何导入" in night(desk, TUESDAY)["notices"][0]
    assert "还没有任何导入" in text(mail(desk, TUESDAY))


@pytest.mark.slow
def test_a_night_to_which_nothing_came_says_so(desk: Desk) -> None:
    assert night(desk, MONDAY, [LATE])["notices"] == []
    assert night(desk, MONDAY)["notices"] == []
    assert "没有导入新的文件" in night(desk, TUESDAY)["notices"][0]


@pytest.mark.slow
def test_an_as_of_before_the_last_night_leaves_the_ledger_alone(desk: Desk) -> None:
    night(desk, TUESDAY, [LATE])
    ledger, mails = changes(desk), desk.mails()
    result = night(desk, FRIDAY)
    assert result["notices"]
    assert (changes(desk), desk.mails()) == (ledger, mails)
    assert desk.query("SELECT rule FROM findings WHERE state = 'open'") == [("due-soon",)]
    night(desk, WEDNESDAY)
    assert overdue(desk) == [("open", TUESDAY, TUESDAY)]


@pytest.mark.slow
def test_a_second_night_of_a_date_counts_whatever_the_hour(desk: Desk) -> None:
    """`--as-of` with a date alone is its end, yet the evening's night is not an old one."""
    night(desk, TUESDAY, ordinary_case("1"))
    late = desk.export("late.csv", [LATE])
    result = desk.facts("nightly", late, "--as-of", f"{TUESDAY} 22:30")
    assert (result["mail"]["kept"], result["mail"]["already_sent"]) == (1, 0)
    assert result["notices"] == []
    assert ("opened", TUESDAY) in changes(desk)
    assert overdue(desk) == [("open", TUESDAY, TUESDAY)]
    assert len(desk.mails()) == 2
    again = desk.facts("nightly", late, "--as-of", f"{TUESDAY} 23:00")
    assert (again["mail"]["kept"], again["mail"]["already_sent"]) == (0, 1)
    assert len(desk.mails()) == 2


@pytest.mark.slow
def test_a_regular_night_that_the_ledger_has_overtaken_has_failed(desk: Desk) -> None:
    result = night(desk, "2062-03-10", [LATE])
    assert "2062-03-10 晚于运行的日子" in result["notices"][-1]
    ledger = changes(desk)
    run = desk.run("nightly")
    assert run.status == 1
    assert "2062-03-10" in run.text
    assert changes(desk) == ledger
    [told] = [path for path in desk.mails() if not path.name.startswith("2062")]
    message = mail(desk, told.name[:10])
    assert "运行失败" in message["Subject"]
    assert "零报告" not in message["Subject"]
    assert "2062-03-10" in text(message)
    assert "withdraw-night 2062-03-10" in text(message)
    assert "L1" in text(message)
    # Asked for by its date it is the repetition of an old night.
    result = night(desk, TUESDAY)
    assert "2062-03-10" in result["notices"][-1]
    assert len(desk.mails()) == 2
    assert desk.facts("nightly", status=1)["mail"]["already_sent"] == 1


@pytest.mark.slow
def test_a_night_that_should_not_have_been_is_withdrawn(desk: Desk) -> None:
    slip, later = "2062-03-10", step("L2", "accept", "2026-03-04 09:00:00", "li", registration_type="200")
    night(desk, MONDAY, [LATE, later])
    assert f"withdraw-night {slip}" in night(desk, slip)["notices"][-1]
    assert overdue(desk) == [("open", slip, slip)] * 2
    desk.ok("withdraw-night", slip, "--reason", "年份写错", "--by", "张")
    # As if it had not been: its findings are opened by the nights that find them.
    told = "台账 2062-03-10 的一晚已由 张 撤销:年份写错"
    assert told in night(desk, TUESDAY)["notices"]
    assert full_width(told) in text(mail(desk, TUESDAY))
    assert overdue(desk) == [("open", TUESDAY, TUESDAY)]
    assert desk.query("SELECT night::VARCHAR, is_withdrawn FROM runs ORDER BY run_no") == [
        (MONDAY, False),
        (slip, True),
        (TUESDAY, False),
    ]
    assert not [notice for notice in night(desk, "2026-03-12")["notices"] if "撤销" in notice]
    assert sorted(overdue(desk)) == [("open", TUESDAY, TUESDAY), ("open", "2026-03-12", "2026-03-12")]
    assert desk.run("nightly").status == 0
    desk.ok("verify")


@pytest.mark.slow
def test_nights_are_withdrawn_from_the_last_one_on(desk: Desk) -> None:
    night(desk, MONDAY, [LATE])
    night(desk, TUESDAY)
    night(desk, WEDNESDAY, [WITHDRAWN])
    ledger = changes(desk)
    assert sorted(ledger[1:]) == [("gone", TUESDAY), ("gone", WEDNESDAY), ("opened", TUESDAY)]
    for day, reason, why in [(TUESDAY, "重做", f"最近一晚是 {WEDNESDAY}"), (WEDNESDAY, " ", "--reason")]:
        refused = desk.run("withdraw-night", day, "--reason", reason)
        assert refused.status == 1
        assert "".join(why.split()) in refused.text
    desk.ok("withdraw-night", WEDNESDAY, "--reason", "重做")
    assert "撤销" in desk.run("withdraw-night", WEDNESDAY, "--reason", "重做").text
    assert "应写作2026-03-31" in desk.run("withdraw-night", "2026/03/10", "--reason", "重做").text
    desk.ok("withdraw-night", TUESDAY, "--reason", "重做")
    assert changes(desk) == ledger
    night(desk, WEDNESDAY)
    # Due soon on Monday and no more; nobody knows of Tuesday's.
    assert changes(desk)[len(ledger) :] == [("gone", WEDNESDAY)]
    assert overdue(desk) == []
    desk.ok("verify")


def test_without_a_night_there_is_none_to_withdraw(desk: Desk) -> None:
    run = desk.run("withdraw-night", MONDAY, "--reason", "写错")
    assert run.status == 1
    assert "无可撤销" in run.text


@pytest.mark.slow
def test_a_check_of_the_past_sees_the_past(desk: Desk) -> None:
    rows = [LATE, BOOKED, *ordinary_case("2", TUESDAY)]
    desk.ok("import", desk.export("all.csv", rows))
    seen = {}
    for as_of in ("2026-03-01", "2026-03-03", "2026-03-10 10:00", "2026-03-10 12:00"):
        desk.ok("check", "--as-of", as_of)
        [cases] = desk.query("SELECT count(*), count(closed_at) FROM cases")
        late = desk.query("SELECT summary FROM findings WHERE rule = 'overdue'")
        seen[as_of] = (*cases, len(late))
    assert seen == {
        "2026-03-01": (0, 0, 0),
        "2026-03-03": (1, 0, 0),
        # Before noon it is the night of the 9th still.
        "2026-03-10 10:00": (2, 0, 0),
        "2026-03-10 12:00": (2, 2, 1),
    }
    assert changes(desk) == []
    assert desk.mails() == []


def test_the_published_first_found_on_of_a_past_check_knows_no_later_ledger(desk: Desk) -> None:
    night(desk, WEDNESDAY, [LATE])
    desk.ok("check", "--as-of", TUESDAY)
    assert overdue(desk) == [("open", TUESDAY, TUESDAY)]


@pytest.fixture
def sources(desk: Desk) -> Desk:
    (desk.home / "exports").mkdir()
    desk.configure(
        '[[sources]]\npath = "exports/steps*.csv"\n'
        '[[sources]]\npath = "exports/roster.csv"\nexpected = false\n'
    )
    return desk


def test_a_missing_export_is_told(sources: Desk) -> None:
    result = night(sources, TUESDAY, status=3)
    assert result["missing"] == ["exports/steps*.csv"]
    assert "数据未到 1 处" in mail(sources, TUESDAY)["Subject"]
    assert "零报告" not in mail(sources, TUESDAY)["Subject"]
    assert "exports/steps*.csv" in text(mail(sources, TUESDAY))
    sources.export("exports/steps-1.csv", ordinary_case("1"))
    night(sources, WEDNESDAY)
    assert "零报告" in mail(sources, WEDNESDAY)["Subject"]


@pytest.mark.slow
def test_quarantined_rows_are_told_every_night_until_they_are_corrected_or_dismissed(sources: Desk) -> None:
    sources.export("exports/steps-1.csv", [*ordinary_case("1"), step("2", "accept", "昨天")])
    result = night(sources, TUESDAY, status=3)
    assert result["quarantined"] == 1
    assert "隔离行 1 行" in mail(sources, TUESDAY)["Subject"]
    assert "000001" in text(mail(sources, TUESDAY))
    night(sources, TUESDAY, status=3)
    assert len(sources.mails()) == 1
    # The export is still there the next night: nothing new, but the row is open still.
    result = night(sources, WEDNESDAY, status=3)
    assert (result["quarantined"], result["quarantined_open"]) == (0, 1)
    told = mail(sources, WEDNESDAY)
    assert "隔离行 1 行" in told["Subject"]
    assert "零报告" not in told["Subject"]
    assert "黄灯" in text(told)
    assert "000001" in text(told)
    shown = sources.run("nightly", "--as-of", WEDNESDAY)
    assert shown.status == 3
    assert "本夜新增0行,共1行待改正" in shown.text
    assert len(sources.mails()) == 2

    sources.export("exports/steps-2.csv", [step("3", "accept", "前天")])
    result = night(sources, "2026-03-12", status=3)
    assert (result["quarantined"], result["quarantined_open"]) == (1, 2)
    assert "共 2 行待改正，其中本夜新增 1 行。" in text(mail(sources, "2026-03-12"))

    for number in ("1", "2"):
        sources.ok("quarantine", "--dismiss", number, "--reason", "测试数据")
    night(sources, "2026-03-13")
    assert "注销了第 1 次导入的 1 行隔离行" in text(mail(sources, "2026-03-13"))
    night(sources, "2026-03-16")
    assert "零报告" in mail(sources, "2026-03-16")["Subject"]


def test_rows_quarantined_by_day_are_told_at_night(desk: Desk) -> None:
    path = desk.export("steps.csv", [*ordinary_case("1"), step("2", "accept", "昨天")])
    assert desk.run("import", path).status == 3
    result = night(desk, TUESDAY, status=3)
    assert result["quarantined"] == 1
    assert "隔离行 1 行" in mail(desk, TUESDAY)["Subject"]


def test_a_refused_file_fails_the_night_but_not_the_other_files(sources: Desk) -> None:
    (sources.home / "exports" / "steps-0.csv").write_text("id,amount\n1,2\n", encoding="utf-8")
    sources.export("exports/steps-1.csv", [LATE])
    result = night(sources, TUESDAY, status=1)
    assert "steps-0.csv" in result["failures"][0]
    assert "运行失败" in mail(sources, TUESDAY)["Subject"]
    assert "零报告" not in mail(sources, TUESDAY)["Subject"]
    assert "steps-0.csv" in text(mail(sources, TUESDAY))
    assert overdue(sources) == [("open", TUESDAY, TUESDAY)]


def test_a_folder_that_a_pattern_meets_is_no_export(sources: Desk) -> None:
    (sources.home / "exports" / "steps.csv").mkdir()
    sources.export("exports/steps-1.csv", ordinary_case("1"))
    night(sources, TUESDAY)


def test_a_file_is_taken_by_its_name_not_as_a_pattern(desk: Desk) -> None:
    wanted = desk.export("steps[1].csv", ordinary_case("wanted"))
    desk.export("steps1.csv", ordinary_case("other"))
    desk.facts("nightly", wanted, "--as-of", TUESDAY)
    assert {action["case_no"] for action in desk.actions()} == {"wanted"}


@pytest.mark.slow
def test_a_workspace_may_have_any_name(desk: Desk) -> None:
    home = desk.home.with_name("[工作区] *")
    moved = Desk(home)
    moved.ok("init", home)
    moved.configure('[[sources]]\npath = "exports/*.csv"\n')
    moved.export("exports/a.csv", ordinary_case("1"))
    moved.facts("nightly", "--as-of", TUESDAY)
    assert len(moved.actions()) == 3


@pytest.mark.slow
def test_without_a_server_what_is_not_delivered_is_sent_the_next_night(
    desk: Desk, mail_server: MailServer
) -> None:
    # A port that nobody listens on: port 1 is never given to an ordinary program.
    desk.configure(mail_server.settings("150602", port=1))
    result = night(desk, TUESDAY, [LATE], status=1)
    assert result["mail"]["problems"]
    assert result["mail"]["kept"] == 1
    assert len(desk.mails()) == 1
    assert desk.events("mail-sent") == []
    first = mail(desk, TUESDAY)["Message-ID"]

    # The same night again tries the same mail once, and tells of it once.
    result = night(desk, TUESDAY, status=1)
    assert [path.name[:10] for path in desk.mails()] == [TUESDAY]
    assert result["mail"]["kept"] == 1
    assert len(result["mail"]["problems"]) == 1

    desk.configure(mail_server.settings("150602"))
    result = night(desk, WEDNESDAY)
    assert result["mail"]["sent"] == 2
    assert mail_server.mails[0]["Message-ID"] == first
    assert ["新增问题 1 项" in s for s in mail_server.subjects] == [True, False]
    assert desk.mails() == []

    result = night(desk, WEDNESDAY)
    assert result["mail"] == {"sent": 0, "kept": 0, "already_sent": 1, "problems": []}
    assert len(mail_server.mails) == 2


def test_every_office_gets_its_own_mail(desk: Desk, mail_server: MailServer) -> None:
    desk.configure(
        mail_server.settings("150602", "*") + '[[offices]]\noffice = "150602"\nname = "东胜区中心"\n'
        '[[offices]]\noffice = "150603"\nname = "康巴什"\n'
    )
    night(desk, TUESDAY, [LATE, *(row | {"office": "150603"} for row in ordinary_case("K1"))])
    assert sorted("零报告" in subject for subject in mail_server.subjects) == [False, True]
    [east] = [m for m in mail_server.mails if "东胜区中心" in m["Subject"]]
    [west] = [m for m in mail_server.mails if "康巴什" in m["Subject"]]
    assert "L1" in text(east)
    assert "L1" not in text(west)


def test_names_of_operators_stay_out_of_the_subject_and_applicants_out_of_the_mail(desk: Desk) -> None:
    night(desk, TUESDAY, [LATE | {"申请人": "赵申请", "operator": "李四", "备注": "13912345678"}])
    whole = mail(desk, TUESDAY).as_string() + text(mail(desk, TUESDAY))
    assert "赵申请" not in whole
    assert "13912345678" not in whole


def test_mail_and_terminal_name_no_day_by_when_they_are_read(sources: Desk) -> None:
    bad = [step("2", "accept", "2026-03-32 09:00:00"), step("3", "accept", f"{FRIDAY} 09:00:00", "li")]
    sources.export("exports/steps.csv", [LATE, *ordinary_case("1"), *bad])
    for as_of in (FRIDAY, TUESDAY, "2062-03-10"):
        shown = sources.run("nightly", "--as-of", as_of)
        assert shown.status == 3, shown
        assert not FROM_THE_READER.search(shown.text)
    overtaken = sources.run("nightly")
    assert overtaken.status == 1
    assert not FROM_THE_READER.search(overtaken.text)
    for path in sources.mails():
        message = message_from_bytes(path.read_bytes(), policy=default)
        assert isinstance(message, EmailMessage)
        assert not FROM_THE_READER.search(message["Subject"] + text(message))
