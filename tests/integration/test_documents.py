"""Documents of the ledger: made by typst with a font of this machine, from the log, and again to the byte."""

import builtins
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import needs
import pytest
from conftest import Desk
from documented import (
    HEAD,
    LEADER,
    NUMBER,
    OFFICE,
    POST,
    SECOND,
    Days,
    Office,
    evidence,
    ledger_of,
    opened,
    users,
)
from zstandard import ZstdCompressor

from regaudit.base import press as presses
from regaudit.base.archive import check_archived
from regaudit.base.errors import RefusedFileError
from regaudit.base.press import NoPressError
from regaudit.catalogue.event_types import EntryDocumented, EntryNoted
from regaudit.ledger.documents.paper import paper
from regaudit.ledger.documents.register import Made, Register, papers_of
from regaudit.ledger.documents.sheets import sheet
from regaudit.ledger.documents.wording import Kind
from regaudit.ledger.request import Author, Request
from regaudit.ledger.rights import RefusedStepError

NIGHT = Author(login="", door="night", system_user="regaudit", machine="centre-1")


class Papers(Office):
    """Takes steps, and makes the documents that come with them."""

    @property
    def register(self) -> Register:
        return Register(self.ledger)

    def paper(self, kind: Kind | None = None, author: Author = POST) -> Made:
        [made] = self.register.make({NUMBER: kind}, author)
        return made

    def documents(self, entry: str = NUMBER) -> list[EntryDocumented]:
        return self.ledger.entries([entry])[entry].documents


def need_press() -> None:
    """End the test where no document can be set."""
    try:
        paper()
    except NoPressError as error:
        (needs.FONT if "字体" in str(error) else needs.TYPST).lack()


@pytest.fixture
def days() -> Days:
    return Days(datetime(2026, 4, 1, 9))


@pytest.fixture
def rows() -> int:
    return 3


@pytest.fixture
def papers(desk: Desk, days: Days, rows: int) -> Iterator[Papers]:
    need_press()
    positions = evidence(desk, rows)
    with ledger_of(desk, days) as ledger:
        ledger.log.append_all([*users(), opened(positions=positions)])
        yield Papers(ledger, days)


def words(path: Path) -> str:
    """The text of a PDF, without white space."""
    tool = needs.program("pdftotext", needs.PDF)
    done = subprocess.run([tool, "-raw", path, "-"], capture_output=True, text=True, check=True)
    return "".join(done.stdout.split()).replace("\u200b", "")


def test_every_kind_has_its_number_and_is_archived(desk: Desk, papers: Papers) -> None:
    papers.assign()
    made = [papers.paper()]
    papers.rectify()
    made.append(papers.paper("demand"))
    papers.finish()
    made.append(papers.paper())
    assert [m.document_no for m in made] == [f"{NUMBER}-{name}-1" for name in ("交办", "整改", "销号")]
    for document, one in zip(papers.documents(), made, strict=True):
        pdf = one.path.read_bytes()
        assert pdf.startswith(b"%PDF-")
        assert one.path == desk.home / "reports" / "ledger" / f"{one.document_no}.pdf"
        assert (document.sha256, document.size) == (sha256(pdf).hexdigest(), len(pdf))
        check_archived(desk.home / "archive", document.sha256)


@pytest.mark.parametrize("rows", [1, 40])
def test_a_document_tells_what_to_do_by_when_and_why(papers: Papers, rows: int) -> None:
    papers.assign("请逐件核对")
    told = words(papers.paper().path)
    for expected in (
        *("交办单", f"{NUMBER}-交办-1", "一人办到底", "one-person（第4版）", "重要", "鄂尔多斯方案(9)"),
        *("业务A1的受理、审核、登簿都由张三（zhang）一人办理", "请逐件核对", "质量监管岗王五", "惯例"),
        *("2026年4月7日（周二）", "张三（P001）", "责任人", "承办人", "负责人", "签收人", "第1页"),
        *("steps.csv第2行", f"steps.csv第{rows + 1}行", "指纹"),
    ):
        assert expected in told, expected


