"""`/ledger`: who sees which entries, filters and order, downloads that equal the view."""

import csv
import re
from datetime import timedelta
from html import unescape
from io import StringIO

import fastexcel
import pytest
from conftest import Desk
from desk_site import Browser, DeskSite
from ledgers import OFFICE, add_entries, add_users, today

from regaudit.catalogue.event_types import EntryPerson
from regaudit.ledger.request import Request
from regaudit.ledger.rows import on_day
from regaudit.outlets.desk.entry_filter import EntryFilter, read_filter
from regaudit.outlets.desk.viewer import Viewer

PEOPLE = {
    "post1": ("P1", "post", ""),
    "post2": ("P2", "post", ""),
    "lead": ("P3", "leader", ""),
    "head": ("P4", "head", "A科"),
    "headb": ("P6", "head", "B科"),
    "hand": ("P5", "handler", "A科"),
    "handb": ("P7", "handler", "B科"),
    "ana": ("P8", "analyst", ""),
    "audit": ("P9", "auditor", ""),
    "sys": ("P10", "sysadmin", ""),
    "sec": ("P11", "secadmin", ""),
    "inspect": ("P12", "inspector", ""),
}
_NUMBER = re.compile(r'<a href="/ledger/(150602-2026-\d{4})">')


@pytest.fixture
def site(desk: Desk) -> DeskSite:
    """The desk of an office with two sections."""
    add_users(desk.home, PEOPLE)
    return DeskSite(desk.home)


def take(site: DeskSite, login: str, step: str, *numbers: str, **words: object) -> None:
    site.desk.steps.take(
        dict.fromkeys(numbers, Request(step=step, **words)),  # type: ignore[arg-type]
        site.desk.author(login),
    )


def listed(browser: Browser, query: str = "") -> list[str]:
    return _NUMBER.findall(browser.page(f"/ledger?{query}"))


def test_each_role_sees_its_entries_and_no_others(site: DeskSite) -> None:
    own, other, unassigned, to_person, to_stranger = add_entries(site.desk.home, 5)
    [about] = add_entries(
        site.desk.home, persons=[EntryPerson(person_id="P7", role="booked", is_answerable=True)]
    )
    take(site, "post1", "assign", own, to="section:A科", kind="by_date")
    take(site, "post1", "assign", other, to="section:B科", kind="by_date")
    take(site, "post1", "assign", to_person, to="person:P5", kind="at_once")
    take(site, "post1", "assign", to_stranger, to="person:P77", kind="at_once")
    every = sorted([own, other, unassigned, to_person, to_stranger, about])
    seen = {
        "post1": every,
        "lead": every,
        "audit": every,
        "ana": every,
        "head": sorted([own, to_person, to_stranger]),
        "headb": sorted([other, to_stranger]),
        "hand": sorted([own, to_person]),
        "handb": sorted([other, about]),
    }
    for login, numbers in seen.items():
        browser = site.enter(login)
        assert listed(browser, "sort=entry") == numbers, login
        answers = {number: browser.get(f"/ledger/{number}").status_code for number in every}
        assert answers == {number: 200 if number in numbers else 404 for number in every}, login
    for login in ("sys", "sec", "inspect"):
        browser = site.enter(login)
        paths = ("/ledger", "/ledger/view.csv", "/ledger/view.xlsx", f"/ledger/{own}", f"/ledger/{own}/proof")
        assert {browser.get(path).status_code for path in paths} == {404}, login


def test_the_query_says_of_each_entry_what_the_viewer_says(site: DeskSite) -> None:
    numbers = add_entries(site.desk.home, 4) + add_entries(
        site.desk.home, 2, persons=[EntryPerson(person_id="P4", role="booked", is_answerable=True)]
    )
    for number, to in zip(numbers, ("section:A科", "section:B科", "person:P5", "person:P77"), strict=False):
        take(site, "post1", "assign", number, to=to, kind="by_date")
    take(site, "lead", "refer", numbers[4], to="公安", text="涉嫌犯罪")
    standing = site.desk.entries.standing(site.desk.now())
    rows = site.desk.current.rows()
    for login, user in standing.people.users.items():
        viewer = Viewer(user=user, people=standing.people, day=standing.day)
        asked = {row.entry for row in site.desk.entries.rows(EntryFilter(), viewer, standing.day)}
        assert asked == {number for number, row in rows.items() if viewer.sees_entry(row)}, login
        for row in rows.values():
            named = site.desk.entries.page(EntryFilter(text=row.case_no), viewer, standing.day).rows
            found = row.entry in {each.entry for each in named}
            assert found == (viewer.sees_entry(row) and viewer.is_open(row)), (login, row.entry)
            assert on_day(row, standing.day).light in ("none", "blue", "yellow", "orange", "red")


