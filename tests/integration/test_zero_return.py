"""The zero return: who may sign it, what it is refused for, and one that later data contradict."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import Desk
from ledger_staff import enlist, entries_of, take
from report_desk import facts_of, made, need_press, pdf_text

pytestmark = pytest.mark.long
OFFICE, OTHER = "150602", "150603"
WORKED = (date(2026, 3, 30), date(2026, 3, 31))
ROSTER = [
    {"account": name, "person_id": f"R{number}", "person_name": name, "office": OFFICE, "org_kind": "center"}
    for number, name in enumerate(("a1", "a2", "a3"), 1)
]
MARCH = ("zero", "--month", "2026-03")


def closures() -> str:
    """All of March is closed but its last two days: so few nights are a whole month."""
    days = (date(2026, 3, 1) + timedelta(number) for number in range(29))
    return "".join(
        f'[[calendar.days]]\non = {day}\nkind = "closure"\nname = "停办"\n'
        for day in days
        if day.weekday() < 5
    )


def case(number: int, day: str, *, by: Sequence[str] = ("a1", "a2", "a3")) -> list[dict[str, str]]:
    """A case of one day, step by step by these accounts."""
    steps = zip(("accept", "review", "book"), ("09:10:00", "10:20:00", "14:30:00"), by, strict=True)
    return [
        {
            "case_no": f"2026{number:08}",
            "office": OFFICE,
            "step": step,
            "occurred_at": f"{day} {hour}",
            "account": account,
            "operator": account,
            "registration_type": "200",
            "channel": "window",
            "terminal": f"10.0.0.{account[1]}",
        }
        for step, hour, account in steps
    ]


def new_desk(home: Path) -> Desk:
    need_press()
    desk = Desk(home).make()
    desk.configure(closures())
    return desk


def night(desk: Desk, day: str, *cases: list[dict[str, str]], words: Sequence[str] = ()) -> None:
    files = [desk.export(f"{day}.csv", [row for rows in cases for row in rows])] if cases else []
    roster = [desk.export("roster.csv", ROSTER)] if cases else []
    run = desk.run("nightly", *roster, *files, "--as-of", day, *words)
    assert run.status in (0, 3), run


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A month of two working days, each with its night; nothing was found that is forbidden."""
    desk = new_desk(tmp_path_factory.mktemp("zero") / "home")
    night(desk, "2026-03-30", case(1, "2026-03-30"))
    enlist(desk)
    enlist(desk, {"fremd": ("P50", "post")}, office=OTHER)
    night(desk, "2026-03-31", case(2, "2026-03-31"))
    return desk


@pytest.fixture
def desk(whole: Desk, tmp_path: Path) -> Desk:
    return whole.copy_to(tmp_path / "home")


def refused(desk: Desk, *said: str, sign: str = "zero", by: str = "gang", month: str = "2026-03") -> None:
    before = len(desk.events())
    run = desk.run("report", "zero", "--month", month, "--office", OFFICE, "--sign", sign, "--by", by)
    assert run.status == 1, run
    for text in said:
        assert text in run.text, run
    assert len(desk.events()) == before


def sign(desk: Desk, declared: str = "zero", by: str = "gang") -> dict[str, Any]:
    [told] = made(desk, *MARCH, "--office", OFFICE, "--sign", declared, "--by", by).values()
    return told


def test_a_clean_month_is_signed_as_zero_by_a_post_and_nobody_else(desk: Desk) -> None:
    unsigned = made(desk, *MARCH)
    assert list(unsigned) == [OFFICE, "ALL"]
    assert facts_of(unsigned[OFFICE])["may_be_zero"] is True
    assert "尚未签署,不是零报告" in pdf_text(unsigned[OFFICE]["paths"]["pdf"]).replace("，", ",")
    for login, said in (("ke", "不能签署"), ("fremd", "不能签署")):
        refused(desk, said, by=login)
    told = sign(desk)
    facts = facts_of(told)
    assert (told["declared"], facts["declared"], facts["signature"]["by"]) == ("zero", "zero", "gang")
    assert Path(told["paths"]["pdf"]).name == f"2026-03-{OFFICE}-zero.pdf"
    text = pdf_text(told["paths"]["pdf"])
    assert "质量监管岗" in text
    assert "尚未签署" not in text
    [signed] = [event for event in desk.events("report-made") if event.state.get("declared")]
    assert (signed.state["person"], signed.state["role"]) == ("P20", "post")
    refused(desk, "已由gang", by="zhu")
    # Asked for again it is what was signed, byte for byte.
    assert made(desk, *MARCH, "--office", OFFICE)[OFFICE]["sha256"] == told["sha256"]


