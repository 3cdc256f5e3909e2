"""`/ledger/NUMBER`: the steps of each role as forms, what follows, conflicts, attachments, files."""

import re
from html import unescape
from pathlib import Path
from typing import Any

import httpx2 as httpx
import msgspec
import pytest
from conftest import Desk
from desk_site import Browser, DeskSite
from ledgers import PEOPLE, add_entries, add_users

from regaudit.catalogue.event_types import EntryPerson, EntryStepped
from regaudit.eventlog.log import EventLog
from regaudit.ledger.entries import read_some

_STEP = re.compile(r'id="step-(\w+)"')
_VERSION = re.compile(r'name="seen" value="(\d+)"')


@pytest.fixture
def site(desk: Desk) -> DeskSite:
    """The desk of an office, with a second handler and a superior."""
    add_users(desk.home, PEOPLE | {"hand2": ("P6", "handler", "B科"), "boss": ("P8", "superior", "")})
    return DeskSite(desk.home)


def offered(browser: Browser, number: str) -> list[str]:
    return _STEP.findall(browser.page(f"/ledger/{number}"))


def send(browser: Browser, number: str, step: str, *, seen: int = 0, **fields: Any) -> httpx.Response:
    files = fields.pop("files", None)
    path = f"/ledger/{number}"
    if not seen:
        found = _VERSION.search(browser.page(path))
        seen = int(found[1]) if found else 1
    typed = {"step": step, "seen": str(seen), "do": "take", **fields}
    return browser.post(path, typed, form=path, files=files)


def take(browser: Browser, number: str, step: str, **fields: Any) -> None:
    answer = send(browser, number, step, **fields)
    assert answer.status_code == 303, unescape(answer.text)


def steps_of(site: DeskSite, number: str) -> list[EntryStepped]:
    with EventLog(site.desk.home) as log:
        return read_some(log, [number])[number].steps


def test_from_listing_to_striking_off_by_forms_alone(site: DeskSite) -> None:
    [number] = add_entries(site.desk.home)
    post1, post2, head, lead = (site.enter(login) for login in ("post1", "post2", "head", "lead"))
    assert offered(post1, number) == ["assign", "delay"]
    assert offered(lead, number) == ["suspend", "refer", "delay"]
    take(post1, number, "assign", to="section:A科", kind="by_date")
    assert offered(head, number) == ["answer", "dispute", "serve", "delay"]
    take(head, number, "answer", text="情况属实")
    assert offered(head, number) == ["serve", "delay"]
    assert offered(post1, number) == ["judge", "correct", "delay"]
    take(post1, number, "judge", verdict="upheld", text="证据确凿")
    take(post1, number, "demand", text="限期补正")
    assert offered(head, number) == ["report", "extend", "appeal", "serve", "delay"]
    take(head, number, "report", text="已补正")
    take(post2, number, "review", verdict="pass", text="逐件核对")
    take(lead, number, "strike", text="同意销号")
    assert "销号" in lead.page(f"/ledger/{number}")
    told = [(step.step, step.by, step.role, step.door) for step in steps_of(site, number)]
    assert told == [
        ("assign", "post1", "post", "page"),
        ("answer", "head", "head", "page"),
        ("judge", "post1", "post", "page"),
        ("demand", "post1", "post", "page"),
        ("report", "head", "head", "page"),
        ("review", "post2", "post", "page"),
        ("strike", "lead", "leader", "page"),
    ]


def test_four_eyes_hold_on_the_page_and_behind_it(site: DeskSite) -> None:
    [number] = add_entries(site.desk.home, severity="minor")
    post1, post2, head = (site.enter(login) for login in ("post1", "post2", "head"))
    take(post1, number, "assign", to="section:A科", kind="at_once")
    take(head, number, "answer", text="说明")
    take(post1, number, "judge", verdict="upheld", text="成立")
    take(post1, number, "demand", text="改")
    take(head, number, "report", text="已改")
    take(post1, number, "review", verdict="pass", text="核对")
    assert "strike" not in offered(post1, number)
    answer = send(post1, number, "strike", text="同意")
    assert answer.status_code == 409
    assert "作了复核" in answer.text
    assert "strike" in offered(post2, number)
    take(post2, number, "strike", text="同意")