def test_it_is_made_again_from_the_log_to_the_byte(desk: Desk, papers: Papers) -> None:
    papers.assign()
    made = papers.paper()
    before = made.path.read_bytes()
    papers.rectify()
    papers.finish()
    # Neither what came later nor other settings change it.
    desk.configure(f'[[offices]]\noffice = "{OFFICE}"\nname = "别名"\n')
    (desk.home / "archive" / f"{made.sha256}.zst").unlink()
    made.path.unlink()
    presses.press.cache_clear()
    papers.days.on(date(2026, 5, 6))
    again = papers.paper("assign")
    assert (again.is_new, again.sha256, again.path.read_bytes()) == (False, made.sha256, before)
    check_archived(desk.home / "archive", made.sha256)
    assert len(papers.documents()) == 1


SET = """
import sys, json, hashlib
from datetime import datetime
from regaudit.ledger.documents.paper import paper
facts = json.load(sys.stdin)
print(hashlib.sha256(paper().set(facts, datetime(2026, 4, 1, 9))).hexdigest())
"""


def test_another_process_zone_and_language_make_the_same_bytes(papers: Papers) -> None:
    papers.assign("请逐件核对")
    papers.paper()
    entry = papers.ledger.entries([NUMBER])[NUMBER]
    facts = json.dumps(sheet(entry, entry.documents[0], [], 0))
    made = {
        subprocess.run(
            [sys.executable, "-c", SET],
            input=facts,
            env=os.environ | {"TZ": zone, "LC_ALL": language, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for zone, language, seed in (("Asia/Shanghai", "C.UTF-8", "1"), ("America/New_York", "C", "2"))
    }
    assert len(made) == 1


def test_an_altered_copy_is_made_good(desk: Desk, papers: Papers) -> None:
    papers.assign()
    made = papers.paper()
    (desk.home / "archive" / f"{made.sha256}.zst").write_bytes(ZstdCompressor().compress(b"another"))
    assert not desk.facts("verify", status=1)["is_whole"]
    assert papers.paper().sha256 == made.sha256
    assert desk.facts("verify")["is_whole"]


def test_what_is_archived_is_printed_again_without_a_press(
    papers: Papers, monkeypatch: pytest.MonkeyPatch
) -> None:
    papers.assign()
    made = papers.paper()
    presses.press.cache_clear()
    monkeypatch.setattr(presses, "FONTS", ())
    made.path.unlink()
    assert sha256(papers.paper().path.read_bytes()).hexdigest() == made.sha256


def test_what_cannot_be_made_the_same_is_not_handed_out(
    desk: Desk, papers: Papers, monkeypatch: pytest.MonkeyPatch
) -> None:
    papers.assign()
    made = papers.paper()
    (desk.home / "archive" / f"{made.sha256}.zst").unlink()
    monkeypatch.setattr(paper(), "_template", paper()._template + b"\nmore\n")
    with pytest.raises(RefusedFileError, match="与当时的不同"):
        papers.paper()


NASTY = (
    "#text(red)[x] $a^2$ *b* _c_ `d` @e \\f <g> \"h\" 'i' ~j // k /* l */ {m} = n\n"
    '#panic(1) #read("/etc/passwd") #include "x"\n- o\n+ p\n/ q: r\n' + "https://example.org/" + "s" * 500
)


@pytest.mark.parametrize("place", ["text", "title", "summary", "name"])
def test_what_people_write_is_never_markup(desk: Desk, days: Days, place: str) -> None:
    need_press()
    evidence(desk, 1)
    text = NASTY if place != "title" else NASTY.splitlines()[0]
    entry = (
        opened(title=text) if place == "title" else opened(summary=text) if place == "summary" else opened()
    )
    with ledger_of(desk, days) as ledger:
        ledger.log.append_all([*users(), entry])
        papers = Papers(ledger, days)
        to = f"section:{NASTY}" if place == "name" else "person:P001"
        papers.take(POST, "assign", NASTY if place == "text" else "", to=to, kind="by_date")
        told = words(papers.paper().path)
    for expected in ("#text(red)[x]", "$a^2$", "`d`@e\\f<g>", "{m}=n"):
        assert expected in told, expected
    if place != "title":
        assert "#panic(1)#read(" in told
        assert "-o+p/q:r" in told


def test_what_hides_is_shown(papers: Papers) -> None:
    papers.assign("甲\u202e乙\u200b丙\x07丁")
    assert "甲⟨U+202E⟩乙⟨U+200B⟩丙" in words(papers.paper().path)


def test_an_urge_comes_from_yellow_on_and_once_for_a_light(papers: Papers) -> None:
    papers.assign()
    with pytest.raises(RefusedStepError, match="自黄灯起"):
        papers.paper("urge")
    papers.days.on(date(2026, 4, 8))
    first = papers.paper("urge", NIGHT)
    assert "黄灯" in words(first.path)
    papers.days.on(date(2026, 4, 9))
    assert papers.paper("urge").document_no == first.document_no
    papers.days.on(date(2026, 4, 30))
    second = papers.paper("urge")
    assert second.document_no == f"{NUMBER}-督办-2"
    assert "红灯" in words(second.path)
    assert [document.by for document in papers.documents()] == ["", "wang"]


def test_a_night_is_told_what_to_make(papers: Papers) -> None:
    def told() -> tuple[dict[str, Kind], dict[str, Kind]]:
        entries = papers.ledger.entries([NUMBER])
        # One that can be gone through once.
        return papers.register.unmade(iter(entries.values())), papers.register.urgent(iter(entries.values()))

    assert told() == ({}, {})
    papers.assign()
    assert told() == ({NUMBER: "assign"}, {})
    papers.register.make(told()[0], NIGHT)
    papers.days.on(date(2026, 4, 8))
    assert told() == ({}, {NUMBER: "urge"})
    papers.register.make(told()[1], NIGHT)
    assert told() == ({}, {})
    # In another state it is another matter.
    papers.take(HEAD, "answer", "系统故障")
    papers.days.on(date(2026, 4, 16))
    assert told() == ({}, {NUMBER: "urge"})
    papers.take(POST, "judge", "不成立", verdict="unfounded")
    papers.days.on(date(2026, 4, 30))
    assert told() == ({}, {})


def test_an_urge_goes_to_who_is_late_also_the_supervisor(papers: Papers) -> None:
    papers.assign()
    papers.days.on(date(2026, 4, 8))
    told = words(papers.paper("urge").path)
    assert "张三（P001）：" in told
    assert "说明（经办人）" in told
    papers.take(HEAD, "answer", "系统故障")
    papers.days.on(date(2026, 4, 30))
    told = words(papers.paper("urge").path)
    assert "质量监管岗：" in told
    assert "答复对象中心负责人" in told


def test_a_document_makes_nobodys_view_stale(papers: Papers) -> None:
    papers.assign()
    papers.paper()
    entry = papers.ledger.entries([NUMBER])[NUMBER]
    assert (entry.version, entry.told_version) == (3, 2)
    papers.days.pass_minute()
    papers.ledger.take({NUMBER: Request(step="answer", text="说明")}, HEAD, seen={NUMBER: 2})
    with pytest.raises(RefusedStepError, match="您看到的是第 3 版"):
        papers.ledger.take(
            {NUMBER: Request(step="judge", text="x", verdict="upheld")}, POST, seen={NUMBER: 3}
        )


def test_a_note_of_the_night_is_seen_and_its_evidence_told(papers: Papers) -> None:
    papers.assign()
    note = EntryNoted(
        f"entry:{NUMBER}",
        3,
        at="2026-04-01T23:59:59",
        recorded_at="2026-04-02T00:03:10",
        run_no=2,
        log_position=9,
        kind="severity",
        finding_id="0f3a5c7b9d1e2f40",
        rule="one-person",
        severity="critical",
        text="级别升为严重",
    )
    papers.ledger.log.append_all([note])
    papers.days.on(date(2026, 4, 30))
    assert "级别升为严重" in words(papers.paper("urge").path)
    assert "级别升为严重" not in words(papers.paper("assign").path)


def test_of_what_was_not_done_there_is_no_document(papers: Papers) -> None:
    with pytest.raises(RefusedStepError, match="还没有交办"):
        papers.paper()
    papers.assign()
    with pytest.raises(RefusedStepError, match="没有整改通知书"):
        papers.paper("demand")
    with pytest.raises(RefusedStepError, match="没有 1-2026-0001 这一项"):
        papers.register.make({"1-2026-0001": None}, POST)
    papers.paper()
    papers.take(LEADER, "refer", "涉嫌违纪", to="驻局纪检组")
    with pytest.raises(RefusedStepError, match="已移交"):
        papers.paper("assign")
    assert len(papers.documents()) == 1


def test_a_corrected_step_has_no_document_any_more(papers: Papers) -> None:
    papers.assign()
    first = papers.paper()
    papers.take(LEADER, "correct", "交办对象有误")
    with pytest.raises(RefusedStepError, match="还没有交办"):
        papers.paper()
    papers.assign()
    assert (papers.paper().document_no, first.document_no) == (f"{NUMBER}-交办-2", f"{NUMBER}-交办-1")


def test_many_at_once_are_one_transaction(papers: Papers) -> None:
    numbers = [f"{OFFICE}-2026-{serial:04}" for serial in range(100, 120)]
    papers.ledger.log.append_all([opened(number) for number in numbers])
    papers.days.pass_minute()
    papers.ledger.take(
        {number: Request(step="assign", to="person:P001", kind="by_date") for number in numbers}, POST
    )
    before = papers.ledger.log.position()
    made, why = papers_of(papers.ledger, dict.fromkeys(numbers), POST)
    assert (len(made), why) == (20, "")
    assert papers.ledger.log.position() == before + 20
    assert {m.document_no for m in made} == {f"{number}-交办-1" for number in numbers}


def test_two_at_once_make_one(papers: Papers, monkeypatch: pytest.MonkeyPatch) -> None:
    papers.assign()
    other = papers.register
    record = Register._record

    def late(register: Register, drafts: Any) -> None:
        monkeypatch.setattr(Register, "_record", record)
        other.make({NUMBER: None}, SECOND)
        record(register, drafts)

    monkeypatch.setattr(Register, "_record", late)
    assert not papers.paper().is_new
    assert [document.by for document in papers.documents()] == ["sun"]


def lacking(name: str) -> Callable[..., Any]:
    real = builtins.__import__

    def import_(wanted: str, *rest: Any, **more: Any) -> Any:
        if wanted == name:
            raise ModuleNotFoundError(wanted)
        return real(wanted, *rest, **more)

    return import_


@pytest.mark.parametrize("what", ["typst", "字体"])
def test_without_typst_or_a_font_the_step_is_taken_and_told(
    papers: Papers, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    papers.assign()
    with monkeypatch.context() as patch:
        presses.press.cache_clear()
        if what == "typst":
            patch.setattr(builtins, "__import__", lacking("typst"))
        else:
            patch.setattr(presses, "FONTS", ("No Such Font",))
        made, why = papers_of(papers.ledger, {NUMBER: None}, POST)
    assert not made
    assert why.startswith("办理已经记入,文书没有制作:")
    assert what in why
    assert "install" in why
    assert papers.ledger.entries([NUMBER])[NUMBER].now.state == "assigned"
    assert papers.paper().is_new


def test_the_command_makes_and_prints_again(desk: Desk, papers: Papers, tmp_path: Path) -> None:
    from click.testing import CliRunner  # noqa: PLC0415 - the group that has it is not here

    from regaudit.cli.ledger_documents import document  # noqa: PLC0415 - as above

    papers.assign()
    out = tmp_path / "a.pdf"
    home = ["--home", str(desk.home)]
    run = CliRunner().invoke(document, [NUMBER, "-o", str(out), "--by", "wang", "--json", *home])
    assert run.exit_code == 0, run
    facts = json.loads(run.stdout)
    assert facts["is_new"]
    assert sha256(out.read_bytes()).hexdigest() == facts["sha256"]
    run = CliRunner().invoke(document, [NUMBER, "--kind", "assign", *home])
    assert "重印" in run.stdout
    assert CliRunner().invoke(document, [NUMBER, "--by", "nobody", *home]).exit_code
