"""A queue-jump from the night to its strike-off at the desk in a real browser, and every room looked at."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from conftest import Desk, ordinary_case
from desk_browser import WIDTHS, Window, chromium, served, window
from desk_days import AFTER, NEXT, fill_in, number_of, on_first_screen, send, staffed
from desk_site import DeskSite
from playwright.sync_api import Browser

pytestmark = pytest.mark.long
Snap = Callable[..., None]


@pytest.fixture
def snap(request: pytest.FixtureRequest) -> Snap:
    """Takes a picture for the manual, if `--pictures` says where to: of the first screen, or of a part."""
    folder: Path | None = request.config.getoption("pictures")

    def take(desk: Window, name: str, is_wanted: bool, part: str = "") -> None:
        if folder is not None and is_wanted:
            folder.mkdir(parents=True, exist_ok=True)
            shown = desk.page.locator(part) if part else desk.page
            shown.screenshot(path=folder / f"{name}.png")

    return take


class Centre:
    """The desk while it is served, and how somebody looks at it: a window each."""

    def __init__(self, site: DeskSite, browser: Browser, *, width: int, has_script: bool) -> None:
        self.site, self.browser, self.width, self.has_script = site, browser, width, has_script
        self.served = ExitStack()
        self.address = self.served.enter_context(served(site))

    def at_desk(self, login: str, stack: ExitStack) -> Window:
        """Somebody who has just got in, on his first page."""
        made = window(self.browser, self.address, width=self.width, has_script=self.has_script)
        desk = stack.enter_context(made)
        desk.login(login)
        desk.check()
        return desk

    def restart_after_a_night(self) -> None:
        """A night publishes another database, and the server is another process's."""
        home = self.site.desk.home
        Desk(home).ok("nightly", Desk(home).export("more.csv", ordinary_case("N1", "2026-04-07")), *NEXT)
        self.served.close()
        self.site.clock.at = AFTER
        self.site = DeskSite(home, clock=self.site.clock)
        self.served.enter_context(served(self.site, int(self.address.rpartition(":")[2])))


@pytest.mark.parametrize(("width", "has_script"), [(390, True), (1280, False)], ids=["phone", "no-script"])
def test_an_entry_goes_from_listing_to_strike_off(
    tmp_path: Path, width: int, snap: Snap, *, has_script: bool
) -> None:
    with chromium() as browser:
        centre = Centre(staffed(tmp_path / "home"), browser, width=width, has_script=has_script)
        with centre.served:
            number = number_of(centre.site, "queue-jump")
            hand_over(centre, number)
            answer_too_late(centre, number)
            judge_both(centre, number)
            report_through_a_night(centre, number)
            strike_off(centre, number, snap)


def hand_over(centre: Centre, number: str) -> None:
    """The post's first screen says what there is to do; three entries are handed over at once."""
    others = [number_of(centre.site, rule) for rule in ("overdue", "missing-step")]
    with ExitStack() as stack:
        desk = centre.at_desk("zhijian1", stack)
        on_first_screen(desk, desk.page.locator(".counts"))
        on_first_screen(desk, desk.page.locator("section[aria-labelledby=tasks] tbody tr"))
        desk.go("/ledger?mine=1&size=100")
        for each in (number, *others):
            desk.page.locator(f'input[name=entry][value^="{each}@"]').check()
        desk.page.select_option("#many-step", "assign")
        desk.press("text=下一步")
        assert "状态成为“已交办”" in desk.page.inner_text("main")
        desk.page.select_option("#s-to", "section:登记科")
        desk.page.locator("input[name=kind][value=by_date]").check()
        desk.page.fill("#s-text", "请说明原因")
        desk.press("button[value=take]")
        assert "已交办 3 项" in desk.page.inner_text("h1")


def answer_too_late(centre: Centre, number: str) -> None:
    """The handler's session ends while he writes: nothing is lost, nor the file that he attached."""
    with ExitStack() as stack:
        desk = centre.at_desk("jingban", stack)
        on_first_screen(desk, desk.page.locator(f"a[href='/ledger/{number}']"))
        desk.go(f"/ledger/{number}")
        fill_in(desk, "answer", text="当日叫号系统故障，先办了后到的。", file="故障记录.txt")
        centre.site.clock.forward(minutes=20)
        assert "您提交的内容已保留" in send(desk, "answer")
        desk.login("jingban")
        desk.press("text=查看并继续提交")
        kept = desk.page.inner_text("main")
        assert f"台账项 {number}：说明" in kept
        assert "故障记录.txt" in kept
        assert "先办了后到的" in kept
        assert not {"seen", "step", "text", "do"} & set(kept.split())
        desk.press("button:has-text('现在提交')")
        assert "已办理：说明" in desk.page.inner_text("main")
        assert "故障记录.txt" in desk.page.inner_text("main")