def test_a_form_says_what_will_follow(site: DeskSite) -> None:
    [number] = add_entries(site.desk.home)
    post1, head = site.enter("post1"), site.enter("head")
    page = post1.page(f"/ledger/{number}")
    assert "状态成为“已交办”" in page
    assert "须在" in page
    take(post1, number, "assign", to="section:A科", kind="by_date")
    take(head, number, "answer", text="说明")
    page = post1.page(f"/ledger/{number}")
    assert "成立：状态成为“成立”；质量监管岗须在" in page
    assert "不成立：状态成为“不成立”" in page
    assert "科室负责人（head）" in page
    before = steps_of(site, number)
    answer = send(
        post1, number, "judge", do="preview", verdict="upheld", text="证据确凿", severity="critical"
    )
    assert answer.status_code == 200
    assert "尚未办理：成立：状态仍为“已说明”，待另一级作出相同的认定" in answer.text
    assert ">证据确凿</textarea>" in answer.text
    assert steps_of(site, number) == before


def test_what_is_incomplete_is_refused_with_everything_kept(site: DeskSite) -> None:
    [number] = add_entries(site.desk.home)
    post1 = site.enter("post1")
    answer = send(post1, number, "assign", to="section:A科", to_other="P9", kind="by_date", due="2026-13-01")
    assert answer.status_code == 409
    assert "只能填写一个" in answer.text
    assert '<option value="section:A科" selected>' in answer.text
    assert 'value="by_date" checked' in answer.text
    answer = send(post1, number, "assign", to="section:A科", kind="by_date", due="2026-13-01")
    assert "应写作 2026-03-31" in answer.text
    assert not steps_of(site, number)
    take(post1, number, "assign", to_other="P9", kind="by_date", text="请核实")
    assert steps_of(site, number)[0].to == "person:P9"


def test_a_conflict_shows_what_the_other_did_and_keeps_the_text(site: DeskSite) -> None:
    [number] = add_entries(site.desk.home)
    post1, post2 = site.enter("post1"), site.enter("post2")
    take(post2, number, "delay", text="等待上级批复")
    answer = send(post1, number, "delay", seen=1, text="人手不足，正在补充")
    assert answer.status_code == 409
    text = unescape(answer.text)
    assert "您填写期间的办理" in text
    assert "等待上级批复" in text
    assert "post2" in text
    assert ">人手不足，正在补充</textarea>" in text
    assert [step.by for step in steps_of(site, number)] == ["post2"]
    found = _VERSION.search(answer.text)
    assert found
    assert found[1] == "2"
    take(post1, number, "delay", seen=2, text="人手不足，正在补充")


def test_a_conflict_after_which_the_step_is_gone_keeps_the_text_to_copy(site: DeskSite) -> None:
    [number] = add_entries(site.desk.home)
    post1, post2 = site.enter("post1"), site.enter("post2")
    take(post2, number, "assign", to="section:A科", kind="by_date")
    answer = send(post1, number, "assign", seen=1, to="section:B科", kind="by_date", text="请三日内说明")
    text = unescape(answer.text)
    assert answer.status_code == 409
    assert "本项现在不能由您交办" in text
    assert "请三日内说明" in text
    assert "给 A科" in text


def test_attachments_are_archived_and_given_back_to_who_reads_them(site: DeskSite) -> None:
    [number] = add_entries(site.desk.home)
    post1, head, hand, hand2 = (site.enter(login) for login in ("post1", "head", "hand", "hand2"))
    take(post1, number, "assign", to="section:A科", kind="by_date")
    files = [
        ("files", ("../../情况 说明<b>.txt", b"<html>\x00", "text/html")),
        ("files", ("b.pdf", b"%PDF-1", "application/pdf")),
    ]
    take(head, number, "answer", text="见附件", files=files)
    attached = steps_of(site, number)[-1].attachments
    assert [each.name for each in attached] == ["情况 说明<b>.txt", "b.pdf"]
    path = f"/ledger/{number}/attachments/{attached[0].sha256}"
    answer = hand.get(path)
    assert answer.content == b"<html>\x00"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert hand2.get(path).status_code == 404
    assert hand.get(f"/ledger/{number}/attachments/{'0' * 64}").status_code == 404
    archive = site.desk.home / "archive"
    before = sorted(archive.iterdir())
    answer = send(head, number, "strike", text="同意", files=[("files", ("c.txt", b"never", "text/plain"))])
    assert answer.status_code == 409
    assert sorted(archive.iterdir()) == before
    answer = send(post1, number, "delay", text="空", files=[("files", ("d.txt", b"", "text/plain"))])
    assert "空文件" in answer.text


