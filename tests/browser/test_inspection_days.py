"""An inspector's day at the desk in a real browser: with and without scripts, narrow and wide."""

import pytest
from desk_browser import WAYS, chromium, served, window
from desk_site import DeskSite
from inspection_site import DICE, MONTH, OF_MONTH, make_site
from ledgers import OFFICE

from regaudit.catalogue.inspection_items import inspection_items

pytestmark = pytest.mark.long

PATH = f"/inspections/{OFFICE}-{MONTH}"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> DeskSite:
    desk = make_site(tmp_path_factory.mktemp("day") / "home")
    desk.ok("inspect", "freeze", *OF_MONTH, "--by", "post1")
    desk.ok("inspect", "draw", *OF_MONTH, *DICE, "-o", desk.home / "DRAW.json", "--by", "insp")
    site = DeskSite(desk.home)
    site.give_passwords(["insp"])
    return site


@WAYS
def test_an_inspector_fills_in_a_form(drawn: DeskSite, width: int, *, has_script: bool) -> None:
    with (
        served(drawn) as address,
        chromium() as browser,
        window(browser, address, width=width, has_script=has_script) as desk,
    ):
        desk.login("insp")
        for path in ("/inspections", PATH):
            desk.go(path)
        desk.page.click(f"text={OFFICE}-{MONTH}-1-001")
        desk.check()
        for item in inspection_items():
            desk.page.select_option(f"[name=v-{item}]", "pass")
        desk.page.select_option("[name=v-time]", "fault")
        desk.page.fill("[name=remark]", f"超期,{width}{has_script}")
        desk.page.click("main form button")
        assert "已记入" in desk.page.inner_text("main")
        assert "不合格" in desk.page.inner_text("main")
        desk.check()
        desk.go(PATH)
        desk.page.emulate_media(media="print")
        desk.check()
