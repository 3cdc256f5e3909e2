"""Cases and persons on the desk: what is shown, to whom, and what is hidden."""

import re
from datetime import date
from html import unescape
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from conftest import Desk
from sample_site import AS_OF, OWN, SEES_CASES, USERS, SampleSite

from regaudit.base.running_text import plain_day, running
from regaudit.ledger.request import Author, Request
from regaudit.ledger.service import Ledger
from regaudit.operation.open import open_workspace

pytestmark = pytest.mark.long
Rows = list[dict[str, Any]]
NOBODY = ("hand", "head", "hand2", "post3", "sys", "sec")
_TAGS = re.compile(r"<[^>]+>")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> SampleSite:
    return SampleSite(Path(tmp_path_factory.mktemp("sample")) / "home")


def words(text: str) -> str:
    """A page as it is read, on one line."""
    return " ".join(unescape(_TAGS.sub(" ", text)).split())


def take(desk: Desk, number: str, step: str, login: str, **more: Any) -> None:
    with open_workspace(desk.home, "test", locks=()) as workspace:
        author = Author(login=login, door="page", system_user="me", machine="m")
        Ledger(workspace).take({number: Request(step=step, text="说明", **more)}, author)


def entry_of(sample: SampleSite, rule: str, place: int = 0) -> dict[str, Any]:
    """An entry of the own office about one case."""
    rows: Rows = sample.rows(
        "SELECT * FROM ledger_entries WHERE rule = ? AND office = ? AND findings = 1 AND case_no IS NOT NULL"
        " ORDER BY entry",
        [rule, OWN],
    )
    return rows[place]


def test_a_case_is_shown_with_steps_clock_and_findings(sample: SampleSite) -> None:
    [found] = sample.rows(
        "SELECT * FROM findings WHERE rule = 'overdue' AND office = ? ORDER BY finding_id LIMIT 1", [OWN]
    )
    text = words(sample.browser("post1").page(f"/cases/{OWN}/{found['case_no']}"))
    steps = sample.rows("SELECT * FROM steps WHERE office = ? AND case_no = ?", [OWN, found["case_no"]])
    for step in steps:
        assert f"第 {step['row_no']} 行 日志位置 {step['position']}" in text
        assert step["person_name"] in text
    assert running(found["summary"], [found["case_no"]]) in text
    assert "超期" in text
    [entry] = sample.rows("SELECT entry FROM ledger_findings WHERE finding_id = ?", [found["finding_id"]])
    assert entry["entry"] in text


def test_the_steps_of_a_case_lie_together(sample: SampleSite) -> None:
    """Else whoever looks at a case of a million waits until all their steps were read."""
    places = [(row["office"], row["case_no"], row["position"]) for row in sample.rows("SELECT * FROM steps")]
    assert places == sorted(places)


def test_the_calendar_of_a_late_case_counts_as_the_published_days_do(sample: SampleSite) -> None:
    [case] = sample.rows(
        "SELECT * FROM cases WHERE office = ? AND remaining_days < 0 AND closed_at IS NOT NULL"
        " ORDER BY case_no LIMIT 1",
        [OWN],
    )
    text = words(sample.browser("post1").page(f"/cases/{OWN}/{case['case_no']}"))
    assert f"计时 {case['used_days']} 个工作日" in text
    assert f"{plain_day(case['due_on'])} 到期" in text
    assert f"{plain_day(case['closed_at'])} 办结" in text


def test_original_rows_show_mapped_columns_when_asked_for(sample: SampleSite) -> None:
    [case] = sample.rows("SELECT * FROM cases WHERE office = ? ORDER BY case_no LIMIT 1", [OWN])
    address = f"/cases/{OWN}/{case['case_no']}"
    browser = sample.browser("post1")
    assert "steps.csv 第" in words(browser.page(address))
    assert "印刷序列号" not in words(browser.page(address))
    text = words(browser.page(f"{address}?original=1"))
    assert f"业务号 {case['case_no']}" in text or f"case_no {case['case_no']}" in text


