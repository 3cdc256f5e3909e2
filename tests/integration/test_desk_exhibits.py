"""An entry of a real night: its evidence with the original rows, its pictures, its collective list."""

import re
from datetime import date
from html import unescape

import needs
import pytest
from ledgers import add_users
from sample_site import OWN, SampleSite

from regaudit.base.press import NoPressError
from regaudit.eventlog.log import EventLog
from regaudit.ledger.documents.paper import paper
from regaudit.ledger.entries import read_entry
from regaudit.ledger.request import Request
from regaudit.outlets.desk.entry_page import spans_of


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> SampleSite:
    """The sample logs after their night."""
    return SampleSite(tmp_path_factory.mktemp("sample") / "home")


def entry_of(sample: SampleSite, rule: str, kind: str = "finding") -> str:
    rows = sample.site.desk.current.rows().values()
    return next(row.entry for row in rows if row.rule == rule and row.kind == kind and row.office == OWN)


def take(sample: SampleSite, login: str, number: str, step: str, **words: str) -> None:
    desk = sample.site.desk
    desk.steps.take({number: Request(step=step, **words)}, desk.author(login))  # type: ignore[arg-type]


def test_evidence_row_by_row_with_what_stood_in_the_file(sample: SampleSite) -> None:
    number = entry_of(sample, "queue-jump")
    browser = sample.browser("post1")
    page = unescape(browser.page(f"/ledger/{number}"))
    [finding] = sample.rows(
        "SELECT * FROM ledger_entries JOIN findings USING (finding_id) WHERE entry = ?", [number]
    )
    steps = "SELECT steps.*, file_name FROM steps JOIN imports USING (import_no)"
    found = sample.rows(f"{steps} WHERE list_contains(?, steps.position)", [finding["evidence"]])
    assert len(found) == len(finding["evidence"]) > 1
    for row in found:
        assert f"日志位置 {row['position']}，{row['file_name']} 第 {row['row_no']} 行" in page
    assert "unit_no" not in page
    original = unescape(browser.page(f"/ledger/{number}?original=1"))
    for row in found:
        assert row["occurred_at"].strftime("%Y-%m-%d %H:%M:%S") in original
    assert "<dt>unit_no</dt>" in original


def test_pictures_stand_where_people_would_rather_look(sample: SampleSite) -> None:
    browser = sample.browser("post1")
    lane = unescape(browser.page(f"/ledger/{entry_of(sample, 'queue-jump')}"))
    assert "谁何时开始等候" in lane
    assert "▼ 开始审核" in lane
    strip = browser.page(f"/ledger/{entry_of(sample, 'overdue')}")
    assert "粗框：到期日" in strip
    plain = browser.page(f"/ledger/{entry_of(sample, 'missing-step')}")
    assert "谁何时开始等候" not in plain
    assert "粗框：到期日" not in plain
    for page in (lane, strip, plain):
        assert "办理时间轴" in page
        assert len(re.findall(r"<svg", page)) == len(re.findall(r"<desc", page))


def test_each_state_stands_under_its_own_limit_though_all_passed_in_a_day(sample: SampleSite) -> None:
    number = entry_of(sample, "external-acceptance", "history")
    before = sample.site.desk.current.rows()[number].due_on
    take(sample, "post1", number, "assign", to="person:P5", kind="by_date")
    assigned = sample.site.desk.current.rows()[number].due_on
    take(sample, "hand", number, "answer", text="登记错了")
    row = sample.site.desk.current.rows()[number]
    with EventLog(sample.desk.home) as log:
        entry = read_entry(log, number)
    assert entry is not None
    spans = spans_of(entry, row, date(2026, 4, 4))
    assert [(span.title, span.due_on) for span in spans] == [
        ("挂账", before),
        ("已交办", assigned),
        ("已说明", row.due_on),
    ]
    assert len({span.due_on for span in spans}) == 3