def judge_both(centre: Centre, number: str) -> None:
    """Two posts at one entry: the second is told what the first did, and keeps what he wrote."""
    with ExitStack() as stack:
        first, second = (centre.at_desk(login, stack) for login in ("zhijian1", "zhijian2"))
        for desk in (first, second):
            desk.go(f"/ledger/{number}")
        fill_in(first, "judge", verdict="upheld")
        assert "没有办理认定" in send(first, "judge", "preview")
        assert "理由" in first.page.inner_text("[role=alert]")
        assert first.page.locator("#step-judge input[value=upheld]").is_checked()
        fill_in(first, "judge", text="没有故障记录可查")
        fill_in(second, "judge", verdict="upheld", text="与值班记录不符")
        assert "已办理：认定" in send(second, "judge")
        assert "您填写期间的办理" in send(first, "judge")
        assert "质检乙" in first.page.inner_text("[role=alert]")
        assert "没有故障记录可查" in first.page.inner_text("main")
        first.go(f"/ledger/{number}")
        fill_in(first, "demand", text="按受理先后办理，报学习记录")
        assert "已办理：责令整改" in send(first, "demand")
        assert f"{number}-整改-1" in first.page.inner_text("section[aria-labelledby=files]")


def report_through_a_night(centre: Centre, number: str) -> None:
    """While the head writes his report a night publishes another database, and the server begins anew."""
    with ExitStack() as stack:
        desk = centre.at_desk("kezhang", stack)
        on_first_screen(desk, desk.page.locator("td.what:has-text('整改报告')"))
        desk.go(f"/ledger/{number}")
        fill_in(desk, "report", text="已组织学习，叫号规则已改", file="学习记录.txt")
        centre.restart_after_a_night()
        assert "您提交的内容已保留" in send(desk, "report")
        desk.login("kezhang")
        desk.press("text=查看并继续提交")
        desk.press("button:has-text('现在提交')")
        assert "已办理：整改报告" in desk.page.inner_text("main")


def strike_off(centre: Centre, number: str, snap: Snap) -> None:
    """Another post reviews it, the leader strikes it off, and the auditor reads who did what."""
    with ExitStack() as stack:
        desk = centre.at_desk("zhijian2", stack)
        desk.go(f"/ledger/{number}")
        snap(desk, "desk-entry", centre.width == WIDTHS[1])
        fill_in(desk, "review", verdict="pass", text="学习记录与现场核对无误")
        assert "已办理：复核" in send(desk, "review")
        desk = centre.at_desk("zhuren", stack)
        on_first_screen(desk, desk.page.locator(f"a[href='/ledger/{number}']"))
        desk.go(f"/ledger/{number}")
        fill_in(desk, "strike", text="同意销号")
        told = send(desk, "strike")
        assert "已办理：销号" in told
        for words in ("交办", "说明", "认定：成立", "责令整改", "整改报告", "复核：通过", "销号"):
            assert words in told
        desk = centre.at_desk("shenji", stack)
        desk.go("/access?login=jingban")
        assert f"POST /ledger/{number}" in desk.page.inner_text("main")
        desk.go(f"/ledger/{number}")
        assert not desk.page.locator("#steps").count()


ROOMS = {
    "": ("/login",),
    "zhijian1": (
        *("/", "/ledger", "/ledger?text=nothing", "{queue-jump}", "{overdue}", "{history}", "/ledger/open"),
        *("/cases", "/cases?state=late", "{case}", "{case}?original=1", "/persons", "/persons/P00005"),
        *("/figures", "/own", "/kept"),
    ),
    "kezhang": ("/", "/ledger", "/cases", "/figures"),
    "jingban": ("/", "/ledger", "/cases"),
    "zhuren": ("/",),
    "shangji": ("/",),
    "fenxi": ("/", "{queue-jump}", "/figures"),
    "anquan": ("/", "/users", "/users/zhijian1"),
    "xitong": ("/", "/system"),
    "shenji": ("/access",),
}
"""Whose pages are looked at; in braces an entry of a rule, or a case."""
PRINTED = ("/", "/ledger", "{queue-jump}", "{case}", "/figures", "/persons/P00005")


def test_every_room_fits_and_can_be_read(tmp_path: Path, snap: Snap) -> None:
    site = staffed(tmp_path / "home")
    places = {f"{{{rule}}}": f"/ledger/{number_of(site, rule)}" for rule in ("queue-jump", "overdue")}
    rows = site.desk.current.rows().values()
    places["{history}"] = f"/ledger/{min(row.entry for row in rows if row.kind == 'history')}"
    late = min(
        row.case_no for row in rows if row.rule == "overdue" and row.case_no and row.office == "150602"
    )
    places["{case}"] = f"/cases/150602/{late}"

    def at(path: str) -> str:
        for name, place in places.items():
            path = path.replace(name, place)
        return path

    with served(site) as address, chromium() as browser:
        for login, paths in ROOMS.items():
            with window(browser, address) as desk:
                if login:
                    desk.login(login)
                for path in paths:
                    desk.go(at(path))
                    is_jump = (login, path) == ("zhijian1", "{queue-jump}")
                    snap(desk, "desk-lane", is_jump, "section[aria-labelledby=pictures] figure")
                    snap(desk, "desk-figures", (login, path) == ("fenxi", "/figures"))
                    desk.widen(WIDTHS[0], at(path))
                    snap(desk, "desk-today", (login, path) == ("zhijian1", "/"))
                    desk.widen(WIDTHS[1], at(path))
                if login == "zhijian1":
                    for path in PRINTED:
                        desk.check_printed(at(path))