@pytest.mark.parametrize("login", SEES_CASES)
def test_cases_are_open_to_those_of_the_office(sample: SampleSite, login: str) -> None:
    [case] = sample.rows("SELECT * FROM cases WHERE office = ? ORDER BY case_no LIMIT 1", [OWN])
    assert sample.browser(login).get(f"/cases/{OWN}/{case['case_no']}").status_code == 200


@pytest.mark.parametrize("login", NOBODY)
def test_cases_are_not_there_for_others(sample: SampleSite, login: str) -> None:
    [case] = sample.rows(
        "SELECT c.* FROM cases AS c ANTI JOIN findings USING (office, case_no) WHERE office = ? LIMIT 1",
        [OWN],
    )
    browser = sample.browser(login)
    told = browser.get(f"/cases/{OWN}/{case['case_no']}")
    assert told.status_code == 404
    # Neither is it told whether there is such a case.
    assert words(browser.get(f"/cases/{OWN}/none").text) == words(told.text)


def test_a_case_of_no_office_is_missing(sample: SampleSite) -> None:
    assert sample.browser("sup").get("/cases/nowhere/1").status_code == 404


def test_a_handler_and_his_head_see_the_cases_of_their_entries_alone(sample: SampleSite) -> None:
    own, others = entry_of(sample, "expedite-unlawful"), entry_of(sample, "expedite-unlawful", 1)
    take(sample.desk, own["entry"], "assign", "post1", to="section:A科", kind="by_date", due=date(2027, 1, 4))
    for login in ("hand", "head"):
        browser = sample.browser(login)
        assert browser.get(f"/cases/{OWN}/{own['case_no']}").status_code == 200
        assert browser.get(f"/cases/{OWN}/{others['case_no']}").status_code == 404
        found = browser.page("/cases?q=0")
        assert own["case_no"] in found
        assert others["case_no"] not in found
        # Whoever sees no persons is led to none.
        assert "/persons/" not in browser.page(f"/cases/{OWN}/{own['case_no']}")
        assert own["case_no"] in browser.page("/cases?state=closed") + browser.page("/cases?state=open")
        assert not numbers(browser.page(f"/cases?q={others['case_no']}"))
    assert sample.browser("hand2").get(f"/cases/{OWN}/{own['case_no']}").status_code == 404
    assert own["case_no"] not in sample.browser("hand2").page("/cases?q=0")


def test_what_was_referred_is_hidden_from_its_unit(sample: SampleSite) -> None:
    entry = entry_of(sample, "queue-jump")
    address = f"/cases/{OWN}/{entry['case_no']}"
    assert "插队" in words(sample.browser("ana").page(address))
    [person] = sample.rows(
        "SELECT person_id FROM finding_persons WHERE finding_id = ? AND is_answerable LIMIT 1",
        [entry["finding_id"]],
    )
    before = {login: jumps(sample, login) for login in ("ana", "post1", "sup")}
    summary = running(entry["summary"], [entry["case_no"]])
    take(sample.desk, entry["entry"], "refer", "lead", to="驻局纪检组")
    for login, is_told in (("ana", False), ("post1", True), ("lead", True)):
        text = words(sample.browser(login).page(address))
        assert (summary in text) == is_told, login
        text = words(sample.browser(login).page(f"/persons/{person['person_id']}"))
        assert (summary in text) == is_told, login

    # Nor does it count, for whoever looks: who may know would tell by the difference.
    for login, count in before.items():
        assert jumps(sample, login) == count - 1, login


def jumps(sample: SampleSite, login: str) -> int:
    """How many queue-jumps the figures tell of."""
    found = re.search(r"每千件 无法判断 .*? 插队 (\d+) ", words(sample.browser(login).page("/figures")))
    assert found
    return int(found[1])


def test_findings_of_the_first_page_are_hidden_too(sample: SampleSite) -> None:
    """A critical one stands there; once it was referred, it does only for who may know."""
    entry = entry_of(sample, "missing-step")
    summary = running(entry["summary"], [entry["case_no"]])
    assert summary in words(sample.browser("ana").page("/"))
    take(sample.desk, entry["entry"], "refer", "lead", to="驻局纪检组")
    assert summary not in words(sample.browser("ana").page("/"))
    assert summary in words(sample.browser("post1").page("/"))


