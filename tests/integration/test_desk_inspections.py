"""The desk's room of inspections: draws, forms to be filled in, and what the result lets one say."""

import json
from pathlib import Path

import ledgers
import pytest
from conftest import Desk
from desk_site import Browser, DeskSite
from inspection_site import DICE, MONTH, OF_MONTH, make_site
from ledgers import OFFICE

from regaudit.catalogue.inspection_items import inspection_items

NAME = f"{OFFICE}-{MONTH}"
PATH = f"/inspections/{NAME}"
FIRST = f"{PATH}/{NAME}-1-001"
PASSED = {f"v-{item}": "pass" for item in inspection_items()}
ELSEWHERE = {"insp9": ("P90", "inspector", ""), "post9": ("P91", "post", "")}
WHOLE = {"aud": ("P92", "auditor", "")}


class Room:
    """A workspace with a draw, and its desk."""

    def __init__(self, home: Path) -> None:
        self.desk = Desk(home)
        self.site = DeskSite(home)

    def enter(self, login: str) -> Browser:
        """Somebody who is in."""
        return self.site.enter(login)


@pytest.fixture(scope="module")
def drawn_once(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = make_site(tmp_path_factory.mktemp("room") / "home")
    desk.ok("inspect", "freeze", *OF_MONTH, "--by", "post1")
    desk.ok("inspect", "draw", *OF_MONTH, *DICE, "-o", desk.home / "DRAW.json", "--by", "insp")
    ledgers.add_users(desk.home, ELSEWHERE, "150603")
    ledgers.add_users(desk.home, WHOLE, "")
    return desk


@pytest.fixture
def room(drawn_once: Desk, tmp_path: Path) -> Room:
    return Room(drawn_once.copy_to(tmp_path / "home").home)


def forms(room: Room) -> list[str]:
    [drawn] = room.desk.events("inspection-drawn")
    count = len(drawn.state["picks"]) + 2
    return [f"{PATH}/{NAME}-1-{serial:03}" for serial in range(1, count + 1)]


def test_a_form_is_filled_in_and_its_fault_opens_an_entry(room: Room) -> None:
    browser = room.enter("insp")
    assert f'href="{PATH}"' in browser.page("/inspections")
    shown = browser.page(PATH)
    assert "赵一、钱二" in shown
    assert "150602 一般登记" in shown
    assert "150602/general" not in shown
    assert shown.count("未检查") == 5
    assert "全部检查完，才能作结论" in shown
    blank = browser.page(FIRST)
    assert "李四" in blank
    assert "宁波通知 六" in blank
    said = {**PASSED, "v-steps": "fault", "r-steps": "多了一次审核", "seen": "0"}
    answer = browser.post(FIRST, said, form=FIRST)
    assert answer.status_code == 303, answer.text
    taken = browser.page(answer.headers["location"])
    [event] = room.desk.events("inspection-examined")
    assert (event.state["door"], event.state["by"], event.state["grade"]) == ("page", "insp", "failed")
    # Who may not come into the ledger is told the number, and no more.
    assert f"已挂账 {event.state['entry']}" in taken
    assert "/ledger/" not in taken
    assert f'href="/ledger/{event.state["entry"]}"' in room.enter("post1").page(FIRST)
    assert "检查下一件" in taken
    assert event.state["entry"] in room.enter("post1").page("/ledger")
    for path in forms(room)[1:]:
        assert browser.post(path, {**PASSED, "seen": "0"}, form=path).status_code == 303
    shown = browser.page(PATH)
    assert "抽查 2 件，不合格 1 件：有 95% 把握，不合格率低于 97.5%" in shown
    assert "件数少" in shown
    assert "不能合起来推断全部业务" in shown


def test_what_is_wrong_is_told_and_nothing_typed_is_lost(room: Room) -> None:
    browser = room.enter("insp")
    answer = browser.post(FIRST, {**PASSED, "v-form": "", "remark": "待补"}, form=FIRST)
    assert answer.status_code == 409
    assert "没有结论" in answer.text
    assert ">待补</textarea>" in answer.text
    assert "应写作 2026-03-31" in browser.post(FIRST, {**PASSED, "on": "昨天"}, form=FIRST).text
    assert not room.desk.events("inspection-examined")


def test_two_inspectors_at_one_form(room: Room) -> None:
    first, second = room.enter("insp"), room.enter("post1")
    said = {**PASSED, "v-form": "fault", "r-form": "漏填", "seen": "0"}
    assert first.post(FIRST, {**PASSED, "seen": "0"}, form=FIRST).status_code == 303
    late = second.post(FIRST, said, form=FIRST)
    assert late.status_code == 409
    assert "已由他人检查或更正" in late.text
    assert 'value="漏填"' in late.text
    [event] = room.desk.events("inspection-examined")
    # He has seen now what the other said: it is a correction.
    assert f'name="seen" value="{event.version}"' in late.text
    again = second.post(FIRST, {**said, "seen": str(event.version)}, form=FIRST)
    assert again.status_code == 303
    assert [e.state["grade"] for e in room.desk.events("inspection-examined")] == ["excellent", "good"]
    assert "更正以前" in second.page(FIRST)


def test_who_may_fill_in_and_who_may_look(room: Room) -> None:
    for login, told in (("li2", "经办过此件"), ("lead", "您可以查看"), ("aud", "您可以查看")):
        browser = room.enter(login)
        shown = browser.page(FIRST)
        assert told in shown, login
        assert "<select" not in shown
        answer = browser.post(FIRST, {**PASSED, "seen": "0"}, form="/own")
        assert answer.status_code == (409 if login == "li2" else 404), login
    for login in ("head", "anal"):
        assert room.enter(login).get("/inspections").status_code == 404
    for login in ELSEWHERE:
        browser = room.enter(login)
        assert NAME not in browser.page("/inspections")
        for path in (PATH, FIRST, f"{FIRST}/pdf", f"{PATH}/draws/1"):
            assert browser.get(path).status_code == 404, (login, path)
        assert browser.post(FIRST, PASSED, form="/inspections").status_code == 404
    assert not room.desk.events("inspection-examined")


def test_files_of_a_draw(room: Room) -> None:
    browser = room.enter("insp")
    file = browser.get(f"{PATH}/draws/1")
    assert json.loads(file.content) == json.loads((room.desk.home / "DRAW.json").read_bytes())
    paper = browser.get(f"{FIRST}/pdf")
    assert paper.headers["content-type"] == "application/pdf"
    assert paper.content.startswith(b"%PDF")
    for path in ("draws/2", "draws/x", "draws/0", "nothing", f"{NAME}-1-999", f"{NAME}-1-999/pdf"):
        assert browser.get(f"{PATH}/{path}").status_code == 404, path
    for path in ("/inspections/1", "/inspections/150602-2025-01", "/inspections/-2026-03"):
        assert browser.get(path).status_code == 404, path


def test_a_draw_of_all_offices_shows_each_what_is_his(drawn_once: Desk, tmp_path: Path) -> None:
    desk = drawn_once.copy_to(tmp_path / "home")
    desk.ok("inspect", "freeze", "--month", MONTH)
    desk.ok("inspect", "draw", "--month", MONTH, *DICE, "-o", desk.home / "A.json")
    site = DeskSite(desk.home)
    own = site.enter("insp").page(f"/inspections/all-{MONTH}")
    assert f"all-{MONTH}-1-001" in own
    assert "抽取文件" not in own
    assert "抽中合计" not in own
    assert site.enter("insp9").get(f"/inspections/all-{MONTH}").status_code == 404
    whole = site.enter("aud").page(f"/inspections/all-{MONTH}")
    assert "抽取文件" in whole
    assert "抽中合计" in whole