def test_it_states_what_nobody_can_tell_and_which_words_were_never_read(desk: Desk) -> None:
    facts = facts_of(made(desk, *MARCH)[OFFICE])
    assert {rule["rule"] for ban in facts["bans"] for rule in ban["rules"]} >= {"queue-jump", "one-person"}
    assert all(ban["basis"] for ban in facts["bans"])
    assert not any(ban["verbatim"] for ban in facts["bans"])
    written = "".join(ban["ban"] + ban["basis"] for ban in facts["bans"])
    assert "不得插队，应按序办理鄂尔多斯方案（18）" in written
    assert not set(",:;()") & set(written)
    for ban in facts["bans"]:
        told = sum(
            row["subjects"] for row in facts["unknowns"] if row["rule"] in {r["rule"] for r in ban["rules"]}
        )
        assert ban["unknown"] == told


def test_a_night_that_did_not_run_forbids_a_zero_but_not_to_say_so(tmp_path: Path) -> None:
    desk = new_desk(tmp_path / "home")
    night(desk, "2026-03-31", case(1, "2026-03-30"), case(2, "2026-03-31"))
    enlist(desk)
    refused(desk, "不能签署为零报告", "1晚没有夜间作业：2026-03-30")
    refused(desk, "还没有查完", month="2026-04")
    told = sign(desk, "nonzero", by="zhu")
    assert facts_of(told)["signature"]["role"] == "leader"


def test_an_export_that_is_missing_forbids_it(tmp_path: Path) -> None:
    desk = new_desk(tmp_path / "home")
    source = f'[[sources]]\nname = "区县甲"\npath = "in/*.csv"\noffice = "{OFFICE}"\n'
    night(desk, "2026-03-30", case(1, "2026-03-30"))
    enlist(desk)
    desk.configure(closures() + source)
    night(desk, "2026-03-31")
    refused(desk, "1次应到的导出没有送达", "区县甲")


def test_an_entry_of_a_forbidden_kind_forbids_it_until_it_is_held_to_be_unfounded(tmp_path: Path) -> None:
    desk = new_desk(tmp_path / "home")
    night(desk, "2026-03-30", case(1, "2026-03-30"))
    enlist(desk)
    night(desk, "2026-03-31", case(2, "2026-03-31", by=("a1", "a1", "a1")))
    [entry] = [number for number, e in entries_of(desk).items() if e.opened.rule == "one-person"]
    refused(desk, "台账有1项与所禁止的事项抵触", entry)
    take(desk, "2026-03-31", "gang", entry, "assign", to="person:P10", kind="by_date")
    take(desk, "2026-03-31T10:00:00", "ke", entry, "answer")
    take(desk, "2026-03-31T11:00:00", "gang", entry, "judge", verdict="unfounded")
    if entries_of(desk)[entry].now.state == "answered":
        take(desk, "2026-03-31T12:00:00", "zhu", entry, "judge", verdict="unfounded")
    told = facts_of(sign(desk))
    [ban] = [ban for ban in told["bans"] if entry in ban["cleared"]]
    assert not ban["open"]
    assert not ban["new"]


def test_a_rule_that_is_switched_off_forbids_it(tmp_path: Path) -> None:
    desk = new_desk(tmp_path / "home")
    (desk.home / "profiles").mkdir(exist_ok=True)
    own = 'extends = "ordos-2023"\ntitle = "本地"\nrules_off = ["queue-jump"]\n'
    (desk.home / "profiles" / "local.toml").write_text(own, encoding="utf-8")
    desk.configure(closures(), profile="local")
    night(desk, "2026-03-30", case(1, "2026-03-30"))
    enlist(desk)
    night(desk, "2026-03-31", case(2, "2026-03-31"))
    refused(desk, "最近一次运行中未运行或出错的规则：queue-jump")


def declarations(desk: Desk) -> list[str]:
    return [number for number, entry in entries_of(desk).items() if entry.opened.kind == "declaration"]