def test_a_referred_entry_is_bare_for_its_unit_and_matches_no_filter(site: DeskSite) -> None:
    [number] = add_entries(site.desk.home, summary="业务甲被压件")
    take(site, "post1", "assign", number, to="section:A科", kind="by_date")
    take(site, "lead", "refer", number, to="纪检监察机关", text="涉嫌违纪")
    head, post = site.enter("head"), site.enter("post1")
    page = head.page(f"/ledger/{number}")
    for secret in ("压件", "late-entry", "涉嫌违纪", "纪检", f"C{number[-4:]}"):
        assert secret not in page, secret
        assert secret not in head.page("/ledger")
        assert secret not in head.get("/ledger/view.csv").text
    assert listed(head) == [number]
    for query in ("text=压件", "rule=late-entry", "family=late", "severity=major", "section=A科"):
        assert listed(head, query) == [], query
        assert listed(post, query) == [number], query
    assert listed(head, "state=referred") == [number]
    assert "涉嫌违纪" in post.page(f"/ledger/{number}")


def test_filters_narrow_and_their_addresses_can_be_kept(site: DeskSite) -> None:
    late = add_entries(site.desk.home, 2, days_ago=40)
    [jump] = add_entries(site.desk.home, rule="queue-jump", severity="critical", title="插队")
    take(site, "post1", "assign", jump, to="person:P5", kind="by_date")
    browser = site.enter("post1")
    yesterday = today() - timedelta(days=1)
    for query, wanted in (
        ("state=assigned", [jump]),
        ("state=listed", late),
        ("severity=critical", [jump]),
        ("rule=queue-jump", [jump]),
        ("family=order", [jump]),
        ("family=log", []),
        ("light=red", late),
        ("light=red&light=none", [*late, jump]),
        ("section=A科", [jump]),
        ("person=P5", [jump]),
        (f"since={yesterday}", [jump]),
        (f"text=C{jump[-4:]}", [jump]),
        (f"text=c{jump[-4:]} 插队", [jump]),
        (f"office={OFFICE}", [*late, jump]),
        ("office=none", []),
        ("mine=1", late),
        ("state=nonsense&since=never&page=x&size=7&sort=;drop", [*late, jump]),
    ):
        assert listed(browser, f"{query}&sort=entry" if "sort" not in query else query) == wanted or (
            "sort" in query and sorted(listed(browser, query)) == wanted
        ), query
    assert listed(site.enter("hand"), "mine=1") == [jump]
    view = read_filter([("light", "red"), ("text", "a b"), ("sort", "-due"), ("page", "3"), ("open", "1")])
    assert view.query() == "light=red&text=a+b&open=1&sort=-due&page=3"


def test_sorted_and_paged_with_totals(site: DeskSite) -> None:
    numbers = add_entries(site.desk.home, 60)
    browser = site.enter("post1")
    first, second = listed(browser, "sort=entry"), listed(browser, "sort=entry&page=2")
    assert (first, second) == (numbers[:50], numbers[50:])
    assert listed(browser, "sort=-entry")[0] == numbers[-1]
    page = browser.page("/ledger?sort=entry")
    assert "<strong>60</strong> 项" in page
    assert "挂账 60" in page
    assert 'aria-sort="ascending"' in page
    assert browser.get("/ledger?page=9&sort=entry").headers["location"] == "/ledger?sort=entry&page=2"


