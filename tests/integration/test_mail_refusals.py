"""Who has a mail after a server refused in some phase, what waits, what the log says, and that nobody gets it
twice: every phase × for now or for good × one recipient or three, on a real server."""

from collections.abc import Callable
from itertools import product

import pytest
from conftest import Desk, ordinary_case, step
from refusing_server import LOST, Refusal, refusing_server
from smtp_servers import PHRASE, PHRASE_FILE, Authority

pytestmark = pytest.mark.long

PEOPLE = ("first@example.org", "middle@example.org", "last@example.org")
NIGHT = ("--as-of", "2026-03-20")
PHASES = ("CONNECT", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT one", "RCPT all", "DATA", "END", "QUIT")
ANSWERS = {
    "CONNECT": ("421 4.3.2 busy", "554 5.7.1 not you"),
    "EHLO": ("450 4.3.2 later", "550 5.7.1 who are you"),
    "STARTTLS": ("454 4.7.0 no certificate just now", "554 5.7.0 none"),
    "AUTH": ("454 4.7.0 directory is down", "535 5.7.8 wrong"),
    "MAIL": ("451 4.3.0 later", "553 5.7.1 sender not owned by user"),
    "RCPT": ("450 4.2.0 greylisted", "550 5.1.1 no such user"),
    "DATA": ("451 4.3.0 later", "554 5.5.1 no valid recipients"),
    "END": ("452 4.3.1 no room", "554 5.7.1 spam"),
    "QUIT": ("421 bye", "500 what"),
}
SAID = {
    "CONNECT": "不接受连接",
    "EHLO": "不接受本机的问候",
    "STARTTLS": "STARTTLS",
    "AUTH": "登录",
    "MAIL": "拒绝发件人",
    "RCPT": "拒收全部收件人",
    "DATA": "拒收邮件内容",
    "END": "拒收邮件内容",
}
ADVICE = {
    "CONNECT": "放行本机的 IP",
    "EHLO": "放行本机的名称",
    "STARTTLS": 'security = "tls"',
    "AUTH": "核对 mail.smtp 的 user 和密码",
    "MAIL": "核对 mail.sender",
    "RCPT": "地址不存在:请核对 regaudit.toml 中 mail.routes",
    "DATA": "按内容或规则拒收",
    "END": "按内容或规则拒收",
}
EVERYDAY = {("RCPT one", 0, 3)}
CELLS = [
    pytest.param(*cell, id="-".join(map(str, cell)), marks=[] if cell in EVERYDAY else [pytest.mark.slow])
    for cell in product(PHASES, (0, 1), (1, 3))
]
Office = Callable[[Refusal, int], Desk]


@pytest.fixture
def office(desk: Desk, authority: Authority, request: pytest.FixtureRequest) -> Office:
    """A workspace with a case and a route to some people, whose mails go to a server."""

    def make(refusal: Refusal, count: int) -> Desk:
        (desk.home / PHRASE_FILE).write_text(PHRASE)
        server = refusing_server(refusal, authority.server_context("good"))
        port = server.__enter__()
        request.addfinalizer(lambda: server.__exit__(None, None, None))
        desk.configure(
            f'[mail.smtp]\nhost = "127.0.0.1"\nport = {port}\nsecurity = "starttls"\ntimeout_seconds = 5\n'
            f'ca_file = "{authority.home / "root.pem"}"\nuser = "regaudit"\npassword_file = "{PHRASE_FILE}"\n'
            f'[[mail.routes]]\noffice = "150602"\nto = {[*PEOPLE[:count]]}\n'
        )
        desk.ok("import", desk.export("steps.csv", ordinary_case("1")))
        return desk

    return make


def sent(desk: Desk) -> list[tuple[list[str], list[str]]]:
    """Whom each `mail-sent` of the server says to have taken, and to have refused for good."""
    events = [e.state for e in desk.events("mail-sent") if e.state["delivery"] == "smtp"]
    return [(state["recipients"], state.get("refused", [])) for state in events]


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize(("phase", "is_for_good", "count"), CELLS)
def test_every_phase(office: Office, phase: str, is_for_good: int, count: int) -> None:
    name, _, whom = phase.partition(" ")
    answer, people = ANSWERS[name][is_for_good], list(PEOPLE[:count])
    struck = people[-1:] if whom == "one" else people
    refusal = Refusal(name, answer, set(struck))
    desk = office(refusal, count)
    first = desk.run("nightly", *NIGHT)
    is_partly = 0 < len(struck) < len(people)
    got = people if name == "QUIT" else [p for p in people if p not in struck] if is_partly else []
    waits = [p for p in people if p not in got and not (is_partly and is_for_good)]
    refused_for_good = struck if is_partly and is_for_good else []

    assert sorted(address for address, _ in refusal.reached) == sorted(got)
    assert len(desk.mails()) == bool(waits)
    assert sent(desk) == ([(got, refused_for_good)] if got else [])
    assert first.status == (0 if name == "QUIT" else 1), first
    if name != "QUIT":
        told = "其余收件人已收到" if is_partly else SAID[name]
        assert squeezed(told) in first.text
        assert squeezed(ADVICE[name] if is_for_good else "暂时") in first.text
        assert squeezed(answer[:3]) in first.text
    kept = [path.read_bytes() for path in desk.mails()]
    again = desk.run("nightly", *NIGHT)
    # While it goes on, nobody gets anything twice, and the mail that waits is as it was put there.
    assert sorted(address for address, _ in refusal.reached) == sorted(got)
    assert [path.read_bytes() for path in desk.mails()] == kept
    assert again.status == (1 if waits else 0), again

    refusal.times = 0
    assert desk.run("nightly", *NIGHT).status == 0
    assert sorted(address for address, _ in refusal.reached) == sorted(got + waits)
    assert len({identity for _, identity in refusal.reached}) == 1
    assert desk.mails() == []
    assert [each for each, _ in sent(desk)] == [each for each in (got, waits) if each]
    desk.ok("nightly", *NIGHT)
    assert len(refusal.reached) == len(got + waits)


def test_an_answer_that_is_lost_is_at_least_once_and_said(office: Office) -> None:
    refusal = Refusal(LOST, times=1)
    desk = office(refusal, 1)
    run = desk.ok("nightly", *NIGHT)
    assert squeezed("发了两次") in run.text
    assert [address for address, _ in refusal.reached] == [PEOPLE[0]] * 2
    assert len({identity for _, identity in refusal.reached}) == 1
    assert (sent(desk), desk.mails()) == ([([PEOPLE[0]], [])], [])
    desk.ok("nightly", *NIGHT)
    assert len(refusal.reached) == 2


@pytest.mark.slow
def test_answers_that_stay_lost_leave_the_mail_and_say_that_it_may_have_come(office: Office) -> None:
    refusal = Refusal(LOST)
    desk = office(refusal, 3)
    run = desk.run("nightly", *NIGHT)
    assert (run.status, len(desk.mails()), sent(desk)) == (1, 1, [])
    assert squeezed("可能已经送达") in run.text
    refusal.times = 0
    desk.ok("nightly", *NIGHT)
    assert len({identity for _, identity in refusal.reached}) == 1
    assert (sent(desk), desk.mails()) == ([([*PEOPLE], [])], [])


@pytest.mark.slow
def test_a_server_that_hangs_up_at_one_recipient_keeps_no_other_from_his_mail(office: Office) -> None:
    refusal = Refusal("RCPT", "421 4.7.0 too many", {PEOPLE[1]})
    desk = office(refusal, 3)
    run = desk.run("nightly", *NIGHT)
    assert run.status == 1
    assert PEOPLE[1] in run.text
    assert sent(desk) == [([PEOPLE[0], PEOPLE[2]], [])]
    refusal.times = 0
    desk.ok("nightly", *NIGHT)
    assert [address for address, _ in refusal.reached] == sorted(PEOPLE)


@pytest.mark.slow
def test_one_put_off_and_then_refused_is_told_and_no_longer_tried(office: Office) -> None:
    refusal = Refusal("RCPT", ANSWERS["RCPT"][0], {PEOPLE[1], PEOPLE[2]})
    desk = office(refusal, 3)
    assert desk.run("nightly", *NIGHT).status == 1
    refusal.answer, refusal.of = "552 5.2.2 mailbox full", {PEOPLE[2]}
    run = desk.run("nightly", *NIGHT)
    assert run.status == 1
    assert squeezed("邮箱已满") in run.text
    assert sent(desk) == [([PEOPLE[0]], []), ([PEOPLE[1]], [PEOPLE[2]])]
    assert desk.mails() == []
    desk.ok("nightly", *NIGHT)
    assert len(refusal.reached) == 2


@pytest.mark.slow
def test_a_mail_edited_while_it_waits_for_one_is_not_sent_to_him(office: Office) -> None:
    refusal = Refusal("RCPT", ANSWERS["RCPT"][0], {PEOPLE[2]})
    desk = office(refusal, 3)
    assert desk.run("nightly", *NIGHT).status == 1
    [path] = desk.mails()
    path.write_bytes(path.read_bytes().replace(b"To: ", b"To: thief@example.org, ", 1))
    refusal.times = 0
    run = desk.run("nightly", *NIGHT)
    assert run.status == 1
    assert squeezed("与当时存入的不同") in run.text
    # Nothing of the edited file went out; the night's mail, made anew, reaches the one who lacked it.
    assert "thief@example.org" not in dict(refusal.reached)


@pytest.mark.slow
def test_the_next_night_sends_what_waits_and_its_own(office: Office) -> None:
    refusal = Refusal("RCPT", ANSWERS["RCPT"][0], {PEOPLE[2]})
    desk = office(refusal, 3)
    assert desk.run("nightly", *NIGHT).status == 1
    refusal.times = 0
    late = step("L1", "accept", "2026-03-02 09:00:00", "li", registration_type="200")
    desk.ok("nightly", desk.export("more.csv", [late]), "--as-of", "2026-03-23")
    assert [each for each, _ in sent(desk)] == [[*PEOPLE[:2]], [PEOPLE[2]], [*PEOPLE]]
    assert all(refusal.reached.count(pair) == 1 for pair in refusal.reached)


@pytest.mark.slow
def test_a_route_with_a_name_is_the_same_person_the_next_time(office: Office) -> None:
    refusal = Refusal()
    desk = office(refusal, 1)
    toml = desk.home / "regaudit.toml"
    named = toml.read_text(encoding="utf-8").replace(f"'{PEOPLE[0]}'", f"'监管 <{PEOPLE[0]}>'")
    toml.write_text(named, encoding="utf-8")
    assert "监管 <" in named
    desk.ok("nightly", *NIGHT)
    desk.ok("nightly", *NIGHT)
    assert [address for address, _ in refusal.reached] == [PEOPLE[0]]
    assert sent(desk) == [([PEOPLE[0]], [])]
    laid = desk.home / "outbox" / "2026-03-19-150602-000000000000.eml"
    laid.write_bytes(b"Subject: laid here\r\n\r\nwithout a recipient\r\n")
    run = desk.run("nightly", *NIGHT)
    assert run.status == 1
    assert squeezed("不是日志记下的待发邮件") in run.text
    assert laid.exists()


@pytest.mark.slow
def test_one_office_put_off_keeps_no_other_waiting(office: Office) -> None:
    refusal = Refusal("RCPT", ANSWERS["RCPT"][0], {PEOPLE[1]})
    desk = office(refusal, 1)
    toml = desk.home / "regaudit.toml"
    text = toml.read_text(encoding="utf-8")
    other = f'[[mail.routes]]\noffice = "150603"\nto = ["{PEOPLE[1]}", "{PEOPLE[0]}"]\n'
    toml.write_text(text.replace("[[mail.routes]]", f"{other}[[mail.routes]]"), encoding="utf-8")
    elsewhere = [row | {"office": "150603"} for row in ordinary_case("2")]
    assert desk.run("nightly", desk.export("other.csv", elsewhere), *NIGHT).status == 1
    assert sorted(address for address, _ in refusal.reached) == [PEOPLE[0]] * 2
    refusal.times = 0
    desk.ok("nightly", *NIGHT)
    assert sorted(address for address, _ in refusal.reached) == [PEOPLE[0], PEOPLE[0], PEOPLE[1]]
    assert len({identity for _, identity in refusal.reached}) == 2
    assert sorted(each for each, _ in sent(desk)) == [[PEOPLE[0]], [PEOPLE[0]], [PEOPLE[1]]]
