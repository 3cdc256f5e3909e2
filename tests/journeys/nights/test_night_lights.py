"""When a night is green, and what each code of `because` says: every attack beside its innocent twin."""

import shutil
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from conftest import Desk, Row, ordinary_case, step

from regaudit.eventlog.lock import Lock, hold

pytestmark = pytest.mark.long

MONDAY = date(2026, 3, 2)
ROUTES = '[[mail.routes]]\noffice = "*"\nto = ["old@example.org"]\n'
DAILY = '[[sources]]\nname = "平台"\npath = "exports/*.csv"\ndue = "20:00"\n'


def day(number: int) -> str:
    """A day of March 2026."""
    return f"2026-03-{number:02}"


def rows_of(number: int, office: str = "150602") -> list[Row]:
    """A day's work of an office: one case accepted, reviewed and booked."""
    return [{**row, "office": office} for row in ordinary_case(f"{office}-{number:02}", day(number))]


def night(desk: Desk, number: int, rows: Sequence[Row] | None = None, *, status: int | None = None) -> Any:
    """A night with a day's export, the ordinary one where none is given."""
    rows = rows_of(number) if rows is None else rows
    files = [desk.export(f"exports/{day(number)}.csv", rows)] if rows else []
    run = desk.run("nightly", *files, "--as-of", day(number), "--json")
    assert status is None or run.status == status, run
    return run.facts