def test_downloads_are_the_view(site: DeskSite) -> None:
    add_entries(site.desk.home, 55, summary='=HYPERLINK("http://x")')
    [other] = add_entries(site.desk.home, rule="queue-jump", title="插队", severity="minor")
    browser = site.enter("post1")
    answer = browser.get("/ledger/view.csv?sort=-entry")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"))))
    shown = listed(browser, "sort=-entry&size=200")
    assert [row["编号"] for row in rows] == shown
    assert len(shown) == 56
    assert rows[1]["情况"] == '\'=HYPERLINK("http://x")'
    book = fastexcel.read_excel(browser.get("/ledger/view.xlsx?sort=-entry").content)
    table = book.load_sheet(0, dtypes="string").to_polars()
    assert table["编号"].to_list() == shown
    assert table["情况"][1] == '=HYPERLINK("http://x")'
    assert table.columns == list(rows[0])
    [only] = csv.DictReader(
        StringIO(browser.get("/ledger/view.csv?family=order").content.decode("utf-8-sig"))
    )
    assert (only["编号"], only["级别"], only["状态"]) == (other, "一般", "挂账")


def test_html_in_every_field_is_text(site: DeskSite) -> None:
    evil = '<script>alert(1)</script><b title="\'">&amp;'
    [number] = add_entries(
        site.desk.home,
        title=evil,
        summary=evil,
        basis=evil,
        account=evil,
        case_nos=[evil],
        persons=[EntryPerson(person_id=evil, person_name=evil, role="booked")],
    )
    take(site, "post1", "assign", number, to=f"section:{evil}", kind="by_date")
    browser = site.enter("post1")
    pages = [
        browser.page("/ledger"),
        browser.page(f"/ledger/{number}"),
        browser.page(f"/ledger?text={evil}&person={evil}&section=1"),
        browser.post("/ledger/steps", {"step": "judge", "entry": f"{number}@2", "text": evil}).text,
        browser.post(f"/ledger/{number}", {"step": "delay", "seen": "1", "text": evil}).text,
    ]
    for page in pages:
        assert "<script>alert" not in page
        assert "<b title" not in page
        assert evil in unescape(page)
        assert re.search(r"<(?:script|style)(?![^>]*src=)[^>]*>", page) is None
        assert re.search(r"<[^>]+\sstyle=", page) is None


def test_an_empty_ledger_says_what_to_do(site: DeskSite) -> None:
    assert "登记挂账" in site.enter("post1").page("/ledger")
    assert "没有对您开放的事项" in site.enter("hand").page("/ledger")
    assert "没有符合筛选条件的事项" in site.enter("post1").page("/ledger?light=red")


def test_whatever_an_address_says_there_is_a_page(site: DeskSite) -> None:
    add_entries(site.desk.home, 2)
    browser = site.enter("post1")
    names = (
        "office",
        "section",
        "rule",
        "family",
        "severity",
        "state",
        "light",
        "person",
        "since",
        "text",
        "mine",
    )
    for value in (
        "'",
        '"',
        "%",
        "\\",
        "a\x00b",
        "'; DROP TABLE results.entry_rows; --",
        "９" * 300,
        "-1",
        "\ud7ff",
        "1e9",
    ):
        for name in (*names, "open", "sort", "page", "size", "other"):
            for path in ("/ledger", "/ledger/view.csv"):
                answer = browser.get(path, params={name: value})
                assert answer.status_code in (200, 303), (path, name, value)
    for path in (
        "/ledger/'",
        "/ledger/%00",
        "/ledger/150602-2026-0001/attachments/..%2f..",
        "/ledger/150602-2026-9999",
    ):
        assert browser.get(path).status_code == 404, path
    assert browser.get("/ledger/１５０６０２-2026-0001").status_code == 200
    odd = {"evidence": "9" * 30, "original": "x", "taken": "<b>"}
    assert browser.get("/ledger/150602-2026-0001", params=odd).status_code == 200
    assert len(listed(browser)) == 2


def test_a_step_of_anybody_is_seen_at_once(site: DeskSite) -> None:
    numbers = add_entries(site.desk.home, 3)
    browser = site.enter("post1")
    assert listed(browser, "state=assigned") == []
    take(site, "post2", "assign", numbers[1], to="section:A科", kind="by_date")
    assert listed(browser, "state=assigned") == [numbers[1]]
    assert listed(site.enter("head")) == [numbers[1]]
    add_users(site.desk.home, {"hand2": ("P77", "handler", "A科")})
    take(site, "post2", "assign", numbers[2], to="person:P77", kind="by_date")
    assert listed(site.enter("head"), "sort=entry") == numbers[1:]
    assert listed(site.enter("headb")) == []
