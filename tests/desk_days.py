"""A centre with its people at the desk, after a night of the sample logs: made once and copied."""

import atexit
import shutil
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from conftest import Desk
from desk_browser import Window
from desk_site import DeskSite, Hand
from playwright.sync_api import FilePayload, Locator
from sample_site import AS_OF, OWN, SAMPLE

from regaudit.ledger.users import NewUser

SECTION = "登记科"
STAFF = {
    "anquan": ("S1", "安全员", "secadmin", "", ""),
    "xitong": ("S2", "系统员", "sysadmin", "", ""),
    "shenji": ("S3", "审计员", "auditor", "", ""),
    "zhijian1": ("Z1", "质检甲", "post", OWN, ""),
    "zhijian2": ("Z2", "质检乙", "post", OWN, ""),
    "kezhang": ("K1", "科长", "head", OWN, SECTION),
    "jingban": ("P00005", "郭勇桂", "handler", OWN, SECTION),
    "zhuren": ("L1", "主任", "leader", OWN, ""),
    "shangji": ("U1", "上级", "superior", "", ""),
    "fenxi": ("A1", "分析员", "analyst", "", ""),
}
"""Login: natural person, name, role, office (empty: all), section. `jingban` jumped the queue there."""
MORNING = "2026-04-07T09:00"
"""The first working day after the night."""
NEXT = ("--as-of", "2026-04-07")
AFTER = datetime.fromisoformat("2026-04-08T09:00+08:00")
"""The night of that day, as a command names it, and the morning after."""
HEIGHT = 844


@cache
def _made() -> Path:
    folder = TemporaryDirectory(prefix="regaudit-days-")
    atexit.register(folder.cleanup)
    desk = Desk(Path(folder.name) / "home").make()
    desk.ok("nightly", SAMPLE / "roster.csv", SAMPLE / "steps.csv", "--as-of", AS_OF)
    site = DeskSite(desk.home, clock=clock_at(MORNING))
    for login, (person, name, role, office, section) in STAFF.items():
        with site.desk.steps.change_users(site.desk.author("" if role == "secadmin" else "anquan")) as users:
            users.add(
                NewUser(
                    login=login,
                    person_id=person,
                    person_name=name,
                    role=role,
                    office=office,
                    section=section,
                )
            )
    site.give_passwords(STAFF)
    return desk.home


def clock_at(at: str) -> Hand:
    """A clock of the centre's wall."""
    return Hand(datetime.fromisoformat(f"{at}+08:00"))


def staffed(home: Path) -> DeskSite:
    """The desk of that centre in a new place, on its first morning."""
    shutil.copytree(_made(), home)
    return DeskSite(home, clock=clock_at(MORNING))


def number_of(site: DeskSite, rule: str) -> str:
    """The first single entry of a rule at the office."""
    rows = site.desk.current.rows().values()
    return min(row.entry for row in rows if row.rule == rule and row.office == OWN and row.kind == "finding")


def on_first_screen(desk: Window, found: Locator) -> None:
    """That something stands on the first screen, whole, before anybody scrolls."""
    box = found.first.bounding_box()
    assert box is not None
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= HEIGHT, (desk.page.url, box)


def fill_in(desk: Window, step: str, *, verdict: str = "", text: str = "", file: str = "") -> None:
    """Fill in the form of a step on the page of an entry; what is not due yet is folded away."""
    form = desk.page.locator(f"#step-{step}")
    if form.get_attribute("open") is None:
        form.locator("summary").first.click()
    if verdict:
        form.locator(f"input[name=verdict][value={verdict}]").check()
    form.locator("textarea[name=text]").fill(text)
    if file:
        content = FilePayload(name=file, mimeType="text/plain", buffer="证明材料".encode())
        form.locator("input[type=file]").set_input_files([content])


def send(desk: Window, step: str, do: str = "take") -> str:
    """Send that form; what the page says then."""
    with desk.page.expect_navigation():
        desk.page.locator(f"#step-{step} button[value={do}]").click()
    desk.check()
    return desk.page.inner_text("main")