def test_what_comes_later_and_contradicts_a_zero_opens_an_entry_about_it_once(desk: Desk) -> None:
    sign(desk)
    late = case(9, "2026-03-31", by=("a1", "a1", "a1"))
    night(desk, "2026-04-01", case(3, "2026-04-01"), late, words=["--backfill", "补送"])
    [number] = declarations(desk)
    opened = entries_of(desk)[number].opened
    assert opened.source == f"report:2026-03/{OFFICE}/zero#1"
    assert opened.office == OFFICE
    assert "杜绝一人办到底" in opened.summary
    # Whoever signed is who it is about: he judges nothing of it.
    assert entries_of(desk)[number].subjects == {"P20"}
    run = desk.run("ledger", "assign", number, "--to", "person:P10", "--kind", "by_date", "--by", "gang")
    assert run.status == 1
    night(desk, "2026-04-02", case(4, "2026-04-02"))
    assert declarations(desk) == [number]
    listed = desk.query(f"SELECT kind, title FROM ledger_entries WHERE entry = '{number}'")
    assert listed == [("declaration", "零报告与此后的数据不符")]
    # A zero cannot be taken for true any more; that it was none can be said.
    assert sign(desk, "nonzero", by="zhu")["declared"] == "nonzero"


def test_what_was_found_after_the_month_but_before_the_signature_forbids_it(desk: Desk) -> None:
    late = case(9, "2026-03-31", by=("a1", "a1", "a1"))
    night(desk, "2026-04-01", case(3, "2026-04-01"), late, words=["--backfill", "补送"])
    [entry] = [number for number, e in entries_of(desk).items() if e.opened.rule == "one-person"]
    refused(desk, "台账有1项与所禁止的事项抵触", entry)
    told = made(desk, *MARCH, "--office", OFFICE)[OFFICE]
    assert [ban["late"] for ban in facts_of(told)["bans"] if ban["late"]] == [[entry]]
    assert "期后发现" in pdf_text(told["paths"]["pdf"])
    cleared(desk, entry)
    assert sign(desk)["declared"] == "zero"
    # What was cleared to sign and is put back afterwards contradicts what was signed.
    take(desk, "2026-04-02T09:00:00", "shang", entry, "correct")
    assert entries_of(desk)[entry].now.state == "answered"
    night(desk, "2026-04-02", case(4, "2026-04-02"))
    [number] = declarations(desk)
    assert entry in entries_of(desk)[number].opened.summary
    night(desk, "2026-04-03", case(5, "2026-04-03"))
    assert declarations(desk) == [number]


def cleared(desk: Desk, entry: str) -> None:
    take(desk, "2026-04-01", "gang", entry, "assign", to="person:P10", kind="by_date")
    take(desk, "2026-04-01T10:00:00", "ke", entry, "answer")
    take(desk, "2026-04-01T11:00:00", "gang", entry, "judge", verdict="unfounded")
    if entries_of(desk)[entry].now.state == "answered":
        take(desk, "2026-04-01T12:00:00", "zhu", entry, "judge", verdict="unfounded")


def test_what_was_done_after_the_month_forbids_no_zero_of_it(desk: Desk) -> None:
    night(desk, "2026-04-01", case(3, "2026-04-01"), case(5, "2026-04-01", by=("a1", "a1", "a1")))
    assert any(entry.opened.rule == "one-person" for entry in entries_of(desk).values())
    assert sign(desk)["declared"] == "zero"


def test_what_comes_later_and_has_nothing_to_do_with_it_opens_none(desk: Desk) -> None:
    sign(desk)
    clean, other = case(9, "2026-03-31"), case(5, "2026-04-01", by=("a1", "a1", "a1"))
    night(desk, "2026-04-01", case(3, "2026-04-01"), clean, other, words=["--backfill", "补送"])
    assert any(entry.opened.rule == "one-person" for entry in entries_of(desk).values())
    assert not declarations(desk)


def test_a_month_that_was_signed_as_none_is_contradicted_by_nothing(desk: Desk) -> None:
    sign(desk, "nonzero")
    night(desk, "2026-04-01", case(9, "2026-03-31", by=("a1", "a1", "a1")), words=["--backfill", "补送"])
    assert not declarations(desk)