def numbers(text: str) -> list[str]:
    return re.findall(r'<a href="/cases/\d+/([^"?]+)">', text)


def test_the_search_finds_by_the_beginning_of_a_number(sample: SampleSite) -> None:
    [case] = sample.rows("SELECT * FROM cases WHERE office = ? ORDER BY case_no LIMIT 1", [OWN])
    browser = sample.browser("post1")
    assert numbers(browser.page(f"/cases?q={case['case_no']}")) == [case["case_no"]]
    begun = case["case_no"][:8]
    found = sample.rows(
        "SELECT case_no FROM cases WHERE office = ? AND starts_with(case_no, ?)"
        " ORDER BY accepted_at, case_no",
        [OWN, begun],
    )
    assert numbers(browser.page(f"/cases?q={begun}")) == [row["case_no"] for row in found][:50]


def test_the_search_shows_late_cases_page_by_page(sample: SampleSite) -> None:
    late = sample.rows(
        "SELECT case_no FROM cases WHERE office = ? AND closed_at IS NULL AND due_state = 'fixed'"
        " AND due_on < ? ORDER BY accepted_at, case_no",
        [OWN, date.fromisoformat(AS_OF)],
    )
    assert (
        numbers(sample.browser("post1").page("/cases?state=late")) == [row["case_no"] for row in late] != []
    )
    closed = sample.rows(
        "SELECT case_no FROM cases WHERE office = ? AND state = 'closed' ORDER BY accepted_at, case_no", [OWN]
    )
    text = sample.browser("post1").page("/cases?state=closed&page=2")
    assert numbers(text) == [row["case_no"] for row in closed][50:100]
    # A page beyond the last is the last.
    beyond = words(sample.browser("post1").page("/cases?state=closed&page=999"))
    last = -(-len(closed) // 50)
    assert f"第 {last} / {last} 页" in beyond
    assert closed[-1]["case_no"] in beyond
    assert f"共 {len(closed)} 项，第 2 / {-(-len(closed) // 50)} 页" in words(text)


@pytest.mark.parametrize("query", ["", "?q=%27%22%3Cb%3E", "?q=nothing", "?page=x", "?page=999&q=nothing"])
def test_a_search_that_finds_nothing_says_what_to_do(sample: SampleSite, query: str) -> None:
    text = sample.browser("post1").page(f"/cases{query}")
    assert 'class="empty"' in text
    assert "<b>" not in text


def test_of_another_office_nothing_is_found(sample: SampleSite) -> None:
    assert not numbers(sample.browser("post1").page("/cases?office=150603"))
    [case] = sample.rows("SELECT * FROM cases WHERE office = '150603' ORDER BY case_no LIMIT 1")
    assert not numbers(sample.browser("post1").page(f"/cases?q={case['case_no']}"))
    assert numbers(sample.browser("sup").page(f"/cases?q={case['case_no']}")) == [case["case_no"]]


def busiest(sample: SampleSite) -> str:
    [row] = sample.rows(
        "SELECT person_id FROM steps WHERE office = ? AND evidence = 'recorded' AND NOT is_robot"
        " AND person_id IN (SELECT person_id FROM finding_persons WHERE is_answerable)"
        " GROUP BY person_id ORDER BY count(*) DESC, person_id LIMIT 1",
        [OWN],
    )
    return str(row["person_id"])


def test_a_person_is_held_against_the_median_of_his_office(sample: SampleSite) -> None:
    person = busiest(sample)
    steps = sample.rows(
        "SELECT person_id, step FROM steps WHERE office = ? AND evidence = 'recorded' AND NOT is_robot"
        " AND person_id IS NOT NULL",
        [OWN],
    )
    answered = sample.rows(
        "SELECT DISTINCT p.person_id, f.finding_id FROM finding_persons AS p"
        " JOIN findings AS f USING (finding_id) WHERE f.office = ? AND p.is_answerable AND f.state <> 'gone'",
        [OWN],
    )
    persons = {step["person_id"] for step in steps}
    acts = {one: sum(step["person_id"] == one for step in steps) for one in persons}
    reviews = {
        one: sum(step["person_id"] == one and step["step"] == "review" for step in steps) for one in persons
    }
    found = {one: sum(row["person_id"] == one for row in answered) for one in persons}
    rates = {one: 1000 * found[one] / acts[one] for one in persons if acts[one] >= 10}
    text = words(sample.browser("post1").page(f"/persons/{person}"))
    for title, counts in (("操作", acts), ("审核", reviews)):
        # The middle of those who do it at all.
        doing = [count for count in counts.values() if count]
        assert f"{title} {counts[person]} {median(doing):g} {len(doing)} " in text
    assert found[person] > 0
    assert (
        f"每千次操作的问题（{found[person]}/{acts[person]}） {rates[person]:.1f} "
        f"{round(median(rates.values()), 2):g} {len(rates)} "
    ) in text


def test_a_person_has_his_months_accounts_and_findings(sample: SampleSite) -> None:
    person = busiest(sample)
    text = words(sample.browser("post1").page(f"/persons/{person}"))
    rows = sample.rows(
        "SELECT * FROM steps WHERE person_id = ? AND office = ? AND evidence = 'recorded'", [person, OWN]
    )
    assert f"{len(rows)}" in text.partition("操作数;导出时")[0].split()
    for account in {row["account"] for row in rows}:
        of_account = [row for row in rows if row["account"] == account]
        days = {row["occurred_at"].date() for row in of_account}
        terminals = {row["terminal"] for row in of_account} - {None}
        assert account in text
        assert f" {len(of_account)} {len(days)} {len(terminals)} " in text
    findings = sample.rows(
        "SELECT DISTINCT f.summary, f.case_no, f.account"
        " FROM finding_persons AS p JOIN findings AS f USING (finding_id)"
        " WHERE p.person_id = ? AND p.is_answerable AND f.office = ? AND f.rule <> 'queue-jump'",
        [person, OWN],
    )
    assert findings
    for row in findings:
        assert " ".join(running(row["summary"], [row["case_no"], row["account"]]).split()) in text


@pytest.mark.parametrize("login", ["hand", "head", "sys", "sec", "post3"])
def test_persons_are_not_there_for_others(sample: SampleSite, login: str) -> None:
    person = sample.rows(
        "SELECT person_id FROM persons WHERE offices = ['150602'] ORDER BY person_id LIMIT 1"
    )
    assert sample.browser(login).get(f"/persons/{person[0]['person_id']}").status_code == 404
    assert (sample.browser(login).get("/persons").status_code == 404) == (login != "post3")


def test_persons_are_found_by_name_number_and_account(sample: SampleSite) -> None:
    [row] = sample.rows("SELECT * FROM persons WHERE person_id = ?", [busiest(sample)])
    browser = sample.browser("post1")
    for text in (row["person_name"], row["person_id"], row["accounts"][0].upper()):
        assert f'/persons/{row["person_id"]}"' in browser.page(f"/persons?q={text}")
    names = re.findall(r'<a href="/persons/[^"]+">([^<]+)</a>', browser.page("/persons"))
    assert names == sorted(names)
    assert "没有找到" in browser.page("/persons?q=nobody")


def test_of_other_offices_nothing_is_told_of_a_person(sample: SampleSite) -> None:
    [row] = sample.rows(
        "SELECT person_id, person_name FROM persons WHERE len(offices) = 2 AND is_registered"
        " ORDER BY acts DESC LIMIT 1"
    )
    acts = {
        office: len(
            sample.rows(
                "SELECT 1 FROM steps WHERE person_id = ? AND office = ? AND evidence = 'recorded'",
                [row["person_id"], office],
            )
        )
        for office in (OWN, "150603")
    }
    assert min(acts.values()) > 0
    for login, offices, count in (("post1", OWN, acts[OWN]), ("sup", f"{OWN}、150603", sum(acts.values()))):
        text = words(sample.browser(login).page(f"/persons?q={row['person_id']}"))
        assert f"{row['person_name']} {row['person_id']} {offices} " in text
        assert text.partition("共 1 项")[0].split()[-1] == f"{count}"
        assert ("150603" in sample.browser(login).page(f"/persons/{row['person_id']}")) == (login == "sup")


def test_every_user_of_the_sample_is_tried() -> None:
    assert {"hand", "head", "hand2"} < set(USERS)
