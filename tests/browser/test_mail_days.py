"""The mail of a night as a mail program shows it: rendered by a real browser, wide and narrow."""

from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from conftest import Desk
from desk_browser import WIDTHS, chromium, window
from sample_site import AS_OF, SAMPLE

pytestmark = pytest.mark.long


def test_a_nights_mail_fits_and_its_first_screen_says_what_matters(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    pictures: Path | None = request.config.getoption("pictures")
    desk = Desk(tmp_path / "home").make()
    desk.ok("nightly", SAMPLE / "roster.csv", SAMPLE / "steps.csv", "--as-of", AS_OF)
    message = message_from_bytes(desk.mails()[0].read_bytes(), policy=default)
    html = message.get_body(("html",))
    assert html is not None
    shown = tmp_path / "mail.html"
    shown.write_text(html.get_content(), encoding="utf-8")
    with chromium() as browser:
        for width in WIDTHS:
            with window(browser, shown.as_uri(), width=width) as mail:
                mail.page.goto(mail.address)
                mail.check()
                body = mail.page.locator("body")
                box = body.locator("text=红灯").first.bounding_box()
                assert box is not None
                assert box["y"] < mail.page.viewport_size["height"]  # type: ignore[index]
                if pictures is not None and width == WIDTHS[1]:
                    mail.page.screenshot(path=pictures / "mail-night.png")
