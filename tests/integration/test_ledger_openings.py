"""Entries that people open: of a complaint, an inspection, or of one finding."""

from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from conftest import Desk, Run, step
from ledgers import OFFICE, PEOPLE, add_entries, add_users, today

from regaudit.base.folders import Folders

BY_HAND = ("--office", OFFICE, "--title", "群众投诉", "--severity", "major", "--text", "反映久拖不办")


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A workspace with the findings of a night, which are old, and the people of an office."""
    desk = Desk(tmp_path_factory.mktemp("night") / "home").make()
    rows = [
        step("A1", "accept", "2026-03-02 09:00:00", "li", registration_type="200"),
        step("A1", "review", "2026-03-02 10:00:00", "li", started_at="2026-03-02 09:50:00"),
        step("A1", "book", "2026-03-02 11:00:00", "li"),
    ]
    people = [
        {"account": account, "person_id": person, "person_name": name, "office": OFFICE, "org_kind": "center"}
        for account, person, name in (("li", "P8", "李四"), ("wang", "P2", "王五"))
    ]
    desk.ok("import", desk.export("roster.csv", people))
    desk.ok("nightly", desk.export("export.csv", rows), "--as-of", "2026-05-20")
    add_users(desk.home, PEOPLE)
    return desk


@pytest.fixture
def office(night: Desk, tmp_path: Path) -> Desk:
    return night.copy_to(tmp_path / "home")


@pytest.fixture
def finding(office: Desk) -> dict[str, Any]:
    [found] = [row for row in office.facts("findings", "--open") if row["rule"] == "one-person"]
    return dict(found)


def opened(desk: Desk, *words: str, by: str = "post1") -> str:
    [row] = desk.facts("ledger", "open", *words, "--by", by)
    assert (row["state"], row["version"]) == ("listed", 1)
    return str(row["entry"])


def refused(desk: Desk, *words: str, by: str = "post1") -> Run:
    before = desk.events()
    run = desk.run("ledger", "open", *words, "--by", by)
    assert (run.status, run.out) == (1, ""), run
    assert desk.events() == before
    return run


def own_entries(desk: Desk) -> list[str]:
    return [row["entry"] for row in desk.facts("ledger", "list")]


def test_a_post_opens_an_entry_by_hand(office: Desk) -> None:
    before = len(own_entries(office))
    entry = opened(office, *BY_HAND, "--kind", "complaint", "--case", "A1", "--account", "li")
    facts = office.facts("ledger", "show", entry)
    assert facts["entry"].startswith(f"{OFFICE}-{today().year}-")
    assert (facts["kind"], facts["title"], facts["severity"]) == ("complaint", "群众投诉", "major")
    assert (facts["case_no"], facts["account"], facts["summary"]) == ("A1", "li", "反映久拖不办")
    [first] = facts["history"]
    assert (first["by"], first["person"], first["role"], first["door"]) == ("post1", "P1", "post", "command")
    assert len(own_entries(office)) == before + 1
    office.ok("ledger", "assign", entry, "--to", "section:A科", "--kind", "at_once", "--by", "post1")


def test_what_is_enclosed_is_archived_and_checked(office: Desk, tmp_path: Path) -> None:
    letter = tmp_path / "信访件.txt"
    letter.write_text("反映久拖不办", encoding="utf-8")
    archive = Folders(office.home).archive
    before = sorted(archive.iterdir())
    refused(office, *BY_HAND, "--attach", str(letter), by="head")
    refused(office, *BY_HAND, "--attach", str(tmp_path / "nowhere.txt"))
    assert sorted(archive.iterdir()) == before
    entry = opened(office, *BY_HAND, "--attach", str(letter))
    digest = sha256(letter.read_bytes()).hexdigest()
    [first] = office.facts("ledger", "show", entry)["history"]
    assert [(each["name"], each["sha256"]) for each in first["attachments"]] == [("信访件.txt", digest)]
    assert digest in office.ok("ledger", "show", entry).text
    assert office.run("verify").status == 0
    (archive / f"{digest}.zst").unlink()
    run = office.run("verify")
    assert (run.status, f"台账{entry}的附件信访件.txt" in run.text) == (1, True), run


def test_numbers_go_on_and_are_noted_outside_the_store(office: Desk) -> None:
    first, second = opened(office, *BY_HAND), opened(office, *BY_HAND)
    series, _, serial = first.rpartition("-")
    assert second == f"{series}-{int(serial) + 1:04}"
    notes = [path for path in office.home.iterdir() if path.is_file() and path.name.startswith("ledger")]
    assert any(f'"{series}":{int(serial) + 1}' in path.read_text(encoding="utf-8") for path in notes)


def test_who_may_not_open_one_is_refused(office: Desk) -> None:
    assert "挂账须由质量监管岗办理" in refused(office, *BY_HAND, by="head").text
    assert "挂账须由质量监管岗办理" in refused(office, *BY_HAND, by="lead").text
    assert "没有用户nobody" in refused(office, *BY_HAND, by="nobody").text
    assert "是本项所涉的人" in refused(office, *BY_HAND, "--person", "P1").text


def test_whoever_has_the_account_is_its_subject(office: Desk) -> None:
    entry = opened(office, *BY_HAND, "--account", "wang")
    assert office.facts("ledger", "show", entry)["facts"]["persons"] == [
        {"person_id": "P2", "person_name": "王五", "role": "subject"}
    ]
    assert "是本项所涉的人" in refused(office, *BY_HAND, "--account", "wang", by="post2").text
    run = office.run("ledger", "assign", entry, "--to", "person:P5", "--kind", "at_once", "--by", "post2")
    assert (run.status, "是本项所涉的人" in run.text) == (1, True)


def test_a_leader_opens_one_where_the_only_post_is_its_subject(office: Desk) -> None:
    add_users(office.home, {"p": ("Q1", "post", ""), "l": ("Q2", "leader", "")}, office="150699")
    words = ("--office", "150699", *BY_HAND[2:])
    refused(office, *words, by="l")
    entry = opened(office, *words, "--person", "Q1", by="l")
    assert office.facts("ledger", "show", entry)["history"][0]["role"] == "leader"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--office", "150699", *BY_HAND[2:]), "没有登记机构150699"),
        (BY_HAND[2:], "挂账须写明登记机构"),
        (BY_HAND[:2] + BY_HAND[4:], "挂账须写明事项名称"),
        (BY_HAND[:4] + BY_HAND[6:], "挂账须写明级别"),
        (BY_HAND[:6], "挂账须写明情况"),
        ((*BY_HAND, "--finding", "0123456789abcdef"), "没有编号为0123456789abcdef的问题"),
        ((*BY_HAND, "--at", str(today() + timedelta(days=2))), "晚于现在"),
    ],
)
def test_what_is_incomplete_or_unknown_is_refused(office: Desk, words: tuple[str, ...], why: str) -> None:
    assert why in refused(office, *words).text


def test_a_finding_gets_its_own_entry_with_the_published_facts(office: Desk, finding: dict[str, Any]) -> None:
    id_ = finding["finding_id"]
    entry = opened(office, "--finding", id_, "--text", "单独核查", "--at", str(today()))
    facts = office.facts("ledger", "show", entry)
    assert (facts["kind"], facts["rule"], facts["finding_ids"]) == ("finding", "one-person", [id_])
    assert (facts["title"], facts["severity"]) == (finding["rule_title"], finding["severity"])
    assert (facts["office"], facts["case_no"]) == (OFFICE, "A1")
    assert facts["summary"] == f"{finding['summary']}(挂账说明:单独核查)"
    frozen = facts["facts"]
    [(version,)] = office.query("SELECT version FROM rule_runs WHERE rule = 'one-person'")
    assert (frozen["rule_version"], frozen["basis"]) == (version, finding["basis"])
    evidence = office.query(
        f"SELECT position, role FROM finding_evidence WHERE finding_id = '{id_}' ORDER BY position"
    )
    assert [(each["position"], each["role"]) for each in frozen["evidence"]] == evidence
    persons = office.query(
        f"SELECT person_id, role FROM finding_persons WHERE finding_id = '{id_}' ORDER BY ALL"
    )
    assert [(each["person_id"], each["role"]) for each in frozen["persons"]] == persons
    assert persons
    assert entry in refused(office, "--finding", id_).text


def test_a_finding_is_taken_out_of_a_collective_entry(office: Desk, finding: dict[str, Any]) -> None:
    id_ = finding["finding_id"]
    add_entries(office.home, kind="history", rule="one-person", finding_ids=[id_, "other"], case_nos=[])
    first = opened(office, "--finding", id_)
    for words in (
        ("assign", "--to", "section:A科", "--kind", "at_once"),
        ("answer", "--text", "系统故障", "--by", "head"),
        ("judge", "--verdict", "unfounded", "--text", "属实"),
        ("judge", "--verdict", "unfounded", "--text", "同意", "--by", "lead"),
    ):
        office.ok("ledger", words[0], first, "--by", "post1", *words[1:])
    second = opened(office, "--finding", id_, "--severity", "info")
    facts = office.facts("ledger", "show", second)
    assert (facts["follows"], facts["severity"]) == (first, finding["severity"])


def test_a_finding_says_itself_what_it_is_about(office: Desk, finding: dict[str, Any]) -> None:
    words = ("--finding", finding["finding_id"])
    assert "以问题所载为准" in refused(office, *words, "--case", "A2").text
    assert "不是150699" in refused(office, *words, "--office", "150699").text