def text_of(path: Path) -> str:
    message = message_from_bytes(path.read_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def codes(facts: Any) -> list[tuple[str, str]]:
    return [(reason["code"], reason["light"]) for reason in facts["because"]]


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Two ordinary nights, the second green; every test copies them."""
    desk = Desk(tmp_path_factory.mktemp("grown") / "home").make()
    desk.configure(ROUTES)
    night(desk, 2)
    assert night(desk, 3)["light"] == "green"
    return desk


@pytest.fixture
def green(grown: Desk, tmp_path: Path) -> Desk:
    """A workspace with two ordinary nights."""
    shutil.copytree(grown.home, tmp_path / "green")
    return Desk(tmp_path / "green")


def test_an_ordinary_night_is_green_and_a_green_night_is_listed(green: Desk) -> None:
    assert codes(night(green, 4)) == []
    assert green.query("SELECT night::VARCHAR, light, because FROM nights ORDER BY night")[-1] == (
        day(4),
        "green",
        "[]",
    )


def test_a_new_finding_is_news_once(green: Desk) -> None:
    guilty = [
        step("X1", "accept", f"{day(4)} 09:00:00", "li"),
        step("X1", "review", f"{day(4)} 10:00:00", "li"),
        step("X1", "book", f"{day(4)} 11:00:00", "li"),
    ]
    facts = night(green, 4, guilty)
    assert codes(facts) == [("new", "red")]
    assert facts["light"] == "red"
    assert codes(night(green, 5)) == []


def test_a_night_run_again_keeps_the_reasons_of_its_first_run(green: Desk) -> None:
    green.configure(ROUTES + DAILY)
    first = night(green, 4, [])
    assert ("missing", "yellow") in codes(first)
    again = night(green, 4)
    kept = [reason for reason in again["because"] if reason["code"] == "missing"]
    assert [reason["is_earlier"] for reason in kept] == [True]


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        (ROUTES, "规程·文件"),
        (ROUTES.replace("old@", "new@"), "邮件路由·*·收件人"),
        (
            ROUTES + '[[calendar.days]]\non = 2026-03-04\nkind = "closure"\nname = "停电"\n',
            "本地日历·2026-03-04",
        ),
        (ROUTES + '[[offices]]\noffice = "150602"\nhours = ["09:00-17:00"]\n', "机构·150602·hours"),
        (ROUTES + '[[offices]]\noffice = "150602"\nuntil = 2026-03-03\n', "机构·150602·until"),
        (ROUTES + DAILY, "数据源·平台·path"),
        (ROUTES + '[hours]\ndefault = ["09:00-17:00"]\n', "办公时间·default"),
        ('zone = "Asia/Urumqi"\n' + ROUTES, "时区"),
    ],
)
def test_a_changed_setting_is_told_once_with_old_and_new(green: Desk, settings: str, what: str) -> None:
    green.configure(settings, profile="default" if what == "规程·文件" else "ordos-2023")
    facts = night(green, 4)
    assert ("changed", "yellow") in codes(facts)
    found = green.query(f"SELECT what FROM setting_changes WHERE night = '{day(4)}'")
    assert any(name.startswith(what) for (name,) in found), found
    assert ("changed", "yellow") not in codes(night(green, 5))


@pytest.mark.slow
def test_a_changed_rhythm_of_a_source_is_told_once(green: Desk) -> None:
    green.configure(ROUTES + DAILY + 'nights = ["mon", "tue", "wed"]\n')
    night(green, 4)
    green.configure(ROUTES + DAILY + 'nights = ["wed", "mon"]\n')
    assert ("changed", "yellow") in codes(night(green, 5))
    found = green.query(f"SELECT what, old, new FROM setting_changes WHERE night = '{day(5)}'")
    assert found == [("数据源·平台·nights", "mon、tue、wed", "wed、mon")]
    assert ("changed", "yellow") not in codes(night(green, 6))


def test_rules_switched_off_are_told_and_their_findings_stay_marked(green: Desk) -> None:
    guilty = [
        step("X1", name, f"{day(4)} {hour}:00:00", "li") for name, hour in (("accept", "09"), ("review", 10))
    ]
    guilty.append(step("X1", "book", f"{day(4)} 11:00:00", "li"))
    night(green, 4, guilty)
    profile = green.home / "profiles" / "ordos-2023.toml"
    profile.parent.mkdir(exist_ok=True)
    profile.write_text('title = "本地"\nextends = "default"\nrules_off = ["one-person"]\n', encoding="utf-8")
    facts = night(green, 5)
    assert ("changed", "yellow") in codes(facts)
    assert any("代替了同名的自带规程" in note for note in facts["notices"])
    assert green.query("SELECT state FROM findings WHERE rule = 'one-person'") == [("not_run",)]
    # It is named every night, though it is a change but once.
    facts = night(green, 6)
    assert codes(facts) == []
    assert any("代替了同名的自带规程" in note for note in facts["notices"])


def test_an_account_given_to_another_person_is_a_change_and_a_new_account_is_none(green: Desk) -> None:
    roster = [
        {"account": "li", "person_id": "P1", "person_name": "李一", "office": "150602", "org_kind": "center"}
    ]
    green.ok("import", green.export("roster.csv", roster))
    assert ("changed", "yellow") not in codes(night(green, 4))
    green.ok("import", green.export("roster2.csv", [{**roster[0], "person_id": "P2"}]))
    facts = night(green, 5)
    assert ("changed", "yellow") in codes(facts)
    assert green.query("SELECT old, new FROM setting_changes WHERE what LIKE '名册·%'") == [("P1", "P2")]


def test_working_days_without_a_night_are_told_and_a_weekend_is_not(green: Desk) -> None:
    assert codes(night(green, 6)) == [("nights", "yellow")]  # the 4th and 5th were working days
    assert codes(night(green, 9)) == []  # after a weekend


def test_a_withdrawn_night_is_told_on_the_next(green: Desk) -> None:
    night(green, 4)
    green.ok("withdraw-night", day(4), "--reason", "日期写错", "--by", "zhang")
    facts = night(green, 4)
    assert ("nights", "yellow") in codes(facts)
    assert "zhang" in facts["because"][0]["text"]


@pytest.mark.slow
def test_an_office_that_falls_silent_is_missed_until_it_acts_or_ends(desk: Desk) -> None:
    desk.configure(ROUTES)
    days = [2, 3, 4, 5, 6, 9]
    for number in days:
        night(desk, number, [*rows_of(number), *rows_of(number, "150603")])
    assert codes(night(desk, 10)) == []  # a day without a case is nothing
    facts = night(desk, 11)
    assert [(r["code"], r["office"]) for r in facts["because"]] == [("missing", "150603")]
    assert codes(night(desk, 12)) == [("missing", "yellow")]  # it stays
    assert codes(night(desk, 13, [*rows_of(13), *rows_of(13, "150603")])) == []


@pytest.mark.slow
def test_an_office_that_always_acted_seldom_is_not_missed(desk: Desk) -> None:
    desk.configure(ROUTES)
    for number in (2, 3, 4, 5, 6, 9, 10, 11, 12, 13):
        more = rows_of(number, "150603") if number in (2, 6, 10) else []
        assert "missing" not in [code for code, _ in codes(night(desk, number, [*rows_of(number), *more]))]


@pytest.mark.slow
def test_an_ended_office_is_not_missed_and_an_act_after_its_end_is_told(desk: Desk) -> None:
    desk.configure(ROUTES + f'[[offices]]\noffice = "150603"\nuntil = {day(9)}\n')
    for number in (2, 3, 4, 5, 6, 9):
        night(desk, number, [*rows_of(number), *rows_of(number, "150603")])
    assert codes(night(desk, 10)) == []
    assert codes(night(desk, 11)) == []
    facts = night(desk, 12, [*rows_of(12), *rows_of(12, "150603")])
    assert any("此后仍有操作" in note for note in facts["notices"])


@pytest.mark.slow
def test_a_source_that_delivers_on_fridays_is_missed_on_fridays_alone(desk: Desk) -> None:
    desk.configure(ROUTES + DAILY + 'nights = ["fri"]\n')
    friday = [row for number in (2, 3, 4, 5, 6) for row in rows_of(number)]
    (desk.home / "exports").mkdir()
    desk.export("exports/1.csv", friday)
    assert codes(desk.run("nightly", "--as-of", day(6), "--json").facts) == []
    for number in (9, 10, 11, 12):
        assert codes(desk.run("nightly", "--as-of", day(number), "--json").facts) == []
    assert ("missing", "yellow") in codes(desk.run("nightly", "--as-of", day(13), "--json").facts)


@pytest.mark.slow
def test_between_two_deliveries_a_case_that_came_due_is_unknown(
    desk: Desk,
) -> None:
    # Five working days: W1 is due on Monday the 9th, W2 before the delivery of Friday the 6th.
    desk.configure(ROUTES + DAILY + 'nights = ["fri"]\n')
    (desk.home / "exports").mkdir()
    waiting = [step("W1", "accept", f"{day(2)} 09:00:00", "li", registration_type="200")]
    late = [step("W2", "accept", "2026-02-26 09:00:00", "li", registration_type="200")]
    desk.export("exports/1.csv", [*waiting, *late, *rows_of(6)])
    desk.run("nightly", "--as-of", day(6))
    facts = desk.run("nightly", "--as-of", day(10), "--json").facts
    assert "unknown" not in [code for code, _ in codes(facts)]
    assert desk.query("SELECT case_no, waits_for FROM unknowns WHERE rule = 'overdue'") == [
        ("W1", "delivery")
    ]
    assert desk.query("SELECT case_no FROM findings WHERE rule = 'overdue' AND state = 'open'") == [("W2",)]
    # On Friday the case is there, booked in time.
    booked = step("W1", "book", f"{day(9)} 10:00:00", "zhao", registration_type="200")
    desk.export("exports/2.csv", [*waiting, booked, *rows_of(13)])
    desk.run("nightly", "--as-of", day(13))
    assert desk.query("SELECT case_no FROM unknowns WHERE rule = 'overdue'") == []
    assert desk.query("SELECT case_no FROM findings WHERE rule = 'overdue' AND state = 'open'") == [("W2",)]


@pytest.mark.slow
def test_quarantined_rows_and_their_dismissal_are_told(green: Desk) -> None:
    bad = [*rows_of(4), step("B1", "accept", "not a time", "li")]
    assert ("quarantined", "yellow") in codes(night(green, 4, bad))
    assert ("quarantined", "yellow") in codes(night(green, 5))
    [row] = green.facts("quarantine")
    green.ok("quarantine", "--dismiss", str(row["import_no"]), "--reason", "误导入", "--by", "zhang")
    facts = night(green, 6)
    assert codes(facts) == [("quarantined", "yellow")]
    assert "zhang" in facts["because"][0]["text"]
    assert codes(night(green, 9)) == []


def test_blank_operators_make_subjects_unknown_and_that_is_told(green: Desk) -> None:
    blank = [
        {**row, "account": "", "operator": "", "case_no": f"K{n}"} for n in range(6) for row in rows_of(4)
    ]
    facts = night(green, 4, blank)
    assert ("unknown", "yellow") in codes(facts)
    assert ("unknown", "yellow") not in codes(night(green, 5))


def test_a_night_that_fails_is_red_and_so_it_is_listed(green: Desk) -> None:
    (green.home / "exports").mkdir(exist_ok=True)
    broken = green.home / "exports" / "broken.csv"
    broken.write_text("a,b\n1,2\n", encoding="utf-8")
    facts = green.run("nightly", broken, "--as-of", day(4), "--json").facts
    assert facts["light"] == "red"
    assert ("failed", "red") in codes(facts)
    assert green.query("SELECT light FROM nights ORDER BY night DESC LIMIT 1") == [("red",)]


def test_a_night_after_midnight_is_that_of_the_day_before(green: Desk) -> None:
    export = green.export("late.csv", rows_of(4))
    facts = green.run("nightly", export, "--as-of", f"{day(5)} 00:30", "--json").facts
    assert codes(facts) == []
    assert green.query("SELECT night::VARCHAR FROM runs ORDER BY run_no DESC LIMIT 1") == [(day(4),)]
    following = date(2026, 3, 4) + timedelta(days=1)
    assert codes(night(green, following.day)) == []


def test_a_night_that_finds_the_workspace_held_says_so_once(green: Desk) -> None:
    before = len(green.mails())
    with hold(green.home, "check", datetime(2026, 3, 4, 22, 30), Lock.RUN):
        for _ in range(2):
            assert green.run("nightly").status == 1
    told = green.mails()[before:]
    assert len(told) == 1
    assert "没有能够开始" in text_of(told[0])
    assert "黄" in str(message_from_bytes(told[0].read_bytes(), policy=default)["Subject"])
    green.assert_log_is_whole()


@pytest.mark.slow
def test_the_old_recipients_hear_that_they_were_replaced(green: Desk) -> None:
    green.configure(ROUTES.replace("old@", "new@"))
    night(green, 4)
    night(green, 5)
    changed, after = [
        str(message_from_bytes(path.read_bytes(), policy=default)["To"]) for path in green.mails()[-2:]
    ]
    assert ("old@" in changed, "new@" in changed) == (True, True)
    assert ("old@" in after, "new@" in after) == (False, True)
