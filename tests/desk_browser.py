"""The desk in a real browser: served on the loopback, looked at by Debian's Chromium."""

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import needs
import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from desk_site import PASSWORD, DeskSite
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

CHROMIUM = needs.Need("Chromium", "apt-get install chromium fonts-noto-cjk")
WIDTHS = (390, 1280)
HEIGHT = 844
WAYS = pytest.mark.parametrize(
    ("width", "has_script"),
    [(390, True), (1280, True), (1280, False)],
    ids=["phone", "desktop", "no-script"],
)
"""Without scripts nothing asks how wide a page is, so one width will do."""
A4 = ViewportSize(width=680, height=1009)
"""What of a page of paper the margins leave, in pixels."""
_HALF_WIDTH = """() => {
  const found = [], texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const typed = node.parentElement.closest("code, .text, .original, textarea, script");
    if (!typed && /[\\u4e00-\\u9fff][,;:!?()]|[,;:!?()][\\u4e00-\\u9fff]/.test(node.data)) {
      found.push(node.data.trim().slice(0, 80));
    }
  }
  return found.slice(0, 5);
}"""
"""Texts in which punctuation beside Chinese is not full-width, but what people typed or files had."""

_BROKEN = """() => {
  const found = [], texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    if (node.parentElement.closest("code, .text, textarea, script, svg, option")) continue;
    for (const word of node.data.matchAll(/(?<![\\w.:/-])[A-Za-z0-9_.:]{5,28}(?![\\w.:/])/g)) {
      const range = document.createRange();
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      const lines = new Set([...range.getClientRects()].filter(r => r.width).map(r => Math.round(r.top)));
      if (lines.size > 1) found.push(word[0]);
    }
  }
  return found.slice(0, 5);
}"""
"""Case numbers, accounts and dates that stand on two lines; what is longer, as paths are, may."""


class Window(NamedTuple):
    """One window of a browser: its page, where the desk is, and whether scripts run."""

    page: Page
    address: str
    has_script: bool = True

    def go(self, path: str) -> None:
        """Open a page of the desk that is there, which fits and nobody is kept from reading."""
        answer = self.page.goto(self.address + path)
        assert answer is not None
        assert answer.status == 200, (path, answer.status)
        self.check(path)

    def widen(self, width: int, path: str) -> None:
        """Look at the page again in a window of another width."""
        self.page.set_viewport_size(ViewportSize(width=width, height=HEIGHT))
        self.check(path)

    def check(self, path: str = "") -> None:
        """That a page fits into the window, and that programs that read it aloud can; asked by scripts."""
        if not self.has_script:
            return
        where = path or self.page.url
        wide = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{where}: {wide} px too wide"
        narrow = self.page.evaluate(_HALF_WIDTH)
        assert not narrow, (where, narrow)
        broken = self.page.evaluate(_BROKEN)
        assert not broken, (where, broken)
        found = Axe().run(self.page).response["violations"]
        serious = [each for each in found if each["impact"] in ("serious", "critical")]
        told = [(each["id"], [node["html"][:200] for node in each["nodes"][:3]]) for each in serious]
        assert not told, (where, told)

    def check_printed(self, path: str) -> None:
        """That a page fits on A4, and nothing stands there that is only for pressing."""
        self.page.emulate_media(media="print")
        self.page.set_viewport_size(A4)
        self.page.goto(self.address + path)
        wide = self.page.evaluate(
            "Math.max(...[...document.querySelectorAll('main *')].map(e => e.getBoundingClientRect().right))"
        )
        assert wide <= A4["width"] + 1, (path, wide)
        for pressed in ("button", "input", "select", "nav"):
            assert not self.page.locator(f"{pressed}:visible").count(), (path, pressed)
        self.page.emulate_media(media="screen")

    def press(self, what: str) -> None:
        """Click on something, and look at the page that follows."""
        with self.page.expect_navigation():
            self.page.click(what)
        self.check()

    def enter(self) -> None:
        """Press Enter in a form, and wait for the page that follows."""
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def login(self, login: str, password: str = PASSWORD) -> None:
        """Send the form of the entrance."""
        self.page.goto(f"{self.address}/login")
        self.page.fill("#f-login", login)
        self.page.fill("#f-password", password)
        with self.page.expect_navigation():
            self.page.click("main button")


@contextmanager
def served(site: DeskSite, port: int = 0) -> Iterator[str]:
    """The address of a desk while it is served, at a port of its own unless one is given."""
    config = uvicorn.Config(
        site.app,
        host="127.0.0.1",
        port=port,
        log_level="error",
        proxy_headers=False,
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + 30
        while not server.started:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(30)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without windows."""
    path = shutil.which("chromium") or CHROMIUM.lack()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def window(browser: Browser, address: str, *, width: int = 1280, has_script: bool = True) -> Iterator[Window]:
    """A window with cookies of its own; what the browser complains of fails the test."""
    context = browser.new_context(
        viewport={"width": width, "height": HEIGHT}, java_script_enabled=has_script, locale="zh-CN"
    )
    page, complaints = context.new_page(), list[str]()
    page.set_default_timeout(20_000)
    # A page that answers 4xx is told there, too, and is no complaint of ours.
    page.on(
        "console",
        lambda said: (
            complaints.append(said.text) if said.type == "error" and "status of 4" not in said.text else None
        ),
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield Window(page, address, has_script)
        assert not complaints
    finally:
        context.close()