def test_a_paper_is_typed_where_nobody_can_act(site: DeskSite) -> None:
    [number] = add_entries(
        site.desk.home,
        persons=[EntryPerson(person_id="P77", person_name="老王", role="booked", is_answerable=True)],
    )
    post1 = site.enter("post1")
    take(post1, number, "assign", to="person:P77", kind="by_date")
    page = post1.page(f"/ledger/{number}")
    assert "step-answer" in page
    assert "凭签字的文件由您录入" in page
    words: dict[str, Any] = {"text": "当事人书面说明", "signed_by": "P77"}
    assert "附上" in send(post1, number, "answer", **words).text
    take(post1, number, "answer", **words, files=[("files", ("说明.pdf", b"%PDF", "application/pdf"))])
    assert steps_of(site, number)[-1].signed_by == "P77"


def test_a_judgement_that_waits_is_hidden_from_those_whom_it_is_about(site: DeskSite) -> None:
    [number] = add_entries(site.desk.home, severity="critical")
    post1, head, hand, lead = (site.enter(login) for login in ("post1", "head", "hand", "lead"))
    take(post1, number, "assign", to="person:P5", kind="by_date")
    take(hand, number, "answer", text="我的说明")
    paper = [("files", ("草稿.txt", b"draft", "text/plain"))]
    take(post1, number, "judge", verdict="upheld", text="证据确凿", files=paper)
    sha256 = steps_of(site, number)[-1].attachments[0].sha256
    for browser in (head, hand):
        assert "证据确凿" not in browser.page(f"/ledger/{number}")
        assert browser.get(f"/ledger/{number}/attachments/{sha256}").status_code == 404
        assert browser.get(f"/ledger/{number}/proof").status_code == 404
    assert "证据确凿" in lead.page(f"/ledger/{number}")
    take(lead, number, "judge", verdict="upheld", text="同意认定")
    assert "证据确凿" in hand.page(f"/ledger/{number}")


def test_an_analyst_reads_no_texts(site: DeskSite) -> None:
    add_users(site.desk.home, {"ana": ("P20", "analyst", "")})
    [number] = add_entries(site.desk.home)
    post1, ana = site.enter("post1"), site.enter("ana")
    take(post1, number, "delay", text="内部情况")
    page = ana.page(f"/ledger/{number}")
    assert "迟延说明" in page
    assert "内部情况" not in page
    assert "step-" not in page
    assert send(ana, number, "delay", seen=2, text="x").status_code == 404


def test_a_conflict_with_a_referral_shows_nothing_of_it(site: DeskSite) -> None:
    [number] = add_entries(site.desk.home)
    post1, lead, head = (site.enter(login) for login in ("post1", "lead", "head"))
    take(post1, number, "assign", to="section:A科", kind="by_date")
    take(lead, number, "refer", to="公安机关", text="涉嫌伪造")
    answer = send(head, number, "answer", seen=2, text="我的长篇说明")
    text = unescape(answer.text)
    assert answer.status_code == 409
    assert "我的长篇说明" in text
    assert "涉嫌伪造" not in text
    assert "公安机关" not in text


def test_what_is_incomplete_is_told_though_a_document_was_made_meanwhile(site: DeskSite) -> None:
    [number] = add_entries(site.desk.home)
    post1, head = site.enter("post1"), site.enter("head")
    take(post1, number, "assign", to="section:A科", kind="by_date")
    answer = send(head, number, "answer", seen=2, text=" ")
    assert "请写明对问题的说明" in answer.text


def test_the_proof_is_what_the_command_writes(site: DeskSite, desk: Desk, tmp_path: Path) -> None:
    [number] = add_entries(
        site.desk.home, kind="manual", run_no=0, finding_ids=[], by="post1", door="command"
    )
    answer = site.enter("post1").get(f"/ledger/{number}/proof")
    assert answer.status_code == 200
    path = tmp_path / "proof.json"
    path.write_bytes(answer.content)
    assert msgspec.json.decode(answer.content)["events"]
    assert "成立" in desk.ok("verify-proof", path, "--key", desk.home / "keys" / "log.pub").text