def test_a_handler_sees_of_the_lane_what_is_evidence(sample: SampleSite) -> None:
    number = entry_of(sample, "queue-jump")
    take(sample, "post1", number, "assign", to="person:P5", kind="by_date")
    whole, own = (
        sample.browser("post1").page(f"/ledger/{number}"),
        sample.browser("hand").page(f"/ledger/{number}"),
    )
    mates = set(re.findall(r'<th scope="row">(\d{12,}[^<]*)</th>', whole))
    shown = set(re.findall(r'<th scope="row">(\d{12,}[^<]*)</th>', own))
    assert shown < mates
    evidence = set(re.findall(r"业务 (\w+)", own))
    assert {name.split()[0] for name in shown} <= evidence | {sample.site.desk.current.rows()[number].case_no}


def test_a_collective_entry_lists_its_findings_to_take_them_out(sample: SampleSite) -> None:
    number = entry_of(sample, "missing-step", "history")
    browser = sample.browser("post1")
    page = browser.page(f"/ledger/{number}")
    findings = sample.rows("SELECT unnest(finding_ids) AS id FROM ledger_entries WHERE entry = ?", [number])
    assert findings
    for finding in findings:
        assert f"/ledger/open?finding_id={finding['id']}" in page
    typed = {"finding_id": findings[0]["id"], "office": OWN, "text": "单独办理"}
    answer = browser.post("/ledger/open", typed, form=f"/ledger/open?finding_id={findings[0]['id']}")
    assert answer.status_code == 303, answer.text
    assert "环节缺失" in browser.page(answer.headers["location"])


def test_what_was_referred_before_the_night_is_still_whole_for_who_may_know(sample: SampleSite) -> None:
    number = entry_of(sample, "overdue")
    add_users(sample.desk.home, {"post9": ("P99", "post", "")}, OWN)
    take(sample, "post1", number, "assign", to="section:A科", kind="by_date")
    take(sample, "lead", number, "refer", to="公安机关", text="涉嫌伪造")
    sample.desk.ok("nightly", "--as-of", "2026-04-07")
    for login, sees in (("post9", True), ("head", False)):
        page = sample.browser(login).page(f"/ledger/{number}")
        assert ("涉嫌伪造" in page, "超期" in page) == (sees, sees), login
        listed = sample.browser(login).page("/ledger?state=referred")
        assert number in listed
        assert ("业务" in re.findall(rf"{number}</a>.*?</tr>", listed, re.DOTALL)[0]) == sees


def test_documents_are_made_kept_and_given_back(sample: SampleSite) -> None:
    try:
        paper()
    except NoPressError as error:
        (needs.FONT if "字体" in str(error) else needs.TYPST).lack()
    number = entry_of(sample, "precheck-overdue")
    browser = sample.browser("post1")
    take(sample, "post1", number, "assign", to="section:A科", kind="by_date")
    page = browser.page(f"/ledger/{number}")
    [(path, name)] = set(re.findall(r'href="(/ledger/[^"]+/documents/\w{64})">([^<]+)</a>', page))
    answer = browser.get(path)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    kept = sample.desk.home / "reports" / "ledger" / f"{name}.pdf"
    assert answer.content == kept.read_bytes()
    assert sample.browser("head").get(path).content == answer.content
    assert sample.browser("hand2").get(path).status_code == 404
    early = browser.post(f"/ledger/{number}/documents", {"kind": "urge"})
    assert (early.status_code, "自黄灯起" in early.text) == (400, True)
    late = entry_of(sample, "passed-over")
    assert "制作督办单" in browser.page(f"/ledger/{late}")
    assert browser.post(f"/ledger/{late}/documents", {"kind": "urge"}).status_code == 303
    page = browser.page(f"/ledger/{late}")
    assert page.count(f"/ledger/{late}/documents/") == 1
    assert "制作督办单" in page
    assert '<button class="second">制作督办单' not in page
    assert sample.browser("head").post(f"/ledger/{number}/documents", {"kind": "assign"}).status_code == 404
