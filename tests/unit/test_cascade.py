"""Who hears what of an entry: role by role, up the chain, by natural person; and what was told before."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from regaudit.catalogue.event_types import MailKept, MailSent, RunCompleted
from regaudit.ledger.people import Held, People, User
from regaudit.outlets.mail.audience import Audience
from regaudit.outlets.mail.cascade import Ledger, digests_of
from regaudit.outlets.mail.entry_facts import EntryFacts, EntryStep
from regaudit.outlets.mail.person_digest import PersonDigest
from regaudit.outlets.mail.watermarks import Mark, Marks

NIGHT = date(2026, 3, 10)
DAY = timedelta(days=1)
ENTRY = EntryFacts(
    entry="1-2026-0001",
    title="超期",
    office="1",
    subject="C1",
    severity="major",
    state="listed",
    shown_state="listed",
    is_final=False,
    summary="超期",
    section="",
    person="",
    subjects=["P1"],
    pending="",
    assigned_at=None,
    is_served=False,
    asked_to=None,
    is_provisional=False,
    is_excused=False,
    appeal_due_on=None,
    answer_due_on=None,
    light="none",
    lit_on=None,
    due_on=NIGHT + 9 * DAY,
    due_limit="assign",
    holder="post",
)
STEP = EntryStep(
    position=11,
    entry=ENTRY.entry,
    change="opened",
    step="open",
    kind="",
    decided_at=datetime(2026, 3, 10, 9),
    recorded_at=datetime(2026, 3, 10, 9),
    login="",
    person="",
    role="",
    for_login="",
    signed_by="",
    door="page",
    system_user="root",
    machine="centre-1",
    given_to="",
    set_due_on=None,
    verdict="",
    is_pending=False,
    severity="",
    run_no=0,
    is_hidden=False,
)
RUN = RunCompleted(
    "runs",
    1,
    kind="nightly",
    as_of="2026-03-09T23:59:59",
    night="2026-03-09",
    log_position=10,
    profile="",
    profile_sha256="",
    calendar="",
    rules={},
    findings_sha256="",
    findings=0,
    counts={},
    finished_at="",
)


def a_user(login: str, person: str, role: str, **more: Any) -> User:
    held = {Held(role, "1", more.pop("section", ""))}  # type: ignore[arg-type]
    return User(login=login, person_id=person, mail=more.pop("mail", f"{login}@a.cn"), held=held, **more)


ALL = [
    a_user("han", "P1", "handler", section="甲"),
    a_user("he", "P2", "head", section="甲"),
    a_user("other", "P7", "head", section="乙"),
    a_user("po", "P3", "post"),
    a_user("le", "P5", "leader"),
    a_user("su", "P6", "superior"),
]


def a_mail(person: str = "", *, run_no: int = 1, identity: str = "m") -> MailSent:
    return MailSent(
        "mails",
        1,
        message_id=identity,
        office="" if person else "1",
        night="2026-03-09",
        subject="",
        recipients=[],
        delivery="smtp",
        sent_at="",
        person=person,
        run_no=run_no,
    )


def kept(person: str, identity: str) -> MailKept:
    return MailKept(
        "outbox",
        1,
        message_id=identity,
        office="",
        night="2026-03-09",
        subject="",
        mail_sha256="",
        kept_at="",
        person=person,
        run_no=1,
    )


TOLD = Marks({1: RUN}, [a_mail()], [], lambda _: False)


def told(
    facts: EntryFacts, *steps: EntryStep, users: list[User] | None = None, marks: Marks = TOLD
) -> dict[str, PersonDigest]:
    ledger = Ledger(
        night=NIGHT,
        entries=[facts],
        steps={facts.entry: steps},
        marks=marks,
        warned_on=lambda _, due_on: due_on - DAY,
        office_name=str,
    )
    audience = Audience(People(ALL if users is None else users), NIGHT)
    return {digest.person: digest for digest in digests_of(audience, ledger)}


def heard(facts: EntryFacts, *steps: EntryStep, users: list[User] | None = None) -> set[str]:
    return set(told(facts, *steps, users=users))


def a_step(name: str, person: str, login: str, **more: Any) -> EntryStep:
    return replace(STEP, change="stepped", step=name, person=person, login=login, **more)


GIVEN = replace(
    ENTRY, state="assigned", person="P1", due_limit="answer", holder="handler", answer_due_on=ENTRY.due_on
)


def test_an_opening_is_the_posts_and_a_critical_one_the_leaders_and_superiors_too() -> None:
    assert heard(ENTRY, STEP) == {"P3"}
    assert heard(replace(ENTRY, severity="critical"), STEP) == {"P3", "P5", "P6"}


def test_where_nobody_is_post_the_next_above_hears() -> None:
    without = [user for user in ALL if user.login != "po"]
    assert heard(ENTRY, STEP, users=without) == {"P5"}
    assert heard(ENTRY, STEP, users=[user for user in without if user.login != "le"]) == {"P6"}


def test_an_assignment_is_the_handlers_and_his_heads_and_without_a_section_every_heads() -> None:
    assign = a_step("assign", "P3", "po")
    assert heard(GIVEN, assign) == {"P1", "P2"}
    to_section = replace(GIVEN, person="", section="乙", subjects=[])
    assert heard(to_section, assign) == {"P7"}
    nowhere = [a_user("han", "P1", "handler"), *ALL[1:]]
    assert heard(GIVEN, assign, users=nowhere) == {"P1", "P2", "P7"}


def test_the_subject_who_would_be_alone_is_not() -> None:
    assign = a_step("assign", "P3", "po")
    no_heads = [user for user in ALL if user.login not in ("he", "other")]
    # Where there is no head the post hears as one.
    assert heard(GIVEN, assign, users=no_heads) == {"P1", "P3"}
    his_own_head = [a_user("han", "P1", "head", section="甲"), a_user("po", "P3", "post")]
    found = told(GIVEN, assign, users=his_own_head)
    assert set(found) == {"P1", "P3"}
    assert [card.beside for card in found["P3"].cards] == [True]


def test_a_step_by_the_reader_himself_and_what_was_before_it_is_no_news() -> None:
    answer = a_step("answer", "P1", "han")
    assert heard(replace(GIVEN, state="answered", due_limit="judge", holder="post"), STEP, answer) == {"P3"}
    assert heard(GIVEN, STEP, a_step("assign", "P3", "po")) == {"P1", "P2"}


def test_what_was_told_before_is_known() -> None:
    assert heard(ENTRY, replace(STEP, position=10)) == set()
    assert heard(ENTRY, replace(STEP, position=11)) == {"P3"}
    # What a night did itself stands behind what it had read.
    assert heard(ENTRY, replace(STEP, position=12, run_no=1)) == set()
    assert heard(ENTRY, replace(STEP, position=0, run_no=2)) == {"P3"}


@pytest.mark.parametrize(
    ("light", "readers"),
    [("blue", set()), ("yellow", {"P2"}), ("orange", {"P2", "P5"}), ("red", {"P2", "P5", "P6"})],
)
def test_a_light_that_turned_is_told_up_the_chain(light: Any, readers: set[str]) -> None:
    facts = replace(ENTRY, state="rectifying", due_limit="report", holder="head", section="甲")
    late = replace(facts, light=light, lit_on=NIGHT)
    assert heard(late) == readers
    assert heard(replace(late, lit_on=NIGHT - DAY)) == set()


@pytest.mark.parametrize(
    ("due_in", "is_told"), [(2, False), (1, True), (0, False), (-1, True), (-2, False), (-9, False)]
)
def test_a_limit_is_told_when_it_is_near_and_when_it_is_missed(due_in: int, is_told: bool) -> None:
    facts = replace(ENTRY, due_on=NIGHT + due_in * DAY)
    assert ("P3" in heard(facts)) == is_told
    # The supervisor is under the same clock.
    assert ("P5" in heard(facts)) == (due_in == -1)


def test_the_review_day_of_a_suspension_is_the_leaders() -> None:
    facts = replace(ENTRY, state="suspended", due_limit="review_on", holder="leader")
    assert [day for day in (1, 0) if "P5" in heard(replace(facts, due_on=NIGHT + day * DAY))] == [0]


def test_of_a_judgement_that_waits_for_another_the_unit_does_not_hear() -> None:
    facts = replace(
        GIVEN, severity="critical", state="answered", pending="leader", due_limit="judge", holder="post"
    )
    judge = a_step("judge", "P3", "po", verdict="upheld", is_pending=True)
    found = told(facts, judge)
    assert set(found) == {"P5", "P6"}
    assert found["P5"].cards[0].task == "请对严重事项作出认定"
    assert "P1" in heard(replace(facts, pending="", state="upheld"), replace(judge, is_pending=False))


def test_steps_of_a_deputy_and_on_paper_are_told_to_whom_they_stand_for() -> None:
    serve = a_step("serve", "P9", "deputy", for_login="po")
    assert "代理人 deputy 代您（po）办理" in told(GIVEN, serve)["P3"].typed[0].text
    paper = a_step("resume", "P5", "po", signed_by="P5")
    assert "按您签字的文件录入" in told(GIVEN, paper)["P5"].typed[0].text


def test_steps_in_his_name_on_the_command_line_are_told_once_and_of_a_referred_entry_not_to_the_unit() -> (
    None
):
    by_command = {"door": "command", "role": "handler"}
    answer = a_step("answer", "P1", "han", **by_command)
    assert told(GIVEN, answer)["P1"].typed[0].entries == [ENTRY.entry]
    assert "P1" not in told(GIVEN, replace(answer, position=10))
    hidden = replace(answer, is_hidden=True)
    assert "P1" not in told(GIVEN, hidden)
    assert told(GIVEN, replace(hidden, role="post", login="po", person="P3"))["P3"].typed


def test_who_is_locked_out_is_not_written_to() -> None:
    locked = [a_user("han", "P1", "handler", section="甲", is_locked=True), *ALL[1:]]
    found = told(GIVEN, a_step("assign", "P3", "po"), users=locked)
    assert found["P1"].to == []
    assert found["P3"].unreached == [f"人员 P1 没有可用的登录名：{ENTRY.entry}"]


def test_a_mail_that_was_about_to_be_kept_and_is_nowhere_told_nobody() -> None:
    two = {1: RUN, 2: replace(RUN, originator_version=2, log_position=20, night="2026-03-10")}
    lost = Marks(two, [], [kept("P1", "m")], lambda _: False)
    assert lost.of("P1") == Mark()
    waits = Marks(two, [], [kept("P1", "m")], lambda identity: identity == "m")
    assert waits.of("P1") == Mark(1, 10, NIGHT - DAY)
    assert waits.of("P2") == Mark()
    # A night whose offices were mailed told everybody; whoever was mailed by a later run knows more.
    later = Marks(two, [a_mail(), a_mail("P1", run_no=2, identity="n")], [], lambda _: False)
    assert (later.of("P2").run_no, later.of("P1").run_no) == (1, 2)
    # A night that was withdrawn told nothing.
    assert Marks({}, [a_mail(), a_mail("P1")], [], lambda _: True).of("P1") == Mark()