def test_an_entry_is_opened_by_hand(site: DeskSite) -> None:
    post1, head = site.enter("post1"), site.enter("head")
    assert head.get("/ledger/open").status_code == 404
    typed = {
        "office": "150602",
        "title": "抽查材料不齐",
        "severity": "minor",
        "kind": "inspection",
        "text": "缺申请书",
    }
    answer = post1.post("/ledger/open", typed, form="/ledger/open")
    assert answer.status_code == 303, answer.text
    page = post1.page(answer.headers["location"])
    assert "抽查材料不齐" in page
    refused = post1.post("/ledger/open", typed | {"severity": ""}, form="/ledger/open")
    assert refused.status_code == 409
    assert 'value="抽查材料不齐"' in refused.text


def test_many_at_once_are_one_event_each(site: DeskSite) -> None:
    numbers = add_entries(site.desk.home, 30)
    post1, post2 = site.enter("post1"), site.enter("post2")
    picked = {"entry": [f"{number}@1" for number in numbers], "view": "severity=major"}
    take(post2, numbers[0], "delay", text="在等")
    take(post2, numbers[1], "assign", to="section:A科", kind="by_date")
    page = post1.post("/ledger/steps", picked | {"step": "assign"}).text
    assert "不能办理的 2 项" in page
    assert "别人办理过这一项" in page
    assert "状态成为“已交办”" in page
    typed = picked | {"step": "assign", "to": "person:P5", "kind": "by_date", "text": "请说明"}
    tried = post1.post("/ledger/steps", typed | {"do": "preview"})
    assert "经办人（hand）" in tried.text
    assert "28 项" in tried.text
    with EventLog(site.desk.home) as log:
        position = log.position()
    wrong = post1.post("/ledger/steps", typed | {"do": "take", "kind": ""})
    assert wrong.status_code == 409
    assert ">请说明</textarea>" in wrong.text
    done = post1.post("/ledger/steps", typed | {"do": "take"})
    assert "已交办 28 项" in done.text
    with EventLog(site.desk.home) as log:
        events = [e for _, e in log.events_of("entry:", after=position) if isinstance(e, EntryStepped)]
    assert [event.originator_id.removeprefix("entry:") for event in events] == numbers[2:]
    assert {(event.step, event.by, event.to) for event in events} == {("assign", "post1", "person:P5")}


def test_the_whole_view_at_once(site: DeskSite) -> None:
    add_entries(site.desk.home, 3)
    minor = add_entries(site.desk.home, 60, severity="minor")
    post1 = site.enter("post1")
    asked = {
        "scope": "view",
        "view": "severity=minor",
        "step": "assign",
        "to": "section:A科",
        "kind": "at_once",
    }
    assert "60 项" in post1.post("/ledger/steps", asked).text
    # The form that comes back names each entry with its version.
    shown = post1.post("/ledger/steps", asked | {"do": "preview"}).text
    entries = re.findall(r'name="entry" value="([^"]+)"', shown)
    assert [each.partition("@")[0] for each in entries] == minor
    assert (
        "已交办 60 项"
        in post1.post("/ledger/steps", asked | {"scope": "", "entry": entries, "do": "take"}).text
    )
    head = site.enter("head")
    assert (
        head.post("/ledger/steps", {"scope": "view", "step": "assign", "to": "section:B科"}).status_code
        == 200
    )
    assert all(len(steps_of(site, number)) == 1 for number in minor[:3])


def test_a_step_sent_after_the_session_ended_is_kept_with_its_files(site: DeskSite) -> None:
    [number] = add_entries(site.desk.home)
    post1 = site.enter("post1")
    path = f"/ledger/{number}"
    token = post1.token(path)
    site.clock.forward(minutes=20)
    typed = {"_token": token, "step": "delay", "seen": "1", "do": "take", "text": "写了很久的理由"}
    answer = post1.client.post(path, data=typed, files=[("files", ("批复.txt", b"yes", "text/plain"))])
    assert answer.status_code == 401
    assert not steps_of(site, number)
    post1.login("post1")
    [kept] = re.findall(r'name="_kept" value="([^"]+)"', post1.page("/kept"))[:1]
    sent = post1.post(path, {"_kept": kept}, form="/kept")
    assert sent.status_code == 303, unescape(sent.text)
    [step] = steps_of(site, number)
    assert (step.text, [each.name for each in step.attachments]) == ("写了很久的理由", ["批复.txt"])
